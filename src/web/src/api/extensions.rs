//! Extensions as JSON.

use std::net::SocketAddr;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::Redacted;
use config::{Choice, Edit, Extension, ExtensionDraft, RecordChoice};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Query, check_limit};
use crate::app::{App, Shared};
use crate::backend::{Change, ChangeRequest};
use crate::error::{ApiError, Problem, Trouble};
use crate::login::session::WebSession;
use crate::pages::extensions::find;

/// Extensions in one answer at most.
const LIMIT_MAX: usize = 1_000;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// Part of a number or name.
    #[serde(default)]
    q: String,
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

/// A page of extensions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExtensionList {
    /// By number.
    extensions: Vec<ExtensionView>,
    /// How many match in all.
    total: usize,
}

/// An extension.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExtensionView {
    /// Digits only.
    #[schema(example = "101")]
    number: String,
    /// Who it is.
    name: String,
    /// For messages.
    email: Option<String>,
    /// May it register and call.
    enabled: bool,
    /// Its own ring time, seconds.
    ring_time_s: Option<u16>,
    /// Whether its calls are recorded: `default`, `never`, `always` or `on_demand`.
    record: &'static str,
    /// May it listen in to others.
    supervisor: bool,
    /// Of the prompts it hears, ISO 639; absent: the box's.
    language: Option<&'static str>,
    /// Steady noise is taken away from what it says.
    noise_reduction: bool,
    /// The echo of its phones' loudspeakers is taken away.
    echo_cancellation: bool,
    /// What it says is brought to an even loudness.
    automatic_gain: bool,
    /// What it says is made louder or softer by so many dB.
    gain_db: i8,
    /// Devices registered now.
    devices: usize,
}

/// An extension as it shall be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExtensionBody {
    /// Who it is.
    name: String,
    /// For messages.
    #[serde(default)]
    email: Option<String>,
    /// May it register and call.
    #[serde(default = "yes")]
    #[schema(default = true)]
    enabled: bool,
    /// Its own ring time, seconds.
    #[serde(default)]
    ring_time_s: Option<u16>,
    /// Whether its calls are recorded: `default`, `never`, `always` or `on_demand`.
    #[serde(default)]
    #[schema(default = "default")]
    record: Option<String>,
    /// May it listen in to others.
    #[serde(default)]
    supervisor: bool,
    /// Of the prompts it hears: `en`, `nl`, `fr`, `de`, `es` or `ru`; left out: the box's.
    #[serde(default)]
    language: Option<String>,
    /// Steady noise is taken away from what it says.
    #[serde(default)]
    noise_reduction: bool,
    /// The echo of its phones' loudspeakers is taken away.
    #[serde(default)]
    echo_cancellation: bool,
    /// What it says is brought to an even loudness.
    #[serde(default)]
    automatic_gain: bool,
    /// What it says is made louder or softer by so many dB, −12 to 12.
    #[serde(default)]
    gain_db: i8,
    /// A new SIP secret. Left out: an existing extension keeps its own, a new one gets a generated one.
    #[serde(default)]
    secret: Option<String>,
}

fn yes() -> bool {
    true
}

/// What a PUT has done.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExtensionSaved {
    /// The extension as it is now.
    extension: ExtensionView,
    /// The version of the configuration that it is in.
    version: u64,
    /// The generated secret, in this answer only.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// Lists extensions.
#[utoipa::path(get, path = "/api/v1/extensions", tag = "extensions", params(ListQuery), responses(
    (status = 200, body = ExtensionList), (status = 400, body = Problem), (status = 401, body = Problem),
))]
pub(crate) async fn list(
    State(app): State<Shared>,
    Query(query): Query<ListQuery>,
) -> Result<Json<ExtensionList>, ApiError> {
    check_limit(query.limit, LIMIT_MAX)?;
    let (_, config) = app.config();
    let found: Vec<&Extension> = find(&config, query.q.trim()).collect();
    let page = found.iter().skip(query.offset).take(query.limit);
    Ok(Json(ExtensionList { extensions: page.map(|e| view(&app, e)).collect(), total: found.len() }))
}

/// One extension.
#[utoipa::path(get, path = "/api/v1/extensions/{number}", tag = "extensions",
    params(("number" = String, Path, description = "The extension's number")),
    responses((status = 200, body = ExtensionView), (status = 401, body = Problem), (status = 404, body = Problem)),
)]
pub(crate) async fn get(
    State(app): State<Shared>,
    Path(number): Path<String>,
) -> Result<Json<ExtensionView>, ApiError> {
    let (_, config) = app.config();
    let extension = config.extensions.get(&number).ok_or(Trouble::NotFound)?;
    Ok(Json(view(&app, extension)))
}

/// Makes or replaces an extension.
#[utoipa::path(put, path = "/api/v1/extensions/{number}", tag = "extensions", request_body = ExtensionBody,
    params(("number" = String, Path, description = "The extension's number")),
    responses(
        (status = 200, body = ExtensionSaved, description = "Replaced"),
        (status = 201, body = ExtensionSaved, description = "Made"),
        (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 409, body = Problem), (status = 415, body = Problem), (status = 422, body = Problem),
        (status = 503, body = Problem),
    ),
)]
pub(crate) async fn put(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(number): Path<String>,
    body: Result<Json<ExtensionBody>, JsonRejection>,
) -> Result<Response, ApiError> {
    let Json(body) = body.map_err(|error| ApiError::new(error.status(), "bad_request", error.body_text()))?;
    let is_new = !app.config().1.extensions.contains_key(&number);
    let generated = match (&body.secret, is_new) {
        (None, true) => Some(crate::pages::extensions::generate_secret(&app)?),
        _ => None,
    };
    let draft = ExtensionDraft {
        number: number.clone(),
        name: body.name,
        email: body.email,
        enabled: body.enabled,
        ring_time_s: body.ring_time_s,
        record: choice("record", body.record.as_deref())?.unwrap_or(RecordChoice::Default),
        supervisor: body.supervisor,
        language: choice("language", body.language.as_deref())?,
        noise_reduction: body.noise_reduction,
        echo_cancellation: body.echo_cancellation,
        automatic_gain: body.automatic_gain,
        gain_db: body.gain_db,
        secret: generated.clone().or(body.secret.map(Redacted)),
        ..app.config().1.extensions.get(&number).map_or_else(ExtensionDraft::default, ExtensionDraft::from)
    };
    let edit = if is_new { Edit::AddExtension(draft) } else { Edit::ChangeExtension(draft) };
    let what = if is_new { "new" } else { "changed" };
    let version = change(&app, &session, from, edit, format!("{what} extension {number} (API)")).await?;
    let (_, config) = app.config();
    let extension = config.extensions.get(&number).ok_or(Trouble::NotFound)?;
    let saved =
        ExtensionSaved { extension: view(&app, extension), version, secret: generated.map(|Redacted(secret)| secret) };
    Ok((if is_new { StatusCode::CREATED } else { StatusCode::OK }, Json(saved)).into_response())
}

/// Removes an extension.
#[utoipa::path(delete, path = "/api/v1/extensions/{number}", tag = "extensions",
    params(("number" = String, Path, description = "The extension's number")),
    responses(
        (status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 422, body = Problem, description = "It is the last member of a ring group"), (status = 503, body = Problem),
    ),
)]
pub(crate) async fn delete(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(number): Path<String>,
) -> Result<StatusCode, ApiError> {
    if !app.config().1.extensions.contains_key(&number) {
        return Err(Trouble::NotFound.into());
    }
    let reason = format!("deleted extension {number} (API)");
    change(&app, &session, from, Edit::RemoveExtension(number), reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The choice of that word, if one is given.
fn choice<T: Choice>(field: &str, word: Option<&str>) -> Result<Option<T>, ApiError> {
    let Some(word) = word else { return Ok(None) };
    let words = || format!("{field} must be one of {}", T::WORDS.join(", "));
    T::of(word).map(Some).ok_or_else(|| ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", words()))
}

async fn change(
    app: &Shared,
    session: &WebSession,
    from: SocketAddr,
    edit: Edit,
    reason: String,
) -> Result<u64, ApiError> {
    let request = ChangeRequest {
        author: session.account.clone(),
        reason: reason.clone(),
        based_on: None,
        change: Change::Edits(vec![edit]),
    };
    let version = (app.backend.apply)(request).await?;
    app.audit_done(session, from, format!("{reason} ({version})")).await;
    Ok(version.0)
}

fn view(app: &App, extension: &Extension) -> ExtensionView {
    let devices = app.backend.live.read(|view| view.registrations.get(&extension.number).map_or(0, Vec::len));
    ExtensionView {
        number: extension.number.clone(),
        name: extension.name.clone(),
        email: extension.email.clone(),
        enabled: extension.enabled,
        ring_time_s: extension.ring_time_s,
        record: extension.record.word(),
        supervisor: extension.supervisor,
        language: extension.language.map(Choice::word),
        noise_reduction: extension.noise_reduction,
        echo_cancellation: extension.echo_cancellation,
        automatic_gain: extension.automatic_gain,
        gain_db: extension.gain_db,
        devices,
    }
}
