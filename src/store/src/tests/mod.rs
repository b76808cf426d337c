//! The store as a whole.

mod basics;
mod faults;
mod kill;
mod recordings;
mod replay;
mod retention;

use std::sync::Arc;

use crate::index::MemoryIndex;
use crate::testing::TempDir;
use crate::{Store, StoreOptions};

/// Options with the index in memory: faster, and the index is not what most tests are about.
fn memory() -> StoreOptions {
    StoreOptions { index: Arc::new(MemoryIndex::open), ..StoreOptions::default() }
}

fn open(dir: &TempDir) -> Store {
    Store::open(dir.path(), StoreOptions::default()).unwrap()
}
