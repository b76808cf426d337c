//! What an office has, read.

use super::entry::Entry;
use crate::choice::CodeSet;
use crate::codes::office_codes;
use crate::model::{
    Calendar, Hours, KeyLayout, MailSettings, Mailbox, OfficeCodes, Paging, Parking, Phone, Provisioning,
    VoicemailSettings,
};

pub(super) fn hours(entry: &mut Entry<'_, '_, '_>) -> Hours {
    Hours {
        name: entry.text("name"),
        code: entry.text_or_absent("code"),
        time_zone: entry.text_or_absent("time_zone"),
        open: entry.list("open"),
        breaks: entry.list("breaks"),
        holidays: entry.list("holidays"),
        closed: entry.list("closed"),
        calendars: entry.list("calendars"),
        switched_by: entry.list("switched_by"),
    }
}

pub(super) fn calendar(entry: &mut Entry<'_, '_, '_>) -> Calendar {
    Calendar { name: entry.text("name"), url: entry.text("url"), refresh_h: entry.integer("refresh_h") }
}

pub(super) fn mailbox(entry: &mut Entry<'_, '_, '_>) -> Mailbox {
    Mailbox {
        number: entry.text("number"),
        name: entry.text("name"),
        members: entry.list("members"),
        pin: entry.hidden_or_absent("pin"),
        email: entry.list("email"),
        mail: entry.choice("mail"),
    }
}

pub(super) fn voicemail(entry: &mut Entry<'_, '_, '_>) -> VoicemailSettings {
    VoicemailSettings {
        message_max_s: entry.integer("message_max_s"),
        messages_max: entry.integer("messages_max"),
        keep_days: entry.integer("keep_days"),
        mail_wav: entry.flag("mail_wav"),
    }
}

pub(super) fn parking(entry: &mut Entry<'_, '_, '_>) -> Parking {
    Parking {
        number: entry.text("number"),
        first: entry.text("first"),
        slots: entry.integer("slots"),
        come_back_s: entry.integer("come_back_s"),
        otherwise: entry.destination_or_absent("otherwise"),
        music: entry.text_or_absent("music"),
    }
}

pub(super) fn paging(entry: &mut Entry<'_, '_, '_>) -> Paging {
    Paging {
        number: entry.text("number"),
        name: entry.text("name"),
        members: entry.list("members"),
        two_way: entry.flag("two_way"),
        seconds_max: entry.integer("seconds_max"),
    }
}

pub(super) fn phone(entry: &mut Entry<'_, '_, '_>) -> Phone {
    Phone {
        mac: entry.mac("mac"),
        model: entry.choice("model"),
        lines: entry.list("lines"),
        keys: entry.text_or_absent("keys"),
        location: entry.text_or_absent("location"),
        hot_desk: entry.flag("hot_desk"),
        extra: entry.list("extra"),
    }
}

pub(super) fn key_layout(entry: &mut Entry<'_, '_, '_>) -> KeyLayout {
    KeyLayout { name: entry.text("name"), keys: entry.list("keys") }
}

pub(super) fn provisioning(entry: &mut Entry<'_, '_, '_>) -> Provisioning {
    Provisioning {
        enabled: entry.flag("enabled"),
        host: entry.text_or_absent("host"),
        phone_password: entry.hidden_or_absent("phone_password"),
        pnp: entry.flag("pnp"),
        dhcp: entry.flag("dhcp"),
        dhcp_range: entry.addresses_or_absent("dhcp_range"),
        ldap: entry.socket_or_absent("ldap"),
        adopt: entry.flag("adopt"),
    }
}

pub(super) fn mail(entry: &mut Entry<'_, '_, '_>) -> MailSettings {
    MailSettings {
        host: entry.text_or_absent("host"),
        port: entry.integer("port"),
        security: entry.choice("security"),
        user: entry.text_or_absent("user"),
        password: entry.hidden_or_absent("password"),
        from: entry.text("from"),
    }
}

pub(super) fn codes(entry: &mut Entry<'_, '_, '_>, set: CodeSet) -> OfficeCodes {
    macro_rules! read_each {
        ($($code:ident)+) => { OfficeCodes { set, $($code: entry.code(stringify!($code), set),)+ } };
    }
    office_codes!(read_each)
}
