//! Sound in files: reading uploads within bounds, writing recordings.
//!
//! Owns containers (RIFF, Ogg, FLAC, MPEG audio) and the way from whatever is in them to mono sound at a rate of ours.
//! Refuses to know folders and file systems: octets in, octets out.
//!
//! **Invariants:** whatever the octets, [`read`] returns: a panic of a decoder taken from elsewhere is contained and
//! becomes [`ReadError::Damaged`], and what could make one ask for memory without bound is checked before it is asked.
//!
//! RFC 7845 (Ogg Opus), RFC 3533 (Ogg), RFC 9639 (FLAC), Vorbis I, RIFF WAVE.

mod collect;
mod ogg_read;
mod opus_write;
mod packed;
mod sinc;
mod vorbis_setup;
mod wav_read;
mod wav_write;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use crate::Rate;

pub use opus_write::{OggOpusWriter, OpusWriteError};
pub use wav_write::{WavFormat, WavWriter};

/// How much is read at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Octets of the file.
    pub octets_max: usize,
    /// Seconds of sound in it.
    pub duration_max_s: u32,
}

impl Default for Limits {
    /// 64 MiB and half an hour: a piece of music, or any announcement.
    fn default() -> Self {
        Limits { octets_max: 64 << 20, duration_max_s: 1_800 }
    }
}

/// Sound that was read: mono, shared by all that play it.
#[derive(Clone, PartialEq, Eq)]
pub struct Clip {
    /// 8 kHz if the file had no more, else 16 kHz.
    pub rate: Rate,
    /// Its samples; never empty when [`read`] made it.
    pub samples: Arc<[i16]>,
}

impl Clip {
    /// How long it plays.
    pub fn duration(&self) -> Duration {
        Duration::from_micros(self.samples.len() as u64 * 1_000_000 / u64::from(self.rate.hz()))
    }
}

impl fmt::Debug for Clip {
    /// Without the samples.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clip").field("rate", &self.rate).field("samples", &self.samples.len()).finish()
    }
}

/// Why a file cannot be used. The texts are for whoever uploaded it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// More octets than [`Limits::octets_max`].
    #[error("the file is larger than {max} octets")]
    TooBig {
        /// The limit.
        max: usize,
    },
    /// More sound than [`Limits::duration_max_s`].
    #[error("the file plays longer than {max_s} seconds")]
    TooLong {
        /// The limit.
        max_s: u32,
    },
    /// Neither WAV, MP3, FLAC nor Ogg.
    #[error("this is no WAV, MP3, FLAC or Ogg file")]
    Unknown,
    /// A sound file, but of a kind that is not read.
    #[error("this kind of file cannot be read: {0}")]
    Unsupported(&'static str),
    /// It contradicts itself, or breaks off before any sound.
    #[error("the file is damaged: {0}")]
    Damaged(&'static str),
    /// There is no sound in it.
    #[error("the file has no sound in it")]
    Empty,
}

/// Reads WAV (linear of 8 to 32 bits, floating point, µ-law, A-law), MP3, FLAC, Ogg Vorbis and Ogg Opus; of up to eight
/// channels, 4 to 192 kHz. Channels are averaged, loudness is left as it is. A file that breaks off is read as far as
/// it is whole.
pub fn read(bytes: &[u8], limits: Limits) -> Result<Clip, ReadError> {
    if bytes.len() > limits.octets_max {
        return Err(ReadError::TooBig { max: limits.octets_max });
    }
    let kind = Kind::of(bytes)?;
    // The decoders are not ours and have sums that overflow on crafted input. Nothing they touched survives the panic.
    catch_unwind(AssertUnwindSafe(|| match kind {
        Kind::Wav => wav_read::read(bytes, limits),
        Kind::Ogg => ogg_read::read(bytes, limits),
        Kind::Flac { from } => packed::read_flac(bytes.get(from..).unwrap_or_default(), limits),
        Kind::Mpeg { from } => packed::read_mpeg(bytes.get(from..).unwrap_or_default(), limits),
    }))
    .unwrap_or(Err(ReadError::Damaged("it cannot be decoded")))
}

/// Which container; `from` is where it begins.
enum Kind {
    Wav,
    Ogg,
    Flac { from: usize },
    Mpeg { from: usize },
}

impl Kind {
    fn of(bytes: &[u8]) -> Result<Kind, ReadError> {
        if bytes.is_empty() {
            return Err(ReadError::Empty);
        }
        let from = id3_octets(bytes);
        let body = bytes.get(from..).unwrap_or_default();
        match body {
            [b'f', b'L', b'a', b'C', ..] => Ok(Kind::Flac { from }),
            _ if from > 0 => Ok(Kind::Mpeg { from }),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => Ok(Kind::Wav),
            [b'O', b'g', b'g', b'S', ..] => Ok(Kind::Ogg),
            // ISO/IEC 11172-3 §2.4.2.3: eleven bits of sync word, then a version and a layer that are not reserved.
            [0xFF, second, ..] if second & 0xE0 == 0xE0 && second & 0x18 != 0x08 && second & 0x06 != 0 => {
                Ok(Kind::Mpeg { from })
            }
            _ => Err(ReadError::Unknown),
        }
    }
}

/// How long the ID3v2 tag before the sound is (id3.org, ID3v2.4 §3.1); 0 without one.
fn id3_octets(bytes: &[u8]) -> usize {
    let [b'I', b'D', b'3', _, _, flags, a, b, c, d, ..] = *bytes else { return 0 };
    let size = [a, b, c, d].iter().fold(0usize, |size, octet| size << 7 | usize::from(octet & 0x7F));
    let footer = if flags & 0x10 != 0 { 10 } else { 0 };
    10 + size + footer
}

#[cfg(test)]
mod tests;
