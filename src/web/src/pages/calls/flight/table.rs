//! The figures behind the drawing.

use exchange::record::TrackRecord;
use media::control::Second;

use super::axis::{Axis, row_at};
use super::scale::{level, mos};

/// Rows of a table at most: of a long call each tells of several seconds. The API has them all.
const ROWS_MAX: usize = 300;

/// A leg's seconds as a table.
pub(crate) struct Table {
    /// What a row covers: `1 s`.
    pub each: String,
    /// Time, packets, lost, jitter, level, MOS, delay; sent, lost there, jitter there, round trip.
    pub rows: Vec<[String; 11]>,
}

impl Table {
    pub(crate) fn of(track: &TrackRecord, axis: &Axis) -> Self {
        let each = track.rows.len().div_ceil(ROWS_MAX).max(1);
        let row = |(n, seconds): (usize, &[Second])| {
            let at = row_at(track, u32::try_from(n * each).unwrap_or(u32::MAX));
            cells(axis.clock(at), seconds)
        };
        Table {
            each: format!("{} s", each * usize::from(track.step_s.max(1))),
            rows: track.rows.chunks(each).enumerate().map(row).collect(),
        }
    }
}

/// Sums of packets, the worst of all else.
fn cells(at: String, seconds: &[Second]) -> [String; 11] {
    let sum = |value: fn(&Second) -> u8| seconds.iter().map(|s| u32::from(value(s))).sum::<u32>().to_string();
    let most = |value: fn(&Second) -> u8| seconds.iter().map(value).max().unwrap_or(0);
    let known = |n: u32, unit: &str| if n == 0 { "–".to_owned() } else { format!("{n}{unit}") };
    let score = seconds.iter().filter_map(mos).reduce(f32::min).map_or_else(|| "–".to_owned(), |v| format!("{v:.1}"));
    let loudest = seconds.iter().filter_map(level).reduce(f32::max);
    [
        at,
        sum(|s| s.received),
        sum(|s| s.lost),
        format!("{}", most(|s| s.jitter_ms)),
        loudest.map_or_else(|| "–".to_owned(), |v| format!("{v:.0}").replace('-', "−")),
        score,
        known(u32::from(most(|s| s.buffer)) * 4, ""),
        sum(|s| s.sent),
        sum(|s| s.remote_lost),
        known(u32::from(most(|s| s.remote_jitter_ms)), ""),
        known(u32::from(most(|s| s.round_trip)) * 4, ""),
    ]
}
