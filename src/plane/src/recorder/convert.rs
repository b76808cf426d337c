//! From captures to Ogg Opus, one after the other, when nobody else needs the processor.

use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;

use audio::file::{OggOpusWriter, WavFormat};
use base::RecordingId;
use media::control::RecordingEnd;

use super::OnEnd;
use super::folder::{Folder, OPUS, OPUS_PART, OPUS_TEMPORARY, WAV};
use super::pauses;
use super::plain::{complete, open_in};
use super::vault::{self, Key};

/// Bit/s of all channels.
const BIT_RATE: u32 = 32_000;
/// Octets converted at a time: some seconds of sound.
const PIECE: usize = 256 * 1_024;

/// A capture that is complete and is to become Ogg Opus.
pub(super) struct Job {
    /// Whom to tell about; none: a capture whose name tells no recording.
    pub(super) recording: Option<RecordingId>,
    /// The recording's name, without ending.
    pub(super) name: String,
    /// What is known of its end.
    pub(super) end: RecordingEnd,
}

/// The thread's work.
pub(super) struct Converter {
    pub(super) folder: Arc<Folder>,
    pub(super) key: Option<Key>,
    pub(super) on_end: OnEnd,
    pub(super) stopping: Arc<AtomicBool>,
}

impl Converter {
    /// Works until nobody can send jobs any more. A job that is given up because the box stops is found again when it
    /// starts.
    pub(super) fn run(self, jobs: &Receiver<Job>) {
        lower_priority();
        for job in jobs {
            if self.stopping.load(Ordering::Relaxed) {
                return;
            }
            let Job { recording, name, mut end } = job;
            let converted = catch_unwind(AssertUnwindSafe(|| self.convert(&name)))
                .unwrap_or_else(|_| Err(io::Error::other("the encoder panicked")));
            match converted {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::warn!(%name, %error, "a recording stays WAV: it could not be made Ogg Opus");
                    end.problem.get_or_insert_with(|| format!("kept as WAV, for it could not be converted: {error}"));
                    if let Err(error) = self.keep_wav(&name) {
                        tracing::error!(%name, %error, "a recording could not be completed");
                    }
                }
            }
            for ending in [OPUS, WAV] {
                if let Ok(octets) = self.octets(&format!("{name}{ending}")) {
                    (end.file, end.octets) = (format!("{name}{ending}"), octets);
                    break;
                }
            }
            pauses::forget(&self.folder, &name);
            if let Some(recording) = recording {
                (self.on_end)(recording, end);
            }
        }
    }

    /// False if it was given up.
    fn convert(&self, name: &str) -> io::Result<bool> {
        let (capture, temporary) = (format!("{name}{OPUS_PART}"), format!("{name}{OPUS_TEMPORARY}"));
        // One left by a crash.
        let _ = self.folder.remove(&temporary);
        let made = self.make(&capture, &temporary);
        if !matches!(made, Ok(true)) {
            let _ = self.folder.remove(&temporary);
            return made;
        }
        self.folder.rename(&temporary, &format!("{name}{OPUS}"))?;
        self.folder.remove(&capture)?;
        Ok(true)
    }

    fn make(&self, capture: &str, temporary: &str) -> io::Result<bool> {
        let refused = |_| io::Error::other("the Opus encoder refused");
        let mut plain = open_in(&self.folder, capture, self.key.as_ref())?;
        let sealed = vault::is_sealed(&self.folder.file(capture, nix::fcntl::OFlag::O_RDONLY)?);
        let wav = plain.wav().ok_or(io::ErrorKind::InvalidData)?;
        let mut sink = Sink { file: self.folder.create(temporary)?, vault: None, octets: Vec::new() };
        if sealed && let Some(key) = &self.key {
            sink.vault = Some(vault::Writer::new(key, &mut sink.octets)?);
            sink.file.write_all(&sink.octets)?;
        }
        let mut out = Vec::new();
        let mut opus =
            OggOpusWriter::new(wav.format().rate(), wav.channels(), BIT_RATE, 1, &mut out).map_err(refused)?;
        io::copy(&mut (&mut plain).take(audio::file::WavWriter::HEADER as u64), &mut io::sink())?;
        let (mut piece, mut samples) = (Vec::with_capacity(PIECE), Vec::new());
        while !self.stopping.load(Ordering::Relaxed) {
            piece.clear();
            if (&mut plain).take(PIECE as u64).read_to_end(&mut piece)? == 0 {
                opus.finish(&mut out).map_err(refused)?;
                sink.write(&out)?;
                sink.finish()?;
                return Ok(true);
            }
            samples.clear();
            match wav.format() {
                WavFormat::Ulaw8k => samples.extend(piece.iter().map(|octet| audio::codec::ulaw::decode(*octet))),
                WavFormat::Linear16k => samples.extend(piece.as_chunks().0.iter().map(|s| i16::from_le_bytes(*s))),
            }
            opus.push(&samples, &mut out).map_err(refused)?;
            sink.write(&out)?;
            out.clear();
        }
        Ok(false)
    }

    /// The capture as it is becomes the recording.
    fn keep_wav(&self, name: &str) -> io::Result<()> {
        let capture = format!("{name}{OPUS_PART}");
        complete(&self.folder, &capture, self.key.as_ref())?;
        self.folder.rename(&capture, &format!("{name}{WAV}"))
    }

    fn octets(&self, file: &str) -> io::Result<u64> {
        Ok(self.folder.file(file, nix::fcntl::OFlag::O_RDONLY)?.metadata()?.len())
    }
}

/// The file that is made, sealed as the capture was.
struct Sink {
    file: std::fs::File,
    vault: Option<vault::Writer>,
    octets: Vec<u8>,
}

impl Sink {
    fn write(&mut self, content: &[u8]) -> io::Result<()> {
        let Some(vault) = &mut self.vault else { return self.file.write_all(content) };
        self.octets.clear();
        vault.push(content, &mut self.octets)?;
        self.file.write_all(&self.octets)
    }

    fn finish(mut self) -> io::Result<()> {
        if let Some(vault) = self.vault.take() {
            self.octets.clear();
            vault.finish(&mut self.octets)?;
            self.file.write_all(&self.octets)?;
        }
        self.file.sync_all()
    }
}

/// Calls come first.
fn lower_priority() {
    // SAFETY: no pointers are involved; on Linux 0 means the calling thread (setpriority(2), "C library/kernel
    // differences").
    if unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, 10) } != 0 {
        tracing::debug!("recordings are converted at ordinary priority");
    }
}
