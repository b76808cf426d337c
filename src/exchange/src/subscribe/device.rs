//! NOTIFYs that nobody subscribed to: messages waiting, for phones that take them so (RFC 3842 leaves it open, and
//! many phones count on it), and `check-sync`.

use std::collections::BTreeMap;

use sip::event::{MessageSummary, Messages, Package, Restart, restart_event};
use sip::message::{HeaderName, Host, Method, NameAddr, Request, Uri};
use sip::registrar::Binding;

use super::{Resource, Told};
use crate::io::{Answer, Refusal};
use crate::leg::flow_of;
use crate::{Exchange, SERVER};

/// An extension and the key of its binding.
pub(super) type DeviceKey = (String, String);

/// What devices were told that did not subscribe.
#[derive(Debug, Default)]
pub(super) struct Devices {
    /// Those that have not answered yet; true: tell them again after that.
    under_way: BTreeMap<DeviceKey, bool>,
    /// Those that are registered.
    seen: BTreeMap<DeviceKey, Seen>,
    /// Messages by mailbox, as the mailboxes say.
    messages: BTreeMap<String, Messages>,
}

/// A registered device.
#[derive(Debug)]
struct Seen {
    /// The Call-ID of its REGISTERs: another one after each start (RFC 3261 §10.2).
    call_id: String,
    /// What it shows; none where it may not have heard what it was told. A device begins dark.
    shows: Option<Messages>,
}

impl Exchange {
    /// How many messages a mailbox has now: the lamps of its people change with it.
    pub(crate) fn set_messages(&mut self, mailbox: &str, messages: Messages) {
        if messages == Messages::default() {
            self.watching.devices.messages.remove(mailbox);
        } else {
            self.watching.devices.messages.insert(mailbox.to_owned(), messages);
        }
        let members = self.config.mailboxes.get(mailbox).map(|m| m.members.clone()).unwrap_or_default();
        self.watch_changed(Resource::Mailbox(mailbox.into()));
        for member in members {
            self.watch_changed(Resource::Mailbox(member.into()));
        }
    }

    /// The messages that the lamp of a mailbox stands for. An extension without a mailbox of its own sees those of the
    /// shared ones that it listens to.
    pub(super) fn messages_in(&self, mailbox: &str) -> Messages {
        let of = |number: &str| self.watching.devices.messages.get(number).copied().unwrap_or_default();
        match self.config.extensions.get(mailbox) {
            Some(extension) if !extension.voicemail => {
                let shared = self.config.mailboxes.values().filter(|m| m.members.iter().any(|n| n == mailbox));
                shared.map(|m| of(&m.number)).fold(Messages::default(), |sum, m| Messages {
                    new: sum.new.saturating_add(m.new),
                    old: sum.old.saturating_add(m.old),
                    urgent_new: sum.urgent_new.saturating_add(m.urgent_new),
                    urgent_old: sum.urgent_old.saturating_add(m.urgent_old),
                })
            }
            _ => of(mailbox),
        }
    }

    /// The devices of an extension may be new, or have started anew: those with messages to show learn of them, and
    /// what they watched before is tried, for a phone that has forgotten it says so.
    pub(super) fn tell_new_devices(&mut self, extension: &str) {
        let bindings = self.registrar.bindings(extension).to_vec();
        let first = (extension.to_owned(), String::new());
        let seen = &mut self.watching.devices.seen;
        let known = seen.range(first..).map(|(key, _)| key).take_while(|key| key.0 == extension);
        let gone: Vec<DeviceKey> = known.filter(|key| !bindings.iter().any(|b| b.key == key.1)).cloned().collect();
        for key in gone {
            seen.remove(&key);
        }
        for binding in bindings {
            let key = (extension.to_owned(), binding.key.clone());
            let seen = Seen { call_id: binding.call_id.clone(), shows: Some(Messages::default()) };
            let known = self.watching.devices.seen.insert(key.clone(), seen);
            match known {
                // The same as before: it remembers what it was told.
                Some(known) if known.call_id == binding.call_id => drop(self.watching.devices.seen.insert(key, known)),
                Some(_) => self.watching.table.retell(extension, |target| target.same_as(&binding.contact)),
                None => {}
            }
        }
        self.watch_changed(Resource::Mailbox(extension.into()));
    }

    /// Tells the devices of a mailbox's extension that have not subscribed to it.
    pub(super) fn tell_devices_of(&mut self, extension: &str) {
        let shown = self.config.extensions.get(extension).is_some_and(|e| e.voicemail)
            || self.config.mailboxes.values().any(|m| m.members.iter().any(|n| n == extension));
        if !shown {
            return;
        }
        let messages = self.messages_in(extension);
        for binding in self.registrar.bindings(extension).to_vec() {
            let key = (extension.to_owned(), binding.key.clone());
            let devices = &mut self.watching.devices;
            if let Some(again) = devices.under_way.get_mut(&key) {
                *again = true;
                continue;
            }
            // A device that was never told is dark, as it should be without messages.
            let Some(seen) = devices.seen.get(&key) else { continue };
            if seen.shows != Some(messages) && !self.has_subscribed(extension, &binding) {
                self.tell_device(key, &binding, messages);
            }
        }
    }

    /// Whether this device has a subscription to its messages: one NOTIFY is enough.
    fn has_subscribed(&self, extension: &str, binding: &Binding) -> bool {
        let rows = self.watching.table.of_subscriber(extension);
        rows.iter().filter_map(|id| self.watching.table.get(*id)).any(|row| {
            row.package == Package::MessageSummary && row.ending().is_none() && row.target().same_as(&binding.contact)
        })
    }

    fn tell_device(&mut self, key: DeviceKey, binding: &Binding, messages: Messages) {
        let mut request = self.notify_for(binding, &key.0, Package::MessageSummary.name());
        let host = self.advertised(flow_of(binding));
        let mut account = self.config.codes.voicemail.clone();
        if account.is_empty() {
            account.clone_from(&key.0);
        }
        let account = Uri::sip(&account, Host::Ip(host), None).to_string();
        let body = MessageSummary { account, voice: messages }.body();
        request.set_body(&body.content_type, body.bytes);
        if let Ok(client) = self.transactions.send_request(self.now, flow_of(binding), request) {
            if let Some(seen) = self.watching.devices.seen.get_mut(&key) {
                seen.shows = Some(messages);
            }
            self.watching.devices.under_way.insert(key.clone(), false);
            self.watching.notifies.insert(client, Told::Device(key));
        }
    }

    /// The answer has come, or none will. A device that did not hear is told at the next occasion, its next REGISTER
    /// at the latest; one that does not take such NOTIFYs at all has said so and is left in peace.
    pub(super) fn device_was_told(&mut self, key: &DeviceKey, heard: bool) {
        if !heard && let Some(seen) = self.watching.devices.seen.get_mut(key) {
            seen.shows = None;
        }
        if self.watching.devices.under_way.remove(key) == Some(true) {
            self.watch_changed(Resource::Mailbox(key.0.as_str().into()));
        }
    }

    /// Asks the phones of an extension to fetch their settings, and to start anew if wished.
    pub(crate) fn check_sync(&mut self, extension: &str, reboot: bool) -> Result<Answer, Refusal> {
        let bindings = self.registrar.bindings(extension).to_vec();
        if bindings.is_empty() {
            return Err(Refusal(format!("{extension} has no phone")));
        }
        let restart = if reboot { Restart::Reboot } else { Restart::Fetch };
        for binding in bindings {
            let request = self.notify_for(&binding, extension, restart_event(&binding.user_agent, restart));
            if let Ok(client) = self.transactions.send_request(self.now, flow_of(&binding), request) {
                self.watching.notifies.insert(client, Told::Restart);
            }
        }
        self.flush(None);
        Ok(Answer::Done)
    }

    /// A NOTIFY outside any dialog to a registered device.
    fn notify_for(&mut self, binding: &Binding, extension: &str, event: &str) -> Request {
        let flow = flow_of(binding);
        let own = NameAddr::new(Uri::sip(extension, Host::Ip(self.advertised(flow)), None));
        let mut from = own.clone();
        from.params.set("tag", Some(self.random.token(12)));
        let mut request = Request::new(Method::Notify, binding.contact.clone());
        let headers = &mut request.headers;
        headers.push(HeaderName::MaxForwards, "70");
        for path in &binding.path {
            headers.push(HeaderName::Route, path.to_string()); // RFC 3327 §5.2
        }
        headers.push(HeaderName::From, from.to_string());
        headers.push(HeaderName::To, own.to_string());
        headers.push(HeaderName::CallId, self.random.token(24));
        headers.push(HeaderName::CSeq, "1 NOTIFY");
        headers.push(HeaderName::Contact, self.contact(flow, extension));
        headers.push(HeaderName::Event, event.to_owned());
        // There is no subscription that could go on.
        headers.push(HeaderName::SubscriptionState, "terminated");
        headers.push(HeaderName::UserAgent, SERVER);
        request
    }
}
