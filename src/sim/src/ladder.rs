//! What passed between the box and the phones, as lines that a person reads.

use std::net::SocketAddr;

use base::Instant;
use sdp::Session;
use sip::message::{HeaderName, Message, Method};

/// Lines kept; older ones make room.
const LINES_MAX: usize = 4_000;

/// The messages that the box received and sent, in order.
#[derive(Clone, Debug, Default)]
pub struct Ladder {
    lines: std::collections::VecDeque<String>,
    quiet: Vec<Method>,
}

impl Ladder {
    /// Leaves messages of this method, and the answers to them, out.
    pub fn leave_out(&mut self, method: Method) {
        self.quiet.push(method);
    }

    /// Forgets what was noted.
    pub fn clear(&mut self) {
        self.lines.clear();
    }

    /// Notes a message.
    pub fn message(&mut self, at: Instant, from: &str, to: &str, message: &Message) {
        let method = match message {
            Message::Request(request) => Some(request.method.clone()),
            Message::Response(response) => response.headers.cseq().ok().map(|cseq| cseq.method),
        };
        if method.is_some_and(|method| self.quiet.contains(&method)) {
            return;
        }
        self.note(at, &format!("{from} > {to} {}", summary(message)));
    }

    /// Notes anything else.
    pub fn note(&mut self, at: Instant, text: &str) {
        let millis = at.as_nanos() / 1_000_000;
        if self.lines.len() == LINES_MAX {
            self.lines.pop_front();
        }
        self.lines.push_back(format!("{:03}.{:03} {text}", millis / 1000, millis % 1000));
    }

    /// The last lines.
    pub fn tail(&self, lines: usize) -> String {
        let skipped = self.lines.len().saturating_sub(lines);
        self.lines.iter().skip(skipped).map(|line| format!("{line}\n")).collect()
    }

    /// All lines.
    pub fn text(&self) -> String {
        self.tail(usize::MAX)
    }
}

/// `INVITE sendonly`, `183 INVITE sendrecv`, `200 BYE`.
fn summary(message: &Message) -> String {
    let mut out = match message {
        Message::Request(request) => request.method.to_string(),
        Message::Response(response) => {
            let method = response.headers.cseq().map(|cseq| cseq.method.to_string()).unwrap_or_default();
            format!("{} {method}", response.status.code())
        }
    };
    if let Message::Request(request) = message
        && request.method == Method::Refer
        && let Some(target) = request.headers.get(&HeaderName::ReferTo)
    {
        let kind = if target.windows(9).any(|part| part == b"Replaces=") { "attended" } else { "blind" };
        out.push_str(&format!(" {kind}"));
    }
    if let Message::Request(request) = message
        && request.method == Method::Notify
        && let Some(Ok(said)) = crate::lamp::describe(request)
    {
        out.push_str(&format!(" {said}"));
    }
    if let Some(audio) = Session::parse(message.body()).ok().as_ref().and_then(Session::audio) {
        out.push_str(&format!(" {}", audio.1.direction));
    } else if message.body().starts_with(b"SIP/2.0 ") {
        let status = message.body().split(|octet| *octet == b'\r').next().unwrap_or_default();
        out.push_str(&format!(" “{}”", String::from_utf8_lossy(&status[8..])));
    }
    out
}

/// A name for an address: the extension of a phone, `pbx` for the box.
pub(crate) fn name_of(address: SocketAddr) -> String {
    if address == crate::BOX {
        return "pbx".to_owned();
    }
    match address.ip() {
        std::net::IpAddr::V4(ip) if ip.octets()[..3] == [10, 0, 1] => ip.octets()[3].to_string(),
        std::net::IpAddr::V4(ip) if ip.octets()[..3] == [10, 0, 2] => format!("p{}", ip.octets()[3]),
        _ => address.to_string(),
    }
}
