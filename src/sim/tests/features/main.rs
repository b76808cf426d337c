//! Parking, pickup, transfer by code, three-way calls, paging, click to call, camp-on: with ladders, and the races
//! between them. What all these stories share.

mod desk;
mod parking;
mod pickup;
mod races;
mod rooms;
mod transfer;

use exchange::record::Record;
use expect_test::Expect;
use sim::{World, secs};
use sip::message::Method;

/// A world with these phones, registrations left out of the ladder.
pub(crate) fn world<'a>(numbers: impl IntoIterator<Item = &'a str>) -> World {
    World::seeded(7).without(Method::Register).phones(numbers)
}

pub(crate) fn check(world: &mut World, expected: Expect) {
    expected.assert_eq(&world.take_ladder());
}

/// The final records: who called, what, whom it reached, and how it ended.
pub(crate) fn records(w: &World) -> String {
    let mut out = String::new();
    for record in w.store.durable() {
        if let Record::CallEnded(ended) = record {
            let (from, to) = (&ended.from.number, &ended.to.number);
            let legs: Vec<String> =
                ended.legs.iter().map(|leg| format!("{} {:?}", leg.party.number, leg.cause)).collect();
            out += &format!("{from} dialled {} reached {to}, {:?}: {}\n", ended.dialled, ended.cause, legs.join(", "));
        }
    }
    out
}

/// The INVITEs to a phone that ask it to answer by itself, as far as the ladders of ended calls have them.
pub(crate) fn asked_to_answer(w: &World, number: &str) -> usize {
    let ladders = w.store.durable().iter().filter_map(|record| match record {
        Record::Ladder(ladder) => Some(&ladder.messages),
        _ => None,
    });
    let begins = format!("INVITE sip:{number}@");
    ladders.flatten().filter(|m| m.text.starts_with(&begins) && m.text.contains("answer-after=0")).count()
}

/// Everybody hangs up and signs off, and nothing may be left.
pub(crate) fn quiet(w: &mut World) {
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

/// 101 calls 102, who answers.
pub(crate) fn talking<'a>(numbers: impl IntoIterator<Item = &'a str>) -> World {
    let mut w = world(numbers);
    w.dial("101", "102").advance(secs(5));
    assert_eq!((w.hears("101").as_str(), w.hears("102").as_str()), ("102", "101"));
    w.take_ladder();
    w
}

/// 102 asks 103, who answers, while 101 waits.
pub(crate) fn asking() -> World {
    let mut w = talking(["101", "102", "103"]);
    w.press("102", "*2").advance(secs(1)).press("102", "103#").advance(secs(5));
    let heard = ["101", "102", "103"].map(|number| w.hears(number));
    assert_eq!(heard, ["music/default", "103", "102"]);
    w
}
