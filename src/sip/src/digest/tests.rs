use super::*;
use crate::message::Method;

const REALM: &str = "box.example";
const SECRET: &str = "Circle of Life";

fn authority() -> Authority {
    Authority::new(REALM, [7; 32])
}

fn at(seconds: u64) -> Instant {
    Instant::ZERO + Duration::from_secs(seconds)
}

fn request(credentials: &[Bytes]) -> Request {
    let mut request = Request::new(Method::Register, Uri::parse(b"sip:box.example:5060;transport=udp").unwrap());
    for row in credentials {
        request.headers.push(HeaderName::Authorization, row.clone());
    }
    request
}

fn mufasa(name: &str) -> Option<Ha1> {
    (name == "Mufasa").then(|| Ha1::new("Mufasa", REALM, SECRET))
}

fn answer_to(challenge: &Bytes, nc: u32) -> Bytes {
    answer(challenge, &Method::Register, &Uri::parse(b"sip:box.example").unwrap(), "Mufasa", SECRET, "0a4f", nc)
        .unwrap()
}

fn text(value: &Bytes) -> String {
    String::from_utf8(value.to_vec()).unwrap()
}

#[test]
fn the_examples_of_rfc_7616() {
    // RFC 7616 §3.9.1.
    let ha1 = Ha1::new("Mufasa", "http-auth@example.org", SECRET);
    let nonce = b"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
    let cnonce = b"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
    for (algorithm, wanted) in [
        (Algorithm::Md5, "8ca523f5e9506fed4657c9700eebdbec"),
        (Algorithm::Sha256, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ] {
        let qop = Some([&nonce[..], b"00000001", cnonce]);
        assert_eq!(algorithm.response_from(&ha1, b"GET", b"/dir/index.html", qop, nonce).to_string(), wanted);
    }
    // RFC 2617 §3.5 has the same user; its nonce answered without qop is RFC 2069's way.
    let ha1 = Ha1::new("Mufasa", "testrealm@host.com", "Circle Of Life");
    let nonce = b"dcd98b7102dd2f0e8b11d0f600bfb0c093";
    let legacy = Algorithm::Md5.response_from(&ha1, b"GET", b"/dir/index.html", None, nonce);
    assert_eq!(legacy.to_string(), "670fd8c2df070c60b045671b8b24ff02");
}

#[test]
fn both_algorithms_are_offered_and_serve() {
    let mut authority = authority();
    let challenges = authority.challenge(at(1), false);
    assert_eq!(challenges.len(), 2);
    assert!(text(&challenges[0]).contains("algorithm=SHA-256, qop=\"auth\""));
    assert!(text(&challenges[1]).contains("algorithm=MD5, qop=\"auth\""));
    assert!(challenges.iter().all(|c| can_answer(c) && !text(c).contains("stale")));
    let granted = Verdict::Granted { username: "Mufasa".to_owned() };
    for (n, challenge) in challenges.iter().enumerate() {
        let request = request(&[answer_to(challenge, 1 + n as u32)]);
        assert_eq!(authority.verify(at(2), &request, mufasa), granted);
    }
    let mut proxied = Request::new(Method::Register, Uri::parse(b"sip:box.example").unwrap());
    proxied.headers.push(HeaderName::ProxyAuthorization, answer_to(&challenges[0], 3));
    assert_eq!(authority.verify(at(2), &proxied, mufasa), granted);
    // Credentials for another realm do not hide ours.
    let foreign = Bytes::from(text(&answer_to(&challenges[0], 4)).replace(REALM, "elsewhere"));
    assert_eq!(authority.verify(at(2), &request(&[foreign.clone(), answer_to(&challenges[0], 4)]), mufasa), granted);
    assert_eq!(authority.verify(at(2), &request(&[foreign]), mufasa), Verdict::Challenge);
    assert_eq!(authority.verify(at(2), &request(&[Bytes::from_static(b"Basic abc")]), mufasa), Verdict::Challenge);
    assert_eq!(authority.verify(at(2), &request(&[]), mufasa), Verdict::Challenge);
}

#[test]
fn counts_and_age() {
    let mut authority = authority();
    let challenge = authority.challenge(at(10), false).remove(0);
    let granted = Verdict::Granted { username: "Mufasa".to_owned() };
    for (nc, now, verdict) in [
        (1, 10, &granted),
        (1, 11, &Verdict::Stale),
        (5, 12, &granted),
        (3, 13, &granted),
        (3, 14, &Verdict::Stale),
        (6, 310, &granted),
        (7, 311, &Verdict::Stale),
        (8, 9, &Verdict::Stale),
    ] {
        assert_eq!(authority.verify(at(now), &request(&[answer_to(&challenge, nc)]), mufasa), *verdict, "{nc}");
    }
    assert_eq!(authority.counts.len(), 0, "what is too old is forgotten");
    assert!(text(&authority.challenge(at(1), true)[0]).ends_with(", stale=true"));
    // A nonce from before a restart: the secret is right, so only the nonce is at fault.
    let mut before = Authority::new(REALM, [8; 32]);
    let challenge = before.challenge(at(10), false).remove(0);
    assert_eq!(authority.verify(at(10), &request(&[answer_to(&challenge, 1)]), mufasa), Verdict::Stale);
}

#[test]
fn strangers_are_denied_alike_and_cost_no_memory() {
    let mut authority = authority();
    let uri = Uri::parse(b"sip:box.example").unwrap();
    for challenge in authority.challenge(at(1), false) {
        for (name, secret) in [("Mufasa", "wrong"), ("Scar", SECRET), ("Scar", ""), ("Mufasa", "")] {
            let row = answer(&challenge, &Method::Register, &uri, name, secret, "c", 1).unwrap();
            assert_eq!(authority.verify(at(1), &request(std::slice::from_ref(&row)), mufasa), Verdict::Denied);
            assert_eq!(authority.verify(at(9_999), &request(&[row]), mufasa), Verdict::Denied, "also when too old");
        }
    }
    assert_eq!(authority.counts.len(), 0);
}

#[test]
fn whatever_was_not_offered_is_denied() {
    let mut authority = authority();
    let challenges = authority.challenge(at(1), false);
    let right = text(&answer_to(&challenges[0], 1));
    let cut = |name: &str| {
        let items = right.strip_prefix("Digest ").unwrap().split(", ").filter(|item| !item.starts_with(name));
        format!("Digest {}", items.collect::<Vec<_>>().join(", "))
    };
    let mut bad = vec![
        right.replace("algorithm=SHA-256", "algorithm=MD5"),
        right.replace("algorithm=SHA-256", "algorithm=SHA-256-sess"),
        right.replace("algorithm=SHA-256", "algorithm=SHA-512-256"),
        right.replace("qop=auth", "qop=auth-int"),
        right.replace("nc=00000001", "nc=00000000"),
        right.replace("nc=00000001", "nc=00000002"),
        right.replace("nc=00000001", "nc=1"),
        right.replace("nc=00000001", "nc=+0000001"),
        right.replace("cnonce=\"0a4f\"", "cnonce=\"\""),
        right.replace("uri=\"sip:box.example\"", "uri=\"sip:other.example\""),
        right.replace("uri=\"sip:box.example\"", "uri=\"sip:x@box.example\""),
        right.replace("uri=\"sip:box.example\"", "uri=\"*\""),
        right.replace("Mufasa", "mufasa"),
        format!("{right}, username=\"Scar\""),
        format!("{right}, realm=\"elsewhere\""),
        format!("{right}, \"x\""),
        format!("Digest realm=\"{REALM}\""),
        "Digest".to_owned() + &" , x".repeat(9),
    ];
    bad.extend(["username", "nonce", "uri", "response", "algorithm", "qop", "nc", "cnonce"].map(cut));
    let start = right.find("response=\"").unwrap() + 10;
    bad.push(format!("{}{}", &right[..start], right[start..].replacen(|c: char| c != '0', "0", 1)));
    bad.push(format!("{}{}", &right[..start], &right[start + 1..]));
    for row in bad {
        assert_ne!(row, right);
        let verdict = authority.verify(at(1), &request(&[Bytes::from(row.clone())]), mufasa);
        assert_eq!(verdict, Verdict::Denied, "{row}");
    }
    // Another method, another request URI.
    let mut other = request(&[Bytes::from(right.clone())]);
    other.method = Method::Invite;
    assert_eq!(authority.verify(at(1), &other, mufasa), Verdict::Denied);
    other.method = Method::Register;
    other.uri = Uri::parse(b"sip:102@elsewhere.example").unwrap();
    assert_eq!(authority.verify(at(1), &other, mufasa), Verdict::Denied);
    // And after all that, the right one still serves, in odd clothes too.
    let odd = right.replace("Digest ", "DIGEST   ").replace(", ", " ,\t, ").replace("qop=auth", "QOP = \"AUTH\"");
    let odd = odd.replace("\"Mufasa\"", "\"Mu\\fasa\"");
    let verdict = authority.verify(at(1), &request(&[Bytes::from(odd)]), mufasa);
    assert_eq!(verdict, Verdict::Granted { username: "Mufasa".to_owned() });
}

#[test]
fn the_digest_uri_names_the_request_uri_or_the_server_alone() {
    for (digest_uri, request_uri, serve) in [
        ("sip:102@box.example", "sip:102@box.example:5060;transport=udp", true),
        ("sips:%3102@BOX.example;x", "sip:102@box.example", true),
        ("sip:box.example", "sip:102@box.example", true),
        ("sip:103@box.example", "sip:102@box.example", false),
        ("sip:102@box.example", "sip:box.example", false),
        ("sip:other.example", "sip:102@box.example", false),
        ("tel:102", "sip:102@box.example", false),
        ("tel:102", "tel:1-02", true),
    ] {
        let request_uri = Uri::parse(request_uri.as_bytes()).unwrap();
        assert_eq!(serves(digest_uri.as_bytes(), &request_uri), serve, "{digest_uri} for {request_uri}");
    }
}

#[test]
fn md5_can_be_switched_off() {
    let mut authority = authority().without_md5();
    let challenges = authority.challenge(at(1), false);
    assert_eq!(challenges.len(), 1);
    let md5 = Bytes::from(text(&challenges[0]).replace("SHA-256", "MD5"));
    assert_eq!(authority.verify(at(1), &request(&[answer_to(&md5, 1)]), mufasa), Verdict::Denied);
}

#[test]
fn challenges_that_cannot_be_answered() {
    let uri = Uri::parse(b"sip:h").unwrap();
    let attempt = |challenge: &str| answer(challenge.as_bytes(), &Method::Invite, &uri, "a", "b", "c", 1);
    for (challenge, wanted) in [
        ("Basic realm=\"x\"", AnswerError::Malformed),
        ("Digest realm=\"x\"", AnswerError::Malformed),
        ("Digest realm=\"x\", nonce=\"y\", algorithm=SHA-512-256", AnswerError::Algorithm),
        ("Digest realm=\"x\", nonce=\"y\", qop=\"auth-int\"", AnswerError::Qop),
    ] {
        assert_eq!(attempt(challenge), Err(wanted));
        assert!(!can_answer(challenge.as_bytes()));
    }
    let legacy = attempt("Digest realm=\"x\\\"y\",nonce=\"n\",opaque=\"o\"").unwrap();
    assert!(text(&legacy).contains("realm=\"x\\\"y\"") && !text(&legacy).contains("qop"));
    assert!(text(&legacy).contains("opaque=\"o\""));
    assert!(
        text(&attempt("Digest realm=x, nonce=y, qop=\"auth-int,auth\"").unwrap()).contains("qop=auth, nc=00000001")
    );
}
