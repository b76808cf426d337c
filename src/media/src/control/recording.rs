//! What is recorded, whereto, and what came of it.

use base::{RoomId, StreamId};
use serde::{Deserialize, Serialize};

/// Whose sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Recorded {
    /// Two channels: what each of two streams receives.
    Streams {
        /// The left channel.
        left: StreamId,
        /// The right channel; none records one channel (a dictated prompt, a message).
        right: Option<StreamId>,
    },
    /// One channel: all that is heard in a room.
    Room(RoomId),
}

/// Whereto.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingFile {
    /// The path below the recordings' folder, without extension: `2026/11/22/rec…`; parts of letters, digits,
    /// `-` and `_` only.
    pub name: String,
    /// How it is kept in the end.
    pub format: RecordingFormat,
    /// Kept under the box's key.
    pub encrypted: bool,
    /// It ends by itself after so many seconds.
    pub duration_max_s: u32,
}

/// How a recording is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RecordingFormat {
    /// Opus in Ogg (RFC 7845), small; made from what was written during the call once it is over.
    #[default]
    OggOpus,
    /// WAV: µ-law at 8 kHz, or 16-bit linear at 16 kHz if anyone was wide-band.
    Wav,
}

/// What became of a recording.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingEnd {
    /// The file below the recordings' folder, with extension; empty if there is none.
    pub file: String,
    /// Milliseconds of sound.
    pub duration_ms: u32,
    /// Octets on disk.
    pub octets: u64,
    /// Where it was paused: from, to, in milliseconds of the recording.
    pub pauses: Vec<(u32, u32)>,
    /// Frames that were lost because the disk was too slow, silence in the file.
    pub dropped: u32,
    /// Why it ended early, or why there is no file.
    pub problem: Option<String>,
    /// The loudest moment in dB below full scale, where that is known. Told, not kept.
    #[serde(skip)]
    pub loudest_db: Option<u8>,
}
