//! What the store can be asked.

mod calls;
mod config;
mod recordings;

use base::RecordingId;
use exchange::record::{AccountRecord, AuditRecord, BindingRecord, FactRecord, Record};

use crate::codec::{self, Kind};
use crate::index::{audit_key, audit_lsn, audit_of_key};
use crate::journal::{Frame, LogReader, Pos};
use crate::{Store, StoreError};

pub use calls::{CallDetail, CallFilter, CallPage, OpenCall};
pub use config::ConfigInfo;
pub use recordings::{RecordingFilter, RecordingInfo, RecordingPage};

impl Store {
    /// All live bindings, by extension and key; also those whose time is over, for their removal is a
    /// record of its own.
    pub fn bindings(&self) -> Vec<BindingRecord> {
        let live = self.shared.live();
        live.bindings
            .values()
            .filter_map(|binding| match codec::decode(binding.lsn, Kind::Binding, &binding.record) {
                Ok(Record::Binding(record)) => Some(record),
                _ => None, // it was decoded before it was kept
            })
            .collect()
    }

    /// All accounts, by name.
    pub fn accounts(&self) -> Vec<AccountRecord> {
        self.shared.live().accounts.values().map(|account| account.record.clone()).collect()
    }

    /// The account of that name.
    pub fn account(&self, name: &str) -> Option<AccountRecord> {
        self.shared.live().accounts.get(name).map(|account| account.record.clone())
    }

    /// The newest fact of each key that begins so (`person/`, `message/101/`), by key.
    pub fn facts(&self, beginning: &str) -> Vec<FactRecord> {
        let live = self.shared.live();
        let from = live.facts.range(beginning.to_owned()..);
        from.take_while(|(key, _)| key.starts_with(beginning)).map(|(_, fact)| fact.record.clone()).collect()
    }

    /// The newest fact of one key.
    pub fn fact(&self, key: &str) -> Option<FactRecord> {
        self.shared.live().facts.get(key).map(|fact| fact.record.clone())
    }

    /// Rows of the audit log, newest first, each with its number; only rows before the one numbered
    /// `before`, if given.
    pub fn audit(&self, limit: usize, before: Option<u64>) -> Result<Vec<(u64, AuditRecord)>, StoreError> {
        self.audit_rows(limit, &audit_key(0), &audit_key(before.unwrap_or(u64::MAX)))
    }

    /// The rows of the audit log whose clause names this recording (`rec` and digits, as one word), newest
    /// first: who listened to it, and who deleted it.
    pub fn audit_of(&self, recording: RecordingId, limit: usize) -> Result<Vec<(u64, AuditRecord)>, StoreError> {
        self.audit_rows(limit, &audit_of_key(recording, 0), &audit_of_key(recording, u64::MAX))
    }

    fn audit_rows(&self, limit: usize, from: &[u8], to: &[u8]) -> Result<Vec<(u64, AuditRecord)>, StoreError> {
        let index = self.shared.slot.get()?;
        let mut places = Vec::new();
        index
            .scan_back(from, to, &mut |key, value| {
                if let (Some(lsn), Ok(pos)) = (audit_lsn(key), postcard::from_bytes::<Pos>(value)) {
                    places.push((lsn, pos));
                }
                places.len() < limit
            })
            .map_err(|e| StoreError::IndexNotReady(e.to_string()))?;
        places.truncate(limit);
        let mut rows = Vec::with_capacity(places.len());
        for (lsn, pos) in places {
            if let Some(Record::Audit(row)) = self.record_at((lsn, pos))? {
                rows.push((lsn, row));
            }
        }
        Ok(rows)
    }

    /// The record of that number and place; `None` if its segment is gone.
    fn record_at(&self, (lsn, pos): (u64, Pos)) -> Result<Option<Record>, StoreError> {
        match self.shared.reader.read_at(pos) {
            Ok(Frame { lsn: found, kind: Some(kind), payload }) if found == lsn => {
                codec::decode(lsn, kind, &payload).map(Some)
            }
            Ok(_) => Ok(None),
            Err(StoreError::Io { kind: std::io::ErrorKind::NotFound, .. }) => Ok(None),
            Err(e) => Err(e),
        }
    }
}
