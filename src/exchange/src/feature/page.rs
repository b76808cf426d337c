//! Paging: one speaks to many phones, which answer by themselves.
//!
//! The caller and all who are paged are legs of one call and sit in one room; whoever is paged may leave alone.

use base::{CallRef, Duration, LegId};
use dialplan::{Branch, Reached, Ring, Round};
use media::control::{Audience, MediaCommand, RoomOptions, RoomRole};

use crate::call::Purpose;
use crate::call::course::Asked;
use crate::call::service::Visit;
use crate::record::Cause;
use crate::{Exchange, Timer};

/// A phone that has not answered by itself by then will not.
const ANSWER: Duration = Duration::from_secs(10);

impl Exchange {
    /// A caller speaks to a paging group.
    pub(crate) fn page(&mut self, call: CallRef, caller: LegId, number: String) {
        let Some(group) = self.config.paging.get(&number).cloned() else {
            return self.fail_caller(call, Cause::UnknownNumber);
        };
        let own = self.legs.get(&caller).and_then(|l| l.extension()).map(str::to_owned);
        let mut reasons = Vec::new();
        let mut branches = Vec::new();
        for member in group.members.iter().filter(|member| own.as_deref() != Some(member)) {
            let person = self.facts.state.person(member);
            if self.facts.state.busy.contains_key(member) {
                reasons.push(format!("{member} is not paged: it is in a call"));
            } else if person.no_intercom || person.dnd {
                reasons.push(format!("{member} is not paged: it does not want to be"));
            } else {
                branches.push(Branch::extension(member));
            }
        }
        self.note_reasons(call, reasons);
        if branches.is_empty() {
            return self.refuse_aloud(call, caller, "not-available", Cause::Unregistered);
        }
        let room = self.conferences.next_room();
        let heard_by = if group.two_way { Audience::All } else { Audience::Nobody };
        let visit = Visit::Paging { room, role: RoomRole { heard_by, hears: true } };
        if !self.answer_visit(call, caller, visit, &group.name) {
            return;
        }
        self.media(MediaCommand::OpenRoom { room, options: RoomOptions::default() });
        self.seat(caller, room, RoomRole::SPEAKER);
        self.timers.set(Timer::VisitOver(call), self.now + Duration::from_secs(group.seconds_max.max(1).into()));
        let ring = Ring {
            rounds: vec![Round { branches, ring_time: ANSWER }],
            name: group.name.clone(),
            reached: Reached::Nothing,
            auto_answer: true,
            label: Some(group.name),
            ..Ring::default()
        };
        let asked = Asked::by_extension(own.as_deref().unwrap_or_default(), &number);
        self.ring(call, Purpose::Page, asked, ring);
    }

    /// A phone that is paged has answered: it is in the room, and the others are still awaited. False in any other
    /// call.
    pub(crate) fn page_answered(&mut self, call: CallRef, leg: LegId) -> bool {
        let Some(c) = self.calls.get_mut(&call) else { return false };
        let Some(Visit::Paging { room, role }) = c.visit else { return false };
        if let Some(ringing) = &mut c.ringing {
            ringing.legs.retain(|other| *other != leg);
        }
        self.seat(leg, room, role);
        self.round_over_if_nobody_rings(call);
        true
    }

    /// All phones have answered or never will. With nobody to listen the caller is told so.
    pub(crate) fn page_complete(&mut self, call: CallRef) {
        let Some(c) = self.calls.get(&call) else { return };
        let caller = c.caller;
        let listens = |leg: &LegId| *leg != caller && self.legs.get(leg).is_some_and(|l| l.is_up());
        if !c.legs.iter().any(listens) {
            self.fail_caller(call, Cause::Unregistered);
        }
    }

    /// A page is over: its room is closed.
    pub(crate) fn end_page(&mut self, call: CallRef) {
        let Some(Visit::Paging { room, .. }) = self.calls.get(&call).and_then(|c| c.visit.as_ref()) else { return };
        let room = *room;
        self.media(MediaCommand::CloseRoom { room });
        if let Some(c) = self.calls.get_mut(&call) {
            c.visit = Some(Visit::Service);
        }
    }
}
