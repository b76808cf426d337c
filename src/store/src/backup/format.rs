//! The backup file, written and read as a stream.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, ErrorKind, Read, Write};
use std::path::Path;

use base::WallTime;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::StoreError;
use crate::codec::PAYLOAD_MAX;

const MAGIC: [u8; 8] = *b"STRWBACK";
/// The format that this version writes, and the newest that it reads.
const FORMAT: u16 = 1;
const END: u32 = u32::MAX;
const MANIFEST_MAX: usize = 64 << 10;
const HASH: usize = 32;

/// What a backup says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) created_at: WallTime,
    pub(super) program: String,
    /// The number of the first record; the others follow without a gap.
    pub(super) first: u64,
}

/// Writes a backup.
pub(super) struct BackupWriter {
    out: BufWriter<File>,
    hash: Sha256,
    records: u64,
    octets: u64,
}

impl BackupWriter {
    pub(super) fn new(file: File, manifest: &Manifest) -> io::Result<Self> {
        let mut writer =
            BackupWriter { out: BufWriter::with_capacity(64 << 10, file), hash: Sha256::new(), records: 0, octets: 0 };
        let manifest = postcard::to_stdvec(manifest).map_err(io::Error::other)?;
        writer.put(&MAGIC)?;
        writer.put(&FORMAT.to_le_bytes())?;
        writer.put(&(manifest.len() as u32).to_le_bytes())?;
        writer.put(&manifest)?;
        Ok(writer)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.octets += bytes.len() as u64;
        self.out.write_all(bytes)
    }

    pub(super) fn record(&mut self, lsn: u64, kind: u8, payload: &[u8]) -> io::Result<()> {
        let len = u32::try_from(payload.len()).map_err(io::Error::other)?;
        self.put(&len.to_le_bytes())?;
        self.put(&lsn.to_le_bytes())?;
        self.put(&[kind])?;
        self.put(payload)?;
        self.records += 1;
        Ok(())
    }

    /// Ends the file and makes it durable.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.put(&END.to_le_bytes())?;
        self.put(&self.records.to_le_bytes())?;
        let hash = self.hash.finalize_reset();
        self.out.write_all(&hash)?;
        self.out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
    }
}

/// A record as the file has it: number, kind and octets.
pub(super) type Item<'a> = (u64, u8, &'a [u8]);

/// Reads a backup; nothing read is to be believed before [`BackupReader::next`] has said `None`.
pub(super) struct BackupReader<'a> {
    path: &'a Path,
    input: BufReader<File>,
    hash: Sha256,
    pub(super) manifest: Manifest,
    pub(super) size: u64,
    /// The number that the next record must have.
    next: u64,
    payload: Vec<u8>,
    pub(super) digest: [u8; HASH],
}

impl<'a> BackupReader<'a> {
    pub(super) fn open(path: &'a Path) -> Result<Self, StoreError> {
        let file = File::open(path).map_err(|e| StoreError::io(path, &e))?;
        let size = file.metadata().map_err(|e| StoreError::io(path, &e))?.len();
        let manifest = Manifest { created_at: WallTime::default(), program: String::new(), first: 1 };
        let input = BufReader::with_capacity(64 << 10, file);
        let hash = Sha256::new();
        let mut reader =
            BackupReader { path, input, hash, manifest, size, next: 1, payload: Vec::new(), digest: [0; HASH] };
        let magic: [u8; 8] = reader.array()?;
        if magic != MAGIC {
            return Err(reader.bad("it does not begin as a backup does"));
        }
        let found = u16::from_le_bytes(reader.array()?);
        if found != FORMAT {
            return Err(StoreError::NewerFormat { file: path.to_path_buf(), found, known: FORMAT });
        }
        let len = u32::from_le_bytes(reader.array()?) as usize;
        if len > MANIFEST_MAX {
            return Err(reader.bad("its manifest is too long"));
        }
        reader.fill(len)?;
        reader.manifest =
            postcard::from_bytes(&reader.payload).map_err(|_| reader.bad("its manifest cannot be read"))?;
        if reader.manifest.first == 0 {
            return Err(reader.bad("records are counted from 1"));
        }
        reader.next = reader.manifest.first;
        Ok(reader)
    }

    pub(super) fn bad(&self, what: impl Into<String>) -> StoreError {
        StoreError::BadBackup { file: self.path.to_path_buf(), what: what.into() }
    }

    /// The next record: number, kind and octets; `None` at the end, when the hash has proved right.
    pub(super) fn next(&mut self) -> Result<Option<Item<'_>>, StoreError> {
        let len = u32::from_le_bytes(self.array()?);
        if len == END {
            self.check_end()?;
            return Ok(None);
        }
        let lsn = u64::from_le_bytes(self.array()?);
        let [kind] = self.array()?;
        let len = len as usize;
        if len > PAYLOAD_MAX {
            return Err(self.bad("a record is too long"));
        }
        if lsn != self.next {
            return Err(self.bad(format!("record {} is missing", self.next)));
        }
        self.next = lsn.checked_add(1).ok_or_else(|| self.bad("a record has an impossible number"))?;
        self.fill(len)?;
        Ok(Some((lsn, kind, &self.payload)))
    }

    fn check_end(&mut self) -> Result<(), StoreError> {
        let records = u64::from_le_bytes(self.array()?);
        self.digest = self.hash.finalize_reset().into();
        let mut written = [0; HASH];
        self.input.read_exact(&mut written).map_err(|e| self.read_error(&e))?;
        if written != self.digest {
            return Err(self.bad("its hash is wrong: it was changed or damaged"));
        }
        if records != self.next - self.manifest.first {
            return Err(self.bad("the number of records is wrong"));
        }
        match self.input.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) => Err(self.bad("something follows its end")),
            Err(e) => Err(self.read_error(&e)),
        }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], StoreError> {
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes).map_err(|e| self.read_error(&e))?;
        self.hash.update(bytes);
        Ok(bytes)
    }

    fn fill(&mut self, len: usize) -> Result<(), StoreError> {
        self.payload.clear();
        // By `take` and not by size: a length that the file does not have takes no memory.
        let read = self.input.by_ref().take(len as u64).read_to_end(&mut self.payload);
        match read {
            Ok(n) if n == len => {}
            Ok(_) => return Err(self.bad("it is cut short")),
            Err(e) => return Err(self.read_error(&e)),
        }
        self.hash.update(&self.payload);
        Ok(())
    }

    fn read_error(&self, e: &io::Error) -> StoreError {
        match e.kind() {
            ErrorKind::UnexpectedEof => self.bad("it is cut short"),
            _ => StoreError::io(self.path, e),
        }
    }
}
