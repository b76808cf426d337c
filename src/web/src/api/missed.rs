//! Missed calls as JSON.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Query, check_limit};
use crate::app::Shared;
use crate::error::{ApiError, Problem};
use crate::missed;

/// Calls in one answer at most.
const LIMIT_MAX: usize = 1_000;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct MissedQuery {
    /// Only those that rang at this extension.
    #[serde(default)]
    extension: Option<String>,
    /// Only those that nobody has returned.
    #[serde(default)]
    open: bool,
    /// At most this many, 1 to 1000.
    #[serde(default = "default_limit")]
    #[param(default = 100, minimum = 1, maximum = 1000)]
    limit: usize,
}

fn default_limit() -> usize {
    100
}

/// Calls that nobody took, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MissedList {
    /// The calls.
    missed: Vec<MissedCall>,
}

/// A call that nobody took.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MissedCall {
    /// The call: `/api/v1/calls/{call}` tells all of it.
    call: String,
    /// When it came, RFC 3339.
    at: String,
    /// The caller's number.
    from: String,
    /// The caller's name, if it is known.
    from_name: String,
    /// The number that was called.
    dialled: String,
    /// Why nobody took it.
    cause: &'static str,
    /// Somebody here has talked to the caller since.
    returned: bool,
}

/// Lists missed calls.
#[utoipa::path(get, path = "/api/v1/missed-calls", tag = "calls", params(MissedQuery), responses(
    (status = 200, body = MissedList), (status = 400, body = Problem), (status = 401, body = Problem),
))]
pub(crate) async fn list(
    State(app): State<Shared>,
    Query(query): Query<MissedQuery>,
) -> Result<Json<MissedList>, ApiError> {
    check_limit(query.limit, LIMIT_MAX)?;
    let mut found = missed::recent(&app, query.extension.as_deref(), LIMIT_MAX).await?;
    found.retain(|missed| !query.open || !missed.returned);
    found.truncate(query.limit);
    let rows = found.into_iter().map(|missed| MissedCall {
        call: missed.record.call.to_string(),
        at: crate::words::iso(missed.record.started_at),
        from: missed.record.from.number,
        from_name: missed.record.from.name,
        dialled: missed.record.dialled,
        cause: missed.record.cause.describe(),
        returned: missed.returned,
    });
    Ok(Json(MissedList { missed: rows.collect() }))
}
