//! How the line sounds between words, measured while they are spoken.

use super::predict::{ORDER_MAX, Shape};
use crate::Rate;

/// A background louder than this (root mean square, about -42 dBov) is speech that never paused.
const RMS_MAX: f32 = 260.0;
/// A frame within this of the quietest one (in power, 5 dB) is background.
const NEAR: f32 = 3.2;
/// The quietest frame is forgotten at 3 dB/s, so that a background that rises is learnt.
const RISE_PER_MS: f32 = 0.000_7;
/// The spectrum is looked at again after so many background frames.
const SHAPE_EVERY: u8 = 10;

/// Level and shape of the background.
#[derive(Clone, Debug)]
pub(super) struct Background {
    /// Power of the quietest frame of late; 0 before the first frame.
    floor: f32,
    /// Mean power of background frames.
    power: f32,
    pub(super) shape: Shape,
    /// Background frames until the shape is measured again.
    wait: u8,
}

impl Background {
    pub(super) const fn new() -> Background {
        Background { floor: 0.0, power: 0.0, shape: Shape::FLAT, wait: 0 }
    }

    /// Root mean square of the background, bounded; 0 while unknown.
    pub(super) fn rms(&self) -> f32 {
        self.power.sqrt().min(RMS_MAX)
    }

    /// Looks at a good frame.
    pub(super) fn update(&mut self, frame: &[i16], rate: Rate) {
        if frame.is_empty() {
            return;
        }
        let power = power(frame);
        let ms = frame.len() as f32 * 1_000.0 / rate.hz() as f32;
        // One frame of digital silence (a muted phone) must not pin the floor: 1 is the least.
        self.floor = match self.floor {
            0.0 => power.max(1.0),
            floor => (floor * (1.0 + RISE_PER_MS * ms)).min(power).max(1.0),
        };
        if power > self.floor * NEAR {
            return;
        }
        self.power = if self.power == 0.0 { power } else { self.power + 0.1 * (power - self.power) };
        match self.wait {
            0 => {
                self.shape = Shape::of(frame, order(rate));
                self.wait = SHAPE_EVERY;
            }
            _ => self.wait -= 1,
        }
    }
}

/// Order of prediction that suits a rate.
const fn order(rate: Rate) -> usize {
    match rate {
        Rate::Hz8000 => 10,
        Rate::Hz16000 | Rate::Hz48000 => ORDER_MAX,
    }
}

/// Mean power of some samples.
pub(super) fn power(x: &[i16]) -> f32 {
    let mut sum = 0_u64;
    for &s in x {
        sum += u64::from(s.unsigned_abs()) * u64::from(s.unsigned_abs());
    }
    sum as f32 / x.len().max(1) as f32
}
