//! What can go wrong, told apart by what the caller can do about it.

use std::io;
use std::path::{Path, PathBuf};

/// Why the store refused or failed. Cheap to clone: one failed commit answers everyone who waited for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another process has this folder open.
    #[error("data folder {} is in use by another process", .0.display())]
    Locked(PathBuf),
    /// Bytes that were once written whole are not what they were. Nothing is repaired by guessing.
    #[error("{} is damaged at octet {offset}: {what}", file.display())]
    Corrupt {
        /// Which file.
        file: PathBuf,
        /// Where in it.
        offset: u64,
        /// What is wrong there.
        what: String,
    },
    /// Written by a newer version of this program.
    #[error("{} has format {found}, this program reads up to {known}", file.display())]
    NewerFormat {
        /// Which file.
        file: PathBuf,
        /// Its format.
        found: u16,
        /// The newest format we know.
        known: u16,
    },
    /// No space left, or a quota is used up.
    #[error("{} cannot be written: the disk is full", .0.display())]
    DiskFull(PathBuf),
    /// The folder or its file system may not be written.
    #[error("{} cannot be written: read-only or not permitted", .0.display())]
    ReadOnly(PathBuf),
    /// Any other failure of the operating system.
    #[error("{}: {what}", file.display())]
    Io {
        /// Which file or folder.
        file: PathBuf,
        /// The operating system's words.
        what: String,
        /// Their kind.
        kind: io::ErrorKind,
    },
    /// The queue to the journal is full; the record was not taken.
    #[error("the journal cannot keep up: its queue is full")]
    Overflow,
    /// A record is larger than a journal frame may be.
    #[error("a record of {octets} octets is larger than the journal takes")]
    TooLarge {
        /// Its size.
        octets: usize,
    },
    /// Bytes of a valid frame that no record type of this version explains.
    #[error("record {lsn} cannot be read: {what}")]
    UnknownRecord {
        /// Its number.
        lsn: u64,
        /// Why.
        what: String,
    },
    /// The search index is being opened or rebuilt; ask again later.
    #[error("the search index is not ready: {0}")]
    IndexNotReady(String),
    /// The text of a configuration version cannot be put together.
    #[error("configuration {version} cannot be read: {what}")]
    Config {
        /// Which version.
        version: u64,
        /// Why.
        what: String,
    },
    /// The store has been closed.
    #[error("the store is closed")]
    Closed,
    /// A backup file that is not one, is cut short or was changed.
    #[error("{} is not a whole backup: {what}", file.display())]
    BadBackup {
        /// Which file.
        file: PathBuf,
        /// Why.
        what: String,
    },
    /// A restore goes into an empty folder only.
    #[error("{} is not empty", .0.display())]
    NotEmpty(PathBuf),
}

impl StoreError {
    /// The operating system's refusal concerning `file`, sorted.
    pub(crate) fn io(file: &Path, error: &io::Error) -> Self {
        let file = file.to_path_buf();
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                StoreError::DiskFull(file)
            }
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => StoreError::ReadOnly(file),
            kind => StoreError::Io { file, what: error.to_string(), kind },
        }
    }

    pub(crate) fn corrupt(file: &Path, offset: u64, what: impl Into<String>) -> Self {
        StoreError::Corrupt { file: file.to_path_buf(), offset, what: what.into() }
    }
}
