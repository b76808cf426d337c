//! Ogg Opus files (RFC 7845) of mono at 16 kHz.

use ogg::writing::{PacketWriteEndInfo, PacketWriter};
use ropus::{Application, Bitrate, Channels, Encoder, Signal};

use crate::Done;
use crate::shape::RATE;

/// Opus counts in samples of 48 kHz whatever goes in (RFC 7845 §4).
const CLOCK: usize = 48_000 / RATE;

/// Any number does: each file has one stream.
const SERIAL: u32 = 1;

/// What is to be encoded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Begins and ends in silence.
    Speech,
    /// Goes round in a loop.
    Music,
}

/// A whole file.
pub fn encode(samples: &[i16], kind: Kind) -> Done<Vec<u8>> {
    let (application, signal, bits, frame) = match kind {
        Kind::Speech => (Application::Voip, Signal::Voice, 12_000, RATE * 60 / 1000),
        Kind::Music => (Application::Audio, Signal::Music, 32_000, RATE * 20 / 1000),
    };
    let mut encoder = Encoder::builder(RATE as u32, Channels::Mono, application)
        .bitrate(Bitrate::Bits(bits))
        .complexity(10)
        .signal(signal)
        .vbr(true)
        .build()?;
    let lookahead = encoder.lookahead() as usize;
    // A loop is entered in full swing: the codec hears the end of it first (RFC 7845 §4.2: 80 ms to converge).
    let before = match kind {
        Kind::Speech => 0,
        Kind::Music => RATE * 80 / 1000,
    };
    let mut input = samples[samples.len() - before..].to_vec();
    input.extend(samples);
    let length = input.len();
    input.extend(samples.iter().take(if kind == Kind::Music { lookahead } else { 0 }));
    input.resize((length + lookahead).div_ceil(frame) * frame, 0);

    let skip = ((before + lookahead) * CLOCK) as u64;
    let end = ((length + lookahead) * CLOCK) as u64;
    let mut writer = PacketWriter::new(Vec::new());
    writer.write_packet(head(skip as u16), SERIAL, PacketWriteEndInfo::EndPage, 0)?;
    writer.write_packet(tags(), SERIAL, PacketWriteEndInfo::EndPage, 0)?;
    let mut packet = [0; 1500];
    let frames = input.len() / frame;
    for (index, pcm) in input.chunks_exact(frame).enumerate() {
        let octets = encoder.encode(pcm, &mut packet)?;
        let last = index + 1 == frames;
        // The last position may lie within the last packet: what is behind is not played (RFC 7845 §4.5).
        let position = if last { end } else { ((index + 1) * frame * CLOCK) as u64 };
        let info = if last { PacketWriteEndInfo::EndStream } else { PacketWriteEndInfo::NormalPacket };
        writer.write_packet(packet[..octets].to_vec(), SERIAL, info, position)?;
    }
    Ok(writer.into_inner())
}

/// RFC 7845 §5.1.
fn head(pre_skip: u16) -> Vec<u8> {
    let mut head = b"OpusHead\x01\x01".to_vec();
    head.extend(pre_skip.to_le_bytes());
    head.extend((RATE as u32).to_le_bytes());
    head.extend([0, 0, 0]);
    head
}

/// RFC 7845 §5.2, without a comment.
fn tags() -> Vec<u8> {
    let vendor = b"strowger";
    let mut tags = b"OpusTags".to_vec();
    tags.extend((vendor.len() as u32).to_le_bytes());
    tags.extend(vendor);
    tags.extend(0u32.to_le_bytes());
    tags
}
