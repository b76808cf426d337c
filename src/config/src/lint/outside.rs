//! Odd things outside: routes that are never reached, numbers that lead nowhere, lines without a limit.

use std::collections::BTreeSet;

use super::Lint;
use crate::choice::{NumberKind, Srtp, TrunkTransport};
use crate::model::{Class, Config, InboundRoute, Numbers, OutboundRoute, Trunk};
use crate::pattern::Pattern;

pub(super) fn outside(config: &Config, lint: &mut Lint) {
    emergency(config, lint);
    for row in config.trunks.values().filter(|trunk| trunk.enabled) {
        trunk(config, row, lint);
    }
    for row in config.classes.values() {
        class(row, lint);
    }
    outbound(config, lint);
    inbound(config, lint);
}

fn emergency(config: &Config, lint: &mut Lint) {
    let enabled = |name: &String| config.trunks.get(name).is_some_and(|trunk| trunk.enabled);
    let named = &config.emergency.trunks;
    if !config.trunks.values().any(|trunk| trunk.enabled) {
        let message = "nobody here can call for help: there is no trunk that is enabled";
        lint.warn(("emergency", None, "trunks"), message, "add a trunk as `[[trunk]]`");
        return;
    }
    if !named.is_empty() && !named.iter().any(enabled) {
        let message = "nobody here can call for help: none of these trunks is enabled";
        lint.warn(("emergency", None, "trunks"), message, "enable one, or leave them out: then every trunk is tried");
    }
    if config.emergency.location.is_empty() {
        let message = "whoever answers a call for help is not told where this is";
        lint.note(("emergency", None, "location"), message, "write street, floor and town");
    }
}

fn trunk(config: &Config, trunk: &Trunk, lint: &mut Lint) {
    let id = Some(trunk.name.as_str());
    let routes: Vec<&InboundRoute> = config
        .inbound_routes
        .values()
        .filter(|route| route.enabled && (route.trunks.is_empty() || route.trunks.contains(&trunk.name)))
        .collect();
    if routes.is_empty() {
        let hint = "add an `[[inbound_route]]`, were it one that says `to = \"hangup\"`";
        lint.warn(("trunk", id, "name"), "no inbound route takes the calls that come by it", hint);
    } else {
        let takes = |route: &&InboundRoute, number: &str| {
            let matches = |text: &String| Pattern::parse(text).is_ok_and(|pattern| pattern.matches(number).is_some());
            route.numbers.is_empty() || route.numbers.iter().any(matches)
        };
        for number in trunk.numbers.iter().filter(|number| !routes.iter().any(|route| takes(route, number))) {
            let message = format!("no inbound route takes calls to {number}");
            lint.warn(("trunk", id, "numbers"), message, "add an `[[inbound_route]]` with this number");
        }
    }
    if trunk.calls_max == 0 && trunk.spend_day_max == 0 {
        let message = "any number of calls may go by it, at any cost";
        lint.warn(("trunk", id, "calls_max"), message, "set it to what the provider sold, and `spend_day_max`");
    }
    if trunk.spend_day_max != 0 && trunk.prices.is_empty() {
        let hint = "write what calls cost in `prices`, were it \"+ 10\" for all of them";
        lint.warn(("trunk", id, "spend_day_max"), "is never reached: no call costs anything", hint);
    }
    // RFC 4568 §7: keys of SDES are only as safe as the way they go.
    if trunk.srtp != Srtp::Off && !matches!(trunk.transport, TrunkTransport::Tls | TrunkTransport::Auto) {
        let hint = "set `transport = \"tls\"`";
        lint.warn(("trunk", id, "srtp"), "the keys of its audio travel in the clear", hint);
    }
    if trunk.transport == TrunkTransport::Tls && !trunk.verify {
        let message = "whoever stands between can pose as the provider";
        lint.note(("trunk", id, "verify"), message, "set it to true once the certificate is good");
    }
}

fn class(class: &Class, lint: &mut Lint) {
    let dear = |kind: &NumberKind| class.allows(*kind);
    if class.spend_day_max == 0
        && let Some(kind) = [NumberKind::International, NumberKind::Premium].iter().find(|kind| dear(kind))
    {
        let message = format!("{} numbers may be called at any cost", kind.word());
        lint.warn(("class", Some(&class.name), "spend_day_max"), message, "set what one extension may spend in a day");
    }
    if !class.countries.is_empty() && !class.allows(NumberKind::International) {
        let message = "is not used: the class may not call \"international\" numbers";
        lint.note(("class", Some(&class.name), "countries"), message, "add the word to `may_call`, or leave it out");
    }
}

fn outbound(config: &Config, lint: &mut Lint) {
    let ordinary = Class::new(String::new());
    let used: BTreeSet<Option<&str>> = config.extensions.values().map(|extension| extension.class.as_deref()).collect();
    let routes: Vec<(&OutboundRoute, Vec<Pattern>)> = config
        .outbound_routes
        .values()
        .filter(|route| route.enabled)
        .map(|route| (route, patterns(&route.patterns)))
        .collect();
    for (route, own) in &routes {
        let id = Some(route.name.as_str());
        let enabled = |name: &String| config.trunks.get(name).is_some_and(|trunk| trunk.enabled);
        if !route.trunks.iter().any(enabled) {
            lint.warn(("outbound_route", id, "trunks"), "none of them is enabled", "enable one, or name another");
        }
        let first = routes.iter().find(|(earlier, wide)| {
            is_before((earlier.order, &earlier.name, &earlier.patterns), (route.order, &route.name, &route.patterns))
                && wider(wide, own)
                && (earlier.classes.is_empty() || !route.classes.is_empty() && holds(&earlier.classes, &route.classes))
                && (earlier.hours.is_none() || earlier.hours == route.hours)
                && holds(&earlier.trunks, &route.trunks)
        });
        if let Some((first, _)) = first {
            let message = format!("is never used: {} takes every call before it, by the same trunks", first.name);
            lint.warn(("outbound_route", id, "order"), message, "put it before that one, or remove it");
        }
        let may_use = |class: Option<&str>| {
            let is_for =
                route.classes.is_empty() || class.is_some_and(|name| route.classes.iter().any(|of| of == name));
            let class = class.map_or(Some(&ordinary), |name| config.classes.get(name));
            is_for && class.is_some_and(|class| own.iter().any(|pattern| may_call(&config.numbers, class, pattern)))
        };
        if !config.extensions.is_empty() && !used.iter().any(|class| may_use(*class)) {
            let hint = "give extensions a class that may call these numbers, or remove it";
            lint.warn(("outbound_route", id, "classes"), "no extension may use it", hint);
        }
    }
}

/// Could the class call a number of this pattern? Only where the pattern alone tells the kind can the answer be no.
fn may_call(numbers: &Numbers, class: &Class, pattern: &Pattern) -> bool {
    let prefix = pattern.literal_prefix();
    let begins = |list: &[String]| list.iter().any(|known| prefix.starts_with(known.as_str()));
    let could = |list: &[String]| list.iter().any(|known| known.starts_with(prefix.as_str()));
    let home = format!("+{}", numbers.country_code);
    if prefix.len() < 2 || !prefix.starts_with('+') || home.starts_with(&prefix) {
        return true;
    }
    if !prefix.starts_with(&home) {
        let near = |code: &String| prefix.starts_with(code.as_str()) || code.starts_with(prefix.as_str());
        let in_countries = class.countries.is_empty() || class.countries.iter().any(near);
        return class.allows(NumberKind::International) && in_countries;
    }
    let kinds = [
        (NumberKind::Premium, &numbers.premium),
        (NumberKind::Free, &numbers.free),
        (NumberKind::Mobile, &numbers.mobile),
    ];
    if let Some((kind, _)) = kinds.iter().find(|(_, list)| begins(list)) {
        return class.allows(*kind);
    }
    class.allows(NumberKind::National) || kinds.iter().any(|(kind, list)| could(list) && class.allows(*kind))
}

fn inbound(config: &Config, lint: &mut Lint) {
    let routes: Vec<(&InboundRoute, Vec<Pattern>, Vec<Pattern>)> = config
        .inbound_routes
        .values()
        .filter(|route| route.enabled)
        .map(|route| (route, patterns(&route.numbers), patterns(&route.callers)))
        .collect();
    for (route, numbers, callers) in &routes {
        let id = Some(route.name.as_str());
        let first = routes.iter().find(|(earlier, wide_numbers, wide_callers)| {
            let same_caller = earlier.callers == route.callers;
            is_before((earlier.order, &earlier.name, &earlier.numbers), (route.order, &route.name, &route.numbers))
                && (earlier.order < route.order || same_caller)
                && (earlier.trunks.is_empty() || !route.trunks.is_empty() && holds(&earlier.trunks, &route.trunks))
                && (earlier.numbers.is_empty() || !numbers.is_empty() && wider(wide_numbers, numbers))
                && (earlier.callers.is_empty()
                    || !route.callers.is_empty() && {
                        let anonymous = |route: &InboundRoute| route.callers.iter().any(|caller| caller == "anonymous");
                        (anonymous(earlier) || !anonymous(route)) && wider(wide_callers, callers)
                    })
        });
        if let Some((first, ..)) = first {
            let message = format!("is never reached: {} takes every call before it", first.name);
            lint.warn(("inbound_route", id, "order"), message, "put it before that one, or remove it");
        }
        if !route.trunks.is_empty() && !route.trunks.iter().any(|name| is_enabled(config, name)) {
            lint.note(("inbound_route", id, "trunks"), "none of them is enabled", "enable one, or name another");
        }
    }
}

fn is_enabled(config: &Config, trunk: &str) -> bool {
    config.trunks.get(trunk).is_some_and(|trunk| trunk.enabled)
}

/// Texts that the check has read before; `anonymous` is none.
fn patterns(texts: &[String]) -> Vec<Pattern> {
    texts.iter().filter_map(|text| Pattern::parse(text).ok()).collect()
}

/// Is the first of two routes that fit always looked at before the second? Within an order the one that says more
/// about the number comes first, so a wider one comes before only where both say the same.
fn is_before(a: (u16, &String, &Vec<String>), b: (u16, &String, &Vec<String>)) -> bool {
    a.0 < b.0 || (a.0 == b.0 && a.2 == b.2 && a.1 < b.1)
}

fn wider(wide: &[Pattern], narrow: &[Pattern]) -> bool {
    narrow.iter().all(|narrow| wide.iter().any(|wide| wide.covers(narrow)))
}

fn holds(all: &[String], some: &[String]) -> bool {
    some.iter().all(|name| all.contains(name))
}
