//! Sums into 16 bits: one gain curve for all mixes of a tick.

use crate::level::{LIMIT, soft_clip};

/// The gain, from tick to tick.
pub(super) struct Limiter {
    gain: f32,
}

/// The peaks of a mix in each part of a frame.
pub(super) type Peaks = [i32; PARTS];

/// The gain at the ends of each part; it goes evenly between them.
pub(super) struct Curve {
    points: [f32; PARTS + 1],
    is_flat: bool,
}

/// Parts of a frame: 2.5 ms each.
const PARTS: usize = 8;
/// By how much the gain recovers in a part: 16 dB a second.
const RECOVERY: f32 = 1.004_62;

impl Limiter {
    pub(super) const fn new() -> Limiter {
        Limiter { gain: 1.0 }
    }

    /// The gain over a frame whose loudest mix has these peaks. A part's gain is low enough at both its ends, so the
    /// part before goes down in time. Only the first part of a frame can start too loud; [`soft_clip`] catches that.
    pub(super) fn curve(&mut self, peaks: &Peaks) -> Curve {
        let need = peaks.map(|p| if p as f32 > LIMIT { LIMIT / p as f32 } else { 1.0 });
        let next = need.iter().skip(1).chain([&1.0]);
        let mut points = [self.gain; PARTS + 1];
        let mut gain = self.gain;
        for ((point, this), next) in points.iter_mut().skip(1).zip(&need).zip(next) {
            gain = this.min(*next).min(gain * RECOVERY);
            *point = gain;
        }
        self.gain = gain;
        let is_flat = points.iter().chain(&need).all(|g| *g == 1.0);
        Curve { points, is_flat }
    }
}

impl Curve {
    /// Writes a mix.
    pub(super) fn apply(&self, mix: impl ExactSizeIterator<Item = i32>, out: &mut [i16]) {
        if self.is_flat {
            for (out, sample) in out.iter_mut().zip(mix) {
                *out = sample as i16; // below LIMIT
            }
            return;
        }
        let len = out.len() / PARTS;
        let mut mix = mix;
        let ends = self.points.iter().zip(self.points.iter().skip(1));
        for (part, (from, to)) in out.chunks_mut(len.max(1)).zip(ends) {
            let step = (to - from) / len as f32;
            let mut gain = *from;
            for (out, sample) in part.iter_mut().zip(&mut mix) {
                gain += step;
                *out = soft_clip(sample as f32 * gain);
            }
        }
    }
}

/// The peaks of a mix.
pub(super) fn peaks(mix: impl ExactSizeIterator<Item = i32>) -> Peaks {
    let len = (mix.len() / PARTS).max(1);
    let mut peaks = [0; PARTS];
    let mut mix = mix;
    for peak in &mut peaks {
        *peak = mix.by_ref().take(len).fold(0, |peak: i32, sample| peak.max(sample.abs()));
    }
    peaks
}
