//! The ways out: routes that match, their trunks in order, and why the others were passed over.

use config::{Extension, OutboundRoute};

use super::rules::{ClassRules, RouteRules};
use crate::action::OutsideWay;
use crate::hours::HoursState;
use crate::numbers::{OutsideNumber, calling_code_matches, written};
use crate::reason::{OutsideReason, TrunkPassedOver};
use crate::route::RouteError;
use crate::walk::Walk;

/// Trunks tried for one call.
pub(super) const WAYS_MAX: usize = 16;

impl<'a> Walk<'a> {
    /// At least one way, or a refusal.
    pub(super) fn ways(
        &mut self,
        behalf: Option<&Extension>,
        number: &OutsideNumber,
        class: &ClassRules,
    ) -> Result<Vec<OutsideWay>, RouteError> {
        let routes = self.routes_for(number, class);
        if routes.is_empty() {
            let refusal = OutsideReason::NoRoute { number: number.text().to_owned() };
            return self.refuse(RouteError::NoWayOut, refusal);
        }
        let mut ways: Vec<OutsideWay> = Vec::new();
        for route in routes {
            for trunk in self.trunks_in_turn(route) {
                let why = match ways.iter().any(|way| way.trunk == *trunk) {
                    true => Some(TrunkPassedOver::Repeated),
                    false => self.trunk_passed_over(trunk, number),
                };
                match why {
                    Some(why) => self.note(OutsideReason::TrunkPassedOver { trunk: trunk.clone(), why }),
                    None if ways.len() == WAYS_MAX => {
                        let why = TrunkPassedOver::TooMany;
                        self.note(OutsideReason::TrunkPassedOver { trunk: trunk.clone(), why });
                    }
                    None => {
                        let way = self.way(behalf, number, route, trunk);
                        self.note(OutsideReason::Way { trunk: trunk.clone(), number: way.number.clone() });
                        ways.push(way);
                    }
                }
            }
        }
        if ways.is_empty() { self.refuse(RouteError::NoWayOut, OutsideReason::NoTrunk) } else { Ok(ways) }
    }

    /// The routes for a number: by order, then the one that says more about it, then by name.
    fn routes_for(&mut self, number: &OutsideNumber, class: &ClassRules) -> Vec<&'a OutboundRoute> {
        let rules = &self.plan.outside;
        let matching = |route: &'a RouteRules| Some((route, route.pattern_for(number)?));
        let mut found: Vec<_> = rules.routes.iter().filter_map(matching).collect();
        found.sort_by(|(a, of_a), (b, of_b)| a.order.cmp(&b.order).then_with(|| of_a.by_specificity(of_b)));
        let mut routes = Vec::with_capacity(found.len());
        for (rules, pattern) in found {
            let Some(route) = self.config.outbound_routes.get(&rules.name) else { continue };
            let name = route.name.clone();
            if !route.classes.is_empty() && !route.classes.contains(&class.name) {
                self.note(OutsideReason::RouteNotForClass { route: name, class: class.name.clone() });
            } else if let Some(hours) = &route.hours
                && self.hours_now(hours) != HoursState::Open
            {
                self.note(OutsideReason::RouteNotNow { route: name, hours: hours.clone() });
            } else {
                self.note(OutsideReason::Route { route: name, pattern: pattern.to_string() });
                routes.push(route);
            }
        }
        routes
    }

    /// A route's trunks in order; a balancing one begins with the next at each call.
    fn trunks_in_turn<'r>(&self, route: &'r OutboundRoute) -> impl Iterator<Item = &'r String> + use<'r> {
        let calls = self.state.outside.get(&format!("route/{}", route.name)).copied().unwrap_or(0);
        let calls = usize::try_from(calls).unwrap_or(0);
        let begin = if route.balance { calls.checked_rem(route.trunks.len()).unwrap_or(0) } else { 0 };
        route.trunks.iter().skip(begin).chain(route.trunks.iter().take(begin))
    }

    fn trunk_passed_over(&self, name: &str, number: &OutsideNumber) -> Option<TrunkPassedOver> {
        let Some(trunk) = self.config.trunks.get(name) else { return Some(TrunkPassedOver::Unknown) };
        let calls = self.state.outside.get(name).copied().unwrap_or(0);
        let serves = |e164: &String| trunk.countries.iter().any(|code| calling_code_matches(code, e164));
        if !trunk.enabled {
            Some(TrunkPassedOver::Disabled)
        } else if !trunk.countries.is_empty() && number.e164.as_ref().is_some_and(|e164| !serves(e164)) {
            Some(TrunkPassedOver::Country)
        } else if self.state.down.contains(name) {
            Some(TrunkPassedOver::Down)
        } else if trunk.calls_max > 0 && calls >= u32::from(trunk.calls_max) {
            Some(TrunkPassedOver::Full { max: trunk.calls_max })
        } else if trunk.spend_day_max > 0 && self.spent_today(&format!("trunk/{name}")) >= trunk.spend_day_max {
            Some(TrunkPassedOver::SpentEnough)
        } else {
            None
        }
    }

    fn way(
        &self,
        behalf: Option<&Extension>,
        number: &OutsideNumber,
        route: &OutboundRoute,
        trunk: &str,
    ) -> OutsideWay {
        let form = self.config.trunks.get(trunk).map_or(config::NumberForm::E164, |trunk| trunk.number_form);
        let prices = self.plan.outside.prices.get(trunk).map(Vec::as_slice).unwrap_or_default();
        OutsideWay {
            trunk: trunk.to_owned(),
            number: written(&self.config.numbers, number, form, route.strip, &route.prepend),
            caller_id: self.shown(behalf, Some(route), trunk),
            price: config::Price::of(prices, number.text()).map_or(0, |price| price.cost(60)),
        }
    }
}
