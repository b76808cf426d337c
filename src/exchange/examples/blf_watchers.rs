//! What one change of an extension costs with so many lamps that show it: from the 180 of the phone to the last NOTIFY
//! out, and the answers of all watchers.
//!
//! `cargo run --release -p exchange --example blf_watchers`

#![allow(clippy::disallowed_methods, clippy::unwrap_used)] // it measures time, and may fail aloud

#[path = "../tests/harness/mod.rs"]
mod harness;

use std::time::Instant as Clock;

use exchange::io::Input;
use sip::message::{Method, Response, StatusCode, parse};

use harness::{Bench, OFFER, answers, flow, requests};

/// One change, 500 watchers.
const GOAL_MS: f64 = 50.0;

fn main() {
    println!("watchers  180 to last NOTIFY   per watcher   answers of all");
    let mut per_watcher = Vec::new();
    for watchers in [50, 500, 5_000] {
        let (told, answered) = (0..5)
            .map(|_| run(watchers))
            .fold((f64::MAX, f64::MAX), |best, now| (best.0.min(now.0), best.1.min(now.1)));
        per_watcher.push(told / f64::from(watchers));
        println!(
            "{watchers:8}  {told:10.2} ms      {:8.1} µs   {answered:10.2} ms",
            told * 1000.0 / f64::from(watchers)
        );
        if watchers == 500 {
            let verdict = if told <= GOAL_MS { "reached" } else { "missed" };
            println!("          goal {GOAL_MS} ms: {verdict}, {:.1} times", GOAL_MS / told);
        }
    }
    println!("cost of one watcher among 5,000 to one among 50: {:.2}", per_watcher[2] / per_watcher[0]);
}

/// Milliseconds from the 180 to the last NOTIFY, and for taking in the answers.
fn run(watchers: u32) -> (f64, f64) {
    let numbers = (0..watchers).map(watcher).chain(["101".to_owned(), "102".to_owned()]);
    let mut bench = Bench::new(numbers);
    for n in 0..watchers {
        let number = watcher(n);
        let first = bench.ask(&number, "102", "SUBSCRIBE", "Event: dialog\r\nExpires: 3600\r\n", "");
        bench.answer_all(&first);
    }
    bench.ask("102", "102", "REGISTER", "Expires: 3600\r\n", "");
    let out = bench.ask("101", "102", "INVITE", "Content-Type: application/sdp\r\n", OFFER);
    // The caller's lamp is nobody's; the called phone gets an INVITE.
    let invite = requests(&out).find(|(_, r)| r.method == Method::Invite).unwrap().1;
    let mut ringing = Response::to(&invite, StatusCode::RINGING);
    ringing.set_to_tag("rings");
    let flow = flow("102");
    let message = parse(ringing.to_bytes()).unwrap().unwrap();
    let input = Input::Sip { flow, message: Box::new(message), raw: ringing.to_bytes() };

    let start = Clock::now();
    let out = bench.feed(input);
    let told = start.elapsed();
    assert_eq!(requests(&out).filter(|(_, r)| r.method == Method::Notify).count(), watchers as usize);
    let answers = answers(&out);
    let start = Clock::now();
    for input in answers {
        bench.feed(input);
    }
    (told.as_secs_f64() * 1000.0, start.elapsed().as_secs_f64() * 1000.0)
}

fn watcher(n: u32) -> String {
    (10_000 + n).to_string()
}
