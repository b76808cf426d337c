//! The checks of a configuration as a whole.
//!
//! Each value by the rule of its kind, then what the keys say about each other. Every fault is
//! found, not only the first.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use crate::error::{Place, Problem};
use crate::keys;
use crate::model::{Config, FeatureCodes, MUSIC_DEFAULT, RingGroup};
use crate::number::is_internal_number;
use crate::value::{Fields, Value};

/// All faults, in the order of the canonical text.
pub(crate) fn check(config: &Config) -> Vec<Problem> {
    let mut found = Found::default();
    found.fields(None, &config.system);
    found.fields(None, &config.listen);
    listen(config, &mut found);
    found.fields(None, &config.sip);
    sip(config, &mut found);
    found.fields(None, &config.media);
    found.fields(None, &config.recording);
    found.fields(None, &config.features);
    codes(&config.features, &mut found);
    for extension in config.extensions.values() {
        found.fields(Some(&extension.number), extension);
    }
    for group in config.ring_groups.values() {
        found.fields(Some(&group.number), group);
        ring_group(config, group, &mut found);
    }
    for music in config.music.values() {
        found.fields(Some(&music.name), music);
    }
    for conference in config.conferences.values() {
        found.fields(Some(&conference.number), conference);
    }
    dialled_once(config, &mut found);
    found.count("extension", config.extensions.len());
    found.count("ring_group", config.ring_groups.len());
    found.count("music", config.music.len());
    found.count("conference", config.conferences.len());
    found.0
}

/// A change of the realm makes every stored secret useless: all of them must be new (RFC 7616
/// §3.4.2 hashes the realm into them).
pub(crate) fn check_change(old: &Config, new: &Config) -> Vec<Problem> {
    let mut found = Found::default();
    if old.system.realm != new.system.realm {
        let kept: Vec<&str> = new
            .extensions
            .values()
            .filter(|extension| {
                old.extensions.get(&extension.number).is_some_and(|before| {
                    before.ha1_md5 == extension.ha1_md5 || before.ha1_sha256 == extension.ha1_sha256
                })
            })
            .map(|extension| extension.number.as_str())
            .collect();
        if !kept.is_empty() {
            const NAMED: usize = 10;
            let more = if kept.len() > NAMED { " …" } else { "" };
            found.at(
                "system",
                None,
                "realm",
                format!("{} extensions still have secrets that were made for \"{}\"", kept.len(), old.system.realm),
                format!(
                    "give each a new `secret` in the same import, or keep the realm: {}{more}",
                    kept[..kept.len().min(NAMED)].join(", ")
                ),
            );
        }
    }
    found.0
}

#[derive(Default)]
struct Found(Vec<Problem>);

impl Found {
    fn at(&mut self, section: &'static str, id: Option<&str>, key: &'static str, message: String, hint: String) {
        let at = Place { section, id: id.map(keys::shown_key), key };
        self.0.push(Problem { at, message, hint, from_absence: false });
    }

    fn taken(&mut self, section: &'static str, number: &str, by: &str) {
        let message = format!("{number} is already {by}");
        self.at(section, Some(number), "number", message, "choose another number".into());
    }

    fn fields<S: Fields>(&mut self, id: Option<&str>, section: &S) {
        let Some(known) = keys::section(S::SECTION) else { return };
        // Both orders are the table's, but `secret` has no value in the model.
        let mut rest = known.keys.iter();
        section.each(&mut |name, value| {
            let Some(key) = rest.find(|key| key.name == name) else { return };
            if let Err(complaint) = key.kind.check(&value) {
                self.at(S::SECTION, id, key.name, complaint.message, complaint.hint);
            }
        });
    }

    fn count(&mut self, section: &'static str, count: usize) {
        let Some(known) = keys::section(section) else { return };
        if count > known.count_max {
            let hint = format!("at most {} fit one box", known.count_max);
            self.at(section, None, "", format!("{count} of them are too many"), hint);
        }
    }
}

fn listen(config: &Config, found: &mut Found) {
    let listen = &config.listen;
    let tcp = [("sip", Some(listen.sip)), ("sips", listen.sips), ("web", Some(listen.web))];
    for (at, (key, address)) in tcp.iter().enumerate() {
        let Some(address) = address else { continue };
        for (earlier, taken) in tcp[..at].iter().filter_map(|(name, taken)| taken.map(|taken| (name, taken))) {
            if clash(*address, taken) {
                let message = format!("{address} is already taken by listen.{earlier}");
                found.at("listen", None, key, message, "choose another port".into());
            }
        }
    }
    let (low, high) = listen.rtp;
    // Only SIP is on UDP too.
    if (low..=high).contains(&listen.sip.port()) {
        let message = format!("{low}-{high} holds the port of listen.sip, {}", listen.sip.port());
        found.at("listen", None, "rtp", message, "move one of the two".into());
    }
    let calls = (u32::from(high.saturating_sub(low)) + 1) / 4;
    if config.sip.calls_max > calls && calls > 0 {
        let message = format!("{low}-{high} holds {calls} calls, sip.calls_max allows {}", config.sip.calls_max);
        found.at("listen", None, "rtp", message, format!("widen the range, or set sip.calls_max to {calls}"));
    }
}

/// Would one of the two sockets not open? An unspecified address stands for all of the box's.
fn clash(a: SocketAddr, b: SocketAddr) -> bool {
    a.port() != 0 && a.port() == b.port() && (a.ip() == b.ip() || a.ip().is_unspecified() || b.ip().is_unspecified())
}

fn sip(config: &Config, found: &mut Found) {
    let sip = &config.sip;
    if sip.expires_max_s < sip.expires_min_s {
        let message = format!("{} is below sip.expires_min_s, {}", sip.expires_max_s, sip.expires_min_s);
        found.at("sip", None, "expires_max_s", message, "raise it, or lower the other".into());
    } else if !(sip.expires_min_s..=sip.expires_max_s).contains(&sip.expires_default_s) {
        let message = format!("{} is not granted", sip.expires_default_s);
        let hint = format!("a number from {} to {}, as the two keys above say", sip.expires_min_s, sip.expires_max_s);
        found.at("sip", None, "expires_default_s", message, hint);
    }
    // RFC 4028 §4: Session-Expires must not be below Min-SE.
    if sip.session_expires_s != 0 && sip.session_expires_s < sip.session_min_s {
        let message = format!("{} is below sip.session_min_s, {}", sip.session_expires_s, sip.session_min_s);
        found.at(
            "sip",
            None,
            "session_expires_s",
            message,
            "raise it, lower the other, or switch it off with 0".into(),
        );
    }
}

fn ring_group(config: &Config, group: &RingGroup, found: &mut Found) {
    let mut seen = BTreeSet::new();
    for member in &group.members {
        if !seen.insert(member) {
            let message = format!("{member} is listed twice");
            found.at("ring_group", Some(&group.number), "members", message, "leave one out".into());
        }
    }
    for member in seen {
        if config.extensions.contains_key(member) {
            continue;
        }
        let other = match () {
            () if config.ring_groups.contains_key(member) => Some("a ring group"),
            () if config.conferences.contains_key(member) => Some("a conference"),
            () => None,
        };
        let shown = keys::shown(member);
        found.0.push(Problem {
            at: Place { section: "ring_group", id: Some(keys::shown_key(&group.number)), key: "members" },
            message: match other {
                Some(other) => format!("{shown} is {other}"),
                None => format!("{shown} is not an extension"),
            },
            hint: match other {
                Some(_) => "only extensions can be members".into(),
                None => "leave it out, or add the extension".into(),
            },
            from_absence: other.is_none(),
        });
    }
    if let Some(music) = group.music.as_ref().filter(|name| *name != MUSIC_DEFAULT && !config.music.contains_key(*name))
    {
        found.0.push(Problem {
            at: Place { section: "ring_group", id: Some(keys::shown_key(&group.number)), key: "music" },
            message: format!("{} is not a music class", keys::shown(music)),
            hint: "leave it out, or add the class as `[[music]]`".into(),
            from_absence: true,
        });
    }
}

/// Whatever can be dialled has one meaning. Numbers hold digits only and codes begin with `*` or `#`, so
/// the two cannot meet.
fn dialled_once(config: &Config, found: &mut Found) {
    for group in config.ring_groups.values() {
        if config.extensions.contains_key(&group.number) {
            found.taken("ring_group", &group.number, "an extension");
        }
    }
    for conference in config.conferences.values() {
        if config.extensions.contains_key(&conference.number) {
            found.taken("conference", &conference.number, "an extension");
        } else if config.ring_groups.contains_key(&conference.number) {
            found.taken("conference", &conference.number, "a ring group");
        }
    }
}

/// Every code has one meaning, and each can be typed to its end.
fn codes(features: &FeatureCodes, found: &mut Found) {
    let mut codes: Vec<(&'static str, &str)> = Vec::new();
    features.each(&mut |key, value| {
        let Value::Text(code) = value else { return };
        let (message, hint) = if let Some((earlier, _)) = codes.iter().find(|(_, taken)| *taken == code) {
            (format!("{code} is already features.{earlier}"), "every code comes once")
        } else {
            let shadow = codes.iter().find_map(|(earlier, other)| {
                let (short, long) = if other.len() < code.len() { (*other, code) } else { (code, *other) };
                let rest = long.strip_prefix(short)?;
                let (first, second) = if short == code { (key, *earlier) } else { (*earlier, key) };
                // During a call the shorter is obeyed as soon as it is complete.
                let in_call = IN_CALL.contains(&first) && IN_CALL.contains(&second);
                let with_number = first == LISTEN && is_internal_number(rest);
                (in_call || with_number).then_some((*earlier, *other, in_call))
            });
            match shadow {
                Some((earlier, other, true)) => (
                    format!("{code} and {other}, features.{earlier}, begin alike"),
                    "neither may be the beginning of the other: both are typed during a call",
                ),
                Some((earlier, other, false)) => (
                    format!("{code} and {other}, features.{earlier}, could mean the same"),
                    "no code may look like that of `listen` with a number behind it",
                ),
                None => {
                    codes.push((key, code));
                    return;
                }
            }
        };
        codes.push((key, code));
        found.at("features", None, key, message, hint.into());
    });
}

/// Codes that are typed during a call.
const IN_CALL: [&str; 2] = ["record", "record_pause"];
/// The code that has a number behind it.
const LISTEN: &str = "listen";
