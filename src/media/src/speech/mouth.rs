//! One stream's speaking: frames of 20 ms in, packets of the coding and length that its peer wants out.

use audio::codec::{Encoder, EncoderOptions};
use audio::resample::Resampler;
use audio::{FRAME_MAX, FRAME_MS, Rate};
use base::{Duration, Instant};

use crate::control::Codec;
use crate::rtp::HEADER_LEN;
use crate::stream::Passing;
use crate::{RtpTimestamp, SeqNo};

/// Octets of the largest packet that a mouth writes: header, 60 ms of G.711 or Opus, and room for a tag.
pub const PACKET_MAX: usize = 1_500;

/// What all mouths share.
#[derive(Clone, Copy, Debug)]
pub struct VoiceOptions {
    /// Of Opus, 0 (least work) to 10.
    pub opus_complexity: u8,
    /// Of Opus, in bit/s.
    pub opus_bit_rate: u32,
}

impl Default for VoiceOptions {
    fn default() -> Self {
        VoiceOptions { opus_complexity: 5, opus_bit_rate: 24_000 }
    }
}

/// The speaking of one stream.
pub struct Mouth {
    codec: Codec,
    ptime_ms: u8,
    voice: Voice,
    /// What does not fill a packet yet, at the encoder's rate.
    pending: [i16; FRAME_MAX * 4],
    filled: usize,
    seq: SeqNo,
    timestamp: RtpTimestamp,
    epoch: u32,
    said_at: Option<Instant>,
    silent: bool,
    key: Option<Key>,
}

/// A key being sent (RFC 4733 §2.5.1).
#[derive(Clone, Copy, Debug)]
struct Key {
    codec: Codec,
    event: u8,
    /// The timestamp of its beginning, which all its packets carry.
    began: RtpTimestamp,
    /// Ticks said so far, and ticks in all.
    ticks: u32,
    total: u32,
    begun: bool,
    /// End packets still to be sent: three, for one may be lost (RFC 4733 §2.5.1.4).
    ends: u8,
    /// Ticks of silence between this key and the next.
    pause: u8,
}

/// A packet that stands in the buffer given; hand it to [`crate::stream::Stream::transmit`].
#[derive(Clone, Debug)]
pub struct Spoken {
    /// What it is.
    pub passing: Passing,
    /// Its length.
    pub len: usize,
}

/// Sound to octets, from any rate.
struct Voice {
    encoder: Encoder,
    resampler: Option<(Rate, Resampler)>,
}

/// One coding of a sound that many hear: encoded once a tick.
pub struct SharedVoice {
    codec: Codec,
    voice: Voice,
    payload: [u8; PAYLOAD_MAX],
    /// Octets in `payload`, and the tick they are of.
    encoded: Option<(u64, usize)>,
}

const PAYLOAD_MAX: usize = PACKET_MAX - HEADER_LEN - TAG_ROOM;
/// For what secures a packet.
const TAG_ROOM: usize = 16;
/// Silent for so long, a mouth begins a new talk spurt.
const PAUSE: Duration = Duration::from_millis(70);

impl Voice {
    fn new(codec: Codec, rate: Rate, options: &VoiceOptions) -> Option<Voice> {
        let coding = codec.coding()?;
        let options = EncoderOptions {
            bit_rate: options.opus_bit_rate,
            complexity: options.opus_complexity,
            ..EncoderOptions::default()
        };
        Some(Voice { encoder: Encoder::new(coding, rate, options), resampler: None })
    }

    /// Puts `frame` into `out` at the encoder's rate: how many samples.
    fn adapt(&mut self, frame: &[i16], rate: Rate, out: &mut [i16]) -> usize {
        let to = self.encoder.rate();
        if self.resampler.as_ref().is_none_or(|(from, _)| *from != rate) {
            self.resampler = Some((rate, Resampler::new(rate, to)));
        }
        self.resampler.as_mut().map_or(0, |(_, resampler)| resampler.process(frame, out))
    }
}

impl Mouth {
    /// A mouth for `codec`, none where the box cannot speak it. `rate` is that of most of what it will say.
    pub fn new(codec: Codec, rate: Rate, ptime_ms: u8, options: &VoiceOptions) -> Option<Mouth> {
        Some(Mouth {
            codec,
            ptime_ms,
            voice: Voice::new(codec, rate, options)?,
            pending: [0; FRAME_MAX * 4],
            filled: 0,
            seq: SeqNo(0),
            timestamp: RtpTimestamp(0),
            epoch: 0,
            said_at: None,
            silent: true,
            key: None,
        })
    }

    /// Begins to send a key as events of `codec`; false if it is none that has a code (RFC 4733 §3.2).
    pub fn press(&mut self, now: Instant, codec: Codec, digit: char, duration: Duration) -> bool {
        let event = match digit.to_ascii_uppercase() {
            '*' => 10,
            '#' => 11,
            d @ 'A'..='D' => d as u8 - b'A' + 12,
            d @ '0'..='9' => d as u8 - b'0',
            _ => return false,
        };
        self.resume(now);
        self.filled = 0;
        let total = codec.clock_rate().ticks(duration).min(u32::from(u16::MAX));
        let key = Key { codec, event, began: self.timestamp, ticks: 0, total, begun: false, ends: 3, pause: 2 };
        self.key = Some(key);
        true
    }

    /// Says the next 20 ms of the key being sent: its packet if there is one. False once the key is over.
    pub fn say_key(
        &mut self,
        now: Instant,
        buffer: &mut [u8; PACKET_MAX],
        mut emit: impl FnMut(Spoken, &mut [u8; PACKET_MAX]),
    ) -> bool {
        let Some(mut key) = self.key else { return false };
        self.said_at = Some(now);
        let frame = Duration::from_millis(FRAME_MS as u64);
        self.timestamp = self.timestamp.plus(self.codec.clock_rate().ticks(frame));
        self.silent = true;
        if key.ends == 0 {
            key.pause = key.pause.saturating_sub(1);
            self.key = (key.pause > 0).then_some(key);
            return true;
        }
        key.ticks = (key.ticks + key.codec.clock_rate().ticks(frame)).min(key.total);
        let ended = key.ticks >= key.total;
        let [high, low] = u16::try_from(key.ticks).unwrap_or(u16::MAX).to_be_bytes();
        // RFC 4733 §2.3: event, end bit and volume (10 dB below full scale), duration.
        let payload = [key.event, if ended { 0x80 } else { 0 } | 10, high, low];
        buffer[0] = 0x80;
        if let Some(room) = buffer.get_mut(HEADER_LEN..HEADER_LEN + payload.len()) {
            room.copy_from_slice(&payload);
        }
        let len = HEADER_LEN + payload.len();
        let passing = Passing::own(self.epoch, key.codec, !key.begun, self.seq, key.began, len);
        self.seq = self.seq.next();
        key.begun = true;
        key.ends -= u8::from(ended);
        self.key = Some(key);
        emit(Spoken { passing, len }, buffer);
        true
    }

    /// Whether this mouth still is what the peer wants.
    pub fn is_for(&self, codec: Codec, ptime_ms: u8) -> bool {
        self.codec == codec && self.ptime_ms == ptime_ms
    }

    /// Says 20 ms. `emit` gets each packet that became complete: what it is, the whole buffer, its length.
    pub fn say(
        &mut self,
        now: Instant,
        frame: &[i16],
        rate: Rate,
        buffer: &mut [u8; PACKET_MAX],
        mut emit: impl FnMut(Spoken, &mut [u8; PACKET_MAX]),
    ) {
        self.resume(now);
        let Some(room) = self.pending.get_mut(self.filled..) else { return };
        self.filled += self.voice.adapt(frame, rate, room);
        let clock = self.codec.clock_rate();
        let per_packet = self.voice.encoder.rate().samples(usize::from(self.packet_ms()));
        let ticks = clock.ticks(Duration::from_millis(u64::from(self.packet_ms())));
        while self.filled >= per_packet {
            let (samples, payload) =
                (self.pending.get(..per_packet), buffer.get_mut(HEADER_LEN..PACKET_MAX - TAG_ROOM));
            let (Some(samples), Some(payload)) = (samples, payload) else { return };
            let len = self.voice.encoder.encode(samples, payload).unwrap_or(0);
            if len > 0 {
                let spoken = self.packet(len, buffer);
                emit(spoken, buffer);
            }
            self.silent = len == 0;
            self.timestamp = self.timestamp.plus(ticks);
            self.pending.copy_within(per_packet..self.filled, 0);
            self.filled -= per_packet;
        }
    }

    /// Says 20 ms that were encoded for many: none unless this mouth speaks that coding in packets of 20 ms.
    pub fn say_shared(&mut self, now: Instant, shared: &SharedVoice, buffer: &mut [u8; PACKET_MAX]) -> Option<Spoken> {
        self.resume(now);
        self.filled = 0;
        let payload = shared.encoded.and_then(|(_, len)| shared.payload.get(..len))?;
        let ticks = self.codec.clock_rate().ticks(Duration::from_millis(FRAME_MS as u64));
        let spoken = if payload.is_empty() {
            None
        } else {
            buffer.get_mut(HEADER_LEN..HEADER_LEN + payload.len())?.copy_from_slice(payload);
            Some(self.packet(payload.len(), buffer))
        };
        self.silent = payload.is_empty();
        self.timestamp = self.timestamp.plus(ticks);
        spoken
    }

    /// Whether [`Mouth::say_shared`] will do.
    pub fn can_share(&self) -> bool {
        usize::from(self.ptime_ms) == FRAME_MS
    }

    /// The coding.
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// The share of packets lost on the way to the peer, which Opus' error correction is made for.
    pub fn set_loss(&mut self, percent: u8) {
        self.voice.encoder.set_loss(percent);
    }

    /// Opus has no packets of 30 or 50 ms (RFC 6716 §2.1.4).
    fn packet_ms(&self) -> u8 {
        match (self.codec, self.ptime_ms) {
            (Codec::Opus, 30) => 20,
            (Codec::Opus, 50) => 40,
            (_, ptime) => ptime,
        }
    }

    /// After a pause the numbering begins anew: the stream puts it where it belongs.
    fn resume(&mut self, now: Instant) {
        if self.said_at.is_none_or(|at| now - at >= PAUSE) {
            self.epoch = self.epoch.wrapping_add(1);
            self.filled = 0;
            self.silent = true;
        }
        self.said_at = Some(now);
    }

    fn packet(&mut self, payload: usize, buffer: &mut [u8; PACKET_MAX]) -> Spoken {
        // RFC 3550 §5.1: version 2, no padding, extension or contributors; the stream writes the rest.
        buffer[0] = 0x80;
        let len = HEADER_LEN + payload;
        let passing = Passing::own(self.epoch, self.codec, self.silent, self.seq, self.timestamp, len);
        self.seq = self.seq.next();
        Spoken { passing, len }
    }
}

impl SharedVoice {
    /// A voice for `codec`, none where the box cannot speak it.
    pub fn new(codec: Codec, rate: Rate, options: &VoiceOptions) -> Option<SharedVoice> {
        Some(SharedVoice { codec, voice: Voice::new(codec, rate, options)?, payload: [0; PAYLOAD_MAX], encoded: None })
    }

    /// The coding.
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// Encodes the frame of tick `tick`, once.
    pub fn encode(&mut self, tick: u64, frame: &[i16], rate: Rate) {
        if self.encoded.is_some_and(|(of, _)| of == tick) {
            return;
        }
        let mut samples = [0; FRAME_MAX];
        let len = self.voice.adapt(frame, rate, &mut samples);
        let samples = samples.get(..len).unwrap_or_default();
        let len = self.voice.encoder.encode(samples, &mut self.payload).unwrap_or(0);
        self.encoded = Some((tick, len));
    }
}
