use super::*;
use crate::message::{self, Message, StatusCode};

fn parse(text: &str) -> Message {
    message::parse(Bytes::from(text.replace('\n', "\r\n"))).unwrap().unwrap()
}

fn request(method: &str, rows: &str) -> Request {
    let text = format!(
        "{method} sip:102@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.20;branch=z9hG4bK1\n{rows}Call-ID: c1\n\
         Content-Length: 0\n\n"
    );
    match parse(&text) {
        Message::Request(request) => request,
        Message::Response(_) => panic!("a response"),
    }
}

const PARTIES: &str = "From: Anna <sip:101@192.0.2.1>;tag=anna\nTo: <sip:102@192.0.2.1>\nCSeq: 5 INVITE\n";
const CONTACT: &str = "Contact: <sip:101@192.0.2.20:5062;transport=udp>\n";

fn invite(rows: &str) -> Request {
    request("INVITE", &format!("{PARTIES}{rows}"))
}

fn uas(rows: &str) -> Dialog {
    Dialog::uas(&invite(rows), "ours").unwrap()
}

fn response(status: u16, tag: &str, rows: &[(HeaderName, &str)]) -> Response {
    let mut response = Response::to(&invite(""), StatusCode(status));
    response.headers.remove(&HeaderName::RecordRoute);
    if !tag.is_empty() {
        response.set_to_tag(tag);
    }
    for (name, value) in rows {
        response.headers.push(name.clone(), value.to_string());
    }
    response
}

/// A request in a dialog that the peer sends.
fn within(method: &str, cseq: u32, contact: &str) -> Request {
    request(
        method,
        &format!(
            "From: <sip:101@192.0.2.1>;tag=anna\nTo: <sip:102@192.0.2.1>;tag=ours\nCSeq: {cseq} {method}\n{contact}"
        ),
    )
}

fn text(request: &Request) -> String {
    String::from_utf8(request.to_bytes().to_vec()).unwrap().replace("\r\n", "\n")
}

#[test]
fn a_dialog_that_the_peer_began() {
    let mut dialog = uas(CONTACT);
    assert_eq!(dialog.state(), DialogState::Early);
    dialog.confirm();
    assert_eq!(dialog.state(), DialogState::Confirmed);
    assert_eq!((dialog.local_cseq(), dialog.remote_cseq()), (None, Some(5)));
    assert_eq!(dialog.remote_uri().to_string(), "sip:101@192.0.2.1");
    assert_eq!(dialog.local_uri().to_string(), "sip:102@192.0.2.1");
    assert_eq!(
        text(&dialog.request(Method::Bye)),
        "BYE sip:101@192.0.2.20:5062;transport=udp SIP/2.0\nMax-Forwards: 70\nFrom: <sip:102@192.0.2.1>;tag=ours\n\
         To: \"Anna\" <sip:101@192.0.2.1>;tag=anna\nCall-ID: c1\nCSeq: 1 BYE\nContent-Length: 0\n\n"
    );
    assert_eq!(dialog.request(Method::Info).headers.cseq().unwrap().number, 2);
    assert_eq!(DialogId::of_request(&within("BYE", 6, "")), dialog.id);
}

#[test]
fn a_dialog_that_we_began() {
    let ringing = response(180, "fork1", &[(HeaderName::Contact, "<sip:102@192.0.2.30>")]);
    let mut early = Dialog::uac(&invite(CONTACT), &ringing).unwrap();
    assert_eq!((early.state(), early.local_cseq(), early.remote_cseq()), (DialogState::Early, Some(5), None));
    assert_eq!(early.id, DialogId::of_response(&ringing));
    // RFC 3261 §13.2.2.4: another fork is another dialog.
    let other = Dialog::uac(&invite(CONTACT), &response(200, "fork2", &[])).unwrap();
    assert_ne!(early.id, other.id);
    assert_eq!(other.state(), DialogState::Confirmed);
    assert_eq!(other.remote_target().to_string(), "sip:102@192.0.2.1", "no Contact: where it was called");

    let routes = (HeaderName::RecordRoute, "<sip:p2;lr>, <sip:p1;lr>");
    let ok = response(200, "fork1", &[routes, (HeaderName::Contact, "<sip:102@192.0.2.31>")]);
    early.refresh_target(&ok);
    assert_eq!(early.state(), DialogState::Confirmed);
    let ack = early.ack(5);
    assert_eq!(ack.headers.get(&HeaderName::CSeq).unwrap(), "5 ACK");
    assert_eq!(ack.uri.to_string(), "sip:102@192.0.2.31");
    let route: Vec<_> = ack.headers.all(&HeaderName::Route).cloned().collect();
    assert_eq!(route, ["<sip:p1;lr>", "<sip:p2;lr>"], "in reverse, set anew by the 2xx");
    assert_eq!(early.next_hop().to_string(), "sip:p1;lr");
    assert_eq!(early.request(Method::Bye).headers.cseq().unwrap().number, 6);

    // A later 2xx does not change the route set (RFC 3261 §12.2).
    early.refresh_target(&response(200, "fork1", &[(HeaderName::Contact, "<sip:102@192.0.2.32>")]));
    assert_eq!(early.routes().len(), 2);
    assert_eq!(early.remote_target().to_string(), "sip:102@192.0.2.32");
}

/// RFC 3261 §12.2.1.1: (Record-Route of the INVITE, expected Request-URI, expected Route rows)
#[test]
fn route_sets() {
    let target = "sip:101@192.0.2.20:5062;transport=udp";
    let cases: [(&str, &str, &[&str]); 4] = [
        ("", target, &[]),
        ("Record-Route: <sip:p1;lr>\nRecord-Route: <sip:p2;lr>;x=y\n", target, &["<sip:p1;lr>", "<sip:p2;lr>;x=y"]),
        (
            "Record-Route: <sip:proxy1;method=X?a=b>, <sip:proxy2>, <sip:proxy3;lr>\n",
            "sip:proxy1",
            &["<sip:proxy2>", "<sip:proxy3;lr>", "<sip:101@192.0.2.20:5062;transport=udp>"],
        ),
        ("Record-Route: <sip:proxy1>\n", "sip:proxy1", &["<sip:101@192.0.2.20:5062;transport=udp>"]),
    ];
    for (record_route, uri, routes) in cases {
        let mut dialog = uas(&format!("{record_route}{CONTACT}"));
        let request = dialog.request(Method::Update);
        assert_eq!(request.uri.to_string(), uri, "{record_route}");
        let printed: Vec<_> = request.headers.all(&HeaderName::Route).cloned().collect();
        assert_eq!(printed, routes, "{record_route}");
        let first = if record_route.is_empty() { target } else { uri };
        assert!(dialog.next_hop().to_string().starts_with(first) || routes[0].contains(&dialog.next_hop().to_string()));
    }
}

#[test]
fn order_of_requests() {
    let mut dialog = uas(CONTACT);
    assert_eq!(dialog.receive(&within("INFO", 4, "")), Err(DialogError::OutOfOrder));
    assert_eq!(dialog.receive(&within("INFO", 9, "")), Ok(()), "gaps are allowed");
    assert_eq!(dialog.receive(&within("INFO", 9, "")), Ok(()));
    assert_eq!(dialog.receive(&within("ACK", 5, "")), Ok(()));
    assert_eq!(dialog.remote_cseq(), Some(9));
    assert_eq!(DialogError::OutOfOrder.status(), 500);
}

#[test]
fn the_target_follows_the_right_requests() {
    for (method, follows) in [
        ("INVITE", true),
        ("UPDATE", true),
        ("SUBSCRIBE", true),
        ("NOTIFY", true),
        ("REFER", true),
        ("INFO", false),
        ("PRACK", false),
        ("ACK", false),
        ("BYE", false),
    ] {
        let mut dialog = uas(CONTACT);
        dialog.receive(&within(method, 6, "Contact: <sip:101@192.0.2.99>\n")).unwrap();
        assert_eq!(dialog.remote_target().to_string() == "sip:101@192.0.2.99", follows, "{method}");
        // RFC 6141 §4.6: not if the request is refused.
        dialog.target_refused();
        assert_eq!(dialog.remote_target().to_string(), "sip:101@192.0.2.20:5062;transport=udp", "{method}");
    }
    let mut dialog = uas(CONTACT);
    dialog.receive(&within("INVITE", 6, "Contact: <sip:101@192.0.2.99>\n")).unwrap();
    dialog.target_accepted();
    dialog.target_refused();
    assert_eq!(dialog.remote_target().to_string(), "sip:101@192.0.2.99");
    // What cannot be called is no target.
    for odd in ["", "Contact: <tel:+49301234>\n", "Contact: *\n"] {
        dialog.receive(&within("UPDATE", 7, odd)).unwrap();
        assert_eq!(dialog.remote_target().to_string(), "sip:101@192.0.2.99", "{odd}");
    }
}

/// RFC 6141 §4.7.
#[test]
fn responses_that_refresh_the_target() {
    let contact = (HeaderName::Contact, "<sip:102@192.0.2.40>");
    let made = || {
        Dialog::uac(&invite(CONTACT), &response(200, "t", &[(HeaderName::Contact, "<sip:102@192.0.2.30>")])).unwrap()
    };
    let after = |response: &Response| {
        let mut dialog = made();
        dialog.refresh_target(response);
        dialog.remote_target().to_string()
    };
    assert_eq!(after(&response(200, "t", std::slice::from_ref(&contact))), "sip:102@192.0.2.40");
    assert_eq!(after(&response(183, "t", std::slice::from_ref(&contact))), "sip:102@192.0.2.30", "unreliable");
    assert_eq!(after(&response(183, "t", &[contact.clone(), (HeaderName::RSeq, "1")])), "sip:102@192.0.2.40");
    assert_eq!(after(&response(488, "t", &[contact])), "sip:102@192.0.2.30");
    assert_eq!(after(&response(200, "t", &[])), "sip:102@192.0.2.30");
}

/// RFC 3261 §12.1: null tags, and no Contact, before RFC 3261.
#[test]
fn a_peer_of_rfc_2543() {
    let old = request("INVITE", "From: sip:101@192.0.2.1\nTo: <sip:102@192.0.2.1>\nCSeq: 5 INVITE\n");
    let mut dialog = Dialog::uas(&old, "ours").unwrap();
    assert_eq!(dialog.id.remote_tag, "");
    assert_eq!(dialog.remote_target().to_string(), "sip:101@192.0.2.1");
    let bye = text(&dialog.request(Method::Bye));
    assert!(bye.contains("\nTo: <sip:101@192.0.2.1>\n"), "{bye}");

    let dialog = Dialog::uac(&invite(CONTACT), &response(200, "", &[])).unwrap();
    assert!(text(&dialog.ack(5)).contains("\nTo: <sip:102@192.0.2.1>\n"));
    assert_eq!(dialog.id, DialogId::of_response(&response(200, "", &[])));
}

#[test]
fn what_makes_no_dialog() {
    let refused = |rows: &str| Dialog::uas(&invite(rows), "ours").unwrap_err();
    assert_eq!(refused(""), DialogError::NoContact);
    assert_eq!(refused("Contact: <mailto:a@b>\n"), DialogError::NoContact);
    assert_eq!(refused("Contact: *\n"), DialogError::NoContact);
    assert_eq!(refused(&format!("Record-Route: <tel:1>\n{CONTACT}")), DialogError::Unreadable);
    assert_eq!(refused(&format!("Record-Route: <<\n{CONTACT}")), DialogError::Unreadable);
    let routes = "Record-Route: <sip:p;lr>\n".repeat(71);
    assert_eq!(refused(&format!("{routes}{CONTACT}")), DialogError::Unreadable);
    assert_eq!(DialogError::NoContact.status(), 400);
}

#[test]
fn the_cseq_stays_below_its_limit() {
    let mut dialog = uas(CONTACT);
    dialog.local_cseq = Some((1 << 31) - 2);
    assert_eq!(dialog.request(Method::Info).headers.cseq().unwrap().number, (1 << 31) - 1);
    assert_eq!(dialog.request(Method::Info).headers.cseq().unwrap().number, (1 << 31) - 1);
}
