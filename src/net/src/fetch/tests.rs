use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use base::Random;
use hickory_resolver::proto::rr::RecordType;

use super::*;
use crate::dns::LocatorOptions;
use crate::dns::tests::server::{self as names, Server};

mod site;

use site::{Say, Site};

const CALENDAR: &str = "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n";

fn fetcher(servers: Vec<SocketAddr>, roots: &[Bytes]) -> Fetcher {
    let options = LocatorOptions { servers, ..LocatorOptions::system(Random::from_number(1)) };
    Fetcher::new(Locator::new(options), roots).unwrap()
}

/// Limits that let 127.0.0.1 be asked, and no other address of this machine.
fn limits() -> FetchLimits {
    FetchLimits {
        time_max: Duration::from_secs(5),
        allow_private: vec!["127.0.0.1".parse().unwrap()],
        ..FetchLimits::default()
    }
}

fn page(head: &str, body: &str) -> Say {
    Say::Octets(format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes())
}

fn redirect(to: &str) -> Say {
    page(&format!("302 Found\r\nLocation: {to}"), "")
}

async fn get(url: &str, limits: &FetchLimits) -> Result<Fetched, FetchError> {
    fetcher(Vec::new(), &[]).get(url, &Known::default(), limits).await
}

#[tokio::test]
async fn a_calendar_comes_once_and_then_only_when_it_has_changed() {
    let site = Site::start("127.0.0.1", |_| {
        page("200 OK\r\nETag: \"v1\"\r\nLast-Modified: Sun, 15 Jun 2025 15:06:40 GMT", CALENDAR)
    })
    .await;
    let Fetched::Document { body, known } = get(&site.url("/feast days.ics?y=2026#top"), &limits()).await.unwrap()
    else {
        panic!("a document")
    };
    assert_eq!(body, CALENDAR);
    let seen = site.requests()[0].to_ascii_lowercase();
    assert!(seen.starts_with("get /feast%20days.ics?y=2026 http/1.1\r\n"), "{seen}");
    assert!(seen.contains(&format!("\r\nhost: {}\r\n", site.addr)) && !seen.contains("if-none-match"), "{seen}");

    let same = Site::start("127.0.0.1", |_| Say::Octets(b"HTTP/1.1 304 Not Modified\r\n\r\n".to_vec())).await;
    let again = fetcher(Vec::new(), &[]).get(&same.url("/"), &known, &limits()).await;
    assert_eq!(again, Ok(Fetched::Unchanged));
    let seen = same.requests()[0].to_ascii_lowercase();
    assert!(
        seen.contains("if-none-match: \"v1\"") && seen.contains("if-modified-since: sun, 15 jun 2025 15:06:40 gmt")
    );
    // Nothing was known: then there is nothing that could be unchanged.
    assert_eq!(get(&same.url("/"), &limits()).await, Err(FetchError::Status { status: 304 }));
}

#[tokio::test]
async fn chunks_and_bodies_up_to_the_end_are_read() {
    let site = Site::start("127.0.0.1", |path| match path {
        "/chunks" => Say::Octets(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n".to_vec(),
        ),
        _ => Say::Octets(b"HTTP/1.1 200 OK\r\n\r\nabcde".to_vec()),
    })
    .await;
    for path in ["/chunks", "/end"] {
        let Fetched::Document { body, .. } = get(&site.url(path), &limits()).await.unwrap() else { panic!("{path}") };
        assert_eq!(body, "abcde");
    }
}

#[tokio::test]
async fn only_the_web_is_fetched() {
    for bad in ["file:///etc/passwd", "gopher://a.test/", "ftp://a.test/x", "data:text/plain,x", "ldap://a.test"] {
        assert!(matches!(get(bad, &limits()).await, Err(FetchError::Scheme { .. })), "{bad}");
    }
    for bad in ["", "calendar", "//a.test/x", "http://", "http://user:pw@a.test/", "http://user@a.test/", "http://a b/"]
    {
        assert!(matches!(get(bad, &limits()).await, Err(FetchError::BadUrl { .. })), "{bad}");
    }
    for port in [1, 22, 25, 110, 587] {
        let result = get(&format!("http://127.0.0.1:{port}/"), &limits()).await;
        assert_eq!(result, Err(FetchError::Port { port }));
    }
    // Calendar programs write https so.
    assert_eq!(parse("WebCal://a.test/x.ics").unwrap().as_str(), "https://a.test/x.ics");
}

#[tokio::test]
async fn addresses_that_are_not_public_are_never_connected_to() {
    let site = Site::start("127.0.0.1", |_| page("200 OK", CALENDAR)).await;
    let port = site.addr.port();
    let public_only = FetchLimits { allow_private: Vec::new(), ..limits() };
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "017700000001",
        "localhost",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "169.254.169.254",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "[fe80::1]",
        "[fd00::1]",
        "[ff02::1]",
        "[2001:db8::1]",
        "[2001::1]",
        "192.0.2.1",
    ] {
        let result = get(&format!("http://{host}:{port}/"), &public_only).await;
        assert!(matches!(result, Err(FetchError::Private { .. })), "{host}: {result:?}");
    }
    assert!(site.requests().is_empty());
    // What is listed is allowed, in each way of writing it.
    for host in ["127.0.0.1", "127.1", "[::ffff:127.0.0.1]"] {
        let result = get(&format!("http://{host}:{port}/"), &limits()).await;
        // The mapped form is judged by the address inside; whether it connects is the system's affair.
        assert!(!matches!(result, Err(FetchError::Private { .. })), "{host}: {result:?}");
    }
    assert!(!site.requests().is_empty());
}

#[tokio::test]
async fn a_name_is_judged_by_where_it_leads_and_only_once() {
    // The first answer is allowed; any later one leads elsewhere, as in an attack by rebinding.
    let answers = AtomicUsize::new(0);
    let server = Server::start(move |name, kind| match (name, kind) {
        ("rebind.test", RecordType::A) => {
            let last = if answers.fetch_add(1, Ordering::Relaxed) == 0 { 1 } else { 2 };
            names::Say::Records(vec![names::a(name, [127, 0, 0, last], 0)])
        }
        ("both.test", RecordType::A) => {
            names::Say::Records(vec![names::a(name, [127, 0, 0, 2], 0), names::a(name, [127, 0, 0, 1], 0)])
        }
        ("inside.test", RecordType::A) => names::Say::Records(vec![names::a(name, [127, 0, 0, 2], 0)]),
        ("inside6.test", RecordType::AAAA) => names::Say::Records(vec![names::aaaa(name, "::ffff:127.0.0.2", 0)]),
        _ => names::Say::NoSuchName,
    })
    .await;
    let site = Site::start("127.0.0.1", |_| page("200 OK", CALENDAR)).await;
    let fetcher = fetcher(vec![server.addr], &[]);
    let get = async |name: &str| {
        let url = format!("http://{name}:{}/", site.addr.port());
        fetcher.get(&url, &Known::default(), &limits()).await
    };
    assert!(get("rebind.test").await.is_ok());
    assert_eq!(server.count(), 2, "one question for each kind of address");
    assert!(matches!(get("rebind.test").await, Err(FetchError::Private { .. })));
    assert!(get("both.test").await.is_ok(), "the allowed one of two is used");
    assert!(matches!(get("inside.test").await, Err(FetchError::Private { .. })));
    assert!(matches!(get("inside6.test").await, Err(FetchError::Private { .. })));
    assert!(matches!(get("absent.test").await, Err(FetchError::Name(_))));
    assert_eq!(site.requests().len(), 2);
    assert!(site.requests()[0].contains(&format!("host: rebind.test:{}", site.addr.port())));
}

#[tokio::test]
async fn redirects_are_judged_like_the_first_address() {
    let inside = Site::start("127.0.0.2", |_| page("200 OK", "secret")).await;
    let secret = inside.url("/");
    let site = Site::start("127.0.0.1", move |path| match path {
        "/1" => redirect("/2"),
        "/2" => redirect("3?x=1"),
        "/3?x=1" => page("200 OK", CALENDAR),
        "/4" => redirect("/1"),
        "/5" => redirect("/4"),
        "/round" => redirect("/round"),
        "/inside" => redirect(&secret),
        "/meta" => redirect("http://169.254.169.254/latest/meta-data/"),
        "/file" => redirect("file:///etc/passwd"),
        "/mail" => redirect("http://127.0.0.1:25/"),
        "/login" => redirect("http://u:p@127.0.0.1/"),
        _ => page("302 Found", ""),
    })
    .await;
    let get = async |path: &str| get(&site.url(path), &limits()).await;
    assert!(get("/1").await.is_ok());
    assert!(get("/4").await.is_ok(), "three redirects");
    assert_eq!(get("/5").await, Err(FetchError::Redirects { redirects_max: 3 }));
    assert_eq!(get("/round").await, Err(FetchError::Redirects { redirects_max: 3 }));
    assert!(matches!(get("/inside").await, Err(FetchError::Private { .. })));
    assert!(matches!(get("/meta").await, Err(FetchError::Private { .. })));
    assert!(matches!(get("/file").await, Err(FetchError::Scheme { .. })));
    assert!(matches!(get("/mail").await, Err(FetchError::Port { .. })));
    assert!(matches!(get("/login").await, Err(FetchError::BadUrl { .. })));
    assert_eq!(get("/nowhere").await, Err(FetchError::Status { status: 302 }));
    assert!(inside.requests().is_empty());
}

#[tokio::test]
async fn tls_is_checked_and_never_left() {
    let clear = Site::start("127.0.0.1", |_| page("200 OK", CALENDAR)).await;
    let down = clear.url("/");
    let good = Site::secured("127.0.0.1", move |path| match path {
        "/down" => redirect(&down),
        _ => page("200 OK", CALENDAR),
    })
    .await;
    let other = Site::secured("other.test", |_| page("200 OK", CALENDAR)).await;
    let trusting = fetcher(Vec::new(), &[good.root.clone(), other.root.clone()]);
    let get = async |fetcher: &Fetcher, site: &Site, path: &str| {
        fetcher.get(&format!("https://{}{path}", site.addr), &Known::default(), &limits()).await
    };
    assert!(get(&trusting, &good, "/").await.is_ok());
    assert!(matches!(get(&trusting, &good, "/down").await, Err(FetchError::BadUrl { .. })));
    assert!(matches!(get(&trusting, &other, "/").await, Err(FetchError::Failed { .. })), "another's certificate");
    let wary = fetcher(Vec::new(), &[]);
    assert!(matches!(get(&wary, &good, "/").await, Err(FetchError::Failed { .. })), "nobody vouches for it");
    assert!(clear.requests().is_empty());
    assert!(other.requests().iter().all(|r| r == "broken handshake"));
    assert!(
        Fetcher::new(Locator::new(LocatorOptions::system(Random::from_number(1))), &[Bytes::from_static(b"x")])
            .is_err()
    );
}

#[tokio::test]
async fn what_is_too_long_or_never_ends_is_cut_off() {
    let head = |more: &str| format!("HTTP/1.1 200 OK\r\n{more}\r\n").into_bytes();
    let site = Site::start("127.0.0.1", move |path| match path {
        "/length" => Say::Octets(head("Content-Length: 99999999999\r\n")),
        "/exact" => page("200 OK", &"x".repeat(1000)),
        "/one more" | "/one%20more" => page("200 OK", &"x".repeat(1001)),
        "/endless" => Say::Endless(head(""), vec![b'x'; 4096]),
        "/chunks" => Say::Endless(head("Transfer-Encoding: chunked\r\n"), b"1\r\nx\r\n".to_vec()),
        "/headers" => Say::Endless(b"HTTP/1.1 200 OK\r\n".to_vec(), b"X-A: b\r\n".to_vec()),
        "/header" => Say::Endless(b"HTTP/1.1 200 OK\r\nX-A: ".to_vec(), vec![b'x'; 4096]),
        "/status" => Say::Endless(b"HTTP/1.1 ".to_vec(), vec![b'2'; 4096]),
        "/early" => Say::Endless(Vec::new(), b"HTTP/1.1 103 Early Hints\r\n\r\n".to_vec()),
        _ => page("200 OK\r\nContent-Encoding: gzip", "x"),
    })
    .await;
    let limits = FetchLimits { size_max: 1000, time_max: Duration::from_secs(2), ..limits() };
    let begin = Instant::now();
    assert!(get(&site.url("/exact"), &limits).await.is_ok());
    for path in ["/one more", "/endless", "/chunks"] {
        assert_eq!(get(&site.url(path), &limits).await, Err(FetchError::TooLarge { size_max: 1000 }), "{path}");
    }
    assert!(matches!(get(&site.url("/gzip"), &limits).await, Err(FetchError::BadUrl { .. })));
    for path in ["/length", "/headers", "/header", "/status"] {
        assert!(
            matches!(get(&site.url(path), &limits).await, Err(FetchError::Failed { .. } | FetchError::TooLarge { .. })),
            "{path}"
        );
    }
    assert!(begin.elapsed() < limits.time_max, "each ends by its size, not by its time");
    let short = FetchLimits { time_max: Duration::from_millis(150), ..limits };
    assert_eq!(get(&site.url("/early"), &short).await, Err(FetchError::TimedOut { seconds: 0 }));
}

#[tokio::test]
async fn slow_and_broken_servers_cost_their_time_and_no_more() {
    let site = Site::start("127.0.0.1", |path| match path {
        "/silent" => Say::Silence(Vec::new()),
        "/half" => Say::Silence(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc".to_vec()),
        "/cut" => Say::Octets(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc".to_vec()),
        "/noise" => Say::Octets(b"220 mail.test ESMTP\r\n".to_vec()),
        "/empty" => Say::Octets(Vec::new()),
        "/twice" => Say::Octets(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 30\r\n\r\nabc".to_vec()),
        _ => page("500 Oops", ""),
    })
    .await;
    let short = FetchLimits { time_max: Duration::from_millis(150), ..limits() };
    for path in ["/silent", "/half"] {
        assert_eq!(get(&site.url(path), &short).await, Err(FetchError::TimedOut { seconds: 0 }), "{path}");
    }
    for path in ["/cut", "/noise", "/empty", "/twice"] {
        let result = get(&site.url(path), &limits()).await;
        assert!(matches!(result, Err(FetchError::Failed { .. })), "{path}: {result:?}");
    }
    assert_eq!(get(&site.url("/500"), &limits()).await, Err(FetchError::Status { status: 500 }));
}
