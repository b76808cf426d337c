//! What an office has, key by key.

use super::{Fields, Value};
use crate::codes::office_codes;
use crate::model::{
    Calendar, Hours, KeyLayout, MailSettings, Mailbox, OfficeCodes, Paging, Parking, Phone, Provisioning,
    VoicemailSettings,
};

impl Fields for Hours {
    const SECTION: &'static str = "hours";

    fn each<'a>(&'a self, visit: &mut dyn FnMut(&'static str, Value<'a>)) {
        visit("name", Value::Text(&self.name));
        visit("code", Value::text_or_absent(&self.code));
        visit("time_zone", Value::text_or_absent(&self.time_zone));
        visit("open", Value::List(&self.open));
        visit("breaks", Value::List(&self.breaks));
        visit("holidays", Value::List(&self.holidays));
        visit("closed", Value::List(&self.closed));
        visit("calendars", Value::List(&self.calendars));
        visit("switched_by", Value::List(&self.switched_by));
    }
}

impl Fields for Calendar {
    const SECTION: &'static str = "calendar";

    fn each<'a>(&'a self, visit: &mut dyn FnMut(&'static str, Value<'a>)) {
        visit("name", Value::Text(&self.name));
        visit("url", Value::Text(&self.url));
        visit("refresh_h", Value::integer(self.refresh_h));
    }
}

impl Fields for Mailbox {
    const SECTION: &'static str = "mailbox";

    fn each<'a>(&'a self, visit: &mut dyn FnMut(&'static str, Value<'a>)) {
        visit("number", Value::Text(&self.number));
        visit("name", Value::Text(&self.name));
        visit("members", Value::List(&self.members));
        visit("pin", Value::hidden_or_absent(&self.pin));
        visit("email", Value::List(&self.email));
        visit("mail", Value::choice(self.mail));
    }
}

impl Fields for VoicemailSettings {
    const SECTION: &'static str = "voicemail";

    fn each<'a>(&'a self, visit: &mut dyn FnMut(&'static str, Value<'a>)) {
        visit("message_max_s", Value::integer(self.message_max_s));
        visit("messages_max", Value::integer(self.messages_max));
        visit("keep_days", Value::Integer(self.keep_days));
        visit("mail_wav", Value::Flag(self.mail_wav));
    }
}

impl Fields for Parking {
    const SECTION: &'static str = "parking";

    fn each<'a>(&'a self, visit: &mut dyn FnMut(&'static str, Value<'a>)) {
        visit("number", Value::Text(&self.number));
        visit("first", Value::Text(&self.first));
        visit("slots", Value::integer(self.slots));
        visit("come_back_s", Value::integer(self.come_back_s));
        visit("otherwise", Value::to_or_absent(&self.otherwise));
        visit("music", Value::text_or_absent(&self.music));
    }
}

impl Fields for Paging {
    const SECTION: &'static str = "paging";

    fn each<'a>(&'a self, visit: &mut dyn FnMut(&'static str, Value<'a>)) {
        visit("number", Value::Text(&self.number));
        visit("name", Value::Text(&self.name));
        visit("members", Value::List(&self.members));
        visit("two_way", Value::Flag(self.two_way));
        visit("seconds_max", Value::integer(self.seconds_max));
    }
}

impl Fields for Phone {
    const SECTION: &'static str = "phone";

    fn each<'a>(&'a self, visit: &mut dyn FnMut(&'static str, Value<'a>)) {
        visit("mac", Value::Text(&self.mac));
        visit("model", Value::choice(self.model));
        visit("lines", Value::List(&self.lines));
        visit("keys", Value::text_or_absent(&self.keys));
        visit("location", Value::text_or_absent(&self.location));
        visit("hot_desk", Value::Flag(self.hot_desk));
        visit("extra", Value::List(&self.extra));
    }
}

impl Fields for KeyLayout {
    const SECTION: &'static str = "key_layout";

    fn each<'a>(&'a self, visit: &mut dyn FnMut(&'static str, Value<'a>)) {
        visit("name", Value::Text(&self.name));
        visit("keys", Value::List(&self.keys));
    }
}

impl Fields for Provisioning {
    const SECTION: &'static str = "provisioning";

    fn each<'a>(&'a self, visit: &mut dyn FnMut(&'static str, Value<'a>)) {
        visit("enabled", Value::Flag(self.enabled));
        visit("host", Value::text_or_absent(&self.host));
        visit("phone_password", Value::hidden_or_absent(&self.phone_password));
        visit("pnp", Value::Flag(self.pnp));
        visit("dhcp", Value::Flag(self.dhcp));
        visit("dhcp_range", self.dhcp_range.map_or(Value::Absent, |(first, last)| Value::Addresses(first, last)));
        visit("ldap", self.ldap.map_or(Value::Absent, Value::Socket));
        visit("adopt", Value::Flag(self.adopt));
    }
}

impl Fields for MailSettings {
    const SECTION: &'static str = "mail";

    fn each<'a>(&'a self, visit: &mut dyn FnMut(&'static str, Value<'a>)) {
        visit("host", Value::text_or_absent(&self.host));
        visit("port", Value::integer(self.port));
        visit("security", Value::choice(self.security));
        visit("user", Value::text_or_absent(&self.user));
        visit("password", Value::hidden_or_absent(&self.password));
        visit("from", Value::Text(&self.from));
    }
}

impl Fields for OfficeCodes {
    const SECTION: &'static str = "features";

    fn each<'a>(&'a self, visit: &mut dyn FnMut(&'static str, Value<'a>)) {
        visit("set", Value::choice(self.set));
        macro_rules! visit_each {
            ($($code:ident)+) => { $(visit(stringify!($code), Value::Text(&self.$code));)+ };
        }
        office_codes!(visit_each);
    }
}
