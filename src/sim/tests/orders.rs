//! What people set by phone, and what follows for the calls after it.

use base::{Duration, Redacted};
use config::{Blocked, Config, Hours, Phone, PhoneModel, RingStrategy};
use exchange::io::Command;
use sim::phone::{Answering, Stage};
use sim::{StoreFaults, World, secs};

/// Phones that ring until somebody gives up.
fn people(seed: u64, phones: &[&str]) -> World {
    let mut w = World::seeded(seed).phones(phones.iter().copied());
    for phone in phones {
        w.answering(phone, Answering::Never);
    }
    w
}

/// Everybody goes; nothing is left.
fn quiet(w: &mut World) {
    for number in w.numbers() {
        w.with(&number, |phone, now| phone.unregister(now));
    }
    w.advance(secs(100)).assert_quiet();
}

/// Dials a code and lets the box say what it says.
fn order(w: &mut World, number: &str, code: &str) {
    w.dial(number, code).advance(secs(15));
    assert_eq!(w.stages(number), [], "the box hangs up when it has spoken");
}

/// The phones that ring now.
fn ringing(w: &World) -> Vec<String> {
    let rings = |n: &String| w.stages(n).contains(&Stage::Ringing);
    w.numbers().into_iter().filter(rings).collect()
}

fn let_go(w: &mut World, number: &str) {
    w.hang_up(number).advance(secs(5));
}

#[test]
fn do_not_disturb_is_switched_by_code_and_survives_a_crash() {
    let mut w = people(1, &["101", "102"]);
    w.advance(secs(1));
    order(&mut w, "102", "*78");
    w.dial("101", "102").advance(secs(1));
    assert_eq!(ringing(&w), [] as [&str; 0]);
    w.advance(secs(5));
    w.crash().advance(secs(40));
    w.dial("101", "102").advance(secs(1));
    assert_eq!(ringing(&w), [] as [&str; 0], "what was said to be on is on after a power cut");
    w.advance(secs(5));
    order(&mut w, "102", "*79");
    w.dial("101", "102").advance(secs(1));
    assert_eq!(ringing(&w), ["102"]);
    let_go(&mut w, "101");
    quiet(&mut w);
}

#[test]
fn a_setting_that_the_disk_refuses_is_not_confirmed() {
    let mut w = people(2, &["101"]);
    w.advance(secs(1));
    w.store.faults = StoreFaults { failure: 1000, ..StoreFaults::NONE };
    w.dial("101", "*78").advance(Duration::from_millis(300));
    assert!(w.hears("101").contains("call-failed"), "{}", w.hears("101"));
}

#[test]
fn forwards_go_where_they_were_told_and_in_no_circle() {
    let mut w = people(3, &["101", "102", "103", "104"]);
    w.advance(secs(1));
    order(&mut w, "102", "*72103");
    w.dial("101", "102").advance(secs(1));
    assert_eq!(ringing(&w), ["103"]);
    let_go(&mut w, "101");
    order(&mut w, "103", "*72102");
    w.dial("101", "102").advance(secs(5));
    assert_eq!(ringing(&w), [] as [&str; 0], "two forwards that point at each other end");
    order(&mut w, "102", "*73");
    order(&mut w, "103", "*73");
    order(&mut w, "102", "*52104");
    w.dial("101", "102").advance(secs(1));
    assert_eq!(ringing(&w), ["102"]);
    w.advance(secs(35));
    assert_eq!(ringing(&w), ["104"], "nobody took it there");
    let_go(&mut w, "101");
    quiet(&mut w);
}

#[test]
fn a_forward_whose_number_is_asked_takes_what_is_typed() {
    let mut w = people(4, &["101", "102", "103"]);
    w.advance(secs(1));
    w.dial("102", "*72").advance(Duration::from_millis(300));
    assert!(w.hears("102").contains("enter-number"), "{}", w.hears("102"));
    w.press("102", "103#").advance(secs(12));
    assert_eq!(w.stages("102"), []);
    w.dial("101", "102").advance(secs(1));
    assert_eq!(ringing(&w), ["103"]);
    let_go(&mut w, "101");
    quiet(&mut w);
}

#[test]
fn a_forward_to_where_the_extension_may_not_call_is_refused() {
    let mut w = people(5, &["101", "102"]);
    w.advance(secs(1));
    w.dial("102", "*720090012345678").advance(Duration::from_millis(300));
    assert_eq!(w.stages("102"), [], "it is refused before anything is said");
    w.advance(secs(10));
    w.dial("101", "102").advance(secs(1));
    assert_eq!(ringing(&w), ["102"]);
    let_go(&mut w, "101");
}

#[test]
fn a_group_rings_one_after_the_other_and_begins_behind_who_answered_last() {
    let mut w = people(6, &["101", "102", "103", "104"]);
    w.configure(|config: &mut Config| {
        let group = config.ring_groups.get_mut("400").expect("the company has it");
        group.strategy = RingStrategy::Rotating;
        group.ring_time_s = Some(10);
        group.otherwise = Some("104".parse().expect("a number"));
    });
    w.advance(secs(1));
    w.dial("104", "400").advance(secs(1));
    assert_eq!(ringing(&w), ["101"]);
    w.advance(secs(10));
    assert_eq!(ringing(&w), ["102"]);
    w.answering("102", Answering::After(secs(1)));
    let_go(&mut w, "104");
    w.dial("104", "400").advance(secs(13));
    assert_eq!(w.stages("102"), [Stage::Up]);
    let_go(&mut w, "104");
    w.dial("104", "400").advance(secs(1));
    assert_eq!(ringing(&w), ["103"], "behind 102, who answered last");
    let_go(&mut w, "104");
    quiet(&mut w);
}

#[test]
fn day_becomes_night_by_code_until_the_clock_changes_it_anyway() {
    let mut w = people(7, &["101"]);
    w.configure(|config: &mut Config| {
        let hours = Hours {
            name: "office".to_owned(),
            code: Some("1".to_owned()),
            time_zone: None,
            open: vec!["daily 00:00-24:00".to_owned()],
            breaks: Vec::new(),
            holidays: Vec::new(),
            closed: Vec::new(),
            calendars: Vec::new(),
            switched_by: Vec::new(),
        };
        config.hours.insert("office".to_owned(), hours);
    });
    w.advance(secs(1));
    w.dial("101", "*281").advance(Duration::from_millis(300));
    assert!(w.hears("101").contains("hours-closed"), "{}", w.hears("101"));
    w.advance(secs(10));
    w.dial("101", "*281").advance(Duration::from_millis(300));
    assert!(w.hears("101").contains("hours-by-clock"), "{}", w.hears("101"));
    w.advance(secs(10));
    quiet(&mut w);
}

#[test]
fn the_last_caller_is_called_back_and_the_last_number_dialled_again() {
    let mut w = people(8, &["101", "102", "103"]);
    w.advance(secs(1));
    w.dial("101", "102").advance(secs(1));
    let_go(&mut w, "101");
    w.dial("102", "*69").advance(secs(1));
    assert_eq!(ringing(&w), ["101"]);
    let_go(&mut w, "102");
    w.dial("101", "*870").advance(secs(1));
    assert_eq!(ringing(&w), ["102"]);
    let_go(&mut w, "101");
    order(&mut w, "101", "*757*103");
    w.dial("101", "*07").advance(secs(1));
    assert_eq!(ringing(&w), ["103"]);
    let_go(&mut w, "101");
    quiet(&mut w);
}

#[test]
fn somebody_logs_in_at_a_phone_of_nobody() {
    let mut w = people(9, &["101", "102", "109"]);
    w.configure(|config: &mut Config| {
        let desk = Phone {
            mac: "0015650a0b0c".to_owned(),
            model: PhoneModel::Yealink,
            lines: vec!["109".to_owned()],
            keys: None,
            location: None,
            hot_desk: true,
            extra: Vec::new(),
        };
        config.phones.insert(desk.mac.clone(), desk);
        config.extensions.get_mut("102").expect("it exists").voicemail_pin = Some(Redacted("7391".to_owned()));
    });
    w.advance(secs(1));
    w.dial("109", "*11102").advance(secs(2));
    w.press("109", "1111#").advance(Duration::from_millis(1_500));
    assert!(w.hears("109").contains("wrong-pin"), "{}", w.hears("109"));
    w.press("109", "7391#").advance(secs(12));
    assert_eq!(w.stages("109"), []);
    w.dial("101", "102").advance(secs(1));
    assert_eq!(ringing(&w), ["102", "109"]);
    let_go(&mut w, "101");
    order(&mut w, "109", "*12");
    w.dial("101", "102").advance(secs(1));
    assert_eq!(ringing(&w), ["102"]);
    let_go(&mut w, "101");
    quiet(&mut w);
}

#[test]
fn a_page_sets_what_a_phone_sets_and_nothing_else() {
    let mut w = people(10, &["101", "102"]);
    w.advance(secs(1));
    let put = |key: &str, value: &str| Command::PutFact {
        key: key.to_owned(),
        value: Some(value.to_owned()),
        by: "admin".to_owned(),
    };
    assert!(w.ask(put("person/102", r#"{"dnd":true}"#)).is_some_and(|answer| answer.is_ok()));
    w.dial("101", "102").advance(secs(1));
    assert_eq!(ringing(&w), [] as [&str; 0]);
    for (key, value) in [("spent/101", "{}"), ("person/102", "{"), ("person/102", r#"{"dnd":"yes"}"#), ("x", "1")] {
        assert!(w.ask(put(key, value)).is_some_and(|answer| answer.is_err()), "{key} {value}");
    }
    assert!(Config::default().blocked.values().all(|b: &Blocked| b.allow), "nobody is blocked unasked");
}
