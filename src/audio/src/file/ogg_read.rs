//! Ogg with Opus (RFC 7845) or Vorbis (Vorbis I, appendix A) in it.

use std::io::Cursor;

use ogg::{Packet, PacketReader};
use ropus::{Channels, DecodeMode};
use symphonia::core::codecs::{CODEC_TYPE_VORBIS, CodecParameters, Decoder as _, DecoderOptions};
use symphonia::default::codecs::VorbisDecoder;

use super::collect::Collector;
use super::packed::interleaved;
use super::{Clip, Limits, ReadError, vorbis_setup};
use crate::Rate;

/// Reads a file that begins with `OggS`. Of streams beside each other the first is read; of streams one after the
/// other, too.
pub(super) fn read(bytes: &[u8], limits: Limits) -> Result<Clip, ReadError> {
    let mut packets = Packets { reader: PacketReader::new(Cursor::new(bytes)), serial: None };
    let first = packets.next()?.ok_or(ReadError::Damaged("no page of it is whole"))?;
    if first.data.starts_with(b"OpusHead") {
        read_opus(&first.data, packets, limits)
    } else if first.data.starts_with(b"\x01vorbis") {
        read_vorbis(first.data, packets, limits)
    } else {
        Err(ReadError::Unsupported("an Ogg file that is neither Opus nor Vorbis"))
    }
}

/// The packets of the file's first stream.
struct Packets<'a> {
    reader: PacketReader<Cursor<&'a [u8]>>,
    serial: Option<u32>,
}

impl Packets<'_> {
    /// `None` at the end, also where the file breaks off.
    fn next(&mut self) -> Result<Option<Packet>, ReadError> {
        loop {
            let packet = match self.reader.read_packet() {
                Ok(Some(packet)) => packet,
                Ok(None) | Err(ogg::OggReadError::ReadError(_)) => return Ok(None),
                Err(_) => return Err(ReadError::Damaged("a page of it is broken")),
            };
            if *self.serial.get_or_insert(packet.stream_serial()) == packet.stream_serial() {
                return Ok(Some(packet));
            }
        }
    }
}

/// Sound of the current page, kept back until its position tells how much of the last page counts.
struct Pages {
    collector: Collector,
    page: Vec<f32>,
    /// Granules of a sample of ours.
    granules: u64,
    /// Where the page before ended.
    before: u64,
    /// Samples at the beginning that are no sound (RFC 7845 §4.2): the decoder settles in them. Positions count them.
    skip: usize,
}

impl Pages {
    fn new(collector: Collector, granules: u64, skip: usize) -> Pages {
        Pages { collector, page: Vec::new(), granules, before: 0, skip }
    }

    /// After the sound of `packet` was added to the page.
    fn after(&mut self, packet: &Packet) -> Result<(), ReadError> {
        if !packet.last_in_page() {
            return Ok(());
        }
        if packet.last_in_stream() {
            // RFC 7845 §4.4, Vorbis I §A.2: the last page's position cuts off what pads the last packet.
            let length = packet.absgp_page().saturating_sub(self.before) / self.granules;
            self.page.truncate(usize::try_from(length).unwrap_or(usize::MAX));
        }
        self.before = packet.absgp_page();
        self.flush()
    }

    fn flush(&mut self) -> Result<(), ReadError> {
        let skipped = self.skip.min(self.page.len());
        self.skip -= skipped;
        let pushed = self.collector.push_mono(self.page.get(skipped..).unwrap_or_default());
        self.page.clear();
        pushed
    }

    fn finish(mut self) -> Result<Clip, ReadError> {
        self.flush()?;
        self.collector.finish()
    }
}

/// Opus is decoded at the rate that is wanted here; its own decoder resamples and averages channels.
const OPUS_RATE: Rate = Rate::Hz16000;
/// Granules of a sample at that rate (RFC 7845 §4: they count at 48 kHz).
const OPUS_GRANULES: u64 = 3;

fn read_opus(head: &[u8], mut packets: Packets<'_>, limits: Limits) -> Result<Clip, ReadError> {
    // RFC 7845 §5.1.
    let &[_, _, _, _, _, _, _, _, version, channels, p0, p1, _, _, _, _, g0, g1, family, ref mapping @ ..] = head
    else {
        return Err(ReadError::Damaged("its Opus header is cut short"));
    };
    if version & 0xF0 != 0 {
        return Err(ReadError::Unsupported("Ogg Opus of a later version"));
    }
    let streams = if family == 0 { 1 } else { mapping.first().copied().unwrap_or_default() };
    if streams != 1 {
        return Err(ReadError::Unsupported("Opus with more than one stream, as surround sound has"));
    }
    let collector = Collector::new(OPUS_RATE.hz(), channels.into(), limits)?;
    let mut decoder = ropus::Decoder::new(OPUS_RATE.hz(), Channels::Mono)
        .map_err(|_| ReadError::Damaged("its Opus header is broken"))?;
    // RFC 7845 §5.1: a player applies the output gain.
    decoder
        .set_gain(i16::from_le_bytes([g0, g1]).into())
        .map_err(|_| ReadError::Damaged("its Opus header is broken"))?;
    let skip = usize::from(u16::from_le_bytes([p0, p1])) / OPUS_GRANULES as usize;
    let mut pages = Pages::new(collector, OPUS_GRANULES, skip);
    packets.next()?; // OpusTags
    let mut sound = vec![0; OPUS_RATE.samples(120)];
    let mut broken = Broken::default();
    while let Some(packet) = packets.next()? {
        if !packet.data.is_empty() {
            match decoder.decode(&packet.data, &mut sound, DecodeMode::Normal) {
                Ok(count) => {
                    broken.good();
                    pages.page.extend(sound.iter().take(count).map(|sample| f32::from(*sample) / 32_768.0));
                }
                Err(_) => broken.bad()?,
            }
        }
        pages.after(&packet)?;
    }
    pages.finish()
}

fn read_vorbis(ident: Vec<u8>, mut packets: Packets<'_>, limits: Limits) -> Result<Clip, ReadError> {
    // Vorbis I §4.2.2.
    let &[_, _, _, _, _, _, _, _, _, _, _, channels, h0, h1, h2, h3, ..] = ident.as_slice() else {
        return Err(ReadError::Damaged("its Vorbis header is cut short"));
    };
    let channels = usize::from(channels);
    let mut pages = Pages::new(Collector::new(u32::from_le_bytes([h0, h1, h2, h3]), channels, limits)?, 1, 0);
    let cut = ReadError::Damaged("its Vorbis headers are cut short");
    packets.next()?.ok_or(cut.clone())?; // comments
    let setup = packets.next()?.ok_or(cut)?.data;
    vorbis_setup::check(&setup)?;
    let mut parameters = CodecParameters::new();
    parameters.for_codec(CODEC_TYPE_VORBIS).with_extra_data([ident, setup].concat().into_boxed_slice());
    let mut decoder = VorbisDecoder::try_new(&parameters, &DecoderOptions::default())
        .map_err(|_| ReadError::Damaged("its Vorbis headers are broken"))?;
    let mut broken = Broken::default();
    let scale = 1.0 / channels as f32;
    while let Some(packet) = packets.next()? {
        let data = symphonia::core::formats::Packet::new_from_slice(0, 0, 0, &packet.data);
        match decoder.decode(&data) {
            Ok(sound) => {
                broken.good();
                let frames = interleaved(sound);
                pages.page.extend(frames.chunks_exact(channels).map(|frame| frame.iter().sum::<f32>() * scale));
            }
            Err(_) => broken.bad()?,
        }
        pages.after(&packet)?;
    }
    pages.finish()
}

/// How many packets could not be decoded: a few are passed over, as a player would.
#[derive(Default)]
pub(super) struct Broken {
    good: u32,
    bad: u32,
}

impl Broken {
    pub(super) fn good(&mut self) {
        self.good = self.good.saturating_add(1);
    }

    /// An error once it is more than a few, and more than one of eight.
    pub(super) fn bad(&mut self) -> Result<(), ReadError> {
        self.bad = self.bad.saturating_add(1);
        if self.bad > 16 + self.good / 8 {
            return Err(ReadError::Damaged("much of it cannot be decoded"));
        }
        Ok(())
    }
}
