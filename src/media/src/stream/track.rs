//! The flight recorder of one stream: a row for each second.

use base::{Duration, Instant};

use super::{News, Stream};
use crate::control::{Codec, DigitWay, MediaEvent, Second};
use crate::quality;
use crate::speech::Noticed;

/// Rows until they are told, and the totals at the last row.
#[derive(Clone, Debug, Default)]
pub(super) struct Track {
    next_at: Option<Instant>,
    rows: Vec<Second>,
    /// The second that the first row tells of.
    first: u32,
    before: Totals,
    codec: Option<Codec>,
    packets: u8,
    /// Sum and count of the levels measured in this second.
    levels: (u32, u32),
    /// Told by whoever decodes: made-up frames and late packets so far, and what waits in the buffer now.
    concealed: u32,
    late: u32,
    buffer_ms: u16,
}

/// Totals at the last row.
#[derive(Clone, Copy, Debug, Default)]
struct Totals {
    received: u64,
    lost: u64,
    sent: u64,
    remote_lost: u32,
}

const SECOND: Duration = Duration::from_secs(1);
/// One packet in so many has its level measured: five a second are enough for a curve.
const SAMPLED: u8 = 10;
/// Rows kept until they are taken; the shell takes them every five seconds.
const ROWS_MAX: usize = 10;
/// A level that nobody measured.
const UNKNOWN: u8 = 255;

impl Track {
    pub(super) fn start(&mut self, now: Instant) {
        self.next_at = Some(now + SECOND);
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.next_at
    }

    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.next_at.is_some_and(|at| at <= now)
    }

    /// A packet of sound; G.711 tells its level without a decoder.
    pub(super) fn hear(&mut self, codec: Codec, payload: &[u8]) {
        self.codec = Some(codec);
        self.packets = self.packets.wrapping_add(1);
        if !self.packets.is_multiple_of(SAMPLED) {
            return;
        }
        let mut samples = [0; 160];
        let decode = match codec {
            Codec::Pcmu => audio::codec::ulaw::decode,
            Codec::Pcma => audio::codec::alaw::decode,
            _ => return,
        };
        let mut count = 0;
        for (sample, octet) in samples.iter_mut().zip(payload) {
            *sample = decode(*octet);
            count += 1;
        }
        if let Some(samples) = samples.get(..count).filter(|s| !s.is_empty()) {
            self.note_level(audio::level::level_db(samples));
        }
    }

    pub(super) fn note_level(&mut self, level: u8) {
        self.levels = (self.levels.0 + u32::from(level), self.levels.1 + 1);
    }

    pub(super) fn concealed(&self) -> u32 {
        self.concealed
    }

    pub(super) fn late(&self) -> u32 {
        self.late
    }

    /// The rows not told yet, and the second of the first.
    pub(super) fn take(&mut self) -> (u32, Vec<Second>) {
        let rows = std::mem::take(&mut self.rows);
        let first = self.first;
        self.first += rows.len() as u32;
        (first, rows)
    }
}

impl Stream {
    /// A second is over.
    pub(super) fn note_second(&mut self) {
        let stats = self.stats();
        let track = &mut self.track;
        let Some(at) = track.next_at else { return };
        track.next_at = Some(at + SECOND);
        let received = stats.received - track.before.received.min(stats.received);
        let lost = stats.lost.saturating_sub(track.before.lost);
        let sent = stats.sent - track.before.sent.min(stats.sent);
        let remote_lost = stats.remote_lost.unwrap_or(0).saturating_sub(track.before.remote_lost);
        track.before = Totals {
            received: stats.received,
            lost: stats.lost,
            sent: stats.sent,
            remote_lost: stats.remote_lost.unwrap_or(0),
        };
        let mos = match track.codec {
            Some(codec) if received > 0 => {
                let path = quality::Path {
                    loss: lost as f32 / (received + lost) as f32,
                    jitter: Duration::from_micros(u64::from(stats.jitter_us)),
                    round_trip: stats.round_trip_us.map(|us| Duration::from_micros(u64::from(us))),
                };
                (quality::mos(&path, codec) * 50.0) as u8
            }
            _ => 0,
        };
        let level = match std::mem::take(&mut track.levels) {
            (_, 0) => UNKNOWN,
            (sum, count) => octet(u64::from(sum / count)).min(127),
        };
        let row = Second {
            received: octet(received),
            lost: octet(lost),
            jitter_ms: octet(u64::from(stats.jitter_us / 1_000)),
            level,
            mos,
            sent: octet(sent),
            remote_lost: octet(u64::from(remote_lost)),
            remote_jitter_ms: octet(u64::from(stats.remote_jitter_us.unwrap_or(0) / 1_000)),
            round_trip: octet(u64::from(stats.round_trip_us.unwrap_or(0)).div_ceil(4_000)),
            buffer: octet(u64::from(track.buffer_ms / 4)),
        };
        if track.rows.len() == ROWS_MAX {
            track.rows.remove(0); // nobody took them: the newest are kept
            track.first += 1;
        }
        track.rows.push(row);
    }

    /// The last rows, before the stream is closed.
    pub fn last_track(&mut self) -> Option<MediaEvent> {
        let (from, seconds) = self.track.take();
        (!seconds.is_empty()).then_some(MediaEvent::Track { stream: self.id, from, seconds })
    }

    /// What decoding found out: the level of a frame, made-up frames and late packets so far, what waits in the buffer.
    pub fn note_heard(&mut self, level: u8, concealed: u32, late: u32, buffer_ms: u16) {
        self.track.note_level(level);
        (self.track.concealed, self.track.late, self.track.buffer_ms) = (concealed, late, buffer_ms);
    }

    /// Something was noticed in the decoded sound.
    pub fn note_noticed(&mut self, noticed: Noticed) {
        self.news.push(match noticed {
            Noticed::Digit { digit, duration } => News::Digit { digit, duration, way: DigitWay::InBand },
            Noticed::Signal(signal) => News::Signal(signal),
        });
    }
}

fn octet(n: u64) -> u8 {
    u8::try_from(n).unwrap_or(u8::MAX)
}
