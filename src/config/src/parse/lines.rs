//! What leads outside, read.

use super::entry::Entry;
use crate::model::{Blocked, Class, Emergency, InboundRoute, Numbers, OutboundRoute, Trunk};

pub(super) fn numbers(entry: &mut Entry<'_, '_, '_>) -> Numbers {
    let country_code = entry.text("country_code");
    let usual = Numbers::of(country_code.clone());
    Numbers {
        country_code,
        national_prefix: entry.text_or_absent("national_prefix").unwrap_or(usual.national_prefix),
        international_prefix: entry.text_or_absent("international_prefix").unwrap_or(usual.international_prefix),
        area_code: entry.text("area_code"),
        outside_prefix: entry.text("outside_prefix"),
        emergency: entry.list("emergency"),
        mobile: entry.list_or("mobile", usual.mobile),
        premium: entry.list_or("premium", usual.premium),
        free: entry.list_or("free", usual.free),
    }
}

pub(super) fn emergency(entry: &mut Entry<'_, '_, '_>) -> Emergency {
    Emergency {
        trunks: entry.list("trunks"),
        caller_id: entry.text_or_absent("caller_id"),
        location: entry.text("location"),
        notify: entry.list("notify"),
        email: entry.list("email"),
    }
}

pub(super) fn trunk(entry: &mut Entry<'_, '_, '_>) -> Trunk {
    Trunk {
        name: entry.text("name"),
        enabled: entry.flag("enabled"),
        kind: entry.choice("kind"),
        host: entry.text("host"),
        port: entry.integer_or_absent("port"),
        transport: entry.choice("transport"),
        proxy: entry.text_or_absent("proxy"),
        user: entry.text_or_absent("user"),
        auth_user: entry.text_or_absent("auth_user"),
        password: entry.hidden_or_absent("password"),
        realm: entry.text_or_absent("realm"),
        numbers: entry.list("numbers"),
        caller_id: entry.text_or_absent("caller_id"),
        identity: entry.choice("identity"),
        tell_diversion: entry.flag("tell_diversion"),
        number_form: entry.choice("number_form"),
        sources: entry.list("sources"),
        calls_max: entry.integer("calls_max"),
        minutes_max: entry.integer("minutes_max"),
        spend_day_max: entry.integer("spend_day_max"),
        prices: entry.list("prices"),
        countries: entry.list("countries"),
        expires_s: entry.integer("expires_s"),
        options_s: entry.integer("options_s"),
        codecs: entry.list("codecs"),
        srtp: entry.choice("srtp"),
        verify: entry.flag("verify"),
    }
}

pub(super) fn outbound_route(entry: &mut Entry<'_, '_, '_>) -> OutboundRoute {
    OutboundRoute {
        name: entry.text("name"),
        enabled: entry.flag("enabled"),
        order: entry.integer("order"),
        patterns: entry.list("patterns"),
        strip: entry.integer("strip"),
        prepend: entry.text("prepend"),
        trunks: entry.list("trunks"),
        balance: entry.flag("balance"),
        caller_id: entry.text_or_absent("caller_id"),
        classes: entry.list("classes"),
        hours: entry.text_or_absent("hours"),
    }
}

pub(super) fn inbound_route(entry: &mut Entry<'_, '_, '_>) -> InboundRoute {
    InboundRoute {
        name: entry.text("name"),
        enabled: entry.flag("enabled"),
        order: entry.integer("order"),
        numbers: entry.list("numbers"),
        callers: entry.list("callers"),
        trunks: entry.list("trunks"),
        hours: entry.text_or_absent("hours"),
        to: entry.destination("to"),
        closed_to: entry.destination_or_absent("closed_to"),
        break_to: entry.destination_or_absent("break_to"),
        holiday_to: entry.destination_or_absent("holiday_to"),
        label: entry.text_or_absent("label"),
        reject_anonymous: entry.flag("reject_anonymous"),
        returned_contacts: entry.flag("returned_contacts"),
        language: entry.choice_or_absent("language"),
    }
}

pub(super) fn class(entry: &mut Entry<'_, '_, '_>) -> Class {
    Class {
        name: entry.text("name"),
        may_call: entry.list("may_call"),
        countries: entry.list("countries"),
        blocked: entry.list("blocked"),
        pin: entry.hidden_or_absent("pin"),
        calls_max: entry.integer("calls_max"),
        minutes_max: entry.integer("minutes_max"),
        spend_day_max: entry.integer("spend_day_max"),
        hours: entry.text_or_absent("hours"),
        forward_outside: entry.flag("forward_outside"),
    }
}

pub(super) fn blocked(entry: &mut Entry<'_, '_, '_>) -> Blocked {
    Blocked { number: entry.text("number"), reason: entry.text("reason"), allow: entry.flag("allow") }
}
