//! One time for all clocks: ticks of 1/48,000 s, of which every RTP clock and sample rate here is a whole number.

use audio::Rate;
use base::Instant;

use crate::{ClockRate, RtpTimestamp, SeqNo};

/// Ticks of 1/48,000 s since some moment; differences are durations.
pub(super) type Ticks = i64;

/// Ticks of a millisecond.
pub(super) const MS: Ticks = 48;
/// A timestamp this far from where both order and arrival put it belongs to another beginning.
const ASTRAY: Ticks = 400 * MS;
/// After so long without a packet the path may have changed, or the sender's clock have stood still.
const PAUSE: Ticks = 1_000 * MS;
/// Sequence numbers further on than this are no order to go by (RFC 3550 App. A.1 has 3,000 packets, but asks only
/// whether the source is the same).
const STEPS_MAX: i64 = 100;

/// Local time in ticks.
pub(super) fn local(now: Instant) -> Ticks {
    let (whole, part) = (now.as_nanos() / 125_000, now.as_nanos() % 125_000);
    (whole * 6 + part * 6 / 125_000) as Ticks
}

/// Ticks of a sample.
pub(super) const fn sample(rate: Rate) -> Ticks {
    48_000 / rate.hz() as Ticks
}

/// Puts the packets of one source on one time line, however their timestamps jump.
#[derive(Clone, Debug, Default)]
pub(super) struct Timeline {
    /// What timestamps mean, latest first. The one before is kept for packets that come out of order over a jump, and
    /// so that a single stray packet does no harm.
    anchors: [Option<Anchor>; 2],
    newest: Option<Newest>,
}

#[derive(Clone, Copy, Debug)]
struct Anchor {
    clock: ClockRate,
    timestamp: RtpTimestamp,
    at: Ticks,
}

#[derive(Clone, Copy, Debug)]
struct Newest {
    seq: SeqNo,
    at: Ticks,
    /// How long it sounds.
    long: Ticks,
    arrived: Ticks,
}

/// Where a packet belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) at: Ticks,
    /// Its timestamp does not go on from the ones before.
    pub(super) jumped: bool,
    /// It came after a pause, or jumped: its transit may have nothing to do with the ones before.
    pub(super) afresh: bool,
}

impl Timeline {
    /// Places a packet that sounds for `long` ticks.
    pub(super) fn place(
        &mut self,
        now: Ticks,
        seq: SeqNo,
        timestamp: RtpTimestamp,
        clock: ClockRate,
        long: Ticks,
    ) -> Place {
        let Some(newest) = self.newest else {
            // The first one sounds as it arrives: its transit is 0.
            self.anchors = [Some(Anchor { clock, timestamp, at: now }), None];
            self.newest = Some(Newest { seq, at: now, long, arrived: now });
            return Place { at: now, jumped: false, afresh: true };
        };
        let steps = i64::from(seq.0.wrapping_sub(newest.seq.0) as i16);
        let waited = now - newest.arrived;
        let by_arrival = newest.at + waited;
        let by_order = (steps.abs() <= STEPS_MAX).then(|| newest.at + steps * newest.long.max(MS));
        let fits = |at: Ticks| {
            // A later packet of an earlier time: the timestamp stands still or was set back.
            let runs_back = steps > 0 && steps <= STEPS_MAX && at <= newest.at && newest.long > 0;
            let ordered = by_order.is_some_and(|order| (at - order).abs() <= ASTRAY);
            !runs_back && (ordered || (at - by_arrival).abs() <= ASTRAY)
        };
        for index in 0..self.anchors.len() {
            let Some(anchor) = self.anchors[index].filter(|a| a.clock == clock) else { continue };
            let at = anchor.at + Ticks::from(timestamp.since(anchor.timestamp)) * ticks_of(clock);
            if fits(at) {
                if at > anchor.at {
                    self.anchors[index] = Some(Anchor { clock, timestamp, at });
                }
                if index > 0 && at > newest.at {
                    self.anchors.swap(0, index);
                }
                if at > newest.at {
                    self.newest = Some(Newest { seq, at, long, arrived: now });
                }
                return Place { at, jumped: false, afresh: waited > PAUSE };
            }
        }
        let end = newest.at + newest.long;
        let at = match by_order {
            Some(order) if steps > 0 && (order - by_arrival).abs() <= ASTRAY / 2 => order,
            _ => by_arrival.max(end),
        };
        self.anchors = [Some(Anchor { clock, timestamp, at }), self.anchors[0]];
        self.newest = Some(Newest { seq, at, long, arrived: now });
        Place { at, jumped: true, afresh: true }
    }
}

/// Ticks of one tick of an RTP clock.
fn ticks_of(clock: ClockRate) -> Ticks {
    48_000 / Ticks::from(clock.hz())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOCK: ClockRate = ClockRate::HZ_8000;
    const FRAME: Ticks = 20 * MS;

    struct Sender {
        line: Timeline,
        now: Ticks,
        seq: u16,
        timestamp: u32,
    }

    impl Sender {
        fn at(seq: u16, timestamp: u32) -> Sender {
            Sender { line: Timeline::default(), now: 77_777, seq, timestamp }
        }

        fn send(&mut self) -> Place {
            let place = self.line.place(self.now, SeqNo(self.seq), RtpTimestamp(self.timestamp), CLOCK, FRAME);
            self.now += FRAME;
            self.seq = self.seq.wrapping_add(1);
            self.timestamp = self.timestamp.wrapping_add(160);
            place
        }
    }

    #[test]
    fn a_steady_sender_has_no_transit_also_over_both_wraps() {
        let mut sender = Sender::at(65_500, u32::MAX - 8_000);
        for _ in 0..200 {
            let now = sender.now;
            let place = sender.send();
            assert_eq!((place.at, place.jumped), (now, false));
        }
    }

    #[test]
    fn a_jump_of_the_timestamp_goes_on_by_order_and_a_stray_packet_does_no_harm() {
        let mut sender = Sender::at(1, 1_000);
        let first = sender.send().at;
        sender.timestamp = sender.timestamp.wrapping_add(900_000_000);
        assert_eq!(sender.send(), Place { at: first + FRAME, jumped: true, afresh: true });
        assert_eq!(sender.send(), Place { at: first + 2 * FRAME, jumped: false, afresh: false });
        let good = sender.timestamp;
        sender.timestamp = 5;
        assert_eq!(sender.send().at, first + 3 * FRAME);
        sender.timestamp = good + 160;
        assert_eq!(sender.send().at, first + 4 * FRAME);
    }

    #[test]
    fn a_pause_with_a_stopped_clock_and_one_with_a_running_clock_both_begin_afresh() {
        let mut sender = Sender::at(9, 50);
        let first = sender.send().at;
        sender.now += 10_000 * MS;
        assert_eq!(sender.send(), Place { at: first + FRAME, jumped: false, afresh: true });
        sender.now += 10_000 * MS;
        sender.timestamp += 80_000;
        assert_eq!(sender.send(), Place { at: first + 2 * FRAME + 10_000 * MS, jumped: false, afresh: true });
        assert!(!sender.send().afresh);
    }

    #[test]
    fn a_timestamp_that_stands_still_is_overruled_by_order() {
        let mut sender = Sender::at(9, 50);
        let first = sender.send().at;
        for n in 1..50 {
            sender.timestamp = 50;
            assert_eq!(sender.send().at, first + n * FRAME);
        }
    }

    #[test]
    fn another_clock_takes_over_where_the_first_one_ended() {
        let mut sender = Sender::at(9, 50);
        let first = sender.send().at;
        let now = sender.now;
        let opus = |line: &mut Timeline, seq, timestamp| {
            line.place(now, SeqNo(seq), RtpTimestamp(timestamp), ClockRate::HZ_48000, FRAME)
        };
        assert_eq!(opus(&mut sender.line, 11, 4_000_000_960).at, first + 2 * FRAME);
        assert_eq!(sender.send().at, first + FRAME, "the last of the old clock came late");
        let next = opus(&mut sender.line, 12, 4_000_001_920);
        assert_eq!((next.at, next.jumped), (first + 3 * FRAME, false));
    }

    #[test]
    fn local_time_is_exact_and_does_not_overflow() {
        assert_eq!(local(Instant::from_nanos(20_000_000)), FRAME);
        assert_eq!(local(Instant::from_nanos(3_600_000_000_000)), 3_600_000 * MS);
        assert!(local(Instant::from_nanos(u64::MAX)) > 0);
    }
}
