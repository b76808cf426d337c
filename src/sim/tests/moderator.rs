//! Conferences that somebody leads: who waits for whom, and what the leader's keys do.

use base::Redacted;
use sim::phone::Stage;
use sim::{BOARD, BOARD_PIN, World, millis, secs};
use sip::message::Method;

const LEADS: &str = "99887";

/// Conference 601 asks for 4711; who types 99887 leads it, and the others wait for that.
fn world(wait: bool) -> World {
    let mut w = World::seeded(5).without(Method::Register).phones(["101", "102", "103", "104"]);
    w.configure(|config| {
        let board = config.conferences.get_mut(BOARD).expect("a conference");
        board.moderator_pin = Some(Redacted(LEADS.to_owned()));
        board.wait_for_moderator = wait;
        board.members_max = 10;
    });
    w
}

fn enter(w: &mut World, number: &str, pin: &str) {
    w.dial(number, BOARD).advance(secs(1));
    w.press(number, &format!("{pin}#")).advance(secs(1));
}

#[track_caller]
fn until(w: &mut World, number: &str, what: &str) {
    for _ in 0..1_000 {
        if w.hears(number).contains(what) {
            return;
        }
        w.advance(millis(50));
    }
    panic!("{number} never hears {what}, but {}", w.hears(number));
}

/// A key of the menu.
fn menu(w: &mut World, number: &str, key: &str) {
    w.press(number, "*").advance(millis(500));
    w.press(number, key).advance(millis(300));
}

fn quiet(w: &mut World) {
    for number in w.numbers() {
        while !w.stages(&number).is_empty() {
            w.hang_up(&number).advance(secs(2));
        }
    }
    for number in w.numbers() {
        w.with(&number, |phone, now| phone.unregister(now));
    }
    w.advance(secs(100)).assert_quiet();
}

#[test]
fn the_others_wait_with_music_and_go_when_the_last_leader_does() {
    let mut w = world(true);
    enter(&mut w, "101", BOARD_PIN);
    until(&mut w, "101", "conference-waiting-for-host music/default");
    enter(&mut w, "102", BOARD_PIN);
    w.advance(secs(100));
    assert!(w.hears("102").contains("music/default"), "they do not hear each other");
    enter(&mut w, "103", LEADS);
    w.advance(secs(5));
    assert_eq!((w.hears("101").as_str(), w.hears("103").as_str()), ("102 103", "101 102"));
    w.hang_up("103");
    until(&mut w, "101", "conference-ended");
    w.advance(secs(10));
    assert_eq!((w.stages("101"), w.stages("102")), (vec![], vec![]));
    quiet(&mut w);
}

#[test]
fn who_waits_in_vain_leaves_nothing_behind() {
    let mut w = world(true);
    enter(&mut w, "101", BOARD_PIN);
    enter(&mut w, "102", BOARD_PIN);
    w.hang_up("101").advance(secs(2));
    assert!(w.hears("102").contains("music/default"));
    quiet(&mut w);
}

#[test]
fn a_leader_mutes_locks_counts_removes_and_ends() {
    let mut w = world(false);
    for (number, pin) in [("101", LEADS), ("102", BOARD_PIN), ("103", BOARD_PIN)] {
        enter(&mut w, number, pin);
    }
    w.advance(secs(5));
    menu(&mut w, "101", "4");
    until(&mut w, "101", "conference-all-muted");
    w.advance(secs(4));
    assert_eq!((w.hears("102").as_str(), w.hears("101").as_str()), ("101", "nothing"));
    menu(&mut w, "101", "4");
    w.advance(secs(4));
    assert_eq!(w.hears("101"), "102 103");
    // One's own microphone, whoever one is; the leader's keys are no others'.
    menu(&mut w, "103", "1");
    w.advance(secs(4));
    assert_eq!(w.hears("101"), "102");
    menu(&mut w, "103", "2");
    until(&mut w, "103", "invalid");
    menu(&mut w, "101", "2");
    until(&mut w, "101", "conference-locked");
    w.dial("104", BOARD).advance(secs(1));
    w.press("104", &format!("{BOARD_PIN}#"));
    until(&mut w, "104", "conference-locked");
    w.advance(secs(10));
    assert_eq!(w.stages("104"), []);
    menu(&mut w, "101", "2");
    enter(&mut w, "104", BOARD_PIN);
    menu(&mut w, "101", "5");
    until(&mut w, "101", "conference-participants prompt/en/number-4 prompt/en/participant-other");
    w.advance(secs(5));
    menu(&mut w, "101", "3");
    until(&mut w, "104", "conference-removed");
    w.advance(secs(10));
    assert_eq!((w.stages("104"), w.stages("103")), (vec![], vec![Stage::Up]));
    menu(&mut w, "101", "0");
    w.advance(secs(10));
    assert_eq!((w.stages("101"), w.stages("102"), w.stages("103")), (vec![], vec![], vec![]));
    quiet(&mut w);
}

#[test]
fn hash_alone_is_enough_where_only_the_leader_has_a_number() {
    let mut w = world(false);
    w.configure(|config| config.conferences.get_mut(BOARD).unwrap().pin = None);
    enter(&mut w, "101", "");
    enter(&mut w, "102", LEADS);
    w.advance(secs(5));
    assert_eq!(w.hears("101"), "102");
    w.dial("103", BOARD).advance(secs(1)).press("103", "1#");
    until(&mut w, "103", "conference-wrong-pin");
    quiet(&mut w);
}
