//! Signing in and out, and changing one's password.

use std::net::SocketAddr;

use askama::Template;
use axum::extract::{ConnectInfo, Extension, State};
use axum::http::header::{RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use base::Duration;
use exchange::record::{AccountRecord, Record};
use serde::Deserialize;

use super::password::{HasherBusy, check_password};
use super::session::{WebSession, no_cookie};
use crate::app::{SIGNED_IN, Shared};
use crate::error::Trouble;
use crate::pages::forms::{Errors, Form, Query};
use crate::pages::page;

/// Longest account name looked up.
const NAME_MAX: usize = 64;

impl From<HasherBusy> for Trouble {
    fn from(_: HasherBusy) -> Self {
        Trouble::Busy
    }
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct LoginQuery {
    #[serde(default)]
    next: String,
    #[serde(default)]
    done: String,
}

#[derive(Deserialize)]
pub(crate) struct LoginForm {
    user: String,
    password: String,
    #[serde(default)]
    next: String,
}

#[derive(Default, Template)]
#[template(path = "pages/login/login.html")]
struct LoginPage {
    firm: String,
    user: String,
    next: String,
    error: Option<String>,
    ended: bool,
}

/// `GET /login`
pub(crate) async fn show(
    State(app): State<Shared>,
    session: Option<Extension<WebSession>>,
    Query(query): Query<LoginQuery>,
) -> Result<Response, Trouble> {
    if session.is_some() {
        return Ok(Redirect::to(&own_path(&query.next)).into_response());
    }
    page(&LoginPage { firm: firm(&app), next: query.next, ended: query.done == "signed-out", ..LoginPage::default() })
}

/// `POST /login`
pub(crate) async fn sign_in(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    Form(form): Form<LoginForm>,
) -> Result<Response, Trouble> {
    let user: String = form.user.trim().chars().take(NAME_MAX).collect();
    if let Err(wait) = app.throttle.begin(app.now(), &user, from.ip()) {
        return too_many(&app, user, form.next, wait);
    }
    let account = app.backend.store.account(&user);
    let stored = account.as_ref().and_then(|account| account.password.clone());
    let is_right = app.hasher.verify(stored, form.password).await?;
    let Some(account) = account.filter(|_| is_right) else {
        tracing::warn!(from = %from.ip(), "login failed");
        // The name is kept only as far as an account has it: people type passwords into the wrong field.
        app.audit("", Some(from), "login failed".to_owned()).await?;
        return wrong(&app, user, form.next);
    };
    app.throttle.success(app.now(), &user, from.ip());
    app.audit(&account.name, Some(from), SIGNED_IN.to_owned()).await?;
    let target = if account.must_change { "/password".to_owned() } else { own_path(&form.next) };
    begin_session(&app, &account, &target)
}

/// `POST /logout`
pub(crate) async fn sign_out(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
) -> Response {
    app.sessions.end(session.id);
    app.audit_done(&session, from, "signed out".to_owned()).await;
    ([(SET_COOKIE, no_cookie())], Redirect::to("/login?done=signed-out")).into_response()
}

#[derive(Deserialize)]
pub(crate) struct PasswordForm {
    current: String,
    new: String,
    repeat: String,
}

#[derive(Template)]
#[template(path = "pages/login/password.html")]
struct PasswordPage {
    firm: String,
    account: String,
    forced: bool,
    errors: Errors,
}

/// `GET /password`
pub(crate) async fn show_password(State(app): State<Shared>, session: WebSession) -> Result<Response, Trouble> {
    password_page(&app, &session, Errors::default())
}

/// `POST /password`: asks for the old one again, so that an open screen is not enough.
pub(crate) async fn change_password(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Form(form): Form<PasswordForm>,
) -> Result<Response, Trouble> {
    let mut errors = Errors::default();
    if app.throttle.begin(app.now(), &session.account, from.ip()).is_err() {
        errors.add("", "Too many wrong passwords. Wait a while, then try again.");
        return refused(password_page(&app, &session, errors)?, StatusCode::TOO_MANY_REQUESTS);
    }
    let account = app.backend.store.account(&session.account).ok_or(Trouble::NotFound)?;
    if !app.hasher.verify(account.password.clone(), form.current.clone()).await? {
        app.audit(&session.account, Some(from), "password change failed".to_owned()).await?;
        errors.add("current", "That is not the password in use.");
        return refused(password_page(&app, &session, errors)?, StatusCode::UNPROCESSABLE_ENTITY);
    }
    app.throttle.success(app.now(), &session.account, from.ip());
    if let Err(reason) = check_password(&form.new, &[&session.account, &firm(&app)]) {
        errors.add("new", reason.to_string());
    } else if form.new == form.current {
        errors.add("new", "That is the password you have now.");
    }
    if form.new != form.repeat {
        errors.add("repeat", "The two do not match.");
    }
    if !errors.is_empty() {
        return refused(password_page(&app, &session, errors)?, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let hash = app.hasher.hash(form.new, app.random()?).await?;
    let account = AccountRecord { at: app.wall(), password: Some(hash), must_change: false, ..account };
    app.append(Record::Account(account.clone())).await?;
    app.audit_done(&session, from, "changed the own password".to_owned()).await;
    app.sessions.end_all(&session.account);
    begin_session(&app, &account, "/?done=password")
}

fn begin_session(app: &Shared, account: &AccountRecord, target: &str) -> Result<Response, Trouble> {
    // Always a new token: one that somebody planted before the login is worth nothing.
    let cookie = app.sessions.begin(app.now(), &account.name, account.role, account.must_change, app.random()?);
    Ok(([(SET_COOKIE, cookie)], Redirect::to(target)).into_response())
}

fn wrong(app: &Shared, user: String, next: String) -> Result<Response, Trouble> {
    let error = Some("Name or password is wrong.".to_owned());
    let view = LoginPage { firm: firm(app), user, next, error, ended: false };
    refused(page(&view)?, StatusCode::UNAUTHORIZED)
}

fn too_many(app: &Shared, user: String, next: String, wait: Duration) -> Result<Response, Trouble> {
    let seconds = wait.as_secs() + 1;
    let when = if seconds < 90 { format!("{seconds} seconds") } else { format!("{} minutes", seconds.div_ceil(60)) };
    let error = Some(format!("Too many wrong tries. Try again in {when}."));
    let view = LoginPage { firm: firm(app), user, next, error, ended: false };
    let mut response = refused(page(&view)?, StatusCode::TOO_MANY_REQUESTS)?;
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    Ok(response)
}

fn refused(mut response: Response, status: StatusCode) -> Result<Response, Trouble> {
    *response.status_mut() = status;
    Ok(response)
}

fn password_page(app: &Shared, session: &WebSession, errors: Errors) -> Result<Response, Trouble> {
    page(&PasswordPage { firm: firm(app), account: session.account.clone(), forced: session.must_change, errors })
}

fn firm(app: &Shared) -> String {
    app.config().1.system.name.clone()
}

/// The address to go on to: a path on this box, nothing else (`//evil.example` and `/\evil` are others' sites).
fn own_path(next: &str) -> String {
    let is_own = next.starts_with('/')
        && !next.starts_with("//")
        && next.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
        && !next.starts_with("/login");
    if is_own { next.to_owned() } else { "/".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_the_login_it_goes_on_on_this_box_only() {
        for (next, to) in [
            ("/calls?q=1", "/calls?q=1"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("/a\r\nSet-Cookie: x", "/"),
            ("/login?next=/login", "/"),
            ("", "/"),
        ] {
            assert_eq!(own_path(next), to);
        }
    }
}
