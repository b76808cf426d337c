//! FLAC (RFC 9639) and MPEG audio layer 3 (ISO/IEC 11172-3, 13818-3).

use std::io::Cursor;

use symphonia::core::audio::{AudioBufferRef, SampleBuffer};
use symphonia::core::codecs::{CodecParameters, Decoder, DecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatOptions, FormatReader};
use symphonia::core::io::MediaSourceStream;
use symphonia::default::codecs::{FlacDecoder, MpaDecoder};
use symphonia::default::formats::{FlacReader, MpaReader};

use super::collect::Collector;
use super::ogg_read::Broken;
use super::{Clip, Limits, ReadError};

/// Octets of a STREAMINFO block (RFC 9639 §8.2).
const STREAM_INFO: usize = 34;

/// Reads what begins with `fLaC`.
pub(super) fn read_flac(bytes: &[u8], limits: Limits) -> Result<Clip, ReadError> {
    let broken = || ReadError::Damaged("its FLAC headers are broken");
    let reader = FlacReader::try_new(source(plain_flac(bytes)?), &FORMAT).map_err(|_| broken())?;
    let parameters = parameters(&reader)?;
    let decoder = FlacDecoder::try_new(&parameters, &DecoderOptions::default()).map_err(|_| broken())?;
    decode(reader, decoder, &parameters, limits)
}

/// Reads MPEG audio frames.
pub(super) fn read_mpeg(bytes: &[u8], limits: Limits) -> Result<Clip, ReadError> {
    let reader = MpaReader::try_new(source(bytes.to_vec()), &FORMAT)
        .map_err(|_| ReadError::Damaged("no MPEG audio was found in it"))?;
    let parameters = parameters(&reader)?;
    let decoder = MpaDecoder::try_new(&parameters, &DecoderOptions::default())
        .map_err(|_| ReadError::Unsupported("MPEG audio of another layer than 3"))?;
    decode(reader, decoder, &parameters, limits)
}

/// Encoder's delay and padding are cut off; pictures and the like are not looked at.
const FORMAT: FormatOptions =
    FormatOptions { prebuild_seek_index: false, seek_index_fill_rate: 20, enable_gapless: true };

/// The file with no other metadata than STREAMINFO (RFC 9639 §8): pictures, cue sheets and comments say how much is to
/// be reserved for them, and lie.
fn plain_flac(bytes: &[u8]) -> Result<Vec<u8>, ReadError> {
    let cut = ReadError::Damaged("its FLAC headers are cut short");
    let mut at = 4;
    let mut info = None;
    loop {
        let &[kind, a, b, c] = bytes.get(at..at + 4).ok_or(cut.clone())? else { return Err(cut) };
        let length = u32::from_be_bytes([0, a, b, c]) as usize;
        let block = bytes.get(at + 4..at + 4 + length).ok_or(cut.clone())?;
        at += 4 + length;
        if kind & 0x7F == 0 && length == STREAM_INFO {
            info.get_or_insert(block);
        }
        if kind & 0x80 != 0 {
            break;
        }
    }
    let info = info.ok_or(ReadError::Damaged("its FLAC headers lack the stream's properties"))?;
    Ok([b"fLaC\x80\x00\x00\x22", info, bytes.get(at..).unwrap_or_default()].concat())
}

fn source(bytes: Vec<u8>) -> MediaSourceStream {
    MediaSourceStream::new(Box::new(Cursor::new(bytes)), Default::default())
}

fn parameters(reader: &dyn FormatReader) -> Result<CodecParameters, ReadError> {
    reader.default_track().map(|track| track.codec_params.clone()).ok_or(ReadError::Empty)
}

fn decode(
    mut reader: impl FormatReader,
    mut decoder: impl Decoder,
    parameters: &CodecParameters,
    limits: Limits,
) -> Result<Clip, ReadError> {
    let (Some(hz), Some(channels)) = (parameters.sample_rate, parameters.channels) else {
        return Err(ReadError::Damaged("it does not tell its sample rate"));
    };
    let mut collector = Collector::new(hz, channels.count(), limits)?;
    let mut broken = Broken::default();
    loop {
        let packet = match reader.next_packet() {
            Ok(packet) => packet,
            Err(Error::DecodeError(_)) => {
                broken.bad()?;
                continue;
            }
            // The end, whole or cut off.
            Err(_) => return collector.finish(),
        };
        match decoder.decode(&packet) {
            Ok(sound) if sound.spec().rate == hz => {
                broken.good();
                let channels = sound.spec().channels.count();
                collector.push(&interleaved(sound), channels)?;
            }
            Ok(_) => return Err(ReadError::Unsupported("its sample rate changes on the way")),
            Err(_) => broken.bad()?,
        }
    }
}

/// The decoded frames, channel by channel, full scale at ±1.
pub(super) fn interleaved(sound: AudioBufferRef<'_>) -> Vec<f32> {
    // A decoder that has yet to fill its overlap gives none, which the copying would panic over.
    if sound.frames() == 0 {
        return Vec::new();
    }
    let mut samples = SampleBuffer::<f32>::new(sound.frames() as u64, *sound.spec());
    samples.copy_interleaved_ref(sound);
    samples.samples().to_vec()
}
