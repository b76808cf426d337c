//! Calendars that close opening hours: fetched now and then, kept as facts, read by the dial plan.
//!
//! Each is asked for when its time has come, and at once when it is new or its address has changed. What was fetched
//! last stays in force while its server is away: hours do not open because a calendar is out of reach.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base::WallTime;
use config::{Calendar, Config};
use dialplan::state::{Fact, FeedText};
use exchange::io::Command;
use net::dns::{Locator, LocatorOptions};
use net::fetch::{FetchError, FetchLimits, Fetched, Fetcher, Known};
use store::Store;
use tokio::runtime::Handle;
use web::CurrentConfig;

use crate::asks::Asks;
use crate::host::{random, wall_clock};
use crate::signalling::Inbox;

/// How often it is looked whether one is due; a new one waits this long.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// One that failed is asked for again after this long, or its own time where that is shorter.
const RETRY: Duration = Duration::from_secs(15 * 60);
/// Longest text kept, octets: a fact holds a million in all, and JSON writes some octets as two.
const TEXT_MAX: usize = 400_000;
/// By whom a fact is set, for the record.
const BY: &str = "calendar";

/// Whoever fetches them.
pub struct Calendars {
    fetcher: Fetcher,
    store: Store,
    config: Arc<CurrentConfig>,
    asks: Arc<Asks>,
    inbox: Inbox,
    /// The address under which each was fetched in this run, and when it was asked for last.
    asked: BTreeMap<String, (String, WallTime)>,
}

impl Calendars {
    /// Starts it; it ends with the runtime.
    pub fn start(
        handle: &Handle,
        store: Store,
        config: Arc<CurrentConfig>,
        asks: Arc<Asks>,
        inbox: Inbox,
    ) -> anyhow::Result<()> {
        let locator = Locator::new(LocatorOptions::system(random()?));
        let fetcher = Fetcher::new(locator, &[])?;
        let mut calendars = Calendars { fetcher, store, config, asks, inbox, asked: BTreeMap::new() };
        handle.spawn(async move {
            loop {
                calendars.round().await;
                tokio::time::sleep(LOOK_EVERY).await;
            }
        });
        Ok(())
    }

    /// Fetches what is due, one after the other: each has a limit of time of its own.
    async fn round(&mut self) {
        let (_, config) = self.config.load();
        self.forget(&config).await;
        for calendar in config.calendars.values() {
            let last = self.last(&calendar.name);
            let asked = self.asked.get(&calendar.name);
            if is_due(calendar, asked, last.as_ref(), wall_clock()) {
                let is_other = asked.is_some_and(|(url, _)| *url != calendar.url);
                self.asked.insert(calendar.name.clone(), (calendar.url.clone(), wall_clock()));
                let mut last = last.unwrap_or_default();
                if is_other {
                    // What another address said of its document says nothing of this one's.
                    (last.etag, last.modified) = (String::new(), String::new());
                }
                self.fetch(calendar, last).await;
            }
        }
    }

    fn last(&self, name: &str) -> Option<FeedText> {
        let fact = self.store.fact(&format!("{}/{name}", FeedText::KIND))?;
        serde_json::from_str(&fact.value?).ok()
    }

    async fn fetch(&self, calendar: &Calendar, last: FeedText) {
        let filled = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let known = Known { etag: filled(&last.etag), last_modified: filled(&last.modified) };
        let known = if last.text.is_empty() { Known::default() } else { known };
        let limits = FetchLimits { size_max: TEXT_MAX, ..FetchLimits::default() };
        let came = self.fetcher.get(&calendar.url, &known, &limits).await;
        if let Err(error) = &came {
            tracing::warn!(calendar = calendar.name, %error, "a calendar was not fetched");
        }
        if let Some(feed) = fold(last, came, wall_clock()) {
            self.put(&calendar.name, serde_json::to_string(&feed).ok()).await;
        }
    }

    /// What is no longer in the document leaves the facts too.
    async fn forget(&mut self, config: &Config) {
        self.asked.retain(|name, _| config.calendars.contains_key(name));
        let kept = self.store.facts(&format!("{}/", FeedText::KIND));
        for fact in kept.into_iter().filter(|fact| fact.value.is_some()) {
            let name = fact.key.split_once('/').map_or("", |(_, name)| name);
            if !config.calendars.contains_key(name) {
                self.put(name, None).await;
            }
        }
    }

    async fn put(&self, name: &str, value: Option<String>) {
        let command = Command::PutFact { key: format!("{}/{name}", FeedText::KIND), value, by: BY.to_owned() };
        if let Err(refusal) = Arc::clone(&self.asks).ask(self.inbox.clone(), command).await {
            tracing::warn!(calendar = name, why = refusal.0, "a calendar was not kept");
        }
    }
}

/// Has its time come?
fn is_due(calendar: &Calendar, asked: Option<&(String, WallTime)>, last: Option<&FeedText>, now: WallTime) -> bool {
    let refresh = Duration::from_secs(u64::from(calendar.refresh_h) * 3_600);
    let is_over = |since: WallTime, wait: Duration| {
        // A clock that was set back makes it due, not late for ever.
        now < since || now.saturating_since(since).as_millis() >= wait.as_millis()
    };
    match (asked, last) {
        (Some((url, _)), _) if *url != calendar.url => true,
        (Some((_, at)), Some(last)) if !last.error.is_empty() => is_over(*at, RETRY.min(refresh)),
        (Some((_, at)), None) => is_over(*at, RETRY.min(refresh)),
        (_, Some(last)) if last.error.is_empty() => is_over(last.fetched, refresh),
        (Some((_, at)), Some(_)) => is_over(*at, refresh),
        (None, _) => true,
    }
}

/// What is known after a fetch; none: nothing to be written down.
fn fold(last: FeedText, came: Result<Fetched, FetchError>, now: WallTime) -> Option<FeedText> {
    Some(match came {
        Ok(Fetched::Unchanged) => FeedText { fetched: now, error: String::new(), ..last },
        Ok(Fetched::Document { body, known }) => {
            let text = String::from_utf8_lossy(&body).into_owned();
            if !text.trim_start_matches('\u{feff}').trim_start().starts_with("BEGIN:VCALENDAR") {
                return failed(last, "what came is no calendar (RFC 5545)".to_owned());
            }
            FeedText {
                text,
                fetched: now,
                etag: known.etag.unwrap_or_default(),
                modified: known.last_modified.unwrap_or_default(),
                error: String::new(),
            }
        }
        Err(error) => return failed(last, error.to_string()),
    })
}

/// The text stays; a failure that is known already is not written down again.
fn failed(last: FeedText, error: String) -> Option<FeedText> {
    (last.error != error).then_some(FeedText { error, ..last })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar() -> Calendar {
        Calendar { name: "team".into(), url: "https://calendar.example.com/team.ics".into(), refresh_h: 12 }
    }

    fn at(hours: u64) -> WallTime {
        WallTime::from_unix_ms(1_700_000_000_000) + base::Duration::from_secs(hours * 3_600)
    }

    #[test]
    fn it_is_fetched_when_new_when_its_time_has_come_and_soon_after_a_failure() {
        let calendar = calendar();
        let asked = (calendar.url.clone(), at(0));
        let good = FeedText { text: "BEGIN:VCALENDAR".into(), fetched: at(0), ..FeedText::default() };
        let bad = FeedText { error: "no answer".into(), ..good.clone() };
        assert!(is_due(&calendar, None, None, at(0)));
        assert!(!is_due(&calendar, None, Some(&good), at(11)), "a restart does not fetch what is fresh");
        assert!(is_due(&calendar, None, Some(&good), at(12)));
        assert!(
            !is_due(&calendar, Some(&asked), Some(&bad), at(0)) && is_due(&calendar, Some(&asked), Some(&bad), at(1))
        );
        assert!(is_due(&calendar, Some(&("https://other".into(), at(0))), Some(&good), at(0)), "another address");
        assert!(is_due(&calendar, Some(&asked), Some(&good), WallTime::from_unix_ms(0)), "a clock set back");
    }

    #[test]
    fn a_failure_leaves_the_text_in_force_and_is_told_once() {
        let good = FeedText { text: "BEGIN:VCALENDAR".into(), fetched: at(0), etag: "x".into(), ..FeedText::default() };
        let failed = fold(good.clone(), Err(FetchError::Status { status: 500 }), at(1)).expect("told");
        assert_eq!((failed.text.as_str(), failed.fetched), ("BEGIN:VCALENDAR", at(0)));
        assert!(failed.error.contains("500"));
        assert_eq!(fold(failed.clone(), Err(FetchError::Status { status: 500 }), at(2)), None);
        let again = fold(failed, Ok(Fetched::Unchanged), at(3)).expect("told");
        assert_eq!((again.error.as_str(), again.fetched), ("", at(3)));
        let page = Fetched::Document { body: "<html>".into(), known: Known::default() };
        assert!(fold(good, Ok(page), at(4)).is_some_and(|feed| feed.error.contains("no calendar")));
    }
}
