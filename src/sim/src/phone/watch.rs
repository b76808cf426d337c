//! What the phone watches (RFC 6665): it subscribes, refreshes, and notes what it is told.

use base::{Duration, Instant};
use bytes::Bytes;
use sip::Flow;
use sip::dialog::Dialog;
use sip::message::{HeaderName, Method, NameAddr, Request, Response, StatusCode};

use super::{Errand, Phone, Timer};
use crate::lamp::describe;

/// A subscription of a phone.
#[derive(Clone, Debug)]
pub(crate) struct Lamp {
    event: String,
    target: String,
    call_id: String,
    tag: String,
    dialog: Option<Dialog>,
    body: Option<(String, Bytes)>,
    /// What it was told last.
    shows: String,
    document: Bytes,
    /// NOTIFYs so far.
    told: u32,
    /// The version of the last document, and the box's tag that it came with.
    version: Option<(Bytes, u32)>,
    challenges: u8,
    /// The last answer to a SUBSCRIBE.
    status: u16,
    /// For how long it subscribes.
    expires_s: u32,
    /// It has taken it back, or was told that it is over for good.
    ended: bool,
}

/// The phone's own number for a subscription.
pub(crate) type LampId = usize;

impl Phone {
    /// Watches an address of the box.
    pub fn subscribe(&mut self, now: Instant, event: &str, target: &str) {
        self.subscribe_with(now, event, target, None);
    }

    /// The same with a body.
    pub fn subscribe_with(&mut self, now: Instant, event: &str, target: &str, body: Option<(&str, &str)>) {
        self.now = now;
        let lamp = Lamp {
            event: event.to_owned(),
            target: target.to_owned(),
            call_id: self.random.token(20),
            tag: self.random.token(8),
            dialog: None,
            body: body.map(|(kind, text)| (kind.to_owned(), Bytes::copy_from_slice(text.as_bytes()))),
            shows: String::new(),
            document: Bytes::new(),
            told: 0,
            version: None,
            challenges: 0,
            status: 0,
            expires_s: self.lamps_expire_s,
            ended: false,
        };
        self.lamps.push(lamp);
        self.send_subscribe(self.lamps.len() - 1, self.lamps_expire_s);
        self.settle();
    }

    /// Watches no longer.
    pub fn unsubscribe(&mut self, now: Instant, target: &str) {
        self.now = now;
        if let Some(id) = self.lamps.iter().position(|lamp| lamp.target == target && !lamp.ended) {
            self.timers.cancel(Timer::Watch(id));
            self.lamps[id].ended = true;
            if self.lamps[id].dialog.is_some() {
                self.send_subscribe(id, 0);
            }
        }
        self.settle();
    }

    /// Watches nothing any longer.
    pub fn unsubscribe_all(&mut self, now: Instant) {
        let targets: Vec<String> = self.lamps.iter().map(|lamp| lamp.target.clone()).collect();
        for target in targets {
            self.unsubscribe(now, &target);
        }
    }

    /// What the lamp for an address shows; empty if it was told nothing.
    pub fn lamp(&self, target: &str) -> &str {
        self.lamps.iter().find(|lamp| lamp.target == target).map_or("", |lamp| &lamp.shows)
    }

    /// How often it was told.
    pub fn lamp_told(&self, target: &str) -> u32 {
        self.lamps.iter().find(|lamp| lamp.target == target).map_or(0, |lamp| lamp.told)
    }

    /// The last answer to a SUBSCRIBE for this address.
    pub fn lamp_status(&self, target: &str) -> u16 {
        self.lamps.iter().find(|lamp| lamp.target == target).map_or(0, |lamp| lamp.status)
    }

    /// Call-ID, its own tag and the box's of a subscription.
    pub fn lamp_dialog(&self, target: &str) -> Option<(String, String, String)> {
        let id = &self.lamps.iter().find(|lamp| lamp.target == target)?.dialog.as_ref()?.id;
        let text = |octets: &Bytes| String::from_utf8_lossy(octets).into_owned();
        Some((text(&id.call_id), text(&id.local_tag), text(&id.remote_tag)))
    }

    /// The Replaces value that names the dialog which rings where a lamp looks (RFC 3891 §3).
    pub fn lamp_replaces(&self, target: &str) -> Option<String> {
        let body = &self.lamps.iter().find(|lamp| lamp.target == target)?.document;
        let info = sip::event::DialogInfo::parse(body).ok()?;
        let (call_id, local, remote) = info.dialogs.into_iter().find_map(|dialog| dialog.ids)?;
        Some(format!("{call_id};to-tag={local};from-tag={remote};early-only"))
    }

    /// What it watches with success, by target, and what each shows.
    pub fn lamps(&self) -> impl Iterator<Item = (&str, &str)> {
        let stands = |lamp: &&Lamp| lamp.dialog.is_some() && !lamp.ended && lamp.status == 200;
        self.lamps.iter().filter(stands).map(|lamp| (lamp.target.as_str(), lamp.shows.as_str()))
    }

    pub(crate) fn refresh_lamp(&mut self, id: LampId) {
        let Some(lamp) = self.lamps.get(id).filter(|lamp| !lamp.ended) else { return };
        match lamp.dialog {
            Some(_) => self.send_subscribe(id, lamp.expires_s),
            None => self.subscribe_anew(id),
        }
    }

    fn send_subscribe(&mut self, id: LampId, expires_s: u32) {
        let (contact, own) = (self.contact(), self.number.clone());
        let Some(lamp) = self.lamps.get(id).cloned() else { return };
        let mut request = match lamp.dialog.clone() {
            Some(mut dialog) => {
                let request = dialog.request(Method::Subscribe);
                self.lamps[id].dialog = Some(dialog);
                request
            }
            None => {
                let to = NameAddr::new(self.uri_at_box(&lamp.target));
                let mut from = NameAddr::new(self.uri_at_box(&own));
                from.params.set("tag", Some(lamp.tag.clone()));
                let mut request = Request::new(Method::Subscribe, self.uri_at_box(&lamp.target));
                let headers = &mut request.headers;
                headers.push(HeaderName::MaxForwards, "70");
                headers.push(HeaderName::From, &from);
                headers.push(HeaderName::To, &to);
                headers.push(HeaderName::CallId, lamp.call_id.clone());
                headers.push(HeaderName::CSeq, "1 SUBSCRIBE");
                request
            }
        };
        let headers = &mut request.headers;
        headers.push(HeaderName::Contact, contact);
        headers.push(HeaderName::Event, lamp.event.clone());
        headers.push(HeaderName::Expires, expires_s.to_string());
        if lamp.target.starts_with("list+")
            || lamp.body.as_ref().is_some_and(|(kind, _)| kind.contains("resource-lists"))
        {
            headers.push(HeaderName::Supported, "eventlist");
        }
        if let Some((kind, body)) = lamp.body.filter(|_| expires_s > 0) {
            request.set_body(&kind, body);
        }
        self.lamps[id].challenges = 0;
        self.send(request.clone(), Errand::Subscribe(id, Box::new(request)));
    }

    pub(crate) fn subscribe_response(&mut self, id: LampId, request: Request, response: &Response) {
        if response.status.is_provisional() {
            return;
        }
        let Some(lamp) = self.lamps.get_mut(id) else { return };
        lamp.status = response.status.0;
        match response.status.0 {
            200 => {
                if lamp.dialog.is_none() {
                    lamp.dialog = Dialog::uac(&request, response).ok();
                }
                let granted = response.headers.expires().ok().flatten();
                let asked = request.headers.expires().ok().flatten();
                match granted {
                    Some(granted) if Some(granted) > asked => {
                        self.complain(format!("subscribed for {granted} s, asked for {asked:?}"));
                    }
                    Some(0) => {}
                    Some(granted) => {
                        self.timers.set(Timer::Watch(id), self.now + Duration::from_secs(granted.into()) / 2);
                    }
                    None => self.complain("200 to SUBSCRIBE without Expires"),
                }
            }
            401 if lamp.challenges < 3 => {
                lamp.challenges += 1;
                if let Some(again) = self.with_credentials(request, response) {
                    self.send(again.clone(), Errand::Subscribe(id, Box::new(again)));
                }
            }
            // RFC 6665 §4.1.2.2: it is gone; a new one takes its place.
            481 if lamp.dialog.is_some() => self.subscribe_anew(id),
            _ => {}
        }
    }

    fn subscribe_anew(&mut self, id: LampId) {
        let call_id = self.random.token(20);
        let Some(lamp) = self.lamps.get_mut(id) else { return };
        lamp.dialog = None;
        lamp.call_id = call_id;
        lamp.version = None;
        let expires_s = lamp.expires_s;
        self.timers.cancel(Timer::Watch(id));
        self.send_subscribe(id, expires_s);
    }

    /// A NOTIFY in a dialog; false if it belongs to no subscription.
    pub(crate) fn receive_lamp(&mut self, flow: Flow, request: &Request) -> bool {
        let (call_id, tag) = (request.headers.call_id().to_vec(), request.headers.to_tag().unwrap_or_default());
        let theirs = request.headers.from_tag().unwrap_or_default();
        let belongs = |lamp: &Lamp| {
            // Of two dialogs that one SUBSCRIBE made (the box was killed in between) it keeps that of the 200.
            let ours = lamp.dialog.as_ref().is_none_or(|dialog| dialog.id.remote_tag == theirs);
            lamp.call_id.as_bytes() == call_id && lamp.tag.as_bytes() == tag && ours
        };
        let Some(id) = self.lamps.iter().position(belongs) else { return false };
        let Some(lamp) = self.lamps.get_mut(id) else { return false };
        if self.deaf_to_notify {
            return true;
        }
        if lamp.dialog.as_mut().is_some_and(|dialog| dialog.receive(request).is_err()) {
            // RFC 3261 §12.2.2: one from before a restart of the box that was overtaken.
            self.refuse_stateless(flow, request, 500);
            return true;
        }
        let mut fault = None;
        lamp.told += 1;
        lamp.document = request.body.clone();
        match describe(request) {
            Some(Ok(shows)) => lamp.shows = shows,
            Some(Err(error)) => fault = Some(format!("a NOTIFY that cannot be read: {error}")),
            None => {}
        }
        if let Some(version) = version_of(&request.body) {
            if let Some((_, before)) = lamp.version.as_ref().filter(|(tag, _)| *tag == theirs)
                && version <= *before
            {
                fault = Some(format!("version {version} after {before}"));
            }
            lamp.version = Some((theirs, version));
        }
        let event = request.headers.get(&HeaderName::Event).map(|e| String::from_utf8_lossy(e).into_owned());
        if event.as_deref() != Some(lamp.event.as_str()) {
            fault = Some(format!("a NOTIFY of {event:?} for {}", lamp.event));
        }
        if request.headers.get(&HeaderName::SubscriptionState).is_none() {
            fault = Some("a NOTIFY without Subscription-State".to_owned());
        }
        let state = request.headers.get(&HeaderName::SubscriptionState).cloned().unwrap_or_default();
        let (over, wished) = (state.starts_with(b"terminated"), lamp.ended);
        // RFC 6665 §4.1.3: after these it may ask again at once.
        let again = state.ends_with(b"timeout") || state.ends_with(b"deactivated");
        if over && !again {
            lamp.ended = true;
            lamp.dialog = None;
            self.timers.cancel(Timer::Watch(id));
        }
        if let Some(fault) = fault {
            self.complain(fault);
        }
        self.answer_notify(flow, request);
        if over && again && !wished {
            self.subscribe_anew(id);
        }
        true
    }

    /// A NOTIFY that it did not subscribe to.
    pub(crate) fn receive_unsolicited(&mut self, flow: Flow, request: &Request) {
        let event = request.headers.get(&HeaderName::Event).map(|e| String::from_utf8_lossy(e).into_owned());
        let event = event.unwrap_or_default();
        if event == "message-summary" {
            match describe(request) {
                Some(Ok(shows)) => self.messages = shows,
                _ => self.complain("messages that cannot be read"),
            }
        } else {
            self.restarts.push(event);
        }
        self.answer_notify(flow, request);
    }

    fn answer_notify(&mut self, flow: Flow, request: &Request) {
        let server = self.layer.accept(self.now, flow, request).expect("a phone has few transactions");
        let mut response = Response::to(request, StatusCode::OK);
        response.set_to_tag(&self.random.token(8));
        self.layer.respond(self.now, server, &response);
    }
}

/// `version="7"` of a document.
fn version_of(body: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(body).ok()?;
    // Of a list the list's own stands first, behind that of XML.
    let rest = text.split(" version=\"").nth(2)?;
    rest.split('"').next()?.parse().ok()
}
