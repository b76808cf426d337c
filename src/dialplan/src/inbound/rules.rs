//! What the document says about calls from outside, made ready.

use std::collections::{BTreeMap, BTreeSet};

use config::Config;
use config::Pattern;

use super::lists::Lists;
use crate::outside::patterns;
use crate::reason::RoutePassedOver;

/// Stands in `callers` for those who show no number.
pub(crate) const ANONYMOUS: &str = "anonymous";

/// Routes and lists, made ready.
#[derive(Clone, Debug)]
pub(crate) struct InboundRules {
    /// By order, then by name.
    pub(crate) routes: Vec<RouteRules>,
    pub(super) lists: Lists,
    /// The extension that shows this number outside, and no other does.
    pub(crate) direct: BTreeMap<String, String>,
    /// Those of the trunks.
    pub(super) numbers: BTreeSet<String>,
}

/// A route, made ready.
#[derive(Clone, Debug)]
pub(crate) struct RouteRules {
    /// Its name, to look the rest up.
    pub(crate) name: String,
    pub(crate) order: u16,
    /// Empty: all.
    pub(crate) numbers: Vec<Pattern>,
    callers: Vec<Pattern>,
    anonymous: bool,
    any_caller: bool,
    trunks: Vec<String>,
    pub(crate) hours: Option<String>,
}

impl InboundRules {
    pub(crate) fn new(config: &Config) -> InboundRules {
        let enabled = config.inbound_routes.values().filter(|route| route.enabled);
        let mut routes: Vec<RouteRules> = enabled
            .map(|route| RouteRules {
                name: route.name.clone(),
                order: route.order,
                numbers: patterns(&route.numbers),
                callers: patterns(&route.callers),
                anonymous: route.callers.iter().any(|caller| caller == ANONYMOUS),
                any_caller: route.callers.is_empty(),
                trunks: route.trunks.clone(),
                hours: route.hours.clone(),
            })
            .collect();
        routes.sort_by(|a, b| (a.order, &a.name).cmp(&(b.order, &b.name)));
        let mut direct: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for extension in config.extensions.values() {
            if let Some(number) = &extension.caller_id {
                direct.entry(number.clone()).or_default().push(extension.number.clone());
            }
        }
        InboundRules {
            routes,
            lists: Lists::new(config),
            // A number that several show is the firm's, not a person's.
            direct: direct
                .into_iter()
                .filter_map(|(number, mut who)| if who.len() == 1 { Some((number, who.remove(0))) } else { None })
                .collect(),
            numbers: config.trunks.values().flat_map(|trunk| trunk.numbers.iter().cloned()).collect(),
        }
    }
}

impl InboundRules {
    /// Numbers that reach a person without a route.
    pub(crate) fn direct_numbers(&self) -> impl Iterator<Item = &String> {
        self.direct.keys()
    }

    /// The first route that asks those hours: it says where they lead.
    pub(crate) fn route_of_hours(&self, hours: &str) -> Option<&RouteRules> {
        self.routes.iter().find(|route| route.hours.as_deref() == Some(hours))
    }
}

impl RouteRules {
    pub(crate) fn takes_number(&self, called: &str) -> bool {
        self.numbers.is_empty() || self.numbers.iter().any(|pattern| pattern.matches(called).is_some())
    }

    pub(super) fn passed_over(&self, caller: Option<&str>, trunk: &str) -> Option<RoutePassedOver> {
        let takes_caller = match caller {
            _ if self.any_caller => true,
            None => self.anonymous,
            Some(number) => self.callers.iter().any(|pattern| pattern.matches(number).is_some()),
        };
        if !takes_caller {
            Some(RoutePassedOver::Caller)
        } else if !self.is_for(trunk) {
            Some(RoutePassedOver::Trunk)
        } else {
            None
        }
    }

    /// Whether it takes calls of that trunk.
    pub(crate) fn is_for(&self, trunk: &str) -> bool {
        self.trunks.is_empty() || self.trunks.iter().any(|own| own == trunk)
    }

    /// Whether it takes every call that the other takes.
    pub(crate) fn covers(&self, other: &RouteRules) -> bool {
        let all = |wide: &[Pattern], narrow: &[Pattern]| {
            narrow.iter().all(|narrow| wide.iter().any(|wide| wide.covers(narrow)))
        };
        let numbers = self.numbers.is_empty() || !other.numbers.is_empty() && all(&self.numbers, &other.numbers);
        let callers = self.any_caller
            || !other.any_caller && all(&self.callers, &other.callers) && (self.anonymous || !other.anonymous);
        let trunks = self.trunks.is_empty() || !other.trunks.is_empty() && other.trunks.iter().all(|t| self.is_for(t));
        numbers && callers && trunks
    }

    /// Of two routes of the same order that both fit: does this one say more about the number, then the caller, then
    /// the trunk?
    pub(super) fn says_more(&self, other: &RouteRules, called: &str) -> bool {
        let best = |route: &RouteRules| {
            let fits = route.numbers.iter().filter(|pattern| pattern.matches(called).is_some());
            fits.min_by(|a, b| a.by_specificity(b)).cloned()
        };
        let by_number = match (best(self), best(other)) {
            (Some(a), Some(b)) => a.by_specificity(&b),
            (a, b) => b.is_some().cmp(&a.is_some()),
        };
        let rest = (self.any_caller, self.trunks.is_empty()).cmp(&(other.any_caller, other.trunks.is_empty()));
        by_number.then(rest).is_lt()
    }
}
