//! What an office has: mail, parking, hours, mailboxes, paging groups, phones.

use std::collections::BTreeMap;

use super::Found;
use super::people::music;
use crate::model::{Config, MailSettings};

pub(super) fn mail(mail: &MailSettings, found: &mut Found) {
    let (key, other) = match (&mail.user, &mail.password) {
        (Some(_), None) => ("password", "user"),
        (None, Some(_)) => ("user", "password"),
        _ => return,
    };
    let message = format!("is missing: there is `{other}`");
    found.absent("mail", None, key, message, "give both, or neither where the server asks for none".into());
}

pub(super) fn parking(config: &Config, found: &mut Found) {
    music(config, ("parking", None, "music"), &config.parking.music, found);
}

pub(super) fn office(config: &Config, found: &mut Found) {
    for mailbox in config.mailboxes.values() {
        found.extensions(config, ("mailbox", Some(&mailbox.number), "members"), &mailbox.members);
    }
    for paging in config.paging.values() {
        found.extensions(config, ("paging", Some(&paging.number), "members"), &paging.members);
    }
    let mut codes = BTreeMap::new();
    for hours in config.hours.values() {
        let id = Some(hours.name.as_str());
        let is_calendar = |name: &String| config.calendars.contains_key(name);
        found.refers(("hours", id, "calendars"), "calendar", &hours.calendars, is_calendar);
        found.extensions(config, ("hours", id, "switched_by"), &hours.switched_by);
        if let Some(code) = &hours.code
            && let Some(first) = codes.insert(code, &hours.name)
        {
            let message = format!("{code} already switches hours {first}");
            found.at("hours", id, "code", message, "give each a code of its own".into());
        }
    }
}

pub(super) fn phones(config: &Config, found: &mut Found) {
    for phone in config.phones.values() {
        let id = Some(phone.mac.as_str());
        found.extensions(config, ("phone", id, "lines"), &phone.lines);
        let is_layout = |name: &String| config.key_layouts.contains_key(name);
        found.refers(("phone", id, "keys"), "key_layout", &phone.keys, is_layout);
    }
}
