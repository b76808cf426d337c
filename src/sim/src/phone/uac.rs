//! What the phone asks: calls, changes of the session, transfers, hanging up.

use base::{Duration, Instant};
use bytes::Bytes;
use sdp::{Direction, Session};
use sip::dialog::Dialog;
use sip::message::{HeaderName, Method, NameAddr, Request, Response, StatusCode};
use sip::transaction::ClientId;

use super::audio::Audio;
use super::call::{Call, Calling, Modify, State, Up};
use super::{CallId, Errand, Phone, Timer};

const ALLOW: &str = "INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE, NOTIFY, REFER, INFO";

impl Phone {
    /// Dials. None where the phone is dead or has no free line.
    pub fn dial(&mut self, now: Instant, number: &str) -> Option<CallId> {
        self.dial_as(now, number, |_| {})
    }

    /// The same with an INVITE that differs.
    pub fn dial_as(&mut self, now: Instant, number: &str, differs: impl FnOnce(&mut Request)) -> Option<CallId> {
        if !self.alive || !self.has_room() {
            return None;
        }
        self.now = now;
        let call = self.new_call_id();
        let mut audio = self.new_audio(call);
        let mut request = Request::new(Method::Invite, self.uri_at_box(number));
        let mut from = NameAddr::new(self.uri_at_box(&self.number.clone()));
        from.params.set("tag", Some(self.random.token(8)));
        let to = NameAddr::new(self.uri_at_box(number));
        let call_id = self.random.token(20);
        let headers = &mut request.headers;
        headers.push(HeaderName::MaxForwards, "70");
        headers.push(HeaderName::From, &from);
        headers.push(HeaderName::To, &to);
        headers.push(HeaderName::CallId, call_id);
        headers.push(HeaderName::CSeq, "1 INVITE");
        self.push_capabilities(&mut request);
        if !self.habits.late_offer {
            request.set_body("application/sdp", audio.offer().to_bytes().into());
        }
        differs(&mut request);
        let client = self.send(request.clone(), Errand::Invite(call));
        let calling = Calling {
            client,
            request,
            early: None,
            last_rseq: 0,
            given_up: false,
            rings: false,
            challenges: 0,
            preview: false,
        };
        self.calls.insert(call, Call { dialled: Some(number.to_owned()), audio, state: State::Calling(calling) });
        self.settle();
        Some(call)
    }

    /// Hangs up, gives up or refuses, as the call stands.
    pub fn hang_up(&mut self, now: Instant, call: CallId) {
        self.now = now;
        self.hang_up_call(call);
        self.settle();
    }

    /// Asks for a change of direction: hold (`SendOnly`) or resume (`SendRecv`). False if it cannot now.
    pub fn change(&mut self, now: Instant, call: CallId, wanted: Direction) -> bool {
        self.now = now;
        let changed = self.modify(call, wanted, true);
        self.settle();
        changed
    }

    /// A re-INVITE without a description: the box must offer. False if it cannot now.
    pub fn reinvite_without_offer(&mut self, now: Instant, call: CallId) -> bool {
        self.now = now;
        let wanted = self.calls.get(&call).map(|call| call.audio.wanted()).unwrap_or_default();
        let changed = self.modify(call, wanted, false);
        self.settle();
        changed
    }

    /// REFER to a number (RFC 5589 §6). False if it cannot now.
    pub fn transfer_blind(&mut self, now: Instant, call: CallId, number: &str) -> bool {
        self.now = now;
        let target = format!("<{}>", self.uri_at_box(number));
        self.refer(call, target)
    }

    /// The same to an address as it stands.
    pub fn transfer_to(&mut self, now: Instant, call: CallId, uri: &str) -> bool {
        self.now = now;
        self.refer(call, format!("<{uri}>"))
    }

    /// REFER of one call to the other end of a second one (RFC 5589 §7). False if it cannot now.
    pub fn transfer_attended(&mut self, now: Instant, call: CallId, to: CallId) -> bool {
        self.now = now;
        let Some(other) = self.calls.get_mut(&to).and_then(Call::up) else { return false };
        // RFC 3891 §3: the tags as the box names them, its own first.
        let id = &other.dialog.id;
        let text = |octets: &Bytes| String::from_utf8_lossy(octets).into_owned();
        let (call_id, theirs, ours) = (text(&id.call_id), text(&id.remote_tag), text(&id.local_tag));
        let uri = other.dialog.remote_target().clone();
        let target = format!("<{uri}?Replaces={call_id}%3Bto-tag%3D{theirs}%3Bfrom-tag%3D{ours}>");
        self.refer(call, target)
    }

    /// Tells of keys by INFO, one request each. Nothing happens in a call that is not up.
    pub fn press_by_info(&mut self, now: Instant, call: CallId, keys: &str) {
        self.now = now;
        for key in keys.chars() {
            let Some(up) = self.calls.get_mut(&call).and_then(Call::up) else { return };
            let mut request = up.dialog.request(Method::Info);
            request.set_body("application/dtmf-relay", format!("Signal={key}\r\nDuration=160\r\n").into());
            self.send(request, Errand::Other);
        }
        self.settle();
    }

    fn refer(&mut self, call: CallId, target: String) -> bool {
        let contact = self.contact();
        let Some(up) = self.calls.get_mut(&call).and_then(Call::up) else { return false };
        if up.referred || up.bye_wanted || up.unconfirmed.is_some() {
            return false;
        }
        up.referred = true;
        let mut request = up.dialog.request(Method::Refer);
        request.headers.push(HeaderName::ReferTo, target);
        request.headers.push(HeaderName::Contact, contact);
        self.send(request, Errand::Refer(call));
        self.settle();
        true
    }

    pub(crate) fn refer_response(&mut self, call: CallId, response: &Response) {
        if response.status.0 >= 300 {
            if let Some(up) = self.calls.get_mut(&call).and_then(Call::up) {
                up.referred = false;
            }
            if matches!(response.status.0, 408 | 481) {
                self.hang_up_call(call);
            }
        }
    }

    pub(crate) fn new_call_id(&mut self) -> CallId {
        self.last_call += 1;
        CallId(self.last_call)
    }

    pub(crate) fn new_audio(&mut self, call: CallId) -> Audio {
        let port = 40_000 + (call.0 as u16 % 5_000) * 2;
        let session_id = self.random.next_u64() >> 1;
        let key = self.habits.secure.then(|| core::array::from_fn(|_| self.random.below(256) as u8));
        Audio::new(self.flow.local.ip(), port, session_id, self.habits, key)
    }

    pub(crate) fn push_capabilities(&self, request: &mut Request) {
        request.headers.push(HeaderName::Contact, self.contact());
        request.headers.push(HeaderName::Allow, ALLOW);
        request.headers.push(HeaderName::Supported, if self.habits.reliable { "100rel, replaces" } else { "replaces" });
        request.headers.push(HeaderName::UserAgent, "Sim");
    }

    pub(crate) fn invite_response(&mut self, client: ClientId, call: CallId, response: Response) {
        if response.status.is_success() {
            return self.invite_success(client, call, response);
        }
        let Some(State::Calling(calling)) = self.state_mut(call) else { return };
        if calling.client != client {
            return;
        }
        if response.status.is_provisional() {
            return self.invite_provisional(call, &response);
        }
        calling.challenges += 1;
        if response.status == StatusCode(401) && calling.challenges < 4 && !calling.given_up {
            let request = calling.request.clone();
            if let Some(again) = self.with_credentials(request, &response) {
                let client = self.send(again.clone(), Errand::Invite(call));
                if let Some(State::Calling(calling)) = self.state_mut(call) {
                    calling.client = client;
                    calling.request = again;
                }
                return;
            }
        }
        self.forget(call);
    }

    fn invite_provisional(&mut self, call: CallId, response: &Response) {
        let Some(State::Calling(calling)) = self.state_mut(call) else { return };
        if response.status == StatusCode::TRYING {
            return;
        }
        calling.rings = true;
        if response.headers.to_tag().is_none() {
            return self.complain(format!("a {} without a To tag", response.status));
        }
        if calling.early.is_none() {
            calling.early = Dialog::uac(&calling.request, response).ok();
        }
        self.take_preview(call, response);
        let rseq =
            response.headers.get(&HeaderName::RSeq).and_then(|v| core::str::from_utf8(v).ok()?.trim().parse().ok());
        if let Some(rseq) = rseq.filter(|_| response.headers.has_token(&HeaderName::Require, "100rel")) {
            self.acknowledge_provisional(call, rseq);
        }
    }

    fn take_preview(&mut self, call: CallId, response: &Response) {
        if response.body.is_empty() || self.habits.late_offer {
            return;
        }
        let Ok(session) = Session::parse(&response.body) else {
            return self.complain("unreadable description in a 1xx");
        };
        let Some(known) = self.calls.get_mut(&call) else { return };
        let verdict = known.audio.answered(session);
        if let State::Calling(calling) = &mut known.state {
            calling.preview = true;
        }
        if let Err(fault) = verdict {
            self.complain(fault);
        }
    }

    /// RFC 3262 §4.
    fn acknowledge_provisional(&mut self, call: CallId, rseq: u32) {
        let Some(State::Calling(calling)) = self.state_mut(call) else { return };
        if rseq <= calling.last_rseq || (calling.last_rseq != 0 && rseq != calling.last_rseq + 1) {
            return; // a repetition, or one too early
        }
        calling.last_rseq = rseq;
        let cseq = calling.request.headers.cseq().map_or(0, |cseq| cseq.number);
        let Some(dialog) = &mut calling.early else { return };
        let mut prack = dialog.request(Method::Prack);
        prack.headers.push(HeaderName::RAck, format!("{rseq} {cseq} INVITE"));
        self.send(prack, Errand::Other);
    }

    fn invite_success(&mut self, client: ClientId, call: CallId, response: Response) {
        if let Some(ack) = self.acks.get(&client).cloned() {
            return self.layer.send_stateless(self.flow, &ack); // the 2xx came again
        }
        let late_offer = self.habits.late_offer;
        let Some(known) = self.calls.get_mut(&call) else { return };
        let State::Calling(calling) = &mut known.state else { return };
        let cseq = calling.request.headers.cseq().map_or(1, |cseq| cseq.number);
        let dialog = match calling.early.take() {
            Some(mut early) if Some(&early.id.remote_tag) == response.headers.to_tag().as_ref() => {
                early.refresh_target(&response);
                Ok(early)
            }
            _ => Dialog::uac(&calling.request, &response),
        };
        let given_up = calling.given_up;
        let Ok(dialog) = dialog else {
            self.forget(call);
            return self.complain("a 200 to INVITE that makes no dialog");
        };
        let mut ack = dialog.ack(cseq);
        let mut fault = None;
        match Session::parse(&response.body) {
            Err(error) if response.body.is_empty() => {
                fault = Some(format!("a 200 to INVITE without description: {error}"))
            }
            Err(error) => fault = Some(format!("unreadable description in a 200: {error}")),
            Ok(offer) if late_offer => match known.audio.answer(offer) {
                Ok(answer) => ack.set_body("application/sdp", answer.to_bytes().into()),
                Err(error) => fault = Some(error),
            },
            Ok(answer) => fault = known.audio.answered(answer).err(),
        }
        known.state = State::Up(Box::new(Up::new(dialog)));
        self.layer.send_stateless(self.flow, &ack);
        self.acks.insert(client, ack);
        if let Some(fault) = fault {
            self.complain(fault);
        }
        if given_up {
            self.hang_up_call(call);
        }
    }

    pub(crate) fn hang_up_call(&mut self, call: CallId) {
        let now = self.now;
        match self.state_mut(call) {
            Some(State::Calling(calling)) => {
                if !std::mem::replace(&mut calling.given_up, true) {
                    let client = calling.client;
                    if let Some(cancel) = self.layer.cancel(now, client) {
                        self.clients.insert(cancel, Errand::Other);
                    }
                }
            }
            Some(State::Ringing(_)) => self.refuse_ringing(call, 603),
            Some(State::Up(up)) if up.unconfirmed.is_some() => up.bye_wanted = true, // RFC 3261 §15
            Some(State::Up(up)) => {
                let request = up.dialog.request(Method::Bye);
                let dialog = Box::new(up.dialog.clone());
                self.timers.cancel(Timer::Retry(call));
                if let Some(known) = self.calls.get_mut(&call) {
                    known.state = State::Leaving(dialog);
                }
                self.send(request, Errand::Bye(call));
            }
            Some(State::Leaving(_)) | None => {}
        }
    }

    fn modify(&mut self, call: CallId, wanted: Direction, with_offer: bool) -> bool {
        let Some(known) = self.calls.get_mut(&call) else { return false };
        let before = known.audio.wanted();
        let State::Up(up) = &mut known.state else { return false };
        if up.modify != Modify::Quiet || up.unconfirmed.is_some() || up.bye_wanted {
            return false;
        }
        up.modify = Modify::Asking { wanted, before, with_offer };
        let by_update = self.habits.update && with_offer;
        let mut request = up.dialog.request(if by_update { Method::Update } else { Method::Invite });
        known.audio.set_wanted(wanted);
        if with_offer {
            request.set_body("application/sdp", known.audio.offer().to_bytes().into());
        }
        self.push_capabilities(&mut request);
        self.send(request, Errand::Modify(call));
        true
    }

    pub(crate) fn modify_response(&mut self, client: ClientId, call: CallId, response: Response) {
        if response.status.is_provisional() {
            return;
        }
        if let Some(ack) = self.acks.get(&client).cloned() {
            return self.layer.send_stateless(self.flow, &ack);
        }
        let Ok(cseq) = response.headers.cseq() else { return };
        let Some(known) = self.calls.get_mut(&call) else { return };
        let State::Up(up) = &mut known.state else {
            // Hung up meanwhile: a 2xx wants its ACK all the same, but nobody is left who could say it.
            return;
        };
        let Modify::Asking { wanted, before, with_offer } = up.modify else { return };
        up.modify = Modify::Quiet;
        if response.status.is_success() {
            up.dialog.refresh_target(&response);
            let mut ack = up.dialog.ack(cseq.number);
            let fault = match Session::parse(&response.body) {
                Err(error) => Some(format!("a 200 to a change without readable description: {error}")),
                Ok(answer) if with_offer => known.audio.answered(answer).err(),
                Ok(offer) => match known.audio.answer(offer) {
                    Ok(answer) => {
                        ack.set_body("application/sdp", answer.to_bytes().into());
                        None
                    }
                    Err(error) => Some(error),
                },
            };
            if cseq.method == Method::Invite {
                self.layer.send_stateless(self.flow, &ack);
                self.acks.insert(client, ack);
            }
            if let Some(fault) = fault {
                self.complain(fault);
            }
            return;
        }
        known.audio.set_wanted(before); // RFC 3264 §8: the session stays as it was
        match response.status.0 {
            491 | 500 => {
                up.modify = Modify::Backoff { wanted, with_offer };
                // RFC 3261 §14.1, whoever made the Call-ID: the spread is what matters here.
                let wait = Duration::from_millis(self.random.below(4_000));
                self.timers.set(Timer::Retry(call), self.now + wait);
            }
            408 | 481 => self.hang_up_call(call),
            _ => {}
        }
    }

    pub(crate) fn retry_modify(&mut self, call: CallId) {
        let Some(up) = self.calls.get_mut(&call).and_then(Call::up) else { return };
        let Modify::Backoff { wanted, with_offer } = up.modify else { return };
        up.modify = Modify::Quiet;
        self.modify(call, wanted, with_offer);
    }
}
