//! Where a call may be sent by a rule: written as one word in the document, `voicemail:101`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A place to which a rule sends a call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Destination {
    /// Whatever that number is inside: an extension, a ring group, a conference. Written as the number alone.
    Number(String),
    /// Straight to the mailbox of an extension or to a shared one: `voicemail:101`.
    Voicemail(String),
    /// The inbound side of opening hours: `hours:office` asks them and goes where they say.
    Hours(String),
    /// A sound of the library is played, then the box hangs up: `sound:closed`.
    Sound(String),
    /// A number outside, under the outbound policy: `outside:+3225551234`.
    Outside(String),
    /// The caller hears that it is busy: `busy`.
    Busy,
    /// The box hangs up: `hangup`.
    HangUp,
}

/// Why text is no destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotADestination;

impl fmt::Display for NotADestination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "expected a number, `voicemail:NUMBER`, `hours:NAME`, `sound:NAME`, `outside:NUMBER`, `busy` or `hangup`",
        )
    }
}

impl std::error::Error for NotADestination {}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Destination::Number(number) => f.write_str(number),
            Destination::Voicemail(number) => write!(f, "voicemail:{number}"),
            Destination::Hours(name) => write!(f, "hours:{name}"),
            Destination::Sound(name) => write!(f, "sound:{name}"),
            Destination::Outside(number) => write!(f, "outside:{number}"),
            Destination::Busy => f.write_str("busy"),
            Destination::HangUp => f.write_str("hangup"),
        }
    }
}

impl FromStr for Destination {
    type Err = NotADestination;

    fn from_str(text: &str) -> Result<Self, NotADestination> {
        let digits = |text: &str| !text.is_empty() && text.len() <= 10 && text.bytes().all(|b| b.is_ascii_digit());
        let name = |text: &str| {
            !text.is_empty()
                && text.len() <= 64
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        };
        let outside = |text: &str| {
            let digits = text.strip_prefix('+').unwrap_or(text);
            (3..=20).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
        };
        Ok(match text.split_once(':') {
            None if text == "busy" => Destination::Busy,
            None if text == "hangup" => Destination::HangUp,
            None if digits(text) => Destination::Number(text.to_owned()),
            Some(("voicemail", number)) if digits(number) => Destination::Voicemail(number.to_owned()),
            Some(("hours", of)) if name(of) => Destination::Hours(of.to_owned()),
            Some(("sound", sound)) if name(sound) => Destination::Sound(sound.to_owned()),
            Some(("outside", number)) if outside(number) => Destination::Outside(number.to_owned()),
            _ => return Err(NotADestination),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_reads_back_as_it_prints() {
        let all = ["101", "voicemail:101", "hours:office", "sound:closed", "outside:+3225551234", "busy", "hangup"];
        for text in all {
            assert_eq!(text.parse::<Destination>().unwrap().to_string(), text);
        }
        for text in ["", "1 01", "voicemail:", "voicemail:abc", "sound:../x", "outside:+", "queue:5", "12345678901"] {
            assert!(text.parse::<Destination>().is_err(), "{text}");
        }
    }
}
