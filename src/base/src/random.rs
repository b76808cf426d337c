//! Seeded randomness: the same seed gives the same run.

use core::fmt;

use rand_chacha::ChaCha12Rng;
use rand_core::{RngCore, SeedableRng};

/// A generator that cannot be predicted from its output (ChaCha12), given its seed at construction.
///
/// The shell seeds it from the operating system, the simulator from the number of the run.
#[derive(Clone)]
pub struct Random(ChaCha12Rng);

/// RFC 3986 unreserved characters without punctuation: safe in every SIP token and in URLs.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

impl Random {
    /// A generator for production, seeded with 32 bytes of entropy.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Random(ChaCha12Rng::from_seed(seed))
    }

    /// A generator for tests and the simulator.
    pub fn from_number(seed: u64) -> Self {
        Random(ChaCha12Rng::seed_from_u64(seed))
    }

    /// 32 random bits.
    pub fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number below `bound`, evenly spread; 0 when `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        // Multiply-shift: the bias is bound / 2^64.
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// Fills `buffer` with random bytes.
    pub fn fill(&mut self, buffer: &mut [u8]) {
        self.0.fill_bytes(buffer);
    }

    /// A token of `len` lower-case letters and digits, 5 bits of entropy each, without the
    /// letters that are easily misread (`l`, `o`, `0`, `1`).
    pub fn token(&mut self, len: usize) -> String {
        let mut out = String::with_capacity(len);
        while out.len() < len {
            let mut bits = self.next_u64();
            for _ in 0..12 {
                if out.len() == len {
                    break;
                }
                out.push(char::from(ALPHABET[(bits & 31) as usize]));
                bits >>= 5;
            }
        }
        out
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random(..)") // the state would let a reader of a log predict what comes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_run() {
        let (mut a, mut b) = (Random::from_number(7), Random::from_number(7));
        assert_eq!(a.token(20), b.token(20));
        assert_ne!(a.token(20), Random::from_number(8).token(20));
    }

    #[test]
    fn below_stays_below() {
        let mut r = Random::from_number(1);
        assert_eq!(r.below(0), 0);
        assert!((0..1000).all(|_| r.below(3) < 3));
    }
}
