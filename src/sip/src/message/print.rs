//! Printing messages.

use bytes::Bytes;

use super::{HeaderName, Headers, Message, Request, Response, scan};

impl Message {
    /// The message as it goes on the wire, with the right Content-Length.
    pub fn to_bytes(&self) -> Bytes {
        match self {
            Message::Request(request) => request.to_bytes(),
            Message::Response(response) => response.to_bytes(),
        }
    }
}

impl Request {
    /// The request as it goes on the wire, with the right Content-Length.
    pub fn to_bytes(&self) -> Bytes {
        let mut out = Vec::with_capacity(64 + size(&self.headers, &self.body));
        out.extend_from_slice(self.method.as_bytes());
        out.push(b' ');
        // RFC 3261 §19.1.1: a Request-URI has no headers, even if the Contact it was taken from had.
        self.uri.write_without_headers(&mut out);
        blank_controls(&mut out, 0);
        out.extend_from_slice(b" SIP/2.0\r\n");
        finish(out, &self.headers, &self.body)
    }
}

impl Response {
    /// The response as it goes on the wire, with the right Content-Length.
    pub fn to_bytes(&self) -> Bytes {
        let mut out = Vec::with_capacity(32 + self.reason.len() + size(&self.headers, &self.body));
        out.extend_from_slice(b"SIP/2.0 ");
        write_number(&mut out, self.status.0.into());
        out.push(b' ');
        write_text(&mut out, &self.reason);
        out.extend_from_slice(b"\r\n");
        finish(out, &self.headers, &self.body)
    }
}

/// What the fields and the body take at most.
fn size(headers: &Headers, body: &Bytes) -> usize {
    headers.iter().map(|(name, value)| name.as_bytes().len() + value.len() + 4).sum::<usize>() + body.len() + 32
}

/// Adds fields, blank line and body. Content-Length stands where the message has it, else last.
fn finish(mut out: Vec<u8>, headers: &Headers, body: &Bytes) -> Bytes {
    let mut length_written = false;
    for (name, value) in headers.iter() {
        if *name == HeaderName::ContentLength {
            if !length_written {
                write_length(&mut out, body.len());
            }
            length_written = true;
            continue;
        }
        let start = out.len();
        out.extend_from_slice(name.as_bytes());
        if let HeaderName::Other(_) = name {
            blank_controls(&mut out, start);
        }
        out.extend_from_slice(b": ");
        write_text(&mut out, value);
        out.extend_from_slice(b"\r\n");
    }
    if !length_written {
        write_length(&mut out, body.len());
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(body);
    Bytes::from(out)
}

fn write_length(out: &mut Vec<u8>, length: usize) {
    out.extend_from_slice(b"Content-Length: ");
    write_number(out, u32::try_from(length).unwrap_or(u32::MAX));
    out.extend_from_slice(b"\r\n");
}

/// Writes a value. A control character (a line end above all) becomes a space: whatever text found its way
/// into a value, it cannot begin a header field of its own.
fn write_text(out: &mut Vec<u8>, value: &[u8]) {
    let start = out.len();
    out.extend_from_slice(value);
    blank_controls(out, start);
}

fn blank_controls(out: &mut [u8], start: usize) {
    let mut at = start;
    while let Some(found) = scan::find_control(&out[at..]) {
        out[at + found] = b' ';
        at += found + 1;
    }
}

/// Writes a number in decimal.
pub(crate) fn write_number(out: &mut Vec<u8>, number: u32) {
    let mut digits = [0u8; 10];
    let mut at = digits.len();
    let mut rest = number;
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}
