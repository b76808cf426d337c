//! Reading segments: frame by frame from a cursor, or one frame by its place.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::frame::{self, FRAME_HEADER, FrameHeader, SEGMENT_HEADER};
use super::{Cursor, LogReader, Pos, Visit};
use crate::StoreError;
use crate::codec::Kind;
use crate::disk::{Disk, DiskFile};

/// One record as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// Its number.
    pub(crate) lsn: u64,
    /// What it is, if this version knows.
    pub(crate) kind: Option<Kind>,
    /// Its octets.
    pub(crate) payload: Vec<u8>,
}

/// The file of the segment whose first record is `first`.
pub(crate) fn segment_path(dir: &Path, first: u64) -> PathBuf {
    dir.join(format!("{first:016}.log"))
}

/// The segments of a journal folder by their first record, in order. Files of other names are left alone.
pub(crate) fn segment_files(disk: &dyn Disk, dir: &Path) -> Result<Vec<u64>, StoreError> {
    let names = disk.list(dir).map_err(|e| StoreError::io(dir, &e))?;
    let mut firsts: Vec<u64> = names
        .iter()
        .filter_map(|name| name.strip_suffix(".log"))
        .filter(|digits| digits.len() >= 16 && digits.bytes().all(|b| b.is_ascii_digit()))
        .filter_map(|digits| digits.parse().ok())
        .filter(|first| *first > 0)
        .collect();
    firsts.sort_unstable();
    Ok(firsts)
}

/// Reads a file front to back through one buffer.
pub(crate) struct FrameReader {
    file: Arc<dyn DiskFile>,
    path: PathBuf,
    /// Where in the file `buffer` begins.
    base: u64,
    buffer: Vec<u8>,
    /// The reader's place in `buffer`.
    at: usize,
}

/// What stands at the reader's place.
pub(crate) enum Step {
    /// A frame whose checksum is right; its payload is [`FrameReader::payload`].
    Frame(FrameHeader),
    /// The file ends exactly here.
    End,
    /// Something else.
    Bad,
}

/// How much is read at once; a longer frame is read in one piece all the same.
const CHUNK: usize = 64 << 10;

impl FrameReader {
    pub(crate) fn new(file: Arc<dyn DiskFile>, path: PathBuf, offset: u64) -> Self {
        FrameReader { file, path, base: offset, buffer: Vec::new(), at: 0 }
    }

    /// Where in the file the reader stands.
    pub(crate) fn offset(&self) -> u64 {
        self.base + self.at as u64
    }

    /// Looks at what stands here without moving.
    pub(crate) fn peek(&mut self) -> Result<Step, StoreError> {
        self.fill(FRAME_HEADER)?;
        if self.buffer.len() == self.at {
            return Ok(Step::End);
        }
        let Some(header) = FrameHeader::parse(&self.buffer[self.at..]) else { return Ok(Step::Bad) };
        self.fill(header.size())?;
        Ok(if header.is_intact(&self.buffer[self.at..]) { Step::Frame(header) } else { Step::Bad })
    }

    /// The payload of the frame that was just seen here.
    pub(crate) fn payload(&self, header: &FrameHeader) -> &[u8] {
        let start = self.at + FRAME_HEADER;
        self.buffer.get(start..start + header.len).unwrap_or_default()
    }

    /// Goes past a frame that was just seen here.
    pub(crate) fn skip(&mut self, header: &FrameHeader) {
        self.at = (self.at + header.size()).min(self.buffer.len());
    }

    /// Makes `wanted` octets from here on available, fewer only if the file ends before.
    fn fill(&mut self, wanted: usize) -> Result<(), StoreError> {
        if self.buffer.len() - self.at >= wanted {
            return Ok(());
        }
        self.buffer.drain(..self.at);
        self.base += self.at as u64;
        self.at = 0;
        let have = self.buffer.len();
        // A length read from damaged octets must not make us take memory that the file cannot fill.
        let size = self.file.size().map_err(|e| StoreError::io(&self.path, &e))?;
        let left = usize::try_from(size.saturating_sub(self.base)).unwrap_or(usize::MAX);
        let target = wanted.max(CHUNK).min(left);
        if target <= have {
            return Ok(());
        }
        self.buffer.resize(target, 0);
        let read = self.file.read_at(&mut self.buffer[have..], self.base + have as u64);
        match read {
            Ok(n) => {
                self.buffer.truncate(have + n);
                Ok(())
            }
            Err(e) => {
                self.buffer.truncate(have);
                Err(StoreError::io(&self.path, &e))
            }
        }
    }
}

/// The reading end of a journal in a folder.
pub struct FileReader {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    /// The segments last read, newest use last.
    open: Mutex<Vec<(u64, Arc<dyn DiskFile>)>>,
}

/// How many segments are kept open for reading.
const OPEN_MAX: usize = 4;
/// A single frame is read with one call if it is not longer than this.
const GUESS: usize = 4 << 10;

impl FileReader {
    pub(crate) fn new(disk: Arc<dyn Disk>, dir: PathBuf) -> Self {
        FileReader { disk, dir, open: Mutex::new(Vec::new()) }
    }

    fn file(&self, segment: u64) -> Result<Arc<dyn DiskFile>, StoreError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = open.iter().position(|(first, _)| *first == segment) {
            let entry = open.remove(at);
            let file = Arc::clone(&entry.1);
            open.push(entry);
            return Ok(file);
        }
        let path = segment_path(&self.dir, segment);
        let file = self.disk.open_read(&path).map_err(|e| StoreError::io(&path, &e))?;
        if open.len() == OPEN_MAX {
            open.remove(0);
        }
        open.push((segment, Arc::clone(&file)));
        Ok(file)
    }

    /// Forgets open files, so that a removed or replaced segment is not read on.
    pub(crate) fn forget(&self) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn segments(&self) -> Result<Vec<u64>, StoreError> {
        segment_files(self.disk.as_ref(), &self.dir)
    }
}

impl LogReader for FileReader {
    fn read_at(&self, pos: Pos) -> Result<Frame, StoreError> {
        let path = segment_path(&self.dir, pos.segment);
        let io = |e: io::Error| StoreError::io(&path, &e);
        let file = self.file(pos.segment)?;
        let offset = u64::from(pos.offset);
        let mut buffer = vec![0; GUESS];
        let read = file.read_at(&mut buffer, offset).map_err(io)?;
        buffer.truncate(read);
        let damaged = || StoreError::corrupt(&path, offset, "no whole record here");
        let header = FrameHeader::parse(&buffer).ok_or_else(damaged)?;
        if header.size() > buffer.len() {
            let size = file.size().map_err(io)?;
            if offset + header.size() as u64 > size {
                return Err(damaged());
            }
            buffer.resize(header.size(), 0);
            let missing = file.read_at(&mut buffer[read..], offset + read as u64).map_err(io)?;
            buffer.truncate(read + missing);
        }
        if !header.is_intact(&buffer) {
            return Err(damaged());
        }
        buffer.truncate(header.size());
        buffer.drain(..FRAME_HEADER);
        Ok(Frame { lsn: header.lsn, kind: Kind::numbered(header.kind), payload: buffer })
    }

    fn follow(&self, cursor: &mut Cursor, upto: u64, visit: &mut Visit<'_>) -> Result<(), StoreError> {
        while cursor.lsn <= upto {
            let segment = cursor.pos.segment;
            let path = segment_path(&self.dir, segment);
            // Not through the cache: a reader that passes over everything must not displace the rest.
            let file = self.disk.open_read(&path).map_err(|e| StoreError::io(&path, &e))?;
            if cursor.pos.offset == 0 {
                let mut header = [0; SEGMENT_HEADER];
                let n = file.read_at(&mut header, 0).map_err(|e| StoreError::io(&path, &e))?;
                frame::check_segment_header(&header[..n], segment).map_err(|bad| bad.error(&path))?;
                cursor.pos.offset = SEGMENT_HEADER as u32;
            }
            let mut reader = FrameReader::new(file, path.clone(), u64::from(cursor.pos.offset));
            while cursor.lsn <= upto {
                match reader.peek()? {
                    Step::Frame(header) if header.lsn == cursor.lsn => {
                        let go_on =
                            visit(header.lsn, cursor.pos, Kind::numbered(header.kind), reader.payload(&header))?;
                        reader.skip(&header);
                        cursor.lsn += 1;
                        cursor.pos.offset = u32::try_from(reader.offset()).unwrap_or(u32::MAX);
                        if !go_on {
                            return Ok(());
                        }
                    }
                    Step::Frame(_) | Step::End | Step::Bad => break,
                }
            }
            if cursor.lsn > upto {
                return Ok(());
            }
            // The segment is used up only if the next one goes on with exactly the record we want:
            // what a given-up segment holds beyond that was never acknowledged.
            let known = self.segments()?;
            if known.binary_search(&cursor.lsn).is_err() || cursor.lsn == segment {
                return Err(StoreError::corrupt(&path, reader.offset(), format!("record {} is missing", cursor.lsn)));
            }
            cursor.pos = Pos { segment: cursor.lsn, offset: 0 };
        }
        Ok(())
    }

    fn first(&self) -> Result<Option<Cursor>, StoreError> {
        Ok(self.segments()?.first().map(|first| Cursor { lsn: *first, pos: Pos { segment: *first, offset: 0 } }))
    }
}
