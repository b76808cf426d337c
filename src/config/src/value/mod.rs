//! The model seen key by key: what printing, checking and comparing have in common.

mod lines;
mod office;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use base::Redacted;

use crate::choice::Choice;
use crate::destination::Destination;
use crate::model::{
    Conference, Extension, FeatureCodes, Listen, MediaSettings, Music, RecordingSettings, RingGroup, SipSettings,
    System,
};

/// The value of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// The key is left out.
    Absent,
    /// Text.
    Text(&'a str),
    /// A whole number.
    Integer(u32),
    /// A whole number that may be below zero.
    Signed(i32),
    /// A switch.
    Flag(bool),
    /// A list of texts.
    List(&'a [String]),
    /// Address and port.
    Socket(SocketAddr),
    /// An address.
    Ip(IpAddr),
    /// Two ports, both included.
    Ports(u16, u16),
    /// Two addresses, both included.
    Addresses(Ipv4Addr, Ipv4Addr),
    /// Where a call is sent.
    To(&'a Destination),
    /// Octets that must not be shown.
    Octets(&'a [u8]),
    /// Text that must not be shown.
    Hidden(Redacted<&'a str>),
}

impl<'a> Value<'a> {
    fn text_or_absent(text: &'a Option<String>) -> Self {
        text.as_deref().map_or(Value::Absent, Value::Text)
    }

    fn integer_or_absent(n: Option<u16>) -> Self {
        n.map_or(Value::Absent, |n| Value::Integer(n.into()))
    }

    fn integer(n: impl Into<u32>) -> Self {
        Value::Integer(n.into())
    }

    fn to_or_absent(to: &'a Option<Destination>) -> Self {
        to.as_ref().map_or(Value::Absent, Value::To)
    }

    fn hidden_or_absent(text: &'a Option<Redacted<String>>) -> Self {
        text.as_ref().map_or(Value::Absent, |Redacted(text)| Value::Hidden(Redacted(text.as_str())))
    }

    fn choice(choice: impl Choice) -> Self {
        Value::Text(choice.word())
    }

    /// May it be shown?
    pub fn is_secret(&self) -> bool {
        matches!(self, Value::Octets(_) | Value::Hidden(_))
    }
}

impl fmt::Display for Value<'_> {
    /// As TOML.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Absent => Ok(()),
            Value::Text(text) | Value::Hidden(Redacted(text)) => write_quoted(f, text),
            Value::Integer(n) => write!(f, "{n}"),
            Value::Signed(n) => write!(f, "{n}"),
            Value::Flag(flag) => write!(f, "{flag}"),
            Value::List(list) => {
                f.write_str("[")?;
                for (at, text) in list.iter().enumerate() {
                    f.write_str(if at == 0 { "" } else { ", " })?;
                    write_quoted(f, text)?;
                }
                f.write_str("]")
            }
            Value::Socket(at) => write!(f, "\"{at}\""),
            Value::Ip(ip) => write!(f, "\"{ip}\""),
            Value::Ports(low, high) => write!(f, "\"{low}-{high}\""),
            Value::Addresses(first, last) => write!(f, "\"{first}-{last}\""),
            Value::To(to) => write_quoted(f, &to.to_string()),
            Value::Octets(octets) => {
                f.write_str("\"")?;
                write_hex(f, octets)?;
                f.write_str("\"")
            }
        }
    }
}

/// Two hexadecimal digits an octet; 64 octets at once, for a large document has many of them.
fn write_hex(f: &mut fmt::Formatter<'_>, octets: &[u8]) -> fmt::Result {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for chunk in octets.chunks(32) {
        let mut digits = [0_u8; 64];
        for (pair, octet) in digits.chunks_mut(2).zip(chunk) {
            pair[0] = DIGITS[usize::from(octet >> 4)];
            pair[1] = DIGITS[usize::from(octet & 15)];
        }
        f.write_str(std::str::from_utf8(&digits[..chunk.len() * 2]).map_err(|_| fmt::Error)?)?;
    }
    Ok(())
}

/// A TOML basic string (TOML 1.0, "String").
fn write_quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str("\"")?;
    let mut plain = 0;
    for (at, c) in text.char_indices() {
        if c != '"' && c != '\\' && !c.is_ascii_control() {
            continue;
        }
        f.write_str(&text[plain..at])?;
        plain = at + 1;
        match c {
            '"' | '\\' => write!(f, "\\{c}")?,
            _ => write!(f, "\\u{:04X}", u32::from(c))?,
        }
    }
    f.write_str(&text[plain..])?;
    f.write_str("\"")
}

/// A section of the model: its keys by name, in the order of the table.
pub trait Fields {
    /// The section's name in the table.
    const SECTION: &'static str;

    /// Calls `visit` once for each key that a checked configuration knows.
    fn each<'a>(&'a self, visit: &mut dyn FnMut(&'static str, Value<'a>));
}

impl Fields for System {
    const SECTION: &'static str = "system";

    fn each<'a>(&'a self, visit: &mut dyn FnMut(&'static str, Value<'a>)) {
        visit("name", Value::Text(&self.name));
        visit("realm", Value::Text(&self.realm));
        visit("time_zone", Value::Text(&self.time_zone));
    }
}

impl Fields for Listen {
    const SECTION: &'static str = "listen";

    fn each<'a>(&'a self, visit: &mut dyn FnMut(&'static str, Value<'a>)) {
        visit("sip", Value::Socket(self.sip));
        visit("sips", self.sips.map_or(Value::Absent, Value::Socket));
        visit("sips_clients", Value::choice(self.sips_clients));
        visit("sips_client_ca", Value::text_or_absent(&self.sips_client_ca));
        visit("web", Value::Socket(self.web));
        visit("rtp", Value::Ports(self.rtp.0, self.rtp.1));
    }
}

impl Fields for SipSettings {
    const SECTION: &'static str = "sip";

    fn each<'a>(&'a self, visit: &mut dyn FnMut(&'static str, Value<'a>)) {
        visit("external_address", self.external_address.map_or(Value::Absent, Value::Ip));
        visit("expires_min_s", Value::Integer(self.expires_min_s));
        visit("expires_max_s", Value::Integer(self.expires_max_s));
        visit("expires_default_s", Value::Integer(self.expires_default_s));
        visit("devices_max", Value::Integer(self.devices_max.into()));
        visit("ring_time_s", Value::Integer(self.ring_time_s.into()));
        visit("session_expires_s", Value::Integer(self.session_expires_s));
        visit("session_min_s", Value::Integer(self.session_min_s));
        visit("calls_max", Value::Integer(self.calls_max));
        visit("strong_digest", Value::Flag(self.strong_digest));
    }
}

impl Fields for MediaSettings {
    const SECTION: &'static str = "media";

    fn each<'a>(&'a self, visit: &mut dyn FnMut(&'static str, Value<'a>)) {
        visit("codecs", Value::List(&self.codecs));
        visit("inactivity_s", Value::Integer(self.inactivity_s));
        visit("srtp", Value::choice(self.srtp));
        visit("country", Value::Text(&self.country));
        visit("language", Value::choice(self.language));
        visit("opus_complexity", Value::Integer(self.opus_complexity.into()));
        visit("opus_bit_rate", Value::Integer(self.opus_bit_rate));
        visit("audio_threads", Value::Integer(self.audio_threads.into()));
        visit("pin_threads", Value::Flag(self.pin_threads));
        visit("text_to_speech", Value::text_or_absent(&self.text_to_speech));
    }
}

impl Fields for RecordingSettings {
    const SECTION: &'static str = "recording";

    fn each<'a>(&'a self, visit: &mut dyn FnMut(&'static str, Value<'a>)) {
        visit("default", Value::choice(self.default));
        visit("format", Value::choice(self.format));
        visit("announce", Value::Flag(self.announce));
        visit("encrypt", Value::Flag(self.encrypt));
        visit("keep_days", Value::Integer(self.keep_days));
        visit("disk_reserve_mb", Value::Integer(self.disk_reserve_mb));
        visit("duration_max_min", Value::Integer(self.duration_max_min));
    }
}

impl Fields for FeatureCodes {
    const SECTION: &'static str = "features";

    fn each<'a>(&'a self, visit: &mut dyn FnMut(&'static str, Value<'a>)) {
        visit("echo", Value::Text(&self.echo));
        visit("record", Value::Text(&self.record));
        visit("record_pause", Value::Text(&self.record_pause));
        visit("clock", Value::Text(&self.clock));
        visit("own_number", Value::Text(&self.own_number));
        visit("music", Value::Text(&self.music));
        visit("milliwatt", Value::Text(&self.milliwatt));
        visit("listen", Value::Text(&self.listen));
    }
}

impl Fields for Extension {
    const SECTION: &'static str = "extension";

    fn each<'a>(&'a self, visit: &mut dyn FnMut(&'static str, Value<'a>)) {
        visit("number", Value::Text(&self.number));
        visit("name", Value::Text(&self.name));
        visit("email", Value::text_or_absent(&self.email));
        visit("enabled", Value::Flag(self.enabled));
        visit("ring_time_s", Value::integer_or_absent(self.ring_time_s));
        visit("record", Value::choice(self.record));
        visit("supervisor", Value::Flag(self.supervisor));
        visit("language", self.language.map_or(Value::Absent, Value::choice));
        visit("noise_reduction", Value::Flag(self.noise_reduction));
        visit("echo_cancellation", Value::Flag(self.echo_cancellation));
        visit("automatic_gain", Value::Flag(self.automatic_gain));
        visit("gain_db", Value::Signed(self.gain_db.into()));
        visit("class", Value::text_or_absent(&self.class));
        visit("caller_id", Value::text_or_absent(&self.caller_id));
        visit("voicemail", Value::Flag(self.voicemail));
        visit("voicemail_pin", Value::hidden_or_absent(&self.voicemail_pin));
        visit("voicemail_mail", Value::choice(self.voicemail_mail));
        visit("pickup_group", Value::text_or_absent(&self.pickup_group));
        visit("location", Value::text_or_absent(&self.location));
        visit("emergency_caller_id", Value::text_or_absent(&self.emergency_caller_id));
        visit("mobile", Value::text_or_absent(&self.mobile));
        visit("keys", Value::text_or_absent(&self.keys));
        visit("ha1_md5", Value::Octets(&self.ha1_md5));
        visit("ha1_sha256", Value::Octets(&self.ha1_sha256));
    }
}

impl Fields for RingGroup {
    const SECTION: &'static str = "ring_group";

    fn each<'a>(&'a self, visit: &mut dyn FnMut(&'static str, Value<'a>)) {
        visit("number", Value::Text(&self.number));
        visit("name", Value::Text(&self.name));
        visit("members", Value::List(&self.members));
        visit("ring_time_s", Value::integer_or_absent(self.ring_time_s));
        visit("record", Value::choice(self.record));
        visit("music", Value::text_or_absent(&self.music));
        visit("strategy", Value::choice(self.strategy));
        visit("otherwise", Value::to_or_absent(&self.otherwise));
        visit("label", Value::text_or_absent(&self.label));
        visit("skip_busy", Value::Flag(self.skip_busy));
    }
}

impl Fields for Music {
    const SECTION: &'static str = "music";

    fn each<'a>(&'a self, visit: &mut dyn FnMut(&'static str, Value<'a>)) {
        visit("name", Value::Text(&self.name));
        visit("files", Value::List(&self.files));
        visit("shuffle", Value::Flag(self.shuffle));
    }
}

impl Fields for Conference {
    const SECTION: &'static str = "conference";

    fn each<'a>(&'a self, visit: &mut dyn FnMut(&'static str, Value<'a>)) {
        visit("number", Value::Text(&self.number));
        visit("name", Value::Text(&self.name));
        visit("pin", Value::hidden_or_absent(&self.pin));
        visit("entry_tones", Value::Flag(self.entry_tones));
        visit("record", Value::choice(self.record));
        visit("members_max", Value::Integer(self.members_max.into()));
        visit("moderator_pin", Value::hidden_or_absent(&self.moderator_pin));
        visit("wait_for_moderator", Value::Flag(self.wait_for_moderator));
    }
}
