//! The calendar of what a caller meets.

use expect_test::expect;

use super::*;
use crate::{inbound_numbers, look_ahead};

fn days(plan: &Plan, state: &State, from: &str, days: u16, number: &str, expected: Expect) {
    let from: jiff::Timestamp = from.parse().expect("it is a time");
    let days = look_ahead(plan, state, WallTime::from_unix_ms(from.as_millisecond()), days, number);
    let mut told = String::new();
    for day in days {
        told += &format!("{}\n", day.date);
        assert!(day.spans.windows(2).all(|two| two[0].to == two[1].from));
        for span in day.spans {
            told += &format!(
                "  {}-{} {}: {} ({})\n",
                span.from_text, span.to_text, span.destination, span.action, span.reason
            );
        }
    }
    expected.assert_eq(&told);
}

#[test]
fn a_week_with_a_holiday() {
    days(
        company(),
        &State::default(),
        "2026-04-04T10:00:00Z",
        4,
        "+3225550001",
        expect![[r#"
        2026-04-04
          00:00-24:00 voicemail:800: takes a message for 800 (the hours office say closed: no hours on this day)
        2026-04-05
          00:00-24:00 voicemail:800: takes a message for 800 (the hours office say closed: no hours on this day)
        2026-04-06
          00:00-24:00 sound:holiday: plays holiday and hangs up (the hours office say holiday: public holiday Paasmaandag (be))
        2026-04-07
          00:00-09:00 voicemail:800: takes a message for 800 (the hours office say closed: outside the day's hours)
          09:00-12:00 400: rings 101, 102, 103 for 15 s (Sales), marked Sales (the hours office say open: open hours mon-fri 09:00-17:30)
          12:00-13:00 voicemail:800: takes a message for 800 (the hours office say break: break mon-fri 12:00-13:00)
          13:00-17:30 400: rings 101, 102, 103 for 15 s (Sales), marked Sales (the hours office say open: open hours mon-fri 09:00-17:30)
          17:30-24:00 voicemail:800: takes a message for 800 (the hours office say closed: outside the day's hours)
    "#]],
    );
}

#[test]
fn the_clock_is_put_forward_and_people_change_nothing() {
    let state = state(&[
        ("hours/office", r#"{"mode":"open","until":1774767600000,"by":"101","at":0}"#),
        ("person/102", r#"{"forward_all":"101"}"#),
    ]);
    days(
        company(),
        &state,
        "2026-03-29T00:00:00Z",
        1,
        "+3225550001",
        expect![[r#"
        2026-03-29
          00:00-09:00 400: rings 101, 102, 103 for 15 s (Sales), marked Sales (the hours office say open, as switched by 101)
          09:00-24:00 voicemail:800: takes a message for 800 (the hours office say closed: no hours on this day)
    "#]],
    );
}

#[test]
fn numbers_without_hours_and_without_routes() {
    days(
        company(),
        &State::default(),
        "2026-04-04T10:00:00Z",
        1,
        "+3225550101",
        expect![[r#"
        2026-04-04
          00:00-24:00 : rings 101 for 25 s (Anna) (it rings for 25 s, as set for the whole box)
    "#]],
    );
    days(
        company(),
        &State::default(),
        "2026-04-04T10:00:00Z",
        1,
        "+3225550199",
        expect![[r#"
        2026-04-04
          00:00-24:00 : refused: unknown number (+3225550199 is a number of this box, but no route says where its calls go)
    "#]],
    );
    let numbers: Vec<String> = inbound_numbers(company()).into_iter().collect();
    assert_eq!(numbers, ["+3225550000", "+3225550001", "+3225550101", "+3225550199"]);
    assert_eq!(look_ahead(company(), &State::default(), MONDAY, u16::MAX, "+3225550000").len(), 400);
    look_ahead(company(), &State::default(), WallTime::from_unix_ms(i64::MAX), 3, "");
}
