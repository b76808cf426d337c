//! Dates as people write them for a closed day: once, or each year, one day or a range.

use core::fmt;
use core::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::day::{self, Day};
use crate::words;

/// One day or a range of days, inclusive at both ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// "2026-12-24" or "2026-07-20..2026-07-31", at most [`SPAN_DAYS_MAX`] days.
    Once {
        /// The first day.
        from: Date,
        /// The last day, not before the first.
        to: Date,
    },
    /// "12-24" or "12-24..01-02": each year; a range may run over the end of the year.
    Yearly {
        /// Month and day of the first day.
        from: (u8, u8),
        /// Month and day of the last day.
        to: (u8, u8),
    },
}

/// The longest range of dates, in days: longer ones are rules for the weekday or the month.
pub const SPAN_DAYS_MAX: i32 = 400;
/// The longest name of a closed day, in characters.
pub const NAME_MAX: usize = 120;

impl Span {
    pub(crate) fn holds(&self, day: Day) -> bool {
        match *self {
            Span::Once { from, to } => (Day::of(from).number..=Day::of(to).number).contains(&day.number),
            Span::Yearly { from, to } if from <= to => (from..=to).contains(&day.of_year()),
            Span::Yearly { from, to } => day.of_year() >= from || day.of_year() <= to,
        }
    }

    /// Whether `word` looks like a date at all, right or wrong.
    pub(crate) fn begins(word: &str) -> bool {
        word.starts_with(|first: char| first.is_ascii_digit()) && !word.contains(':')
    }

    /// `Err` says what was expected.
    pub(crate) fn parse(word: &str) -> Result<Span, &'static str> {
        let (from, to) = word.split_once("..").unwrap_or((word, word));
        match (Half::parse(from)?, Half::parse(to)?) {
            (Half::Date(from), Half::Date(to)) if to < from => Err("a last day that is not before the first"),
            (Half::Date(from), Half::Date(to)) if Day::of(to).number - Day::of(from).number >= SPAN_DAYS_MAX => {
                Err("a range of at most 400 days")
            }
            (Half::Date(from), Half::Date(to)) => Ok(Span::Once { from, to }),
            (Half::Yearly(from), Half::Yearly(to)) => Ok(Span::Yearly { from, to }),
            _ => Err("a year at both ends of the range or at neither"),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Span::Once { from, to } if from == to => write!(out, "{from}"),
            Span::Once { from, to } => write!(out, "{from}..{to}"),
            Span::Yearly { from, to } if from == to => write!(out, "{:02}-{:02}", from.0, from.1),
            Span::Yearly { from, to } => write!(out, "{:02}-{:02}..{:02}-{:02}", from.0, from.1, to.0, to.1),
        }
    }
}

/// One end of a range.
enum Half {
    Date(Date),
    Yearly((u8, u8)),
}

impl Half {
    fn parse(text: &str) -> Result<Half, &'static str> {
        const DATE: &str = "a date such as 2026-12-24, or 12-24 for each year";
        let parts: Vec<&str> = text.split('-').collect();
        let (year, month, day) = match parts[..] {
            [year, month, day] => (Some(words::digits(year, 4, 4).ok_or(DATE)?), month, day),
            [month, day] => (None, month, day),
            _ => return Err(DATE),
        };
        let month = words::digits(month, 1, 2).ok_or(DATE)? as u8;
        let day = words::digits(day, 1, 2).ok_or(DATE)? as u8;
        if !(1..=12).contains(&month) {
            return Err("a month from 01 to 12");
        }
        // 29 February counts as a day of each year; it holds in leap years only.
        let year_or_leap = year.map_or(2000, |year| year as i16);
        if !(1..=day::days_in(year_or_leap, month)).contains(&day) {
            return Err("a day that the month has");
        }
        match year {
            Some(0) => Err("a year from 0001"),
            Some(year) => Date::new(year as i16, month as i8, day as i8).map(Half::Date).map_err(|_| DATE),
            None => Ok(Half::Yearly((month, day))),
        }
    }
}

/// A closed day or range of days with its name: "12-24..12-31 Year end".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DayRule {
    /// When.
    pub span: Span,
    /// Why, as callers' and operators' pages show it; may be empty.
    pub name: String,
}

impl DayRule {
    pub(crate) fn holds(&self, day: Day) -> bool {
        self.span.holds(day)
    }
}

/// What is wrong with the text of a closed day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{word}`: expected {expected}")]
pub struct DayRuleError {
    /// The word that is wrong.
    pub word: String,
    /// What should stand there.
    pub expected: &'static str,
}

impl FromStr for DayRule {
    type Err = DayRuleError;

    fn from_str(text: &str) -> Result<DayRule, DayRuleError> {
        let text = text.trim();
        let (dates, name) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let wrong = |word: &str, expected| DayRuleError { word: word.chars().take(40).collect(), expected };
        let span = Span::parse(&words::tidy(dates)).map_err(|expected| wrong(dates, expected))?;
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        if name.chars().count() > NAME_MAX {
            return Err(wrong(&name, "a name of at most 120 characters"));
        }
        if let Some(control) = name.split(' ').find(|word| word.contains(char::is_control)) {
            return Err(wrong(control, "a name without control characters"));
        }
        Ok(DayRule { span, name })
    }
}

impl fmt::Display for DayRule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name.as_str() {
            "" => write!(out, "{}", self.span),
            name => write!(out, "{} {name}", self.span),
        }
    }
}

impl TryFrom<String> for DayRule {
    type Error = DayRuleError;
    fn try_from(text: String) -> Result<DayRule, DayRuleError> {
        text.parse()
    }
}

impl From<DayRule> for String {
    fn from(rule: DayRule) -> String {
        rule.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn rule(text: &str) -> DayRule {
        text.parse().unwrap()
    }

    #[test]
    fn the_three_shapes_hold_on_their_days() {
        let eve = rule("2026-12-24 Christmas Eve");
        assert!(eve.holds(Day::of(date(2026, 12, 24))) && !eve.holds(Day::of(date(2027, 12, 24))));
        let end = rule("12-24..01-02 Year end");
        for (day, held) in [((12, 23), false), ((12, 24), true), ((1, 2), true), ((1, 3), false), ((7, 1), false)] {
            assert_eq!(end.holds(Day::of(date(2030, day.0, day.1))), held, "{day:?}");
        }
        let summer = rule("2026-07-20..2026-07-31 Holiday");
        assert!(summer.holds(Day::of(date(2026, 7, 31))) && !summer.holds(Day::of(date(2026, 8, 1))));
        assert_eq!(rule(" 7-4   Independence\tDay ").to_string(), "07-04 Independence Day");
    }

    #[test]
    fn errors_name_the_word_and_what_is_expected() {
        let says = |text: &str| text.parse::<DayRule>().unwrap_err().to_string();
        assert_eq!(says("Christmas"), "`Christmas`: expected a date such as 2026-12-24, or 12-24 for each year");
        assert_eq!(says("2026-13-01 X"), "`2026-13-01`: expected a month from 01 to 12");
        assert_eq!(says("2026-02-29 X"), "`2026-02-29`: expected a day that the month has");
        assert_eq!(
            says("2026-12-24..12-26 X"),
            "`2026-12-24..12-26`: expected a year at both ends of the range or at neither"
        );
        assert_eq!(
            says("2026-12-24..2026-12-23"),
            "`2026-12-24..2026-12-23`: expected a last day that is not before the first"
        );
        assert!("02-29 Leap day".parse::<DayRule>().is_ok());
        assert_eq!(says("1-1 a\u{7}b"), "`a\u{7}b`: expected a name without control characters");
    }

    proptest! {
        #[test]
        fn printed_rules_parse_back(
            first in -200_000_i32..500_000, length in 0..SPAN_DAYS_MAX, yearly: bool, name in "[a-zA-Zéü0-9][a-z0-9 .]{0,20}",
        ) {
            let (from, to) = (Day::at(first), Day::at(first + length));
            let span = match yearly {
                true => Span::Yearly { from: from.of_year(), to: to.of_year() },
                false => Span::Once { from: from.date(), to: to.date() },
            };
            let rule: DayRule = format!("{span} {name}").parse().unwrap();
            prop_assert_eq!(rule.span, span);
            prop_assert_eq!(rule.to_string().parse::<DayRule>().unwrap(), rule);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,40}") {
            if let Ok(rule) = text.parse::<DayRule>() {
                prop_assert_eq!(rule.to_string().parse::<DayRule>().unwrap(), rule);
            }
        }
    }
}
