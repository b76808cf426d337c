//! From one rate to another.
//!
//! Owns a linear-phase polyphase filter for each exact ratio between [`Rate`]s: 1:2, 1:3, 1:6 and back. Refuses
//! drifting clocks: those are the stretcher's.
//!
//! **Invariants:** delay below 2 ms; flat within 0.5 dB to 3.4 kHz (6.8 kHz between 16 and 48 kHz); what would
//! alias or mirror into that band is 55 dB down; nothing is allocated after construction.

mod filter;

use crate::Rate;
use filter::{LANE, dot};

/// Milliseconds of input filtered at a time; longer input is taken in pieces.
const PIECE_MS: usize = 20;

/// Changes the rate of one stream; remembers the end of what went before.
pub struct Resampler {
    from: Rate,
    to: Rate,
    way: Way,
}

enum Way {
    Copy,
    /// To a higher rate: `taps` holds one branch of [`LANE`] taps for each output of an input, newest sample last.
    Up {
        taps: Vec<i16>,
        line: Line,
    },
    /// To a lower rate: one output for each `ratio` inputs; `taps` is the whole filter.
    Down {
        taps: Vec<i16>,
        line: Line,
        ratio: usize,
        /// Inputs still to come before the next output, below `ratio`.
        skip: usize,
    },
}

/// The samples under the filter: the history it needs, then the piece at hand.
struct Line {
    samples: Vec<i16>,
    history: usize,
}

impl Resampler {
    /// A resampler as after silence.
    pub fn new(from: Rate, to: Rate) -> Resampler {
        let piece = from.samples(PIECE_MS);
        let way = match to.hz().cmp(&from.hz()) {
            std::cmp::Ordering::Equal => Way::Copy,
            std::cmp::Ordering::Greater => {
                Way::Up { taps: filter::branches(from, to), line: Line::new(LANE - 1, piece) }
            }
            std::cmp::Ordering::Less => {
                let taps = filter::whole(from, to);
                let line = Line::new(taps.len() - 1, piece);
                let ratio = (from.hz() / to.hz()) as usize;
                Way::Down { taps, line, ratio, skip: ratio - 1 }
            }
        };
        Resampler { from, to, way }
    }

    /// Rate of the input.
    pub fn from(&self) -> Rate {
        self.from
    }

    /// Rate of the output.
    pub fn to(&self) -> Rate {
        self.to
    }

    /// Most samples that `input` samples become.
    pub fn room(&self, input: usize) -> usize {
        (input * self.to.hz() as usize).div_ceil(self.from.hz() as usize)
    }

    /// Resamples `input` into the front of `out` and says how many samples that was. Where the input is whole
    /// milliseconds so is the output. `out` holds at least [`Resampler::room`]; what finds no room is dropped.
    pub fn process(&mut self, input: &[i16], out: &mut [i16]) -> usize {
        let mut written = 0;
        for piece in input.chunks(self.from.samples(PIECE_MS)) {
            written += self.piece(piece, &mut out[written..]);
        }
        written
    }

    fn piece(&mut self, input: &[i16], out: &mut [i16]) -> usize {
        match &mut self.way {
            Way::Copy => {
                let written = input.len().min(out.len());
                out[..written].copy_from_slice(&input[..written]);
                written
            }
            Way::Up { taps, line, .. } => {
                let ratio = taps.len() / LANE;
                let samples = line.load(input);
                let written = (input.len() * ratio).min(out.len());
                for (outputs, under) in out[..written].chunks_mut(ratio).zip(samples.windows(LANE)) {
                    for (output, branch) in outputs.iter_mut().zip(taps.chunks_exact(LANE)) {
                        *output = filter::round(dot(under, branch));
                    }
                }
                line.keep(input.len());
                written
            }
            Way::Down { taps, line, ratio, skip } => {
                let samples = line.load(input);
                let mut written = 0;
                let mut at = *skip;
                while at < input.len() {
                    if let Some(output) = out.get_mut(written) {
                        *output = filter::round(dot(&samples[at..at + taps.len()], taps));
                        written += 1;
                    }
                    at += *ratio;
                }
                *skip = at - input.len();
                line.keep(input.len());
                written
            }
        }
    }
}

impl Line {
    fn new(history: usize, piece: usize) -> Line {
        Line { samples: vec![0; history + piece], history }
    }

    /// Puts a piece behind the history and shows both.
    fn load(&mut self, piece: &[i16]) -> &[i16] {
        let end = self.history + piece.len();
        self.samples[self.history..end].copy_from_slice(piece);
        &self.samples[..end]
    }

    /// The end of what was loaded becomes the history.
    fn keep(&mut self, piece: usize) {
        self.samples.copy_within(piece..piece + self.history, 0);
    }
}

#[cfg(test)]
mod tests;
