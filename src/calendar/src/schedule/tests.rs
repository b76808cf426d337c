use super::*;
use crate::clock::{moment, zone};
use crate::{DayRule, Limits};
use jiff::civil::date;

fn schedule(place: &str, open: &[&str], breaks: &[&str], countries: &[&str], closed: &[&str]) -> Schedule {
    let hours = Hours {
        open: open.iter().map(|text| text.parse().unwrap()).collect(),
        breaks: breaks.iter().map(|text| text.parse().unwrap()).collect(),
        countries: countries.iter().map(|text| text.parse().unwrap()).collect(),
        closed: closed.iter().map(|text| text.parse::<DayRule>().unwrap()).collect(),
    };
    Schedule::new(zone(place).unwrap(), hours)
}

/// "2026-11-23 09:00" by the schedule's clock.
fn at(schedule: &Schedule, text: &str) -> WallTime {
    let civil: jiff::civil::DateTime = text.replace(' ', "T").parse().unwrap();
    let seconds = i64::from(Day::of(civil.date()).number) * 86_400 + i64::from(civil.hour()) * 3600;
    moment(seconds + i64::from(civil.minute()) * 60, schedule.zone())
}

fn utc(text: &str) -> WallTime {
    WallTime::from_unix_ms(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

/// State and the moment of the next change, in UTC.
fn said(schedule: &Schedule, moment: WallTime, feeds: &[&Feed]) -> String {
    let said = schedule.at(moment, feeds);
    assert_eq!(said.state, schedule.state(moment, feeds));
    let until = said.until.map(|until| jiff::Timestamp::from_millisecond(until.unix_ms()).unwrap().to_string());
    format!("{} until {}", said.state, until.unwrap_or("ever".into()))
}

#[test]
fn an_ordinary_week() {
    let office = schedule("Europe/Brussels", &["mon-fri 09:00-17:30"], &["mon-fri 12:30-13:00"], &["be"], &[]);
    let told = |text: &str| said(&office, at(&office, text), &[]);
    assert_eq!(told("2026-11-23 08:59"), "closed until 2026-11-23T08:00:00Z");
    assert_eq!(told("2026-11-23 09:00"), "open until 2026-11-23T11:30:00Z");
    assert_eq!(told("2026-11-23 12:30"), "break until 2026-11-23T12:00:00Z");
    assert_eq!(told("2026-11-20 17:30"), "closed until 2026-11-23T08:00:00Z");
    assert_eq!(told("2026-12-25 10:00"), "holiday: Kerstmis until 2026-12-25T23:00:00Z");
    let why = |text: &str| office.why(at(&office, text), &[]).to_string();
    assert_eq!(why("2026-11-23 10:00"), "open hours mon-fri 09:00-17:30");
    assert_eq!(why("2026-11-23 18:00"), "outside the day's hours");
    assert_eq!(why("2026-11-22 10:00"), "no hours on this day");
    assert_eq!(why("2026-07-21 10:00"), "public holiday Nationale feestdag (be)");
    // Beyond the years that are kept ready the answer is the same.
    assert_eq!(why("2081-07-21 10:00"), "public holiday Nationale feestdag (be)");
    assert_eq!(why("2019-07-21 10:00"), "public holiday Nationale feestdag (be)");
}

#[test]
fn the_more_particular_hours_replace_the_others() {
    let open =
        ["mon-fri 09:00-17:00", "jul-aug mon-fri 08:00-12:00", "2026-12-24 09:00-12:00", "2026-12-25 10:00-11:00"];
    let shop = schedule("Europe/Brussels", &open, &[], &["be"], &["2026-12-24 Christmas Eve"]);
    let told = |text: &str| shop.state(at(&shop, text), &[]).to_string();
    assert_eq!(told("2026-07-01 08:30"), "open");
    assert_eq!(told("2026-07-01 14:00"), "closed");
    assert_eq!(told("2026-12-24 10:00"), "open");
    assert_eq!(told("2026-12-24 14:00"), "holiday: Christmas Eve");
    assert_eq!(told("2026-12-25 10:30"), "open");
    assert_eq!(told("2026-12-25 12:00"), "holiday: Kerstmis");
}

#[test]
fn a_night_belongs_to_the_day_it_begins_on() {
    let ward = schedule("America/New_York", &["daily 22:00-06:00"], &["daily 02:00-02:30"], &["us"], &[]);
    let told = |text: &str| ward.state(at(&ward, text), &[]).to_string();
    assert_eq!(told("2026-12-25 03:00"), "open");
    assert_eq!(told("2026-12-25 02:10"), "break");
    assert_eq!(told("2026-12-25 07:00"), "holiday: Christmas Day");
    assert_eq!(told("2026-12-25 23:00"), "holiday: Christmas Day");
    assert_eq!(told("2026-12-26 03:00"), "closed");
    assert_eq!(told("2026-12-26 22:00"), "open");
}

#[test]
fn the_clock_put_forward_and_back() {
    // Brussels jumps from 02:00 to 03:00 on 29 March 2026, and falls from 03:00 to 02:00 on 25 October.
    let bar = schedule("Europe/Brussels", &["sun 02:30-05:00"], &[], &[], &[]);
    assert_eq!(said(&bar, utc("2026-03-29T00:59:59Z"), &[]), "closed until 2026-03-29T01:00:00Z");
    assert_eq!(said(&bar, utc("2026-03-29T01:00:00Z"), &[]), "open until 2026-03-29T03:00:00Z");
    assert_eq!(said(&bar, utc("2026-10-25T00:29:59Z"), &[]), "closed until 2026-10-25T00:30:00Z");
    assert_eq!(said(&bar, utc("2026-10-25T00:30:00Z"), &[]), "open until 2026-10-25T01:00:00Z");
    assert_eq!(said(&bar, utc("2026-10-25T01:00:00Z"), &[]), "closed until 2026-10-25T01:30:00Z");
    assert_eq!(said(&bar, utc("2026-10-25T01:30:00Z"), &[]), "open until 2026-10-25T04:00:00Z");
    // New York: 8 March and 1 November 2026.
    let bar = schedule("America/New_York", &["sun 01:30-02:30"], &[], &[], &[]);
    assert_eq!(said(&bar, utc("2026-03-08T06:45:00Z"), &[]), "open until 2026-03-08T07:00:00Z");
    assert_eq!(said(&bar, utc("2026-11-01T05:45:00Z"), &[]), "open until 2026-11-01T06:00:00Z");
    assert_eq!(said(&bar, utc("2026-11-01T06:30:00Z"), &[]), "open until 2026-11-01T07:30:00Z");
    // Without a switch.
    let bar = schedule("Asia/Kolkata", &["sun 02:30-05:00"], &[], &[], &[]);
    assert_eq!(said(&bar, utc("2026-03-28T21:00:00Z"), &[]), "open until 2026-03-28T23:30:00Z");
}

#[test]
fn the_parts_of_a_day_are_without_gaps() {
    let office = schedule(
        "Europe/Brussels",
        &["mon-fri 09:00-17:00", "sun 01:00-04:00"],
        &["mon-fri 12:00-13:00"],
        &["be"],
        &[],
    );
    for (day, hours) in [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 11, 23), 24)] {
        let parts = office.day(day, &[]);
        assert_eq!(parts.last().unwrap().to.saturating_since(parts[0].from).as_secs(), hours * 3600);
        assert!(parts.windows(2).all(|pair| pair[0].to == pair[1].from && pair[0].state != pair[1].state));
    }
    let states: Vec<_> = office.day(date(2026, 11, 23), &[]).into_iter().map(|part| part.state.to_string()).collect();
    assert_eq!(states, ["closed", "open", "break", "open", "closed"]);
}

#[test]
fn a_feed_closes_days_and_moments() {
    let text = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261123\r\nSUMMARY:Inventory\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nDTSTART;TZID=Europe/Brussels:20261124T100000\r\nDURATION:PT90M\r\nRRULE:FREQ=WEEKLY\r\n\
        SUMMARY:Staff meeting\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let feed = Feed::parse(text.as_bytes(), &Limits::default()).unwrap();
    let office = schedule("Europe/Brussels", &["mon-fri 09:00-17:00"], &[], &[], &[]);
    let told = |text: &str| said(&office, at(&office, text), &[&feed]);
    assert_eq!(told("2026-11-23 10:00"), "holiday: Inventory until 2026-11-23T23:00:00Z");
    assert_eq!(told("2026-11-24 09:30"), "open until 2026-11-24T09:00:00Z");
    assert_eq!(told("2026-12-01 10:30"), "holiday: Staff meeting until 2026-12-01T10:30:00Z");
    assert_eq!(told("2026-12-01 11:30"), "open until 2026-12-01T16:00:00Z");
}

#[test]
fn faults_are_found() {
    let faults = |open: &[&str], breaks: &[&str], countries: &[&str]| -> Vec<String> {
        let schedule = schedule("Europe/Brussels", open, breaks, countries, &[]);
        schedule.faults(0).iter().map(Fault::to_string).collect()
    };
    assert_eq!(faults(&["mon-fri 09:00-17:00"], &["mon 12:00-13:00"], &["be"]), [""; 0]);
    assert_eq!(faults(&[], &[], &["be"]), ["no open hours: always closed"]);
    assert_eq!(faults(&["daily 09:00-17:00"], &[], &[]), ["no public holidays: name a country, a feed or closed days"]);
    assert_eq!(
        faults(&["2026-12-24 mon 09:00-12:00"], &[], &["be"]),
        ["`2026-12-24 mon 09:00-12:00` names no day that exists"]
    );
    assert_eq!(
        faults(&["mon-fri 09:00-12:00"], &["sat 10:00-11:00"], &["be"]),
        ["break `sat 10:00-11:00` lies outside the open hours"]
    );
    assert_eq!(
        faults(&["sun 22:00-06:00", "mon 05:00-09:00"], &[], &["be"]),
        ["`sun 22:00-06:00` and `mon 05:00-09:00` overlap"]
    );
    assert_eq!(faults(&["sun 22:00-06:00", "sun 05:00-09:00"], &["mon 04:00-05:00"], &["be"]), [""; 0]);
    assert_eq!(
        faults(&["jul 09:00-12:00", "jul-aug 08:00-10:00", "mon 09:00-12:00", "jan-nov 10:00-11:00"], &[], &["be"]),
        ["`jul 09:00-12:00` and `jul-aug 08:00-10:00` overlap", "`jul 09:00-12:00` and `jan-nov 10:00-11:00` overlap"]
    );
    let all = faults(
        &["12-24 09:00-12:00", "dec thu 10:00-12:00", "01-01..12-31 09:00-10:00", "mon 08:00-09:00"],
        &[],
        &["be"],
    );
    assert!(
        all.contains(&"`mon 08:00-09:00` never holds: hours with months or dates replace it".to_owned()),
        "{all:?}"
    );
}

#[test]
fn what_is_said_next_is_what_then_holds() {
    // From change to change through a year: no state lasts into its own `until`, and none changes before.
    let office = schedule(
        "America/New_York",
        &["mon-thu 08:30-17:15", "fri 22:00-03:00", "dec sat 10:00-12:00"],
        &["daily 12:00-12:45", "sat 01:00-02:30"],
        &["us"],
        &["08-01..08-14 Works holiday"],
    );
    let mut now = utc("2026-01-01T00:00:00Z");
    let end = utc("2027-01-01T00:00:00Z");
    while now < end {
        let said = office.at(now, &[]);
        let until = said.until.unwrap();
        assert_ne!(office.state(until, &[]), said.state);
        for tenth in 1..10 {
            let between = now.unix_ms() + (until.unix_ms() - now.unix_ms()) * tenth / 10;
            assert_eq!(office.state(WallTime::from_unix_ms(between), &[]), said.state);
        }
        now = until;
    }
}
