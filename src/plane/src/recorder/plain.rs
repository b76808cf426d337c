//! A recording's file as whoever plays it wants it: without the box's key, and with a header that fits.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use audio::file::WavWriter;
use nix::fcntl::OFlag;

use super::folder::Folder;
use super::vault::{self, Key, Reader};

/// Opens the file of a recording ([`media::control::RecordingEnd::file`]) below `folder`. `key` is the box's; a file
/// that was not sealed needs none. An error if there is no such file, its name leads elsewhere, or the key is missing
/// or another's.
pub fn open_plain(folder: &Path, file: &str, key: Option<&Key>) -> io::Result<Plain> {
    open_in(&Folder::open(folder)?, file, key)
}

pub(super) fn open_in(folder: &Folder, file: &str, key: Option<&Key>) -> io::Result<Plain> {
    let file = folder.file(file, OFlag::O_RDONLY)?;
    let mut source = if vault::is_sealed(&file) {
        let key = key.ok_or_else(|| io::Error::new(io::ErrorKind::PermissionDenied, "it is under the box's key"))?;
        Source::Sealed(Box::new(Reader::open(file, key)?))
    } else {
        Source::Open { len: file.metadata()?.len(), file }
    };
    let mut head = Vec::new();
    source.by_ref().take(WavWriter::HEADER as u64).read_to_end(&mut head)?;
    // A sealed capture keeps the header that it began with, for nothing in it is ever sealed twice.
    let wav = WavWriter::repair(&head, source.len()).ok();
    if let Some(wav) = wav {
        head = wav.header().to_vec();
    }
    source.rewind()?;
    Ok(Plain { source, head, wav, at: 0 })
}

/// The octets of a recording, to be played or downloaded.
#[derive(Debug)]
pub struct Plain {
    source: Source,
    /// What the content begins with; of a WAV file with the lengths it really has.
    head: Vec<u8>,
    wav: Option<WavWriter>,
    at: u64,
}

#[derive(Debug)]
enum Source {
    Open { file: File, len: u64 },
    Sealed(Box<Reader>),
}

impl Plain {
    /// Octets in all.
    pub fn len(&self) -> u64 {
        self.source.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// False if the file is sealed and lacks its end: it was cut short.
    pub fn is_complete(&self) -> bool {
        match &self.source {
            Source::Open { .. } => true,
            Source::Sealed(reader) => reader.is_complete(),
        }
    }

    /// What the header of a capture says.
    pub(super) fn wav(&self) -> Option<WavWriter> {
        self.wav
    }
}

impl Source {
    fn len(&self) -> u64 {
        match self {
            Source::Open { len, .. } => *len,
            Source::Sealed(reader) => reader.len(),
        }
    }
}

impl Read for Source {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self {
            Source::Open { file, .. } => file.read(out),
            Source::Sealed(reader) => reader.read(out),
        }
    }
}

impl Seek for Source {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Source::Open { file, .. } => file.seek(to),
            Source::Sealed(reader) => reader.seek(to),
        }
    }
}

impl Read for Plain {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let head = usize::try_from(self.at).ok().and_then(|at| self.head.get(at..)).unwrap_or_default();
        let count = match head {
            [] => self.source.read(out)?,
            mut head => {
                let count = head.read(out)?;
                self.source.seek(SeekFrom::Start(self.at + count as u64))?;
                count
            }
        };
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Plain {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.len().checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = self.source.seek(SeekFrom::Start(at.ok_or(io::ErrorKind::InvalidInput)?))?;
        Ok(self.at)
    }
}

/// What came of completing a capture.
pub(super) struct Completed {
    /// It had no end: the box stopped while it grew.
    pub(super) cut: bool,
    /// Milliseconds of sound.
    pub(super) duration_ms: u64,
    /// Octets on disk.
    pub(super) octets: u64,
}

/// Gives a capture its end, durably: the header that fits, or the last chunk. Does nothing to one that has it. `None`:
/// there is no sound in it.
pub(super) fn complete(folder: &Folder, capture: &str, key: Option<&Key>) -> io::Result<Option<Completed>> {
    let mut file = folder.file(capture, OFlag::O_RDWR)?;
    if file.metadata()?.len() < WavWriter::HEADER as u64 {
        return Ok(None);
    }
    let plain = open_in(folder, capture, key)?;
    let Some(wav) = plain.wav().filter(|wav| wav.duration_ms() > 0) else { return Ok(None) };
    let cut = match &plain.source {
        Source::Sealed(reader) => {
            let (whole, end) = reader.repair()?;
            if !end.is_empty() {
                file.set_len(whole)?;
                file.seek(SeekFrom::End(0))?;
                file.write_all(&end)?;
            }
            !end.is_empty()
        }
        Source::Open { .. } => {
            let mut header = [0; WavWriter::HEADER];
            file.read_exact(&mut header)?;
            let cut = header != wav.header();
            if cut {
                file.rewind()?;
                file.write_all(&wav.header())?;
            }
            cut
        }
    };
    file.sync_all()?;
    Ok(Some(Completed { cut, duration_ms: wav.duration_ms(), octets: file.metadata()?.len() }))
}
