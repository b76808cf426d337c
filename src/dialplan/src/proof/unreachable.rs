//! Rules that never decide anything.

use config::Config;

use super::{Flaw, Proof, Severity, spot};

/// Numbers named in one finding.
const UNROUTED_MAX: usize = 10;

impl Proof<'_> {
    pub(super) fn unreachable(&mut self) {
        self.covered_routes();
        self.routes_without_calls();
        self.calls_without_route();
        let config: &Config = self.plan.config();
        for route in config.inbound_routes.values().filter(|route| route.enabled && route.hours.is_none()) {
            let keys =
                [("closed_to", &route.closed_to), ("break_to", &route.break_to), ("holiday_to", &route.holiday_to)];
            for (key, _) in keys.iter().filter(|(_, to)| to.is_some()) {
                let why = "the route asks no opening hours";
                self.found(Severity::Warning, spot("inbound_route", &route.name, key), Flaw::NeverUsed { why });
            }
        }
        for route in config.outbound_routes.values().filter(|route| route.enabled) {
            let serves = |name: &String| config.trunks.get(name).is_some_and(|trunk| trunk.enabled);
            if !route.trunks.iter().any(serves) {
                let why = "none of its trunks is switched on";
                self.found(Severity::Warning, spot("outbound_route", &route.name, "trunks"), Flaw::NeverUsed { why });
            }
        }
    }

    /// Inbound routes of which an earlier one takes all calls.
    fn covered_routes(&mut self) {
        let routes = &self.plan.inbound.routes;
        for (at, route) in routes.iter().enumerate() {
            let before = routes.iter().take(at).filter(|before| before.order < route.order);
            if let Some(by) = before.into_iter().find(|before| before.covers(route)) {
                let by = by.name.clone();
                self.found(Severity::Warning, spot("inbound_route", &route.name, ""), Flaw::Covered { by });
            }
        }
    }

    /// Numbers of trunks that no route takes, and that are no person's.
    fn calls_without_route(&mut self) {
        let config: &Config = self.plan.config();
        let inbound = &self.plan.inbound;
        for trunk in config.trunks.values().filter(|trunk| trunk.enabled) {
            let routed = |number: &str| {
                inbound.routes.iter().any(|route| route.is_for(&trunk.name) && route.takes_number(number))
                    || inbound.direct.contains_key(number)
            };
            let mut numbers: Vec<String> = trunk.numbers.iter().filter(|number| !routed(number)).cloned().collect();
            if !numbers.is_empty() {
                let more = numbers.len().saturating_sub(UNROUTED_MAX);
                numbers.truncate(UNROUTED_MAX);
                let what = Flaw::Unrouted { numbers, more };
                self.found(Severity::Warning, spot("trunk", &trunk.name, "numbers"), what);
            }
        }
    }

    /// Inbound routes for numbers that no trunk brings.
    fn routes_without_calls(&mut self) {
        let config: &Config = self.plan.config();
        for route in &self.plan.inbound.routes {
            let mut trunks = config.trunks.values().filter(|trunk| route.is_for(&trunk.name));
            // A trunk that names no numbers may bring any.
            let brings = |trunk: &config::Trunk| {
                trunk.numbers.is_empty() || trunk.numbers.iter().any(|number| route.takes_number(number))
            };
            if !route.numbers.is_empty() && !trunks.any(brings) {
                let why = "no trunk has such a number";
                self.found(Severity::Warning, spot("inbound_route", &route.name, "numbers"), Flaw::NeverUsed { why });
            }
        }
    }
}
