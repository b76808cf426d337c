//! Tones: keys and call progress, by country.
//!
//! Owns what each tone sounds like and makes its samples. Refuses to know when one is due: call control says so.
//!
//! **Invariants:** every tone begins and ends in a ramp, never in a click; levels are at most −3 dBm0 in sum, apart
//! from the milliwatt; nothing is allocated.
//!
//! ITU-T E.180 and its supplement 2 (what countries use), E.182; Q.23 (keys); ES 201 235-2 (their levels).

mod country;
mod dtmf;
mod generator;
mod oscillator;

pub use dtmf::{DTMF_COLUMNS, DTMF_KEYS, DTMF_ROWS, DtmfGenerator};
pub use generator::ToneGenerator;

use serde::{Deserialize, Serialize};

/// Peak of a sine of 0 dBm0 in 16-bit samples: full scale is +3.14 dBm0 (ITU-T G.711 §4.2).
pub const PEAK_0_DBM0: f64 = 22_828.0;

/// A call-progress tone (ITU-T E.180).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Tone {
    /// Dial now.
    Dial,
    /// The called phone rings.
    Ringback,
    /// Busy.
    Busy,
    /// No way there: congestion, reorder.
    Congestion,
    /// Number unobtainable: three rising tones.
    SpecialInformation,
    /// A second call waits.
    CallWaiting,
    /// Record warning.
    RecordWarning,
    /// A short confirmation.
    Confirm,
    /// Somebody came into a room.
    Enter,
    /// Somebody left a room.
    Leave,
    /// 1,004 Hz at 0 dBm0: the technician's milliwatt.
    Milliwatt,
}

impl Tone {
    /// Whether it goes on until it is stopped; the others are one burst.
    pub const fn is_repeating(self) -> bool {
        match self {
            Tone::Dial | Tone::Ringback | Tone::Busy | Tone::Congestion | Tone::CallWaiting | Tone::Milliwatt => true,
            Tone::SpecialInformation | Tone::RecordWarning | Tone::Confirm | Tone::Enter | Tone::Leave => false,
        }
    }
}

/// A country by its ISO 3166 code in lower case; unknown ones sound as the E.180 recommendation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Country(pub [u8; 2]);

#[cfg(test)]
mod tests;
