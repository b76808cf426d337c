//! The parts of a session description.

use core::fmt;
use std::net::{IpAddr, Ipv4Addr};

use crate::crypto::{Crypto, CryptoSuite, MasterKey};
use crate::direction::Direction;
use crate::format::Format;

/// A session description (RFC 8866 §5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// `o=`: who made it, and which version it is.
    pub origin: Origin,
    /// `s=`; `-` where it was missing or empty.
    pub name: String,
    /// `c=` of the session. `None` where it is missing or names a host instead of an address: the
    /// exchange asks no DNS for audio and goes by where the signalling comes from.
    pub connection: Option<IpAddr>,
    /// `b=` of the session.
    pub bandwidth: Vec<Bandwidth>,
    /// Other lines (`i=`, `u=`, `t=` other than `0 0`, letters unknown), in the order of RFC 8866 §5.
    pub other_lines: Vec<Line>,
    /// `a=` of the session, direction excepted (it is resolved into the media).
    pub attributes: Vec<Attribute>,
    /// The `m=` sections.
    pub media: Vec<Media>,
}

/// `o=` (RFC 8866 §5.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The user, `-` for none.
    pub username: String,
    /// The session's number.
    pub session_id: u64,
    /// Goes up with each change (RFC 3264 §8).
    pub version: u64,
    /// The maker's address; `0.0.0.0` where a host name was given, for it only tells sessions apart.
    pub address: IpAddr,
}

/// `m=` and the lines below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    /// What flows.
    pub kind: MediaKind,
    /// The RTP port; 0 refuses the stream (RFC 3264 §6).
    pub port: u16,
    /// How many ports (`m=audio 5000/2`), 1 where nothing is said.
    pub port_count: u16,
    /// `RTP/AVP`, `UDP/TLS/RTP/SAVPF`, `udptl` …
    pub protocol: String,
    /// The formats of an RTP stream, the preferred one first.
    pub formats: Vec<Format>,
    /// The formats of any other stream, token by token.
    pub other_formats: Vec<String>,
    /// `c=` of the stream; see [`Session::connection`].
    pub connection: Option<IpAddr>,
    /// `b=` of the stream.
    pub bandwidth: Vec<Bandwidth>,
    /// Which way it flows. The stream's own attribute counts before the session's, and the address
    /// `0.0.0.0` takes listening away (RFC 3264 §8.4).
    pub direction: Direction,
    /// `a=ptime`, milliseconds per packet.
    pub ptime: Option<u16>,
    /// `a=maxptime`, milliseconds.
    pub maxptime: Option<u16>,
    /// `a=rtcp`: where RTCP goes if not to the next port (RFC 3605).
    pub rtcp: Option<(u16, Option<IpAddr>)>,
    /// `a=rtcp-mux`: RTCP on the RTP port (RFC 5761).
    pub rtcp_mux: bool,
    /// `a=crypto`, in the peer's order of preference (RFC 4568 §5.1.1).
    pub crypto: Vec<Crypto>,
    /// Other lines (`i=`, `k=`), in the order of RFC 8866 §5.
    pub other_lines: Vec<Line>,
    /// All other `a=` lines, in order.
    pub attributes: Vec<Attribute>,
}

/// The kind of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MediaKind {
    /// Voice.
    Audio,
    /// Pictures that move.
    Video,
    /// Fax.
    Image,
    /// Any other token.
    Other(String),
}

/// `b=` (RFC 8866 §5.8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bandwidth {
    /// `AS`, `TIAS`, `RR` …
    pub modifier: String,
    /// In the modifier's unit (kbit/s for `AS`, bit/s for `TIAS`).
    pub value: u64,
}

/// `a=name` or `a=name:value` (RFC 8866 §5.13).
#[derive(Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The name, as it came.
    pub name: String,
    /// All after the first colon.
    pub value: Option<String>,
}

/// A line that is kept but not understood.
#[derive(Clone, PartialEq, Eq)]
pub struct Line {
    /// The letter before `=`.
    pub letter: char,
    /// All after it.
    pub value: String,
}

impl Session {
    /// The largest description read, in octets.
    pub const SIZE_MAX: usize = 16 * 1024;
    /// The most `m=` lines read.
    pub const MEDIA_MAX: usize = 32;

    /// A description without media, made by `origin`.
    pub(crate) fn new(origin: Origin) -> Self {
        Session {
            connection: Some(origin.address),
            origin,
            // RFC 8866 §5.3: a session without a name is called "-".
            name: "-".to_owned(),
            bandwidth: Vec::new(),
            other_lines: Vec::new(),
            attributes: Vec::new(),
            media: Vec::new(),
        }
    }

    /// Where `media` is received: its own `c=`, else the session's (RFC 8866 §5.7).
    pub fn address_of(&self, media: &Media) -> Option<IpAddr> {
        media.connection.or(self.connection)
    }

    /// The position and the section of the first `m=audio` over RTP, in the clear or with a key that we can
    /// use, that is not refused. In a description of ours it is the only live one.
    pub fn audio(&self) -> Option<(usize, &Media)> {
        self.media.iter().enumerate().find(|(_, media)| media.is_live_audio())
    }

    /// Whether this description puts its receiver on hold: there is audio and its sender does not
    /// listen.
    pub fn is_hold(&self) -> bool {
        self.audio().is_some_and(|(_, audio)| audio.direction.is_hold())
    }

    /// Whether both say the same, whatever their version. A peer that repeats its description wants
    /// no change (RFC 3264 §8).
    pub fn same_content(&self, other: &Session) -> bool {
        let mut twin = other.clone();
        twin.origin = self.origin.clone();
        twin == *self
    }
}

impl Origin {
    /// Nobody in particular.
    pub(crate) const NOWHERE: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
}

impl Media {
    /// The most formats read per `m=` line.
    pub const FORMATS_MAX: usize = 64;

    /// Audio over RTP, in the clear or under keys from the description; behind no other layer (DTLS).
    pub(crate) fn is_rtp_audio(&self) -> bool {
        self.kind == MediaKind::Audio && (self.is_plain() || self.is_secured())
    }

    /// Audio that may be taken up: not refused, and if it is secured, with a key that we can use.
    pub(crate) fn is_live_audio(&self) -> bool {
        self.is_rtp_audio() && self.port != 0 && (self.is_plain() || self.key().is_some())
    }

    fn is_plain(&self) -> bool {
        ["RTP/AVP", "RTP/AVPF"].iter().any(|known| self.protocol.eq_ignore_ascii_case(known))
    }

    /// SRTP with keys in the description (RFC 4568 §6).
    pub(crate) fn is_secured(&self) -> bool {
        ["RTP/SAVP", "RTP/SAVPF"].iter().any(|known| self.protocol.eq_ignore_ascii_case(known))
    }

    /// The first `a=crypto` line that is of use: its tag, suite and key.
    pub(crate) fn key(&self) -> Option<(u32, CryptoSuite, MasterKey)> {
        self.crypto.iter().find_map(|line| line.usable().map(|(suite, key)| (line.tag, suite, key)))
    }

    /// The suite, this side's key and the other's where offer and answer, whichever this is, name one tag with
    /// one suite. Never the same key twice: one key stream for two ends protects nothing (RFC 3711 §9.1).
    pub(crate) fn shared_key(&self, other: &Media) -> Option<(CryptoSuite, MasterKey, MasterKey)> {
        self.crypto.iter().find_map(|line| {
            let twin = other.crypto.iter().find(|twin| twin.tag == line.tag)?;
            let ((suite, ours), (same, theirs)) = (line.usable()?, twin.usable()?);
            (suite == same && ours != theirs).then_some((suite, ours, theirs))
        })
    }

    /// An `m=` line that refuses `self` and keeps its place (RFC 3264 §6: the port is zero, the
    /// formats are ignored but one must stand there).
    pub(crate) fn refused(&self) -> Media {
        Media {
            formats: self.formats.iter().map(|format| Format::from_number(format.payload)).collect(),
            other_formats: self.other_formats.clone(),
            ..Media::new(self.kind.clone(), 0, &self.protocol)
        }
    }

    pub(crate) fn new(kind: MediaKind, port: u16, protocol: &str) -> Self {
        Media {
            kind,
            port,
            port_count: 1,
            protocol: protocol.to_owned(),
            formats: Vec::new(),
            other_formats: Vec::new(),
            connection: None,
            bandwidth: Vec::new(),
            direction: Direction::SendRecv,
            ptime: None,
            maxptime: None,
            rtcp: None,
            rtcp_mux: false,
            crypto: Vec::new(),
            other_lines: Vec::new(),
            attributes: Vec::new(),
        }
    }

    /// The value of the first attribute of that name; `Some("")` where it has none.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|attribute| attribute.name == name).map(|a| a.value.as_deref().unwrap_or(""))
    }

    /// The first format that carries voice: the one that will be heard.
    pub fn voice(&self) -> Option<&Format> {
        self.formats.iter().find(|format| !format.is_companion() && !format.encoding.is_empty())
    }
}

impl MediaKind {
    /// The token in the `m=` line.
    pub fn name(&self) -> &str {
        match self {
            MediaKind::Audio => "audio",
            MediaKind::Video => "video",
            MediaKind::Image => "image",
            MediaKind::Other(token) => token,
        }
    }
}

impl fmt::Debug for Attribute {
    /// Without the value where it is a key: `a=crypto` in a wrong place.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secret = self.name.eq_ignore_ascii_case("crypto");
        let value = if secret { self.value.as_ref().map(|_| "…") } else { self.value.as_deref() };
        f.debug_struct("Attribute").field("name", &self.name).field("value", &value).finish()
    }
}

impl fmt::Debug for Line {
    /// Without the value where it is a key (`k=`, RFC 8866 §5.12).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = if self.letter == 'k' { "…" } else { self.value.as_str() };
        f.debug_struct("Line").field("letter", &self.letter).field("value", &value).finish()
    }
}
