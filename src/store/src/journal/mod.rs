//! The journal: every record in order, checksummed, durable before it is acknowledged.
//!
//! Owns the frames, the segment files and what is believed of them after a crash. Refuses to know
//! what a record means. [`Log`] is the seam at which a replicated log can take the place of files.
//!
//! **Invariants:**
//! - Numbers (LSNs) begin at 1, have no gaps and are never given to two acknowledged records.
//! - A segment named N exists only if record N − 1 is durable.
//! - A frame says up to which record the journal was durable when it was written. Hence a damaged
//!   frame that nobody can prove to have been acknowledged is a torn tail and is cut off; one that a
//!   later frame proves to have been acknowledged is damage, and opening refuses.

mod batch;
mod files;
mod frame;
mod read;
mod recover;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::StoreError;
use crate::codec::Kind;

pub(crate) use batch::Batch;
pub(crate) use files::{FileLog, SEGMENT_MAX};
pub use read::FileReader;
pub(crate) use read::{Frame, segment_files, segment_path};
pub use recover::Recovered;
pub(crate) use recover::{open, scan};

/// Where a frame is: a segment, by the number of its first record, and the octet in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Pos {
    /// The number of the segment's first record: its name.
    pub segment: u64,
    /// Octets from the beginning of the segment.
    pub offset: u32,
}

/// Where a reader stands: before record `lsn`, which begins at `pos` if it is in that segment at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The next record.
    pub lsn: u64,
    /// Where it should begin. Offset 0 means the beginning of the segment, before its header.
    pub pos: Pos,
}

/// The writing end of a journal. One owner; appends whole batches.
pub(crate) trait Log: Send {
    /// The last durable record; 0 if there is none.
    fn durable(&self) -> u64;
    /// Where the next record would begin.
    fn cursor(&self) -> Cursor;
    /// Writes the batch and makes it durable. On failure nothing of it counts, and the next call
    /// tries on clean ground. Tells where the batch begins.
    fn commit(&mut self, batch: &Batch) -> Result<Pos, StoreError>;
}

/// The reading end of a journal, shared by all who look things up.
pub(crate) trait LogReader: Send + Sync {
    /// Reads one frame.
    fn read_at(&self, pos: Pos) -> Result<Frame, StoreError>;
    /// Passes the records from `cursor` up to and with number `upto` to `visit`, in order, until it
    /// returns `false`; the cursor moves along. A record below `upto` that cannot be read is damage.
    fn follow(&self, cursor: &mut Cursor, upto: u64, visit: &mut Visit<'_>) -> Result<(), StoreError>;
    /// The beginning of what is still kept.
    fn first(&self) -> Result<Option<Cursor>, StoreError>;
}

/// What a reader does with a record: number, place, kind, octets; `false` stops.
pub(crate) type Visit<'a> = dyn FnMut(u64, Pos, Option<Kind>, &[u8]) -> Result<bool, StoreError> + 'a;
