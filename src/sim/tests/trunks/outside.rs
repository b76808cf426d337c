//! Calls out.

use crate::*;

#[test]
fn a_call_out_proves_who_we_are() {
    let mut w = world(1, &["101"], [trunk("a", "p1.example")]);
    w.provider("p1").conduct = Conduct::Careful;
    w.dial("101", "0470 00 00 01").advance(secs(5));
    assert_eq!((w.stages("101"), w.stages("p1")), (vec![Stage::Up], vec![Stage::Up]));
    assert_eq!((w.hears("101"), w.hears("p1")), ("p1".to_owned(), "101".to_owned()));
    assert_eq!(w.watch.live().trunks["a"].calls, 1);
    w.hang_up("101").advance(secs(1));
    assert_eq!(w.watch.live().trunks["a"].calls, 0);
    check(
        &mut w,
        expect![[r#"
        002.001 101 > pbx INVITE sendrecv
        002.001 pbx > 101 401 INVITE
        002.003 101 > pbx ACK
        002.003 101 > pbx INVITE sendrecv
        002.003 pbx > 101 100 INVITE
        002.003 pbx > p1 INVITE sendrecv
        002.005 p1 > pbx 407 INVITE
        002.005 pbx > p1 ACK
        002.005 pbx > p1 INVITE sendrecv
        002.007 p1 > pbx 180 INVITE
        002.007 pbx > 101 180 INVITE
        004.007 p1 > pbx 200 INVITE sendrecv
        004.007 pbx > p1 ACK
        004.007 pbx > 101 200 INVITE sendrecv
        004.009 101 > pbx ACK
        007.001 101 > pbx BYE
        007.001 pbx > 101 200 BYE
        007.001 pbx > p1 BYE
        007.003 p1 > pbx 200 BYE
    "#]],
    );
    let invite = w.provider("p1").invites[0].clone();
    assert_eq!(invite.uri.to_string(), "sip:+32470000001@p1.example");
    let p1 = w.provider("p1");
    assert_eq!(p1.last(HeaderName::From).unwrap().split(';').next(), Some("<sip:+3225551234@p1.example>"));
    assert_eq!(p1.last(HeaderName::PAssertedIdentity).as_deref(), Some("<sip:+3225551234@p1.example>"));
    assert_eq!(p1.last(HeaderName::Privacy), None);
    let last = ended(&w).pop().unwrap();
    assert_eq!((last.from.number.as_str(), last.to.number.as_str()), ("101", "+32470000001"));
    expect![[r#"
        +32470000001 is called over trunk a as +32470000001
    "#]]
    .assert_eq(&reasons(&w));
}

#[test]
fn a_provider_that_wants_proof_of_every_change_gets_it() {
    let mut w = world(1, &["101"], [trunk("a", "p1.example")]);
    w.provider("p1").conduct = Conduct::Strict;
    w.dial("101", "0470000001").advance(secs(5)).hold("101").advance(secs(1));
    assert_eq!(w.directions("p1"), [Direction::RecvOnly]);
    w.resume("101").advance(secs(1));
    assert_eq!(w.directions("p1"), [Direction::SendRecv]);
    // Refreshes of the session included (RFC 4028).
    w.advance(secs(700));
    let ladder = w.take_ladder();
    assert!(ladder.matches("p1 > pbx 407 ").count() >= 3, "nonces grow old: {ladder}");
    assert_eq!((w.stages("101"), w.stages("p1")), (vec![Stage::Up], vec![Stage::Up]));
    w.assert_audio_agrees();
    w.hang_up("p1").advance(secs(1));
    assert_eq!(ended(&w).pop().unwrap().cause, Cause::NormalClearing);
}

#[test]
fn what_is_to_be_encrypted_never_goes_in_the_clear() {
    let mut w = world(1, &["101"], [Trunk { srtp: Srtp::Required, ..by_address("a", "p1.example") }]);
    w.phone_mut("p1").habits.secure = true;
    w.dial("101", "0470000001").advance(secs(5));
    let offer = String::from_utf8_lossy(&w.provider("p1").invites[0].body).into_owned();
    assert!(offer.contains("m=audio") && offer.contains("RTP/SAVP") && !offer.contains("RTP/AVP"), "{offer}");
    assert_eq!((w.stages("101"), w.hears("101")), (vec![Stage::Up], "p1".to_owned()));
    w.assert_audio_agrees();
    w.hang_up("101").advance(secs(1));
    w.phone_mut("p1").habits.secure = false;
    w.take_ladder();
    call_in(&mut w, "p1", "+3225551234", |r| from(r, "<sip:+32470000009@p1.example>"));
    w.advance(secs(1));
    assert!(w.take_ladder().contains("pbx > p1 488 INVITE"));
}

#[test]
fn a_phone_says_who_it_is_and_the_provider_hears_what_we_know() {
    let mut w = world(1, &["101"], [trunk("a", "p1.example")]);
    w.with("101", |phone, now| {
        phone.dial_as(now, "0470000001", |request| {
            request.headers.set(HeaderName::From, "\"Bank\" <sip:+3225550000@10.0.0.1>;tag=f");
            for name in [HeaderName::PAssertedIdentity, HeaderName::PPreferredIdentity, HeaderName::RemotePartyId] {
                request.headers.push(name, "<sip:+3225550000@10.0.0.1>");
            }
            request.headers.push(HeaderName::Diversion, "<sip:+3225550000@10.0.0.1>");
            request.headers.push(HeaderName::HistoryInfo, "<sip:+3225550000@10.0.0.1>;index=1");
        })
    });
    w.advance(secs(5));
    let invite = w.provider("p1").invites.last().expect("the call went out").clone();
    for (name, value) in invite.headers.iter() {
        let value = String::from_utf8_lossy(value);
        assert!(!value.contains("25550000") && !value.contains("Bank"), "{name:?}: {value}");
    }
    w.hang_up("101").advance(secs(1));
}

#[test]
fn a_withheld_number_is_told_to_the_provider_alone() {
    let mut w = world(1, &["101"], [trunk("a", "p1.example")]);
    w.command(Command::PutFact {
        key: "person/101".into(),
        value: Some(r#"{"withhold":true}"#.into()),
        by: "101".into(),
    });
    w.dial("101", "0470000001").advance(secs(5));
    w.hang_up("101").advance(secs(1));
    let p1 = w.provider("p1");
    let from = p1.last(HeaderName::From).unwrap();
    assert!(from.starts_with("\"Anonymous\" <sip:anonymous@anonymous.invalid>;tag="), "{from}");
    assert_eq!(p1.last(HeaderName::PAssertedIdentity).as_deref(), Some("<sip:+3225551234@p1.example>"));
    assert_eq!(p1.last(HeaderName::Privacy).as_deref(), Some("id"));
}

#[test]
fn a_forwarded_call_tells_who_sent_it_on() {
    let mut w = world(1, &["101", "102"], [trunk("a", "p1.example")]);
    w.command(Command::PutFact {
        key: "person/102".into(),
        value: Some(r#"{"forward_all":"0470000001"}"#.into()),
        by: "102".into(),
    });
    w.dial("101", "102").advance(secs(5));
    assert_eq!((w.stages("101"), w.stages("p1")), (vec![Stage::Up], vec![Stage::Up]));
    w.hang_up("101").advance(secs(1));
    let p1 = w.provider("p1");
    assert_eq!(
        p1.last(HeaderName::Diversion).as_deref(),
        Some("<sip:+3225551234@p1.example>;reason=unconditional;counter=1;privacy=off")
    );
    assert!(p1.last(HeaderName::HistoryInfo).unwrap().ends_with(";index=1.1;mp=1"));
}

#[test]
fn a_phone_that_asks_for_our_password_gets_none() {
    let mut w = world(1, &["101", "102"], [trunk("a", "p1.example")]);
    w.answering("102", Answering::Reject(407, millis(100)));
    w.dial("101", "102").advance(secs(3));
    let ladder = w.take_ladder();
    assert_eq!(ladder.matches("pbx > 102 INVITE").count(), 1, "{ladder}");
}

#[test]
fn nobody_answers_outside() {
    let mut w = world(1, &["101"], [by_address("a", "p1.example")]);
    w.answering("p1", Answering::Never);
    w.dial("101", "0470000001").advance(secs(2));
    w.hang_up("101").advance(secs(2));
    assert_eq!(ended(&w).pop().unwrap().cause, Cause::Cancelled);
    check(
        &mut w,
        expect![[r#"
        002.001 101 > pbx INVITE sendrecv
        002.001 pbx > 101 401 INVITE
        002.003 101 > pbx ACK
        002.003 101 > pbx INVITE sendrecv
        002.003 pbx > 101 100 INVITE
        002.003 pbx > p1 INVITE sendrecv
        002.005 p1 > pbx 180 INVITE
        002.005 pbx > 101 180 INVITE
        004.001 101 > pbx CANCEL
        004.001 pbx > 101 200 CANCEL
        004.001 pbx > 101 487 INVITE
        004.001 pbx > p1 CANCEL
        004.003 101 > pbx ACK
        004.003 p1 > pbx 200 CANCEL
        004.003 p1 > pbx 487 INVITE
        004.003 pbx > p1 ACK
    "#]],
    );
    assert_eq!(w.watch.live().trunks["a"].calls, 0);
}

#[test]
fn a_cancel_meets_the_answer_of_a_provider() {
    let mut w = world(1, &["101"], [by_address("a", "p1.example")]);
    w.answering("p1", Answering::After(millis(1000)));
    // The caller gives up just as the far end answers: both messages are under way at once.
    w.dial("101", "0470000001").advance(millis(1003));
    w.hang_up("101").advance(secs(40));
    assert_eq!((w.stages("101"), w.stages("p1")), (vec![], vec![]));
    check(
        &mut w,
        expect![[r#"
            002.001 101 > pbx INVITE sendrecv
            002.001 pbx > 101 401 INVITE
            002.003 101 > pbx ACK
            002.003 101 > pbx INVITE sendrecv
            002.003 pbx > 101 100 INVITE
            002.003 pbx > p1 INVITE sendrecv
            002.005 p1 > pbx 180 INVITE
            002.005 pbx > 101 180 INVITE
            003.004 101 > pbx CANCEL
            003.004 pbx > 101 200 CANCEL
            003.004 pbx > 101 487 INVITE
            003.004 pbx > p1 CANCEL
            003.005 p1 > pbx 200 INVITE sendrecv
            003.005 pbx > p1 ACK
            003.005 pbx > p1 BYE
            003.006 101 > pbx ACK
            003.006 p1 > pbx 200 CANCEL
            003.007 p1 > pbx 200 BYE
        "#]],
    );
    assert_eq!(w.watch.live().trunks["a"].calls, 0);
}

#[test]
fn early_sound_of_a_provider_reaches_the_caller() {
    let mut w = world(1, &["101"], [by_address("a", "p1.example")]);
    w.phone_mut("p1").habits.early_media = true;
    w.answering("p1", Answering::After(secs(5)));
    w.dial("101", "0470000001").advance(secs(2));
    assert!(w.take_ladder().contains("pbx > 101 183 INVITE sendrecv"));
    assert_eq!(w.hears("101"), "p1");
    w.advance(secs(5)).hang_up("101").advance(secs(1));
}

#[test]
fn a_call_is_transferred_to_the_outside() {
    for reliable in [false, true] {
        let mut w = world(1, &["101", "102"], [by_address("a", "p1.example")]);
        w.phone_mut("p1").habits.reliable = reliable;
        w.phone_mut("p1").habits.early_media = !reliable;
        w.dial("101", "102").advance(secs(4));
        w.transfer("102", "0470000001").advance(secs(5));
        assert_eq!((w.stages("101"), w.stages("p1"), w.stages("102").len()), (vec![Stage::Up], vec![Stage::Up], 0));
        assert_eq!((w.hears("101"), w.hears("p1")), ("p1".to_owned(), "101".to_owned()));
        w.advance(secs(10)).assert_audio_agrees();
        w.hang_up("p1").advance(secs(1));
    }
}

#[test]
fn a_restart_keeps_the_name_that_the_provider_knows() {
    let mut w = world(1, &["101"], [trunk("a", "p1.example")]);
    let (contact, _) = w.provider("p1").registered.clone().unwrap();
    let token = contact.trim_start_matches("sip:").split('@').next().unwrap().to_owned();
    w.provider("p1").registered = None;
    w.crash().advance(secs(1));
    assert_eq!(w.provider("p1").registered.clone().unwrap().0, contact);
    call_in(&mut w, "p1", &token, |request| {
        from(request, "<sip:0470000009@p1.example>");
        request.headers.set(HeaderName::To, "<sip:025551234@p1.example>");
    });
    w.advance(secs(5));
    assert_eq!(w.stages("101"), [Stage::Up]);
    w.hang_up("101").advance(secs(1));
    assert_eq!(ended(&w).pop().unwrap().dialled, "+3225551234");
}
