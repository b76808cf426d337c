//! The live state: what a running box needs at once, folded from the journal and kept in memory.
//!
//! Bindings, accounts, the head of the configuration, the calls and the recordings under way. History is the index's.
//! A binding is kept as the octets of its record: ten thousand of them are a few megabytes.

use std::collections::BTreeMap;

use base::{CallRef, ConfigVersion, RecordingId, WallTime};
use exchange::record::{AccountRecord, CallEventKind, ConfigContent, ConfigRecord, FactRecord, Record, RecordingStep};
use serde::{Deserialize, Serialize};

use crate::StoreError;
use crate::codec::{self, Kind};
use crate::journal::{Cursor, Pos};

/// The fold over all records so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Live {
    /// Before which record this state is, and where that begins.
    pub(crate) cursor: Cursor,
    /// By extension and key, with a NUL between.
    pub(crate) bindings: BTreeMap<Box<str>, Binding>,
    pub(crate) accounts: BTreeMap<String, Account>,
    pub(crate) config: Option<ConfigHead>,
    pub(crate) open_calls: BTreeMap<CallRef, OpenCallState>,
    /// Recordings that began and have not ended: where they began.
    pub(crate) open_recordings: BTreeMap<RecordingId, (u64, Pos)>,
    /// What was set at run time, by its key.
    pub(crate) facts: BTreeMap<String, Fact>,
}

/// The newest fact of a key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Fact {
    pub(crate) lsn: u64,
    pub(crate) record: FactRecord,
}

/// A live binding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Binding {
    pub(crate) lsn: u64,
    /// The record's octets.
    #[serde(with = "octets")]
    pub(crate) record: Box<[u8]>,
}

/// An account that exists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) lsn: u64,
    pub(crate) record: AccountRecord,
}

/// The current version of the configuration without its text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ConfigHead {
    pub(crate) version: ConfigVersion,
    pub(crate) at: WallTime,
    pub(crate) author: String,
    pub(crate) reason: String,
    /// The record with the last whole text, then the patches since, each with its number.
    pub(crate) chain: Vec<(u64, Pos)>,
}

/// A call without its final record.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct OpenCallState {
    /// Its events, each with its number.
    pub(crate) events: Vec<(u64, Pos)>,
    pub(crate) ladder: Option<(u64, Pos)>,
}

/// Events beyond this many of one call stay in the journal but are not shown with it: a key held
/// down for an hour must not fill the memory.
pub(crate) const EVENTS_PER_CALL_MAX: usize = 2_000;
/// Calls under way beyond this many are not remembered as open (the box is sized for a tenth of it).
pub(crate) const OPEN_CALLS_MAX: usize = 100_000;
/// Recordings under way beyond this many are not remembered as open.
const OPEN_RECORDINGS_MAX: usize = 100_000;

impl OpenCallState {
    /// Folds one event in.
    pub(crate) fn event(&mut self, lsn: u64, pos: Pos, what: &CallEventKind) {
        // A call begins with `Started`. When old segments go, the events of a call under way are
        // written again from the first on; the copies take the place of the originals.
        if matches!(what, CallEventKind::Started { .. }) {
            self.events.clear();
        }
        if self.events.len() < EVENTS_PER_CALL_MAX {
            self.events.push((lsn, pos));
        }
    }
}

impl Default for Live {
    fn default() -> Self {
        Live {
            cursor: Cursor { lsn: 1, pos: Pos { segment: 1, offset: 0 } },
            bindings: BTreeMap::new(),
            accounts: BTreeMap::new(),
            config: None,
            open_calls: BTreeMap::new(),
            open_recordings: BTreeMap::new(),
            facts: BTreeMap::new(),
        }
    }
}

impl Live {
    /// Folds one record in. Records of a kind that this version does not know change nothing.
    pub(crate) fn apply(&mut self, lsn: u64, pos: Pos, kind: Option<Kind>, payload: &[u8]) -> Result<(), StoreError> {
        match kind {
            Some(Kind::Binding) => self.apply_binding(lsn, payload)?,
            Some(Kind::Audit | Kind::Track) | None => {}
            Some(
                kind @ (Kind::CallEvent
                | Kind::CallEnded
                | Kind::CallEndedFirst
                | Kind::Ladder
                | Kind::Config
                | Kind::Account
                | Kind::Fact
                | Kind::Recording),
            ) => self.apply_decoded(lsn, pos, codec::decode(lsn, kind, payload)?),
        }
        Ok(())
    }

    fn apply_binding(&mut self, lsn: u64, payload: &[u8]) -> Result<(), StoreError> {
        let head = codec::binding_head(lsn, payload)?;
        let key = format!("{}\0{}", head.extension, head.key);
        if head.lives {
            let binding = Binding { lsn, record: payload.into() };
            match self.bindings.get_mut(key.as_str()) {
                Some(old) => *old = binding,
                None => {
                    self.bindings.insert(key.into(), binding);
                }
            }
        } else {
            self.bindings.remove(key.as_str());
        }
        Ok(())
    }

    fn apply_decoded(&mut self, lsn: u64, pos: Pos, record: Record) {
        match record {
            Record::CallEvent(event) => {
                if self.open_calls.len() < OPEN_CALLS_MAX || self.open_calls.contains_key(&event.call) {
                    self.open_calls.entry(event.call).or_default().event(lsn, pos, &event.what);
                }
            }
            Record::Ladder(ladder) => {
                if let Some(open) = self.open_calls.get_mut(&ladder.call) {
                    open.ladder = Some((lsn, pos));
                }
            }
            Record::CallEnded(call) => {
                self.open_calls.remove(&call.call);
            }
            Record::ConfigApplied(config) => self.apply_config(lsn, pos, *config),
            Record::Account(record) if record.password.is_none() => {
                self.accounts.remove(&record.name);
            }
            Record::Account(record) => {
                self.accounts.insert(record.name.clone(), Account { lsn, record });
            }
            Record::Recording(recording) => match recording.what {
                RecordingStep::Began { .. } if self.open_recordings.len() < OPEN_RECORDINGS_MAX => {
                    self.open_recordings.insert(recording.recording, (lsn, pos));
                }
                RecordingStep::Began { .. } => {}
                RecordingStep::Ended(_) | RecordingStep::Deleted { .. } => {
                    self.open_recordings.remove(&recording.recording);
                }
            },
            Record::Fact(record) if record.value.is_none() => {
                self.facts.remove(record.key.as_str());
            }
            Record::Fact(record) => {
                self.facts.insert(record.key.clone(), Fact { lsn, record: *record });
            }
            Record::Binding(_) | Record::Audit(_) | Record::Track(_) => {}
        }
    }

    fn apply_config(&mut self, lsn: u64, pos: Pos, config: ConfigRecord) {
        let mut chain = match (&config.content, self.config.take()) {
            (ConfigContent::Whole(_), _) => Vec::new(),
            (ConfigContent::Patch(_), Some(before)) => before.chain,
            (ConfigContent::Patch(_), None) => Vec::new(),
        };
        chain.push((lsn, pos));
        let ConfigRecord { version, at, author, reason, .. } = config;
        self.config = Some(ConfigHead { version, at, author, reason, chain });
    }
}

/// Octets as one piece, where a list of numbers would be written one by one.
mod octets {
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::borrowed_box, reason = "the signature that serde's `with` asks for")]
    pub(super) fn serialize<S: Serializer>(bytes: &Box<[u8]>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(bytes)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Box<[u8]>, D::Error> {
        <&[u8]>::deserialize(from).map(Into::into)
    }
}
