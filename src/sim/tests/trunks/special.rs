//! Emergency calls and test calls.

use crate::*;

#[test]
fn an_emergency_call_finds_a_line() {
    let mut w = world(1, &["101", "102", "103"], [Trunk { calls_max: 1, ..by_address("a", "p1.example") }]);
    w.configure(|config| {
        config.emergency.email = vec!["office@firm.example".into()];
        config.emergency.notify = vec!["103".into(), "102".into()];
        config.extensions.get_mut("102").unwrap().location = Some("Mill Street 4, second floor".into());
    });
    w.dial("101", "0470000001").advance(secs(4));
    assert_eq!(w.stages("101"), [Stage::Up]);
    w.take_ladder();
    w.dial("102", "112").advance(secs(5));
    assert_eq!((w.stages("101"), w.stages("102")), (vec![], vec![Stage::Up]));
    assert!(w.provider("p1").invites.last().unwrap().uri.to_string().starts_with("sip:112@"));
    check(
        &mut w,
        expect![[r#"
        006.001 102 > pbx INVITE sendrecv
        006.001 pbx > 102 401 INVITE
        006.003 102 > pbx ACK
        006.003 102 > pbx INVITE sendrecv
        006.003 pbx > 102 100 INVITE
        006.003 pbx > 101 BYE
        006.003 pbx > p1 BYE
        006.003 pbx > p1 INVITE sendrecv
        006.003 pbx > 103 INVITE sendrecv
        006.005 101 > pbx 200 BYE
        006.005 p1 > pbx 200 BYE
        006.005 p1 > pbx 180 INVITE
        006.005 pbx > 102 180 INVITE
        006.005 103 > pbx 180 INVITE
        008.005 103 > pbx 200 INVITE sendrecv
        008.005 pbx > 103 ACK
        008.005 p1 > pbx 200 INVITE sendrecv
        008.005 pbx > p1 ACK
        008.005 pbx > 102 200 INVITE sendrecv
        008.007 102 > pbx ACK
    "#]],
    );
    assert_eq!(w.mails.len(), 1);
    assert_eq!(w.mails[0].subject, "Emergency call by 102 (Bob)");
    assert!(w.mails[0].text.contains("Mill Street 4"), "{}", w.mails[0].text);
    w.hang_up("102").advance(secs(10));
    let all = notes(&w);
    assert!(all.contains("ended to free a line of trunk a for an emergency call"), "{all}");
}

#[test]
fn a_test_call_plays_a_tone_and_hangs_up() {
    let mut w = world(1, &[], [trunk("a", "p1.example")]);
    w.provider("p1").conduct = Conduct::Careful;
    test_call(&mut w, "a", "0470 00 00 01");
    w.advance(secs(4));
    assert_eq!(w.stages("p1"), [Stage::Up]);
    assert_eq!(w.hears("p1"), "milliwatt");
    w.advance(secs(4));
    assert_eq!(w.provider("p1").invites[0].uri.to_string(), "sip:+32470000001@p1.example");
    check(
        &mut w,
        expect![[r#"
        002.000 pbx > p1 INVITE sendrecv
        002.002 p1 > pbx 407 INVITE
        002.002 pbx > p1 ACK
        002.002 pbx > p1 INVITE sendrecv
        002.004 p1 > pbx 180 INVITE
        004.004 p1 > pbx 200 INVITE sendrecv
        004.004 pbx > p1 ACK
        007.004 pbx > p1 BYE
        007.006 p1 > pbx 200 BYE
    "#]],
    );
    expect![[r#"
        +32470000001 is called over trunk a as +32470000001
    "#]]
    .assert_eq(&reasons(&w));
    // One that fails says why.
    w.provider("p1").conduct = Conduct::Refusing(403);
    test_call(&mut w, "a", "0470000001");
    w.advance(secs(4));
    expect![[r#"
        +32470000001 is called over trunk a as +32470000001
        trunk a: 403 Forbidden
    "#]]
    .assert_eq(&reasons(&w));
}

#[test]
fn an_emergency_call_finds_a_line_where_the_provider_has_none_left() {
    let mut w = world(1, &["101", "102"], [by_address("a", "p1.example")]);
    w.dial("101", "0470000001").advance(secs(4));
    assert_eq!(w.stages("101"), [Stage::Up]);
    w.provider("p1").lines = Some(1);
    w.dial("102", "112").advance(secs(5));
    assert_eq!((w.stages("101"), w.stages("102")), (vec![], vec![Stage::Up]));
    // One call is ended and no more; and none where that is of no use.
    for (status, left) in [(503, vec![]), (500, vec![Stage::Up])] {
        let mut w = world(1, &["101", "102", "103"], [by_address("a", "p1.example")]);
        w.dial("101", "0470000001").advance(secs(4)).dial("103", "0470000002").advance(secs(4));
        w.provider("p1").conduct = Conduct::Refusing(status);
        w.dial("102", "112").advance(secs(5));
        assert_eq!((w.stages("101"), w.stages("103"), w.stages("102")), (left, vec![Stage::Up], vec![]), "{status}");
        w.hang_up("103").advance(secs(1));
    }
}
