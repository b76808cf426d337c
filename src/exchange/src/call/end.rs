//! A call ends: everybody is told, once, and one final record is written when the last words are in.

use base::{CallRef, LegId};
use media::control::MediaCommand;
use sip::message::{HeaderName, Headers, Method, StatusCode};

use crate::call::{LAST_WORDS, Phase, Purpose};
use crate::leg::{LegState, Modify};
use crate::live::Event;
use crate::record::{CallEventKind, CallRecord, Cause, Disposition, Record};
use crate::{Exchange, Timer};

impl Exchange {
    /// Ends a call for everybody in it. `by` is the leg whose phone hung up, if one did.
    pub(crate) fn end_call(&mut self, call: CallRef, cause: Cause, by: Option<LegId>) {
        let now = self.now;
        let Some(c) = self.calls.get_mut(&call) else { return };
        if c.is_over() {
            return;
        }
        if c.consults.is_some() {
            self.return_consulter(call, cause);
        }
        self.leave_waiting(call);
        self.leave_slot(call);
        self.end_page(call);
        self.stop_typing(call);
        let Some(c) = self.calls.get_mut(&call) else { return };
        c.phase = Phase::Ended { at: now, cause, by };
        let ringing = c.ringing.take();
        let legs = c.legs.clone();
        self.end_call_recording(call);
        self.end_listening(call);
        self.guest_gone(call);
        self.timers.cancel(Timer::VisitOver(call));
        self.timers.cancel(Timer::NoAnswer(call));
        self.timers.cancel(Timer::Branch(call));
        if let Some(Purpose::Transfer { by, .. }) = ringing.map(|r| r.purpose) {
            self.report_transfer(by, StatusCode(487), true);
        }
        for leg in legs {
            self.dismiss_leg(leg, cause);
        }
        self.publish(Event::CallEnded { call, cause });
        self.timers.set(Timer::Finalise(call), now + LAST_WORDS);
        self.finalise_if_complete(call);
    }

    /// Ends one leg in the way its state asks for.
    fn dismiss_leg(&mut self, leg: LegId, cause: Cause) {
        match self.legs.get(&leg).map(|l| &l.state) {
            Some(LegState::Offered(_)) => self.refuse_leg(leg, cause),
            Some(LegState::Calling(_)) => self.cancel_leg(leg, cause),
            Some(LegState::Up(_)) => self.hang_up_leg(leg, cause),
            Some(LegState::Leaving { .. } | LegState::Parting(..) | LegState::Down) | None => {}
        }
    }

    /// The final refusal to a caller.
    fn refuse_leg(&mut self, leg: LegId, cause: Cause) {
        let Some(o) = self.legs.get_mut(&leg).and_then(|l| l.offered()) else { return };
        let status = cause.status();
        let mut response = Exchange::response(&o.request, status);
        response.set_to_tag(&String::from_utf8_lossy(&o.dialog.id.local_tag));
        push_reason(&mut response.headers, cause);
        if status == StatusCode(503) {
            response.headers.push(HeaderName::RetryAfter, "5");
        }
        let invite = o.invite;
        self.respond(invite, &response);
        self.close_leg(leg, cause);
        self.leg_down(leg);
    }

    /// CANCEL to a phone that rings (RFC 3261 §9.1); its final answer is still awaited.
    pub(crate) fn cancel_leg(&mut self, leg: LegId, cause: Cause) {
        let now = self.now;
        let Some(c) = self.legs.get_mut(&leg).and_then(|l| l.calling()) else { return };
        if c.cancelled.is_some() {
            return;
        }
        c.cancelled = Some(cause);
        let invite = c.invite;
        if let Some(client) = self.transactions.cancel_because(now, invite, reason(cause).into()) {
            self.clients.insert(client, leg);
        }
        self.flush(None);
        self.close_audio(leg);
    }

    /// BYE to a phone that is up; once it has acknowledged our answer (RFC 3261 §15), for a BYE that overtakes a
    /// lost answer is refused, and the answer that is then repeated leaves the phone in a call of its own.
    pub(crate) fn hang_up_leg(&mut self, leg: LegId, cause: Cause) {
        self.refuse_pending_change(leg, StatusCode(487));
        let Some(l) = self.legs.get_mut(&leg).filter(|l| l.is_up()) else { return };
        if let LegState::Up(up) = std::mem::replace(&mut l.state, LegState::Down) {
            let waits = up.unconfirmed.is_some();
            l.state = LegState::Parting(up, cause);
            self.close_leg(leg, cause);
            if !waits {
                self.say_goodbye(leg);
            }
        }
    }

    /// The BYE that was held back.
    pub(crate) fn say_goodbye(&mut self, leg: LegId) {
        let now = self.now;
        let Some(l) = self.legs.get_mut(&leg) else { return };
        let flow = l.flow;
        let LegState::Parting(up, cause) = &mut l.state else { return };
        let mut bye = up.dialog.request(Method::Bye);
        push_reason(&mut bye.headers, *cause);
        // Whoever has not heard our answer by now shall not hear it any more.
        let unconfirmed = up.unconfirmed.take();
        if let Some(unconfirmed) = unconfirmed {
            self.transactions.confirm(now, unconfirmed.server);
        }
        let client = self.transactions.send_request(now, flow, bye).ok();
        if let Some(client) = client {
            self.clients.insert(client, leg);
        }
        if let Some(l) = self.legs.get_mut(&leg) {
            l.state = LegState::Leaving { bye: client };
        }
        self.flush(None);
        if client.is_none() {
            self.leg_down(leg);
        }
    }

    /// The phone hung up (its BYE is already answered).
    pub(crate) fn leg_hung_up(&mut self, leg: LegId) {
        self.refuse_pending_change(leg, StatusCode(487));
        let call = self.legs.get(&leg).map(|l| l.call);
        let asked = call.and_then(|call| self.waits_for(call)).filter(|(_, waiting)| waiting.by == leg);
        if let (Some(call), Some(_)) = (call, &asked) {
            self.unlink(call);
        }
        let bystander = call.is_some_and(|call| self.is_bystander(call, leg));
        self.close_leg(leg, Cause::NormalClearing);
        self.leg_down(leg);
        let Some(call) = call else { return };
        if let Some((held, waiting)) = asked {
            return self.consulter_hung_up(call, held, &waiting);
        }
        if bystander {
            return self.bystander_left(call, leg);
        }
        let Some(c) = self.calls.get(&call) else { return };
        // Whoever asked for a blind transfer may go: the others are still being connected.
        let transferor =
            matches!(&c.ringing, Some(r) if matches!(r.purpose, Purpose::Transfer { by, .. } if by == leg));
        if !transferor {
            self.end_call(call, Cause::NormalClearing, Some(leg));
        }
    }

    /// The leg is over: its audio ends, its end is journalled. What it still has to say or hear
    /// (the answer to a BYE) may follow.
    pub(crate) fn close_leg(&mut self, leg: LegId, cause: Cause) {
        let now = self.now;
        let Some(l) = self.legs.get_mut(&leg) else { return };
        if l.ended.is_some() {
            return;
        }
        l.ended = Some((now, cause));
        let call = l.call;
        if let LegState::Calling(_) = l.state {
            l.state = LegState::Down;
        }
        self.consulter_gone(leg);
        self.leave_conference(leg);
        self.count_leg(leg, false);
        self.way_ended(leg);
        self.close_audio(leg);
        self.timers.cancel(Timer::Confirm(leg));
        self.timers.cancel(Timer::SessionRefresh(leg));
        self.timers.cancel(Timer::SessionExpiry(leg));
        self.timers.cancel(Timer::Retry(leg));
        self.call_event(call, CallEventKind::LegEnded { leg, cause });
        self.finalise_if_complete(call);
    }

    fn close_audio(&mut self, leg: LegId) {
        if let Some(stream) = self.legs.get_mut(&leg).and_then(|l| l.audio.stream.take()) {
            self.media(MediaCommand::Close { stream });
        }
    }

    /// The leg's last word is said.
    pub(crate) fn leg_down(&mut self, leg: LegId) {
        let Some(l) = self.legs.get_mut(&leg) else { return };
        let state = std::mem::replace(&mut l.state, LegState::Down);
        let call = l.call;
        if let LegState::Parting(up, _) = state
            && let Some(unconfirmed) = up.unconfirmed
        {
            self.transactions.confirm(self.now, unconfirmed.server); // its BYE crossed: it needs our answer no more
        }
        self.finalise_if_complete(call);
    }

    /// Answers a change that this leg's phone or its peer's asked for and that will not happen now.
    pub(crate) fn refuse_pending_change(&mut self, leg: LegId, status: StatusCode) {
        let Some(up) = self.legs.get_mut(&leg).and_then(|l| l.up()) else { return };
        if !matches!(up.modify, Modify::Asked { .. }) {
            return;
        }
        let Modify::Asked { server, request } = std::mem::replace(&mut up.modify, Modify::Quiet) else { return };
        if let Some(talk) = self.legs.get_mut(&leg).and_then(|l| l.audio.talk.as_mut()) {
            talk.withdraw();
        }
        let mut response = Exchange::response(&request, status);
        if status == StatusCode(500) {
            response.headers.push(HeaderName::RetryAfter, "2");
        }
        self.respond(server, &response);
    }

    /// Writes the final record if nothing more is awaited.
    pub(crate) fn finalise_if_complete(&mut self, call: CallRef) {
        let Some(c) = self.calls.get(&call) else { return };
        let complete = c.is_over()
            && c.legs
                .iter()
                .filter_map(|l| self.legs.get(l))
                .all(|l| matches!(l.state, LegState::Down) && l.ended.is_some())
            && !self.streams.values().any(|leg| c.legs.contains(leg));
        if complete {
            self.finalise(call);
        }
    }

    /// Writes the final record and forgets the call.
    pub(crate) fn finalise(&mut self, call: CallRef) {
        let Some(c) = self.calls.get(&call) else { return };
        let Phase::Ended { at, cause, by } = c.phase else { return };
        for leg in c.legs.clone() {
            self.say_goodbye(leg);
            // A phone that never answered our BYE or CANCEL: its line in the record is complete all the same.
            self.close_leg_silently(leg, cause);
        }
        self.timers.cancel(Timer::Finalise(call));
        let Some(c) = self.calls.remove(&call) else { return };
        self.settle_contact(call, &c, cause);
        let ladder = c.ladder.to_record(call, |t| self.wall_at(t));
        let mut legs = c.moved;
        let mut tracks = Vec::new();
        for leg in &c.legs {
            if let Some(l) = self.forget_leg(*leg) {
                tracks.extend(self.track_record(call, &l));
                legs.push(l.summary(|t| self.wall_at(t), self.now));
            }
        }
        legs.sort_by_key(|l| l.leg);
        let disposition = if c.answered_at.is_some() { Disposition::Answered } else { cause.disposition_unanswered() };
        let record = CallRecord {
            call,
            from: c.from,
            dialled: c.dialled,
            to: c.to,
            started_at: self.wall_at(c.started_at),
            ringing_at: c.ringing_at.map(|t| self.wall_at(t)),
            answered_at: c.answered_at.map(|t| self.wall_at(t)),
            ended_at: self.wall_at(at),
            disposition,
            cause,
            ended_by: by,
            reasons: c.reasons,
            legs,
        };
        self.record(Record::Ladder(Box::new(ladder)));
        for track in tracks {
            self.record(track);
        }
        self.record(Record::CallEnded(Box::new(record)));
    }

    fn close_leg_silently(&mut self, leg: LegId, cause: Cause) {
        let cause = match self.legs.get_mut(&leg) {
            Some(l) => l.calling().and_then(|c| c.cancelled).unwrap_or(cause),
            None => return,
        };
        let now = self.now;
        self.close_audio(leg);
        let Some(l) = self.legs.get_mut(&leg) else { return };
        if l.ended.is_none() {
            l.ended = Some((now, cause));
            let call = l.call;
            self.call_event(call, CallEventKind::LegEnded { leg, cause });
        }
    }

    /// Drops a leg and all that points to it.
    pub(crate) fn forget_leg(&mut self, leg: LegId) -> Option<crate::leg::Leg> {
        self.forget_early_dialogs(leg);
        self.count_leg(leg, false);
        self.way_ended(leg);
        for timer in [Timer::SessionRefresh(leg), Timer::SessionExpiry(leg), Timer::Retry(leg)] {
            self.timers.cancel(timer);
        }
        let l = self.legs.remove(&leg)?;
        if let Some(id) = &l.dialog_id {
            self.dialogs.remove(id);
        }
        Some(l)
    }
}

/// `Reason: Q.850;cause=…` (RFC 3326), with the SIP one for what was answered elsewhere.
pub(crate) fn push_reason(headers: &mut Headers, cause: Cause) {
    headers.push(HeaderName::Reason, reason(cause));
}

fn reason(cause: Cause) -> String {
    match cause {
        // What phones look for before they show a missed call.
        Cause::AnsweredElsewhere => "SIP;cause=200;text=\"Call completed elsewhere\"".to_owned(),
        cause => format!("Q.850;cause={};text=\"{}\"", cause.q850(), cause.describe()),
    }
}
