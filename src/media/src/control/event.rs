//! What the plane tells.

use std::net::SocketAddr;

use base::{Duration, PlayId, RecordingId, RoomId, StreamId};
use serde::{Deserialize, Serialize};

pub use audio::detect::Signal;

use super::RecordingEnd;

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
    /// A DTMF digit ended (reported once per digit, however often and in however many ways it came).
    Digit {
        /// The stream that heard it.
        stream: StreamId,
        /// `0`–`9`, `*`, `#`, `A`–`D`.
        digit: char,
        /// How long the key was held.
        duration: Duration,
        /// How it came.
        way: DigitWay,
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
    /// The last seconds of a stream, one row each; every 5 s and once more before [`MediaEvent::Closed`].
    Track {
        /// The stream.
        stream: StreamId,
        /// The second, counted from the stream's opening, that the first row tells of; the others follow.
        from: u32,
        /// At most 10 rows.
        seconds: Vec<Second>,
    },
    /// A play list ended.
    Played {
        /// The run.
        play: PlayId,
        /// How.
        end: PlayEnd,
    },
    /// Something that [`MediaCommand::Treat`] asked to listen for was recognised. Told once until it ends and begins anew.
    Heard {
        /// The stream that heard it.
        stream: StreamId,
        /// What.
        signal: Signal,
    },
    /// Who speaks in a room has changed; told at most twice a second.
    Speaking {
        /// The room.
        room: RoomId,
        /// The loudest first; empty when all are silent.
        streams: Vec<StreamId>,
    },
    /// A recording is complete, or cannot go on. Nothing more is written to it.
    Recorded {
        /// The recording.
        recording: RecordingId,
        /// How it ended.
        end: RecordingEnd,
    },
    /// The stream is closed; its ports are free again.
    Closed {
        /// The stream.
        stream: StreamId,
        /// The final figures.
        stats: StreamStats,
    },
}

/// How a digit came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DigitWay {
    /// As RFC 4733 events.
    Event,
    /// As tones in the audio.
    InBand,
}

/// How a play list ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PlayEnd {
    /// Played to its end.
    Finished,
    /// Stopped: by command, by a key, by another list, or because the stream or room ended.
    Stopped,
    /// A sound could not be read; the rest of the list was still played.
    Failed(String),
}

/// One second of one stream: what came from its peer, and what the peer got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Second {
    /// RTP packets received, up to 255.
    pub received: u8,
    /// Packets missing among them, up to 255.
    pub lost: u8,
    /// Interarrival jitter in ms, up to 255.
    pub jitter_ms: u8,
    /// Mean level of what was received, in dB below full scale (0 loudest, 127 silence, 255 unknown).
    pub level: u8,
    /// Estimated quality of what was received: MOS × 50, 50–250; 0 where nothing was received.
    pub mos: u8,
    /// RTP packets sent to the peer, up to 255.
    pub sent: u8,
    /// Packets lost on the way to the peer in this second, by its reports, up to 255.
    pub remote_lost: u8,
    /// Jitter at the peer in ms by its reports, up to 255.
    pub remote_jitter_ms: u8,
    /// Round trip in units of 4 ms, up to 255; 0 unknown.
    pub round_trip: u8,
    /// What waits in the jitter buffer, in units of 4 ms; 0 where nothing is decoded.
    pub buffer: u8,
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
    /// Frames of 20 ms that were made up because the packet was lost or late; only where sound is decoded.
    pub concealed: u32,
    /// Packets that came too late to be heard; only where sound is decoded.
    pub late: u32,
    /// Packets on a secured leg that were in the clear, forged or replayed.
    pub forged: u64,
}
