//! Packets become sound: the receive path of one stream.
//!
//! [`Playout::push`] takes packets as they come, [`Playout::pull`] gives 20 ms whenever the mixer ticks. Between them
//! packets are brought into order on one time line (`clock`), wait as long as nearly all of them need to be there
//! (`lateness`), and are decoded; what is missing is recovered or made up; what waits too long or too short is
//! played a pitch period faster or slower (`audio::stretch`), which also takes up the drift of the sender's clock.
//!
//! The wait is measured, not counted in packets: sound of media time `m` played at local time `t` has waited
//! `t - m`, less the shortest transit. So silence, loss and packet times do not disturb it.
//!
//! Owns packets from their arrival to their samples. Refuses to know sockets, SSRCs, payload numbers (the caller
//! says [`Codec`]) and DTMF events, which do not come here.
//!
//! **Invariants:** 64 packets, a second and 16 KiB at most wait, the oldest go first; a decoder is made at the first
//! packet of its coding, else nothing is allocated (but by Opus' library); no packet, timestamp or time panics.
//!
//! RFC 3550 §6.4, App. A; RFC 3389; RFC 7587 §4; RFC 7160 (clock changes).

mod buffer;
mod clock;
mod conceal;
mod lateness;
mod pace;
mod play;
mod sound;
mod stats;
#[cfg(test)]
mod tests;
mod voice;

use audio::Rate;
use audio::conceal::{ComfortNoise, Concealer};
use audio::resample::Resampler;
use base::{Duration, Instant};

use crate::control::Codec;
use crate::{RtpTimestamp, SeqNo};
use buffer::{Buffer, Inserted, PAYLOAD_MAX, Waiting};
use clock::{MS, Ticks, Timeline, local};
use lateness::Lateness;
use sound::Sound;
pub use stats::{PlayoutStats, Pulled};
use voice::{CODINGS, Voice};

/// A pull, in media time.
const FRAME: Ticks = 20 * MS;
/// What a source says this close to where it should is where it should be: senders round.
const SLOP: Ticks = 5 * MS / 2;
/// A path whose transit moved this far at a jump or a pause is another path: its lateness is learnt anew.
const MOVED: Ticks = 500 * MS;

/// How a [`Playout`] is to play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlayoutOptions {
    /// Rate of the samples pulled.
    pub rate: Rate,
    /// Sound waits at least so long, even if the network is perfect. 0 as a rule.
    pub min_ms: u32,
    /// Sound waits no longer than that, even if packets come later and are lost by it. At most 900.
    pub max_ms: u32,
}

/// An RTP packet with sound or comfort noise, taken apart.
#[derive(Clone, Copy, Debug)]
pub struct PlayoutPacket<'a> {
    /// What its payload type stands for.
    pub codec: Codec,
    /// Its sequence number.
    pub seq: SeqNo,
    /// Its timestamp, of `codec`'s clock.
    pub timestamp: RtpTimestamp,
    /// Its marker bit: sound begins after silence (RFC 3551 §4.1).
    pub marker: bool,
    /// Its payload without padding.
    pub payload: &'a [u8],
}

/// The receive path of one stream.
pub struct Playout {
    options: PlayoutOptions,
    timeline: Timeline,
    lateness: Lateness,
    buffer: Buffer,
    voices: [Option<Box<Voice>>; CODINGS],
    /// The voice that spoke last.
    voice: Option<usize>,
    scratch: Box<[i16]>,
    sound: Sound,
    concealer: Concealer,
    comfort: ComfortNoise,
    comfort_up: Resampler,
    state: State,
    /// Where the sound that was decoded ends, in media time.
    next: Ticks,
    /// What was made up beyond `next` while nobody knew whether it is lost or late.
    owed: Ticks,
    /// What was made up since sound was last decoded.
    made_up: Ticks,
    /// The last packet that was played.
    last: Option<Last>,
    /// How long the peer is silent by intent.
    quiet_for: Ticks,
    pace: pace::Pace,
    repair: pace::Repair,
    /// What comes is no speech: nothing is stretched or made up.
    steady: bool,
    /// What the end of `sound` holds.
    kind: Pulled,
    muted_until: Instant,
    counts: PlayoutStats,
}

/// What is going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing plays; the next packet begins anew.
    Idle,
    /// Sound follows sound.
    Playing,
    /// The peer is silent by intent.
    Quiet(Quiet),
}

/// Where the noise of a silent peer comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quiet {
    /// The peer described it (RFC 3389).
    Described,
    /// Its codec makes it (Opus).
    Coded,
}

#[derive(Clone, Copy, Debug)]
struct Last {
    seq: SeqNo,
    long: Ticks,
    /// Bit n: the packet n + 1 before `seq` was played.
    played: u64,
}

impl Playout {
    /// A playout that waits for its first packet. `max_ms` below `min_ms` is taken as that.
    pub fn new(options: PlayoutOptions) -> Playout {
        let rate = options.rate;
        let max_ms = options.max_ms.min(900);
        Playout {
            options: PlayoutOptions { rate, min_ms: options.min_ms.min(max_ms), max_ms },
            timeline: Timeline::default(),
            lateness: Lateness::new(),
            buffer: Buffer::new(),
            voices: [const { None }; CODINGS],
            voice: None,
            scratch: voice::scratch(rate),
            sound: Sound::new(rate),
            concealer: Concealer::new(rate),
            comfort: ComfortNoise::new(),
            comfort_up: Resampler::new(Rate::Hz8000, rate),
            state: State::Idle,
            next: 0,
            owed: 0,
            made_up: 0,
            last: None,
            quiet_for: 0,
            pace: pace::Pace::default(),
            repair: pace::Repair::default(),
            steady: false,
            kind: Pulled::Nothing,
            muted_until: Instant::ZERO,
            counts: PlayoutStats::default(),
        }
    }

    /// A packet came at `now`. One of a coding not seen before allocates a decoder; else it is copied. What cannot be
    /// decoded is counted and dropped.
    pub fn push(&mut self, now: Instant, packet: PlayoutPacket<'_>) {
        let now = local(now);
        self.counts.packets += 1;
        let Some(long) = self.measure(&packet) else {
            self.counts.malformed += 1;
            return;
        };
        let clock = packet.codec.clock_rate();
        let place = self.timeline.place(now, packet.seq, packet.timestamp, clock, long);
        let transit = now - place.at;
        self.counts.resets += u64::from(place.jumped);
        if place.afresh && (transit - self.lateness.least()).abs() > MOVED {
            self.lateness = Lateness::new();
        }
        if self.state == State::Playing && place.at + SLOP < self.next {
            self.count_belated(packet.seq);
            self.lateness.note(now, transit);
            return;
        }
        if packet.codec == Codec::Opus && voice::repeats(packet.payload) {
            self.repair.repeated();
        }
        let waiting = Waiting { at: place.at, long, seq: packet.seq, codec: packet.codec, jumped: place.jumped };
        match self.buffer.insert(waiting, packet.payload) {
            Inserted::Waits { flushed } => {
                self.counts.flushed += u64::from(flushed);
                self.lateness.note(now, transit);
            }
            Inserted::Duplicate => self.counts.duplicate += 1,
        }
    }

    /// The next 20 ms, at the tick `now` (best its nominal time). `out` has exactly a frame of the output's rate;
    /// of a longer one the rest is silence.
    pub fn pull(&mut self, now: Instant, out: &mut [i16]) -> Pulled {
        let (at, frame) = (local(now), self.options.rate.frame());
        let mut held = [0; 4];
        held[self.kind as usize] = self.sound.len().min(frame);
        let pace = self.pace(at);
        while self.sound.len() < frame {
            self.produce_counted(at, frame, &mut held);
        }
        self.stretch(pace, at);
        while self.sound.len() < frame {
            self.produce_counted(at, frame, &mut held);
        }
        let end = out.len().min(frame);
        self.sound.take(&mut out[..end]);
        out[end..].fill(0);
        if now < self.muted_until {
            out.fill(0);
        }
        let most = [Pulled::Speech, Pulled::Concealed, Pulled::Comfort, Pulled::Nothing];
        let pulled =
            most.into_iter().fold(Pulled::Speech, |a, b| if held[b as usize] > held[a as usize] { b } else { a });
        self.counts.concealed += u64::from(pulled == Pulled::Concealed);
        pulled
    }

    /// Another source begins (a new SSRC): what waits is dropped, what is learnt forgotten; what is decoded is still heard.
    pub fn restart(&mut self) {
        self.timeline = Timeline::default();
        self.lateness = Lateness::new();
        self.buffer.clear();
        for voice in self.voices.iter_mut().flatten() {
            voice.reset();
        }
        if self.state != State::Idle {
            self.idle();
        }
        self.last = None;
        self.counts.resets += 1;
    }

    /// Nothing is heard for `time` from `now` on: for remnants of keys that also come as events.
    pub fn suppress(&mut self, now: Instant, time: Duration) {
        self.muted_until = self.muted_until.max(now + time);
    }

    /// Whether what comes is data in tones (fax, modem) from now on: then nothing is stretched, and what is missing is
    /// silence instead of something made up. The wait stays as it is.
    pub fn steady(&mut self, steady: bool) {
        self.steady = steady;
    }

    /// How it fares.
    pub fn stats(&self) -> PlayoutStats {
        PlayoutStats { waiting: self.buffer.len() as u32, ..self.counts }
    }

    /// How long a packet sounds; `None` if it cannot be decoded.
    fn measure(&mut self, packet: &PlayoutPacket<'_>) -> Option<Ticks> {
        if packet.payload.len() > PAYLOAD_MAX {
            return None;
        }
        if packet.codec == Codec::ComfortNoise {
            return (!packet.payload.is_empty()).then_some(0);
        }
        let (coding, index) = voice::coding(packet.codec)?;
        let rate = self.options.rate;
        let voice = self.voices[index].get_or_insert_with(|| Box::new(Voice::new(coding, rate)));
        Some(voice.long(packet.payload)).filter(|&long| long > 0)
    }

    /// A packet came whose time is over.
    fn count_belated(&mut self, seq: SeqNo) {
        let back = self.last.map_or(0, |last| last.seq.forward_from(seq));
        let again = match (self.last, back) {
            (Some(_), 0) => true,
            (Some(last), 1..=64) => last.played >> (back - 1) & 1 != 0,
            _ => false,
        };
        if again {
            self.counts.duplicate += 1;
        } else {
            self.counts.late += 1;
        }
    }

    fn produce_counted(&mut self, now: Ticks, frame: usize, held: &mut [usize; 4]) {
        let before = self.sound.len();
        self.kind = self.produce(now);
        let after = self.sound.len().min(frame);
        held[self.kind as usize] += after.saturating_sub(before);
    }
}
