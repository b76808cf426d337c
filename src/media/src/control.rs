//! The language between the exchange and the audio plane: commands down, events up.
//!
//! Values only; nothing here knows sockets or threads. The plane obeys commands in order; a command
//! for a stream that is not open is ignored and counted, for streams end at any moment.

mod event;
mod play;
mod recording;
mod room;
mod secure;

use std::net::{IpAddr, SocketAddr};

use base::{Duration, PlayId, RecordingId, RoomId, StreamId};
use serde::{Deserialize, Serialize};

pub use event::{DigitWay, MediaEvent, PlayEnd, Second, Signal, StreamStats};
pub use play::{Country, DigitTones, Listen, PlayItem, PlayList, Processing, Tone};
pub use recording::{Recorded, RecordingEnd, RecordingFile, RecordingFormat};
pub use room::{Audience, RoomOptions, RoomRole};
pub use secure::{Secure, SecureKey, SecureSuite};

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
    /// How much sound a packet to the peer carries: its `a=ptime`, 10–60 ms in steps of 10; 20 as a rule.
    pub ptime_ms: u8,
    /// RTCP comes and goes on the RTP port (RFC 5761, `a=rtcp-mux`).
    pub rtcp_mux: bool,
    /// The keys of a secured leg (RFC 3711, 4568). With keys, nothing in the clear is believed or sent.
    pub secure: Option<Secure>,
    /// What comes is no RTP (T.38 over UDPTL): believed datagrams are handed on as they are, `payloads` is empty.
    pub datagrams: bool,
}

impl Remote {
    /// A peer in the clear that sends and receives packets of 20 ms, RTCP on a port of its own.
    pub fn clear(rtp: SocketAddr, rtcp: SocketAddr, latch: Latch, payloads: Vec<Payload>) -> Remote {
        Remote {
            rtp,
            rtcp,
            latch,
            payloads,
            send: true,
            receive: true,
            ptime_ms: 20,
            rtcp_mux: false,
            secure: None,
            datagrams: false,
        }
    }
}

/// What happens with the audio that a stream receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sink {
    /// Nothing: the packets are counted, digits are heard, audio is dropped.
    None,
    /// Given to another stream of the plane: forwarded as it is where that stream's peer knows the coding, else
    /// transcoded. Digits pass in the way that the other peer understands.
    Stream(StreamId),
    /// Sent back to where it came from (echo test).
    Echo,
    /// A member of a room, whose sound in turn is what the stream's peer hears.
    Room(RoomId, RoomRole),
}

/// From the exchange to the plane.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// Where this stream's received audio goes from now on (one direction only). A stream that was in a
    /// room leaves it; given the same room again it changes its role.
    Sink {
        /// The stream whose received audio is meant.
        stream: StreamId,
        /// Where it goes.
        sink: Sink,
    },
    /// What is done to the sound that the stream receives, and what is listened for in it. Anything but the
    /// defaults has it decoded also where it is merely handed on.
    Treat {
        /// The stream.
        stream: StreamId,
        /// Noise, gain, echo.
        processing: Processing,
        /// What is told as [`MediaEvent::Heard`] and [`MediaEvent::Digit`].
        listen: Listen,
    },
    /// Play to the stream's peer, in place of whatever it would hear, until the list ends. A list that is
    /// still playing there is stopped and told so first.
    Play {
        /// The stream whose peer hears it.
        stream: StreamId,
        /// This run.
        play: PlayId,
        /// What.
        list: PlayList,
    },
    /// Stop that run if it still plays. [`MediaEvent::Played`] tells its end in any case, once.
    StopPlay {
        /// The stream.
        stream: StreamId,
        /// The run.
        play: PlayId,
    },
    /// Send a key to the stream's peer: by RFC 4733 if that was agreed on, else as a tone. Keys queue up, at
    /// most 32.
    SendDigit {
        /// The stream.
        stream: StreamId,
        /// `0`–`9`, `*`, `#`, `A`–`D`.
        digit: char,
        /// How long, 40–1,000 ms.
        duration: Duration,
    },
    /// Open a room. Streams become members by [`Sink::Room`].
    OpenRoom {
        /// The room.
        room: RoomId,
        /// How it mixes.
        options: RoomOptions,
    },
    /// Play to all in a room, mixed with what is spoken.
    PlayRoom {
        /// The room.
        room: RoomId,
        /// This run.
        play: PlayId,
        /// What.
        list: PlayList,
    },
    /// Stop that run if it still plays.
    StopPlayRoom {
        /// The room.
        room: RoomId,
        /// The run.
        play: PlayId,
    },
    /// Close a room; members that are left hear nothing more.
    CloseRoom {
        /// The room.
        room: RoomId,
    },
    /// Record what streams receive, or a room's whole sound. Ends by [`MediaCommand::StopRecording`] or when
    /// nothing recorded is open any more; then [`MediaEvent::Recorded`] tells the outcome, once.
    Record {
        /// The recording.
        recording: RecordingId,
        /// Whom.
        of: Recorded,
        /// Whereto.
        file: RecordingFile,
    },
    /// Leave out what is said until told otherwise (card data). The gap is silence in the file and is marked.
    PauseRecording {
        /// The recording.
        recording: RecordingId,
        /// On or off.
        paused: bool,
    },
    /// The recording is complete.
    StopRecording {
        /// The recording.
        recording: RecordingId,
    },
    /// Close both sockets; answered by [`MediaEvent::Closed`] with the final figures.
    Close {
        /// The stream.
        stream: StreamId,
    },
}
