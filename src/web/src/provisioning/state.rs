//! What is kept of a phone: its invitations and its last visit, as the fact `phone/<mac>`.

use std::net::{IpAddr, SocketAddr};

use base::{Duration, WallTime};
use exchange::record::{FactRecord, Record};
use serde::{Deserialize, Serialize};
use store::Store;

use crate::app::App;
use crate::error::Trouble;

/// An invitation that nobody uses is open so long.
const INVITATION_OPEN: Duration = Duration::from_secs(24 * 60 * 60);
/// Once used, it is open so long to the same address, for the first answer may be lost.
const AGAIN_WITHIN: Duration = Duration::from_secs(15 * 60);
/// A visit that is like the last one is written down when that one is so old.
const VISIT_EVERY: Duration = Duration::from_secs(60 * 60);

/// What is kept of a phone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct PhoneState {
    /// Raised to make all that the phone was given worthless.
    pub generation: u32,
    /// Invitations so far; the last one may be open.
    pub invitations: u32,
    /// Until when the last one is open; none: it is closed.
    pub open_until: Option<WallTime>,
    /// When it was used, and from where.
    pub used: Option<(WallTime, IpAddr)>,
    /// When the phone fetched its settings last.
    pub fetched_at: Option<WallTime>,
    /// From where.
    pub from: Option<SocketAddr>,
    /// What it called itself: maker, model, firmware.
    pub agent: String,
}

impl PhoneState {
    /// Of this phone; a phone without a fact has nothing yet.
    pub fn of(app: &App, mac: &str) -> Self {
        PhoneState::kept(&app.backend.store, mac)
    }

    /// The same from the store itself.
    pub fn kept(store: &Store, mac: &str) -> Self {
        let fact = store.fact(&key(mac)).and_then(|fact| fact.value);
        fact.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
    }

    /// Whether the last invitation may be used from there.
    pub fn is_open(&self, now: WallTime, source: IpAddr) -> bool {
        let in_time = self.open_until.is_some_and(|until| now.unix_ms() < until.unix_ms());
        in_time && self.used.is_none_or(|(at, from)| from == source && now.saturating_since(at) < AGAIN_WITHIN)
    }

    /// Opens a new one; the old one is worth nothing any more.
    pub fn invite(&mut self, now: WallTime) {
        self.invitations = self.invitations.saturating_add(1);
        self.open_until = Some(now + INVITATION_OPEN);
        self.used = None;
    }

    /// The phone was here; whether that is worth writing down.
    pub fn visit(&mut self, now: WallTime, from: SocketAddr, agent: &str) -> bool {
        let is_old = self.fetched_at.is_none_or(|at| now.saturating_since(at) >= VISIT_EVERY);
        let is_new = self.agent != agent || self.from.is_none_or(|old| old.ip() != from.ip());
        if is_old || is_new {
            self.fetched_at = Some(now);
            self.from = Some(from);
            agent.clone_into(&mut self.agent);
        }
        is_old || is_new
    }

    /// Changes what is kept, durably. `change` says whether there is anything to write.
    pub async fn change(
        app: &App,
        mac: &str,
        by: &str,
        change: impl FnOnce(&mut PhoneState) -> bool,
    ) -> Result<PhoneState, Trouble> {
        let _turn = app.provisioning.changing.lock().await;
        let mut state = PhoneState::of(app, mac);
        if change(&mut state) {
            let value = serde_json::to_string(&state).map_err(|_| Trouble::Internal("a phone's state"))?;
            write(app, mac, by, Some(value)).await?;
        }
        Ok(state)
    }

    /// Forgets all but the generation, which must never be used again: a phone that comes back gets new secrets.
    pub async fn retire(app: &App, mac: &str, by: &str) -> Result<(), Trouble> {
        PhoneState::change(app, mac, by, |state| {
            let (generation, invitations) = (state.generation.saturating_add(1), state.invitations);
            *state = PhoneState { generation, invitations, ..PhoneState::default() };
            true
        })
        .await
        .map(drop)
    }
}

async fn write(app: &App, mac: &str, by: &str, value: Option<String>) -> Result<(), Trouble> {
    let record = FactRecord { at: app.wall(), by: by.to_owned(), key: key(mac), value };
    app.append(Record::Fact(Box::new(record))).await
}

fn key(mac: &str) -> String {
    format!("phone/{mac}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_is_for_one_place_and_one_day() {
        let (here, there): (IpAddr, IpAddr) = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        let at = |s: u64| WallTime::from_unix_ms(1_000_000) + Duration::from_secs(s);
        let mut state = PhoneState::default();
        assert!(!state.is_open(at(0), here));
        state.invite(at(0));
        assert!(state.is_open(at(86_399), here) && !state.is_open(at(86_400), here));
        state.used = Some((at(10), here));
        assert!(state.is_open(at(20), here) && !state.is_open(at(20), there));
        assert!(!state.is_open(at(10 + 15 * 60), here));
        state.invite(at(5_000));
        assert!(state.is_open(at(5_000), there));
    }

    #[test]
    fn visits_are_written_when_they_say_something() {
        let from = SocketAddr::from(([10, 0, 0, 1], 4000));
        let at = |s: u64| WallTime::from_unix_ms(1_000_000) + Duration::from_secs(s);
        let mut state = PhoneState::default();
        assert!(state.visit(at(0), from, "Yealink 1"));
        assert!(!state.visit(at(60), from, "Yealink 1"));
        assert!(state.visit(at(61), from, "Yealink 2"), "new firmware");
        assert!(state.visit(at(61 + 3_600), from, "Yealink 2"));
    }
}
