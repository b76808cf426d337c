//! Looking along time: the parts of a day, and when the state changes next.

use base::WallTime;
use jiff::civil::Date;
use serde::Serialize;

use super::{Moment, Schedule, State, Why};
use crate::clock::{self, DAY_S, Shown};
use crate::day::Day;
use crate::feed::Feed;

/// How far ahead the next change is searched, in days.
pub const LOOK_AHEAD_DAYS: i32 = 400;

/// A stretch of a day through which one state holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its first moment.
    pub from: WallTime,
    /// The first moment no longer in it.
    pub to: WallTime,
    /// What holds.
    pub state: State,
    /// Why, at its beginning.
    pub why: Why,
}

impl Serialize for Part {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut part = out.serialize_struct("Part", 4)?;
        part.serialize_field("from", &self.from)?;
        part.serialize_field("to", &self.to)?;
        part.serialize_field("state", &self.state)?;
        part.serialize_field("why", &self.why.to_string())?;
        part.end()
    }
}

impl Schedule {
    /// What holds at that moment, why, and when something else will.
    ///
    /// The search walks day by day to the next change, [`LOOK_AHEAD_DAYS`] at most; [`Schedule::state`] does without.
    pub fn at(&self, at: WallTime, feeds: &[&Feed]) -> Moment {
        let why = self.why(at, feeds);
        let state = why.state();
        let until = self.next_change(at, &state, feeds);
        Moment { state, why, until }
    }

    fn next_change(&self, at: WallTime, state: &State, feeds: &[&Feed]) -> Option<WallTime> {
        let today = Shown::at(at, &self.zone).day;
        let mut bounds = Vec::new();
        for ahead in 0..=LOOK_AHEAD_DAYS {
            self.bounds(today.plus(ahead), feeds, &mut bounds);
            let mut later = bounds.iter().copied().filter(|bound| *bound > at);
            let change = later.find(|bound| self.state(*bound, feeds) != *state);
            if change.is_some() {
                return change;
            }
        }
        None
    }

    /// The parts of one day of the schedule's zone, without gaps from its first moment to its last. A day of 23 or 25
    /// hours is as long as it is.
    pub fn day(&self, date: Date, feeds: &[&Feed]) -> Vec<Part> {
        let day = Day::of(date);
        let mut bounds = Vec::new();
        self.bounds(day, feeds, &mut bounds);
        let (begin, end) = self.ends(day);
        let mut parts: Vec<Part> = Vec::new();
        for bound in bounds.into_iter().filter(|bound| (begin..end).contains(bound)) {
            let why = self.why(bound, feeds);
            let state = why.state();
            match parts.last_mut() {
                Some(last) if last.state == state => continue,
                Some(last) => last.to = bound,
                None => {}
            }
            parts.push(Part { from: bound, to: end, state, why });
        }
        parts
    }

    /// The first moment of a day and of the next.
    fn ends(&self, day: Day) -> (WallTime, WallTime) {
        let midnight = |day: Day| {
            let mut at = Vec::new();
            clock::reaches(i64::from(day.number) * DAY_S, &self.zone, &mut at);
            at.first().copied().unwrap_or_else(|| clock::moment(i64::from(day.number) * DAY_S, &self.zone))
        };
        (midnight(day), midnight(day.plus(1)))
    }

    /// Every moment of a day at which something could change, in order, into `out`.
    fn bounds(&self, day: Day, feeds: &[&Feed], out: &mut Vec<WallTime>) {
        out.clear();
        let (begin, end) = self.ends(day);
        out.push(begin);
        let mut minutes = Vec::new();
        for period in self.hours.open.iter().chain(&self.hours.breaks) {
            let (from, to) = period.minutes();
            for (names, shift) in [(period.names(day), 0), (period.names(day.plus(-1)), 1440)] {
                if names {
                    minutes.extend([from, to].map(|minute| i32::from(minute) - shift));
                }
            }
        }
        minutes.retain(|minute| (1..1440).contains(minute));
        minutes.sort_unstable();
        minutes.dedup();
        for minute in minutes {
            clock::reaches(i64::from(day.number) * DAY_S + i64::from(minute) * 60, &self.zone, out);
        }
        clock::jumps(begin, end, &self.zone, out);
        for feed in feeds {
            feed.bounds(begin, end, &self.zone, out);
        }
        out.retain(|bound| (begin..end).contains(bound));
        out.sort_unstable();
        out.dedup();
    }
}
