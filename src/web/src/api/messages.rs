//! Voice messages as JSON.

use std::net::SocketAddr;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Query, bad_request, check_limit, refused};
use crate::app::Shared;
use crate::error::{ApiError, Problem, Trouble};
use crate::live::PartyRow;
use crate::login::session::WebSession;
use crate::messages::{self, Placed};
use crate::pages::recordings::{Use, send};
use crate::words;

/// Messages in one answer at most.
const LIMIT_MAX: usize = 1_000;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// Only those of this mailbox.
    #[serde(default)]
    mailbox: Option<String>,
    /// The first this many are left out.
    #[serde(default)]
    offset: usize,
    /// At most this many, 1 to 1000.
    #[serde(default = "default_limit")]
    #[param(default = 100, minimum = 1, maximum = 1000)]
    limit: usize,
}

fn default_limit() -> usize {
    100
}

/// A page of messages, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MessageList {
    /// How many there are.
    total: usize,
    /// The messages.
    messages: Vec<MessageRow>,
}

/// A voice message.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MessageRow {
    /// The mailbox's number.
    mailbox: String,
    /// Its number there, digits.
    id: String,
    /// Who left it.
    from: PartyRow,
    /// When it began, RFC 3339.
    at: String,
    /// Milliseconds of sound.
    duration_ms: u32,
    /// `new`, `read`, `saved` or `done`.
    state: &'static str,
    /// Who did that last: an extension or an account.
    by: String,
    /// In a shared mailbox: who sees to it.
    claimed_by: Option<String>,
    /// What was written about it.
    note: String,
    /// The call in which it was left, `c` and digits.
    call: Option<String>,
}

/// What became of a message.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MessageMark {
    /// `new`, `read`, `saved` or `done`.
    state: String,
    /// What is written about it; left out: stays as it is.
    #[serde(default)]
    note: Option<String>,
}

/// Lists voice messages.
#[utoipa::path(get, path = "/api/v1/messages", tag = "messages", params(ListQuery), responses(
    (status = 200, body = MessageList), (status = 400, body = Problem), (status = 401, body = Problem),
))]
pub(crate) async fn list(
    State(app): State<Shared>,
    Query(query): Query<ListQuery>,
) -> Result<Json<MessageList>, ApiError> {
    check_limit(query.limit, LIMIT_MAX)?;
    if query.mailbox.as_deref().is_some_and(|mailbox| !config::number::is_internal_number(mailbox)) {
        return Err(bad_request("mailbox is no number".to_owned()));
    }
    let found = messages::all(&app, query.mailbox.as_deref()).await?;
    let page = found.iter().skip(query.offset).take(query.limit);
    Ok(Json(MessageList { total: found.len(), messages: page.map(MessageRow::from).collect() }))
}

/// Says what became of a message.
#[utoipa::path(put, path = "/api/v1/messages/{mailbox}/{message}", tag = "messages", request_body = MessageMark,
    params(
        ("mailbox" = String, Path, description = "The mailbox's number"),
        ("message" = String, Path, description = "The message's number"),
    ),
    responses(
        (status = 200, body = MessageRow), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "The exchange refused it"),
        (status = 415, body = Problem), (status = 422, body = Problem),
    ),
)]
pub(crate) async fn mark(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path((mailbox, message)): Path<(String, String)>,
    body: Result<Json<MessageMark>, JsonRejection>,
) -> Result<Json<MessageRow>, ApiError> {
    let placed = messages::find(&app, &mailbox, &message)?;
    let Json(body) = body.map_err(|error| ApiError::new(error.status(), "bad_request", error.body_text()))?;
    let state = messages::state_of(&body.state).ok_or_else(|| {
        ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "state must be new, read, saved or done")
    })?;
    (app.backend.ask)(placed.mark(state, body.note, &session.account)).await.map_err(refused)?;
    let word = messages::state_word(state);
    app.audit_done(&session, from, format!("marked message {message} in mailbox {mailbox} as {word} (API)")).await;
    Ok(Json(MessageRow::from(&messages::find(&app, &mailbox, &message)?)))
}

/// Deletes a message for good.
#[utoipa::path(delete, path = "/api/v1/messages/{mailbox}/{message}", tag = "messages",
    params(
        ("mailbox" = String, Path, description = "The mailbox's number"),
        ("message" = String, Path, description = "The message's number"),
    ),
    responses(
        (status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "The exchange refused it"),
    ),
)]
pub(crate) async fn delete(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path((mailbox, message)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let placed = messages::find(&app, &mailbox, &message)?;
    (app.backend.ask)(placed.delete(&session.account)).await.map_err(refused)?;
    app.audit_done(&session, from, format!("deleted message {message} in mailbox {mailbox} (API)")).await;
    Ok(StatusCode::NO_CONTENT)
}

/// The sound of a message. Takes `Range` headers. Every request is noted in the audit log first.
#[utoipa::path(get, path = "/api/v1/messages/{mailbox}/{message}/audio", tag = "messages",
    params(
        ("mailbox" = String, Path, description = "The mailbox's number"),
        ("message" = String, Path, description = "The message's number"),
    ),
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
    Path((mailbox, message)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let kept = messages::find(&app, &mailbox, &message)?.kept().ok_or(Trouble::NotFound)?;
    Ok(send(&app, &session, from, &headers, kept, Use::Keep).await?)
}

impl From<&Placed> for MessageRow {
    fn from(placed: &Placed) -> Self {
        let message = &placed.message;
        MessageRow {
            mailbox: placed.mailbox.clone(),
            id: placed.id.to_string(),
            from: PartyRow::from(&message.from),
            at: words::iso(message.at),
            duration_ms: message.duration_ms,
            state: messages::state_word(message.state),
            by: message.by.clone(),
            claimed_by: message.claimed_by.clone(),
            note: message.note.clone(),
            call: message.call.map(|call| call.to_string()),
        }
    }
}
