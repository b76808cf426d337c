//! The top Via: what we write into it, and where it sends a response (RFC 3261 §18, RFC 3581).

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;

use crate::message::{Host, Request, Response, Via};
use crate::{Flow, Transport};

/// RFC 3261 §18.2.1: the port of a sent-by that names none.
fn default_port(transport: Transport) -> u16 {
    match transport {
        Transport::Udp | Transport::Tcp => 5060,
        Transport::Tls => 5061,
        Transport::Ws => 80,
        Transport::Wss => 443,
    }
}

/// Writes `received` and `rport` into the top Via of a request just received, as it must be before any response is
/// made of it (RFC 3261 §18.2.1, RFC 3581 §4). Does nothing if they are there already.
pub fn stamp(request: &mut Request, flow: Flow) {
    if let Some(via) = request.headers.via().ok().and_then(|via| stamped(via, flow)) {
        request.headers.set_top_via(&via);
    }
}

/// The same for a response made of a request that was not stamped.
pub(super) fn stamp_response(response: &Response, flow: Flow) -> Option<Response> {
    let via = stamped(response.headers.via().ok()?, flow)?;
    let mut response = response.clone();
    response.headers.set_top_via(&via);
    Some(response)
}

/// The Via with the source of its request, or `None` if it is right as it is.
pub(super) fn stamped(mut via: Via, flow: Flow) -> Option<Via> {
    let source = SocketAddr::new(flow.peer.ip().to_canonical(), flow.peer.port());
    let wants_rport = via.params.has("rport");
    // RFC 3581 §4: with `rport`, `received` is written even where it says nothing new.
    let received = (wants_rport || via.host != Host::Ip(source.ip())).then(|| Bytes::from(source.ip().to_string()));
    let rport = wants_rport.then(|| Bytes::from(source.port().to_string()));
    // A value that the sender wrote itself is not believed: it would draw our response elsewhere.
    if via.params.value("received") == received.as_ref()
        && via.params.value("rport") == rport.as_ref()
        && via.params.has("received") == received.is_some()
    {
        return None;
    }
    match received {
        Some(received) => via.params.set("received", Some(received)),
        None => {
            via.params.remove("received");
        }
    }
    if let Some(rport) = rport {
        via.params.set("rport", Some(rport));
    }
    Some(via)
}

/// Where a response goes whose request came on `flow` (RFC 3261 §18.2.2).
///
/// Deviation: `maddr` is not obeyed: it lets a stranger send our responses to anybody.
pub(super) fn answer_to(via: Option<&Via>, flow: Flow) -> Flow {
    let Some(via) = via.filter(|_| flow.transport == Transport::Udp) else {
        return flow; // RFC 3261 §18.2.2: the same connection.
    };
    if via.params.has("rport") {
        return flow; // RFC 3581 §4: to the source port, from the port that it came to.
    }
    Flow { peer: SocketAddr::new(flow.peer.ip(), sent_by_port(Some(via), flow.transport)), ..flow }
}

/// The port of the sent-by.
pub(super) fn sent_by_port(via: Option<&Via>, transport: Transport) -> u16 {
    via.and_then(|via| via.port).filter(|port| *port != 0).unwrap_or(default_port(transport))
}

/// Where a response goes whose connection has ended (RFC 3261 §18.2.2: a new connection to `received` and the port of
/// the sent-by). `None` where no new one can be had: the end of a TLS connection must not be taken by whoever listens
/// there, and a browser listens nowhere.
pub(super) fn answer_after_failure(flow: Flow, sent_by_port: u16) -> Option<Flow> {
    (flow.transport == Transport::Tcp && flow.connection != 0).then(|| Flow {
        transport: Transport::Tcp,
        local: SocketAddr::new(flow.local.ip(), 0),
        peer: SocketAddr::new(flow.peer.ip(), sent_by_port),
        connection: 0,
    })
}

/// Our own Via value for a request on `flow`.
pub(super) fn own_via(flow: Flow, branch: &str) -> String {
    let mut out = String::with_capacity(96);
    // Writing to a String does not fail.
    let _ = write!(out, "SIP/2.0/{} ", flow.transport.via_name());
    let _ = match flow.local.ip().to_canonical() {
        IpAddr::V4(ip) => write!(out, "{ip}"),
        IpAddr::V6(ip) => write!(out, "[{ip}]"),
    };
    if flow.local.port() != 0 {
        let _ = write!(out, ":{}", flow.local.port());
    }
    let _ = write!(out, ";branch={branch}");
    if flow.transport == Transport::Udp {
        out.push_str(";rport"); // RFC 3581 §3.
    }
    out
}
