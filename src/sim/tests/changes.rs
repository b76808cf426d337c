//! Calls that change: hold, resume, transfers, with their ladders.

use expect_test::{Expect, expect};
use sdp::Direction;
use sim::phone::{Answering, Stage};
use sim::{World, secs};
use sip::message::Method;

/// A world with these phones, registrations left out of the ladder.
fn world<'a>(numbers: impl IntoIterator<Item = &'a str>) -> World {
    World::seeded(7).without(Method::Register).phones(numbers)
}

fn check(world: &mut World, expected: Expect) {
    expected.assert_eq(&world.take_ladder());
}

#[test]
fn hold_and_resume() {
    let mut w = world(["101", "102"]);
    w.dial("101", "102").advance(secs(5));
    w.take_ladder();
    w.hold("102").advance(secs(5));
    assert_eq!((w.directions("101"), w.directions("102")), (vec![Direction::RecvOnly], vec![Direction::SendOnly]));
    w.assert_audio_agrees();
    w.resume("102").advance(secs(5));
    assert_eq!((w.directions("101"), w.directions("102")), (vec![Direction::SendRecv], vec![Direction::SendRecv]));
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
            011.001 102 > pbx INVITE sendrecv
            011.001 pbx > 101 INVITE sendrecv
            011.003 101 > pbx 200 INVITE sendrecv
            011.003 pbx > 101 ACK
            011.003 pbx > 102 200 INVITE sendrecv
            011.005 102 > pbx ACK
        "#]],
    );
}

#[test]
fn both_hold_each_other() {
    let mut w = world(["101", "102"]);
    w.dial("101", "102").advance(secs(5));
    w.hold("101").advance(secs(5)).hold("102").advance(secs(5));
    w.take_ladder();
    w.resume("101").advance(secs(5));
    assert_eq!((w.directions("101"), w.directions("102")), (vec![Direction::RecvOnly], vec![Direction::SendOnly]));
    w.resume("102").advance(secs(5));
    assert_eq!((w.directions("101"), w.directions("102")), (vec![Direction::SendRecv], vec![Direction::SendRecv]));
    w.assert_audio_agrees();
    check(
        &mut w,
        expect![[r#"
            016.001 101 > pbx INVITE sendrecv
            016.001 pbx > 102 INVITE sendrecv
            016.003 102 > pbx 200 INVITE sendonly
            016.003 pbx > 102 ACK
            016.003 pbx > 101 200 INVITE sendonly
            016.005 101 > pbx ACK
            021.001 102 > pbx INVITE sendrecv
            021.001 pbx > 101 INVITE sendrecv
            021.003 101 > pbx 200 INVITE sendrecv
            021.003 pbx > 101 ACK
            021.003 pbx > 102 200 INVITE sendrecv
            021.005 102 > pbx ACK
        "#]],
    );
}

#[test]
fn hold_at_the_same_moment() {
    let mut w = world(["101", "102"]);
    w.dial("101", "102").advance(secs(5));
    w.take_ladder();
    w.hold("101").hold("102").advance(secs(10));
    w.assert_audio_agrees();
    check(
        &mut w,
        expect![[r#"
            006.001 101 > pbx INVITE sendonly
            006.001 pbx > 102 INVITE sendonly
            006.001 102 > pbx INVITE sendonly
            006.001 pbx > 102 491 INVITE
            006.003 102 > pbx 491 INVITE
            006.003 pbx > 102 ACK
            006.003 pbx > 101 491 INVITE
            006.003 102 > pbx ACK
            006.005 101 > pbx ACK
            007.325 102 > pbx INVITE sendonly
            007.325 pbx > 101 INVITE sendonly
            007.327 101 > pbx 200 INVITE recvonly
            007.327 pbx > 101 ACK
            007.327 pbx > 102 200 INVITE recvonly
            007.329 102 > pbx ACK
            008.113 101 > pbx INVITE sendonly
            008.113 pbx > 102 INVITE sendonly
            008.115 102 > pbx 200 INVITE inactive
            008.115 pbx > 102 ACK
            008.115 pbx > 101 200 INVITE inactive
            008.117 101 > pbx ACK
        "#]],
    );
    w.resume("101").advance(secs(5)).resume("102").advance(secs(5));
    assert_eq!((w.directions("101"), w.directions("102")), (vec![Direction::SendRecv], vec![Direction::SendRecv]));
}

#[test]
fn a_call_without_an_offer_and_a_reinvite_without_one() {
    let mut w = world(["101", "102"]);
    w.phone_mut("101").habits.late_offer = true;
    w.dial("101", "102").advance(secs(5));
    let call = w.phone("102").calls().next().expect("a call").id;
    assert!(w.with("102", |phone, now| phone.reinvite_without_offer(now, call)));
    w.advance(secs(6));
    w.assert_audio_agrees();
    check(
        &mut w,
        expect![[r#"
            001.001 101 > pbx INVITE
            001.001 pbx > 101 401 INVITE
            001.003 101 > pbx ACK
            001.003 101 > pbx INVITE
            001.003 pbx > 101 100 INVITE
            001.003 pbx > 102 INVITE sendrecv
            001.005 102 > pbx 180 INVITE
            001.005 pbx > 101 180 INVITE
            003.005 102 > pbx 200 INVITE sendrecv
            003.005 pbx > 102 ACK
            003.005 pbx > 101 200 INVITE sendrecv
            003.007 101 > pbx ACK sendrecv
            006.001 102 > pbx INVITE
            006.001 pbx > 102 200 INVITE sendrecv
            006.003 102 > pbx ACK sendrecv
        "#]],
    );
}

#[test]
fn a_blind_transfer() {
    let mut w = world(["101", "102", "103"]);
    w.dial("101", "102").advance(secs(5)).hold("102").advance(secs(5));
    w.take_ladder();
    w.transfer("102", "103").advance(secs(10));
    assert_eq!((w.stages("101"), w.stages("103")), (vec![Stage::Up], vec![Stage::Up]));
    assert!(w.stages("102").is_empty());
    assert_eq!((w.directions("101"), w.directions("103")), (vec![Direction::SendRecv], vec![Direction::SendRecv]));
    w.assert_audio_agrees();
    check(
        &mut w,
        expect![[r#"
            011.001 102 > pbx REFER blind
            011.001 pbx > 102 202 REFER
            011.001 pbx > 102 NOTIFY “100 Trying”
            011.001 pbx > 103 INVITE sendrecv
            011.003 102 > pbx 200 NOTIFY
            011.003 103 > pbx 180 INVITE
            013.003 103 > pbx 200 INVITE sendrecv
            013.003 pbx > 103 ACK
            013.003 pbx > 102 NOTIFY “200 OK”
            013.003 pbx > 102 BYE
            013.003 pbx > 101 INVITE sendrecv
            013.005 102 > pbx 200 NOTIFY
            013.005 102 > pbx BYE
            013.005 pbx > 102 200 BYE
            013.005 102 > pbx 200 BYE
            013.005 101 > pbx 200 INVITE sendrecv
            013.005 pbx > 101 ACK
        "#]],
    );
    w.hang_up("101").advance(secs(1));
    assert!(w.stages("103").is_empty());
}

#[test]
fn a_blind_transfer_that_nobody_takes_comes_back() {
    let mut w = world(["101", "102", "103"]);
    w.answering("103", Answering::Reject(486, secs(1)));
    w.dial("101", "102").advance(secs(5)).hold("102").advance(secs(5));
    w.take_ladder();
    w.transfer("102", "103").advance(secs(3)).resume("102").advance(secs(5));
    assert_eq!((w.directions("101"), w.directions("102")), (vec![Direction::SendRecv], vec![Direction::SendRecv]));
    w.assert_audio_agrees();
    check(
        &mut w,
        expect![[r#"
            011.001 102 > pbx REFER blind
            011.001 pbx > 102 202 REFER
            011.001 pbx > 102 NOTIFY “100 Trying”
            011.001 pbx > 103 INVITE sendrecv
            011.003 102 > pbx 200 NOTIFY
            011.003 103 > pbx 180 INVITE
            012.003 103 > pbx 486 INVITE
            012.003 pbx > 103 ACK
            012.003 pbx > 102 NOTIFY “486 Busy Here”
            012.005 102 > pbx 200 NOTIFY
            014.001 102 > pbx INVITE sendrecv
            014.001 pbx > 101 INVITE sendrecv
            014.003 101 > pbx 200 INVITE sendrecv
            014.003 pbx > 101 ACK
            014.003 pbx > 102 200 INVITE sendrecv
            014.005 102 > pbx ACK
        "#]],
    );
}

#[test]
fn an_attended_transfer() {
    let mut w = world(["101", "102", "103"]);
    w.dial("101", "102").advance(secs(5)).hold("102").advance(secs(5));
    w.dial("102", "103").advance(secs(5));
    w.take_ladder();
    w.join("102").advance(secs(10));
    assert!(w.stages("102").is_empty());
    assert_eq!((w.directions("101"), w.directions("103")), (vec![Direction::SendRecv], vec![Direction::SendRecv]));
    w.assert_audio_agrees();
    check(
        &mut w,
        expect![[r#"
            016.001 102 > pbx REFER attended
            016.001 pbx > 102 202 REFER
            016.001 pbx > 102 NOTIFY “100 Trying”
            016.001 pbx > 102 NOTIFY “200 OK”
            016.001 pbx > 102 BYE
            016.001 pbx > 101 INVITE sendrecv
            016.001 pbx > 102 BYE
            016.003 102 > pbx 200 NOTIFY
            016.003 102 > pbx 200 NOTIFY
            016.003 102 > pbx BYE
            016.003 pbx > 102 200 BYE
            016.003 102 > pbx 200 BYE
            016.003 101 > pbx 200 INVITE sendrecv
            016.003 pbx > 101 ACK
            016.003 102 > pbx 200 BYE
        "#]],
    );
    w.hang_up("103").advance(secs(5));
    assert_eq!(w.watch.calls_ended, 2);
}
