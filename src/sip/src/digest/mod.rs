//! Digest authentication (RFC 7616, RFC 8760, RFC 3261 §22): SHA-256 and MD5, `qop=auth` only.
//!
//! [`Authority`] challenges and verifies, [`answer`] answers a challenge. Nonces carry their own proof, so a
//! stranger's attempts cost no memory; only nonces that a right answer used are remembered, for their counts.
//!
//! Refused: answers without `qop` (RFC 2069), `auth-int`, the `-sess` algorithms, SHA-512-256, `userhash` and
//! `username*`: none of them is offered.
//!
//! Downgrade: a challenge offers SHA-256 first and MD5 second (RFC 8760 §2.4), for most phones know MD5 alone;
//! so whoever can change messages on the way can have a phone answer with MD5. [`Authority::without_md5`]
//! offers and takes SHA-256 alone.

mod client;
mod credentials;
mod hash;
mod nonce;

use base::{Duration, Instant};
use bytes::Bytes;
use subtle::ConstantTimeEq;

pub use client::{AnswerError, Challenge, answer, can_answer};
pub use hash::{Algorithm, Ha1};

use crate::message::{HeaderName, Request, Uri};
use credentials::Credentials;
use nonce::{Counted, NonceCounts, Nonces, Verified};

/// Challenges strangers and verifies their answers, for one realm.
#[derive(Debug)]
pub struct Authority {
    realm: String,
    algorithms: &'static [Algorithm],
    nonces: Nonces,
    counts: NonceCounts,
    /// What an unknown user's answer is compared with.
    decoy: Ha1,
    lifetime: Duration,
}

/// What a request's credentials are worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Right and fresh.
    Granted {
        /// Whose, unescaped.
        username: String,
    },
    /// None for our realm: challenge.
    Challenge,
    /// Right, but the nonce is too old, forgotten or used with this count before: challenge with `stale=true`.
    Stale,
    /// Wrong, or not as offered. An unknown user is told from a wrong secret neither by this nor by the time taken.
    Denied,
}

/// How long a nonce serves unless told otherwise.
pub const NONCE_LIFETIME: Duration = Duration::from_secs(300);

/// The most nonces whose counts are remembered. When full, the oldest is forgotten and with it all that were
/// made before it: their users are answered [`Verdict::Stale`] and come again with a new one.
pub const NONCES_MAX: usize = 65_536;

impl Authority {
    /// An authority for `realm`. The key must be drawn afresh for each start of the process: counts do not
    /// outlive it, and a nonce that did could be replayed.
    pub fn new(realm: impl Into<String>, key: [u8; 32]) -> Authority {
        let realm = realm.into();
        let nonces = Nonces::new(key, &realm);
        let decoy = nonces.decoy();
        let counts = NonceCounts::new(NONCES_MAX);
        let algorithms = &[Algorithm::Sha256, Algorithm::Md5];
        Authority { realm, algorithms, nonces, counts, decoy, lifetime: NONCE_LIFETIME }
    }

    /// The same, with nonces that serve for `lifetime`.
    pub fn with_lifetime(mut self, lifetime: Duration) -> Authority {
        self.lifetime = lifetime;
        self
    }

    /// The same, offering and taking SHA-256 alone.
    pub fn without_md5(mut self) -> Authority {
        self.algorithms = &[Algorithm::Sha256];
        self
    }

    /// The realm.
    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// The values for as many `WWW-Authenticate` (401) or `Proxy-Authenticate` (407) rows, the preferred
    /// algorithm first (RFC 8760 §2.4), with a nonce that is new.
    pub fn challenge(&mut self, now: Instant, stale: bool) -> Vec<Bytes> {
        let nonce = self.nonces.mint(now);
        let realm = crate::message::quoted(&self.realm);
        let realm = String::from_utf8_lossy(&realm);
        let stale = if stale { ", stale=true" } else { "" };
        let value = |algorithm: &Algorithm| {
            let name = algorithm.name();
            Bytes::from(format!("Digest realm={realm}, nonce=\"{nonce}\", algorithm={name}, qop=\"auth\"{stale}"))
        };
        self.algorithms.iter().map(value).collect()
    }

    /// Verifies the first credentials for our realm, in `Authorization` or `Proxy-Authorization`. `lookup`
    /// gives what is stored for a user; it should take as long for an unknown one.
    pub fn verify(&mut self, now: Instant, request: &Request, lookup: impl FnOnce(&str) -> Option<Ha1>) -> Verdict {
        let Some(credentials) = self.credentials(request) else { return Verdict::Challenge };
        let Ok(credentials) = credentials else { return Verdict::Denied };
        if !self.algorithms.contains(&credentials.algorithm) || !serves(&credentials.uri, &request.uri) {
            return Verdict::Denied;
        }
        // From here on the same work is done for every user name.
        let stored = lookup(&credentials.username);
        let ha1 = stored.as_ref().unwrap_or(&self.decoy);
        let wanted = credentials.algorithm.response(ha1, request.method.as_bytes(), &credentials);
        let nonce = self.nonces.verify(&credentials.nonce);
        let right = wanted.as_bytes().ct_eq(credentials.response.as_bytes());
        if !(bool::from(right) & stored.is_some()) {
            return Verdict::Denied;
        }
        // RFC 7616 §3.3: only who knows the secret is told that the nonce is the trouble. A nonce that we did
        // not sign is one from before a restart.
        let Some(nonce) = nonce else { return Verdict::Stale };
        self.count(now, nonce, credentials.count, credentials.username)
    }

    fn count(&mut self, now: Instant, nonce: Verified, count: u32, username: String) -> Verdict {
        self.counts.forget(now, self.lifetime);
        if nonce.made > now || now.saturating_since(nonce.made) > self.lifetime {
            return Verdict::Stale;
        }
        match self.counts.take(nonce, count) {
            Counted::Fresh => Verdict::Granted { username },
            Counted::Replayed => Verdict::Stale,
        }
    }

    /// The first digest credentials for our realm.
    fn credentials(&self, request: &Request) -> Option<Result<Credentials, credentials::Unusable>> {
        let rows = [HeaderName::Authorization, HeaderName::ProxyAuthorization];
        let mut rows = rows.iter().flat_map(|name| request.headers.all(name)).take(ROWS_READ);
        rows.find_map(|row| Credentials::read(row, &self.realm))
    }
}

/// How many rows of credentials are looked at; a client that serves many realms sends one each.
const ROWS_READ: usize = 8;

/// Whether credentials made for `uri` serve a request to `request_uri`.
///
/// RFC 7616 §3.4.6 has them denote the same resource. Deviation: port, parameters and headers do not count, and
/// `sip:` serves for `sips:`, for phones leave the port or `;transport=` out of one of the two; the method, the
/// user and the host always count, but for a URI without user: SIPp and simple phones name the server alone,
/// and method, nonce and count still bind the credentials to one request at this server.
fn serves(uri: &[u8], request_uri: &Uri) -> bool {
    let Ok(uri) = Uri::parse(uri) else { return false };
    let server_alone = uri.user.is_none() && Uri { user: None, ..request_uri.clone() }.same_user_and_host(&uri);
    server_alone || uri.same_user_and_host(request_uri)
}

#[cfg(test)]
mod tests;
