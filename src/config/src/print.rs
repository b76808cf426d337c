//! The canonical text: the same configuration always prints as the same octets, one key a line.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::codes::code_of_set;
use crate::keys::{self, Fallback};
use crate::model::{Config, FeatureCodes, Numbers};
use crate::value::{Fields, Value};

/// Prints a configuration: sections in the order of the table, those that repeat by
/// number or name, every key with its value (those that repeat a default only in the sections that come
/// once, so that ten thousand extensions stay short). Codes that the set has, and beginnings of numbers that
/// the country has, are left out too: the set and the country can be changed on one line.
pub fn to_toml(config: &Config) -> String {
    // An extension takes about 190 octets.
    let mut out = String::with_capacity(1024 + 256 * (config.extensions.len() + config.ring_groups.len()));
    section(&mut out, &config.system);
    section(&mut out, &config.listen);
    section(&mut out, &config.sip);
    section(&mut out, &config.media);
    section(&mut out, &config.recording);
    section(&mut out, &config.mail);
    section(&mut out, &config.voicemail);
    section(&mut out, &config.parking);
    section(&mut out, &config.provisioning);
    let usual = Numbers::of(config.numbers.country_code.clone());
    header::<Numbers>(&mut out);
    keys(&mut out, &config.numbers, &|name, value| is_usual(&usual, name, value));
    section(&mut out, &config.emergency);
    header::<FeatureCodes>(&mut out);
    let of_set = |name: &str, value: &Value<'_>| *value == Value::Text(code_of_set(name, config.codes.set));
    keys(&mut out, &config.features, &of_set);
    keys(&mut out, &config.codes, &of_set);
    each(&mut out, &config.extensions);
    each(&mut out, &config.ring_groups);
    each(&mut out, &config.music);
    each(&mut out, &config.conferences);
    each(&mut out, &config.mailboxes);
    each(&mut out, &config.paging);
    each(&mut out, &config.hours);
    each(&mut out, &config.calendars);
    each(&mut out, &config.trunks);
    each(&mut out, &config.classes);
    each(&mut out, &config.outbound_routes);
    each(&mut out, &config.inbound_routes);
    each(&mut out, &config.blocked);
    each(&mut out, &config.phones);
    each(&mut out, &config.key_layouts);
    out
}

fn each<S: Fields>(out: &mut String, rows: &BTreeMap<String, S>) {
    for row in rows.values() {
        section(out, row);
    }
}

fn section<S: Fields>(out: &mut String, fields: &S) {
    header::<S>(out);
    keys(out, fields, &|_, _| false);
}

fn header<S: Fields>(out: &mut String) {
    let Some(known) = keys::section(S::SECTION) else { return };
    if !out.is_empty() {
        out.push('\n');
    }
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}", known.header());
}

/// The keys of a section. `is_usual` knows the defaults that depend on another key.
fn keys<S: Fields>(out: &mut String, fields: &S, is_usual: &dyn Fn(&str, &Value<'_>) -> bool) {
    let Some(known) = keys::section(S::SECTION) else { return };
    fields.each(&mut |name, value| {
        let is_left_out = match (known.key(name).map(|key| key.fallback), &value) {
            (_, Value::Absent) => true,
            (Some(Fallback::OfSet(_) | Fallback::OfCountry), value) => is_usual(name, value),
            (Some(fallback), value) => known.is_repeated() && is_default(fallback, value),
            (None, _) => false,
        };
        if !is_left_out {
            let _ = writeln!(out, "{name} = {value}");
        }
    });
}

fn is_default(fallback: Fallback, value: &Value<'_>) -> bool {
    match (fallback, value) {
        (Fallback::Flag(default), Value::Flag(flag)) => default == *flag,
        (Fallback::Text(default), Value::Text(text)) => default == *text,
        (Fallback::Integer(default), Value::Integer(n)) => default == *n,
        (Fallback::Signed(default), Value::Signed(n)) => default == *n,
        (Fallback::List(default), Value::List(list)) => default == *list,
        _ => false,
    }
}

/// Does the section that is usual have the same value?
fn is_usual<S: Fields>(usual: &S, name: &str, value: &Value<'_>) -> bool {
    let mut is_same = false;
    usual.each(&mut |known, usual| is_same |= known == name && usual == *value);
    is_same
}
