use super::*;
use crate::clock::zone;
use jiff::civil::date;
use proptest::prelude::*;

fn feed(events: &str) -> Feed {
    let text = format!("BEGIN:VCALENDAR\n{events}\nEND:VCALENDAR\n");
    Feed::parse(text.as_bytes(), &Limits::default()).unwrap()
}

fn event(lines: &str) -> Feed {
    feed(&format!("BEGIN:VEVENT\nSUMMARY:x\n{lines}\nEND:VEVENT"))
}

fn utc(text: &str) -> WallTime {
    WallTime::from_unix_ms(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

/// The days of some years that an all-day event covers, the first `count` of them.
fn covered(feed: &Feed, count: usize) -> String {
    let first = Day::of(date(1997, 1, 1));
    let days = (0..1500).map(|ahead| first.plus(ahead)).filter(|day| feed.all_day(*day).is_some());
    days.take(count).map(|day| day.date().strftime("%y%m%d").to_string()).collect::<Vec<_>>().join(" ")
}

#[test]
fn repetitions_as_the_rfc_gives_them() {
    // RFC 5545 §3.8.5.3, with dates instead of times.
    for (start, rule, days) in [
        ("19970902", "FREQ=DAILY;COUNT=3", "970902 970903 970904"),
        ("19970902", "FREQ=DAILY;INTERVAL=10;COUNT=5", "970902 970912 970922 971002 971012"),
        ("19970902", "FREQ=DAILY;UNTIL=19970904T000000Z", "970902 970903 970904"),
        ("19970902", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;WKST=SU;BYDAY=TU,TH", "970902 970904 970916 970918"),
        ("19970805", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "970805 970810 970819 970824"),
        ("19970805", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "970805 970817 970819 970831"),
        ("19970905", "FREQ=MONTHLY;COUNT=4;BYDAY=1FR", "970905 971003 971107 971205"),
        ("19970922", "FREQ=MONTHLY;COUNT=3;BYDAY=-2MO", "970922 971020 971117"),
        ("19970928", "FREQ=MONTHLY;BYMONTHDAY=-3;COUNT=3", "970928 971029 971128"),
        ("19970930", "FREQ=MONTHLY;COUNT=4;BYMONTHDAY=1,-1", "970930 971001 971031 971101"),
        ("19970610", "FREQ=YEARLY;COUNT=4;BYMONTH=6,7", "970610 970710 980610 980710"),
        ("19970101", "FREQ=YEARLY;INTERVAL=3;COUNT=4;BYYEARDAY=1,100,200", "970101 970410 970719 000101"),
        ("19970519", "FREQ=YEARLY;BYDAY=20MO;COUNT=3", "970519 980518 990517"),
        ("19970313", "FREQ=YEARLY;BYMONTH=3;BYDAY=TH;COUNT=4", "970313 970320 970327 980305"),
        ("19980213", "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=3", "980213 980313 981113"),
        ("19970904", "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "970904 971007 971106"),
        ("19970929", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2;COUNT=4", "970929 971030 971127 971230"),
        ("19970131", "FREQ=MONTHLY;COUNT=3", "970131 970331 970531"),
        ("19970228", "FREQ=YEARLY;COUNT=2", "970228 980228"),
    ] {
        let feed = event(&format!("DTSTART;VALUE=DATE:{start}\nRRULE:{rule}"));
        assert_eq!(covered(&feed, 6), days, "{rule}");
    }
}

#[test]
fn exceptions_overrides_and_additions() {
    let text = "BEGIN:VEVENT\nUID:a\nSUMMARY:Shift\nDTSTART;VALUE=DATE:19970901\nRRULE:FREQ=DAILY;COUNT=5\n\
        EXDATE;VALUE=DATE:19970902\nRDATE;VALUE=DATE:19970910,19970911\nEND:VEVENT\n\
        BEGIN:VEVENT\nUID:a\nSUMMARY:Moved\nRECURRENCE-ID;VALUE=DATE:19970903\nDTSTART;VALUE=DATE:19970920\nEND:VEVENT\n\
        BEGIN:VEVENT\nUID:a\nSTATUS:CANCELLED\nRECURRENCE-ID;VALUE=DATE:19970904\nDTSTART;VALUE=DATE:19970904\nEND:VEVENT";
    let feed = feed(text);
    assert_eq!(covered(&feed, 9), "970901 970905 970910 970911 970920");
    assert_eq!(feed.all_day(Day::of(date(1997, 9, 20))), Some("Moved"));
}

#[test]
fn times_follow_their_zone() {
    let brussels = zone("Europe/Brussels").unwrap();
    let feed = feed(
        "BEGIN:VTIMEZONE\nTZID:Office\nX-LIC-LOCATION:America/New_York\nBEGIN:STANDARD\nDTSTART:20001029T020000\n\
         RRULE:FREQ=YEARLY\nEND:STANDARD\nEND:VTIMEZONE\n\
         BEGIN:VEVENT\nSUMMARY:A\nDTSTART;TZID=Office:20260105T090000\nDTEND;TZID=Office:20260105T100000\n\
         RRULE:FREQ=WEEKLY;UNTIL=20260720T130000Z\nEND:VEVENT\n\
         BEGIN:VEVENT\nSUMMARY:B\nDTSTART;TZID=\"Romance Standard Time\":20260701T230000\nDURATION:P1DT2H\n\
         BEGIN:VALARM\nDURATION:PT5M\nEND:VALARM\nEND:VEVENT\n\
         BEGIN:VEVENT\nSUMMARY:C\nDTSTART:20260801T120000\nDTEND:20260801T130000\nEND:VEVENT",
    );
    assert_eq!(feed.skipped().0, 0);
    for (at, name) in [
        ("2026-01-05T13:59:59Z", None),
        ("2026-01-05T14:00:00Z", Some("A")),
        ("2026-07-06T13:00:00Z", Some("A")),
        ("2026-07-20T13:30:00Z", Some("A")),
        ("2026-07-27T13:30:00Z", None),
        ("2026-07-01T21:00:00Z", Some("B")),
        ("2026-07-02T22:59:59Z", Some("B")),
        ("2026-07-02T23:00:00Z", None),
        ("2026-08-01T10:30:00Z", Some("C")),
        ("2026-08-01T12:30:00Z", None),
    ] {
        assert_eq!(feed.at(utc(at), &brussels), name, "{at}");
    }
    assert_eq!(feed.on(date(2026, 7, 2), &brussels), ["B"]);
    assert_eq!(feed.on(date(2026, 7, 6), &brussels), ["A"]);
    assert!(feed.on(date(2026, 7, 7), &brussels).is_empty());
}

#[test]
fn folded_and_escaped_text() {
    let name = "Fête du personnel\\, à Liège\\; 2ᵉ étage\\n suite";
    // Folded at every sixth octet, through the middle of characters.
    let folded: Vec<u8> = format!("SUMMARY;LANGUAGE=fr;X=\"a:b;c\":{name}").bytes().collect();
    let folded = folded.chunks(6).collect::<Vec<_>>().join(&b"\r\n "[..]);
    let mut text =
        b"\xef\xbb\xbfBEGIN:VCALENDAR\r\nX-WR-CALNAME:Ours\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20260101\r\n".to_vec();
    text.extend_from_slice(&folded);
    text.extend_from_slice(b"\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
    let feed = Feed::parse(&text, &Limits::default()).unwrap();
    assert_eq!(feed.name(), Some("Ours"));
    assert_eq!(feed.all_day(Day::of(date(2026, 1, 1))), Some("Fête du personnel, à Liège; 2ᵉ étage suite"));
}

#[test]
fn what_is_not_understood_is_skipped_and_said() {
    let skipped = |lines: &str| event(lines).skipped().1.first().map(|skipped| (skipped.line, skipped.why));
    assert_eq!(skipped("DTEND:20260101T000000"), Some((2, "an event without DTSTART")));
    assert_eq!(skipped("DTSTART:20260230"), Some((2, "a date that is not understood")));
    assert_eq!(skipped("DTSTART:20260101T100000\nRRULE:FREQ=HOURLY"), Some((2, "a repetition more often than daily")));
    assert_eq!(skipped("DTSTART:20260101T100000\nDTEND:20260101T090000"), Some((2, "an end before the beginning")));
    assert_eq!(
        skipped("DTSTART:20260101\nRRULE:FREQ=YEARLY;INTERVAL=9000;COUNT=4000000000"),
        Some((2, "a COUNT too far away"))
    );
    assert_eq!(skipped("DTSTART;VALUE=DATE:20260101\nDTEND;VALUE=DATE:20260101"), None);
    let slow = "DTSTART:20260101\nDURATION:P40D\nRRULE:FREQ=YEARLY;BYDAY=MO;BYSETPOS=5";
    assert_eq!(skipped(slow), Some((2, "a repetition that would make every question slow")));
}

#[test]
fn limits_refuse_the_whole() {
    let parse = |text: &str, limits: &Limits| Feed::parse(text.as_bytes(), limits).map(|feed| feed.len());
    let limits = Limits { octets_max: 200, events_max: 1, ..Limits::default() };
    assert_eq!(parse(&"x".repeat(201), &limits), Err(FeedError::TooLarge { octets: 201, max: 200 }));
    assert_eq!(parse("<html>", &limits), Err(FeedError::NotCalendar));
    assert_eq!(parse("", &limits), Err(FeedError::NotCalendar));
    assert_eq!(parse("BEGIN:VCALENDAR\nBEGIN:VEVENT\n", &limits), Err(FeedError::Unfinished));
    let two = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VEVENT\nBEGIN:VEVENT\nEND:VEVENT\nEND:VCALENDAR";
    assert_eq!(parse(two, &limits), Err(FeedError::TooMany { what: "events", max: 1 }));
    let repeating = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260101\nRRULE:FREQ=DAILY\nEND:VEVENT\nEND:VCALENDAR";
    let limits = Limits { repeating_max: 0, ..Limits::default() };
    assert_eq!(parse(repeating, &limits), Err(FeedError::TooMany { what: "repeating events", max: 0 }));
}

/// A calendar with something of everything, to be broken.
const RICH: &str = "BEGIN:VCALENDAR\r\nX-WR-CALNAME:Rich\r\nBEGIN:VTIMEZONE\r\nTZID:Z\r\nX-LIC-LOCATION:Europe/Paris\r\n\
    END:VTIMEZONE\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:One\\, two\r\n  three\r\nDTSTART;TZID=Z:20260105T233000\r\n\
    DURATION:P1DT2H\r\nRRULE:FREQ=MONTHLY;BYDAY=-1MO,2TU;BYSETPOS=1,-1;COUNT=9;WKST=SU\r\nEXDATE;TZID=Z:20260112T233000\r\n\
    RDATE:20260301T100000Z,20260302T100000Z/PT1H\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:2\r\nSUMMARY:Two\r\n\
    DTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20270102\r\nRRULE:FREQ=YEARLY;UNTIL=20301231;INTERVAL=1\r\nEND:VEVENT\r\n\
    BEGIN:VEVENT\r\nUID:1\r\nRECURRENCE-ID;TZID=Z:20260209T233000\r\nDTSTART:20260210T000000Z\r\nDTEND:20260210T010000Z\r\n\
    END:VEVENT\r\nEND:VCALENDAR\r\n";

/// Asks everything; nothing may panic, and what covers a day's moment is told for the day.
fn ask(octets: &[u8]) {
    let limits = Limits { count_days_max: 20_000, ..Limits::default() };
    let Ok(feed) = Feed::parse(octets, &limits) else { return };
    let paris = zone("Europe/Paris").unwrap();
    for number in [i32::MIN / 2, -700_000, 0, 20_458, 20_500, 20_811, 2_932_896, i32::MAX / 2] {
        let day = Day::at(number).date();
        let noon = WallTime::from_unix_ms(i64::from(number) * 86_400_000 + 43_200_000);
        let on = feed.on(day, &paris);
        if let Some(name) = feed.at(noon, &paris).filter(|_| (-700_000..2_000_000).contains(&number)) {
            assert!(on.contains(&name));
        }
    }
}

proptest! {
    #[test]
    fn any_octets_are_read_or_refused(octets in prop::collection::vec(any::<u8>(), 0..300)) {
        ask(&octets);
        ask(&[b"BEGIN:VCALENDAR\n", &octets[..], b"\nEND:VCALENDAR"].concat());
    }

    #[test]
    fn a_calendar_with_octets_changed_is_read_or_refused(
        changes in prop::collection::vec((0..RICH.len(), prop::sample::select(&b"0123456789-+;:=,TZPDWM\n \"\xff"[..])), 1..8),
        cut in 0..RICH.len(),
        remove in 0_usize..40,
    ) {
        let mut octets = RICH.as_bytes().to_vec();
        for (at, octet) in changes {
            octets[at] = octet;
        }
        ask(&octets);
        octets.drain(cut..(cut + remove).min(RICH.len()));
        octets.extend_from_slice(b"\nEND:VCALENDAR");
        ask(&octets);
    }
}
