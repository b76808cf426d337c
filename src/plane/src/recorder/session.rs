//! One recording while it runs: two tracks, the pauses, and the capture's octets. Without threads and files.

use audio::Rate;
use audio::file::{WavFormat, WavWriter};
use base::Instant;
use media::control::{Codec, RecordingEnd, RecordingFile};

use super::pauses::Pauses;
use super::track::{Piece, Track, What};

/// Milliseconds by which writing lags: what comes later than that finds its place taken by silence.
pub(super) const LAG_MS: u64 = 700;
/// Milliseconds written at a time.
const BLOCK_MS: u64 = 500;
/// Silence until here, and the capture begins without having heard anything.
const EARLY_MS: u64 = 30_000;
/// Pieces kept of each channel until the capture's format is settled.
const EARLY_MAX: usize = 256;
/// What counts as a moment when it is asked how loud it was.
const WINDOW_MS: usize = 20;
/// Pauses noted; later ones are silence all the same.
const PAUSES_MAX: usize = 1_000;

/// A running recording.
pub(super) struct Session {
    pub(super) file: RecordingFile,
    channels: u8,
    /// When it began.
    zero: Instant,
    state: State,
    /// From, to; an open one has no end yet. Milliseconds.
    pauses: Vec<(u64, Option<u64>)>,
    /// Pieces that were lost: counted here and by the audio threads.
    dropped: u32,
    /// The loudest [`WINDOW_MS`] so far: mean of the squared samples.
    loudest: u64,
    problem: Option<&'static str>,
}

enum State {
    /// Nothing was heard yet, or not long enough to tell whether it is wide-band. With each piece its channel and when.
    Early { pieces: Vec<(u8, Instant, What)>, first: Option<Instant> },
    /// The capture grows.
    Writing { writer: WavWriter, tracks: Vec<Track>, frames: Vec<i16>, written_ms: u64 },
}

impl Session {
    pub(super) fn new(file: RecordingFile, channels: u8, at: Instant) -> Session {
        Session {
            file,
            channels: channels.clamp(1, 2),
            zero: at,
            state: State::Early { pieces: Vec::new(), first: None },
            pauses: Vec::new(),
            dropped: 0,
            loudest: 0,
            problem: None,
        }
    }

    /// Takes a piece of sound that was heard at `at`.
    pub(super) fn add(&mut self, channel: u8, at: Instant, what: What) {
        if channel >= self.channels || self.is_paused(at) {
            return;
        }
        match &what {
            What::Packet { codec: Codec::G729, .. } => {
                self.problem = Some("one side spoke G.729, which cannot be decoded: it is silent");
                return;
            }
            What::Packet { codec: Codec::TelephoneEvent | Codec::TelephoneEvent48k | Codec::ComfortNoise, .. } => {
                return;
            }
            _ => {}
        }
        match &mut self.state {
            State::Early { pieces, first } => {
                first.get_or_insert(at);
                if pieces.len() < EARLY_MAX * usize::from(self.channels) {
                    pieces.push((channel, at, what));
                } else {
                    self.dropped = self.dropped.saturating_add(1);
                }
            }
            State::Writing { tracks, writer, .. } => {
                let at = position(self.zero, at, writer.format().rate());
                if let Some(track) = tracks.get_mut(usize::from(channel)) {
                    track.add(Piece { at, what });
                }
            }
        }
    }

    /// Pauses or goes on, as of `at`.
    pub(super) fn pause(&mut self, on: bool, at: Instant) {
        let at = ms(self.zero, at);
        match (self.pauses.last_mut(), on) {
            (Some((_, None)), true) => {}
            (Some((_, end @ None)), false) => *end = Some(at),
            (_, true) => {
                // The last one stretches: what is beyond the bound is silent until the end.
                if self.pauses.len() < PAUSES_MAX {
                    self.pauses.push((at, None));
                } else if let Some((_, end)) = self.pauses.last_mut() {
                    *end = None;
                }
            }
            (_, false) => {}
        }
    }

    /// The pauses so far.
    pub(super) fn pauses(&self) -> Pauses {
        self.pauses.iter().map(|(from, to)| (whole(*from), to.map(whole))).collect()
    }

    /// Counts pieces that were lost on the way here.
    pub(super) fn lose(&mut self, pieces: u32) {
        self.dropped = self.dropped.saturating_add(pieces);
    }

    /// Whether it has lasted as long as it may.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        ms(self.zero, now) >= u64::from(self.file.duration_max_s) * 1_000 + LAG_MS
    }

    /// When it ends by itself.
    pub(super) fn limit(&self) -> Instant {
        self.zero + std::time::Duration::from_secs(self.file.duration_max_s.into())
    }

    /// Adds what is due of the capture to `out`.
    pub(super) fn advance(&mut self, now: Instant, out: &mut Vec<u8>) {
        let now_ms = ms(self.zero, now);
        if let State::Early { first, .. } = &self.state
            && (now_ms >= EARLY_MS || first.is_some_and(|first| ms(first, now) >= LAG_MS))
        {
            self.begin(out);
        }
        let due = now_ms.saturating_sub(LAG_MS);
        if let State::Writing { written_ms, .. } = &self.state
            && due >= written_ms + BLOCK_MS
        {
            self.write(now_ms, due, out);
        }
    }

    /// Ends it at `at`: the rest of the capture goes to `out`. Gives the header that the capture is to have (none:
    /// nothing was ever written) and what is known of the end.
    pub(super) fn finish(mut self, at: Instant, out: &mut Vec<u8>) -> (Option<WavWriter>, RecordingEnd) {
        let end_ms = ms(self.zero, at).min(u64::from(self.file.duration_max_s) * 1_000);
        if matches!(self.state, State::Early { first: Some(_), .. }) {
            self.begin(out);
        }
        // All that is held is due now: no more comes.
        self.write(u64::MAX, end_ms, out);
        let (writer, lost) = match &self.state {
            State::Early { .. } => (None, 0),
            State::Writing { writer, tracks, .. } => (Some(*writer), tracks.iter().map(|track| track.lost).sum()),
        };
        let end = RecordingEnd {
            file: String::new(),
            duration_ms: whole(writer.map_or(0, |writer| writer.duration_ms())),
            octets: 0,
            pauses: self
                .pauses
                .iter()
                .filter(|(from, _)| *from < end_ms)
                .map(|(from, to)| (whole(*from), whole(to.unwrap_or(end_ms).min(end_ms))))
                .collect(),
            dropped: self.dropped.saturating_add(lost),
            problem: self.problem.map(str::to_owned),
            loudest_db: writer.map(|_| below_full_scale(self.loudest)),
        };
        (writer, end)
    }

    fn is_paused(&self, at: Instant) -> bool {
        let at = ms(self.zero, at);
        self.pauses.iter().rev().any(|(from, to)| at >= *from && to.is_none_or(|to| at < to))
    }

    /// Settles the format by what was heard so far: µ-law if all of it is G.711, linear otherwise and where nobody knows.
    fn begin(&mut self, out: &mut Vec<u8>) {
        let State::Early { pieces, .. } = &mut self.state else { return };
        let pieces = std::mem::take(pieces);
        let narrow = |(_, _, what): &(u8, Instant, What)| match what {
            What::Packet { codec, .. } => matches!(codec, Codec::Pcmu | Codec::Pcma),
            What::Frame { rate, .. } => *rate == Rate::Hz8000,
        };
        let format =
            if !pieces.is_empty() && pieces.iter().all(narrow) { WavFormat::Ulaw8k } else { WavFormat::Linear16k };
        self.state = State::Writing {
            writer: WavWriter::new(format, self.channels, out),
            tracks: (0..self.channels).map(|_| Track::new(format.rate())).collect(),
            frames: Vec::new(),
            written_ms: 0,
        };
        // Silence until the first sound may be long: it is written out before the tracks would have to hold it.
        let first = pieces.iter().map(|(_, at, _)| ms(self.zero, *at)).min().unwrap_or(0);
        let skipped = first.saturating_sub(LAG_MS);
        self.write(0, skipped, out);
        for (channel, at, what) in pieces {
            let State::Writing { tracks, .. } = &mut self.state else { return };
            if let Some(track) = tracks.get_mut(usize::from(channel)) {
                track.add(Piece { at: position(self.zero, at, format.rate()), what });
            }
        }
    }

    /// Writes up to `until_ms`.
    fn write(&mut self, now_ms: u64, until_ms: u64, out: &mut Vec<u8>) {
        let Session { state: State::Writing { writer, tracks, frames, written_ms }, pauses, channels, loudest, .. } =
            self
        else {
            return;
        };
        let (rate, stride) = (writer.format().rate(), usize::from(*channels));
        let now = i64::try_from(now_ms).unwrap_or(i64::MAX / 64).saturating_mul(rate.samples(1) as i64);
        while *written_ms < until_ms {
            // Piece by piece, for the silence of an hour on hold may be due at once.
            let piece_ms = (until_ms - *written_ms).min(BLOCK_MS);
            let count = rate.samples(piece_ms as usize);
            frames.clear();
            frames.resize(count * stride, 0);
            for (n, track) in tracks.iter_mut().enumerate() {
                let mut places = frames.iter_mut().skip(n).step_by(stride);
                track.take(now, count, |sample| {
                    if let Some(place) = places.next() {
                        *place = sample;
                    }
                });
            }
            for (from, to) in pauses.iter().rev() {
                let (begin, end) = (from.max(written_ms), to.unwrap_or(u64::MAX).min(*written_ms + piece_ms));
                let index = |ms: u64| rate.samples((ms - *written_ms) as usize) * stride;
                if *begin < end
                    && let Some(silent) = frames.get_mut(index(*begin)..index(end))
                {
                    silent.fill(0);
                }
            }
            for window in frames.chunks(rate.samples(WINDOW_MS) * stride) {
                *loudest = power(window).max(*loudest);
            }
            writer.push(frames, out);
            *written_ms += piece_ms;
        }
    }
}

/// The mean of the squared samples.
fn power(samples: &[i16]) -> u64 {
    let sum: u64 = samples.iter().map(|sample| u64::from(sample.unsigned_abs()).pow(2)).sum();
    sum / (samples.len() as u64).max(1)
}

/// dB below full scale; 90 for silence.
fn below_full_scale(power: u64) -> u8 {
    let full = 32_768.0_f64.powi(2);
    (10.0 * (full / power.max(1) as f64).log10()).round().clamp(0.0, 90.0) as u8
}

fn whole(ms: u64) -> u32 {
    u32::try_from(ms).unwrap_or(u32::MAX)
}

/// Milliseconds from `zero` to `at`.
fn ms(zero: Instant, at: Instant) -> u64 {
    u64::try_from(at.saturating_since(zero).as_millis()).unwrap_or(u64::MAX)
}

/// Samples from `zero` to `at`.
fn position(zero: Instant, at: Instant, rate: Rate) -> i64 {
    let us = i64::try_from(at.saturating_since(zero).as_micros()).unwrap_or(0);
    us.saturating_mul(rate.hz().into()) / 1_000_000
}

#[cfg(test)]
mod tests;
