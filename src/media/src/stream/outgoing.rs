//! What a stream sends: one source of ours for the whole call, continuous in number and time whatever feeds it.
//!
//! A phone that hears another far side after transfer or hold must not have to learn a new numbering; many stay mute
//! for seconds. So what is fed in is shifted: each feed gets an offset that continues where the last one ended.

use base::{Duration, Instant, Random, StreamId};

use super::Passing;
use crate::control::Codec;
use crate::rtp::Rewrite;
use crate::{ClockRate, RtpTimestamp, SeqNo};

/// The sending side of one stream.
#[derive(Clone, Debug)]
pub(super) struct Outgoing {
    ssrc: u32,
    /// The highest sent.
    seq: SeqNo,
    /// The latest sent.
    timestamp: RtpTimestamp,
    sent_at: Option<Instant>,
    clock: ClockRate,
    feed: Option<Feed>,
    packets: u64,
    octets: u64,
}

/// What is being sent on, and how its numbers are shifted.
#[derive(Clone, Copy, Debug)]
struct Feed {
    from: StreamId,
    epoch: u32,
    seq_shift: u16,
    time_shift: u32,
    /// The last number of the feed before; what would come at or below it is too late.
    floor: SeqNo,
    /// Packets since the change, until [`YOUNG`].
    age: u16,
}

/// For so many packets a feed may still bring packets from before its beginning; later the floor is meaningless.
const YOUNG: u16 = 1_000;
/// The least step of the timestamp at a change of feed: one packet as phones send them.
const STEP: Duration = Duration::from_millis(20);

impl Outgoing {
    /// RFC 3550 §5.1: source, number and timestamp begin at random values; the number in the lower half, so that it
    /// does not wrap at once.
    pub(super) fn new(random: &mut Random) -> Outgoing {
        Outgoing {
            ssrc: random.next_u32(),
            seq: SeqNo((random.next_u32() & 0x7FFF) as u16),
            timestamp: RtpTimestamp(random.next_u32()),
            sent_at: None,
            clock: ClockRate::HZ_8000,
            feed: None,
            packets: 0,
            octets: 0,
        }
    }

    /// The header that `passing` gets here; none if it is from before the present feed began.
    pub(super) fn stamp(&mut self, now: Instant, passing: &Passing, payload_type: u8) -> Option<Rewrite> {
        let clock = passing.codec.clock_rate();
        let keeps_clock = clock == self.clock || passing.codec.is_event() || passing.codec == Codec::ComfortNoise;
        let (feed, fresh) = match self.feed {
            Some(feed) if feed.is_of(passing) && keeps_clock => (feed, false),
            _ => (self.rebase(now, passing, clock), true),
        };
        let seq = passing.seq.plus(feed.seq_shift);
        if feed.age < YOUNG && !seq.is_after(feed.floor) {
            return None;
        }
        let timestamp = passing.timestamp.plus(feed.time_shift);
        self.feed = Some(Feed { age: feed.age.saturating_add(1), ..feed });
        if fresh || seq.is_after(self.seq) {
            self.seq = seq;
            // Events carry the time of their beginning (RFC 4733 §2.2.1), which may lie before the audio's.
            if fresh || timestamp.since(self.timestamp) > 0 {
                self.timestamp = timestamp;
                self.sent_at = Some(now);
            }
        }
        self.packets += 1;
        self.octets += u64::from(passing.payload_len());
        // RFC 3551 §4.1: the marker says that a talk spurt begins, so that the peer may adapt its buffer.
        let marker = passing.marker || (fresh && !passing.codec.is_event());
        Some(Rewrite { marker, payload_type, seq, timestamp, ssrc: self.ssrc })
    }

    /// The next number and a timestamp further on by the time that has passed.
    fn rebase(&mut self, now: Instant, passing: &Passing, clock: ClockRate) -> Feed {
        let (seq, timestamp) = match self.sent_at {
            None => (self.seq, self.timestamp),
            Some(at) => (self.seq.next(), self.timestamp.plus(clock.ticks((now - at).max(STEP)))),
        };
        self.clock = clock;
        Feed {
            from: passing.from,
            epoch: passing.epoch,
            seq_shift: seq.forward_from(passing.seq),
            time_shift: timestamp.forward_from(passing.timestamp),
            floor: SeqNo(seq.0.wrapping_sub(1)),
            age: 0,
        }
    }

    /// `passing` is not sent for want of a payload type: what follows moves up, so that the peer sees no loss.
    pub(super) fn close_ranks(&mut self, passing: &Passing) {
        if let Some(feed) = &mut self.feed
            && feed.is_of(passing)
            && passing.seq.plus(feed.seq_shift).is_after(self.seq)
        {
            feed.seq_shift = feed.seq_shift.wrapping_sub(1);
        }
    }

    /// Nothing is sent for a while (hold): what follows is a new feed.
    pub(super) fn pause(&mut self) {
        self.feed = None;
    }

    /// Our source.
    pub(super) fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// Packets sent.
    pub(super) fn packets(&self) -> u64 {
        self.packets
    }

    /// Payload octets sent.
    pub(super) fn octets(&self) -> u64 {
        self.octets
    }

    /// The clock of what was sent last.
    pub(super) fn clock(&self) -> ClockRate {
        self.clock
    }

    /// Our timestamp at `now`, as a sender report wants it (RFC 3550 §6.4.1); none before the first packet.
    pub(super) fn timestamp_at(&self, now: Instant) -> Option<RtpTimestamp> {
        Some(self.timestamp.plus(self.clock.ticks(now - self.sent_at?)))
    }
}

impl Feed {
    fn is_of(&self, passing: &Passing) -> bool {
        self.from == passing.from && self.epoch == passing.epoch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> Instant {
        Instant::from_nanos(n * 1_000_000)
    }

    fn passing(from: u32, epoch: u32, seq: u16, timestamp: u32) -> Passing {
        Passing {
            from: StreamId(from),
            epoch,
            codec: Codec::Pcma,
            marker: false,
            seq: SeqNo(seq),
            timestamp: RtpTimestamp(timestamp),
            payload: (12, 172),
            len: 172,
        }
    }

    fn new() -> Outgoing {
        Outgoing::new(&mut Random::from_number(1))
    }

    #[test]
    fn a_change_of_feed_is_continuous_and_marked() {
        let mut out = new();
        let first = out.stamp(ms(0), &passing(1, 1, 65_530, 4_000), 8).unwrap();
        assert!(first.marker);
        for n in 1..10u16 {
            let p = passing(1, 1, 65_530u16.wrapping_add(n), 4_000 + u32::from(n) * 160);
            let sent = out.stamp(ms(u64::from(n) * 20), &p, 8).unwrap();
            assert_eq!(sent.seq.forward_from(first.seq), n);
            assert_eq!(sent.timestamp.since(first.timestamp), i32::from(n) * 160);
            assert!(!sent.marker && sent.ssrc == first.ssrc);
        }
        // Another stream, then a new numbering of it, 100 ms later each.
        let other = out.stamp(ms(280), &passing(2, 1, 17, 99), 8).unwrap();
        assert_eq!(other.seq.forward_from(first.seq), 10);
        assert_eq!(other.timestamp.since(first.timestamp), 9 * 160 + 800);
        assert!(other.marker && other.ssrc == first.ssrc);
        let again = out.stamp(ms(380), &passing(2, 2, 40_000, 7), 8).unwrap();
        assert_eq!(again.seq.forward_from(first.seq), 11);
        assert_eq!(again.timestamp.since(other.timestamp), 800);
    }

    #[test]
    fn order_and_loss_of_a_feed_are_kept() {
        let mut out = new();
        let first = out.stamp(ms(0), &passing(1, 1, 100, 0), 0).unwrap();
        for (n, seq) in [(1, 102u16), (2, 101), (3, 105)] {
            let sent = out.stamp(ms(n * 20), &passing(1, 1, seq, u32::from(seq) * 160), 0).unwrap();
            assert_eq!(sent.seq.forward_from(first.seq), seq - 100);
        }
        assert_eq!(out.packets(), 4);
        // The next feed goes on after the highest, not after the last.
        out.stamp(ms(80), &passing(1, 1, 104, 104 * 160), 0).unwrap();
        let next = out.stamp(ms(100), &passing(9, 1, 1, 1), 0).unwrap();
        assert_eq!(next.seq.forward_from(first.seq), 6);
    }

    #[test]
    fn packets_from_before_a_change_are_not_sent() {
        let mut out = new();
        out.stamp(ms(0), &passing(1, 1, 100, 0), 0).unwrap();
        out.stamp(ms(20), &passing(2, 1, 500, 0), 0).unwrap();
        assert_eq!(out.stamp(ms(21), &passing(2, 1, 499, 0), 0), None);
        assert!(out.stamp(ms(40), &passing(2, 1, 501, 160), 0).is_some());
        assert_eq!(out.packets(), 3);
        // After a wrap of the feed nothing is mistaken for an early packet.
        for n in 0..70_000u32 {
            let p = passing(2, 1, 502u16.wrapping_add(n as u16), 320 + n * 160);
            assert!(out.stamp(ms(60 + u64::from(n) * 20), &p, 0).is_some(), "{n}");
        }
    }

    #[test]
    fn what_is_left_out_leaves_no_hole() {
        let mut out = new();
        let first = out.stamp(ms(0), &passing(1, 1, 100, 0), 0).unwrap();
        out.close_ranks(&passing(1, 1, 101, 160));
        out.close_ranks(&passing(1, 1, 102, 320));
        let sent = out.stamp(ms(60), &passing(1, 1, 103, 480), 0).unwrap();
        assert_eq!(sent.seq, first.seq.next());
        assert_eq!(sent.timestamp.since(first.timestamp), 480);
    }

    #[test]
    fn after_hold_the_numbering_goes_on() {
        let mut out = new();
        let first = out.stamp(ms(0), &passing(1, 1, 100, 0), 0).unwrap();
        out.pause();
        let sent = out.stamp(ms(60_000), &passing(1, 1, 3_100, 480_000), 0).unwrap();
        assert_eq!(sent.seq, first.seq.next());
        assert_eq!(sent.timestamp.since(first.timestamp), 480_000);
        assert!(sent.marker);
        assert_eq!(out.timestamp_at(ms(60_500)), Some(sent.timestamp.plus(4_000)));
    }

    #[test]
    fn another_clock_is_another_feed_but_events_are_not() {
        let mut out = new();
        out.stamp(ms(0), &passing(1, 1, 1, 160), 0).unwrap();
        let event = Passing { codec: Codec::TelephoneEvent, ..passing(1, 1, 2, 160) };
        let a = out.stamp(ms(20), &event, 101).unwrap();
        let b = out.stamp(ms(40), &Passing { seq: SeqNo(3), ..event }, 101).unwrap();
        assert_eq!(a.timestamp, b.timestamp, "packets of one event share their timestamp");
        let opus = Passing { codec: Codec::Opus, ..passing(1, 1, 4, 1_000_000) };
        let c = out.stamp(ms(60), &opus, 96).unwrap();
        assert_eq!(c.seq, b.seq.next());
        assert!(c.marker && out.clock() == ClockRate::HZ_48000);
    }
}
