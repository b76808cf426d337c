//! Several things at once.

use exchange::io::Command;
use exchange::live::LiveState;
use expect_test::expect;
use sim::phone::{Answering, Stage};
use sim::{World, millis, secs};
use sip::message::{HeaderName, Request};

use crate::{asking, check, quiet, talking, world};

#[test]
fn a_blf_key_takes_a_ringing_call() {
    for (early_only, watched) in [(";early-only", true), ("", false)] {
        let mut w = world(["101", "102", "103", "106"]);
        w.answering("102", Answering::Never);
        w.dial("101", "102").advance(secs(2));
        w.take_ladder();
        let rings = w.phone("102").calls().next().unwrap().id;
        let [call_id, phone, pbx] = w.phone("102").dialog(rings).unwrap();
        // As dialog-info names it to the watcher, or as the box itself would.
        let (to, from) = if watched { (&phone, &pbx) } else { (&pbx, &phone) };
        let replaces = format!("{call_id};to-tag={to};from-tag={from}{early_only}");
        let take = |request: &mut Request| request.headers.push(HeaderName::Replaces, replaces.clone());
        w.with("106", |phone, now| phone.dial_as(now, "102", take));
        w.advance(secs(1));
        assert_eq!(w.stages("106"), [], "not of the pickup group");
        assert_eq!(w.stages("102"), [Stage::Ringing]);
        w.with("103", |phone, now| phone.dial_as(now, "102", take));
        w.advance(secs(2));
        assert_eq!((w.hears("101").as_str(), w.hears("103").as_str()), ("103", "101"));
        assert_eq!(w.stages("102"), []);
        w.assert_audio_agrees();
        if watched {
            check(
                &mut w,
                expect![[r#"
                003.001 106 > pbx INVITE sendrecv
                003.001 pbx > 106 401 INVITE
                003.003 106 > pbx ACK
                003.003 106 > pbx INVITE sendrecv
                003.003 pbx > 106 100 INVITE
                003.003 pbx > 106 481 INVITE
                003.005 106 > pbx ACK
                004.001 103 > pbx INVITE sendrecv
                004.001 pbx > 103 401 INVITE
                004.003 103 > pbx ACK
                004.003 103 > pbx INVITE sendrecv
                004.003 pbx > 103 100 INVITE
                004.003 pbx > 103 200 INVITE sendrecv
                004.003 pbx > 102 CANCEL
                004.003 pbx > 101 200 INVITE sendrecv
                004.005 103 > pbx ACK
                004.005 102 > pbx 200 CANCEL
                004.005 102 > pbx 487 INVITE
                004.005 pbx > 102 ACK
                004.005 101 > pbx ACK
            "#]],
            );
        }
        quiet(&mut w);
    }
}

#[test]
fn a_transfer_in_the_middle_of_a_hold() {
    let mut transferred = 0;
    for (first, target) in [("101", "103"), ("102", "103"), ("101", "700"), ("102", "700")] {
        for wait in 0..5 {
            let mut w = talking(["101", "102", "103"]);
            w.hold(first).advance(millis(wait));
            let call = w.phone("102").calls().next().unwrap().id;
            if !w.with("102", |phone, now| phone.transfer_blind(now, call, target)) {
                continue; // its phone waits for an ACK first
            }
            transferred += 1;
            w.advance(secs(12));
            assert_eq!(w.stages("101"), [Stage::Up], "{first} held, {wait} ms later 102 transferred to {target}");
            assert_eq!(w.stages("102"), []);
            w.assert_audio_agrees();
            if first == "101" {
                w.resume("101").advance(secs(6));
            }
            let hears = if target == "700" { "music/default" } else { "103" };
            assert_eq!(w.hears("101"), hears);
            w.assert_audio_agrees();
            quiet(&mut w);
        }
    }
    assert!(transferred > 12, "{transferred}");
}

#[test]
fn both_transfer_at_once() {
    for wait in 0..4 {
        let mut w = talking(["101", "102", "103", "104"]);
        w.transfer("102", "103").advance(millis(wait));
        let call = w.phone("101").calls().next().unwrap().id;
        w.with("101", |phone, now| phone.transfer_blind(now, call, "104"));
        w.advance(secs(10));
        assert_eq!((w.hears("101").as_str(), w.hears("103").as_str()), ("103", "101"), "one transfer at a time");
        w.assert_audio_agrees();
        quiet(&mut w);
    }
}

#[test]
fn a_transfer_by_phone_while_a_number_is_typed_and_while_another_is_asked() {
    let mut w = talking(["101", "102", "103", "104"]);
    w.press("102", "##").advance(secs(1)).transfer("102", "103").advance(secs(5));
    assert_eq!((w.hears("101").as_str(), w.hears("103").as_str()), ("103", "101"));
    quiet(&mut w);
    // Whoever waits is not forgotten: it comes back to who asked.
    let mut w = asking();
    w.add_phone("104", sim::phone::Habits::PLAIN);
    w.answering("104", Answering::After(secs(1)));
    w.advance(secs(1));
    w.transfer("102", "104").advance(secs(6));
    assert_eq!((w.hears("103").as_str(), w.hears("104").as_str()), ("104", "103"));
    assert_eq!((w.hears("101").as_str(), w.hears("102").as_str()), ("102", "101"));
    w.assert_audio_agrees();
    quiet(&mut w);
}

#[test]
fn two_phones_pick_up_the_same_call() {
    for wait in 0..4 {
        let mut w = world(["101", "102", "103", "106"]);
        w.configure(|config| config.extensions.get_mut("106").unwrap().pickup_group = Some("office".to_owned()));
        w.answering("102", Answering::Never);
        w.dial("101", "102").advance(secs(2));
        w.dial("103", "**102").advance(millis(wait)).dial("106", "**102").advance(secs(1));
        let talk = ["103", "106"].into_iter().filter(|number| w.hears(number) == "101").count();
        assert_eq!(talk, 1);
        w.advance(secs(6)).assert_audio_agrees();
        quiet(&mut w);
    }
}

#[test]
fn two_phones_take_the_same_parked_call() {
    for wait in 0..4 {
        let mut w = talking(["101", "102", "103", "104"]);
        w.press("102", "*88").advance(secs(15));
        w.dial("103", "701").advance(millis(wait)).dial("104", "*85701").advance(secs(2));
        let talk = ["103", "104"].into_iter().filter(|number| !w.stages(number).is_empty()).count();
        assert_eq!((talk, w.stages("101")), (1, vec![Stage::Up]));
        w.assert_audio_agrees();
        quiet(&mut w);
    }
}

#[test]
fn whoever_asks_picks_up_and_takes_parked_calls_meanwhile() {
    let mut w = talking(["101", "102", "103", "104"]);
    w.dial("103", "104").advance(secs(5)).press("104", "*88").advance(secs(15));
    w.press("102", "*2").advance(secs(1)).press("102", "*85701#").advance(secs(3));
    assert_eq!(["101", "102", "103"].map(|number| w.hears(number)), ["music/default", "103", "102"]);
    w.press("102", "*4").advance(secs(2));
    assert_eq!((w.hears("101").as_str(), w.hears("103").as_str()), ("103", "101"));
    w.assert_audio_agrees();
    quiet(&mut w);
}

#[test]
fn the_lamp_of_a_slot_and_what_the_pages_show() {
    let mut w = talking(["101", "102"]);
    w.press("102", "*88").advance(secs(15));
    let parked =
        |w: &World| w.watch.live().calls.values().filter(|c| c.state == LiveState::Parked { slot: 701 }).count();
    assert_eq!(parked(&w), 1);
    w.dial("102", "701").advance(secs(2));
    assert_eq!(parked(&w), 0);
    quiet(&mut w);
}

#[test]
fn a_transferred_call_that_rings_and_one_that_comes_back_are_picked_up() {
    let mut w = talking(["101", "102", "103", "104"]);
    w.answering("103", Answering::Never);
    w.hold("102").advance(secs(1)).transfer("102", "103").advance(secs(2));
    w.dial("102", "**103").advance(secs(3));
    assert_eq!((w.hears("101").as_str(), w.hears("102").as_str()), ("102", "101"), "by who transferred");
    w.assert_audio_agrees();
    w.press("102", "*88").advance(secs(20)).answering("102", Answering::Never);
    w.advance(secs(30));
    assert_eq!(w.stages("102"), [Stage::Ringing], "back from its slot");
    w.dial("103", "**102").advance(secs(3));
    assert_eq!((w.hears("101").as_str(), w.hears("103").as_str()), ("103", "101"));
    assert_eq!(w.stages("102"), []);
    w.assert_audio_agrees();
    quiet(&mut w);
}

#[test]
fn what_the_box_calls_for_is_picked_up_by_nobody() {
    let mut w = world(["101", "102", "103"]);
    w.answering("102", Answering::Never);
    let command = Command::Dial { extension: "102".to_owned(), number: "101".to_owned(), by: "admin".to_owned() };
    w.command(command).advance(secs(2));
    assert_eq!(w.stages("102"), [Stage::Ringing]);
    w.dial("103", "**102").advance(millis(500));
    assert_eq!(w.hears("103"), "prompt/en/nothing-to-pick-up", "it would call on with the rights of 102");
    quiet(&mut w);
}
