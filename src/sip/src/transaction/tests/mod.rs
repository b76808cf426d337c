//! Tests of the layer: tables of each machine, matching, ladders between two layers over a bad network.

mod chaos;
mod ladders;
mod layer;
mod machines;
mod network;

use base::{Duration, Instant, Random};
use bytes::Bytes;

use super::*;
use crate::Transport;
use crate::message::{self, Message, Method, Request, Response, StatusCode};

/// The box and the phone of all these tests.
pub(super) const BOX: &str = "192.0.2.1:5060";
pub(super) const PHONE: &str = "192.0.2.20:5062";

pub(super) fn at(ms: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(ms)
}

pub(super) fn flow(transport: Transport, local: &str, peer: &str) -> Flow {
    let connection = u64::from(transport.is_reliable());
    Flow { transport, local: local.parse().unwrap(), peer: peer.parse().unwrap(), connection }
}

pub(super) fn udp() -> Flow {
    flow(Transport::Udp, BOX, PHONE)
}

pub(super) fn tcp() -> Flow {
    flow(Transport::Tcp, BOX, PHONE)
}

pub(super) fn layer() -> TransactionLayer {
    TransactionLayer::new(TransactionLimits::default(), Random::from_number(1))
}

pub(super) fn parse(bytes: &[u8]) -> Message {
    message::parse(Bytes::copy_from_slice(bytes)).unwrap().unwrap()
}

pub(super) fn parse_request(text: &str) -> Request {
    match parse(text.replace('\n', "\r\n").as_bytes()) {
        Message::Request(request) => request,
        Message::Response(_) => panic!("a response"),
    }
}

/// A request of ours, without a Via.
pub(super) fn ours(method: Method) -> Request {
    let mut request = Request::new(method, message::Uri::parse(b"sip:101@192.0.2.20:5062").unwrap());
    let headers = &mut request.headers;
    headers.push(message::HeaderName::Route, "<sip:192.0.2.20:5062;lr>");
    headers.push(message::HeaderName::MaxForwards, "70");
    headers.push(message::HeaderName::From, "<sip:102@192.0.2.1>;tag=a");
    headers.push(message::HeaderName::To, "<sip:101@192.0.2.1>");
    headers.push(message::HeaderName::CallId, "call-1");
    headers.push(message::HeaderName::CSeq, format!("7 {}", request.method));
    request
}

/// A request of the phone's; `via` is what follows the transport in its Via.
pub(super) fn theirs(method: &str, via: &str) -> Request {
    parse_request(&format!(
        "{method} sip:102@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP {via}\nMax-Forwards: 70\nFrom: <sip:101@192.0.2.1>;tag=b\n\
         To: <sip:102@192.0.2.1>\nCall-ID: call-2\nCSeq: 3 {method}\nContent-Length: 0\n\n"
    ))
}

pub(super) fn respond_to(request: &Request, status: u16) -> Response {
    let mut response = Response::to(request, StatusCode(status));
    if status > 100 {
        response.set_to_tag("ours");
    }
    response
}

/// All that waits to be sent: the start line and the peer.
pub(super) fn sent(layer: &mut TransactionLayer) -> Vec<String> {
    std::iter::from_fn(|| layer.poll_transmit()).map(|t| start_line(&t.bytes)).collect()
}

/// All that waits to be sent, parsed.
pub(super) fn messages(layer: &mut TransactionLayer) -> Vec<(Flow, Message)> {
    std::iter::from_fn(|| layer.poll_transmit()).map(|t| (t.flow, parse(&t.bytes))).collect()
}

pub(super) fn events(layer: &mut TransactionLayer) -> Vec<TransactionEvent> {
    std::iter::from_fn(|| layer.poll_event()).collect()
}

/// `INVITE`, `200`, …
pub(super) fn start_line(bytes: &[u8]) -> String {
    match parse(bytes) {
        Message::Request(request) => request.method.to_string(),
        Message::Response(response) => response.status.0.to_string(),
    }
}

/// Lets time pass up to `until`, timer by timer; what was sent, with the time in ms.
pub(super) fn pass(layer: &mut TransactionLayer, until: Instant) -> Vec<String> {
    sent(layer); // of before
    let mut log = Vec::new();
    while let Some(next) = layer.poll_timeout().filter(|next| *next <= until) {
        layer.handle_timeout(next);
        for line in sent(layer) {
            log.push(format!("{} {line}", next.as_nanos() / 1_000_000));
        }
    }
    log
}
