//! The seconds of a call's sound as JSON.

use axum::Json;
use axum::extract::{Path, State};
use exchange::record::{CallRecord, TrackRecord};
use media::control::Second;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::Shared;
use crate::error::{ApiError, Problem, Trouble};
use crate::pages::calls::parse_ref;
use crate::words;

/// The sound of a finished call, leg by leg.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tracks {
    /// The legs whose sound was followed.
    tracks: Vec<TrackView>,
}

/// The seconds of one leg's sound, both directions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TrackView {
    /// Which of the call's `legs`, from 0; absent if it is not among them.
    leg: Option<usize>,
    /// When the first row began, RFC 3339.
    from: String,
    /// What a row covers, seconds.
    step_s: u16,
    /// The rows, one after the other without a gap.
    rows: Vec<SecondView>,
    /// Keys heard.
    digits: Vec<DigitView>,
    /// What is wrong with this leg's sound, the most important first; empty if nothing is.
    diagnosis: Vec<String>,
}

/// One row of a track.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SecondView {
    /// RTP packets from the device.
    received: u8,
    /// Missing among them.
    lost: u8,
    /// Interarrival jitter.
    jitter_ms: u8,
    /// Mean level below full scale, 0 to −127; absent if not known.
    level_db: Option<i16>,
    /// Estimated mean opinion score, 1 to 5; absent where nothing was received.
    mos: Option<f32>,
    /// What waits in the jitter buffer; 0 where nothing is decoded.
    buffer_ms: u16,
    /// RTP packets to the device.
    sent: u8,
    /// Lost on the way there, by the device's reports.
    remote_lost: u8,
    /// Jitter there, by the device's reports.
    remote_jitter_ms: u8,
    /// Absent if not known.
    round_trip_ms: Option<u16>,
}

/// A key.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DigitView {
    /// In which second after `from`.
    second: u32,
    /// The key; `?` where they are private.
    digit: char,
}

/// The sound of a finished call, second by second.
#[utoipa::path(get, path = "/api/v1/calls/{call}/tracks", tag = "calls",
    params(("call" = String, Path, description = "The call's reference, `c` and digits")),
    responses((status = 200, body = Tracks), (status = 401, body = Problem), (status = 404, body = Problem)),
)]
pub(crate) async fn get(State(app): State<Shared>, Path(call): Path<String>) -> Result<Json<Tracks>, ApiError> {
    let call = parse_ref(&call).ok_or(Trouble::NotFound)?;
    let detail = app.ask(move |store| store.call(call)).await?.ok_or(Trouble::NotFound)?;
    let record = detail.record.as_ref();
    Ok(Json(Tracks { tracks: detail.tracks.iter().map(|track| view(track, record)).collect() }))
}

fn view(track: &TrackRecord, record: Option<&CallRecord>) -> TrackView {
    let digit = |(second, digit): &(u32, char)| DigitView { second: *second, digit: *digit };
    TrackView {
        leg: record.and_then(|record| record.legs.iter().position(|leg| leg.leg == track.leg)),
        from: words::iso(track.from),
        step_s: track.step_s,
        rows: track.rows.iter().map(SecondView::from).collect(),
        digits: track.digits.iter().map(digit).collect(),
        diagnosis: track.diagnosis.clone(),
    }
}

impl From<&Second> for SecondView {
    fn from(second: &Second) -> Self {
        SecondView {
            received: second.received,
            lost: second.lost,
            jitter_ms: second.jitter_ms,
            level_db: (second.level <= 127).then(|| -i16::from(second.level)),
            mos: (second.mos > 0).then(|| f32::from(second.mos) / 50.0),
            buffer_ms: u16::from(second.buffer) * 4,
            sent: second.sent,
            remote_lost: second.remote_lost,
            remote_jitter_ms: second.remote_jitter_ms,
            round_trip_ms: (second.round_trip > 0).then(|| u16::from(second.round_trip) * 4),
        }
    }
}
