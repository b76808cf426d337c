//! Many who watch, and one who watches too much.

#![allow(clippy::unwrap_used)]

mod harness;

use exchange::io::{Command, Input};
use sip::message::HeaderName;

use harness::{Bench, requests};

const LAMP: &str = "Event: dialog\r\nExpires: 3600\r\n";

#[test]
fn one_change_is_told_once_to_each_of_five_hundred() {
    let watchers: Vec<String> = (10_000..10_500).map(|n| n.to_string()).collect();
    let mut bench = Bench::new(watchers.iter().cloned().chain(["102".to_owned()]));
    for number in &watchers {
        let out = bench.ask(number, "102", "SUBSCRIBE", "Event: presence\r\nExpires: 3600\r\n", "");
        bench.answer_all(&out);
    }
    let dnd = |value: &str| Command::PutFact { key: "person/102".into(), value: Some(value.into()), by: "web".into() };
    let out = bench.feed(Input::Command(dnd(r#"{"dnd":true}"#)));
    let mut told: Vec<String> = requests(&out).map(|(flow, _)| flow.peer.to_string()).collect();
    told.sort_unstable();
    told.dedup();
    assert_eq!((requests(&out).count(), told.len()), (500, 500));
    // Nobody has answered: what changes meanwhile waits, and is told as it stands in the end.
    assert_eq!(requests(&bench.feed(Input::Command(dnd(r#"{"dnd":false}"#)))).count(), 0);
    assert_eq!(requests(&bench.feed(Input::Command(dnd(r#"{"dnd":true}"#)))).count(), 0);
    let again: usize = harness::answers(&out).into_iter().map(|answer| requests(&bench.feed(answer)).count()).sum();
    assert_eq!(again, 500);
}

#[test]
fn a_thousand_subscriptions_of_one_phone_are_a_hundred() {
    let mut bench = Bench::new(["101".to_owned(), "102".to_owned(), "103".to_owned()]);
    let mut notifies = 0;
    for n in 0..1_000 {
        let target = ["101", "102", "103"][n % 3];
        let out = bench.ask_in("101", target, "SUBSCRIBE", &format!("call{n}"), LAMP, "");
        let answers = harness::answers(&out);
        notifies += answers.len();
        answers.into_iter().for_each(|answer| drop(bench.feed(answer)));
        assert!(bench.exchange.counts().subscriptions <= 100);
    }
    assert_eq!((bench.exchange.counts().subscriptions, notifies), (100, 1_000));
    // Another phone is not in its way.
    let out = bench.ask("102", "103", "SUBSCRIBE", LAMP, "");
    assert!(requests(&out).any(|(_, r)| r.headers.has(&HeaderName::SubscriptionState)));
    assert_eq!(bench.exchange.counts().subscriptions, 101);
}

#[test]
fn a_stranger_cannot_subscribe() {
    let mut bench = Bench::new(["101".to_owned(), "102".to_owned()]);
    let before = bench.exchange.counts();
    for n in 0..300 {
        let out = bench.feed(harness::unproved("101", "102", "SUBSCRIBE", &format!("call{n}"), LAMP));
        assert_eq!((out.len(), requests(&out).count()), (1, 0));
    }
    assert_eq!(bench.exchange.counts(), before);
}
