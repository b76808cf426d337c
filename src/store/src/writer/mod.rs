//! The way into the journal: a bounded queue, and the one thread that empties it.

mod carry;
mod commit;
mod queue;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use exchange::record::Record;

use crate::StoreError;

pub(crate) use commit::run;
pub(crate) use queue::{Entry, Queue};

/// Called once when a record's fate is known.
pub(crate) type Done = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// How far a [`Writer`]'s records have come.
///
/// Every record up to the greater of the two is decided, in order. Between two readings: those up to
/// the new `failed_upto` and beyond the old `durable_upto` failed, the others up to `durable_upto` are
/// on disk. (A record said to have failed may be on disk all the same; it was not acknowledged.)
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WriterStatus {
    /// The last record that is on disk.
    pub durable_upto: u64,
    /// The last record that could not be written; 0 if none failed yet.
    pub failed_upto: u64,
}

/// The exchange's way into the journal: numbers its records and tells how far they are.
///
/// Several may exist; each counts its own records.
pub struct Writer {
    pub(crate) queue: Arc<Queue>,
    pub(crate) shared: Arc<WriterShared>,
    pub(crate) appended: u64,
}

/// What the writer and the commit thread share.
pub(crate) struct WriterShared {
    status: Mutex<WriterStatus>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl WriterShared {
    pub(crate) fn new(wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        WriterShared { status: Mutex::new(WriterStatus::default()), wake }
    }

    fn status(&self) -> MutexGuard<'_, WriterStatus> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The `n`th record's fate is known; in the order of `n`.
    pub(crate) fn settle(&self, n: u64, durable: bool) {
        let mut status = self.status();
        if durable {
            status.durable_upto = n;
        } else {
            status.failed_upto = n;
        }
    }

    pub(crate) fn wake(&self) {
        (self.wake)();
    }
}

impl Writer {
    /// Hands a record over and tells its number among this writer's, from 1. Never waits: a record that
    /// finds the queue full is dropped and counted as failed, in its turn.
    pub fn append(&mut self, record: Box<Record>) -> u64 {
        self.appended += 1;
        self.queue.push_from_exchange(&self.shared, self.appended, record);
        self.appended
    }

    /// How far the records are.
    pub fn status(&self) -> WriterStatus {
        *self.shared.status()
    }
}
