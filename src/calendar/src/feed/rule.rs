//! Repetition (RFC 5545 §3.3.10) as a question: does the event begin on that day?
//!
//! Read are the frequencies from DAILY up with INTERVAL, UNTIL, COUNT, BYDAY, BYMONTHDAY, BYYEARDAY, BYMONTH, BYSETPOS
//! and WKST. What is finer than a day, and BYWEEKNO, is refused.

use crate::day::{self, Day, days_in, number, weekday};

/// A repetition from its first day to its last.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    freq: Freq,
    interval: i32,
    first: Day,
    last: i32,
    /// COUNT, until it is turned into `last`.
    count: Option<u32>,
    /// Weekday and which of its kind in the month or year, 0 for each.
    by_day: Vec<(u8, i16)>,
    by_month_day: Vec<i16>,
    by_year_day: Vec<i16>,
    /// A bit a month, January lowest; 0 for each.
    by_month: u16,
    by_position: Vec<i16>,
    week_start: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Freq {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

impl Rule {
    /// `until` turns an UNTIL value into the last day on which a repetition may begin.
    pub fn parse(text: &str, first: Day, until: impl Fn(&str) -> Option<i32>) -> Result<Rule, &'static str> {
        let mut freq = None;
        let mut rule = Rule {
            freq: Freq::Daily,
            interval: 1,
            first,
            last: i32::MAX,
            count: None,
            by_day: Vec::new(),
            by_month_day: Vec::new(),
            by_year_day: Vec::new(),
            by_month: 0,
            by_position: Vec::new(),
            week_start: 0,
        };
        for part in text.split(';').filter(|part| !part.trim().is_empty()) {
            let (key, value) = part.split_once('=').ok_or("a repetition without a value")?;
            let value = value.trim().to_ascii_uppercase();
            match key.trim().to_ascii_uppercase().as_str() {
                "FREQ" => freq = Some(Freq::parse(&value)?),
                "INTERVAL" => {
                    let interval = value.parse().ok().filter(|interval| (1..=10_000).contains(interval));
                    rule.interval = interval.ok_or("an INTERVAL that is not 1 to 10,000")?;
                }
                "COUNT" => rule.count = Some(value.parse().map_err(|_| "a COUNT that is no number")?),
                "UNTIL" => rule.last = until(&value).ok_or("an UNTIL that is no date")?,
                "BYDAY" => rule.by_day = list(&value, by_day)?,
                "BYMONTHDAY" => rule.by_month_day = list(&value, |word| signed(word, 31))?,
                "BYYEARDAY" => rule.by_year_day = list(&value, |word| signed(word, 366))?,
                "BYSETPOS" => rule.by_position = list(&value, |word| signed(word, 366))?,
                "BYMONTH" => {
                    let months = list(&value, |word| signed(word, 12).filter(|month| *month > 0))?;
                    rule.by_month = months.iter().fold(0, |bits, month| bits | 1 << (month - 1));
                }
                "WKST" => rule.week_start = place(&value).ok_or("a WKST that is no weekday")?,
                "BYWEEKNO" | "BYHOUR" | "BYMINUTE" | "BYSECOND" => {
                    return Err("a repetition by week number or by hour");
                }
                // RFC 7529: only Gregorian repetitions are read.
                "RSCALE" if value != "GREGORIAN" => return Err("a repetition in another calendar"),
                _ => {}
            }
        }
        rule.freq = freq.ok_or("a repetition without FREQ")?;
        Ok(rule)
    }

    /// Turns COUNT into a last day, at the cost of looking at each day up to there; `budget` bounds and counts these.
    pub fn settle(&mut self, budget: &mut usize) -> Result<(), &'static str> {
        let Some(count) = self.count.take() else { return Ok(()) };
        let mut left = count;
        let mut day = self.first;
        if left == 0 {
            return Err("a COUNT of nothing");
        }
        loop {
            *budget = budget.checked_sub(self.cost()).ok_or("a COUNT too far away")?;
            left -= u32::from(self.holds(day));
            if left == 0 || day.number >= self.last {
                self.last = self.last.min(day.number);
                return Ok(());
            }
            let next = day.plus(1);
            if next == day {
                return Ok(());
            }
            day = next;
        }
    }

    /// How many days are looked at, at most, to say whether a repetition begins on one.
    pub fn cost(&self) -> usize {
        match self.freq {
            _ if self.by_position.is_empty() => 1,
            Freq::Daily => 1,
            Freq::Weekly => 7,
            Freq::Monthly => 31,
            Freq::Yearly => 366,
        }
    }

    /// Whether a repetition begins on that day.
    pub fn holds(&self, day: Day) -> bool {
        // The first day counts whether the rule names it or not (RFC 5545 §3.8.5.3).
        if day == self.first {
            return true;
        }
        (self.first.number..=self.last).contains(&day.number)
            && self.interval_holds(day)
            && self.parts_hold(day)
            && (self.by_position.is_empty() || self.position_holds(day))
    }

    fn interval_holds(&self, day: Day) -> bool {
        let months = |day: Day| i32::from(day.year) * 12 + i32::from(day.month);
        let apart = match self.freq {
            Freq::Daily => day.number - self.first.number,
            Freq::Weekly => (self.week(day) - self.week(self.first)) / 7,
            Freq::Monthly => months(day) - months(self.first),
            Freq::Yearly => i32::from(day.year) - i32::from(self.first.year),
        };
        apart % self.interval == 0
    }

    /// The number of the day on which the week of a day begins.
    fn week(&self, day: Day) -> i32 {
        day.number - (i32::from(weekday(day.number)) - i32::from(self.week_start)).rem_euclid(7)
    }

    /// Everything but the interval and the place in the set.
    fn parts_hold(&self, day: Day) -> bool {
        let has =
            |list: &[i16], at: i16, of: i16| list.is_empty() || list.contains(&at) || list.contains(&(at - of - 1));
        let year_length = 365 + i16::from(day::leap(day.year));
        let of_year = (day.number - number(day.year, 1, 1) + 1) as i16;
        let month_length = i16::from(days_in(day.year, day.month));
        (self.by_month == 0 || self.by_month & (1 << (day.month - 1)) != 0)
            && has(&self.by_month_day, i16::from(day.day), month_length)
            && has(&self.by_year_day, of_year, year_length)
            && self.weekday_holds(day, (of_year, year_length), (i16::from(day.day), month_length))
            && self.default_holds(day)
    }

    fn weekday_holds(&self, day: Day, in_year: (i16, i16), in_month: (i16, i16)) -> bool {
        if self.by_day.is_empty() {
            return true;
        }
        // "The third Monday" is of the month, or of the year where no month is named.
        let (at, of) = match self.freq == Freq::Yearly && self.by_month == 0 && self.by_month_day.is_empty() {
            true => in_year,
            false => in_month,
        };
        let ordinals_count = matches!(self.freq, Freq::Monthly | Freq::Yearly);
        let (nth, from_end) = ((at - 1) / 7 + 1, -((of - at) / 7 + 1));
        self.by_day.iter().any(|(on, which)| {
            *on == day.weekday() && (*which == 0 || !ordinals_count || *which == nth || *which == from_end)
        })
    }

    /// What the first day says where the rule is silent.
    fn default_holds(&self, day: Day) -> bool {
        let silent = self.by_day.is_empty() && self.by_month_day.is_empty() && self.by_year_day.is_empty();
        match self.freq {
            _ if !silent => true,
            Freq::Daily => true,
            Freq::Weekly => day.weekday() == self.first.weekday(),
            Freq::Monthly => day.day == self.first.day,
            Freq::Yearly if self.by_month != 0 => day.day == self.first.day,
            Freq::Yearly => day.of_year() == self.first.of_year(),
        }
    }

    /// BYSETPOS: the place among the days of the same week, month or year that the rule names.
    fn position_holds(&self, day: Day) -> bool {
        let (first, last) = match self.freq {
            Freq::Daily => (day.number, day.number),
            Freq::Weekly => (self.week(day), self.week(day) + 6),
            Freq::Monthly => {
                let first = number(day.year, day.month, 1);
                (first, first + i32::from(days_in(day.year, day.month)) - 1)
            }
            Freq::Yearly => (number(day.year, 1, 1), number(day.year, 12, 31)),
        };
        let count = |first: i32, last: i32| (first..=last).filter(|at| self.parts_hold(Day::at(*at))).count() as i16;
        let (upto, after) = (count(first, day.number), count(day.number + 1, last));
        self.by_position.contains(&upto) || self.by_position.contains(&-(after + 1))
    }
}

impl Freq {
    fn parse(value: &str) -> Result<Freq, &'static str> {
        match value {
            "DAILY" => Ok(Freq::Daily),
            "WEEKLY" => Ok(Freq::Weekly),
            "MONTHLY" => Ok(Freq::Monthly),
            "YEARLY" => Ok(Freq::Yearly),
            _ => Err("a repetition more often than daily"),
        }
    }
}

/// A list of at most as many entries as a year has days.
fn list<T>(value: &str, read: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, &'static str> {
    let items: Option<Vec<T>> = value.split(',').take(LIST_MAX).map(|word| read(word.trim())).collect();
    items.ok_or("a repetition with a list that is not understood")
}

/// From 1 to `max` or from −1 to −`max`.
fn signed(word: &str, max: i16) -> Option<i16> {
    word.parse().ok().filter(|number: &i16| *number != 0 && (-max..=max).contains(number))
}

fn by_day(word: &str) -> Option<(u8, i16)> {
    let at = word.len().checked_sub(2)?;
    let on = place(word.get(at..)?)?;
    match word.get(..at)? {
        "" => Some((on, 0)),
        nth => Some((on, signed(nth, 53)?)),
    }
}

fn place(word: &str) -> Option<u8> {
    ["MO", "TU", "WE", "TH", "FR", "SA", "SU"].iter().position(|name| *name == word).map(|at| at as u8)
}

const LIST_MAX: usize = 366;
