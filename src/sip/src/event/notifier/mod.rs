//! The notifier's side of subscriptions (RFC 6665 §4.2): a table, the queue of who is to be told, and the order in
//! which one NOTIFY follows another.
//!
//! **Invariants.** A subscription has at most one NOTIFY without an answer; what changes meanwhile is told by the next,
//! once, as it stands then. After its last NOTIFY nothing of a subscription is left. A change costs O(watchers),
//! everything else O(log subscriptions).

mod index;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use base::{Duration, Instant};
use hashbrown::HashMap;

use super::table::{Stage, Untold};
use super::{
    Body, Ending, EventHeader, Granted, Kept, NotifierLimits, Notify, Package, Refused, Subject, Subscribe,
    Subscription, SubscriptionId,
};
use crate::Flow;
use crate::dialog::{Dialog, DialogId};
use crate::message::{HeaderName, Method, Request, StatusCode, Uri};

/// NOTIFYs refused in a row, by a status that does not end a subscription at once, until it ends all the same.
const REFUSALS_MAX: u8 = 3;

/// What became of a subscription with the answer to its NOTIFY.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// It goes on.
    Goes,
    /// It is gone.
    Gone,
}

/// All subscriptions of the box; `R` is what may be watched.
#[derive(Debug)]
pub struct Subscriptions<R> {
    limits: NotifierLimits,
    last: u64,
    table: HashMap<SubscriptionId, Subscription<R>>,
    by_dialog: HashMap<DialogId, SubscriptionId>,
    by_subscriber: BTreeSet<(Arc<str>, SubscriptionId)>,
    /// Who watches what, and as which of its entries.
    by_resource: BTreeMap<R, BTreeSet<(SubscriptionId, u16)>>,
    /// Those on stream connections.
    by_connection: BTreeSet<(Flow, SubscriptionId)>,
    by_expiry: BTreeSet<(Instant, SubscriptionId)>,
    /// Who is to be told, in the order in which the changes came. Those that are gone are skipped.
    due: VecDeque<SubscriptionId>,
    /// Dialogs of subscriptions that are gone, for whoever keeps something by them.
    gone: VecDeque<DialogId>,
    watches: usize,
    outstanding: usize,
}

impl<R: Ord + Clone> Subscriptions<R> {
    /// Without subscriptions.
    pub fn new(limits: NotifierLimits) -> Self {
        Subscriptions {
            limits,
            last: 0,
            table: HashMap::new(),
            by_dialog: HashMap::new(),
            by_subscriber: BTreeSet::new(),
            by_resource: BTreeMap::new(),
            by_connection: BTreeSet::new(),
            by_expiry: BTreeSet::new(),
            due: VecDeque::new(),
            gone: VecDeque::new(),
            watches: 0,
            outstanding: 0,
        }
    }

    /// A SUBSCRIBE outside a dialog, of a subscriber who may watch this. The 200 has `local_tag`; the state of all is
    /// due. With a wish of 0 seconds it is told once (RFC 6665 §4.4.3).
    ///
    /// # Errors
    /// [`Refused`]: 400, 423, 503.
    pub fn subscribe(
        &mut self,
        now: Instant,
        (subscriber, flow): (&str, Flow),
        asked: &Subscribe,
        subject: Subject<R>,
        request: &Request,
        local_tag: &str,
    ) -> Result<Granted, Refused> {
        let expires = self.granted(asked.expires_s)?;
        let mut dialog = Dialog::uas(request, local_tag).map_err(|_| Refused::new(400, "no dialog in it"))?;
        dialog.confirm();
        let entries = subject.entries().len();
        self.make_room(subscriber, asked.package, &subject, dialog.remote_target())?;
        if self.table.len() >= self.limits.subscriptions_max || self.watches + entries > self.limits.watches_max {
            return Err(Refused::new(503, "too many subscriptions"));
        }
        self.last += 1;
        let id = SubscriptionId(self.last);
        let row = Subscription {
            subscriber: Arc::from(subscriber),
            package: asked.package,
            event_id: asked.event.id.clone(),
            subject,
            flow,
            expires_at: now + expires,
            version: 0,
            stage: Stage::Quiet,
            untold: Untold::Nothing,
            ending: expires.is_zero().then_some(Ending::Timeout),
            stranded: false,
            refusals: 0,
            dialog,
        };
        self.index(id, &row);
        self.table.insert(id, row);
        self.tell(id, None);
        Ok(Granted { id, expires_s: expires.as_secs() as u32 })
    }

    /// A SUBSCRIBE inside a dialog: refreshes, or ends it (RFC 6665 §4.1.2.2, §4.1.2.3). The state of all is due. Who
    /// sends it has been believed by its user.
    ///
    /// # Errors
    /// [`Refused`]: 481 where there is no such subscription, 423, 500 out of order.
    pub fn refresh(&mut self, now: Instant, flow: Flow, request: &Request) -> Result<Granted, Refused> {
        let gone = Refused::new(481, "no such subscription");
        let id = *self.by_dialog.get(&DialogId::of_request(request)).ok_or(gone)?;
        let event = EventHeader::of(&request.headers).map_err(|_| Refused::new(489, "unknown event package"))?;
        let expires = self.granted(request.headers.expires().ok().flatten())?;
        let row = self.table.get_mut(&id).ok_or(gone)?;
        if event.package != Some(row.package) || event.id != row.event_id || row.ending.is_some() {
            return Err(gone);
        }
        row.dialog.receive(request).map_err(|error| Refused::new(error.status(), "out of order"))?;
        row.dialog.target_accepted();
        self.by_expiry.remove(&(row.expires_at, id));
        row.expires_at = now + expires;
        if expires.is_zero() {
            row.ending = Some(Ending::Timeout);
        } else {
            self.by_expiry.insert((row.expires_at, id));
        }
        self.move_to(id, flow);
        self.tell(id, None);
        Ok(Granted { id, expires_s: expires.as_secs() as u32 })
    }

    /// A subscription from before a restart, told anew in full. Over a connection that is gone with the restart it
    /// waits for its device. False where there is no room.
    pub fn restore(&mut self, kept: Kept<R>) -> bool {
        let Kept { subscriber, package, event_id, subject, flow, dialog, expires_at, version } = kept;
        let watches = self.watches + subject.entries().len();
        if self.table.len() >= self.limits.subscriptions_max || watches > self.limits.watches_max {
            return false;
        }
        self.last += 1;
        let id = SubscriptionId(self.last);
        let row = Subscription {
            subscriber: Arc::from(subscriber),
            package,
            event_id,
            subject,
            flow,
            expires_at,
            version,
            stage: Stage::Quiet,
            untold: Untold::Nothing,
            ending: None,
            stranded: flow.transport.is_reliable(),
            refusals: 0,
            dialog,
        };
        self.index(id, &row);
        self.table.insert(id, row);
        self.tell(id, None);
        true
    }

    /// The subscription that a request belongs to.
    pub fn of_dialog(&self, request: &Request) -> Option<SubscriptionId> {
        self.by_dialog.get(&DialogId::of_request(request)).copied()
    }

    /// One subscription.
    pub fn get(&self, id: SubscriptionId) -> Option<&Subscription<R>> {
        self.table.get(&id)
    }

    /// A resource has changed: all who watch it are to be told.
    pub fn changed(&mut self, resource: &R) {
        let Some(watchers) = self.by_resource.get(resource) else { return };
        for (id, entry) in watchers {
            if let Some(row) = self.table.get_mut(id) {
                row.note(Some(*entry));
                queue(&mut self.due, *id, row);
            }
        }
    }

    /// Whether anybody watches it.
    pub fn is_watched(&self, resource: &R) -> bool {
        self.by_resource.contains_key(resource)
    }

    /// How many things are watched.
    pub fn resources_len(&self) -> usize {
        self.by_resource.len()
    }

    /// All that is watched.
    pub fn resources(&self) -> impl Iterator<Item = &R> {
        self.by_resource.keys()
    }

    /// A resource is gone: its subscriptions end; in a list its entry does.
    pub fn vanished(&mut self, resource: &R) {
        for (id, entry) in self.by_resource.remove(resource).unwrap_or_default() {
            let Some(row) = self.table.get_mut(&id) else { continue };
            if let Some(watched) = row.subject.entries_mut().get_mut(usize::from(entry)) {
                watched.resource = None;
            }
            match row.subject {
                Subject::One(_) => self.end(id, Ending::NoResource),
                Subject::List { .. } => self.tell(id, Some(entry)),
            }
        }
    }

    /// Ends a subscription with its next NOTIFY, which is due.
    pub fn end(&mut self, id: SubscriptionId, ending: Ending) {
        let Some(row) = self.table.get_mut(&id) else { return };
        row.ending.get_or_insert(ending);
        self.by_expiry.remove(&(row.expires_at, id));
        if row.stranded && row.stage != Stage::Sent {
            self.remove(id); // it cannot be told
        } else {
            self.tell(id, None);
        }
    }

    /// Tells the subscriptions of a device anew, in full: it may have forgotten them.
    pub fn retell(&mut self, subscriber: &str, is_device: impl Fn(&Uri) -> bool) {
        for id in self.of_subscriber(subscriber) {
            if self.table.get(&id).is_some_and(|row| is_device(row.dialog.remote_target())) {
                self.tell(id, None);
            }
        }
    }

    /// Ends all subscriptions of a subscriber.
    pub fn end_all(&mut self, subscriber: &str, ending: Ending) {
        for id in self.of_subscriber(subscriber) {
            self.end(id, ending);
        }
    }

    /// The next that is to be told; its user makes the body and calls [`Subscriptions::notify`].
    pub fn poll_due(&mut self) -> Option<SubscriptionId> {
        while self.outstanding < self.limits.outstanding_max {
            let id = self.due.pop_front()?;
            match self.table.get_mut(&id) {
                Some(row) if row.stage == Stage::Due && row.stranded => row.stage = Stage::Quiet,
                Some(row) if row.stage == Stage::Due => return Some(id),
                _ => {}
            }
        }
        None
    }

    /// The NOTIFY that tells how it stands (RFC 6665 §4.2.2), with a body or without.
    pub fn notify(&mut self, now: Instant, id: SubscriptionId, body: Option<Body>) -> Option<Notify> {
        let row = self.table.get_mut(&id)?;
        let mut request = row.dialog.request(Method::Notify);
        let headers = &mut request.headers;
        let mut event = row.package.name().to_owned();
        if let Some(id) = &row.event_id {
            event.push_str(&format!(";id={}", String::from_utf8_lossy(id)));
        }
        headers.push(HeaderName::Event, event);
        let state = match row.ending {
            Some(ending) => format!("terminated;reason={}", ending.reason()),
            None => {
                // Rounded up: a refresh just in time must not come too late.
                let left = row.expires_at.saturating_since(now);
                format!("active;expires={}", left.as_secs() + u64::from(left.subsec_nanos() > 0))
            }
        };
        headers.push(HeaderName::SubscriptionState, state);
        if matches!(row.subject, Subject::List { .. }) {
            headers.push(HeaderName::Require, "eventlist"); // RFC 4662 §4.4
        }
        if let Some(body) = body {
            request.set_body(&body.content_type, body.bytes);
        }
        let (flow, is_last) = (row.flow, row.ending.is_some());
        row.version = row.version.wrapping_add(1);
        row.untold = Untold::Nothing;
        if is_last {
            self.remove(id);
        } else {
            row.stage = Stage::Sent;
            self.outstanding += 1;
        }
        Some(Notify { flow, request, is_last })
    }

    /// The final answer to its NOTIFY.
    pub fn answered(&mut self, id: SubscriptionId, status: StatusCode) -> Answered {
        let Some(row) = self.table.get_mut(&id).filter(|row| row.stage == Stage::Sent) else { return Answered::Gone };
        if ends_subscription(status) {
            self.remove(id);
            return Answered::Gone;
        }
        row.refusals = if status.is_success() { 0 } else { row.refusals + 1 };
        if row.refusals >= REFUSALS_MAX {
            self.remove(id);
            return Answered::Gone;
        }
        self.outstanding -= 1;
        row.stage = Stage::Quiet;
        queue(&mut self.due, id, row);
        if !status.is_success() {
            row.untold = Untold::All; // what it would not hear goes along with what changes next
        }
        Answered::Goes
    }

    /// Its NOTIFY was not answered in time, or could not be sent. It ends (RFC 6665 §4.2.2), unless only its
    /// connection broke: then it waits for [`Subscriptions::reroute`], and all is told anew.
    pub fn unanswered(&mut self, id: SubscriptionId) -> Answered {
        match self.table.get_mut(&id) {
            Some(row) if row.stranded && row.stage == Stage::Sent && row.ending.is_none() => {
                self.outstanding -= 1;
                row.stage = Stage::Quiet;
                row.untold = Untold::All;
                Answered::Goes
            }
            _ => {
                self.remove(id);
                Answered::Gone
            }
        }
    }

    /// When to call [`Subscriptions::expire`].
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.by_expiry.first().map(|(at, _)| *at)
    }

    /// Ends those whose time is over; they are told so (RFC 6665 §4.2.3).
    pub fn expire(&mut self, now: Instant) {
        while let Some((_, id)) = self.by_expiry.first().copied().filter(|(at, _)| *at <= now) {
            self.by_expiry.pop_first();
            self.end(id, Ending::Timeout);
        }
    }

    /// A connection is gone: its subscriptions are stranded until the subscriber is back.
    pub fn flow_failed(&mut self, flow: Flow) {
        for id in self.on_connection(flow) {
            if let Some(row) = self.table.get_mut(&id) {
                row.stranded = true;
            }
        }
    }

    /// A connection that was asked for stands.
    pub fn flow_opened(&mut self, asked: Flow, flow: Flow) {
        for id in self.on_connection(asked) {
            self.move_to(id, flow);
        }
    }

    /// The subscriber has registered anew: `way` says where its devices are reached now, by their Contact.
    pub fn reroute(&mut self, subscriber: &str, way: impl Fn(&Uri, Flow) -> Option<Flow>) {
        for id in self.of_subscriber(subscriber) {
            let Some(row) = self.table.get(&id) else { continue };
            match way(row.dialog.remote_target(), row.flow) {
                Some(flow) if row.stranded || flow != row.flow => self.move_to(id, flow),
                _ => {}
            }
        }
    }

    /// The subscriptions of a subscriber, the oldest first.
    pub fn of_subscriber(&self, subscriber: &str) -> Vec<SubscriptionId> {
        let first = (Arc::from(subscriber), SubscriptionId(0));
        self.by_subscriber.range(first..).take_while(|(s, _)| **s == *subscriber).map(|(_, id)| *id).collect()
    }

    /// All subscriptions, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (SubscriptionId, &Subscription<R>)> {
        self.table.iter().map(|(id, row)| (*id, row))
    }

    /// The dialog of the next subscription that is gone. To be drained in each turn.
    pub fn poll_gone(&mut self) -> Option<DialogId> {
        self.gone.pop_front()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    #[cfg(test)]
    pub(super) fn due_len(&self) -> usize {
        self.due.len()
    }

    /// NOTIFYs without an answer.
    pub fn outstanding(&self) -> usize {
        self.outstanding
    }

    // ---- its own ----

    fn granted(&self, wish_s: Option<u32>) -> Result<Duration, Refused> {
        let limits = &self.limits;
        let wish = wish_s.map_or(limits.expires_max, |s| Duration::from_secs(s.into()));
        // RFC 6665 §4.2.1.1: too brief only if above 0, below an hour and below the minimum.
        if !wish.is_zero() && wish < Duration::from_secs(3600) && wish < limits.expires_min {
            let min = u32::try_from(limits.expires_min.as_secs()).unwrap_or(u32::MAX);
            return Err(Refused { min_expires_s: Some(min), ..Refused::new(423, "interval too brief") });
        }
        Ok(wish.min(limits.expires_max))
    }

    /// See [`NotifierLimits::per_subscriber_max`].
    fn make_room(&mut self, whose: &str, package: Package, subject: &Subject<R>, to: &Uri) -> Result<(), Refused> {
        let all = self.of_subscriber(whose);
        if all.len() < self.limits.per_subscriber_max {
            return Ok(());
        }
        let same = |row: &&Subscription<R>| {
            let resources =
                |s: &Subject<R>| -> Vec<Option<R>> { s.entries().iter().map(|w| w.resource.clone()).collect() };
            row.package == package && resources(&row.subject) == resources(subject) && row.target().same_as(to)
        };
        let old = all.into_iter().find(|id| self.table.get(id).as_ref().is_some_and(same));
        let old = old.ok_or(Refused::new(503, "too many subscriptions of one subscriber"))?;
        self.remove(old);
        Ok(())
    }

    /// Notes what is to be told (`None`: all) and queues it.
    fn tell(&mut self, id: SubscriptionId, entry: Option<u16>) {
        if let Some(row) = self.table.get_mut(&id) {
            row.note(entry);
            queue(&mut self.due, id, row);
        }
    }

    fn move_to(&mut self, id: SubscriptionId, flow: Flow) {
        let Some(row) = self.table.get_mut(&id) else { return };
        self.by_connection.remove(&(row.flow, id));
        if flow.transport.is_reliable() {
            self.by_connection.insert((flow, id));
        }
        row.flow = flow;
        row.stranded = false;
        queue(&mut self.due, id, row);
    }

    fn on_connection(&self, flow: Flow) -> Vec<SubscriptionId> {
        let first = (flow, SubscriptionId(0));
        self.by_connection.range(first..).take_while(|(f, _)| *f == flow).map(|(_, id)| *id).collect()
    }
}

impl<R> Subscription<R> {
    fn note(&mut self, entry: Option<u16>) {
        let entry = match (&self.subject, entry) {
            (Subject::List { .. }, Some(entry)) => entry,
            _ => return self.untold = Untold::All,
        };
        match &mut self.untold {
            Untold::All => {}
            Untold::Nothing => self.untold = Untold::Entries(vec![entry]),
            Untold::Entries(which) if which.contains(&entry) => {}
            Untold::Entries(which) => which.push(entry),
        }
    }
}

/// Puts it into the queue if there is something to tell and nothing under way.
fn queue<R>(due: &mut VecDeque<SubscriptionId>, id: SubscriptionId, row: &mut Subscription<R>) {
    if row.stage == Stage::Quiet && row.untold != Untold::Nothing {
        row.stage = Stage::Due;
        due.push_back(id);
    }
}

/// RFC 6665 §4.2.2: the answers to a NOTIFY that end its subscription.
fn ends_subscription(status: StatusCode) -> bool {
    matches!(status.0, 404 | 405 | 408 | 410 | 416 | 480..=485 | 489 | 501 | 604)
}
