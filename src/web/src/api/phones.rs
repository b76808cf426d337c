//! Desk phones as JSON.

use std::net::SocketAddr;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use config::{Choice, Edit, Phone, PhoneModel};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::{App, Shared};
use crate::backend::{Change, ChangeRequest};
use crate::error::{ApiError, Problem, Trouble};
use crate::login::session::WebSession;
use crate::provisioning::PhoneState;
use crate::words::iso;

/// All phones.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PhoneList {
    /// By MAC address.
    phones: Vec<PhoneView>,
    /// Those that asked for settings and are not set up.
    unconfigured: Vec<UnknownView>,
}

/// A phone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PhoneView {
    /// Twelve hexadecimal digits.
    #[schema(example = "00156574abcd")]
    mac: String,
    /// `yealink`, `grandstream`, `snom`, `fanvil`, `polycom`, `gigaset` or `cisco_mpp`.
    model: &'static str,
    /// Extensions on its lines.
    lines: Vec<String>,
    /// Its key layout.
    keys: Option<String>,
    /// Where it stands.
    location: Option<String>,
    /// For whoever sits there.
    hot_desk: bool,
    /// Further settings in the maker's own words.
    extra: Vec<String>,
    /// When it fetched its settings last.
    fetched_at: Option<String>,
    /// What it called itself then: model and firmware.
    agent: String,
}

/// A phone that nobody has set up.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UnknownView {
    /// Twelve hexadecimal digits.
    mac: String,
    /// What it calls itself.
    agent: String,
    /// Its address.
    from: String,
    /// When it asked last.
    asked_at: String,
}

/// A phone as it shall be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PhoneBody {
    /// `yealink`, `grandstream`, `snom`, `fanvil`, `polycom`, `gigaset` or `cisco_mpp`.
    model: String,
    /// Extensions on its lines, the main one first.
    lines: Vec<String>,
    /// Its key layout; left out: that of its first line's extension.
    #[serde(default)]
    keys: Option<String>,
    /// Where it stands.
    #[serde(default)]
    location: Option<String>,
    /// For whoever sits there.
    #[serde(default)]
    hot_desk: bool,
    /// Further settings in the maker's own words: `name=value`.
    #[serde(default)]
    extra: Vec<String>,
}

/// Lists phones.
#[utoipa::path(get, path = "/api/v1/phones", tag = "phones", responses(
    (status = 200, body = PhoneList), (status = 401, body = Problem),
))]
pub(crate) async fn list(State(app): State<Shared>) -> Json<PhoneList> {
    let (_, config) = app.config();
    let unknown = app.provisioning.seen.list().into_iter().filter(|phone| !config.phones.contains_key(&phone.mac));
    Json(PhoneList {
        phones: config.phones.values().map(|phone| view(&app, phone)).collect(),
        unconfigured: unknown
            .map(|phone| UnknownView {
                from: phone.from.ip().to_canonical().to_string(),
                asked_at: iso(phone.at),
                mac: phone.mac,
                agent: phone.agent,
            })
            .collect(),
    })
}

/// One phone.
#[utoipa::path(get, path = "/api/v1/phones/{mac}", tag = "phones",
    params(("mac" = String, Path, description = "Its MAC address, twelve hexadecimal digits")),
    responses((status = 200, body = PhoneView), (status = 401, body = Problem), (status = 404, body = Problem)),
)]
pub(crate) async fn get(State(app): State<Shared>, Path(mac): Path<String>) -> Result<Json<PhoneView>, ApiError> {
    let (_, config) = app.config();
    Ok(Json(view(&app, config.phones.get(&mac).ok_or(Trouble::NotFound)?)))
}

/// Makes or replaces a phone; a new one is invited to fetch its settings.
#[utoipa::path(put, path = "/api/v1/phones/{mac}", tag = "phones", request_body = PhoneBody,
    params(("mac" = String, Path, description = "Its MAC address, twelve hexadecimal digits")),
    responses(
        (status = 200, body = PhoneView, description = "Replaced"), (status = 201, body = PhoneView, description = "Made"),
        (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 409, body = Problem), (status = 415, body = Problem), (status = 422, body = Problem),
        (status = 503, body = Problem),
    ),
)]
pub(crate) async fn put(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(mac): Path<String>,
    body: Result<Json<PhoneBody>, JsonRejection>,
) -> Result<Response, ApiError> {
    let Json(body) = body.map_err(|error| ApiError::new(error.status(), "bad_request", error.body_text()))?;
    let words = || format!("model must be one of {}", PhoneModel::WORDS.join(", "));
    let model = PhoneModel::of(&body.model)
        .ok_or_else(|| ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", words()))?;
    let phone = Phone {
        keys: body.keys,
        location: body.location,
        hot_desk: body.hot_desk,
        extra: body.extra,
        ..Phone::new(mac.clone(), model, body.lines)
    };
    let is_new = !app.config().1.phones.contains_key(&mac);
    let (edit, what) = if is_new { (Edit::AddPhone(phone), "new") } else { (Edit::ChangePhone(phone), "changed") };
    change(&app, &session, from, edit, format!("{what} phone {mac} (API)")).await?;
    if is_new {
        app.provisioning.seen.forget(&mac);
        PhoneState::change(&app, &mac, &session.account, |state| {
            state.invite(app.wall());
            true
        })
        .await?;
    }
    let (_, config) = app.config();
    let saved = view(&app, config.phones.get(&mac).ok_or(Trouble::NotFound)?);
    Ok((if is_new { StatusCode::CREATED } else { StatusCode::OK }, Json(saved)).into_response())
}

/// Removes a phone; what it knew is worth nothing from then on.
#[utoipa::path(delete, path = "/api/v1/phones/{mac}", tag = "phones",
    params(("mac" = String, Path, description = "Its MAC address, twelve hexadecimal digits")),
    responses(
        (status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 503, body = Problem),
    ),
)]
pub(crate) async fn delete(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(mac): Path<String>,
) -> Result<StatusCode, ApiError> {
    if !app.config().1.phones.contains_key(&mac) {
        return Err(Trouble::NotFound.into());
    }
    change(&app, &session, from, Edit::RemovePhone(mac.clone()), format!("deleted phone {mac} (API)")).await?;
    PhoneState::retire(&app, &mac, &session.account).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn change(
    app: &Shared,
    session: &WebSession,
    from: SocketAddr,
    edit: Edit,
    reason: String,
) -> Result<(), ApiError> {
    let request = ChangeRequest {
        author: session.account.clone(),
        reason: reason.clone(),
        based_on: None,
        change: Change::Edits(vec![edit]),
    };
    let version = (app.backend.apply)(request).await?;
    app.audit_done(session, from, format!("{reason} ({version})")).await;
    Ok(())
}

fn view(app: &App, phone: &Phone) -> PhoneView {
    let state = PhoneState::of(app, &phone.mac);
    PhoneView {
        mac: phone.mac.clone(),
        model: phone.model.word(),
        lines: phone.lines.clone(),
        keys: phone.keys.clone(),
        location: phone.location.clone(),
        hot_desk: phone.hot_desk,
        extra: phone.extra.clone(),
        fetched_at: state.fetched_at.map(iso),
        agent: state.agent,
    }
}
