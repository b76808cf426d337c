//! Changes that pages make: one edit of the configuration, its row in the audit log, and the page that says it failed.

use std::net::SocketAddr;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use config::Edit;

use super::forms::Errors;
use crate::app::Shared;
use crate::backend::{ApplyError, Change, ChangeRequest};
use crate::error::Trouble;
use crate::findings::{self, Draft, Drafted, Finding, Level};
use crate::login::session::WebSession;

/// Did whoever sent a form see what the box found odd, and means it so?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Confirmed {
    Yes,
    No,
}

impl Confirmed {
    /// From a form's body.
    pub fn of(body: &[u8]) -> Self {
        let yes = form_urlencoded::parse(body).any(|(key, value)| key == "confirmed" && value == "on");
        if yes { Confirmed::Yes } else { Confirmed::No }
    }
}

/// Why an edit was not applied.
#[derive(Debug, Default)]
pub(super) struct NotApplied {
    /// It is wrong.
    pub error: Option<ApplyError>,
    /// It is odd.
    pub findings: Vec<String>,
    /// It may be confirmed all the same.
    pub may_confirm: bool,
}

/// Applies one edit and writes the audit row, unless it is wrong, would lose calls, or is odd and not confirmed.
pub(super) async fn change_checked(
    app: &Shared,
    session: &WebSession,
    from: SocketAddr,
    edit: Edit,
    reason: String,
    confirmed: Confirmed,
) -> Result<Result<(), NotApplied>, Trouble> {
    let fresh = match findings::draft(app, Draft::Edits(vec![edit.clone()])).await? {
        Drafted::Refused(error) => return Ok(Err(NotApplied { error: Some(error), ..NotApplied::default() })),
        Drafted::Fresh(fresh) => fresh,
    };
    if let Some(not_applied) = held_up(&fresh, confirmed) {
        return Ok(Err(not_applied));
    }
    let request = ChangeRequest {
        author: session.account.clone(),
        reason: reason.clone(),
        based_on: None,
        change: Change::Edits(vec![edit]),
    };
    Ok(match (app.backend.apply)(request).await {
        Ok(version) => {
            app.audit_done(session, from, format!("{reason} ({version})")).await;
            Ok(())
        }
        Err(error) => Err(NotApplied { error: Some(error), ..NotApplied::default() }),
    })
}

/// What keeps a change from being applied: errors always, warnings until somebody confirms them.
pub(super) fn held_up(fresh: &[Finding], confirmed: Confirmed) -> Option<NotApplied> {
    let of = |level: Level| fresh.iter().filter(move |finding| finding.level == level).map(Finding::sentence);
    let errors: Vec<String> = of(Level::Error).collect();
    if !errors.is_empty() {
        return Some(NotApplied { findings: errors, ..NotApplied::default() });
    }
    let warnings: Vec<String> = of(Level::Warning).collect();
    (!warnings.is_empty() && confirmed == Confirmed::No).then_some(NotApplied {
        findings: warnings,
        may_confirm: true,
        error: None,
    })
}

/// Applies one edit and writes the audit row; what comes back is for the form.
pub(super) async fn change_config(
    app: &Shared,
    session: &WebSession,
    from: SocketAddr,
    edit: Edit,
    reason: String,
) -> Result<(), Errors> {
    // A form of few fields: what would lose calls is refused, what is merely odd stands on the routing page.
    if let Ok(Drafted::Fresh(fresh)) = findings::draft(app, Draft::Edits(vec![edit.clone()])).await
        && let Some(held) = held_up(&fresh, Confirmed::Yes)
    {
        let mut errors = Errors::default();
        held.findings.into_iter().for_each(|finding| errors.add("", finding));
        return Err(errors);
    }
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
