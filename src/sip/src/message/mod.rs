//! SIP messages: tolerant where real phones need it, strict where safety needs it.
//!
//! The only module that may name `rsip` (which gives methods, status codes and the header
//! vocabulary); scanning, splitting and printing are ours.
//!
//! Values are slices of the datagram they came in: cheap to pass on, but one value that is kept keeps the
//! whole datagram. What lives long is copied out by `detach`.

use bytes::Bytes;

mod cseq;
mod headers;
mod method;
mod name;
mod name_addr;
mod params;
mod parse;
mod print;
pub(crate) mod scan;
mod status;
mod uri;
mod via;

pub use cseq::CSeq;
pub use headers::{Headers, VALUES_MAX};
pub use method::{METHOD_MAX, Method};
pub use name::{HeaderName, NAME_MAX};
pub use name_addr::{Contacts, NameAddr};
pub use params::{PARAMS_MAX, Params, quoted};
pub use parse::{HEADERS_MAX, MESSAGE_MAX, Malformed, START_LINE_MAX, VALUE_MAX, parse};
pub use scan::ParseError;
pub use status::StatusCode;
pub use uri::{Host, Scheme, Uri};
pub use via::Via;

/// A request or a response.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant)] // most messages are requests, and whoever queues them boxes them
pub enum Message {
    /// A request.
    Request(Request),
    /// A response.
    Response(Response),
}

/// A request (RFC 3261 §7.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What is asked.
    pub method: Method,
    /// Of whom.
    pub uri: Uri,
    /// The header fields, in order.
    pub headers: Headers,
    /// The body, octet for octet.
    pub body: Bytes,
}

/// A response (RFC 3261 §7.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// 100–699.
    pub status: StatusCode,
    /// The reason phrase.
    pub reason: Bytes,
    /// The header fields, in order.
    pub headers: Headers,
    /// The body, octet for octet.
    pub body: Bytes,
}

impl Message {
    /// Its header fields.
    pub fn headers(&self) -> &Headers {
        match self {
            Message::Request(request) => &request.headers,
            Message::Response(response) => &response.headers,
        }
    }

    /// Its body.
    pub fn body(&self) -> &Bytes {
        match self {
            Message::Request(request) => &request.body,
            Message::Response(response) => &response.body,
        }
    }
}

impl Request {
    /// A request without header fields and body.
    pub fn new(method: Method, uri: Uri) -> Request {
        Request { method, uri, headers: Headers::with_capacity(12), body: Bytes::new() }
    }

    /// Sets body and Content-Type; an empty body takes the Content-Type away.
    pub fn set_body(&mut self, content_type: &str, body: Bytes) {
        self.body = set_body(&mut self.headers, content_type, body);
    }

    /// A copy that shares no octets with the datagram it came in.
    pub fn detach(&self) -> Request {
        Request {
            method: match &self.method {
                Method::Other(token) => Method::Other(Bytes::copy_from_slice(token)),
                known => known.clone(),
            },
            uri: self.uri.detach(),
            headers: self.headers.detach(),
            body: Bytes::copy_from_slice(&self.body),
        }
    }
}

impl Response {
    /// A response with the customary reason phrase, without header fields and body.
    pub fn new(status: StatusCode) -> Response {
        let reason = Bytes::from_static(status.reason_phrase().as_bytes());
        Response { status, reason, headers: Headers::with_capacity(10), body: Bytes::new() }
    }

    /// A response to `request`: Via, From, To, Call-ID and CSeq are copied (RFC 3261 §8.2.6.2), Timestamp into
    /// a 100 (§8.2.6.1), Record-Route where a dialog may begin (§12.1.1).
    pub fn to(request: &Request, status: StatusCode) -> Response {
        let mut response = Response::new(status);
        let dialog = matches!(request.method, Method::Invite | Method::Subscribe | Method::Refer)
            && (101..300).contains(&status.0);
        for (name, value) in request.headers.iter() {
            let wanted = match name {
                HeaderName::Via | HeaderName::From | HeaderName::To | HeaderName::CallId | HeaderName::CSeq => true,
                HeaderName::Timestamp => status == StatusCode::TRYING,
                HeaderName::RecordRoute => dialog,
                _ => false,
            };
            if wanted {
                response.headers.push(name.clone(), value.clone());
            }
        }
        response
    }

    /// Adds a tag to To; a tag that is there stays (RFC 3261 §8.2.6.2).
    pub fn set_to_tag(&mut self, tag: &str) {
        self.headers.set_to_tag(tag);
    }

    /// Sets body and Content-Type; an empty body takes the Content-Type away.
    pub fn set_body(&mut self, content_type: &str, body: Bytes) {
        self.body = set_body(&mut self.headers, content_type, body);
    }

    /// A copy that shares no octets with the datagram it came in.
    pub fn detach(&self) -> Response {
        Response {
            status: self.status,
            reason: Bytes::copy_from_slice(&self.reason),
            headers: self.headers.detach(),
            body: Bytes::copy_from_slice(&self.body),
        }
    }
}

fn set_body(headers: &mut Headers, content_type: &str, body: Bytes) -> Bytes {
    if body.is_empty() {
        headers.remove(&HeaderName::ContentType);
    } else {
        headers.set(HeaderName::ContentType, content_type.to_owned());
    }
    body
}

impl From<Request> for Message {
    fn from(request: Request) -> Message {
        Message::Request(request)
    }
}

impl From<Response> for Message {
    fn from(response: Response) -> Message {
        Message::Response(response)
    }
}
