//! Sound files as answers: whole, or the octets that a browser asks for while it plays (RFC 9110 §14).

use std::io::{self, Read, Seek, SeekFrom};

use axum::body::{Body, Bytes};
use axum::http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_RANGE, RANGE,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::sync::OwnedSemaphorePermit;

use crate::error::Trouble;
use crate::files::{Content, OpenFile};

/// Octets read and sent at once.
const CHUNK: usize = 64 << 10;

/// What kind of file it is, and whether it is played or kept.
pub(crate) struct Served {
    /// `audio/ogg` or `audio/wav`.
    pub kind: &'static str,
    /// Names this very content, without quotation marks.
    pub tag: String,
    /// The name under which it is kept; `None` plays it in place. Letters, digits, `-`, `_` and `.` only.
    pub save_as: Option<String>,
}

/// What a `Range` header asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Whole,
    /// From the first to the last octet, both included.
    Octets(u64, u64),
    Unsatisfiable,
}

/// The kind of a recording's file by its name.
pub(crate) fn kind_of(file: &str) -> &'static str {
    if file.split('.').skip(1).any(|part| part.eq_ignore_ascii_case("wav")) { "audio/wav" } else { "audio/ogg" }
}

/// The file as an answer; `turn` is held until the last octet is sent. Read on threads that may wait for the disk.
pub(crate) fn answer(
    headers: &HeaderMap,
    served: Served,
    file: OpenFile,
    turn: OwnedSemaphorePermit,
) -> Result<Response, Trouble> {
    let odd = |_| Trouble::Internal("an odd header");
    let etag = HeaderValue::try_from(format!("\"{}\"", served.tag)).map_err(odd)?;
    let length = file.length;
    // RFC 9110 §13.1.5: a part of another content than the one that the browser has is no use to it.
    let same = headers.get(IF_RANGE).is_none_or(|known| *known == etag);
    let range = headers.get(RANGE).filter(|_| same).and_then(|range| range.to_str().ok());
    let (status, from, octets) = match part(range, length) {
        Part::Whole => (StatusCode::OK, 0, length),
        Part::Octets(first, last) => (StatusCode::PARTIAL_CONTENT, first, last - first + 1),
        Part::Unsatisfiable => {
            let whole = HeaderValue::try_from(format!("bytes */{length}")).map_err(odd)?;
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, [(CONTENT_RANGE, whole)]).into_response());
        }
    };
    let reading = Reading { content: file.content, seek: Some(from), left: octets, _turn: turn };
    let body = Body::from_stream(futures_util::stream::try_unfold(reading, Reading::next));
    let mut response = (status, body).into_response();
    let answer = response.headers_mut();
    answer.insert(CONTENT_TYPE, HeaderValue::from_static(served.kind));
    answer.insert(CONTENT_LENGTH, HeaderValue::from(octets));
    answer.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    answer.insert(ETAG, etag);
    let disposition = match served.save_as {
        Some(name) => format!("attachment; filename=\"{name}\""),
        None => "inline".to_owned(),
    };
    answer.insert(CONTENT_DISPOSITION, HeaderValue::try_from(disposition).map_err(odd)?);
    if status == StatusCode::PARTIAL_CONTENT {
        let range = format!("bytes {from}-{}/{length}", from + octets - 1);
        answer.insert(CONTENT_RANGE, HeaderValue::try_from(range).map_err(odd)?);
    }
    Ok(response)
}

/// What the header asks for of a file of so many octets. What is no single range of octets is as if it were not
/// there (RFC 9110 §14.2): a request for many small ranges costs one plain answer.
fn part(range: Option<&str>, length: u64) -> Part {
    let Some((unit, set)) = range.and_then(|range| range.split_once('=')) else { return Part::Whole };
    let Some((first, last)) = set.trim().split_once('-') else { return Part::Whole };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Part::Whole;
    }
    match (number(first), number(last)) {
        (Some(Some(first)), Some(last)) => {
            let last = last.unwrap_or(u64::MAX);
            match first {
                _ if first > last => Part::Whole, // RFC 9110 §14.1.1: not valid, so ignored
                _ if first >= length => Part::Unsatisfiable,
                _ => Part::Octets(first, last.min(length - 1)),
            }
        }
        // RFC 9110 §14.1.2: the last so many octets.
        (Some(None), Some(Some(0))) => Part::Unsatisfiable,
        (Some(None), Some(Some(_))) if length == 0 => Part::Unsatisfiable,
        (Some(None), Some(Some(suffix))) => Part::Octets(length.saturating_sub(suffix), length - 1),
        _ => Part::Whole,
    }
}

/// `Some(None)` where nothing stands, `None` where no number does. A number too large for any file is the largest.
fn number(text: &str) -> Option<Option<u64>> {
    match text {
        "" => Some(None),
        digits if digits.bytes().all(|b| b.is_ascii_digit()) => Some(Some(digits.parse().unwrap_or(u64::MAX))),
        _ => None,
    }
}

/// A file on its way to a browser.
struct Reading {
    content: Box<dyn Content>,
    /// Where to begin, until it has begun.
    seek: Option<u64>,
    left: u64,
    _turn: OwnedSemaphorePermit,
}

impl Reading {
    async fn next(self) -> io::Result<Option<(Bytes, Self)>> {
        if self.left == 0 {
            return Ok(None);
        }
        tokio::task::spawn_blocking(move || self.read()).await.map_err(io::Error::other)?
    }

    /// The headers are long sent: an error ends the stream short, which the browser reports.
    fn read(mut self) -> io::Result<Option<(Bytes, Self)>> {
        if let Some(from) = self.seek.take() {
            self.content.seek(SeekFrom::Start(from))?;
        }
        let mut octets = vec![0; CHUNK.min(usize::try_from(self.left).unwrap_or(CHUNK))];
        self.content.read_exact(&mut octets)?;
        self.left -= octets.len() as u64;
        Ok(Some((Bytes::from(octets), self)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_one_piece_of_the_file_or_nothing() {
        let of_100 = |range: &str| part(Some(range), 100);
        for (range, expected) in [
            ("bytes=0-", Part::Octets(0, 99)),
            ("bytes=0-0", Part::Octets(0, 0)),
            ("Bytes = 10-19", Part::Octets(10, 19)),
            ("bytes=99-", Part::Octets(99, 99)),
            ("bytes=50-1000", Part::Octets(50, 99)),
            ("bytes=0-18446744073709551615", Part::Octets(0, 99)),
            ("bytes=-30", Part::Octets(70, 99)),
            ("bytes=-1000", Part::Octets(0, 99)),
            ("bytes=100-", Part::Unsatisfiable),
            ("bytes=99999999999999999999999-", Part::Unsatisfiable),
            ("bytes=-0", Part::Unsatisfiable),
        ] {
            assert_eq!(of_100(range), expected, "{range}");
        }
        for range in
            ["", "bytes", "bytes=", "bytes=-", "bytes=5-2", "bytes=0-1,5-6", "bytes=+1-2", "items=0-1", "bytes=a-b"]
        {
            assert_eq!(of_100(range), Part::Whole, "{range}");
        }
        assert_eq!(part(None, 100), Part::Whole);
        assert_eq!(part(Some("bytes=0-"), 0), Part::Unsatisfiable);
        assert_eq!(part(Some("bytes=-1"), 0), Part::Unsatisfiable);
    }

    #[test]
    fn a_files_kind_is_told_by_its_name() {
        assert_eq!(kind_of("2026/11/22/rec1.opus"), "audio/ogg");
        assert_eq!(kind_of("2026/11/22/rec1.wav"), "audio/wav");
        assert_eq!(kind_of("2026/11/22/rec1.wav.enc"), "audio/wav");
        assert_eq!(kind_of("wav"), "audio/ogg");
    }
}
