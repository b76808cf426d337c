//! Circles: places that send calls on to each other.

use std::collections::{BTreeMap, BTreeSet};

use config::{Config, Destination};

use super::{Flaw, Proof, Severity, spot};
use crate::hours::HoursState;
use crate::inbound::destination;
use crate::numbers::normalised;
use crate::walk::HOPS_MAX;

/// Circles named at most.
const CIRCLES_MAX: usize = 50;

/// A way from a place to the next.
struct Way {
    to: String,
    /// Taken by every call, not only by those that nobody takes.
    always: bool,
}

impl Proof<'_> {
    pub(super) fn circles(&mut self) {
        let ways = self.ways();
        let mut found: BTreeSet<Vec<String>> = BTreeSet::new();
        let mut done: BTreeSet<&str> = BTreeSet::new();
        for place in ways.keys() {
            let mut path: Vec<&str> = Vec::new();
            search(&ways, place, &mut path, &mut done, &mut found);
        }
        for places in found {
            let mut steps = places.iter().zip(places.iter().skip(1));
            let is_always = |(from, to): (&String, &String)| {
                ways.get(from).is_some_and(|ways| ways.iter().any(|way| way.to == *to && way.always))
            };
            let always = steps.all(is_always);
            let severity = if always { Severity::Error } else { Severity::Warning };
            let at = self.place_spot(places.first().map(String::as_str).unwrap_or_default());
            self.found(severity, at, Flaw::Circle { places, always });
        }
    }

    /// Everything that sends a call on, by place, as [`Destination`]s print.
    fn ways(&self) -> BTreeMap<String, Vec<Way>> {
        let config: &Config = self.plan.config();
        let mut ways: BTreeMap<String, Vec<Way>> = BTreeMap::new();
        for (number, person) in &self.state.people {
            let forwards = [
                (&person.forward_all, true),
                (&person.forward_busy, false),
                (&person.forward_no_answer, false),
                (&person.forward_unreachable, false),
            ];
            // While all calls are forwarded the other forwards wait.
            let forwards = forwards.into_iter().take(if person.forward_all.is_some() { 1 } else { 4 });
            for (to, always) in forwards.filter_map(|(to, always)| Some((to.as_ref()?, always))) {
                let to = normalised(to);
                if self.plan.is_inside(&to) && config.extensions.contains_key(number) {
                    ways.entry(number.clone()).or_default().push(Way { to, always });
                }
            }
        }
        for group in config.ring_groups.values() {
            let nobody = !group.members.iter().any(|m| config.extensions.get(m).is_some_and(|member| member.enabled));
            if let Some(to) = &group.otherwise {
                ways.entry(group.number.clone()).or_default().push(Way { to: to.to_string(), always: nobody });
            }
        }
        for name in config.hours.keys() {
            let Some(route) = self.plan.inbound.route_of_hours(name) else { continue };
            let Some(route) = config.inbound_routes.get(&route.name) else { continue };
            let states = [HoursState::Open, HoursState::Closed, HoursState::Break, HoursState::Holiday];
            let to: BTreeSet<String> = states.iter().map(|state| destination(route, *state).to_string()).collect();
            let place = Destination::Hours(name.clone()).to_string();
            ways.insert(place, to.into_iter().map(|to| Way { to, always: true }).collect());
        }
        ways
    }

    fn place_spot(&self, place: &str) -> super::Spot {
        let config = self.plan.config();
        match place.strip_prefix("hours:") {
            Some(name) => spot("hours", name, ""),
            None if config.ring_groups.contains_key(place) => spot("ring_group", place, "otherwise"),
            None => spot("person", place, ""),
        }
    }
}

/// Walks on from a place; where the path meets itself it is a circle, told from its least place on.
fn search<'w>(
    ways: &'w BTreeMap<String, Vec<Way>>,
    place: &'w str,
    path: &mut Vec<&'w str>,
    done: &mut BTreeSet<&'w str>,
    found: &mut BTreeSet<Vec<String>>,
) {
    if let Some(begin) = path.iter().position(|before| *before == place) {
        let circle = path.get(begin..).unwrap_or_default();
        let least = circle.iter().enumerate().min_by_key(|(_, place)| **place).map_or(0, |(at, _)| at);
        let mut places: Vec<String> =
            circle.iter().cycle().skip(least).take(circle.len()).map(|p| (*p).to_owned()).collect();
        places.extend(places.first().cloned());
        if found.len() < CIRCLES_MAX {
            found.insert(places);
        }
        return;
    }
    // One circle through a place is enough; and a chain of that length ends before it could be one.
    if done.contains(place) || path.len() > 2 * HOPS_MAX {
        return;
    }
    path.push(place);
    for way in ways.get(place).into_iter().flatten() {
        search(ways, &way.to, path, done, found);
    }
    path.pop();
    done.insert(place);
}
