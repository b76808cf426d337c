//! Returned contacts (CAL-17): somebody calls back whom somebody here tried to reach. The call goes to whoever tried,
//! and the phone says why.

use base::WallTime;

use crate::action::{Action, Reached, Ring, Round};
use crate::reason::{InboundReason, PassedOver, RingTimeSource};
use crate::state::Contact;
use crate::walk::Walk;

impl Walk<'_> {
    /// Rings who tried to reach this caller, then their team; none: nobody did, or nobody of them can be rung.
    pub(super) fn returned_contact(&mut self, dialled: &str) -> Option<Action> {
        let contact = self.state.contacts.get(self.caller_number()?).filter(|contact| contact.closed.is_none())?;
        let last = contact.attempts.last().map(|attempt| attempt.by.as_str()).unwrap_or_default();
        let owner = if contact.owner.is_empty() { last } else { &contact.owner };
        self.note(InboundReason::Returns {
            number: contact.number.clone(),
            owner: owner.to_owned(),
            attempts: contact.attempts.len(),
        });
        let mut rounds: Vec<Round> = self.owner_round(owner).into_iter().collect();
        let known = self.config.extensions.get(owner).filter(|_| !rounds.is_empty());
        let mut name = known.map(|owner| owner.name.clone()).unwrap_or_default();
        if let Some(team) = contact.team.as_ref().and_then(|team| self.config.ring_groups.get(team)) {
            self.note(InboundReason::ThenTeam { group: team.number.clone() });
            let mut members = self.group_members(team);
            members.retain(|member| member != owner || rounds.is_empty());
            if !members.is_empty() {
                let ring_time = self.ring_time(team.ring_time_s, RingTimeSource::RingGroup);
                rounds.extend(self.group_rounds(team, &members, ring_time));
            }
            if name.is_empty() {
                name = team.name.clone();
            }
        }
        rounds.truncate(crate::inside::ROUNDS_MAX);
        if rounds.is_empty() {
            self.note(InboundReason::NobodyWhoTried);
            return None;
        }
        Some(Action::Ring(Box::new(Ring {
            rounds,
            name,
            reached: Reached::Contact { dialled: dialled.to_owned() },
            label: self.label.clone(),
            about: Some(self.about(contact)),
            ..Ring::default()
        })))
    }

    fn owner_round(&mut self, owner: &str) -> Option<Round> {
        let extension = self.config.extensions.get(owner);
        let why = match extension {
            None => Some(PassedOver::Unknown),
            Some(extension) if !extension.enabled => Some(PassedOver::Disabled),
            Some(extension) if self.undisturbed(extension).is_some() => Some(PassedOver::DoNotDisturb),
            Some(extension) if self.state.person(&extension.number).forward_all.is_some() => Some(PassedOver::Forwards),
            Some(_) => None,
        };
        if let Some(why) = why {
            self.note(InboundReason::OwnerPassedOver { number: owner.to_owned(), why });
            return None;
        }
        let branches = self.phones_of(owner);
        let ring_time = self.ring_time(extension.and_then(|owner| owner.ring_time_s), RingTimeSource::Extension);
        Some(Round { branches, ring_time })
    }

    /// One line for the phone: who tried when, what came of it, and what it is about.
    fn about(&self, contact: &Contact) -> String {
        let mut about = match contact.attempts.last() {
            None => "calls back".to_owned(),
            Some(last) => {
                let who = self.config.extensions.get(&last.by).map_or(last.by.as_str(), |extension| &extension.name);
                let who = if who.is_empty() { last.by.as_str() } else { who };
                format!("calls back: {who} tried {}, {}", self.when(last.at), last.result)
            }
        };
        for (before, text) in [("; ", &contact.reason), ("; case ", &contact.case)] {
            if !text.is_empty() {
                about.push_str(before);
                about.extend(text.chars().filter(|c| !c.is_control()).take(100));
            }
        }
        about
    }

    /// `today at 14:05`, `2026-03-01 at 14:05`.
    fn when(&self, at: WallTime) -> String {
        let clocks = &self.plan.clocks;
        let (date, time) = clocks.date_and_time(at);
        if clocks.day(at) == clocks.day(self.at) { format!("today at {time}") } else { format!("{date} at {time}") }
    }
}
