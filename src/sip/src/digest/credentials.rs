//! Reading `Digest name=value, …` of credentials and challenges (RFC 7616 §3.3, §3.4; RFC 3261 §25.1).

use bytes::Bytes;

use super::Algorithm;
use crate::message::scan;

/// An answer to a challenge, complete and of the shape that we offered.
pub(super) struct Credentials {
    pub username: String,
    pub nonce: Bytes,
    pub uri: Bytes,
    pub algorithm: Algorithm,
    pub cnonce: Bytes,
    /// `nc` as it came: it is hashed so.
    pub count_text: Bytes,
    pub count: u32,
    /// In lower case.
    pub response: String,
}

/// Credentials for us that are incomplete or not of the shape offered.
#[derive(Debug)]
pub(super) struct Unusable;

impl Credentials {
    /// Reads one row; `None` if it is of another scheme or for another realm.
    pub(super) fn read(row: &Bytes, realm: &str) -> Option<Result<Credentials, Unusable>> {
        let params = AuthParams::read(row)?;
        let params = match params {
            Ok(params) => params,
            // What cannot be read cannot name another realm.
            Err(unusable) => return Some(Err(unusable)),
        };
        if params.text("realm").as_deref() != Some(realm.as_bytes()) {
            return None;
        }
        Some(Credentials::from_params(&params).ok_or(Unusable))
    }

    fn from_params(params: &AuthParams) -> Option<Credentials> {
        let filled = |name| params.text(name).filter(|value| !value.is_empty());
        let algorithm = match params.text("algorithm") {
            Some(name) => Algorithm::parse(&name)?,
            None => Algorithm::Md5, // RFC 7616 §3.3
        };
        // RFC 7616 §3.4: `qop` was offered, so it must come back; without it a count would not be hashed.
        if !params.text("qop")?.eq_ignore_ascii_case(b"auth") {
            return None;
        }
        let count_text = filled("nc")?;
        let count = core::str::from_utf8(&count_text).ok().filter(|hex| hex.len() == 8 && !hex.starts_with('+'))?;
        let count = u32::from_str_radix(count, 16).ok().filter(|count| *count > 0)?;
        let mut response = String::from_utf8(filled("response")?.to_vec()).ok()?;
        response.make_ascii_lowercase();
        if response.len() != algorithm.response_len() {
            return None;
        }
        Some(Credentials {
            username: String::from_utf8(filled("username")?.to_vec()).ok()?,
            nonce: filled("nonce")?,
            uri: filled("uri")?,
            algorithm,
            cnonce: filled("cnonce")?,
            count_text,
            count,
            response,
        })
    }
}

/// The parameters of one row, in order.
pub(super) struct AuthParams {
    params: Vec<(Bytes, Bytes)>,
}

/// The most parameters taken.
const PARAMS_MAX: usize = 32;

impl AuthParams {
    /// Reads a row; `None` if its scheme is not Digest. A parameter said twice makes it unusable.
    pub(super) fn read(row: &Bytes) -> Option<Result<AuthParams, Unusable>> {
        let text = scan::trim(row);
        let (scheme, rest) = text.split_at(text.iter().take_while(|&&b| scan::is_token(b)).count());
        if !scheme.eq_ignore_ascii_case(b"Digest") || !rest.first().is_none_or(|b| matches!(b, b' ' | b'\t')) {
            return None;
        }
        let mut params: Vec<(Bytes, Bytes)> = Vec::with_capacity(12);
        for item in scan::commas(rest).filter(|item| !item.is_empty()) {
            let Some((name, value)) = split(item) else { return Some(Err(Unusable)) };
            let repeated = params.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
            if repeated || params.len() == PARAMS_MAX {
                return Some(Err(Unusable));
            }
            params.push((scan::part(row, name), scan::unquote(row, value)));
        }
        Some(Ok(AuthParams { params }))
    }

    /// A value, without quotes and escapes.
    pub(super) fn text(&self, name: &str) -> Option<Bytes> {
        self.params.iter().find(|(n, _)| n.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| value.clone())
    }
}

/// `name = token` or `name = "…"`.
fn split(item: &[u8]) -> Option<(&[u8], &[u8])> {
    let equals = item.iter().position(|&b| b == b'=')?;
    let (name, value) = (scan::trim(&item[..equals]), scan::trim(&item[equals + 1..]));
    let whole = match value.first() {
        Some(b'"') => scan::quoted_end(value) == Some(value.len()),
        // Deviation: wider than a token, as some phones send `uri` without quotes.
        _ => !value.iter().any(|b| matches!(b, b' ' | b'\t' | b'"')),
    };
    (scan::all_token(name) && whole).then_some((name, value))
}
