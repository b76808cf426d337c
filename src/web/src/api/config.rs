//! The configuration as text, and its history.

use std::net::SocketAddr;

use axum::Json;
use axum::extract::{ConnectInfo, State};
use axum::http::header::{CONTENT_TYPE, ETAG, IF_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base::ConfigVersion;
use config::Document;
use serde::{Deserialize, Serialize};
use store::Store;
use utoipa::{IntoParams, ToSchema};

use super::entries::refuse_if_lost;
use super::{Query, bad_request, check_limit};
use crate::app::Shared;
use crate::backend::{Change, ChangeRequest};
use crate::error::{ApiError, Problem, Trouble};
use crate::findings::{self, Draft, Drafted};
use crate::login::session::WebSession;
use crate::pages::forms::filled;
use crate::words;

/// Versions in one answer at most.
const VERSIONS_MAX: usize = 1_000;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PutQuery {
    /// Why, for the history.
    #[serde(default)]
    reason: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct HistoryQuery {
    /// At most this many, 1 to 1000.
    #[serde(default = "default_limit")]
    #[param(default = 100, minimum = 1, maximum = 1000)]
    limit: usize,
}

fn default_limit() -> usize {
    100
}

/// A version of the configuration.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VersionView {
    /// Its number.
    version: u64,
    /// When it was applied, RFC 3339.
    at: String,
    /// Who did it.
    author: String,
    /// Why.
    reason: String,
}

/// What a PUT has done.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Applied {
    /// The version now in force.
    version: u64,
}

/// The configuration in force, as TOML. Its ETag is the version.
#[utoipa::path(get, path = "/api/v1/config", tag = "config", responses(
    (status = 200, body = String, content_type = "application/toml"), (status = 401, body = Problem),
    (status = 403, body = Problem), (status = 404, body = Problem), (status = 503, body = Problem),
))]
pub(crate) async fn get(State(app): State<Shared>) -> Result<Response, ApiError> {
    let (info, text) = app.ask(Store::config_current).await?.ok_or(Trouble::NotFound)?;
    let headers = [(CONTENT_TYPE, "application/toml".to_owned()), (ETAG, format!("\"{}\"", info.version.0))];
    Ok((headers, text).into_response())
}

/// Replaces the configuration: the whole document as TOML, checked as one and taken as one. With `If-Match` it is
/// taken only if that version is still in force.
#[utoipa::path(put, path = "/api/v1/config", tag = "config", params(PutQuery),
    request_body(content = String, content_type = "application/toml"),
    responses(
        (status = 200, body = Applied), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 409, body = Problem), (status = 415, body = Problem),
        (status = 422, body = Problem), (status = 503, body = Problem),
    ),
)]
pub(crate) async fn put(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Query(query): Query<PutQuery>,
    headers: HeaderMap,
    body: String,
) -> Result<Json<Applied>, ApiError> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/toml") {
        let message = "the body must be application/toml";
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "bad_request", message));
    }
    let (_, config) = app.config();
    let unread = body.clone();
    // Ten thousand extensions take a while to read: not on an async thread. What is wrong is told by the change itself.
    let read = tokio::task::spawn_blocking(move || {
        let fresh = Document::parse(&unread).ok()?;
        fresh.check_change(&config).ok().map(|()| Box::new(fresh))
    });
    if let Ok(Some(fresh)) = read.await
        && let Drafted::Fresh(found) = findings::draft(&app, Draft::Config(fresh)).await?
    {
        refuse_if_lost(&found)?;
    }
    let request = ChangeRequest {
        author: session.account.clone(),
        reason: query.reason.as_deref().and_then(filled).unwrap_or_else(|| "by the API".to_owned()),
        based_on: based_on(&headers)?,
        change: Change::Text(body),
    };
    let version = (app.backend.apply)(request).await?;
    app.audit_done(&session, from, format!("changed the configuration by the API ({version})")).await;
    Ok(Json(Applied { version: version.0 }))
}

/// Versions of the configuration, newest first.
#[utoipa::path(get, path = "/api/v1/config/history", tag = "config", params(HistoryQuery), responses(
    (status = 200, body = Vec<VersionView>), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 503, body = Problem),
))]
pub(crate) async fn history(
    State(app): State<Shared>,
    Query(query): Query<HistoryQuery>,
) -> Result<Json<Vec<VersionView>>, ApiError> {
    check_limit(query.limit, VERSIONS_MAX)?;
    let versions = app.ask(move |store| store.config_history(query.limit)).await?;
    let view = |info: store::ConfigInfo| VersionView {
        version: info.version.0,
        at: words::iso(info.at),
        author: info.author,
        reason: info.reason,
    };
    Ok(Json(versions.into_iter().map(view).collect()))
}

fn based_on(headers: &HeaderMap) -> Result<Option<ConfigVersion>, ApiError> {
    let Some(tag) = headers.get(IF_MATCH) else { return Ok(None) };
    let number = tag.to_str().ok().and_then(|tag| tag.trim().trim_matches('"').parse().ok());
    number.map(|n| Some(ConfigVersion(n))).ok_or_else(|| bad_request("If-Match must be an ETag of this API".to_owned()))
}
