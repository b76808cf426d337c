//! A disk that loses its power, fills up and breaks on command.
//!
//! What was not synced survives a cut sector by sector, as chance wills; names survive in the order in
//! which they were given, up to a point that chance picks.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use base::Random;

use super::{Disk, DiskFile};

/// The disk; clones are the same one.
#[derive(Clone, Default)]
pub(crate) struct SimDisk(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    files: Vec<File>,
    names: BTreeMap<PathBuf, usize>,
    durable_names: BTreeMap<PathBuf, usize>,
    /// Changes of names since the last sync of their folder, as the names that held then.
    name_history: Vec<BTreeMap<PathBuf, usize>>,
    pub(crate) faults: Faults,
    /// Operations until the power goes; `None`: never.
    cut_after: Option<u64>,
    /// The power has gone: nothing works.
    dead: bool,
}

/// What goes wrong as long as it is set.
#[derive(Clone, Copy, Default)]
pub(crate) struct Faults {
    /// No octet more fits: a write leaves half of itself behind and fails.
    pub(crate) full: bool,
    /// Syncing fails, and, as with a real kernel, what was to be synced may be lost for good.
    pub(crate) sync_fails: bool,
    /// Nothing may be written.
    pub(crate) read_only: bool,
}

#[derive(Clone, Default)]
struct File {
    content: Vec<u8>,
    durable: Vec<u8>,
    /// Writes and cuts since the last sync.
    pending: Vec<Change>,
}

#[derive(Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Truncate(usize),
}

const SECTOR: usize = 512;

impl File {
    fn change(&mut self, change: Change) {
        apply(&mut self.content, &change);
        self.pending.push(change);
    }

    fn sync(&mut self) {
        self.durable.clone_from(&self.content);
        self.pending.clear();
    }

    /// What is on the platters after a cut.
    fn survive(&self, random: &mut Random) -> Vec<u8> {
        let mut content = self.durable.clone();
        let keep = 1 + random.below(4);
        let mut size = content.len();
        for change in &self.pending {
            match change {
                Change::Truncate(at) => {
                    if random.below(2) == 0 {
                        content.truncate(*at);
                        size = content.len();
                    }
                }
                Change::Write(offset, bytes) => {
                    let mut at = 0;
                    while at < bytes.len() {
                        let end = (at + SECTOR - (offset + at) % SECTOR).min(bytes.len());
                        if random.below(4) < keep {
                            apply(&mut content, &Change::Write(offset + at, bytes[at..end].to_vec()));
                        }
                        at = end;
                    }
                    // The size is metadata of its own: it may be ahead of the data or behind.
                    if random.below(2) == 0 {
                        size = size.max(offset + bytes.len());
                    }
                }
            }
        }
        content.resize(size, 0);
        content
    }
}

fn apply(content: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Write(offset, bytes) => {
            if content.len() < offset + bytes.len() {
                content.resize(offset + bytes.len(), 0);
            }
            content[*offset..offset + bytes.len()].copy_from_slice(bytes);
        }
        Change::Truncate(size) => content.resize(*size, 0),
    }
}

impl SimDisk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// One operation; some of them are the last.
    fn operate(&self) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.state();
        match &mut state.cut_after {
            Some(0) => state.dead = true,
            Some(left) => *left -= 1,
            None => {}
        }
        if state.dead { Err(io::Error::other("the power is gone")) } else { Ok(state) }
    }

    pub(crate) fn set_faults(&self, faults: Faults) {
        self.state().faults = faults;
    }

    pub(crate) fn cut_after(&self, operations: u64) {
        self.state().cut_after = Some(operations);
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.state().dead
    }

    /// The disk as it is found when the power comes back.
    pub(crate) fn after_cut(&self, random: &mut Random) -> SimDisk {
        let state = self.state();
        let histories = state.name_history.len() as u64;
        let names = match random.below(histories + 1) {
            0 => state.durable_names.clone(),
            n => state.name_history[n as usize - 1].clone(),
        };
        let files = state
            .files
            .iter()
            .map(|file| {
                let content = file.survive(random);
                File { durable: content.clone(), content, pending: Vec::new() }
            })
            .collect();
        let state = State { files, durable_names: names.clone(), names, ..State::default() };
        SimDisk(Arc::new(Mutex::new(state)))
    }

    /// A file's content, to be spoilt.
    pub(crate) fn with_file(&self, path: &Path, spoil: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.state();
        let id = state.names[path];
        spoil(&mut state.files[id].content);
        state.files[id].sync();
    }

    /// A separate disk with the same content.
    pub(crate) fn copy(&self) -> SimDisk {
        let state = self.state();
        let (files, names) = (state.files.clone(), state.names.clone());
        let copy = State { files, durable_names: names.clone(), names, ..State::default() };
        SimDisk(Arc::new(Mutex::new(copy)))
    }

    fn handle(&self, id: usize) -> Arc<dyn DiskFile> {
        Arc::new(SimFile { disk: self.clone(), id })
    }

    fn find(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let id = self.operate()?.names.get(path).copied();
        id.map(|id| self.handle(id)).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn rename_things(&self, change: impl FnOnce(&mut State) -> io::Result<()>) -> io::Result<()> {
        let mut state = self.operate()?;
        if state.faults.read_only {
            return Err(io::ErrorKind::ReadOnlyFilesystem.into());
        }
        change(&mut state)?;
        let names = state.names.clone();
        state.name_history.push(names);
        Ok(())
    }
}

impl Disk for SimDisk {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        // The lock and the index are on the real disk all the same.
        std::fs::create_dir_all(path)
    }

    fn open_read(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        self.find(path)
    }

    fn open_write(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        self.find(path)
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let mut id = 0;
        self.rename_things(|state| {
            if state.faults.full {
                return Err(io::ErrorKind::StorageFull.into());
            }
            match state.names.get(path) {
                Some(known) => {
                    id = *known;
                    state.files[id].change(Change::Truncate(0));
                }
                None => {
                    id = state.files.len();
                    state.files.push(File::default());
                    state.names.insert(path.to_path_buf(), id);
                }
            }
            Ok(())
        })?;
        Ok(self.handle(id))
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let state = self.operate()?;
        let here = state.names.keys().filter(|path| path.parent() == Some(dir));
        Ok(here.filter_map(|path| path.file_name()?.to_str().map(str::to_owned)).collect())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.rename_things(|state| {
            let id = state.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
            state.names.insert(to.to_path_buf(), id);
            Ok(())
        })
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.rename_things(|state| state.names.remove(path).map(drop).ok_or_else(|| io::ErrorKind::NotFound.into()))
    }

    fn sync_dir(&self, _dir: &Path) -> io::Result<()> {
        let mut state = self.operate()?;
        if state.faults.sync_fails {
            return Err(io::Error::other("input/output error"));
        }
        state.durable_names = state.names.clone();
        state.name_history.clear();
        Ok(())
    }
}

struct SimFile {
    disk: SimDisk,
    id: usize,
}

impl SimFile {
    fn change(&self, change: Change) -> io::Result<()> {
        let mut state = self.disk.operate()?;
        if state.faults.read_only {
            return Err(io::ErrorKind::ReadOnlyFilesystem.into());
        }
        match change {
            Change::Write(offset, mut bytes) if state.faults.full => {
                bytes.truncate(bytes.len() / 2);
                state.files[self.id].change(Change::Write(offset, bytes));
                Err(io::ErrorKind::StorageFull.into())
            }
            change => {
                state.files[self.id].change(change);
                Ok(())
            }
        }
    }
}

impl DiskFile for SimFile {
    fn size(&self) -> io::Result<u64> {
        Ok(self.disk.operate()?.files[self.id].content.len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let state = self.disk.operate()?;
        let content = state.files[self.id].content.get(offset as usize..).unwrap_or_default();
        let n = content.len().min(buffer.len());
        buffer[..n].copy_from_slice(&content[..n]);
        Ok(n)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.change(Change::Write(offset as usize, bytes.to_vec()))
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.disk.operate()?;
        let fails = state.faults.sync_fails;
        let file = &mut state.files[self.id];
        if fails {
            // Half of the waiting changes will never reach the platters, and nobody will say so again.
            let half = file.pending.len() / 2;
            file.pending.truncate(half);
            return Err(io::Error::other("input/output error"));
        }
        // What an earlier failed sync forgot stays forgotten.
        let mut durable = std::mem::take(&mut file.durable);
        for change in file.pending.drain(..) {
            apply(&mut durable, &change);
        }
        file.durable = durable;
        Ok(())
    }

    fn truncate(&self, size: u64) -> io::Result<()> {
        self.change(Change::Truncate(size as usize))
    }
}
