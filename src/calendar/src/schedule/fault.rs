//! What a schedule says that cannot be meant.

use core::fmt;

use super::{PERIODS_MAX, RULES_MAX, Schedule};
use crate::dates::Span;
use crate::day::{Day, number};
use crate::period::Period;

/// Something in a schedule to look at before it is applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// There are no open hours at all.
    NeverOpen,
    /// These hours or this break name no day that exists, as "2026-12-24 mon" does: it is a Thursday.
    NoSuchDay(Period),
    /// More particular hours replace these on every day that they name.
    Replaced(Period),
    /// The break lies outside all open hours.
    BreakOutside(Period),
    /// Two periods of the same list and rank cover the same minute.
    Overlap(Period, Period),
    /// Neither a country, nor a feed, nor a closed day: the place is open at Christmas.
    HolidaysUncovered,
    /// Entries beyond the bounds, which are not looked at.
    TooMany(usize),
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::NeverOpen => out.write_str("no open hours: always closed"),
            Fault::NoSuchDay(period) => write!(out, "`{period}` names no day that exists"),
            Fault::Replaced(period) => write!(out, "`{period}` never holds: hours with months or dates replace it"),
            Fault::BreakOutside(pause) => write!(out, "break `{pause}` lies outside the open hours"),
            Fault::Overlap(one, other) => write!(out, "`{one}` and `{other}` overlap"),
            Fault::HolidaysUncovered => out.write_str("no public holidays: name a country, a feed or closed days"),
            Fault::TooMany(beyond) => {
                write!(out, "{beyond} too many: at most {PERIODS_MAX} periods and {RULES_MAX} closed days count")
            }
        }
    }
}

impl Schedule {
    /// Everything that cannot be meant. `feeds` is how many calendar feeds the schedule is used with.
    pub fn faults(&self, feeds: usize) -> Vec<Fault> {
        let (open, breaks) = (&self.hours.open, &self.hours.breaks);
        let mut faults = Vec::new();
        if self.beyond > 0 {
            faults.push(Fault::TooMany(self.beyond));
        }
        if open.is_empty() {
            faults.push(Fault::NeverOpen);
        }
        if self.hours.countries.is_empty() && self.hours.closed.is_empty() && feeds == 0 && !open.is_empty() {
            faults.push(Fault::HolidaysUncovered);
        }
        for period in open.iter().chain(breaks) {
            if days(period).next().is_none() {
                faults.push(Fault::NoSuchDay(*period));
            }
        }
        let more_particular = |period: &Period| open.iter().any(|other| other.rank() > period.rank());
        for period in open.iter().filter(|period| more_particular(period)) {
            if days(period).next().is_some() && days(period).all(|day| self.rank(day) > period.rank()) {
                faults.push(Fault::Replaced(*period));
            }
        }
        for pause in breaks {
            if days(pause).next().is_some() && !open.iter().any(|period| meet(period, pause)) {
                faults.push(Fault::BreakOutside(*pause));
            }
        }
        for list in [open, breaks] {
            for (at, one) in list.iter().enumerate() {
                let overlapping = list[at + 1..].iter().filter(|other| one.rank() == other.rank() && meet(one, other));
                faults.extend(overlapping.map(|other| Fault::Overlap(*one, *other)));
            }
        }
        faults
    }
}

/// Whether the two ever cover the same minute.
fn meet(one: &Period, other: &Period) -> bool {
    // A night of one can reach into the other's next day, and the other way round.
    [-1, 0, 1].into_iter().any(|shift| {
        let (from, to) = one.minutes();
        let (other_from, other_to) = other.minutes();
        let (other_from, other_to) = (i32::from(other_from) + shift * 1440, i32::from(other_to) + shift * 1440);
        let minutes_meet = i32::from(from) < other_to && other_from < i32::from(to);
        minutes_meet
            && match fewer_days(one, other) {
                true => days(one).any(|day| other.names(day.plus(shift))),
                false => days(other).any(|day| one.names(day.plus(-shift))),
            }
    })
}

/// Whether `one` is the one whose days are counted faster.
fn fewer_days(one: &Period, other: &Period) -> bool {
    let rank = |period: &Period| match period.span() {
        Some(Span::Once { .. }) => 0,
        Some(Span::Yearly { .. }) => 1,
        None => 2,
    };
    rank(one) <= rank(other)
}

/// Days on which a period begins: all of them where it names dates, else enough to meet each weekday of each month.
fn days(period: &Period) -> impl Iterator<Item = Day> {
    let (first, last) = match period.span() {
        Some(Span::Once { from, to }) => (Day::of(from).number, Day::of(to).number),
        // Weekdays return to the same dates after 28 years.
        Some(Span::Yearly { .. }) => (number(2024, 1, 1), number(2051, 12, 31)),
        None => (number(2024, 1, 1), number(2025, 12, 31)),
    };
    (first..=last).map(Day::at).filter(|day| period.names(*day))
}
