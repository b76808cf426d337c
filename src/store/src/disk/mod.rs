//! The file layer: the few operations that the journal and the checkpoint need of a disk.
//!
//! The store does all its own input and output through [`Disk`], so that a test can stand in for the
//! disk and take the power away in the middle. Only the lock file, the index and backups bypass it.

mod os;
#[cfg(test)]
pub(crate) mod sim;

use std::io;
use std::path::Path;
use std::sync::Arc;

pub use os::OsDisk;

/// A disk with one level of promise: what was synced survives, what was not may be lost in any part.
pub trait Disk: Send + Sync {
    /// Makes the folder and its parents; nothing happens if it exists.
    fn create_dir(&self, path: &Path) -> io::Result<()>;
    /// Opens an existing file for reading.
    fn open_read(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;
    /// Opens an existing file for reading and writing.
    fn open_write(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;
    /// Makes an empty file for reading and writing, replacing one of that name.
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;
    /// The names of the files in a folder, in any order; empty if there is no such folder.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;
    /// Gives a file another name, replacing one of that name.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes creations, renames and removals in this folder durable.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
}

/// An open file.
pub trait DiskFile: Send + Sync {
    /// Its size in octets.
    fn size(&self) -> io::Result<u64>;
    /// Reads up to `buffer.len()` octets at `offset`; fewer only at the end of the file.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
    /// Writes all of `bytes` at `offset`.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Makes the content and the size durable (`fdatasync`).
    fn sync(&self) -> io::Result<()>;
    /// Cuts the file to `size` octets.
    fn truncate(&self, size: u64) -> io::Result<()>;
}
