//! The course of a call that looks for somebody: who rings now, who after them, and where it goes when nobody takes it.
//!
//! A course belongs to whoever is to be connected: the caller, or the party that stays behind in a transfer. Its caller
//! may already be up (it talked to the box before): what an unanswered caller is told by SIP, that one hears.

use base::{CallRef, LegId};
use dialplan::{Action, Branch, BranchTo, Caller, Decision, Failure, Reached, Ring, Round};

use crate::call::play::After;
use crate::call::{Phase, Purpose, Ringing};
use crate::leg::Side;
use crate::record::Cause;
use crate::{Exchange, Timer};

/// Phones rung at once for one call (RFC 5393 §5.3.3 speaks of Max-Breadth 60).
const BRANCHES_MAX: usize = 60;

/// Where a call that looks for somebody stands.
#[derive(Clone, Debug)]
pub(crate) struct Course {
    pub(crate) ring: Ring,
    /// The round that rings.
    pub(crate) round: usize,
    /// Branches of this round that are to begin later, with the time since it began.
    pub(crate) later: Vec<Branch>,
    /// What failed in earlier rounds.
    pub(crate) failures: Vec<Cause>,
    /// Whose rights count, and what was dialled.
    pub(crate) by: Side,
    pub(crate) shown: Option<String>,
    pub(crate) dialled: String,
    /// Places the call has been sent to.
    pub(crate) hops: Vec<String>,
    /// The one device that is called, by its GRUU's `gr`.
    pub(crate) device: Option<String>,
}

/// Who wants a call, for the dial plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Whose rights count.
    pub(crate) by: Side,
    /// The number shown by whoever calls over a trunk.
    pub(crate) shown: Option<String>,
    /// What was dialled.
    pub(crate) dialled: String,
    /// Places the call has been sent to.
    pub(crate) hops: Vec<String>,
    /// The one device of `dialled` that is wanted, by its GRUU's `gr` (RFC 5627).
    pub(crate) device: Option<String>,
}

impl Asked {
    /// What an extension dials.
    pub(crate) fn by_extension(extension: &str, dialled: &str) -> Asked {
        Asked {
            by: Side::Extension(extension.to_owned()),
            shown: None,
            dialled: dialled.to_owned(),
            hops: Vec::new(),
            device: None,
        }
    }

    fn request(&self, at: base::WallTime) -> dialplan::Request<'_> {
        let from = match &self.by {
            Side::Extension(number) => Caller::Extension(number),
            Side::Trunk(trunk) => Caller::Trunk { trunk, number: self.shown.as_deref() },
        };
        dialplan::Request { from, dialled: &self.dialled, at, hops: &self.hops }
    }
}

impl Course {
    pub(crate) fn asked(&self) -> Asked {
        let Course { by, shown, dialled, hops, device, .. } = self;
        Asked {
            by: by.clone(),
            shown: shown.clone(),
            dialled: dialled.clone(),
            hops: hops.clone(),
            device: device.clone(),
        }
    }
}

impl Exchange {
    /// Asks the dial plan. The same function serves calls, transfers and all else that can place a call, so all pass
    /// one policy.
    pub(crate) fn decide(&self, asked: &Asked) -> Decision {
        self.plan.route(&self.facts.state, &asked.request(self.wall()))
    }

    /// The same for a call that an extension transfers: outside only with the right to send calls there.
    pub(crate) fn decide_transfer(&self, asked: &Asked) -> Decision {
        self.plan.transfer(&self.facts.state, &asked.request(self.wall()))
    }

    /// The same for a call that is here, which a rule of the configuration sends on.
    pub(crate) fn decide_destination(&self, asked: &Asked, destination: &config::Destination) -> Decision {
        self.plan.send_to(&self.facts.state, &asked.request(self.wall()), destination)
    }

    /// Decides about a call of the caller and carries it out.
    pub(crate) fn send_caller(&mut self, call: CallRef, asked: Asked) {
        let decision = self.decide(&asked);
        self.carry_out(call, Purpose::Caller, asked, decision);
    }

    /// Carries a decision out, for the caller or for a transfer.
    pub(crate) fn carry_out(&mut self, call: CallRef, purpose: Purpose, mut asked: Asked, decision: Decision) {
        asked.hops = decision.hops;
        let reasons = decision.reasons.iter().map(ToString::to_string).collect();
        self.note_reasons(call, reasons);
        let Some(caller) = self.calls.get(&call).map(|c| c.caller) else { return };
        if let (Side::Extension(number), Action::Ring(_) | Action::Outside(_)) = (&asked.by, &decision.action)
            && self.plan.is_remembered(&asked.dialled)
        {
            self.facts.state.last.entry(number.clone()).or_default().dialled = Some(asked.dialled.clone());
        }
        let action = if asked.device.is_some() { one_device(&asked, decision.action) } else { decision.action };
        if let Purpose::Transfer { by, remains } = purpose {
            return self.carry_out_transfer(call, by, remains, asked, action);
        }
        match action {
            Action::Refuse(error) => self.fail_caller(call, super::setup::cause_of(&error)),
            Action::Service(service) => self.answer_service(call, caller, service),
            Action::Conference { number, name } => self.enter_conference(call, caller, number, &name),
            Action::Listen { target } => self.listen_in(call, caller, &target),
            Action::Ring(ring) => self.ring(call, Purpose::Caller, asked, *ring),
            Action::Outside(mut outside) => {
                if self.legs.get(&caller).is_some_and(|l| l.private) {
                    outside.ways.iter_mut().for_each(|way| way.caller_id.withheld = true);
                }
                if let Some(class) = outside.pin_of.clone() {
                    return self.ask_class_pin(call, caller, &class, asked, *outside);
                }
                let ring = outside_alone(*outside);
                self.ring(call, Purpose::Caller, asked, ring);
            }
            Action::Mailbox(visit) => self.enter_mailbox(call, caller, visit),
            Action::Order(order) => self.take_order(call, caller, order),
            Action::Announce(announcement) => self.announce_and_end(call, caller, announcement.sound),
            Action::Pickup { target } => self.pick_up(call, caller, target),
            Action::Retrieve { slot } => self.retrieve_parked(call, caller, slot),
            Action::Park { slot } => self.park_caller(call, caller, slot),
            Action::Page { number } => self.page(call, caller, number),
        }
    }

    /// Phones ring, round after round.
    pub(crate) fn ring(&mut self, call: CallRef, purpose: Purpose, asked: Asked, ring: Ring) {
        let Some(c) = self.calls.get_mut(&call) else { return };
        if purpose == Purpose::Caller {
            ring.name.clone_into(&mut c.to.name);
            if let Reached::RingGroup(number) = &ring.reached {
                c.group = Some(number.clone());
            }
            c.waiting_music = ring.music.clone();
        }
        let Asked { by, shown, dialled, hops, device } = asked;
        let (later, failures) = (Vec::new(), Vec::new());
        let course = Course { ring, round: 0, later, failures, by, shown, dialled, hops, device };
        c.ringing = Some(Ringing { purpose, legs: Vec::new(), failures: Vec::new(), early: None, course });
        self.begin_round(call);
    }

    /// Calls every device of every branch of the round. When there is none, the round fails at once.
    pub(crate) fn begin_round(&mut self, call: CallRef) {
        let Some((offerer, purpose)) = self.offerer_of(call) else { return };
        let Some(ringing) = self.calls.get_mut(&call).and_then(|c| c.ringing.as_mut()) else { return };
        let Some(round) = ringing.course.ring.rounds.get(ringing.course.round).cloned() else {
            return self.ringing_failed(call, Cause::Unregistered);
        };
        let Round { branches, ring_time } = round;
        let (now_due, later): (Vec<Branch>, Vec<Branch>) = branches.into_iter().partition(|b| b.delay.is_zero());
        let next = later.iter().map(|b| b.delay).min();
        ringing.course.later = later;
        self.ports.align_pair();
        if !matches!(purpose, Purpose::Box(_))
            && let Err(cause) = self.open_audio(offerer)
        {
            return self.ringing_failed(call, cause);
        }
        self.timers.set(Timer::NoAnswer(call), self.now + ring_time);
        let mut reasons = Vec::new();
        let mut worst = Cause::Unregistered;
        let mut placed = 0;
        for branch in now_due {
            match self.begin_branch(call, offerer, &branch, &mut reasons) {
                Ok(devices) => placed += devices,
                Err(cause) => worst = cause,
            }
        }
        if !reasons.is_empty() {
            self.note_reasons(call, reasons);
        }
        if let Some(delay) = next {
            self.timers.set(Timer::Branch(call), self.now + delay);
        } else if placed == 0 {
            return self.ringing_failed(call, worst);
        }
        if purpose == Purpose::Caller {
            self.music_until_answered(call, offerer);
        }
        self.publish_call(call);
    }

    /// The leg that the phones ring for, and for what.
    pub(crate) fn offerer_of(&self, call: CallRef) -> Option<(LegId, Purpose)> {
        let c = self.calls.get(&call)?;
        let purpose = c.ringing.as_ref()?.purpose.clone();
        let offerer = match purpose {
            Purpose::Caller | Purpose::Page | Purpose::Box(_) => c.caller,
            Purpose::Transfer { remains, .. } => remains,
        };
        Some((offerer, purpose))
    }

    /// Calls one branch: so many devices ring, or why none does.
    fn begin_branch(
        &mut self,
        call: CallRef,
        offerer: LegId,
        branch: &Branch,
        reasons: &mut Vec<String>,
    ) -> Result<usize, Cause> {
        match &branch.to {
            BranchTo::Outside(outside) => {
                if matches!(self.offerer_of(call), Some((_, Purpose::Caller))) && !branch.confirm {
                    let withheld = outside.ways.iter().all(|way| way.caller_id.withheld);
                    self.note_outsider(call, &outside.number, &outside.on_behalf, withheld);
                }
                let rings = self.call_outside(call, offerer, outside, branch.confirm);
                if rings { Ok(1) } else { Err(Cause::Overload) }
            }
            BranchTo::Extension(target) => {
                let device = self.calls.get(&call).and_then(|c| c.ringing.as_ref()?.course.device.as_deref());
                let bindings = match device {
                    Some(gr) => {
                        let one = self.registrar.device(&self.config.system.realm, target, gr);
                        one.cloned().into_iter().collect()
                    }
                    None => self.registrar.bindings(target).to_vec(),
                };
                if bindings.is_empty() {
                    let which = if device.is_some() { "the device called is not" } else { "no device" };
                    reasons.push(format!("{target} passed over: {which} registered"));
                    return Err(Cause::Unregistered);
                }
                let mut placed = 0;
                for binding in bindings {
                    let ringing = self.calls.get(&call).and_then(|c| c.ringing.as_ref()).map_or(0, |r| r.legs.len());
                    if ringing >= BRANCHES_MAX {
                        let contact = &binding.contact;
                        reasons.push(format!("{target}: device {contact} passed over: {BRANCHES_MAX} ring already"));
                        continue;
                    }
                    reasons.push(format!("{target}: device {} rings", binding.contact));
                    placed += usize::from(self.call_device(call, offerer, target, &binding, branch.confirm));
                }
                if placed == 0 { Err(Cause::Overload) } else { Ok(placed) }
            }
        }
    }

    /// Branches whose time has come.
    pub(crate) fn branches_due(&mut self, call: CallRef) {
        let Some((offerer, _)) = self.offerer_of(call) else { return };
        let Some(ringing) = self.calls.get_mut(&call).and_then(|c| c.ringing.as_mut()) else { return };
        let Some(delay) = ringing.course.later.iter().map(|b| b.delay).min() else { return };
        let (due, later): (Vec<Branch>, Vec<Branch>) =
            std::mem::take(&mut ringing.course.later).into_iter().partition(|b| b.delay == delay);
        if let Some(next) = later.iter().map(|b| b.delay).min() {
            self.timers.set(Timer::Branch(call), self.now + (next - delay));
        }
        ringing.course.later = later;
        let mut reasons = Vec::new();
        for branch in due {
            let _ = self.begin_branch(call, offerer, &branch, &mut reasons); // the others of the round still ring
        }
        if !reasons.is_empty() {
            self.note_reasons(call, reasons);
        }
        self.round_over_if_nobody_rings(call);
    }

    /// The last one who rang has gone: the round is over.
    pub(crate) fn round_over_if_nobody_rings(&mut self, call: CallRef) {
        let Some(r) = self.calls.get(&call).and_then(|c| c.ringing.as_ref()) else { return };
        if r.legs.is_empty() && r.course.later.is_empty() {
            let worst = r.failures.iter().copied().max_by_key(|c| c.weight()).unwrap_or(Cause::Unregistered);
            self.ringing_failed(call, worst);
        }
    }

    /// Nobody of this round takes it: stop what still rings; then the next round, then wherever the dial plan sends the
    /// call, then it is over.
    pub(crate) fn ringing_failed(&mut self, call: CallRef, cause: Cause) {
        self.timers.cancel(Timer::NoAnswer(call));
        self.timers.cancel(Timer::Branch(call));
        let Some(mut ringing) = self.calls.get_mut(&call).and_then(|c| c.ringing.take()) else { return };
        for leg in std::mem::take(&mut ringing.legs) {
            self.cancel_leg(leg, cause);
        }
        ringing.failures.clear();
        ringing.early = None;
        let course = &mut ringing.course;
        course.failures.push(cause);
        course.round += 1;
        if course.round < course.ring.rounds.len() && cause != Cause::Declined {
            if let Some(c) = self.calls.get_mut(&call) {
                c.ringing = Some(ringing);
            }
            return self.begin_round(call);
        }
        let worst = course.failures.iter().copied().max_by_key(|c| c.weight()).unwrap_or(cause);
        let asked = course.asked();
        let reached = course.ring.reached.clone();
        let next = failure_of(worst)
            .filter(|_| !matches!(ringing.purpose, Purpose::Box(_))) // it rings whom it was told to, and nobody else
            .and_then(|why| self.plan.next(&self.facts.state, &asked.request(self.wall()), &reached, why));
        if let Some(decision) = next {
            return self.carry_out(call, ringing.purpose, asked, decision);
        }
        match ringing.purpose {
            Purpose::Caller => self.fail_caller(call, worst),
            Purpose::Transfer { by, .. } => self.transfer_failed(call, by, worst),
            Purpose::Page => self.page_complete(call),
            Purpose::Box(_) => self.end_call(call, worst, None),
        }
    }

    /// The call found nobody. A caller who was not answered is told by SIP, one who was hears why.
    pub(crate) fn fail_caller(&mut self, call: CallRef, cause: Cause) {
        if self.caller_stays(call, cause) {
            return;
        }
        let Some(c) = self.calls.get(&call) else { return };
        let caller = c.caller;
        let up = self.legs.get(&caller).is_some_and(|l| l.is_up());
        if !up || c.is_over() {
            return self.end_call(call, cause, None);
        }
        let key = match cause {
            Cause::Busy | Cause::Declined => "busy",
            Cause::UnknownNumber => "not-in-service",
            Cause::Forbidden => "not-allowed",
            Cause::NoAnswer => "no-answer",
            Cause::Overload => "all-lines-busy",
            Cause::Unregistered | Cause::Unreachable => "not-available",
            _ => "call-failed",
        };
        self.stop_playing(caller);
        self.speak(caller, &[key], After::HangUp(cause));
    }

    /// A sound in place of a person, then the box hangs up.
    fn announce_and_end(&mut self, call: CallRef, caller: LegId, sound: String) {
        if !self.answer_visit(call, caller, super::service::Visit::Service, "announcement") {
            return;
        }
        let name = if sound.contains('/') {
            sound
                .strip_prefix("prompt/")
                .map_or(sound.clone(), |key| format!("prompt/{}/{key}", self.language(caller).code()))
        } else {
            format!("sound/{sound}")
        };
        let items = vec![
            media::control::PlayItem::Silence(base::Duration::from_millis(400)),
            media::control::PlayItem::Sound(name),
        ];
        let list = media::control::PlayList { items, ..Default::default() };
        self.play(caller, list, After::HangUp(Cause::NormalClearing));
    }

    /// Whether a call's caller talks to the box already.
    pub(crate) fn caller_is_up(&self, call: CallRef) -> bool {
        self.calls
            .get(&call)
            .is_some_and(|c| c.phase == Phase::Service && self.legs.get(&c.caller).is_some_and(|l| l.is_up()))
    }
}

/// What the dial plan decided for an extension, for one device of it alone: the extension's own rules hold as far as
/// they let it ring; whom they ring beside or instead is not the device that was called (RFC 5627 §6.1).
fn one_device(asked: &Asked, action: Action) -> Action {
    let mut ring = match action {
        Action::Ring(ring) => *ring,
        Action::Refuse(error) => return Action::Refuse(error),
        _ => return Action::Refuse(dialplan::RouteError::NobodyToRing),
    };
    let own = |branch: &Branch| matches!(&branch.to, BranchTo::Extension(number) if *number == asked.dialled);
    for round in &mut ring.rounds {
        round.branches.retain(own);
    }
    ring.rounds.retain(|round| !round.branches.is_empty());
    if ring.rounds.is_empty() {
        return Action::Refuse(dialplan::RouteError::NobodyToRing);
    }
    // Nobody takes the call in its place either.
    Action::Ring(Box::new(Ring { reached: Reached::Nothing, ..ring }))
}

/// A number outside as the only one that rings.
pub(crate) fn outside_alone(outside: dialplan::Outside) -> Ring {
    let (name, ring_time) = (outside.name.clone(), outside.ring_time);
    let branch = Branch { to: BranchTo::Outside(Box::new(outside)), delay: base::Duration::ZERO, confirm: false };
    Ring { rounds: vec![Round { branches: vec![branch], ring_time }], name, ..Ring::default() }
}

/// What the dial plan calls it.
fn failure_of(cause: Cause) -> Option<Failure> {
    Some(match cause {
        Cause::Busy => Failure::Busy,
        Cause::Declined => Failure::Declined,
        Cause::NoAnswer => Failure::NoAnswer,
        Cause::Unregistered | Cause::Unreachable | Cause::PeerError | Cause::NoCommonCodec | Cause::Overload => {
            Failure::Unreachable
        }
        _ => return None,
    })
}
