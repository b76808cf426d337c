//! What goes wrong in a handler, and the one table from it to HTTP status and words.

use askama::Template;
use axum::Json;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use config::ConfigError;
use serde::Serialize;
use store::StoreError;
use utoipa::ToSchema;

use crate::backend::ApplyError;

/// What goes wrong in a handler, whoever asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("there is nothing here")]
    NotFound,
    #[error("your account may look but not change this")]
    Forbidden,
    #[error("this request came from another site")]
    CrossSite,
    #[error("the box could not read what was sent")]
    Unreadable(StatusCode),
    #[error("the box is busy; try again in a few seconds")]
    Busy,
    #[error("the store did not answer")]
    Store(String),
    #[error("something went wrong on this box")]
    Internal(&'static str),
}

impl Trouble {
    fn status(&self) -> StatusCode {
        match self {
            Trouble::NotFound => StatusCode::NOT_FOUND,
            Trouble::Forbidden | Trouble::CrossSite => StatusCode::FORBIDDEN,
            Trouble::Unreadable(status) => *status,
            Trouble::Busy | Trouble::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
            Trouble::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Trouble::NotFound => "not_found",
            Trouble::Forbidden => "forbidden",
            Trouble::CrossSite => "cross_site",
            Trouble::Unreadable(_) => "bad_request",
            Trouble::Busy => "busy",
            Trouble::Store(_) => "store_unavailable",
            Trouble::Internal(_) => "internal",
        }
    }

    fn log(&self) {
        match self {
            Trouble::Store(cause) => tracing::error!(cause, "store did not answer a page"),
            Trouble::Internal(cause) => tracing::error!(cause, "page failed"),
            _ => {}
        }
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Trouble::Store(error.to_string())
    }
}

/// A page could not be shown: answered as a page.
impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        self.log();
        let (title, hint) = match &self {
            Trouble::NotFound => ("Nothing here", "The page may have moved, or the entry was deleted."),
            Trouble::Forbidden => ("Not allowed", "Ask an administrator if you need to change this."),
            Trouble::CrossSite => ("Refused", "Open the page on this box itself and try again."),
            Trouble::Unreadable(_) => ("That did not work", "Go back and check what you entered."),
            Trouble::Busy => ("One moment", "Reload the page in a few seconds."),
            Trouble::Store(_) => ("The store is not available", "The log of the box says why. Calls are not affected."),
            Trouble::Internal(_) => ("Something went wrong", "The log of the box says what. Calls are not affected."),
        };
        let view = ErrorPage { title, message: crate::words::sentence(&self.to_string()), hint };
        let body = view.render().unwrap_or_else(|_| title.to_owned());
        with_retry(&self, (self.status(), Html(body)).into_response())
    }
}

fn with_retry(trouble: &Trouble, mut response: Response) -> Response {
    if matches!(trouble, Trouble::Busy | Trouble::Store(_)) {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
    }
    response
}

#[derive(Template)]
#[template(path = "pages/_parts/error.html")]
struct ErrorPage {
    title: &'static str,
    message: String,
    hint: &'static str,
}

/// A refusal of the API.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    body: Problem,
}

/// The body of every refusal of the API.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// For programs: `not_found`, `invalid`, `outdated`, …
    pub code: &'static str,
    /// For people.
    pub message: String,
    /// Errors in single fields or lines.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ProblemDetail>,
}

/// An error in a field or line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ProblemDetail {
    /// The key: `extension.101.name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The line from 1, in a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl From<ConfigError> for ProblemDetail {
    fn from(error: ConfigError) -> Self {
        let field = Some(error.path).filter(|path| !path.is_empty());
        ProblemDetail { field, line: error.line, message: error.message, hint: error.hint }
    }
}

impl ApiError {
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        ApiError { status, body: Problem { code, message: message.into(), errors: Vec::new() } }
    }

    /// 422 with what is wrong in single fields.
    pub fn invalid(message: &str, errors: Vec<ProblemDetail>) -> Self {
        let body = Problem { code: "invalid", message: message.to_owned(), errors };
        ApiError { status: StatusCode::UNPROCESSABLE_ENTITY, body }
    }
}

impl From<Trouble> for ApiError {
    fn from(trouble: Trouble) -> Self {
        trouble.log();
        ApiError::new(trouble.status(), trouble.code(), trouble.to_string())
    }
}

impl From<ApplyError> for ApiError {
    fn from(error: ApplyError) -> Self {
        let message = error.to_string();
        let (status, code, errors) = match error {
            ApplyError::Refused(errors) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "invalid", errors.into_iter().map(ProblemDetail::from).collect())
            }
            ApplyError::NotFound => (StatusCode::NOT_FOUND, "not_found", Vec::new()),
            ApplyError::Outdated => (StatusCode::CONFLICT, "outdated", Vec::new()),
            ApplyError::NotSaved(cause) => {
                tracing::error!(cause, "configuration change not saved");
                (StatusCode::SERVICE_UNAVAILABLE, "store_unavailable", Vec::new())
            }
        };
        ApiError { status, body: Problem { code, message, errors } }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response
    }
}
