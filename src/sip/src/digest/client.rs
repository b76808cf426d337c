//! Answering a challenge (RFC 7616 §3.4, RFC 3261 §22.3).

use bytes::Bytes;

use super::credentials::AuthParams;
use super::{Algorithm, Ha1};
use crate::message::{Method, Uri, scan};

/// Why a challenge cannot be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// Not a Digest challenge with realm and nonce.
    #[error("malformed challenge")]
    Malformed,
    /// An algorithm that we do not have.
    #[error("unknown digest algorithm")]
    Algorithm,
    /// Only `auth-int` or something newer is offered.
    #[error("unknown quality of protection")]
    Qop,
}

/// The value of `Authorization` (after `WWW-Authenticate`) or `Proxy-Authorization` (after
/// `Proxy-Authenticate`) for a request of that method and request URI. `nc` counts the requests answered with
/// this nonce from 1. A challenge without `qop` is answered as of RFC 2069, as some carriers still ask.
pub fn answer(
    challenge: &[u8],
    method: &Method,
    uri: &Uri,
    username: &str,
    secret: &str,
    cnonce: &str,
    nc: u32,
) -> Result<Bytes, AnswerError> {
    let offered = Challenge::read(challenge)?;
    let realm = core::str::from_utf8(&offered.realm).map_err(|_| AnswerError::Malformed)?;
    let ha1 = Ha1::new(username, realm, secret);
    let uri = uri.to_bytes();
    let count = format!("{nc:08x}");
    let qop = offered.qop.then_some([&offered.nonce[..], count.as_bytes(), cnonce.as_bytes()]);
    let response = offered.algorithm.response_from(&ha1, method.as_bytes(), &uri, qop, &offered.nonce);

    let mut out = Vec::with_capacity(320);
    let quoted = |out: &mut Vec<u8>, name: &str, value: &[u8]| {
        out.extend_from_slice(name.as_bytes());
        out.push(b'=');
        scan::write_quoted(out, value);
    };
    quoted(&mut out, "Digest username", username.as_bytes());
    quoted(&mut out, ", realm", &offered.realm);
    quoted(&mut out, ", nonce", &offered.nonce);
    quoted(&mut out, ", uri", &uri);
    quoted(&mut out, ", response", response.as_bytes());
    out.extend_from_slice(b", algorithm=");
    out.extend_from_slice(offered.algorithm.name().as_bytes());
    if offered.qop {
        out.extend_from_slice(b", qop=auth, nc=");
        out.extend_from_slice(count.as_bytes());
        quoted(&mut out, ", cnonce", cnonce.as_bytes());
    }
    if let Some(opaque) = &offered.opaque {
        quoted(&mut out, ", opaque", opaque);
    }
    Ok(Bytes::from(out))
}

/// Whether [`answer`] has an answer: of several challenges, the first such is the one to take (RFC 7616 §3.3).
pub fn can_answer(challenge: &[u8]) -> bool {
    Challenge::read(challenge).is_ok()
}

/// A challenge that [`answer`] can answer: for whoever must decide first whether it may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    realm: Bytes,
    nonce: Bytes,
    opaque: Option<Bytes>,
    algorithm: Algorithm,
    qop: bool,
    stale: bool,
}

impl Challenge {
    /// For whom the credentials are asked.
    pub fn realm(&self) -> &[u8] {
        &self.realm
    }

    /// What they are to be made of.
    pub fn nonce(&self) -> &[u8] {
        &self.nonce
    }

    /// The credentials were right, only their nonce was too old (RFC 7616 §3.3).
    pub fn is_stale(&self) -> bool {
        self.stale
    }

    /// Reads the value of `WWW-Authenticate` or `Proxy-Authenticate`.
    ///
    /// # Errors
    /// See [`AnswerError`].
    pub fn read(text: &[u8]) -> Result<Challenge, AnswerError> {
        let Some(Ok(params)) = AuthParams::read(&Bytes::copy_from_slice(text)) else {
            return Err(AnswerError::Malformed);
        };
        let algorithm = match params.text("algorithm") {
            Some(name) => Algorithm::parse(&name).ok_or(AnswerError::Algorithm)?,
            None => Algorithm::Md5, // RFC 7616 §3.3
        };
        let qop = match params.text("qop") {
            None => false,
            Some(list) if scan::commas(&list).any(|one| one.eq_ignore_ascii_case(b"auth")) => true,
            Some(_) => return Err(AnswerError::Qop),
        };
        let (Some(realm), Some(nonce)) = (params.text("realm"), params.text("nonce")) else {
            return Err(AnswerError::Malformed);
        };
        let stale = params.text("stale").is_some_and(|value| value.eq_ignore_ascii_case(b"true"));
        Ok(Challenge { realm, nonce, opaque: params.text("opaque"), algorithm, qop, stale })
    }
}
