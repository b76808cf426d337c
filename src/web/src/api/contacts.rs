//! Returned contacts as JSON.

use std::net::SocketAddr;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{ConnectInfo, Path, State};
use base::{CallRef, WallTime};
use dialplan::state::Contact;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Query, check_limit, field_errors, refused};
use crate::app::Shared;
use crate::contacts::{self, Change};
use crate::error::{ApiError, Problem};
use crate::login::session::WebSession;
use crate::pages::forms::Errors;
use crate::words;

/// Contacts in one answer at most.
const LIMIT_MAX: usize = 1_000;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// Only open ones.
    #[serde(default)]
    open: bool,
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

/// A page of contacts: open ones first, by when they are due.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ContactList {
    /// How many match in all.
    total: usize,
    /// The contacts.
    contacts: Vec<ContactRow>,
}

/// Somebody outside whom somebody here tried to reach in vain.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ContactRow {
    /// The person's number, E.164.
    number: String,
    /// Oldest first.
    attempts: Vec<AttemptRow>,
    /// Who sees to it; where nobody is named, whoever tried last.
    owner: String,
    /// The ring group behind the person who tried.
    team: Option<String>,
    /// Why.
    reason: String,
    /// The case it belongs to.
    case: String,
    /// To be done by, RFC 3339.
    due: Option<String>,
    /// It should have been done by now.
    overdue: bool,
    /// When it was closed, RFC 3339; absent: it is open.
    closed_at: Option<String>,
    /// Who closed it.
    closed_by: Option<String>,
    /// How it ended.
    outcome: Option<String>,
}

/// One attempt to reach a person.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AttemptRow {
    /// When, RFC 3339.
    at: String,
    /// The extension.
    by: String,
    /// The call, `c` and digits.
    call: String,
    /// What came of it.
    result: String,
    /// Our number was not shown: the person cannot call back.
    anonymous: bool,
}

/// What is to be changed of a contact.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContactBody {
    /// Who sees to it; empty: whoever tried last.
    #[serde(default)]
    owner: String,
    /// Why.
    #[serde(default)]
    reason: String,
    /// The case it belongs to.
    #[serde(default)]
    case: String,
    /// To be done by, RFC 3339.
    #[serde(default)]
    due: Option<String>,
    /// Given: the contact is closed, and this is how it ended.
    #[serde(default)]
    outcome: Option<String>,
}

/// Lists returned contacts.
#[utoipa::path(get, path = "/api/v1/contacts", tag = "contacts", params(ListQuery), responses(
    (status = 200, body = ContactList), (status = 400, body = Problem), (status = 401, body = Problem),
))]
pub(crate) async fn list(
    State(app): State<Shared>,
    Query(query): Query<ListQuery>,
) -> Result<Json<ContactList>, ApiError> {
    check_limit(query.limit, LIMIT_MAX)?;
    let now = app.wall();
    let mut found = contacts::all(&app).await?;
    found.retain(|contact| !query.open || contact.closed.is_none());
    let page = found.iter().skip(query.offset).take(query.limit);
    Ok(Json(ContactList { total: found.len(), contacts: page.map(|contact| view(contact, now)).collect() }))
}

/// One contact.
#[utoipa::path(get, path = "/api/v1/contacts/{contact}", tag = "contacts",
    params(("contact" = String, Path, description = "The person's number, E.164")),
    responses((status = 200, body = ContactRow), (status = 401, body = Problem), (status = 404, body = Problem)),
)]
pub(crate) async fn get(State(app): State<Shared>, Path(number): Path<String>) -> Result<Json<ContactRow>, ApiError> {
    Ok(Json(view(&contacts::find(&app, &number)?, app.wall())))
}

/// Says who sees to a contact, why and until when; with an outcome, that it is done.
#[utoipa::path(put, path = "/api/v1/contacts/{contact}", tag = "contacts", request_body = ContactBody,
    params(("contact" = String, Path, description = "The person's number, E.164")),
    responses(
        (status = 200, body = ContactRow), (status = 400, body = Problem), (status = 401, body = Problem),
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
    body: Result<Json<ContactBody>, JsonRejection>,
) -> Result<Json<ContactRow>, ApiError> {
    let contact = contacts::find(&app, &number)?;
    let Json(body) = body.map_err(|error| ApiError::new(error.status(), "bad_request", error.body_text()))?;
    let changed = read(&body, &contact, &session.account, app.wall()).map_err(|errors| field_errors(&errors))?;
    (app.backend.ask)(contacts::command(&changed, &session.account)?).await.map_err(refused)?;
    let verb = if body.outcome.is_some() { "closed" } else { "changed" };
    app.audit_done(&session, from, format!("{verb} contact {number} (API)")).await;
    Ok(Json(view(&changed, app.wall())))
}

fn read(body: &ContactBody, contact: &Contact, by: &str, now: WallTime) -> Result<Contact, Errors> {
    let due = match &body.due {
        None => None,
        Some(text) => Some(text.parse::<Timestamp>().map_err(|_| {
            let mut errors = Errors::default();
            errors.add("due", "Expected a moment as RFC 3339 writes it.");
            errors
        })?),
    };
    let text = |text: &str| text.trim().to_owned();
    let change = Change {
        owner: text(&body.owner),
        reason: text(&body.reason),
        case: text(&body.case),
        due: due.map(|due| WallTime::from_unix_ms(due.as_millisecond())),
    };
    let changed = change.apply(contact)?;
    match &body.outcome {
        Some(outcome) => contacts::close(&changed, outcome, by, now),
        None => Ok(changed),
    }
}

fn view(contact: &Contact, now: WallTime) -> ContactRow {
    let closed = contact.closed.as_ref();
    let attempt = |attempt: &dialplan::state::Attempt| AttemptRow {
        at: words::iso(attempt.at),
        by: attempt.by.clone(),
        call: CallRef(attempt.call).to_string(),
        result: attempt.result.clone(),
        anonymous: attempt.anonymous,
    };
    ContactRow {
        number: contact.number.clone(),
        attempts: contact.attempts.iter().map(attempt).collect(),
        owner: contacts::owner(contact).to_owned(),
        team: contact.team.clone(),
        reason: contact.reason.clone(),
        case: contact.case.clone(),
        due: contact.due.map(words::iso),
        overdue: contacts::is_overdue(contact, now),
        closed_at: closed.map(|closed| words::iso(closed.at)),
        closed_by: closed.map(|closed| closed.by.clone()),
        outcome: closed.map(|closed| closed.outcome.clone()),
    }
}
