//! The difference in sentences.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Config;
use crate::value::{Fields, Value};

/// What changed from `old` to `new`, a sentence each, in the order of the document. Secrets are not
/// shown, only that they changed.
pub fn summary(old: &Config, new: &Config) -> Vec<String> {
    let mut out = Vec::new();
    section(&mut out, &old.system, &new.system);
    section(&mut out, &old.listen, &new.listen);
    section(&mut out, &old.sip, &new.sip);
    section(&mut out, &old.media, &new.media);
    section(&mut out, &old.recording, &new.recording);
    section(&mut out, &old.mail, &new.mail);
    section(&mut out, &old.voicemail, &new.voicemail);
    section(&mut out, &old.parking, &new.parking);
    section(&mut out, &old.provisioning, &new.provisioning);
    section(&mut out, &old.numbers, &new.numbers);
    section(&mut out, &old.emergency, &new.emergency);
    let mut codes = fields(&old.features, &new.features);
    codes.append(&mut fields(&old.codes, &new.codes));
    if !codes.is_empty() {
        out.push(format!("features: {}", codes.join(", ")));
    }
    named(&mut out, "extension", &old.extensions, &new.extensions, |extension| format!(" {}", extension.name));
    named(&mut out, "ring group", &old.ring_groups, &new.ring_groups, |group| format!(" {}", group.name));
    named(&mut out, "music", &old.music, &new.music, |_| String::new());
    named(&mut out, "conference", &old.conferences, &new.conferences, |conference| format!(" {}", conference.name));
    named(&mut out, "mailbox", &old.mailboxes, &new.mailboxes, |mailbox| format!(" {}", mailbox.name));
    named(&mut out, "paging", &old.paging, &new.paging, |paging| format!(" {}", paging.name));
    named(&mut out, "hours", &old.hours, &new.hours, |_| String::new());
    named(&mut out, "calendar", &old.calendars, &new.calendars, |_| String::new());
    named(&mut out, "trunk", &old.trunks, &new.trunks, |_| String::new());
    named(&mut out, "class", &old.classes, &new.classes, |_| String::new());
    named(&mut out, "outbound route", &old.outbound_routes, &new.outbound_routes, |_| String::new());
    named(&mut out, "inbound route", &old.inbound_routes, &new.inbound_routes, |_| String::new());
    named(&mut out, "blocked", &old.blocked, &new.blocked, |_| String::new());
    named(&mut out, "phone", &old.phones, &new.phones, |phone| format!(" {}", phone.model.word()));
    named(&mut out, "key layout", &old.key_layouts, &new.key_layouts, |_| String::new());
    out
}

fn section<S: Fields + PartialEq>(out: &mut Vec<String>, old: &S, new: &S) {
    if old != new {
        out.push(format!("{}: {}", S::SECTION, fields(old, new).join(", ")));
    }
}

fn named<S: Fields + PartialEq>(
    out: &mut Vec<String>,
    what: &str,
    old: &BTreeMap<String, S>,
    new: &BTreeMap<String, S>,
    title: impl Fn(&S) -> String,
) {
    let ids: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for id in ids {
        match (old.get(id), new.get(id)) {
            (None, Some(added)) => out.push(format!("{what} {id}{} added", title(added))),
            (Some(removed), None) => out.push(format!("{what} {id}{} removed", title(removed))),
            (Some(a), Some(b)) if a != b => out.push(format!("{what} {id}: {}", fields(a, b).join(", "))),
            _ => {}
        }
    }
}

/// `name Anna → Anne`, for each key that can be shown; of the others only that they changed.
fn fields<S: Fields>(old: &S, new: &S) -> Vec<String> {
    let mut before = Vec::new();
    old.each(&mut |_, value| before.push(value));
    let mut before = before.into_iter();
    let mut out = Vec::new();
    let mut secrets = Vec::new();
    new.each(&mut |key, value| {
        let Some(was) = before.next().filter(|was| *was != value) else { return };
        if !was.is_secret() && !value.is_secret() {
            out.push(format!("{key} {} → {}", shown(was), shown(value)));
        } else {
            // Two digests are one secret.
            let what = if key.starts_with("ha1_") { "secret" } else { key };
            let how = match (was, value) {
                (Value::Absent, _) => "set",
                (_, Value::Absent) => "removed",
                _ => "changed",
            };
            let told = format!("{what} {how}");
            if !secrets.contains(&told) {
                secrets.push(told);
            }
        }
    });
    out.append(&mut secrets);
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
