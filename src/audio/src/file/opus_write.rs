//! Opus in Ogg, written while it grows (RFC 7845).

use ogg::{PacketWriteEndInfo, PacketWriter};
use ropus::{Application, Bitrate, Channels, Encoder};

use crate::Rate;

/// The encoder refused; does not happen with the options given here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the Opus encoder refused")]
pub struct OpusWriteError;

/// Writes one Ogg-Opus file into buffers that the caller puts into the file one after another. After every whole page,
/// of one second each, the file can be played.
pub struct OggOpusWriter {
    encoder: Encoder,
    pages: PacketWriter<'static, Vec<u8>>,
    serial: u32,
    channels: usize,
    rate: Rate,
    /// Samples of a frame still to be filled, all channels.
    frame: Vec<i16>,
    /// What one packet may grow to; the encoder writes here.
    packet: Vec<u8>,
    /// Of the encoder's delay, at 48 kHz.
    pre_skip: u64,
    /// Frames (one sample per channel) taken.
    taken: u64,
    /// Packets encoded.
    packets: u64,
    /// The last packet encoded: it is written once it is known whether it ends the file.
    last: Option<Vec<u8>>,
}

/// Milliseconds of a packet.
const PACKET_MS: u64 = 20;
/// Packets of a page: one second. A page may hold 255 segments (RFC 3533 §6), and a packet of this rate has one.
const PAGE: u64 = 1_000 / PACKET_MS;
/// Granule positions count samples at 48 kHz (RFC 7845 §4).
const GRANULE_HZ: u64 = 48_000;
/// The largest Opus packet of one frame (RFC 6716 §3.2.1).
const PACKET_MAX: usize = 1_275;

impl OggOpusWriter {
    /// Begins a file of one or two channels (mapping family 0, RFC 7845 §5.1.1.1) at `bit_rate` bit/s, 6,000 to 256,000
    /// for all channels; samples come at `rate`. The two header pages go to `out`. `serial` tells streams of one file
    /// apart and may be anything.
    pub fn new(
        rate: Rate,
        channels: u8,
        bit_rate: u32,
        serial: u32,
        out: &mut Vec<u8>,
    ) -> Result<Self, OpusWriteError> {
        let layout = if channels >= 2 { Channels::Stereo } else { Channels::Mono };
        let encoder = Encoder::builder(rate.hz(), layout, Application::Voip)
            .bitrate(Bitrate::Bits(bit_rate.clamp(6_000, 256_000)))
            .complexity(COMPLEXITY)
            .build()
            .map_err(|_| OpusWriteError)?;
        // The encoder tells its delay at its own rate, the header at 48 kHz.
        let pre_skip = u64::from(encoder.lookahead()) * GRANULE_HZ / u64::from(rate.hz());
        let mut writer = OggOpusWriter {
            encoder,
            pages: PacketWriter::new(Vec::new()),
            serial,
            channels: layout.count(),
            rate,
            frame: Vec::with_capacity(rate.frame() * layout.count()),
            packet: vec![0; PACKET_MAX],
            pre_skip,
            taken: 0,
            packets: 0,
            last: None,
        };
        writer.write_headers();
        out.append(writer.pages.inner_mut());
        Ok(writer)
    }

    /// Adds frames of one sample per channel; whole pages go to `out`.
    pub fn push(&mut self, interleaved: &[i16], out: &mut Vec<u8>) -> Result<(), OpusWriteError> {
        let mut rest = interleaved;
        while !rest.is_empty() {
            let room = self.frame_size() - self.frame.len();
            let (now, later) = rest.split_at(room.min(rest.len()));
            self.frame.extend_from_slice(now);
            rest = later;
            if self.frame.len() == self.frame_size() {
                self.encode()?;
            }
        }
        self.taken += (interleaved.len() / self.channels) as u64;
        out.append(self.pages.inner_mut());
        Ok(())
    }

    /// Ends the file: the last page says how much of its last packet is sound (RFC 7845 §4.4).
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<(), OpusWriteError> {
        let end = self.pre_skip + self.taken * GRANULE_HZ / u64::from(self.rate.hz());
        // What the encoder still holds back is pushed out by silence.
        while self.granule() < end {
            self.frame.resize(self.frame_size(), 0);
            self.encode()?;
        }
        let last = self.last.take().unwrap_or_default();
        self.write(last, PacketWriteEndInfo::EndStream, end);
        out.append(self.pages.inner_mut());
        Ok(())
    }

    /// Milliseconds of sound so far.
    pub fn duration_ms(&self) -> u64 {
        self.taken * 1_000 / u64::from(self.rate.hz())
    }

    fn frame_size(&self) -> usize {
        self.rate.frame() * self.channels
    }

    /// Where the packets so far end.
    fn granule(&self) -> u64 {
        self.packets * PACKET_MS * GRANULE_HZ / 1_000
    }

    fn encode(&mut self) -> Result<(), OpusWriteError> {
        if let Some(before) = self.last.take() {
            let full = self.packets.is_multiple_of(PAGE);
            let info = if full { PacketWriteEndInfo::EndPage } else { PacketWriteEndInfo::NormalPacket };
            self.write(before, info, self.granule());
        }
        let length = self.encoder.encode(&self.frame, &mut self.packet).map_err(|_| OpusWriteError)?;
        self.frame.clear();
        self.packets += 1;
        self.last = Some(self.packet.get(..length).unwrap_or_default().to_vec());
        Ok(())
    }

    fn write(&mut self, packet: Vec<u8>, info: PacketWriteEndInfo, granule: u64) {
        // Writing to memory does not fail.
        let _ = self.pages.write_packet(packet, self.serial, info, granule);
    }

    /// RFC 7845 §5.1 and §5.2: each header on a page of its own, at position 0.
    fn write_headers(&mut self) {
        let mut head = b"OpusHead\x01".to_vec();
        head.push(self.channels as u8);
        head.extend_from_slice(&(self.pre_skip as u16).to_le_bytes());
        head.extend_from_slice(&self.rate.hz().to_le_bytes());
        head.extend_from_slice(&[0, 0, 0]); // no gain, mapping family 0
        self.write(head, PacketWriteEndInfo::EndPage, 0);
        let mut tags = b"OpusTags".to_vec();
        tags.extend_from_slice(&(VENDOR.len() as u32).to_le_bytes());
        tags.extend_from_slice(VENDOR.as_bytes());
        tags.extend_from_slice(&0u32.to_le_bytes());
        self.write(tags, PacketWriteEndInfo::EndPage, 0);
    }
}

impl std::fmt::Debug for OggOpusWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OggOpusWriter").field("channels", &self.channels).field("rate", &self.rate).finish()
    }
}

/// Of 10: where more work stops being heard in speech.
const COMPLEXITY: u8 = 5;
const VENDOR: &str = "strowger";
