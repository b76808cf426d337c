//! Opening a journal: what is believed, what is cut off, what is refused.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::frame::{self, BadHeader, FrameHeader, SEGMENT_HEADER};
use super::read::{FrameReader, Step, segment_files, segment_path};
use super::{Cursor, FileLog, Pos, Visit};
use crate::StoreError;
use crate::codec::Kind;
use crate::disk::{Disk, DiskFile};

/// What opening found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Records replayed to rebuild the live state.
    pub replayed: u64,
    /// The end of the last segment that was not whole: nothing in it had been acknowledged.
    pub dropped: Option<Dropped>,
}

/// A torn tail that was cut off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// The segment.
    pub file: PathBuf,
    /// Where it was cut.
    pub offset: u64,
    /// How much was cut off.
    pub octets: u64,
}

/// Opens the journal in `dir` for writing and passes all records from `from` on (from the beginning
/// if that is `None`) to `visit`. What is not whole at the end is cut off.
pub(crate) fn open(
    disk: &Arc<dyn Disk>,
    dir: &Path,
    from: Option<Cursor>,
    segment_max: u64,
    visit: &mut Visit<'_>,
) -> Result<(FileLog, Recovered), StoreError> {
    let walked = walk(disk.as_ref(), dir, from, Access::Write, visit)?;
    let mut recovered = Recovered { replayed: walked.replayed, dropped: None };
    if let Some(dropped) = walked.unborn {
        let removed = disk.remove(&dropped.file).and_then(|()| disk.sync_dir(dir));
        removed.map_err(|e| StoreError::io(&dropped.file, &e))?;
        recovered.dropped = Some(dropped);
    }
    let mut log = FileLog::new(Arc::clone(disk), dir.to_path_buf(), walked.next - 1, segment_max);
    if let Some(Tail { segment, file, path, end, size }) = walked.tail {
        // After a crash of the process alone the last frames may be in the kernel's memory only. The frames
        // to come will say that all before them is durable, so that is made true first.
        let synced = file.truncate(end).and_then(|()| file.sync()).and_then(|()| disk.sync_dir(dir));
        synced.map_err(|e| StoreError::io(&path, &e))?;
        if size > end {
            recovered.dropped = Some(Dropped { file: path, offset: end, octets: size - end });
        }
        log.resume(segment, file, end);
    }
    Ok((log, recovered))
}

/// Passes all whole records of the journal in `dir` to `visit`, changing nothing. Tells the number
/// after the last.
pub(crate) fn scan(disk: &dyn Disk, dir: &Path, visit: &mut Visit<'_>) -> Result<u64, StoreError> {
    walk(disk, dir, None, Access::Read, visit).map(|walked| walked.next)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

/// What a walk through a journal found.
struct Walked {
    replayed: u64,
    /// The number of the next record.
    next: u64,
    /// A last segment that was never finished being made.
    unborn: Option<Dropped>,
    /// The last other segment; `None` if there is none.
    tail: Option<Tail>,
}

/// The end of the last segment.
struct Tail {
    segment: u64,
    file: Arc<dyn DiskFile>,
    path: PathBuf,
    /// Where the last whole frame ends.
    end: u64,
    size: u64,
}

fn walk(
    disk: &dyn Disk,
    dir: &Path,
    from: Option<Cursor>,
    access: Access,
    visit: &mut Visit<'_>,
) -> Result<Walked, StoreError> {
    let mut segments = segment_files(disk, dir)?;
    let unborn = match segments.last().copied() {
        Some(last) => unborn(disk, dir, last)?.map(|dropped| (last, dropped)),
        None => None,
    };
    if unborn.is_some() {
        segments.pop();
    }
    // Wherever this journal ends, it may not end before these.
    let reaches = from.map_or(1, |c| c.lsn).max(unborn.as_ref().map_or(1, |(name, _)| *name));
    let unborn = unborn.map(|(_, dropped)| dropped);
    let Some(first) = segments.first().copied() else {
        if reaches > 1 {
            return Err(StoreError::corrupt(dir, 0, "the journal's segments are missing"));
        }
        return Ok(Walked { replayed: 0, next: 1, unborn, tail: None });
    };
    let cursor = start_of(from, first, &segments);
    let Ok(start) = segments.binary_search(&cursor.pos.segment) else {
        let what = format!("the segment of record {} is missing", cursor.lsn);
        return Err(StoreError::corrupt(&segment_path(dir, cursor.pos.segment), 0, what));
    };
    let skip_below = from.map_or(0, |c| c.lsn);
    let mut replayed = 0;
    let mut replay = |lsn, pos, kind, payload: &[u8]| {
        if lsn < skip_below {
            return Ok(true);
        }
        replayed += 1;
        visit(lsn, pos, kind, payload)
    };
    let mut lsn = cursor.lsn;
    let mut offset = u64::from(cursor.pos.offset);
    let mut tail = None;
    for (index, segment) in segments.iter().copied().enumerate().skip(start) {
        let next = segments.get(index + 1).copied();
        let path = segment_path(dir, segment);
        let open = if next.is_none() && access == Access::Write { Disk::open_write } else { Disk::open_read };
        let file = open(disk, &path).map_err(|e| StoreError::io(&path, &e))?;
        check_header(file.as_ref(), &path, segment)?;
        let size = file.size().map_err(|e| StoreError::io(&path, &e))?;
        if offset > size {
            return Err(StoreError::corrupt(&path, size, format!("the journal ends before record {lsn}")));
        }
        let mut reader = FrameReader::new(Arc::clone(&file), path.clone(), offset.max(SEGMENT_HEADER as u64));
        read_frames(&mut reader, segment, &mut lsn, next, &mut replay)?;
        let end = reader.offset();
        match next {
            // What a segment holds beyond the beginning of the next was given up and never acknowledged.
            Some(next) if lsn == next => {}
            Some(next) => {
                return Err(StoreError::corrupt(&path, end, format!("records {lsn} to {} are missing", next - 1)));
            }
            None => {
                if lsn < reaches {
                    return Err(StoreError::corrupt(
                        &path,
                        end,
                        format!("records {lsn} to {} are missing", reaches - 1),
                    ));
                }
                if size > end {
                    refuse_if_acknowledged(file.as_ref(), &path, end, size, lsn)?;
                }
                tail = Some(Tail { segment, file, path, end, size: size.max(end) });
            }
        }
        offset = 0;
    }
    Ok(Walked { replayed, next: lsn, unborn, tail })
}

/// Where reading begins. A cursor at the very end of a full segment names the next one, which may not
/// have been begun: then the whole last segment is read again, and its records are not replayed.
fn start_of(from: Option<Cursor>, first: u64, segments: &[u64]) -> Cursor {
    let begin = |segment| Cursor { lsn: segment, pos: Pos { segment, offset: 0 } };
    match from {
        None => begin(first),
        Some(cursor) if cursor.pos.offset == 0 && segments.binary_search(&cursor.pos.segment).is_err() => {
            begin(segments.iter().copied().rfind(|s| *s < cursor.pos.segment).unwrap_or(cursor.pos.segment))
        }
        Some(cursor) => cursor,
    }
}

/// Reads intact frames in order until record `stop`, or until something else comes.
fn read_frames(
    reader: &mut FrameReader,
    segment: u64,
    lsn: &mut u64,
    stop: Option<u64>,
    visit: &mut Visit<'_>,
) -> Result<(), StoreError> {
    while stop != Some(*lsn) {
        match reader.peek()? {
            Step::Frame(header) if header.lsn == *lsn => {
                let offset = u32::try_from(reader.offset()).unwrap_or(u32::MAX);
                visit(*lsn, Pos { segment, offset }, Kind::numbered(header.kind), reader.payload(&header))?;
                reader.skip(&header);
                *lsn += 1;
            }
            Step::End | Step::Frame(_) | Step::Bad => break,
        }
    }
    Ok(())
}

fn check_header(file: &dyn DiskFile, path: &Path, segment: u64) -> Result<(), StoreError> {
    let mut header = [0; SEGMENT_HEADER];
    let n = file.read_at(&mut header, 0).map_err(|e| StoreError::io(path, &e))?;
    frame::check_segment_header(&header[..n], segment).map_err(|bad| bad.error(path))
}

/// A last segment without a whole header: the power went while it was being made, before anything in
/// it was acknowledged. It is to be removed, unless a frame in it proves otherwise.
fn unborn(disk: &dyn Disk, dir: &Path, segment: u64) -> Result<Option<Dropped>, StoreError> {
    let path = segment_path(dir, segment);
    let io = |e| StoreError::io(&path, &e);
    let file = disk.open_read(&path).map_err(io)?;
    let mut header = [0; SEGMENT_HEADER];
    let n = file.read_at(&mut header, 0).map_err(io)?;
    match frame::check_segment_header(&header[..n], segment) {
        Ok(()) => Ok(None),
        Err(bad @ BadHeader::Newer(_)) => Err(bad.error(&path)),
        Err(bad @ BadHeader::Damaged) => {
            let octets = file.size().map_err(io)?;
            // Header and first frame lie in one sector: a cut takes both or neither.
            let mut reader = FrameReader::new(Arc::clone(&file), path.clone(), SEGMENT_HEADER as u64);
            if matches!(reader.peek()?, Step::Frame(header) if header.lsn == segment) {
                return Err(bad.error(&path));
            }
            refuse_if_acknowledged(file.as_ref(), &path, 0, octets, segment)?;
            Ok(Some(Dropped { file: path, offset: 0, octets }))
        }
    }
}

/// Looks behind a damaged place for a frame that was written when record `lsn` was durable already.
fn refuse_if_acknowledged(file: &dyn DiskFile, path: &Path, from: u64, size: u64, lsn: u64) -> Result<(), StoreError> {
    let length = usize::try_from(size.saturating_sub(from)).unwrap_or(usize::MAX);
    let mut rest = vec![0; length];
    let n = file.read_at(&mut rest, from).map_err(|e| StoreError::io(path, &e))?;
    rest.truncate(n);
    let proof = (0..rest.len()).find(|at| {
        FrameHeader::parse(&rest[*at..])
            .is_some_and(|h| h.lsn > lsn && h.durable_before() >= lsn && h.is_intact(&rest[*at..]))
    });
    match proof {
        None => Ok(()),
        Some(_) => Err(StoreError::corrupt(path, from, format!("record {lsn} was acknowledged but cannot be read"))),
    }
}
