//! Calls that come about or do not, with their ladders.

use expect_test::{Expect, expect};
use sdp::Direction;
use sim::phone::{Answering, Habits, Stage};
use sim::{World, millis, secs};
use sip::message::Method;

/// A world with these phones, registrations left out of the ladder.
fn world<'a>(numbers: impl IntoIterator<Item = &'a str>) -> World {
    World::seeded(7).without(Method::Register).phones(numbers)
}

fn check(world: &mut World, expected: Expect) {
    expected.assert_eq(&world.take_ladder());
}

#[test]
fn a_phone_registers() {
    let mut w = World::seeded(7);
    w.add_phone("101", Habits::PLAIN);
    w.advance(secs(1));
    assert!(w.phone("101").is_registered());
    check(
        &mut w,
        expect![[r#"
            000.001 101 > pbx REGISTER
            000.001 pbx > 101 401 REGISTER
            000.003 101 > pbx REGISTER
            000.006 pbx > 101 200 REGISTER
        "#]],
    );
}

#[test]
fn a_plain_call() {
    let mut w = world(["101", "102"]);
    w.dial("101", "102").advance(secs(10));
    assert_eq!((w.stages("101"), w.stages("102")), (vec![Stage::Up], vec![Stage::Up]));
    w.hang_up("102").advance(secs(1));
    check(
        &mut w,
        expect![[r#"
            001.001 101 > pbx INVITE sendrecv
            001.001 pbx > 101 401 INVITE
            001.003 101 > pbx ACK
            001.003 101 > pbx INVITE sendrecv
            001.003 pbx > 101 100 INVITE
            001.003 pbx > 102 INVITE sendrecv
            001.005 102 > pbx 180 INVITE
            001.005 pbx > 101 180 INVITE
            003.005 102 > pbx 200 INVITE sendrecv
            003.005 pbx > 102 ACK
            003.005 pbx > 101 200 INVITE sendrecv
            003.007 101 > pbx ACK
            011.001 102 > pbx BYE
            011.001 pbx > 102 200 BYE
            011.001 pbx > 101 BYE
            011.003 101 > pbx 200 BYE
        "#]],
    );
    for number in ["101", "102"] {
        w.with(number, |phone, now| phone.unregister(now));
    }
    w.advance(secs(100)).assert_quiet();
}

#[test]
fn busy_declined_no_answer_unregistered_unknown() {
    let mut w = world(["101", "102"]);
    w.answering("102", Answering::Reject(486, millis(500)));
    w.dial("101", "102").advance(secs(2));
    w.answering("102", Answering::Reject(603, millis(500)));
    w.dial("101", "102").advance(secs(2));
    check(
        &mut w,
        expect![[r#"
            001.001 101 > pbx INVITE sendrecv
            001.001 pbx > 101 401 INVITE
            001.003 101 > pbx ACK
            001.003 101 > pbx INVITE sendrecv
            001.003 pbx > 101 100 INVITE
            001.003 pbx > 102 INVITE sendrecv
            001.005 102 > pbx 180 INVITE
            001.005 pbx > 101 180 INVITE
            001.505 102 > pbx 486 INVITE
            001.505 pbx > 102 ACK
            001.505 pbx > 101 486 INVITE
            001.507 101 > pbx ACK
            003.001 101 > pbx INVITE sendrecv
            003.001 pbx > 101 401 INVITE
            003.003 101 > pbx ACK
            003.003 101 > pbx INVITE sendrecv
            003.003 pbx > 101 100 INVITE
            003.003 pbx > 102 INVITE sendrecv
            003.005 102 > pbx 180 INVITE
            003.005 pbx > 101 180 INVITE
            003.505 102 > pbx 603 INVITE
            003.505 pbx > 102 ACK
            003.505 pbx > 101 603 INVITE
            003.507 101 > pbx ACK
        "#]],
    );
    w.answering("102", Answering::Never);
    w.dial("101", "102").advance(secs(30));
    check(
        &mut w,
        expect![[r#"
            005.001 101 > pbx INVITE sendrecv
            005.001 pbx > 101 401 INVITE
            005.003 101 > pbx ACK
            005.003 101 > pbx INVITE sendrecv
            005.003 pbx > 101 100 INVITE
            005.003 pbx > 102 INVITE sendrecv
            005.005 102 > pbx 180 INVITE
            005.005 pbx > 101 180 INVITE
            030.003 pbx > 102 CANCEL
            030.003 pbx > 101 480 INVITE
            030.005 102 > pbx 200 CANCEL
            030.005 102 > pbx 487 INVITE
            030.005 pbx > 102 ACK
            030.005 101 > pbx ACK
        "#]],
    );
    w.dial("101", "103").advance(secs(2));
    w.dial("101", "999").advance(secs(2));
    w.dial("101", "101").advance(secs(2));
    check(
        &mut w,
        expect![[r#"
            035.001 101 > pbx INVITE sendrecv
            035.001 pbx > 101 401 INVITE
            035.003 101 > pbx ACK
            035.003 101 > pbx INVITE sendrecv
            035.003 pbx > 101 100 INVITE
            035.003 pbx > 101 480 INVITE
            035.005 101 > pbx ACK
            037.001 101 > pbx INVITE sendrecv
            037.001 pbx > 101 401 INVITE
            037.003 101 > pbx ACK
            037.003 101 > pbx INVITE sendrecv
            037.003 pbx > 101 100 INVITE
            037.003 pbx > 101 503 INVITE
            037.005 101 > pbx ACK
            039.001 101 > pbx INVITE sendrecv
            039.001 pbx > 101 401 INVITE
            039.003 101 > pbx ACK
            039.003 101 > pbx INVITE sendrecv
            039.003 pbx > 101 100 INVITE
            039.003 pbx > 101 403 INVITE
            039.005 101 > pbx ACK
        "#]],
    );
    assert_eq!((w.watch.calls_ended, w.watch.calls_answered), (6, 0));
}

#[test]
fn a_phone_that_says_nothing_at_all() {
    let mut w = world(["101", "102"]);
    w.answering("102", Answering::Mute);
    w.dial("101", "102").advance(secs(40));
    check(
        &mut w,
        expect![[r#"
            001.001 101 > pbx INVITE sendrecv
            001.001 pbx > 101 401 INVITE
            001.003 101 > pbx ACK
            001.003 101 > pbx INVITE sendrecv
            001.003 pbx > 101 100 INVITE
            001.003 pbx > 102 INVITE sendrecv
            001.503 pbx > 102 INVITE sendrecv
            002.503 pbx > 102 INVITE sendrecv
            004.503 pbx > 102 INVITE sendrecv
            008.503 pbx > 102 INVITE sendrecv
            016.503 pbx > 102 INVITE sendrecv
            026.003 pbx > 101 480 INVITE
            026.005 101 > pbx ACK
            032.503 pbx > 102 INVITE sendrecv
        "#]],
    );
}

#[test]
fn a_caller_gives_up() {
    let mut w = world(["101", "102"]);
    w.answering("102", Answering::Never);
    w.dial("101", "102").advance(secs(3));
    w.hang_up("101").advance(secs(1));
    check(
        &mut w,
        expect![[r#"
            001.001 101 > pbx INVITE sendrecv
            001.001 pbx > 101 401 INVITE
            001.003 101 > pbx ACK
            001.003 101 > pbx INVITE sendrecv
            001.003 pbx > 101 100 INVITE
            001.003 pbx > 102 INVITE sendrecv
            001.005 102 > pbx 180 INVITE
            001.005 pbx > 101 180 INVITE
            004.001 101 > pbx CANCEL
            004.001 pbx > 101 200 CANCEL
            004.001 pbx > 101 487 INVITE
            004.001 pbx > 102 CANCEL
            004.003 101 > pbx ACK
            004.003 102 > pbx 200 CANCEL
            004.003 102 > pbx 487 INVITE
            004.003 pbx > 102 ACK
        "#]],
    );
    w.advance(secs(60));
    assert!(w.stages("101").is_empty() && w.stages("102").is_empty());
}

#[test]
fn a_ring_group_rings_all_and_the_first_to_answer_has_it() {
    let mut w = world(["101", "102", "103", "104"]);
    w.answering("101", Answering::After(secs(3)));
    w.answering("102", Answering::After(secs(2)));
    w.answering("103", Answering::Reject(486, secs(1)));
    w.dial("104", "400").advance(secs(5));
    check(
        &mut w,
        expect![[r#"
            001.001 104 > pbx INVITE sendrecv
            001.001 pbx > 104 401 INVITE
            001.003 104 > pbx ACK
            001.003 104 > pbx INVITE sendrecv
            001.003 pbx > 104 100 INVITE
            001.003 pbx > 101 INVITE sendrecv
            001.003 pbx > 102 INVITE sendrecv
            001.003 pbx > 103 INVITE sendrecv
            001.005 101 > pbx 180 INVITE
            001.005 pbx > 104 180 INVITE
            001.005 102 > pbx 180 INVITE
            001.005 103 > pbx 180 INVITE
            002.005 103 > pbx 486 INVITE
            002.005 pbx > 103 ACK
            003.005 102 > pbx 200 INVITE sendrecv
            003.005 pbx > 102 ACK
            003.005 pbx > 101 CANCEL
            003.005 pbx > 104 200 INVITE sendrecv
            003.007 101 > pbx 200 CANCEL
            003.007 101 > pbx 487 INVITE
            003.007 pbx > 101 ACK
            003.007 104 > pbx ACK
        "#]],
    );
    assert_eq!(w.stages("102"), [Stage::Up]);
    assert!(w.stages("101").is_empty());
}

#[test]
fn the_echo_test() {
    let mut w = world(["101"]);
    w.dial("101", "*43").advance(secs(5));
    assert_eq!(w.directions("101"), [Direction::SendRecv]);
    w.assert_audio_agrees();
    w.hang_up("101").advance(secs(1));
    check(
        &mut w,
        expect![[r#"
            001.001 101 > pbx INVITE sendrecv
            001.001 pbx > 101 401 INVITE
            001.003 101 > pbx ACK
            001.003 101 > pbx INVITE sendrecv
            001.003 pbx > 101 100 INVITE
            001.003 pbx > 101 200 INVITE sendrecv
            001.005 101 > pbx ACK
            006.001 101 > pbx BYE
            006.001 pbx > 101 200 BYE
        "#]],
    );
}

#[test]
fn early_media_and_reliable_ringing() {
    let mut w = world(["101", "102", "103"]);
    w.phone_mut("102").habits.early_media = true;
    w.phone_mut("103").habits.reliable = true;
    w.dial("101", "102").advance(secs(4)).hang_up("101").advance(secs(1));
    check(
        &mut w,
        expect![[r#"
            001.001 101 > pbx INVITE sendrecv
            001.001 pbx > 101 401 INVITE
            001.003 101 > pbx ACK
            001.003 101 > pbx INVITE sendrecv
            001.003 pbx > 101 100 INVITE
            001.003 pbx > 102 INVITE sendrecv
            001.005 102 > pbx 183 INVITE sendrecv
            001.005 pbx > 101 183 INVITE sendrecv
            003.005 102 > pbx 200 INVITE sendrecv
            003.005 pbx > 102 ACK
            003.005 pbx > 101 200 INVITE sendrecv
            003.007 101 > pbx ACK
            005.001 101 > pbx BYE
            005.001 pbx > 101 200 BYE
            005.001 pbx > 102 BYE
            005.003 102 > pbx 200 BYE
        "#]],
    );
    w.dial("101", "103").advance(secs(4)).hang_up("101").advance(secs(1));
    check(
        &mut w,
        expect![[r#"
            006.001 101 > pbx INVITE sendrecv
            006.001 pbx > 101 401 INVITE
            006.003 101 > pbx ACK
            006.003 101 > pbx INVITE sendrecv
            006.003 pbx > 101 100 INVITE
            006.003 pbx > 103 INVITE sendrecv
            006.005 103 > pbx 180 INVITE
            006.005 pbx > 103 PRACK
            006.005 pbx > 101 180 INVITE
            006.007 103 > pbx 200 PRACK
            008.005 103 > pbx 200 INVITE sendrecv
            008.005 pbx > 103 ACK
            008.005 pbx > 101 200 INVITE sendrecv
            008.007 101 > pbx ACK
            010.001 101 > pbx BYE
            010.001 pbx > 101 200 BYE
            010.001 pbx > 103 BYE
            010.003 103 > pbx 200 BYE
        "#]],
    );
}
