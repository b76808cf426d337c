//! Opening hours, public holidays and calendar feeds: what holds at a moment, and why.
//!
//! Owns: the text of opening hours ([`Period`]) and of closed days ([`DayRule`]), the public holidays of each
//! [`Country`], the reading of iCalendar ([`Feed`], RFC 5545), and the [`Schedule`] that joins them into one answer.
//! Refuses: fetching a feed, reading a clock, asking the machine for a time zone: moments are [`base::WallTime`] and
//! zones come from the table that is built in ([`zone`]).
//! Invariants: what is printed parses back to the same value; octets from outside never panic and never take more
//! than the [`Limits`] say; the answers at two sides of a moment differ only at the ends that [`Schedule::day`] names.

#![forbid(unsafe_code)]

mod clock;
mod country;
mod dates;
mod day;
mod feed;
mod period;
mod schedule;
mod words;

pub use clock::zone;
pub use country::{Country, CountryError, Holiday, easter, holidays, orthodox_easter};
pub use dates::{DayRule, DayRuleError, NAME_MAX, SPAN_DAYS_MAX, Span};
pub use feed::{Feed, FeedError, Limits, Skipped};
pub use period::{Period, PeriodError};
pub use schedule::{Fault, Hours, LOOK_AHEAD_DAYS, Moment, PERIODS_MAX, Part, RULES_MAX, Schedule, State, Why};
