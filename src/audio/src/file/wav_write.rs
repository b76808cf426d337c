//! WAV, written while it grows.

use std::io;

use crate::Rate;
use crate::codec::ulaw;

/// How the samples are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WavFormat {
    /// µ-law at 8 kHz: one octet a sample, nothing lost of a G.711 call.
    Ulaw8k,
    /// Linear, 16 bits at 16 kHz.
    Linear16k,
}

impl WavFormat {
    /// Samples a second of one channel.
    pub const fn rate(self) -> Rate {
        match self {
            WavFormat::Ulaw8k => Rate::Hz8000,
            WavFormat::Linear16k => Rate::Hz16000,
        }
    }

    /// Octets of one sample.
    pub const fn octets(self) -> usize {
        match self {
            WavFormat::Ulaw8k => 1,
            WavFormat::Linear16k => 2,
        }
    }
}

/// Writes one WAV file into buffers that the caller puts into the file one after another. Until the header of
/// [`WavWriter::header`] replaces the first one the lengths say "until the end", which most players take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WavWriter {
    format: WavFormat,
    channels: u8,
    /// Octets of sound so far.
    data: u64,
}

impl WavWriter {
    /// Octets of a header.
    pub const HEADER: usize = 58;

    /// Begins a file of `channels` (at least 1): its header goes to `out`.
    pub fn new(format: WavFormat, channels: u8, out: &mut Vec<u8>) -> WavWriter {
        let writer = WavWriter { format, channels: channels.max(1), data: 0 };
        out.extend_from_slice(&writer.header_saying(u32::MAX, u32::MAX));
        writer
    }

    /// The writer of a file that begins with `header`, of `file_octets` in all: to end what a crash cut short. Its
    /// [`WavWriter::header`] then fits the file. An error if no [`WavWriter`] wrote that header.
    pub fn repair(header: &[u8], file_octets: u64) -> io::Result<WavWriter> {
        let foreign = || io::Error::new(io::ErrorKind::InvalidData, "no header of a recording");
        let header = header.get(..Self::HEADER).ok_or_else(foreign)?;
        let format = match header.get(20..22) {
            Some([7, 0]) => WavFormat::Ulaw8k,
            Some([1, 0]) => WavFormat::Linear16k,
            _ => return Err(foreign()),
        };
        let channels = header.get(22).copied().unwrap_or_default().max(1);
        let mut writer = WavWriter { format, channels, data: 0 };
        // The lengths aside, one format and number of channels has one header.
        let lengths = |at: usize| (4..8).contains(&at) || (46..50).contains(&at) || at >= 54;
        let ours = writer.header();
        if ours.iter().zip(header).enumerate().any(|(at, (a, b))| a != b && !lengths(at)) {
            return Err(foreign());
        }
        // A frame that was cut in two is not counted; it stays behind the sound, where players do not look.
        let data = file_octets.saturating_sub(Self::HEADER as u64);
        writer.data = data - data % writer.block();
        Ok(writer)
    }

    /// Adds frames of one sample per channel, at the format's rate.
    pub fn push(&mut self, interleaved: &[i16], out: &mut Vec<u8>) {
        match self.format {
            WavFormat::Ulaw8k => out.extend(interleaved.iter().map(|sample| ulaw::encode(*sample))),
            WavFormat::Linear16k => out.extend(interleaved.iter().flat_map(|sample| sample.to_le_bytes())),
        }
        self.data += (interleaved.len() * self.format.octets()) as u64;
    }

    /// The header that fits what was written so far; it has the size of the first and takes its place.
    pub fn header(&self) -> [u8; Self::HEADER] {
        let data = u32::try_from(self.data).unwrap_or(u32::MAX - Self::HEADER as u32);
        self.header_saying(data + Self::HEADER as u32 - 8, data)
    }

    /// The format.
    pub const fn format(&self) -> WavFormat {
        self.format
    }

    /// Channels, at least 1.
    pub const fn channels(&self) -> u8 {
        self.channels
    }

    /// Milliseconds of sound so far.
    pub fn duration_ms(&self) -> u64 {
        self.data / self.block() * 1_000 / u64::from(self.format.rate().hz())
    }

    /// Octets of a frame.
    fn block(&self) -> u64 {
        self.format.octets() as u64 * u64::from(self.channels)
    }

    /// Both formats have the long format chunk and a `fact` chunk, so that all headers are of one size; the latter is
    /// asked for with µ-law and allowed with linear samples.
    fn header_saying(&self, riff: u32, data: u32) -> [u8; Self::HEADER] {
        let (hz, block) = (self.format.rate().hz(), self.block() as u16);
        let tag: u16 = if self.format == WavFormat::Ulaw8k { 7 } else { 1 };
        let frames = data / u32::from(block);
        let mut header = [0; Self::HEADER];
        let fields: [&[u8]; 17] = [
            b"RIFF",
            &riff.to_le_bytes(),
            b"WAVEfmt ",
            &18u32.to_le_bytes(),
            &tag.to_le_bytes(),
            &u16::from(self.channels).to_le_bytes(),
            &hz.to_le_bytes(),
            &(hz * u32::from(block)).to_le_bytes(),
            &block.to_le_bytes(),
            &(8 * self.format.octets() as u16).to_le_bytes(),
            &[0; 2],
            b"fact",
            &4u32.to_le_bytes(),
            &frames.to_le_bytes(),
            b"data",
            &data.to_le_bytes(),
            &[],
        ];
        for (place, octet) in header.iter_mut().zip(fields.into_iter().flatten()) {
            *place = *octet;
        }
        header
    }
}
