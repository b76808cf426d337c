//! G.722 in mode 1 (64 kbit/s): an octet for each two samples at 16 kHz.
//!
//! A pair of mirror filters splits the sound at 4 kHz; the lower half is coded in six bits a sample, the upper in two,
//! each by its distance from a prediction that both ends make alike. Block names are those of ITU-T G.722 §6.2.

mod band;
mod mirror;

use band::{Band, Quantiser};
use mirror::{Join, Split};

/// Pairs of samples worked on at a time.
const PIECE: usize = 160;

/// Reads G.722.
pub(super) struct Decoder {
    low: Band,
    high: Band,
    join: Join,
}

impl Decoder {
    pub(super) fn new() -> Decoder {
        Decoder { low: Band::low(), high: Band::high(), join: Join::new() }
    }

    /// `out` holds two samples for each octet of `payload`.
    pub(super) fn decode(&mut self, payload: &[u8], out: &mut [i16]) {
        for (octets, out) in payload.chunks(PIECE).zip(out.chunks_mut(2 * PIECE)) {
            for (at, octet) in octets.iter().enumerate() {
                let low = self.low.decode_low(octet & 0x3F);
                let high = self.high.decode_high(octet >> 6);
                self.join.put(at, low, high);
            }
            self.join.join(octets.len(), out);
        }
    }
}

/// Writes G.722.
pub(super) struct Encoder {
    low: Band,
    high: Band,
    quantiser: Quantiser,
    split: Split,
}

impl Encoder {
    pub(super) fn new() -> Encoder {
        Encoder { low: Band::low(), high: Band::high(), quantiser: Quantiser::new(), split: Split::new() }
    }

    /// `out` holds an octet for each two samples.
    pub(super) fn encode(&mut self, samples: &[i16], out: &mut [u8]) {
        for (samples, out) in samples.chunks(2 * PIECE).zip(out.chunks_mut(PIECE)) {
            self.split.load(samples);
            for (at, octet) in out.iter_mut().enumerate() {
                let (low, high) = self.split.pair(at);
                *octet = self.high.encode_high(high) << 6 | self.low.encode_low(low, &self.quantiser);
            }
            self.split.keep(samples.len());
        }
    }
}

#[cfg(test)]
mod tests;
