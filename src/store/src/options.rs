//! How a store is opened.

use std::fmt;
use std::sync::Arc;

use crate::disk::{Disk, OsDisk};
use crate::index::{OpenIndex, SledIndex};
use crate::journal::SEGMENT_MAX;

/// How a store is opened. The default suits the box.
#[derive(Clone)]
pub struct StoreOptions {
    /// The journal may grow to this many octets; then its oldest segments go, and with them the calls,
    /// audit rows and configuration versions that only they tell of. What is in force stays.
    pub journal_max: u64,
    /// A segment that has grown to this many octets is followed by a new one.
    pub segment_max: u64,
    /// The live state is written to the checkpoint after this many octets of journal: about this much is
    /// replayed at the next start.
    pub checkpoint_every: u64,
    /// The index; sled unless a test or a tool wants another.
    pub index: OpenIndex,
    /// The disk under journal and checkpoint.
    pub disk: Arc<dyn Disk>,
}

impl Default for StoreOptions {
    fn default() -> Self {
        StoreOptions {
            journal_max: 8 << 30,
            segment_max: SEGMENT_MAX,
            checkpoint_every: 8 << 20,
            index: Arc::new(SledIndex::open),
            disk: Arc::new(OsDisk),
        }
    }
}

impl fmt::Debug for StoreOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreOptions")
            .field("journal_max", &self.journal_max)
            .field("segment_max", &self.segment_max)
            .field("checkpoint_every", &self.checkpoint_every)
            .finish_non_exhaustive()
    }
}
