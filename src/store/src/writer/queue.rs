//! The bounded queue before the journal.

use std::collections::VecDeque;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use exchange::record::Record;

use super::{Done, WriterShared};
use crate::StoreError;
use crate::codec;
use crate::retention::InForce;

/// Records that may wait; beyond, they are refused.
const RECORDS_MAX: usize = 65_536;
/// Memory that waiting records may hold, about; beyond, they are refused. One record is always taken.
const WEIGHT_MAX: usize = 64 << 20;
/// Records written and synced as one.
const BATCH_RECORDS_MAX: usize = 8_192;
/// Memory of the records written and synced as one, about.
const BATCH_WEIGHT_MAX: usize = 4 << 20;

/// What waits.
pub(crate) enum Entry {
    /// The `n`th record of the exchange's writer.
    Exchange { writer: Arc<WriterShared>, n: u64, record: Box<Record> },
    /// Records up to the `n`th of that writer found the queue full.
    Dropped { writer: Arc<WriterShared>, n: u64 },
    /// A record of somebody who waits for it.
    Shell { record: Box<Record>, done: Done },
    /// Somebody waits for all that came before.
    Barrier { done: Done },
    /// Live facts that only records before `before` say are to be written again.
    Carry { before: u64, recordings: Vec<InForce>, done: Sender<Result<(), StoreError>> },
}

impl Entry {
    fn weight(&self) -> usize {
        match self {
            Entry::Exchange { record, .. } | Entry::Shell { record, .. } => codec::weight(record),
            Entry::Dropped { .. } | Entry::Barrier { .. } | Entry::Carry { .. } => 0,
        }
    }
}

/// The queue.
pub(crate) struct Queue {
    inner: Mutex<Inner>,
    filled: Condvar,
}

#[derive(Default)]
struct Inner {
    entries: VecDeque<Entry>,
    weight: usize,
    /// The commit thread sleeps until something comes.
    sleeping: bool,
    /// Somebody waits for one of the records to be on disk.
    somebody: bool,
    /// The commit thread gathers records that nobody waits for.
    patient: bool,
    closed: bool,
}

impl Inner {
    fn is_batch(&self) -> bool {
        self.entries.len() >= BATCH_RECORDS_MAX || self.weight >= BATCH_WEIGHT_MAX
    }

    fn is_full(&self, weight: usize) -> bool {
        self.entries.len() >= RECORDS_MAX || (self.weight > 0 && self.weight + weight > WEIGHT_MAX)
    }
}

impl Queue {
    pub(crate) fn new() -> Self {
        Queue { inner: Mutex::new(Inner::default()), filled: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn push_from_exchange(&self, writer: &Arc<WriterShared>, n: u64, record: Box<Record>) {
        let weight = codec::weight(&record);
        let mut inner = self.lock();
        if inner.closed {
            drop(inner);
            writer.settle(n, false);
            writer.wake();
            return;
        }
        // A phone's REGISTER is answered when its record is on disk; no one waits for the story of a call.
        inner.somebody |= matches!(*record, Record::Binding(_));
        if !inner.is_full(weight) {
            self.push(inner, weight, Entry::Exchange { writer: Arc::clone(writer), n, record });
            return;
        }
        // The refusal waits its turn, so that fates are told in order; many in a row are one entry.
        if let Some(Entry::Dropped { writer: last, n: upto }) = inner.entries.back_mut()
            && Arc::ptr_eq(last, writer)
        {
            *upto = n;
            return;
        }
        self.push(inner, 0, Entry::Dropped { writer: Arc::clone(writer), n });
    }

    /// Adds a record whose fate `done` wants to know.
    pub(crate) fn push_from_shell(&self, record: Box<Record>, done: Done) {
        let weight = codec::weight(&record);
        let inner = self.lock();
        if inner.closed || inner.is_full(weight) {
            let error = if inner.closed { StoreError::Closed } else { StoreError::Overflow };
            drop(inner);
            done(Err(error));
            return;
        }
        self.push(inner, weight, Entry::Shell { record, done });
    }

    /// Asks for live facts to be written again; the bound does not count for it.
    pub(crate) fn push_carry(&self, before: u64, recordings: Vec<InForce>, done: Sender<Result<(), StoreError>>) {
        let inner = self.lock();
        if inner.closed {
            let _ = done.send(Err(StoreError::Closed));
            return;
        }
        self.push(inner, 0, Entry::Carry { before, recordings, done });
    }

    /// `done` is told when all that was pushed before is decided; the bound does not count for it.
    pub(crate) fn push_barrier(&self, done: Done) {
        let inner = self.lock();
        if inner.closed {
            drop(inner);
            done(Err(StoreError::Closed));
            return;
        }
        self.push(inner, 0, Entry::Barrier { done });
    }

    fn push(&self, mut inner: MutexGuard<'_, Inner>, weight: usize, entry: Entry) {
        inner.weight += weight;
        inner.entries.push_back(entry);
        inner.somebody |= !matches!(inner.entries.back(), Some(Entry::Exchange { .. } | Entry::Dropped { .. }));
        let hurry = inner.patient && (inner.somebody || inner.is_batch());
        let wake = std::mem::take(&mut inner.sleeping) || hurry;
        drop(inner);
        if wake {
            self.filled.notify_one();
        }
    }

    /// Waits until something waits; `false` if the queue is closed and empty.
    pub(crate) fn wait(&self) -> bool {
        let mut inner = self.lock();
        loop {
            if !inner.entries.is_empty() {
                return true;
            }
            if inner.closed {
                return false;
            }
            inner.sleeping = true;
            inner = self.filled.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits until `until`, or until somebody waits for a record, or so much waits that more gains nothing.
    pub(crate) fn wait_for_somebody(&self, until: Instant) {
        let mut inner = self.lock();
        while !inner.somebody && !inner.closed && !inner.is_batch() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            inner.patient = true;
            inner = self.filled.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner).0;
            inner.patient = false;
        }
    }

    /// Whether so much waits already that waiting for more gains nothing.
    pub(crate) fn has_full_batch(&self) -> bool {
        let inner = self.lock();
        inner.closed || inner.is_batch()
    }

    /// Takes out what is to be committed as one: a bounded run of records, or a single carry.
    pub(crate) fn take(&self, out: &mut Vec<Entry>) {
        let mut inner = self.lock();
        let mut weight = 0;
        while let Some(entry) = inner.entries.front() {
            let carry = matches!(entry, Entry::Carry { .. });
            if !out.is_empty() && (carry || out.len() >= BATCH_RECORDS_MAX || weight >= BATCH_WEIGHT_MAX) {
                break;
            }
            let Some(entry) = inner.entries.pop_front() else { break };
            weight += entry.weight();
            out.push(entry);
            if carry {
                break;
            }
        }
        inner.weight = inner.weight.saturating_sub(weight);
        inner.somebody = !inner.entries.is_empty(); // perhaps
        if inner.entries.is_empty() && inner.entries.capacity() > 4 * BATCH_RECORDS_MAX {
            inner.entries.shrink_to(BATCH_RECORDS_MAX);
        }
    }

    /// Takes no more; what waits is still written.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_all();
    }
}
