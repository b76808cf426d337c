//! The commit thread: gather, write, sync, fold, acknowledge.

use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::{Done, Entry, WriterShared, carry};
use crate::StoreError;
use crate::journal::{Batch, Log, Pos};
use crate::shared::Shared;

/// Commits follow each other at least this far apart, so that under load one sync serves many records.
/// A record that comes after a quiet time is committed at once.
const GATHER: Duration = Duration::from_millis(5);
/// The same for records that nobody waits for.
const GATHER_IDLE: Duration = Duration::from_millis(25);
/// After a failure the disk is tried again this much later; what comes meanwhile waits in the queue.
const RETRY: Duration = Duration::from_millis(100);

/// Who is told of a record's fate.
enum Waiter {
    Exchange { writer: Arc<WriterShared>, n: u64 },
    Shell { lsn: u64, done: Done },
}

/// The records of one commit and who waits for them.
#[derive(Default)]
struct Round {
    entries: Vec<Entry>,
    /// In the order of the queue; an error means that the record is not in the batch.
    waiters: Vec<(Waiter, Result<(), StoreError>)>,
}

/// Runs until the queue is closed and empty.
pub(crate) fn run(shared: &Shared, mut log: Box<dyn Log>) {
    // However this thread ends, nobody may wait for it for ever.
    let _closing = CloseOnExit(shared);
    let mut batch = Batch::default();
    let mut round = Round::default();
    let mut not_before = Instant::now();
    let mut last = not_before;
    let mut failing = false;
    while shared.queue.wait() {
        // Nobody waits for the events of a call: they gather longer, until somebody's record comes.
        shared.queue.wait_for_somebody(last + GATHER_IDLE);
        let pause = not_before.saturating_duration_since(Instant::now());
        if !pause.is_zero() && (failing || !shared.queue.has_full_batch()) {
            thread::sleep(pause);
        }
        last = Instant::now();
        not_before = last + GATHER;
        shared.queue.take(&mut round.entries);
        match step(shared, log.as_mut(), &mut batch, &mut round) {
            Ok(()) if failing => {
                failing = false;
                tracing::info!("the journal can be written again");
            }
            Ok(()) => {}
            Err(error) => {
                if !failing {
                    tracing::error!(%error, "the journal cannot be written; nothing new is acknowledged until it can");
                }
                failing = true;
                not_before = Instant::now() + RETRY;
            }
        }
    }
}

struct CloseOnExit<'a>(&'a Shared);

impl Drop for CloseOnExit<'_> {
    fn drop(&mut self) {
        self.0.queue.close();
        let mut left = Vec::new();
        loop {
            self.0.queue.take(&mut left);
            if left.is_empty() {
                break;
            }
            for entry in left.drain(..) {
                match entry {
                    Entry::Exchange { writer, n, .. } | Entry::Dropped { writer, n } => {
                        writer.settle(n, false);
                        writer.wake();
                    }
                    Entry::Shell { done, .. } | Entry::Barrier { done } => done(Err(StoreError::Closed)),
                    Entry::Carry { done, .. } => drop(done.send(Err(StoreError::Closed))),
                }
            }
        }
        self.0.signal.writer_ended();
    }
}

/// One commit. An error is one of the disk; a record that does not fit concerns only who sent it.
fn step(shared: &Shared, log: &mut dyn Log, batch: &mut Batch, round: &mut Round) -> Result<(), StoreError> {
    batch.begin(log.durable());
    let mut carried = None;
    for entry in round.entries.drain(..) {
        let waiter = match entry {
            Entry::Exchange { writer, n, record } => (Waiter::Exchange { writer, n }, batch.push(&record).map(drop)),
            Entry::Dropped { writer, n } => (Waiter::Exchange { writer, n }, Err(StoreError::Overflow)),
            Entry::Shell { record, done } => match batch.push(&record) {
                Ok(lsn) => (Waiter::Shell { lsn, done }, Ok(())),
                Err(e) => (Waiter::Shell { lsn: 0, done }, Err(e)),
            },
            // The record before it, or the last durable one.
            Entry::Barrier { done } => (Waiter::Shell { lsn: batch.last(), done }, Ok(())),
            Entry::Carry { before, recordings, done } => {
                let result = carry::push_all(shared, before, &recordings, batch);
                if result.is_err() {
                    batch.begin(log.durable());
                }
                carried = Some((done, result));
                continue;
            }
        };
        round.waiters.push(waiter);
    }
    let committed = if batch.len() == 0 { Ok(()) } else { log.commit(batch).map(|pos| fold(shared, log, batch, pos)) };
    if let Some((done, result)) = carried {
        // Whoever asked may have gone; then the carried records simply stand twice.
        let _ = done.send(result.and_then(|()| committed.clone()));
    }
    settle(shared, round, &committed);
    committed
}

/// Makes the batch visible.
fn fold(shared: &Shared, log: &dyn Log, batch: &Batch, begin: Pos) {
    let mut live = shared.live.lock().unwrap_or_else(PoisonError::into_inner);
    let mut wanted_by_index = false;
    for (lsn, offset, kind, payload) in batch.records() {
        let offset = begin.offset.saturating_add(u32::try_from(offset).unwrap_or(u32::MAX));
        if let Err(error) = live.apply(lsn, Pos { offset, ..begin }, Some(kind), payload) {
            tracing::error!(%error, "a record just written cannot be read back");
        }
        wanted_by_index |= kind.is_indexed();
    }
    live.cursor = log.cursor();
    drop(live);
    shared.signal.committed(batch.bytes().len() as u64, wanted_by_index);
}

/// Tells everybody.
fn settle(shared: &Shared, round: &mut Round, committed: &Result<(), StoreError>) {
    let mut woken: Vec<Arc<WriterShared>> = Vec::new();
    let mut shell: Vec<(u64, Done, Result<(), StoreError>)> = Vec::new();
    for (waiter, encoded) in round.waiters.drain(..) {
        let result = encoded.and_then(|()| committed.clone());
        match waiter {
            Waiter::Exchange { writer, n } => {
                writer.settle(n, result.is_ok());
                if !woken.iter().any(|known| Arc::ptr_eq(known, &writer)) {
                    woken.push(writer);
                }
            }
            Waiter::Shell { lsn, done } => shell.push((lsn, done, result)),
        }
    }
    // Who waits for all that came before finds the exchange's bell rung.
    for writer in woken {
        writer.wake();
    }
    for (lsn, done, result) in shell {
        match result {
            // Durable, but to be told only when queries see it: the keeper does.
            Ok(()) => shared.signal.tell_when_visible(lsn, done),
            Err(_) => done(result),
        }
    }
}
