//! Cutting messages out of a byte stream (RFC 3261 §18.3, RFC 5626 §3.5.1).

use bytes::Bytes;

use crate::message::{self, MESSAGE_MAX, Message, Response, StatusCode, scan};

/// Cuts the messages out of one TCP or TLS connection.
///
/// Feed what was read with [`Framer::push`], then call [`Framer::next`] until it gives `None`. Holds at most
/// [`BUFFER_MAX`] octets, and next to nothing between messages. After an error the place of the next message
/// cannot be known: the connection is to be closed, and every further call gives the error again.
#[derive(Debug, Default)]
pub struct Framer {
    buffer: Vec<u8>,
    /// Octets of `buffer` already handed out.
    start: usize,
    /// How far after `start` the end of the header fields has been looked for.
    searched: usize,
    /// The length of the message at `start`, once its header fields are complete.
    length: Option<usize>,
    failed: Option<FramingError>,
}

/// What a stream holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// One whole message, for [`message::parse`].
    Message(Bytes),
    /// A ping: answer with one CRLF (RFC 5626 §3.5.1).
    KeepAlive,
}

/// Why a stream cannot be read on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fault}")]
pub struct FramingError {
    /// What is wrong.
    pub fault: FramingFault,
    response: Option<Box<Response>>,
}

/// What is wrong with a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FramingFault {
    /// No Content-Length, without which the end is unknown (RFC 3261 §18.3).
    #[error("missing content-length")]
    NoLength,
    /// A Content-Length that is no number, or more than one.
    #[error("malformed content-length")]
    BadLength,
    /// A message larger than [`MESSAGE_MAX`].
    #[error("message too large")]
    TooLarge,
    /// More was pushed than [`BUFFER_MAX`] without taking the messages out.
    #[error("receive buffer overrun")]
    Overrun,
}

/// The most a [`Framer`] holds: the largest message and one large read.
pub const BUFFER_MAX: usize = 2 * MESSAGE_MAX;

/// What an idle connection may keep allocated.
const IDLE_CAPACITY: usize = 2_048;

impl FramingError {
    /// The answer to send before closing, without a To tag; `None` where nobody could take it.
    pub fn response(&self) -> Option<Response> {
        self.response.as_deref().cloned()
    }
}

impl Framer {
    /// A framer for a fresh connection.
    pub fn new() -> Framer {
        Framer::default()
    }

    /// Takes what was read. Beyond [`BUFFER_MAX`] it is thrown away and [`Framer::next`] says so.
    pub fn push(&mut self, read: &[u8]) {
        if self.failed.is_some() {
            return;
        }
        self.compact();
        if self.buffer.len() + read.len() > BUFFER_MAX {
            self.fail(FramingFault::Overrun, None);
            return;
        }
        self.buffer.extend_from_slice(read);
    }

    /// The next message or ping, if it is complete.
    #[allow(clippy::should_implement_trait)] // an iterator that gives `None` has ended; this one waits
    pub fn next(&mut self) -> Result<Option<Frame>, FramingError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let outcome = self.step();
        if let Err(error) = &outcome {
            self.failed = Some(error.clone());
            self.buffer = Vec::new();
            self.start = 0;
        }
        outcome
    }

    fn step(&mut self) -> Result<Option<Frame>, FramingError> {
        if self.length.is_none() {
            match self.line_ends() {
                LineEnds::Ping => return Ok(Some(Frame::KeepAlive)),
                LineEnds::Wait => return Ok(None),
                LineEnds::None => self.length = self.message_length()?,
            }
        }
        let Some(length) = self.length else { return Ok(None) };
        let Some(message) = self.buffer[self.start..].get(..length) else { return Ok(None) };
        let message = Bytes::copy_from_slice(message);
        self.consume(length);
        Ok(Some(Frame::Message(message)))
    }

    /// Deals with line ends before a message: two are a ping, a single one is a pong or sloppiness
    /// (RFC 3261 §7.5) and is dropped.
    fn line_ends(&mut self) -> LineEnds {
        if self.searched > 0 {
            return LineEnds::None; // a message has begun
        }
        loop {
            match &self.buffer[self.start..] {
                [b'\r', b'\n', b'\r', b'\n', ..] => {
                    self.consume(4);
                    return LineEnds::Ping;
                }
                [] | [b'\r'] | [b'\r', b'\n'] | [b'\r', b'\n', b'\r'] => return LineEnds::Wait,
                [b'\r', b'\n', ..] => self.consume(2),
                [b'\n' | b'\r', ..] => self.consume(1),
                _ => return LineEnds::None,
            }
        }
    }

    /// The length of the message at `start`, if its header fields are complete.
    fn message_length(&mut self) -> Result<Option<usize>, FramingError> {
        let text = &self.buffer[self.start..];
        let Some(head) = head_end(text, self.searched) else {
            self.searched = text.len().saturating_sub(2).max(1);
            if text.len() > MESSAGE_MAX {
                return Err(FramingError { fault: FramingFault::TooLarge, response: None });
            }
            return Ok(None);
        };
        let head_text = &text[..head];
        let refuse = |fault| Err(FramingError { fault, response: refusal(fault, head_text) });
        match content_length(head_text) {
            Err(()) => refuse(FramingFault::BadLength),
            Ok(None) => refuse(FramingFault::NoLength),
            Ok(Some(body)) => match head.checked_add(body).filter(|whole| *whole <= MESSAGE_MAX) {
                Some(whole) => Ok(Some(whole)),
                None => refuse(FramingFault::TooLarge),
            },
        }
    }

    fn consume(&mut self, octets: usize) {
        self.start += octets;
        self.searched = 0;
        self.length = None;
        if self.start == self.buffer.len() {
            self.compact();
        }
    }

    /// Moves what is left to the front; gives a large buffer back when nothing is left.
    fn compact(&mut self) {
        if self.start == 0 {
            return;
        }
        self.buffer.drain(..self.start);
        self.start = 0;
        if self.buffer.is_empty() && self.buffer.capacity() > IDLE_CAPACITY {
            self.buffer = Vec::new();
        }
    }

    fn fail(&mut self, fault: FramingFault, response: Option<Box<Response>>) {
        self.failed = Some(FramingError { fault, response });
        self.buffer = Vec::new();
        self.start = 0;
    }
}

enum LineEnds {
    Ping,
    Wait,
    None,
}

/// Where the body begins: after the first empty line, as [`message::parse`] sees it.
fn head_end(text: &[u8], from: usize) -> Option<usize> {
    let mut at = from.saturating_sub(1);
    loop {
        at += text.get(at..)?.iter().position(|&b| b == b'\n')? + 1;
        match &text[at..] {
            [b'\n', ..] => return Some(at + 1),
            [b'\r', b'\n', ..] => return Some(at + 2),
            _ => {}
        }
    }
}

/// The one Content-Length among the fields; an error if it is no number or there are several.
fn content_length(head: &[u8]) -> Result<Option<usize>, ()> {
    let mut lines = head.split(|&b| b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line)).skip(1).peekable();
    let mut found = None;
    while let Some(line) = lines.next() {
        let Some(colon) = line.iter().position(|&b| b == b':') else { continue };
        let name = scan::trim_end(&line[..colon]);
        let is_length = name.eq_ignore_ascii_case(b"Content-Length") || name.eq_ignore_ascii_case(b"l");
        let mut value = scan::trim(&line[colon + 1..]);
        while let Some(more) = lines.next_if(|line| matches!(line.first(), Some(b' ' | b'\t'))) {
            match (value.is_empty(), scan::trim(more)) {
                (true, more) => value = more,
                (false, more) if is_length && !more.is_empty() => return Err(()),
                _ => {}
            }
        }
        if is_length {
            let number = scan::number(value).and_then(|n| usize::try_from(n).ok()).ok_or(())?;
            if found.replace(number).is_some() {
                return Err(());
            }
        }
    }
    Ok(found)
}

/// The answer to a request whose end cannot be found.
fn refusal(fault: FramingFault, head: &[u8]) -> Option<Box<Response>> {
    let status = match fault {
        FramingFault::TooLarge => StatusCode::MESSAGE_TOO_LARGE,
        _ => StatusCode::BAD_REQUEST,
    };
    match message::parse(Bytes::copy_from_slice(head)) {
        Ok(Some(Message::Request(request))) if request.method != message::Method::Ack => {
            let mut response = Response::to(&request, status);
            if fault == FramingFault::NoLength {
                response.reason = Bytes::from_static(b"Missing Content-Length");
            }
            Some(Box::new(response))
        }
        Ok(_) => None,
        Err(malformed) => malformed.response().map(|mut response| {
            if fault == FramingFault::TooLarge {
                response.status = status;
                response.reason = Bytes::from_static(status.reason_phrase().as_bytes());
            }
            Box::new(response)
        }),
    }
}

#[cfg(test)]
mod tests;
