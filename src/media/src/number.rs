//! The counting numbers of RTP, which wrap, and the clock that a timestamp counts.

use base::{Duration, Instant};

/// An RTP sequence number (RFC 3550 §5.1): 16 bits, wraps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct SeqNo(pub u16);

impl SeqNo {
    /// The number after this one.
    pub const fn next(self) -> SeqNo {
        self.plus(1)
    }

    /// The number `steps` further on.
    pub const fn plus(self, steps: u16) -> SeqNo {
        SeqNo(self.0.wrapping_add(steps))
    }

    /// How many steps forward lead from `earlier` to this one, 0–65535.
    pub const fn forward_from(self, earlier: SeqNo) -> u16 {
        self.0.wrapping_sub(earlier.0)
    }

    /// Whether this one comes after `other`, taking the shorter way round.
    pub const fn is_after(self, other: SeqNo) -> bool {
        (self.0.wrapping_sub(other.0) as i16) > 0
    }
}

/// An RTP timestamp (RFC 3550 §5.1): 32 bits, wraps; its unit is the tick of a [`ClockRate`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct RtpTimestamp(pub u32);

impl RtpTimestamp {
    /// The timestamp `ticks` later.
    pub const fn plus(self, ticks: u32) -> RtpTimestamp {
        RtpTimestamp(self.0.wrapping_add(ticks))
    }

    /// Ticks from `earlier` to this one, negative if it is the earlier one, by the shorter way round.
    pub const fn since(self, earlier: RtpTimestamp) -> i32 {
        self.0.wrapping_sub(earlier.0) as i32
    }

    /// How many ticks forward lead from `earlier` to this one.
    pub const fn forward_from(self, earlier: RtpTimestamp) -> u32 {
        self.0.wrapping_sub(earlier.0)
    }
}

/// Ticks of an RTP clock per second; never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClockRate(u32);

impl ClockRate {
    /// 8,000 Hz, the clock of telephony (also of G.722: RFC 3551 §4.5.2).
    pub const HZ_8000: ClockRate = ClockRate(8_000);
    /// 48,000 Hz, the clock of Opus (RFC 7587 §4.1).
    pub const HZ_48000: ClockRate = ClockRate(48_000);

    /// Ticks per second.
    pub const fn hz(self) -> u32 {
        self.0
    }

    /// The reading of this clock at `at`, wrapping as a timestamp does.
    pub const fn at(self, at: Instant) -> RtpTimestamp {
        let (s, ns) = (at.as_nanos() / 1_000_000_000, at.as_nanos() % 1_000_000_000);
        let rate = self.0 as u64;
        RtpTimestamp(s.wrapping_mul(rate).wrapping_add(ns * rate / 1_000_000_000) as u32)
    }

    /// The ticks in `time`, at most `u32::MAX`.
    pub fn ticks(self, time: Duration) -> u32 {
        let whole = time.as_secs().saturating_mul(u64::from(self.0));
        let part = u64::from(time.subsec_nanos()) * u64::from(self.0) / 1_000_000_000;
        u32::try_from(whole.saturating_add(part)).unwrap_or(u32::MAX)
    }

    /// How long `ticks` take.
    pub const fn time(self, ticks: u32) -> Duration {
        Duration::from_nanos(ticks as u64 * 1_000_000_000 / self.0 as u64)
    }

    /// How many microseconds `ticks` take, at most `u32::MAX`.
    pub fn micros(self, ticks: u32) -> u32 {
        u32::try_from(u64::from(ticks) * 1_000_000 / u64::from(self.0)).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequence_numbers_wrap() {
        assert_eq!(SeqNo(65_535).next(), SeqNo(0));
        assert!(SeqNo(2).is_after(SeqNo(65_530)) && !SeqNo(65_530).is_after(SeqNo(2)));
        assert!(!SeqNo(7).is_after(SeqNo(7)));
        assert_eq!(SeqNo(3).forward_from(SeqNo(65_533)), 6);
    }

    #[test]
    fn timestamps_wrap() {
        assert_eq!(RtpTimestamp(u32::MAX).plus(161), RtpTimestamp(160));
        assert_eq!(RtpTimestamp(5).since(RtpTimestamp(u32::MAX - 4)), 10);
        assert_eq!(RtpTimestamp(u32::MAX - 4).since(RtpTimestamp(5)), -10);
    }

    #[test]
    fn a_clock_counts_its_ticks() {
        let clock = ClockRate::HZ_8000;
        assert_eq!(clock.ticks(Duration::from_millis(20)), 160);
        assert_eq!(clock.time(160), Duration::from_millis(20));
        assert_eq!(ClockRate::HZ_48000.micros(960), 20_000);
        let a = clock.at(Instant::from_nanos(3_000_000_000));
        assert_eq!(clock.at(Instant::from_nanos(3_020_000_000)).since(a), 160);
        let _wraps_without_panic = clock.at(Instant::from_nanos(u64::MAX));
        assert_eq!(clock.ticks(Duration::MAX), u32::MAX);
    }
}
