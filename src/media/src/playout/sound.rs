//! Decoded sound that waits to be played, and a little of what was.

use audio::Rate;
use audio::stretch::{self, Care};

/// Milliseconds kept of what was played: a seam may look back one period.
const PAST_MS: usize = 15;
/// Milliseconds that fit, past included: what a packet and a half bring, and what stretching adds.
const ROOM_MS: usize = 300;

/// A queue of samples in one piece of memory.
#[derive(Debug)]
pub(super) struct Sound {
    rate: Rate,
    samples: Box<[i16]>,
    start: usize,
    end: usize,
}

impl Sound {
    pub(super) fn new(rate: Rate) -> Sound {
        let past = rate.samples(PAST_MS);
        Sound { rate, samples: vec![0; rate.samples(ROOM_MS)].into(), start: past, end: past }
    }

    /// Samples that wait.
    pub(super) fn len(&self) -> usize {
        self.end - self.start
    }

    /// Room at the end for `len` more samples (fewer if there is none), to be written; they count at once.
    pub(super) fn extend(&mut self, len: usize) -> &mut [i16] {
        self.make_room(len);
        let from = self.end;
        self.end = (from + len).min(self.samples.len());
        &mut self.samples[from..self.end]
    }

    /// The last `len` samples.
    pub(super) fn tail(&mut self, len: usize) -> &mut [i16] {
        let from = self.end - len.min(self.len());
        &mut self.samples[from..self.end]
    }

    /// The last `len` samples are none after all.
    pub(super) fn shorten(&mut self, len: usize) {
        self.end -= len.min(self.len());
    }

    /// Moves the oldest samples into `out`; what is missing is silence.
    pub(super) fn take(&mut self, out: &mut [i16]) {
        let len = out.len().min(self.len());
        out[..len].copy_from_slice(&self.samples[self.start..self.start + len]);
        out[len..].fill(0);
        self.start += len;
    }

    /// Takes a period of at most `most` samples out; gives the samples removed.
    pub(super) fn accelerate(&mut self, most: usize, care: Care) -> usize {
        let removed = stretch::accelerate(&mut self.samples[self.start..self.end], most, self.rate, care);
        self.end -= removed;
        removed
    }

    /// Puts a period in; gives the samples added.
    pub(super) fn expand(&mut self, care: Care) -> usize {
        self.make_room(self.rate.samples(PAST_MS));
        let past = self.start.min(self.rate.samples(PAST_MS));
        let len = self.len();
        let added = stretch::expand(&mut self.samples[self.start - past..], past, len, self.rate, care);
        self.end += added;
        added
    }

    fn make_room(&mut self, len: usize) {
        if self.end + len > self.samples.len() {
            let from = self.start.saturating_sub(self.rate.samples(PAST_MS));
            self.samples.copy_within(from..self.end, 0);
            self.start -= from;
            self.end -= from;
        }
    }
}
