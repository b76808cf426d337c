//! The kinds of text that stand alone or in lists, and the rule of each.

use calendar::{Country, DayRule, Period};

use crate::country::is_calling_code;
use crate::key::Key;
use crate::network::{Network, NotANetwork};
use crate::number::{is_dialled, is_e164, is_emergency, is_internal_number, is_prefix, is_word, normal_mac};
use crate::pattern::{PATTERN_MAX, Pattern};
use crate::price::Price;

use super::kind::{CODECS, is_mail_address, is_unprintable, quoted};
use super::shown;

/// What one text of a list, or a text that stands alone, has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// An internal number.
    Number,
    /// An internal number, or empty.
    NumberOrNone,
    /// A name: letters, digits, `-` and `_`.
    Word,
    /// A number in E.164.
    E164,
    /// The beginning of a number in E.164.
    Prefix,
    /// A calling code: `+33`, or `+1` with an area code.
    CallingCode,
    /// Digits alone.
    Digits {
        /// At least.
        min: usize,
        /// At most.
        max: usize,
    },
    /// Keys of a phone, or nothing.
    Dialled,
    /// A caller who is blocked: a number in E.164, or its beginning and `*`.
    Blocked,
    /// A country with public holidays, perhaps with a region: `be`, `de-by`.
    Region,
    /// Hours on certain days: `mon-fri 09:00-17:30`.
    Period,
    /// A closed day, or several: `12-24..12-31 Year end`.
    ClosedDay,
    /// A pattern of numbers.
    Pattern,
    /// A pattern of numbers, or `anonymous`.
    Caller,
    /// The price of a minute.
    Price,
    /// A network.
    Network,
    /// A mail address.
    Email,
    /// A codec.
    Codec,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// One line of text.
    Line {
        /// Characters at most.
        max: usize,
    },
    /// The same, or nothing.
    LineOrNone {
        /// Characters at most.
        max: usize,
    },
    /// A key of a phone.
    Key,
    /// `name=value`.
    Setting,
    /// The name or address of a host.
    Host,
    /// A user name in SIP.
    User,
    /// An address on the web.
    Url,
    /// A MAC address.
    Mac,
    /// An IANA time zone.
    TimeZone,
}

impl Item {
    /// What it is, for the reference and for hints; alone, not as a list.
    pub fn describe(self) -> String {
        match self {
            Item::Number => "2 to 10 digits in quotes, not an emergency number".into(),
            Item::NumberOrNone => "2 to 10 digits in quotes, not an emergency number; empty: none".into(),
            Item::Word => format!("1 to {WORD_MAX} letters, digits, `-` and `_`"),
            Item::E164 => "a number as \"+3225551234\"".into(),
            Item::Prefix => "the beginning of a number, \"+3247\"".into(),
            Item::CallingCode => "a calling code, \"+33\", or \"+1\" with an area code, \"+1876\"".into(),
            Item::Digits { min: 0, max } => format!("at most {max} digits in quotes"),
            Item::Digits { min, max } => format!("{min} to {max} digits in quotes"),
            Item::Dialled => "at most 16 of the keys 0-9, `*` and `#`, perhaps behind `+`".into(),
            Item::Blocked => "a number as \"+3225551234\", or its beginning with `*` behind it".into(),
            Item::Region => "a country by two lower-case letters, perhaps with a region: \"be\", \"de-by\"".into(),
            Item::Period => "days and hours, \"mon-fri 09:00-17:30\"".into(),
            Item::ClosedDay => "a day or days and a name, \"12-24..12-31 Year end\"".into(),
            Item::Pattern => format!(
                "a pattern of at most {PATTERN_MAX} characters: digits, `*`, `#`, `+` first, X (0-9), Z (1-9), \
                 N (2-9), [2-58], and at its end `.` (one or more) or `!` (none or more)"
            ),
            Item::Caller => "a pattern as \"+32X.\", or \"anonymous\"".into(),
            Item::Price => "a number's beginning and hundredths a minute, \"+32 2.5\"".into(),
            Item::Network => "an address or a network, \"192.0.2.0/24\"".into(),
            Item::Email => "a mail address".into(),
            Item::Codec => format!("one of {}", quoted(&CODECS)),
            Item::OneOf(words) => format!("one of {}", quoted(words)),
            Item::Line { max } => format!("text of 1 to {max} characters"),
            Item::LineOrNone { max } => format!("text of at most {max} characters"),
            Item::Key => "`blf NUMBER`, `park SLOT`, `speed NUMBER`, `code CODE`, `hours NAME`, `voicemail`, `line` \
                          or `none`, then a label"
                .into(),
            Item::Setting => "`name=value` in the maker's words".into(),
            Item::Host => "the name or address of a host".into(),
            Item::User => "1 to 64 letters, digits and the marks `-_.!~*'()&=+$,;?/@`".into(),
            Item::Url => "an address that begins with `https://` or `http://`".into(),
            Item::Mac => "12 hexadecimal digits in quotes, \"001565aabbcc\"".into(),
            Item::TimeZone => "an IANA time zone".into(),
        }
    }

    /// What is wrong with a text, and what to do; `None` where nothing is.
    pub(super) fn fault(self, text: &str) -> Option<(String, String)> {
        let fits = match self {
            Item::Number | Item::NumberOrNone if is_emergency(text) => {
                let hint = "choose a number that nobody dials for help";
                return Some((format!("{text} is an emergency number"), hint.into()));
            }
            Item::Number => is_internal_number(text),
            Item::NumberOrNone => text.is_empty() || is_internal_number(text),
            Item::Word => is_word(text, WORD_MAX),
            Item::E164 => is_e164(text),
            Item::Prefix => is_prefix(text),
            Item::CallingCode => is_calling_code(text),
            Item::Digits { min, max } => {
                (min..=max).contains(&text.len()) && text.bytes().all(|octet| octet.is_ascii_digit())
            }
            Item::Dialled => {
                let keys = text.strip_prefix('+').unwrap_or(text);
                text.len() <= 16 && (text.is_empty() || text == "+" || is_dialled(keys))
            }
            Item::Blocked => {
                let prefix = text.strip_suffix('*');
                prefix.map_or_else(|| is_e164(text), is_prefix)
            }
            Item::Region => text.parse::<Country>().is_ok() && !text.bytes().any(|octet| octet.is_ascii_uppercase()),
            Item::Period if text.chars().any(is_unprintable) => false,
            Item::Period => return text.parse::<Period>().err().map(|error| says(text, "are not hours", &error)),
            Item::ClosedDay if text.chars().any(is_unprintable) || text.trim() != text => false,
            Item::ClosedDay => {
                return text.parse::<DayRule>().err().map(|error| says(text, "is not a closed day", &error));
            }
            Item::Pattern => return Pattern::parse(text).err().map(|error| self.told(text, &error.to_string())),
            Item::Caller if text == "anonymous" => true,
            Item::Caller => return Pattern::parse(text).err().map(|error| self.told(text, &error.to_string())),
            Item::Price => Price::parse(text).is_ok(),
            Item::Network => {
                return match Network::parse(text) {
                    Ok(_) => None,
                    Err(NotANetwork::Unreadable) => Some(self.told(text, "is not a network")),
                    Err(NotANetwork::HostBits(network)) => {
                        let message = format!("{} says more than its network", shown(text));
                        Some((message, format!("write \"{network}\", or the address alone")))
                    }
                };
            }
            Item::Email => is_mail_address(text),
            Item::Codec => CODECS.contains(&text),
            Item::OneOf(words) => words.contains(&text),
            Item::Line { max } => {
                (1..=max).contains(&text.chars().count()) && text.trim() == text && !text.chars().any(is_unprintable)
            }
            Item::LineOrNone { max } => text.is_empty() || Item::Line { max }.fault(text).is_none(),
            Item::Key if text.chars().any(is_unprintable) => false,
            Item::Key => {
                return Key::parse(text)
                    .err()
                    .map(|error| (format!("{} cannot be a key's function", shown(text)), error.to_string()));
            }
            Item::Setting => is_setting(text),
            Item::Host => is_host(text),
            Item::User => {
                (1..=64).contains(&text.len())
                    && text.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,;?/@".contains(&octet))
            }
            Item::Url => is_url(text),
            Item::Mac => normal_mac(text).is_some_and(|normal| normal == text),
            Item::TimeZone => {
                return super::kind::time_zone(text).err().map(|complaint| (complaint.message, complaint.hint));
            }
        };
        (!fits).then(|| self.told(text, self.is_not()))
    }

    fn told(self, text: &str, what: &str) -> (String, String) {
        (format!("{} {what}", shown(text)), self.describe())
    }

    fn is_not(self) -> &'static str {
        match self {
            Item::Number | Item::NumberOrNone => "cannot be a number",
            Item::Word => "cannot be a name here",
            Item::E164 | Item::Blocked => "is not a number as it is written outside",
            Item::Prefix => "is not the beginning of a number",
            Item::CallingCode => "is not a calling code",
            Item::Digits { .. } | Item::Dialled => "cannot be dialled here",
            Item::Region => "is not a country whose holidays are known",
            Item::Period => "are not hours",
            Item::ClosedDay => "is not a closed day",
            Item::Pattern | Item::Caller => "is not a pattern",
            Item::Price => "is not a price",
            Item::Network => "is not a network",
            Item::Email => "is not a mail address",
            Item::Codec => "is not a codec here",
            Item::OneOf(_) => "is not a choice here",
            Item::Line { .. } | Item::LineOrNone { .. } => "cannot stand here",
            Item::Key => "cannot be a key's function",
            Item::Setting => "is not a setting",
            Item::Host => "cannot be a host",
            Item::User => "cannot be a user name",
            Item::Url => "is not an address on the web",
            Item::Mac => "is not a MAC address",
            Item::TimeZone => "is not a time zone",
        }
    }
}

/// Longest name of a trunk, a route, a class, opening hours and the like.
const WORD_MAX: usize = 32;

/// What a reader of another crate says is wrong.
fn says(text: &str, is_not: &str, error: &dyn std::fmt::Display) -> (String, String) {
    (format!("{} {is_not}", shown(text)), error.to_string())
}

fn is_setting(text: &str) -> bool {
    let Some((name, value)) = text.split_once('=') else { return false };
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-#@:$[]/".contains(c);
    !name.is_empty() && text.len() <= 255 && name.chars().all(plain) && !value.chars().any(is_unprintable)
}

/// A name by RFC 1123 §2.1, or an address.
fn is_host(text: &str) -> bool {
    let is_address = || text.parse::<std::net::IpAddr>().is_ok_and(|ip| !ip.is_unspecified() && !ip.is_multicast());
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    let is_numeric = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    is_address() || (text.len() <= 253 && !is_numeric && text.split('.').all(label))
}

fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        // Names and passwords in an address end up in logs.
        !authority.is_empty()
            && !authority.contains('@')
            && text.len() <= 1_000
            && text.bytes().all(|b| (0x21..0x7f).contains(&b))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_settings_and_addresses_are_told_from_what_only_looks_like_them() {
        let cases: [(Item, &[&str], &[&str]); 8] = [
            (
                Item::Host,
                &["sip.example.com", "192.0.2.1", "2001:db8::1", "pbx", "a-b.c"],
                &["", "a..b", "-a", "a b", "300.1.1.1", "0.0.0.0", "sip:a", "a/b", "1.2.3"],
            ),
            (Item::Setting, &["account.1.label=Desk", "P271=1", "x="], &["", "=x", "a b=c", "label", "a=\n"]),
            (
                Item::Url,
                &["https://a.example/x.ics?k=1", "http://a"],
                &["", "ftp://a", "https://", "https://u:p@a/", "https://a b"],
            ),
            (Item::Region, &["be", "de-by", "gb-sct"], &["", "BE", "b", "bel", "de-", "-by", "xx"]),
            (Item::Period, &["mon-fri 09:00-17:30"], &["", "09:00-17:30", "mon-fri", "mon 9-25"]),
            (Item::ClosedDay, &["12-24", "12-24..12-31 Year end"], &["", "24-12", " 12-24", "12-24 \t"]),
            (Item::Blocked, &["+32470000001", "+32470*", "+3*"], &["", "+", "*", "0470", "+32*1"]),
            (Item::Dialled, &["", "+", "+32", "0*#"], &["++", "a", "12345678901234567"]),
        ];
        for (item, good, bad) in cases {
            for text in good {
                assert_eq!(item.fault(text), None, "{item:?}");
            }
            for text in bad {
                assert!(item.fault(text).is_some(), "{item:?} {text:?}");
            }
        }
    }
}
