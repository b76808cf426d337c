//! Asking before a transfer, by keys typed in a call.
//!
//! A consultation is a second call: the leg that asks goes over into it as its caller, and the first call waits with
//! its party in [`Visit::Waiting`]. Swapping exchanges the two. **Invariant:** a call whose visit is `Waiting { with }`
//! is named by `consults` of the call `with`, and the leg `by` is in that one; both ends of the link go together.

use base::{CallRef, Duration, LegId};
use dialplan::Action;

use crate::call::course::Asked;
use crate::call::play::After;
use crate::call::service::Visit;
use crate::call::{Phase, Purpose};
use crate::feature::transfer_code::{is_code, not_transferable};
use crate::record::{CallEventKind, Cause, TransferKind};
use crate::{Exchange, Timer};

/// A party that waits while whoever it talks to talks to somebody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    /// The call that goes on meanwhile.
    pub(crate) with: CallRef,
    /// The leg that it waits for.
    pub(crate) by: LegId,
    /// The caller of this call before it waited.
    caller: LegId,
    /// It was called to be asked: after a swap.
    asked: bool,
}

/// So long somebody is rung who is to be asked (conventions §1.2).
const ANSWER: Duration = Duration::from_secs(15);

impl Exchange {
    /// The other end waits while `by` calls somebody.
    pub(super) fn consult(&mut self, call: CallRef, by: LegId, other: LegId, number: &str) -> Result<(), Cause> {
        let extension = self.legs.get(&by).and_then(|l| l.extension()).ok_or(Cause::Forbidden)?.to_owned();
        if self.stopping || self.calls.len() >= self.config.sip.calls_max as usize {
            return Err(Cause::Overload);
        }
        let target = number.to_owned();
        self.call_event(call, CallEventKind::TransferAsked { by, kind: TransferKind::Attended, target });
        let asked = Asked::by_extension(&extension, number);
        let decision = self.decide(&asked);
        if let Action::Refuse(error) = &decision.action {
            let cause = crate::call::setup::cause_of(error);
            self.note_reasons(call, decision.reasons.iter().map(ToString::to_string).collect());
            self.call_event(call, CallEventKind::TransferEnded { by, result: Err(cause) });
            return Err(cause);
        }
        let caller = self.calls.get(&call).map_or(other, |c| c.caller);
        self.be_alone(call, other);
        self.stop_playing(by);
        self.disconnect_audio(by);
        let Some(second) = self.split_off(by, call, number) else { return Err(Cause::Internal) };
        self.wait(call, other, Waiting { with: second, by, caller, asked: false });
        self.call_note(second, format!("asks before call {call} is transferred"));
        self.ringing_for(by);
        self.timers.set(Timer::Consultation(second), self.now + ANSWER);
        self.carry_out(second, Purpose::Caller, asked, decision);
        Ok(())
    }

    /// The only party of a call waits, with music.
    fn wait(&mut self, call: CallRef, leg: LegId, waiting: Waiting) {
        if let Some(second) = self.calls.get_mut(&waiting.with) {
            second.consults = Some(call);
        }
        if let Some(c) = self.calls.get_mut(&call) {
            c.visit = Some(Visit::Waiting(waiting));
        }
        let music = self.music(config::MUSIC_DEFAULT);
        self.play(leg, music, After::Nothing);
        self.publish_call(call);
    }

    /// The call that waits for the consultation `second`, and how.
    pub(crate) fn waits_for(&self, second: CallRef) -> Option<(CallRef, Waiting)> {
        let held = self.calls.get(&second)?.consults?;
        match &self.calls.get(&held)?.visit {
            Some(Visit::Waiting(waiting)) => Some((held, waiting.clone())),
            _ => None,
        }
    }

    /// Takes the two calls of a consultation apart.
    pub(crate) fn unlink(&mut self, second: CallRef) -> Option<(CallRef, Waiting)> {
        let found = self.waits_for(second);
        self.timers.cancel(Timer::Consultation(second));
        if let Some(c) = self.calls.get_mut(&second) {
            c.consults = None;
        }
        if let Some(c) = found.as_ref().and_then(|(held, _)| self.calls.get_mut(held)) {
            c.visit = Some(Visit::Service);
        }
        found
    }

    /// The leg that asks went on from `own` to `call`: picked up, retrieved.
    pub(crate) fn follow_consulter(&mut self, own: CallRef, call: CallRef) {
        let Some((held, mut waiting)) = self.unlink(own) else { return };
        waiting.with = call;
        if let Some(c) = self.calls.get_mut(&held) {
            c.visit = Some(Visit::Waiting(waiting));
        }
        if let Some(c) = self.calls.get_mut(&call) {
            c.consults = Some(held);
        }
    }

    /// Somebody who is to be asked has not answered in time.
    pub(crate) fn consultation_unanswered(&mut self, second: CallRef) {
        if self.calls.get(&second).is_some_and(|c| c.ringing.is_some()) {
            self.back_to_held(second, Some(Cause::NoAnswer));
        }
    }

    /// Whoever asks goes back to the party that waits; the consultation is over.
    pub(crate) fn back_to_held(&mut self, second: CallRef, why: Option<Cause>) {
        let cause = why.unwrap_or(Cause::NormalClearing);
        let Some(by) = self.return_consulter(second, cause) else { return };
        self.end_call(second, cause, None);
        let key = match cause {
            Cause::NormalClearing => return,
            Cause::Busy | Cause::Declined => "busy",
            Cause::NoAnswer => "no-answer",
            _ => "transfer-failed",
        };
        self.speak(by, &[key], After::Nothing);
    }

    /// The leg that asks goes back, before its consultation ends; which it is, if there was anything to go back to.
    pub(crate) fn return_consulter(&mut self, second: CallRef, cause: Cause) -> Option<LegId> {
        let (held, Waiting { by, caller, .. }) = self.unlink(second)?;
        let party = self.calls.get(&held).filter(|c| !c.is_over()).map(|c| c.caller)?;
        if self.stopping || !self.legs.get(&by).is_some_and(|l| l.is_up() && l.call == second) {
            return None;
        }
        if let Some(other) = self.peer_of(by) {
            self.drop_change(other);
            self.disconnect_audio(other);
        }
        self.end_call_recording(second);
        self.move_leg(by, second, held);
        if let Some(c) = self.calls.get_mut(&second) {
            c.phase = Phase::Service;
        }
        self.call_event(held, CallEventKind::TransferEnded { by, result: Err(cause) });
        self.take_up(held, by, party, caller);
        if matches!(cause, Cause::Timeout | Cause::Unreachable) {
            // Perhaps it was this phone that did not answer any more: it is asked.
            self.arm_session_timer(by);
            self.refresh_session(by);
        }
        Some(by)
    }

    /// A party that waited talks again, to whom it waited for.
    fn take_up(&mut self, call: CallRef, by: LegId, party: LegId, caller: LegId) {
        let (a, b) = if caller == by { (by, party) } else { (party, by) };
        self.bring_together(call, a, b);
        if let Some(c) = self.calls.get_mut(&call) {
            c.caller = caller;
        }
    }

    /// The keys of a consultation: back, through, both, to and fro. True if they were one of these.
    pub(crate) fn key_of_consultation(&mut self, call: CallRef, leg: LegId, typed: &str) -> bool {
        let Some((held, waiting)) = self.waits_for(call).filter(|(_, waiting)| waiting.by == leg) else { return false };
        let Some(c) = self.calls.get(&call) else { return false };
        let talks = matches!(c.phase, Phase::Bridged(..));
        if !talks && c.ringing.is_none() {
            return false; // it talks to the box, which has keys of its own
        }
        if typed.ends_with(ABORT) {
            if waiting.asked {
                self.unlink(call);
                self.end_call(held, Cause::NormalClearing, None);
            } else {
                self.back_to_held(call, None);
            }
        } else if typed.ends_with(COMPLETE) {
            self.unlink(call);
            self.complete(call, held, &waiting);
        } else if typed.ends_with(SWAP) && talks {
            self.swap(call);
        } else if is_code(typed, &self.config.codes.three_way) && talks {
            self.unlink(call);
            self.all_three(call, held, leg);
        } else {
            return false;
        }
        if let Some(l) = self.legs.get_mut(&leg) {
            l.audio.keys.forget();
        }
        true
    }

    /// Whoever asked hung up: what it leaves behind is joined.
    pub(crate) fn consulter_hung_up(&mut self, second: CallRef, held: CallRef, waiting: &Waiting) {
        self.complete(second, held, waiting);
    }

    /// Who waits goes where whoever asked is now, in its place. The two calls are not linked any more.
    fn complete(&mut self, second: CallRef, held: CallRef, waiting: &Waiting) {
        let by = waiting.by;
        let extension = self.legs.get(&by).and_then(|l| l.extension()).map(str::to_owned).unwrap_or_default();
        let Some(party) = self.calls.get(&held).filter(|c| !c.is_over()).map(|c| c.caller) else {
            return self.end_call(second, Cause::NormalClearing, None);
        };
        let Some(c) = self.calls.get(&second) else { return };
        let asked = c.ringing.as_ref().map(|r| r.course.asked());
        let (phase, visit) = (c.phase, c.visit.clone());
        self.call_event(held, CallEventKind::TransferEnded { by, result: Ok(()) });
        if let Phase::Bridged(a, b) = phase {
            let target = if a == by { b } else { a };
            return match waiting.asked {
                // The call that was there first goes on, whichever of the two waits now.
                true => self.give_over(held, second, target, party, by),
                false => self.give_over(second, held, party, target, by),
            };
        }
        match (asked, visit) {
            (Some(asked), _) => {
                let asked = Asked { hops: Vec::new(), ..asked };
                self.end_call(second, Cause::Transferred, None);
                let decision = self.decide(&asked);
                match not_transferable(&decision.action) {
                    None => self.go_on(held, party, &extension, asked, decision),
                    Some(_) => self.ring_back(held, &extension, "back".to_owned()),
                }
            }
            (None, Some(Visit::Inside { number })) => {
                self.end_call(second, Cause::Transferred, None);
                self.join_room(held, party, number);
            }
            (None, Some(Visit::ToPark { .. })) => {
                self.park_where_kept(held, party, second, extension);
                self.end_call(second, Cause::Transferred, None);
            }
            (None, _) => {
                self.end_call(second, Cause::Transferred, None);
                self.ringing_for(party);
                self.ring_back(held, &extension, "back".to_owned());
            }
        }
    }

    /// The party that was asked goes on in the call of the one that was there first.
    fn give_over(&mut self, asked: CallRef, first: CallRef, party: LegId, target: LegId, by: LegId) {
        self.end_call_recording(asked);
        self.end_call_recording(first);
        self.drop_change(party);
        self.move_leg(target, asked, first);
        self.call_note(asked, format!("went on in call {first}"));
        if let Some(c) = self.calls.get_mut(&asked) {
            c.phase = Phase::Service;
        }
        self.end_call(asked, Cause::Transferred, None);
        self.hang_up_leg(by, Cause::Transferred);
        let to = self.legs.get(&target).map(|l| l.party.clone()).unwrap_or_default();
        if let Some(c) = self.calls.get_mut(&first) {
            c.to = to;
        }
        self.bring_together(first, party, target);
    }

    /// Whoever asks talks to the one that waited, and the other waits.
    fn swap(&mut self, second: CallRef) {
        let Some((held, Waiting { by, caller, asked, .. })) = self.unlink(second) else { return };
        let Some(target) = self.peer_of(by) else { return };
        let Some(party) = self.calls.get(&held).map(|c| c.caller) else { return };
        let before = self.calls.get(&second).map_or(by, |c| c.caller);
        self.be_alone(second, target);
        self.move_leg(by, second, held);
        self.wait(second, target, Waiting { with: held, by, caller: before, asked: !asked });
        self.take_up(held, by, party, caller);
    }

    /// A leg is over that somebody waits for, though it did not hang up by itself: who waits is not forgotten.
    pub(crate) fn consulter_gone(&mut self, leg: LegId) {
        let Some(second) = self.legs.get(&leg).map(|l| l.call) else { return };
        if self.waits_for(second).is_none_or(|(_, waiting)| waiting.by != leg) {
            return;
        }
        let Some((held, _)) = self.unlink(second) else { return };
        let extension = self.legs.get(&leg).and_then(|l| l.extension()).map(str::to_owned).unwrap_or_default();
        let Some(party) = self.calls.get(&held).map(|c| c.caller) else { return };
        if self.stopping {
            return;
        }
        self.ringing_for(party);
        self.ring_back(held, &extension, "back".to_owned());
    }
}

/// Back to the party that waits (conventions §1.1, as the keys below).
const ABORT: &str = "*3";
/// The two others talk.
const COMPLETE: &str = "*4";
/// To and fro.
const SWAP: &str = "*6";
