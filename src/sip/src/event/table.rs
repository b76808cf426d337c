//! What the notifier keeps of a subscription, and what passes between it and its user.

use std::sync::Arc;

use base::{Duration, Instant};
use bytes::Bytes;

use super::Package;
use crate::Flow;
use crate::dialog::Dialog;
use crate::message::{Request, StatusCode, Uri};

/// A subscription. Never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubscriptionId(pub u64);

/// How much the notifier grants and holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotifierLimits {
    /// Subscriptions of one subscriber; at the limit a new one takes the place of an old one for the same thing from
    /// the same device (which has restarted since), else it is refused with 503.
    pub per_subscriber_max: usize,
    /// Subscriptions in all; 503 beyond.
    pub subscriptions_max: usize,
    /// Resources watched, those of lists counted one by one; 503 beyond.
    pub watches_max: usize,
    /// NOTIFYs without an answer at once; more wait their turn.
    pub outstanding_max: usize,
    /// Shorter wishes (but not 0) are refused with 423 (RFC 6665 §4.2.1.1).
    pub expires_min: Duration,
    /// Longer wishes are cut to this, which also holds for a SUBSCRIBE that does not say.
    pub expires_max: Duration,
}

impl Default for NotifierLimits {
    fn default() -> Self {
        NotifierLimits {
            per_subscriber_max: 100,
            subscriptions_max: 50_000,
            watches_max: 200_000,
            outstanding_max: 16_384,
            expires_min: Duration::from_secs(60),
            expires_max: Duration::from_secs(3600),
        }
    }
}

/// A resource that is watched, under the address that the watcher knows it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched<R> {
    /// Which; `None`: an entry of a list that names nothing here.
    pub resource: Option<R>,
    /// Its URI, as the watcher wrote it.
    pub uri: String,
    /// Its name; empty: none.
    pub name: String,
}

/// What a subscription is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject<R> {
    /// One resource.
    One(Watched<R>),
    /// The resources of a list (RFC 4662).
    List {
        /// The URI of the list.
        uri: String,
        /// Its resources.
        entries: Vec<Watched<R>>,
    },
}

impl<R> Subject<R> {
    /// Its resources.
    pub fn entries(&self) -> &[Watched<R>] {
        match self {
            Subject::One(one) => std::slice::from_ref(one),
            Subject::List { entries, .. } => entries,
        }
    }

    pub(super) fn entries_mut(&mut self) -> &mut [Watched<R>] {
        match self {
            Subject::One(one) => std::slice::from_mut(one),
            Subject::List { entries, .. } => entries,
        }
    }
}

/// Why a subscription ends (RFC 6665 §4.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Its time is over, or the subscriber took it back.
    Timeout,
    /// What was watched is gone.
    NoResource,
    /// The subscriber may no longer watch it.
    Rejected,
    /// The subscriber is to subscribe anew at once.
    Deactivated,
}

impl Ending {
    pub(super) fn reason(self) -> &'static str {
        match self {
            Ending::Timeout => "timeout",
            Ending::NoResource => "noresource",
            Ending::Rejected => "rejected",
            Ending::Deactivated => "deactivated",
        }
    }
}

/// What of its subject the subscriber has not been told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Untold {
    Nothing,
    /// These entries of a list.
    Entries(Vec<u16>),
    All,
}

/// What a subscription does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// All is told.
    Quiet,
    /// In the queue of those to be told.
    Due,
    /// A NOTIFY has no answer yet: what changes meanwhile is told after it.
    Sent,
}

/// One subscription.
#[derive(Clone, Debug)]
pub struct Subscription<R> {
    /// Whose.
    pub subscriber: Arc<str>,
    /// The event package.
    pub package: Package,
    /// The `id` of its Event header.
    pub event_id: Option<Bytes>,
    /// What is watched.
    pub subject: Subject<R>,
    /// Where NOTIFYs go.
    pub flow: Flow,
    pub(super) dialog: Dialog,
    pub(super) expires_at: Instant,
    pub(super) version: u32,
    pub(super) stage: Stage,
    pub(super) untold: Untold,
    pub(super) ending: Option<Ending>,
    /// The connection of its device is gone and no other is known: nothing is sent.
    pub(super) stranded: bool,
    /// NOTIFYs refused in a row.
    pub(super) refusals: u8,
}

impl<R> Subscription<R> {
    /// The version of the next document: one more in each NOTIFY.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Whether the next NOTIFY tells of all entries; else of [`Subscription::changed`] alone.
    pub fn is_full(&self) -> bool {
        self.untold == Untold::All
    }

    /// The entries that the next NOTIFY tells of.
    pub fn changed(&self) -> Vec<&Watched<R>> {
        let entries = self.subject.entries();
        match &self.untold {
            Untold::Nothing => Vec::new(),
            Untold::All => entries.iter().collect(),
            Untold::Entries(which) => which.iter().filter_map(|n| entries.get(usize::from(*n))).collect(),
        }
    }

    /// The device's Contact.
    pub fn target(&self) -> &Uri {
        self.dialog.remote_target()
    }

    /// Its dialog, for whoever keeps it over a restart.
    pub fn dialog(&self) -> &Dialog {
        &self.dialog
    }

    /// Until when it lasts.
    pub fn expires_at(&self) -> Instant {
        self.expires_at
    }

    /// Why it ends with the next NOTIFY, if it does.
    pub fn ending(&self) -> Option<Ending> {
        self.ending
    }
}

/// A subscription as it was before a restart.
#[derive(Clone, Debug)]
pub struct Kept<R> {
    /// Whose.
    pub subscriber: String,
    /// The event package.
    pub package: Package,
    /// The `id` of its Event header.
    pub event_id: Option<Bytes>,
    /// What is watched.
    pub subject: Subject<R>,
    /// Where NOTIFYs go.
    pub flow: Flow,
    /// Its dialog; its next CSeq is above all that were sent.
    pub dialog: Dialog,
    /// Until when.
    pub expires_at: Instant,
    /// Above the versions of all documents that were sent.
    pub version: u32,
}

/// A subscription that stands: answer the SUBSCRIBE 200, then send what is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Granted {
    /// Which.
    pub id: SubscriptionId,
    /// For the Expires of the 200, seconds; 0: it ends.
    pub expires_s: u32,
}

/// Why a SUBSCRIBE is refused. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Refused {
    /// What to answer.
    pub status: StatusCode,
    /// The Min-Expires of a 423, seconds.
    pub min_expires_s: Option<u32>,
    /// One clause, for the log.
    pub reason: &'static str,
}

impl Refused {
    pub(super) fn new(status: u16, reason: &'static str) -> Self {
        Refused { status: StatusCode(status), min_expires_s: None, reason }
    }
}

/// A NOTIFY to be sent; it lacks a Contact.
#[derive(Clone, Debug)]
pub struct Notify {
    /// Where.
    pub flow: Flow,
    /// What.
    pub request: Request,
    /// The subscription ended with it; its answer is of no interest.
    pub is_last: bool,
}
