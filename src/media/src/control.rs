//! The language between the exchange and the audio plane: commands down, events up.
//!
//! Values only; nothing here knows sockets or threads. The plane obeys commands in order; a command
//! for a stream that is not open is ignored and counted, for streams end at any moment.

use std::net::{IpAddr, SocketAddr};

use base::{Duration, StreamId};
use serde::{Deserialize, Serialize};

/// An audio coding, told apart as RTP tells them apart (name, clock rate; RFC 3551 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Codec {
    /// G.711 µ-law, 8 kHz.
    Pcmu,
    /// G.711 A-law, 8 kHz.
    Pcma,
    /// G.722, 16 kHz audio on an 8 kHz RTP clock (RFC 3551 §4.5.2).
    G722,
    /// Opus, 48 kHz RTP clock (RFC 7587).
    Opus,
    /// G.729, passed through only.
    G729,
    /// RFC 4733 digits and events on an 8 kHz clock.
    TelephoneEvent,
    /// RFC 4733 events on Opus' 48 kHz clock.
    TelephoneEvent48k,
    /// RFC 3389 comfort noise, 8 kHz.
    ComfortNoise,
}

/// One row of a stream's payload map: RTP payload type (0–127) and what it means there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Payload {
    /// RTP payload type, 0–127.
    pub number: u8,
    /// The coding.
    pub codec: Codec,
}

/// How a stream learns where its peer really sends from (symmetric RTP, RFC 4961).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Latch {
    /// Follow the first valid RTP source whose IP address is the negotiated one; the port may
    /// differ. Nobody else is ever listened to or sent to.
    SameAddress,
    /// The phone is behind NAT (its signalling came from another address than its SDP names):
    /// besides the negotiated address also accept the IP address that the signalling came from.
    /// `signalling` is that address. Any third address is a stranger.
    Nat {
        /// Where the phone's signalling comes from.
        signalling: IpAddr,
    },
}

/// Where the peer of a stream receives, and what it may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remote {
    /// Negotiated RTP address (from its SDP `c=` and `m=`).
    pub rtp: SocketAddr,
    /// Negotiated RTCP address (RFC 3605, or the RTP port + 1).
    pub rtcp: SocketAddr,
    /// Which sources are believed.
    pub latch: Latch,
    /// The payload types agreed on, as *we* number them when sending to the peer; receiving, the
    /// peer uses the same numbers (RFC 3264 §6.1 recommends so and we always answer so).
    pub payloads: Vec<Payload>,
    /// We send audio to the peer (its direction attribute is sendrecv or recvonly).
    pub send: bool,
    /// The peer sends audio to us (sendrecv or sendonly).
    pub receive: bool,
}

/// What happens with the audio that a stream receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sink {
    /// Nothing: the packets are counted, digits are heard, audio is dropped.
    None,
    /// Forwarded to another stream of the plane, payload types translated by codec.
    Stream(StreamId),
    /// Sent back to where it came from (echo test).
    Echo,
}

/// From the exchange to the plane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MediaCommand {
    /// Open RTP on `ip`:`port` (even) and RTCP on `port` + 1. Until [`MediaCommand::Remote`] comes,
    /// everything received is dropped.
    Open {
        /// The new stream.
        stream: StreamId,
        /// Local address.
        ip: IpAddr,
        /// Local RTP port, even.
        port: u16,
    },
    /// The peer's side of the negotiation, first or changed. A change of address re-arms latching.
    Remote {
        /// The stream.
        stream: StreamId,
        /// Its peer.
        remote: Remote,
    },
    /// Where this stream's received audio goes from now on (one direction only).
    Sink {
        /// The stream whose received audio is meant.
        stream: StreamId,
        /// Where it goes.
        sink: Sink,
    },
    /// Close both sockets; answered by [`MediaEvent::Closed`] with the final figures.
    Close {
        /// The stream.
        stream: StreamId,
    },
}

/// From the plane to the exchange.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum MediaEvent {
    /// The sockets could not be opened.
    OpenFailed {
        /// The stream, which no longer exists.
        stream: StreamId,
        /// The operating system's reason, for the log and the call page.
        reason: String,
    },
    /// The first believed packet, or a believed change of source.
    Latched {
        /// The stream.
        stream: StreamId,
        /// The peer's real RTP source, to which we now send.
        peer: SocketAddr,
    },
    /// A DTMF digit by RFC 4733 ended (reported once per digit).
    Digit {
        /// The stream that heard it.
        stream: StreamId,
        /// `0`–`9`, `*`, `#`, `A`–`D`.
        digit: char,
        /// How long the key was held.
        duration: Duration,
    },
    /// A stream that should receive has received no RTP for the inactivity limit. Repeated once per
    /// further limit.
    Silent {
        /// The stream.
        stream: StreamId,
        /// Since when nothing was received.
        for_: Duration,
    },
    /// Figures so far, once every 5 s per open stream that has a remote.
    Quality {
        /// The stream.
        stream: StreamId,
        /// Totals since it was opened.
        stats: StreamStats,
    },
    /// The stream is closed; its ports are free again.
    Closed {
        /// The stream.
        stream: StreamId,
        /// The final figures.
        stats: StreamStats,
    },
}

/// Totals of one stream since it was opened: what we received from the peer, what we sent it, and
/// what the peer's RTCP says of what it received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StreamStats {
    /// RTP packets received from the believed peer.
    pub received: u64,
    /// RTP payload octets received.
    pub received_octets: u64,
    /// Expected minus received (RFC 3550 §6.4.1), never below zero here.
    pub lost: u64,
    /// Packets that came after a later one, not duplicates.
    pub reordered: u64,
    /// Interarrival jitter now (RFC 3550 §6.4.1), in microseconds.
    pub jitter_us: u32,
    /// The highest jitter seen, in microseconds.
    pub jitter_max_us: u32,
    /// The longest time between two packets, in milliseconds.
    pub gap_max_ms: u32,
    /// RTP packets sent to the peer.
    pub sent: u64,
    /// RTP payload octets sent.
    pub sent_octets: u64,
    /// Packets lost on the way to the peer, by its receiver reports, if it sent any.
    pub remote_lost: Option<u32>,
    /// Jitter at the peer in microseconds, by its receiver reports.
    pub remote_jitter_us: Option<u32>,
    /// Last round trip by RTCP (RFC 3550 §6.4.1), in microseconds.
    pub round_trip_us: Option<u32>,
    /// The highest round trip, in microseconds.
    pub round_trip_max_us: Option<u32>,
    /// Packets dropped because their source was not the believed peer.
    pub strangers: u64,
    /// Packets dropped for another reason: malformed, unknown payload type, no sink, no common codec.
    pub dropped: u64,
    /// The peer's real RTP source, once heard.
    pub peer: Option<SocketAddr>,
}
