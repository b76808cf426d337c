//! Reading a message: one pass over the datagram, values are slices of it.
//!
//! Tolerant of what cannot be misread: leading line ends, folding, compact names, blanks before the colon,
//! a message whose lines all end in a bare LF, an absent Content-Length, text after the body. Everything that
//! two readers could take for two different messages is refused: control characters, mixed line ends, a
//! field said twice that may stand once, a Content-Length beyond the datagram (RFC 4475; header smuggling).

use bytes::Bytes;

use super::name_addr::RawNameAddr;
use super::scan;
use super::uri::RawUri;
use super::via::RawVia;
use super::{CSeq, HeaderName, Headers, Message, Method, Request, Response, StatusCode};

/// The largest message taken, in octets.
pub const MESSAGE_MAX: usize = 65_536;
/// The most header fields taken, each row counted.
pub const HEADERS_MAX: usize = 256;
/// The longest start line taken, in octets.
pub const START_LINE_MAX: usize = 8_192;
/// The longest header value taken, in octets, unfolded.
pub const VALUE_MAX: usize = 8_192;

/// A message that was refused, and how to say so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Malformed {
    /// The status that fits: 400, 414, 505 or 513.
    pub status: u16,
    /// What is wrong, also the reason phrase (RFC 3261 §21.4.1).
    pub reason: &'static str,
    response: Option<Box<Response>>,
}

impl Malformed {
    /// The answer, without a To tag: only to a request other than ACK whose Via, From, To, Call-ID and CSeq
    /// could be read.
    pub fn response(&self) -> Option<Response> {
        self.response.as_deref().cloned()
    }
}

/// Reads one message that fills `datagram`; `None` for a keep-alive (nothing but blanks and line ends).
///
/// A stream's message must be cut out first, see [`crate::stream::Framer`].
pub fn parse(datagram: Bytes) -> Result<Option<Message>, Malformed> {
    let blank = |&b: &u8| matches!(b, b'\r' | b'\n' | b' ' | b'\t' | 0);
    if datagram.iter().all(blank) {
        return Ok(None);
    }
    if datagram.len() > MESSAGE_MAX {
        return Err(Malformed { status: 513, reason: "Message Too Large", response: None });
    }
    // RFC 3261 §7.5: line ends before the start line are ignored.
    let start = datagram.iter().take_while(|&&b| b == b'\r' || b == b'\n').count();
    let mut reader = Reader::new(&datagram, start);
    let start_line = reader.start_line();
    reader.fields();
    reader.judge(start_line)
}

/// What the start line says; the parts of a request as far as they could be read.
enum StartLine<'a> {
    Request { method: Option<Method>, uri: Option<RawUri<'a>> },
    Response { status: u16, reason: &'a [u8] },
}

struct Reader<'a> {
    source: &'a Bytes,
    at: usize,
    line_end: LineEnd,
    headers: Headers,
    length: Option<u32>,
    seen: u8,
    fault: Option<(u16, &'static str)>,
}

/// A line without its end.
struct Line<'a> {
    text: &'a [u8],
    /// How it ended; `None` where the datagram did.
    end: Option<LineEnd>,
    /// Free of control characters.
    clean: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum LineEnd {
    CrLf,
    Lf,
}

const BAD_REQUEST: u16 = 400;

/// The fields that must stand once (RFC 3261 §7.3.1, §20), with what to say if one is absent or repeated.
const FROM: u8 = 1;
const TO: u8 = 2;
const CALL_ID: u8 = 4;
const CSEQ: u8 = 8;
const VIA: u8 = 16;
const MAX_FORWARDS: u8 = 32;
const CONTENT_LENGTH: u8 = 64;

impl<'a> Reader<'a> {
    fn new(source: &'a Bytes, at: usize) -> Reader<'a> {
        let headers = Headers::with_capacity(ROWS_USUAL);
        Reader { source, at, line_end: LineEnd::CrLf, headers, length: None, seen: 0, fault: None }
    }

    /// Remembers the first fault; reading goes on so that the refusal can be answered.
    fn fault(&mut self, status: u16, reason: &'static str) {
        self.fault.get_or_insert((status, reason));
    }

    /// The next line.
    fn line(&mut self) -> Line<'a> {
        let rest = &self.source[self.at..];
        let mut from = 0;
        let mut clean = true;
        loop {
            let Some(found) = scan::find_control(&rest[from..]) else {
                self.at = self.source.len();
                return Line { text: rest, end: None, clean };
            };
            let stop = from + found;
            let (len, end) = match &rest[stop..] {
                [b'\r', b'\n', ..] => (2, LineEnd::CrLf),
                [b'\n', ..] => (1, LineEnd::Lf),
                _ => {
                    self.fault(BAD_REQUEST, "Control Character In Header");
                    clean = false;
                    from = stop + 1;
                    continue;
                }
            };
            self.at += stop + len;
            return Line { text: &rest[..stop], end: Some(end), clean };
        }
    }

    fn start_line(&mut self) -> StartLine<'a> {
        let Line { text: line, end, .. } = self.line();
        match end {
            Some(end) => self.line_end = end,
            None => self.fault(BAD_REQUEST, "No End Of Header Fields"),
        }
        if line.len() > START_LINE_MAX {
            self.fault(414, "Request-URI Too Long");
        }
        if line.get(..4).is_some_and(|head| head.eq_ignore_ascii_case(b"SIP/")) {
            return self.status_line(line);
        }
        // RFC 3261 §7.1: single spaces only, so all between the first and the last one is the URI.
        let first = line.iter().position(|&b| b == b' ').unwrap_or(line.len());
        let last = line.iter().rposition(|&b| b == b' ').unwrap_or(0);
        let method = Method::parse_in(self.source, &line[..first]).ok();
        if method.is_none() || last <= first {
            self.fault(BAD_REQUEST, "Malformed Request Line");
            return StartLine::Request { method, uri: None };
        }
        self.version(&line[last + 1..]);
        // RFC 3261 §19.1.1: a Request-URI has no headers.
        let uri = RawUri::parse(&line[first + 1..last]).ok().filter(|uri| !uri.has_headers());
        if uri.is_none() {
            self.fault(BAD_REQUEST, "Malformed Request-URI");
        }
        StartLine::Request { method, uri }
    }

    /// `SIP/2.0 SP 3DIGIT SP reason`; the last space and the reason may be absent.
    fn status_line(&mut self, line: &'a [u8]) -> StartLine<'a> {
        let (version, rest) = line.split_at(line.iter().position(|&b| b == b' ').unwrap_or(line.len()));
        self.version(version);
        let rest = rest.get(1..).unwrap_or_default();
        let (code, reason) = rest.split_at(rest.len().min(3));
        let status = scan::number(code).and_then(|n| u16::try_from(n).ok()).filter(|n| (100..700).contains(n));
        if status.is_none() || !matches!(reason.first(), None | Some(b' ')) {
            self.fault(BAD_REQUEST, "Malformed Status Line");
        }
        StartLine::Response { status: status.unwrap_or(0), reason: scan::trim(reason) }
    }

    fn version(&mut self, text: &[u8]) {
        if text.eq_ignore_ascii_case(b"SIP/2.0") {
            return;
        }
        match text.split_at_checked(4) {
            Some((name, number)) if name.eq_ignore_ascii_case(b"SIP/") && is_version(number) => {
                self.fault(505, "Version Not Supported");
            }
            _ => self.fault(BAD_REQUEST, "Malformed Start Line"),
        }
    }

    /// Reads the fields up to the blank line.
    fn fields(&mut self) {
        loop {
            let line = self.line();
            match line.end {
                None => return self.fault(BAD_REQUEST, "No End Of Header Fields"),
                // One kind of line end in a message: a bare LF that another reader takes for a part of a
                // value must not begin a field here.
                Some(end) if end != self.line_end => self.fault(BAD_REQUEST, "Mixed Line Ends"),
                Some(_) => {}
            }
            if line.text.is_empty() {
                return;
            }
            if self.headers.len() == HEADERS_MAX {
                return self.fault(BAD_REQUEST, "Too Many Header Fields");
            }
            self.field(line);
        }
    }

    /// Reads one field, of which `line` is the first line.
    fn field(&mut self, line: Line<'a>) {
        let Line { text: line, mut clean, .. } = line;
        let colon = line.iter().position(|&b| b == b':');
        let name = colon.map(|at| scan::trim_end(&line[..at])); // RFC 3261 §7.3.1: blanks before the colon
        let mut value = FieldValue::One(scan::trim(colon.map_or(line, |at| &line[at + 1..])));
        while matches!(self.source.get(self.at), Some(b' ' | b'\t')) {
            let more = self.line();
            if more.end != Some(self.line_end) {
                self.fault(BAD_REQUEST, "Mixed Line Ends");
            }
            value.unfold(scan::trim(more.text));
            clean &= more.clean;
        }
        let name = name.ok_or(()).and_then(|name| HeaderName::parse_in(self.source, name).map_err(drop));
        let Ok(name) = name else {
            return self.fault(BAD_REQUEST, "Malformed Header Name");
        };
        if value.as_slice().len() > VALUE_MAX {
            return self.fault(BAD_REQUEST, "Header Field Too Long");
        }
        // Control characters stay out of the list, from where an answer copies.
        if !clean {
            return;
        }
        self.check(&name, value.as_slice());
        let value = match value {
            FieldValue::One(text) => scan::part(self.source, text),
            FieldValue::Unfolded(text) => Bytes::from(text),
        };
        self.headers.push(name, value);
    }

    /// Checks the fields that steer transactions and framing.
    fn check(&mut self, name: &HeaderName, value: &[u8]) {
        let (bit, fits, malformed, twice) = match name {
            HeaderName::From => (FROM, address_fits(value), "Malformed From", "Repeated From"),
            HeaderName::To => (TO, address_fits(value), "Malformed To", "Repeated To"),
            HeaderName::CallId => {
                let fits = !value.is_empty() && !value.iter().any(|b| matches!(b, b' ' | b'\t'));
                (CALL_ID, fits, "Malformed Call-ID", "Repeated Call-ID")
            }
            HeaderName::CSeq => (CSEQ, CSeq::split(value).is_ok(), "Malformed CSeq", "Repeated CSeq"),
            HeaderName::MaxForwards => {
                let fits = scan::number(value).is_some_and(|n| n <= 255); // RFC 3261 §20.22
                (MAX_FORWARDS, fits, "Malformed Max-Forwards", "Repeated Max-Forwards")
            }
            HeaderName::ContentLength => {
                self.length = scan::number(value);
                (CONTENT_LENGTH, self.length.is_some(), "Malformed Content-Length", "Repeated Content-Length")
            }
            HeaderName::Via if self.seen & VIA == 0 => {
                let top = scan::commas(value).next().unwrap_or_default();
                let fits = RawVia::parse(top).and_then(|via| via.check()).is_ok();
                (VIA, fits, "Malformed Via", "")
            }
            _ => return,
        };
        if self.seen & bit != 0 {
            self.fault(BAD_REQUEST, twice);
        }
        self.seen |= bit;
        if !fits {
            self.fault(BAD_REQUEST, malformed);
        }
    }

    /// All read: the message, or why not.
    fn judge(mut self, start_line: StartLine<'a>) -> Result<Option<Message>, Malformed> {
        for (bit, absent) in MANDATORY {
            if self.seen & bit == 0 {
                self.fault(BAD_REQUEST, absent);
            }
        }
        if let StartLine::Request { method: Some(method), .. } = &start_line {
            self.check_cseq_method(method);
        }
        let uri = match &start_line {
            StartLine::Request { uri: Some(raw), .. } => raw.own(self.source).ok(),
            _ => None,
        };
        if uri.is_none() && matches!(start_line, StartLine::Request { .. }) {
            self.fault(BAD_REQUEST, "Malformed Request-URI");
        }
        let body = self.source.slice(self.at..);
        let body = match self.length.map(|n| usize::try_from(n).unwrap_or(usize::MAX)) {
            // RFC 3261 §18.3: what follows the body in a datagram is thrown away; a body cut off is an error.
            Some(length) if length > body.len() => {
                self.fault(BAD_REQUEST, "Content-Length Beyond The Message");
                body
            }
            Some(length) => body.slice(..length),
            None => body,
        };
        if let Some((status, reason)) = self.fault {
            return Err(self.refuse(&start_line, status, reason));
        }
        let headers = self.headers;
        Ok(match (start_line, uri) {
            (StartLine::Request { method, .. }, uri) => {
                let request = method.zip(uri).map(|(method, uri)| Request { method, uri, headers, body });
                request.map(Message::Request) // without method or URI there was a fault
            }
            (StartLine::Response { status, reason }, _) => {
                let reason = scan::part(self.source, reason);
                Some(Message::Response(Response { status: StatusCode(status), reason, headers, body }))
            }
        })
    }

    /// RFC 3261 §8.1.1.5: the method of CSeq is that of the request.
    fn check_cseq_method(&mut self, method: &Method) {
        let cseq = self.headers.get(&HeaderName::CSeq).and_then(|row| CSeq::split(row).ok());
        if cseq.is_some_and(|(_, named)| named != method.as_bytes()) {
            self.fault(BAD_REQUEST, "CSeq Method Mismatch");
        }
    }

    fn refuse(&self, start_line: &StartLine<'_>, status: u16, reason: &'static str) -> Malformed {
        let acknowledges = |row: &Bytes| CSeq::split(row).is_ok_and(|(_, method)| method == b"ACK");
        // Of the topmost Via only transport and host must make sense: the answer goes where the request came from.
        let top_via = self.headers.get(&HeaderName::Via).and_then(|row| scan::commas(row).next());
        let answerable = match start_line {
            StartLine::Response { .. } => false,
            StartLine::Request { method, .. } => *method != Some(Method::Ack),
        } && top_via.is_some_and(|via| RawVia::parse(via).is_ok())
            && MANDATORY.iter().all(|(bit, _)| self.seen & bit != 0)
            && !self.headers.all(&HeaderName::CSeq).any(acknowledges);
        let response = answerable.then(|| {
            let mut response = Response::new(StatusCode(status));
            response.reason = Bytes::from_static(reason.as_bytes());
            for row in self.headers.all(&HeaderName::Via) {
                response.headers.push(HeaderName::Via, row.clone());
            }
            for name in [HeaderName::From, HeaderName::To, HeaderName::CallId, HeaderName::CSeq] {
                if let Some(value) = self.headers.get(&name) {
                    response.headers.push(name, value.clone());
                }
            }
            Box::new(response)
        });
        Malformed { status, reason, response }
    }
}

/// RFC 3261 §8.1.1. Max-Forwards is not among them: RFC 2543 did not know it (RFC 4475 §3.4).
const MANDATORY: [(u8, &str); 5] = [
    (VIA, "Missing Via"),
    (FROM, "Missing From"),
    (TO, "Missing To"),
    (CALL_ID, "Missing Call-ID"),
    (CSEQ, "Missing CSeq"),
];

/// Room made for the fields before they are counted.
const ROWS_USUAL: usize = 20;

/// A value in one line, or joined from several.
enum FieldValue<'a> {
    One(&'a [u8]),
    Unfolded(Vec<u8>),
}

impl FieldValue<'_> {
    fn as_slice(&self) -> &[u8] {
        match self {
            FieldValue::One(text) => text,
            FieldValue::Unfolded(text) => text,
        }
    }

    /// RFC 3261 §7.3.1: a line end and the blanks around it count as one space.
    fn unfold(&mut self, more: &[u8]) {
        if more.is_empty() {
            return;
        }
        let mut text = match core::mem::replace(self, FieldValue::One(&[])) {
            FieldValue::One(text) => text.to_vec(),
            FieldValue::Unfolded(text) => text,
        };
        if !text.is_empty() {
            text.push(b' ');
        }
        text.extend_from_slice(more);
        *self = FieldValue::Unfolded(text);
    }
}

fn address_fits(value: &[u8]) -> bool {
    RawNameAddr::parse(value).and_then(|address| address.check()).is_ok()
}

/// `1*DIGIT "." 1*DIGIT`.
pub(super) fn is_version(text: &[u8]) -> bool {
    let mut numbers = text.split(|&b| b == b'.');
    let number = |field: Option<&[u8]>| field.is_some_and(|f| !f.is_empty() && f.iter().all(u8::is_ascii_digit));
    number(numbers.next()) && number(numbers.next()) && numbers.next().is_none()
}

#[cfg(test)]
mod tests;
