//! RIFF WAVE.
//!
//! Ours and not a library's: those trust the length of a chunk far enough to reserve four gigaoctets for a comment.
//! Microsoft/IBM "Multimedia Programming Interface and Data Specifications 1.0"; KSDATAFORMAT_SUBTYPE for the
//! extensible form.

use super::collect::Collector;
use super::{Clip, Limits, ReadError};
use crate::codec::{alaw, ulaw};

/// How one sample is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sample {
    U8,
    I16,
    I24,
    I32,
    F32,
    F64,
    Ulaw,
    Alaw,
}

impl Sample {
    fn of(tag: u16, bits: u16) -> Result<Sample, ReadError> {
        match (tag, bits) {
            (1, 8) => Ok(Sample::U8),
            (1, 16) => Ok(Sample::I16),
            (1, 24) => Ok(Sample::I24),
            (1, 32) => Ok(Sample::I32),
            (3, 32) => Ok(Sample::F32),
            (3, 64) => Ok(Sample::F64),
            (6, 8) => Ok(Sample::Alaw),
            (7, 8) => Ok(Sample::Ulaw),
            _ => Err(ReadError::Unsupported("a WAV file that is neither linear, floating point, µ-law nor A-law")),
        }
    }

    const fn octets(self) -> usize {
        match self {
            Sample::U8 | Sample::Ulaw | Sample::Alaw => 1,
            Sample::I16 => 2,
            Sample::I24 => 3,
            Sample::I32 | Sample::F32 => 4,
            Sample::F64 => 8,
        }
    }

    /// One sample out of its octets, full scale at ±1.
    fn value(self, octets: &[u8]) -> f32 {
        match (self, octets) {
            (Sample::U8, &[a]) => (f32::from(a) - 128.0) / 128.0,
            (Sample::Ulaw, &[a]) => f32::from(ulaw::decode(a)) / 32_768.0,
            (Sample::Alaw, &[a]) => f32::from(alaw::decode(a)) / 32_768.0,
            (Sample::I16, &[a, b]) => f32::from(i16::from_le_bytes([a, b])) / 32_768.0,
            (Sample::I24, &[a, b, c]) => (i32::from_le_bytes([0, a, b, c]) >> 8) as f32 / 8_388_608.0,
            (Sample::I32, &[a, b, c, d]) => i32::from_le_bytes([a, b, c, d]) as f32 / 2_147_483_648.0,
            (Sample::F32, &[a, b, c, d]) => tame(f32::from_le_bytes([a, b, c, d])),
            (Sample::F64, octets) => octets.try_into().map_or(0.0, |o| tame(f64::from_le_bytes(o) as f32)),
            _ => 0.0,
        }
    }
}

/// A sample that is no number would spoil all that a filter mixes it with.
fn tame(sample: f32) -> f32 {
    if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 }
}

/// What the `fmt ` chunk says.
#[derive(Clone, Copy)]
struct Format {
    sample: Sample,
    channels: usize,
    hz: u32,
}

impl Format {
    fn parse(chunk: &[u8]) -> Result<Format, ReadError> {
        let &[t0, t1, c0, c1, h0, h1, h2, h3, _, _, _, _, _, _, b0, b1, ref extension @ ..] = chunk else {
            return Err(ReadError::Damaged("its format is cut short"));
        };
        let tag = match (u16::from_le_bytes([t0, t1]), extension) {
            // WAVE_FORMAT_EXTENSIBLE: size, valid bits, speakers, then a GUID that begins with the tag.
            (0xFFFE, &[_, _, _, _, _, _, _, _, s0, s1, ..]) => u16::from_le_bytes([s0, s1]),
            (tag, _) => tag,
        };
        Ok(Format {
            sample: Sample::of(tag, u16::from_le_bytes([b0, b1]))?,
            channels: u16::from_le_bytes([c0, c1]).into(),
            hz: u32::from_le_bytes([h0, h1, h2, h3]),
        })
    }
}

/// Reads a file that begins with `RIFF….WAVE`.
pub(super) fn read(bytes: &[u8], limits: Limits) -> Result<Clip, ReadError> {
    // Whoever writes to a pipe, or breaks off, never comes back to fill the lengths in.
    let unfinished = bytes.get(4..8) == Some(&[0; 4]);
    let mut rest = bytes.get(12..).unwrap_or_default();
    let mut format = None;
    loop {
        let &[a, b, c, d, l0, l1, l2, l3, ref body @ ..] = rest else {
            return Err(ReadError::Damaged("it ends before its sound"));
        };
        let length = u32::from_le_bytes([l0, l1, l2, l3]);
        // A length that reaches beyond the file is the file's end: so do streams and recordings that broke off look.
        let chunk = body.get(..length as usize).unwrap_or(body);
        match &[a, b, c, d] {
            b"fmt " => format = Some(Format::parse(chunk)?),
            b"data" => {
                let format = format.ok_or(ReadError::Damaged("its sound comes before its format"))?;
                return read_samples(if unfinished && length == 0 { body } else { chunk }, format, limits);
            }
            _ => {}
        }
        // Chunks begin at even offsets.
        rest = body.get(chunk.len() + chunk.len() % 2..).unwrap_or_default();
    }
}

fn read_samples(data: &[u8], format: Format, limits: Limits) -> Result<Clip, ReadError> {
    let mut collector = Collector::new(format.hz, format.channels, limits)?;
    let width = format.sample.octets();
    let mut block = Vec::new();
    for octets in data.chunks(width * format.channels * BLOCK) {
        block.clear();
        block.extend(octets.chunks_exact(width).map(|sample| format.sample.value(sample)));
        collector.push(&block, format.channels)?;
    }
    collector.finish()
}

/// Frames converted at a time.
const BLOCK: usize = 4_096;
