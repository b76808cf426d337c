//! From the packet in front to the end of the sound that waits.

use super::clock::Ticks;
use super::{Last, Playout, Pulled, Quiet, SLOP, State, Waiting, pace, voice};
use crate::control::Codec;

impl Playout {
    /// Adds some sound, at least a sample, and says what it is.
    pub(super) fn produce(&mut self, now: Ticks) -> Pulled {
        loop {
            let Some(front) = self.buffer.front() else { return self.nothing_there() };
            if front.long == 0 {
                if self.take_noise(front) {
                    continue;
                }
            } else if self.state == State::Playing {
                if front.at + SLOP < self.next {
                    self.buffer.pop();
                    self.count_belated(front.seq);
                    continue;
                }
            } else if self.due(now, &front) {
                // Silence may grow or shrink unheard: the wait begins afresh.
                self.begin(&front);
            } else {
                return self.rest();
            }
            if front.at > self.next + SLOP {
                return self.bridge(now, &front);
            }
            if front.long > 0
                && let Some(pulled) = self.play(&front)
            {
                return pulled;
            }
        }
    }

    /// Whether a packet after silence has waited enough.
    pub(super) fn due(&self, now: Ticks, packet: &Waiting) -> bool {
        now - packet.at - pace::spread(packet.long) >= self.target()
    }

    /// Sound begins after silence.
    pub(super) fn begin(&mut self, front: &Waiting) {
        if self.state == State::Quiet(Quiet::Described) {
            self.concealer.cut();
        }
        self.quiet_for = 0;
        self.state = State::Playing;
        self.next = front.at;
        self.owed = 0;
    }

    /// Plays the packet in front. `None` if nothing came of it.
    pub(super) fn play(&mut self, front: &Waiting) -> Option<Pulled> {
        let (_, index) = voice::coding(front.codec)?;
        if self.voice != Some(index) {
            if let Some(voice) = self.voices[index].as_mut().filter(|_| self.voice.is_some()) {
                voice.reset();
                self.concealer.cut();
            }
            self.voice = Some(index);
        } else if front.jumped {
            self.concealer.cut();
        }
        let payload = self.buffer.front_payload();
        let silent = front.codec == Codec::Opus && payload.len() <= 2;
        let added = match &mut self.voices[index] {
            Some(voice) => voice.decode(payload, &mut self.scratch, &mut self.sound),
            None => 0,
        };
        self.buffer.pop();
        if added == 0 {
            self.counts.malformed += 1;
            return None;
        }
        self.concealer.good(self.sound.tail(added));
        self.next = front.at + front.long;
        self.owed = 0;
        self.made_up = 0;
        let played = match self.last {
            Some(last) => match front.seq.forward_from(last.seq) {
                steps @ 1..=63 => last.played << steps | 1 << (steps - 1),
                64 => 1 << 63,
                _ => 0,
            },
            None => 0,
        };
        self.last = Some(Last { seq: front.seq, long: front.long, played });
        // RFC 6716 §2.1.9, RFC 7587 §3.1.3: a packet of two octets or less says that the sender falls silent.
        if silent {
            self.state = State::Quiet(Quiet::Coded);
            return Some(Pulled::Comfort);
        }
        Some(Pulled::Speech)
    }

    /// Nothing plays any more.
    pub(super) fn idle(&mut self) {
        self.state = State::Idle;
        self.owed = 0;
        self.made_up = 0;
        self.concealer.hush();
    }
}
