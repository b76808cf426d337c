//! The difference in sentences.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Config, Extension};
use crate::value::{Fields, Value};

/// What changed from `old` to `new`, a sentence each, in the order of the document. Secrets are not
/// shown, only that they changed.
pub fn summary(old: &Config, new: &Config) -> Vec<String> {
    let mut out = Vec::new();
    section(&mut out, &old.system, &new.system);
    section(&mut out, &old.listen, &new.listen);
    section(&mut out, &old.sip, &new.sip);
    section(&mut out, &old.media, &new.media);
    section(&mut out, &old.features, &new.features);
    numbered(&mut out, "extension", &old.extensions, &new.extensions, |extension| &extension.name, secret_changed);
    numbered(&mut out, "ring group", &old.ring_groups, &new.ring_groups, |group| &group.name, |_, _| false);
    out
}

fn secret_changed(old: &Extension, new: &Extension) -> bool {
    (old.ha1_md5, old.ha1_sha256) != (new.ha1_md5, new.ha1_sha256)
}

fn section<S: Fields + PartialEq>(out: &mut Vec<String>, old: &S, new: &S) {
    if old != new {
        out.push(format!("{}: {}", S::SECTION, fields(old, new).join(", ")));
    }
}

fn numbered<S: Fields + PartialEq>(
    out: &mut Vec<String>,
    what: &str,
    old: &BTreeMap<String, S>,
    new: &BTreeMap<String, S>,
    name: impl Fn(&S) -> &String,
    secret_changed: impl Fn(&S, &S) -> bool,
) {
    let numbers: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for number in numbers {
        match (old.get(number), new.get(number)) {
            (None, Some(added)) => out.push(format!("{what} {number} {} added", name(added))),
            (Some(removed), None) => out.push(format!("{what} {number} {} removed", name(removed))),
            (Some(a), Some(b)) if a != b => {
                let mut changed = fields(a, b);
                if secret_changed(a, b) {
                    changed.push("secret changed".into());
                }
                out.push(format!("{what} {number}: {}", changed.join(", ")));
            }
            _ => {}
        }
    }
}

/// `name Anna → Anne`, for each key that can be shown.
fn fields<S: Fields>(old: &S, new: &S) -> Vec<String> {
    let mut before = Vec::new();
    old.each(&mut |_, value| before.push(value));
    let mut before = before.into_iter();
    let mut out = Vec::new();
    new.each(&mut |key, value| {
        let Some(was) = before.next() else { return };
        if was != value && !matches!(value, Value::Octets(_)) {
            out.push(format!("{key} {} → {}", shown(was), shown(value)));
        }
    });
    out
}

fn shown(value: Value<'_>) -> String {
    match value {
        Value::Absent => "none".into(),
        Value::Text("") => "\"\"".into(),
        Value::Text(text) => text.into(),
        Value::List(list) => list.join(" "),
        other => other.to_string().trim_matches('"').into(),
    }
}
