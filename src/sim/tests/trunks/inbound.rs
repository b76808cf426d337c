//! Calls in.

use crate::*;

#[test]
fn a_call_in_rings_where_its_route_leads() {
    let mut w = world(1, &["101"], [trunk("a", "p1.example")]);
    let (contact, _) = w.provider("p1").registered.clone().unwrap();
    let token = contact.trim_start_matches("sip:").split('@').next().unwrap().to_owned();
    call_in(&mut w, "p1", &token, |request| {
        from(request, "\"Ann\" <sip:0470000009@p1.example>");
        request.headers.set(HeaderName::To, "<sip:025551234@p1.example>");
    });
    w.advance(secs(5));
    assert_eq!((w.stages("101"), w.stages("p1")), (vec![Stage::Up], vec![Stage::Up]));
    assert_eq!((w.hears("101"), w.hears("p1")), ("p1".to_owned(), "101".to_owned()));
    w.hang_up("p1").advance(secs(1));
    check(
        &mut w,
        expect![[r#"
        002.001 p1 > pbx INVITE sendrecv
        002.001 pbx > p1 100 INVITE
        002.001 pbx > 101 INVITE sendrecv
        002.003 101 > pbx 180 INVITE
        002.003 pbx > p1 180 INVITE
        004.003 101 > pbx 200 INVITE sendrecv
        004.003 pbx > 101 ACK
        004.003 pbx > p1 200 INVITE sendrecv
        004.005 p1 > pbx ACK
        007.001 p1 > pbx BYE
        007.001 pbx > p1 200 BYE
        007.001 pbx > 101 BYE
        007.003 101 > pbx 200 BYE
    "#]],
    );
    let last = ended(&w).pop().unwrap();
    assert_eq!((last.from.number.as_str(), last.from.name.as_str()), ("+32470000009", "Ann"));
    assert_eq!(last.dialled, "+3225551234");
}

#[test]
fn who_hides_is_shown_as_nobody() {
    let mut w = world(1, &["101"], [by_address("a", "p1.example")]);
    call_in(&mut w, "p1", "+3225551234", |request| {
        from(request, "\"Anonymous\" <sip:anonymous@anonymous.invalid>");
        request.headers.push(HeaderName::PAssertedIdentity, "<sip:+32470000009@p1.example>");
        request.headers.push(HeaderName::Privacy, "id");
    });
    w.advance(secs(5)).hang_up("101").advance(secs(1));
    let last = ended(&w).pop().unwrap();
    assert_eq!((last.from.number.as_str(), last.from.name.as_str()), ("", ""));
    assert!(!format!("{last:?}").contains("470000009"));
}

#[test]
fn a_call_in_has_the_rights_of_nobody() {
    let mut w = world(1, &["101", "102"], [by_address("a", "p1.example")]);
    w.configure(|config| config.inbound_routes.clear());
    // Neither a number outside nor one inside, whoever it claims to be.
    for dialled in ["0470000001", "+32470000001", "102", "*43", "*33101"] {
        call_in(&mut w, "p1", dialled, |r| from(r, "<sip:+3225551234@p1.example>"));
        w.advance(secs(2));
        assert_eq!((w.stages("p1").len(), w.stages("102").len()), (0, 0), "{dialled}");
    }
    assert!(w.provider("p1").invites.is_empty());
}

#[test]
fn strangers_are_still_challenged() {
    let mut w = world(2, &["101"], [by_address("a", "p1.example")]);
    w.phone_mut("p2").habits.sha256 = false;
    call_in(&mut w, "p2", "+3225551234", |r| from(r, "<sip:+32470000009@p2.example>"));
    w.advance(secs(1));
    let ladder = w.take_ladder();
    assert!(ladder.contains("pbx > p2 401 INVITE") && !ladder.contains("100 INVITE"), "{ladder}");
    w.advance(secs(40));
    // Their addresses may be named as the trunk's.
    w.configure(|config| config.trunks.get_mut("a").unwrap().sources = vec!["10.0.2.0/24".into()]);
    call_in(&mut w, "p2", "+3225551234", |r| from(r, "<sip:+32470000009@p2.example>"));
    w.advance(secs(5));
    assert_eq!(w.stages("101"), [Stage::Up]);
    w.hang_up("101").advance(secs(1));
}

#[test]
fn a_provider_may_not_send_calls_elsewhere() {
    let mut w = world(1, &["101", "102"], [by_address("a", "p1.example")]);
    call_in(&mut w, "p1", "+3225551234", |r| from(r, "<sip:+32470000009@p1.example>"));
    w.advance(secs(5)).transfer("p1", "102").advance(secs(1));
    assert!(w.take_ladder().contains("pbx > p1 403 REFER"));
    assert_eq!(w.stages("102").len(), 0);
    w.hang_up("101").advance(secs(1));
}

#[test]
fn numbers_are_read_as_the_provider_writes_them() {
    for (form, called, caller, number) in [
        (NumberForm::National, "025551234", "0033123456789", "+33123456789"),
        (NumberForm::Digits, "3225551234", "33123456789", "+33123456789"),
        (NumberForm::E164, "3225551234", "32470000009", "+32470000009"),
    ] {
        let mut w = world(1, &["101"], [Trunk { number_form: form, ..by_address("a", "p1.example") }]);
        call_in(&mut w, "p1", called, |r| from(r, &format!("<sip:{caller}@p1.example>")));
        w.advance(secs(5)).hang_up("101").advance(secs(1));
        let last = ended(&w).pop().unwrap();
        assert_eq!((last.dialled.as_str(), last.from.number.as_str()), ("+3225551234", number), "{form:?}");
    }
}
