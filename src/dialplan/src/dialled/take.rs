//! Another's call: taken while it rings, taken from where it is parked; and the phone that answers by itself.

use base::Duration;

use crate::action::{Action, Reached, Ring, Round};
use crate::reason::{CodeReason, PersonReason, RingTimeSource};
use crate::route::RouteError;
use crate::walk::{Goes, Walk};

/// A phone that should answer by itself and does not is not rung for long.
const INTERCOM_TIME: Duration = Duration::from_secs(20);

impl Walk<'_> {
    /// The call that rings at an extension or a ring group. It may be taken within a pickup group, and by anybody where
    /// neither side has one.
    pub(super) fn pick_up(&mut self, code: &str, rest: &str) -> Goes {
        let target = self.needed(code, rest)?;
        let Some(from) = self.from else { return Err(RouteError::Forbidden) };
        let own = from.pickup_group.as_deref();
        let allowed = match (self.config.extensions.get(target), self.config.ring_groups.get(target)) {
            (Some(extension), _) => extension.pickup_group.as_deref() == own,
            (None, Some(group)) => {
                let shares = |member: &String| {
                    let member = self.config.extensions.get(member);
                    member.is_some_and(|member| member.pickup_group.as_deref() == own)
                };
                group.members.contains(&from.number) || group.members.iter().any(shares)
            }
            (None, None) => {
                return self
                    .refuse(RouteError::UnknownNumber, CodeReason::NothingRingsAt { number: target.to_owned() });
            }
        };
        if !allowed {
            return self.refuse(RouteError::Forbidden, CodeReason::OtherPickupGroup { number: target.to_owned() });
        }
        Ok(Action::Pickup { target: Some(target.to_owned()) })
    }

    /// Any call that rings in one's pickup group.
    pub(super) fn pick_up_group(&mut self) -> Goes {
        match self.from.and_then(|from| from.pickup_group.clone()) {
            None => self.refuse(RouteError::Forbidden, CodeReason::NoPickupGroup),
            Some(group) => {
                self.note(CodeReason::PickupGroup { group });
                Ok(Action::Pickup { target: None })
            }
        }
    }

    pub(super) fn retrieve(&mut self, code: &str, rest: &str) -> Goes {
        let slot = self.needed(code, rest)?;
        if !self.plan.is_slot(slot) {
            return self.refuse(RouteError::UnknownNumber, CodeReason::NoSlot { number: slot.to_owned() });
        }
        self.reach_parking(slot)
    }

    /// An extension whose phone answers by itself. Nothing follows where it does not: neither forwards nor mailbox.
    pub(super) fn intercom(&mut self, code: &str, rest: &str) -> Goes {
        let number = self.needed_extension(code, rest)?;
        self.may_call_inside()?;
        let Some(extension) = self.config.extensions.get(&number) else { return Err(RouteError::UnknownNumber) };
        let person = self.state.person(&number);
        if let Some(quiet) = self.undisturbed(extension) {
            return self.refuse(RouteError::DoNotDisturb, PersonReason::Undisturbed { number, quiet });
        }
        if person.no_intercom {
            self.note(CodeReason::NoIntercom { number: number.clone() });
        }
        let ring_time = match person.no_intercom {
            true => self.ring_time(extension.ring_time_s, RingTimeSource::Extension),
            false => INTERCOM_TIME,
        };
        let branches = self.phones_of(&number);
        Ok(Action::Ring(Box::new(Ring {
            rounds: vec![Round { branches, ring_time }],
            name: extension.name.clone(),
            reached: Reached::Nothing,
            auto_answer: !person.no_intercom,
            ..Ring::default()
        })))
    }
}
