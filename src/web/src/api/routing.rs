//! The dry run of a call, the days to come, and what is odd about the rules in force.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use dialplan::{Request, inbound_numbers, look_ahead};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Query, bad_request};
use crate::app::Shared;
use crate::error::{ApiError, Problem, Trouble};
use crate::findings::{self, Finding};
use crate::pages::forms::filled;
use crate::pages::look_ahead::DAYS;
use crate::pages::routing::{Question, Step, caller, moment, steps};
use crate::words;

/// A call's path.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Path {
    /// For which moment, RFC 3339.
    at: String,
    /// Where it goes, then what comes next for each way in which nobody takes it.
    steps: Vec<Step>,
}

/// What is odd.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Findings {
    /// Errors first.
    findings: Vec<Finding>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Ahead {
    /// The number that is called, in E.164.
    number: String,
}

/// A number's days to come.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LookAhead {
    /// The number.
    number: String,
    /// Its days, by the box's clock.
    days: Vec<AheadDay>,
}

/// A day.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AheadDay {
    /// `2026-12-25`.
    date: String,
    /// From midnight to midnight, without gaps.
    spans: Vec<AheadSpan>,
}

/// A stretch of a day in which calls go to one place.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AheadSpan {
    /// Its first moment, RFC 3339.
    from: String,
    /// The first moment no longer in it, RFC 3339.
    to: String,
    /// Where a rule sends the call, as the configuration writes it; empty: no rule does.
    destination: String,
    /// What happens there, as a clause.
    action: String,
    /// Why.
    reason: String,
}

/// Where a call would go, and why. No call is placed.
#[utoipa::path(get, path = "/api/v1/routing", tag = "routing", params(Question), responses(
    (status = 200, body = Path), (status = 400, body = Problem), (status = 401, body = Problem),
))]
pub(crate) async fn route(State(app): State<Shared>, Query(question): Query<Question>) -> Result<Json<Path>, ApiError> {
    let (_, config) = app.config();
    let state = findings::state(&app).await?;
    let text = |text: &Option<String>| text.as_deref().and_then(filled).unwrap_or_default();
    let (from, trunk, number) = (text(&question.from), text(&question.trunk), text(&question.number));
    let dialled = text(&question.dialled);
    if dialled.is_empty() || (from.is_empty() && trunk.is_empty()) {
        return Err(bad_request("say `dialled`, and `from` or `trunk`".to_owned()));
    }
    let at = moment(&text(&question.at), &config, app.wall());
    let at = at.ok_or_else(|| bad_request("at must be a time such as 2026-12-25T14:30".to_owned()))?;
    let worked = tokio::task::spawn_blocking(move || {
        let plan = findings::plan(config, &state);
        let from = caller(&from, &trunk, &number);
        steps(&plan, &state, Request { from, dialled: &dialled, at, hops: &[] })
    });
    let steps = worked.await.map_err(|_| Trouble::Internal("the dry run failed"))?;
    Ok(Json(Path { at: words::iso(at), steps }))
}

/// What is odd about the rules in force: circles, dead ends, what is never reached, and what is likely not meant.
#[utoipa::path(get, path = "/api/v1/findings", tag = "routing", responses(
    (status = 200, body = Findings), (status = 401, body = Problem),
))]
pub(crate) async fn odd(State(app): State<Shared>) -> Result<Json<Findings>, ApiError> {
    let (_, config) = app.config();
    let state = findings::state(&app).await?;
    let worked = tokio::task::spawn_blocking(move || findings::all(&findings::plan(config, &state), &state));
    Ok(Json(Findings { findings: worked.await.map_err(|_| Trouble::Internal("the proof failed"))? }))
}

/// What a caller to a number meets in the next 60 days.
#[utoipa::path(get, path = "/api/v1/look-ahead", tag = "routing", params(Ahead), responses(
    (status = 200, body = LookAhead), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 404, body = Problem, description = "No such number leads here"),
))]
pub(crate) async fn ahead(State(app): State<Shared>, Query(asked): Query<Ahead>) -> Result<Json<LookAhead>, ApiError> {
    let (_, config) = app.config();
    let (now, number) = (app.wall(), asked.number);
    let state = findings::state(&app).await?;
    let wanted = number.clone();
    let worked = tokio::task::spawn_blocking(move || {
        let plan = findings::plan(Arc::clone(&config), &state);
        inbound_numbers(&plan).contains(&wanted).then(|| look_ahead(&plan, &state, now, DAYS, &wanted))
    });
    let days = worked.await.map_err(|_| Trouble::Internal("the look ahead failed"))?.ok_or(Trouble::NotFound)?;
    let span = |span: dialplan::Span| AheadSpan {
        from: words::iso(span.from),
        to: words::iso(span.to),
        destination: span.destination,
        action: span.action,
        reason: span.reason,
    };
    let day = |day: dialplan::DayView| AheadDay { date: day.date, spans: day.spans.into_iter().map(span).collect() };
    Ok(Json(LookAhead { number, days: days.into_iter().map(day).collect() }))
}
