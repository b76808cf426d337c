//! Trunks, routes, hours and the other sections that are treated alike: list, one, put, delete, in JSON by the keys of
//! the configuration.

use std::net::SocketAddr;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use config::value::{Fields, Value};
use config::{Edit, keys};
use serde_json::{Map, Value as JsonValue, json};

use crate::app::Shared;
use crate::backend::{Change, ChangeRequest};
use crate::entries::{Entry, Given, Single, sorted};
use crate::error::{ApiError, ProblemDetail, Trouble};
use crate::findings::{self, Draft, Drafted, Finding, Level};
use crate::login::session::WebSession;
use crate::pages::forms::Errors;

/// An entry by its keys. Secrets are left out; whether one is set stands under `…_is_set`.
pub(crate) fn view(entry: &impl Fields) -> Map<String, JsonValue> {
    let mut view = Map::new();
    entry.each(&mut |key, value| {
        let value = match value {
            Value::Absent => JsonValue::Null,
            Value::Text(text) => json!(text),
            Value::Integer(n) => json!(n),
            Value::Signed(n) => json!(n),
            Value::Flag(flag) => json!(flag),
            Value::List(list) => json!(list),
            Value::Socket(at) => json!(at.to_string()),
            Value::Ip(ip) => json!(ip.to_string()),
            Value::Ports(low, high) => json!(format!("{low}-{high}")),
            Value::Addresses(first, last) => json!(format!("{first}-{last}")),
            Value::To(to) => json!(to.to_string()),
            Value::Octets(_) | Value::Hidden(_) => return drop(view.insert(is_set(key), json!(true))),
        };
        view.insert(key.to_owned(), value);
    });
    // A secret that is not set is told as such, not as an empty value of the key.
    for key in secrets(view_section(entry)) {
        if view.remove(key) == Some(JsonValue::Null) {
            view.insert(is_set(key), json!(false));
        }
    }
    view
}

fn view_section<F: Fields>(_: &F) -> &'static str {
    F::SECTION
}

/// The key that says whether a secret is set.
pub(crate) fn is_set(key: &str) -> String {
    format!("{key}_is_set")
}

/// The keys of a section that hold secrets.
pub(crate) fn secrets(section: &str) -> impl Iterator<Item = &'static str> {
    let keys = keys::section(section).map(|section| section.keys).unwrap_or_default();
    keys.iter().map(|key| key.name).filter(|name| keys::is_hidden(name))
}

/// `GET /api/v1/trunks`
pub(crate) async fn list<E: Entry>(State(app): State<Shared>) -> Json<JsonValue> {
    let (_, config) = app.config();
    let rows: Vec<_> = sorted::<E>(&config).into_iter().map(view).collect();
    Json(json!({ "total": rows.len(), "entries": rows }))
}

/// `GET /api/v1/trunks/{id}`
pub(crate) async fn get<E: Entry>(
    State(app): State<Shared>,
    Path(id): Path<String>,
) -> Result<Json<Map<String, JsonValue>>, ApiError> {
    let (_, config) = app.config();
    Ok(Json(view(E::all(&config).get(&id).ok_or(Trouble::NotFound)?)))
}

type Body = Result<Json<Map<String, JsonValue>>, JsonRejection>;

/// `PUT /api/v1/trunks/{id}`
pub(crate) async fn put<E: Entry>(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(id): Path<String>,
    body: Body,
) -> Result<Response, ApiError> {
    let (_, config) = app.config();
    let before = E::all(&config).get(&id);
    let is_new = before.is_none();
    let mut given = read::<E>(body)?;
    if let Some(key) = keys::section(E::SECTION).map(keys::Section::id_key) {
        if given.text_or_absent(key).is_some_and(|named| named != id) {
            given.errors.add(key, "It is not the one in the address.");
        }
        given.set(key, &id);
    }
    let entry = E::read(&mut given, before);
    refuse_if_wrong(E::SECTION, Some(&id), &given.errors)?;
    let edit = if is_new { entry.add() } else { entry.change() };
    let what = if is_new { "new" } else { "changed" };
    let reason = format!("{what} {} {id} (API)", E::ONE);
    let (version, findings) = apply(&app, &session, from, edit, reason).await?;
    let (_, config) = app.config();
    let entry = view(E::all(&config).get(&id).ok_or(Trouble::NotFound)?);
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(json!({ "entry": entry, "version": version, "findings": findings }))).into_response())
}

/// `DELETE /api/v1/trunks/{id}`
pub(crate) async fn delete<E: Entry>(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    E::all(&app.config().1).get(&id).ok_or(Trouble::NotFound)?;
    let reason = format!("deleted {} {id} (API)", E::ONE);
    apply(&app, &session, from, E::remove(id.clone()), reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/v1/numbers`
pub(crate) async fn get_single<S: Single>(State(app): State<Shared>) -> Json<Map<String, JsonValue>> {
    Json(view(S::of(&app.config().1)))
}

/// `PUT /api/v1/numbers`
pub(crate) async fn put_single<S: Single>(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    body: Body,
) -> Result<Json<JsonValue>, ApiError> {
    let (_, config) = app.config();
    let mut given = read::<S>(body)?;
    let single = S::read(&mut given, Some(S::of(&config)));
    refuse_if_wrong(S::SECTION, None, &given.errors)?;
    let reason = format!("changed {} (API)", S::TITLE.to_lowercase());
    let (version, findings) = apply(&app, &session, from, single.set(), reason).await?;
    Ok(Json(json!({ "entry": view(S::of(&app.config().1)), "version": version, "findings": findings })))
}

fn read<F: Fields>(body: Body) -> Result<Given, ApiError> {
    let Json(body) = body.map_err(|error| ApiError::new(error.status(), "bad_request", error.body_text()))?;
    Ok(Given::from_json(F::SECTION, &body))
}

fn refuse_if_wrong(section: &str, id: Option<&str>, errors: &Errors) -> Result<(), ApiError> {
    if errors.is_empty() {
        return Ok(());
    }
    let detail = |(key, message): (&str, &str)| ProblemDetail {
        field: Some(match id {
            _ if key.is_empty() => section.to_owned(),
            Some(id) => format!("{section}.{id}.{key}"),
            None => format!("{section}.{key}"),
        }),
        line: None,
        message: message.to_owned(),
        hint: None,
    };
    Err(ApiError::invalid("the entry cannot be read", errors.all().map(detail).collect()))
}

async fn apply(
    app: &Shared,
    session: &WebSession,
    from: SocketAddr,
    edit: Edit,
    reason: String,
) -> Result<(u64, Vec<Finding>), ApiError> {
    let fresh = match findings::draft(app, Draft::Edits(vec![edit.clone()])).await? {
        Drafted::Refused(error) => return Err(error.into()),
        Drafted::Fresh(fresh) => fresh,
    };
    refuse_if_lost(&fresh)?;
    let request = ChangeRequest {
        author: session.account.clone(),
        reason: reason.clone(),
        based_on: None,
        change: Change::Edits(vec![edit]),
    };
    let version = (app.backend.apply)(request).await?;
    app.audit_done(session, from, format!("{reason} ({version})")).await;
    Ok((version.0, fresh))
}

/// A change by which calls would be lost is refused; what is merely odd is told beside its answer.
pub(crate) fn refuse_if_lost(fresh: &[Finding]) -> Result<(), ApiError> {
    let lost: Vec<&Finding> = fresh.iter().filter(|finding| finding.level == Level::Error).collect();
    if lost.is_empty() {
        return Ok(());
    }
    let detail = |finding: &&Finding| ProblemDetail {
        field: Some([finding.section.as_str(), &finding.id, &finding.key].join(".").replace("..", ".")),
        line: None,
        message: finding.message.clone(),
        hint: None,
    };
    Err(ApiError::invalid("calls would be lost", lost.iter().map(detail).collect()))
}
