//! Codings of samples: G.711, G.722, Opus.
//!
//! Owns the state of one direction of one stream. Refuses to know packets: what was lost, late or doubled is
//! decided by whoever calls. A payload is checked wholly before it reaches a codec, so that nothing from outside
//! can upset it.
//!
//! **Invariants:** a payload is at most [`PAYLOAD_MS_MAX`] of sound; G.711 and G.722 allocate nothing after
//! construction. Opus' library takes scratch memory from the allocator for each packet.
//!
//! ITU-T G.711, G.722 (mode 1, 64 kbit/s); RFC 6716, 7587, 8251 (Opus).

pub mod alaw;
mod decoder;
mod encoder;
mod g722;
mod opus;
pub mod ulaw;

pub use decoder::{DecodeError, Decoder};
pub use encoder::{EncodeError, Encoder, EncoderOptions};

use crate::Rate;

/// Milliseconds of the longest payload that is decoded (RFC 7587 §4.2: Opus packets end at 120 ms).
pub const PAYLOAD_MS_MAX: usize = 120;

/// What samples are coded in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Coding {
    /// G.711 µ-law, 8 kHz, 64 kbit/s.
    Pcmu,
    /// G.711 A-law, 8 kHz, 64 kbit/s.
    Pcma,
    /// G.722 mode 1, 16 kHz, 64 kbit/s.
    G722,
    /// Opus, any rate.
    Opus,
}

impl Coding {
    /// The rate this coding works at when `wanted` is asked for: only Opus has a choice.
    pub const fn rate(self, wanted: Rate) -> Rate {
        match self {
            Coding::Pcmu | Coding::Pcma => Rate::Hz8000,
            Coding::G722 => Rate::Hz16000,
            Coding::Opus => wanted,
        }
    }
}

#[cfg(test)]
mod tests;
