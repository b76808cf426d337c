//! One channel of a recording: sound brought to its place in time.
//!
//! The first packet goes where the clock says it arrived; after that its timestamp places a packet, so that jitter does
//! not tear sound apart. The arrival times keep watch: where the least delayed packets of two seconds tell that the
//! sender's clock has drifted or jumped, the place is corrected, in a quiet moment if there is one.

use std::collections::VecDeque;

use audio::Rate;
use audio::codec::{Coding, Decoder};
use audio::resample::Resampler;
use media::control::Codec;
use media::{RtpTimestamp, SeqNo};

/// A piece of sound as it was handed over. `at` counts samples of the recording since its beginning.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) at: i64,
    pub(super) what: What,
}

/// What it consists of.
#[derive(Clone, Debug)]
pub(super) enum What {
    /// A payload that is yet to be decoded.
    Packet { codec: Codec, seq: SeqNo, timestamp: RtpTimestamp, payload: Vec<u8> },
    /// Samples.
    Frame { rate: Rate, samples: Vec<i16> },
}

/// The channel. Positions are samples at `rate` since the recording's beginning.
pub(super) struct Track {
    rate: Rate,
    /// Sound from position `from` on.
    sound: VecDeque<i16>,
    from: i64,
    anchor: Option<Anchor>,
    /// Packets of codecs with a memory, until all that could come before them have come; sorted.
    held: VecDeque<Piece>,
    decoder: Option<Decoder>,
    resampler: Option<Resampler>,
    /// The packet decoded last, so that a copy of it is known.
    last: Option<SeqNo>,
    /// Where sound is decoded, and where it is resampled.
    decoded: Vec<i16>,
    resampled: Vec<i16>,
    /// Pieces that found no room.
    pub(super) lost: u32,
}

/// What places sound.
#[derive(Clone, Copy)]
struct Anchor {
    /// Ticks of the timestamps in a second; 0: frames, which follow each other.
    clock: u32,
    timestamp: RtpTimestamp,
    /// The position of the sound with that timestamp; of frames, where the next one goes.
    position: i64,
    /// How late the least late packet of this watch was, in samples, and when the watch began.
    least: i64,
    since: i64,
}

/// Pieces held at most: a second of the shortest packets.
const HELD_MAX: usize = 400;
/// How long packets of codecs with a memory wait for those before them, in milliseconds.
const HOLD_MS: usize = 300;
/// Sound ahead of what was taken at most, in milliseconds.
const AHEAD_MS: usize = 4_000;
/// Packets further from where they should be are put where they arrived.
const JUMP_MS: usize = 1_000;
/// How long arrivals are watched before the place is corrected.
const WATCH_MS: usize = 2_000;
/// Off by more than this, a quiet moment is used to correct it; by more than the second, any.
const DRIFT_MS: usize = 10;
const DRIFT_MAX_MS: usize = 60;
/// Frames of samples come with the audio threads' tick, which may shake so much.
const TICK_MS: usize = 50;
/// Below this sound is quiet: −46 dB of full scale.
const QUIET: u16 = 164;
/// Longest payload, in milliseconds.
const PAYLOAD_MS_MAX: usize = audio::codec::PAYLOAD_MS_MAX;

impl Track {
    pub(super) fn new(rate: Rate) -> Track {
        Track {
            rate,
            sound: VecDeque::new(),
            from: 0,
            anchor: None,
            held: VecDeque::new(),
            decoder: None,
            resampler: None,
            last: None,
            decoded: Vec::new(),
            resampled: Vec::new(),
            lost: 0,
        }
    }

    /// Takes a piece.
    pub(super) fn add(&mut self, piece: Piece) {
        match &piece.what {
            What::Frame { rate, samples } => self.place_frame(piece.at, *rate, samples),
            What::Packet { codec: Codec::G722 | Codec::Opus, timestamp, .. } => {
                if self.held.len() >= HELD_MAX {
                    self.lost = self.lost.saturating_add(1);
                    return;
                }
                let before = |held: &Piece| match &held.what {
                    What::Packet { timestamp: earlier, .. } => timestamp.since(*earlier) >= 0,
                    What::Frame { .. } => true,
                };
                let mut at = self.held.len();
                while at > 0 && !self.held.get(at - 1).is_none_or(before) {
                    at -= 1;
                }
                self.held.insert(at, piece);
            }
            What::Packet { .. } => self.place_packet(&piece),
        }
    }

    /// Gives the sound of `count` samples from where the last call ended to `take`, with silence where there is none.
    /// `now` is the position of the present: held packets that are old enough are decoded first.
    pub(super) fn take(&mut self, now: i64, count: usize, mut take: impl FnMut(i16)) {
        self.decode_held(now);
        let have = count.min(self.sound.len());
        for sample in self.sound.drain(..have) {
            take(sample);
        }
        (have..count).for_each(|_| take(0));
        self.from += count as i64;
    }

    fn ms(&self, ms: usize) -> i64 {
        self.rate.samples(ms) as i64
    }

    fn decode_held(&mut self, now: i64) {
        let ripe = now - self.ms(HOLD_MS);
        // Those sorted before a ripe one are decoded with it, be they ripe or not.
        let count = self.held.iter().rposition(|piece| piece.at <= ripe).map_or(0, |last| last + 1);
        for _ in 0..count {
            let Some(piece) = self.held.pop_front() else { break };
            self.place_packet(&piece);
        }
    }

    fn place_packet(&mut self, piece: &Piece) {
        let What::Packet { codec, seq, timestamp, payload } = &piece.what else { return };
        let (coding, clock) = match codec {
            Codec::Pcmu => (Coding::Pcmu, 8_000),
            Codec::Pcma => (Coding::Pcma, 8_000),
            Codec::G722 => (Coding::G722, 8_000), // RFC 3551 §4.5.2
            Codec::Opus => (Coding::Opus, 48_000),
            Codec::G729 | Codec::TelephoneEvent | Codec::TelephoneEvent48k | Codec::ComfortNoise => return,
        };
        let stateful = matches!(coding, Coding::G722 | Coding::Opus);
        if stateful && self.last == Some(*seq) {
            return;
        }
        let mut decoded = std::mem::take(&mut self.decoded);
        if self.decoder.as_ref().is_none_or(|decoder| decoder.coding() != coding) {
            self.decoder = Some(Decoder::new(coding, self.rate));
        }
        if let Some(decoder) = &mut self.decoder {
            decoded.resize(decoder.rate().samples(PAYLOAD_MS_MAX), 0);
            let rate = decoder.rate();
            if let Ok(count) = decoder.decode(payload, &mut decoded) {
                self.last = Some(*seq);
                let position = self.position(piece.at, clock, *timestamp, &decoded[..count.min(decoded.len())]);
                self.put_resampled(position, rate, &decoded[..count.min(decoded.len())]);
            }
        }
        self.decoded = decoded;
    }

    /// Where sound with this timestamp belongs that arrived at `at`.
    fn position(&mut self, at: i64, clock: u32, timestamp: RtpTimestamp, sound: &[i16]) -> i64 {
        let fresh = Anchor { clock, timestamp, position: at, least: i64::MAX, since: at };
        let Some(mut anchor) = self.anchor.filter(|anchor| anchor.clock == clock) else {
            self.anchor = Some(fresh);
            return at;
        };
        let ticks = i64::from(timestamp.since(anchor.timestamp));
        let mut position = anchor.position + ticks * i64::from(self.rate.hz()) / i64::from(clock);
        let late = at - position;
        if late.abs() > self.ms(JUMP_MS) {
            self.anchor = Some(fresh);
            return at;
        }
        anchor.least = anchor.least.min(late);
        if at - anchor.since > self.ms(WATCH_MS) {
            let off = anchor.least.abs();
            let quiet = sound.iter().all(|sample| sample.unsigned_abs() < QUIET);
            if off > self.ms(DRIFT_MAX_MS) || (off > self.ms(DRIFT_MS) && quiet) {
                position += anchor.least;
                anchor.position += anchor.least;
                (anchor.least, anchor.since) = (i64::MAX, at);
            } else if off <= self.ms(DRIFT_MS) {
                (anchor.least, anchor.since) = (i64::MAX, at);
            }
        }
        if ticks > 0 {
            (anchor.timestamp, anchor.position) = (timestamp, position);
        }
        self.anchor = Some(anchor);
        position
    }

    fn place_frame(&mut self, at: i64, rate: Rate, samples: &[i16]) {
        let length = samples.len() as i64 * i64::from(self.rate.hz()) / i64::from(rate.hz());
        let position = match self.anchor {
            Some(anchor) if anchor.clock == 0 && (at - anchor.position).abs() <= self.ms(TICK_MS) => anchor.position,
            _ => at,
        };
        let next = Anchor { clock: 0, timestamp: RtpTimestamp(0), position: position + length, least: 0, since: at };
        self.anchor = Some(next);
        self.put_resampled(position, rate, samples);
    }

    fn put_resampled(&mut self, position: i64, from: Rate, samples: &[i16]) {
        if from == self.rate {
            return self.put(position, samples);
        }
        let mut resampled = std::mem::take(&mut self.resampled);
        let to = self.rate;
        let resampler = match &mut self.resampler {
            Some(resampler) if resampler.from() == from => resampler,
            other => other.insert(Resampler::new(from, to)),
        };
        resampled.resize(resampler.room(samples.len()), 0);
        let count = resampler.process(samples, &mut resampled);
        self.put(position, resampled.get(..count).unwrap_or_default());
        self.resampled = resampled;
    }

    /// Puts sound to its place; what lies before what was taken already is too late.
    fn put(&mut self, position: i64, samples: &[i16]) {
        let late = usize::try_from(self.from - position).unwrap_or(0);
        let samples = samples.get(late..).unwrap_or_default();
        let begin = usize::try_from(position - self.from).unwrap_or(0);
        if samples.is_empty() {
            return;
        }
        if begin + samples.len() > self.rate.samples(AHEAD_MS) {
            self.lost = self.lost.saturating_add(1);
            return;
        }
        if self.sound.len() < begin + samples.len() {
            self.sound.resize(begin + samples.len(), 0);
        }
        for (place, sample) in self.sound.range_mut(begin..).zip(samples) {
            *place = *sample;
        }
    }
}
