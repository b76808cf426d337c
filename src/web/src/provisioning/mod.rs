//! The files that desk phones fetch: who may have which, and what is remembered of them.
//!
//! A phone has two tokens, both derived from the box's key and neither kept. The *invitation* is open for a day, or
//! until the phone has used it (and then for a quarter of an hour from the same address, should the first answer be
//! lost). What it fetches holds the *resync token*, by which it comes again. Without a token a phone of the list is
//! told its invitation while one is open, and only inside a private network; everybody else gets 404 and is listed.
//!
//! **Invariant:** no file with a secret leaves without a token of exactly that phone (security.md 17, 33); a name is
//! never a path, for files are rendered, not read.

mod deliver;
pub(crate) mod host;
mod seen;
mod state;

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Path, State};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use provision::{Asked, File, FileKind, asked, mac_of_token};

use crate::app::Shared;
use crate::login::throttle::Throttle;

pub(crate) use seen::{Seen, Unknown};
pub(crate) use state::PhoneState;

/// What the web server remembers of phones beside their facts.
#[derive(Debug, Default)]
pub(crate) struct Provisioning {
    /// Wrong tokens by source.
    throttle: Throttle,
    /// Phones that nobody has set up.
    pub seen: Seen,
    /// Held while a phone's fact is read, changed and written.
    changing: tokio::sync::Mutex<()>,
}

/// The token of a phone's invitation, while one is open for who asks from there: for those who tell a phone by another
/// way than its files where they are.
pub fn open_invitation(
    store: &store::Store,
    key: &provision::BoxKey,
    mac: &str,
    now: base::WallTime,
    source: IpAddr,
) -> Option<String> {
    let state = PhoneState::kept(store, mac);
    let token = provision::invitation_token(key, mac, state.generation, state.invitations);
    state.is_open(now, source.to_canonical()).then_some(token)
}

/// Nothing to be had; the same whether the phone, the token or the file does not exist.
fn nothing() -> Response {
    (StatusCode::NOT_FOUND, [(CONTENT_TYPE, "text/plain")], "").into_response()
}

/// Who asks, as far as it matters.
pub(crate) struct Asker {
    pub from: SocketAddr,
    /// What it calls itself.
    pub agent: String,
    /// The address it reached the box by, with a port where there is one.
    pub host: Option<String>,
}

impl Asker {
    fn new(from: SocketAddr, headers: &HeaderMap, authority: Option<&str>) -> Self {
        let agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Asker { from, agent: agent.chars().take(120).collect(), host: host::asked_authority(headers, authority) }
    }
}

/// `GET /prov/{token}/{file}`
pub(crate) async fn with_token(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    Path((token, file)): Path<(String, String)>,
    uri: axum::http::Uri,
    headers: HeaderMap,
) -> Response {
    let config = app.config().1;
    if !config.provisioning.enabled {
        return nothing();
    }
    let source = from.ip().to_canonical();
    let asker = Asker::new(from, &headers, uri.authority().map(|a| a.as_str()));
    let phone = mac_of_token(&token).and_then(|mac| config.phones.get(&mac));
    let right = phone.and_then(|phone| Some((phone, deliver::right_of(&app, phone, &token, source)?)));
    let Some((phone, right)) = right else {
        // A right token is never held back: one phone with an old token must not shut out an office behind the same
        // address, and nobody guesses 130 bits. What is held back is the noise.
        return match app.provisioning.throttle.begin(app.now(), &source.to_string(), source) {
            Ok(()) => {
                tracing::warn!(%from, "a phone's file was asked for with a wrong token");
                nothing()
            }
            Err(wait) => {
                let seconds = HeaderValue::from(wait.as_secs().max(1));
                (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, seconds)]).into_response()
            }
        };
    };
    match asked(&file) {
        Some(Asked { mac, kind }) if mac.as_ref().is_none_or(|mac| *mac == phone.mac) => {
            deliver::deliver(&app, &config, phone, kind, right, &token, &asker).await.map_or_else(nothing, sent)
        }
        _ => nothing(),
    }
}

/// `GET /prov/{file}`
pub(crate) async fn without_token(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    Path(file): Path<String>,
    uri: axum::http::Uri,
    headers: HeaderMap,
) -> Response {
    let config = app.config().1;
    let Some(Asked { mac: Some(mac), kind }) = asked(&file).filter(|_| config.provisioning.enabled) else {
        return nothing();
    };
    let asker = Asker::new(from, &headers, uri.authority().map(|a| a.as_str()));
    let Some(phone) = config.phones.get(&mac) else {
        app.provisioning.seen.note(Unknown { mac, kind, agent: asker.agent, from, at: app.wall() });
        return nothing();
    };
    if !is_private(from.ip()) || matches!(kind, FileKind::Phonebook(_)) {
        return nothing();
    }
    match deliver::invitation_url(&app, &config, phone, &asker) {
        Some(url) => provision::bootstrap(phone.model, &mac, &url, kind).map_or_else(|_| nothing(), sent),
        None => nothing(),
    }
}

fn sent(file: File) -> Response {
    ([(CONTENT_TYPE, file.content_type)], file.text).into_response()
}

/// A network that is nobody else's: RFC 1918, RFC 4193, link-local and the box itself.
fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
        IpAddr::V6(v6) => {
            v6.is_loopback() || (v6.segments()[0] & 0xfe00) == 0xfc00 || (v6.segments()[0] & 0xffc0) == 0xfe80
        }
    }
}
