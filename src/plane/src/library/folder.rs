//! The folder of uploads.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use voice::Language;

use super::{AddError, SoundName};
use crate::lock;

/// Files in the folder, its subfolders included; more are neither taken nor listed.
const FILES_MAX: usize = 2000;

/// Octets of all files.
const OCTETS_MAX: u64 = 2 << 30;

/// The endings a sound's file may have, in the order they are tried.
const ENDINGS: [&str; 6] = ["wav", "mp3", "flac", "ogg", "opus", "oga"];

/// What is being written has this ending.
const UNFINISHED: &str = "part";

/// Uploads, each `<stem>.<ending>`, and how long they play as far as that is known.
pub(super) struct Folder {
    path: PathBuf,
    /// By stem; what was measured holds while size and time of the file do.
    measured: Mutex<HashMap<PathBuf, Measured>>,
}

/// A file of the folder.
#[derive(Clone, Debug)]
pub(super) struct SoundFile {
    pub(super) name: SoundName,
    pub(super) octets: u64,
    pub(super) duration: Option<Duration>,
}

#[derive(Clone, Copy)]
struct Measured {
    octets: u64,
    modified: Option<SystemTime>,
    duration: Duration,
}

impl Folder {
    /// Opens the folder, which is made if it is not there, and clears away what a power cut left half written.
    pub(super) fn open(path: PathBuf) -> io::Result<Folder> {
        fs::create_dir_all(&path)?;
        let folder = Folder { path, measured: Mutex::default() };
        for (_, place) in folder.places() {
            for entry in read_dir(&place)? {
                if entry.path().extension().is_some_and(|ending| ending == UNFINISHED) {
                    fs::remove_file(entry.path())?;
                }
            }
        }
        Ok(folder)
    }

    /// Where speech is kept.
    pub(super) fn speech_cache(&self) -> PathBuf {
        self.path.join("speech-cache")
    }

    /// The octets of the file with that stem, if there is one and it is not larger than `octets_max`.
    pub(super) fn read(&self, stem: &Path, octets_max: usize) -> io::Result<Option<Vec<u8>>> {
        let Some(path) = self.find(stem) else { return Ok(None) };
        if fs::metadata(&path)?.len() > octets_max as u64 {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "the file is too large"));
        }
        fs::read(path).map(Some)
    }

    /// Whether there is a file with that stem.
    pub(super) fn has(&self, stem: &Path) -> bool {
        self.find(stem).is_some()
    }

    /// Writes a file whole or not at all, instead of those with the same stem.
    pub(super) fn write(&self, stem: &Path, bytes: &[u8], duration: Duration) -> Result<(), AddError> {
        let files = self.scan()?;
        let others = files.iter().filter(|file| file.name.stem().as_deref() != Some(stem));
        let (count, octets) = others.fold((0, 0), |(count, octets), file| (count + 1, octets + file.octets));
        if count >= FILES_MAX || octets + bytes.len() as u64 > OCTETS_MAX {
            return Err(AddError::Full);
        }
        let path = self.file(stem, ending_of(bytes));
        write_whole(&path, bytes)?;
        for ending in ENDINGS {
            let other = self.file(stem, ending);
            if other != path {
                remove_if_there(&other)?;
            }
        }
        self.measure(stem, duration);
        Ok(())
    }

    /// Removes the files with that stem; whether there was one.
    pub(super) fn remove(&self, stem: &Path) -> io::Result<bool> {
        let mut removed = false;
        for ending in ENDINGS {
            removed |= remove_if_there(&self.file(stem, ending))?;
        }
        lock(&self.measured).remove(stem);
        if let Some(place) = self.path.join(stem).parent().filter(|_| removed) {
            sync_folder(place)?;
        }
        Ok(removed)
    }

    /// Remembers how long the file with that stem plays.
    pub(super) fn measure(&self, stem: &Path, duration: Duration) {
        let Some(metadata) = self.find(stem).and_then(|path| fs::metadata(path).ok()) else { return };
        let mut measured = lock(&self.measured);
        if measured.len() < FILES_MAX || measured.contains_key(stem) {
            let modified = metadata.modified().ok();
            measured.insert(stem.to_owned(), Measured { octets: metadata.len(), modified, duration });
        }
    }

    /// Every sound in the folder; of several files with one stem the one that is played.
    pub(super) fn scan(&self) -> io::Result<Vec<SoundFile>> {
        let mut found = Vec::new();
        for (prefix, place) in self.places() {
            for entry in read_dir(&place)? {
                let path = entry.path();
                let known = path.extension().is_some_and(|ending| ENDINGS.iter().any(|one| ending == *one));
                let stem = path.file_stem().and_then(|stem| stem.to_str()).filter(|_| known);
                let name = stem.and_then(|stem| SoundName::parse(&format!("{prefix}{stem}")).ok());
                let (Some(name), Ok(metadata)) = (name, entry.metadata()) else { continue };
                if !metadata.is_file() || name.stem().and_then(|stem| self.find(&stem)).as_ref() != Some(&path) {
                    continue;
                }
                if found.len() >= FILES_MAX {
                    return Ok(found);
                }
                let duration = self.duration(&name, &metadata);
                found.push(SoundFile { name, octets: metadata.len(), duration });
            }
        }
        Ok(found)
    }

    fn duration(&self, name: &SoundName, metadata: &fs::Metadata) -> Option<Duration> {
        let measured = lock(&self.measured).get(&name.stem()?).copied()?;
        let same = measured.octets == metadata.len() && measured.modified == metadata.modified().ok();
        same.then_some(measured.duration)
    }

    /// The folders that sounds lie in, each with what their names begin with.
    fn places(&self) -> Vec<(String, PathBuf)> {
        let prompts = Language::ALL.map(|language| {
            let code = language.code();
            (format!("prompt/{code}/"), self.path.join("prompt").join(code))
        });
        let own = [("sound/".to_owned(), self.path.clone()), ("music/".to_owned(), self.path.join("music"))];
        own.into_iter().chain(prompts).collect()
    }

    fn find(&self, stem: &Path) -> Option<PathBuf> {
        ENDINGS.iter().map(|ending| self.file(stem, ending)).find(|path| path.is_file())
    }

    fn file(&self, stem: &Path, ending: &str) -> PathBuf {
        // A stem has no dot, so this never takes something away.
        self.path.join(stem).with_extension(ending)
    }
}

/// Writes beside the place, has it on the disk, and only then takes the place.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let place = path.parent().ok_or(io::ErrorKind::InvalidFilename)?;
    fs::create_dir_all(place)?;
    let unfinished = path.with_extension(UNFINISHED);
    let written = File::create(&unfinished).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    if let Err(error) = written.and_then(|()| fs::rename(&unfinished, path)) {
        // A full disk gets back what was written.
        let _gone_anyway = fs::remove_file(&unfinished);
        return Err(error);
    }
    sync_folder(place)
}

/// A new name in a folder is on the disk only after this; and the folder's own, if it was just made, in its parent.
fn sync_folder(place: &Path) -> io::Result<()> {
    File::open(place)?.sync_all()?;
    place.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
}

/// The entries of a folder; none if it is not there.
fn read_dir(place: &Path) -> io::Result<Vec<fs::DirEntry>> {
    match fs::read_dir(place) {
        Ok(entries) => entries.collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn remove_if_there(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// The ending for a file that was read as a sound, by how it begins.
fn ending_of(bytes: &[u8]) -> &'static str {
    match bytes {
        [b'R', b'I', b'F', b'F', ..] => "wav",
        [b'O', b'g', b'g', b'S', ..] => "ogg",
        [b'f', b'L', b'a', b'C', ..] => "flac",
        _ => "mp3",
    }
}
