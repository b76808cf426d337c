//! How late packets come, and so how long sound must wait for nearly all of them to be there.

use super::clock::{MS, Ticks};

/// The worst lateness is noted once in such an interval.
const INTERVAL: Ticks = 320 * MS;
/// Intervals remembered: 20 s of packets.
const PEAKS: usize = 64;
/// Of so many intervals one may have its worst packet come too late: the 95th percentile.
const SPARED: usize = 20;
/// With so many intervals known one is spared in any case.
const SPARE_ONE: usize = 8;
/// Intervals that tell the shortest transit: longer would not follow a path that got longer.
const LOWS: usize = 4;

/// A percentile over the worst lateness of each interval, forgotten after [`PEAKS`] of them. Transits are local time
/// less media time: only their differences mean something.
#[derive(Clone, Debug)]
pub(super) struct Lateness {
    peaks: [Ticks; PEAKS],
    lows: [Ticks; LOWS],
    /// Intervals noted, ever.
    count: usize,
    /// Since when, the least and the most of the interval that runs.
    current: Option<(Ticks, Ticks, Ticks)>,
    /// Worst transit of the interval before.
    before: Ticks,
    percentile: Ticks,
    /// From the best to the worst of `peaks`.
    range: Ticks,
}

impl Lateness {
    /// Knows nothing: nothing is late.
    pub(super) const fn new() -> Lateness {
        Lateness {
            peaks: [0; PEAKS],
            lows: [0; LOWS],
            count: 0,
            current: None,
            before: Ticks::MIN,
            percentile: 0,
            range: 0,
        }
    }

    /// A packet came with this transit.
    pub(super) fn note(&mut self, now: Ticks, transit: Ticks) {
        match &mut self.current {
            None => self.current = Some((now, transit, transit)),
            Some((since, ..)) if now - *since >= INTERVAL => {
                self.close();
                self.current = Some((now, transit, transit));
            }
            Some((_, low, high)) => {
                *low = transit.min(*low);
                *high = transit.max(*high);
            }
        }
    }

    /// Whether any packet came yet.
    pub(super) fn known(&self) -> bool {
        self.current.is_some()
    }

    /// The transit within which nearly all packets come.
    pub(super) fn usual(&self) -> Ticks {
        match self.count {
            0 => self.current.map_or(0, |(_, _, high)| high),
            _ => self.percentile,
        }
    }

    /// The worst transit of the last interval or two.
    pub(super) fn worst(&self) -> Ticks {
        self.current.map_or(self.before, |(_, _, high)| high.max(self.before))
    }

    /// The shortest transit of late: the path itself.
    pub(super) fn least(&self) -> Ticks {
        let low = self.current.map_or(0, |(_, low, _)| low);
        self.lows[..self.count.min(LOWS)].iter().fold(low, |a, &b| a.min(b))
    }

    /// How much lateness moves, by jitter, by spikes or with a clock that drifts; 0 only if it stands still.
    pub(super) fn unrest(&self) -> Ticks {
        self.range.max(self.usual() - self.least())
    }

    fn close(&mut self) {
        let Some((_, low, high)) = self.current else { return };
        self.peaks[self.count % PEAKS] = high;
        self.lows[self.count % LOWS] = low;
        self.count += 1;
        self.before = high;
        let mut sorted = self.peaks;
        let sorted = &mut sorted[..self.count.min(PEAKS)];
        self.range = sorted.iter().max().unwrap_or(&0) - sorted.iter().min().unwrap_or(&0);
        // Early on a single spike would rule: from a few seconds on one is spared.
        let spared = (sorted.len() / SPARED).max(usize::from(sorted.len() >= SPARE_ONE));
        let index = sorted.len() - 1 - spared;
        self.percentile = *sorted.select_nth_unstable(index).1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(lateness: &mut Lateness, from: i64, packets: i64, transit: impl Fn(i64) -> Ticks) -> i64 {
        for n in from..from + packets {
            lateness.note(n * 20 * MS + transit(n), transit(n));
        }
        from + packets
    }

    #[test]
    fn without_jitter_nothing_is_late() {
        let mut lateness = Lateness::new();
        run(&mut lateness, 0, 500, |_| 7);
        assert_eq!((lateness.usual(), lateness.worst(), lateness.least()), (7, 7, 7));
    }

    #[test]
    fn jitter_is_learnt_within_two_seconds_and_forgotten_after_twenty() {
        let mut lateness = Lateness::new();
        let jitter = |n: i64| n * 7_919 % 41 * MS;
        let n = run(&mut lateness, 0, 2_000, |_| 0);
        let n = run(&mut lateness, n, 100, jitter);
        assert!(lateness.usual() >= 35 * MS, "{}", lateness.usual() / MS);
        assert!(lateness.least() <= 2 * MS);
        let n = run(&mut lateness, n, 500, |_| 0);
        assert!(lateness.usual() >= 35 * MS, "too soon");
        run(&mut lateness, n, 700, |_| 0);
        assert_eq!(lateness.usual(), 0);
    }

    #[test]
    fn a_single_spike_is_spared_but_seen_as_the_worst() {
        let mut lateness = Lateness::new();
        let n = run(&mut lateness, 0, 1_000, |_| 0);
        let n = run(&mut lateness, n, 15, |n| (15 - (n - 1_000)) * 20 * MS);
        assert!(lateness.worst() >= 280 * MS);
        let n = run(&mut lateness, n, 17, |_| 0);
        assert_eq!(lateness.usual(), 0);
        run(&mut lateness, n, 40, |_| 0);
        assert_eq!(lateness.worst(), 0);
    }

    #[test]
    fn a_path_that_gets_longer_is_the_new_measure_within_two_seconds() {
        let mut lateness = Lateness::new();
        let n = run(&mut lateness, 0, 1_000, |_| 0);
        run(&mut lateness, n, 100, |_| 300 * MS);
        assert_eq!((lateness.least(), lateness.usual()), (300 * MS, 300 * MS));
    }
}
