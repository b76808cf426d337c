//! Whether the index on disk can be believed.
//!
//! A file beside the index says in which boot of the machine it was last open and whether it was closed
//! and synced. Still open in this same boot: only the process died, the kernel has all its writes. Still
//! open in an earlier boot: the power went or the kernel died, and what sled promised may not have
//! happened; then the index is rebuilt.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Layout of keys and rows; another number means rebuild.
const LAYOUT: u32 = 1;

/// Beside the index's own folder.
pub(super) struct Marker {
    path: PathBuf,
    boot: String,
}

impl Marker {
    pub(super) fn new(index_dir: &Path) -> Self {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        Marker { path: index_dir.join("marker"), boot: boot.trim().to_owned() }
    }

    /// Whether the index may be used as it is.
    pub(super) fn trusts(&self) -> bool {
        let text = fs::read_to_string(&self.path).unwrap_or_default();
        let mut lines = text.lines();
        let (layout, state, boot) = (lines.next(), lines.next(), lines.next());
        layout == Some(&layout_line())
            && match state {
                Some("closed") => true,
                Some("open") => !self.boot.is_empty() && boot == Some(&self.boot),
                _ => false,
            }
    }

    /// Notes, durably, that the index is being written from now on.
    pub(super) fn set_open(&self) -> io::Result<()> {
        self.set("open")
    }

    /// Notes, durably, that the index was synced whole.
    pub(super) fn set_closed(&self) -> io::Result<()> {
        self.set("closed")
    }

    fn set(&self, state: &str) -> io::Result<()> {
        let new = self.path.with_extension("new");
        let mut file = File::create(&new)?;
        write!(file, "{}\n{state}\n{}\n", layout_line(), self.boot)?;
        file.sync_all()?;
        fs::rename(&new, &self.path)?;
        match self.path.parent() {
            Some(dir) => File::open(dir)?.sync_all(),
            None => Ok(()),
        }
    }
}

fn layout_line() -> String {
    format!("layout {LAYOUT}")
}
