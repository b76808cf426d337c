//! How loud.
//!
//! Levels are in dBov: relative to a square wave at full scale (RFC 6464 §3). Active speech lies about −20 to −30.

/// The level of `samples` as it is written in header extensions and shown on meters (RFC 6464 §3, RFC 6465 §3): dB
/// below overload, 0 for a square wave at full scale to 127 for silence.
pub fn level_db(samples: &[i16]) -> u8 {
    (-dbov(samples) + 0.5) as u8 // 0.0 to 127.0
}

/// The level of `samples` in dBov, −127.0 for silence to 0.0.
pub fn dbov(samples: &[i16]) -> f32 {
    to_dbov(mean_square(samples))
}

/// The mean square of `samples`, full scale being 2^30; nothing has none.
pub(crate) fn mean_square(samples: &[i16]) -> f32 {
    let sum: u64 = samples.iter().map(|s| u64::from(i32::from(*s).unsigned_abs().pow(2))).sum();
    sum as f32 / samples.len().max(1) as f32
}

/// A mean square in dBov.
pub(crate) fn to_dbov(mean_square: f32) -> f32 {
    if mean_square <= 0.0 {
        return SILENCE_DBOV;
    }
    (10.0 * (mean_square / OVERLOAD).log10()).clamp(SILENCE_DBOV, 0.0)
}

/// How loud somebody speaks: the average over the last seconds of what was counted as speech.
///
/// The caller leaves out pauses, else they would be averaged in. The first frames count more, so a figure that can be
/// used is there after a syllable.
#[derive(Clone, Copy, Debug, Default)]
pub struct Loudness {
    mean_square: f32,
    frames: u16,
}

impl Loudness {
    /// Nothing heard yet.
    pub const fn new() -> Loudness {
        Loudness { mean_square: 0.0, frames: 0 }
    }

    /// Counts a frame of speech.
    pub fn push(&mut self, samples: &[i16]) {
        self.push_mean_square(mean_square(samples));
    }

    pub(crate) fn push_mean_square(&mut self, mean_square: f32) {
        self.frames = (self.frames + 1).min(LOUDNESS_FRAMES);
        self.mean_square += (mean_square - self.mean_square) / f32::from(self.frames);
    }

    /// The average in dBov; `None` before the first frame.
    pub fn dbov(&self) -> Option<f32> {
        (self.frames > 0).then(|| to_dbov(self.mean_square))
    }
}

/// Straight up to the limit, from there bent so that full scale is never passed.
pub(crate) fn soft_clip(sample: f32) -> i16 {
    let size = sample.abs();
    if size <= LIMIT {
        return sample as i16;
    }
    let over = (size - LIMIT) / (FULL - LIMIT);
    let bent = LIMIT + (FULL - LIMIT) * (over / (1.0 + over));
    bent.copysign(sample) as i16
}

/// What [`dbov`] says of silence.
pub const SILENCE_DBOV: f32 = -127.0;
/// The mean square of a square wave at full scale.
const OVERLOAD: f32 = 32_768.0 * 32_768.0;
/// Louder peaks are bent: −1 dB of full scale.
pub(crate) const LIMIT: f32 = 29_205.0;
const FULL: f32 = 32_767.0;
/// Three seconds of speech in frames of 20 ms.
const LOUDNESS_FRAMES: u16 = 150;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_of_known_signals() {
        let square: Vec<i16> = (0..160).map(|n| if n % 8 < 4 { i16::MAX } else { i16::MIN }).collect();
        assert_eq!(level_db(&square), 0);
        let quarter: Vec<i16> = square.iter().map(|s| s / 4).collect();
        assert_eq!(level_db(&quarter), 12);
        let sine: Vec<i16> =
            (0..160).map(|n| (32_767.0 * (n as f32 * std::f32::consts::TAU / 16.0).sin()) as i16).collect();
        assert_eq!(level_db(&sine), 3);
        assert_eq!(level_db(&[1, -1, 1, -1]), 90);
        assert_eq!(level_db(&[0; 160]), 127);
        assert_eq!(level_db(&[]), 127);
    }

    #[test]
    fn loudness_follows_within_seconds() {
        let mut loudness = Loudness::new();
        assert_eq!(loudness.dbov(), None);
        loudness.push(&[3_277; 160]);
        assert!((loudness.dbov().unwrap() + 20.0).abs() < 0.1);
        for _ in 0..600 {
            loudness.push(&[327; 160]);
        }
        assert!((loudness.dbov().unwrap() + 40.0).abs() < 1.0);
    }
}
