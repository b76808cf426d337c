//! The configuration made ready for decisions, and the questions it answers: where does a call go, and what comes
//! next where nobody took it.

use std::sync::Arc;

use base::WallTime;
use config::{Config, Destination};

use crate::action::Reached;
use crate::dialled::{Code, Codes};
use crate::hours::Clocks;
use crate::inbound::InboundRules;
use crate::numbers::normalised;
use crate::outside::OutsideRules;
use crate::route::{Decision, Failure, Request};
use crate::state::State;
use crate::walk::{Purpose, Walk};

/// A configuration made ready for decisions. Made once for each version.
///
/// A decision is O(log n) in extensions, groups and lists, and linear in routes, in the members of the group that is
/// called, and in seats taken.
#[derive(Clone, Debug)]
pub struct Plan {
    config: Arc<Config>,
    pub(crate) codes: Codes,
    pub(crate) outside: OutsideRules,
    pub(crate) inbound: InboundRules,
    pub(crate) clocks: Clocks,
}

impl Plan {
    /// Makes a configuration ready.
    pub fn new(config: Arc<Config>) -> Plan {
        Plan {
            codes: Codes::new(&config),
            outside: OutsideRules::new(&config),
            inbound: InboundRules::new(&config),
            clocks: Clocks::new(&config),
            config,
        }
    }

    /// The configuration.
    pub fn config(&self) -> &Arc<Config> {
        &self.config
    }

    /// Takes in the text of a calendar, where it has changed.
    pub fn set_feed(&mut self, name: &str, text: &str) {
        self.clocks.set_feed(&self.config, name, text);
    }

    /// Takes in all calendars of a state: where a plan is made anew.
    pub fn set_feeds(&mut self, state: &State) {
        for (name, feed) in &state.feeds {
            self.set_feed(name, &feed.text);
        }
    }

    /// Whether an extension's person wants no calls now: by hand, or in one of its periods.
    pub fn wants_no_calls(&self, state: &State, extension: &str, at: WallTime) -> bool {
        let person = state.person(extension);
        let by_hand = person.dnd && person.dnd_until.is_none_or(|until| at < until);
        by_hand || self.clocks.period_now(&person.dnd_periods, at).is_some()
    }

    /// Where a call goes, and why.
    pub fn route(&self, state: &State, request: &Request<'_>) -> Decision {
        self.decide(state, request, Purpose::Dialled)
    }

    /// Where a call goes that an extension transfers: like [`Plan::route`], and outside only with the right to
    /// transfer there. The extension's rights count, not those of whoever is transferred.
    pub fn transfer(&self, state: &State, request: &Request<'_>) -> Decision {
        self.decide(state, request, Purpose::Transfer)
    }

    /// Where a rule sends a call that is here already: a parked one that nobody took back. `request` says whose call
    /// it is; what it dialled does not count.
    pub fn send_to(&self, state: &State, request: &Request<'_>, destination: &Destination) -> Decision {
        let mut walk = Walk::new(self, state, request, Purpose::Dialled);
        let goes = walk.go_to(destination);
        walk.decided(goes)
    }

    /// Whether redial means that number from now on: not where it stands for a number that was dialled before.
    pub fn is_remembered(&self, dialled: &str) -> bool {
        let number = normalised(dialled);
        !matches!(self.codes.find(&number), Some((Code::Redial, ..)))
    }

    fn decide(&self, state: &State, request: &Request<'_>, purpose: Purpose) -> Decision {
        let mut walk = Walk::new(self, state, request, purpose);
        let goes = walk.begin(request.dialled);
        walk.decided(goes)
    }

    /// What comes next where nobody took the call; `None`: it ends. `request` is the one that was decided before, its
    /// time now, its hops those of the last [`Decision`].
    pub fn next(&self, state: &State, request: &Request<'_>, reached: &Reached, why: Failure) -> Option<Decision> {
        let mut walk = Walk::new(self, state, request, Purpose::Dialled);
        let goes = walk.next(request.dialled, reached, why)?;
        Some(walk.decided(goes))
    }

    /// Whether a number is one of this box: an extension, a group, a room, a mailbox, a slot.
    pub fn is_inside(&self, number: &str) -> bool {
        let c = &self.config;
        c.extensions.contains_key(number)
            || c.ring_groups.contains_key(number)
            || c.conferences.contains_key(number)
            || c.paging.contains_key(number)
            || c.mailboxes.contains_key(number)
            || self.is_parking(number)
    }

    pub(crate) fn is_parking(&self, number: &str) -> bool {
        self.is_parking_number(number) || self.is_slot(number)
    }

    pub(crate) fn is_parking_number(&self, number: &str) -> bool {
        let parking = &self.config.parking;
        parking.slots > 0 && !parking.number.is_empty() && parking.number == number
    }

    /// Whether a number is a slot in which calls are parked: `701` to `709`.
    pub fn is_slot(&self, number: &str) -> bool {
        let parking = &self.config.parking;
        let (Ok(first), Ok(asked)) = (parking.first.parse::<u64>(), number.parse::<u64>()) else { return false };
        number.len() == parking.first.len() && (first..first + u64::from(parking.slots)).contains(&asked)
    }
}
