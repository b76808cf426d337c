//! Changes that pages make: one edit of the configuration, its row in the audit log, and the page that says it failed.

use std::net::SocketAddr;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use config::Edit;

use super::forms::Errors;
use crate::app::Shared;
use crate::backend::{Change, ChangeRequest};
use crate::error::Trouble;
use crate::login::session::WebSession;

/// Applies one edit and writes the audit row; what comes back is for the form.
pub(super) async fn change_config(
    app: &Shared,
    session: &WebSession,
    from: SocketAddr,
    edit: Edit,
    reason: String,
) -> Result<(), Errors> {
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

/// Applies an edit that removes something, and goes to `list`, which says so; what stands in its way is for the page
/// that asked.
pub(super) async fn remove(
    app: &Shared,
    session: &WebSession,
    from: SocketAddr,
    edit: Edit,
    reason: String,
    list: &str,
) -> Result<Response, Vec<String>> {
    match change_config(app, session, from, edit, reason).await {
        Ok(()) => Ok(Redirect::to(&format!("{list}?done=deleted")).into_response()),
        Err(errors) => Err(errors.others(&[])),
    }
}

/// The same page with the status of a form that was not taken.
pub(super) fn unprocessable(mut response: Response) -> Result<Response, Trouble> {
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}
