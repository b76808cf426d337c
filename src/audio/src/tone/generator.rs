//! A call-progress tone, sample by sample.

use super::country::{self, Cadence};
use super::oscillator::{Burst, Oscillator};
use super::{Country, Tone};
use crate::Rate;

/// Milliseconds in which a burst rises and falls: too short to hear, too long to click.
const RAMP_MS: usize = 5;

/// Plays one tone in its cadence.
#[derive(Clone, Debug)]
pub struct ToneGenerator {
    tone: Tone,
    rate: Rate,
    cadence: Cadence,
    /// Index of the part that sounds; past the end once a tone of one burst is over.
    part: usize,
    burst: Burst,
}

impl ToneGenerator {
    /// The tone from its beginning.
    pub fn new(tone: Tone, country: Country, rate: Rate) -> ToneGenerator {
        let cadence = country::cadence(tone, country);
        ToneGenerator { tone, rate, cadence, part: 0, burst: burst(cadence, 0, rate) }
    }

    /// Whether it goes on until it is stopped.
    pub fn is_repeating(&self) -> bool {
        self.tone.is_repeating()
    }

    /// Fills `out`, of any length. True once a tone of one burst is over; what is left of `out` is silence.
    pub fn fill(&mut self, out: &mut [i16]) -> bool {
        let mut filled = 0;
        while self.part < self.cadence.parts.len() {
            filled += self.burst.fill(&mut out[filled..]);
            if self.burst.left() != Some(0) {
                return false;
            }
            self.part += 1;
            if self.part == self.cadence.parts.len() && self.is_repeating() {
                self.part = 0;
            }
            if self.part < self.cadence.parts.len() {
                self.burst = burst(self.cadence, self.part, self.rate);
            }
        }
        out[filled..].fill(0);
        true
    }
}

/// The samples of one part. Its frequencies begin at zero, so that no part depends on what was before.
fn burst(cadence: Cadence, part: usize, rate: Rate) -> Burst {
    let part = cadence.parts[part];
    let level = f64::from(cadence.level) - f64::from(part.down_db);
    let sines = part.hz.map(|hz| match hz {
        0 => Oscillator::default(),
        hz => Oscillator::new(hz.into(), level, rate),
    });
    let length = (part.ms != 0).then(|| rate.samples(part.ms.into()));
    Burst::new(sines, rate.samples(RAMP_MS), length)
}
