//! Odd things inside: people without PINs, groups without an end, hours that cannot be meant, keys that lead nowhere.

use std::collections::BTreeSet;

use calendar::{Fault, Schedule};

use super::Lint;
use crate::choice::MailboxMail;
use crate::key::Key;
use crate::keys;
use crate::model::{Config, Extension, Hours, Owner};
use crate::value::{Fields, Value};

pub(super) fn office(config: &Config, lint: &mut Lint) {
    in_call_and_dialled(config, lint);
    for extension in config.extensions.values() {
        person(config, extension, lint);
    }
    for group in config.ring_groups.values().filter(|group| group.otherwise.is_none()) {
        let at = ("ring_group", Some(group.number.as_str()), "otherwise");
        lint.note(at, "a call that nobody takes ends", "name a mailbox, another group, or hours");
    }
    for mailbox in config.mailboxes.values() {
        let id = Some(mailbox.number.as_str());
        if mailbox.members.is_empty() && mailbox.pin.is_none() {
            lint.warn(("mailbox", id, "members"), "nobody can listen to it", "name members, or give a PIN");
        }
        if mailbox.mail != MailboxMail::Off && mailbox.email.is_empty() {
            lint.warn(("mailbox", id, "mail"), "nobody is written to", "name addresses in `email`");
        }
    }
    let is_sent = config.extensions.values().any(|extension| extension.voicemail_mail != MailboxMail::Off)
        || config.mailboxes.values().any(|mailbox| mailbox.mail != MailboxMail::Off);
    if is_sent && config.mail.host.is_none() {
        lint.warn(("mail", None, "host"), "messages are to be mailed, and there is no mail server", "name one");
    }
    for row in config.hours.values() {
        hours(config, row, lint);
    }
}

fn person(config: &Config, extension: &Extension, lint: &mut Lint) {
    let id = Some(extension.number.as_str());
    if extension.voicemail && extension.voicemail_pin.is_none() {
        let message = "the mailbox can only be heard from the extension's own phones, without being asked who listens";
        lint.note(("extension", id, "voicemail_pin"), message, "give a PIN");
    }
    if extension.voicemail_mail != MailboxMail::Off && (extension.email.is_none() || !extension.voicemail) {
        let hint = "it takes `voicemail` and `email`";
        lint.warn(("extension", id, "voicemail_mail"), "nothing is mailed", hint);
    }
    let prefix = &config.numbers.outside_prefix;
    if !prefix.is_empty() && extension.number.starts_with(prefix.as_str()) {
        let message = format!("{} begins with the {prefix} that is dialled for an outside line", extension.number);
        lint.note(("extension", id, "number"), message, "number extensions otherwise: both are dialled by habit");
    }
}

/// What cannot be meant, as the calendar says it.
fn hours(config: &Config, hours: &Hours, lint: &mut Lint) {
    let zone = hours.time_zone.as_ref().unwrap_or(&config.system.time_zone);
    let Some(zone) = calendar::zone(zone) else { return };
    let schedule = Schedule::new(
        zone,
        calendar::Hours {
            open: read(&hours.open),
            breaks: read(&hours.breaks),
            countries: read(&hours.holidays),
            closed: read(&hours.closed),
        },
    );
    for fault in schedule.faults(hours.calendars.len()) {
        let (key, hint) = match &fault {
            Fault::NeverOpen => ("open", "say when it is open"),
            Fault::HolidaysUncovered => ("holidays", "name the country"),
            Fault::BreakOutside(_) => ("breaks", "leave it out, or widen the hours"),
            Fault::NoSuchDay(period) | Fault::Overlap(period, _) if hours.breaks.contains(&period.to_string()) => {
                ("breaks", "leave one out")
            }
            Fault::NoSuchDay(_) | Fault::Replaced(_) => ("open", "leave it out, or name other days"),
            Fault::Overlap(..) => ("open", "leave one out"),
            Fault::TooMany(_) => ("", "leave some out"),
        };
        lint.warn(("hours", Some(&hours.name), key), fault.to_string(), hint);
    }
}

/// Texts that the check has read before.
fn read<T: std::str::FromStr>(texts: &[String]) -> Vec<T> {
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}

/// A code that is dialled and another, the same, that is typed during a call: right, but hard to remember.
fn in_call_and_dialled(config: &Config, lint: &mut Lint) {
    let mut codes: Vec<(&'static str, String)> = Vec::new();
    let mut add = |key: &'static str, value: Value<'_>| {
        if let Value::Text(text) = value
            && text.starts_with(['*', '#'])
        {
            codes.push((key, text.to_owned()));
        }
    };
    config.features.each(&mut add);
    config.codes.each(&mut add);
    for (at, (key, text)) in codes.iter().enumerate() {
        if let Some((other, _)) = codes[..at].iter().find(|(_, earlier)| earlier == text) {
            let message = format!("{text} is features.{other} too: one is dialled, the other typed during a call");
            lint.note(("features", None, key), message, "give one of the two another code");
        }
    }
}

pub(super) fn phones(config: &Config, lint: &mut Lint) {
    for phone in config.phones.values() {
        let id = Some(phone.mac.as_str());
        if phone.lines.is_empty() && !phone.hot_desk {
            let hint = "give it an extension, or `hot_desk = true`";
            lint.note(("phone", id, "lines"), "belongs to nobody", hint);
        }
    }
    if !config.phones.is_empty() && !config.provisioning.enabled {
        let message = "there are phones, and none of them may fetch its configuration";
        lint.note(("provisioning", None, "enabled"), message, "switch it on");
    }
    if config.provisioning.dhcp_range.is_some() && !config.provisioning.dhcp {
        lint.note(("provisioning", None, "dhcp_range"), "is not used: `dhcp` is off", "switch it on, or leave it out");
    }
    for layout in config.key_layouts.values() {
        let mut told = BTreeSet::new();
        let keys = layout.keys.iter().filter_map(|text| Key::parse(text).ok().map(|key| (text, key)));
        for (text, wrong) in keys.filter_map(|(text, key)| Some((text, leads_nowhere(config, &key)?))) {
            if told.insert(text) {
                let message = format!("{}: {wrong}", keys::shown(text));
                lint.warn(("key_layout", Some(&layout.name), "keys"), message, "change it, or write `none`");
            }
        }
    }
}

fn leads_nowhere(config: &Config, key: &Key) -> Option<&'static str> {
    match key {
        Key::Blf { number, .. } => config.owner(number).is_none().then_some("nobody has that number"),
        Key::Park { slot, .. } => {
            (config.owner(slot) != Some(Owner::ParkingSlot)).then_some("it is not a parking slot")
        }
        Key::Hours { name, .. } => (!config.hours.contains_key(name)).then_some("there are no such hours"),
        Key::Voicemail { number: Some(number), .. } => {
            (!config.has_mailbox(number)).then_some("there is no such mailbox")
        }
        Key::Voicemail { number: None, .. } | Key::Speed { .. } | Key::Code { .. } | Key::Line { .. } | Key::None => {
            None
        }
    }
}
