//! What one key of a phone does: written as one line in the document, `blf 102 Anna`.

use std::fmt;
use std::str::FromStr;

use crate::number::{is_dialled, is_internal_number, is_word};

/// A key of a phone. Labels are what stands beside it; empty: the phone's own choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// Shows whether an extension is free, and calls it or takes its ringing call: `blf 102 Anna`.
    Blf {
        /// The extension.
        number: String,
        /// Beside the key.
        label: String,
    },
    /// Parks at a slot and takes back from it: `park 701`.
    Park {
        /// The slot.
        slot: String,
        /// Beside the key.
        label: String,
    },
    /// Dials a number: `speed 0477123456 Mobile`.
    Speed {
        /// Digits, perhaps behind `+`.
        number: String,
        /// Beside the key.
        label: String,
    },
    /// Dials a feature code: `code *78 Do not disturb`.
    Code {
        /// The code, perhaps with digits behind it.
        code: String,
        /// Beside the key.
        label: String,
    },
    /// Shows and switches opening hours: `hours office Night`.
    Hours {
        /// Their name.
        name: String,
        /// Beside the key.
        label: String,
    },
    /// Shows waiting messages and calls the mailbox: `voicemail`, or `voicemail 800 Sales` for a shared one.
    Voicemail {
        /// The mailbox; absent: one's own.
        number: Option<String>,
        /// Beside the key.
        label: String,
    },
    /// A line: `line`.
    Line {
        /// Beside the key.
        label: String,
    },
    /// Nothing; the place stays free: `none`.
    None,
}

/// Why text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAKey {
    /// The first word says nothing.
    #[error(
        "expected `blf NUMBER`, `park SLOT`, `speed NUMBER`, `code CODE`, `hours NAME`, `voicemail`, `line` or `none`, \
         then a label"
    )]
    Word,
    /// What stands behind it does not fit.
    #[error("expected {0} behind its first word")]
    Target(&'static str),
    /// Too long, or not printable.
    #[error("expected a label of at most {LABEL_MAX} characters")]
    Label,
}

/// Longest label, characters.
const LABEL_MAX: usize = 32;

impl Key {
    /// Reads a key; words are parted by one space.
    pub fn parse(text: &str) -> Result<Self, NotAKey> {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        let (number, behind) = rest.split_once(' ').unwrap_or((rest, ""));
        let label = |label: &str| {
            let fits =
                label.chars().count() <= LABEL_MAX && label.trim() == label && !label.chars().any(char::is_control);
            if fits { Ok(label.to_owned()) } else { Err(NotAKey::Label) }
        };
        let target = |fits: bool, what: &'static str| {
            if fits { Ok(number.to_owned()) } else { Err(NotAKey::Target(what)) }
        };
        Ok(match word {
            "blf" => Key::Blf {
                number: target(is_internal_number(number), "a number of 2 to 10 digits")?,
                label: label(behind)?,
            },
            "park" => Key::Park { slot: target(is_internal_number(number), "a parking slot")?, label: label(behind)? },
            "speed" => Key::Speed {
                number: target(is_dialled(number.strip_prefix('+').unwrap_or(number)), "a number")?,
                label: label(behind)?,
            },
            "code" => {
                let fits = number.starts_with(['*', '#']) && number.len() > 1 && is_dialled(number);
                Key::Code { code: target(fits, "a feature code")?, label: label(behind)? }
            }
            "hours" => Key::Hours { name: target(is_word(number, 32), "the name of hours")?, label: label(behind)? },
            "voicemail" if is_internal_number(number) => {
                Key::Voicemail { number: Some(number.to_owned()), label: label(behind)? }
            }
            "voicemail" => Key::Voicemail { number: None, label: label(rest)? },
            "line" => Key::Line { label: label(rest)? },
            "none" if rest.is_empty() => Key::None,
            _ => return Err(NotAKey::Word),
        })
    }
}

impl FromStr for Key {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        Key::parse(text)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let label = match self {
            Key::Blf { number, label } => write!(f, "blf {number}").map(|()| label)?,
            Key::Park { slot, label } => write!(f, "park {slot}").map(|()| label)?,
            Key::Speed { number, label } => write!(f, "speed {number}").map(|()| label)?,
            Key::Code { code, label } => write!(f, "code {code}").map(|()| label)?,
            Key::Hours { name, label } => write!(f, "hours {name}").map(|()| label)?,
            Key::Voicemail { number: Some(number), label } => write!(f, "voicemail {number}").map(|()| label)?,
            Key::Voicemail { number: None, label } => f.write_str("voicemail").map(|()| label)?,
            Key::Line { label } => f.write_str("line").map(|()| label)?,
            Key::None => return f.write_str("none"),
        };
        if label.is_empty() { Ok(()) } else { write!(f, " {label}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_back_as_it_prints() {
        for text in [
            "blf 102 Anna",
            "blf 102",
            "park 701",
            "speed 0477123456 My mobile",
            "speed +3225551234",
            "code *281 Night",
            "code *78",
            "hours office Day/night",
            "voicemail",
            "voicemail Messages",
            "voicemail 800 Sales",
            "line",
            "line Reception",
            "none",
        ] {
            assert_eq!(Key::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_key_is_told_apart() {
        let long = format!("line {}", "x".repeat(33));
        let cases = [
            ("", NotAKey::Word),
            ("BLF 102", NotAKey::Word),
            ("none x", NotAKey::Word),
            ("blf", NotAKey::Target("a number of 2 to 10 digits")),
            ("blf anna", NotAKey::Target("a number of 2 to 10 digits")),
            ("park 7", NotAKey::Target("a parking slot")),
            ("speed +", NotAKey::Target("a number")),
            ("code 78", NotAKey::Target("a feature code")),
            ("hours a/b", NotAKey::Target("the name of hours")),
            ("blf 102  Anna", NotAKey::Label),
            ("line a\tb", NotAKey::Label),
            (long.as_str(), NotAKey::Label),
        ];
        for (text, error) in cases {
            assert_eq!(Key::parse(text), Err(error), "{text}");
        }
    }
}
