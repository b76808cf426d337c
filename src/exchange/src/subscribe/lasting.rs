//! Subscriptions over a restart: each is a fact while it lasts, so that lamps are right again at once, and not only
//! when the phones refresh (an hour later).

use sip::Flow;
use sip::dialog::{Dialog, DialogId, DialogParts};
use sip::event::{Kept, Package, Subject, SubscriptionId, Watched};
use sip::message::Uri;

use base::WallTime;
use dialplan::state::Fact;
use serde::{Deserialize, Serialize};

use super::Resource;
use crate::Exchange;

/// CSeq and version after a restart lie so much higher, for each millisecond since they were kept: above all that was
/// sent meanwhile, for a NOTIFY follows the answer to the one before.
const STEP_PER_MS: u64 = 4;

/// A subscription, kept. Under `watch/<dialog>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct KeptWatch {
    subscriber: String,
    package: String,
    #[serde(default)]
    event_id: Option<String>,
    /// The URI of a list; none: of the one entry.
    #[serde(default)]
    list: Option<String>,
    /// URIs and names.
    entries: Vec<(String, String)>,
    flow: Flow,
    dialog: DialogParts,
    version: u32,
    at: WallTime,
    expires_at: WallTime,
}

impl Fact for KeptWatch {
    const KIND: &'static str = "watch";
}

impl Exchange {
    /// Keeps a subscription that was made or refreshed. One that ends with its first NOTIFY is not worth it.
    pub(super) fn keep_subscription(&mut self, id: SubscriptionId) {
        let Some(row) = self.watching.table.get(id).filter(|row| row.ending().is_none()) else { return };
        let Some(dialog) = row.dialog().parts() else { return };
        let entries = row.subject.entries().iter().map(|w| (w.uri.clone(), w.name.clone())).collect();
        let list = match &row.subject {
            Subject::One(_) => None,
            Subject::List { uri, .. } => Some(uri.clone()),
        };
        let kept = KeptWatch {
            subscriber: row.subscriber.to_string(),
            package: row.package.name().to_owned(),
            event_id: row.event_id.as_ref().map(|id| String::from_utf8_lossy(id).into_owned()),
            list,
            entries,
            flow: row.flow,
            dialog,
            version: row.version(),
            at: self.wall(),
            expires_at: self.wall_at(row.expires_at()),
        };
        let key = key_of(&row.dialog().id);
        let by = kept.subscriber.clone();
        self.put_fact(&key, Some(&kept), &by);
    }

    /// Forgets the subscriptions that are gone.
    pub(super) fn forget_lasting(&mut self) {
        while let Some(dialog) = self.watching.table.poll_gone() {
            let key = key_of(&dialog);
            if self.facts.has::<KeptWatch>(&key) {
                self.put_fact::<KeptWatch>(&key, None, "box");
            }
        }
    }

    /// The subscriptions of the last run stand again; all of them are told how things are now.
    pub(crate) fn restore_subscriptions(&mut self) {
        let kept: Vec<(String, KeptWatch)> =
            self.facts.all::<KeptWatch>("").map(|(key, kept)| (key.to_owned(), kept)).collect();
        for (key, watch) in kept {
            let restored = self.kept_of(watch).is_some_and(|kept| self.watching.table.restore(kept));
            if !restored {
                self.put_fact::<KeptWatch>(&key, None, "box");
            }
        }
        self.tell_watchers();
    }

    /// A subscription as it goes on; `None` if its time is over, its subscriber or what it watched is gone.
    fn kept_of(&self, watch: KeptWatch) -> Option<Kept<Resource>> {
        let wall = self.wall();
        let enabled = self.config.extensions.get(&watch.subscriber).is_some_and(|e| e.enabled);
        if watch.expires_at <= wall || !enabled {
            return None;
        }
        let package = Package::of(watch.package.as_bytes())?;
        let millis = u64::try_from(wall.saturating_since(watch.at).as_millis()).unwrap_or(u64::MAX / 8) + 1;
        let later = |number: u32| {
            let number = u64::from(number) + STEP_PER_MS * millis;
            u32::try_from(number.min((1 << 31) - 1)).unwrap_or(u32::MAX)
        };
        let mut parts = watch.dialog;
        parts.local_cseq = later(parts.local_cseq);
        let dialog = Dialog::from_parts(&parts).ok()?;
        let entry = |(uri, name): (String, String)| {
            let user = Uri::parse(uri.as_bytes()).ok().and_then(|uri| uri.user_unescaped());
            let resource = user.and_then(|user| self.resource_named(&watch.subscriber, package, &user).ok());
            Watched { resource, uri, name }
        };
        let mut entries: Vec<Watched<Resource>> = watch.entries.into_iter().map(entry).collect();
        let subject = match watch.list {
            Some(uri) => Subject::List { uri, entries },
            None => Subject::One(entries.pop().filter(|one| one.resource.is_some())?),
        };
        Some(Kept {
            event_id: watch.event_id.map(Into::into),
            // A connection does not survive us.
            flow: Flow { connection: 0, ..watch.flow },
            expires_at: self.instant_of(watch.expires_at),
            version: later(watch.version),
            subscriber: watch.subscriber,
            package,
            subject,
            dialog,
        })
    }
}

/// What a subscription is kept under: short, and not for guessing at.
fn key_of(dialog: &DialogId) -> String {
    use std::hash::{Hash, Hasher};
    let mut first = std::hash::DefaultHasher::new();
    dialog.hash(&mut first);
    let mut second = std::hash::DefaultHasher::new();
    (1u8, dialog).hash(&mut second);
    format!("{:016x}{:016x}", first.finish(), second.finish())
}
