//! The cache's table: read by audio threads without waiting, changed by the library's.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, TryLockError};
use std::time::{Duration, Instant};

use media::speech::Sound;

use crate::lock;

/// Sounds and failures in the table at most, however small they are.
const ENTRIES_MAX: usize = 8192;

/// A sound that could not be had is looked for again after so long.
const FAILED_FOR: Duration = Duration::from_secs(10);

/// What an entry takes besides its samples and twice its name, in octets, roughly.
const ENTRY_OCTETS: usize = 256;

/// A reader that meets a writer turns to the other copy; the writer would have to change sides as often as this
/// between two of its instructions for it to give up.
const TURNS: usize = 8;

type Map = HashMap<Arc<str>, Arc<Entry>>;

struct Entry {
    kept: Kept,
    octets: usize,
    /// The count of look-ups when it was last found.
    used: AtomicU64,
}

enum Kept {
    Sound(Arc<Sound>),
    Failed(Arc<str>, Instant),
}

/// What a look-up gives.
pub(super) enum Found {
    /// The sound.
    Sound(Arc<Sound>),
    /// It cannot be had, and why.
    Failed(Arc<str>),
    /// Not known: ask for it.
    Nothing,
    /// The table could not be read just now: look again.
    Busy,
}

/// Everything in the table is being played, and that is twice what may be kept.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full;

/// Two equal copies of a map. A writer changes the one that readers are not sent to, sends them there, and then
/// changes the other; it waits for a reader that lingers, a reader waits for nobody.
pub(super) struct Table {
    copies: [RwLock<Map>; 2],
    /// Which copy readers are sent to.
    current: AtomicUsize,
    lookups: AtomicU64,
    octets: AtomicUsize,
    octets_max: usize,
    writing: Mutex<()>,
}

impl Table {
    pub(super) fn new(octets_max: usize) -> Table {
        Table {
            copies: Default::default(),
            current: AtomicUsize::new(0),
            lookups: AtomicU64::new(0),
            octets: AtomicUsize::new(0),
            octets_max,
            writing: Mutex::default(),
        }
    }

    /// Octets of everything in the table.
    pub(super) fn octets(&self) -> usize {
        self.octets.load(Ordering::Relaxed)
    }

    /// Looks a name up. Never waits.
    pub(super) fn find(&self, name: &str) -> Found {
        for _ in 0..TURNS {
            let map = match self.copies[self.current.load(Ordering::Acquire)].try_read() {
                Ok(map) => map,
                Err(TryLockError::Poisoned(map)) => map.into_inner(),
                Err(TryLockError::WouldBlock) => continue,
            };
            let Some(entry) = map.get(name) else { return Found::Nothing };
            entry.used.store(self.lookups.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
            return match &entry.kept {
                Kept::Sound(sound) => Found::Sound(Arc::clone(sound)),
                Kept::Failed(_, since) if since.elapsed() > FAILED_FOR => Found::Nothing,
                Kept::Failed(why, _) => Found::Failed(Arc::clone(why)),
            };
        }
        Found::Busy
    }

    /// Puts a sound in, instead of what had its name, and what was not used for longest out as far as needed.
    pub(super) fn insert(&self, name: &str, sound: Arc<Sound>) -> Result<(), Full> {
        let octets = 2 * (sound.at8k.len() + sound.at16k.len());
        self.put(name, Kept::Sound(sound), octets)
    }

    /// Remembers for a while that a sound cannot be had.
    pub(super) fn insert_failure(&self, name: &str, why: &str) {
        // Without room for it the next who asks lets it fail again.
        let _full = self.put(name, Kept::Failed(why.into(), Instant::now()), why.len());
    }

    /// Forgets a name.
    pub(super) fn remove(&self, name: &str) {
        let _one = lock(&self.writing);
        self.change(&[name.into()], None);
    }

    fn put(&self, name: &str, kept: Kept, octets: usize) -> Result<(), Full> {
        let _one = lock(&self.writing);
        let octets = octets + ENTRY_OCTETS + 2 * name.len();
        let used = AtomicU64::new(self.lookups.fetch_add(1, Ordering::Relaxed));
        let mut leave = self.unused(octets)?;
        leave.push(name.into());
        self.change(&leave, Some((name.into(), Arc::new(Entry { kept, octets, used }))));
        Ok(())
    }

    /// Who leaves so that `more` octets and an entry find room: first what was used longest ago, but nothing that
    /// somebody plays, for that would free nothing.
    fn unused(&self, more: usize) -> Result<Vec<Arc<str>>, Full> {
        let map = self.copies[self.current.load(Ordering::Relaxed)].read().unwrap_or_else(PoisonError::into_inner);
        let mut octets = self.octets() + more;
        let mut entries = map.len() + 1;
        let mut leave = Vec::new();
        let over = |octets: usize, entries: usize| octets > self.octets_max || entries > ENTRIES_MAX;
        if over(octets, entries) {
            let mut idle: Vec<_> = map.iter().filter(|(_, entry)| entry.is_idle()).collect();
            idle.sort_by_key(|(_, entry)| entry.used.load(Ordering::Relaxed));
            for (name, entry) in idle {
                if !over(octets, entries) {
                    break;
                }
                octets -= entry.octets.min(octets);
                entries -= 1;
                leave.push(Arc::clone(name));
            }
        }
        if octets > self.octets_max.saturating_mul(2) || entries > 2 * ENTRIES_MAX { Err(Full) } else { Ok(leave) }
    }

    /// Changes both copies, one after the other. The caller holds `writing`.
    fn change(&self, leave: &[Arc<str>], come: Option<(Arc<str>, Arc<Entry>)>) {
        let first = 1 - self.current.load(Ordering::Relaxed);
        for copy in [first, 1 - first] {
            // Dropped after the lock is given back: freeing a long sound takes a while.
            let mut gone = Vec::with_capacity(leave.len());
            let mut map = self.copies[copy].write().unwrap_or_else(PoisonError::into_inner);
            gone.extend(leave.iter().filter_map(|name| map.remove(name)));
            if let Some((name, entry)) = &come {
                map.insert(Arc::clone(name), Arc::clone(entry));
            }
            drop(map);
            if copy == first {
                self.current.store(first, Ordering::Release);
                let out: usize = gone.iter().map(|entry| entry.octets).sum();
                let into = come.as_ref().map_or(0, |(_, entry)| entry.octets);
                self.octets.store((self.octets() + into).saturating_sub(out), Ordering::Relaxed);
            }
        }
    }
}

impl Entry {
    /// Whether nobody but the table has it.
    fn is_idle(&self) -> bool {
        match &self.kept {
            Kept::Sound(sound) => Arc::strong_count(sound) == 1,
            Kept::Failed(..) => true,
        }
    }
}

/// Names that somebody has asked for already. Two names may share a place: then one is asked for twice, and the
/// second time it is there already.
pub(super) struct Asked {
    places: [AtomicU64; 256],
    hasher: BuildHasherDefault<DefaultHasher>,
}

impl Default for Asked {
    fn default() -> Self {
        Asked { places: std::array::from_fn(|_| AtomicU64::new(0)), hasher: BuildHasherDefault::default() }
    }
}

impl Asked {
    /// Whether the caller is the first to ask.
    pub(super) fn begin(&self, name: &str) -> bool {
        let (place, mark) = self.place(name);
        place.swap(mark, Ordering::AcqRel) != mark
    }

    /// The question is answered: after this the name may be asked for again.
    pub(super) fn end(&self, name: &str) {
        let (place, mark) = self.place(name);
        // Another name may have the place by now; then there is nothing to end.
        let _taken = place.compare_exchange(mark, 0, Ordering::AcqRel, Ordering::Relaxed);
    }

    fn place(&self, name: &str) -> (&AtomicU64, u64) {
        // Nought is the mark of an empty place.
        let mark = self.hasher.hash_one(name) | 1;
        let place = (mark >> 1) as usize % self.places.len();
        (&self.places[place], mark)
    }
}

#[cfg(test)]
mod tests;
