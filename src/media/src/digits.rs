//! Digits heard in RFC 4733 events: each key once, however many of its packets come or are lost.

use base::{Duration, Instant};

use crate::{ClockRate, RtpTimestamp};

/// An event as one packet states it (RFC 4733 §2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventPacket {
    /// The event code; 0–15 are the DTMF keys (§3.2).
    pub event: u8,
    /// The event has ended.
    pub end: bool,
    /// How long it has lasted, in ticks.
    pub duration: u16,
}

impl EventPacket {
    /// Reads the first event of a payload; packets of several states are not used for DTMF.
    pub fn read(payload: &[u8]) -> Option<EventPacket> {
        let &[event, flags, high, low] = payload.first_chunk::<4>()?;
        Some(EventPacket { event, end: flags & 0x80 != 0, duration: u16::from_be_bytes([high, low]) })
    }
}

/// A digit that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digit {
    /// `0`–`9`, `*`, `#`, `A`–`D`.
    pub digit: char,
    /// How long the key was held.
    pub duration: Duration,
}

/// The hearing of one stream.
#[derive(Clone, Debug, Default)]
pub struct Digits {
    current: Option<Key>,
}

/// The last key heard, kept after its report so that its repeated end packets are known again.
#[derive(Clone, Debug)]
struct Key {
    event: u8,
    /// The timestamp of the present segment: all packets of a segment carry the same (RFC 4733 §2.2.1).
    timestamp: RtpTimestamp,
    /// Ticks of earlier segments.
    before: u32,
    /// Ticks of this segment so far.
    segment: u16,
    clock: ClockRate,
    state: KeyState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyState {
    /// Down; its last packet came then.
    Down {
        heard_at: Instant,
    },
    Reported,
}

/// A key whose end packets were lost ends when nothing of it was heard for so long: RFC 4733 §2.5.2.2 would have three
/// packet intervals, which are 20–50 ms each; a little more keeps a jittery network from cutting a key in two.
pub const END_LOST: Duration = Duration::from_millis(200);

impl Digits {
    /// Takes the event of one packet; gives the digit that ended by it. A packet may end two keys, the one before by
    /// beginning another and that one at once; then the second value is set too.
    pub fn receive(
        &mut self,
        now: Instant,
        timestamp: RtpTimestamp,
        marker: bool,
        clock: ClockRate,
        packet: EventPacket,
    ) -> [Option<Digit>; 2] {
        let mut ended = [None, None];
        match &mut self.current {
            Some(key) if key.timestamp == timestamp => {
                if key.event == packet.event {
                    key.segment = key.segment.max(packet.duration); // late packets state less
                }
            }
            Some(key) if timestamp.since(key.timestamp) < 0 && !key.is_stale(timestamp) => return ended,
            Some(key) if key.continues(timestamp, marker, packet) => {
                key.before += timestamp.forward_from(key.timestamp); // right even if the fullest packet was lost
                key.segment = packet.duration;
                key.timestamp = timestamp;
            }
            current => {
                ended[0] = current.as_mut().and_then(Key::end);
                *current = Some(Key {
                    event: packet.event,
                    timestamp,
                    before: 0,
                    segment: packet.duration,
                    clock,
                    state: KeyState::Down { heard_at: now },
                });
            }
        }
        if let Some(key) = &mut self.current {
            if let KeyState::Down { heard_at } = &mut key.state {
                *heard_at = now;
            }
            if packet.end && key.event == packet.event {
                ended[1] = key.end();
            }
        }
        ended
    }

    /// When a key that is down ends for lack of packets.
    pub fn poll_timeout(&self) -> Option<Instant> {
        match self.current.as_ref()?.state {
            KeyState::Down { heard_at } => Some(heard_at + END_LOST),
            KeyState::Reported => None,
        }
    }

    /// Ends a key whose end packets were lost.
    pub fn handle_timeout(&mut self, now: Instant) -> Option<Digit> {
        if self.poll_timeout()? > now {
            return None;
        }
        self.current.as_mut()?.end()
    }

    /// Forgets the last key, for the timestamps that follow have another base; gives it if it was down.
    pub fn forget(&mut self) -> Option<Digit> {
        self.current.take().as_mut().and_then(Key::end)
    }
}

impl Key {
    /// RFC 4733 §2.5.1.3: an event longer than 65,535 ticks goes on in a segment that begins where the last ended.
    fn continues(&self, timestamp: RtpTimestamp, marker: bool, packet: EventPacket) -> bool {
        self.event == packet.event
            && !marker
            && self.state != KeyState::Reported
            && self.segment >= SEGMENT_FULL
            && timestamp.forward_from(self.timestamp) <= u32::from(u16::MAX) + 1
    }

    /// A timestamp so far back that it is a new base rather than a late packet.
    fn is_stale(&self, timestamp: RtpTimestamp) -> bool {
        timestamp.since(self.timestamp).unsigned_abs() > self.clock.ticks(Duration::from_secs(10))
    }

    fn end(&mut self) -> Option<Digit> {
        if self.state == KeyState::Reported {
            return None;
        }
        self.state = KeyState::Reported;
        let ticks = self.before.saturating_add(u32::from(self.segment));
        // RFC 4733 §3.2, table 3; flash (16) and the events beyond are passed on but are no digits.
        let digit = *b"0123456789*#ABCD".get(usize::from(self.event))?;
        Some(Digit { digit: char::from(digit), duration: self.clock.time(ticks) })
    }
}

/// A segment this long may be the first of several: senders stop within one packet of the field's end.
const SEGMENT_FULL: u16 = u16::MAX - 4_800;

#[cfg(test)]
mod tests {
    use super::*;

    struct Ear(Digits, Instant, String);

    impl Ear {
        fn new() -> Ear {
            Ear(Digits::default(), Instant::ZERO, String::new())
        }

        /// One packet 20 ms after the last.
        fn hear(&mut self, event: u8, timestamp: u32, duration: u16, end: bool, marker: bool) {
            self.wait(20);
            let packet = EventPacket { event, end, duration };
            let digits = self.0.receive(self.1, RtpTimestamp(timestamp), marker, ClockRate::HZ_8000, packet);
            self.note(digits.into_iter().flatten());
        }

        fn wait(&mut self, ms: u64) {
            self.1 += Duration::from_millis(ms);
            let digit = self.0.handle_timeout(self.1);
            self.note(digit);
        }

        fn note(&mut self, digits: impl IntoIterator<Item = Digit>) {
            for d in digits {
                self.2 += &format!("{}:{} ", d.digit, d.duration.as_millis());
            }
        }

        /// A key as a phone sends it, without the packets in `lost`.
        fn key(&mut self, event: u8, timestamp: u32, lost: &[usize]) {
            for n in 0..8 {
                if lost.contains(&n) {
                    self.wait(20);
                } else {
                    let duration = (n.min(5) as u16 + 1) * 160;
                    self.hear(event, timestamp, duration, n >= 5, n == 0);
                }
            }
        }
    }

    #[test]
    fn each_key_is_heard_once() {
        let mut ear = Ear::new();
        for (n, event) in (0..=16).enumerate() {
            ear.key(event, 1_000 + n as u32 * 2_000, &[]);
        }
        let want: String = "0123456789*#ABCD".chars().map(|c| format!("{c}:120 ")).collect();
        assert_eq!(ear.2, want, "flash (16) is no digit");
    }

    #[test]
    fn lost_packets_lose_no_key() {
        let mut ear = Ear::new();
        ear.key(1, 1_000, &[0, 1, 2, 3, 4]); // only end packets
        ear.key(2, 3_000, &[5, 6]);
        ear.key(3, 5_000, &[5, 6, 7]); // no end packet: the next key ends it
        ear.key(4, 7_000, &[5, 6, 7]);
        assert_eq!(ear.2, "1:120 2:120 3:100 ");
        ear.wait(199);
        assert_eq!(ear.2, "1:120 2:120 3:100 4:100 ", "the time-out counts from the last packet");
        ear.wait(10_000);
        assert_eq!(ear.2, "1:120 2:120 3:100 4:100 ");
    }

    #[test]
    fn the_same_key_twice_is_two_digits() {
        let mut ear = Ear::new();
        ear.key(5, 1_000, &[]);
        ear.key(5, 3_000, &[]);
        assert_eq!(ear.2, "5:120 5:120 ");
    }

    #[test]
    fn late_packets_of_the_key_before_are_not_a_new_key() {
        let mut ear = Ear::new();
        ear.key(5, 1_000, &[]);
        ear.hear(6, 3_000, 160, false, true);
        ear.hear(5, 1_000, 960, true, false);
        ear.hear(6, 3_000, 320, true, false);
        assert_eq!(ear.2, "5:120 6:40 ");
    }

    #[test]
    fn a_very_long_key_in_segments_is_one_digit() {
        let mut ear = Ear::new();
        ear.hear(7, 0, 160, false, true);
        ear.hear(7, 0, 65_535, false, false);
        ear.hear(7, 65_535, 160, false, false);
        ear.hear(7, 65_535, 8_000, true, false);
        assert_eq!(ear.2, format!("7:{} ", (65_535 + 8_000) / 8));
    }

    #[test]
    fn a_new_time_base_begins_a_new_key() {
        let mut ear = Ear::new();
        ear.key(8, 4_000_000_000, &[]);
        ear.key(9, 2_500_000_000, &[]);
        assert_eq!(ear.2, "8:120 9:120 ");
    }

    #[test]
    fn short_payloads_are_no_events() {
        assert_eq!(EventPacket::read(&[1, 2, 3]), None);
        let read = EventPacket::read(&[11, 0x8A, 0x03, 0x20, 9]);
        assert_eq!(read, Some(EventPacket { event: 11, end: true, duration: 800 }));
    }
}
