//! The index: where in the journal a call, a recording, a configuration version or an audit row is found.
//!
//! A projection that may be thrown away at any time: all that is in it is folded from the journal, and
//! folding a record twice changes nothing. It holds places, not records, so it stays small.

mod fold;
mod forget;
pub(crate) mod keeper;
mod keys;
mod marker;
mod memory;
mod rows;
mod sled;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

pub use memory::MemoryIndex;
pub use sled::SledIndex;

pub(crate) use fold::IndexFold;
pub(crate) use keys::{
    Step, audit_key, audit_lsn, audit_of_key, call_key, call_of, config_key, kept_key, last_id, party_range,
    recording_key, recording_of_call_key, recording_of_key, track_key,
};
pub(crate) use rows::{BeganRow, CallRow, ConfigRow};

/// An ordered map from octets to octets; the trees are told apart by a key's first octet.
///
/// Its promise is weak on purpose: what was applied must be seen by later reads of this process, and
/// survive a crash of the process in order (a later batch never without an earlier one). A power cut
/// may take anything: then the index is rebuilt.
pub trait Index: Send + Sync {
    /// Applies the changes in order, as one: a value to set, or `None` to remove the key.
    fn apply(&self, changes: Vec<(Vec<u8>, Option<Vec<u8>>)>) -> Result<(), IndexError>;
    /// The value of a key.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, IndexError>;
    /// Passes the entries with `from <= key < to`, greatest key first, to `visit` until it returns `false`.
    /// `visit` must not call the index.
    fn scan_back(&self, from: &[u8], to: &[u8], visit: &mut Visit<'_>) -> Result<(), IndexError>;
    /// Makes everything applied so far durable; called once, before a clean end.
    fn sync(&self) -> Result<(), IndexError>;
}

/// What a scan does with an entry; `false` stops it.
pub type Visit<'a> = dyn FnMut(&[u8], &[u8]) -> bool + 'a;

/// The index failed; it will be rebuilt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct IndexError(pub String);

/// Opens an index in an existing folder of its own, making it if the folder is empty.
pub type OpenIndex = Arc<dyn Fn(&Path) -> Result<Arc<dyn Index>, IndexError> + Send + Sync>;
