//! A strip: one figure over time, as the paths of an area and of its upper edge.

use std::fmt::Write;

use exchange::record::TrackRecord;
use media::control::Second;

use super::axis::{Axis, row_at};
use super::scale::{LEVEL, Scale};

/// Columns drawn of one leg at most: a long call shows the worst of several seconds in each.
const COLUMNS_MAX: usize = 600;

/// Some seconds beside each other, drawn as one.
pub(crate) struct Column<'a> {
    /// Both ends in parts of 1,000 of the axis.
    from: u32,
    to: u32,
    rows: &'a [Second],
}

impl Column<'_> {
    /// Whether it holds of every second.
    pub fn all(&self, holds: impl Fn(&Second) -> bool) -> bool {
        self.rows.iter().all(holds)
    }
}

/// The rows of a track as columns.
pub(crate) fn columns<'a>(track: &'a TrackRecord, axis: &Axis) -> Vec<Column<'a>> {
    let each = track.rows.len().div_ceil(COLUMNS_MAX).max(1);
    let place = |row: usize| axis.place(row_at(track, u32::try_from(row).unwrap_or(u32::MAX)));
    let column =
        |(n, rows): (usize, &'a [Second])| Column { from: place(n * each), to: place(n * each + rows.len()), rows };
    track.rows.chunks(each).enumerate().map(column).collect()
}

/// Runs of columns of which it holds: beginning and width in parts of 1,000.
pub(crate) fn runs(columns: &[Column<'_>], holds: impl Fn(&Column<'_>) -> bool) -> Vec<(u32, u32)> {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for column in columns.iter().filter(|column| holds(column)) {
        match runs.last_mut() {
            Some((x, width)) if *x + *width == column.from => *width = column.to - *x,
            _ => runs.push((column.from, column.to - column.from)),
        }
    }
    runs
}

/// One figure over time, ready to be drawn in a field of 1,000 by 100.
#[derive(Debug, PartialEq)]
pub(crate) struct Strip {
    pub label: &'static str,
    /// A class of the style sheet.
    pub kind: &'static str,
    /// The paths; empty where there is nothing to draw.
    pub area: String,
    pub line: String,
    /// The height of a line for the eye.
    pub guide: Option<u32>,
    /// The worst value.
    pub worst: String,
    /// The strip in words, for readers who do not see it.
    pub spoken: String,
}

impl Strip {
    /// A figure of which more is worse.
    pub fn highest(
        label: &'static str,
        kind: &'static str,
        scale: &Scale,
        columns: &[Column<'_>],
        value: impl Fn(&Second) -> Option<f32>,
    ) -> Self {
        let values = each(columns, value, f32::max);
        let worst = values.iter().flatten().copied().reduce(f32::max);
        Self::new(label, kind, scale, columns, &values, worst.map(|v| ("at most", v)))
    }

    /// A figure of which less is worse.
    pub fn worst(
        label: &'static str,
        kind: &'static str,
        scale: &Scale,
        columns: &[Column<'_>],
        value: impl Fn(&Second) -> Option<f32>,
    ) -> Self {
        let values = each(columns, value, f32::min);
        let worst = values.iter().flatten().copied().reduce(f32::min);
        Self::new(label, kind, scale, columns, &values, worst.map(|v| ("at worst", v)))
    }

    /// Loudness: the loudest is told.
    pub fn level(label: &'static str, columns: &[Column<'_>], value: impl Fn(&Second) -> Option<f32>) -> Self {
        let values = each(columns, value, f32::max);
        let loudest = values.iter().flatten().copied().reduce(f32::max);
        Self::new(label, "level", &LEVEL, columns, &values, loudest.map(|v| ("loudness", v)))
    }

    fn new(
        label: &'static str,
        kind: &'static str,
        scale: &Scale,
        columns: &[Column<'_>],
        values: &[Option<f32>],
        worst: Option<(&str, f32)>,
    ) -> Self {
        let highest = values.iter().flatten().copied().fold(scale.bottom, f32::max);
        let top = scale.tops.iter().copied().find(|top| *top >= highest).or(scale.tops.last().copied()).unwrap_or(1.0);
        let height = |value: f32| {
            let share = ((value - scale.bottom) / (top - scale.bottom)).clamp(0.0, 1.0);
            // 0 to 100, rounded: no loss, no sign.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let height = (100.0 - share * 100.0).round() as u32;
            height
        };
        let (area, line) = paths(columns, values, height);
        let (worst, spoken) = match worst {
            Some((how, value)) => {
                let word = (scale.word)(value);
                let spoken = format!("{label}: {how} {word}");
                (word, spoken)
            }
            None => ("–".to_owned(), format!("{label}: not known")),
        };
        Strip { label, kind, area, line, guide: scale.guide.map(height), worst, spoken }
    }
}

/// The value of each column: of its seconds, the one that `worse` chooses.
fn each(
    columns: &[Column<'_>],
    value: impl Fn(&Second) -> Option<f32>,
    worse: fn(f32, f32) -> f32,
) -> Vec<Option<f32>> {
    columns.iter().map(|column| column.rows.iter().filter_map(&value).reduce(worse)).collect()
}

/// Steps from column to column; where there is no value, or none above the bottom, nothing is drawn.
fn paths(columns: &[Column<'_>], values: &[Option<f32>], height: impl Fn(f32) -> u32) -> (String, String) {
    let (mut area, mut line) = (String::new(), String::new());
    let mut run: Vec<(u32, u32, u32)> = Vec::new();
    let mut end_run = |run: &mut Vec<(u32, u32, u32)>| {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { return };
        let _ = write!(area, "M{} 100", first.0);
        let _ = write!(line, "M{} {}", first.0, first.2);
        for (n, (_, to, y)) in run.iter().enumerate() {
            let _ = write!(area, "V{y}H{to}");
            let _ = if n == 0 { write!(line, "H{to}") } else { write!(line, "V{y}H{to}") };
        }
        let _ = write!(area, "V100H{}Z", first.0);
        debug_assert!(last.1 >= first.0);
        run.clear();
    };
    for (column, value) in columns.iter().zip(values) {
        let y = value.map(&height).filter(|y| *y < 100);
        match (y, run.last_mut()) {
            (Some(y), Some(last)) if last.1 == column.from && last.2 == y => last.1 = column.to,
            (Some(y), last) => {
                if last.is_some_and(|last| last.1 != column.from) {
                    end_run(&mut run);
                }
                run.push((column.from, column.to, y));
            }
            (None, _) => end_run(&mut run),
        }
    }
    end_run(&mut run);
    (area, line)
}
