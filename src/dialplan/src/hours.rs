//! Opening hours as decisions see them: the clock of the schedule, or what was switched by hand.

use core::fmt;
use std::collections::BTreeMap;

use base::WallTime;
use calendar::{Feed, Limits, Schedule, Why};
use config::Config;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::plan::Plan;
use crate::reason::HoursReason;
use crate::state::{Mode, Override};
use crate::walk::Walk;

/// What opening hours say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoursState {
    /// Open.
    Open,
    /// Closed.
    Closed,
    /// In a break.
    Break,
    /// Closed on a holiday, a closed day or by a calendar's event.
    Holiday,
}

impl fmt::Display for HoursState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            HoursState::Open => "open",
            HoursState::Closed => "closed",
            HoursState::Break => "break",
            HoursState::Holiday => "holiday",
        })
    }
}

impl From<Mode> for HoursState {
    fn from(mode: Mode) -> HoursState {
        match mode {
            Mode::Open => HoursState::Open,
            Mode::Closed => HoursState::Closed,
            Mode::Break => HoursState::Break,
            Mode::Holiday => HoursState::Holiday,
        }
    }
}

impl From<&calendar::State> for HoursState {
    fn from(state: &calendar::State) -> HoursState {
        match state {
            calendar::State::Open => HoursState::Open,
            calendar::State::Closed => HoursState::Closed,
            calendar::State::Break => HoursState::Break,
            calendar::State::Holiday(_) => HoursState::Holiday,
        }
    }
}

/// Opening hours and calendars, made ready.
#[derive(Clone, Debug)]
pub(crate) struct Clocks {
    /// The box's.
    zone: TimeZone,
    hours: BTreeMap<String, HoursRules>,
    feeds: BTreeMap<String, Feed>,
}

#[derive(Clone, Debug)]
struct HoursRules {
    schedule: Schedule,
    /// Names of calendars.
    feeds: Vec<String>,
}

impl Clocks {
    pub(crate) fn new(config: &Config) -> Clocks {
        let zone = |name: &str| calendar::zone(name).unwrap_or(TimeZone::UTC);
        let system = zone(&config.system.time_zone);
        let rules = |hours: &config::Hours| HoursRules {
            schedule: Schedule::new(
                hours.time_zone.as_deref().map_or_else(|| system.clone(), zone),
                calendar::Hours {
                    open: readable(&hours.open),
                    breaks: readable(&hours.breaks),
                    countries: readable(&hours.holidays),
                    closed: readable(&hours.closed),
                },
            ),
            feeds: hours.calendars.clone(),
        };
        Clocks {
            hours: config.hours.iter().map(|(name, hours)| (name.clone(), rules(hours))).collect(),
            zone: system,
            feeds: BTreeMap::new(),
        }
    }

    /// Reads a calendar. One that cannot be read leaves what was read before in force.
    pub(crate) fn set_feed(&mut self, config: &Config, name: &str, text: &str) {
        if !config.calendars.contains_key(name) {
            return;
        }
        if let Ok(feed) = Feed::parse(text.as_bytes(), &Limits::default()) {
            self.feeds.insert(name.to_owned(), feed);
        }
    }

    /// The schedule of those hours, and the calendars that close it.
    pub(crate) fn schedule(&self, name: &str) -> Option<(&Schedule, Vec<&Feed>)> {
        let rules = self.hours.get(name)?;
        Some((&rules.schedule, rules.feeds.iter().filter_map(|feed| self.feeds.get(feed)).collect()))
    }

    /// The one of these periods that holds now, by the box's clock.
    pub(crate) fn period_now(&self, periods: &[String], at: WallTime) -> Option<String> {
        if periods.is_empty() {
            return None;
        }
        let hours = calendar::Hours { open: readable(periods), ..calendar::Hours::default() };
        match Schedule::new(self.zone.clone(), hours).why(at, &[]) {
            Why::Hours(period) => Some(period.to_string()),
            _ => None,
        }
    }

    pub(crate) fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Days since 1970-01-01 by the box's clock.
    pub(crate) fn day(&self, at: WallTime) -> i32 {
        let offset = stamp(at).map_or(0, |stamp| self.zone.to_offset(stamp).seconds());
        let days = (at.unix_s() + i64::from(offset)).div_euclid(86_400);
        i32::try_from(days).unwrap_or(if days < 0 { i32::MIN } else { i32::MAX })
    }

    /// `2026-03-01` and `14:05` by the box's clock.
    pub(crate) fn date_and_time(&self, at: WallTime) -> (String, String) {
        match stamp(at) {
            None => (String::new(), String::new()),
            Some(stamp) => {
                let civil = self.zone.to_datetime(stamp);
                (civil.date().to_string(), format!("{:02}:{:02}", civil.hour(), civil.minute()))
            }
        }
    }
}

fn stamp(at: WallTime) -> Option<Timestamp> {
    Timestamp::from_millisecond(at.unix_ms()).ok()
}

/// Those that can be read: the document's check names the others.
fn readable<T: core::str::FromStr>(texts: &[String]) -> Vec<T> {
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}

impl Override {
    /// Whether it still holds.
    pub fn holds(&self, at: WallTime) -> bool {
        self.until.is_none_or(|until| at < until)
    }
}

impl Plan {
    /// Whether those hours are open by the clock alone, and when the clock says otherwise next.
    pub fn open_by_clock(&self, name: &str, at: WallTime) -> (bool, Option<WallTime>) {
        let Some((schedule, feeds)) = self.clocks.schedule(name) else { return (false, None) };
        let moment = schedule.at(at, &feeds);
        (moment.state == calendar::State::Open, moment.until)
    }
}

impl Walk<'_> {
    /// What those hours say now, noted with why.
    pub(crate) fn hours_now(&mut self, name: &str) -> HoursState {
        let hours = name.to_owned();
        if let Some(by_hand) = self.state.overrides.get(name).filter(|by_hand| by_hand.holds(self.at)) {
            let state = by_hand.mode.into();
            self.note(HoursReason::ByHand { hours, state, by: by_hand.by.clone() });
            return state;
        }
        let Some((schedule, feeds)) = self.plan.clocks.schedule(name) else {
            self.note(HoursReason::NoSuchHours { hours });
            return HoursState::Closed;
        };
        let why = schedule.why(self.at, &feeds);
        let state = HoursState::from(&why.state());
        self.note(HoursReason::Now { hours, state, why: why.to_string() });
        state
    }
}
