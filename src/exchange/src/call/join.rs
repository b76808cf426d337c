//! Legs that go on in another call, and legs that come together after each has agreed on its audio apart: what
//! pickup, parking, consultations and takeovers have in common.

use base::{CallRef, LegId};
use media::control::MediaCommand;
use sip::message::{Method, StatusCode};

use crate::Exchange;
use crate::call::service::Visit;
use crate::call::{Call, Phase};
use crate::leg::{Modify, Why};
use crate::record::{CallEventKind, Cause};

impl Exchange {
    /// Answers whoever called, with the best of these codecs: not on behalf of one certain phone. A leg that is up
    /// hears nothing of the box any more. False where there is no codec in common; the call still stands then.
    pub(crate) fn answer_apart(&mut self, leg: LegId, codecs: &[String]) -> bool {
        self.stop_playing(leg);
        if self.legs.get(&leg).is_some_and(|l| l.is_up()) {
            return true;
        }
        self.ports.align_pair();
        if self.open_audio(leg).is_err() {
            return false;
        }
        let Some(talk) = self.legs.get_mut(&leg).and_then(|l| l.audio.talk.as_mut()) else { return false };
        let has_offer = talk.open_offer_of_peer().is_some();
        let session = match (has_offer, talk.peers_description().is_some()) {
            (true, _) => talk.answer_own(codecs).ok(),
            // It was answered early: that holds (RFC 6337 §3.1.1).
            (false, true) => talk.our_description().cloned(),
            (false, false) => talk.offer_own(codecs).ok(),
        };
        let Some(session) = session else { return false };
        if has_offer && !self.configure_audio(leg) {
            return false;
        }
        self.say_success(leg, session);
        true
    }

    /// What whoever is to talk to `leg` had best speak: what was agreed there, else what its phone offers, then all
    /// that the box can turn into it.
    pub(crate) fn wishes_of(&self, leg: LegId) -> Vec<String> {
        let agreed = self.codecs_for(leg);
        if !agreed.is_empty() {
            return agreed;
        }
        let audio = self.legs.get(&leg).map(|l| &l.audio);
        let offered = audio.and_then(|a| a.talk.as_ref().and_then(|t| t.open_offer_of_peer()).or(a.offered.as_ref()));
        let named = |codecs: &[String], one: &str| codecs.iter().any(|codec| codec.eq_ignore_ascii_case(one));
        let formats = offered.and_then(|offer| offer.audio()).map(|(_, audio)| audio.formats.as_slice());
        let mut codecs: Vec<String> = formats
            .unwrap_or_default()
            .iter()
            .map(|format| format.encoding.clone())
            .filter(|codec| named(&self.config.media.codecs, codec))
            .collect();
        let others: Vec<String> = self.speakable_codecs().into_iter().filter(|codec| !named(&codecs, codec)).collect();
        codecs.extend(others);
        codecs
    }

    /// Whoever called by itself goes on in `call` as if it had been called there and had answered; its own call is
    /// over.
    pub(crate) fn join_as_called(&mut self, own: CallRef, leg: LegId, call: CallRef) {
        let now = self.now;
        self.follow_consulter(own, call);
        self.move_leg(leg, own, call);
        self.call_note(own, format!("went on in call {call}"));
        if let Some(c) = self.calls.get_mut(&own) {
            c.answered_at.get_or_insert(now);
        }
        self.end_call(own, Cause::Transferred, None);
    }

    /// A leg leaves `from` and is the only one, and the caller, of a new call.
    pub(crate) fn split_off(&mut self, leg: LegId, from: CallRef, dialled: &str) -> Option<CallRef> {
        self.drop_change(leg);
        self.leave_line(leg, from);
        let call = self.new_call_ref();
        let now = self.now;
        let l = self.legs.get_mut(&leg)?;
        l.call = call;
        let (party, sip_call_id) = (l.party.clone(), l.sip_call_id.clone());
        let mut new = Call::new(leg, party.clone(), dialled.to_owned(), now);
        new.phase = Phase::Service;
        new.visit = Some(Visit::Service);
        new.answered_at = Some(now);
        self.calls.insert(call, new);
        self.call_event(call, CallEventKind::Started { leg, from: party, dialled: dialled.to_owned(), sip_call_id });
        self.call_event(call, CallEventKind::LegAnswered { leg });
        Some(call)
    }

    /// A leg leaves its line in a call that it goes on without.
    pub(crate) fn leave_line(&mut self, leg: LegId, from: CallRef) {
        let now = self.now;
        let Some(l) = self.legs.get(&leg) else { return };
        let mut line = l.summary(|t| self.wall_at(t), now);
        line.cause = Cause::Transferred;
        if let Some(c) = self.calls.get_mut(&from) {
            c.legs.retain(|other| *other != leg);
            c.moved.push(line);
        }
        self.call_event(from, CallEventKind::LegEnded { leg, cause: Cause::Transferred });
    }

    /// A change of the session that waits for an other end which is another one from now on: the phone asks again.
    pub(crate) fn drop_change(&mut self, leg: LegId) {
        self.refuse_pending_change(leg, StatusCode(491));
    }

    /// One leg of a call is alone with the box from now on, as a caller that was answered is. Others stay in the call
    /// until somebody hangs them up.
    pub(crate) fn be_alone(&mut self, call: CallRef, leg: LegId) {
        self.end_call_recording(call);
        self.stop_typing(call);
        for other in self.calls.get(&call).map(|c| c.legs.clone()).unwrap_or_default() {
            self.drop_change(other);
        }
        self.stop_playing(leg);
        if let Some(c) = self.calls.get_mut(&call) {
            c.phase = Phase::Service;
            c.visit = Some(Visit::Service);
            c.caller = leg;
        }
        self.disconnect_audio(leg);
        self.take_off_hold(leg);
    }

    /// Two legs of a call hear each other from now on; each has agreed on its audio apart.
    pub(crate) fn bring_together(&mut self, call: CallRef, a: LegId, b: LegId) {
        self.leave_slot(call);
        let Some(c) = self.calls.get_mut(&call) else { return };
        c.phase = Phase::Bridged(a, b);
        c.visit = None;
        c.recall = None;
        self.call_event(call, CallEventKind::Bridged { a, b });
        self.stop_playing(a);
        self.stop_playing(b);
        self.join_audio(a, b);
        self.record_by_rule(call);
        self.publish_call(call);
    }

    /// A party whose other end had put it on hold talks to the box: it may speak again.
    pub(crate) fn take_off_hold(&mut self, leg: LegId) {
        let Some(l) = self.legs.get_mut(&leg) else { return };
        let held = l.remote().is_some_and(|r| r.send && !r.receive);
        let codecs = l.agreed_codecs();
        let Some(up) = l.up().filter(|_| held) else { return };
        if !matches!(up.modify, Modify::Quiet) || up.unconfirmed.is_some() {
            return; // whoever it is connected to next takes it off hold
        }
        let offer = l.audio.talk.as_mut().and_then(|talk| talk.offer_own(&codecs).ok());
        let Some(offer) = offer else { return };
        if !self.ask(leg, Method::Invite, Some(&offer), Why::NewPeer, 0) {
            self.withdraw(leg);
        }
    }

    /// Whether a leg of a call may leave without ending it: it is told something, or is one of many who listen.
    pub(crate) fn is_bystander(&self, call: CallRef, leg: LegId) -> bool {
        let Some(c) = self.calls.get(&call) else { return false };
        match c.phase {
            Phase::Setup | Phase::Service => leg != c.caller,
            Phase::Bridged(a, b) => leg != a && leg != b,
            Phase::Ended { .. } => false,
        }
    }

    /// Such a leg has hung up.
    pub(crate) fn bystander_left(&mut self, call: CallRef, leg: LegId) {
        if let Some(ringing) = self.calls.get_mut(&call).and_then(|c| c.ringing.as_mut())
            && ringing.legs.contains(&leg)
        {
            // It had answered and was asked whether it takes the call.
            ringing.legs.retain(|other| *other != leg);
            ringing.failures.push(Cause::NoAnswer);
            self.round_over_if_nobody_rings(call);
        }
    }

    /// A call that waited for a consultation is over: the consultation is a call like any other.
    pub(crate) fn leave_waiting(&mut self, call: CallRef) {
        let with = match self.calls.get(&call).and_then(|c| c.visit.as_ref()) {
            Some(Visit::Waiting(waiting)) => waiting.with,
            _ => return,
        };
        self.unlink(with);
    }

    /// Plays a list to one leg of a call, then lets that leg alone go. Without audio it goes at once.
    pub(crate) fn tell_and_let_go(&mut self, leg: LegId, list: media::control::PlayList) {
        self.stop_playing(leg);
        self.disconnect_audio(leg);
        self.play(leg, list, super::play::After::LetGo);
        if self.legs.get(&leg).is_none_or(|l| l.audio.playing.is_none()) {
            self.let_go(leg);
        }
    }

    /// One leg of a call has done its part.
    pub(crate) fn let_go(&mut self, leg: LegId) {
        self.report_transfer(leg, StatusCode::OK, true);
        self.hang_up_leg(leg, Cause::Transferred);
    }

    /// Several rounds of phones stop ringing: somebody has taken the call in another way, or it goes elsewhere.
    pub(crate) fn stop_ringing(&mut self, call: CallRef, cause: Cause) -> Option<super::Ringing> {
        self.timers.cancel(crate::Timer::NoAnswer(call));
        self.timers.cancel(crate::Timer::Branch(call));
        let mut ringing = self.calls.get_mut(&call)?.ringing.take()?;
        for leg in std::mem::take(&mut ringing.legs) {
            self.cancel_leg(leg, cause);
            self.hang_up_leg(leg, cause);
        }
        Some(ringing)
    }

    /// The sound of a leg goes into a room.
    pub(crate) fn seat(&mut self, leg: LegId, room: base::RoomId, role: media::control::RoomRole) {
        if let Some(stream) = self.legs.get(&leg).and_then(|l| l.audio.stream) {
            self.media(MediaCommand::Sink { stream, sink: media::control::Sink::Room(room, role) });
        }
    }
}
