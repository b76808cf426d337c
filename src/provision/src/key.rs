//! The keys of a phone as every template reads them: what is dialled, what is watched, what stands beside it.

use config::{Config, Key, Phone};
use serde::Serialize;

/// Keys of one phone at most, expansion modules with them.
const KEYS_MAX: usize = 200;

/// A key. `kind` is `line`, `blf`, `park`, `speed`, `voicemail` or `none`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct KeyView {
    /// From 1.
    pub n: usize,
    pub kind: &'static str,
    /// Which line it is for, from 1.
    pub line: usize,
    /// What is dialled, and watched where it has a lamp; empty for lines and for none.
    pub number: String,
    /// Put before the number when its lamp shows a call that can be taken.
    pub pickup: String,
    pub label: String,
}

/// The keys of a phone: its own layout, else that of its first line's extension. A layout that does not say where the
/// lines are has them first.
pub(crate) fn keys_of(config: &Config, phone: &Phone, lines: usize) -> Vec<KeyView> {
    let extension = phone.lines.first().and_then(|number| config.extensions.get(number));
    let name = phone.keys.as_ref().or(extension.and_then(|e| e.keys.as_ref()));
    let layout = name.and_then(|name| config.key_layouts.get(name)).map_or(&[][..], |layout| &layout.keys);
    let has_lines = layout.iter().any(|key| matches!(Key::parse(key), Ok(Key::Line { .. })));
    let first = (1..=lines).filter(|_| !has_lines).map(|_| Key::Line { label: String::new() });
    // What is no key any more leaves its place free: the keys behind it stay where they are.
    let own = layout.iter().map(|key| Key::parse(key).unwrap_or(Key::None));
    let mut line = 0;
    let view = |(n, key): (usize, Key)| {
        let mut view = view(config, key);
        view.n = n + 1;
        if view.kind == "line" {
            line = if line < lines { line + 1 } else { lines.max(1) };
            view.line = line;
            if view.label.is_empty() {
                view.label = phone.lines.get(line - 1).cloned().unwrap_or_default();
            }
        }
        view
    };
    first.chain(own).take(KEYS_MAX).enumerate().map(view).collect()
}

fn view(config: &Config, key: Key) -> KeyView {
    let codes = &config.codes;
    let none =
        || KeyView { n: 0, kind: "none", line: 1, number: String::new(), pickup: String::new(), label: String::new() };
    let of = |kind, number: String, label: String| {
        let label = if label.is_empty() { number.clone() } else { label };
        KeyView { kind, number, label, ..none() }
    };
    match key {
        Key::Blf { number, label } => {
            let name = config.extensions.get(&number).map(|e| e.name.clone());
            let label = if label.is_empty() { name.unwrap_or_default() } else { label };
            KeyView { pickup: codes.pickup.clone(), ..of("blf", number, label) }
        }
        Key::Park { slot, label } => KeyView { pickup: codes.park_retrieve.clone(), ..of("park", slot, label) },
        Key::Speed { number, label } => of("speed", number, label),
        Key::Code { code, label } => of("speed", code, label),
        Key::Hours { name, label } => {
            let code = config.hours.get(&name).and_then(|hours| hours.code.clone());
            match code.filter(|_| !codes.day_night.is_empty()) {
                Some(code) => {
                    let label = if label.is_empty() { name } else { label };
                    of("blf", format!("{}{code}", codes.day_night), label)
                }
                // Hours that nobody can switch by dialling have nothing to press.
                None => none(),
            }
        }
        Key::Voicemail { number, label } => {
            let dialled = match number {
                None => codes.voicemail.clone(),
                Some(number) => format!("{}{number}", codes.voicemail_other),
            };
            if dialled.is_empty() { none() } else { of("voicemail", dialled, label) }
        }
        Key::Line { label } => KeyView { kind: "line", label, ..none() },
        Key::None => none(),
    }
}
