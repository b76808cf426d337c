//! What a decision costs with 1,000 extensions, 200 routes each way and 100 opening hours, and how that compares with
//! looking an extension up.
//!
//! `cargo run --release -p dialplan --example decision_cost`

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use base::WallTime;
use config::{Destination, Document, Extension, Hours, InboundRoute, OutboundRoute, RingGroup, Trunk};
use dialplan::state::State;
use dialplan::{Caller, Plan, Request};

const ROUNDS: u32 = 20_000;

#[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
fn now() -> Instant {
    Instant::now()
}

fn main() {
    let plan = Plan::new(Arc::new(company()));
    let mut state = State::default();
    for number in 1000..2000 {
        let person = format!(r#"{{"forward_no_answer":"{}","follow_me":{{"on":false}}}}"#, number + 1);
        state.apply(&format!("person/{number}"), Some(&person));
        state.apply(&format!("blocked/+3249000{number}"), Some(r#"{"by":"1000","at":0}"#));
    }
    let trunk = Caller::Trunk { trunk: "trunk-7", number: Some("+32475123456") };
    let cases = [
        ("an extension", Caller::Extension("1000"), "1500"),
        ("a ring group of 20", Caller::Extension("1000"), "400"),
        ("a code", Caller::Extension("1000"), "*78"),
        ("a number outside", Caller::Extension("1000"), "0475 12 34 56"),
        ("a call from outside", trunk, "+3225550199"),
        ("an unknown number", Caller::Extension("1000"), "55"),
    ];
    let extensions: &BTreeMap<String, Extension> = &plan.config().extensions;
    let look_up = measured(|| {
        black_box(extensions.get(black_box("1500")));
    });
    println!("look-up of an extension: {look_up:.3} µs");
    for (name, from, dialled) in cases {
        let at = WallTime::from_unix_ms(1_772_456_700_000);
        let request = Request { from, dialled, at, hops: &[] };
        let decision = plan.route(&state, &request);
        let cost = measured(|| {
            black_box(plan.route(&state, black_box(&request)));
        });
        println!("{name}: {cost:.2} µs, {:.0} times a look-up: {}", cost / look_up, decision.action);
    }
}

/// Microseconds for one; the best of five.
fn measured(mut one: impl FnMut()) -> f64 {
    let mut run = || {
        let begin = now();
        (0..ROUNDS).for_each(|_| one());
        begin.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS)
    };
    (0..5).map(|_| run()).fold(f64::INFINITY, f64::min)
}

fn company() -> config::Config {
    let mut config = config::Config::clone(Document::default().config());
    for number in 1000..2000 {
        let extension = Extension::new(number.to_string(), format!("Person {number}"), [0; 16], [0; 32]);
        config.extensions.insert(number.to_string(), extension);
    }
    let members = (1000..1020).map(|number| number.to_string()).collect();
    config.ring_groups.insert("400".to_owned(), RingGroup::new("400".to_owned(), "Sales".to_owned(), members));
    for i in 0..100 {
        let mut hours = Hours::new(format!("hours-{i}"));
        hours.open = vec!["mon-fri 08:30-17:30".to_owned(), "sat 09:00-12:00".to_owned()];
        hours.breaks = vec!["mon-fri 12:00-13:00".to_owned()];
        hours.holidays = vec!["be".to_owned()];
        config.hours.insert(hours.name.clone(), hours);
    }
    for i in 0..20 {
        let mut trunk = Trunk::new(format!("trunk-{i}"), "192.0.2.1".to_owned());
        trunk.numbers = (0..10).map(|n| format!("+322555{:04}", i * 10 + n)).collect();
        trunk.prices = vec!["+32 2".to_owned(), "+ 50".to_owned()];
        config.trunks.insert(trunk.name.clone(), trunk);
    }
    for i in 0..200 {
        let trunks = vec![format!("trunk-{}", i % 20), format!("trunk-{}", (i + 1) % 20)];
        let patterns = vec![format!("+{}X.", 200 + i), format!("+324{:02}X.", i % 100), format!("00{i}.")];
        let mut route = OutboundRoute::new(format!("out-{i}"), patterns, trunks);
        route.hours = Some(format!("hours-{}", i % 100));
        config.outbound_routes.insert(route.name.clone(), route);
        let mut route = InboundRoute::new(format!("in-{i}"), Destination::Number("400".to_owned()));
        route.numbers = vec![format!("+322555{i:04}")];
        route.hours = Some(format!("hours-{}", i % 100));
        config.inbound_routes.insert(route.name.clone(), route);
    }
    config
}
