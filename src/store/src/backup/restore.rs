//! Making a data folder of a backup: whole, or not at all.

use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Report;
use super::create::sync_parent;
use super::format::BackupReader;
use super::verify::verify;
use crate::StoreError;
use crate::codec::Kind;
use crate::disk::{Disk, OsDisk};
use crate::journal::{Batch, FileLog, Log, SEGMENT_MAX};

/// Records are written in batches of about this many octets.
const BATCH: usize = 1 << 20;

/// Restores the backup at `from` into `dir`, which must be empty or absent. The backup is checked first;
/// the folder appears in one step when everything in it is on disk.
pub fn restore(from: &Path, dir: &Path) -> Result<Report, StoreError> {
    let report = verify(from)?;
    match fs::read_dir(dir) {
        Ok(mut entries) => {
            if entries.next().is_some() {
                return Err(StoreError::NotEmpty(dir.to_path_buf()));
            }
        }
        Err(e) if e.kind() == ErrorKind::NotFound => {}
        Err(e) if e.kind() == ErrorKind::NotADirectory => return Err(StoreError::NotEmpty(dir.to_path_buf())),
        Err(e) => return Err(StoreError::io(dir, &e)),
    }
    let temporary = temporary(dir)?;
    let restored = write(from, &temporary, &report).and_then(|()| {
        // Renaming over an empty folder replaces it; one that has got an entry meanwhile is refused.
        fs::rename(&temporary, dir).map_err(|e| match e.kind() {
            ErrorKind::DirectoryNotEmpty | ErrorKind::AlreadyExists => StoreError::NotEmpty(dir.to_path_buf()),
            _ => StoreError::io(dir, &e),
        })?;
        sync_parent(dir)
    });
    if restored.is_err() {
        let _ = fs::remove_dir_all(&temporary);
    }
    restored.map(|()| report)
}

/// A folder beside the one wanted, so that a rename suffices.
fn temporary(dir: &Path) -> Result<PathBuf, StoreError> {
    let Some(name) = dir.file_name() else { return Err(StoreError::NotEmpty(dir.to_path_buf())) };
    let mut hidden = OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".restoring{}", std::process::id()));
    let path = dir.with_file_name(hidden);
    match fs::remove_dir_all(&path) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(StoreError::io(&path, &e)),
        _ => Ok(path),
    }
}

fn write(from: &Path, temporary: &Path, verified: &Report) -> Result<(), StoreError> {
    let disk: Arc<dyn Disk> = Arc::new(OsDisk);
    let journal_dir = crate::store::journal_dir(temporary);
    disk.create_dir(&journal_dir).map_err(|e| StoreError::io(&journal_dir, &e))?;
    let mut reader = BackupReader::open(from)?;
    let mut log = FileLog::new(Arc::clone(&disk), journal_dir, reader.manifest.first - 1, SEGMENT_MAX);
    let mut batch = Batch::default();
    batch.begin(log.durable());
    while let Some((lsn, kind, payload)) = reader.next()? {
        let kind =
            Kind::numbered(kind).ok_or_else(|| StoreError::UnknownRecord { lsn, what: "unknown kind".to_owned() })?;
        batch.push_encoded(kind, payload);
        if batch.bytes().len() >= BATCH {
            log.commit(&batch)?;
            batch.begin(log.durable());
        }
    }
    if batch.len() > 0 {
        log.commit(&batch)?;
    }
    if reader.digest != verified.sha256 {
        return Err(reader.bad("it was changed while it was read"));
    }
    disk.sync_dir(temporary).map_err(|e| StoreError::io(temporary, &e))
}
