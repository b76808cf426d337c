//! Taking a call that rings elsewhere: by code, by a BLF key (RFC 3891), or from a page.

use base::{CallRef, LegId};
use dialplan::{Reached, Ring};

use crate::Exchange;
use crate::call::course::Asked;
use crate::call::service::Visit;
use crate::call::{Phase, Purpose};
use crate::io::{Answer, Refusal};
use crate::record::Cause;

impl Exchange {
    /// A caller takes a ringing call.
    pub(crate) fn pick_up(&mut self, call: CallRef, caller: LegId, target: Option<String>) {
        let Some(by) = self.legs.get(&caller).and_then(|l| l.extension()).map(str::to_owned) else {
            return self.fail_caller(call, Cause::Forbidden); // nobody outside takes our calls
        };
        match self.call_to_pick_up(&by, target.as_deref()).filter(|found| *found != call) {
            Some(found) => self.take_ringing(call, caller, found),
            None => {
                self.call_note(call, "no call to pick up");
                self.refuse_aloud(call, caller, "nothing-to-pick-up", Cause::UnknownNumber);
            }
        }
    }

    /// The call that has rung longest at `target`, an extension or a ring group; without one at anybody of the pickup
    /// group of `by`. Its own calls are none of them.
    fn call_to_pick_up(&self, by: &str, target: Option<&str>) -> Option<CallRef> {
        let group = self.config.extensions.get(by).and_then(|e| e.pickup_group.as_deref());
        let in_group = |number: &str| {
            let theirs = self.config.extensions.get(number).and_then(|e| e.pickup_group.as_deref());
            group.is_some() && theirs == group
        };
        let wanted = |number: &str| target.map_or_else(|| in_group(number), |target| target == number);
        let found = self.calls.iter().find(|(id, c)| {
            let Some(ringing) = &c.ringing else { return false };
            let offerer = self.offerer_of(**id).and_then(|(leg, _)| self.legs.get(&leg));
            if !is_takeable(&ringing.purpose) || offerer.is_none_or(|l| l.extension() == Some(by)) {
                return false;
            }
            let of_group = matches!(&ringing.course.ring.reached, Reached::RingGroup(group) if target == Some(group));
            of_group || ringing.legs.iter().any(|leg| self.rings_at(*leg).is_some_and(wanted))
        });
        found.map(|(id, _)| *id)
    }

    /// The extension at which a leg rings now.
    fn rings_at(&self, leg: LegId) -> Option<&str> {
        let l = self.legs.get(&leg)?;
        match &l.state {
            crate::leg::LegState::Calling(calling) if calling.cancelled.is_none() => l.extension(),
            _ => None,
        }
    }

    /// Whether a ringing leg may be taken over by a phone of `by`: its own, or one of its pickup group; as the dial plan
    /// says of the code, everybody is in one group where there are none.
    pub(crate) fn may_take(&self, by: &str, leg: LegId) -> bool {
        let group = |number: &str| self.config.extensions.get(number).and_then(|e| e.pickup_group.as_deref());
        let Some(rings) = self.rings_at(leg) else { return false };
        let ringing = self.legs.get(&leg).and_then(|l| self.calls.get(&l.call)).and_then(|c| c.ringing.as_ref());
        let takeable = ringing.is_some_and(|r| is_takeable(&r.purpose) && r.legs.contains(&leg));
        takeable && (rings == by || group(by) == group(rings))
    }

    /// `leg`, which called by itself in `own`, has the ringing call from now on; all that rings there stops.
    pub(crate) fn take_ringing(&mut self, own: CallRef, leg: LegId, ringing: CallRef) {
        let Some((offerer, _)) = self.offerer_of(ringing) else { return };
        let codecs = self.wishes_of(offerer);
        if !self.answer_apart(leg, &codecs) {
            return self.end_call(own, Cause::NoCommonCodec, None);
        }
        let who = self.number_of(leg);
        self.call_note(ringing, format!("{who} picks the call up"));
        self.join_as_called(own, leg, ringing);
        self.leg_takes_call(ringing, leg);
    }

    /// A page lets an extension take a ringing or parked call: its phones are asked to answer by themselves, and
    /// whichever does has the call.
    pub(crate) fn pick_up_for(&mut self, call: CallRef, extension: &str) -> Result<Answer, Refusal> {
        let refused = |why: &str| Err(Refusal(format!("{extension} cannot take the call: {why}")));
        if !self.config.extensions.get(extension).is_some_and(|e| e.enabled) {
            return refused("there is no such extension");
        }
        let bindings = self.registrar.bindings(extension).to_vec();
        if bindings.is_empty() {
            return refused("no phone of it is registered");
        }
        let Some(c) = self.calls.get(&call) else { return refused("it is over") };
        let parked = c.phase == Phase::Service && matches!(c.visit, Some(Visit::Parked(_)));
        if parked && c.ringing.is_none() {
            self.call_note(call, format!("taken out of its slot by {extension} on a page"));
            let Some(ring) = self.phones_alone(extension) else { return refused("there is no such extension") };
            let ring = Ring { auto_answer: true, ..ring };
            self.ring(call, Purpose::Caller, Asked::by_extension(extension, extension), ring);
            return Ok(Answer::Done);
        }
        let Some(ringing) = c.ringing.as_ref().filter(|r| is_takeable(&r.purpose)) else {
            return refused("it does not ring");
        };
        let own: Vec<LegId> =
            ringing.legs.iter().copied().filter(|leg| self.rings_at(*leg) == Some(extension)).collect();
        let Some((offerer, _)) = self.offerer_of(call) else { return refused("it is over") };
        self.call_note(call, format!("picked up for {extension} on a page"));
        let asked = self.auto_answer_now(call, true);
        let mut placed = 0;
        for binding in bindings {
            placed += usize::from(self.call_device(call, offerer, extension, &binding, false));
        }
        self.auto_answer_now(call, asked.unwrap_or(false));
        if placed == 0 {
            return refused("the box is at its limit");
        }
        // They ring for this call already: asked anew, they answer by themselves.
        for leg in own {
            if let Some(r) = self.calls.get_mut(&call).and_then(|c| c.ringing.as_mut()) {
                r.legs.retain(|other| *other != leg);
            }
            self.cancel_leg(leg, Cause::AnsweredElsewhere);
        }
        Ok(Answer::Done)
    }

    /// Whether phones called from now on for this call are asked to answer by themselves; what held before.
    fn auto_answer_now(&mut self, call: CallRef, wanted: bool) -> Option<bool> {
        let ring: &mut Ring = &mut self.calls.get_mut(&call)?.ringing.as_mut()?.course.ring;
        Some(std::mem::replace(&mut ring.auto_answer, wanted))
    }
}

/// Whether what rings is somebody's call: a page is for all, and what the box calls for is done with the rights of whom
/// it calls.
fn is_takeable(purpose: &Purpose) -> bool {
    matches!(purpose, Purpose::Caller | Purpose::Transfer { .. })
}
