//! Letting the oldest segments go when the journal has grown to its bound.
//!
//! In this order, so that a crash between any two steps loses nothing: what is still in force and said
//! only there is written again; the index forgets what was only there; a checkpoint without a word from
//! there is written; the file is removed.

use std::sync::{PoisonError, TryLockError, mpsc};

use base::RecordingId;

use crate::StoreError;
use crate::checkpoint;
use crate::journal::{Pos, segment_files};
use crate::shared::Shared;

/// A fact about a recording that only records about to go may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InForce {
    /// Its file is kept: where it began, and where it ended if it has.
    Kept { recording: RecordingId, began: Pos, ended: Option<Pos> },
    /// It was deleted, and records that stay tell of it.
    Deleted(Pos),
}

/// What the keeper of the index does for the retention.
pub(crate) trait Keeps {
    /// The facts about recordings that records before `before` say and that must be written again.
    fn in_force(&mut self, before: u64) -> Result<Vec<InForce>, StoreError>;
    /// Takes out of the index what only records before `before` say.
    fn forget_before(&mut self, before: u64) -> Result<(), StoreError>;
}

/// Removes segments until the journal is within its bound; the last one always stays.
pub(crate) fn enforce(shared: &Shared, keeper: &mut impl Keeps) {
    loop {
        match remove_one(shared, keeper) {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                tracing::warn!(%error, "an old journal segment stays for now");
                return;
            }
        }
    }
}

fn remove_one(shared: &Shared, keeper: &mut impl Keeps) -> Result<bool, StoreError> {
    let dir = shared.journal_dir();
    let segments = segment_files(shared.disk.as_ref(), &dir)?;
    let (Some(oldest), Some(before)) = (segments.first().copied(), segments.get(1).copied()) else { return Ok(false) };
    let mut size = 0;
    for segment in &segments {
        let path = crate::journal::segment_path(&dir, *segment);
        let file = shared.disk.open_read(&path).map_err(|e| StoreError::io(&path, &e))?;
        size += file.size().map_err(|e| StoreError::io(&path, &e))?;
    }
    if size <= shared.options.journal_max {
        return Ok(false);
    }
    // A backup is reading: later, then.
    let _alone = match shared.segments_stay.try_write() {
        Ok(guard) => guard,
        Err(TryLockError::Poisoned(poisoned)) => PoisonError::into_inner(poisoned),
        Err(TryLockError::WouldBlock) => return Ok(false),
    };
    let (done, carried) = mpsc::channel();
    shared.queue.push_carry(before, keeper.in_force(before)?, done);
    carried.recv().map_err(|_| StoreError::Closed)??;
    keeper.forget_before(before)?;
    let bytes = checkpoint::encode(&shared.live())?;
    checkpoint::write(shared.disk.as_ref(), &shared.dir, &bytes)?;
    let path = crate::journal::segment_path(&dir, oldest);
    shared.disk.remove(&path).and_then(|()| shared.disk.sync_dir(&dir)).map_err(|e| StoreError::io(&path, &e))?;
    shared.reader.forget();
    tracing::info!(segment = %path.display(), "the oldest journal segment is gone");
    Ok(true)
}
