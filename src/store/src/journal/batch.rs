//! Frames put together in memory, to be written and synced as one.

use exchange::record::Record;

use super::frame;
use crate::StoreError;
use crate::codec::{self, Kind};

/// Records on their way to the disk, already framed and numbered.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    bytes: Vec<u8>,
    payload: Vec<u8>,
    /// The last durable record before this batch.
    durable: u64,
    /// For each record: where its frame begins and where its payload ends.
    spans: Vec<Span>,
}

#[derive(Clone, Copy, Debug)]
struct Span {
    start: usize,
    end: usize,
    kind: Kind,
}

/// A batch buffer larger than this is given back after use.
const BUFFER_KEPT: usize = 256 << 10;

impl Batch {
    /// Empties the batch; its first record will be the one after `durable`.
    pub(crate) fn begin(&mut self, durable: u64) {
        self.bytes.clear();
        self.payload.clear();
        self.spans.clear();
        self.bytes.shrink_to(BUFFER_KEPT);
        self.payload.shrink_to(BUFFER_KEPT);
        self.durable = durable;
    }

    /// Adds a record and tells its number.
    pub(crate) fn push(&mut self, record: &Record) -> Result<u64, StoreError> {
        let mut payload = std::mem::take(&mut self.payload);
        payload.clear();
        let encoded = codec::encode(record, &mut payload);
        self.payload = payload;
        encoded?;
        Ok(self.frame(Kind::of(record)))
    }

    /// Adds a record that is already encoded.
    pub(crate) fn push_encoded(&mut self, kind: Kind, payload: &[u8]) -> u64 {
        self.payload.clear();
        self.payload.extend_from_slice(payload);
        self.frame(kind)
    }

    fn frame(&mut self, kind: Kind) -> u64 {
        let lsn = self.durable + self.spans.len() as u64 + 1;
        let start = self.bytes.len();
        frame::push(&mut self.bytes, lsn, self.durable, kind, &self.payload);
        self.spans.push(Span { start, end: self.bytes.len(), kind });
        lsn
    }

    /// The frames.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many records.
    pub(crate) fn len(&self) -> usize {
        self.spans.len()
    }

    /// The number of the first record.
    pub(crate) fn first(&self) -> u64 {
        self.durable + 1
    }

    /// The number of the last record.
    pub(crate) fn last(&self) -> u64 {
        self.durable + self.spans.len() as u64
    }

    /// Number, offset in the batch, kind and payload of each record.
    pub(crate) fn records(&self) -> impl Iterator<Item = (u64, usize, Kind, &[u8])> {
        self.spans
            .iter()
            .zip(self.first()..)
            .map(|(span, lsn)| (lsn, span.start, span.kind, &self.bytes[span.start + frame::FRAME_HEADER..span.end]))
    }
}
