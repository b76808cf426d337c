//! What was received from one peer: which packets are valid, how many were lost, late or doubled, and the jitter
//! (RFC 3550 appendices A.1, A.3 and A.8).
//!
//! A peer may change its synchronisation source or jump in its numbering, as telephones do after hold and
//! transfer; the figures then go on from a new base, and the totals keep what was counted before.

use base::{Duration, Instant};

use crate::rtp::Header;
use crate::{ClockRate, RtpTimestamp, SeqNo};

/// The reception state of one stream.
#[derive(Clone, Debug, Default)]
pub struct Reception {
    source: Option<Source>,
    /// A source or numbering that wants to take over.
    challenger: Option<Challenger>,
    /// Counted up at each [`Arrival::Restart`].
    epoch: u32,
    received: u64,
    octets: u64,
    reordered: u64,
    duplicates: u64,
    /// Losses in the numberings before the present one.
    lost_before: u64,
    jitter_max_us: u32,
    gap_max: Duration,
    heard_at: Option<Instant>,
}

/// What a packet is to the sequence it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// The newest so far.
    Fresh,
    /// The first of a new source or numbering: what is built upon its numbers must take a new base.
    Restart,
    /// Older than the newest, yet not seen before.
    Late,
    /// Seen before; not counted as received.
    Duplicate,
    /// Of another source or far out of sequence, and not yet believed.
    Doubtful,
}

/// The numbering of one source.
#[derive(Clone, Debug)]
struct Source {
    ssrc: u32,
    /// The lowest extended sequence number; extended numbers start one cycle up so that a late packet before the first
    /// has a number too.
    base: u64,
    highest: u64,
    /// Bit n: the packet n before the highest was received.
    seen: u128,
    received: u64,
    expected_prior: u64,
    received_prior: u64,
    clock: ClockRate,
    /// Arrival minus timestamp of the last timed packet (RFC 3550 §A.8).
    transit: Option<RtpTimestamp>,
    /// 16 times the jitter in ticks, as RFC 3550 §A.8 keeps it.
    jitter_scaled: u32,
}

#[derive(Clone, Copy, Debug)]
struct Challenger {
    ssrc: u32,
    next: SeqNo,
    count: u8,
}

/// What a report block says (RFC 3550 §6.4.1), but for the times of the last sender report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// The source reported on.
    pub ssrc: u32,
    /// 256 times the fraction lost since the last report.
    pub fraction_lost: u8,
    /// Lost since its numbering began, at most 2^23 − 1.
    pub cumulative_lost: u32,
    /// Cycles and highest sequence number.
    pub highest: u32,
    /// In ticks of the source's clock.
    pub jitter: u32,
}

/// RFC 3550 §A.1: a larger step forward is a jump, not a loss.
const MAX_DROPOUT: u16 = 3_000;
/// RFC 3550 §A.1: a larger step back is a jump, not a late packet. The bitmap of seen packets covers it.
const MAX_MISORDER: u16 = 100;
/// RFC 3550 §A.1: packets in sequence that make a jump within one source believed.
const MIN_SEQUENTIAL: u8 = 2;
/// The same for a new source, stricter, for its packets may be forged.
const MIN_SEQUENTIAL_SOURCE: u8 = 3;
/// A new source is believed only when the old one has said nothing for so long: two and a half packets of 20 ms.
const SOURCE_SILENT: Duration = Duration::from_millis(50);
/// A transit time that differs by more is a new time base of the sender, not jitter.
const TRANSIT_JUMP: Duration = Duration::from_secs(2);

impl Reception {
    /// Takes a packet of the believed peer. `timed` says that its timestamp is its moment of sampling, which is not so
    /// for events; only timed packets make jitter.
    pub fn receive(&mut self, now: Instant, header: &Header, clock: ClockRate, timed: bool) -> Arrival {
        let arrival = self.place(now, header, clock);
        if matches!(arrival, Arrival::Duplicate | Arrival::Doubtful) {
            self.duplicates += u64::from(arrival == Arrival::Duplicate);
            return arrival;
        }
        self.received += 1;
        self.octets += header.payload.len() as u64;
        self.reordered += u64::from(arrival == Arrival::Late);
        if let Some(heard_at) = self.heard_at {
            self.gap_max = self.gap_max.max(now - heard_at);
        }
        self.heard_at = Some(now);
        if let Some(source) = &mut self.source {
            source.received += 1;
            if timed {
                source.time(now, header.timestamp, clock);
                self.jitter_max_us = self.jitter_max_us.max(source.jitter_us());
            }
        }
        arrival
    }

    fn place(&mut self, now: Instant, header: &Header, clock: ClockRate) -> Arrival {
        let Some(source) = self.source.as_mut() else {
            self.restart(header, clock);
            return Arrival::Restart;
        };
        if source.ssrc != header.ssrc {
            // RFC 3550 §A.1 puts a new source on probation.
            let silent = self.heard_at.is_none_or(|at| now - at >= SOURCE_SILENT);
            if self.challenge(header, MIN_SEQUENTIAL_SOURCE) && silent {
                self.restart(header, clock);
                return Arrival::Restart;
            }
            return Arrival::Doubtful;
        }
        let forward = header.seq.forward_from(SeqNo(source.highest as u16));
        let back = forward.wrapping_neg();
        if forward == 0 {
            Arrival::Duplicate
        } else if forward < MAX_DROPOUT {
            source.highest += u64::from(forward);
            source.seen = source.seen.checked_shl(u32::from(forward)).unwrap_or(0) | 1;
            self.challenger = None;
            Arrival::Fresh
        } else if back <= MAX_MISORDER {
            let bit = 1u128 << back;
            if source.seen & bit != 0 {
                return Arrival::Duplicate;
            }
            source.seen |= bit;
            source.base = source.base.min(source.highest.saturating_sub(u64::from(back)));
            Arrival::Late
        } else if self.challenge(header, MIN_SEQUENTIAL) {
            self.restart(header, clock);
            Arrival::Restart
        } else {
            Arrival::Doubtful
        }
    }

    /// Counts `header` as one of a challenger's; true when it was the `wanted`th in sequence.
    fn challenge(&mut self, header: &Header, wanted: u8) -> bool {
        let count = match self.challenger {
            Some(c) if c.ssrc == header.ssrc && c.next == header.seq => c.count.saturating_add(1),
            _ => 1,
        };
        self.challenger = Some(Challenger { ssrc: header.ssrc, next: header.seq.next(), count });
        count >= wanted
    }

    fn restart(&mut self, header: &Header, clock: ClockRate) {
        self.lost_before += self.source.as_ref().map_or(0, Source::lost);
        let first = (1 << 16) + u64::from(header.seq.0);
        // A jump within one source keeps the report's count of jitter, not that of its packets (RFC 3550 §A.1).
        self.source = Some(Source {
            ssrc: header.ssrc,
            base: first,
            highest: first,
            seen: 1,
            received: 0,
            expected_prior: 0,
            received_prior: 0,
            clock,
            transit: None,
            jitter_scaled: 0,
        });
        self.challenger = None;
        self.epoch = self.epoch.wrapping_add(1);
    }

    /// Forgets the source but not the totals: the next packet, of whatever source, is a [`Arrival::Restart`].
    pub fn forget_source(&mut self) {
        self.lost_before += self.source.take().map_or(0, |s| s.lost());
        self.challenger = None;
        self.heard_at = None;
    }

    /// The silence up to the next packet is agreed on (hold) and is no gap.
    pub fn excuse_gap(&mut self) {
        self.heard_at = None;
    }

    /// The figures for the next report block; each call begins a new interval of [`Figures::fraction_lost`].
    pub fn report(&mut self) -> Option<Figures> {
        let source = self.source.as_mut()?;
        let expected = source.expected();
        let expected_interval = expected - source.expected_prior.min(expected);
        let received_interval = source.received - source.received_prior;
        source.expected_prior = expected;
        source.received_prior = source.received;
        // RFC 3550 §A.3: none lost if duplicates or late packets outweigh the losses.
        let lost_interval = expected_interval.saturating_sub(received_interval);
        let fraction_lost = (lost_interval << 8).checked_div(expected_interval).unwrap_or(0);
        Some(Figures {
            ssrc: source.ssrc,
            fraction_lost: u8::try_from(fraction_lost).unwrap_or(u8::MAX),
            // RFC 3550 §6.4.1: 24 bits with a sign, clamped.
            cumulative_lost: u32::try_from(source.lost()).unwrap_or(u32::MAX).min(0x7F_FFFF),
            highest: (source.highest - (1 << 16)) as u32,
            jitter: source.jitter_scaled >> 4,
        })
    }

    /// The source believed now.
    pub fn ssrc(&self) -> Option<u32> {
        self.source.as_ref().map(|s| s.ssrc)
    }

    /// Changes whenever numbers must take a new base.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Valid packets, without duplicates.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Their payload octets.
    pub fn octets(&self) -> u64 {
        self.octets
    }

    /// Expected minus received over all sources, never below zero for one of them.
    pub fn lost(&self) -> u64 {
        self.lost_before + self.source.as_ref().map_or(0, Source::lost)
    }

    /// Packets that came after a later one.
    pub fn reordered(&self) -> u64 {
        self.reordered
    }

    /// Packets that came again.
    pub fn duplicates(&self) -> u64 {
        self.duplicates
    }

    /// The jitter now and the highest seen, in microseconds.
    pub fn jitter_us(&self) -> (u32, u32) {
        (self.source.as_ref().map_or(0, Source::jitter_us), self.jitter_max_us)
    }

    /// The longest time between two valid packets.
    pub fn gap_max(&self) -> Duration {
        self.gap_max
    }
}

impl Source {
    fn expected(&self) -> u64 {
        self.highest - self.base + 1
    }

    fn lost(&self) -> u64 {
        self.expected().saturating_sub(self.received)
    }

    /// RFC 3550 §A.8: J += (|D| − J) / 16.
    fn time(&mut self, now: Instant, timestamp: RtpTimestamp, clock: ClockRate) {
        if self.clock != clock {
            self.clock = clock;
            self.transit = None;
            self.jitter_scaled = 0;
        }
        let transit = RtpTimestamp(clock.at(now).forward_from(timestamp));
        if let Some(before) = self.transit {
            let difference = transit.since(before).unsigned_abs();
            if difference < clock.ticks(TRANSIT_JUMP) {
                self.jitter_scaled += difference;
                self.jitter_scaled -= (self.jitter_scaled - difference + 8) >> 4;
            }
        }
        self.transit = Some(transit);
    }

    fn jitter_us(&self) -> u32 {
        self.clock.micros(self.jitter_scaled >> 4)
    }
}

#[cfg(test)]
mod tests;
