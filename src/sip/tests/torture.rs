//! The torture messages of RFC 4475 and RFC 5118, each with our verdict.
//!
//! A verdict is the parser's alone: what it lets through may still be refused above it (an unknown scheme, a
//! `Require` that nobody fulfils). Where it differs from what the RFC advises, a note says why.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use bytes::Bytes;
use sip::message::{Contacts, HeaderName, Malformed, Message, Request, parse};

#[derive(Debug, PartialEq)]
enum Verdict {
    /// Taken as a request of that method.
    Request(&'static str),
    /// Taken as a response with that status.
    Response(u16),
    /// Refused, and answered with that status and reason.
    Answered(u16, &'static str),
    /// Refused without an answer.
    Dropped(&'static str),
}
use Verdict::*;

/// RFC 4475 §3, in its order.
const RFC_4475: [(&str, Verdict); 49] = [
    // §3.1.1 Valid messages
    ("wsinv", Request("INVITE")),
    // Deviation: §3.1.1.2 has escaped BEL, NUL and DEL in a display name. They are refused: no phone sends
    // them, and whatever shows, stores or mails the name is safer without. The rest of it is taken, see below.
    ("intmeth", Dropped("Control Character In Header")),
    ("esc01", Request("INVITE")),
    ("escnull", Request("REGISTER")),
    ("esc02", Request("RE%47IST%45R")),
    ("lwsdisp", Request("OPTIONS")),
    ("longreq", Request("INVITE")),
    ("dblreq", Request("REGISTER")),
    ("semiuri", Request("OPTIONS")),
    ("transports", Request("OPTIONS")),
    ("mpart01", Request("MESSAGE")),
    ("unreason", Response(200)),
    ("noreason", Response(100)),
    // §3.1.2 Invalid messages
    ("badinv01", Answered(400, "Malformed Via")),
    ("clerr", Answered(400, "Content-Length Beyond The Message")),
    ("ncl", Answered(400, "Malformed Content-Length")),
    ("scalar02", Answered(400, "Malformed CSeq")),
    ("scalarlg", Dropped("Malformed CSeq")),
    ("quotbal", Answered(400, "Malformed To")),
    ("ltgtruri", Answered(400, "Malformed Request-URI")),
    ("lwsruri", Answered(400, "Malformed Request-URI")),
    ("lwsstart", Answered(400, "Malformed Request-URI")),
    ("trws", Answered(400, "Malformed Start Line")),
    ("escruri", Answered(400, "Malformed Request-URI")),
    ("baddate", Request("INVITE")),    // Date steers nothing here, so it is not looked at
    ("regbadct", Request("REGISTER")), // its Contact is refused when it is read, see below
    ("badaspec", Request("OPTIONS")),  // blanks around the URI, inside the brackets: ignored, as §3.1.2.14 allows
    ("baddn", Answered(400, "Malformed From")),
    ("badvers", Answered(505, "Version Not Supported")),
    ("mismatch01", Answered(400, "CSeq Method Mismatch")),
    // §3.1.2.18 would rather have 501; a mismatch is told by the parser, which knows no methods from another.
    ("mismatch02", Answered(400, "CSeq Method Mismatch")),
    ("bigcode", Dropped("Malformed Status Line")),
    // §3.2 Transaction layer
    ("badbranch", Answered(400, "Malformed Via")),
    // §3.3 Application layer
    // §3.3.1 hopes for a 400, which could not be written without Call-ID, From and To.
    ("insuf", Dropped("Missing From")),
    ("unkscm", Request("OPTIONS")),
    ("novelsc", Request("OPTIONS")),
    ("unksm2", Request("REGISTER")),
    ("bext01", Request("OPTIONS")),
    ("invut", Request("INVITE")),
    ("regaut01", Request("REGISTER")),
    ("multi01", Answered(400, "Repeated CSeq")),
    ("mcl01", Answered(400, "Repeated Content-Length")),
    ("bcast", Response(200)), // two Via values: for an end point a stray, dropped by the transaction layer
    ("zeromf", Request("OPTIONS")),
    ("cparam01", Request("REGISTER")),
    ("cparam02", Request("REGISTER")),
    ("regescrt", Request("REGISTER")),
    ("sdp01", Request("INVITE")),
    // §3.4 Backward compatibility
    ("inv2543", Request("INVITE")),
];

/// RFC 5118 §4, in its order.
const RFC_5118: [(&str, Verdict); 12] = [
    ("ipv6-good", Request("REGISTER")),
    ("ipv6-bad", Answered(400, "Malformed Request-URI")),
    ("port-ambiguous", Request("REGISTER")),
    ("port-unambiguous", Request("REGISTER")),
    ("via-received-param-with-delim", Request("BYE")),
    ("via-received-param-no-delim", Request("OPTIONS")),
    // The RFC calls it valid, but counts 268 octets of a body that has 251; with that mended it is taken.
    ("ipv6-in-sdp", Answered(400, "Content-Length Beyond The Message")),
    ("mult-ip-in-header", Request("BYE")),
    ("mult-ip-in-sdp", Request("INVITE")),
    ("ipv4-mapped-ipv6", Request("INVITE")),
    ("ipv6-bug-abnf-3-colons", Request("OPTIONS")),
    ("ipv6-correct-abnf-2-colons", Request("OPTIONS")),
];

fn folder(set: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors").join(set)
}

fn vector(set: &str, name: &str) -> Vec<u8> {
    let path = folder(set).join(format!("{name}.dat"));
    fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn read(set: &str, name: &str) -> Result<Message, Malformed> {
    parse(Bytes::from(vector(set, name))).map(|message| message.unwrap_or_else(|| panic!("{name} is blank")))
}

fn request(set: &str, name: &str) -> Request {
    match read(set, name) {
        Ok(Message::Request(request)) => request,
        other => panic!("{name}: {other:?}"),
    }
}

fn rfc4475(name: &str) -> Request {
    request("rfc4475", name)
}

fn check(set: &str, table: &[(&str, Verdict)]) {
    for (name, wanted) in table {
        match read(set, name) {
            Ok(message) => {
                match &message {
                    Message::Request(request) => {
                        let got = request.method.to_string();
                        assert!(matches!(wanted, Request(method) if *method == got), "{name}: taken as {got}");
                    }
                    Message::Response(response) => assert_eq!(*wanted, Response(response.status.0), "{name}"),
                }
                check_taken(name, message);
            }
            Err(malformed) => {
                let got = match malformed.response() {
                    Some(response) => Answered(response.status.0, malformed.reason),
                    None => Dropped(malformed.reason),
                };
                assert_eq!(got, *wanted, "{name}");
            }
        }
    }
    let listed: BTreeSet<String> = table.iter().map(|(name, _)| format!("{name}.dat")).collect();
    let files = fs::read_dir(folder(set)).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(files.collect::<BTreeSet<_>>(), listed, "every file has its verdict");
}

/// What is taken can be read throughout, and printing it loses nothing.
fn check_taken(name: &str, message: Message) {
    let headers = message.headers();
    headers.vias().unwrap_or_else(|e| panic!("{name}: {e}"));
    headers.from().unwrap_or_else(|e| panic!("{name}: {e}"));
    headers.to().unwrap_or_else(|e| panic!("{name}: {e}"));
    headers.cseq().unwrap_or_else(|e| panic!("{name}: {e}"));
    headers.max_forwards().unwrap_or_else(|e| panic!("{name}: {e}"));
    headers.expires().unwrap_or_else(|e| panic!("{name}: {e}"));
    assert!(!headers.call_id().is_empty(), "{name}");
    assert_eq!(headers.contacts().is_err(), name == "regbadct", "{name}");
    let printed = message.to_bytes();
    let again = parse(printed.clone()).unwrap_or_else(|e| panic!("{name}: {e}")).unwrap();
    assert_eq!(again.to_bytes(), printed, "{name}");
    assert_eq!(again.body(), message.body(), "{name}");
}

#[test]
fn rfc_4475() {
    check("rfc4475", &RFC_4475);
}

#[test]
fn rfc_5118() {
    check("rfc5118", &RFC_5118);
}

#[test]
fn a_short_tortuous_invite() {
    let wsinv = rfc4475("wsinv");
    let vias = wsinv.headers.vias().unwrap();
    let sent: Vec<String> = vias.iter().map(ToString::to_string).collect();
    assert_eq!(sent[0], "SIP/2.0/UDP 192.0.2.2;branch=390skdjuw");
    assert_eq!(sent[1], "SIP/2.0/TCP spindle.example.com;branch=z9hG4bK9ikj8");
    assert_eq!(sent[2], "SIP/2.0/UDP 192.168.255.111;branch=z9hG4bK30239");
    assert_eq!(wsinv.headers.max_forwards(), Ok(Some(68)));
    assert_eq!(wsinv.headers.cseq().unwrap().number, 9);
    assert_eq!(wsinv.headers.from().unwrap().display_name(), Some("J Rosenberg \\\""));
    assert_eq!(wsinv.headers.from_tag().as_deref(), Some(&b"98asjd8"[..]));
    assert_eq!(wsinv.headers.to_tag().as_deref(), Some(&b"1918181833n"[..]));
    assert_eq!(wsinv.headers.get(&HeaderName::Subject).map(Bytes::len), Some(0));
    let long = HeaderName::parse(b"NewFangledHeader").unwrap();
    assert_eq!(wsinv.headers.get(&long).unwrap(), "newfangled value continued newfangled value");
    let routes = wsinv.headers.name_addrs(&HeaderName::Route).unwrap();
    assert_eq!(routes.len(), 1);
    assert!(routes[0].uri.params.has("lr") && routes[0].uri.params.has("unknown-no-value"));
    let Contacts::List(contacts) = wsinv.headers.contacts().unwrap() else { panic!("a star") };
    assert_eq!(contacts.len(), 1);
    assert_eq!(contacts[0].display_name(), Some("Quoted string \"\""));
    assert_eq!(contacts[0].params.value("newparam").unwrap(), "newvalue");
    assert_eq!(contacts[0].params.get("secondparam"), Some(None));
    assert_eq!(contacts[0].params.value("Q").unwrap(), "0.33");
}

#[test]
fn a_wide_range_of_characters() {
    let mut text = vector("rfc4475", "intmeth");
    text.iter_mut().filter(|b| matches!(b, 0 | 7 | 0x7f)).for_each(|b| *b = b'.');
    let Ok(Some(Message::Request(intmeth))) = parse(Bytes::from(text)) else { panic!("refused") };
    assert_eq!(intmeth.method.to_string(), "!interesting-Method0123456789_*+`.%indeed'~");
    let wild = "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*";
    assert_eq!(intmeth.uri.user_unescaped().as_deref(), Some(wild));
    assert_eq!(intmeth.uri.password.as_deref(), Some(&b"&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"[..]));
    assert_eq!(intmeth.headers.to().unwrap().display_name(), Some("BEL:. NUL:. DEL:."));
    let from = intmeth.headers.from().unwrap();
    assert_eq!(from.display_name(), Some("token1~` token2'+_ token3*%!.-"));
    assert_eq!(from.tag().unwrap(), "_token~1'+`*%!-.");
    assert_eq!(from.params.unquoted("fromParam''~+*_!.-%").unwrap(), "работающий");
    let extension = HeaderName::parse(b"extensionheader-!.%*+_`'~").unwrap();
    assert_eq!(intmeth.headers.get(&extension).unwrap(), "\u{feff}大停電");
    assert_eq!(intmeth.headers.call_id(), b"intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{");
}

#[test]
fn escapes_are_resolved_once_and_only_where_they_are_escapes() {
    let esc01 = rfc4475("esc01");
    assert_eq!(esc01.uri.user_unescaped().as_deref(), Some("sips:user@example.com"));
    let Contacts::List(contacts) = esc01.headers.contacts().unwrap() else { panic!("a star") };
    let plain = sip::message::Uri::parse(b"sip:caller@host5.example.net;lr;name=value%2541").unwrap();
    assert!(contacts[0].uri.same_as(&plain));
    let escnull = rfc4475("escnull");
    let Contacts::List(contacts) = escnull.headers.contacts().unwrap() else { panic!("a star") };
    assert_eq!(contacts.len(), 2);
    assert_eq!(contacts[0].uri.user.as_deref(), Some(&b"%00"[..]));
    assert_eq!(contacts[0].uri.user_unescaped(), None, "a NUL is never handed on");
    let esc02 = rfc4475("esc02");
    assert_eq!(esc02.headers.from().unwrap().display_name(), Some("%Z%45"));
    assert_eq!(rfc4475("semiuri").uri.user_unescaped().as_deref(), Some("user;par=u@example.net"));
    let regescrt = rfc4475("regescrt");
    let Contacts::List(contacts) = regescrt.headers.contacts().unwrap() else { panic!("a star") };
    assert_eq!(contacts[0].uri.headers.as_deref(), Some(&b"Route=%3Csip:sip.example.com%3E"[..]));
}

#[test]
fn parameters_belong_where_the_brackets_put_them() {
    for (name, in_uri) in [("cparam01", false), ("cparam02", true)] {
        let Contacts::List(contacts) = rfc4475(name).headers.contacts().unwrap() else { panic!("a star") };
        assert_eq!(contacts[0].uri.params.has("unknownparam"), in_uri, "{name}");
        assert_eq!(contacts[0].params.has("unknownparam"), !in_uri, "{name}");
    }
}

#[test]
fn bodies_are_kept_octet_for_octet() {
    assert_eq!(rfc4475("dblreq").body.len(), 0, "what follows the body is not part of it");
    let mpart01 = rfc4475("mpart01");
    let length: usize =
        String::from_utf8_lossy(mpart01.headers.get(&HeaderName::ContentLength).unwrap()).parse().unwrap();
    assert_eq!(mpart01.body.len(), length);
    assert!(mpart01.body.contains(&0), "binary");
    assert_eq!(rfc4475("inv2543").body.first(), Some(&b'v'), "without Content-Length");
    let mended = String::from_utf8(vector("rfc5118", "ipv6-in-sdp")).unwrap().replace("Length: 268", "Length: 251");
    assert!(matches!(parse(Bytes::from(mended)), Ok(Some(Message::Request(r))) if r.body.len() == 251));
}

#[test]
fn addresses_of_rfc_5118() {
    let uri = |name: &str| request("rfc5118", name).uri;
    assert_eq!(uri("port-ambiguous").to_string(), "sip:[2001:db8::10:5070]");
    assert_eq!(uri("port-ambiguous").port, None);
    assert_eq!(uri("port-unambiguous").port, Some(5070));
    assert_eq!(uri("ipv6-bug-abnf-3-colons"), uri("ipv6-correct-abnf-2-colons"));
    assert_eq!(uri("ipv6-correct-abnf-2-colons").to_string(), "sip:user@[2001:db8::c000:201]");
    for (name, received) in
        [("via-received-param-with-delim", "[2001:db8::9:255]"), ("via-received-param-no-delim", "2001:db8::9:255")]
    {
        let via = request("rfc5118", name).headers.via().unwrap();
        assert_eq!(via.params.value("received").unwrap(), received);
        assert_eq!(via.host.to_string(), "[2001:db8::9:1]");
    }
    let mapped = request("rfc5118", "ipv4-mapped-ipv6").headers.vias().unwrap();
    assert_eq!(
        (mapped.len(), mapped[0].port, mapped[0].host.to_string().as_str()),
        (2, Some(19823), "[::ffff:192.0.2.10]")
    );
}
