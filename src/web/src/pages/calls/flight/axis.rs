//! The time axis that all legs share, and what is marked on it.

use base::{Duration, LegId, WallTime};
use exchange::record::{CallEvent, CallEventKind, TrackRecord, TransferKind};

use crate::words;

/// Ticks on the axis at most, besides the first.
const TICKS: u64 = 6;
/// Marks at most: a call with more has them in its story.
const MARKS_MAX: usize = 40;
/// Holds drawn at most.
const HOLDS_MAX: usize = 100;
/// Words of marks closer than this, in parts of 1,000, would lie on one another.
const WORD_ROOM: u32 = 120;

/// From the first second to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Axis {
    from: WallTime,
    ms: u64,
}

/// A tick: place in percent, word, and where the word stands to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tick {
    pub x: String,
    pub word: String,
    /// `start`, `middle` or `end`.
    pub anchor: &'static str,
}

/// Something that happened: place in percent, and a word where there is room for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub x: String,
    pub word: &'static str,
    pub anchor: &'static str,
}

/// Something that lasted: beginning and width in parts of 1,000.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Band {
    pub x: u32,
    pub width: u32,
    /// The beginning in percent, and the word that stands there.
    pub at: String,
    pub word: &'static str,
}

/// When row `row` of a track began.
pub(crate) fn row_at(track: &TrackRecord, row: u32) -> WallTime {
    track.from + Duration::from_secs(u64::from(row) * u64::from(track.step_s.max(1)))
}

impl Axis {
    /// The axis on which all tracks fit; `None` where there is no row.
    pub fn of(tracks: &[TrackRecord]) -> Option<Self> {
        let with_rows = || tracks.iter().filter(|track| !track.rows.is_empty());
        let from = with_rows().map(|track| track.from).min()?;
        let rows = |track: &TrackRecord| u32::try_from(track.rows.len()).unwrap_or(u32::MAX);
        let to = with_rows().map(|track| row_at(track, rows(track))).max()?;
        let ms = u64::try_from(to.saturating_since(from).as_millis()).unwrap_or(u64::MAX);
        Some(Axis { from, ms: ms.max(1) })
    }

    /// The place of a moment in parts of 1,000; before and after are at the ends.
    pub fn place(&self, at: WallTime) -> u32 {
        let since = u64::try_from(at.saturating_since(self.from).as_millis()).unwrap_or(u64::MAX);
        u32::try_from(u128::from(since.min(self.ms)) * 1000 / u128::from(self.ms)).unwrap_or(1000)
    }

    /// The same in percent: `34.5`.
    pub fn percent(&self, at: WallTime) -> String {
        let place = self.place(at);
        format!("{}.{}", place / 10, place % 10)
    }

    /// The moment as a clock since the beginning: `3:12`.
    pub fn clock(&self, at: WallTime) -> String {
        words::clock(at.saturating_since(self.from))
    }

    /// Round moments, evenly spaced.
    pub fn ticks(&self) -> Vec<Tick> {
        const STEPS: [u64; 18] =
            [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 86_400];
        let seconds = self.ms / 1000;
        let step = STEPS.into_iter().find(|step| seconds / step <= TICKS).unwrap_or(seconds / TICKS).max(1);
        (0..=seconds / step)
            .map(|n| {
                let at = self.from + Duration::from_secs(n * step);
                let anchor = match self.place(at) {
                    0..40 => "start",
                    40..=960 => "middle",
                    _ => "end",
                };
                Tick { x: self.percent(at), word: self.clock(at), anchor }
            })
            .collect()
    }

    /// What happened meanwhile.
    pub fn marks(&self, events: &[CallEvent]) -> Vec<Mark> {
        let mut free_from = 0;
        let moments = events.iter().filter_map(|event| Some((event.at, word(&event.what)?)));
        moments
            .filter(|(at, _)| self.covers(*at))
            .take(MARKS_MAX)
            .map(|(at, word)| {
                let place = self.place(at);
                let anchor = if place > 800 { "end" } else { "start" };
                let has_room = place >= free_from;
                if has_room {
                    free_from = place + WORD_ROOM;
                }
                Mark { x: self.percent(at), word: if has_room { word } else { "" }, anchor }
            })
            .collect()
    }

    /// When somebody was on hold; a hold without an end lasts to the end.
    pub fn holds(&self, events: &[CallEvent]) -> Vec<Band> {
        let mut open: Vec<(LegId, WallTime)> = Vec::new();
        let mut bands = Vec::new();
        let end = self.from + Duration::from_millis(self.ms);
        let mut close = |from: WallTime, to: WallTime| {
            let (x, to) = (self.place(from), self.place(to));
            if bands.len() < HOLDS_MAX {
                let width = to.saturating_sub(x).max(2);
                bands.push(Band { x, width, at: self.percent(from), word: if width > 60 { "on hold" } else { "" } });
            }
        };
        for event in events {
            match event.what {
                CallEventKind::Held { leg } if open.iter().all(|(held, _)| *held != leg) => open.push((leg, event.at)),
                CallEventKind::Resumed { leg } | CallEventKind::LegEnded { leg, .. } => {
                    if let Some(at) = open.iter().position(|(held, _)| *held == leg) {
                        close(open.remove(at).1, event.at);
                    }
                }
                _ => {}
            }
        }
        for (_, from) in open {
            close(from, end);
        }
        bands
    }

    fn covers(&self, at: WallTime) -> bool {
        at >= self.from && at.saturating_since(self.from) <= Duration::from_millis(self.ms)
    }
}

fn word(what: &CallEventKind) -> Option<&'static str> {
    match what {
        CallEventKind::LegAnswered { .. } => Some("answered"),
        CallEventKind::TransferAsked { kind: TransferKind::Blind, .. } => Some("transfer"),
        CallEventKind::TransferAsked { kind: TransferKind::Attended, .. } => Some("joined"),
        CallEventKind::TransferEnded { result: Err(_), .. } => Some("transfer failed"),
        CallEventKind::TransferEnded { result: Ok(()), .. } => Some("transferred"),
        _ => None,
    }
}
