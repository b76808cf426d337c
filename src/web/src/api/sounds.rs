//! The library's sounds as JSON and WAV.

use std::net::SocketAddr;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::Shared;
use crate::error::{ApiError, Problem, ProblemDetail, Trouble};
use crate::files::SoundInfo;
use crate::login::session::WebSession;
use crate::pages::sounds::{self, Refused, UPLOAD_MAX, is_name, upload_name};

/// The sounds of the library.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SoundList {
    /// By name.
    sounds: Vec<SoundRow>,
}

/// A sound.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SoundRow {
    /// Its full name.
    #[schema(example = "sound/welcome")]
    name: String,
    /// Whether it was uploaded; the others the box brought along.
    uploaded: bool,
    /// Milliseconds of sound.
    duration_ms: u64,
    /// Octets on disk; 0 for what is built in.
    octets: u64,
}

/// Lists the sounds.
#[utoipa::path(get, path = "/api/v1/sounds", tag = "sounds", responses(
    (status = 200, body = SoundList), (status = 401, body = Problem),
))]
pub(crate) async fn list(State(app): State<Shared>) -> Result<Json<SoundList>, ApiError> {
    let all = app.disk(|backend| backend.sounds.list()).await?;
    Ok(Json(SoundList { sounds: all.iter().map(SoundRow::from).collect() }))
}

/// Uploads a sound, in place of one of that name: WAV, MP3, FLAC, Ogg Vorbis or Ogg Opus, at most 20 MB.
#[utoipa::path(put, path = "/api/v1/sounds/{sound}", tag = "sounds",
    params(("sound" = String, Path, description = "1 to 64 letters, digits, `-` and `_`")),
    request_body(content_type = "application/octet-stream", description = "The file; also as `audio/…`"),
    responses(
        (status = 200, body = SoundRow), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 413, body = Problem), (status = 415, body = Problem), (status = 422, body = Problem),
        (status = 503, body = Problem),
    ),
)]
pub(crate) async fn put(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    // A form of another site cannot send these kinds.
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("audio/") && kind != "application/octet-stream" {
        let message = "send the file as application/octet-stream or audio/…";
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "bad_request", message));
    }
    let body = body.map_err(|error| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        status => ApiError::new(status, "bad_request", error.body_text()),
    })?;
    let _turn = app.uploads.try_acquire().map_err(|_| Trouble::Busy)?;
    if !is_name(&name) {
        let message = "a name has 1 to 64 letters, digits, `-` and `_`";
        return Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", message));
    }
    match sounds::take(&app, &name, body.into()).await {
        Ok(sound) => {
            app.audit_done(&session, from, format!("uploaded {} (API)", sound.name)).await;
            Ok(Json(SoundRow::from(&sound)).into_response())
        }
        Err(Refused::TooLarge) => Err(too_large()),
        Err(Refused::Trouble(trouble)) => Err(trouble.into()),
        Err(Refused::Fields(errors)) => {
            let detail = |(field, message): (&str, &str)| ProblemDetail {
                field: Some(field.to_owned()),
                line: None,
                message: message.to_owned(),
                hint: None,
            };
            let errors = errors.all().map(detail).collect();
            Err(ApiError::invalid("the sound was not taken", errors))
        }
    }
}

fn too_large() -> ApiError {
    let message = format!("a sound has at most {} MB", UPLOAD_MAX >> 20);
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message)
}

/// A sound as WAV.
#[utoipa::path(get, path = "/api/v1/sounds/{sound}/audio", tag = "sounds",
    params(("sound" = String, Path, description = "Its full name, slashes as `%2F`: `prompt%2Fen%2Fgoodbye`")),
    responses(
        (status = 200, content_type = "audio/wav"), (status = 206, content_type = "audio/wav"),
        (status = 401, body = Problem), (status = 404, body = Problem), (status = 416), (status = 503, body = Problem),
    ),
)]
pub(crate) async fn audio(
    State(app): State<Shared>,
    headers: HeaderMap,
    Path(name): Path<String>,
) -> Result<Response, ApiError> {
    Ok(sounds::audio(&app, &headers, &name).await?)
}

/// Removes an uploaded sound.
#[utoipa::path(delete, path = "/api/v1/sounds/{sound}", tag = "sounds",
    params(("sound" = String, Path, description = "The upload's name: `welcome`")),
    responses(
        (status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "Some music plays it"), (status = 503, body = Problem),
    ),
)]
pub(crate) async fn delete(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(name): Path<String>,
) -> Result<StatusCode, ApiError> {
    let full = format!("{}{name}", crate::files::UPLOADS);
    let sound = sounds::find(&app, &full).await?;
    match sounds::remove(&app, &session, from, &sound).await? {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(clause) => Err(ApiError::new(StatusCode::CONFLICT, "in_use", clause)),
    }
}

impl From<&SoundInfo> for SoundRow {
    fn from(sound: &SoundInfo) -> Self {
        SoundRow {
            name: sound.name.clone(),
            uploaded: upload_name(&sound.name).is_some(),
            duration_ms: u64::try_from(sound.duration.as_millis()).unwrap_or(u64::MAX),
            octets: sound.octets,
        }
    }
}
