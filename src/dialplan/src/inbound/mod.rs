//! Calls from outside: who is refused, which route they take, and where the hours send them.
//!
//! **Invariant:** such a call reaches nothing but what a rule names.

mod contact;
mod lists;
mod rules;

use config::{Destination, InboundRoute};

use crate::hours::HoursState;
use crate::numbers::e164_of_provider;
use crate::reason::{InboundReason, Reason};
use crate::route::{Caller, RouteError};
use crate::walk::{Goes, Walk};

pub(crate) use rules::InboundRules;

impl<'a> Walk<'a> {
    pub(crate) fn inbound(&mut self, dialled: &str) -> Goes {
        let called = self.called(dialled)?;
        self.not_blocked()?;
        let Some(route) = self.route_of(&called) else { return self.without_route(&called) };
        self.note(InboundReason::Route { route: route.name.clone(), called });
        self.label = route.label.clone();
        if route.reject_anonymous && self.caller_number().is_none() {
            return self.refuse(RouteError::Anonymous, InboundReason::NoAnonymous { route: route.name.clone() });
        }
        if route.returned_contacts
            && let Some(ring) = self.returned_contact(dialled)
        {
            return Ok(ring);
        }
        self.by_route(route)
    }

    /// As [`Walk::inbound`], for what comes next: the caller got in before, and whoever tried to reach it was rung.
    pub(crate) fn inbound_again(&mut self, dialled: &str) -> Goes {
        let called = self.called(dialled)?;
        match self.route_of(&called) {
            Some(route) => self.by_route(route),
            None => self.without_route(&called),
        }
    }

    /// What its route puts before a caller's name: asked again where the call goes on.
    pub(crate) fn label_of(&mut self, dialled: &str) -> Option<String> {
        let before = self.reasons.len();
        let called = self.called(dialled);
        let label = called.ok().and_then(|called| self.route_of(&called)?.label.clone());
        self.reasons.truncate(before);
        label
    }

    pub(crate) fn caller_number(&self) -> Option<&'a str> {
        match self.caller {
            Caller::Trunk { number, .. } => number,
            Caller::Extension(number) => Some(number),
        }
    }

    fn trunk(&self) -> &'a str {
        match self.caller {
            Caller::Trunk { trunk, .. } => trunk,
            Caller::Extension(_) => "",
        }
    }

    /// The number that was called, in E.164 where it can be told: as it came, or as the end of one of the trunk's.
    fn called(&mut self, dialled: &str) -> Result<String, RouteError> {
        let number = self.understood(dialled)?;
        if let Some(e164) = e164_of_provider(&self.config.numbers, &number) {
            return Ok(e164);
        }
        let digits = number.trim_start_matches('+');
        let own = self.config.trunks.get(self.trunk()).map(|trunk| trunk.numbers.as_slice()).unwrap_or_default();
        let mut fitting = own.iter().filter(|own| digits.len() >= 2 && own.ends_with(digits));
        match (fitting.next(), fitting.next()) {
            (Some(one), None) => Ok(one.clone()),
            _ => Ok(number),
        }
    }

    /// The first route that fits: by order, then the one that says more about the number, then by name.
    fn route_of(&mut self, called: &str) -> Option<&'a InboundRoute> {
        let (rules, caller, trunk) = (&self.plan.inbound, self.caller_number(), self.trunk());
        let mut best: Option<&rules::RouteRules> = None;
        for route in rules.routes.iter().filter(|route| route.takes_number(called)) {
            if best.is_some_and(|best| best.order < route.order) {
                break;
            }
            if let Some(why) = route.passed_over(caller, trunk) {
                self.reasons.push(InboundReason::RoutePassedOver { route: route.name.clone(), why }.into());
            } else if best.is_none_or(|best| route.says_more(best, called)) {
                best = Some(route);
            }
        }
        self.config.inbound_routes.get(&best?.name)
    }

    fn by_route(&mut self, route: &InboundRoute) -> Goes {
        let state = match &route.hours {
            None => HoursState::Open,
            Some(hours) => self.hours_now(hours),
        };
        self.go_to(destination(route, state))
    }

    /// The inbound side of opening hours: the first route that asks them knows where to go.
    pub(crate) fn by_hours(&mut self, name: &str) -> Goes {
        let rules = self.plan.inbound.route_of_hours(name);
        let route = rules.and_then(|rules| self.config.inbound_routes.get(&rules.name));
        let Some(route) = route else {
            return self.refuse(RouteError::UnknownNumber, InboundReason::HoursLeadNowhere { hours: name.to_owned() });
        };
        self.note(InboundReason::HoursOfRoute { hours: name.to_owned(), route: route.name.clone() });
        self.by_route(route)
    }

    /// A direct number of a person needs no route; any other is refused.
    fn without_route(&mut self, called: &str) -> Goes {
        if let Some(extension) = self.plan.inbound.direct.get(called) {
            self.note(InboundReason::DirectNumber { called: called.to_owned(), extension: extension.clone() });
            if let Some(goes) = self.inside(extension) {
                return goes;
            }
        }
        let is_ours = self.plan.inbound.numbers.contains(called);
        let number = called.to_owned();
        self.refuse(
            RouteError::UnknownNumber,
            match is_ours {
                true => Reason::from(InboundReason::OwnNumberWithoutRoute { called: number }),
                false => InboundReason::NoRoute { called: number }.into(),
            },
        )
    }
}

/// Where a route sends a call while its hours say so.
pub(crate) fn destination(route: &InboundRoute, state: HoursState) -> &Destination {
    let closed = route.closed_to.as_ref().unwrap_or(&route.to);
    match state {
        HoursState::Open => &route.to,
        HoursState::Closed => closed,
        HoursState::Break => route.break_to.as_ref().unwrap_or(closed),
        HoursState::Holiday => route.holiday_to.as_ref().unwrap_or(closed),
    }
}
