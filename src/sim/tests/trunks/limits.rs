//! How many calls, how long, how much money.

use crate::*;

#[test]
fn lines_are_counted_both_ways() {
    let mut w = world(1, &["101", "102"], [Trunk { calls_max: 1, ..by_address("a", "p1.example") }]);
    w.dial("101", "0470000001").advance(secs(4));
    assert_eq!(w.stages("p1"), [Stage::Up]);
    w.dial("102", "0470000002").advance(secs(1));
    assert!(w.take_ladder().contains("pbx > 102 503 INVITE"));
    call_in(&mut w, "p1", "+3225551234", |r| from(r, "<sip:+32470000009@p1.example>"));
    w.advance(secs(1));
    assert!(w.take_ladder().contains("pbx > p1 486 INVITE"));
    w.hang_up("101").advance(secs(1));
    w.dial("102", "0470000002").advance(secs(4));
    assert_eq!(w.stages("102"), [Stage::Up]);
    w.hang_up("102").advance(secs(1));
}

#[test]
fn a_call_outside_lasts_as_long_as_it_may() {
    let mut w = world(1, &["101"], [Trunk { minutes_max: 2, ..by_address("a", "p1.example") }]);
    w.dial("101", "0470000001").advance(secs(119));
    assert_eq!(w.stages("101"), [Stage::Up]);
    w.advance(secs(4));
    assert_eq!(w.hears("101"), "congestion");
    w.advance(secs(3));
    assert_eq!((w.stages("101"), w.stages("p1")), (vec![], vec![]));
    assert_eq!(ended(&w).pop().unwrap().cause, Cause::Timeout);
    assert!(notes(&w).contains("ended: it has lasted as long as calls outside may"));
}

#[test]
fn money_is_counted_and_what_is_spent_up_ends_the_call() {
    let prices = vec!["+32 10".to_owned()];
    let a = Trunk { spend_day_max: 25, prices, ..by_address("a", "p1.example") };
    let mut w = world(1, &["101"], [a]);
    w.dial("101", "0470000001").advance(secs(70));
    w.hang_up("101").advance(secs(1));
    let spent = |w: &World, key: &str| {
        let facts = w.store.durable().iter().rev().find_map(|r| match r {
            Record::Fact(fact) if fact.key == key => fact.value.clone(),
            _ => None,
        });
        facts.unwrap_or_default()
    };
    assert!(spent(&w, "spent/101").contains(r#""hundredths":20"#), "{}", spent(&w, "spent/101"));
    assert!(spent(&w, "spent/trunk/a").contains(r#""hundredths":20"#), "{}", spent(&w, "spent/trunk/a"));
    // One minute more is begun, but no second one.
    w.dial("101", "0470000001").advance(secs(50));
    assert_eq!(w.stages("101"), [Stage::Up]);
    w.advance(secs(20));
    assert_eq!(w.stages("101"), []);
    assert!(notes(&w).contains("ended: trunk a has spent the 0.25 that it may in a day"), "{}", notes(&w));
    w.dial("101", "0470000001").advance(secs(1));
    assert!(w.take_ladder().contains("pbx > 101 503 INVITE"), "nothing is left");
    // The next day begins with nothing spent.
    w.advance(secs(86_400)).dial("101", "0470000001").advance(secs(5));
    assert_eq!(w.stages("101"), [Stage::Up]);
    w.hang_up("101").advance(secs(1));
}
