//! How the date of a feast follows from the year, and where it moves to from a weekend.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::day::{self, Day, number, weekday};

/// A holiday as the law describes it.
pub(crate) struct Feast {
    name: &'static str,
    when: When,
    /// First and last year in which it is one.
    years: (i16, i16),
}

pub(crate) enum When {
    /// Month and day.
    Fixed(u8, u8),
    /// Days after Easter Sunday.
    Easter(i32),
    /// Days after Easter Sunday of the Orthodox churches.
    Orthodox(i32),
    /// The n-th such weekday (0 Monday to 6 Sunday) of a month.
    Nth(u8, u8, u8),
    /// The last such weekday of a month.
    Last(u8, u8),
    /// The first such weekday on or after a month and day.
    From(u8, u8, u8),
    /// Month and day, the day before where that is a Sunday.
    NotSunday(u8, u8),
    /// The first Monday of February, or 1 February itself where that is a Friday.
    Brigid,
    /// One date.
    Once(i16, u8, u8),
}

/// What becomes of a fixed day on a weekend.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moving {
    /// It is lost.
    Never,
    /// United Kingdom: the next working day that is no holiday (Banking and Financial Dealings Act 1971, sch. 1, and
    /// the yearly proclamations that follow the same rule).
    NextWorkingDay(&'static str),
    /// United States: Saturday to Friday before, Sunday to Monday after (5 U.S.C. §6103(b), Executive Order 11582).
    Nearest(&'static str),
    /// Russia: the next working day, but not for the days of January (Labour Code art. 112).
    NextNotInJanuary(&'static str),
}

pub(crate) const fn fixed(name: &'static str, month: u8, day: u8) -> Feast {
    Feast::new(name, When::Fixed(month, day))
}

pub(crate) const fn easter_plus(name: &'static str, days: i32) -> Feast {
    Feast::new(name, When::Easter(days))
}

impl Feast {
    pub const fn new(name: &'static str, when: When) -> Feast {
        Feast { name, when, years: (i16::MIN, i16::MAX) }
    }

    pub const fn since(self, year: i16) -> Feast {
        Feast { years: (year, self.years.1), ..self }
    }

    pub const fn until(self, year: i16) -> Feast {
        Feast { years: (self.years.0, year), ..self }
    }

    fn falls_in(&self, year: i16) -> bool {
        (self.years.0..=self.years.1).contains(&year)
    }

    fn day(&self, year: i16) -> Option<i32> {
        if !self.falls_in(year) {
            return None;
        }
        Some(match self.when {
            When::Fixed(month, day) => number(year, month, day),
            When::Easter(days) => easter_number(year) + days,
            When::Orthodox(days) => orthodox_number(year) + days,
            When::Nth(nth, on, month) => on_or_after(number(year, month, 1), on) + 7 * (i32::from(nth) - 1),
            When::Last(on, month) => on_or_after(number(year, month, day::days_in(year, month)) - 6, on),
            When::From(on, month, day) => on_or_after(number(year, month, day), on),
            When::NotSunday(month, day) => {
                let day = number(year, month, day);
                day - i32::from(weekday(day) == SUN)
            }
            When::Brigid => {
                let first = number(year, 2, 1);
                if weekday(first) == FRI { first } else { on_or_after(first, MON) }
            }
            When::Once(only, month, day) if only == year => number(year, month, day),
            When::Once(..) => return None,
        })
    }

    fn is_fixed(&self) -> bool {
        matches!(self.when, When::Fixed(..))
    }
}

/// Every holiday of a year by day number, those on a weekend and those that stand for them.
pub(crate) fn of_year(groups: &[&[Feast]], moving: Moving, year: i16) -> Vec<(i32, String)> {
    let (first, last) = (number(year, 1, 1), number(year, 12, 31));
    let feasts = || groups.iter().flat_map(|group| group.iter());
    let mut days: BTreeMap<i32, String> = BTreeMap::new();
    for feast in feasts() {
        if let Some(day) = feast.day(year) {
            // Two feasts on one day (Ascension on 1 May 2008) are one day off with both names.
            days.entry(day).and_modify(|name| *name = format!("{name}, {}", feast.name)).or_insert(feast.name.into());
        }
    }
    let moved = |feast: &Feast, note| format!("{} ({note})", feast.name);
    for feast in feasts().filter(|feast| feast.is_fixed()) {
        let (Some(day), on) = (feast.day(year), feast.day(year).map_or(MON, weekday)) else { continue };
        match moving {
            Moving::Never => {}
            Moving::NextNotInJanuary(_) if day < number(year, 2, 1) => {}
            Moving::NextWorkingDay(note) | Moving::NextNotInJanuary(note) if on >= SAT => {
                let free = (day + 1..).find(|next| weekday(*next) < SAT && !days.contains_key(next));
                days.extend(free.map(|free| (free, moved(feast, note))));
            }
            Moving::Nearest(note) if on >= SAT => {
                let nearest = if on == SAT { day - 1 } else { day + 1 };
                days.entry(nearest).or_insert(moved(feast, note));
            }
            Moving::NextWorkingDay(_) | Moving::NextNotInJanuary(_) | Moving::Nearest(_) => {}
        }
    }
    // New Year's Day on a Saturday is kept on the last day of the year before.
    if let Moving::Nearest(note) = moving {
        let next = feasts().filter(|feast| matches!(feast.when, When::Fixed(1, 1)));
        days.extend(next.filter(|_| weekday(last + 1) == SAT).map(|feast| (last, moved(feast, note))));
    }
    days.into_iter().filter(|(day, _)| (first..=last).contains(day)).collect()
}

fn on_or_after(day: i32, on: u8) -> i32 {
    day + (i32::from(on) - i32::from(weekday(day))).rem_euclid(7)
}

/// Easter Sunday of the western churches, Gregorian calendar.
pub fn easter(year: i16) -> Date {
    Day::at(easter_number(year)).date()
}

/// Easter Sunday of the Orthodox churches, as a date of the Gregorian calendar.
pub fn orthodox_easter(year: i16) -> Date {
    Day::at(orthodox_number(year)).date()
}

/// The "anonymous Gregorian" computus (Nature, 20 April 1876; Meeus, Astronomical Algorithms, ch. 8).
fn easter_number(year: i16) -> i32 {
    let y = i32::from(year);
    let golden = y.rem_euclid(19);
    let (century, of_century) = (y.div_euclid(100), y.rem_euclid(100));
    let sun_moon = (century - (century + 8) / 25 + 1) / 3;
    let epact = (19 * golden + century - century / 4 - sun_moon + 15).rem_euclid(30);
    let to_sunday = (32 + 2 * (century % 4) + 2 * (of_century / 4) - epact - of_century % 4).rem_euclid(7);
    let late = (golden + 11 * epact + 22 * to_sunday) / 451;
    let of_march = epact + to_sunday - 7 * late + 22;
    number(year, 3, 1) + of_march - 1
}

/// Meeus, ch. 8: the Julian Easter, then the days between the two calendars.
fn orthodox_number(year: i16) -> i32 {
    let y = i32::from(year);
    let moon = (19 * y.rem_euclid(19) + 15).rem_euclid(30);
    let to_sunday = (2 * y.rem_euclid(4) + 4 * y.rem_euclid(7) - moon + 34).rem_euclid(7);
    let of_march = moon + to_sunday + 22;
    let behind = y.div_euclid(100) - y.div_euclid(400) - 2;
    number(year, 3, 1) + of_march - 1 + behind
}

pub(crate) const MON: u8 = 0;
pub(crate) const WED: u8 = 2;
pub(crate) const THU: u8 = 3;
pub(crate) const FRI: u8 = 4;
pub(crate) const SAT: u8 = 5;
pub(crate) const SUN: u8 = 6;
