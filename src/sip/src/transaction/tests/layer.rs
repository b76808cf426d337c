//! The layer as its user sees it: matching, Vias, CANCEL, limits, flows, memory.

use super::*;
use crate::message::{HeaderName, Headers};

const SENT_BY: &str = "192.0.2.20:5062;branch=z9hG4bKabc";

/// Accepts what must be new.
fn accept(layer: &mut TransactionLayer, flow: Flow, request: &Request) -> ServerId {
    assert_eq!(layer.receive_request(at(0), flow, request), Incoming::New);
    layer.accept(at(0), flow, request).unwrap()
}

fn responses(layer: &mut TransactionLayer) -> Vec<(Flow, Response)> {
    let take = |(flow, message)| match message {
        Message::Response(response) => (flow, response),
        Message::Request(_) => panic!("a request"),
    };
    messages(layer).into_iter().map(take).collect()
}

fn requests(layer: &mut TransactionLayer) -> Vec<Request> {
    let take = |(_, message)| match message {
        Message::Request(request) => request,
        Message::Response(_) => panic!("a response"),
    };
    messages(layer).into_iter().map(take).collect()
}

/// Sends one request and gives it back as the peer receives it.
fn send(layer: &mut TransactionLayer, flow: Flow, method: Method) -> (ClientId, Request) {
    let id = layer.send_request(at(0), flow, ours(method)).unwrap();
    (id, requests(layer).pop().unwrap())
}

#[test]
fn nothing_is_kept_of_a_request_that_is_not_accepted() {
    let mut layer = layer();
    let request = theirs("REGISTER", SENT_BY);
    assert_eq!(layer.receive_request(at(0), udp(), &request), Incoming::New);
    layer.respond_stateless(udp(), &respond_to(&request, 401));
    assert_eq!(layer.receive_request(at(1), udp(), &request), Incoming::New);
    assert_eq!(sent(&mut layer), ["401"]);
    assert!(layer.is_empty() && layer.poll_timeout().is_none());
}

#[test]
fn a_request_is_matched_by_branch_sent_by_and_method() {
    let mut layer = layer();
    accept(&mut layer, udp(), &theirs("OPTIONS", SENT_BY));
    let mut check = |method: &str, via: &str, expected: Incoming| {
        // A merged request would hide what is looked for here: another Call-ID makes it another request.
        let mut request = theirs(method, via);
        request.headers.set(HeaderName::CallId, "call-3");
        assert_eq!(layer.receive_request(at(1), udp(), &request), expected, "{method} {via}");
    };
    check("OPTIONS", SENT_BY, Incoming::Absorbed);
    check("OPTIONS", "192.0.2.20:5062;rport;branch=z9hG4bKabc", Incoming::Absorbed);
    check("OPTIONS", "192.0.2.20:5062;branch=z9hG4bKabd", Incoming::New);
    check("OPTIONS", "192.0.2.21:5062;branch=z9hG4bKabc", Incoming::New);
    check("OPTIONS", "192.0.2.20:5063;branch=z9hG4bKabc", Incoming::New);
    check("INFO", SENT_BY, Incoming::New);
    check("ACK", SENT_BY, Incoming::Ack);
    check("CANCEL", SENT_BY, Incoming::CancelUnmatched);
}

#[test]
fn host_names_match_in_any_case_and_5060_is_understood() {
    let mut layer = layer();
    accept(&mut layer, udp(), &theirs("OPTIONS", "Phone.Example;branch=z9hG4bK9"));
    let again = theirs("OPTIONS", "phone.example:5060;branch=z9hG4bK9");
    assert_eq!(layer.receive_request(at(1), udp(), &again), Incoming::Absorbed);
}

/// RFC 3261 §17.2.3, second half.
#[test]
fn a_phone_of_rfc_2543_is_matched_by_its_fields() {
    for via in ["192.0.2.20:5062", "192.0.2.20:5062;branch=1"] {
        let mut layer = layer();
        let invite = theirs("INVITE", via);
        let id = accept(&mut layer, udp(), &invite);
        assert_eq!(layer.receive_request(at(1), udp(), &invite), Incoming::Absorbed);
        layer.respond(at(2), id, &respond_to(&invite, 486));
        assert_eq!(sent(&mut layer), ["486"]);

        let mut ack = theirs("ACK", via);
        ack.headers.set(HeaderName::To, "<sip:102@192.0.2.1>;tag=another");
        assert_eq!(layer.receive_request(at(3), udp(), &ack), Incoming::Absorbed);
        assert_eq!(layer.counters().unexpected, 1, "the To tag is of another answer");
        assert_eq!(pass(&mut layer, at(600)), ["502 486"]);
        ack.headers.set(HeaderName::To, "<sip:102@192.0.2.1>;tag=ours");
        assert_eq!(layer.receive_request(at(601), udp(), &ack), Incoming::Absorbed);
        assert!(pass(&mut layer, at(10_000)).is_empty() && layer.is_empty());

        // The next INVITE of the same call is another transaction.
        let mut next = theirs("INVITE", via);
        next.headers.set(HeaderName::CSeq, "4 INVITE");
        assert_eq!(layer.receive_request(at(10_001), udp(), &next), Incoming::New);
    }
}

#[test]
fn a_request_that_came_by_two_ways_is_merged() {
    let mut layer = layer();
    accept(&mut layer, udp(), &theirs("INVITE", SENT_BY));
    let other_way = theirs("INVITE", "192.0.2.99;branch=z9hG4bKother");
    assert_eq!(layer.receive_request(at(1), udp(), &other_way), Incoming::Merged);
    // RFC 3261 §8.2.2.2 speaks of requests without a To tag only.
    let mut in_dialog = other_way;
    in_dialog.headers.set(HeaderName::To, "<sip:102@192.0.2.1>;tag=x");
    assert_eq!(layer.receive_request(at(1), udp(), &in_dialog), Incoming::New);
}

/// (transport, what follows it in the Via, expected in the response's Via, expected peer)
#[test]
fn responses_go_where_the_via_says() {
    let source = "192.0.2.20:5062";
    let nat = "203.0.113.7:40000";
    let cases = [
        // RFC 3261 §18.2.2: the port of the sent-by, 5060 without.
        (Transport::Udp, source, "192.0.2.20:5070;branch=z9hG4bK1", "", "192.0.2.20:5070"),
        (Transport::Udp, source, "192.0.2.20;branch=z9hG4bK1", "", "192.0.2.20:5060"),
        (Transport::Udp, nat, "10.0.0.5:5070;branch=z9hG4bK1", ";received=203.0.113.7", "203.0.113.7:5070"),
        (Transport::Udp, nat, "phone:5070;branch=z9hG4bK1", ";received=203.0.113.7", "203.0.113.7:5070"),
        // RFC 3581 §4.
        (Transport::Udp, nat, "10.0.0.5;rport;branch=z9hG4bK1", "rport=40000;received=203.0.113.7", nat),
        (Transport::Udp, source, "192.0.2.20:9;rport;branch=z9hG4bK1", "rport=5062;received=192.0.2.20", source),
        // What a stranger writes there itself does not count, neither does maddr.
        (Transport::Udp, source, "192.0.2.20;received=198.51.100.1;branch=z9hG4bK1", "", "192.0.2.20:5060"),
        (
            Transport::Udp,
            nat,
            "10.0.0.5;rport=1;received=10.1.1.1;branch=z9hG4bK1",
            "rport=40000;received=203.0.113.7",
            nat,
        ),
        (
            Transport::Udp,
            source,
            "192.0.2.20:5070;maddr=224.0.0.1;branch=z9hG4bK1",
            "maddr=224.0.0.1",
            "192.0.2.20:5070",
        ),
        (
            Transport::Udp,
            "[2001:db8::7]:6000",
            "[2001:db8::9]:5070;branch=z9hG4bK1",
            ";received=2001:db8::7",
            "[2001:db8::7]:5070",
        ),
        // Streams: the same connection.
        (Transport::Tcp, nat, "10.0.0.5:5070;branch=z9hG4bK1", ";received=203.0.113.7", nat),
    ];
    for (transport, peer, via, expected, to) in cases {
        for stamped in [false, true] {
            let mut layer = layer();
            let local = if peer.starts_with('[') { "[2001:db8::1]:5060" } else { BOX };
            let flow = flow(transport, local, peer);
            let mut request = theirs("OPTIONS", via);
            if stamped {
                stamp(&mut request, flow);
            }
            let id = accept(&mut layer, flow, &request);
            layer.respond(at(0), id, &respond_to(&request, 200));
            layer.respond_stateless(flow, &respond_to(&request, 200));
            let out = responses(&mut layer);
            assert_eq!(out.len(), 2);
            for (flow, response) in out {
                let printed = response.headers.via().unwrap().to_string();
                let wanted: Vec<&str> = expected.split(';').filter(|p| !p.is_empty()).collect();
                assert!(wanted.iter().all(|p| printed.contains(p)), "{via}: {printed}");
                assert_eq!(printed.contains("received"), expected.contains("received"), "{via}: {printed}");
                assert_eq!(flow.peer, to.parse().unwrap(), "{via}");
                assert_eq!(flow.local, local.parse().unwrap());
            }
        }
    }
}

#[test]
fn requests_get_a_via_of_ours() {
    let mut layer = layer();
    let via = |flow: Flow, layer: &mut TransactionLayer| {
        layer.send_request(at(0), flow, ours(Method::Options)).unwrap();
        let via = requests(layer).pop().unwrap().headers.via().unwrap();
        let branch = via.branch().unwrap();
        assert!(branch.starts_with(b"z9hG4bK") && branch.len() > 20);
        via.to_string().replace(std::str::from_utf8(branch).unwrap(), "B")
    };
    assert_eq!(via(udp(), &mut layer), "SIP/2.0/UDP 192.0.2.1:5060;branch=B;rport");
    assert_eq!(via(tcp(), &mut layer), "SIP/2.0/TCP 192.0.2.1:5060;branch=B");
    let v6 = flow(Transport::Tls, "[2001:db8::1]:5061", "[2001:db8::2]:5061");
    assert_eq!(via(v6, &mut layer), "SIP/2.0/TLS [2001:db8::1]:5061;branch=B");
    let unopened = flow(Transport::Tcp, "192.0.2.1:0", PHONE);
    assert_eq!(via(unopened, &mut layer), "SIP/2.0/TCP 192.0.2.1;branch=B");
}

#[test]
fn a_response_is_matched_by_branch_method_and_transport() {
    let mut layer = layer();
    let (id, request) = send(&mut layer, udp(), Method::Options);
    let ok = respond_to(&request, 200);
    let mut check = |change: &dyn Fn(&mut Headers), flow: Flow| {
        let mut response = ok.clone();
        change(&mut response.headers);
        assert_eq!(layer.receive_response(at(1), flow, &response), None);
    };
    check(&|h| h.set(HeaderName::CSeq, "7 INVITE"), udp());
    check(&|h| h.set(HeaderName::CSeq, "7 CANCEL"), udp());
    check(&|h| h.push(HeaderName::Via, "SIP/2.0/UDP 198.51.100.1;branch=z9hG4bKx"), udp());
    check(&|h| h.set(HeaderName::Via, "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK00000000000000001"), udp());
    check(&|h| h.set(HeaderName::Via, "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK+000000000000000+1"), udp());
    check(&|h| h.set(HeaderName::Via, "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKäääääääää"), udp());
    check(&|h| h.set(HeaderName::Via, "SIP/2.0/UDP 192.0.2.1:5060"), udp());
    check(&|_| (), tcp());
    assert_eq!(layer.counters().stray, 8);
    // From another address of the same transport it counts: phones have several.
    let elsewhere = flow(Transport::Udp, BOX, "192.0.2.77:9");
    assert_eq!(layer.receive_response(at(1), elsewhere, &ok), Some(id));
    assert_eq!(layer.receive_response(at(2), udp(), &ok), None, "a repetition");
    assert_eq!(pass(&mut layer, at(10_000)), [] as [String; 0]);
    assert_eq!(events(&mut layer), [TransactionEvent::ClientEnded(id)]);
    assert!(layer.is_empty());
}

/// RFC 3261 §17.1.1.3 and §9.1.
#[test]
fn ack_and_cancel_are_made_of_their_invite() {
    let mut layer = layer();
    let (id, invite) = send(&mut layer, udp(), Method::Invite);
    layer.receive_response(at(1), udp(), &respond_to(&invite, 180));
    let cancel_id = layer.cancel(at(2), id).unwrap();
    let cancel = requests(&mut layer).pop().unwrap();
    assert_eq!(layer.receive_response(at(3), udp(), &respond_to(&cancel, 200)), Some(cancel_id));
    assert_eq!(layer.receive_response(at(4), udp(), &respond_to(&invite, 487)), Some(id));
    let ack = requests(&mut layer).pop().unwrap();
    for (request, name, to) in
        [(&cancel, "CANCEL", invite.headers.to()), (&ack, "ACK", respond_to(&invite, 487).headers.to())]
    {
        assert_eq!(request.uri, invite.uri);
        for same in [HeaderName::Via, HeaderName::Route, HeaderName::From, HeaderName::CallId] {
            assert_eq!(request.headers.get(&same), invite.headers.get(&same), "{same}");
        }
        assert_eq!(request.headers.get(&HeaderName::CSeq).unwrap(), format!("7 {name}").as_bytes());
        assert_eq!(request.headers.to(), to);
        assert_eq!(request.headers.vias().unwrap().len(), 1);
    }
    assert_eq!(layer.cancel(at(5), id), None, "answered");
    assert_eq!(layer.cancel(at(5), ClientId(99)), None);
}

#[test]
fn a_cancel_waits_for_the_peer_to_be_heard() {
    let mut layer = layer();
    let (id, invite) = send(&mut layer, udp(), Method::Invite);
    let cancel_id = layer.cancel(at(1), id).unwrap();
    assert_eq!(layer.cancel(at(1), id), None, "once only");
    assert_eq!(pass(&mut layer, at(600)), ["500 INVITE"]);
    assert_eq!(layer.receive_response(at(700), udp(), &respond_to(&invite, 100)), Some(id));
    assert_eq!(sent(&mut layer), ["CANCEL"]);
    // Neither is ever answered: the CANCEL is repeated, then both end (RFC 3261 §9.1).
    let log = pass(&mut layer, at(60_000));
    assert_eq!(log.len(), 10);
    let ids = events(&mut layer);
    assert!(ids.contains(&TransactionEvent::ClientTimeout(id)) && ids.contains(&TransactionEvent::ClientEnded(id)));
    assert!(ids.contains(&TransactionEvent::ClientEnded(cancel_id)));
    assert!(layer.is_empty() && layer.poll_timeout().is_none());
}

#[test]
fn a_cancel_is_answered_by_the_layer() {
    let mut layer = layer();
    let invite = theirs("INVITE", SENT_BY);
    let id = accept(&mut layer, udp(), &invite);
    layer.respond(at(0), id, &respond_to(&invite, 180));
    sent(&mut layer);
    let cancel = theirs("CANCEL", SENT_BY);
    // RFC 3261 §22.1: from where its INVITE came from.
    let stranger = flow(Transport::Udp, BOX, "198.51.100.66:5062");
    assert_eq!(layer.receive_request(at(1), stranger, &cancel), Incoming::CancelUnmatched);
    assert_eq!(layer.receive_request(at(1), udp(), &cancel), Incoming::Cancel { invite: id });
    let (_, ok) = responses(&mut layer).pop().unwrap();
    assert_eq!((ok.status.0, ok.headers.to_tag().as_deref()), (200, Some(&b"ours"[..])));
    assert_eq!(ok.headers.cseq().unwrap().method, Method::Cancel);
    assert_eq!(layer.receive_request(at(2), udp(), &cancel), Incoming::Absorbed, "a repetition");
    assert_eq!(sent(&mut layer), ["200"]);
    layer.respond(at(3), id, &respond_to(&invite, 487));
    assert_eq!(layer.receive_request(at(4), udp(), &cancel), Incoming::Absorbed);
    assert_eq!(sent(&mut layer), ["487", "200"]);
}

#[test]
fn a_200_that_crosses_the_cancel_wins() {
    let mut layer = layer();
    let invite = theirs("INVITE", SENT_BY);
    let id = accept(&mut layer, udp(), &invite);
    layer.respond(at(0), id, &respond_to(&invite, 200));
    assert_eq!(layer.receive_request(at(1), udp(), &theirs("CANCEL", SENT_BY)), Incoming::Absorbed);
    assert_eq!(sent(&mut layer), ["200", "200"]);
}

#[test]
fn a_silent_user_is_covered_by_a_100() {
    let mut layer = layer();
    let mut invite = theirs("INVITE", "192.0.2.20;rport;branch=z9hG4bKi");
    invite.headers.push(HeaderName::Timestamp, "54");
    accept(&mut layer, udp(), &invite);
    layer.handle_timeout(at(200));
    let (_, trying) = responses(&mut layer).pop().unwrap();
    assert_eq!(trying.headers.get(&HeaderName::Timestamp).unwrap(), "54");
    assert_eq!(trying.headers.via().unwrap().params.value("rport").unwrap(), "5062");
    accept(&mut layer, udp(), &theirs("INFO", SENT_BY));
    // RFC 4320 §4.1 and §4.2: a 100 after 3.5 s, nothing ever after.
    assert_eq!(pass(&mut layer, at(100_000)), ["3500 100"]);
    assert_eq!(layer.servers(), 1, "the INVITE has its user's time");
}

#[test]
fn a_2xx_is_repeated_until_it_is_confirmed() {
    let mut layer = layer();
    let invite = theirs("INVITE", SENT_BY);
    let id = accept(&mut layer, tcp(), &invite);
    layer.respond(at(0), id, &respond_to(&invite, 200));
    assert_eq!(pass(&mut layer, at(8000)), ["500 200", "1500 200", "3500 200", "7500 200"]);
    let ack = theirs("ACK", "192.0.2.20:5062;branch=z9hG4bKack");
    assert_eq!(layer.receive_request(at(8001), tcp(), &ack), Incoming::Ack);
    layer.confirm(at(8001), id);
    assert_eq!(pass(&mut layer, at(31_999)), [] as [String; 0]);
    assert_eq!(events(&mut layer), []);
    pass(&mut layer, at(32_000));
    assert_eq!(events(&mut layer), [TransactionEvent::ServerEnded(id)]);
    layer.respond(at(32_001), id, &respond_to(&invite, 200));
    assert_eq!(sent(&mut layer), [] as [String; 0], "RFC 6026 §8.3: discarded");
}

#[test]
fn a_2xx_without_ack_is_reported() {
    let mut layer = layer();
    let invite = theirs("INVITE", SENT_BY);
    let id = accept(&mut layer, udp(), &invite);
    layer.respond(at(0), id, &respond_to(&invite, 200));
    assert_eq!(pass(&mut layer, at(40_000)).len(), 10);
    assert_eq!(events(&mut layer), [TransactionEvent::AckTimeout(id), TransactionEvent::ServerEnded(id)]);
}

#[test]
fn a_reliable_provisional_is_repeated_until_its_prack() {
    let mut layer = layer();
    let invite = theirs("INVITE", SENT_BY);
    let id = accept(&mut layer, udp(), &invite);
    layer.respond_reliably(at(0), id, &respond_to(&invite, 183));
    assert_eq!(pass(&mut layer, at(4000)), ["500 183", "1500 183", "3500 183"]);
    layer.confirm_provisional(at(4000), id);
    assert_eq!(pass(&mut layer, at(100_000)), [] as [String; 0]);
    layer.respond_reliably(at(100_000), id, &respond_to(&invite, 183));
    pass(&mut layer, at(200_000));
    assert_eq!(events(&mut layer), [TransactionEvent::PrackTimeout(id)]);
    layer.respond(at(200_000), id, &respond_to(&invite, 504));
    assert_eq!(layer.receive_request(at(200_100), udp(), &theirs("ACK", SENT_BY)), Incoming::Absorbed);
    pass(&mut layer, at(300_000));
    assert!(layer.is_empty() && layer.poll_timeout().is_none());
}

#[test]
fn the_tables_are_bounded() {
    let limits = TransactionLimits { servers_max: 2, clients_max: 2, finished_max: 3, ..TransactionLimits::default() };
    let mut layer = TransactionLayer::new(limits, Random::from_number(1));
    for _ in 0..2 {
        layer.send_request(at(0), udp(), ours(Method::Invite)).unwrap();
    }
    assert_eq!(layer.send_request(at(0), udp(), ours(Method::Invite)), Err(LayerFull));
    let request = |n: u32| {
        let mut request = theirs("MESSAGE", &format!("192.0.2.20:5062;branch=z9hG4bKm{n}"));
        request.headers.set(HeaderName::CallId, format!("m{n}"));
        request
    };
    // Answered ones do not count against `servers_max`, but the oldest of them goes at the fourth.
    for n in 0..5 {
        let id = accept(&mut layer, udp(), &request(n));
        layer.respond(at(0), id, &respond_to(&request(n), 200));
    }
    assert_eq!((layer.servers(), layer.counters().dropped_early), (3, 2));
    assert_eq!(layer.receive_request(at(1), udp(), &request(1)), Incoming::New);
    assert_eq!(layer.receive_request(at(1), udp(), &request(2)), Incoming::Absorbed);
    for n in 5..7 {
        accept(&mut layer, udp(), &request(n));
    }
    assert_eq!(layer.accept(at(1), udp(), &request(7)), Err(LayerFull));
    pass(&mut layer, at(200_000));
    assert_eq!(layer.servers(), 0);
}

#[test]
fn a_failed_flow_ends_the_requests_on_it() {
    let mut layer = layer();
    let (a, _) = send(&mut layer, tcp(), Method::Invite);
    let (b, _) = send(&mut layer, tcp(), Method::Options);
    let (c, _) = send(&mut layer, udp(), Method::Options);
    layer.flow_failed(at(1), tcp());
    assert_eq!(
        events(&mut layer),
        [
            TransactionEvent::ClientFlowFailed(a),
            TransactionEvent::ClientEnded(a),
            TransactionEvent::ClientFlowFailed(b),
            TransactionEvent::ClientEnded(b)
        ]
    );
    assert_eq!(layer.clients(), 1);
    layer.flow_failed(at(2), udp());
    assert_eq!(events(&mut layer), [TransactionEvent::ClientFlowFailed(c), TransactionEvent::ClientEnded(c)]);
    assert!(layer.is_empty() && layer.poll_timeout().is_none());
}

/// RFC 3261 §18.2.2.
#[test]
fn a_response_whose_connection_ended_goes_to_the_sent_by() {
    let mut layer = layer();
    let invite = theirs("INVITE", "192.0.2.20:5070;branch=z9hG4bK1");
    let id = accept(&mut layer, tcp(), &invite);
    layer.flow_failed(at(1), tcp());
    layer.respond(at(2), id, &respond_to(&invite, 180));
    let (asked, _) = responses(&mut layer).pop().unwrap();
    assert_eq!((asked.peer, asked.connection), ("192.0.2.20:5070".parse().unwrap(), 0));
    let opened = Flow { local: "192.0.2.1:43210".parse().unwrap(), connection: 9, ..asked };
    layer.flow_opened(asked, opened);
    layer.respond(at(3), id, &respond_to(&invite, 486));
    assert_eq!(responses(&mut layer).pop().unwrap().0, opened);
}

#[test]
fn a_request_follows_its_connection_once_that_is_open() {
    let mut layer = layer();
    let asked = Flow { connection: 0, ..tcp() };
    let (id, invite) = send(&mut layer, asked, Method::Invite);
    layer.flow_opened(asked, tcp());
    layer.receive_response(at(1), tcp(), &respond_to(&invite, 180));
    layer.cancel(at(2), id).unwrap();
    assert_eq!(messages(&mut layer).pop().unwrap().0, tcp());
    layer.flow_failed(at(3), asked);
    assert_eq!(events(&mut layer), []);
    layer.flow_failed(at(3), tcp());
    assert_eq!(events(&mut layer).len(), 4);
    assert!(layer.is_empty());
}

#[test]
fn memory_is_given_back() {
    let mut layer = layer();
    for n in 0..20_000u32 {
        let mut request = theirs("REGISTER", &format!("192.0.2.20:5062;branch=z9hG4bKr{n}"));
        request.headers.set(HeaderName::CallId, format!("r{n}"));
        let id = layer.accept(at(u64::from(n)), udp(), &request).unwrap();
        layer.respond(at(u64::from(n)), id, &respond_to(&request, 200));
        while layer.poll_transmit().is_some() {}
    }
    assert_eq!(layer.servers(), 20_000);
    pass(&mut layer, at(60_000));
    assert!(layer.is_empty() && layer.poll_timeout().is_none());
    let (table, by_key, by_merge, order) = layer.servers.capacities();
    assert!(table + by_key + by_merge + order < 5000, "{table} {by_key} {by_merge} {order}");
}

#[test]
fn odd_responses_of_the_user_do_no_harm() {
    let mut layer = layer();
    let request = theirs("OPTIONS", SENT_BY);
    let id = accept(&mut layer, udp(), &request);
    layer.confirm(at(1), id);
    layer.confirm_provisional(at(1), id);
    layer.respond_reliably(at(1), id, &respond_to(&request, 183));
    layer.respond(at(1), id, &respond_to(&request, 180));
    layer.respond(at(1), ServerId(77), &respond_to(&request, 180));
    layer.confirm(at(1), ServerId(77));
    assert_eq!(sent(&mut layer), [] as [String; 0]);
    assert_eq!(layer.counters().unexpected, 4);
    layer.respond(at(2), id, &respond_to(&request, 200));
    layer.respond(at(2), id, &respond_to(&request, 500));
    assert_eq!(sent(&mut layer), ["200"]);
}
