//! What a playout tells of itself.

/// How the receive path of one stream fares. Counts run from the beginning and never fall.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlayoutStats {
    /// Milliseconds that sound waits here now, beyond the fastest packet of late; 0 while nothing plays.
    pub delay_ms: u32,
    /// Milliseconds aimed at: nearly all packets come within them.
    pub target_ms: u32,
    /// Packets that wait now.
    pub waiting: u32,
    /// Packets taken.
    pub packets: u64,
    /// Packets that came after their time and were of no use any more.
    pub late: u64,
    /// Packets that came twice.
    pub duplicate: u64,
    /// Packets that held nothing that can be played.
    pub malformed: u64,
    /// Packets that went because too much waited.
    pub flushed: u64,
    /// Frames of 20 ms that were made up, wholly or for the larger part, in place of lost or late sound.
    pub concealed: u64,
    /// Packets replaced from the redundancy inside their successor (Opus FEC).
    pub recovered: u64,
    /// Samples taken out to play faster, at the output's rate.
    pub accelerated: u64,
    /// Samples put in to play slower, at the output's rate.
    pub expanded: u64,
    /// Times the source began anew, by its timestamps or as told.
    pub resets: u64,
}

/// What a frame holds, for the larger part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pulled {
    /// Silence: nothing came yet, or nothing for long.
    Nothing,
    /// Noise of a peer that is silent by intent.
    Comfort,
    /// Made up in place of what was lost or late.
    Concealed,
    /// What the peer sent.
    Speech,
}
