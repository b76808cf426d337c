//! The walk of RFC 3263 §4: transport first, then port and address.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::future::join_all;
use sip::Transport;

use super::ask::{Answer, AskError, shorter};
use super::order::{self, Srv};
use super::question::clamp_holds;
use super::{LocateError, Located, Locator, Loopback, Question, TARGETS_MAX, Target};

/// Addresses of one SRV target that are tried before the next target's turn.
const ADDRESSES_PER_TARGET: usize = 4;

/// What the question alone decides.
pub(super) struct Plan {
    /// The transport used when records do not choose one.
    transport: Transport,
    /// Whether records may choose: none is given, nor a port.
    open: bool,
    port: Option<u16>,
    secure: bool,
}

/// An SRV record and the transport of its service.
struct Way {
    srv: Srv,
    transport: Transport,
}

impl Plan {
    pub(super) fn new(question: &Question) -> Result<Plan, LocateError> {
        let transport = match (question.transport, question.secure) {
            (Some(Transport::Udp), true) => return Err(LocateError::Insecure { transport: Transport::Udp }),
            // RFC 3261 §26.2.2: `sips` with `transport=tcp` means TLS over TCP.
            (Some(Transport::Tcp | Transport::Tls) | None, true) => Transport::Tls,
            (Some(Transport::Ws | Transport::Wss), true) => Transport::Wss,
            (Some(transport), false) => transport,
            (None, false) => Transport::Udp,
        };
        let open = question.transport.is_none() && question.port.is_none();
        Ok(Plan { transport, open, port: question.port, secure: question.secure })
    }

    /// A literal address is answered at once (RFC 3263 §4.2).
    pub(super) fn at_address(&self, ip: IpAddr, host: String) -> Result<Located, LocateError> {
        let addr = SocketAddr::new(ip, self.port.unwrap_or(default_port(self.transport)));
        if !sendable(addr) {
            return Err(LocateError::Refused { host });
        }
        let target = Target { addr, transport: self.transport, priority: 0, weight: 0, host };
        Ok(Located { targets: vec![target], holds: clamp_holds(Some(Duration::MAX)) })
    }

    /// The SRV services to ask when NAPTR has not named them, most preferred first. RFC 3263 §4.1 leaves the order
    /// to the client: UDP first, as it would be without any record; TLS last, for nobody asked for it.
    fn services(&self, name: &str) -> Vec<(String, Transport)> {
        let all = [
            ("_sip._udp", Transport::Udp),
            ("_sip._tcp", Transport::Tcp),
            // RFC 3263 §4.2: `_sips` also for a sip URI that wishes TLS.
            ("_sips._tcp", Transport::Tls),
        ];
        let wanted = |t: Transport| if self.open && !self.secure { true } else { t == self.transport };
        all.into_iter().filter(|&(_, t)| wanted(t)).map(|(service, t)| (format!("{service}.{name}"), t)).collect()
    }
}

/// The whole walk for a name.
pub(super) async fn locate(locator: &Locator, plan: &Plan, name: &str) -> Result<Located, LocateError> {
    if plan.port.is_some() {
        return hosts(locator, plan, name, Some(Duration::MAX)).await;
    }
    let mut holds = Some(Duration::MAX);
    if plan.open {
        match locator.inner.asker.naptr(name).await {
            Ok(answer) => {
                let ways = order::by_preference(answer.records, plan.secure);
                let within = shorter(holds, answer.holds);
                if let Some(found) = services(locator, name, &ways, within).await? {
                    return Ok(found);
                }
            }
            Err(AskError::Nothing) => {}
            // Deviation: RFC 3263 §4.1 goes on only where there are no NAPTR records; home routers that drop or
            // refuse the type are common, and SRV and A then still lead to the server.
            Err(AskError::NoServers) => return Err(LocateError::NoServers),
            Err(_) => holds = None,
        }
    }
    // Also after NAPTR records that led nowhere: the domain must keep SRV records of its own (RFC 3263 §4.1).
    match services(locator, name, &plan.services(name), holds).await? {
        Some(found) => Ok(found),
        None => hosts(locator, plan, name, holds).await,
    }
}

/// Targets by SRV; `None` when there are no such records, or none of their targets has an address.
async fn services(
    locator: &Locator,
    name: &str,
    services: &[(String, Transport)],
    mut holds: Option<Duration>,
) -> Result<Option<Located>, LocateError> {
    let asked = join_all(services.iter().map(|(service, _)| locator.inner.asker.srv(service))).await;
    let mut ways = Vec::new();
    let mut refused = 0;
    for (answer, &(_, transport)) in asked.into_iter().zip(services) {
        match answer {
            Ok(answer) => {
                holds = shorter(holds, answer.holds);
                let ordered = locator.with_random(|random| order::by_weight(answer.records, random));
                match ordered.iter().any(|srv| srv.target.is_some()) {
                    true => ways.extend(ordered.into_iter().map(|srv| Way { srv, transport })),
                    false => refused += 1,
                }
            }
            Err(AskError::Nothing) => {}
            Err(_) => holds = None,
        }
    }
    if ways.is_empty() && refused > 0 && refused == services.len() {
        return Err(LocateError::NotOffered { host: name.to_owned() });
    }
    // Every way has at most a few addresses, and no more ways than targets can matter.
    ways.retain(|way| way.srv.target.is_some());
    ways.truncate(TARGETS_MAX);
    let found = resolve(locator, &ways).await;
    let mut targets = Vec::new();
    for way in &ways {
        let Some(answer) = way.srv.target.as_deref().and_then(|target| found.get(target)) else {
            continue;
        };
        let Ok(answer) = answer else {
            holds = None;
            continue;
        };
        holds = shorter(holds, answer.holds);
        let addrs = answer.records.iter().filter(|ip| allowed(**ip, locator.inner.loopback));
        for &ip in addrs.take(ADDRESSES_PER_TARGET) {
            targets.push(Target {
                addr: SocketAddr::new(ip, way.srv.port),
                transport: way.transport,
                priority: way.srv.priority,
                weight: way.srv.weight,
                host: name.to_owned(),
            });
        }
    }
    targets.truncate(TARGETS_MAX);
    Ok((!targets.is_empty()).then(|| Located { targets, holds: clamp_holds(holds) }))
}

/// The addresses of all targets of `ways`, asked at once, each name once.
async fn resolve<'a>(locator: &Locator, ways: &'a [Way]) -> BTreeMap<&'a str, Result<Answer<IpAddr>, AskError>> {
    let mut names: Vec<&str> = ways.iter().filter_map(|way| way.srv.target.as_deref()).collect();
    names.sort_unstable();
    names.dedup();
    let family = locator.inner.family;
    let answers = join_all(names.iter().map(|name| locator.inner.asker.addresses(name, family))).await;
    names.into_iter().zip(answers).collect()
}

/// Targets by A and AAAA alone.
async fn hosts(locator: &Locator, plan: &Plan, name: &str, holds: Option<Duration>) -> Result<Located, LocateError> {
    let answer = locator.inner.asker.addresses(name, locator.inner.family).await;
    let answer = answer.map_err(|error| error.for_host(name))?;
    let port = plan.port.unwrap_or(default_port(plan.transport));
    let targets: Vec<Target> = answer
        .records
        .iter()
        .map(|&ip| SocketAddr::new(ip, port))
        .filter(|addr| sendable(*addr) && allowed(addr.ip(), locator.inner.loopback))
        .take(TARGETS_MAX)
        .map(|addr| Target { addr, transport: plan.transport, priority: 0, weight: 0, host: name.to_owned() })
        .collect();
    match targets.is_empty() {
        true => Err(LocateError::Refused { host: name.to_owned() }),
        false => Ok(Located { targets, holds: clamp_holds(shorter(holds, answer.holds)) }),
    }
}

/// RFC 3261 §19.1.2, and RFC 7118 §5.1 for WebSocket (the ports of HTTP).
fn default_port(transport: Transport) -> u16 {
    match transport {
        Transport::Udp | Transport::Tcp => 5060,
        Transport::Tls => 5061,
        Transport::Ws => 80,
        Transport::Wss => 443,
    }
}

/// Whether a request can be sent there at all.
fn sendable(addr: SocketAddr) -> bool {
    let anyone = match addr.ip() {
        IpAddr::V4(ip) => ip.is_broadcast(),
        IpAddr::V6(_) => false,
    };
    addr.port() != 0 && !addr.ip().is_unspecified() && !addr.ip().is_multicast() && !anyone
}

/// Whether a name may lead there: never to many at once, to ourselves only if that is meant.
fn allowed(ip: IpAddr, loopback: Loopback) -> bool {
    let ourselves = ip.is_loopback() && loopback == Loopback::Refused;
    // Any port will do here; the record's own has been looked at.
    sendable(SocketAddr::new(ip, 1)) && !ourselves
}
