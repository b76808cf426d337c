//! Making a backup, while the box runs or not.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use base::WallTime;

use super::Report;
use super::format::{BackupWriter, Manifest};
use super::verify::verify;
use crate::journal::{self, LogReader};
use crate::{Store, StoreError};

/// Of what a backup is made.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// An open store.
    Store(&'a Store),
    /// A data folder; another process may have it open and go on writing.
    Dir(&'a Path),
}

impl<'a> From<&'a Store> for Source<'a> {
    fn from(store: &'a Store) -> Self {
        Source::Store(store)
    }
}

impl<'a> From<&'a Path> for Source<'a> {
    fn from(dir: &'a Path) -> Self {
        Source::Dir(dir)
    }
}

/// How often reading a folder in use is begun anew when the other process changed it under us.
const ATTEMPTS: usize = 3;

/// Writes a backup to the file `to`: all records that were durable when it began. A file of that name is
/// replaced in one step, at the end. The backup is read back and checked.
pub fn create<'a>(from: impl Into<Source<'a>>, to: &Path) -> Result<Report, StoreError> {
    let from = from.into();
    let part = part_of(to);
    let written = match from {
        Source::Store(store) => write_store(store, &part),
        Source::Dir(dir) => write_dir(dir, &part),
    };
    let checked = written.and_then(|()| verify(&part));
    let placed = checked.and_then(|report| {
        fs::rename(&part, to).map_err(|e| StoreError::io(to, &e))?;
        sync_parent(to)?;
        Ok(report)
    });
    if placed.is_err() {
        let _ = fs::remove_file(&part);
    }
    placed
}

fn part_of(to: &Path) -> PathBuf {
    let mut name = to.file_name().map_or_else(|| OsString::from("backup"), OsString::from);
    name.push(format!(".part{}", std::process::id()));
    to.with_file_name(name)
}

/// Makes a new or renamed file's name durable.
pub(super) fn sync_parent(path: &Path) -> Result<(), StoreError> {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(parent).and_then(|dir| dir.sync_all()).map_err(|e| StoreError::io(parent, &e))
}

fn begin(part: &Path, first: u64) -> Result<BackupWriter, StoreError> {
    // A backup made at a moment that the clock puts before 1970 says 1970.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let manifest = Manifest {
        created_at: WallTime::from_unix_ms(i64::try_from(now.as_millis()).unwrap_or(i64::MAX)),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        first,
    };
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(part);
    file.and_then(|file| BackupWriter::new(file, &manifest)).map_err(|e| StoreError::io(part, &e))
}

fn write_store(store: &Store, part: &Path) -> Result<(), StoreError> {
    let _stay = store.segments_stay();
    let durable = store.shared.durable();
    let first = store.shared.reader.first()?;
    let mut writer = begin(part, first.map_or(1, |cursor| cursor.lsn))?;
    if let Some(mut cursor) = first {
        store
            .shared
            .reader
            .follow(&mut cursor, durable, &mut |lsn, _, kind, payload| write(&mut writer, part, lsn, kind, payload))?;
    }
    writer.finish().map_err(|e| StoreError::io(part, &e))
}

fn write_dir(dir: &Path, part: &Path) -> Result<(), StoreError> {
    let journal_dir = crate::store::journal_dir(dir);
    if !journal_dir.is_dir() {
        return Err(StoreError::corrupt(dir, 0, "there is no journal in this folder"));
    }
    let mut attempt = 1;
    loop {
        match scan_into(&journal_dir, part) {
            // A frame half written by the other process can look like damage, and a segment can go.
            Err(StoreError::Corrupt { .. } | StoreError::Io { .. }) if attempt < ATTEMPTS => attempt += 1,
            other => return other,
        }
    }
}

fn scan_into(journal_dir: &Path, part: &Path) -> Result<(), StoreError> {
    let disk = crate::disk::OsDisk;
    let first = journal::segment_files(&disk, journal_dir)?.first().copied().unwrap_or(1);
    let mut writer = begin(part, first)?;
    journal::scan(&disk, journal_dir, &mut |lsn, _, kind, payload| write(&mut writer, part, lsn, kind, payload))?;
    writer.finish().map_err(|e| StoreError::io(part, &e))
}

fn write(
    writer: &mut BackupWriter,
    part: &Path,
    lsn: u64,
    kind: Option<crate::codec::Kind>,
    payload: &[u8],
) -> Result<bool, StoreError> {
    // A record of a newer version is kept in the journal, but this version must not vouch for it.
    let Some(kind) = kind else {
        return Err(StoreError::UnknownRecord { lsn, what: "it is from a newer version".to_owned() });
    };
    writer.record(lsn, kind as u8, payload).map_err(|e| StoreError::io(part, &e))?;
    Ok(true)
}
