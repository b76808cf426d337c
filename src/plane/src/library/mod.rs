//! The library: every sound the box plays, by name, decoded once for all who hear it.
//!
//! Owns the prompts and the music that came with the program (`voice`), the uploads in the folder `sounds/`, the
//! speech made by a program, and the cache of all of them at 8 and 16 kHz. Refuses to know who listens and what a
//! play list is.
//!
//! | name | where it comes from |
//! |---|---|
//! | `prompt/<language>/<key>` | `sounds/prompt/<language>/<key>.<ext>`, else the program |
//! | `music/<name>` | `sounds/music/<name>.<ext>`, else, for `default`, the program |
//! | `sound/<name>` | `sounds/<name>.<ext>` |
//! | `recording/<file>` | a recording's file, opened with the box's key where it is sealed |
//! | `speech/<language>/<text>` | the program for speech; kept in `sounds/speech-cache/` |
//!
//! **Invariants.** [`Library::sound`] never reads a file, decodes, starts a program, or waits for a lock: the table
//! has two copies, one of which is always readable. A name cannot lead out of the folder. The cache's size is
//! bounded: what nobody plays goes first, and when everything in it is playing and it has grown to twice its bound,
//! further sounds fail. Uploads are whole or absent, whenever the power fails.

mod desk;
mod folder;
mod name;
mod sound;
mod speech;
mod table;

use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use audio::file::{Limits, ReadError};
use media::speech::{SoundState, Sounds};

use crate::lock;
use crate::recorder::RecordingSource;
use desk::{Desk, Order};
use folder::Folder;
pub use name::{NameError, SoundName};
pub use sound::both_rates;
use table::{Asked, Found, Table};

/// Sounds asked for and not yet looked at; whoever asks for one more is told to ask again.
const ASKED_MAX: usize = 256;

/// Octets of an upload.
const UPLOAD_OCTETS_MAX: usize = 64 << 20;

/// The longest upload, however large the cache.
const UPLOAD_DURATION_MAX_S: usize = 3600;

/// Where sounds come from and how much of them is kept.
#[derive(Clone, Debug)]
pub struct LibraryOptions {
    /// The folder of uploads; without it there are none, and speech is not kept on disk.
    pub sounds: Option<PathBuf>,
    /// Octets of decoded sound kept in memory; a second takes 48,000.
    pub cache_octets_max: usize,
    /// Where recordings are, to be played like other sounds (messages, greetings); without it there are none.
    pub recordings: Option<RecordingSource>,
    /// A program that reads text on its input, has the language's code as its argument, and writes WAV.
    pub text_to_speech: Option<PathBuf>,
}

impl Default for LibraryOptions {
    /// No folder, 64 MiB (23 minutes), no program.
    fn default() -> Self {
        LibraryOptions { sounds: None, cache_octets_max: 64 << 20, recordings: None, text_to_speech: None }
    }
}

/// A sound as the administrator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoundInfo {
    /// What a play list calls it.
    pub name: String,
    /// How long it plays; unknown for files that were put into the folder by hand and not yet looked at.
    pub duration: Option<Duration>,
    /// Octets of the file.
    pub octets: u64,
    /// Where it comes from.
    pub source: Source,
}

/// Where a sound comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// It came with the program.
    Program,
    /// It was uploaded.
    Upload,
    /// It was uploaded, and stands in for one that came with the program.
    Replacement,
}

/// Why an upload is refused.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// The name is none that a file can have.
    #[error(transparent)]
    Name(#[from] NameError),
    /// It cannot be played.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The folder has as much in it as it may.
    #[error("there is no room for more sounds")]
    Full,
    /// There is no folder for uploads.
    #[error("this box keeps no sounds")]
    NoFolder,
    /// The disk.
    #[error("the sound could not be written")]
    Io(#[from] io::Error),
}

/// Told when a sound that was loading is ready or has failed.
pub type OnReady = Box<dyn Fn(&str) + Send + Sync>;

/// The library. A clone is the same one; with the last of them its threads end.
#[derive(Clone)]
pub struct Library {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    orders: SyncSender<Order>,
}

/// What the threads of the library and those who ask have in common.
pub(crate) struct Shared {
    table: Table,
    /// What is being loaded, so that it is asked for once.
    asked: Asked,
    folder: Option<Folder>,
    recordings: Option<RecordingSource>,
    limits: Limits,
    text_to_speech: Mutex<Option<PathBuf>>,
    on_ready: OnceLock<OnReady>,
    /// One change of the folder after the other.
    changing: Mutex<()>,
    /// Counts changes of the folder that are done; held while one of them, or a sound, gets into the table, so that
    /// what was read before a change never stands in the table after it. Never taken by who asks for a sound.
    edition: Mutex<u64>,
}

impl Library {
    /// Starts the library's threads. Makes the folder of sounds if there is none.
    pub fn start(options: LibraryOptions) -> io::Result<Library> {
        let folder = options.sounds.map(Folder::open).transpose()?;
        let longest = (options.cache_octets_max / sound::OCTETS_PER_SECOND).clamp(1, UPLOAD_DURATION_MAX_S);
        let shared = Arc::new(Shared {
            table: Table::new(options.cache_octets_max),
            asked: Asked::default(),
            folder,
            recordings: options.recordings,
            limits: Limits { octets_max: UPLOAD_OCTETS_MAX, duration_max_s: longest as u32 },
            text_to_speech: Mutex::new(options.text_to_speech),
            on_ready: OnceLock::new(),
            changing: Mutex::default(),
            edition: Mutex::default(),
        });
        let (orders, received) = sync_channel(ASKED_MAX);
        Desk::spawn(Arc::clone(&shared), received)?;
        Ok(Library { inner: Arc::new(Inner { shared, orders }) })
    }

    /// The sound of a name, from the cache; what is not there is fetched, and there a moment later. For audio
    /// threads: two hash look-ups at most. Only the first who asks for a sound that is not there copies the name.
    pub fn sound(&self, name: &str) -> SoundState {
        let shared = &self.inner.shared;
        match shared.table.find(name) {
            Found::Sound(sound) => return SoundState::Ready(sound),
            Found::Failed(why) => return SoundState::Failed(why.as_ref().to_owned()),
            Found::Busy => return SoundState::Loading,
            Found::Nothing => {}
        }
        if name.len() > name::LENGTH_MAX {
            return SoundState::Failed(NameError::Length.to_string());
        }
        if shared.asked.begin(name) {
            match self.inner.orders.try_send(Order::Load(name.to_owned())) {
                Ok(()) => {}
                Err(TrySendError::Full(_)) => shared.asked.end(name),
                Err(TrySendError::Disconnected(_)) => return SoundState::Failed("the library has stopped".to_owned()),
            }
        }
        SoundState::Loading
    }

    /// Whom to tell that a sound has been loaded, or cannot be; from threads of the library. The first call counts.
    pub fn on_ready(&self, on_ready: OnReady) {
        // Said so above: there is one plane to tell.
        let _already = self.inner.shared.on_ready.set(on_ready);
    }

    /// Has text spoken by another program from now on; what is in memory stays until it leaves.
    pub fn set_text_to_speech(&self, program: Option<PathBuf>) {
        *lock(&self.inner.shared.text_to_speech) = program;
    }

    /// Takes an upload, instead of an earlier one of that name: reads it as it will be played, and keeps the octets
    /// as they came. Heard from the next playing on. Takes as long as decoding does; not for audio threads.
    pub fn add(&self, name: &str, bytes: &[u8]) -> Result<SoundInfo, AddError> {
        let shared = &self.inner.shared;
        let parsed = SoundName::parse(name)?;
        let folder = shared.folder.as_ref().ok_or(AddError::NoFolder)?;
        let stem = parsed.stem().ok_or(NameError::Speech)?;
        let clip = audio::file::read(bytes, shared.limits)?;
        let duration = clip.duration();
        let sound = Arc::new(sound::both_rates(&clip));
        let _one = lock(&shared.changing);
        folder.write(&stem, bytes, duration)?;
        let mut edition = lock(&shared.edition);
        *edition += 1;
        // Full of what is playing: the next who asks loads it.
        if shared.table.insert(name, sound).is_err() {
            shared.table.remove(name);
        }
        drop(edition);
        let source = source_of(&parsed);
        Ok(SoundInfo { name: name.to_owned(), duration: Some(duration), octets: bytes.len() as u64, source })
    }

    /// Removes an upload; whether there was one. A prompt that it replaced is heard again.
    pub fn remove(&self, name: &str) -> Result<bool, AddError> {
        let shared = &self.inner.shared;
        let stem = SoundName::parse(name)?.stem().ok_or(NameError::Speech)?;
        let folder = shared.folder.as_ref().ok_or(AddError::NoFolder)?;
        let _one = lock(&shared.changing);
        let removed = folder.remove(&stem)?;
        let mut edition = lock(&shared.edition);
        *edition += 1;
        shared.table.remove(name);
        Ok(removed)
    }

    /// Every sound, by name: uploads, and what came with the program. Reads the folder; not for audio threads.
    pub fn list(&self) -> io::Result<Vec<SoundInfo>> {
        let shared = &self.inner.shared;
        let mut infos = sound::of_the_program();
        for file in shared.folder.as_ref().map(Folder::scan).transpose()?.unwrap_or_default() {
            let name = file.name.to_string();
            if file.duration.is_none() {
                // Looked at when there is nothing else to do; known at the next listing.
                let _busy = self.inner.orders.try_send(Order::Measure(file.name.clone()));
            }
            let source = source_of(&file.name);
            infos.insert(name.clone(), SoundInfo { name, duration: file.duration, octets: file.octets, source });
        }
        Ok(infos.into_values().collect())
    }

    /// Octets of decoded sound in memory.
    pub fn cached_octets(&self) -> usize {
        self.inner.shared.table.octets()
    }
}

impl Sounds for Library {
    fn sound(&self, name: &str) -> SoundState {
        Library::sound(self, name)
    }
}

/// What an upload of that name is.
fn source_of(name: &SoundName) -> Source {
    if sound::from_program(name).is_some() { Source::Replacement } else { Source::Upload }
}

#[cfg(test)]
mod tests;
