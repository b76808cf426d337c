use std::net::SocketAddr;
use std::time::Duration;

use base::Random;
use hickory_resolver::proto::rr::RecordType;
use sip::Transport;

use super::*;

mod hostile;
pub(crate) mod server;

use server::{Say, Server, a, aaaa, naptr, odd_naptr, srv};

/// Longest wait for one record set in these tests.
const PATIENCE: Duration = Duration::from_millis(150);

fn locator(server: &Server) -> Locator {
    locator_with(server, Loopback::Refused, 1)
}

fn locator_with(server: &Server, loopback: Loopback, seed: u64) -> Locator {
    Locator::new(LocatorOptions {
        servers: vec![server.addr],
        timeout: PATIENCE,
        loopback,
        ..LocatorOptions::system(Random::from_number(seed))
    })
}

fn ask(host: &str) -> Question {
    Question { host: host.to_owned(), port: None, transport: None, secure: false }
}

/// `UDP 192.0.2.1:5060` for each target.
fn ladder(located: &Located) -> Vec<String> {
    located.targets.iter().map(|t| format!("{} {}", t.transport.via_name(), t.addr)).collect()
}

/// The domain of RFC 3263 §4.1's example, with two TCP servers and one of the others.
fn example(name: &str, kind: RecordType) -> Say {
    Say::Records(match (name, kind) {
        ("example.com", RecordType::NAPTR) => vec![
            naptr(name, 100, "SIP+D2U", "_sip._udp.example.com"),
            naptr(name, 90, "sip+d2t", "_sip._tcp.example.com"),
            naptr(name, 50, "SIPS+D2T", "_sips._tcp.example.com"),
            naptr(name, 10, "SIP+D2S", "_sip._sctp.example.com"),
            odd_naptr(name, 5, "u", "E2U+sip", "!^.*$!sip:info@example.com!", "."),
        ],
        ("_sips._tcp.example.com", RecordType::SRV) => vec![srv(name, 0, 0, 5061, "tls.example.com")],
        ("_sip._tcp.example.com", RecordType::SRV) => {
            vec![srv(name, 10, 0, 5070, "late.example.com"), srv(name, 0, 0, 5060, "early.example.com")]
        }
        ("_sip._udp.example.com", RecordType::SRV) => vec![srv(name, 0, 0, 5060, "early.example.com")],
        ("early.example.com", RecordType::A) => vec![a(name, [192, 0, 2, 1], 600)],
        ("early.example.com", RecordType::AAAA) => vec![aaaa(name, "2001:db8::1", 600)],
        ("late.example.com", RecordType::A) => vec![a(name, [192, 0, 2, 2], 600)],
        ("tls.example.com", RecordType::A) => vec![a(name, [192, 0, 2, 3], 600)],
        ("example.com", RecordType::A) => vec![a(name, [192, 0, 2, 80], 5)],
        _ => return Say::NoSuchName,
    })
}

#[tokio::test]
async fn addresses_are_answered_without_asking() {
    let server = Server::start(|_, _| Say::Silence).await;
    let locator = locator(&server);
    let check = async |host: &str, port, transport, secure| {
        let found = locator.locate(Question { host: host.to_owned(), port, transport, secure }).await;
        found.map(|located| ladder(&located).join(" "))
    };
    assert_eq!(check("192.0.2.9", None, None, false).await.unwrap(), "UDP 192.0.2.9:5060");
    assert_eq!(check("192.0.2.9", Some(6000), Some(Transport::Tcp), false).await.unwrap(), "TCP 192.0.2.9:6000");
    assert_eq!(check("192.0.2.9", None, None, true).await.unwrap(), "TLS 192.0.2.9:5061");
    assert_eq!(check("192.0.2.9", None, Some(Transport::Tcp), true).await.unwrap(), "TLS 192.0.2.9:5061");
    assert_eq!(check("[2001:db8::5]", None, None, false).await.unwrap(), "UDP [2001:db8::5]:5060");
    assert_eq!(check("2001:db8::5", None, Some(Transport::Wss), false).await.unwrap(), "WSS [2001:db8::5]:443");
    assert_eq!(check("::ffff:192.0.2.9", None, None, false).await.unwrap(), "UDP 192.0.2.9:5060");
    assert_eq!(
        check("192.0.2.9", None, Some(Transport::Udp), true).await,
        Err(LocateError::Insecure { transport: Transport::Udp })
    );
    for nowhere in ["0.0.0.0", "255.255.255.255", "224.0.1.75", "::", "ff02::1"] {
        let error = check(nowhere, None, None, false).await.unwrap_err();
        assert!(matches!(error, LocateError::Refused { .. }), "{nowhere}: {error}");
    }
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn naptr_leads_to_srv_leads_to_addresses() {
    let server = Server::start(example).await;
    let located = locator(&server).locate(ask("Example.COM.")).await.unwrap();
    assert_eq!(
        ladder(&located),
        [
            "TLS 192.0.2.3:5061",
            "TCP 192.0.2.1:5060",
            "TCP [2001:db8::1]:5060",
            "TCP 192.0.2.2:5070",
            "UDP 192.0.2.1:5060",
            "UDP [2001:db8::1]:5060",
        ]
    );
    assert!(located.targets.iter().all(|t| t.host == "example.com"), "the name to verify is the one asked for");
    assert_eq!(located.holds, Duration::from_secs(300), "the shortest of all records used");
    assert_eq!((located.targets[3].priority, located.targets[0].priority), (10, 0));
    assert!(!server.asked().contains(&String::from("A example.com")));
}

#[tokio::test]
async fn a_sips_address_takes_tls_only() {
    let server = Server::start(example).await;
    let located = locator(&server).locate(Question { secure: true, ..ask("example.com") }).await.unwrap();
    assert_eq!(ladder(&located), ["TLS 192.0.2.3:5061"]);
}

#[tokio::test]
async fn a_transport_that_is_given_asks_srv_of_it_alone() {
    let server = Server::start(example).await;
    let question = Question { transport: Some(Transport::Tcp), ..ask("example.com") };
    let located = locator(&server).locate(question).await.unwrap();
    assert_eq!(ladder(&located)[0], "TCP 192.0.2.1:5060");
    assert_eq!(located.targets.len(), 3);
    assert!(server.asked().iter().all(|q| !q.starts_with("NAPTR") && !q.contains("_udp") && !q.contains("_sips")));
}

#[tokio::test]
async fn a_port_that_is_given_asks_addresses_alone() {
    let server = Server::start(example).await;
    let located = locator(&server).locate(Question { port: Some(5099), ..ask("example.com") }).await.unwrap();
    assert_eq!(ladder(&located), ["UDP 192.0.2.80:5099"]);
    assert_eq!(located.holds, HOLDS_MIN, "five seconds would ask for every call");
    assert_eq!(server.asked(), ["A example.com", "AAAA example.com"]);
}

#[tokio::test]
async fn without_naptr_srv_is_asked_and_without_srv_the_host() {
    let server = Server::start(|name, kind| match (name, kind) {
        ("_sip._tcp.srv.test", RecordType::SRV) => Say::Records(vec![srv(name, 0, 0, 5080, "host.srv.test")]),
        ("host.srv.test" | "bare.test", RecordType::A) => Say::Records(vec![a(name, [192, 0, 2, 7], 99_999)]),
        _ => Say::NoSuchName,
    })
    .await;
    let locator = locator(&server);
    assert_eq!(ladder(&locator.locate(ask("srv.test")).await.unwrap()), ["TCP 192.0.2.7:5080"]);
    let bare = locator.locate(ask("bare.test")).await.unwrap();
    assert_eq!(ladder(&bare), ["UDP 192.0.2.7:5060"]);
    assert_eq!(bare.holds, HOLDS_MAX);
    let secure = locator.locate(Question { secure: true, ..ask("bare.test") }).await.unwrap();
    assert_eq!(ladder(&secure), ["TLS 192.0.2.7:5061"]);
    let error = locator.locate(ask("absent.test")).await.unwrap_err();
    assert_eq!(error, LocateError::NoAddress { host: String::from("absent.test") });
    assert!(!error.is_temporary());
}

#[tokio::test]
async fn a_service_that_is_not_offered_is_not_forced() {
    // RFC 2782: a target of "." means that the service is decidedly not available at this domain.
    let server = Server::start(|name, kind| match kind {
        RecordType::SRV => Say::Records(vec![srv(name, 0, 0, 0, ".")]),
        RecordType::A => Say::Records(vec![a(name, [192, 0, 2, 7], 60)]),
        _ => Say::NoSuchName,
    })
    .await;
    let error = locator(&server).locate(ask("none.test")).await.unwrap_err();
    assert_eq!(error, LocateError::NotOffered { host: String::from("none.test") });
}

#[tokio::test]
async fn a_second_question_costs_the_name_server_nothing() {
    let server = Server::start(example).await;
    let locator = locator(&server);
    locator.locate(ask("example.com")).await.unwrap();
    let before = server.count();
    locator.locate(ask("example.com")).await.unwrap();
    assert_eq!(server.count(), before);
}

#[tokio::test]
async fn equal_servers_share_the_calls_by_weight() {
    let server = Server::start(|name, kind| match (name, kind) {
        ("_sip._udp.pair.test", RecordType::SRV) => {
            Say::Records(vec![srv(name, 0, 3, 5060, "a.pair.test"), srv(name, 0, 1, 5060, "b.pair.test")])
        }
        ("a.pair.test", RecordType::A) => Say::Records(vec![a(name, [192, 0, 2, 1], 600)]),
        ("b.pair.test", RecordType::A) => Say::Records(vec![a(name, [192, 0, 2, 2], 600)]),
        _ => Say::NoSuchName,
    })
    .await;
    let firsts = async |seed| {
        let locator = locator_with(&server, Loopback::Refused, seed);
        let mut firsts = Vec::new();
        for _ in 0..200 {
            firsts.push(locator.locate(ask("pair.test")).await.unwrap().targets[0].addr);
        }
        firsts
    };
    let heavy: SocketAddr = "192.0.2.1:5060".parse().unwrap();
    let run = firsts(7).await;
    let share = run.iter().filter(|&&addr| addr == heavy).count();
    assert!((130..=170).contains(&share), "{share} of 200, three in four were meant");
    assert_eq!(run, firsts(7).await, "the same seed gives the same order");
}

#[tokio::test]
async fn a_name_leads_to_this_machine_only_if_that_is_meant() {
    let server = Server::start(|name, kind| match kind {
        RecordType::A => Say::Records(vec![a(name, [127, 0, 0, 1], 60), a(name, [192, 0, 2, 1], 60)]),
        RecordType::AAAA => Say::Records(vec![aaaa(name, "::1", 60)]),
        _ => Say::NoSuchName,
    })
    .await;
    let refused = locator(&server).locate(ask("rebind.test")).await.unwrap();
    assert_eq!(ladder(&refused), ["UDP 192.0.2.1:5060"]);
    let allowed = locator_with(&server, Loopback::Allowed, 1).locate(ask("rebind.test")).await.unwrap();
    assert_eq!(ladder(&allowed), ["UDP 127.0.0.1:5060", "UDP 192.0.2.1:5060", "UDP [::1]:5060"]);
    let (addresses, _) = locator(&server).addresses("rebind.test").await.unwrap();
    assert_eq!(addresses.len(), 3, "who asks for addresses judges them");
    assert!(locator(&server).locate(ask("localhost")).await.unwrap().targets[0].addr.ip().is_loopback());
}
