//! Opening hours as text: "mon-fri 09:00-17:30".

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::dates::Span;
use crate::day::Day;
use crate::words::{self, ALL_YEAR, DAILY, MONTHS, WEEKDAYS};

/// Hours on certain days: "mon-fri 09:00-17:30", "daily 22:00-06:00", "jul-aug mon-fri 08:00-12:00",
/// "2026-12-24 09:00-12:00", "12-24..12-31 mon-fri 10:00-16:00".
///
/// Hours that run across midnight belong to the day on which they begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Period {
    span: Option<Span>,
    /// A bit a month, January lowest.
    months: u16,
    /// A bit a weekday, Monday lowest.
    weekdays: u16,
    /// Minutes since midnight: 0 to 1439.
    from: u16,
    /// Minutes since midnight of the first day, later than `from`; beyond 1440 it is the next day.
    to: u16,
}

/// How particular a period is about its days; on a day only the most particular periods that name it are its hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// Weekdays alone.
    Weekly,
    /// Within months.
    Monthly,
    /// Within dates.
    Dated,
}

impl Period {
    pub(crate) fn rank(&self) -> Rank {
        match self {
            Period { span: Some(_), .. } => Rank::Dated,
            Period { months: ALL_YEAR, .. } => Rank::Weekly,
            _ => Rank::Monthly,
        }
    }

    pub(crate) fn span(&self) -> Option<Span> {
        self.span
    }

    /// Whether the period begins on that day.
    pub(crate) fn names(&self, day: Day) -> bool {
        self.months & (1 << (day.month - 1)) != 0
            && self.weekdays & (1 << day.weekday()) != 0
            && self.span.is_none_or(|span| span.holds(day))
    }

    /// Whether the period, begun on a day it names, covers that minute since the day's midnight (0 to 2879).
    pub(crate) fn covers(&self, minute: u16) -> bool {
        (self.from..self.to).contains(&minute)
    }

    /// First minute, and the first no longer within; minutes since the midnight before.
    pub(crate) fn minutes(&self) -> (u16, u16) {
        (self.from, self.to)
    }

    pub(crate) fn crosses_midnight(&self) -> bool {
        self.to > DAY_MIN
    }
}

/// What is wrong with the text of a period.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{word}`: expected {expected}")]
pub struct PeriodError {
    /// The word that is wrong; empty where one is missing.
    pub word: String,
    /// What should stand there.
    pub expected: &'static str,
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Period, PeriodError> {
        let wrong = |word: &str, expected| PeriodError { word: word.chars().take(40).collect(), expected };
        let text = words::tidy(text);
        let (days, hours) = text.rsplit_once(' ').unwrap_or(("", &text));
        if !hours.contains(':') {
            return Err(wrong(hours, "hours at the end, such as 09:00-17:30"));
        }
        let (from, to) = parse_hours(hours).map_err(|expected| wrong(hours, expected))?;
        let mut words = days.split(' ').filter(|word| !word.is_empty()).peekable();
        let mut period = Period { span: None, months: ALL_YEAR, weekdays: DAILY, from, to };
        if let Some(word) = words.next_if(|word| Span::begins(word)) {
            period.span = Some(Span::parse(word).map_err(|expected| wrong(word, expected))?);
        } else if let Some(months) = words.peek().and_then(|word| words::set(word, &MONTHS)) {
            words.next();
            period.months = months;
        } else if words.peek().is_none() {
            return Err(wrong(hours, "days before the hours, such as mon-fri, or daily"));
        }
        if let Some(word) = words.next() {
            const DAYS: &str = "weekdays such as mon-fri or sat,sun, or daily";
            let weekdays = if word == "daily" { Some(DAILY) } else { words::set(word, &WEEKDAYS) };
            period.weekdays = weekdays.ok_or_else(|| wrong(word, DAYS))?;
        }
        match words.next() {
            Some(word) => Err(wrong(word, "nothing between the weekdays and the hours")),
            None => Ok(period),
        }
    }
}

fn parse_hours(text: &str) -> Result<(u16, u16), &'static str> {
    const HOURS: &str = "hours such as 09:00-17:30, from 00:00 to 24:00";
    let (from, to) = text.split_once('-').ok_or(HOURS)?;
    let (from, to) = (words::minutes(from).ok_or(HOURS)?, words::minutes(to).ok_or(HOURS)?);
    if from == DAY_MIN {
        return Err("a beginning before 24:00");
    }
    match from == to {
        true => Err("an end other than the beginning; the whole day is 00:00-24:00"),
        false if to < from => Ok((from, to + DAY_MIN)),
        false => Ok((from, to)),
    }
}

impl fmt::Display for Period {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut days_named = false;
        if let Some(span) = self.span {
            write!(out, "{span} ")?;
            days_named = true;
        } else if self.months != ALL_YEAR {
            words::write_set(out, self.months, &MONTHS)?;
            out.write_str(" ")?;
            days_named = true;
        }
        if self.weekdays != DAILY {
            words::write_set(out, self.weekdays, &WEEKDAYS)?;
            out.write_str(" ")?;
        } else if !days_named {
            out.write_str("daily ")?;
        }
        let to = if self.crosses_midnight() { self.to - DAY_MIN } else { self.to };
        write!(out, "{:02}:{:02}-{:02}:{:02}", self.from / 60, self.from % 60, to / 60, to % 60)
    }
}

impl TryFrom<String> for Period {
    type Error = PeriodError;
    fn try_from(text: String) -> Result<Period, PeriodError> {
        text.parse()
    }
}

impl From<Period> for String {
    fn from(period: Period) -> String {
        period.to_string()
    }
}

/// Minutes of a day of 24 hours.
pub(crate) const DAY_MIN: u16 = 1440;

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn period(text: &str) -> Period {
        text.parse().unwrap()
    }

    #[test]
    fn canonical_text_stays_and_other_text_becomes_canonical() {
        for text in [
            "mon-fri 09:00-17:30",
            "sat,sun 10:00-12:00",
            "daily 22:00-06:00",
            "mon-fri 09:00-24:00",
            "2026-12-24 09:00-12:00",
            "jul-sep mon-fri 08:00-12:00",
            "jul-aug 08:00-12:00",
            "2026-12-24..2026-12-31 mon-wed 10:00-12:00",
            "12-24..01-02 10:00-12:00",
        ] {
            assert_eq!(period(text).to_string(), text);
        }
        assert_eq!(period("July,august mon-fri 08:00-12:00").to_string(), "jul-aug mon-fri 08:00-12:00");
        assert_eq!(period(" Monday–Friday  9:00–17:30 ").to_string(), "mon-fri 09:00-17:30");
        assert_eq!(period("jan-dec mon 00:00-24:00").to_string(), "mon 00:00-24:00");
        assert_eq!(period("daily 22:00-00:00").to_string(), "daily 22:00-24:00");
    }

    #[test]
    fn night_hours_belong_to_the_day_they_begin_on() {
        let night = period("fri 22:00-06:00");
        assert!(night.names(Day::of(date(2026, 11, 20))) && !night.names(Day::of(date(2026, 11, 21))));
        assert!(night.covers(22 * 60) && night.covers(29 * 60 + 59) && !night.covers(30 * 60));
    }

    #[test]
    fn errors_name_the_word_and_what_is_expected() {
        let says = |text: &str| text.parse::<Period>().unwrap_err().to_string();
        assert_eq!(says("mno-fri 09:00-17:00"), "`mno-fri`: expected weekdays such as mon-fri or sat,sun, or daily");
        assert_eq!(
            says("mon-fri 09:00-25:00"),
            "`09:00-25:00`: expected hours such as 09:00-17:30, from 00:00 to 24:00"
        );
        assert_eq!(says("mon-fri"), "`mon-fri`: expected hours at the end, such as 09:00-17:30");
        assert_eq!(says(""), "``: expected hours at the end, such as 09:00-17:30");
        assert_eq!(says("09:00-12:00"), "`09:00-12:00`: expected days before the hours, such as mon-fri, or daily");
        assert_eq!(
            says("daily 09:00-09:00"),
            "`09:00-09:00`: expected an end other than the beginning; the whole day is 00:00-24:00"
        );
        assert_eq!(says("2026-02-30 09:00-10:00"), "`2026-02-30`: expected a day that the month has");
        assert_eq!(says("mon tue 09:00-10:00"), "`tue`: expected nothing between the weekdays and the hours");
    }

    proptest! {
        #[test]
        fn printed_periods_parse_back(
            months in 1_u16..=ALL_YEAR, weekdays in 1_u16..=DAILY, from in 0_u16..DAY_MIN, length in 1_u16..DAY_MIN,
            first in -200_000_i32..500_000, days in 0_i32..400, span in 0_u8..3,
        ) {
            let (begin, end) = (Day::at(first), Day::at(first + days));
            let span = match span {
                0 => None,
                1 => Some(Span::Once { from: begin.date(), to: end.date() }),
                _ => Some(Span::Yearly { from: begin.of_year(), to: end.of_year() }),
            };
            let months = if span.is_some() { ALL_YEAR } else { months };
            let period = Period { span, months, weekdays, from, to: from + length };
            prop_assert_eq!(period.to_string().parse::<Period>(), Ok(period));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,40}") {
            let _ = text.parse::<Period>();
        }
    }
}
