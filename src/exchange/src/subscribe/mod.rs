//! Lamps: who watches what in the box, and what they are told (RFC 6665, RFC 4235, RFC 3842, RFC 3856, RFC 4662).
//!
//! Owns the subscriptions of phones and nothing that they tell: the state of a [`Resource`] is derived whenever
//! somebody is told of it ([`state`]). One file per thing that happens: [`receive`] (a SUBSCRIBE), [`resolve`] (what an
//! address means), [`notify`] (telling), [`lasting`] (what survives a restart), [`device`] (NOTIFYs that nobody
//! subscribed to: messages waiting, check-sync), [`feature`] (what a phone sets with its keys).
//!
//! **Invariants:** a change is noted by [`Exchange::watch_changed`] and told at the end of the turn, once to each
//! watcher whatever happened within it, and not at all where the state came out as it was. Nobody watches without
//! having proved who he is.

mod device;
mod feature;
mod lasting;
mod notify;
mod receive;
mod resolve;
pub(crate) mod state;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base::{CallRef, LegId};
use dialplan::state::Person;
use hashbrown::HashMap;
use sip::event::{NotifierLimits, SubscriptionId, Subscriptions};
use sip::transaction::ClientId;

use crate::Exchange;
use crate::call::service::Visit;
use crate::leg::Side;
use crate::record::CallEventKind;

use device::Devices;

/// What may be watched.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Resource {
    /// The calls of an extension.
    Extension(Arc<str>),
    /// Whether an extension can be reached, and whether somebody speaks there.
    Presence(Arc<str>),
    /// A ring group that rings.
    Group(Arc<str>),
    /// A conference that somebody is in.
    Conference(Arc<str>),
    /// A parking slot, or the number that parks: any slot.
    Parking(Arc<str>),
    /// Opening hours that are overridden by hand.
    Hours(Arc<str>),
    /// Messages in the mailbox of an extension or a shared one.
    Mailbox(Arc<str>),
    /// Do-not-disturb and forwards of an extension, in words.
    Features(Arc<str>),
    /// Do-not-disturb of an extension, as a lamp.
    DoNotDisturb(Arc<str>),
    /// Whether an extension forwards its calls, as a lamp.
    Forward(Arc<str>),
}

/// All that the exchange keeps for watchers.
#[derive(Debug)]
pub(crate) struct Watching {
    pub(crate) table: Subscriptions<Resource>,
    /// NOTIFYs without an answer.
    notifies: HashMap<ClientId, Told>,
    /// What has changed in this turn.
    touched: BTreeSet<Resource>,
    /// A hash of what was told last, of resources that are watched.
    told: BTreeMap<Resource, u64>,
    /// Legs in calls, by extension.
    legs: BTreeMap<String, BTreeSet<LegId>>,
    devices: Devices,
}

/// Who was told.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Told {
    /// A subscriber.
    Subscriber(SubscriptionId),
    /// A device that did not subscribe to its messages.
    Device(device::DeviceKey),
    /// A device that was asked to fetch its configuration: nothing follows.
    Restart,
}

impl Default for Watching {
    fn default() -> Self {
        Watching {
            table: Subscriptions::new(NotifierLimits::default()),
            notifies: HashMap::new(),
            touched: BTreeSet::new(),
            told: BTreeMap::new(),
            legs: BTreeMap::new(),
            devices: Devices::default(),
        }
    }
}

impl Exchange {
    /// Something that may be watched has changed, or may have: its watchers are told at the end of the turn.
    pub(crate) fn watch_changed(&mut self, resource: Resource) {
        if self.watching.table.is_watched(&resource) || matches!(resource, Resource::Mailbox(_)) {
            self.watching.touched.insert(resource);
        }
    }

    /// What an event of a call means for lamps: the extensions in it are shown anew.
    pub(crate) fn watch_call_event(&mut self, call: CallRef, what: &CallEventKind) {
        match what {
            CallEventKind::Started { leg, .. } | CallEventKind::LegStarted { leg, .. } => {
                if let Some(number) = self.extension_at(*leg) {
                    self.watching.legs.entry(number).or_default().insert(*leg);
                }
            }
            CallEventKind::LegEnded { leg, .. } => {
                if let Some(number) = self.extension_at(*leg) {
                    if let Some(legs) = self.watching.legs.get_mut(&number) {
                        legs.remove(leg);
                        if legs.is_empty() {
                            self.watching.legs.remove(&number);
                        }
                    }
                    self.watch_extension(&number);
                }
            }
            CallEventKind::Digit { .. } | CallEventKind::Note { .. } => return,
            _ => {}
        }
        self.watch_call(call);
    }

    /// A call stands otherwise than before: all in it are shown anew.
    pub(crate) fn watch_call(&mut self, call: CallRef) {
        if self.watching.table.is_empty() {
            return;
        }
        let Some(c) = self.calls.get(&call) else { return };
        let extensions: Vec<String> = c.legs.iter().filter_map(|leg| self.extension_at(*leg)).collect();
        let group = c.group.as_deref().map(|group| Resource::Group(group.into()));
        let conference = match &c.visit {
            Some(Visit::Inside { number }) => Some(Resource::Conference(number.as_str().into())),
            _ => None,
        };
        for number in extensions {
            self.watch_extension(&number);
        }
        for resource in group.into_iter().chain(conference) {
            self.watch_changed(resource);
        }
    }

    fn watch_extension(&mut self, number: &str) {
        self.watch_changed(Resource::Extension(number.into()));
        self.watch_changed(Resource::Presence(number.into()));
    }

    /// Somebody waits in a parking slot, or nobody does any longer.
    pub(crate) fn watch_slot(&mut self, slot: &str) {
        let any = self.config.parking.number.as_str().into();
        self.watch_changed(Resource::Parking(slot.into()));
        self.watch_changed(Resource::Parking(any));
    }

    /// A fact was set or removed.
    pub(crate) fn watch_fact(&mut self, key: &str) {
        let Some((kind, id)) = key.split_once('/') else { return };
        match kind {
            "person" => {
                let kinds = [Resource::Presence, Resource::Features, Resource::DoNotDisturb, Resource::Forward];
                for kind in kinds {
                    self.watch_changed(kind(id.into()));
                }
            }
            "hours" => self.watch_changed(Resource::Hours(id.into())),
            _ => {}
        }
    }

    /// A minute has passed: what begins and ends by the clock (an override, do-not-disturb until five) is looked at
    /// again.
    pub(crate) fn watch_clock(&mut self) {
        let state = &self.facts.state;
        let by_clock = |person: &&Person| person.dnd_until.is_some() || !person.dnd_periods.is_empty();
        let people = state.people.iter().filter(|(_, person)| by_clock(person)).map(|(number, _)| ("person", number));
        let hours = state.overrides.iter().filter(|(_, o)| o.until.is_some()).map(|(name, _)| ("hours", name));
        let keys: Vec<String> = people.chain(hours).map(|(kind, id)| format!("{kind}/{id}")).collect();
        for key in keys {
            self.watch_fact(&key);
        }
    }

    /// The extension whose phone is at a leg.
    fn extension_at(&self, leg: LegId) -> Option<String> {
        match &self.legs.get(&leg)?.side {
            Side::Extension(number) => Some(number.clone()),
            Side::Trunk(_) => None,
        }
    }
}
