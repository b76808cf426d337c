//! What the phone is asked: calls that come in, changes, the news of a transfer, hanging up.

use base::Instant;
use sdp::Session;
use sip::Flow;
use sip::dialog::{Dialog, DialogId};
use sip::message::{HeaderName, Method, Request, Response, StatusCode};
use sip::transaction::ServerId;

use super::call::{Call, Modify, Ringing, State, Unconfirmed, Up};
use super::{Answering, CallId, Phone, Timer};

impl Phone {
    pub(crate) fn receive_invite(&mut self, flow: Flow, request: Request) {
        if self.answering == Answering::Mute {
            return;
        }
        if !self.has_room() {
            return self.refuse_stateless(flow, &request, 486);
        }
        let tag = self.random.token(8);
        let dialog = match Dialog::uas(&request, &tag) {
            Ok(dialog) => dialog,
            Err(error) => return self.complain(format!("INVITE makes no dialog: {error}")),
        };
        let server = self.layer.accept(self.now, flow, &request).expect("a phone has few transactions");
        let call = self.new_call_id();
        self.servers.insert(server, call);
        let audio = self.new_audio(call);
        let takes_reliable = self.habits.reliable && request.headers.has_token(&HeaderName::Supported, "100rel");
        let ringing = Ringing { server, request, dialog, tag, reliable: None, early: None };
        self.calls.insert(call, Call { dialled: None, audio, state: State::Ringing(ringing) });
        if takes_reliable {
            self.ring_reliably(call);
        } else {
            self.ring(call);
        }
        let after = match self.answering {
            Answering::After(after) | Answering::Reject(_, after) => after,
            Answering::Never | Answering::Mute => return,
        };
        self.timers.set(Timer::Decide(call), self.now + after);
    }

    fn ring(&mut self, call: CallId) {
        let early = if self.habits.early_media { self.early_answer(call) } else { None };
        let Some(State::Ringing(ringing)) = self.state_mut(call) else { return };
        let status = if early.is_some() { 183 } else { 180 };
        let mut response = Response::to(&ringing.request, StatusCode(status));
        response.set_to_tag(&ringing.tag);
        ringing.early.clone_from(&early);
        let server = ringing.server;
        response.headers.push(HeaderName::Contact, self.contact());
        if let Some(early) = early {
            response.set_body("application/sdp", early);
        }
        self.layer.respond(self.now, server, &response);
    }

    /// The answer that a 183 says and the 200 repeats.
    fn early_answer(&mut self, call: CallId) -> Option<bytes::Bytes> {
        let known = self.calls.get_mut(&call)?;
        let State::Ringing(ringing) = &known.state else { return None };
        let offer = Session::parse(&ringing.request.body).ok()?;
        known.audio.answer(offer).ok().map(|session| session.to_bytes().into())
    }

    fn ring_reliably(&mut self, call: CallId) {
        let (now, contact) = (self.now, self.contact());
        let rseq = self.random.below(1000) as u32 + 1;
        let Some(State::Ringing(ringing)) = self.state_mut(call) else { return };
        let mut response = Response::to(&ringing.request, StatusCode::RINGING);
        response.set_to_tag(&ringing.tag);
        response.headers.push(HeaderName::Contact, contact);
        response.headers.push(HeaderName::Require, "100rel");
        response.headers.push(HeaderName::RSeq, rseq.to_string());
        ringing.reliable = Some(rseq);
        let server = ringing.server;
        self.layer.respond_reliably(now, server, &response);
    }

    /// RFC 3262 §3: the box never acknowledged that it rings.
    pub(crate) fn never_acknowledged_provisional(&mut self, server: ServerId) {
        if let Some(&call) = self.servers.get(&server) {
            self.refuse_ringing(call, 500);
        }
    }

    pub(crate) fn decide(&mut self, call: CallId) {
        match self.answering {
            Answering::Reject(status, _) => self.refuse_ringing(call, status),
            Answering::After(_) | Answering::Never | Answering::Mute => self.pick_up_call(call),
        }
    }

    /// Picks up what rings.
    pub fn pick_up(&mut self, now: Instant, call: CallId) {
        self.now = now;
        self.pick_up_call(call);
        self.settle();
    }

    fn pick_up_call(&mut self, call: CallId) {
        let Some(known) = self.calls.get_mut(&call) else { return };
        let State::Ringing(ringing) = &known.state else { return };
        let late = ringing.request.body.is_empty();
        let body = match (&ringing.early, Session::parse(&ringing.request.body)) {
            (Some(early), _) => Ok(early.clone()),
            (None, _) if late => Ok(known.audio.offer().to_bytes().into()),
            (None, Ok(offer)) => known.audio.answer(offer).map(|session| session.to_bytes().into()),
            (None, Err(error)) => Err(format!("unreadable description in an INVITE: {error}")),
        };
        let body = match body {
            Ok(body) => body,
            Err(fault) => {
                self.complain(fault);
                return self.refuse_ringing(call, 488);
            }
        };
        let Some(State::Ringing(ringing)) = self.calls.get_mut(&call).map(|call| &mut call.state) else { return };
        let mut response = Response::to(&ringing.request, StatusCode::OK);
        response.set_to_tag(&ringing.tag);
        let server = ringing.server;
        let cseq = ringing.request.headers.cseq().map_or(0, |cseq| cseq.number);
        let mut dialog = ringing.dialog.clone();
        dialog.confirm();
        let mut up = Up::new(dialog);
        up.unconfirmed = Some(Unconfirmed { server, cseq });
        up.answer_due = late;
        self.push_answer_headers(&mut response);
        response.set_body("application/sdp", body);
        self.layer.respond(self.now, server, &response);
        self.timers.cancel(Timer::Decide(call));
        if let Some(state) = self.state_mut(call) {
            *state = State::Up(Box::new(up));
        }
    }

    fn push_answer_headers(&self, response: &mut Response) {
        response.headers.push(HeaderName::Contact, self.contact());
        response.headers.push(HeaderName::Allow, "INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE, NOTIFY");
    }

    pub(crate) fn refuse_ringing(&mut self, call: CallId, status: u16) {
        let Some(State::Ringing(ringing)) = self.state_mut(call) else { return };
        let mut response = Response::to(&ringing.request, StatusCode(status));
        response.set_to_tag(&ringing.tag);
        let server = ringing.server;
        self.layer.respond(self.now, server, &response);
        self.forget(call);
    }

    pub(crate) fn cancelled(&mut self, invite: ServerId) {
        if let Some(&call) = self.servers.get(&invite) {
            self.refuse_ringing(call, 487);
        }
    }

    fn call_of(&self, id: &DialogId) -> Option<CallId> {
        self.calls.iter().find(|(_, call)| call.dialog().is_some_and(|dialog| dialog.id == *id)).map(|(id, _)| *id)
    }

    pub(crate) fn receive_ack(&mut self, request: &Request) {
        let Some(call) = self.call_of(&DialogId::of_request(request)) else { return };
        let now = self.now;
        let Some(known) = self.calls.get_mut(&call) else { return };
        let State::Up(up) = &mut known.state else { return };
        // A late repetition of the ACK to an earlier INVITE says nothing about this one.
        let cseq = request.headers.cseq().map_or(0, |cseq| cseq.number);
        let Some(Unconfirmed { server, .. }) = up.unconfirmed.take_if(|waiting| waiting.cseq == cseq) else { return };
        let mut fault = None;
        if std::mem::take(&mut up.answer_due) {
            fault = match Session::parse(&request.body) {
                Ok(answer) => known.audio.answered(answer).err(),
                Err(error) => Some(format!("the ACK brings no readable answer: {error}")),
            };
        } else if !request.body.is_empty() {
            fault = Some("an ACK with a description where none was due".to_owned());
        }
        let bye_wanted = up.bye_wanted;
        self.layer.confirm(now, server);
        if let Some(fault) = fault {
            self.complain(fault);
        }
        if bye_wanted {
            self.hang_up_call(call);
        }
    }

    pub(crate) fn never_acknowledged(&mut self, server: ServerId) {
        let Some(&call) = self.servers.get(&server) else { return };
        let Some(up) = self.calls.get_mut(&call).and_then(Call::up) else { return };
        if up.unconfirmed.is_some_and(|waiting| waiting.server == server) {
            up.unconfirmed = None;
            self.hang_up_call(call); // RFC 3261 §13.3.1.4
        }
    }

    pub(crate) fn receive_in_dialog(&mut self, flow: Flow, request: Request) {
        let Some(call) = self.call_of(&DialogId::of_request(&request)) else {
            return self.refuse_stateless(flow, &request, 481);
        };
        let server = self.layer.accept(self.now, flow, &request).expect("a phone has few transactions");
        self.servers.insert(server, call);
        let Some(known) = self.calls.get_mut(&call) else { return };
        let in_order = match &mut known.state {
            State::Up(up) => up.dialog.receive(&request),
            State::Ringing(ringing) => ringing.dialog.receive(&request),
            State::Calling(_) | State::Leaving(_) => Ok(()),
        };
        if in_order.is_err() {
            return self.answer(server, &request, 500); // RFC 3261 §12.2.2: overtaken on the way
        }
        let leaving = matches!(known.state, State::Leaving(_));
        match request.method {
            Method::Bye => {
                self.answer(server, &request, 200);
                self.ended_by_bye(call);
            }
            _ if leaving => self.answer(server, &request, 481),
            Method::Invite | Method::Update => self.receive_change(call, server, &request),
            Method::Prack => self.receive_prack(call, server, &request),
            Method::Notify => {
                self.answer(server, &request, 200);
                self.receive_notify(call, &request);
            }
            Method::Info | Method::Options => self.answer(server, &request, 200),
            _ => {
                self.complain(format!("{} inside a dialog", request.method));
                self.answer(server, &request, 405);
            }
        }
    }

    fn ended_by_bye(&mut self, call: CallId) {
        if let Some(State::Ringing(_)) = self.state_mut(call) {
            self.complain("BYE for a call that only rings here (RFC 3261 §15)");
            return self.refuse_ringing(call, 487);
        }
        // The ACK was lost or overtaken: nobody needs the 2xx any more.
        if let Some(waiting) = self.calls.get_mut(&call).and_then(Call::up).and_then(|up| up.unconfirmed.take()) {
            self.layer.confirm(self.now, waiting.server);
        }
        self.forget(call);
    }

    fn answer(&mut self, server: ServerId, request: &Request, status: u16) {
        let response = Response::to(request, StatusCode(status));
        self.layer.respond(self.now, server, &response);
    }

    fn receive_change(&mut self, call: CallId, server: ServerId, request: &Request) {
        let Some(known) = self.calls.get_mut(&call) else { return };
        let State::Up(up) = &mut known.state else { return self.answer(server, request, 500) };
        // RFC 3261 §14.2; a backoff is no open request.
        if matches!(up.modify, Modify::Asking { .. }) {
            return self.answer(server, request, 491);
        }
        if up.unconfirmed.is_some() {
            return self.answer(server, request, 500);
        }
        let mut late = false;
        let body = if !request.body.is_empty() {
            match Session::parse(&request.body) {
                Ok(offer) => known.audio.answer(offer).map(|session| Some(session.to_bytes())),
                Err(error) => Err(format!("unreadable description in a change: {error}")),
            }
        } else if request.method == Method::Invite {
            late = true;
            Ok(Some(known.audio.offer().to_bytes()))
        } else {
            Ok(None)
        };
        let body = match body {
            Ok(body) => body,
            Err(fault) => {
                self.complain(fault);
                return self.answer(server, request, 488);
            }
        };
        if request.method == Method::Invite {
            let cseq = request.headers.cseq().map_or(0, |cseq| cseq.number);
            up.unconfirmed = Some(Unconfirmed { server, cseq });
            up.answer_due = late;
        }
        let mut response = Response::to(request, StatusCode::OK);
        self.push_answer_headers(&mut response);
        if let Some(body) = body {
            response.set_body("application/sdp", body.into());
        }
        self.layer.respond(self.now, server, &response);
    }

    fn receive_prack(&mut self, call: CallId, server: ServerId, request: &Request) {
        let named = request
            .headers
            .get(&HeaderName::RAck)
            .and_then(|value| core::str::from_utf8(value).ok()?.split_ascii_whitespace().next()?.parse::<u32>().ok());
        let now = self.now;
        match self.state_mut(call) {
            Some(State::Ringing(ringing)) if ringing.reliable.is_some() && ringing.reliable == named => {
                ringing.reliable = None;
                let invite = ringing.server;
                self.layer.confirm_provisional(now, invite);
                self.answer(server, request, 200);
            }
            // One that crosses the final answer is still welcome.
            Some(State::Up(_)) => self.answer(server, request, 200),
            _ => self.answer(server, request, 481),
        }
    }

    /// How a transfer goes (RFC 3515 §2.4.4): once it has worked the phone leaves.
    fn receive_notify(&mut self, call: CallId, request: &Request) {
        let line = String::from_utf8_lossy(&request.body).into_owned();
        let status: u16 = line.split_ascii_whitespace().nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
        match status {
            100..=199 => {}
            200..=299 => self.hang_up_call(call),
            300..=699 => {
                if let Some(up) = self.calls.get_mut(&call).and_then(Call::up) {
                    up.referred = false;
                }
            }
            _ => self.complain(format!("NOTIFY without a status line: {line}")),
        }
    }
}
