//! Telling watchers, at the end of each turn.

use hashbrown::HashMap;
use sip::event::{
    Answered, Body, Ending, Instance, InstanceState, Package, ResourceList, Subject, SubscriptionId, Subscriptions,
    Watched,
};
use sip::message::{HeaderName, StatusCode};
use sip::transaction::ClientId;

use super::state::State;
use super::{Resource, Told};
use crate::leg::{contact_address, flow_of};
use crate::{Exchange, SERVER};

/// States made in this turn: hundreds may watch one extension.
type States = HashMap<Resource, State>;

impl Exchange {
    /// Tells all watchers of what has changed in this turn.
    pub(crate) fn tell_watchers(&mut self) {
        if self.watching.table.poll_timeout().is_some_and(|at| at <= self.now) {
            self.watching.table.expire(self.now);
        }
        let mut states = States::new();
        while let Some(resource) = self.watching.touched.pop_first() {
            if let Resource::Mailbox(number) = &resource {
                self.tell_devices_of(number);
            }
            if self.watching.table.is_watched(&resource) {
                let state = self.state_of(&resource);
                self.compare(&resource, &state);
                states.insert(resource, state);
            }
        }
        while let Some(id) = self.watching.table.poll_due() {
            let body = self.body_for(id, &mut states);
            self.send_notify(id, body);
        }
        self.forget_unwatched();
        self.forget_lasting();
        self.flush(None);
    }

    /// Marks the watchers of a resource that stands otherwise than they were told.
    fn compare(&mut self, resource: &Resource, state: &State) {
        let hash = state.hash_value();
        match self.watching.told.get_mut(resource) {
            Some(told) if *told == hash => {}
            Some(told) => {
                *told = hash;
                self.watching.table.changed(resource);
            }
            // Nobody was told before: whoever is to be is due already.
            None => drop(self.watching.told.insert(resource.clone(), hash)),
        }
    }

    /// What was told of resources that nobody watches any longer is of no use.
    fn forget_unwatched(&mut self) {
        if self.watching.told.len() > self.watching.table.resources_len() * 2 + 64 {
            let table = &self.watching.table;
            self.watching.told.retain(|resource, _| table.is_watched(resource));
        }
    }

    /// What a subscriber is told; nothing where what it watched is gone.
    fn body_for(&mut self, id: SubscriptionId, states: &mut States) -> Option<Body> {
        // Whoever may not watch any longer is not told how it stands now.
        let row = self.watching.table.get(id).filter(|row| row.ending() != Some(Ending::Rejected))?;
        let wanted: Vec<Resource> = row.changed().iter().filter_map(|w| w.resource.clone()).collect();
        for resource in wanted {
            if !states.contains_key(&resource) {
                let state = self.state_of(&resource);
                self.compare(&resource, &state);
                states.insert(resource, state);
            }
        }
        let row = self.watching.table.get(id)?;
        let (package, version) = (row.package, row.version());
        let body = |watched: &Watched<Resource>| {
            let resource = watched.resource.as_ref()?;
            let name = match package {
                Package::MessageSummary => self.account_of(resource, watched),
                _ => self.name_of_resource(resource).to_owned(),
            };
            states.get(resource)?.body(package, version, watched, &name)
        };
        match &row.subject {
            Subject::One(watched) => body(watched),
            Subject::List { uri, .. } => {
                let instances = row.changed().into_iter().map(|watched| Instance {
                    uri: watched.uri.clone(),
                    name: watched.name.clone(),
                    state: body(watched).map_or(InstanceState::Terminated, InstanceState::Active),
                });
                let list =
                    ResourceList { uri: uri.clone(), version, full: row.is_full(), instances: instances.collect() };
                Some(list.body())
            }
        }
    }

    fn send_notify(&mut self, id: SubscriptionId, body: Option<Body>) {
        let Some(row) = self.watching.table.get(id) else { return };
        let uri = match &row.subject {
            Subject::One(watched) => &watched.uri,
            Subject::List { uri, .. } => uri,
        };
        let user = sip::message::Uri::parse(uri.as_bytes()).ok().and_then(|uri| uri.user_unescaped());
        let Some(mut notify) = self.watching.table.notify(self.now, id, body) else { return };
        let contact = self.contact(notify.flow, &user.unwrap_or_default());
        notify.request.headers.push(HeaderName::Contact, contact);
        notify.request.headers.push(HeaderName::UserAgent, SERVER);
        match self.transactions.send_request(self.now, notify.flow, notify.request) {
            Ok(client) => drop(self.watching.notifies.insert(client, Told::Subscriber(id))),
            Err(_) => drop(self.watching.table.unanswered(id)),
        }
    }

    /// The final answer to a NOTIFY of ours; false if it is none of these.
    pub(crate) fn notify_answered(&mut self, client: ClientId, status: StatusCode) -> bool {
        if !self.watching.notifies.contains_key(&client) {
            return false;
        }
        if status.is_provisional() {
            return true;
        }
        match self.watching.notifies.remove(&client) {
            Some(Told::Subscriber(id)) => self.subscriber_answered(id, |table| table.answered(id, status)),
            Some(Told::Device(key)) => self.device_was_told(&key, true),
            Some(Told::Restart) | None => {}
        }
        true
    }

    /// A NOTIFY of ours was not answered, or could not be sent.
    pub(crate) fn notify_failed(&mut self, client: ClientId) {
        match self.watching.notifies.remove(&client) {
            Some(Told::Subscriber(id)) => self.subscriber_answered(id, |table| table.unanswered(id)),
            Some(Told::Device(key)) => self.device_was_told(&key, false),
            Some(Told::Restart) | None => {}
        }
    }

    /// Whoever has given its messages up, or forgotten that it watched them, is told of them without having asked.
    fn subscriber_answered(&mut self, id: SubscriptionId, what: impl FnOnce(&mut Subscriptions<Resource>) -> Answered) {
        let row = self.watching.table.get(id).filter(|row| row.package == Package::MessageSummary);
        let whose = row.map(|row| Resource::Mailbox(row.subscriber.clone()));
        if what(&mut self.watching.table) == Answered::Gone
            && let Some(mailbox) = whose
        {
            self.watch_changed(mailbox);
        }
    }

    /// The devices of an extension are others than before: its lamps go where they are now, and are shown to others.
    pub(crate) fn watch_registration(&mut self, extension: &str) {
        let bindings = self.registrar.bindings(extension);
        self.watching.table.reroute(extension, |target, flow| {
            let same = |b: &&sip::registrar::Binding| b.contact.same_as(target);
            // Over a connection a device behind NAT comes back with another port in its Contact.
            let host = |b: &&sip::registrar::Binding| {
                let address = |uri| contact_address(uri, flow.transport).map(|a| a.ip());
                b.flow.transport == flow.transport && address(&b.contact) == address(target)
            };
            let reliable = flow.transport.is_reliable();
            let binding = bindings.iter().find(same).or_else(|| bindings.iter().find(host).filter(|_| reliable))?;
            (binding.flow.transport == flow.transport).then(|| flow_of(binding))
        });
        self.watch_changed(Resource::Presence(extension.into()));
        self.tell_new_devices(extension);
    }

    /// A new configuration: what is no longer there cannot be watched, nor by whom may not be here.
    pub(crate) fn watch_config(&mut self, gone: &[String]) {
        for extension in gone {
            self.watching.table.end_all(extension, Ending::Rejected);
        }
        for id in self.lists_changed() {
            self.watching.table.end(id, Ending::Deactivated); // the phone asks again at once
        }
        let resources: Vec<Resource> = self.watching.table.resources().cloned().collect();
        for resource in resources {
            if self.is_there(&resource) {
                self.watching.touched.insert(resource);
            } else {
                self.watching.told.remove(&resource);
                self.watching.table.vanished(&resource);
            }
        }
    }
}
