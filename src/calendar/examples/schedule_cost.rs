//! What a question costs: `cargo run --release -p calendar --example schedule_cost`.

use std::hint::black_box;

use base::WallTime;
use calendar::{Feed, Hours, Limits, Schedule, zone};

/// Questions asked, spread over a year.
const QUESTIONS: i64 = 20_000;

fn main() {
    let hours = Hours {
        open: ["mon-thu 09:00-17:30", "fri 09:00-16:00", "jul-aug mon-fri 08:00-12:00", "2026-12-24 09:00-12:00"]
            .iter()
            .map(|text| text.parse().expect("a period"))
            .collect(),
        breaks: vec!["mon-fri 12:30-13:00".parse().expect("a period")],
        countries: vec!["be".parse().expect("a country")],
        closed: vec!["12-24..12-31 Year end".parse().expect("a rule")],
    };
    let schedule = Schedule::new(zone("Europe/Brussels").expect("a zone"), hours);
    let mut text = String::from("BEGIN:VCALENDAR\n");
    for event in 0..5_000 {
        let (month, day) = (event / 28 % 12 + 1, event % 28 + 1);
        let repeats = if event % 250 == 0 { "RRULE:FREQ=YEARLY\n" } else { "" };
        text += &format!(
            "BEGIN:VEVENT\nSUMMARY:{event}\nDTSTART;TZID=Europe/Brussels:2026{month:02}{day:02}T100000\n\
             DURATION:PT5M\n{repeats}END:VEVENT\n"
        );
    }
    text += "END:VCALENDAR\n";
    let (feed, parse_us) = timed(1, || Feed::parse(text.as_bytes(), &Limits::default()).expect("a feed"));
    println!("parse 5,000 events       {parse_us:>10.1} µs");
    let at = |question: i64| WallTime::from_unix_ms(1_767_225_600_000 + question * 31_536_000_000 / QUESTIONS);
    for (name, feeds) in [("without feeds", &[][..]), ("with 5,000 events", &[&feed][..])] {
        let mut question = 0;
        let mut next = || {
            question += 1;
            at(question)
        };
        let (_, state_us) = timed(QUESTIONS, || black_box(schedule.state(next(), feeds)));
        let mut question = 0;
        let mut next = || {
            question += 10;
            at(question)
        };
        let (_, at_us) = timed(QUESTIONS / 10, || black_box(schedule.at(next(), feeds)));
        println!("state {name:<18} {state_us:>10.2} µs, with until {at_us:.1} µs");
    }
}

/// The last result, and microseconds for each run.
fn timed<T>(runs: i64, mut run: impl FnMut() -> T) -> (T, f64) {
    let begun = begin();
    let mut last = run();
    for _ in 1..runs {
        last = run();
    }
    (last, begun.elapsed().as_secs_f64() * 1e6 / runs as f64)
}

/// An example may look at the clock; the crate may not.
#[allow(clippy::disallowed_methods)]
fn begin() -> std::time::Instant {
    std::time::Instant::now()
}
