//! After how many samples a sound repeats itself.

use crate::Rate;

/// Shortest period looked for, in tenths of a millisecond: 2.5 ms, 400 Hz.
const PERIOD_MIN: usize = 25;
/// Longest period looked for, in tenths of a millisecond: 15 ms, 66 Hz (ITU-T G.711 App. I §I.2.2).
const PERIOD_MAX: usize = 150;
/// The coarse search runs at 4 kHz.
const COARSE_HZ: usize = 4_000;
/// Longest sound searched at the coarse rate: 60 ms.
const COARSE_MAX: usize = 240;

/// A period, and how well the sound obeys it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pitch {
    /// Samples of a period.
    pub(crate) lag: usize,
    /// Normalised cross-correlation of the sound with itself a period earlier, -1 to 1; 0 in silence.
    pub(crate) likeness: f32,
}

/// Samples of the longest period.
pub(crate) const fn longest(rate: Rate) -> usize {
    rate.hz() as usize * PERIOD_MAX / 10_000
}

/// Samples of the shortest period.
pub(crate) const fn shortest(rate: Rate) -> usize {
    rate.hz() as usize * PERIOD_MIN / 10_000
}

/// The period by which `x[from..to]` best repeats what lies before it: first at 4 kHz, then to the sample.
/// `None` where there is not even the shortest period before `from`, or nothing to compare.
pub(crate) fn search(x: &[i16], from: usize, to: usize, rate: Rate) -> Option<Pitch> {
    let to = to.min(x.len());
    let (low, high) = (shortest(rate), longest(rate).min(from));
    if high < low || to <= from {
        return None;
    }
    let step = rate.hz() as usize / COARSE_HZ;
    let centre = coarse(&x[..to], from, step, low / step, high / step)? * step;
    let (first, last) = (centre.saturating_sub(step).max(low), (centre + step).min(high));
    let mut best = Pitch { lag: centre.clamp(low, high), likeness: f32::MIN };
    for lag in first..=last {
        let likeness = likeness(&x[from..to], &x[from - lag..to - lag]);
        if likeness > best.likeness {
            best = Pitch { lag, likeness };
        }
    }
    Some(best)
}

/// Normalised cross-correlation of two pieces as long as the shorter one; 0 where either is silent.
pub(crate) fn likeness(a: &[i16], b: &[i16]) -> f32 {
    let (mut ab, mut aa, mut bb) = (0_i64, 0_i64, 0_i64);
    for (a, b) in a.chunks(64).zip(b.chunks(64)) {
        let (mut s, mut p, mut q) = (0_i64, 0_i64, 0_i64);
        for (&a, &b) in a.iter().zip(b) {
            let (a, b) = (i32::from(a), i32::from(b));
            s += i64::from(a * b);
            p += i64::from(a * a);
            q += i64::from(b * b);
        }
        ab += s;
        aa += p;
        bb += q;
    }
    let power = aa as f32 * bb as f32;
    if power > 0.0 { ab as f32 / power.sqrt() } else { 0.0 }
}

/// The best lag at the coarse rate, in coarse samples, `low..=high`.
fn coarse(x: &[i16], from: usize, step: usize, low: usize, high: usize) -> Option<usize> {
    // Counted from the end, so that the window's newest sample is whole.
    let count = (x.len() / step).min(COARSE_MAX);
    let skip = x.len() - count * step;
    let from = from.saturating_sub(skip) / step;
    let high = high.min(from);
    if from >= count || high < low {
        return None;
    }
    let mut thin = [0_f32; COARSE_MAX];
    for (thin, piece) in thin.iter_mut().zip(x[skip..].chunks_exact(step)) {
        *thin = piece.iter().map(|&s| f32::from(s)).sum();
    }
    let window = &thin[from..count];
    let mut past: f32 = thin[from - low..count - low].iter().map(|s| s * s).sum();
    let (mut best, mut best_score) = (low, f32::MIN);
    for lag in low..=high {
        let dot: f32 = window.iter().zip(&thin[from - lag..]).map(|(a, b)| a * b).sum();
        // Dividing by the past's power alone ranks the lags as the full normalisation does.
        let score = dot / (past.max(0.0) + 1.0).sqrt();
        if score > best_score {
            (best, best_score) = (lag, score);
        }
        // The window over the past slides back by one.
        if lag < high {
            let (enter, leave) = (thin[from - lag - 1], thin[count - lag - 1]);
            past += enter * enter - leave * leave;
        }
    }
    Some(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pulses(period: usize, len: usize) -> Vec<i16> {
        (0..len).map(|n| (8_000.0 * (-((n % period) as f32) / 9.0).exp()) as i16).collect()
    }

    #[test]
    fn the_period_of_a_voice_is_found_to_the_sample_at_every_rate() {
        for rate in [Rate::Hz8000, Rate::Hz16000, Rate::Hz48000] {
            for tenths in [41, 63, 87, 121] {
                let period = rate.hz() as usize * tenths / 10_000;
                let x = pulses(period, rate.samples(50));
                let pitch = search(&x, rate.samples(30), rate.samples(50), rate).unwrap();
                assert_eq!(pitch.lag % period, 0, "{rate:?} {tenths}: {pitch:?}");
                assert!(pitch.likeness > 0.98, "{pitch:?}");
            }
        }
    }

    #[test]
    fn noise_has_no_period_and_silence_no_likeness() {
        let mut state = 7_u32;
        let x: Vec<i16> = (0..400)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 20) as i16 - 2_048
            })
            .collect();
        assert!(search(&x, 240, 400, Rate::Hz8000).unwrap().likeness < 0.5);
        assert_eq!(search(&[0; 400], 240, 400, Rate::Hz8000).unwrap().likeness, 0.0);
        assert_eq!(search(&[0; 400], 10, 400, Rate::Hz8000), None);
        assert_eq!(search(&[], 0, 0, Rate::Hz8000), None);
    }

    #[test]
    fn full_scale_does_not_overflow() {
        let x = [i16::MIN; 2_400];
        assert!((search(&x, 1_440, 2_400, Rate::Hz48000).unwrap().likeness - 1.0).abs() < 1e-3);
    }
}
