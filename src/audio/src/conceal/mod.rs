//! What is heard in place of what was lost.
//!
//! [`Concealer`] goes on with the sound by its own pitch: the last periods of what excites a linear predictor are
//! repeated, one period at first, then two and three so that it does not buzz (ITU-T G.711 App. I §I.2.4), and shaped
//! by the predictor, which joins on without a seam (as ITU-T G.722 App. IV). Unvoiced sound is mixed with noise. It is
//! held for 10 ms, then fades into the measured background within 100 ms, and is cross-faded into the sound that
//! returns. Where App. I delays all sound by 3.75 ms for its seam, nothing is delayed here.
//!
//! Owns the memory of what was heard. Refuses to know packets and why something is missing.
//!
//! **Invariants:** good sound passes unchanged but for the first 10 ms after a loss; any length of frame; nothing
//! is allocated after construction; never louder than what it repeats.

mod background;
mod noise;
pub(crate) mod pitch;
mod predict;
#[cfg(test)]
mod tests;

use crate::Rate;
use background::{Background, power};
pub use noise::ComfortNoise;
use noise::Noise;
use predict::{Filter, ORDER_MAX, Shape};

/// Milliseconds of sound remembered: three of the longest periods and the predictor's memory.
const HISTORY_MS: usize = 50;
/// Milliseconds from which the predictor is made.
const SHAPE_MS: usize = 20;
/// Milliseconds from whose likeness the pitch is found. App. I §I.2.2 takes 20; measured on speech the latest 10 tell
/// better how it goes on.
const LIKENESS_MS: usize = 10;
/// Likeness below which sound is unvoiced, and from there to where it is wholly voiced.
const VOICED: (f32, f32) = (0.3, 0.4);
/// Share of the repeated excitation in unvoiced sound; the rest is noise.
const UNVOICED_REPEATED: f32 = 0.7;
/// How much of a fall from period to period goes on: more than was seen, for a sound that falls ends soon.
const FALL: f32 = 1.5;
/// One more period is repeated after each so many milliseconds.
const PERIOD_MORE_MS: usize = 20;
/// Most periods repeated (ITU-T G.711 App. I §I.2.4).
const PERIODS_MAX: usize = 3;
/// Milliseconds of a loss at full loudness (App. I §I.2.6).
const HOLD_MS: usize = 10;
/// Milliseconds of a loss after which only the background is left.
const FADE_MS: usize = 100;
/// Milliseconds of cross-fade when sound returns: the least, more for each 10 ms lost, the most (App. I §I.2.7).
const JOIN_MS: (usize, usize, usize) = (4, 4, 10);
/// Unvoiced sound repeats with no shorter period than this, in milliseconds: a shorter one would sing.
const UNVOICED_MS: usize = 10;

/// Conceals the losses of one stream.
pub struct Concealer {
    rate: Rate,
    /// What was heard of late, oldest first, always full.
    history: Box<[i16]>,
    /// The excitation that is repeated: the end of what excited `history`.
    excitation: Box<[f32]>,
    voice: Voice,
    filter: Filter,
    noise: ComfortNoise,
    random: Noise,
    background: Background,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// All is well.
    Good,
    /// So many samples were made up.
    Lost(usize),
    /// Nothing is missing, but what comes next does not join on.
    Cut,
}

/// How the sound before a loss goes on.
#[derive(Clone, Copy, Debug)]
struct Voice {
    shape: Shape,
    /// Samples of a period.
    period: usize,
    /// Periods in the loop.
    periods: usize,
    /// Next sample of the excitation, counted from its end backwards: `1..=period * periods`.
    back: usize,
    /// Share of the repeated excitation, and of noise.
    repeated: f32,
    hiss: f32,
    /// Loudness, falling with each period where the sound itself was falling, and its fall per sample.
    level: f32,
    fall: f32,
}

impl Concealer {
    /// A concealer that has heard nothing.
    pub fn new(rate: Rate) -> Concealer {
        Concealer {
            rate,
            history: vec![0; rate.samples(HISTORY_MS)].into(),
            excitation: vec![0.0; PERIODS_MAX * pitch::longest(rate)].into(),
            voice: Voice {
                shape: Shape::FLAT,
                period: pitch::longest(rate),
                periods: 1,
                back: 1,
                repeated: 0.0,
                hiss: 0.0,
                level: 0.0,
                fall: 1.0,
            },
            filter: Filter::new(),
            noise: ComfortNoise::new(),
            random: Noise::new(),
            background: Background::new(),
            state: State::Good,
        }
    }

    /// A good frame goes through: unchanged, but cross-faded at its front if something was lost before it.
    pub fn good(&mut self, frame: &mut [i16]) {
        let lost = match self.state {
            State::Good => None,
            State::Lost(samples) => Some(samples),
            State::Cut => {
                self.begin();
                Some(0)
            }
        };
        if let Some(lost) = lost {
            self.join(frame, lost);
            self.state = State::Good;
        } else {
            self.background.update(frame, self.rate);
        }
        self.remember(frame);
    }

    /// A frame is missing: `out`, of any length, is filled with what might have been.
    pub fn lost(&mut self, out: &mut [i16]) {
        let mut done = match self.state {
            State::Lost(samples) => samples,
            State::Good | State::Cut => {
                self.begin();
                0
            }
        };
        for sample in out.iter_mut() {
            *sample = self.next(done) as i16;
            done = done.saturating_add(1);
        }
        self.state = State::Lost(done);
        self.remember(out);
    }

    /// Nothing is missing, yet the next good frame does not join on to the last one: it is cross-faded.
    pub fn cut(&mut self) {
        if self.state == State::Good {
            self.state = State::Cut;
        }
    }

    /// What was heard is forgotten, as after silence; the background is remembered.
    pub fn hush(&mut self) {
        self.history.fill(0);
        self.state = State::Good;
    }

    /// Finds how the sound would go on.
    fn begin(&mut self) {
        let (rate, history) = (self.rate, &self.history[..]);
        let end = history.len();
        let found = pitch::search(history, end - rate.samples(LIKENESS_MS), end, rate);
        let (mut period, likeness) = found.map_or((pitch::longest(rate), 0.0), |p| (p.lag, p.likeness));
        let voiced = ((likeness - VOICED.0) / VOICED.1).clamp(0.0, 1.0);
        if voiced < 0.5 {
            period *= rate.samples(UNVOICED_MS).div_ceil(period).min(pitch::longest(rate) / period).max(1);
        }
        let shape = Shape::of(&history[end - rate.samples(SHAPE_MS)..], ORDER_MAX);
        let kept = period * PERIODS_MAX;
        let start = self.excitation.len() - kept;
        shape.residual(history, end - kept, &mut self.excitation[start..]);

        let last = &self.excitation[self.excitation.len() - period..];
        let rms = (last.iter().map(|e| e * e).sum::<f32>() / period as f32).sqrt();
        let repeated = UNVOICED_REPEATED + (1.0 - UNVOICED_REPEATED) * voiced;
        // A voice that was dying away goes on doing so; one that was swelling does not swell further.
        let (newer, older) = (power(&history[end - period..]), power(&history[end - 2 * period..end - period]));
        let trend = ((newer + 1.0) / (older + 1.0)).sqrt().clamp(0.7, 1.0);
        self.voice = Voice {
            shape,
            period,
            periods: 1,
            back: period,
            repeated,
            hiss: (1.0 - repeated * repeated).sqrt() * rms,
            level: 1.0,
            fall: trend.powf(FALL / period as f32),
        };
        self.filter = Filter::after(history);
        self.noise.measured(self.background.rms(), self.background.shape);
        self.noise.settle();
    }

    /// The sample that might have followed, `done` samples into the loss.
    fn next(&mut self, done: usize) -> f32 {
        let (hold, fade) = (self.rate.samples(HOLD_MS), self.rate.samples(FADE_MS));
        let left = fade.saturating_sub(done.max(hold)) as f32 / (fade - hold) as f32;
        if left <= 0.0 {
            return self.noise.next();
        }
        let excitation = self.excite(done);
        let y = self.filter.step(&self.voice.shape, excitation) * self.voice.level;
        self.voice.level *= self.voice.fall;
        y.mul_add(left, self.noise.next() * (1.0 - left)).clamp(-32_768.0, 32_767.0)
    }

    fn excite(&mut self, done: usize) -> f32 {
        let voice = &mut self.voice;
        let repeated = self.excitation[self.excitation.len() - voice.back];
        voice.back -= 1;
        if voice.back == 0 {
            // ITU-T G.711 App. I §I.2.4: one period more goes round after each while, up to three. Each round begins at
            // the oldest, and whole periods keep the phase.
            let rounds = 1 + done / self.rate.samples(PERIOD_MORE_MS);
            voice.periods = rounds.min(PERIODS_MAX);
            voice.back = voice.period * voice.periods;
        }
        repeated * voice.repeated + self.random.next() * voice.hiss
    }

    /// Cross-fades from what might have followed into what did.
    fn join(&mut self, frame: &mut [i16], lost: usize) {
        let (least, more, most) = JOIN_MS;
        let lost_ms = lost / self.rate.samples(1);
        let over = self.rate.samples((least + more * lost_ms / 10).min(most)).min(frame.len());
        for (n, sample) in frame[..over].iter_mut().enumerate() {
            let might = self.next(lost + n);
            let share = (n as f32 + 0.5) / over as f32;
            *sample = (might + (f32::from(*sample) - might) * share) as i16;
        }
    }

    fn remember(&mut self, frame: &[i16]) {
        let size = self.history.len();
        let frame = &frame[frame.len().saturating_sub(size)..];
        self.history.copy_within(frame.len().., 0);
        self.history[size - frame.len()..].copy_from_slice(frame);
    }
}
