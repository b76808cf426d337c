//! Web sessions: 256 random bits in a `__Host-` cookie, kept in memory only as their SHA-256.
//!
//! A session ends after 30 minutes without a request, after 12 hours at the latest, at logout, and when its
//! account's password or role changes. A restart ends all.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::http::HeaderMap;
use axum::http::header::{COOKIE, HeaderValue};
use base::{Duration, Instant};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use exchange::record::Role;
use sha2::{Digest, Sha256};

/// The cookie's name. The prefix makes browsers insist on Secure, Path=/ and no Domain.
const COOKIE_NAME: &str = "__Host-strowger";
/// A session ends after this long without a request.
pub(crate) const IDLE_MAX: Duration = Duration::from_secs(30 * 60);
/// A session ends after this long in any case.
pub(crate) const AGE_MAX: Duration = Duration::from_secs(12 * 60 * 60);
/// Sessions at once; beyond it the one idle for longest ends.
const SESSIONS_MAX: usize = 1_000;
/// Sessions of one account at once; beyond it the account's session idle for longest ends.
const SESSIONS_PER_ACCOUNT_MAX: usize = 20;

/// All sessions.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<HashMap<SessionId, Row>>);

/// What a session is known by inside: the hash of its cookie.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SessionId([u8; 32]);

/// A signed-in browser, as handlers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WebSession {
    pub id: SessionId,
    pub account: String,
    pub role: Role,
    /// Nothing else is allowed before the password has been changed.
    pub must_change: bool,
}

#[derive(Debug)]
struct Row {
    session: WebSession,
    began: Instant,
    used: Instant,
}

#[cfg(test)]
impl SessionId {
    /// Some session.
    pub fn for_test(n: u8) -> Self {
        SessionId([n; 32])
    }
}

impl Sessions {
    /// Begins a session and returns its cookie.
    pub fn begin(&self, now: Instant, account: &str, role: Role, must_change: bool, token: [u8; 32]) -> HeaderValue {
        let id = SessionId::of(&token);
        let session = WebSession { id, account: account.to_owned(), role, must_change };
        let mut rows = self.rows();
        rows.retain(|_, row| row.is_alive(now));
        let mine = rows.values().filter(|row| row.session.account == account).count();
        if mine >= SESSIONS_PER_ACCOUNT_MAX {
            drop_idlest(&mut rows, |row| row.session.account == account);
        }
        if rows.len() >= SESSIONS_MAX {
            drop_idlest(&mut rows, |_| true);
        }
        rows.insert(id, Row { session, began: now, used: now });
        cookie(&URL_SAFE_NO_PAD.encode(token), AGE_MAX)
    }

    /// The session of this request, which counts as use.
    pub fn of_request(&self, now: Instant, headers: &HeaderMap) -> Option<WebSession> {
        let id = SessionId::from_cookies(headers)?;
        let mut rows = self.rows();
        let row = rows.get_mut(&id)?;
        if !row.is_alive(now) {
            rows.remove(&id);
            return None;
        }
        row.used = now;
        Some(row.session.clone())
    }

    /// Whether the session still lives; does not count as use, so that an open live page does not keep it alive.
    pub fn is_alive(&self, now: Instant, id: SessionId) -> bool {
        self.rows().get(&id).is_some_and(|row| row.is_alive(now))
    }

    /// Ends one session.
    pub fn end(&self, id: SessionId) {
        self.rows().remove(&id);
    }

    /// Ends all sessions of an account.
    pub fn end_all(&self, account: &str) {
        self.rows().retain(|_, row| row.session.account != account);
    }

    fn rows(&self) -> std::sync::MutexGuard<'_, HashMap<SessionId, Row>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SessionId {
    fn of(token: &[u8]) -> Self {
        // The table holds hashes: whoever reads memory later cannot replay a cookie, and looking a key up by its
        // hash tells nothing about the token by timing.
        SessionId(Sha256::digest(token).into())
    }

    fn from_cookies(headers: &HeaderMap) -> Option<Self> {
        let value = headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .find_map(|pair| pair.trim().strip_prefix(COOKIE_NAME)?.strip_prefix('='))?;
        let token: [u8; 32] = URL_SAFE_NO_PAD.decode(value).ok()?.try_into().ok()?;
        Some(SessionId::of(&token))
    }
}

impl std::fmt::Debug for SessionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionId(…)")
    }
}

impl Row {
    fn is_alive(&self, now: Instant) -> bool {
        now - self.used < IDLE_MAX && now - self.began < AGE_MAX
    }
}

/// The header that takes the cookie back.
pub(crate) fn no_cookie() -> HeaderValue {
    cookie("", Duration::ZERO)
}

fn cookie(value: &str, age: Duration) -> HeaderValue {
    // SameSite=Lax, not Strict: a link to a call's page in a mail must find the session. Safe because a GET changes
    // nothing and every other method passes the cross-site check in `guard`.
    let text = format!("{COOKIE_NAME}={value}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={}", age.as_secs());
    HeaderValue::try_from(text).expect("base64url and digits are header characters")
}

fn drop_idlest(rows: &mut HashMap<SessionId, Row>, of: impl Fn(&Row) -> bool) {
    let idlest = rows.iter().filter(|(_, row)| of(row)).min_by_key(|(id, row)| (row.used, **id)).map(|(id, _)| *id);
    if let Some(id) = idlest {
        rows.remove(&id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(set_cookie: &HeaderValue) -> HeaderMap {
        let pair = set_cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
        HeaderMap::from_iter([(COOKIE, HeaderValue::try_from(format!("a=b; {pair}")).unwrap())])
    }

    fn secs(s: u64) -> Instant {
        Instant::ZERO + Duration::from_secs(s)
    }

    #[test]
    fn a_session_ends_when_idle_and_when_old() {
        let sessions = Sessions::default();
        let cookie = headers(&sessions.begin(secs(0), "admin", Role::Administrator, false, [1; 32]));
        assert_eq!(sessions.of_request(secs(1799), &cookie).unwrap().account, "admin");
        assert!(sessions.of_request(secs(1799 + 1801), &cookie).is_none());
        let cookie = headers(&sessions.begin(secs(0), "admin", Role::Administrator, false, [2; 32]));
        for minute in 0..719 {
            assert!(sessions.of_request(secs(minute * 60), &cookie).is_some());
        }
        assert!(sessions.of_request(secs(12 * 3600), &cookie).is_none());
    }

    #[test]
    fn the_cookie_carries_every_protection() {
        let text = Sessions::default().begin(secs(0), "a", Role::Viewer, false, [3; 32]);
        let text = text.to_str().unwrap();
        for part in ["__Host-", "Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(text.contains(part), "{text}");
        }
        assert!(!text.contains("Domain"));
    }

    #[test]
    fn sessions_are_bounded_and_a_foreign_value_opens_none() {
        let sessions = Sessions::default();
        for n in 0..=u64::try_from(SESSIONS_MAX).unwrap() {
            let mut token = [0; 32];
            token[..8].copy_from_slice(&n.to_be_bytes());
            sessions.begin(secs(n), &format!("account{n}"), Role::Viewer, false, token);
        }
        assert_eq!(sessions.rows().len(), SESSIONS_MAX);
        for value in ["", "x", "AAAA", "../../etc/passwd"] {
            let cookie =
                HeaderMap::from_iter([(COOKIE, HeaderValue::try_from(format!("{COOKIE_NAME}={value}")).unwrap())]);
            assert!(sessions.of_request(secs(1), &cookie).is_none());
        }
    }

    #[test]
    fn a_password_change_ends_the_accounts_sessions_only() {
        let sessions = Sessions::default();
        let a = headers(&sessions.begin(secs(0), "a", Role::Viewer, false, [1; 32]));
        let b = headers(&sessions.begin(secs(0), "b", Role::Viewer, false, [2; 32]));
        sessions.end_all("a");
        assert!(sessions.of_request(secs(1), &a).is_none() && sessions.of_request(secs(1), &b).is_some());
    }
}
