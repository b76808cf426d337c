//! What the store can be asked.

mod calls;
mod config;

use exchange::record::{AccountRecord, AuditRecord, BindingRecord, Record};

use crate::codec;
use crate::index::{audit_key, audit_lsn};
use crate::journal::{LogReader, Pos};
use crate::{Store, StoreError};

pub use calls::{CallDetail, CallFilter, CallPage, OpenCall};
pub use config::ConfigInfo;

impl Store {
    /// All live bindings, by extension and key; also those whose time is over, for their removal is a
    /// record of its own.
    pub fn bindings(&self) -> Vec<BindingRecord> {
        let live = self.shared.live();
        live.bindings
            .values()
            .filter_map(|binding| match codec::decode(binding.lsn, &binding.record) {
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

    /// Rows of the audit log, newest first, each with its number; only rows before the one numbered
    /// `before`, if given.
    pub fn audit(&self, limit: usize, before: Option<u64>) -> Result<Vec<(u64, AuditRecord)>, StoreError> {
        let index = self.shared.slot.get()?;
        let mut places = Vec::new();
        let to = audit_key(before.unwrap_or(u64::MAX));
        index
            .scan_back(&audit_key(0), &to, &mut |key, value| {
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
            Ok(frame) if frame.lsn == lsn => codec::decode(lsn, &frame.payload).map(Some),
            Ok(_) => Ok(None),
            Err(StoreError::Io { kind: std::io::ErrorKind::NotFound, .. }) => Ok(None),
            Err(e) => Err(e),
        }
    }
}
