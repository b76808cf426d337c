//! What the address of a SUBSCRIBE means. Numbers mean what they mean when they are dialled; beside them stand the
//! words that other exchanges taught phones: `park+701`, `flow+office`, `dnd+101`, `forward+101`, `voicemail+101`, and
//! `list+400` for the members of a group.

use sip::event::{ENTRIES_MAX, Entry, Package, Subject, Subscribe, Subscription, SubscriptionId, Watched};
use sip::message::{Request, StatusCode, Uri};

use super::Resource;
use crate::Exchange;

/// A URI as it is kept, octets.
const URI_MAX: usize = 256;

impl Exchange {
    /// What a SUBSCRIBE of this extension wants to watch.
    pub(super) fn subject_of(
        &self,
        subscriber: &str,
        asked: &Subscribe,
        request: &Request,
    ) -> Result<Subject<Resource>, StatusCode> {
        let uri = entity(&request.uri).ok_or(StatusCode(404))?;
        let user = request.uri.user_unescaped().unwrap_or_default();
        // RFC 5627 §6.1. What is told of an extension is the same for each of its devices; the one named must be there.
        if let Some(gr) = self.device_wanted(&request.uri).map_err(|_| StatusCode(404))?
            && self.registrar.device(&self.config.system.realm, &user, &gr).is_none()
        {
            return Err(StatusCode(480));
        }
        let entries = match &asked.entries {
            Some(entries) => Some(entries.clone()),
            None => self.list_named(&user, &uri),
        };
        match entries {
            // RFC 4662 §4.2: a list is only for who can read the states of one.
            Some(_) if !asked.takes_lists => Err(StatusCode(421)),
            Some(entries) if entries.is_empty() => Err(StatusCode(404)),
            Some(entries) => {
                let entries = entries.into_iter().map(|e| self.watch_entry(subscriber, asked.package, e)).collect();
                Ok(Subject::List { uri, entries })
            }
            None => {
                let resource = self.resource_named(subscriber, asked.package, &user)?;
                Ok(Subject::One(Watched { resource: Some(resource), uri, name: String::new() }))
            }
        }
    }

    /// An entry of a list; one that means nothing here, or that the subscriber may not watch, is told as such.
    fn watch_entry(&self, subscriber: &str, package: Package, entry: Entry) -> Watched<Resource> {
        let uri = Uri::parse(entry.uri.as_bytes()).ok();
        let user = uri.as_ref().and_then(Uri::user_unescaped);
        let resource = user.and_then(|user| self.resource_named(subscriber, package, &user).ok());
        Watched { resource, uri: uri.as_ref().and_then(entity).unwrap_or_default(), name: entry.name }
    }

    /// The entries of a list that the box knows by name: `list+400` the members of a ring group, `list+all` the first
    /// extensions.
    fn list_named(&self, user: &str, uri: &str) -> Option<Vec<Entry>> {
        let name = user.strip_prefix("list+")?;
        let host = uri.rsplit_once('@').map_or("", |(_, host)| host);
        let members: Vec<&String> = match self.config.ring_groups.get(name) {
            Some(group) => group.members.iter().take(ENTRIES_MAX).collect(),
            None if name == "all" => self.config.extensions.keys().take(ENTRIES_MAX).collect(),
            None => Vec::new(),
        };
        let entry = |number: &String| Entry {
            uri: format!("sip:{number}@{host}"),
            name: self.config.extensions.get(number).map(|e| e.name.clone()).unwrap_or_default(),
        };
        Some(members.into_iter().map(entry).collect())
    }

    /// The subscriptions to a list of the box that has other entries by now.
    pub(super) fn lists_changed(&self) -> Vec<SubscriptionId> {
        let changed = |row: &Subscription<Resource>| {
            let Subject::List { uri, entries } = &row.subject else { return false };
            let user = Uri::parse(uri.as_bytes()).ok().and_then(|uri| uri.user_unescaped()).unwrap_or_default();
            let Some(named) = self.list_named(&user, uri) else { return false };
            !named.iter().map(|e| &e.uri).eq(entries.iter().map(|e| &e.uri))
        };
        let mut ids: Vec<SubscriptionId> =
            self.watching.table.iter().filter(|(_, row)| changed(row)).map(|(id, _)| id).collect();
        ids.sort_unstable(); // the table has no order, and runs must be equal
        ids
    }

    /// What is dialled to hear a mailbox, as a URI at the watcher's host.
    pub(super) fn account_of(&self, mailbox: &Resource, watched: &Watched<Resource>) -> String {
        let Resource::Mailbox(number) = mailbox else { return watched.uri.clone() };
        let codes = &self.config.codes;
        let dialled = if self.config.mailboxes.contains_key(&**number) {
            format!("{}{number}", codes.voicemail_other)
        } else {
            codes.voicemail.clone()
        };
        match watched.uri.rsplit_once('@') {
            Some((_, host)) if !dialled.is_empty() => format!("sip:{dialled}@{host}"),
            _ => watched.uri.clone(),
        }
    }

    /// What a number or word means for this package, if the subscriber may watch it: 403, 404.
    pub(super) fn resource_named(
        &self,
        subscriber: &str,
        package: Package,
        user: &str,
    ) -> Result<Resource, StatusCode> {
        let unknown = StatusCode(404);
        match package {
            Package::Presence => self.extension_named(user).map(|n| Resource::Presence(n.into())).ok_or(unknown),
            Package::Dialog => self.lamp_named(subscriber, user),
            Package::MessageSummary => self.mailbox_named(subscriber, user),
            // Settings are nobody else's.
            Package::Feature if user == subscriber => Ok(Resource::Features(subscriber.into())),
            Package::Feature => Err(StatusCode(403)),
            Package::UaProfile => Err(StatusCode(489)),
        }
    }

    fn extension_named<'u>(&self, user: &'u str) -> Option<&'u str> {
        Some(user).filter(|user| self.config.extensions.contains_key(*user))
    }

    fn lamp_named(&self, subscriber: &str, user: &str) -> Result<Resource, StatusCode> {
        let (config, codes) = (&self.config, &self.config.codes);
        if config.extensions.contains_key(user) {
            return Ok(Resource::Extension(user.into()));
        }
        if config.ring_groups.contains_key(user) {
            return Ok(Resource::Group(user.into()));
        }
        if config.conferences.contains_key(user) {
            return Ok(Resource::Conference(user.into()));
        }
        let own = |whose: &str| if whose.is_empty() { subscriber.to_owned() } else { whose.to_owned() };
        if let Some((word, rest)) = user.split_once('+') {
            let rest = rest.trim_start_matches('*');
            let lamp = match word {
                "park" => self.parking_named(rest),
                "flow" | "hours" => self.hours_named(rest),
                "dnd" => self.extension_named(&own(rest)).map(|n| Resource::DoNotDisturb(n.into())),
                "forward" => self.extension_named(&own(rest)).map(|n| Resource::Forward(n.into())),
                "voicemail" => return self.mailbox_named(subscriber, &own(rest)),
                _ => None,
            };
            return lamp.ok_or(StatusCode(404));
        }
        let behind = |code: &str| user.strip_prefix(code).filter(|_| !code.is_empty());
        if let Some(hours) = behind(&codes.day_night).and_then(|rest| self.hours_named(rest)) {
            return Ok(hours);
        }
        if let Some(slot) = behind(&codes.park_retrieve).and_then(|rest| self.parking_named(rest)) {
            return Ok(slot);
        }
        if [&codes.dnd_toggle, &codes.dnd_on].iter().any(|code| !code.is_empty() && *code == user) {
            return Ok(Resource::DoNotDisturb(subscriber.into()));
        }
        if !codes.forward_all.is_empty() && codes.forward_all == user {
            return Ok(Resource::Forward(subscriber.into()));
        }
        if let Some(parking) = self.parking_named(user) {
            return Ok(parking);
        }
        self.mailbox_named(subscriber, user)
    }

    /// Hours by their name, or by what stands behind the day/night code.
    fn hours_named(&self, text: &str) -> Option<Resource> {
        let hours = &self.config.hours;
        let found = hours.get(text).or_else(|| {
            let code = |h: &&config::Hours| h.code.as_deref() == Some(text);
            hours.values().find(code).filter(|_| !text.is_empty())
        });
        found.map(|h| Resource::Hours(h.name.as_str().into()))
    }

    /// A parking slot, or the number that parks.
    fn parking_named(&self, text: &str) -> Option<Resource> {
        let parking = &self.config.parking;
        if parking.slots == 0 {
            return None;
        }
        let any = !parking.number.is_empty() && text == parking.number;
        let is_slot = || {
            let (first, slot): (u64, u64) = (parking.first.parse().ok()?, text.parse().ok()?);
            // Leading zeros count: `0701` is not `701`.
            let fits = text.len() == parking.first.len() && (first..first + u64::from(parking.slots)).contains(&slot);
            fits.then_some(())
        };
        (any || is_slot().is_some()).then(|| Resource::Parking(text.into()))
    }

    /// A mailbox: one's own under one's number or the code that one hears it with, a shared one if one listens to it.
    fn mailbox_named(&self, subscriber: &str, user: &str) -> Result<Resource, StatusCode> {
        let voicemail = &self.config.codes.voicemail;
        if user == subscriber || (!voicemail.is_empty() && user == voicemail) {
            return Ok(Resource::Mailbox(subscriber.into()));
        }
        match self.config.mailboxes.get(user) {
            Some(shared) if shared.members.iter().any(|m| m == subscriber) => Ok(Resource::Mailbox(user.into())),
            Some(_) => Err(StatusCode(403)),
            None if self.config.extensions.contains_key(user) => Err(StatusCode(403)),
            None => Err(StatusCode(404)),
        }
    }

    /// Whether what is watched is still there: see [`Exchange::apply_config`].
    pub(super) fn is_there(&self, resource: &Resource) -> bool {
        let config = &self.config;
        match resource {
            Resource::Extension(n)
            | Resource::Presence(n)
            | Resource::Features(n)
            | Resource::DoNotDisturb(n)
            | Resource::Forward(n) => config.extensions.contains_key(&**n),
            Resource::Group(n) => config.ring_groups.contains_key(&**n),
            Resource::Conference(n) => config.conferences.contains_key(&**n),
            Resource::Hours(n) => config.hours.contains_key(&**n),
            Resource::Parking(n) => self.parking_named(n).is_some(),
            Resource::Mailbox(n) => config.extensions.contains_key(&**n) || config.mailboxes.contains_key(&**n),
        }
    }
}

/// The URI that documents name a resource by: scheme, user and host of what the watcher wrote. `None` if it has no
/// user, or is too long to be repeated in every document.
fn entity(uri: &Uri) -> Option<String> {
    uri.user.as_ref()?;
    let bare = Uri { params: Default::default(), headers: None, password: None, ..uri.clone() };
    let text = bare.to_string();
    (text.len() <= URI_MAX).then_some(text)
}
