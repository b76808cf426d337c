//! An iCalendar feed (RFC 5545), read into something that can be asked in no time.
//!
//! Owns: events with their repetitions and exceptions. Refuses: alarms, to-dos, free/busy, attendees, and the rare
//! parts of a repetition (below a day, by week number): such an event is skipped and said so ([`Feed::skipped`]).
//! Invariants: nothing is expanded: a repetition is a question that a day answers, so a feed takes memory only for what
//! was written in it. Where several events cover a moment the one that began last speaks.
//!
//! An event that is marked as free (TRANSP) counts all the same: public calendars of holidays mark theirs so.

mod event;
mod line;
mod rule;
mod shelf;
mod stamp;

use base::WallTime;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::clock::{self, DAY_S, Shown};
use crate::day::Day;
use rule::Rule;
use shelf::Shelf;

/// What a feed may cost at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Size of the text, in octets.
    pub octets_max: usize,
    /// Events, overrides of single repetitions included.
    pub events_max: usize,
    /// Events that repeat: each is asked at each question.
    pub repeating_max: usize,
    /// Exceptions and additional dates over all events.
    pub dates_max: usize,
    /// Days looked at to find where repetitions counted by COUNT end, over all events; those beyond are skipped.
    pub count_days_max: usize,
    /// Days looked at for one question, over all events that repeat; those beyond are skipped.
    pub question_days_max: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            octets_max: 4 << 20,
            events_max: 10_000,
            repeating_max: 1_000,
            dates_max: 50_000,
            count_days_max: 1_000_000,
            question_days_max: 10_000,
        }
    }
}

/// Why a feed is refused as a whole; the one read before stays in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    /// More octets than the limit.
    #[error("the calendar has {octets} octets, at most {max} are read")]
    TooLarge {
        /// Its size.
        octets: usize,
        /// The limit.
        max: usize,
    },
    /// The first line is not BEGIN:VCALENDAR.
    #[error("not an iCalendar: no BEGIN:VCALENDAR at its start")]
    NotCalendar,
    /// END:VCALENDAR is missing: a download that broke off.
    #[error("the calendar ends before END:VCALENDAR")]
    Unfinished,
    /// More than the limit of something.
    #[error("the calendar has more than {max} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The limit.
        max: usize,
    },
}

/// An event that was not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The line of its BEGIN:VEVENT, counted from 1.
    pub line: usize,
    /// Why.
    pub why: &'static str,
}

/// The events of a calendar.
#[derive(Clone, Debug, Default)]
pub struct Feed {
    name: Option<String>,
    /// Summaries, by event.
    summaries: Vec<String>,
    /// Single events at moments, by milliseconds.
    timed: Shelf,
    /// Single events by the clock of whoever asks, by its seconds.
    floating: Shelf,
    /// Single all-day events, by day number.
    days: Shelf,
    repeating: Vec<Repeating>,
    zones: Vec<TimeZone>,
    skipped: Vec<Skipped>,
    skipped_count: usize,
}

/// An event that repeats.
#[derive(Clone, Debug)]
pub(crate) struct Repeating {
    event: u32,
    rule: Rule,
    /// Days on which it does not begin, in order.
    except: Vec<i32>,
    length: Length,
}

/// How long each repetition is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Length {
    /// All day, for so many days.
    Days(i32),
    /// By the clock of that zone of the feed, or of whoever asks.
    Timed {
        /// Index into the feed's zones.
        zone: Option<usize>,
        /// Since midnight of the day on which it begins.
        from_s: i32,
        /// How long.
        seconds: i64,
    },
}

impl Feed {
    /// Reads a calendar. Events that are not understood are skipped one by one, see [`Feed::skipped`].
    pub fn parse(text: &[u8], limits: &Limits) -> Result<Feed, FeedError> {
        event::read(text, limits)
    }

    /// What the calendar calls itself (X-WR-CALNAME).
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// How many events it has.
    pub fn len(&self) -> usize {
        self.summaries.len()
    }

    /// Whether it has no event.
    pub fn is_empty(&self) -> bool {
        self.summaries.is_empty()
    }

    /// How many events were skipped, and the first of them.
    pub fn skipped(&self) -> (usize, &[Skipped]) {
        (self.skipped_count, &self.skipped)
    }

    /// The event that covers a moment, by its summary. `zone` is whose clock all-day and floating events follow.
    pub fn at(&self, at: WallTime, zone: &TimeZone) -> Option<&str> {
        let shown = Shown::at(at, zone);
        self.timed(at, shown).or_else(|| self.all_day(shown.day))
    }

    /// The events that cover some part of a day in `zone`, by their summaries: all-day ones first, each once.
    pub fn on(&self, date: Date, zone: &TimeZone) -> Vec<&str> {
        let day = Day::of(date);
        let begin = clock::moment(i64::from(day.number) * DAY_S, zone);
        let end = clock::moment(i64::from(day.number + 1) * DAY_S, zone);
        let mut bounds = vec![begin];
        self.bounds(begin, end, zone, &mut bounds);
        bounds.retain(|bound| (begin..end).contains(bound));
        bounds.sort_unstable();
        let mut names: Vec<&str> = self.all_day(day).into_iter().collect();
        for bound in bounds {
            if let Some(name) = self.timed(bound, Shown::at(bound, zone)).filter(|name| !names.contains(name)) {
                names.push(name);
            }
        }
        names
    }

    /// The event with hours that covers a moment; `shown` is what the clock of whoever asks shows then.
    pub(crate) fn timed(&self, at: WallTime, shown: Shown) -> Option<&str> {
        let single = self.timed.find(at.unix_ms()).or_else(|| self.floating.find(shown.seconds()));
        let event = single.or_else(|| {
            self.repeating.iter().find(|repeating| self.repeats_at(repeating, at, shown)).map(|found| found.event)
        });
        event.map(|event| self.summary(event))
    }

    /// The all-day event of a day.
    pub(crate) fn all_day(&self, day: Day) -> Option<&str> {
        let repeats = |repeating: &&Repeating| match repeating.length {
            Length::Days(days) => (0..days).any(|back| repeating.begins(day.plus(-back))),
            Length::Timed { .. } => false,
        };
        let single = self.days.find(i64::from(day.number));
        single.or_else(|| self.repeating.iter().find(repeats).map(|found| found.event)).map(|event| self.summary(event))
    }

    fn repeats_at(&self, repeating: &Repeating, at: WallTime, shown: Shown) -> bool {
        let Length::Timed { zone, from_s, seconds } = repeating.length else { return false };
        let shown = zone.and_then(|zone| self.zones.get(zone)).map_or(shown, |zone| Shown::at(at, zone));
        let since = i64::from(shown.second - from_s);
        // From the last day on which it can have begun back to the first.
        let (latest, earliest) = (since.div_euclid(DAY_S).min(0), (since - seconds).div_euclid(DAY_S) + 1);
        (earliest..=latest).any(|days| repeating.begins(shown.day.plus(days as i32)))
    }

    /// Adds the moments from `from` to `to` (a day apart) at which an event with hours begins or ends; others may be
    /// among them.
    pub(crate) fn bounds(&self, from: WallTime, to: WallTime, zone: &TimeZone, out: &mut Vec<WallTime>) {
        out.extend(self.timed.ends(from.unix_ms(), to.unix_ms()).map(WallTime::from_unix_ms));
        let (first, last) = (Shown::at(from, zone).seconds(), Shown::at(to, zone).seconds());
        for seconds in self.floating.ends(first, last) {
            clock::reaches(seconds, zone, out);
        }
        for repeating in &self.repeating {
            let Length::Timed { zone: own, from_s, seconds } = repeating.length else { continue };
            let zone = own.and_then(|own| self.zones.get(own)).unwrap_or(zone);
            let (first, last) = (Shown::at(from, zone).day, Shown::at(to, zone).day);
            let back = ((i64::from(from_s) + seconds) / DAY_S) as i32;
            for number in first.number - back..=last.number {
                if repeating.begins(Day::at(number)) {
                    let begin = i64::from(number) * DAY_S + i64::from(from_s);
                    clock::reaches(begin, zone, out);
                    clock::reaches(begin + seconds, zone, out);
                }
            }
        }
    }

    fn summary(&self, event: u32) -> &str {
        self.summaries.get(event as usize).map_or("", String::as_str)
    }
}

impl Repeating {
    fn begins(&self, day: Day) -> bool {
        self.rule.holds(day) && self.except.binary_search(&day.number).is_err()
    }
}

#[cfg(test)]
mod tests;
