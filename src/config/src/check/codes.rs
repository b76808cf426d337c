//! Feature codes: every one has one meaning, and each can be typed to its end.
//!
//! What is dialled and what is typed during a call do not meet: `*3` may pause a recording and begin `*30`.

use super::Found;
use crate::codes::code_of_set;
use crate::keys::{self, Kind, Use};
use crate::model::Config;
use crate::number::{is_feature_code, is_internal_number};
use crate::value::{Fields, Value};

/// A code as it stands.
struct Code<'c> {
    key: &'static str,
    text: &'c str,
    typed: Use,
    /// As the set has it: nobody wrote it.
    is_usual: bool,
}

pub(super) fn codes(config: &Config, found: &mut Found) {
    let mut codes = Vec::new();
    let mut add = |key, value: Value<'_>| {
        // What is empty is switched off, and what is no code was told before.
        if let (Some(typed), Value::Text(text)) = (typed(key), value)
            && is_feature_code(text)
        {
            codes.push((key, text.to_owned(), typed));
        }
    };
    config.features.each(&mut add);
    config.codes.each(&mut add);
    let codes: Vec<Code<'_>> = codes
        .iter()
        .map(|(key, text, typed)| Code {
            key,
            text,
            typed: *typed,
            is_usual: *text == code_of_set(key, config.codes.set),
        })
        .collect();
    let mut told = Vec::new();
    for (at, code) in codes.iter().enumerate() {
        for earlier in &codes[..at] {
            // Whoever wrote a code that meets one of the set has to change what he wrote.
            let (blamed, other) = if code.is_usual && !earlier.is_usual { (earlier, code) } else { (code, earlier) };
            if told.contains(&blamed.key) {
                continue;
            }
            if let Some((message, hint)) = conflict(blamed, other) {
                told.push(blamed.key);
                found.at("features", None, blamed.key, message, hint.into());
            }
        }
    }
}

/// When a key's code is typed; none for a key that is no code.
fn typed(key: &str) -> Option<Use> {
    match keys::section("features")?.key(key)?.kind {
        Kind::Code(typed) | Kind::CodeOrOff(typed) => Some(typed),
        _ => None,
    }
}

fn conflict(code: &Code<'_>, other: &Code<'_>) -> Option<(String, &'static str)> {
    if (code.typed == Use::InCall) != (other.typed == Use::InCall) {
        return None;
    }
    let Code { key, text, .. } = other;
    if code.text == *text {
        let hint = "every code comes once; \"\" switches one off, where it is not needed";
        return Some((format!("{text} is already features.{key}"), hint));
    }
    let (short, long) = if text.len() < code.text.len() { (other, code) } else { (code, other) };
    let rest = long.text.strip_prefix(short.text)?;
    // What may follow the longer code may make its digits and the rest a number of the shorter one.
    let goes_on = !matches!(long.typed, Use::Alone | Use::InCall);
    let is_digits = rest.bytes().all(|octet| octet.is_ascii_digit());
    match short.typed {
        // The shorter is obeyed as soon as it is complete.
        Use::InCall => Some((
            format!("{} and {text}, features.{key}, begin alike", code.text),
            "neither may be the beginning of the other: both are typed during a call",
        )),
        Use::Number if is_internal_number(rest) || (goes_on && is_digits) => Some(same(code, other)),
        Use::Digits if is_digits => Some(same(code, other)),
        Use::Alone | Use::Number | Use::Digits => None,
    }
}

fn same(code: &Code<'_>, other: &Code<'_>) -> (String, &'static str) {
    (
        format!("{} and {}, features.{}, could mean the same", code.text, other.text, other.key),
        "no code may look like another with digits behind it; \"\" switches one off",
    )
}
