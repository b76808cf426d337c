//! Opening hours as pages show them: the schedule of an entry, the calendars that close it, and what was switched by
//! hand.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use base::WallTime;
use calendar::{Feed, Limits, Schedule};
use config::{Config, Hours};
use dialplan::HoursState;
use dialplan::state::{Fact, FeedText, Override, State};
use jiff::tz::TimeZone;
use store::Store;

use crate::app::App;

/// Calendars that were read, each with when it had been fetched: a page must not read a year of events again.
#[derive(Debug, Default)]
pub(crate) struct Feeds(Mutex<BTreeMap<String, (WallTime, Arc<Feed>)>>);

impl Feeds {
    /// A calendar as it was fetched last; none if it never was, or cannot be read.
    pub fn get(&self, store: &Store, name: &str) -> Option<Arc<Feed>> {
        let text: FeedText = fact(store, name)?;
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, feed)) = held.get(name).filter(|(fetched, _)| *fetched == text.fetched) {
            return Some(Arc::clone(feed));
        }
        let feed = Arc::new(Feed::parse(text.text.as_bytes(), &Limits::default()).ok()?);
        held.insert(name.to_owned(), (text.fetched, Arc::clone(&feed)));
        Some(feed)
    }
}

/// One fact as its type; none where it is not set or cannot be read.
pub(crate) fn fact<T: Fact>(store: &Store, id: &str) -> Option<T> {
    let fact = store.fact(&format!("{}/{id}", T::KIND))?;
    serde_json::from_str(&fact.value?).ok()
}

/// Everything that was set at run time and that the dial plan decides by.
pub(crate) fn state(app: &App) -> State {
    let mut state = State::default();
    for kind in ["person/", "hours/", "blocked/", "contact/", "seat/", "calendar/", "spent/"] {
        for fact in app.backend.store.facts(kind) {
            state.apply(&fact.key, fact.value.as_deref());
        }
    }
    app.backend.live.read(|view| {
        let down = view.trunks.values().filter(|t| matches!(t.state, exchange::live::TrunkState::Down { .. }));
        state.down = down.map(|trunk| trunk.name.clone()).collect();
    });
    state
}

/// A schedule with the calendars that close it.
pub(crate) struct Clock {
    pub schedule: Schedule,
    pub feeds: Vec<Arc<Feed>>,
    /// Lines that could not be read.
    pub unread: Vec<String>,
}

impl Clock {
    /// Of an entry, which need not be in force.
    pub fn of(app: &App, config: &Config, hours: &Hours) -> Self {
        let zone = |name: &str| calendar::zone(name).unwrap_or(TimeZone::UTC);
        let zone = zone(hours.time_zone.as_deref().unwrap_or(&config.system.time_zone));
        let mut unread = Vec::new();
        let read = calendar::Hours {
            open: readable(&hours.open, &mut unread),
            breaks: readable(&hours.breaks, &mut unread),
            countries: readable(&hours.holidays, &mut unread),
            closed: readable(&hours.closed, &mut unread),
        };
        let feeds = hours.calendars.iter().filter_map(|name| app.feeds.get(&app.backend.store, name)).collect();
        Clock { schedule: Schedule::new(zone, read), feeds, unread }
    }

    /// As the schedule wants them.
    pub fn feeds(&self) -> Vec<&Feed> {
        self.feeds.iter().map(Arc::as_ref).collect()
    }
}

fn readable<T: FromStr>(texts: &[String], unread: &mut Vec<String>) -> Vec<T>
where
    T::Err: std::fmt::Display,
{
    let mut read = Vec::new();
    for text in texts {
        match text.parse() {
            Ok(value) => read.push(value),
            Err(error) => unread.push(format!("{text}: {error}")),
        }
    }
    read
}

/// What was switched by hand and still holds.
pub(crate) fn by_hand(app: &App, name: &str) -> Option<Override> {
    fact::<Override>(&app.backend.store, name).filter(|by_hand| by_hand.holds(app.wall()))
}

/// What those hours say now: by hand, else by the clock; with why.
pub(crate) fn now(app: &App, config: &Config, hours: &Hours) -> (HoursState, String) {
    match by_hand(app, &hours.name) {
        Some(by_hand) => (by_hand.mode.into(), format!("by hand, {}", by_hand.by)),
        None => {
            let clock = Clock::of(app, config, hours);
            let why = clock.schedule.why(app.wall(), &clock.feeds());
            (HoursState::from(&why.state()), why.to_string())
        }
    }
}

/// In a word, with its colour.
pub(crate) fn word(state: HoursState) -> (&'static str, &'static str) {
    match state {
        HoursState::Open => ("ok", "Open"),
        HoursState::Closed => ("off", "Closed"),
        HoursState::Break => ("warn", "Break"),
        HoursState::Holiday => ("busy", "Holiday"),
    }
}
