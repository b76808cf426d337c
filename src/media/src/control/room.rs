//! Rooms: many speak, each hears the others.

use base::StreamId;
use serde::{Deserialize, Serialize};

/// How a room mixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomOptions {
    /// Loudness is evened out between speakers.
    pub even_levels: bool,
    /// A short tone tells that somebody came or went.
    pub entry_tones: bool,
    /// So many at once are heard at most, the loudest; 3–32. Whoever spoke last keeps the floor for a moment.
    pub speakers_max: u8,
}

impl Default for RoomOptions {
    fn default() -> Self {
        RoomOptions { even_levels: true, entry_tones: false, speakers_max: 8 }
    }
}

/// What a member of a room may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomRole {
    /// Who hears it.
    pub heard_by: Audience,
    /// It hears the room; else silence, or what is played to it alone.
    pub hears: bool,
}

/// Who hears a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Audience {
    /// All others.
    All,
    /// Nobody: muted, or listening in.
    Nobody,
    /// One other member only: a coach whispers to an agent.
    Only(StreamId),
}

impl RoomRole {
    /// Speaks and hears.
    pub const SPEAKER: RoomRole = RoomRole { heard_by: Audience::All, hears: true };
    /// Hears only.
    pub const LISTENER: RoomRole = RoomRole { heard_by: Audience::Nobody, hears: true };
}
