//! The JSON API, `/api/v1`. Signed in by the same session cookie as the pages; bearer tokens come with service
//! accounts. Bodies must be `application/json` (or TOML for the configuration), never a form: so no page elsewhere can
//! make a browser send one without asking first.

pub(crate) mod calls;
pub(crate) mod config;
pub(crate) mod contacts;
mod described;
pub(crate) mod dial;
pub(crate) mod entries;
pub(crate) mod extensions;
pub(crate) mod live;
pub(crate) mod messages;
pub(crate) mod missed;
pub(crate) mod openapi;
pub(crate) mod person;
pub(crate) mod phones;
pub(crate) mod recordings;
pub(crate) mod routing;
pub(crate) mod sounds;
pub(crate) mod tracks;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use exchange::io::Refusal;

use crate::error::{ApiError, ProblemDetail};
use crate::pages::forms::Errors;

/// Query pairs; what does not fit is a 400 in JSON.
pub(crate) struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let query = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        query.map(|query| Query(query.0)).map_err(|error| bad_request(error.body_text()))
    }
}

pub(crate) fn bad_request(message: String) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "bad_request", message)
}

/// How many rows may be asked for at once.
pub(crate) fn check_limit(limit: usize, max: usize) -> Result<(), ApiError> {
    match (1..=max).contains(&limit) {
        true => Ok(()),
        false => Err(bad_request(format!("limit must be 1 to {max}"))),
    }
}

/// 422 with what is wrong in single fields.
pub(crate) fn field_errors(errors: &Errors) -> ApiError {
    let detail = |(field, message): (&str, &str)| ProblemDetail {
        field: Some(field.to_owned()).filter(|field| !field.is_empty()),
        line: None,
        message: message.to_owned(),
        hint: None,
    };
    ApiError::invalid("what was sent cannot be", errors.all().map(detail).collect())
}

/// 409: the exchange did not carry it out, and says why.
pub(crate) fn refused(refusal: Refusal) -> ApiError {
    ApiError::new(StatusCode::CONFLICT, "refused", refusal.0)
}
