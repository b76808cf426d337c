//! The flight recorder: the seconds of every leg's sound on one time axis (OBS-4).
//!
//! For each leg and direction a few strips one above the other, drawn as SVG: no number is computed in the browser,
//! and what is drawn stands as a table behind it. What is wrong comes first, in words.

mod axis;
mod scale;
mod strip;
mod table;

use base::{Duration, LegId};
use exchange::record::{CallEvent, TrackRecord};
use media::control::Second;

use axis::{Axis, Band, Mark, Tick};
use scale::{JITTER_MS, LOST, MOS, WAIT_MS, level, lost, mos};
use strip::{Column, Strip, columns};
use table::Table;

/// All that is drawn below a call.
pub(crate) struct FlightView {
    /// What is wrong: whose sound, and a sentence.
    pub causes: Vec<(String, String)>,
    pub ticks: Vec<Tick>,
    pub marks: Vec<Mark>,
    pub bands: Vec<Band>,
    pub legs: Vec<LegFlight>,
}

/// One leg.
pub(crate) struct LegFlight {
    pub name: String,
    /// Place in percent, and the keys that stand there.
    pub digits: Vec<(String, String)>,
    pub directions: Vec<DirectionFlight>,
    pub table: Table,
}

/// One direction of a leg.
pub(crate) struct DirectionFlight {
    pub title: String,
    pub strips: Vec<Strip>,
    /// Where nothing was received: beginning and width in parts of 1,000.
    pub nothing: Vec<(u32, u32)>,
    /// Said in place of strips.
    pub note: Option<&'static str>,
}

/// Keys drawn of one leg.
const DIGITS_MAX: usize = 200;
/// What a key takes of the axis, in parts of 1,000, on a narrow screen.
const DIGIT_ROOM: u32 = 30;

/// Draws the tracks; `None` if there is nothing to draw.
pub(crate) fn draw(tracks: &[TrackRecord], events: &[CallEvent], name: impl Fn(LegId) -> String) -> Option<FlightView> {
    let axis = Axis::of(tracks)?;
    let causes = tracks.iter().flat_map(|track| {
        let who = name(track.leg);
        track.diagnosis.iter().map(move |sentence| (who.clone(), sentence.clone()))
    });
    let legs = tracks.iter().filter(|track| !track.rows.is_empty()).map(|track| leg(track, &axis, &name(track.leg)));
    Some(FlightView {
        causes: causes.collect(),
        ticks: axis.ticks(),
        marks: axis.marks(events),
        bands: axis.holds(events),
        legs: legs.collect(),
    })
}

fn leg(track: &TrackRecord, axis: &Axis, name: &str) -> LegFlight {
    let columns = columns(track, axis);
    LegFlight {
        name: name.to_owned(),
        digits: digits(track, axis),
        directions: vec![from_device(&columns, name), to_device(&columns, name)],
        table: Table::of(track, axis),
    }
}

/// The keys, each where it was pressed; those that would lie on one another stand side by side.
fn digits(track: &TrackRecord, axis: &Axis) -> Vec<(String, String)> {
    let mut words: Vec<(String, String)> = Vec::new();
    let mut free_from = 0;
    for (second, digit) in track.digits.iter().take(DIGITS_MAX) {
        let at = track.from + Duration::from_secs(u64::from(*second));
        let place = axis.place(at);
        match words.last_mut().filter(|_| place < free_from) {
            Some((_, word)) => word.push(*digit),
            None => {
                words.push((axis.percent(at), digit.to_string()));
                free_from = place;
            }
        }
        free_from += DIGIT_ROOM;
    }
    words
}

/// What came from the device.
fn from_device(columns: &[Column], name: &str) -> DirectionFlight {
    let title = format!("From {name} to the box");
    if columns.iter().all(|column| column.all(|s| s.received == 0)) {
        let note = Some("Nothing came.");
        return DirectionFlight { title, strips: Vec::new(), nothing: Vec::new(), note };
    }
    let mut strips = vec![
        Strip::worst("MOS", "quality", &MOS, columns, mos),
        Strip::highest("Lost", "loss", &LOST, columns, |s| lost(s.lost, s.received)),
        Strip::highest("Jitter", "jitter", &JITTER_MS, columns, |s| came(s).then_some(f32::from(s.jitter_ms))),
        Strip::level("Level", columns, level),
    ];
    if columns.iter().any(|column| !column.all(|s| s.buffer == 0)) {
        strips.push(Strip::highest("Delay", "delay", &WAIT_MS, columns, |s| {
            came(s).then_some(f32::from(s.buffer) * 4.0)
        }));
    }
    DirectionFlight {
        title,
        strips,
        nothing: strip::runs(columns, |column| column.all(|s| s.received == 0)),
        note: None,
    }
}

/// What the device got, by its own reports.
fn to_device(columns: &[Column], name: &str) -> DirectionFlight {
    let title = format!("From the box to {name}");
    let silent = |column: &Column| column.all(|s| s.remote_lost == 0 && s.remote_jitter_ms == 0 && s.round_trip == 0);
    let note = if columns.iter().all(|column| column.all(|s| s.sent == 0)) {
        Some("Nothing was sent.")
    } else if columns.iter().all(silent) {
        Some("The device sent no reports, so what it heard is not known.")
    } else {
        None
    };
    if note.is_some() {
        return DirectionFlight { title, strips: Vec::new(), nothing: Vec::new(), note };
    }
    let strips = vec![
        Strip::highest("Lost", "loss", &LOST, columns, |s| lost(s.remote_lost, s.sent.saturating_sub(s.remote_lost))),
        Strip::highest("Jitter", "jitter", &JITTER_MS, columns, |s| {
            (s.remote_jitter_ms > 0).then_some(f32::from(s.remote_jitter_ms))
        }),
        Strip::highest("Round trip", "delay", &WAIT_MS, columns, |s| {
            (s.round_trip > 0).then_some(f32::from(s.round_trip) * 4.0)
        }),
    ];
    DirectionFlight { title, strips, nothing: strip::runs(columns, |column| column.all(|s| s.sent == 0)), note: None }
}

fn came(second: &Second) -> bool {
    second.received > 0
}

#[cfg(test)]
mod tests;
