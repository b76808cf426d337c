//! The index in sled.
//!
//! sled's `flush` does not reach the disk by itself (it is `sync_file_range`), so nothing here is
//! trusted after a power cut; see `marker`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Index, IndexError, Visit};

/// A sled database with one tree.
pub struct SledIndex {
    db: ::sled::Db,
    dir: PathBuf,
}

/// sled takes a gigabyte unless told otherwise; pages come back from the kernel's cache soon enough.
const CACHE: u64 = 2 << 20;

impl SledIndex {
    /// Opens or makes the database in `dir`.
    pub fn open(dir: &Path) -> Result<Arc<dyn Index>, IndexError> {
        let config =
            ::sled::Config::new().path(dir).cache_capacity(CACHE).mode(::sled::Mode::LowSpace).flush_every_ms(None);
        // sled has panicked on files torn by a power cut.
        let opened = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| config.open()));
        match opened {
            Ok(Ok(db)) => Ok(Arc::new(SledIndex { db, dir: dir.to_path_buf() })),
            Ok(Err(e)) => Err(e.into()),
            Err(_) => Err(IndexError("sled panicked while opening".to_owned())),
        }
    }
}

impl From<::sled::Error> for IndexError {
    fn from(e: ::sled::Error) -> Self {
        IndexError(e.to_string())
    }
}

impl Index for SledIndex {
    fn apply(&self, changes: Vec<(Vec<u8>, Option<Vec<u8>>)>) -> Result<(), IndexError> {
        let mut batch = ::sled::Batch::default();
        for (key, value) in changes {
            match value {
                Some(value) => batch.insert(key, value),
                None => batch.remove(key),
            }
        }
        Ok(self.db.apply_batch(batch)?)
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, IndexError> {
        Ok(self.db.get(key)?.map(|value| value.to_vec()))
    }

    fn scan_back(&self, from: &[u8], to: &[u8], visit: &mut Visit<'_>) -> Result<(), IndexError> {
        if from >= to {
            return Ok(()); // sled panics on a range that ends before it begins
        }
        for entry in self.db.range(from..to).rev() {
            let (key, value) = entry?;
            if !visit(&key, &value) {
                break;
            }
        }
        Ok(())
    }

    fn sync(&self) -> Result<(), IndexError> {
        self.db.flush()?;
        let io = |e: std::io::Error| IndexError(e.to_string());
        for entry in fs::read_dir(&self.dir).map_err(io)? {
            let path = entry.map_err(io)?.path();
            if path.is_file() {
                File::open(&path).and_then(|file| file.sync_all()).map_err(io)?;
            }
        }
        File::open(&self.dir).and_then(|dir| dir.sync_all()).map_err(io)
    }
}
