//! The keeper: the thread that follows the journal into the index, writes checkpoints and lets old
//! segments go.
//!
//! It reads what is durable from the journal itself, so catching up after a crash, rebuilding and
//! keeping pace are the same work, and no queue can overflow between the journal and the index.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::forget::{self, ForgetError};
use super::marker::Marker;
use super::{Index, IndexError, IndexFold};
use crate::StoreError;
use crate::checkpoint;
use crate::journal::LogReader;
use crate::retention::{self, InForce, Keeps};
use crate::shared::{Shared, tell};

/// Where queries find the index.
#[derive(Default)]
pub(crate) struct Slot {
    inner: Mutex<SlotState>,
    changed: Condvar,
}

/// What queries can expect of the index.
#[derive(Default)]
pub(crate) enum SlotState {
    /// Being opened, or behind by so much that answers would mislead.
    #[default]
    Opening,
    /// Has all that was durable a moment ago.
    Current(Arc<dyn Index>),
    /// Failed; tried again later.
    Failed(String),
}

/// A query waits this long for an index that is being opened.
const PATIENCE: Duration = Duration::from_secs(3);
/// Records are folded into the index at most this often, unless somebody waits for one.
const PACE: Duration = Duration::from_millis(100);
/// How far the fold is, is noted in the index this often while it moves.
const SAVE_EVERY: Duration = Duration::from_secs(5);
/// A failed index is tried again after this long, then after twice as long each time, up to the maximum.
const RETRY: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_secs(60);
/// Records folded in one go; then waiting callers are looked after.
const STEP: u64 = 4_096;

impl Slot {
    fn lock(&self) -> MutexGuard<'_, SlotState> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, state: SlotState) {
        *self.lock() = state;
        self.changed.notify_all();
    }

    /// The index, once it is current; waits for it a little.
    pub(crate) fn get(&self) -> Result<Arc<dyn Index>, StoreError> {
        let until = Instant::now() + PATIENCE;
        let mut state = self.lock();
        loop {
            match &*state {
                SlotState::Current(index) => return Ok(Arc::clone(index)),
                SlotState::Failed(why) => return Err(StoreError::IndexNotReady(why.clone())),
                SlotState::Opening => {}
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(StoreError::IndexNotReady("it is being rebuilt from the journal".to_owned()));
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// The keeper's own state.
struct Keeper<'a> {
    shared: &'a Shared,
    work: Work,
    saved_at: Instant,
    /// The fold has moved since it was last noted in the index.
    moved: bool,
    retry: Duration,
}

enum Work {
    /// No index; try again then.
    Broken {
        at: Instant,
    },
    Open {
        index: Arc<dyn Index>,
        fold: IndexFold,
        has_caught_up: bool,
    },
}

/// Runs until the commit thread has ended, then closes everything cleanly.
pub(crate) fn run(shared: &Shared) {
    let _ending = EndOnExit(shared);
    let now = Instant::now();
    let mut keeper = Keeper { shared, work: Work::Broken { at: now }, saved_at: now, moved: false, retry: RETRY };
    keeper.open_index();
    let mut round_at = now;
    let mut behind = true;
    let mut checkpoint_not_before = now;
    loop {
        let until = match keeper.work {
            _ if behind => Some(now),
            Work::Broken { at } => Some(at),
            Work::Open { .. } => keeper.moved.then(|| keeper.saved_at + SAVE_EVERY),
        };
        let news = shared.signal.wait(round_at + PACE, until);
        round_at = Instant::now();
        // Who waits for a record is told when it is visible; only a rebuild is not waited for.
        behind = keeper.advance(news.ended || (keeper.has_caught_up() && !news.waiting.is_empty()));
        tell(news.waiting, &Ok(()));
        if news.octets >= shared.options.checkpoint_every && round_at >= checkpoint_not_before && !behind {
            if keeper.checkpoint() {
                retention::enforce(shared, &mut keeper);
            } else {
                checkpoint_not_before = round_at + RETRY;
            }
        }
        if news.ended {
            break;
        }
    }
    keeper.finish();
}

/// However the keeper ends, nobody waits for it for ever, and nobody searches an index that stands still.
struct EndOnExit<'a>(&'a Shared);

impl Drop for EndOnExit<'_> {
    fn drop(&mut self) {
        self.0.slot.set(SlotState::Failed("it is closed".to_owned()));
        self.0.signal.keeper_ended();
    }
}

impl Keeper<'_> {
    fn index_dir(&self) -> PathBuf {
        self.shared.dir.join("index")
    }

    fn has_caught_up(&self) -> bool {
        matches!(self.work, Work::Open { has_caught_up: true, .. })
    }

    /// Opens the index, rebuilding it if it cannot be believed.
    fn open_index(&mut self) {
        match self.try_open() {
            Ok((index, fold)) => {
                self.retry = RETRY;
                self.shared.slot.set(SlotState::Opening);
                self.work = Work::Open { index, fold, has_caught_up: false };
            }
            Err(why) => self.broken(&why),
        }
    }

    fn try_open(&self) -> Result<(Arc<dyn Index>, IndexFold), String> {
        let dir = self.index_dir();
        let content = dir.join("db");
        let marker = Marker::new(&dir);
        fs::create_dir_all(&dir).map_err(|e| e.to_string())?;
        if marker.trusts() {
            match self.open_and_resume(&content, &marker) {
                Ok(opened) => return Ok(opened),
                Err(why) => tracing::warn!(why, "the search index cannot be used; rebuilding it from the journal"),
            }
        } else if content.exists() {
            tracing::warn!(
                "the search index was not closed before the machine stopped; rebuilding it from the journal"
            );
        }
        match fs::remove_dir_all(&content) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e.to_string()),
            _ => {}
        }
        self.open_and_resume(&content, &marker)
    }

    fn open_and_resume(
        &self,
        content: &std::path::Path,
        marker: &Marker,
    ) -> Result<(Arc<dyn Index>, IndexFold), String> {
        fs::create_dir_all(content).map_err(|e| e.to_string())?;
        marker.set_open().map_err(|e| e.to_string())?;
        let index = (self.shared.options.index)(content).map_err(|e| e.to_string())?;
        let fold = IndexFold::resume(index.as_ref()).map_err(|e| e.to_string())?;
        let first = self.shared.reader.first().map_err(|e| e.to_string())?;
        let durable = self.shared.durable();
        let first = first.unwrap_or_else(|| self.shared.live().cursor);
        match fold {
            Some(fold) if fold.cursor.lsn > durable + 1 => Err("it is ahead of the journal".to_owned()),
            Some(fold) if fold.cursor.pos.segment < first.pos.segment => Err("it is behind the journal".to_owned()),
            Some(fold) => Ok((index, fold)),
            None => Ok((index, IndexFold::new(first))),
        }
    }

    fn broken(&mut self, why: &str) {
        tracing::warn!(why, "the search index failed; call history cannot be searched until it is rebuilt");
        self.shared.slot.set(SlotState::Failed(why.to_owned()));
        self.work = Work::Broken { at: Instant::now() + self.retry };
        self.retry = (self.retry * 2).min(RETRY_MAX);
    }

    /// Folds what is durable into the index, at most one step unless `to_the_end`; `true` if there is more.
    fn advance(&mut self, to_the_end: bool) -> bool {
        if let Work::Broken { at } = self.work
            && Instant::now() >= at
        {
            self.open_index();
        }
        loop {
            match self.step() {
                Ok(true) if to_the_end => {}
                Ok(more) => return more,
                Err(why) => {
                    self.broken(&why);
                    return false;
                }
            }
        }
    }

    fn step(&mut self) -> Result<bool, String> {
        let Work::Open { index, fold, has_caught_up } = &mut self.work else { return Ok(false) };
        let durable = self.shared.durable();
        if fold.cursor.lsn <= durable {
            let mut cursor = fold.cursor;
            let upto = durable.min(cursor.lsn + STEP - 1);
            let followed = self.shared.reader.follow(&mut cursor, upto, &mut |lsn, pos, kind, payload| {
                if let Err(error) = fold.apply(lsn, pos, kind, payload) {
                    tracing::error!(%error, "a record is left out of the search index");
                }
                Ok(true)
            });
            fold.cursor = cursor;
            followed.map_err(|e| e.to_string())?;
            self.moved = true;
        }
        fold.flush(index.as_ref()).map_err(|e| e.to_string())?;
        if self.moved && self.saved_at.elapsed() >= SAVE_EVERY {
            fold.save(index.as_ref()).map_err(|e| e.to_string())?;
            self.saved_at = Instant::now();
            self.moved = false;
        }
        let more = fold.cursor.lsn <= durable;
        if !more {
            *has_caught_up = true;
            let mut slot = self.shared.slot.lock();
            if !matches!(*slot, SlotState::Current(_)) {
                *slot = SlotState::Current(Arc::clone(index));
                self.shared.slot.changed.notify_all();
            }
        }
        Ok(more)
    }

    /// Writes a checkpoint; `false` if that failed.
    fn checkpoint(&mut self) -> bool {
        self.shared.signal.begin_checkpoint();
        let bytes = checkpoint::encode(&self.shared.live());
        let written = bytes.and_then(|bytes| checkpoint::write(self.shared.disk.as_ref(), &self.shared.dir, &bytes));
        if let Err(error) = &written {
            tracing::warn!(%error, "checkpoint not written; the next start takes longer");
        }
        written.is_ok()
    }

    fn finish(&mut self) {
        self.checkpoint();
        if let Work::Open { index, fold, .. } = &mut self.work {
            let marker = Marker::new(&self.shared.dir.join("index"));
            let closed = fold
                .save(index.as_ref())
                .and_then(|()| index.sync())
                .and_then(|()| marker.set_closed().map_err(|e| IndexError(e.to_string())));
            if let Err(error) = closed {
                tracing::warn!(%error, "the search index was not closed; it is rebuilt if the power goes now");
            }
        }
        self.work = Work::Broken { at: Instant::now() };
    }
}

impl Keeps for Keeper<'_> {
    fn in_force(&mut self, before: u64) -> Result<Vec<InForce>, StoreError> {
        while self.advance(true) {}
        let found = match &self.work {
            Work::Broken { .. } => forget::none_in_force(self.shared, before),
            Work::Open { index, .. } => forget::in_force(self.shared, index.as_ref(), before),
        };
        found.map_err(|e| self.settle(e))
    }

    fn forget_before(&mut self, before: u64) -> Result<(), StoreError> {
        while self.advance(true) {}
        let forgotten = match &mut self.work {
            // A broken index is rebuilt from what is left then.
            Work::Broken { .. } => Ok(()),
            Work::Open { index, fold, .. } => forget::forget(self.shared, index.as_ref(), fold, before),
        };
        forgotten.map_err(|e| self.settle(e))
    }
}

impl Keeper<'_> {
    /// The store's error for that one; an index that failed is broken from now on.
    fn settle(&mut self, error: ForgetError) -> StoreError {
        match error {
            ForgetError::Store(e) => e,
            ForgetError::Index(e) => {
                self.broken(&e.to_string());
                StoreError::IndexNotReady(e.to_string())
            }
        }
    }
}
