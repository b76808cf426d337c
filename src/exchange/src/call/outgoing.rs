//! What the phones that we call say to our INVITE (RFC 3261 §13.2.2).

use base::{CallRef, LegId};
use sdp::Session;
use sip::dialog::Dialog;
use sip::message::{HeaderName, Method, Request, Response, StatusCode};
use sip::transaction::ClientId;

use crate::Exchange;
use crate::call::Purpose;
use crate::leg::{LegState, Modify};
use crate::record::{CallEventKind, Cause};

/// Tries of one INVITE with a longer session interval (RFC 4028 §7.3), at most.
const INTERVAL_TRIES_MAX: u8 = 3;
/// Dialogs besides ours told goodbye per leg; further ones end by their own timers.
const STRAYS_MAX: usize = 8;
/// Early dialogs kept per leg; a phone has one, a forking proxy a few.
const EARLY_MAX: usize = 8;

impl Exchange {
    /// A response to one of our requests on `leg`.
    pub(crate) fn handle_response(&mut self, leg: LegId, client: ClientId, response: Response) {
        let Some(l) = self.legs.get_mut(&leg) else { return };
        let is_invite = response.headers.cseq().is_ok_and(|c| c.method == Method::Invite);
        match &l.state {
            LegState::Calling(c) if c.invite == client => {
                self.way_heard(leg, response.status);
                self.invite_response(leg, response);
            }
            LegState::Up(up) => match up.modify {
                Modify::Asking { client: asked, .. } if asked == client => self.modify_response(leg, response),
                _ if is_invite && response.status.is_success() => self.late_success(leg, response),
                _ => {} // NOTIFY, PRACK: nothing follows from their answers
            },
            LegState::Leaving { bye } if *bye == Some(client) && response.status.is_final() => {
                self.leg_down(leg);
            }
            _ if is_invite && response.status.is_success() => self.late_success(leg, response),
            _ => {}
        }
    }

    fn invite_response(&mut self, leg: LegId, response: Response) {
        if response.status.is_provisional() {
            self.invite_provisional(leg, response);
        } else if response.status.is_success() {
            self.invite_success(leg, response);
        } else {
            self.invite_failure(leg, response);
        }
    }

    fn invite_provisional(&mut self, leg: LegId, response: Response) {
        if response.status == StatusCode::TRYING || response.headers.to_tag().is_none() {
            return;
        }
        self.note_early_dialog(leg, &response);
        self.acknowledge_reliable(leg, &response);
        let Some(l) = self.legs.get_mut(&leg) else { return };
        let call = l.call;
        let Some(calling) = l.calling() else { return };
        if calling.cancelled.is_some() {
            return;
        }
        let first = !std::mem::replace(&mut calling.ringing, true);
        if first {
            self.call_event(call, CallEventKind::LegRinging { leg });
        }
        let answer = if response.body.is_empty() { None } else { Session::parse(&response.body).ok() };
        self.tell_ringing(call, leg, answer);
    }

    /// Passes ringing and early media on to whom the phone rings for.
    fn tell_ringing(&mut self, call: CallRef, leg: LegId, early_answer: Option<Session>) {
        let now = self.now;
        let Some(c) = self.calls.get_mut(&call) else { return };
        let Some(ringing) = &mut c.ringing else { return };
        if ringing.purpose != Purpose::Caller {
            if matches!(ringing.purpose, Purpose::Box(_)) {
                c.ringing_at.get_or_insert(now);
                self.publish_call(call);
            }
            // Who is being transferred hears nothing of it. The answer holds all the same: a phone that gave it in a
            // reliable response need not repeat it (RFC 3262 §5).
            if let Some(answer) = early_answer
                && let Some(talk) = self.legs.get_mut(&leg).and_then(|l| l.audio.talk.as_mut())
            {
                let _ = talk.answer_received(answer); // one that is of no use is judged when it is picked up
            }
            return;
        }
        let caller = c.caller;
        let first = c.ringing_at.is_none();
        c.ringing_at.get_or_insert(now);
        let early = match early_answer {
            // One phone's early media at a time: the first to send any.
            Some(answer) if c.waiting_music.is_none() && ringing.early.is_none_or(|e| e == leg) => {
                ringing.early = Some(leg);
                Some(answer)
            }
            _ => None,
        };
        let early =
            early.filter(|_| !self.caller_is_up(call)).and_then(|answer| self.early_media(caller, leg, &answer));
        if let Some(answer) = early {
            self.say_provisional(caller, StatusCode::SESSION_PROGRESS, Some(answer));
        } else if first && self.caller_is_up(call) {
            if self.calls.get(&call).is_some_and(|c| c.waiting_music.is_none()) {
                self.ringing_for(caller);
            }
        } else if first {
            self.say_provisional(caller, StatusCode::RINGING, None);
        }
        if first {
            self.publish_call(call);
        }
    }

    fn note_early_dialog(&mut self, leg: LegId, response: &Response) {
        let Some(tag) = response.headers.to_tag() else { return };
        let Some(l) = self.legs.get_mut(&leg) else { return };
        if response.headers.has_token(&HeaderName::Allow, "UPDATE") {
            l.takes_update = true;
        }
        let Some(calling) = l.calling() else { return };
        if calling.early.len() == EARLY_MAX || calling.early.iter().any(|d| d.id.remote_tag == tag) {
            return;
        }
        if let Ok(dialog) = Dialog::uac(&calling.request, response) {
            let id = dialog.id.clone();
            calling.early.push(dialog);
            self.dialogs.insert(id, leg);
        }
    }

    fn invite_success(&mut self, leg: LegId, response: Response) {
        let Some(l) = self.legs.get_mut(&leg) else { return };
        let (call, flow) = (l.call, l.flow);
        let Some(calling) = l.calling() else { return };
        let cancelled = calling.cancelled;
        let request = calling.request.clone();
        let known = response.headers.to_tag().and_then(|tag| {
            let at = calling.early.iter().position(|d| d.id.remote_tag == tag)?;
            Some(calling.early.swap_remove(at))
        });
        let dialog = match known {
            Some(mut early) => {
                early.refresh_target(&response);
                Ok(early)
            }
            None => Dialog::uac(&request, &response),
        };
        let Ok(dialog) = dialog else {
            return self.leg_failed(leg, Cause::PeerError); // a 2xx without a Contact or tag
        };
        let cseq = request.headers.cseq().map_or(1, |c| c.number);
        let ack = dialog.ack(cseq);
        self.forget_early_dialogs(leg);
        let dialog_id = dialog.id.clone();
        self.dialogs.insert(dialog_id.clone(), leg);
        let now = self.now;
        if let Some(l) = self.legs.get_mut(&leg) {
            l.takes_update |= response.headers.has_token(&HeaderName::Allow, "UPDATE");
            l.state = LegState::Up(Box::new(crate::leg::Up {
                dialog,
                invite_cseq: cseq,
                unconfirmed: None,
                modify: Modify::Quiet,
            }));
            l.answered_at = Some(now);
            l.dialog_id = Some(dialog_id);
        }
        self.send_ack(leg, flow, &ack);
        if let Some(cause) = cancelled {
            // RFC 3261 §9.1: our CANCEL came too late; hang up.
            return self.hang_up_leg(leg, cause);
        }
        self.count_leg(leg, true);
        self.call_event(call, CallEventKind::LegAnswered { leg });
        self.way_answered(leg);
        self.start_session_timer_as_uac(leg, &response);
        let answer = if response.body.is_empty() { None } else { Session::parse(&response.body).ok() };
        self.phone_answered(call, leg, answer);
    }

    fn invite_failure(&mut self, leg: LegId, response: Response) {
        if response.status == StatusCode(422) && self.retry_with_longer_interval(leg, &response) {
            return;
        }
        if self.trunk_challenged(leg, &response) {
            return;
        }
        let refused = self.cause_of_refusal(leg, response.status);
        let Some(l) = self.legs.get_mut(&leg) else { return };
        let Some(calling) = l.calling() else { return };
        let cause = calling.cancelled.unwrap_or(refused);
        let Some(l) = self.legs.get_mut(&leg) else { return };
        if (300..400).contains(&response.status.0) {
            let call = l.call;
            let contact = response
                .headers
                .get(&HeaderName::Contact)
                .map(|v| String::from_utf8_lossy(v).into_owned())
                .unwrap_or_default();
            self.call_note(
                call,
                format!(
                    "the other side wants the call redirected to {contact}: that is for nobody but the box to decide"
                ),
            );
        }
        self.leg_failed(leg, cause);
    }

    /// RFC 4028 §7.3: once more with the interval that the phone asks for.
    fn retry_with_longer_interval(&mut self, leg: LegId, response: &Response) -> bool {
        let Some(min) = response.headers.get(&HeaderName::MinSe).and_then(|v| crate::call::refresh::seconds(v)) else {
            return false;
        };
        let (now, expires) = (self.now, self.config.sip.session_expires_s.max(min));
        let Some(l) = self.legs.get_mut(&leg) else { return false };
        let flow = l.flow;
        let Some(calling) = l.calling() else { return false };
        if calling.cancelled.is_some() || calling.attempts >= INTERVAL_TRIES_MAX || min > 86_400 {
            return false;
        }
        let mut request = calling.request.clone();
        let Ok(cseq) = request.headers.cseq() else { return false };
        request.headers.set(HeaderName::CSeq, format!("{} INVITE", cseq.number + 1));
        request.headers.set(HeaderName::SessionExpires, expires.to_string());
        request.headers.set(HeaderName::MinSe, min.to_string());
        let Ok(client) = self.transactions.send_request(now, flow, request.clone()) else { return false };
        if let Some(calling) = self.legs.get_mut(&leg).and_then(|l| l.calling()) {
            calling.attempts += 1;
            calling.invite = client;
            calling.request = request;
        }
        self.clients.insert(client, leg);
        self.flush(None);
        true
    }

    /// A 2xx to an INVITE whose answer we already have: the ACK was lost, or a second phone behind
    /// a forking proxy answered too and is told goodbye (RFC 3261 §13.2.2.4).
    fn late_success(&mut self, leg: LegId, response: Response) {
        let Some(l) = self.legs.get_mut(&leg) else { return };
        let flow = l.flow;
        let Ok(cseq) = response.headers.cseq() else { return };
        let tag = response.headers.to_tag().unwrap_or_default();
        match &l.state {
            LegState::Up(up) if up.dialog.id.remote_tag == tag => {
                let ack = up.dialog.ack(cseq.number);
                self.send_ack(leg, flow, &ack);
            }
            _ => {
                // Its repetitions want the ACK alone.
                let known = l.strays.contains(&tag) || l.strays.len() == STRAYS_MAX;
                if !known {
                    l.strays.push(bytes::Bytes::copy_from_slice(&tag));
                }
                let Some(mut other) = dialog_of_response(&response) else { return };
                let ack = other.ack(cseq.number);
                self.send_ack(leg, flow, &ack);
                if known {
                    return;
                }
                let bye = other.request(Method::Bye);
                if let Ok(client) = self.transactions.send_request(self.now, flow, bye) {
                    self.clients.insert(client, leg);
                }
                self.flush(None);
            }
        }
    }

    /// A 2xx to an INVITE of a call that is gone: its phone picked up while we hung up. It is
    /// acknowledged and told goodbye, else it would ring on for 32 s.
    pub(crate) fn stray_success(&mut self, flow: sip::Flow, response: &Response) {
        let Ok(cseq) = response.headers.cseq() else { return };
        if cseq.method != Method::Invite || !response.status.is_success() {
            return;
        }
        let Some(mut dialog) = dialog_of_response(response) else { return };
        let ack = dialog.ack(cseq.number);
        self.transactions.send_stateless(flow, &ack);
        let bye = dialog.request(Method::Bye);
        // At the limit of transactions the phone hears nothing more and gives up by itself.
        let _ = self.transactions.send_request(self.now, flow, bye);
        self.flush(None);
    }

    pub(crate) fn send_ack(&mut self, leg: LegId, flow: sip::Flow, ack: &Request) {
        self.transactions.send_stateless(flow, ack);
        self.flush(Some(leg));
    }

    pub(crate) fn forget_early_dialogs(&mut self, leg: LegId) {
        let Some(calling) = self.legs.get_mut(&leg).and_then(|l| l.calling()) else { return };
        for dialog in std::mem::take(&mut calling.early) {
            self.dialogs.remove(&dialog.id);
        }
    }

    /// A request of ours got no answer, or its way is gone.
    pub(crate) fn client_failed(&mut self, client: ClientId) {
        let Some(leg) = self.clients.remove(&client) else { return self.trunk_unanswered(client) };
        let Some(l) = self.legs.get_mut(&leg) else { return };
        match &l.state {
            LegState::Calling(c) if c.invite == client => {
                let cause = c.cancelled.unwrap_or(Cause::Unreachable);
                self.leg_failed(leg, cause);
            }
            LegState::Up(up) if matches!(up.modify, Modify::Asking { client: c, .. } if c == client) => {
                self.modify_unanswered(leg);
            }
            LegState::Leaving { bye } if *bye == Some(client) => self.leg_down(leg),
            _ => {}
        }
    }

    /// A phone that we called will not take the call.
    pub(crate) fn leg_failed(&mut self, leg: LegId, cause: Cause) {
        let Some(l) = self.legs.get_mut(&leg) else { return };
        let call = l.call;
        let was_cancelled = l.calling().is_some_and(|c| c.cancelled.is_some());
        if !was_cancelled && self.try_next_way(leg, cause) {
            return;
        }
        self.forget_early_dialogs(leg);
        self.close_leg(leg, cause);
        if was_cancelled {
            return;
        }
        let Some(ringing) = self.calls.get_mut(&call).and_then(|c| c.ringing.as_mut()) else { return };
        if !ringing.legs.contains(&leg) {
            return;
        }
        ringing.legs.retain(|l| *l != leg);
        ringing.failures.push(cause);
        if ringing.early == Some(leg) {
            ringing.early = None;
        }
        // RFC 3261 §16.7: a 6xx speaks for the person, the others for one device.
        if cause == Cause::Declined {
            return self.ringing_failed(call, cause);
        }
        self.round_over_if_nobody_rings(call);
    }

    /// The phones have rung long enough.
    pub(crate) fn ring_time_over(&mut self, call: CallRef) {
        if self.calls.get(&call).is_some_and(|c| c.ringing.is_some()) {
            self.ringing_failed(call, Cause::NoAnswer);
        }
    }
}

/// The dialog that a 2xx of an unknown fork opens, from the response alone.
fn dialog_of_response(response: &Response) -> Option<Dialog> {
    let to = response.headers.to().ok()?;
    let mut request = Request::new(Method::Invite, to.uri.clone());
    for name in [HeaderName::From, HeaderName::To, HeaderName::CallId, HeaderName::CSeq] {
        request.headers.push(name.clone(), response.headers.get(&name)?.clone());
    }
    Dialog::uac(&request, response).ok()
}
