//! Parking: slots, come-back, retrieval.

use exchange::live::LiveState;
use expect_test::expect;
use sim::phone::{Answering, Stage};
use sim::{millis, secs};

use crate::{check, quiet, records, talking, world};

#[test]
fn a_call_parked_by_code_is_taken_at_another_phone() {
    let mut w = talking(["101", "102", "103"]);
    w.press("102", "*88").advance(secs(1));
    assert_eq!(w.hears("102"), "… prompt/en/parked-at prompt/en/number-7 prompt/en/number-0 prompt/en/number-1");
    assert_eq!(w.hears("101"), "music/default");
    let states: Vec<LiveState> = w.watch.live().calls.values().map(|call| call.state).collect();
    assert_eq!(states, [LiveState::Parked { slot: 701 }]);
    w.advance(secs(15));
    assert_eq!(w.stages("102"), [], "who parked is let go");
    w.dial("103", "*85701").advance(secs(2));
    assert_eq!((w.hears("101").as_str(), w.hears("103").as_str()), ("103", "101"));
    w.assert_audio_agrees();
    check(
        &mut w,
        expect![[r#"
        014.909 pbx > 102 BYE
        014.911 102 > pbx 200 BYE
        022.001 103 > pbx INVITE sendrecv
        022.001 pbx > 103 401 INVITE
        022.003 103 > pbx ACK
        022.003 103 > pbx INVITE sendrecv
        022.003 pbx > 103 100 INVITE
        022.003 pbx > 103 200 INVITE sendrecv
        022.005 103 > pbx ACK
    "#]],
    );
    quiet(&mut w);
    expect![[r#"
        103 dialled *85701 reached *85701, Transferred: 103 Transferred
        101 dialled 102 reached 103, NormalClearing: 101 NormalClearing, 102 Transferred, 103 NormalClearing
    "#]]
    .assert_eq(&records(&w));
}

#[test]
fn a_call_transferred_to_the_parking_number_comes_back() {
    let mut w = talking(["101", "102", "103"]);
    w.hold("102").advance(secs(2));
    w.transfer("102", "700").advance(secs(5));
    assert_eq!(w.stages("102"), []);
    assert_eq!(w.hears("101"), "music/default");
    w.answering("102", Answering::Never);
    w.advance(secs(80));
    assert_eq!(w.hears("101"), "music/default", "102 did not take it: back into the slot");
    w.answering("102", Answering::After(secs(2)));
    w.advance(secs(60));
    assert_eq!((w.hears("101").as_str(), w.hears("102").as_str()), ("102", "101"));
    w.assert_audio_agrees();
    check(
        &mut w,
        expect![[r#"
        006.001 102 > pbx INVITE sendonly
        006.001 pbx > 101 INVITE sendonly
        006.003 101 > pbx 200 INVITE recvonly
        006.003 pbx > 101 ACK
        006.003 pbx > 102 200 INVITE recvonly
        006.005 102 > pbx ACK
        008.001 102 > pbx REFER blind
        008.001 pbx > 102 202 REFER
        008.001 pbx > 102 NOTIFY “100 Trying”
        008.001 pbx > 101 INVITE sendrecv
        008.001 pbx > 102 NOTIFY “200 OK”
        008.001 pbx > 102 BYE
        008.003 102 > pbx 200 NOTIFY
        008.003 101 > pbx 200 INVITE sendrecv
        008.003 pbx > 101 ACK
        008.003 102 > pbx 200 NOTIFY
        008.003 102 > pbx BYE
        008.003 pbx > 102 200 BYE
        008.003 102 > pbx 200 BYE
        053.001 pbx > 102 INVITE sendrecv
        053.003 102 > pbx 180 INVITE
        068.003 pbx > 101 UPDATE
        068.005 101 > pbx 200 UPDATE
        078.001 pbx > 102 CANCEL
        078.003 102 > pbx 200 CANCEL
        078.003 102 > pbx 487 INVITE
        078.003 pbx > 102 ACK
        123.001 pbx > 102 INVITE sendrecv
        123.003 102 > pbx 180 INVITE
        125.003 102 > pbx 200 INVITE sendrecv
        125.003 pbx > 102 ACK
        128.005 pbx > 101 UPDATE
        128.007 101 > pbx 200 UPDATE
    "#]],
    );
    quiet(&mut w);
    expect![[r#"
        101 dialled 102 reached 102, NormalClearing: 101 NormalClearing, 102 Transferred, 102 NoAnswer, 102 NormalClearing
    "#]].assert_eq(&records(&w));
}

#[test]
fn a_parked_call_goes_elsewhere_where_nobody_takes_it_back() {
    let mut w = talking(["101", "102", "103"]);
    w.configure(|config| config.parking.otherwise = Some(config::Destination::Number("103".to_owned())));
    w.answering("102", Answering::Reject(486, millis(500)));
    w.press("102", "*88").advance(secs(60));
    assert_eq!((w.hears("101").as_str(), w.hears("103").as_str()), ("103", "101"));
    quiet(&mut w);
}

#[test]
fn an_attended_transfer_to_the_parking_number_says_the_slot_first() {
    let mut w = talking(["101", "102", "103"]);
    w.hold("102").advance(secs(2));
    w.dial("102", "700").advance(secs(1));
    w.take_ladder();
    w.join("102").advance(secs(3));
    assert_eq!(w.stages("102"), []);
    w.dial("103", "701").advance(secs(2));
    assert_eq!((w.hears("101").as_str(), w.hears("103").as_str()), ("103", "101"));
    w.assert_audio_agrees();
    check(
        &mut w,
        expect![[r#"
        009.001 102 > pbx REFER attended
        009.001 pbx > 102 202 REFER
        009.001 pbx > 102 NOTIFY “100 Trying”
        009.001 pbx > 102 NOTIFY “200 OK”
        009.001 pbx > 101 INVITE sendrecv
        009.001 pbx > 102 BYE
        009.001 pbx > 102 BYE
        009.003 102 > pbx 200 NOTIFY
        009.003 102 > pbx 200 NOTIFY
        009.003 102 > pbx BYE
        009.003 pbx > 102 200 BYE
        009.003 101 > pbx 200 INVITE sendrecv
        009.003 pbx > 101 ACK
        009.003 102 > pbx 200 BYE
        009.003 102 > pbx 200 BYE
        012.001 103 > pbx INVITE sendrecv
        012.001 pbx > 103 401 INVITE
        012.003 103 > pbx ACK
        012.003 103 > pbx INVITE sendrecv
        012.003 pbx > 103 100 INVITE
        012.003 pbx > 103 200 INVITE sendrecv
        012.005 103 > pbx ACK
    "#]],
    );
    quiet(&mut w);
}

#[test]
fn nobody_to_park_and_nobody_parked() {
    let mut w = world(["101"]);
    w.dial("101", "700").advance(millis(500));
    assert_eq!(w.hears("101"), "prompt/en/invalid");
    w.advance(secs(20));
    assert_eq!(w.stages("101"), []);
    w.take_ladder();
    w.dial("101", "705").advance(secs(1));
    check(
        &mut w,
        expect![[r#"
        021.501 101 > pbx INVITE sendrecv
        021.501 pbx > 101 401 INVITE
        021.503 101 > pbx ACK
        021.503 101 > pbx INVITE sendrecv
        021.503 pbx > 101 100 INVITE
        021.503 pbx > 101 404 INVITE
        021.505 101 > pbx ACK
    "#]],
    );
    quiet(&mut w);
}

#[test]
fn a_parked_caller_hangs_up_and_the_slot_is_free() {
    let mut w = talking(["101", "102", "103"]);
    w.press("102", "*88").advance(secs(20));
    w.hang_up("101").advance(secs(1));
    w.dial("103", "701").advance(secs(1));
    assert_eq!(w.stages("103"), [], "nobody is parked there");
    w.dial("101", "102").advance(secs(5));
    w.press("102", "*88").advance(secs(20));
    w.dial("103", "701").advance(secs(1));
    assert_eq!(w.hears("103"), "101", "the same slot again");
    quiet(&mut w);
}

#[test]
fn parking_against_hanging_up() {
    for wait in 0..6 {
        let mut w = talking(["101", "102"]);
        w.press("102", "*88").advance(millis(1_200)).hang_up("102").advance(millis(wait)).hang_up("101");
        w.advance(secs(2));
        quiet(&mut w);
        assert_eq!(w.watch.calls_ended, 1);
    }
}

#[test]
fn coming_back_against_being_taken() {
    for wait in 0..6 {
        let mut w = talking(["101", "102", "103"]);
        w.press("102", "*88").advance(secs(20));
        w.answering("102", Answering::After(millis(500)));
        // It comes back 45 s after it was parked and is answered half a second later.
        w.advance(millis(25_600 + 500 - 3 + wait)).dial("103", "701").advance(secs(5));
        assert_eq!(w.stages("101"), [Stage::Up]);
        w.assert_audio_agrees();
        quiet(&mut w);
    }
}
