//! The mirror filters that split the sound at 4 kHz and join it again (ITU-T G.722 §5.2.1, table 11).

use super::PIECE;

/// One of the two branches; the other is the same backwards.
const BRANCH: [i16; 12] = [3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11];
const TAPS: usize = 24;
/// Samples of history under the split, and of each half under the join.
const SPLIT_HISTORY: usize = TAPS - 2;
const JOIN_HISTORY: usize = TAPS / 2 - 1;

/// Samples to halves.
pub(super) struct Split {
    samples: [i16; SPLIT_HISTORY + 2 * PIECE],
    low: [i16; TAPS],
    high: [i16; TAPS],
}

impl Split {
    pub(super) fn new() -> Split {
        // Even places take the branch, odd ones the branch backwards; the upper half is their difference.
        let tap = |at: usize| if at.is_multiple_of(2) { BRANCH[at / 2] } else { BRANCH[11 - at / 2] };
        Split {
            samples: [0; SPLIT_HISTORY + 2 * PIECE],
            low: std::array::from_fn(tap),
            high: std::array::from_fn(|at| if at.is_multiple_of(2) { -tap(at) } else { tap(at) }),
        }
    }

    /// Puts up to [`PIECE`] pairs behind the history.
    pub(super) fn load(&mut self, samples: &[i16]) {
        self.samples[SPLIT_HISTORY..SPLIT_HISTORY + samples.len()].copy_from_slice(samples);
    }

    /// The lower and the upper half of a pair.
    #[inline]
    pub(super) fn pair(&self, at: usize) -> (i32, i32) {
        let under = &self.samples[2 * at..2 * at + TAPS];
        (dot(under, &self.low) >> 14, dot(under, &self.high) >> 14)
    }

    /// The end of what was loaded becomes the history.
    pub(super) fn keep(&mut self, samples: usize) {
        self.samples.copy_within(samples..samples + SPLIT_HISTORY, 0);
    }
}

/// Halves to samples.
pub(super) struct Join {
    sums: [i16; JOIN_HISTORY + PIECE],
    differences: [i16; JOIN_HISTORY + PIECE],
    backwards: [i16; TAPS / 2],
}

impl Join {
    pub(super) fn new() -> Join {
        Join {
            sums: [0; JOIN_HISTORY + PIECE],
            differences: [0; JOIN_HISTORY + PIECE],
            backwards: std::array::from_fn(|at| BRANCH[11 - at]),
        }
    }

    /// Puts the halves of pair `at` in their place. Both are within 15 bits, so that sum and difference are within 16.
    #[inline]
    pub(super) fn put(&mut self, at: usize, low: i32, high: i32) {
        self.sums[JOIN_HISTORY + at] = (low + high) as i16;
        self.differences[JOIN_HISTORY + at] = (low - high) as i16;
    }

    /// Makes samples of the pairs that were put.
    pub(super) fn join(&mut self, pairs: usize, out: &mut [i16]) {
        for (at, out) in out.chunks_exact_mut(2).take(pairs).enumerate() {
            let under = at..at + TAPS / 2;
            out[0] = narrow(dot(&self.differences[under.clone()], &self.backwards) >> 11);
            out[1] = narrow(dot(&self.sums[under], &BRANCH) >> 11);
        }
        self.sums.copy_within(pairs..pairs + JOIN_HISTORY, 0);
        self.differences.copy_within(pairs..pairs + JOIN_HISTORY, 0);
    }
}

#[inline]
fn dot<const N: usize>(samples: &[i16], taps: &[i16; N]) -> i32 {
    samples.iter().zip(taps).map(|(sample, tap)| i32::from(*sample) * i32::from(*tap)).sum()
}

#[inline]
fn narrow(sample: i32) -> i16 {
    sample.clamp(-32_768, 32_767) as i16
}
