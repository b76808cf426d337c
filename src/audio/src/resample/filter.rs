//! The low-pass filters of resampling: windowed sinc, designed when a resampler is made.

use std::f64::consts::PI;

use crate::Rate;

/// Taps of one branch of the polyphase filter: a whole number of vector registers.
pub(super) const LANE: usize = 32;
/// Taps are on a scale of 2^14: the sum of a filter's magnitudes stays below 2, so that a sum of products of full
/// scale fits 32 bits.
const SCALE_BITS: u32 = 14;
/// Kaiser's β for 62 dB: 0.1102 × (62 − 8.7).
const BETA: f64 = 5.87;
/// Middle of the transition as a part of the lower rate: a little below half, so that less folds back.
const CUT: f64 = 0.486;

/// The filter for a higher rate, split: one branch of [`LANE`] taps for each phase, oldest sample first.
pub(super) fn branches(from: Rate, to: Rate) -> Vec<i16> {
    let ratio = (to.hz() / from.hz()) as usize;
    let prototype = prototype(ratio);
    let mut taps = Vec::with_capacity(prototype.len());
    for phase in 0..ratio {
        // Each branch passes a constant unchanged, so that no image of it whistles.
        let branch: Vec<f64> = (0..LANE).map(|tap| prototype[(LANE - 1 - tap) * ratio + phase]).collect();
        taps.extend(scaled(&branch));
    }
    taps
}

/// The filter for a lower rate, whole.
pub(super) fn whole(from: Rate, to: Rate) -> Vec<i16> {
    scaled(&prototype((from.hz() / to.hz()) as usize))
}

/// The sum of products; both slices are equally long, a multiple of [`LANE`].
#[inline]
pub(super) fn dot(samples: &[i16], taps: &[i16]) -> i32 {
    let mut sum = 0;
    for (samples, taps) in samples.chunks_exact(LANE).zip(taps.chunks_exact(LANE)) {
        let mut lane = 0;
        for at in 0..LANE {
            lane += i32::from(samples[at]) * i32::from(taps[at]);
        }
        sum += lane;
    }
    sum
}

/// A sum of products back to a sample.
#[inline]
pub(super) fn round(sum: i32) -> i16 {
    let sample = (sum + (1 << (SCALE_BITS - 1))) >> SCALE_BITS;
    sample.clamp(i16::MIN.into(), i16::MAX.into()) as i16
}

/// Sinc under a Kaiser window, at the higher of two rates `ratio` apart.
fn prototype(ratio: usize) -> Vec<f64> {
    let length = LANE * ratio;
    let middle = (length - 1) as f64 / 2.0;
    (0..length)
        .map(|tap| {
            let from_middle = tap as f64 - middle;
            // The length is even: the middle falls between two taps, never on one.
            let x = 2.0 * PI * CUT / ratio as f64 * from_middle;
            let sinc = x.sin() / x;
            sinc * bessel(BETA * (1.0 - (from_middle / middle).powi(2)).max(0.0).sqrt())
        })
        .collect()
}

/// Taps to integers, their sum exactly one: what rounding took goes to the largest tap.
fn scaled(taps: &[f64]) -> Vec<i16> {
    let sum: f64 = taps.iter().sum();
    let one = f64::from(1_u32 << SCALE_BITS);
    let mut scaled: Vec<i16> = taps.iter().map(|tap| (tap / sum * one).round() as i16).collect();
    let rest = one as i32 - scaled.iter().map(|tap| i32::from(*tap)).sum::<i32>();
    if let Some(largest) = scaled.iter_mut().max() {
        *largest += rest as i16;
    }
    scaled
}

/// The modified Bessel function of the first kind and order zero.
fn bessel(x: f64) -> f64 {
    let (mut sum, mut term) = (1.0, 1.0);
    for k in 1..32 {
        term *= (x / 2.0 / f64::from(k)).powi(2);
        sum += term;
    }
    sum
}
