//! What the document says about calls outside, made ready: classes, routes, prices.

use std::collections::BTreeMap;

use config::{Choice, Class, Config, Extension, NumberKind, Pattern, Price};

use crate::numbers::OutsideNumber;

/// The class of an extension that names none, in reasons and in a route's `classes`.
pub(crate) const DEFAULT_CLASS: &str = "default";

/// Classes and routes, made ready.
#[derive(Clone, Debug)]
pub(crate) struct OutsideRules {
    classes: BTreeMap<String, ClassRules>,
    pub(super) default: ClassRules,
    /// By order, then by name.
    pub(super) routes: Vec<RouteRules>,
    /// By trunk.
    pub(super) prices: BTreeMap<String, Vec<Price>>,
}

/// A class, made ready.
#[derive(Clone, Debug)]
pub(crate) struct ClassRules {
    pub(crate) name: String,
    kinds: u16,
    pub(super) countries: Vec<String>,
    pub(super) blocked: Vec<Pattern>,
    pub(super) asks_pin: bool,
    pub(super) calls_max: u16,
    pub(super) minutes_max: u16,
    pub(super) spend_day_max: u32,
    pub(super) hours: Option<String>,
    pub(super) forward_outside: bool,
}

/// A route, made ready.
#[derive(Clone, Debug)]
pub(super) struct RouteRules {
    /// Its name, to look the rest up.
    pub(super) name: String,
    pub(super) order: u16,
    pub(super) patterns: Vec<Pattern>,
}

impl OutsideRules {
    pub(crate) fn new(config: &Config) -> OutsideRules {
        let mut routes: Vec<RouteRules> = config
            .outbound_routes
            .values()
            .filter(|route| route.enabled)
            .map(|route| RouteRules {
                name: route.name.clone(),
                order: route.order,
                patterns: patterns(&route.patterns),
            })
            .collect();
        routes.sort_by(|a, b| (a.order, &a.name).cmp(&(b.order, &b.name)));
        let prices = |trunk: &config::Trunk| trunk.prices.iter().filter_map(|text| Price::parse(text).ok()).collect();
        OutsideRules {
            classes: config.classes.iter().map(|(name, class)| (name.clone(), ClassRules::new(class))).collect(),
            default: ClassRules::new(&Class::new(DEFAULT_CLASS.to_owned())),
            routes,
            prices: config.trunks.iter().map(|(name, trunk)| (name.clone(), prices(trunk))).collect(),
        }
    }

    /// Whether any route leads there.
    pub(super) fn has_route(&self, number: &OutsideNumber) -> bool {
        self.routes.iter().any(|route| route.pattern_for(number).is_some())
    }

    /// The class of an extension; none: it names one that is not there.
    pub(crate) fn class_of(&self, extension: &Extension) -> Option<&ClassRules> {
        match &extension.class {
            Some(name) => self.classes.get(name),
            None => Some(&self.default),
        }
    }
}

impl RouteRules {
    /// Its pattern that fits and says most about the number.
    pub(super) fn pattern_for(&self, number: &OutsideNumber) -> Option<&Pattern> {
        let fits = self.patterns.iter().filter(|pattern| {
            let text = if pattern.is_e164() { number.e164.as_deref() } else { Some(number.dialled.as_str()) };
            text.is_some_and(|text| pattern.matches(text).is_some())
        });
        fits.min_by(|a, b| a.by_specificity(b))
    }
}

impl ClassRules {
    fn new(class: &Class) -> ClassRules {
        let kinds = class.may_call.iter().filter_map(|word| NumberKind::of(word));
        ClassRules {
            name: class.name.clone(),
            kinds: kinds.fold(0, |kinds, kind| kinds | bit(kind)),
            countries: class.countries.clone(),
            blocked: patterns(&class.blocked),
            asks_pin: class.pin.is_some(),
            calls_max: class.calls_max,
            minutes_max: class.minutes_max,
            spend_day_max: class.spend_day_max,
            hours: class.hours.clone(),
            forward_outside: class.forward_outside,
        }
    }

    pub(crate) fn allows(&self, kind: NumberKind) -> bool {
        self.kinds & bit(kind) != 0
    }
}

fn bit(kind: NumberKind) -> u16 {
    1 << kind as u16
}

/// Those that can be read: the document's check refuses the others.
pub(crate) fn patterns(texts: &[String]) -> Vec<Pattern> {
    texts.iter().filter_map(|text| Pattern::parse(text).ok()).collect()
}
