//! The checked configuration: what the rest of the house reads. Immutable; swapped whole.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// A whole, checked configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Who this box is.
    pub system: System,
    /// Where it listens.
    pub listen: Listen,
    /// SIP behaviour.
    pub sip: SipSettings,
    /// Audio.
    pub media: MediaSettings,
    /// Feature codes.
    pub features: FeatureCodes,
    /// Extensions by number.
    pub extensions: BTreeMap<String, Extension>,
    /// Ring groups by number.
    pub ring_groups: BTreeMap<String, RingGroup>,
}

/// `[system]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct System {
    /// The firm's name, on pages.
    pub name: String,
    /// The digest realm; it is part of every stored secret, so a change needs all secrets anew.
    pub realm: String,
    /// IANA time zone, `Europe/Brussels`.
    pub time_zone: String,
}

/// `[listen]`; the command line may override.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// SIP over UDP and TCP.
    pub sip: SocketAddr,
    /// SIP over TLS; absent: off.
    pub sips: Option<SocketAddr>,
    /// Pages and API, HTTPS.
    pub web: SocketAddr,
    /// RTP and RTCP ports, both ends included; RTP uses the even ones.
    pub rtp: (u16, u16),
}

/// `[sip]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SipSettings {
    /// The address phones outside must use, where it is not the box's own (NAT); for Contact and SDP.
    pub external_address: Option<IpAddr>,
    /// Shortest registration accepted, seconds.
    pub expires_min_s: u32,
    /// Longest registration granted, seconds.
    pub expires_max_s: u32,
    /// Granted when the phone names none, seconds.
    pub expires_default_s: u32,
    /// Devices per extension at most.
    pub devices_max: u8,
    /// How long phones ring before "no answer", seconds.
    pub ring_time_s: u16,
    /// Session-Expires proposed (RFC 4028), seconds; 0 switches session timers off.
    pub session_expires_s: u32,
    /// Min-SE, seconds, at least 90.
    pub session_min_s: u32,
    /// Calls at once at most, 503 beyond.
    pub calls_max: u32,
    /// SHA-256 is offered for authentication, before MD5 (RFC 8760).
    pub strong_digest: bool,
}

/// `[media]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaSettings {
    /// Codecs allowed, best first, by RTP encoding name: `PCMU`, `PCMA`, `G722`, `opus`, `G729`.
    pub codecs: Vec<String>,
    /// A call whose legs are all silent for this long is ended, seconds.
    pub inactivity_s: u32,
}

/// `[features]`: the codes a phone may dial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeatureCodes {
    /// Echo test.
    pub echo: String,
}

/// `[[extension]]`
#[derive(Clone, PartialEq, Eq)]
pub struct Extension {
    /// Digits only, 2–10 of them.
    pub number: String,
    /// Who it is.
    pub name: String,
    /// For messages.
    pub email: Option<String>,
    /// MD5(number:realm:secret), 16 octets (RFC 7616 §3.4.2).
    pub ha1_md5: [u8; 16],
    /// SHA-256(number:realm:secret), 32 octets.
    pub ha1_sha256: [u8; 32],
    /// May it register and call.
    pub enabled: bool,
    /// Its own ring time, seconds.
    pub ring_time_s: Option<u16>,
}

impl fmt::Debug for Extension {
    /// Without the HA1s: whoever has them can register as this extension.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extension")
            .field("number", &self.number)
            .field("name", &self.name)
            .field("email", &self.email)
            .field("enabled", &self.enabled)
            .field("ring_time_s", &self.ring_time_s)
            .finish_non_exhaustive()
    }
}

/// `[[ring_group]]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RingGroup {
    /// Digits only.
    pub number: String,
    /// What it is called.
    pub name: String,
    /// Extensions that ring together.
    pub members: Vec<String>,
    /// Its own ring time, seconds.
    pub ring_time_s: Option<u16>,
}
