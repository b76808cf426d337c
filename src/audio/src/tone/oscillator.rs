//! Sines, by turning a pointer.

use std::f64::consts::TAU;

use super::PEAK_0_DBM0;
use crate::Rate;

/// Samples after which the pointers are renewed.
const PIECE: usize = 256;

/// One sine. Without amplitude it costs nothing to speak of and is silent.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Oscillator {
    /// The pointer, of unit length.
    at: (f32, f32),
    /// How far it turns each sample.
    step: (f32, f32),
    amplitude: f32,
}

impl Oscillator {
    /// A sine of `hz` at `dbm0`, beginning at zero.
    pub(super) fn new(hz: f64, dbm0: f64, rate: Rate) -> Oscillator {
        let angle = TAU * hz / f64::from(rate.hz());
        Oscillator {
            at: (1.0, 0.0),
            step: (angle.cos() as f32, angle.sin() as f32),
            amplitude: (PEAK_0_DBM0 * 10_f64.powf(dbm0 / 20.0)) as f32,
        }
    }

    /// The next sample, on the scale of 16 bits.
    #[inline]
    pub(super) fn next(&mut self) -> f32 {
        let sample = self.at.1 * self.amplitude;
        self.at =
            (self.at.0 * self.step.0 - self.at.1 * self.step.1, self.at.1 * self.step.0 + self.at.0 * self.step.1);
        sample
    }

    /// Brings the pointer back to unit length, which rounding wears away.
    pub(super) fn renew(&mut self) {
        let length = (self.at.0 * self.at.0 + self.at.1 * self.at.1).sqrt();
        if length > 0.0 {
            self.at = (self.at.0 / length, self.at.1 / length);
        }
    }
}

/// Two sines under one ramp: up at the start, down at the end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Burst {
    sines: [Oscillator; 2],
    ramp: usize,
    done: usize,
    /// Samples in all; none goes on without end.
    length: Option<usize>,
}

impl Burst {
    /// Sounds for `length` samples, of which the first and last `ramp` rise and fall.
    pub(super) fn new(sines: [Oscillator; 2], ramp: usize, length: Option<usize>) -> Burst {
        let ramp = length.map_or(ramp, |length| ramp.min(length / 2)).max(1);
        Burst { sines, ramp, done: 0, length }
    }

    /// Samples still to come; none where there is no end.
    pub(super) fn left(&self) -> Option<usize> {
        self.length.map(|length| length - self.done)
    }

    /// Fills the front of `out` and says how many samples that was: all, or fewer at the end of the burst.
    pub(super) fn fill(&mut self, out: &mut [i16]) -> usize {
        let count = self.left().map_or(out.len(), |left| left.min(out.len()));
        let slope = 1.0 / self.ramp as f32;
        for piece in out[..count].chunks_mut(PIECE) {
            for sample in piece {
                let edge = self.left().map_or(self.done, |left| left.min(self.done)).min(self.ramp);
                let value = (self.sines[0].next() + self.sines[1].next()) * (edge as f32 * slope);
                *sample = value as i16;
                if self.length.is_some() || self.done < self.ramp {
                    self.done += 1;
                }
            }
            self.sines.iter_mut().for_each(Oscillator::renew);
        }
        count
    }
}
