//! Where a trunk's servers are, and which of them is asked first (RFC 3263 §4.3).

use std::net::{IpAddr, SocketAddr};

use base::{Duration, Instant};
use config::TrunkTransport;
use sip::{Flow, Transport};

use super::{LineId, TrunkTimer};
use crate::Exchange;
use crate::io::{Locate, Located, Output};

/// Servers kept of one answer.
const SERVERS_MAX: usize = 16;
/// A server that failed comes last for so long.
const AVOIDED: Duration = Duration::from_secs(60);
/// A question that is not answered by then is asked again.
const QUESTION_PATIENCE: Duration = Duration::from_secs(30);
/// Between questions that found nothing: doubled from the first to the second.
const NOTHING_FOUND: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(300));
/// Within these an answer holds.
const HOLDS: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(86_400));

/// The servers of one trunk, best first.
#[derive(Debug, Default)]
pub(super) struct Servers {
    list: Vec<Server>,
    /// The question under way.
    asked: Option<u64>,
    /// Questions in a row that found nothing.
    pub(super) failures: u32,
}

#[derive(Clone, Debug)]
struct Server {
    /// As it is reached without a connection.
    fresh: Flow,
    /// As it is reached now.
    flow: Flow,
    failed_at: Option<Instant>,
}

impl Servers {
    /// Where requests go, in the order in which they are tried: those that failed lately come last.
    pub(super) fn order(&self, now: Instant) -> Vec<Flow> {
        let avoided = |s: &&Server| s.failed_at.is_some_and(|at| now.saturating_since(at) < AVOIDED);
        let (bad, good): (Vec<&Server>, Vec<&Server>) = self.list.iter().partition(avoided);
        good.into_iter().chain(bad).map(|s| s.flow).collect()
    }

    /// The port of ours that these servers reach us by, where `flow` goes to one of them: a connection that we opened
    /// has another one, on which nobody listens.
    pub(super) fn our_port(&self, flow: Flow) -> u16 {
        let server = self.list.iter().find(|s| s.flow == flow || s.fresh.peer == flow.peer);
        server.map_or(flow.local.port(), |s| s.fresh.local.port())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether this is one of its addresses.
    pub(super) fn has(&self, ip: IpAddr) -> bool {
        self.list.iter().any(|s| s.fresh.peer.ip() == ip)
    }

    /// Whether this is one of its addresses, port and all.
    pub(super) fn has_exactly(&self, peer: SocketAddr) -> bool {
        self.list.iter().any(|s| s.fresh.peer == peer)
    }

    /// A request to it was not answered, or with 503.
    pub(super) fn failed(&mut self, now: Instant, peer: SocketAddr) {
        for server in self.list.iter_mut().filter(|s| s.fresh.peer == peer) {
            server.failed_at = Some(now);
        }
    }

    /// It answered.
    pub(super) fn answered(&mut self, peer: SocketAddr) {
        for server in self.list.iter_mut().filter(|s| s.fresh.peer == peer) {
            server.failed_at = None;
        }
    }

    pub(super) fn flow_opened(&mut self, asked: Flow, flow: Flow) {
        for server in self.list.iter_mut().filter(|s| s.flow == asked) {
            server.flow = flow;
        }
    }

    /// True if a connection to one of them was lost.
    pub(super) fn flow_failed(&mut self, flow: Flow) -> bool {
        let mut lost = false;
        for server in self.list.iter_mut().filter(|s| s.flow == flow && flow.connection != 0) {
            server.flow = server.fresh;
            lost = true;
        }
        lost
    }

    fn take(&mut self, found: Vec<Located>) {
        let old = std::mem::take(&mut self.list);
        for Located { addr, transport, local, .. } in found.into_iter().take(SERVERS_MAX) {
            let fresh = Flow { transport, local, peer: addr, connection: 0 };
            // A connection to a server that is still one is kept, and what is known of it.
            let known = old.iter().find(|s| s.fresh == fresh).cloned();
            self.list.push(known.unwrap_or(Server { fresh, flow: fresh, failed_at: None }));
        }
    }
}

impl Exchange {
    /// Asks where a trunk's servers are.
    pub(super) fn locate_servers(&mut self, id: LineId) {
        self.trunks.last_question += 1;
        let question = self.trunks.last_question;
        let Some(line) = self.trunks.lines.get_mut(&id) else { return };
        if let Some(old) = line.servers.asked.replace(question) {
            self.trunks.questions.remove(&old);
        }
        let what = Locate::for_trunk(&line.trunk);
        self.trunks.questions.insert(question, id);
        self.trunks.timers.set(TrunkTimer::Locate(id), self.now + QUESTION_PATIENCE);
        self.put_out(Output::Locate { question, what });
    }

    /// Addresses of a server were found. Where none were, those known before still serve.
    pub(crate) fn located(&mut self, question: u64, targets: Vec<Located>, holds: Duration) {
        let Some(id) = self.trunks.questions.remove(&question) else { return };
        let Some(line) = self.trunks.lines.get_mut(&id) else { return };
        line.servers.asked = None;
        let first = line.servers.is_empty();
        let again = if targets.is_empty() {
            line.servers.failures = line.servers.failures.saturating_add(1);
            let doublings = (line.servers.failures - 1).min(16);
            (NOTHING_FOUND.0 * (1 << doublings)).min(NOTHING_FOUND.1)
        } else {
            line.servers.failures = 0;
            line.servers.take(targets);
            holds.clamp(HOLDS.0, HOLDS.1)
        };
        let begins = first && !line.servers.is_empty();
        self.trunks.timers.set(TrunkTimer::Locate(id), self.now + again);
        if begins {
            self.register_soon(id);
            self.begin_health(id);
        }
        self.trunk_changed(id);
    }
}

impl Locate {
    /// What is asked for a trunk (RFC 3263 §4): its proxy, if it has one, else its host.
    pub fn for_trunk(trunk: &config::Trunk) -> Locate {
        let transport = match trunk.transport {
            TrunkTransport::Auto => None,
            TrunkTransport::Udp => Some(Transport::Udp),
            TrunkTransport::Tcp => Some(Transport::Tcp),
            TrunkTransport::Tls => Some(Transport::Tls),
        };
        match &trunk.proxy {
            Some(proxy) => {
                let (host, port) = host_and_port(proxy);
                Locate { host: host.to_owned(), port, transport }
            }
            None => Locate { host: trunk.host.clone(), port: trunk.port, transport },
        }
    }
}

/// `host`, `host:port`, `[2001:db8::1]:port`, `2001:db8::1`.
pub(super) fn host_and_port(text: &str) -> (&str, Option<u16>) {
    if let Some(rest) = text.strip_prefix('[')
        && let Some((host, port)) = rest.split_once(']')
    {
        return (host, port.strip_prefix(':').and_then(|p| p.parse().ok()));
    }
    match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') => (host, port.parse().ok()),
        _ => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn servers(ips: &[&str]) -> Servers {
        let local = "10.0.0.1:5060".parse().unwrap();
        let found = ips.iter().map(|ip| Located {
            addr: format!("{ip}:5060").parse().unwrap(),
            transport: Transport::Udp,
            name: String::new(),
            local,
        });
        let mut servers = Servers::default();
        servers.take(found.collect());
        servers
    }

    fn order(servers: &Servers, now: Instant) -> Vec<String> {
        servers.order(now).iter().map(|flow| flow.peer.ip().to_string()).collect()
    }

    #[test]
    fn a_server_that_failed_comes_last_for_a_minute() {
        let mut s = servers(&["192.0.2.1", "192.0.2.2"]);
        let now = Instant::ZERO + Duration::from_secs(100);
        s.failed(now, "192.0.2.1:5060".parse().unwrap());
        assert_eq!(order(&s, now), ["192.0.2.2", "192.0.2.1"]);
        assert_eq!(order(&s, now + AVOIDED), ["192.0.2.1", "192.0.2.2"]);
        s.answered("192.0.2.1:5060".parse().unwrap());
        assert_eq!(order(&s, now), ["192.0.2.1", "192.0.2.2"]);
        assert!(s.has("192.0.2.2".parse().unwrap()) && !s.has("192.0.2.3".parse().unwrap()));
    }

    #[test]
    fn a_proxy_may_bear_a_port() {
        assert_eq!(host_and_port("proxy.example:5070"), ("proxy.example", Some(5070)));
        assert_eq!(host_and_port("proxy.example"), ("proxy.example", None));
        assert_eq!(host_and_port("[2001:db8::1]:5070"), ("2001:db8::1", Some(5070)));
        assert_eq!(host_and_port("2001:db8::1"), ("2001:db8::1", None));
    }
}
