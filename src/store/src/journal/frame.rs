//! The octets of a segment: its header and its frames.
//!
//! Segment header, 24 octets: magic, format version, two reserved octets, number of the first record,
//! CRC-32C of all that. Frame, 25 octets and the payload: payload length, CRC-32C over all the other
//! fields and the payload, number, how many records before it were not yet durable, kind. All
//! numbers little-endian.

use std::path::Path;

use crate::StoreError;
use crate::codec::{Kind, PAYLOAD_MAX};

/// The first octets of every segment.
pub(crate) const MAGIC: [u8; 8] = *b"STRWJRNL";
/// The format that this version writes, and the newest that it reads.
pub(crate) const FORMAT: u16 = 1;
pub(crate) const SEGMENT_HEADER: usize = 24;
pub(crate) const FRAME_HEADER: usize = 25;

/// The header of the segment whose first record is `first`.
pub(crate) fn segment_header(first: u64) -> [u8; SEGMENT_HEADER] {
    let mut header = [0; SEGMENT_HEADER];
    header[..8].copy_from_slice(&MAGIC);
    header[8..10].copy_from_slice(&FORMAT.to_le_bytes());
    header[12..20].copy_from_slice(&first.to_le_bytes());
    let crc = crc32c::crc32c(&header[..20]);
    header[20..].copy_from_slice(&crc.to_le_bytes());
    header
}

/// What is wrong with a segment's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadHeader {
    /// Not whole or not ours.
    Damaged,
    /// From a newer version of this program.
    Newer(u16),
}

impl BadHeader {
    pub(crate) fn error(self, file: &Path) -> StoreError {
        match self {
            BadHeader::Damaged => StoreError::corrupt(file, 0, "the segment's header is not whole"),
            BadHeader::Newer(found) => StoreError::NewerFormat { file: file.to_path_buf(), found, known: FORMAT },
        }
    }
}

/// Checks a segment's header.
pub(crate) fn check_segment_header(bytes: &[u8], first: u64) -> Result<(), BadHeader> {
    let header: &[u8; SEGMENT_HEADER] = bytes.first_chunk().ok_or(BadHeader::Damaged)?;
    if header[..8] != MAGIC || u32_at(header, 20) != crc32c::crc32c(&header[..20]) {
        return Err(BadHeader::Damaged);
    }
    match u16::from_le_bytes([header[8], header[9]]) {
        FORMAT if u64_at(header, 12) == first => Ok(()),
        FORMAT => Err(BadHeader::Damaged),
        newer => Err(BadHeader::Newer(newer)),
    }
}

/// The fields of a frame before its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameHeader {
    pub(crate) len: usize,
    crc: u32,
    pub(crate) lsn: u64,
    /// How many records, this one included, were not durable when it was written.
    back: u64,
    pub(crate) kind: u8,
}

impl FrameHeader {
    /// Reads the fields; `None` if there are too few octets or the length cannot be.
    pub(crate) fn parse(bytes: &[u8]) -> Option<FrameHeader> {
        let header: &[u8; FRAME_HEADER] = bytes.first_chunk()?;
        let len = u32_at(header, 0) as usize;
        if len > PAYLOAD_MAX {
            return None;
        }
        Some(FrameHeader {
            len,
            crc: u32_at(header, 4),
            lsn: u64_at(header, 8),
            back: u64_at(header, 16),
            kind: header[24],
        })
    }

    /// Whether header and payload are those that were written. `bytes` begins with the header.
    pub(crate) fn is_intact(&self, bytes: &[u8]) -> bool {
        match bytes.get(..FRAME_HEADER + self.len) {
            Some(frame) => self.crc == checksum(frame),
            None => false,
        }
    }

    /// The last record that was durable when this one was written.
    pub(crate) fn durable_before(&self) -> u64 {
        self.lsn.saturating_sub(self.back)
    }

    /// Octets from this frame to the next.
    pub(crate) fn size(&self) -> usize {
        FRAME_HEADER + self.len
    }
}

/// Appends a frame to `out`.
pub(crate) fn push(out: &mut Vec<u8>, lsn: u64, durable: u64, kind: Kind, payload: &[u8]) {
    let start = out.len();
    let len = u32::try_from(payload.len()).expect("payloads are at most PAYLOAD_MAX");
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&lsn.to_le_bytes());
    out.extend_from_slice(&(lsn - durable).to_le_bytes());
    out.push(kind as u8);
    out.extend_from_slice(payload);
    let crc = checksum(&out[start..]);
    out[start + 4..start + 8].copy_from_slice(&crc.to_le_bytes());
}

fn checksum(frame: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&frame[..4]), &frame[8..])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}
