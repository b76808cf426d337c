//! The journal's stand-in: acknowledges late, may refuse, and loses in a crash what it did not acknowledge.

use std::collections::{BTreeMap, VecDeque};

use base::{CallRef, Duration, Instant, Random, RecordingId, WallTime};
use exchange::record::{BindingRecord, CallEvent, FactRecord, Record, RecordingStep};
use exchange::{OpenCall, Restored};

/// How bad the disk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreFaults {
    /// The quickest commit.
    pub delay_min: Duration,
    /// The slowest commit.
    pub delay_max: Duration,
    /// Commits that fail, in thousandths.
    pub failure: u16,
}

impl StoreFaults {
    /// A healthy disk: 3 ms a commit.
    pub const NONE: StoreFaults =
        StoreFaults { delay_min: Duration::from_millis(3), delay_max: Duration::from_millis(3), failure: 0 };
    /// A sick one: up to 400 ms, and now and then an error.
    pub const BAD: StoreFaults =
        StoreFaults { delay_min: Duration::from_millis(1), delay_max: Duration::from_millis(400), failure: 20 };
}

/// What the store says about all records up to one, numbered from 1 as the exchange put them out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acknowledgement {
    /// They are on disk.
    Durable {
        /// The last one.
        upto: u64,
    },
    /// They are not, as far as they were not before.
    Failed {
        /// The last one.
        upto: u64,
    },
}

/// A journal in memory.
#[derive(Debug)]
pub struct FakeStore {
    /// How bad the disk is now.
    pub faults: StoreFaults,
    random: Random,
    /// Appended, not decided; each with the end of its commit.
    waiting: VecDeque<(Instant, Record)>,
    decided: u64,
    durable: Vec<Record>,
}

impl FakeStore {
    /// An empty store.
    pub fn new(faults: StoreFaults, random: Random) -> Self {
        FakeStore { faults, random, waiting: VecDeque::new(), decided: 0, durable: Vec::new() }
    }

    /// Takes a record; its number.
    pub fn append(&mut self, now: Instant, record: Record) -> u64 {
        let spread = self.faults.delay_max.saturating_sub(self.faults.delay_min).as_micros() as u64;
        let delay = self.faults.delay_min + Duration::from_micros(self.random.below(spread + 1));
        // Commits end in order; what came before an end joins that commit.
        let end = self.waiting.back().map_or(now + delay, |(last, _)| (*last).max(now + delay));
        self.waiting.push_back((end, record));
        self.decided + self.waiting.len() as u64
    }

    /// When the next commit ends.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.waiting.front().map(|(end, _)| *end)
    }

    /// The end of a commit, if one has ended by `now`.
    pub fn commit(&mut self, now: Instant) -> Option<Acknowledgement> {
        let group = self.waiting.iter().take_while(|(end, _)| *end <= now).count();
        if group == 0 {
            return None;
        }
        let fails = self.random.below(1000) < u64::from(self.faults.failure);
        let records = self.waiting.drain(..group).map(|(_, record)| record);
        if fails {
            records.for_each(drop);
        } else {
            self.durable.extend(records);
        }
        self.decided += group as u64;
        let upto = self.decided;
        Some(if fails { Acknowledgement::Failed { upto } } else { Acknowledgement::Durable { upto } })
    }

    /// All that is on disk.
    pub fn durable(&self) -> &[Record] {
        &self.durable
    }

    /// The process died: what was not acknowledged may be on disk up to some point, or not at all. The store
    /// then counts from 1 again for the next process, which starts with what this returns.
    pub fn crash(&mut self, wall: WallTime) -> Restored {
        let kept = self.random.below(self.waiting.len() as u64 + 1) as usize;
        self.durable.extend(self.waiting.drain(..).take(kept).map(|(_, record)| record));
        self.waiting.clear();
        self.decided = 0;
        self.restored(wall)
    }

    /// What the next process starts with, folded from the records on disk.
    pub fn restored(&self, wall: WallTime) -> Restored {
        let mut bindings: BTreeMap<(String, String), BindingRecord> = BTreeMap::new();
        let mut open: BTreeMap<CallRef, Vec<CallEvent>> = BTreeMap::new();
        let mut recordings: BTreeMap<RecordingId, CallRef> = BTreeMap::new();
        let mut facts: BTreeMap<String, FactRecord> = BTreeMap::new();
        for record in &self.durable {
            match record {
                Record::Binding(binding) => {
                    let key = (binding.extension.clone(), binding.key.clone());
                    match &binding.state {
                        Some(state) if state.expires_at > wall => drop(bindings.insert(key, binding.clone())),
                        _ => drop(bindings.remove(&key)),
                    }
                }
                Record::CallEvent(event) => open.entry(event.call).or_default().push(event.clone()),
                Record::CallEnded(ended) => drop(open.remove(&ended.call)),
                Record::Recording(record) => {
                    recordings.remove(&record.recording);
                    if let RecordingStep::Began { .. } = record.what {
                        recordings.insert(record.recording, record.call);
                    }
                }
                Record::Fact(fact) if fact.value.is_none() => drop(facts.remove(&fact.key)),
                Record::Fact(fact) => drop(facts.insert(fact.key.clone(), FactRecord::clone(fact))),
                Record::Ladder(_)
                | Record::ConfigApplied(_)
                | Record::Account(_)
                | Record::Audit(_)
                | Record::Track(_) => {}
            }
        }
        Restored {
            bindings: bindings.into_values().collect(),
            open_calls: open.into_iter().map(|(call, events)| OpenCall { call, events }).collect(),
            open_recordings: recordings.into_iter().collect(),
            facts: facts.into_values().collect(),
        }
    }
}
