//! The pauses of a recording, kept beside its capture until its end was told: a crash must not forget them.
//!
//! A line for each, `from to` in milliseconds; one that was not over has no `to`.

use std::io::{self, Read, Write};

use nix::fcntl::OFlag;

use super::folder::{Folder, PAUSES};

/// From, to; an open one has no end yet. Milliseconds of the recording.
pub(super) type Pauses = Vec<(u32, Option<u32>)>;

/// Octets read at most; a thousand pauses take less.
const OCTETS_MAX: u64 = 64 * 1_024;

/// Keeps the pauses of the recording `name`; durable after [`Folder::sync`].
pub(super) fn keep(folder: &Folder, name: &str, pauses: &Pauses) -> io::Result<()> {
    let file = format!("{name}{PAUSES}");
    let mut file = match folder.file(&file, OFlag::O_WRONLY) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => folder.create(&file)?,
        Err(error) => return Err(error),
    };
    let lines: String =
        pauses.iter().map(|(from, to)| to.map_or_else(|| format!("{from}\n"), |to| format!("{from} {to}\n"))).collect();
    // Lines are only added, and the last one grows: at no moment is there less than before.
    file.write_all(lines.as_bytes())
}

/// The pauses that were kept, of a recording that lasted `duration_ms`. What is no line of ours is passed over.
pub(super) fn kept(folder: &Folder, name: &str, duration_ms: u32) -> Vec<(u32, u32)> {
    let mut lines = String::new();
    if let Ok(file) = folder.file(&format!("{name}{PAUSES}"), OFlag::O_RDONLY) {
        let _ = file.take(OCTETS_MAX).read_to_string(&mut lines);
    }
    lines
        .lines()
        .filter_map(|line| {
            let (from, to) = line.split_once(' ').unwrap_or((line, ""));
            Some((from.parse().ok()?, to.parse().unwrap_or(duration_ms).min(duration_ms)))
        })
        .filter(|(from, to)| from < to)
        .collect()
}

/// The end was told, with the pauses in it.
pub(super) fn forget(folder: &Folder, name: &str) {
    // Most recordings have none.
    let _ = folder.remove(&format!("{name}{PAUSES}"));
}
