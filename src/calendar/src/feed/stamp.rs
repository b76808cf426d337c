//! Dates, times, durations and zones of iCalendar values.

use jiff::tz::TimeZone;

use crate::clock::{self, DAY_S, Shown};
use crate::day::{self, Day};
use crate::words::digits;

/// DATE or DATE-TIME with the clock that it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub day: Day,
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A whole day.
    Date,
    /// By the clock of whoever asks; seconds since midnight.
    Floating(i32),
    /// By the clock of that zone of the feed; seconds since midnight.
    Zoned(i32, usize),
}

impl Stamp {
    /// "20261224", "20261224T090000" or "20261224T090000Z"; `zone` is that of the parameter TZID, `utc` that of `Z`.
    pub fn parse(text: &str, zone: Option<usize>, utc: usize) -> Option<Stamp> {
        let text = text.trim();
        let (date, time) = match text.split_once(['T', 't']) {
            Some((date, time)) => (date, Some(time)),
            None => (text, None),
        };
        let year = digits(date.get(..4)?, 4, 4)? as i16;
        let (month, day) = (digits(date.get(4..6)?, 2, 2)? as u8, digits(date.get(6..)?, 2, 2)? as u8);
        if !(1..=12).contains(&month) || day == 0 || day > day::days_in(year, month) {
            return None;
        }
        let day = Day::at(day::number(year, month, day));
        let Some(time) = time else { return Some(Stamp { day, kind: Kind::Date }) };
        let (time, is_utc) = match time.strip_suffix(['Z', 'z']) {
            Some(time) => (time, true),
            None => (time, false),
        };
        let pair = |at: usize| digits(time.get(at..at + 2)?, 2, 2).map(i32::from);
        // A leap second is the last of its minute here.
        let (hour, minute, second) = (pair(0)?, pair(2)?, pair(4)?.min(59));
        if time.len() != 6 || hour > 23 || minute > 59 {
            return None;
        }
        let seconds = hour * 3600 + minute * 60 + second;
        let zone = if is_utc { Some(utc) } else { zone };
        Some(Stamp { day, kind: zone.map_or(Kind::Floating(seconds), |zone| Kind::Zoned(seconds, zone)) })
    }

    /// What its own clock shows, in seconds since 1970.
    pub fn shown_s(&self) -> i64 {
        let second = match self.kind {
            Kind::Date => 0,
            Kind::Floating(second) | Kind::Zoned(second, _) => second,
        };
        i64::from(self.day.number) * DAY_S + i64::from(second)
    }

    /// What another clock shows then; floating times and dates stay as they are.
    pub fn shown_in(&self, other: Kind, zones: &[TimeZone]) -> Shown {
        match (self.kind, other) {
            (Kind::Zoned(_, own), Kind::Zoned(_, other)) if own != other => match (zones.get(own), zones.get(other)) {
                (Some(own), Some(other)) => Shown::at(clock::moment(self.shown_s(), own), other),
                _ => Shown::of_seconds(self.shown_s()),
            },
            _ => Shown::of_seconds(self.shown_s()),
        }
    }
}

/// Seconds of "P1D", "PT8H30M", "P2W" (RFC 5545 §3.3.6), and whether it is of whole days only. Not below zero.
pub(crate) fn duration_s(text: &str) -> Option<i64> {
    let text = text.trim();
    let rest = text.strip_prefix('+').unwrap_or(text).strip_prefix('P')?;
    let (mut total, mut number, mut in_time) = (0_i64, None::<i64>, false);
    for letter in rest.chars() {
        let unit = match letter {
            '0'..='9' => {
                let digit = i64::from(letter as u8 - b'0');
                number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(digit)?);
                continue;
            }
            'T' if !in_time && number.is_none() => {
                in_time = true;
                continue;
            }
            'W' if !in_time => 7 * DAY_S,
            'D' if !in_time => DAY_S,
            'H' if in_time => 3600,
            'M' if in_time => 60,
            'S' if in_time => 1,
            _ => return None,
        };
        total = total.checked_add(number.take()?.checked_mul(unit)?)?;
    }
    (number.is_none() && rest.len() > 1).then_some(total)
}

/// The zone of a TZID: an IANA name, one behind slashes ("/example.org/Europe/Paris"), or the name that Windows has.
pub(crate) fn zone_of(id: &str) -> Option<TimeZone> {
    let id = id.trim();
    if let Some((_, iana)) = WINDOWS.iter().find(|(windows, _)| windows.eq_ignore_ascii_case(id)) {
        return clock::zone(iana);
    }
    let behind = id.match_indices('/').map(|(at, _)| &id[at + 1..]);
    core::iter::once(id).chain(behind).take(SLASHES_MAX).find_map(clock::zone)
}

const SLASHES_MAX: usize = 8;

/// Names that Outlook and Exchange write, with the zone of the territory 001 in CLDR's windowsZones.
const WINDOWS: &[(&str, &str)] = &[
    ("W. Europe Standard Time", "Europe/Berlin"),
    ("Romance Standard Time", "Europe/Paris"),
    ("Central Europe Standard Time", "Europe/Budapest"),
    ("Central European Standard Time", "Europe/Warsaw"),
    ("GMT Standard Time", "Europe/London"),
    ("Greenwich Standard Time", "Atlantic/Reykjavik"),
    ("E. Europe Standard Time", "Europe/Chisinau"),
    ("FLE Standard Time", "Europe/Kiev"),
    ("GTB Standard Time", "Europe/Bucharest"),
    ("Kaliningrad Standard Time", "Europe/Kaliningrad"),
    ("Russian Standard Time", "Europe/Moscow"),
    ("Russia Time Zone 3", "Europe/Samara"),
    ("Ekaterinburg Standard Time", "Asia/Yekaterinburg"),
    ("N. Central Asia Standard Time", "Asia/Novosibirsk"),
    ("North Asia Standard Time", "Asia/Krasnoyarsk"),
    ("North Asia East Standard Time", "Asia/Irkutsk"),
    ("Yakutsk Standard Time", "Asia/Yakutsk"),
    ("Vladivostok Standard Time", "Asia/Vladivostok"),
    ("Turkey Standard Time", "Europe/Istanbul"),
    ("Israel Standard Time", "Asia/Jerusalem"),
    ("Arabian Standard Time", "Asia/Dubai"),
    ("India Standard Time", "Asia/Calcutta"),
    ("China Standard Time", "Asia/Shanghai"),
    ("Singapore Standard Time", "Asia/Singapore"),
    ("Tokyo Standard Time", "Asia/Tokyo"),
    ("AUS Eastern Standard Time", "Australia/Sydney"),
    ("New Zealand Standard Time", "Pacific/Auckland"),
    ("Eastern Standard Time", "America/New_York"),
    ("Central Standard Time", "America/Chicago"),
    ("Mountain Standard Time", "America/Denver"),
    ("US Mountain Standard Time", "America/Phoenix"),
    ("Pacific Standard Time", "America/Los_Angeles"),
    ("Alaskan Standard Time", "America/Anchorage"),
    ("Hawaiian Standard Time", "Pacific/Honolulu"),
    ("Atlantic Standard Time", "America/Halifax"),
    ("E. South America Standard Time", "America/Sao_Paulo"),
];
