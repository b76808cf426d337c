//! Packets that wait for their time, in the order of their time.

use std::collections::VecDeque;

use super::clock::{MS, Ticks};
use crate::SeqNo;
use crate::control::Codec;

/// Most packets that wait.
pub(super) const PACKETS_MAX: usize = 64;
/// Most sound that waits.
pub(super) const SPAN_MAX: Ticks = 1_000 * MS;
/// Longest payload: what fits into an Ethernet frame.
pub(super) const PAYLOAD_MAX: usize = 1_500;
/// Octets of all payloads: a second of 128 kbit/s.
const OCTETS: usize = 16_384;

/// A packet that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Waiting {
    /// When it sounds, in media time.
    pub(super) at: Ticks,
    /// How long it sounds; 0 for comfort noise.
    pub(super) long: Ticks,
    pub(super) seq: SeqNo,
    pub(super) codec: Codec,
    /// It does not go on from the packets before.
    pub(super) jumped: bool,
}

/// A bounded store: when it is full the oldest packets go.
#[derive(Debug)]
pub(super) struct Buffer {
    queue: VecDeque<Slot>,
    octets: Box<[u8]>,
    /// End of what is used of `octets`.
    end: usize,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    packet: Waiting,
    start: usize,
    len: usize,
}

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inserted {
    /// It waits; so many older ones had to go.
    Waits {
        /// Packets flushed.
        flushed: u32,
    },
    /// One of its time waits already.
    Duplicate,
}

impl Buffer {
    pub(super) fn new() -> Buffer {
        Buffer { queue: VecDeque::with_capacity(PACKETS_MAX), octets: vec![0; OCTETS].into(), end: 0 }
    }

    /// Takes a packet; `payload` is at most [`PAYLOAD_MAX`] and copied.
    pub(super) fn insert(&mut self, packet: Waiting, payload: &[u8]) -> Inserted {
        debug_assert!(payload.len() <= PAYLOAD_MAX);
        let mut index = self.queue.len();
        while index > 0 && self.queue[index - 1].packet.at > packet.at {
            index -= 1;
        }
        // Comfort noise may share its time with the sound that follows it.
        let twin = |slot: &Slot| slot.packet.at == packet.at && (slot.packet.long == 0) == (packet.long == 0);
        if self.queue.iter().take(index).rev().take_while(|slot| slot.packet.at == packet.at).any(twin) {
            return Inserted::Duplicate;
        }
        let mut flushed = 0;
        while index > 0 && (self.queue.len() == PACKETS_MAX || self.span_with(&packet) > SPAN_MAX) {
            self.queue.pop_front();
            index -= 1;
            flushed += 1;
        }
        if self.queue.len() == PACKETS_MAX || self.span_with(&packet) > SPAN_MAX {
            // Older than all of a full store: it is the oldest, which goes.
            return Inserted::Waits { flushed: 1 };
        }
        while self.room() < payload.len() {
            self.compact();
            if self.room() >= payload.len() || self.queue.pop_front().is_none() {
                break;
            }
            index = index.saturating_sub(1);
            flushed += 1;
        }
        let start = self.end;
        self.octets[start..start + payload.len()].copy_from_slice(payload);
        self.end += payload.len();
        self.queue.insert(index, Slot { packet, start, len: payload.len() });
        Inserted::Waits { flushed }
    }

    /// The packet whose time comes first.
    pub(super) fn front(&self) -> Option<Waiting> {
        self.queue.front().map(|slot| slot.packet)
    }

    /// Its payload; empty if there is none.
    pub(super) fn front_payload(&self) -> &[u8] {
        self.queue.front().map_or(&[], |slot| &self.octets[slot.start..slot.start + slot.len])
    }

    /// Its first packet is done with.
    pub(super) fn pop(&mut self) {
        self.queue.pop_front();
        if self.queue.is_empty() {
            self.end = 0;
        }
    }

    pub(super) fn clear(&mut self) {
        self.queue.clear();
        self.end = 0;
    }

    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }

    fn span_with(&self, packet: &Waiting) -> Ticks {
        let (Some(first), Some(last)) = (self.queue.front(), self.queue.back()) else { return 0 };
        (last.packet.at + last.packet.long).max(packet.at + packet.long) - first.packet.at.min(packet.at)
    }

    fn room(&self) -> usize {
        self.octets.len() - self.end
    }

    /// Moves the payloads together. Once in a hundred packets or so.
    fn compact(&mut self) {
        let (mut from, mut to) = (0, 0);
        // Packets may have come out of order, so the next payload by place is looked for.
        while let Some(slot) = self.queue.iter_mut().filter(|s| s.start >= from && s.len > 0).min_by_key(|s| s.start) {
            let (start, len) = (slot.start, slot.len);
            slot.start = to;
            self.octets.copy_within(start..start + len, to);
            from = start + len;
            to += len;
        }
        for slot in self.queue.iter_mut().filter(|s| s.len == 0) {
            slot.start = 0;
        }
        self.end = to;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(n: i64) -> Waiting {
        Waiting { at: n * 20 * MS, long: 20 * MS, seq: SeqNo(n as u16), codec: Codec::Pcmu, jumped: false }
    }

    fn order(buffer: &mut Buffer) -> Vec<(i64, Vec<u8>)> {
        let mut all = vec![];
        while let Some(front) = buffer.front() {
            all.push((front.at / (20 * MS), buffer.front_payload().to_vec()));
            buffer.pop();
        }
        all
    }

    #[test]
    fn packets_come_out_in_the_order_of_their_time_once_each() {
        let mut buffer = Buffer::new();
        for n in [3, 1, 2, 1, 5, 4, 3] {
            buffer.insert(packet(n), &[n as u8; 160]);
        }
        assert_eq!(buffer.insert(packet(5), &[0]), Inserted::Duplicate);
        let expected: Vec<_> = (1..=5).map(|n| (n, vec![n as u8; 160])).collect();
        assert_eq!(order(&mut buffer), expected);
    }

    #[test]
    fn a_full_store_loses_its_oldest() {
        let mut buffer = Buffer::new();
        let flushed: u32 = (0..200)
            .map(|n| match buffer.insert(packet(n), &[n as u8; 160]) {
                Inserted::Waits { flushed } => flushed,
                Inserted::Duplicate => panic!("twice"),
            })
            .sum();
        assert_eq!(flushed, 150, "a second is 50 packets");
        assert_eq!(buffer.insert(packet(3), &[0]), Inserted::Waits { flushed: 1 });
        let all = order(&mut buffer);
        assert_eq!((all.len(), all[0].0, all[49].0), (50, 150, 199));
    }

    #[test]
    fn large_payloads_are_bounded_by_octets_and_stay_whole() {
        let mut buffer = Buffer::new();
        for round in 0..40 {
            for n in 0..25_i64 {
                let n = round * 25 + (n ^ 3);
                buffer.insert(packet(n), &vec![(n % 251) as u8; 700 + (n % 800) as usize]);
            }
            assert!(buffer.len() <= OCTETS / 700 + 1);
            let waiting: Vec<_> = buffer.queue.iter().map(|s| (s.packet.seq.0 as usize, s.start, s.len)).collect();
            for (n, start, len) in waiting {
                assert_eq!(len, 700 + n % 800);
                assert!(buffer.octets[start..start + len].iter().all(|&o| usize::from(o) == n % 251), "{n}");
            }
        }
    }
}
