//! An extension: whoever may not or will not be rung, the phones that ring, and where a call goes that nobody takes.

use base::Duration;
use config::Extension;

use crate::action::{Action, Branch, BranchTo, ForwardKind, Mailbox, Reached, Ring, Round};
use crate::numbers::{WrittenBy, emergency, read};
use crate::outside::For;
use crate::reason::{PersonReason, PlaceReason, Quiet, Reason, RingTimeSource};
use crate::route::{Caller, Failure, RouteError};
use crate::state::Person;
use crate::walk::{Goes, Walk};

/// Where calls are forwarded to one's own mailbox.
pub(crate) const VOICEMAIL: &str = "voicemail";
/// Numbers of follow-me that are looked at.
const FOLLOW_MAX: usize = 10;

impl<'a> Walk<'a> {
    pub(crate) fn reach_extension(&mut self, extension: &'a Extension) -> Goes {
        let number = &extension.number;
        self.note(Reason::Extension { number: number.clone(), name: extension.name.clone() });
        if !extension.enabled {
            return self.refuse(RouteError::Disabled, Reason::ExtensionDisabled { number: number.clone() });
        }
        if self.is_from(extension) {
            return self.reach_oneself(extension);
        }
        self.enter(number)?;
        let person = self.state.person(number);
        let is_anonymous = matches!(self.caller, Caller::Trunk { number: None, .. });
        if person.reject_anonymous && is_anonymous {
            return self.refuse(RouteError::Anonymous, PersonReason::NoAnonymous { number: number.clone() });
        }
        if let Some(to) = &person.forward_all {
            return self.forwarded_or_kept(extension, ForwardKind::All, to, Failure::NoAnswer);
        }
        if let Some(quiet) = self.undisturbed(extension) {
            self.note(PersonReason::Undisturbed { number: number.clone(), quiet });
            return self.after(extension, Failure::Busy).unwrap_or(Err(RouteError::DoNotDisturb));
        }
        if person.no_call_waiting && self.state.busy.get(number).is_some_and(|calls| *calls > 0) {
            self.note(PersonReason::NoCallWaiting { number: number.clone() });
            return self.after(extension, Failure::Busy).unwrap_or(Err(RouteError::Busy));
        }
        self.ring_extension(extension, person)
    }

    fn ring_extension(&mut self, extension: &'a Extension, person: &'a Person) -> Goes {
        let mut branches = self.phones_of(&extension.number);
        self.follow(extension, person, &mut branches);
        let ring_time = self.ring_time(extension.ring_time_s, RingTimeSource::Extension);
        let longest = branches.iter().map(|branch| branch.delay).max().unwrap_or_default();
        Ok(Action::Ring(Box::new(Ring {
            // Whoever rings later gets as long as the others: the phone's time alone would be over too soon.
            rounds: vec![Round { branches, ring_time: ring_time + longest }],
            name: extension.name.clone(),
            reached: Reached::Extension(extension.number.clone()),
            label: self.label.clone(),
            ..Ring::default()
        })))
    }

    /// The way to one's own mailbox, as everywhere in the field. A call that was sent around and comes back to the
    /// caller ends.
    fn reach_oneself(&mut self, extension: &Extension) -> Goes {
        let number = extension.number.clone();
        self.note(Reason::OwnNumber { number: number.clone() });
        if !extension.voicemail || !self.hops.is_empty() {
            return Err(RouteError::OwnNumber);
        }
        self.note(PlaceReason::OwnMailbox { number: number.clone() });
        Ok(Action::Mailbox(Mailbox::Listen { mailbox: Some(number), ask_pin: false }))
    }

    /// Other numbers that ring with the phones.
    fn follow(&mut self, extension: &'a Extension, person: &'a Person, branches: &mut Vec<Branch>) {
        let follow = &person.follow_me;
        if !follow.on {
            return;
        }
        let mobile = extension.mobile.as_slice();
        let numbers = if follow.numbers.is_empty() { mobile } else { &follow.numbers };
        for to in numbers.iter().take(FOLLOW_MAX) {
            let delay = Duration::from_secs(follow.delay_s.into());
            match self.follow_to(extension, to) {
                Ok(branch) => {
                    let confirm = follow.confirm && matches!(branch, BranchTo::Outside(_));
                    self.note(PersonReason::Follows { number: extension.number.clone(), to: to.clone() });
                    branches.push(Branch { to: branch, delay, confirm });
                }
                Err(why) => {
                    let number = extension.number.clone();
                    self.note(PersonReason::FollowPassedOver { number, to: to.clone(), why });
                }
            }
        }
    }

    fn follow_to(&mut self, extension: &'a Extension, to: &str) -> Result<BranchTo, RouteError> {
        let to = self.understood(to)?;
        match self.config.extensions.get(&to) {
            Some(other) if !other.enabled => Err(RouteError::Disabled),
            Some(other) if self.is_from(other) || other.number == extension.number => Err(RouteError::OwnNumber),
            Some(other) if self.undisturbed(other).is_some() => Err(RouteError::DoNotDisturb),
            Some(other) => Ok(BranchTo::Extension(other.number.clone())),
            None => self.outside_for(extension, &to, For::FollowMe).map(|out| BranchTo::Outside(Box::new(out))),
        }
    }

    /// Where a forward leads; where it leads nowhere, to the mailbox.
    fn forwarded_or_kept(&mut self, extension: &'a Extension, kind: ForwardKind, to: &str, why: Failure) -> Goes {
        let number = &extension.number;
        self.note(PersonReason::Forwards { number: number.clone(), kind, to: to.to_owned() });
        self.forward(extension, to, why).or_else(|error| {
            self.note(PersonReason::ForwardFailed { number: number.clone(), to: to.to_owned(), why: error });
            match extension.voicemail && to != VOICEMAIL {
                true => self.leave_message(number, Some(why)),
                false => Err(error),
            }
        })
    }

    pub(crate) fn forward(&mut self, extension: &'a Extension, to: &str, why: Failure) -> Goes {
        if to == VOICEMAIL {
            return self.leave_message(&extension.number, Some(why));
        }
        let to = self.understood(to)?;
        if to == extension.number {
            return self.refuse(RouteError::Loop, PlaceReason::BeenThere { place: to });
        }
        if let Some(goes) = self.inside(&to) {
            return goes;
        }
        let outside = self.outside_for(extension, &to, For::Forward)?;
        self.enter(&format!("outside:{}", outside.number))?;
        let ring_time = self.ring_time(extension.ring_time_s, RingTimeSource::Extension);
        let branch = Branch { to: BranchTo::Outside(Box::new(outside)), delay: Duration::ZERO, confirm: false };
        Ok(Action::Ring(Box::new(Ring {
            rounds: vec![Round { branches: vec![branch], ring_time }],
            name: extension.name.clone(),
            reached: Reached::Extension(extension.number.clone()),
            label: self.label.clone(),
            ..Ring::default()
        })))
    }

    /// What follows where an extension did not take a call: its forward for that, then its mailbox.
    pub(crate) fn after(&mut self, extension: &'a Extension, why: Failure) -> Option<Goes> {
        let person = self.state.person(&extension.number);
        let (to, kind) = match why {
            Failure::Busy | Failure::Declined => (&person.forward_busy, ForwardKind::Busy),
            Failure::NoAnswer => (&person.forward_no_answer, ForwardKind::NoAnswer),
            Failure::Unreachable => (&person.forward_unreachable, ForwardKind::Unreachable),
        };
        match to {
            Some(to) if !self.has_tried(to) => Some(self.forwarded_or_kept(extension, kind, to, why)),
            _ if extension.voicemail => Some(self.leave_message(&extension.number, Some(why))),
            _ => None,
        }
    }

    /// Whether a forward has led to that number already: then whoever is there did not take the call either.
    fn has_tried(&mut self, to: &str) -> bool {
        let numbers = &self.config.numbers;
        let to = crate::numbers::normalised(to);
        let outside = match emergency(numbers, &to) {
            None => read(numbers, &to, WrittenBy::Phone).ok().map(|number| format!("outside:{}", number.text())),
            Some(_) => None,
        };
        let tried = self.hops.iter().any(|hop| *hop == to || Some(hop) == outside.as_ref());
        if tried {
            self.note(PlaceReason::TriedBefore { place: to });
        }
        tried
    }

    /// Whether an extension's person is not to be disturbed by this caller, and why not.
    pub(crate) fn undisturbed(&self, extension: &Extension) -> Option<Quiet> {
        let person = self.state.person(&extension.number);
        let by_hand = person.dnd && person.dnd_until.is_none_or(|until| self.at < until);
        let quiet = if by_hand {
            Quiet::ByHand
        } else {
            Quiet::Period(self.plan.clocks.period_now(&person.dnd_periods, self.at)?)
        };
        let caller = match self.caller {
            Caller::Extension(phone) => Some(self.from.map_or(phone, |from| from.number.as_str())),
            Caller::Trunk { number, .. } => number,
        };
        let is_let_through = |allowed: &String| match allowed.strip_suffix('*') {
            Some(beginning) => caller.is_some_and(|caller| caller.starts_with(beginning)),
            None => caller == Some(allowed),
        };
        (!person.dnd_allow.iter().any(is_let_through)).then_some(quiet)
    }
}
