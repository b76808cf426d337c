//! The three sample rates and the frame.

use serde::{Deserialize, Serialize};

/// Milliseconds of sound in a frame: the tick of everything that is decoded here.
pub const FRAME_MS: usize = 20;
/// Samples of the longest frame: 20 ms at 48 kHz.
pub const FRAME_MAX: usize = 960;

/// How many samples a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Rate {
    /// 8 kHz: narrow-band, G.711.
    Hz8000,
    /// 16 kHz: wide-band, G.722, and Opus in rooms.
    Hz16000,
    /// 48 kHz: full-band Opus.
    Hz48000,
}

impl Rate {
    /// Samples a second.
    pub const fn hz(self) -> u32 {
        match self {
            Rate::Hz8000 => 8_000,
            Rate::Hz16000 => 16_000,
            Rate::Hz48000 => 48_000,
        }
    }

    /// Samples of a frame of [`FRAME_MS`].
    pub const fn frame(self) -> usize {
        self.samples(FRAME_MS)
    }

    /// Samples of `ms` milliseconds.
    pub const fn samples(self, ms: usize) -> usize {
        self.hz() as usize / 1_000 * ms
    }
}
