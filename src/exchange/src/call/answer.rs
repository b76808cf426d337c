//! Somebody takes the call: the caller's 200, the bridge, the ACK; and the caller who gives up.

use base::{CallRef, LegId};
use dialplan::Reached;
use sdp::Session;
use sip::message::{HeaderName, Request, Response, StatusCode};
use sip::transaction::ServerId;

use crate::call::course::Course;
use crate::call::{Phase, Purpose};
use crate::leg::{LegState, Modify, Unconfirmed, Up};
use crate::record::{CallEventKind, Cause, LegRole};
use crate::{ALLOW, Exchange, SUPPORTED, Timer};

impl Exchange {
    /// A phone that rang was picked up; `answer` is its SDP if the 200 had one.
    pub(crate) fn phone_answered(&mut self, call: CallRef, leg: LegId, answer: Option<Session>) {
        if !self.take_answer(leg, answer) {
            // RFC 3264 §6: an answer we cannot live with ends the leg.
            self.hang_up_leg(leg, Cause::NoCommonCodec);
            return self.leg_failed(leg, Cause::NoCommonCodec);
        }
        let rings = self.calls.get(&call).is_some_and(|c| c.ringing.is_some());
        if rings && self.legs.get(&leg).is_some_and(|l| l.confirm) {
            return self.ask_to_confirm(call, leg);
        }
        self.leg_takes_call(call, leg);
    }

    /// This leg has the call; the others stop ringing.
    pub(crate) fn leg_takes_call(&mut self, call: CallRef, leg: LegId) {
        if self.page_answered(call, leg) {
            return;
        }
        let Some(ringing) = self.calls.get_mut(&call).and_then(|c| c.ringing.take()) else {
            return self.hang_up_leg(leg, Cause::AnsweredElsewhere); // two answered at once
        };
        self.timers.cancel(Timer::NoAnswer(call));
        self.timers.cancel(Timer::Branch(call));
        for other in ringing.legs.iter().filter(|l| **l != leg) {
            self.cancel_leg(*other, Cause::AnsweredElsewhere);
            self.hang_up_leg(*other, Cause::AnsweredElsewhere); // one that was asked to confirm
        }
        self.note_taken(call, leg, &ringing.course);
        match ringing.purpose {
            Purpose::Caller => self.connect_caller(call, leg),
            Purpose::Transfer { by, remains } => self.transfer_answered(call, by, remains, leg),
            Purpose::Page => {}
            Purpose::Box(errand) => self.own_call_answered(call, leg, errand),
        }
    }

    /// What follows elsewhere from whose phone took a call.
    fn note_taken(&mut self, call: CallRef, leg: LegId, course: &Course) {
        let taker = self.legs.get(&leg).and_then(|l| l.extension()).map(str::to_owned);
        if let (Reached::RingGroup(group), Some(taker)) = (&course.ring.reached, &taker) {
            self.facts.state.rotation.insert(group.clone(), taker.clone());
        }
        let Some(c) = self.calls.get_mut(&call) else { return };
        let called_by = c.outsider.as_ref().and_then(|o| o.called_by.clone());
        c.talked_with = taker.or(called_by);
    }

    /// Takes in the called phone's answer. False if there is none or it is of no use.
    fn take_answer(&mut self, leg: LegId, answer: Option<Session>) -> bool {
        let Some(talk) = self.legs.get_mut(&leg).and_then(|l| l.audio.talk.as_mut()) else { return false };
        if let Some(answer) = answer
            && talk.answer_received(answer).is_err()
        {
            return false;
        }
        self.configure_audio(leg)
    }

    pub(crate) fn connect_caller(&mut self, call: CallRef, leg: LegId) {
        let now = self.now;
        let party = self.legs.get(&leg).map(|l| l.party.clone()).unwrap_or_default();
        // It called by itself, to take this call: what it agreed on is no answer to what the caller offers.
        let apart = self.legs.get(&leg).is_some_and(|l| l.role == LegRole::Caller);
        self.leave_slot(call);
        self.timers.cancel(Timer::Consultation(call));
        let Some(c) = self.calls.get_mut(&call) else { return };
        c.recall = None;
        let caller = c.caller;
        let was_up = c.phase == Phase::Service;
        c.phase = Phase::Bridged(caller, leg);
        c.visit = None;
        c.answered_at.get_or_insert(now);
        c.to = party;
        if was_up && self.legs.get(&caller).is_some_and(|l| l.is_up()) {
            self.stop_playing(caller);
            self.call_event(call, CallEventKind::Bridged { a: caller, b: leg });
            self.join_audio(caller, leg);
            self.record_by_rule(call);
            return self.publish_call(call);
        }
        if apart {
            let codecs = self.wishes_of(leg);
            if !self.answer_apart(caller, &codecs) {
                return self.end_call(call, Cause::NoCommonCodec, None);
            }
            self.call_event(call, CallEventKind::Bridged { a: caller, b: leg });
            self.join_audio(caller, leg);
            self.record_by_rule(call);
            return self.publish_call(call);
        }
        let offered_by_caller = self
            .legs
            .get(&caller)
            .and_then(|l| l.audio.talk.as_ref())
            .is_some_and(|t| t.open_offer_of_peer().is_some() || t.peers_description().is_some());
        let session = if offered_by_caller { self.answer_on_behalf(caller, leg) } else { self.offer_late(caller, leg) };
        let Some(session) = session else {
            return self.end_call(call, Cause::NoCommonCodec, None);
        };
        if offered_by_caller && !self.configure_audio(caller) {
            self.call_note(call, "the caller's phone names an address that no audio may be sent to");
            return self.end_call(call, Cause::NoCommonCodec, None);
        }
        self.stop_playing(caller);
        self.connect_audio(caller, leg);
        self.say_success(caller, session);
        self.call_event(call, CallEventKind::Bridged { a: caller, b: leg });
        self.record_by_rule(call);
        self.publish_call(call);
    }

    /// The offer to a caller whose INVITE had none: of the codecs that the called phone took, then of all that
    /// the box can turn into one of them.
    fn offer_late(&mut self, caller: LegId, leg: LegId) -> Option<Session> {
        let codecs = self.codecs_for(leg);
        self.legs.get_mut(&caller)?.audio.talk.as_mut()?.offer_own(&codecs).ok()
    }

    /// What whoever talks to `leg` may speak: what was agreed there, then all that the box can turn into it.
    pub(crate) fn codecs_for(&self, leg: LegId) -> Vec<String> {
        let mut codecs = self.legs.get(&leg).map(|l| l.agreed_codecs()).unwrap_or_default();
        let speakable = self.speakable_codecs();
        let named = |codecs: &[String], one: &str| codecs.iter().any(|codec| codec.eq_ignore_ascii_case(one));
        if codecs.iter().any(|codec| named(&speakable, codec)) {
            let others: Vec<String> = speakable.into_iter().filter(|codec| !named(&codecs, codec)).collect();
            codecs.extend(others);
        }
        codecs
    }

    /// 200 to the caller's INVITE; waits while a reliable provisional is not acknowledged.
    pub(crate) fn say_success(&mut self, leg: LegId, session: Session) {
        let Some(l) = self.legs.get(&leg) else { return };
        let contact = self.contact(l.flow, &self.calls.get(&l.call).map(|c| c.dialled.clone()).unwrap_or_default());
        let timer = l.timer;
        let Some(o) = self.legs.get_mut(&leg).and_then(|l| l.offered()) else { return };
        let mut response = Exchange::response(&o.request, StatusCode::OK);
        response.set_to_tag(&String::from_utf8_lossy(&o.dialog.id.local_tag));
        response.headers.push(HeaderName::Contact, contact);
        response.headers.push(HeaderName::Allow, ALLOW);
        response.headers.push(HeaderName::Supported, SUPPORTED);
        super::refresh::push_session_expires(&mut response.headers, timer, &o.request);
        response.set_body("application/sdp", session.to_bytes().into());
        if o.unacknowledged.is_some() {
            o.waiting = Some(Box::new(response)); // RFC 3262 §3
            return;
        }
        self.send_final_success(leg, response);
    }

    /// The 200 goes out: the leg is up.
    pub(crate) fn send_final_success(&mut self, leg: LegId, response: Response) {
        let now = self.now;
        let Some(l) = self.legs.get_mut(&leg) else { return };
        let call = l.call;
        let LegState::Offered(offered) = std::mem::replace(&mut l.state, LegState::Down) else { return };
        let mut dialog = offered.dialog;
        dialog.confirm();
        let (invite, cseq) = (offered.invite, offered.request.headers.cseq().map_or(0, |c| c.number));
        l.answered_at = Some(now);
        let awaiting = l.audio.talk.as_ref().is_some_and(|t| t.open_offer_of_ours().is_some());
        let modify = if awaiting { Modify::AwaitingAnswer } else { Modify::Quiet };
        l.state = LegState::Up(Box::new(Up {
            dialog,
            invite_cseq: 0,
            unconfirmed: Some(Unconfirmed { server: invite, cseq }),
            modify,
        }));
        self.respond(invite, &response);
        self.arm_session_timer(leg);
        self.call_event(call, CallEventKind::LegAnswered { leg });
    }

    /// ACK to one of our 2xx (RFC 3261 §13.3.1.4).
    pub(crate) fn handle_ack(&mut self, leg: LegId, request: Request) {
        // A late repetition of the ACK to an earlier INVITE says nothing about this one.
        let cseq = request.headers.cseq().map_or(0, |c| c.number);
        let Some(l) = self.legs.get_mut(&leg) else { return };
        if let LegState::Parting(up, _) = &l.state {
            if up.unconfirmed.is_some_and(|u| u.cseq == cseq) {
                self.say_goodbye(leg);
            }
            return;
        }
        let Some(up) = l.up() else { return };
        let Some(Unconfirmed { server, .. }) = up.unconfirmed.take_if(|u| u.cseq == cseq) else { return };
        let awaiting = matches!(up.modify, Modify::AwaitingAnswer);
        self.transactions.confirm(self.now, server);
        if awaiting {
            self.late_answer(leg, &request);
        }
    }

    /// The ACK's answer to the offer in our 2xx.
    fn late_answer(&mut self, leg: LegId, request: &Request) {
        let Some(l) = self.legs.get_mut(&leg) else { return };
        let call = l.call;
        if let Some(up) = l.up() {
            up.modify = Modify::Quiet;
        }
        let answer = Session::parse(&request.body).ok();
        let taken = match (answer, l.audio.talk.as_mut()) {
            (Some(answer), Some(talk)) => talk.answer_received(answer).is_ok(),
            _ => false,
        };
        if !taken || !self.configure_audio(leg) {
            self.call_note(call, "the ACK brought no usable answer to our offer");
            return self.end_call(call, Cause::NoCommonCodec, None);
        }
        self.note_hold(leg);
        if let Some(peer) = self.peer_of(leg).filter(|peer| !self.hear_each_other(leg, *peer)) {
            self.renegotiate(peer, leg, 0);
        }
    }

    /// Our 2xx was never acknowledged (RFC 3261 §13.3.1.4): the session ends. Or a refusal was not:
    /// nothing is left to end.
    pub(crate) fn ack_never_came(&mut self, server: ServerId) {
        let Some(leg) = self.leg_of_server(server) else { return };
        let Some(l) = self.legs.get_mut(&leg) else { return };
        let call = l.call;
        if l.up().is_some_and(|up| up.unconfirmed.is_some_and(|u| u.server == server)) {
            self.call_note(call, format!("{leg} never acknowledged the answer"));
            self.end_call(call, Cause::Unreachable, None);
        }
    }

    /// CANCEL (RFC 3261 §9.2): the caller gives up, unless the answer is already on its way.
    pub(crate) fn handle_cancel(&mut self, leg: LegId, invite: ServerId) {
        let Some(l) = self.legs.get_mut(&leg) else { return };
        let call = l.call;
        if l.offered().is_some_and(|o| o.invite == invite) {
            self.end_call(call, Cause::Cancelled, Some(leg));
        }
    }
}
