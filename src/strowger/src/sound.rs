//! The box's sounds and recordings: their folders, the key, and what the pages may do with them.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use audio::file::{WavFormat, WavWriter};
use base::{RecordingId, WallTime};
use config::Config;
use exchange::record::{Record, RecordingRecord, RecordingStep};
use media::control::{MediaEvent, RecordingEnd};
use media::speech::{SoundState, VoiceOptions};
use plane::PlaneOptions;
use plane::library::{Library, LibraryOptions};
use plane::recorder::{Key, OnEnd, Recorder, RecorderOptions, RecordingSource, open_plain};
use store::Store;
use web::{OpenFile, RecordingFiles, SoundInfo};

use crate::host::{random, wall_clock};

/// Below the data folder.
const RECORDINGS: &str = "recordings";
const SOUNDS: &str = "sounds";
/// Below the recordings: messages and greetings.
const VOICEMAIL: &str = "voicemail/";
const KEY: &str = "recordings.key";
/// Decoded sounds kept in memory.
const CACHE_OCTETS: usize = 64 * 1024 * 1024;
/// One thread makes the captures of some thousand calls.
const RECORDER_THREADS: usize = 1;
/// How long a page waits for a sound to be read.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often old recordings are looked for.
const RETENTION_EVERY: Duration = Duration::from_secs(3_600);
/// Recordings removed in one go.
const RETENTION_BATCH: usize = 200;

/// Library, recorder and the key.
pub struct Sound {
    pub library: Library,
    pub recorder: Recorder,
    folder: PathBuf,
    key: Key,
}

impl Sound {
    /// Opens both folders below `data`; `tell` hears what becomes of recordings, from their threads.
    pub fn open(
        data: &Path,
        config: &Config,
        tell: impl Fn(MediaEvent) + Send + Sync + 'static,
    ) -> anyhow::Result<Sound> {
        let key = Key::from(key_of(&data.join(KEY)).context("the key of the recordings")?);
        let folder = data.join(RECORDINGS);
        let on_end: OnEnd = Arc::new(move |recording, end| tell(MediaEvent::Recorded { recording, end }));
        let options = RecorderOptions {
            folder: folder.clone(),
            key: Some(key),
            reserve_octets: u64::from(config.recording.disk_reserve_mb) * 1024 * 1024,
            threads: RECORDER_THREADS,
        };
        let recorder = Recorder::start(options, on_end).context("the recorder does not start")?;
        let library = Library::start(LibraryOptions {
            sounds: Some(data.join(SOUNDS)),
            cache_octets_max: CACHE_OCTETS,
            recordings: Some(RecordingSource { folder: folder.clone(), key: Some(key) }),
            text_to_speech: config.media.text_to_speech.as_ref().map(PathBuf::from),
        })
        .context("the library of sounds does not start")?;
        Ok(Sound { library, recorder, folder, key })
    }

    /// The audio plane with these sounds.
    pub fn plane_options(&self, config: &Config) -> PlaneOptions {
        let default = PlaneOptions::default();
        PlaneOptions {
            threads: match config.media.audio_threads {
                0 => default.threads,
                threads => usize::from(threads),
            },
            inactivity: Duration::from_secs(u64::from(config.media.inactivity_s)),
            pin: config.media.pin_threads,
            voice: VoiceOptions {
                opus_complexity: config.media.opus_complexity,
                opus_bit_rate: config.media.opus_bit_rate,
            },
            sounds: Some(Arc::new(self.library.clone())),
            recorder: Some(self.recorder.clone()),
        }
    }

    /// Removes files of mailboxes that nothing names: the power failed between the record and the file.
    pub fn sweep(&self, named: &BTreeSet<String>, unfinished: &[RecordingId]) {
        let files = match self.recorder.files(VOICEMAIL) {
            Ok(files) => files,
            Err(error) => return tracing::warn!(%error, "the files of mailboxes could not be looked through"),
        };
        let is_open = |file: &str| unfinished.iter().any(|recording| file.contains(&recording.to_string()));
        for file in files.iter().filter(|file| !named.contains(*file) && !is_open(file)) {
            match self.recorder.remove(file) {
                Ok(()) => tracing::info!(file, "a recording that no mailbox has any more was removed"),
                Err(error) => tracing::warn!(file, %error, "a recording that no mailbox has stays"),
            }
        }
    }

    /// Completes what the last run left unfinished. Recordings that left nothing behind are told as lost.
    pub fn recover(&self, open: &[RecordingId], tell: impl Fn(MediaEvent)) {
        let found: BTreeSet<RecordingId> = self.recorder.recover().into_iter().collect();
        for recording in open.iter().filter(|r| !found.contains(r)) {
            let problem = Some("the box stopped before anything of it was written".to_owned());
            let end = RecordingEnd { problem, ..RecordingEnd::default() };
            tell(MediaEvent::Recorded { recording: *recording, end });
        }
    }

    /// For the pages.
    pub fn for_pages(&self) -> (Box<dyn RecordingFiles>, Box<dyn web::Sounds>) {
        let files = Files { recorder: self.recorder.clone(), folder: self.folder.clone(), key: self.key };
        (Box::new(files), Box::new(Shelf(self.library.clone())))
    }

    /// Removes recordings that are kept no longer; runs until the process ends. `keep_days` is asked each time.
    pub fn keep_tidy(&self, store: Store, keep_days: impl Fn() -> u32 + Send + 'static) -> io::Result<()> {
        let recorder = self.recorder.clone();
        std::thread::Builder::new().name("retention".into()).spawn(move || {
            loop {
                remove_old(&store, &recorder, keep_days());
                std::thread::sleep(RETENTION_EVERY);
            }
        })?;
        Ok(())
    }
}

fn remove_old(store: &Store, recorder: &Recorder, keep_days: u32) {
    if keep_days == 0 {
        return;
    }
    let before = WallTime::from_unix_ms(wall_clock().unix_ms() - i64::from(keep_days) * 86_400_000);
    loop {
        let old = match store.recordings_before(before, RETENTION_BATCH) {
            Ok(old) if old.is_empty() => return,
            Ok(old) => old,
            Err(error) => return tracing::warn!(%error, "old recordings could not be looked for"),
        };
        for one in old {
            let file = one.ended.map(|(_, end)| end.file).unwrap_or_default();
            match if file.is_empty() { Ok(()) } else { recorder.remove(&file) } {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return tracing::warn!(%error, recording = %one.recording, "it could not be removed"),
            }
            let what = RecordingStep::Deleted { by: "retention".to_owned() };
            let record = RecordingRecord { at: wall_clock(), recording: one.recording, call: one.call, what };
            if let Err(error) = store.append_wait(Record::Recording(Box::new(record))) {
                return tracing::warn!(%error, "the removal of a recording could not be written down");
            }
        }
    }
}

/// A key of the box, drawn at the first start. Who has that of the recordings and the files can hear them; who has that
/// of the phones can be any of them.
pub fn key_of(path: &Path) -> anyhow::Result<[u8; 32]> {
    let mut octets = [0; 32];
    match fs::File::open(path) {
        Ok(mut file) => file.read_exact(&mut octets).context("it is cut short")?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            random()?.fill(&mut octets);
            let part = path.with_extension("part");
            let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
            file.write_all(&octets)?;
            file.sync_all()?;
            fs::rename(&part, path)?;
            // The name is durable before anything is written under the key.
            if let Some(folder) = path.parent() {
                fs::File::open(folder)?.sync_all()?;
            }
        }
        Err(error) => return Err(error.into()),
    }
    Ok(octets)
}

/// The recordings' folder as the pages see it.
struct Files {
    recorder: Recorder,
    folder: PathBuf,
    key: Key,
}

impl RecordingFiles for Files {
    fn open(&self, file: &str) -> io::Result<OpenFile> {
        let plain = open_plain(&self.folder, file, Some(&self.key))?;
        Ok(OpenFile { length: plain.len(), content: Box::new(plain) })
    }

    fn remove(&self, file: &str) -> io::Result<()> {
        self.recorder.remove(file)
    }
}

/// The library as the pages see it.
struct Shelf(Library);

impl web::Sounds for Shelf {
    fn list(&self) -> Vec<SoundInfo> {
        let listed = self.0.list().unwrap_or_else(|error| {
            tracing::warn!(%error, "the sounds could not be listed");
            Vec::new()
        });
        listed.into_iter().map(info).collect()
    }

    fn add(&self, name: &str, octets: &[u8]) -> Result<SoundInfo, String> {
        self.0.add(&format!("sound/{name}"), octets).map(info).map_err(|error| error.to_string())
    }

    fn remove(&self, name: &str) -> Result<(), String> {
        match self.0.remove(&format!("sound/{name}")) {
            Ok(true) => Ok(()),
            Ok(false) => Err("there is no such sound".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn wav(&self, name: &str) -> io::Result<Vec<u8>> {
        let began = Instant::now();
        loop {
            match self.0.sound(name) {
                SoundState::Ready(sound) => return Ok(wav_of(&sound)),
                SoundState::Loading if began.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(10)),
                SoundState::Loading => return Err(io::ErrorKind::TimedOut.into()),
                SoundState::Failed(why) => return Err(io::Error::new(io::ErrorKind::NotFound, why)),
            }
        }
    }
}

/// A sound as WAV, 16 bits at 16 kHz.
pub fn wav_of(sound: &media::speech::Sound) -> Vec<u8> {
    let mut out = Vec::with_capacity(sound.at16k.len() * 2 + WavWriter::HEADER);
    let mut writer = WavWriter::new(WavFormat::Linear16k, 1, &mut out);
    writer.push(&sound.at16k, &mut out);
    let header = writer.header();
    if let Some(room) = out.get_mut(..header.len()) {
        room.copy_from_slice(&header);
    }
    out
}

fn info(sound: plane::library::SoundInfo) -> SoundInfo {
    SoundInfo { name: sound.name, duration: sound.duration.unwrap_or_default(), octets: sound.octets }
}
