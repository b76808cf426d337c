//! The seconds of one leg's audio, kept as long as the call lasts.

use base::Instant;
use media::control::Second;

/// Rows of one leg, merged in pairs when they become too many.
#[derive(Clone, Debug)]
pub(crate) struct Track {
    pub(crate) began_at: Option<Instant>,
    /// Seconds that a row covers.
    pub(crate) step_s: u16,
    pub(crate) rows: Vec<Second>,
    /// Seconds of the row that is being gathered.
    gathering: Vec<Second>,
    pub(crate) digits: Vec<(Instant, char)>,
}

/// Rows of one leg at most: an hour second by second, a day minute by minute.
const ROWS_MAX: usize = 3_600;
/// Digits of one leg at most.
const DIGITS_MAX: usize = 256;
/// The longest step; a call that outlasts even that keeps its newest rows.
const STEP_MAX_S: u16 = 1_024;

impl Default for Track {
    fn default() -> Self {
        Track { began_at: None, step_s: 1, rows: Vec::new(), gathering: Vec::new(), digits: Vec::new() }
    }
}

impl Track {
    /// Takes in the rows of the last seconds.
    pub(crate) fn add(&mut self, now: Instant, seconds: &[Second]) {
        if self.began_at.is_none() {
            let back = base::Duration::from_secs(seconds.len() as u64);
            self.began_at = Some(Instant::from_nanos(now.as_nanos().saturating_sub(back.as_nanos() as u64)));
        }
        for second in seconds {
            self.gathering.push(*second);
            if self.gathering.len() >= usize::from(self.step_s) {
                let row = merged(&self.gathering);
                self.gathering.clear();
                self.push(row);
            }
        }
    }

    fn push(&mut self, row: Second) {
        if self.rows.len() >= ROWS_MAX {
            if self.step_s >= STEP_MAX_S {
                self.rows.remove(0);
            } else {
                self.rows = self.rows.chunks(2).map(merged).collect();
                self.step_s *= 2;
            }
        }
        self.rows.push(row);
    }

    /// A digit was heard; `?` if it is private.
    pub(crate) fn note_digit(&mut self, now: Instant, digit: char) {
        if self.digits.len() < DIGITS_MAX {
            self.digits.push((now, digit));
        }
    }

    /// All rows, the one that is being gathered included.
    pub(crate) fn whole(&self) -> Vec<Second> {
        let mut rows = self.rows.clone();
        if !self.gathering.is_empty() {
            rows.push(merged(&self.gathering));
        }
        rows
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.gathering.is_empty()
    }
}

/// Several rows in one: counts are added, the worst of the rest is kept.
fn merged(rows: &[Second]) -> Second {
    let add = |of: fn(&Second) -> u8| rows.iter().map(of).fold(0u8, u8::saturating_add);
    let max = |of: fn(&Second) -> u8| rows.iter().map(of).max().unwrap_or(0);
    let heard = |of: fn(&Second) -> u8, none: u8| rows.iter().map(of).filter(|v| *v != none).min().unwrap_or(none);
    Second {
        received: add(|s| s.received),
        lost: add(|s| s.lost),
        jitter_ms: max(|s| s.jitter_ms),
        level: heard(|s| s.level, 255),
        mos: heard(|s| s.mos, 0),
        sent: add(|s| s.sent),
        remote_lost: add(|s| s.remote_lost),
        remote_jitter_ms: max(|s| s.remote_jitter_ms),
        round_trip: max(|s| s.round_trip),
        buffer: max(|s| s.buffer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(n: u8) -> Second {
        Second { received: 50, lost: n, jitter_ms: n, level: 30 + n, mos: 200 - n, ..Second::default() }
    }

    #[test]
    fn a_long_call_becomes_coarser_and_loses_no_packet() {
        let mut track = Track::default();
        for n in 0..4 * ROWS_MAX {
            track.add(Instant::from_nanos(n as u64 * 1_000_000_000), &[second((n % 2) as u8)]);
        }
        assert!(track.rows.len() <= ROWS_MAX && track.step_s == 4, "{} {}", track.rows.len(), track.step_s);
        let row = track.rows[7];
        assert_eq!((row.received, row.lost, row.jitter_ms, row.level, row.mos), (200, 2, 1, 30, 199));
    }

    #[test]
    fn unknown_values_do_not_hide_known_ones() {
        let unknown = Second { level: 255, mos: 0, ..Second::default() };
        let row = merged(&[unknown, second(3), unknown]);
        assert_eq!((row.level, row.mos, row.received), (33, 197, 50));
        assert_eq!(merged(&[unknown, unknown]).level, 255);
    }
}
