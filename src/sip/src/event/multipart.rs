//! Bodies of several parts (RFC 2046 §5.1, RFC 2387).

use bytes::Bytes;

use super::{Body, BodyError};
use crate::message::Params;

/// One part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its Content-ID without brackets; empty: none.
    pub id: String,
    /// What it holds.
    pub body: Body,
}

/// Parts that are read.
const PARTS_MAX: usize = 256;
/// Octets of the head of a part.
const HEAD_MAX: usize = 1_024;

/// `parts` as one body of the type `multipart/…`; `kind` is the type with its parameters but the boundary.
pub(super) fn join(kind: &str, parts: &[Part]) -> Body {
    let boundary = boundary(parts);
    let size = parts.iter().map(|part| part.body.bytes.len() + 160).sum::<usize>() + 64;
    let mut out = Vec::with_capacity(size);
    for part in parts {
        out.extend_from_slice(format!("--{boundary}\r\nContent-Transfer-Encoding: binary\r\n").as_bytes());
        if !part.id.is_empty() {
            out.extend_from_slice(format!("Content-ID: <{}>\r\n", part.id).as_bytes());
        }
        out.extend_from_slice(format!("Content-Type: {}\r\n\r\n", part.body.content_type).as_bytes());
        out.extend_from_slice(&part.body.bytes);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Body::new(format!("{kind};boundary=\"{boundary}\""), out)
}

/// A boundary that no part holds (RFC 2046 §5.1.1).
fn boundary(parts: &[Part]) -> String {
    let held = |text: &str| parts.iter().any(|part| find(&part.body.bytes, text.as_bytes()).is_some());
    let mut number = 0u32;
    loop {
        let boundary = format!("part-{number}-of-the-state");
        if !held(&boundary) {
            return boundary;
        }
        number += 1; // ends: the parts hold finitely many
    }
}

/// The parts of a body of type `multipart/…`.
///
/// # Errors
/// [`BodyError`].
pub(super) fn split(content_type: &str, body: &Bytes) -> Result<Vec<Part>, BodyError> {
    const BAD: BodyError = BodyError("multipart body");
    let params = content_type.find(';').map_or("", |at| &content_type[at..]);
    let params = Params::parse(params.as_bytes()).map_err(|_| BAD)?;
    let boundary = params.unquoted("boundary").filter(|b| (1..=70).contains(&b.len())).ok_or(BAD)?;
    let mark = [b"--", &boundary[..]].concat();
    // What stands before the first boundary is of no meaning (RFC 2046 §5.1.1).
    let mut at = find(body, &mark).ok_or(BAD)? + mark.len();
    let inner = [b"\r\n", &mark[..]].concat();
    let mut parts = Vec::new();
    while !body[at..].starts_with(b"--") {
        if parts.len() == PARTS_MAX {
            return Err(BodyError("multipart body: too many parts"));
        }
        let start = at + find(&body[at..], b"\r\n").ok_or(BAD)? + 2;
        let end = start + find(&body[start..], &inner).ok_or(BAD)?;
        parts.push(read_part(&body.slice(start..end)).ok_or(BAD)?);
        at = end + inner.len();
    }
    Ok(parts)
}

fn read_part(text: &Bytes) -> Option<Part> {
    let (head, start) = if text.starts_with(b"\r\n") {
        (0, 2) // no head at all
    } else {
        let end = find(text, b"\r\n\r\n").filter(|end| *end <= HEAD_MAX)?;
        (end, end + 4)
    };
    let mut part = Part { id: String::new(), body: Body::new("text/plain", text.slice(start..)) };
    for line in std::str::from_utf8(&text[..head]).ok()?.split("\r\n").filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':')?;
        if name.eq_ignore_ascii_case("content-type") {
            part.body.content_type = value.trim().to_owned();
        } else if name.eq_ignore_ascii_case("content-id") {
            part.id = value.trim().trim_start_matches('<').trim_end_matches('>').to_owned();
        }
    }
    Some(part)
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    let first = *what.first()?;
    let mut from = 0;
    while let Some(at) = text[from..].iter().position(|b| *b == first) {
        if text[from + at..].starts_with(what) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}
