//! What holds at a moment: hours, breaks, closed days, public holidays and feeds joined into one answer with its
//! reason.
//!
//! In this order, the first that speaks decides:
//! 1. Hours with a date ("2026-12-24 09:00-12:00") were written for that very day: they hold even on a holiday.
//! 2. A closed day, a public holiday or an event of a feed closes: closed days and all-day events the hours that
//!    begin on that day, a timed event the moments it covers.
//! 3. The most particular hours that name the day: "jul-aug mon-fri 08:00-12:00" replaces "mon-fri 09:00-17:30" on the
//!    days it names, and hours with a date replace both.
//!
//! Inside open hours a break is a break, whatever else holds. Hours across midnight belong to the day on which they
//! begin, so the night shift of 24 December runs into Christmas morning.

mod fault;
mod through;

use core::fmt;

use base::WallTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

pub use fault::Fault;
pub use through::{LOOK_AHEAD_DAYS, Part};

use crate::clock::Shown;
use crate::country::{Country, holidays};
use crate::dates::DayRule;
use crate::day::Day;
use crate::feed::Feed;
use crate::period::{DAY_MIN, Period, Rank};

/// What a person writes about the hours of a place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hours {
    /// When it is open; at most [`PERIODS_MAX`].
    pub open: Vec<Period>,
    /// When open hours pause; at most [`PERIODS_MAX`].
    pub breaks: Vec<Period>,
    /// Whose public holidays are kept; at most [`PERIODS_MAX`].
    pub countries: Vec<Country>,
    /// Other closed days; at most [`RULES_MAX`].
    pub closed: Vec<DayRule>,
}

/// The most periods, breaks or countries of a schedule; what is beyond is not looked at and is a [`Fault`].
pub const PERIODS_MAX: usize = 64;
/// The most closed days of a schedule; what is beyond is not looked at and is a [`Fault`].
pub const RULES_MAX: usize = 512;

/// The hours of a place, made ready to be asked.
#[derive(Clone, Debug)]
pub struct Schedule {
    zone: TimeZone,
    hours: Hours,
    /// Holidays of the cached years: day number, country and name, in order.
    holidays: Vec<(i32, Country, String)>,
    /// Some hours run into the next day.
    nights: bool,
    /// How many entries of `open`, `breaks`, `countries` and `closed` were beyond their bounds.
    beyond: usize,
}

/// What holds at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Within open hours.
    Open,
    /// Within open hours, but pausing.
    Break,
    /// Outside open hours.
    Closed,
    /// Outside open hours because of a closed day, a public holiday or an event of a feed, by that name.
    Holiday(String),
}

/// Why a [`State`] holds; prints as one clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// Open by these hours.
    Hours(Period),
    /// This break within open hours.
    Break(Period),
    /// A closed day of the schedule itself.
    Rule(DayRule),
    /// A public holiday.
    PublicHoliday {
        /// Whose.
        country: Country,
        /// Its name.
        name: String,
    },
    /// An event of a feed, by its summary.
    Event(String),
    /// The day has hours, but not now.
    OutsideHours,
    /// The day has no hours.
    NoHours,
}

/// What holds at a moment, why, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// What holds.
    pub state: State,
    /// Why.
    pub why: Why,
    /// The first moment at which something else holds, if there is one within [`LOOK_AHEAD_DAYS`].
    pub until: Option<WallTime>,
}

impl Schedule {
    /// Computes the holidays of the years 2020 to 2060 at once; other years are computed when asked for.
    pub fn new(zone: TimeZone, mut hours: Hours) -> Schedule {
        let Hours { open, breaks, countries, closed } = &mut hours;
        let mut beyond = closed.len().saturating_sub(RULES_MAX) + countries.len().saturating_sub(PERIODS_MAX);
        closed.truncate(RULES_MAX);
        countries.truncate(PERIODS_MAX);
        for periods in [open, breaks] {
            beyond += periods.len().saturating_sub(PERIODS_MAX);
            periods.truncate(PERIODS_MAX);
        }
        let mut cached = Vec::new();
        for country in &hours.countries {
            let days = CACHED_YEARS.flat_map(|year| holidays(*country, year));
            cached.extend(days.map(|holiday| (Day::of(holiday.date).number, *country, holiday.name)));
        }
        cached.sort_by_key(|(day, ..)| *day);
        let nights = hours.open.iter().any(Period::crosses_midnight);
        Schedule { zone, hours, holidays: cached, nights, beyond }
    }

    /// Whose clock it follows.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// What it was made of, within the bounds.
    pub fn hours(&self) -> &Hours {
        &self.hours
    }

    /// What holds at that moment. Cheaper than [`Schedule::at`], which searches for the next change.
    pub fn state(&self, at: WallTime, feeds: &[&Feed]) -> State {
        self.why(at, feeds).state()
    }

    /// What holds at that moment, as its reason.
    pub fn why(&self, at: WallTime, feeds: &[&Feed]) -> Why {
        let shown = Shown::at(at, &self.zone);
        let (today, minute) = (shown.day, shown.minute());
        let yesterday = today.plus(-1);
        if let Some(dated) = self.running(today, minute, yesterday, |period, _| period.rank() == Rank::Dated) {
            return self.open_or_break(dated, today, minute, yesterday);
        }
        let closed = self.closing(today, feeds);
        let event = feeds.iter().find_map(|feed| feed.timed(at, shown));
        if let Some(name) = event {
            return closed.unwrap_or_else(|| Why::Event(name.to_owned()));
        }
        let yesterday_closed = self.nights && self.closing(yesterday, feeds).is_some();
        let undated = self.running(today, minute, yesterday, |period, day| {
            let day_closed = if day == today { closed.is_some() } else { yesterday_closed };
            !day_closed && period.rank() == self.rank(day)
        });
        match (undated, closed) {
            (Some(period), _) => self.open_or_break(period, today, minute, yesterday),
            (None, Some(closed)) => closed,
            (None, None) if self.hours.open.iter().any(|period| period.names(today)) => Why::OutsideHours,
            (None, None) => Why::NoHours,
        }
    }

    /// The hours that run at that minute, begun today or yesterday on a day that `counts`.
    fn running(
        &self,
        today: Day,
        minute: u16,
        yesterday: Day,
        counts: impl Fn(&Period, Day) -> bool,
    ) -> Option<Period> {
        let runs = |period: &&Period, day, minute| period.covers(minute) && period.names(day) && counts(period, day);
        let begun_today = self.hours.open.iter().find(|period| runs(period, today, minute));
        let begun = begun_today.or_else(|| match self.nights {
            true => self.hours.open.iter().find(|period| runs(period, yesterday, minute + DAY_MIN)),
            false => None,
        });
        begun.copied()
    }

    fn open_or_break(&self, open: Period, today: Day, minute: u16, yesterday: Day) -> Why {
        let pauses = |pause: &&Period| {
            pause.covers(minute) && pause.names(today) || pause.covers(minute + DAY_MIN) && pause.names(yesterday)
        };
        self.hours.breaks.iter().find(pauses).map_or(Why::Hours(open), |pause| Why::Break(*pause))
    }

    /// How particular the hours of a day are.
    fn rank(&self, day: Day) -> Rank {
        let ranks = self.hours.open.iter().filter(|period| period.names(day)).map(Period::rank);
        ranks.max().unwrap_or(Rank::Weekly)
    }

    /// What closes a whole day.
    fn closing(&self, day: Day, feeds: &[&Feed]) -> Option<Why> {
        if let Some(rule) = self.hours.closed.iter().find(|rule| rule.holds(day)) {
            return Some(Why::Rule(rule.clone()));
        }
        if let Some((country, name)) = self.holiday(day) {
            return Some(Why::PublicHoliday { country, name });
        }
        feeds.iter().find_map(|feed| feed.all_day(day)).map(|name| Why::Event(name.to_owned()))
    }

    fn holiday(&self, day: Day) -> Option<(Country, String)> {
        if CACHED_YEARS.contains(&day.year) {
            let first = self.holidays.partition_point(|(number, ..)| *number < day.number);
            let (number, country, name) = self.holidays.get(first)?;
            return (*number == day.number).then(|| (*country, name.clone()));
        }
        self.hours.countries.iter().find_map(|country| {
            let found = holidays(*country, day.year).into_iter().find(|holiday| holiday.date == day.date());
            found.map(|holiday| (*country, holiday.name))
        })
    }
}

impl Why {
    /// The state that it is the reason for.
    pub fn state(&self) -> State {
        match self {
            Why::Hours(_) => State::Open,
            Why::Break(_) => State::Break,
            Why::Rule(rule) => State::Holiday(rule.name.clone()),
            Why::PublicHoliday { name, .. } | Why::Event(name) => State::Holiday(name.clone()),
            Why::OutsideHours | Why::NoHours => State::Closed,
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::Hours(period) => write!(out, "open hours {period}"),
            Why::Break(period) => write!(out, "break {period}"),
            Why::Rule(rule) => write!(out, "closed day {rule}"),
            Why::PublicHoliday { country, name } => write!(out, "public holiday {name} ({country})"),
            Why::Event(name) => write!(out, "calendar event {name}"),
            Why::OutsideHours => out.write_str("outside the day's hours"),
            Why::NoHours => out.write_str("no hours on this day"),
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            State::Open => out.write_str("open"),
            State::Break => out.write_str("break"),
            State::Closed => out.write_str("closed"),
            State::Holiday(name) if name.is_empty() => out.write_str("holiday"),
            State::Holiday(name) => write!(out, "holiday: {name}"),
        }
    }
}

/// The years whose holidays are computed at construction: some hundred entries a country.
const CACHED_YEARS: core::ops::RangeInclusive<i16> = 2020..=2060;

#[cfg(test)]
mod tests;
