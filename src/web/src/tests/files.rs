//! Files of a box under test: sounds, recordings, and a disk that may be full.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use base::Duration;
use store::disk::{Disk, DiskFile, OsDisk};
use web::{OpenFile, RecordingFiles, SoundInfo, Sounds};

/// So many seconds of a tone as WAV: 8 kHz, 16 bit, one channel.
pub fn tone(seconds: u32) -> Vec<u8> {
    let samples = seconds * 8_000;
    let mut wav = Vec::new();
    wav.extend_from_slice(b"RIFF");
    wav.extend_from_slice(&(36 + samples * 2).to_le_bytes());
    wav.extend_from_slice(b"WAVEfmt ");
    wav.extend_from_slice(&16_u32.to_le_bytes());
    for word in [1_u16, 1] {
        wav.extend_from_slice(&word.to_le_bytes());
    }
    wav.extend_from_slice(&8_000_u32.to_le_bytes());
    wav.extend_from_slice(&16_000_u32.to_le_bytes());
    for word in [2_u16, 16] {
        wav.extend_from_slice(&word.to_le_bytes());
    }
    wav.extend_from_slice(b"data");
    wav.extend_from_slice(&(samples * 2).to_le_bytes());
    for n in 0..samples {
        let swing = (n % 20) as i16 - 10;
        wav.extend_from_slice(&(swing * 500).to_le_bytes());
    }
    wav
}

/// Recordings as plain files in a folder.
pub struct Files(pub PathBuf);

impl RecordingFiles for Files {
    fn open(&self, file: &str) -> io::Result<OpenFile> {
        let file = std::fs::File::open(self.0.join(file))?;
        Ok(OpenFile { length: file.metadata()?.len(), content: Box::new(file) })
    }

    fn remove(&self, file: &str) -> io::Result<()> {
        std::fs::remove_file(self.0.join(file))
    }
}

/// Sounds in memory; takes whatever begins as WAV does.
pub struct Shelf(Mutex<BTreeMap<String, Vec<u8>>>);

impl Shelf {
    /// A few sounds of each kind.
    pub fn new() -> Self {
        let names = ["sound/harp", "sound/welcome", "music/default", "prompt/en/goodbye", "prompt/nl/goodbye"];
        Shelf(Mutex::new(names.into_iter().map(|name| (name.to_owned(), tone(3))).collect()))
    }

    fn sounds(&self) -> MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        self.0.lock().expect("no panic")
    }
}

fn sound_info(name: &str, octets: &[u8]) -> SoundInfo {
    SoundInfo {
        name: name.to_owned(),
        duration: Duration::from_millis(octets.len() as u64 / 16),
        octets: if name.starts_with("sound/") { octets.len() as u64 } else { 0 },
    }
}

impl Sounds for Shelf {
    fn list(&self) -> Vec<SoundInfo> {
        self.sounds().iter().map(|(name, octets)| sound_info(name, octets)).collect()
    }

    fn add(&self, name: &str, octets: &[u8]) -> Result<SoundInfo, String> {
        if !octets.starts_with(b"RIFF") {
            return Err("this is neither WAV, MP3, FLAC nor Ogg".to_owned());
        }
        let name = format!("sound/{name}");
        self.sounds().insert(name.clone(), octets.to_vec());
        Ok(sound_info(&name, octets))
    }

    fn remove(&self, name: &str) -> Result<(), String> {
        match self.sounds().remove(&format!("sound/{name}")) {
            Some(_) => Ok(()),
            None => Err("there is no such sound".to_owned()),
        }
    }

    fn wav(&self, name: &str) -> io::Result<Vec<u8>> {
        self.sounds().get(name).cloned().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }
}

/// The disk of the system, which may be said to be full.
#[derive(Default)]
pub struct FullDisk {
    pub full: Arc<AtomicBool>,
}

struct FullFile {
    file: Arc<dyn DiskFile>,
    full: Arc<AtomicBool>,
}

impl FullDisk {
    fn of(&self, file: Arc<dyn DiskFile>) -> Arc<dyn DiskFile> {
        Arc::new(FullFile { file, full: Arc::clone(&self.full) })
    }
}

impl Disk for FullDisk {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        OsDisk.create_dir(path)
    }

    fn open_read(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        OsDisk.open_read(path)
    }

    fn open_write(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        OsDisk.open_write(path).map(|file| self.of(file))
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        OsDisk.create(path).map(|file| self.of(file))
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        OsDisk.list(dir)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        OsDisk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        OsDisk.remove(path)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        OsDisk.sync_dir(dir)
    }
}

impl DiskFile for FullFile {
    fn size(&self) -> io::Result<u64> {
        self.file.size()
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        if self.full.load(Ordering::SeqCst) {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        self.file.write_at(bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync()
    }

    fn truncate(&self, size: u64) -> io::Result<()> {
        self.file.truncate(size)
    }
}
