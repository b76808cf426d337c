//! One speaker's gain: slow levelling, and ramps between gains.

use crate::level::Loudness;

/// A gain in 1/4096.
pub(super) type Gain = i32;

/// 0 dB.
pub(super) const UNITY: Gain = 1 << 12;

/// Brings a speaker to [`TARGET_DBOV`], slowly, and only while it speaks: pauses change nothing.
#[derive(Clone, Copy)]
pub(super) struct Levelling {
    loudness: Loudness,
    gain_db: f32,
}

const TARGET_DBOV: f32 = -20.0;
const GAIN_MAX_DB: f32 = 12.0;
/// dB a frame: 4 dB a second up, 10 down.
const RISE_DB: f32 = 0.08;
const FALL_DB: f32 = 0.2;

impl Levelling {
    pub(super) const fn new() -> Levelling {
        Levelling { loudness: Loudness::new(), gain_db: 0.0 }
    }

    /// Counts a frame of speech by its mean square.
    pub(super) fn hear(&mut self, mean_square: f32) {
        self.loudness.push_mean_square(mean_square);
        let Some(dbov) = self.loudness.dbov() else { return };
        let wanted = (TARGET_DBOV - dbov).clamp(-GAIN_MAX_DB, GAIN_MAX_DB);
        self.gain_db += (wanted - self.gain_db).clamp(-FALL_DB, RISE_DB);
    }

    pub(super) fn gain(&self) -> Gain {
        if self.gain_db == 0.0 {
            return UNITY;
        }
        (10f32.powf(self.gain_db / 20.0) * UNITY as f32) as Gain
    }
}

/// `out` = `frame` with a gain that goes evenly from `from` to `to` over the first `over` samples and stays there.
pub(super) fn ramp(frame: &[i16], out: &mut [i32], from: Gain, to: Gain, over: usize) {
    let over = over.min(frame.len());
    let rising = frame.iter().take(over).zip(out.iter_mut());
    let fine = FINE as i32;
    // Gains are below 2^15, so a gain in fine steps is below 2^23 and a sample times a gain below 2^30.
    let step = (to - from) * fine / over.max(1) as i32;
    if step != 0 {
        for (n, (sample, out)) in rising.enumerate() {
            let gain = (from * fine + step * n as i32) / fine;
            *out = scale(*sample, gain);
        }
    } else {
        for (sample, out) in rising {
            *out = scale(*sample, to);
        }
    }
    for (sample, out) in frame.iter().zip(out.iter_mut()).skip(over) {
        *out = scale(*sample, to);
    }
}

fn scale(sample: i16, gain: Gain) -> i32 {
    (i32::from(sample) * gain + UNITY / 2) >> 12
}

/// Steps of a ramp between two gains.
const FINE: u16 = 256;
