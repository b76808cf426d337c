use super::*;

const INVITE: &str = "INVITE sip:102@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1;rport\r\n\
    From: \"A\" <sip:101@192.0.2.1>;tag=x\r\nTo: <sip:102@192.0.2.1>\r\nCall-ID: abc@h\r\nCSeq: 1 INVITE\r\n\
    Max-Forwards: 70\r\nContent-Length: 3\r\n\r\nabc";

fn request(text: &str) -> Request {
    match parse(Bytes::from(text.to_owned())) {
        Ok(Some(Message::Request(request))) => request,
        other => panic!("{text:?}: {other:?}"),
    }
}

/// Replaces one piece of [`INVITE`], which must be there.
fn with(piece: &str, by: &str) -> String {
    assert!(INVITE.contains(piece), "{piece:?}");
    INVITE.replacen(piece, by, 1)
}

/// The status and reason of the refusal, and whether it can be answered.
fn refusal(text: impl Into<Bytes>) -> (u16, &'static str, bool) {
    let text = text.into();
    match parse(text.clone()) {
        Err(malformed) => {
            if let Some(response) = malformed.response() {
                assert_eq!(response.status.0, malformed.status);
                assert!(matches!(parse(response.to_bytes()), Ok(Some(Message::Response(_))) | Err(_)));
            }
            (malformed.status, malformed.reason, malformed.response().is_some())
        }
        other => panic!("{text:?}: {other:?}"),
    }
}

#[test]
fn an_ordinary_invite() {
    let text = "\r\n\r\nINVITE sip:102@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1;rport\r\n\
        f: \"A\" <sip:101@192.0.2.1>;tag=x\r\nTo : <sip:102@192.0.2.1>\r\ni:abc@h\r\nCSeq: 1 INVITE\r\n\
        Contact: <sip:101@192.0.2.9>,\r\n\t<sip:101@192.0.2.10>\r\nX-Odd: y\r\nContent-Length: 3\r\n\r\nabcdef";
    let request = request(text);
    let header = |name: HeaderName| request.headers.get(&name).map(|v| &v[..]);
    assert_eq!(request.method, Method::Invite);
    assert_eq!(request.headers.via().unwrap().branch().map(|b| &b[..]), Some(&b"z9hG4bK1"[..]));
    assert_eq!(request.headers.from_tag().as_deref(), Some(&b"x"[..]));
    assert_eq!(request.headers.to_tag(), None);
    assert_eq!(request.headers.call_id(), b"abc@h");
    assert_eq!(header(HeaderName::Contact), Some(&b"<sip:101@192.0.2.9>, <sip:101@192.0.2.10>"[..]));
    assert_eq!(header(HeaderName::parse(b"x-odd").unwrap()), Some(&b"y"[..]));
    assert_eq!(&request.body[..], b"abc");
    assert_eq!(parse(request.to_bytes()).unwrap().unwrap(), Message::Request(request));
}

#[test]
fn what_phones_do_is_taken() {
    let plain = request(INVITE);
    for text in [
        INVITE.replace("\r\n", "\n"),
        with("Call-ID:", "CALL-id  \t:"),
        with("Call-ID:", "i:"),
        with("abc@h", "\r\n abc@h \r\n \r\n\t"),
        with("From: ", "F:"),
        with("Content-Length: 3", "l:0003"),
        with("\r\n\r\nabc", "\r\n\r\nabcdef"),
    ] {
        let taken = request(&text);
        assert_eq!(taken.headers.len(), plain.headers.len());
        assert_eq!((taken.headers.call_id(), &taken.body[..]), (&b"abc@h"[..], &b"abc"[..]), "{text:?}");
    }
    assert_eq!(&request(&with("Content-Length: 3\r\n", "")).body[..], b"abc");
    assert!(request(&with("Max-Forwards: 70\r\n", "")).headers.max_forwards() == Ok(None));
    assert_eq!(request(&with("SIP/2.0\r\nVia", "sip/2.0\r\nVia")).method, Method::Invite);
    assert!(request(&with("Content-Length: 3", "Subject:\r\nX-A:")).headers.has(&HeaderName::Subject));
    assert_eq!(request(&INVITE.replace("INVITE", "invite")).method, Method::Other(Bytes::from_static(b"invite")));
    assert_eq!(request(&with("sip:102@192.0.2.1 ", "tel:+32470000001;x=y ")).uri.to_string(), "tel:+32470000001;x=y");
}

#[test]
fn what_two_readers_could_take_for_two_messages_is_refused() {
    for (text, reason) in [
        (with("\r\nTo:", "\r\nf: <sip:b@h>;tag=y\r\nTo:"), "Repeated From"),
        (with("\r\nTo:", "\r\nFrom : <sip:101@192.0.2.1>;tag=x\r\nTo:"), "Repeated From"),
        (with("\r\nTo:", "\r\nt: <sip:b@h>\r\nTo:"), "Repeated To"),
        (with("\r\nTo:", "\r\nI: x\r\nTo:"), "Repeated Call-ID"),
        (with("\r\nTo:", "\r\nCSEQ: 1 INVITE\r\nTo:"), "Repeated CSeq"),
        (with("\r\nTo:", "\r\nMax-Forwards: 70\r\nTo:"), "Repeated Max-Forwards"),
        (with("\r\nTo:", "\r\nl: 3\r\nTo:"), "Repeated Content-Length"),
        (with("Content-Length: 3", "Content-Length: 4"), "Content-Length Beyond The Message"),
        (with("Content-Length: 3", "Content-Length: -3"), "Malformed Content-Length"),
        (with("Content-Length: 3", "Content-Length: 3, 3"), "Malformed Content-Length"),
        (with("Content-Length: 3", "Content-Length: 99999999999"), "Malformed Content-Length"),
        (with("\r\nTo:", "\r\nSubject: a\nX-Trusted: b\r\nTo:"), "Mixed Line Ends"),
        (with("\r\nTo:", "\r\nSubject: a\n b\r\nTo:"), "Mixed Line Ends"),
        (with("\r\nTo:", "\r\nSubject: a\rb\r\nTo:"), "Control Character In Header"),
        (with("\r\nTo:", "\r\nSubject: a\0b\r\nTo:"), "Control Character In Header"),
        (with("\r\nTo:", "\r\nSubject: a\x7f\r\nTo:"), "Control Character In Header"),
        (with("\r\nTo:", "\r\nSub\x01ject: a\r\nTo:"), "Control Character In Header"),
        (with("\r\nTo:", "\r\nSub ject: a\r\nTo:"), "Malformed Header Name"),
        (with("\r\nTo:", "\r\n: a\r\nTo:"), "Malformed Header Name"),
        (with("\r\nTo:", "\r\nSubject\r\nTo:"), "Malformed Header Name"),
        (with("\r\nTo:", "\r\nSubj\u{e9}ct: x\r\nTo:"), "Malformed Header Name"),
        (with("SIP/2.0\r\nVia:", "SIP/2.0\r\n Via: x\r\nVia:"), "Malformed Header Name"),
    ] {
        assert_eq!(refusal(text.clone()), (400, reason, true), "{text:?}");
    }
    let mixed = INVITE.replace("\r\n", "\n").replace("\nTo:", "\r\nTo:");
    assert_eq!(refusal(mixed), (400, "Mixed Line Ends", true));
}

#[test]
fn the_fields_that_steer_are_checked() {
    for (text, reason, answered) in [
        (with("Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1;rport\r\n", ""), "Missing Via", false),
        (with("From: \"A\" <sip:101@192.0.2.1>;tag=x\r\n", ""), "Missing From", false),
        (with("To: <sip:102@192.0.2.1>\r\n", ""), "Missing To", false),
        (with("Call-ID: abc@h\r\n", ""), "Missing Call-ID", false),
        (with("CSeq: 1 INVITE\r\n", ""), "Missing CSeq", false),
        (with("SIP/2.0/UDP 192", "SIP/2.0/UDP192"), "Malformed Via", false),
        (with("z9hG4bK1", "z9hG4bK"), "Malformed Via", true),
        (with("\"A\"", "\"A"), "Malformed From", true),
        (with("<sip:102@192.0.2.1>", ""), "Malformed To", true),
        (with("<sip:102@192.0.2.1>", "*"), "Malformed To", true),
        (with("abc@h", ""), "Malformed Call-ID", true),
        (with("abc@h", "a b"), "Malformed Call-ID", true),
        (with("CSeq: 1 ", "CSeq: 2147483648 "), "Malformed CSeq", true),
        (with("CSeq: 1 INVITE", "CSeq: 1 BYE"), "CSeq Method Mismatch", true),
        (with("CSeq: 1 INVITE", "CSeq: 1 invite"), "CSeq Method Mismatch", true),
        (with("Max-Forwards: 70", "Max-Forwards: 256"), "Malformed Max-Forwards", true),
        (with("INVITE sip:102@192.0.2.1 ", "INVITE <sip:102@192.0.2.1> "), "Malformed Request-URI", true),
        (with("INVITE sip:102@192.0.2.1 ", "INVITE  sip:102@192.0.2.1 "), "Malformed Request-URI", true),
        (with("INVITE sip:102@192.0.2.1 ", "INVITE sip:102@192.0.2.1?a=b "), "Malformed Request-URI", true),
        (with("INVITE sip:102@192.0.2.1 ", "INVITE "), "Malformed Request Line", true),
        (with("SIP/2.0\r\nVia", "HTTP/1.1\r\nVia"), "Malformed Start Line", true),
        (with("SIP/2.0\r\nVia", "SIP/2\r\nVia"), "Malformed Start Line", true),
        (INVITE[..INVITE.len() - 5].to_owned(), "No End Of Header Fields", true),
        ("INVITE".to_owned(), "No End Of Header Fields", false),
        (INVITE.replace("INVITE", "ACK").replace("abc@h", "a b"), "Malformed Call-ID", false),
    ] {
        assert_eq!(refusal(text.clone()), (400, reason, answered), "{text:?}");
    }
    assert_eq!(refusal(with("SIP/2.0\r\nVia", "SIP/7.0\r\nVia")), (505, "Version Not Supported", true));
}

#[test]
fn responses_are_dropped_when_malformed() {
    let ok = INVITE.replace("INVITE sip:102@192.0.2.1 SIP/2.0", "SIP/2.0 200 OK");
    assert!(matches!(parse(Bytes::from(ok.clone())), Ok(Some(Message::Response(r))) if r.reason == "OK"));
    for line in ["SIP/2.0 200", "SIP/2.0 200 ", "sip/2.0 699 é"] {
        assert!(parse(Bytes::from(ok.replace("SIP/2.0 200 OK", line))).is_ok(), "{line}");
    }
    for line in ["SIP/2.0 99 OK", "SIP/2.0 700 OK", "SIP/2.0 2000 OK", "SIP/2.0", "SIP/2.0  200 OK", "SIP/3.0 200 OK"] {
        assert!(!refusal(ok.replace("SIP/2.0 200 OK", line)).2, "{line}");
    }
    assert!(!refusal(ok.replace("CSeq: 1", "CSeq: x")).2);
}

#[test]
fn blank_datagrams_are_keep_alives() {
    for blank in [&b""[..], b"\r\n", b"\r\n\r\n", b"\0\0\0\0", b" \n"] {
        assert_eq!(parse(Bytes::from_static(blank)), Ok(None));
    }
}

#[test]
fn bounds() {
    let long = |n: usize| "x".repeat(n);
    assert!(parse(Bytes::from(with("abc@h", &long(VALUE_MAX)))).is_ok());
    assert_eq!(refusal(with("abc@h", &long(VALUE_MAX + 1))).1, "Header Field Too Long");
    let folded = format!("a{}", format!("\r\n {}", long(800)).repeat(12));
    assert_eq!(refusal(with("\r\nTo:", &format!("\r\nSubject: {folded}\r\nTo:"))).1, "Header Field Too Long");
    assert_eq!(refusal(with("102", &long(START_LINE_MAX))), (414, "Request-URI Too Long", true));
    assert_eq!(refusal(with("102", &long(MESSAGE_MAX))).0, 513);
    let rows = |n: usize| with("\r\nTo:", &format!("{}\r\nTo:", "\r\nX: y".repeat(n)));
    assert!(parse(Bytes::from(rows(HEADERS_MAX - 7))).is_ok());
    assert_eq!(refusal(rows(HEADERS_MAX - 6)).1, "Too Many Header Fields");
    assert_eq!(refusal(with("INVITE sip", &format!("{} sip", long(65)))).1, "Malformed Request Line");
}

#[test]
fn an_answer_is_made_of_what_was_read() {
    let text = with("abc@h", "a b").replace("\r\nFrom", "\r\nVia: SIP/2.0/TCP h\r\nFrom");
    let response = parse(Bytes::from(text)).unwrap_err().response().unwrap();
    assert_eq!(
        String::from_utf8(response.to_bytes().to_vec()).unwrap(),
        "SIP/2.0 400 Malformed Call-ID\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1;rport\r\nVia: SIP/2.0/TCP h\r\n\
         From: \"A\" <sip:101@192.0.2.1>;tag=x\r\nTo: <sip:102@192.0.2.1>\r\nCall-ID: a b\r\nCSeq: 1 INVITE\r\n\
         Content-Length: 0\r\n\r\n"
    );
}
