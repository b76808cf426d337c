//! The journal as segment files in a folder: the writing end.

use std::path::PathBuf;
use std::sync::Arc;

use super::frame::{self, SEGMENT_HEADER};
use super::read::segment_path;
use super::{Batch, Cursor, Log, Pos};
use crate::StoreError;
use crate::disk::{Disk, DiskFile};

/// A segment that has grown to this size is followed by a new one.
pub(crate) const SEGMENT_MAX: u64 = 32 << 20;

/// Appends to the last segment of a folder.
pub(crate) struct FileLog {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    segment_max: u64,
    durable: u64,
    current: Option<Current>,
}

/// The segment being written.
struct Current {
    first: u64,
    path: PathBuf,
    file: Arc<dyn DiskFile>,
    /// Octets that are known to be good: the end of the last durable frame.
    good: u64,
    /// A failed write may have left octets after `good`.
    dirty: bool,
}

impl FileLog {
    /// A journal whose last durable record is `durable` and which begins a new segment next.
    pub(crate) fn new(disk: Arc<dyn Disk>, dir: PathBuf, durable: u64, segment_max: u64) -> Self {
        FileLog { disk, dir, segment_max, durable, current: None }
    }

    /// Goes on in an existing segment that ends, cleanly, at `good`.
    pub(super) fn resume(&mut self, first: u64, file: Arc<dyn DiskFile>, good: u64) {
        let path = segment_path(&self.dir, first);
        self.current = Some(Current { first, path, file, good, dirty: false });
    }

    /// The segment that may be appended to, cut back to good ground; `None` if a new one is due.
    fn usable(&mut self) -> Option<&mut Current> {
        let current = self.current.as_mut()?;
        let usable =
            if current.dirty { current.file.truncate(current.good).is_ok() } else { current.good < self.segment_max };
        if !usable {
            self.current = None;
            return None;
        }
        current.dirty = false;
        self.current.as_mut()
    }

    /// Begins a segment with this batch in it: file, content and folder durable, or no file.
    fn begin_segment(&mut self, batch: &Batch) -> Result<Pos, StoreError> {
        let first = self.durable + 1;
        let path = segment_path(&self.dir, first);
        let written = || {
            let file = self.disk.create(&path)?;
            // In one write: a cut then takes the header and the frame behind it, or neither.
            file.write_at(&[&frame::segment_header(first), batch.bytes()].concat(), 0)?;
            file.sync()?;
            self.disk.sync_dir(&self.dir)?;
            Ok(file)
        };
        match written() {
            Ok(file) => {
                let good = (SEGMENT_HEADER + batch.bytes().len()) as u64;
                self.current = Some(Current { first, path, file, good, dirty: false });
                Ok(Pos { segment: first, offset: SEGMENT_HEADER as u32 })
            }
            Err(e) => {
                // Best effort: a leftover is whole-or-absent on the next start all the same.
                let _ = self.disk.remove(&path);
                Err(StoreError::io(&path, &e))
            }
        }
    }

    fn append(current: &mut Current, batch: &Batch) -> Result<Pos, (StoreError, Failed)> {
        let offset = current.good;
        if let Err(e) = current.file.write_at(batch.bytes(), offset) {
            return Err((StoreError::io(&current.path, &e), Failed::Write));
        }
        if let Err(e) = current.file.sync() {
            return Err((StoreError::io(&current.path, &e), Failed::Sync));
        }
        current.good += batch.bytes().len() as u64;
        // Segments stay far below 4 GiB: SEGMENT_MAX plus one batch.
        Ok(Pos { segment: current.first, offset: u32::try_from(offset).unwrap_or(u32::MAX) })
    }
}

/// At which step appending failed.
enum Failed {
    Write,
    Sync,
}

impl Log for FileLog {
    fn durable(&self) -> u64 {
        self.durable
    }

    fn cursor(&self) -> Cursor {
        let lsn = self.durable + 1;
        let pos = match &self.current {
            Some(c) if c.good < self.segment_max => {
                Pos { segment: c.first, offset: u32::try_from(c.good).unwrap_or(u32::MAX) }
            }
            _ => Pos { segment: lsn, offset: 0 },
        };
        Cursor { lsn, pos }
    }

    fn commit(&mut self, batch: &Batch) -> Result<Pos, StoreError> {
        debug_assert_eq!(batch.first(), self.durable + 1);
        let written = match self.usable() {
            None => self.begin_segment(batch)?,
            Some(current) => match Self::append(current, batch) {
                Ok(pos) => pos,
                Err((error, Failed::Write)) => {
                    current.dirty = true;
                    return Err(error);
                }
                Err((error, Failed::Sync)) => {
                    // After a failed fdatasync the kernel may call lost pages clean, so that the next
                    // fdatasync succeeds without having written them. This file is not trusted with
                    // another record: the batch is cut off if that still works, and the next one
                    // begins a segment, which makes readers pass over whatever is left here.
                    let _ = current.file.truncate(current.good).and_then(|()| current.file.sync());
                    self.current = None;
                    return Err(error);
                }
            },
        };
        self.durable = batch.last();
        Ok(written)
    }
}
