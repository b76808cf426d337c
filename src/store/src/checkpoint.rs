//! The checkpoint: the live state at one moment, so that a start replays only what came after.
//!
//! A shortcut, never the truth: without it, or if it is damaged, the state is folded from the journal's
//! beginning. Written whole to another name, synced, then renamed.
//!
//! The file: magic, format version, two reserved octets, CRC-32C of the rest, the state in postcard.

use std::io;
use std::path::{Path, PathBuf};

use crate::StoreError;
use crate::disk::Disk;
use crate::live::Live;

const MAGIC: [u8; 8] = *b"STRWCKPT";
const FORMAT: u16 = 3;
const HEADER: usize = 16;

fn path(dir: &Path) -> PathBuf {
    dir.join("checkpoint")
}

/// The state as the file's octets.
pub(crate) fn encode(live: &Live) -> Result<Vec<u8>, StoreError> {
    let mut bytes = vec![0; HEADER];
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[8..10].copy_from_slice(&FORMAT.to_le_bytes());
    let mut bytes = postcard::to_extend(live, bytes)
        .map_err(|e| StoreError::corrupt(Path::new("checkpoint"), 0, format!("the state cannot be written: {e}")))?;
    let crc = crc32c::crc32c(&bytes[HEADER..]);
    bytes[12..16].copy_from_slice(&crc.to_le_bytes());
    Ok(bytes)
}

/// Makes these octets the checkpoint of the folder, durably and in one step.
pub(crate) fn write(disk: &dyn Disk, dir: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let (new, name) = (dir.join("checkpoint.new"), path(dir));
    let written = || -> io::Result<()> {
        let file = disk.create(&new)?;
        file.write_at(bytes, 0)?;
        file.sync()?;
        disk.rename(&new, &name)?;
        disk.sync_dir(dir)
    };
    written().map_err(|e| StoreError::io(&name, &e))
}

/// Reads the state; `None` if there is none or it cannot be used.
pub(crate) fn read(disk: &dyn Disk, dir: &Path) -> Result<Option<Live>, StoreError> {
    let name = path(dir);
    let file = match disk.open_read(&name) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(|e| StoreError::io(&name, &e))?,
    };
    let size = file.size().map_err(|e| StoreError::io(&name, &e))?;
    let mut bytes = vec![0; usize::try_from(size).unwrap_or(0)];
    let n = file.read_at(&mut bytes, 0).map_err(|e| StoreError::io(&name, &e))?;
    bytes.truncate(n);
    let Some((header, body)) = bytes.split_at_checked(HEADER) else { return Ok(unusable(&name, "it is cut short")) };
    if header[..8] != MAGIC {
        return Ok(unusable(&name, "it does not begin as it should"));
    }
    match u16::from_le_bytes([header[8], header[9]]) {
        FORMAT => {}
        // An earlier version's state lacks what this one folds.
        earlier if earlier < FORMAT => return Ok(unusable(&name, "it is from an earlier version")),
        found => return Err(StoreError::NewerFormat { file: name, found, known: FORMAT }),
    }
    if crc32c::crc32c(body).to_le_bytes() != header[12..16] {
        return Ok(unusable(&name, "its checksum is wrong"));
    }
    match postcard::from_bytes(body) {
        Ok(live) => Ok(Some(live)),
        Err(_) => Ok(unusable(&name, "its content makes no sense")),
    }
}

fn unusable(name: &Path, why: &str) -> Option<Live> {
    tracing::warn!(file = %name.display(), why, "checkpoint not usable, folding the whole journal");
    None
}
