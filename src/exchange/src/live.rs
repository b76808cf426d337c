//! What the exchange tells the pages while it happens, and the fold that gives the live view.

use std::collections::BTreeMap;

use base::{CallRef, WallTime};
use serde::{Deserialize, Serialize};

use crate::record::{Cause, Party};
use crate::voicemail::MessageCounts;

/// News for pages and the API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// A call began or changed; the whole live row.
    Call(LiveCall),
    /// A call ended.
    CallEnded {
        /// Which.
        call: CallRef,
        /// Why.
        cause: Cause,
    },
    /// The devices of an extension changed; the whole list.
    Registration {
        /// The extension's number.
        extension: String,
        /// Its devices now; none means unregistered.
        devices: Vec<LiveDevice>,
    },
    /// A trunk's row changed.
    Trunk(LiveTrunk),
    /// A trunk is no more.
    TrunkGone {
        /// Its name.
        name: String,
    },
    /// Somebody calls an emergency number.
    Emergency {
        /// The call.
        call: CallRef,
        /// Who.
        extension: String,
        /// What was dialled.
        number: String,
        /// Where that extension's phones stand.
        location: String,
    },
    /// Messages came to a mailbox, were heard or went.
    Mailbox {
        /// Its number.
        number: String,
        /// Nobody has heard them.
        new: u32,
        /// Heard and kept.
        old: u32,
    },
    /// The whole view, in place of whatever was known: the queue of events had overflowed.
    Whole(Box<LiveView>),
}

/// A call under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveCall {
    /// The call.
    pub call: CallRef,
    /// Who calls.
    pub from: Party,
    /// The number as dialled.
    pub dialled: String,
    /// Who is called, or who answered.
    pub to: Party,
    /// What it does now.
    pub state: LiveState,
    /// When it began.
    pub started_at: WallTime,
    /// When it was answered.
    pub answered_at: Option<WallTime>,
    /// What is said is being recorded.
    #[serde(default)]
    pub recorded: bool,
}

/// What a call does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LiveState {
    /// Devices are being called.
    Calling,
    /// A device rings.
    Ringing,
    /// The parties talk.
    Talking,
    /// One party has put the other on hold.
    Held,
    /// The caller waits in a parking slot.
    Parked {
        /// The slot's number.
        slot: u64,
    },
}

/// A registered device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveDevice {
    /// The contact URI.
    pub contact: String,
    /// Where it registered from, with the transport: `udp 192.168.1.20:5060`.
    pub from: String,
    /// Its User-Agent header.
    pub user_agent: String,
    /// Until when.
    pub expires_at: WallTime,
}

/// A trunk as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveTrunk {
    /// Its name.
    pub name: String,
    /// What it does.
    pub state: TrunkState,
    /// Since when.
    pub since: WallTime,
    /// Calls over it now, both ways.
    pub calls: u32,
    /// How long its provider took for the last answer to a question whether it lives, milliseconds.
    #[serde(default)]
    pub latency_ms: Option<u32>,
}

/// Whether a trunk can be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TrunkState {
    /// It works, as far as is known.
    Up,
    /// It is being found or registered for the first time.
    Registering,
    /// It does not work now.
    Down {
        /// Why, in one clause.
        why: String,
    },
}

/// The live view: a fold over [`Event`]s.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LiveView {
    /// Calls under way.
    pub calls: BTreeMap<CallRef, LiveCall>,
    /// Registered extensions with their devices.
    pub registrations: BTreeMap<String, Vec<LiveDevice>>,
    /// Trunks by name.
    #[serde(default)]
    pub trunks: BTreeMap<String, LiveTrunk>,
    /// Mailboxes that have messages.
    #[serde(default)]
    pub mailboxes: BTreeMap<String, MessageCounts>,
}

impl LiveView {
    /// Folds one event in.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Call(row) => {
                self.calls.insert(row.call, row.clone());
            }
            Event::CallEnded { call, .. } => {
                self.calls.remove(call);
            }
            Event::Registration { extension, devices } if devices.is_empty() => {
                self.registrations.remove(extension);
            }
            Event::Registration { extension, devices } => {
                self.registrations.insert(extension.clone(), devices.clone());
            }
            Event::Trunk(row) => {
                self.trunks.insert(row.name.clone(), row.clone());
            }
            Event::TrunkGone { name } => {
                self.trunks.remove(name);
            }
            Event::Emergency { .. } => {}
            Event::Mailbox { number, new: 0, old: 0 } => {
                self.mailboxes.remove(number);
            }
            Event::Mailbox { number, new, old } => {
                self.mailboxes.insert(number.clone(), MessageCounts { new: *new, old: *old });
            }
            Event::Whole(view) => *self = LiveView::clone(view),
        }
    }
}
