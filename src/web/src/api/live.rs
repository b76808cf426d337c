//! Live calls and registrations: a snapshot, and a stream of events.

use std::collections::BTreeSet;
use std::convert::Infallible;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use base::Duration;
use futures_util::stream::{self, Stream};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::Query;
use crate::app::Shared;
use crate::error::{ApiError, Problem};
pub(crate) use crate::live::Changes;
use crate::live::{Listener, News, PAUSE, Snapshot};
use crate::login::session::{SessionId, WebSession};

/// Extensions that one stream may watch by name.
const WATCHED_MAX: usize = 500;
/// A line that says nothing, so that both sides notice a dead connection.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// A stream looks after its session this often even if nothing happens.
const SESSION_CHECK: Duration = Duration::from_secs(20);

#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LiveQuery {
    /// Numbers with commas between them: only these extensions' registrations are told. Left out: all; empty: none.
    #[serde(default)]
    extensions: Option<String>,
}

impl LiveQuery {
    fn watched(&self) -> Option<BTreeSet<String>> {
        let list = self.extensions.as_deref()?;
        Some(list.split(',').filter(|number| !number.is_empty()).take(WATCHED_MAX).map(str::to_owned).collect())
    }
}

/// Everything that is going on.
#[utoipa::path(get, path = "/api/v1/live", tag = "live", responses(
    (status = 200, body = Snapshot), (status = 503, body = Problem, description = "Too many listeners"),
))]
pub(crate) async fn snapshot(State(app): State<Shared>) -> Result<Json<Snapshot>, ApiError> {
    let mut listener = app.backend.live.listen(None).ok_or_else(too_many)?;
    match listener.next().await {
        Some(News::Snapshot(snapshot)) => Ok(Json(snapshot)),
        _ => Err(too_many()),
    }
}

/// What is going on, as server-sent events: `snapshot` first (also after each reconnection), then `changes`, at most
/// four times a second; `signed-out` when the session has ended.
#[utoipa::path(get, path = "/api/v1/live/events", tag = "live", params(LiveQuery), responses(
    (status = 200, content_type = "text/event-stream", body = Snapshot),
    (status = 503, body = Problem, description = "Too many listeners"),
))]
pub(crate) async fn events(State(app): State<Shared>, session: WebSession, Query(query): Query<LiveQuery>) -> Response {
    let Some(listener) = app.backend.live.listen(query.watched()) else {
        let mut response = too_many().into_response();
        response.headers_mut().insert(RETRY_AFTER, axum::http::HeaderValue::from_static("10"));
        return response;
    };
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
    Sse::new(told(app, session.id, listener)).keep_alive(keep_alive).into_response()
}

fn told(app: Shared, session: SessionId, listener: Listener) -> impl Stream<Item = Result<Event, Infallible>> {
    let begin = Some((app, listener, true));
    stream::unfold(begin, move |state| async move {
        let (app, mut listener, first) = state?;
        if !first {
            tokio::time::sleep(PAUSE).await;
        }
        loop {
            if !app.sessions.is_alive(app.now(), session) {
                return Some((Ok(Event::default().event("signed-out").data("{}")), None));
            }
            match tokio::time::timeout(SESSION_CHECK, listener.next()).await {
                Ok(Some(News::Snapshot(view))) => {
                    return Some((Ok(event("snapshot", &view)), Some((app, listener, false))));
                }
                Ok(Some(News::Changes(changes))) => {
                    return Some((Ok(event("changes", &changes)), Some((app, listener, false))));
                }
                Ok(None) => return None,
                Err(_) => {} // nothing happened; look after the session, listen on
            }
        }
    })
}

fn event(name: &str, data: &impl Serialize) -> Event {
    Event::default().event(name).json_data(data).unwrap_or_default()
}

fn too_many() -> ApiError {
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "too many listeners")
}
