//! What the store's threads and handles share.

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use crate::StoreError;
use crate::disk::Disk;
use crate::index::keeper::Slot;
use crate::journal::FileReader;
use crate::live::Live;
use crate::options::StoreOptions;
use crate::writer::{Done, Queue};

/// One open store.
pub(crate) struct Shared {
    pub(crate) dir: PathBuf,
    pub(crate) options: StoreOptions,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) live: Mutex<Live>,
    pub(crate) reader: FileReader,
    pub(crate) signal: Signal,
    pub(crate) slot: Slot,
    /// Read-locked by whoever needs the segments to stay, write-locked while one is removed.
    pub(crate) segments_stay: RwLock<()>,
}

impl Shared {
    pub(crate) fn journal_dir(&self) -> PathBuf {
        self.dir.join("journal")
    }

    /// The last durable record.
    pub(crate) fn durable(&self) -> u64 {
        self.live().cursor.lsn - 1
    }

    pub(crate) fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the commit thread tells the keeper.
pub(crate) struct Signal {
    inner: Mutex<News>,
    changed: Condvar,
    checkpoint_every: u64,
}

/// News since the keeper last looked.
#[derive(Default)]
pub(crate) struct News {
    /// Records that the index wants were committed.
    pub(crate) for_index: bool,
    /// Octets committed since the last checkpoint.
    pub(crate) octets: u64,
    /// Who waits for a record to be visible.
    pub(crate) waiting: Vec<(u64, Done)>,
    /// The commit thread has ended; nothing more comes.
    pub(crate) ended: bool,
}

impl Signal {
    /// `checkpoint_every`: octets after which the keeper is to write a checkpoint.
    pub(crate) fn new(checkpoint_every: u64) -> Self {
        Signal { inner: Mutex::new(News::default()), changed: Condvar::new(), checkpoint_every }
    }

    fn lock(&self) -> MutexGuard<'_, News> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A batch is durable and folded into the live state.
    pub(crate) fn committed(&self, octets: u64, for_index: bool) {
        let mut news = self.lock();
        let was_quiet = !news.for_index && news.octets < self.checkpoint_every;
        news.for_index |= for_index;
        news.octets += octets;
        if was_quiet && (news.for_index || news.octets >= self.checkpoint_every) {
            drop(news);
            self.changed.notify_all();
        }
    }

    /// `done` is to be told as soon as record `lsn` is visible.
    pub(crate) fn tell_when_visible(&self, lsn: u64, done: Done) {
        let mut news = self.lock();
        if news.ended {
            drop(news);
            done(Ok(()));
            return;
        }
        news.waiting.push((lsn, done));
        drop(news);
        self.changed.notify_all();
    }

    pub(crate) fn writer_ended(&self) {
        self.lock().ended = true;
        self.changed.notify_all();
    }

    /// The keeper has ended, be it by a panic: who waits for it is told what is true, that the record is
    /// durable.
    pub(crate) fn keeper_ended(&self) {
        let mut news = self.lock();
        news.ended = true;
        let waiting = std::mem::take(&mut news.waiting);
        drop(news);
        tell(waiting, &Ok(()));
    }

    /// Waits for something to do: at once if somebody waits for a record, otherwise not before
    /// `not_before`, and not beyond `until`.
    pub(crate) fn wait(&self, not_before: Instant, until: Option<Instant>) -> News {
        let mut news = self.lock();
        loop {
            let now = Instant::now();
            let wanted = news.for_index || news.octets >= self.checkpoint_every;
            if !news.waiting.is_empty()
                || news.ended
                || (wanted && now >= not_before)
                || until.is_some_and(|until| now >= until)
            {
                break;
            }
            let next = match (wanted.then_some(not_before), until) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
            news = match next {
                Some(at) => {
                    let pause = at.saturating_duration_since(now).max(Duration::from_micros(100));
                    self.changed.wait_timeout(news, pause).unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.changed.wait(news).unwrap_or_else(PoisonError::into_inner),
            };
        }
        News {
            for_index: std::mem::take(&mut news.for_index),
            octets: news.octets,
            waiting: std::mem::take(&mut news.waiting),
            ended: news.ended,
        }
    }

    /// A checkpoint was begun.
    pub(crate) fn begin_checkpoint(&self) {
        self.lock().octets = 0;
    }
}

/// Tells everybody who waited.
pub(crate) fn tell(waiting: Vec<(u64, Done)>, result: &Result<(), StoreError>) {
    for (_, done) in waiting {
        done(result.clone());
    }
}
