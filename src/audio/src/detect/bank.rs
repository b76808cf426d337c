//! Goertzel filters side by side, and the frames they work on.

use std::f32::consts::TAU;

use crate::tone::PEAK_0_DBM0;

/// Samples a second of everything that is listened to.
pub(super) const HZ: f32 = 8_000.0;
/// Samples of a frame: 20 ms, so that bins are 50 Hz apart.
pub(super) const FRAME: usize = 160;
/// Milliseconds of a frame.
pub(super) const FRAME_MS: u32 = 20;
/// Hz from bin to bin.
pub(super) const BIN: f32 = HZ / FRAME as f32;

/// Mean square of a sine of `dbm0`.
pub(super) fn mean_square(dbm0: f64) -> f32 {
    (PEAK_0_DBM0 * PEAK_0_DBM0 / 2.0 * 10_f64.powf(dbm0 / 10.0)) as f32
}

/// Mean square of `samples`.
pub(super) fn power(samples: &[i16]) -> f32 {
    let sum: f32 = samples.iter().map(|sample| f32::from(*sample) * f32::from(*sample)).sum();
    sum / samples.len().max(1) as f32
}

/// `K` filters that run over the same samples at once, which vectors do well.
#[derive(Clone, Debug)]
pub(super) struct Bank<const K: usize> {
    /// 2 cos ω.
    turns: [f32; K],
}

impl<const K: usize> Bank<K> {
    /// Filters at the frequencies `hz`.
    pub(super) fn new(hz: [f32; K]) -> Bank<K> {
        Bank { turns: hz.map(|hz| 2.0 * (TAU * hz / HZ).cos()) }
    }

    /// Filters at `K` neighbouring bins, from bin `first` on.
    pub(super) fn bins(first: usize) -> Bank<K> {
        Bank::new(std::array::from_fn(|index| (first + index) as f32 * BIN))
    }

    /// 2 cos ω of a filter.
    pub(super) fn turn(&self, filter: usize) -> f32 {
        self.turns[filter]
    }

    /// The last two states of each filter after `samples`.
    #[inline]
    pub(super) fn run(&self, samples: &[i16]) -> [[f32; K]; 2] {
        let (mut last, mut before) = ([0.0; K], [0.0; K]);
        for sample in samples {
            let sample = f32::from(*sample);
            for k in 0..K {
                let state = self.turns[k] * last[k] + (sample - before[k]);
                before[k] = last[k];
                last[k] = state;
            }
        }
        [last, before]
    }

    /// The mean square that a sine at each filter's frequency has in `samples`.
    pub(super) fn powers(&self, samples: &[i16]) -> [f32; K] {
        let [last, before] = self.run(samples);
        let scale = 2.0 / (samples.len() * samples.len()).max(1) as f32;
        std::array::from_fn(|k| {
            let square = last[k] * last[k] + before[k] * before[k] - self.turns[k] * last[k] * before[k];
            (square * scale).max(0.0)
        })
    }
}

/// One steady tone in a frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Peak {
    /// Its frequency.
    pub(super) hz: f32,
    /// Its part in the power of the frame, 0–1.
    pub(super) share: f32,
}

/// The strongest tone among neighbouring bins from `first` on, in a frame of mean square `total`.
pub(super) fn peak(powers: &[f32], first: usize, total: f32) -> Option<Peak> {
    let top = powers.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map(|(index, _)| index)?;
    if total <= 0.0 || powers[top] <= 0.0 {
        return None;
    }
    let at = |index: Option<usize>| index.and_then(|index| powers.get(index)).copied().unwrap_or(0.0);
    let (below, above) = (at(top.checked_sub(1)), at(Some(top + 1)));
    // Under a rectangular window the two bins about a tone are as far from it as their amplitudes are unlike.
    let low = if above > below { top } else { top.saturating_sub(1) };
    let (left, right) = (at(Some(low)).sqrt(), at(Some(low + 1)).sqrt());
    let part = if left + right > 0.0 { right / (left + right) } else { 0.0 };
    let sum = at(low.checked_sub(1)) + at(Some(low)) + at(Some(low + 1)) + at(Some(low + 2));
    // Four bins hold all of a tone that is on one of them, and nine tenths of one half-way between two.
    let held = 1.0 - 0.1 * (part * std::f32::consts::PI).sin().powi(2);
    Some(Peak { hz: ((first + low) as f32 + part) * BIN, share: sum / held / total })
}

/// Collects pieces of any length into frames.
#[derive(Clone, Debug)]
pub(super) struct Framer {
    samples: [i16; FRAME],
    filled: usize,
}

impl Framer {
    pub(super) fn new() -> Framer {
        Framer { samples: [0; FRAME], filled: 0 }
    }

    /// Adds a piece and has `hear` hear each frame that is full; the last thing that it recognised.
    pub(super) fn push<T>(&mut self, mut piece: &[i16], mut hear: impl FnMut(&[i16; FRAME]) -> Option<T>) -> Option<T> {
        let mut recognised = None;
        while !piece.is_empty() {
            let (part, rest) = piece.split_at(piece.len().min(FRAME - self.filled));
            self.samples[self.filled..self.filled + part.len()].copy_from_slice(part);
            self.filled += part.len();
            piece = rest;
            if self.filled == FRAME {
                recognised = hear(&self.samples).or(recognised);
                self.filled = 0;
            }
        }
        recognised
    }
}
