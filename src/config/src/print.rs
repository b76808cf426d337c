//! The canonical text: the same configuration always prints as the same octets, one key a line.

use std::fmt::Write;

use crate::keys::{self, Fallback};
use crate::model::Config;
use crate::value::{Fields, Value};

/// Prints a configuration: sections in the order of the table, those that repeat by
/// number or name, every key with its value (those that repeat a default only in the sections that come
/// once, so that ten thousand extensions stay short).
pub fn to_toml(config: &Config) -> String {
    // An extension takes about 190 octets.
    let mut out = String::with_capacity(1024 + 256 * (config.extensions.len() + config.ring_groups.len()));
    section(&mut out, &config.system);
    section(&mut out, &config.listen);
    section(&mut out, &config.sip);
    section(&mut out, &config.media);
    section(&mut out, &config.recording);
    section(&mut out, &config.features);
    for extension in config.extensions.values() {
        section(&mut out, extension);
    }
    for group in config.ring_groups.values() {
        section(&mut out, group);
    }
    for music in config.music.values() {
        section(&mut out, music);
    }
    for conference in config.conferences.values() {
        section(&mut out, conference);
    }
    out
}

fn section<S: Fields>(out: &mut String, fields: &S) {
    let Some(known) = keys::section(S::SECTION) else { return };
    if !out.is_empty() {
        out.push('\n');
    }
    // Writing to a String cannot fail.
    let _ = match known.is_repeated() {
        true => writeln!(out, "[[{}]]", known.name),
        false => writeln!(out, "[{}]", known.name),
    };
    fields.each(&mut |name, value| {
        let is_default = match (known.key(name).map(|key| key.fallback), &value) {
            (Some(Fallback::Flag(default)), Value::Flag(flag)) => default == *flag,
            (Some(Fallback::Text(default)), Value::Text(text)) => default == *text,
            (Some(Fallback::Integer(default)), Value::Integer(n)) => default == *n,
            (Some(Fallback::Signed(default)), Value::Signed(n)) => default == *n,
            _ => false,
        };
        if value != Value::Absent && !(known.is_repeated() && is_default) {
            let _ = writeln!(out, "{name} = {value}");
        }
    });
}
