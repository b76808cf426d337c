//! What is played, and what is done to sound and listened for in it.

use base::Duration;
use serde::{Deserialize, Serialize};

pub use audio::tone::{Country, Tone};

/// Sounds one after the other, without a gap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlayList {
    /// In order; at most 256.
    pub items: Vec<PlayItem>,
    /// Begin anew at the end (music), until stopped.
    pub repeat: bool,
    /// Start so far into the list; past its end, modulo its length where it repeats.
    pub skip: Duration,
    /// A key of the listener stops it (the digit is told all the same).
    pub stop_on_digit: bool,
}

/// One piece of a play list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PlayItem {
    /// A sound of the library, by its name there: `prompt/en/goodbye`, `music/default`, `sound/welcome`.
    Sound(String),
    /// A call-progress tone of a country, for so long; zero: until stopped.
    Tone {
        /// Which.
        tone: Tone,
        /// Whose.
        country: Country,
        /// How long.
        duration: Duration,
    },
    /// Keys as tones.
    Digits(DigitTones),
    /// Nothing.
    Silence(Duration),
}

/// Keys as tones, one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigitTones {
    /// `0`–`9`, `*`, `#`, `A`–`D`.
    pub digits: String,
    /// Each so long.
    pub tone: Duration,
    /// And so much silence after each.
    pub pause: Duration,
}

/// What is done to the sound that a stream receives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Processing {
    /// Steady noise is taken away.
    pub noise_reduction: bool,
    /// Brought to an even loudness.
    pub automatic_gain: bool,
    /// The echo of what its peer hears is taken away (analog lines, speakerphones).
    pub echo_cancellation: bool,
    /// Fixed gain in dB, −24 to 24.
    pub gain_db: i8,
}

/// What is listened for in the sound that a stream receives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listen {
    /// Keys as tones, where the peer has not agreed on RFC 4733.
    pub digits: bool,
    /// Ringback, busy, special information tones, of any country.
    pub progress: bool,
    /// Fax tones.
    pub fax: bool,
    /// Person or answering machine, from the first sound on.
    pub machine: bool,
}
