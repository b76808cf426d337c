//! The route's permission: checked in one place, for every route of the table.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use exchange::record::Role;

use crate::app::Shared;
use crate::error::{ApiError, Trouble};
use crate::login::session::WebSession;

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Everybody.
    Public,
    /// Whoever is signed in, even before the forced change of the password.
    SignedIn,
    /// An account with this role or a higher one.
    Role(Role),
    /// Programs on this box, else an account that may look.
    LocalOrViewer,
}

/// What the permission check found.
#[derive(Debug)]
enum Verdict {
    Pass(Option<WebSession>),
    SignInFirst,
    ChangePasswordFirst,
    Refused,
}

/// The check, as a layer of one route.
pub(crate) async fn check(
    State((app, needs)): State<(Shared, Needs)>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let session = app.sessions.of_request(app.now(), request.headers());
    match judge(needs, session, from.ip()) {
        Verdict::Pass(session) => {
            if let Some(session) = session {
                request.extensions_mut().insert(session);
            }
            next.run(request).await
        }
        refusal => refuse(&refusal, &request),
    }
}

fn judge(needs: Needs, session: Option<WebSession>, from: IpAddr) -> Verdict {
    let needed = match needs {
        Needs::Public => return Verdict::Pass(session),
        Needs::LocalOrViewer if from.to_canonical().is_loopback() => return Verdict::Pass(session),
        Needs::SignedIn => None,
        Needs::LocalOrViewer => Some(Role::Viewer),
        Needs::Role(role) => Some(role),
    };
    match (session, needed) {
        (None, _) => Verdict::SignInFirst,
        (Some(session), None) => Verdict::Pass(Some(session)),
        (Some(session), Some(_)) if session.must_change => Verdict::ChangePasswordFirst,
        (Some(session), Some(role)) if session.role < role => Verdict::Refused,
        (Some(session), Some(_)) => Verdict::Pass(Some(session)),
    }
}

fn refuse(verdict: &Verdict, request: &Request) -> Response {
    let path = request.uri().path();
    let is_api = path.starts_with("/api/") || path == "/metrics" || path == "/palette";
    match (verdict, is_api) {
        (Verdict::SignInFirst, true) => {
            ApiError::new(StatusCode::UNAUTHORIZED, "sign_in", "sign in first").into_response()
        }
        (Verdict::SignInFirst, false) => {
            // Only a GET can be taken up again after the login.
            let next = if request.method() == Method::GET { next_of(request) } else { String::new() };
            Redirect::to(&format!("/login{next}")).into_response()
        }
        (Verdict::ChangePasswordFirst, true) => {
            ApiError::new(StatusCode::FORBIDDEN, "change_password", "change the one-time password first")
                .into_response()
        }
        (Verdict::ChangePasswordFirst, false) => Redirect::to("/password").into_response(),
        (_, true) => ApiError::from(Trouble::Forbidden).into_response(),
        (_, false) => Trouble::Forbidden.into_response(),
    }
}

fn next_of(request: &Request) -> String {
    match request.uri().path_and_query().map(|path| path.as_str()) {
        None | Some("/") => String::new(),
        Some(path) => {
            let query: String = form_urlencoded::Serializer::new(String::new()).append_pair("next", path).finish();
            format!("?{query}")
        }
    }
}

/// A handler's proof that somebody is signed in: put in by [`check`] on every route that is not public.
impl<S: Send + Sync> axum::extract::FromRequestParts<S> for WebSession {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, _: &S) -> Result<Self, Trouble> {
        parts
            .extensions
            .get::<WebSession>()
            .cloned()
            .ok_or(Trouble::Internal("a route without a session asked for one"))
    }
}

/// Tells browsers on a refused path nothing but the refusal; used by the fallback.
pub(crate) async fn nothing_here(request: Request) -> Response {
    let mut response = if request.uri().path().starts_with("/api/") {
        ApiError::from(Trouble::NotFound).into_response()
    } else {
        Trouble::NotFound.into_response()
    };
    response.headers_mut().insert(axum::http::header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
