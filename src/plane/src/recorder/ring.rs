//! From one audio thread to the recorder: a ring of words that neither side ever waits for.
//!
//! One side writes, one reads; the words are atomics, so even two writers would spoil sound, not memory.
//! **Invariants:** a record is seen whole or not at all; when there is no room it is not written, and the writer says so.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Words of a ring: 4 MiB, of which only what was ever used takes memory. Five hundred calls of G.711 fill it in 0.35 s,
/// and it is emptied every 40 ms.
const WORDS: usize = 1 << 19;
/// Payload octets of a record at most: a frame of 20 ms at 48 kHz, and any datagram.
pub(super) const PAYLOAD_MAX: usize = 1_920;
/// Words of a record's head: a measure, the recording, when, and what.
const HEAD: usize = 4;

/// What an audio thread tells about one piece of sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) recording: u64,
    /// Nanoseconds of the plane's clock.
    pub(super) at: u64,
    pub(super) channel: u8,
    /// The coding by number, or the rate of samples.
    pub(super) kind: u8,
    pub(super) seq: u16,
    pub(super) timestamp: u32,
}

/// The ring.
pub(super) struct Ring {
    words: Box<[AtomicU64]>,
    /// Words ever written, and ever read; both wrap.
    written: AtomicUsize,
    read: AtomicUsize,
}

impl Ring {
    pub(super) fn new() -> Ring {
        let words = Box::<[AtomicU64]>::new_zeroed_slice(WORDS);
        // SAFETY: an atomic of zeros is a valid one; untouched pages of zeros take no memory.
        let words = unsafe { words.assume_init() };
        Ring { words, written: AtomicUsize::new(0), read: AtomicUsize::new(0) }
    }

    /// Writes a record; the payload is given in pieces of eight octets. False if there is no room.
    pub(super) fn write(&self, head: Head, octets: usize, payload: impl Iterator<Item = u64>) -> bool {
        let length = octets.div_ceil(8);
        if octets > PAYLOAD_MAX {
            return false;
        }
        let begin = self.written.load(Ordering::Relaxed);
        // Acquire: the reader is done with the words that are written next.
        let used = begin.wrapping_sub(self.read.load(Ordering::Acquire));
        if used + HEAD + length > WORDS {
            return false;
        }
        let measure = octets as u64 | u64::from(head.channel) << 16 | u64::from(head.kind) << 24;
        let what = u64::from(head.timestamp) | u64::from(head.seq) << 32;
        let words = [measure, head.recording, head.at, what].into_iter().chain(payload.take(length));
        for (n, word) in words.enumerate() {
            if let Some(place) = self.words.get(begin.wrapping_add(n) % WORDS) {
                place.store(word, Ordering::Relaxed);
            }
        }
        // Release: who sees the new mark sees the words before it.
        self.written.store(begin.wrapping_add(HEAD + length), Ordering::Release);
        true
    }

    /// Gives all records that are there to `take`, and the room back.
    pub(super) fn read(&self, mut take: impl FnMut(Head, &[u8])) {
        let mut payload = [0; PAYLOAD_MAX + 8];
        let end = self.written.load(Ordering::Acquire);
        let mut at = self.read.load(Ordering::Relaxed);
        // Fewer words than a record's head are none of a record's.
        while (HEAD..=WORDS).contains(&end.wrapping_sub(at)) {
            let word = |n: usize| self.words.get(at.wrapping_add(n) % WORDS).map_or(0, |w| w.load(Ordering::Relaxed));
            let (measure, what) = (word(0), word(3));
            let octets = (measure as usize & 0xFFFF).min(PAYLOAD_MAX);
            let head = Head {
                recording: word(1),
                at: word(2),
                channel: (measure >> 16) as u8,
                kind: (measure >> 24) as u8,
                seq: (what >> 32) as u16,
                timestamp: what as u32,
            };
            for (n, place) in payload.chunks_exact_mut(8).take(octets.div_ceil(8)).enumerate() {
                place.copy_from_slice(&word(HEAD + n).to_le_bytes());
            }
            take(head, payload.get(..octets).unwrap_or_default());
            at = at.wrapping_add(HEAD + octets.div_ceil(8));
            // Release: the words are read before the writer takes them back. After each record, for taking one may
            // take its time.
            self.read.store(at, Ordering::Release);
        }
    }
}

/// Octets as words, the last one filled up with zeros.
pub(super) fn words(octets: &[u8]) -> impl Iterator<Item = u64> {
    octets.chunks(8).map(|chunk| {
        let mut word = [0; 8];
        for (place, octet) in word.iter_mut().zip(chunk) {
            *place = *octet;
        }
        u64::from_le_bytes(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(n: u64) -> Head {
        Head { recording: n, at: n * 7, channel: 1, kind: 3, seq: n as u16, timestamp: n as u32 }
    }

    #[test]
    fn records_come_out_as_they_went_in_round_and_round() {
        let ring = Ring::new();
        let mut n = 0;
        // Almost twice round, in odd lengths.
        while n < WORDS as u64 / 70 {
            let payload: Vec<u8> = (0..n % 1_900).map(|i| (i ^ n) as u8).collect();
            assert!(ring.write(head(n), payload.len(), words(&payload)));
            let mut seen = 0;
            ring.read(|h, p| {
                assert_eq!((h, p), (head(n), &payload[..]));
                seen += 1;
            });
            assert_eq!(seen, 1);
            n += 1;
        }
    }

    #[test]
    fn a_reader_beside_the_writer_sees_whole_records_in_order() {
        const RECORDS: u64 = 20_000;
        let ring = Ring::new();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut n = 0;
                while n < RECORDS {
                    let payload = [n as u8; 160];
                    match ring.write(head(n), payload.len(), words(&payload)) {
                        true => n += 1,
                        false => std::thread::yield_now(),
                    }
                }
            });
            let mut next = 0;
            while next < RECORDS {
                ring.read(|h, p| {
                    assert_eq!((h, p), (head(next), &[next as u8; 160][..]));
                    next += 1;
                });
                std::thread::yield_now();
            }
        });
    }

    #[test]
    fn a_full_ring_refuses_and_keeps_what_it_has() {
        let ring = Ring::new();
        let payload = [7; 160];
        let taken = (0..100_000).take_while(|n| ring.write(head(*n), 160, words(&payload))).count();
        assert_eq!(taken, WORDS / (HEAD + 20));
        let mut next = 0;
        ring.read(|h, p| {
            assert_eq!((h.recording, p), (next, &payload[..]));
            next += 1;
        });
        assert_eq!(next, taken as u64);
        assert!(ring.write(head(1), 160, words(&payload)));
        assert!(!ring.write(head(1), PAYLOAD_MAX + 1, words(&payload)));
    }
}
