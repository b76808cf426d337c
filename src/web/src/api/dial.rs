//! Calls begun and moved from outside the phones: click to call, transfer, pickup.

use std::net::SocketAddr;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::StatusCode;
use exchange::io::{Answer, Command};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{field_errors, refused};
use crate::app::Shared;
use crate::error::{ApiError, Problem, Trouble};
use crate::login::session::WebSession;
use crate::pages::calls::parse_ref;
use crate::pages::forms::Errors;
use crate::person::number;

/// Who shall call whom.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DialBody {
    /// The extension whose phones ring first.
    #[schema(example = "101")]
    extension: String,
    /// The number that is then called, as the extension would dial it.
    number: String,
}

/// A call that was begun.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Dialled {
    /// The call, `c` and digits.
    call: Option<String>,
}

/// Where a call goes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TransferBody {
    /// The extension whose place in the call is given up.
    extension: String,
    /// Whereto, as the extension would dial it.
    to: String,
}

/// Who takes a call.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PickupBody {
    /// The extension whose phones ring for it.
    extension: String,
}

/// Rings an extension's phones, then calls a number for it.
#[utoipa::path(post, path = "/api/v1/dial", tag = "calls", request_body = DialBody, responses(
    (status = 201, body = Dialled), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 403, body = Problem), (status = 409, body = Problem, description = "The exchange refused it"),
    (status = 415, body = Problem), (status = 422, body = Problem),
))]
pub(crate) async fn dial(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    body: Result<Json<DialBody>, JsonRejection>,
) -> Result<(StatusCode, Json<Dialled>), ApiError> {
    let body = read(body)?;
    let number = readable("number", &body.number)?;
    let (extension, by) = (body.extension, session.account.clone());
    let what = format!("had {extension} call {number} (API)");
    let answer = (app.backend.ask)(Command::Dial { extension, number, by }).await.map_err(refused)?;
    app.audit_done(&session, from, what).await;
    let call = match answer {
        Answer::Call(call) => Some(call.to_string()),
        Answer::Done => None,
    };
    Ok((StatusCode::CREATED, Json(Dialled { call })))
}

/// Connects the other end of an extension's call elsewhere.
#[utoipa::path(post, path = "/api/v1/calls/{call}/transfer", tag = "calls", request_body = TransferBody,
    params(("call" = String, Path, description = "The call's reference, `c` and digits")),
    responses(
        (status = 204), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem, description = "The exchange refused it"),
        (status = 415, body = Problem), (status = 422, body = Problem),
    ),
)]
pub(crate) async fn transfer(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(call): Path<String>,
    body: Result<Json<TransferBody>, JsonRejection>,
) -> Result<StatusCode, ApiError> {
    let call = parse_ref(&call).ok_or(Trouble::NotFound)?;
    let body = read(body)?;
    let to = readable("to", &body.to)?;
    let what = format!("transferred {call} from {} to {to} (API)", body.extension);
    (app.backend.ask)(Command::Transfer { call, extension: body.extension, to }).await.map_err(refused)?;
    app.audit_done(&session, from, what).await;
    Ok(StatusCode::NO_CONTENT)
}

/// Has an extension take a call that rings elsewhere, or is parked: its phones ring for it.
#[utoipa::path(post, path = "/api/v1/calls/{call}/pickup", tag = "calls", request_body = PickupBody,
    params(("call" = String, Path, description = "The call's reference, `c` and digits")),
    responses(
        (status = 204), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem, description = "The exchange refused it"),
        (status = 415, body = Problem), (status = 422, body = Problem),
    ),
)]
pub(crate) async fn pickup(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(call): Path<String>,
    body: Result<Json<PickupBody>, JsonRejection>,
) -> Result<StatusCode, ApiError> {
    let call = parse_ref(&call).ok_or(Trouble::NotFound)?;
    let body = read(body)?;
    let what = format!("had {} pick up {call} (API)", body.extension);
    (app.backend.ask)(Command::Pickup { call, extension: body.extension }).await.map_err(refused)?;
    app.audit_done(&session, from, what).await;
    Ok(StatusCode::NO_CONTENT)
}

fn read<T>(body: Result<Json<T>, JsonRejection>) -> Result<T, ApiError> {
    body.map(|Json(body)| body).map_err(|error| ApiError::new(error.status(), "bad_request", error.body_text()))
}

fn readable(field: &str, text: &str) -> Result<String, ApiError> {
    number(text).map_err(|wrong| {
        let mut errors = Errors::default();
        errors.add(field, wrong);
        field_errors(&errors)
    })
}
