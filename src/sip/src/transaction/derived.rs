//! The two requests that are made of an INVITE on the wire: its ACK and its CANCEL.
//!
//! They are seldom needed, so the INVITE is kept as printed and read again.

use bytes::Bytes;

use crate::message::{self, HeaderName, Message, Method, Request, Response};

/// RFC 3261 §17.1.1.3: the ACK to a 300–699.
pub(super) fn ack(invite: &Bytes, response: &Response) -> Option<Bytes> {
    // "The To header field in the ACK MUST equal the To header field in the response being acknowledged".
    let to = response.headers.get(&HeaderName::To)?.clone();
    Some(derive(invite, Method::Ack, Some(to))?.to_bytes())
}

/// RFC 3261 §9.1: the CANCEL.
pub(super) fn cancel(invite: &Bytes) -> Option<Bytes> {
    Some(derive(invite, Method::Cancel, None)?.to_bytes())
}

/// The same message with a Reason header.
pub(super) fn with_reason(request: &Bytes, reason: Bytes) -> Option<Bytes> {
    let Ok(Some(Message::Request(mut request))) = message::parse(request.clone()) else { return None };
    request.headers.push(HeaderName::Reason, reason);
    Some(request.to_bytes())
}

fn derive(invite: &Bytes, method: Method, to: Option<Bytes>) -> Option<Request> {
    let Ok(Some(Message::Request(invite))) = message::parse(invite.clone()) else { return None };
    let old = &invite.headers;
    let cseq = old.cseq().ok()?.number;
    let mut request = Request::new(method, invite.uri.clone());
    let new = &mut request.headers;
    // One Via only, equal to the top one of the INVITE: the branch ties them together.
    new.push(HeaderName::Via, old.get(&HeaderName::Via)?.clone());
    // RFC 3261 §17.1.1.3 and §9.1: the same Route values.
    for route in old.all(&HeaderName::Route) {
        new.push(HeaderName::Route, route.clone());
    }
    new.push(HeaderName::MaxForwards, "70");
    new.push(HeaderName::From, old.get(&HeaderName::From)?.clone());
    let to = match to {
        Some(to) => to,
        None => old.get(&HeaderName::To)?.clone(),
    };
    new.push(HeaderName::To, to);
    new.push(HeaderName::CallId, old.get(&HeaderName::CallId)?.clone());
    new.push(HeaderName::CSeq, format!("{cseq} {}", request.method));
    Some(request)
}
