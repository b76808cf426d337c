//! What leads outside, key by key.

use super::{Fields, Value};
use crate::model::{Blocked, Class, Emergency, InboundRoute, Numbers, OutboundRoute, Trunk};

impl Fields for Numbers {
    const SECTION: &'static str = "numbers";

    fn each<'a>(&'a self, visit: &mut dyn FnMut(&'static str, Value<'a>)) {
        visit("country_code", Value::Text(&self.country_code));
        visit("national_prefix", Value::Text(&self.national_prefix));
        visit("international_prefix", Value::Text(&self.international_prefix));
        visit("area_code", Value::Text(&self.area_code));
        visit("outside_prefix", Value::Text(&self.outside_prefix));
        visit("emergency", Value::List(&self.emergency));
        visit("mobile", Value::List(&self.mobile));
        visit("premium", Value::List(&self.premium));
        visit("free", Value::List(&self.free));
    }
}

impl Fields for Emergency {
    const SECTION: &'static str = "emergency";

    fn each<'a>(&'a self, visit: &mut dyn FnMut(&'static str, Value<'a>)) {
        visit("trunks", Value::List(&self.trunks));
        visit("caller_id", Value::text_or_absent(&self.caller_id));
        visit("location", Value::Text(&self.location));
        visit("notify", Value::List(&self.notify));
        visit("email", Value::List(&self.email));
    }
}

impl Fields for Trunk {
    const SECTION: &'static str = "trunk";

    fn each<'a>(&'a self, visit: &mut dyn FnMut(&'static str, Value<'a>)) {
        visit("name", Value::Text(&self.name));
        visit("enabled", Value::Flag(self.enabled));
        visit("kind", Value::choice(self.kind));
        visit("host", Value::Text(&self.host));
        visit("port", Value::integer_or_absent(self.port));
        visit("transport", Value::choice(self.transport));
        visit("proxy", Value::text_or_absent(&self.proxy));
        visit("user", Value::text_or_absent(&self.user));
        visit("auth_user", Value::text_or_absent(&self.auth_user));
        visit("password", Value::hidden_or_absent(&self.password));
        visit("realm", Value::text_or_absent(&self.realm));
        visit("numbers", Value::List(&self.numbers));
        visit("caller_id", Value::text_or_absent(&self.caller_id));
        visit("identity", Value::choice(self.identity));
        visit("tell_diversion", Value::Flag(self.tell_diversion));
        visit("number_form", Value::choice(self.number_form));
        visit("sources", Value::List(&self.sources));
        visit("calls_max", Value::integer(self.calls_max));
        visit("minutes_max", Value::integer(self.minutes_max));
        visit("spend_day_max", Value::Integer(self.spend_day_max));
        visit("prices", Value::List(&self.prices));
        visit("countries", Value::List(&self.countries));
        visit("expires_s", Value::Integer(self.expires_s));
        visit("options_s", Value::Integer(self.options_s));
        visit("codecs", Value::List(&self.codecs));
        visit("srtp", Value::choice(self.srtp));
        visit("verify", Value::Flag(self.verify));
    }
}

impl Fields for OutboundRoute {
    const SECTION: &'static str = "outbound_route";

    fn each<'a>(&'a self, visit: &mut dyn FnMut(&'static str, Value<'a>)) {
        visit("name", Value::Text(&self.name));
        visit("enabled", Value::Flag(self.enabled));
        visit("order", Value::integer(self.order));
        visit("patterns", Value::List(&self.patterns));
        visit("strip", Value::integer(self.strip));
        visit("prepend", Value::Text(&self.prepend));
        visit("trunks", Value::List(&self.trunks));
        visit("balance", Value::Flag(self.balance));
        visit("caller_id", Value::text_or_absent(&self.caller_id));
        visit("classes", Value::List(&self.classes));
        visit("hours", Value::text_or_absent(&self.hours));
    }
}

impl Fields for InboundRoute {
    const SECTION: &'static str = "inbound_route";

    fn each<'a>(&'a self, visit: &mut dyn FnMut(&'static str, Value<'a>)) {
        visit("name", Value::Text(&self.name));
        visit("enabled", Value::Flag(self.enabled));
        visit("order", Value::integer(self.order));
        visit("numbers", Value::List(&self.numbers));
        visit("callers", Value::List(&self.callers));
        visit("trunks", Value::List(&self.trunks));
        visit("hours", Value::text_or_absent(&self.hours));
        visit("to", Value::To(&self.to));
        visit("closed_to", Value::to_or_absent(&self.closed_to));
        visit("break_to", Value::to_or_absent(&self.break_to));
        visit("holiday_to", Value::to_or_absent(&self.holiday_to));
        visit("label", Value::text_or_absent(&self.label));
        visit("reject_anonymous", Value::Flag(self.reject_anonymous));
        visit("returned_contacts", Value::Flag(self.returned_contacts));
        visit("language", self.language.map_or(Value::Absent, Value::choice));
    }
}

impl Fields for Class {
    const SECTION: &'static str = "class";

    fn each<'a>(&'a self, visit: &mut dyn FnMut(&'static str, Value<'a>)) {
        visit("name", Value::Text(&self.name));
        visit("may_call", Value::List(&self.may_call));
        visit("countries", Value::List(&self.countries));
        visit("blocked", Value::List(&self.blocked));
        visit("pin", Value::hidden_or_absent(&self.pin));
        visit("calls_max", Value::integer(self.calls_max));
        visit("minutes_max", Value::integer(self.minutes_max));
        visit("spend_day_max", Value::Integer(self.spend_day_max));
        visit("hours", Value::text_or_absent(&self.hours));
        visit("forward_outside", Value::Flag(self.forward_outside));
    }
}

impl Fields for Blocked {
    const SECTION: &'static str = "blocked";

    fn each<'a>(&'a self, visit: &mut dyn FnMut(&'static str, Value<'a>)) {
        visit("number", Value::Text(&self.number));
        visit("reason", Value::Text(&self.reason));
        visit("allow", Value::Flag(self.allow));
    }
}
