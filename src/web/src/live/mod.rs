//! The live view and its news: the exchange's events folded once, handed to each listener as a snapshot first and
//! then as what has changed since, coalesced.
//!
//! The hub keeps a short log of *which* rows changed, not of the changes: a slow listener gets each row once, as it
//! is now, and one that has fallen behind the log gets a new snapshot. So a listener costs no queue at all.

mod rows;

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use base::{CallRef, Duration, WallTime};
use exchange::live::{Event, LiveDevice, LiveView};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

pub(crate) use rows::{CallRow, Changes, Counts, PartyRow, RecentRow, RegistrationRow, Snapshot};

/// Listeners at once; beyond it the answer is 503.
const LISTENERS_MAX: usize = 64;
/// Changed rows remembered for listeners that are behind.
const LOG_MAX: usize = 8_192;
/// Comings and goings of devices kept for the overview.
const RECENT_MAX: usize = 12;
/// A listener hears news at most this often: four times a second.
pub(crate) const PAUSE: Duration = Duration::from_millis(250);

/// Folds the exchange's events and tells listeners.
#[derive(Debug)]
pub struct LiveHub {
    state: Mutex<State>,
    latest: watch::Sender<u64>,
    listeners: Arc<Semaphore>,
    clock: fn() -> WallTime,
}

#[derive(Debug, Default)]
struct State {
    view: LiveView,
    devices: usize,
    /// Number of the last change.
    seq: u64,
    log: VecDeque<(u64, Key)>,
    recent: VecDeque<(u64, Recent)>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Call(CallRef),
    Extension(String),
}

/// A device came or went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recent {
    pub at: WallTime,
    pub extension: String,
    pub came: bool,
    pub user_agent: String,
    pub from: String,
}

impl LiveHub {
    /// An empty view; `clock` dates the comings and goings.
    pub fn new(clock: fn() -> WallTime) -> Arc<Self> {
        Arc::new(LiveHub {
            state: Mutex::default(),
            latest: watch::Sender::new(0),
            listeners: Arc::new(Semaphore::new(LISTENERS_MAX)),
            clock,
        })
    }

    /// Folds one event in and wakes the listeners. Never blocks for long: O(log n) under a short lock.
    pub fn publish(&self, event: &Event) {
        let seq = {
            let mut state = self.state();
            state.fold(event, (self.clock)());
            state.seq
        };
        self.latest.send_replace(seq);
    }

    /// Reads the view.
    pub fn read<T>(&self, read: impl FnOnce(&LiveView) -> T) -> T {
        read(&self.state().view)
    }

    /// How many of what there are.
    pub(crate) fn counts(&self) -> Counts {
        self.state().counts()
    }

    /// Comings and goings, newest first.
    pub(crate) fn recent(&self) -> Vec<Recent> {
        self.state().recent.iter().rev().map(|(_, recent)| recent.clone()).collect()
    }

    /// Begins to listen; `None` when there are too many listeners. `extensions` names those whose devices are of
    /// interest; `None` is all.
    pub(crate) fn listen(self: &Arc<Self>, extensions: Option<BTreeSet<String>>) -> Option<Listener> {
        let place = Arc::clone(&self.listeners).try_acquire_owned().ok()?;
        let latest = self.latest.subscribe();
        Some(Listener { hub: Arc::clone(self), latest, extensions, seen: None, _place: place })
    }

    /// How many listen now.
    pub(crate) fn listeners(&self) -> usize {
        LISTENERS_MAX - self.listeners.available_permits()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn fold(&mut self, event: &Event, now: WallTime) {
        self.seq += 1;
        let key = match event {
            Event::Call(row) => Key::Call(row.call),
            Event::CallEnded { call, .. } => Key::Call(*call),
            Event::Registration { extension, devices } => {
                let before = self.view.registrations.get(extension).cloned().unwrap_or_default();
                self.devices = self.devices + devices.len() - before.len();
                self.note_devices(extension, &before, devices, now);
                Key::Extension(extension.clone())
            }
            // Told by the pages that show them when they are drawn; no row of the stream yet.
            Event::Trunk(_) | Event::TrunkGone { .. } | Event::Emergency { .. } | Event::Mailbox { .. } => {
                return self.view.apply(event);
            }
            Event::Whole(view) => {
                self.devices = view.registrations.values().map(Vec::len).sum();
                self.view.apply(event);
                self.log.clear(); // an empty log sends every listener a new snapshot
                return;
            }
        };
        self.view.apply(event);
        self.log.push_back((self.seq, key));
        if self.log.len() > LOG_MAX {
            self.log.pop_front();
        }
    }

    fn note_devices(&mut self, extension: &str, before: &[LiveDevice], after: &[LiveDevice], now: WallTime) {
        let is_in = |device: &LiveDevice, list: &[LiveDevice]| list.iter().any(|other| other.contact == device.contact);
        let came = after.iter().filter(|device| !is_in(device, before)).map(|device| (true, device));
        let went = before.iter().filter(|device| !is_in(device, after)).map(|device| (false, device));
        for (came, device) in came.chain(went) {
            let recent = Recent {
                at: now,
                extension: extension.to_owned(),
                came,
                user_agent: device.user_agent.clone(),
                from: device.from.clone(),
            };
            self.recent.push_back((self.seq, recent));
            if self.recent.len() > RECENT_MAX {
                self.recent.pop_front();
            }
        }
    }

    fn counts(&self) -> Counts {
        Counts { calls: self.view.calls.len(), extensions: self.view.registrations.len(), devices: self.devices }
    }

    fn snapshot(&self, extensions: Option<&BTreeSet<String>>) -> Snapshot {
        let wanted = |number: &String| extensions.is_none_or(|list| list.contains(number));
        let registrations = self.view.registrations.iter().filter(|(number, _)| wanted(number));
        Snapshot {
            now: String::new(),
            calls: self.view.calls.values().map(CallRow::from).collect(),
            registrations: registrations.map(|(number, list)| RegistrationRow::new(number, list)).collect(),
            counts: self.counts(),
            recent: self.recent.iter().rev().map(|(_, recent)| RecentRow::from(recent)).collect(),
        }
    }

    /// What changed after `seen`; `None` if the log does not reach back that far.
    fn changes(&self, seen: u64, extensions: Option<&BTreeSet<String>>) -> Option<Changes> {
        if self.log.front().is_none_or(|(first, _)| *first > seen + 1) {
            return None;
        }
        let keys: BTreeSet<&Key> =
            self.log.iter().rev().take_while(|(seq, _)| *seq > seen).map(|(_, key)| key).collect();
        let mut changes = Changes { counts: self.counts(), ..Changes::default() };
        for key in keys {
            match key {
                Key::Call(call) => match self.view.calls.get(call) {
                    Some(row) => changes.calls.push(CallRow::from(row)),
                    None => changes.ended.push(call.to_string()),
                },
                Key::Extension(number) if extensions.is_some_and(|list| !list.contains(number)) => {}
                Key::Extension(number) => {
                    let devices = self.view.registrations.get(number).map_or(&[][..], Vec::as_slice);
                    changes.registrations.push(RegistrationRow::new(number, devices));
                }
            }
        }
        let recent = self.recent.iter().rev().take_while(|(seq, _)| *seq > seen);
        changes.recent = recent.map(|(_, recent)| RecentRow::from(recent)).collect();
        Some(changes)
    }
}

/// One who listens; its place is free again when it is dropped.
pub(crate) struct Listener {
    hub: Arc<LiveHub>,
    latest: watch::Receiver<u64>,
    extensions: Option<BTreeSet<String>>,
    seen: Option<u64>,
    _place: OwnedSemaphorePermit,
}

/// What a listener hears.
#[derive(Debug, PartialEq)]
pub(crate) enum News {
    Snapshot(Snapshot),
    Changes(Changes),
}

impl Listener {
    /// The snapshot at once, then each time something has changed. `None` when the hub is gone.
    pub async fn next(&mut self) -> Option<News> {
        let Some(seen) = self.seen else {
            return Some(self.snapshot());
        };
        while *self.latest.borrow_and_update() <= seen {
            self.latest.changed().await.ok()?;
        }
        let (seq, changes) = {
            let state = self.hub.state();
            (state.seq, state.changes(seen, self.extensions.as_ref()))
        };
        match changes {
            Some(changes) => {
                self.seen = Some(seq);
                Some(News::Changes(changes))
            }
            None => Some(self.snapshot()),
        }
    }

    fn snapshot(&mut self) -> News {
        let state = self.hub.state();
        self.seen = Some(state.seq);
        let mut snapshot = state.snapshot(self.extensions.as_ref());
        snapshot.now = crate::words::iso((self.hub.clock)());
        News::Snapshot(snapshot)
    }
}

#[cfg(test)]
mod tests;
