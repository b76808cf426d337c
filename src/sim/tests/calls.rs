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
                 0.001 101 > pbx REGISTER
                 0.001 pbx > 101 401 REGISTER
                 0.003 101 > pbx REGISTER
                 0.006 pbx > 101 200 REGISTER
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
                 1.001 101 > pbx INVITE sendrecv
                 1.001 pbx > 101 401 INVITE
                 1.003 101 > pbx ACK
                 1.003 101 > pbx INVITE sendrecv
                 1.003 pbx > 101 100 INVITE
                 1.003 pbx > 102 INVITE sendrecv
                 1.005 102 > pbx 180 INVITE
                 1.005 pbx > 101 180 INVITE
                 3.005 102 > pbx 200 INVITE sendrecv
                 3.005 pbx > 102 ACK
                 3.005 pbx > 101 200 INVITE sendrecv
                 3.007 101 > pbx ACK
                11.001 102 > pbx BYE
                11.001 pbx > 102 200 BYE
                11.001 pbx > 101 BYE
                11.003 101 > pbx 200 BYE
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
                 1.001 101 > pbx INVITE sendrecv
                 1.001 pbx > 101 401 INVITE
                 1.003 101 > pbx ACK
                 1.003 101 > pbx INVITE sendrecv
                 1.003 pbx > 101 100 INVITE
                 1.003 pbx > 102 INVITE sendrecv
                 1.005 102 > pbx 180 INVITE
                 1.005 pbx > 101 180 INVITE
                 1.505 102 > pbx 486 INVITE
                 1.505 pbx > 102 ACK
                 1.505 pbx > 101 486 INVITE
                 1.507 101 > pbx ACK
                 3.001 101 > pbx INVITE sendrecv
                 3.001 pbx > 101 401 INVITE
                 3.003 101 > pbx ACK
                 3.003 101 > pbx INVITE sendrecv
                 3.003 pbx > 101 100 INVITE
                 3.003 pbx > 102 INVITE sendrecv
                 3.005 102 > pbx 180 INVITE
                 3.005 pbx > 101 180 INVITE
                 3.505 102 > pbx 603 INVITE
                 3.505 pbx > 102 ACK
                 3.505 pbx > 101 603 INVITE
                 3.507 101 > pbx ACK
        "#]],
    );
    w.answering("102", Answering::Never);
    w.dial("101", "102").advance(secs(30));
    check(
        &mut w,
        expect![[r#"
                 5.001 101 > pbx INVITE sendrecv
                 5.001 pbx > 101 401 INVITE
                 5.003 101 > pbx ACK
                 5.003 101 > pbx INVITE sendrecv
                 5.003 pbx > 101 100 INVITE
                 5.003 pbx > 102 INVITE sendrecv
                 5.005 102 > pbx 180 INVITE
                 5.005 pbx > 101 180 INVITE
                30.003 pbx > 102 CANCEL
                30.003 pbx > 101 480 INVITE
                30.005 102 > pbx 200 CANCEL
                30.005 102 > pbx 487 INVITE
                30.005 pbx > 102 ACK
                30.005 101 > pbx ACK
        "#]],
    );
    w.dial("101", "103").advance(secs(2));
    w.dial("101", "999").advance(secs(2));
    w.dial("101", "101").advance(secs(2));
    check(
        &mut w,
        expect![[r#"
                35.001 101 > pbx INVITE sendrecv
                35.001 pbx > 101 401 INVITE
                35.003 101 > pbx ACK
                35.003 101 > pbx INVITE sendrecv
                35.003 pbx > 101 100 INVITE
                35.003 pbx > 101 480 INVITE
                35.005 101 > pbx ACK
                37.001 101 > pbx INVITE sendrecv
                37.001 pbx > 101 401 INVITE
                37.003 101 > pbx ACK
                37.003 101 > pbx INVITE sendrecv
                37.003 pbx > 101 100 INVITE
                37.003 pbx > 101 404 INVITE
                37.005 101 > pbx ACK
                39.001 101 > pbx INVITE sendrecv
                39.001 pbx > 101 401 INVITE
                39.003 101 > pbx ACK
                39.003 101 > pbx INVITE sendrecv
                39.003 pbx > 101 100 INVITE
                39.003 pbx > 101 403 INVITE
                39.005 101 > pbx ACK
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
                 1.001 101 > pbx INVITE sendrecv
                 1.001 pbx > 101 401 INVITE
                 1.003 101 > pbx ACK
                 1.003 101 > pbx INVITE sendrecv
                 1.003 pbx > 101 100 INVITE
                 1.003 pbx > 102 INVITE sendrecv
                 1.503 pbx > 102 INVITE sendrecv
                 2.503 pbx > 102 INVITE sendrecv
                 4.503 pbx > 102 INVITE sendrecv
                 8.503 pbx > 102 INVITE sendrecv
                16.503 pbx > 102 INVITE sendrecv
                26.003 pbx > 101 480 INVITE
                26.005 101 > pbx ACK
                32.503 pbx > 102 INVITE sendrecv
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
                 1.001 101 > pbx INVITE sendrecv
                 1.001 pbx > 101 401 INVITE
                 1.003 101 > pbx ACK
                 1.003 101 > pbx INVITE sendrecv
                 1.003 pbx > 101 100 INVITE
                 1.003 pbx > 102 INVITE sendrecv
                 1.005 102 > pbx 180 INVITE
                 1.005 pbx > 101 180 INVITE
                 4.001 101 > pbx CANCEL
                 4.001 pbx > 101 200 CANCEL
                 4.001 pbx > 101 487 INVITE
                 4.001 pbx > 102 CANCEL
                 4.003 101 > pbx ACK
                 4.003 102 > pbx 200 CANCEL
                 4.003 102 > pbx 487 INVITE
                 4.003 pbx > 102 ACK
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
                 1.001 104 > pbx INVITE sendrecv
                 1.001 pbx > 104 401 INVITE
                 1.003 104 > pbx ACK
                 1.003 104 > pbx INVITE sendrecv
                 1.003 pbx > 104 100 INVITE
                 1.003 pbx > 101 INVITE sendrecv
                 1.003 pbx > 102 INVITE sendrecv
                 1.003 pbx > 103 INVITE sendrecv
                 1.005 101 > pbx 180 INVITE
                 1.005 pbx > 104 180 INVITE
                 1.005 102 > pbx 180 INVITE
                 1.005 103 > pbx 180 INVITE
                 2.005 103 > pbx 486 INVITE
                 2.005 pbx > 103 ACK
                 3.005 102 > pbx 200 INVITE sendrecv
                 3.005 pbx > 102 ACK
                 3.005 pbx > 101 CANCEL
                 3.005 pbx > 104 200 INVITE sendrecv
                 3.007 101 > pbx 200 CANCEL
                 3.007 101 > pbx 487 INVITE
                 3.007 pbx > 101 ACK
                 3.007 104 > pbx ACK
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
                 1.001 101 > pbx INVITE sendrecv
                 1.001 pbx > 101 401 INVITE
                 1.003 101 > pbx ACK
                 1.003 101 > pbx INVITE sendrecv
                 1.003 pbx > 101 100 INVITE
                 1.003 pbx > 101 200 INVITE sendrecv
                 1.005 101 > pbx ACK
                 6.001 101 > pbx BYE
                 6.001 pbx > 101 200 BYE
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
                 1.001 101 > pbx INVITE sendrecv
                 1.001 pbx > 101 401 INVITE
                 1.003 101 > pbx ACK
                 1.003 101 > pbx INVITE sendrecv
                 1.003 pbx > 101 100 INVITE
                 1.003 pbx > 102 INVITE sendrecv
                 1.005 102 > pbx 183 INVITE sendrecv
                 1.005 pbx > 101 183 INVITE sendrecv
                 3.005 102 > pbx 200 INVITE sendrecv
                 3.005 pbx > 102 ACK
                 3.005 pbx > 101 200 INVITE sendrecv
                 3.007 101 > pbx ACK
                 5.001 101 > pbx BYE
                 5.001 pbx > 101 200 BYE
                 5.001 pbx > 102 BYE
                 5.003 102 > pbx 200 BYE
        "#]],
    );
    w.dial("101", "103").advance(secs(4)).hang_up("101").advance(secs(1));
    check(
        &mut w,
        expect![[r#"
                 6.001 101 > pbx INVITE sendrecv
                 6.001 pbx > 101 401 INVITE
                 6.003 101 > pbx ACK
                 6.003 101 > pbx INVITE sendrecv
                 6.003 pbx > 101 100 INVITE
                 6.003 pbx > 103 INVITE sendrecv
                 6.005 103 > pbx 180 INVITE
                 6.005 pbx > 103 PRACK
                 6.005 pbx > 101 180 INVITE
                 6.007 103 > pbx 200 PRACK
                 8.005 103 > pbx 200 INVITE sendrecv
                 8.005 pbx > 103 ACK
                 8.005 pbx > 101 200 INVITE sendrecv
                 8.007 101 > pbx ACK
                10.001 101 > pbx BYE
                10.001 pbx > 101 200 BYE
                10.001 pbx > 103 BYE
                10.003 103 > pbx 200 BYE
        "#]],
    );
}
