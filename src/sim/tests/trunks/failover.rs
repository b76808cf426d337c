//! The next server, the next trunk, and when there is none.

use crate::*;

#[test]
fn a_call_goes_to_the_next_server_and_then_over_the_next_trunk() {
    let mut w = world(3, &["101"], [by_address("a", "carrier.example"), by_address("b", "p3.example")]);
    w.name("carrier.example", &[provider_address(1), provider_address(2)]).advance(secs(310));
    w.take_ladder();
    w.provider("p1").conduct = Conduct::Silent;
    w.provider("p2").conduct = Conduct::Refusing(503);
    w.dial("101", "0470000001").advance(secs(10));
    assert_eq!((w.stages("101"), w.stages("p3")), (vec![Stage::Up], vec![Stage::Up]));
    w.hang_up("101").advance(secs(1));
    check(
        &mut w,
        expect![[r#"
        312.001 101 > pbx INVITE sendrecv
        312.001 pbx > 101 401 INVITE
        312.003 101 > pbx ACK
        312.003 101 > pbx INVITE sendrecv
        312.003 pbx > 101 100 INVITE
        312.003 pbx > p1 INVITE sendrecv
        312.503 pbx > p1 INVITE sendrecv
        313.503 pbx > p1 INVITE sendrecv
        315.503 pbx > p1 INVITE sendrecv
        316.003 pbx > p2 INVITE sendrecv
        316.005 p2 > pbx 503 INVITE
        316.005 pbx > p2 ACK
        316.005 pbx > p3 INVITE sendrecv
        316.007 p3 > pbx 180 INVITE
        316.007 pbx > 101 180 INVITE
        318.007 p3 > pbx 200 INVITE sendrecv
        318.007 pbx > p3 ACK
        318.007 pbx > 101 200 INVITE sendrecv
        318.009 101 > pbx ACK
        319.503 pbx > p1 INVITE sendrecv
        322.001 101 > pbx BYE
        322.001 pbx > 101 200 BYE
        322.001 pbx > p3 BYE
        322.003 p3 > pbx 200 BYE
    "#]],
    );
    expect![[r#"
        +32470000001 is called over trunk a as +32470000001
        trunk a: no answer from its server, trying its server 10.0.2.2:5060
        trunk a: 503 Service Unavailable, trying trunk b
        +32470000001 is called over trunk b as +32470000001
    "#]]
    .assert_eq(&reasons(&w));
    // A server that works again is found again, and one that failed lately is not asked first.
    w.advance(secs(30));
    w.provider("p2").conduct = Conduct::Plain;
    w.provider("p1").conduct = Conduct::Plain;
    w.dial("101", "0470000001").advance(secs(5));
    assert_eq!((w.stages("p1").len(), w.stages("p2").len()), (1, 0));
    w.hang_up("101").advance(secs(1));
    w.provider("p1").conduct = Conduct::Refusing(503);
    for _ in 0..2 {
        w.dial("101", "0470000001").advance(secs(5));
        assert_eq!(w.stages("p2"), [Stage::Up]);
        w.hang_up("101").advance(secs(1));
    }
    assert_eq!(w.provider("p1").invites.len(), 2, "once in the first of the three, once in the second");
    w.advance(secs(60)).assert_audio_agrees();
}

#[test]
fn a_trunk_that_is_down_is_passed_over() {
    let mut w = world(2, &["101"], [trunk("a", "p1.example"), by_address("b", "p2.example")]);
    w.provider("p1").conduct = Conduct::Refusing(403);
    w.advance(secs(600));
    assert_eq!(state(&w, "a"), down("it answers 403 Forbidden"));
    w.dial("101", "0470000001").advance(secs(5));
    assert_eq!(w.stages("p2"), [Stage::Up]);
    w.hang_up("101").advance(secs(1));
}

#[test]
fn what_speaks_for_the_person_ends_the_search() {
    for (status, cause, told) in [
        (486, Cause::Busy, "486"),
        (603, Cause::Declined, "603"),
        (404, Cause::UnknownNumber, "404"),
        (480, Cause::NoAnswer, "480"),
    ] {
        let mut w = world(2, &["101"], [by_address("a", "p1.example"), by_address("b", "p2.example")]);
        w.answering("p1", Answering::Reject(status, millis(500)));
        w.dial("101", "0470000001").advance(secs(3));
        assert!(w.provider("p2").invites.is_empty(), "{status}");
        assert_eq!(ended(&w).pop().unwrap().cause, cause, "{status}");
        assert!(w.take_ladder().contains(&format!("pbx > 101 {told} INVITE")), "{status}");
    }
}

#[test]
fn all_trunks_fail_and_the_caller_learns_it_soon() {
    let mut w = world(2, &["101"], [by_address("a", "p1.example"), by_address("b", "p2.example")]);
    w.provider("p1").conduct = Conduct::Silent;
    w.provider("p2").conduct = Conduct::Silent;
    w.dial("101", "0470000001").advance(secs(20));
    assert_eq!(ended(&w).pop().unwrap().cause, Cause::Unreachable);
    expect![[r#"
        +32470000001 is called over trunk a as +32470000001
        trunk a: no answer from its server, trying trunk b
        +32470000001 is called over trunk b as +32470000001
        trunk b: no answer from its server
    "#]]
    .assert_eq(&reasons(&w));
    w.advance(secs(100));
    assert_eq!(w.counts().transactions, 0);
}

#[test]
fn a_provider_that_redirects_or_asks_for_ever_is_left() {
    for conduct in [Conduct::Redirecting, Conduct::NeverContent, Conduct::Thief] {
        let mut w = world(
            2,
            &["101"],
            [
                Trunk { realm: Some("carrier.example".into()), ..by_address("a", "p1.example") },
                by_address("b", "p2.example"),
            ],
        );
        w.configure(|c| c.trunks.get_mut("a").unwrap().user = Some("account".into())).advance(secs(1));
        w.provider("p1").conduct = conduct;
        w.dial("101", "0470000001").advance(secs(5));
        assert_eq!(w.stages("p2"), [Stage::Up], "{conduct:?}");
        let invites = w.provider("p1").invites.clone();
        assert!(invites.len() <= 3, "{conduct:?}: {} INVITEs", invites.len());
        if conduct == Conduct::Thief {
            let proofs = [HeaderName::Authorization, HeaderName::ProxyAuthorization];
            assert!(invites.iter().all(|invite| proofs.iter().all(|name| !invite.headers.has(name))));
        }
        w.hang_up("101").advance(secs(1));
    }
}

#[test]
fn a_line_that_is_heard_and_then_fails_gives_way_to_the_next() {
    let mut w = world(2, &["101"], [by_address("a", "p1.example"), by_address("b", "p2.example")]);
    w.phone_mut("p1").habits.early_media = true;
    w.answering("p1", Answering::Reject(503, secs(1)));
    w.phone_mut("p2").habits.codecs = &["PCMU"];
    w.dial("101", "0470000001").advance(secs(8));
    assert_eq!((w.stages("101"), w.stages("p2")), (vec![Stage::Up], vec![Stage::Up]));
    assert_eq!((w.hears("101"), w.hears("p2")), ("p2".to_owned(), "101".to_owned()));
    w.advance(secs(10)).assert_audio_agrees();
    w.hang_up("101").advance(secs(1));
}

#[test]
fn a_call_that_comes_back_for_ever_ends() {
    // What goes out comes in again, and goes out again.
    let mut w = world(1, &["101"], [by_address("a", "p1.example")]);
    w.configure(|config| {
        config.inbound_routes.get_mut("in").unwrap().to = Destination::Outside("+3225551234".to_owned());
    });
    call_in(&mut w, "p1", "+3225551234", |request| {
        from(request, "<sip:+32470000009@p1.example>");
        request.headers.set(HeaderName::MaxForwards, "3");
    });
    w.advance(secs(1));
    let invite = w.provider("p1").invites.last().expect("it goes out again").clone();
    assert_eq!(invite.headers.max_forwards(), Ok(Some(2)));
    w.hang_up("p1").advance(secs(2));
}
