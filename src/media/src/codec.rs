//! What the plane must know of a coding beyond its name.

use crate::ClockRate;
use crate::control::Codec;

impl Codec {
    /// The clock that this coding's RTP timestamps count.
    pub const fn clock_rate(self) -> ClockRate {
        match self {
            // RFC 3551 §4.5.2: G.722 samples at 16 kHz, yet its RTP clock is 8 kHz, an old mistake kept for ever.
            Codec::Pcmu | Codec::Pcma | Codec::G722 | Codec::G729 => ClockRate::HZ_8000,
            Codec::TelephoneEvent | Codec::ComfortNoise => ClockRate::HZ_8000,
            // RFC 7587 §4.1: 48 kHz whatever the encoder's own bandwidth is.
            Codec::Opus | Codec::TelephoneEvent48k => ClockRate::HZ_48000,
        }
    }

    /// Whether its packets carry RFC 4733 events rather than sound.
    pub const fn is_event(self) -> bool {
        matches!(self, Codec::TelephoneEvent | Codec::TelephoneEvent48k)
    }
}
