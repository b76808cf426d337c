//! Recordings as JSON, and their sound.

use std::net::SocketAddr;

use axum::Json;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use store::{RecordingFilter, RecordingInfo};
use utoipa::{IntoParams, ToSchema};

use super::calls::time;
use super::{Query, bad_request, check_limit};
use crate::app::Shared;
use crate::error::{ApiError, Problem, Trouble};
use crate::live::PartyRow;
use crate::login::session::WebSession;
use crate::pages::calls::parse_ref as parse_call;
use crate::pages::recordings::{self, Stays, Use, parse_ref};
use crate::words;

/// Recordings in one answer at most.
const LIMIT_MAX: usize = 500;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// Part of the number or name of either party.
    #[serde(default)]
    q: Option<String>,
    /// Of this call.
    #[serde(default)]
    call: Option<String>,
    /// Begun at or after, RFC 3339.
    #[serde(default)]
    from: Option<String>,
    /// Begun before, RFC 3339.
    #[serde(default)]
    to: Option<String>,
    /// Also those whose sound was removed.
    #[serde(default)]
    deleted: bool,
    /// The `next` of the page before.
    #[serde(default)]
    after: Option<String>,
    /// At most this many, 1 to 500.
    #[serde(default = "default_limit")]
    #[param(default = 50, minimum = 1, maximum = 500)]
    limit: usize,
}

fn default_limit() -> usize {
    50
}

/// A page of recordings, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecordingList {
    /// The recordings. A page may be short, or empty, and still have a next one.
    recordings: Vec<RecordingRow>,
    /// Give it as `after` for the next page; absent on the last.
    next: Option<String>,
}

/// A recording.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecordingRow {
    /// Its reference, `rec` and digits.
    recording: String,
    /// The call's reference.
    call: String,
    /// When it began, RFC 3339.
    began_at: String,
    /// When it ended; absent while it goes on.
    ended_at: Option<String>,
    /// Whose sound is on the left channel, or all of it.
    left: PartyRow,
    /// Whose is on the right.
    right: Option<PartyRow>,
    /// Why it was made.
    why: String,
    /// Milliseconds of sound.
    duration_ms: Option<u32>,
    /// Octets of the file.
    octets: Option<u64>,
    /// Where it was paused, milliseconds from its beginning.
    pauses: Vec<PauseRow>,
    /// Frames that were lost because the disk was too slow.
    dropped: u32,
    /// Why it ended early, or why there is no sound.
    problem: Option<String>,
    /// Whether there is sound to be had.
    audio: bool,
    /// When its sound was removed, RFC 3339.
    deleted_at: Option<String>,
    /// By whom: an account's name, or `retention`.
    deleted_by: Option<String>,
}

/// A pause.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PauseRow {
    from_ms: u32,
    to_ms: u32,
}

/// Searches recordings.
#[utoipa::path(get, path = "/api/v1/recordings", tag = "recordings", params(ListQuery), responses(
    (status = 200, body = RecordingList), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 403, body = Problem),
))]
pub(crate) async fn list(
    State(app): State<Shared>,
    Query(query): Query<ListQuery>,
) -> Result<Json<RecordingList>, ApiError> {
    check_limit(query.limit, LIMIT_MAX)?;
    let odd = |what: &str| bad_request(format!("{what} is no reference"));
    let after = query.after.map(|text| parse_ref(&text).ok_or_else(|| odd("after"))).transpose()?;
    let call = query.call.map(|text| parse_call(&text).ok_or_else(|| odd("call"))).transpose()?;
    let filter = RecordingFilter {
        from: time(query.from.as_deref())?,
        to: time(query.to.as_deref())?,
        number: query.q,
        call,
        with_deleted: query.deleted,
    };
    let limit = query.limit;
    let page = app.ask(move |store| store.recordings(&filter, limit, after)).await?;
    Ok(Json(RecordingList {
        recordings: page.recordings.iter().map(RecordingRow::from).collect(),
        next: page.next.map(|next| next.to_string()),
    }))
}

/// One recording.
#[utoipa::path(get, path = "/api/v1/recordings/{recording}", tag = "recordings",
    params(("recording" = String, Path, description = "The recording's reference, `rec` and digits")),
    responses(
        (status = 200, body = RecordingRow), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem),
    ),
)]
pub(crate) async fn get(
    State(app): State<Shared>,
    Path(recording): Path<String>,
) -> Result<Json<RecordingRow>, ApiError> {
    let recording = parse_ref(&recording).ok_or(Trouble::NotFound)?;
    let info = recordings::find(&app, recording).await?;
    Ok(Json(RecordingRow::from(&info)))
}

/// The sound of a recording. Takes `Range` headers. Every request is noted in the audit log first.
#[utoipa::path(get, path = "/api/v1/recordings/{recording}/audio", tag = "recordings",
    params(("recording" = String, Path, description = "The recording's reference, `rec` and digits")),
    responses(
        (status = 200, content_type = "audio/ogg", description = "Or `audio/wav`"),
        (status = 206, content_type = "audio/ogg", description = "A part of it"),
        (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 416), (status = 503, body = Problem),
    ),
)]
pub(crate) async fn audio(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    headers: HeaderMap,
    Path(recording): Path<String>,
) -> Result<Response, ApiError> {
    let recording = parse_ref(&recording).ok_or(Trouble::NotFound)?;
    Ok(recordings::audio(&app, &session, from, &headers, recording, Use::Keep).await?)
}

/// Removes the sound of a recording for good; what is known of it stays.
#[utoipa::path(delete, path = "/api/v1/recordings/{recording}", tag = "recordings",
    params(("recording" = String, Path, description = "The recording's reference, `rec` and digits")),
    responses(
        (status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "It is still being recorded"), (status = 503, body = Problem),
    ),
)]
pub(crate) async fn delete(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(recording): Path<String>,
) -> Result<StatusCode, ApiError> {
    let recording = parse_ref(&recording).ok_or(Trouble::NotFound)?;
    match recordings::delete(&app, &session, from, recording).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(Stays::StillGoing) => {
            Err(ApiError::new(StatusCode::CONFLICT, "still_recording", Stays::StillGoing.to_string()))
        }
        Err(Stays::Trouble(trouble)) => Err(trouble.into()),
    }
}

impl From<&RecordingInfo> for RecordingRow {
    fn from(info: &RecordingInfo) -> Self {
        let end = info.ended.as_ref().map(|(_, end)| end);
        let pause = |(from_ms, to_ms): &(u32, u32)| PauseRow { from_ms: *from_ms, to_ms: *to_ms };
        RecordingRow {
            recording: info.recording.to_string(),
            call: info.call.to_string(),
            began_at: words::iso(info.began_at),
            ended_at: info.ended.as_ref().map(|(at, _)| words::iso(*at)),
            left: PartyRow::from(&info.left),
            right: info.right.as_ref().map(PartyRow::from),
            why: info.why.clone(),
            duration_ms: end.map(|end| end.duration_ms),
            octets: end.map(|end| end.octets),
            pauses: end.map(|end| end.pauses.iter().map(pause).collect()).unwrap_or_default(),
            dropped: end.map_or(0, |end| end.dropped),
            problem: end.and_then(|end| end.problem.clone()),
            audio: info.deleted.is_none() && end.is_some_and(|end| !end.file.is_empty()),
            deleted_at: info.deleted.as_ref().map(|(at, _)| words::iso(*at)),
            deleted_by: info.deleted.as_ref().map(|(_, by)| by.clone()),
        }
    }
}
