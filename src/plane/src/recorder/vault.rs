//! Files under the box's key: a sequence of sealed chunks, each readable on its own.
//!
//! `STRWVLT1`, a random salt of 32 octets, then chunks: length of the plain content (4 octets, little endian; the top
//! bit marks the last), the content sealed with AES-256-GCM, its tag of 16 octets. The key of a file is HKDF-SHA256 of
//! the box's key and the salt, so a chunk's number is enough of a nonce, and no two files share one. Number and mark
//! are authenticated, so chunks can be neither exchanged nor left out, and the last, which is empty, tells that none is
//! missing. A crash leaves a file without its last chunk: whole chunks stay readable.
//!
//! **Invariants:** a data chunk of one number is sealed once only; the last chunk has a nonce of its own kind and no
//! content, so that sealing it again after a crash gives away nothing.
//!
//! NIST SP 800-38D §8.2.1 (deterministic nonces), RFC 5869 (HKDF).

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};

/// The box's key. It is not kept: each file's key is made from it.
pub type Key = [u8; 32];

const MAGIC: &[u8; 8] = b"STRWVLT1";
const SALT: usize = 32;
/// Octets before the first chunk.
const HEADER: usize = MAGIC.len() + SALT;
/// Plain octets of a chunk at most.
pub(super) const CHUNK_MAX: usize = 64 * 1_024;
const TAG: usize = 16;
/// The mark of the last chunk, in its length.
const LAST: u32 = 1 << 31;

fn file_key(key: &Key, salt: &[u8]) -> io::Result<LessSafeKey> {
    struct Length;
    impl KeyType for Length {
        fn len(&self) -> usize {
            32
        }
    }
    let mut octets = [0; 32];
    Salt::new(HKDF_SHA256, salt)
        .extract(key)
        .expand(&[MAGIC], Length)
        .and_then(|okm| okm.fill(&mut octets))
        .and_then(|()| UnboundKey::new(&AES_256_GCM, &octets))
        .map(LessSafeKey::new)
        .map_err(|_| io::Error::other("no key could be derived"))
}

/// Of chunk `number`; the kind keeps the last chunk's apart from the data's.
fn nonce(number: u32, last: bool) -> Nonce {
    let mut octets = [0; NONCE_LEN];
    let (kind, counter) = octets.split_at_mut(NONCE_LEN - 4);
    kind.fill(u8::from(last));
    counter.copy_from_slice(&number.to_be_bytes());
    Nonce::assume_unique_for_key(octets)
}

/// What a chunk's tag also covers.
fn covered(number: u32, last: bool) -> Aad<[u8; 5]> {
    let [a, b, c, d] = number.to_be_bytes();
    Aad::from([a, b, c, d, u8::from(last)])
}

/// Seals a file's content bit by bit; the octets go to the file in the order in which they are given.
pub(super) struct Writer {
    key: LessSafeKey,
    number: u32,
}

impl Writer {
    /// Begins a file: its header goes to `out`.
    pub(super) fn new(key: &Key, out: &mut Vec<u8>) -> io::Result<Writer> {
        let mut salt = [0; SALT];
        aws_lc_rs::rand::fill(&mut salt).map_err(|_| io::Error::other("no randomness"))?;
        let writer = Writer { key: file_key(key, &salt)?, number: 0 };
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&salt);
        Ok(writer)
    }

    /// Seals `content` as one chunk, or as many as it takes.
    pub(super) fn push(&mut self, content: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        for chunk in content.chunks(CHUNK_MAX) {
            self.seal(chunk, false, out)?;
            self.number = self.number.checked_add(1).ok_or_else(|| io::Error::other("the file is full"))?;
        }
        Ok(())
    }

    /// Ends the file.
    pub(super) fn finish(self, out: &mut Vec<u8>) -> io::Result<()> {
        self.seal(&[], true, out)
    }

    fn seal(&self, chunk: &[u8], last: bool, out: &mut Vec<u8>) -> io::Result<()> {
        let mark = if last { LAST } else { 0 };
        out.extend_from_slice(&(chunk.len() as u32 | mark).to_le_bytes());
        let begin = out.len();
        out.extend_from_slice(chunk);
        let sealed = out.get_mut(begin..).unwrap_or_default();
        let tag = self
            .key
            .seal_in_place_separate_tag(nonce(self.number, last), covered(self.number, last), sealed)
            .map_err(|_| io::Error::other("a chunk could not be sealed"))?;
        out.extend_from_slice(tag.as_ref());
        Ok(())
    }
}

/// Whether the file begins as a sealed one does.
pub(super) fn is_sealed(file: &File) -> bool {
    let mut magic = [0; MAGIC.len()];
    file.read_exact_at(&mut magic, 0).is_ok() && magic == *MAGIC
}

/// One chunk: where it is in the file and in the content.
struct Chunk {
    file_at: u64,
    plain_at: u64,
    octets: u32,
}

/// The plain content of a sealed file.
pub(super) struct Reader {
    file: File,
    key: LessSafeKey,
    chunks: Vec<Chunk>,
    len: u64,
    /// Where the whole chunks end in the file.
    whole: u64,
    complete: bool,
    at: u64,
    /// The chunk that was opened last, and its content.
    opened: Option<(usize, Vec<u8>)>,
}

impl Reader {
    /// Opens a sealed file. An error if the key is another's, or the file is damaged other than by breaking off; what
    /// is spoilt inside a chunk shows when that is read.
    pub(super) fn open(file: File, key: &Key) -> io::Result<Reader> {
        let mut header = [0; HEADER];
        file.read_exact_at(&mut header, 0)?;
        let salt = header.strip_prefix(MAGIC).ok_or_else(damaged)?;
        let mut reader = Reader {
            key: file_key(key, salt)?,
            chunks: Vec::new(),
            len: 0,
            whole: HEADER as u64,
            complete: false,
            at: 0,
            opened: None,
            file,
        };
        reader.find_chunks()?;
        if !reader.chunks.is_empty() {
            reader.open_chunk(0)?;
        }
        Ok(reader)
    }

    /// Octets of the content.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Whether the file has its end. One without was cut short, by a crash or by somebody.
    pub(super) fn is_complete(&self) -> bool {
        self.complete
    }

    /// What makes a file that was cut short complete: its length without what is not whole, and the octets to add.
    pub(super) fn repair(&self) -> io::Result<(u64, Vec<u8>)> {
        let mut end = Vec::new();
        if !self.complete {
            let number = self.chunks.len() as u32;
            // A key of its own, for the reader's is borrowed.
            let tag = self
                .key
                .seal_in_place_separate_tag(nonce(number, true), covered(number, true), &mut [])
                .map_err(|_| io::Error::other("a chunk could not be sealed"))?;
            end.extend_from_slice(&LAST.to_le_bytes());
            end.extend_from_slice(tag.as_ref());
        }
        Ok((self.whole, end))
    }

    fn find_chunks(&mut self) -> io::Result<()> {
        let octets = self.file.metadata()?.len();
        loop {
            let mut length = [0; 4];
            if self.whole + 4 > octets {
                return Ok(());
            }
            self.file.read_exact_at(&mut length, self.whole)?;
            let length = u32::from_le_bytes(length);
            let (plain, last) = (length & !LAST, length & LAST != 0);
            // A crash may leave zeros or nothing where a chunk was to be, never another length.
            if plain as usize > CHUNK_MAX || (last && plain != 0) {
                return Err(damaged());
            }
            let end = self.whole + 4 + u64::from(plain) + TAG as u64;
            if end > octets || (plain == 0 && !last) {
                return Ok(());
            }
            if last {
                self.check_last()?;
                self.complete = end == octets;
                self.whole = end;
                return if self.complete { Ok(()) } else { Err(damaged()) };
            }
            self.chunks.push(Chunk { file_at: self.whole + 4, plain_at: self.len, octets: plain });
            self.len += u64::from(plain);
            self.whole = end;
        }
    }

    fn check_last(&self) -> io::Result<()> {
        let mut tag = [0; TAG];
        self.file.read_exact_at(&mut tag, self.whole + 4)?;
        let number = self.chunks.len() as u32;
        self.key.open_in_place(nonce(number, true), covered(number, true), &mut tag).map_err(|_| damaged())?;
        Ok(())
    }

    fn open_chunk(&mut self, index: usize) -> io::Result<()> {
        if self.opened.as_ref().is_some_and(|(opened, _)| *opened == index) {
            return Ok(());
        }
        let chunk = self.chunks.get(index).ok_or_else(damaged)?;
        let mut octets = self.opened.take().map(|(_, octets)| octets).unwrap_or_default();
        octets.resize(chunk.octets as usize + TAG, 0);
        self.file.read_exact_at(&mut octets, chunk.file_at)?;
        let number = index as u32;
        let plain = self
            .key
            .open_in_place(nonce(number, false), covered(number, false), &mut octets)
            .map_err(|_| damaged())?
            .len();
        octets.truncate(plain);
        self.opened = Some((index, octets));
        Ok(())
    }
}

impl Read for Reader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.len || out.is_empty() {
            return Ok(0);
        }
        let index = self.chunks.partition_point(|chunk| chunk.plain_at <= self.at).saturating_sub(1);
        self.open_chunk(index)?;
        let begin = self.chunks.get(index).map_or(0, |chunk| (self.at - chunk.plain_at) as usize);
        let Some((_, content)) = &self.opened else { return Err(damaged()) };
        let mut rest = content.get(begin..).unwrap_or_default();
        let count = rest.read(out)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Reader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.len.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("len", &self.len).field("complete", &self.complete).finish()
    }
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the recording is damaged, or not under this key")
}
