//! What leads outside: routes name what is there, and a trunk can prove who it is.

use super::Found;
use crate::choice::TrunkKind;
use crate::country::is_calling_code;
use crate::keys;
use crate::model::{Class, Config, InboundRoute, Numbers, OutboundRoute, Trunk};

pub(super) fn numbers(numbers: &Numbers, found: &mut Found) {
    let code = &numbers.country_code;
    // Countries that share `1` are told apart by area codes; the code itself has none.
    if code.len() > 3 || !is_calling_code(&format!("+{code}")) {
        let message = format!("{} is not a country's calling code", keys::shown(code));
        found.at("numbers", None, "country_code", message, "without `+`: \"32\", \"1\", \"352\"".into());
    }
    if numbers.national_prefix.starts_with(&numbers.international_prefix) && !numbers.international_prefix.is_empty() {
        let message = format!("every number that begins with {} would be one abroad", numbers.national_prefix);
        let hint = "the longer of the two prefixes is the international one".into();
        found.at("numbers", None, "national_prefix", message, hint);
    }
}

pub(super) fn emergency(config: &Config, found: &mut Found) {
    let emergency = &config.emergency;
    let is_trunk = |name: &String| config.trunks.contains_key(name);
    found.refers(("emergency", None, "trunks"), "trunk", &emergency.trunks, is_trunk);
    found.extensions(config, ("emergency", None, "notify"), &emergency.notify);
}

pub(super) fn lines(config: &Config, found: &mut Found) {
    config.trunks.values().for_each(|row| trunk(row, found));
    config.classes.values().for_each(|row| class(config, row, found));
    config.outbound_routes.values().for_each(|row| outbound(config, row, found));
    config.inbound_routes.values().for_each(|row| inbound(config, row, found));
}

fn trunk(trunk: &Trunk, found: &mut Found) {
    let id = Some(trunk.name.as_str());
    if trunk.kind == TrunkKind::Register {
        let hint = "give what the provider gave you, or `kind = \"address\"`";
        if trunk.user.is_none() {
            found.absent("trunk", id, "user", "is missing: a trunk that registers needs it".into(), hint.into());
        }
        if trunk.password.is_none() {
            found.absent("trunk", id, "password", "is missing: a trunk that registers needs it".into(), hint.into());
        }
    }
}

fn class(config: &Config, class: &Class, found: &mut Found) {
    hours(config, ("class", Some(&class.name), "hours"), &class.hours, found);
}

fn outbound(config: &Config, route: &OutboundRoute, found: &mut Found) {
    let id = Some(route.name.as_str());
    let is_trunk = |name: &String| config.trunks.contains_key(name);
    found.refers(("outbound_route", id, "trunks"), "trunk", &route.trunks, is_trunk);
    let is_class = |name: &String| config.classes.contains_key(name);
    found.refers(("outbound_route", id, "classes"), "class", &route.classes, is_class);
    hours(config, ("outbound_route", id, "hours"), &route.hours, found);
}

fn inbound(config: &Config, route: &InboundRoute, found: &mut Found) {
    let id = Some(route.name.as_str());
    let is_trunk = |name: &String| config.trunks.contains_key(name);
    found.refers(("inbound_route", id, "trunks"), "trunk", &route.trunks, is_trunk);
    hours(config, ("inbound_route", id, "hours"), &route.hours, found);
    if route.hours.is_none() {
        let keys = [("closed_to", &route.closed_to), ("break_to", &route.break_to), ("holiday_to", &route.holiday_to)];
        for (key, _) in keys.iter().filter(|(_, to)| to.is_some()) {
            let message = "is never used: the route asks no hours".to_owned();
            found.at("inbound_route", id, key, message, "name `hours`, or leave it out".into());
        }
    }
}

fn hours(config: &Config, at: super::At<'_>, name: &Option<String>, found: &mut Found) {
    if let Some(name) = name.as_ref().filter(|name| !config.hours.contains_key(*name)) {
        let (section, id, key) = at;
        let message = format!("{} are not opening hours", keys::shown(name));
        found.absent(section, id, key, message, "leave it out, or add them as `[[hours]]`".into());
    }
}
