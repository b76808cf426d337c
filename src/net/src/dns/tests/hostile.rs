//! What name servers say that they should not (spec: answers that loop, lie, or never come).

use std::time::Instant;

use base::Random;
use hickory_resolver::proto::rr::RecordType;

use super::server::{Say, Server, a, cname, naptr, odd_naptr, srv};
use super::*;

#[tokio::test]
async fn a_silent_name_server_costs_the_question_its_time_and_others_nothing() {
    let server = Server::start(|name, kind| match (name.ends_with("good.test"), kind) {
        (true, RecordType::A) => Say::Records(vec![a(name, [192, 0, 2, 1], 60)]),
        (true, _) => Say::NoSuchName,
        (false, _) => Say::Silence,
    })
    .await;
    let locator = locator(&server);
    let begin = Instant::now();
    let many = futures_util::future::join_all((0..20).map(|n| locator.locate(ask(&format!("n{n}.silent.test")))));
    let good = async {
        let located = locator.locate(ask("good.test")).await.unwrap();
        (located, begin.elapsed())
    };
    let (silent, (located, took)) = tokio::join!(many, good);
    assert_eq!(ladder(&located), ["UDP 192.0.2.1:5060"]);
    assert!(took < PATIENCE, "took {took:?}");
    for error in silent {
        let error = error.unwrap_err();
        assert!(matches!(error, LocateError::TimedOut { .. }) && error.is_temporary(), "{error}");
    }
    // Three steps: NAPTR, SRV, addresses.
    assert!(begin.elapsed() < PATIENCE * 6, "took {:?}", begin.elapsed());
}

#[tokio::test]
async fn a_name_server_that_knows_no_naptr_is_worked_around() {
    for say in [|| Say::Silence, || Say::ServFail, || Say::Octets(vec![0x81, 0x84])] {
        let server = Server::start(move |name, kind| match (name, kind) {
            (_, RecordType::NAPTR) => say(),
            ("_sip._udp.old.test", RecordType::SRV) => Say::Records(vec![srv(name, 0, 0, 5062, "h.old.test")]),
            ("h.old.test", RecordType::A) => Say::Records(vec![a(name, [192, 0, 2, 1], 600)]),
            _ => Say::NoSuchName,
        })
        .await;
        let located = locator(&server).locate(ask("old.test")).await.unwrap();
        assert_eq!(ladder(&located), ["UDP 192.0.2.1:5062"]);
        assert_eq!(located.holds, HOLDS_MIN, "half an answer is asked again soon");
    }
}

#[tokio::test]
async fn four_aliases_are_followed_and_a_fifth_is_not() {
    // `c3.test` is an alias of `c2.test`, and so on to `c0.test`, which has an address; in one answer or step by step.
    let number = |name: &str| name.strip_prefix('c').and_then(|rest| rest.strip_suffix(".test")?.parse::<u32>().ok());
    let stepwise = Server::start(move |name, kind| match (number(name), kind) {
        (Some(0), RecordType::A) => Say::Records(vec![a(name, [192, 0, 2, 1], 60)]),
        (Some(n), RecordType::A) if n > 0 => Say::Records(vec![cname(name, &format!("c{}.test", n - 1))]),
        _ => Say::NoSuchName,
    })
    .await;
    let at_once = Server::start(move |name, kind| match (number(name), kind) {
        (Some(n), RecordType::A) => {
            let link = |n: u32| cname(&format!("c{n}.test"), &format!("c{}.test", n - 1));
            let mut chain: Vec<_> = (1..=n).rev().map(link).collect();
            chain.push(a("c0.test", [192, 0, 2, 1], 60));
            Say::Records(chain)
        }
        _ => Say::NoSuchName,
    })
    .await;
    for server in [&stepwise, &at_once] {
        // A locator each: links that are remembered do not count again.
        let chain = |n: u32| {
            let locator = locator(server);
            async move { locator.locate(Question { port: Some(5060), ..ask(&format!("c{n}.test")) }).await }
        };
        assert_eq!(ladder(&chain(4).await.unwrap()), ["UDP 192.0.2.1:5060"]);
        for n in [5, 12, 60] {
            assert!(chain(n).await.is_err(), "{n} aliases");
        }
    }
}

#[tokio::test]
async fn loops_end() {
    let server = Server::start(|name, kind| {
        Say::Records(match (name, kind) {
            ("round.test", RecordType::A | RecordType::AAAA) => vec![cname(name, "about.test")],
            ("about.test", RecordType::A | RecordType::AAAA) => vec![cname(name, "round.test")],
            ("self.test", RecordType::A | RecordType::AAAA) => vec![cname(name, name)],
            ("both.test", RecordType::A | RecordType::AAAA) => {
                vec![cname("both.test", "x.test"), cname("x.test", "both.test")]
            }
            // NAPTR → SRV → a host that is the service again.
            ("knot.test", RecordType::NAPTR) => vec![naptr(name, 1, "SIP+D2U", "_sip._udp.knot.test")],
            ("_sip._udp.knot.test", RecordType::SRV) => vec![srv(name, 0, 0, 5060, "_sip._udp.knot.test")],
            _ => return Say::NoSuchName,
        })
    })
    .await;
    let locator = locator(&server);
    for name in ["round.test", "self.test", "both.test", "knot.test"] {
        assert!(locator.locate(ask(name)).await.is_err(), "{name}");
    }
    assert!(server.count() < 100, "asked {}", server.count());
}

#[tokio::test]
async fn octets_that_are_no_answer_are_no_answer() {
    // After the id: flags, counts of question, answer, authority, additional; then names.
    let header = |answers: u8| vec![0x81, 0x80, 0, 1, 0, answers, 0, 0, 0, 0];
    let question = b"\x04evil\x04test\x00\x00\x01\x00\x01";
    let mut cases: Vec<Vec<u8>> = vec![Vec::new(), vec![0x81], header(0), header(255)];
    let mut with = |tail: &[u8]| cases.push([&header(1)[..], question, tail].concat());
    with(b"\xc0\x1b\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x7f\x00\x00\x01"); // a name that points at itself
    with(b"\xc0\xff\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x7f\x00\x00\x01"); // and past the end
    with(b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\xff\xff\x7f\x00\x00\x01"); // a length past the end
    with(b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x03\x7f\x00\x00"); // an address of three octets
    with(&[0x3f; 300]); // labels without an end
    let mut random = Random::from_number(26);
    for len in [12, 40, 400, 1200] {
        let mut noise = vec![0; len];
        random.fill(&mut noise);
        cases.push(noise);
    }
    let checks = cases.into_iter().map(|octets| async move {
        let server = {
            let octets = octets.clone();
            Server::start(move |_, _| Say::Octets(octets.clone())).await
        };
        let begin = Instant::now();
        let result = locator(&server).locate(Question { port: Some(5060), ..ask("evil.test") }).await;
        assert!(result.is_err(), "{octets:x?} led to {result:?}");
        assert!(begin.elapsed() < PATIENCE * 3);
    });
    futures_util::future::join_all(checks).await;
}

#[tokio::test]
async fn records_that_name_nothing_usable_are_left_out() {
    let server = Server::start(|name, kind| {
        Say::Records(match (name, kind) {
            ("odd.test", RecordType::NAPTR) => vec![
                odd_naptr(name, 1, "u", "SIP+D2U", "", "_sip._udp.odd.test"),
                odd_naptr(name, 2, "s", "SIP+D2U", "!.*!_sip._udp.evil.test!", "_sip._udp.odd.test"),
                odd_naptr(name, 3, "s", "SIP+D2U+SIPS+D2T", "", "_sip._udp.odd.test"),
                odd_naptr(name, 4, "", "", "", "."),
                naptr(name, 5, "SIP+D2U", "_sip._udp.odd.test"),
            ],
            ("_sip._udp.odd.test", RecordType::SRV) => vec![
                srv(name, 0, 0, 5060, "1"),
                srv(name, 1, 0, 5060, "10.0.0.1"),
                srv(name, 2, 0, 0, "good.odd.test"),
                srv(name, 3, 0, 5060, "."),
                srv(name, 4, 0, 5064, "good.odd.test"),
                srv(name, 5, 0, 5065, "absent.odd.test"),
            ],
            ("good.odd.test", RecordType::A) => {
                vec![a(name, [0, 0, 0, 0], 60), a(name, [224, 0, 0, 1], 60), a(name, [192, 0, 2, 1], 60)]
            }
            _ => return Say::NoSuchName,
        })
    })
    .await;
    let located = locator(&server).locate(ask("odd.test")).await.unwrap();
    assert_eq!(ladder(&located), ["UDP 192.0.2.1:5064"]);
    assert!(server.asked().iter().all(|q| !q.contains("evil")));
}

#[tokio::test]
async fn a_huge_answer_is_cut_and_a_long_one_comes_over_tcp() {
    let server = Server::start(|name, kind| match (name, kind) {
        ("_sip._udp.huge.test", RecordType::SRV) => Say::OverTcp(
            (0..900).map(|n: u16| srv(name, n % 7, n, 5060 + n, &format!("h{}.huge.test", n % 40))).collect(),
        ),
        (name, RecordType::A) => {
            Say::OverTcp((0..900u16).map(|n| a(name, [198, 51, (n >> 8) as u8, n as u8], 60)).collect())
        }
        _ => Say::NoSuchName,
    })
    .await;
    let locator = Locator::new(LocatorOptions {
        servers: vec![server.addr],
        // The answers are some 30 KB each; this machine may be busy.
        timeout: Duration::from_secs(2),
        ..LocatorOptions::system(Random::from_number(3))
    });
    let located = locator.locate(ask("huge.test")).await.unwrap();
    assert_eq!(located.targets.len(), TARGETS_MAX);
    assert!(located.targets.iter().all(|t| t.priority == 0));
    let (addresses, _) = locator.addresses("h1.huge.test").await.unwrap();
    assert!(addresses.len() <= 16);
}

#[tokio::test]
async fn names_that_are_none_are_never_asked() {
    let server = Server::start(|_, _| Say::Silence).await;
    let locator = locator(&server);
    let long = "a".repeat(64);
    let longer = "a.".repeat(200);
    let huge = "a".repeat(65_536);
    let bad = ["", ".", ".1", "1.2.3", "a..b", "a b", "a\r\nb", "é.test", "[::1", "a%00b", "*", &long, &longer, &huge];
    for host in bad {
        let error = locator.locate(ask(host)).await.unwrap_err();
        assert!(matches!(error, LocateError::BadName { .. }), "{error}");
        assert!(error.to_string().len() < 400);
    }
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn without_a_name_server_addresses_still_work() {
    // Nobody listens on this port of the discard service.
    let options = LocatorOptions {
        servers: vec!["127.0.0.1:9".parse().unwrap()],
        timeout: PATIENCE,
        ..LocatorOptions::system(Random::from_number(1))
    };
    let locator = Locator::new(options);
    assert!(locator.locate(ask("some.test")).await.unwrap_err().is_temporary());
    assert_eq!(ladder(&locator.locate(ask("192.0.2.1")).await.unwrap()), ["UDP 192.0.2.1:5060"]);
}

#[tokio::test(start_paused = true)]
async fn ten_seconds_are_the_end_of_it() {
    let server = Server::start(|_, _| Say::Silence).await;
    for timeout in [Duration::from_secs(3), Duration::from_secs(60)] {
        let locator = Locator::new(LocatorOptions {
            servers: vec![server.addr],
            timeout,
            ..LocatorOptions::system(Random::from_number(1))
        });
        let begin = tokio::time::Instant::now();
        // More at once than there are places: those in line have no longer time than the others.
        let many = (0..QUESTIONS_MAX + 20).map(|n| {
            let question = ask(&format!("n{n}.silent.test"));
            locator.locate(question)
        });
        for result in futures_util::future::join_all(many).await {
            assert!(matches!(result, Err(LocateError::TimedOut { .. })), "{result:?}");
        }
        let took = begin.elapsed();
        assert!(took <= TOTAL_MAX + Duration::from_secs(1), "took {took:?}");
    }
}

#[tokio::test]
async fn name_servers_of_the_system_are_read_again_when_they_change() {
    let file = std::env::temp_dir().join(format!("resolv.conf.{}", std::process::id()));
    let _ = std::fs::remove_file(&file);
    let asker = ask::Asker::new(Vec::new(), &file, PATIENCE);
    let ask = async || asker.srv("_sip._udp.some.test").await.map(|answer| answer.records.len());
    assert_eq!(ask().await, Err(ask::AskError::NoServers), "no file");
    for useless in ["", "# none yet\n", "nameserver nonsense\n", "options timeout:99999999999\n", "\0\u{7f}\n"] {
        std::fs::write(&file, useless).unwrap();
        assert_eq!(ask().await, Err(ask::AskError::NoServers), "{useless:?}");
    }
    // Port 53 of this address answers nobody; asked it is.
    std::fs::write(&file, "search firm.test\nnameserver 127.53.53.53\n").unwrap();
    let asked = ask().await;
    assert!(matches!(asked, Err(ask::AskError::TimedOut | ask::AskError::Failed(_))), "{asked:?}");
    std::fs::remove_file(&file).unwrap();
    assert_eq!(ask().await, Err(ask::AskError::NoServers), "and gone again");
}
