//! Keys as pairs of tones (ITU-T Q.23).

use super::oscillator::{Burst, Oscillator};
use crate::Rate;

/// Hz of the low group, by row of the keypad (ITU-T Q.23).
pub const DTMF_ROWS: [u16; 4] = [697, 770, 852, 941];
/// Hz of the high group, by column.
pub const DTMF_COLUMNS: [u16; 4] = [1_209, 1_336, 1_477, 1_633];
/// The keys, by row and column.
pub const DTMF_KEYS: [[char; 4]; 4] =
    [['1', '2', '3', 'A'], ['4', '5', '6', 'B'], ['7', '8', '9', 'C'], ['*', '0', '#', 'D']];

/// Level of the low group, dBm0; the high group is 2 dB louder, for lines lose more of it (ES 201 235-2 §4.2.4).
const LEVEL_LOW: f64 = -11.0;
const LEVEL_HIGH: f64 = -9.0;
/// Q.24 wants full level soon: a shorter ramp than other tones have.
const RAMP_MS: usize = 2;
/// Longest tone or pause; longer is cut to it.
const MS_MAX: u32 = 60_000;

/// Plays one key: its two tones, then a pause.
#[derive(Clone, Debug)]
pub struct DtmfGenerator {
    burst: Burst,
    pause: usize,
}

impl DtmfGenerator {
    /// The key `digit` (`0`–`9`, `*`, `#`, `A`–`D`, small letters too) for `tone_ms`, then `pause_ms` of silence, each
    /// a minute at most. None where there is no such key. Q.24 asks for at least 40 ms of each.
    pub fn new(digit: char, rate: Rate, tone_ms: u32, pause_ms: u32) -> Option<DtmfGenerator> {
        let digit = digit.to_ascii_uppercase();
        let row = DTMF_KEYS.iter().position(|row| row.contains(&digit))?;
        let column = DTMF_KEYS[row].iter().position(|key| *key == digit)?;
        let sines = [
            Oscillator::new(DTMF_ROWS[row].into(), LEVEL_LOW, rate),
            Oscillator::new(DTMF_COLUMNS[column].into(), LEVEL_HIGH, rate),
        ];
        let samples = |ms: u32| rate.samples(ms.min(MS_MAX) as usize);
        Some(DtmfGenerator {
            burst: Burst::new(sines, rate.samples(RAMP_MS), Some(samples(tone_ms))),
            pause: samples(pause_ms),
        })
    }

    /// Fills the front of `out` and says how many samples that was: fewer than asked for once the pause is over, so
    /// that the next key may begin right there.
    pub fn fill(&mut self, out: &mut [i16]) -> usize {
        let sounded = self.burst.fill(out);
        let paused = self.pause.min(out.len() - sounded);
        out[sounded..sounded + paused].fill(0);
        self.pause -= paused;
        sounded + paused
    }

    /// Whether tone and pause are over.
    pub fn ended(&self) -> bool {
        self.burst.left() == Some(0) && self.pause == 0
    }
}
