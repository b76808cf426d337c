//! The store as its users hold it.

use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock, mpsc};
use std::thread::{self, JoinHandle};

use exchange::record::Record;

use crate::index::keeper::{self, Slot};
use crate::journal::{self, FileReader, Log, Recovered};
use crate::live::Live;
use crate::options::StoreOptions;
use crate::shared::{Shared, Signal};
use crate::writer::{self, Queue, Writer, WriterShared};
use crate::{StoreError, checkpoint, lock};

/// An open data folder. A handle: clones are the same store, which is closed with [`Store::close`] or
/// when the last handle goes.
#[derive(Clone)]
pub struct Store {
    pub(crate) shared: Arc<Shared>,
    threads: Arc<Threads>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("dir", &self.shared.dir).finish_non_exhaustive()
    }
}

/// The store's threads, and the lock on its folder; ended by whoever drops the last handle.
struct Threads {
    shared: Arc<Shared>,
    recovered: Recovered,
    running: Mutex<Option<Running>>,
}

struct Running {
    commit: JoinHandle<()>,
    keeper: JoinHandle<()>,
    lock: File,
}

impl Store {
    /// Opens the store in `dir`, making it if there is none.
    ///
    /// The journal's end that was not whole is cut off (see [`Store::recovered`]); damage anywhere else
    /// is refused with [`StoreError::Corrupt`]. The search index is opened, and if need be rebuilt, in
    /// the background.
    pub fn open(dir: &Path, options: StoreOptions) -> Result<Store, StoreError> {
        let disk = Arc::clone(&options.disk);
        let io = |e| StoreError::io(dir, &e);
        disk.create_dir(dir).map_err(io)?;
        let lock = lock::take(dir)?;
        let journal_dir = dir.join("journal");
        disk.create_dir(&journal_dir).map_err(io)?;
        disk.sync_dir(dir).map_err(io)?;
        let (log, live, recovered) = recover(dir, &journal_dir, &options)?;
        if let Some(dropped) = &recovered.dropped {
            tracing::warn!(file = %dropped.file.display(), offset = dropped.offset, octets = dropped.octets,
                "the journal's end was not whole and was cut off; nothing in it had been acknowledged");
        }
        let reader = FileReader::new(Arc::clone(&disk), journal_dir);
        let signal = Signal::new(options.checkpoint_every);
        let shared = Arc::new(Shared {
            dir: dir.to_path_buf(),
            options,
            disk,
            queue: Arc::new(Queue::new()),
            live: Mutex::new(live),
            reader,
            signal,
            slot: Slot::default(),
            segments_stay: RwLock::new(()),
        });
        let commit = {
            let shared = Arc::clone(&shared);
            spawn("journal", move || writer::run(&shared, Box::new(log))).map_err(io)?
        };
        let keeper = {
            let (background, queue) = (Arc::clone(&shared), Arc::clone(&shared.queue));
            spawn("index", move || keeper::run(&background)).inspect_err(|_| queue.close()).map_err(io)?
        };
        let running = Mutex::new(Some(Running { commit, keeper, lock }));
        let threads = Arc::new(Threads { shared: Arc::clone(&shared), recovered, running });
        Ok(Store { shared, threads })
    }

    /// The data folder.
    pub fn dir(&self) -> &Path {
        &self.shared.dir
    }

    /// What opening found at the end of the journal.
    pub fn recovered(&self) -> &Recovered {
        &self.threads.recovered
    }

    /// A way into the journal that never waits. `wake` is called from the commit thread, once per group
    /// commit that decided about a record of this writer; it must not block.
    pub fn writer(&self, wake: Arc<dyn Fn() + Send + Sync>) -> Writer {
        Writer { queue: Arc::clone(&self.shared.queue), shared: Arc::new(WriterShared::new(wake)), appended: 0 }
    }

    /// Appends a record; `done` is called once, from a thread of the store, when it is durable and
    /// queries see it, or when it failed. While the index is failing or being rebuilt `done` does not
    /// wait for the index. `done` must not block.
    pub fn append(&self, record: Record, done: Box<dyn FnOnce(Result<(), StoreError>) + Send>) {
        self.shared.queue.push_from_shell(Box::new(record), done);
    }

    /// Appends a record and waits as [`Store::append`] does. Blocks: not for async code.
    pub fn append_wait(&self, record: Record) -> Result<(), StoreError> {
        let (tell, told) = mpsc::sync_channel(1);
        self.append(record, Box::new(move |result| drop(tell.send(result))));
        told.recv().unwrap_or(Err(StoreError::Closed))
    }

    /// Waits until all that was appended before is durable and visible to queries. Blocks.
    pub fn sync(&self) -> Result<(), StoreError> {
        let (tell, told) = mpsc::sync_channel(1);
        self.shared.queue.push_barrier(Box::new(move |result| drop(tell.send(result))));
        told.recv().unwrap_or(Err(StoreError::Closed))
    }

    /// Writes what is queued, a checkpoint and the index, and ends; what is appended later is refused.
    /// Blocks; a second call does nothing.
    pub fn close(&self) {
        self.threads.end();
    }
}

impl Threads {
    fn end(&self) {
        let Some(running) = self.running.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        self.shared.queue.close();
        for thread in [running.commit, running.keeper] {
            // The last handle may go on a thread of the store itself, inside somebody's `done`.
            if thread.thread().id() != thread::current().id() && thread.join().is_err() {
                tracing::error!("a thread of the store panicked");
            }
        }
        // Closing the file is not enough while a process just forked still has a copy of it.
        let _ = running.lock.unlock();
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.end();
    }
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> std::io::Result<JoinHandle<()>> {
    thread::Builder::new().name(name.to_owned()).stack_size(STACK).spawn(body)
}

/// Neither thread recurses; sled's own needs are modest.
const STACK: usize = 512 << 10;

/// Opens the journal and folds the live state: from the checkpoint on, or from the beginning.
fn recover(
    dir: &Path,
    journal_dir: &Path,
    options: &StoreOptions,
) -> Result<(journal::FileLog, Live, Recovered), StoreError> {
    let disk = &options.disk;
    let segments = journal::segment_files(disk.as_ref(), journal_dir)?;
    // A checkpoint from before the first segment misses what was written again when segments went.
    let first = segments.first().copied().unwrap_or(0);
    let checkpoint = checkpoint::read(disk.as_ref(), dir)?.filter(|live| live.cursor.pos.segment >= first);
    let from = checkpoint.as_ref().map(|live| live.cursor);
    let mut live = checkpoint.unwrap_or_default();
    let (log, recovered) =
        journal::open(disk, journal_dir, from, options.segment_max, &mut |lsn, pos, kind, payload| {
            live.apply(lsn, pos, kind, payload).map(|()| true)
        })?;
    live.cursor = log.cursor();
    Ok((log, live, recovered))
}

/// Where the pieces of a data folder are.
pub(crate) fn journal_dir(dir: &Path) -> PathBuf {
    dir.join("journal")
}
