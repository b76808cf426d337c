//! What an extension's person has set, as JSON.

use std::net::SocketAddr;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{ConnectInfo, Path, State};

use super::{field_errors, refused};
use crate::app::Shared;
use crate::error::{ApiError, Problem, Trouble};
use crate::login::session::WebSession;
use crate::person::{self, PersonBody};

/// What an extension's person has set: forwards, do not disturb, follow-me, speed dial.
#[utoipa::path(get, path = "/api/v1/extensions/{number}/person", tag = "extensions",
    params(("number" = String, Path, description = "The extension's number")),
    responses((status = 200, body = PersonBody), (status = 401, body = Problem), (status = 404, body = Problem)),
)]
pub(crate) async fn get(State(app): State<Shared>, Path(number): Path<String>) -> Result<Json<PersonBody>, ApiError> {
    known(&app, &number)?;
    Ok(Json(PersonBody::of(&person::current(&app, &number))))
}

/// Replaces what an extension's person has set. What is left out is no longer set.
#[utoipa::path(put, path = "/api/v1/extensions/{number}/person", tag = "extensions", request_body = PersonBody,
    params(("number" = String, Path, description = "The extension's number")),
    responses(
        (status = 200, body = PersonBody), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "The exchange refused it"),
        (status = 415, body = Problem), (status = 422, body = Problem),
    ),
)]
pub(crate) async fn put(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(number): Path<String>,
    body: Result<Json<PersonBody>, JsonRejection>,
) -> Result<Json<PersonBody>, ApiError> {
    known(&app, &number)?;
    let Json(body) = body.map_err(|error| ApiError::new(error.status(), "bad_request", error.body_text()))?;
    let person = body.read(app.wall()).map_err(|errors| field_errors(&errors))?;
    let command = person::command(&number, &person, &session.account)?;
    (app.backend.ask)(command).await.map_err(refused)?;
    app.audit_done(&session, from, format!("set forwards and habits of extension {number} (API)")).await;
    Ok(Json(PersonBody::of(&person)))
}

fn known(app: &Shared, number: &str) -> Result<(), Trouble> {
    app.config().1.extensions.contains_key(number).then_some(()).ok_or(Trouble::NotFound)
}
