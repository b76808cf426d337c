//! Call progress of any country, by where its energy is and how it comes and goes (ITU-T E.180 §§5–8).
//!
//! Countries differ in frequencies within 350–650 Hz and in times, but everywhere ringing is long pauses, busy and
//! congestion are short and regular, and special information is three steps upwards.

use super::Signal;
use super::bank::{Bank, FRAME, FRAME_MS, Framer, Peak, mean_square, peak, power};

/// Bins heard: 300–1,850 Hz.
const FIRST: usize = 6;
const BINS: usize = 32;
/// Of these, the ones where national tones are: 350–650 Hz.
const BAND: std::ops::Range<usize> = 1..8;
/// Tones are at least so loud (E.180 §2: −10 dBm0 ± 5 dB at the exchange, lines take the rest).
const LEVEL_MIN_DBM0: f64 = -42.0;
/// The tone's part in the power of a frame.
const SHARE_MIN: f32 = 0.8;
/// A pause is so much quieter than the tone before it; anything else between tones is somebody speaking.
const PAUSE: f32 = 0.1;
/// Frames in which a state must hold: one lost packet changes nothing.
const HOLD: u32 = 2;

/// Ringing: bursts and the pause after them, ms. E.180 §5: 0.67–2.5 s, then 3–6 s; twice 0.4 s with 0.2 s between and
/// then 2 s in the British way; 2 s after 1 s in Japan.
const RING_BURST: std::ops::RangeInclusive<u32> = 600..=2_600;
const RING_BURST_DOUBLE: std::ops::RangeInclusive<u32> = 280..=560;
const RING_GAP_DOUBLE: std::ops::RangeInclusive<u32> = 120..=300;
const RING_PAUSE_MIN: u32 = 1_600;
/// Busy and congestion: bursts and pauses, ms (E.180 §§6–7: 0.1–0.66 s each; Brazil, India and Sweden go beyond).
const BUSY: std::ops::RangeInclusive<u32> = 80..=840;
/// Two bursts are alike within this, ms: frames at both ends, and a little for the exchange's clock.
const ALIKE_MS: u32 = 45;
/// And within this, Hz.
const ALIKE_HZ: f32 = 25.0;
/// Patterns repeat after up to so many bursts (Spain has three).
const PERIOD_MAX: usize = 3;
/// Least bursts of a pattern, whatever its period.
const BURSTS_MIN: usize = 4;
/// Bursts remembered.
const HISTORY: usize = 2 * PERIOD_MAX;

/// The steps of special information, Hz ± [`STEP_HZ`], and how long each sounds at least, frames (E.180 §8: 330 ms ±
/// 70; North American ones go down to 274 ms).
const STEPS: [f32; 3] = [950.0, 1_400.0, 1_800.0];
const STEP_HZ: f32 = 65.0;
const STEP_FRAMES: u32 = 11;
/// Frames from step to step without a tone: 30 ms and the frames it cuts.
const STEP_GAP: u32 = 4;

/// Listens for call progress. Each signal is told once.
#[derive(Clone, Debug)]
pub struct ProgressDetector {
    framer: Framer,
    ears: Ears,
}

#[derive(Clone, Debug)]
struct Ears {
    bank: Bank<BINS>,
    level_min: f32,
    /// What holds now, and for how many frames.
    state: Sound,
    frames: u32,
    /// What seems to begin instead, and for how many frames.
    next: Sound,
    held: u32,
    /// Mean square and centre of the burst that sounds or sounded last.
    level: f32,
    centre: Mean,
    /// Bursts with the pause after each, oldest first; the last one's pause still lasts.
    bursts: [Burst; HISTORY],
    count: usize,
    steps: Steps,
    told: [bool; 3],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sound {
    /// A tone of the band.
    Tone,
    /// Quiet after a tone.
    Pause,
    /// Something else.
    Other,
}

#[derive(Clone, Copy, Debug, Default)]
struct Burst {
    on_ms: u32,
    off_ms: u32,
    hz: f32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Mean {
    sum: f32,
    count: f32,
}

/// How far up the three steps of special information we are.
#[derive(Clone, Copy, Debug, Default)]
struct Steps {
    step: usize,
    frames: u32,
    gap: u32,
}

impl Default for ProgressDetector {
    fn default() -> ProgressDetector {
        ProgressDetector::new()
    }
}

impl ProgressDetector {
    /// A detector that has heard nothing.
    pub fn new() -> ProgressDetector {
        let ears = Ears {
            bank: Bank::bins(FIRST),
            level_min: mean_square(LEVEL_MIN_DBM0),
            state: Sound::Other,
            frames: 0,
            next: Sound::Other,
            held: 0,
            level: 0.0,
            centre: Mean::default(),
            bursts: [Burst::default(); HISTORY],
            count: 0,
            steps: Steps::default(),
            told: [false; 3],
        };
        ProgressDetector { framer: Framer::new(), ears }
    }

    /// Hears samples at 8 kHz.
    pub fn push(&mut self, piece: &[i16]) -> Option<Signal> {
        self.framer.push(piece, |frame| self.ears.frame(frame))
    }

    /// Forgets all.
    pub fn reset(&mut self) {
        *self = ProgressDetector::new();
    }
}

impl Ears {
    fn frame(&mut self, frame: &[i16; FRAME]) -> Option<Signal> {
        let total = power(frame);
        let mut sound = if total < self.level_min || total < self.level * PAUSE { Sound::Pause } else { Sound::Other };
        let mut top = None;
        if total >= self.level_min {
            let powers = self.bank.powers(frame);
            top = peak(&powers, FIRST, total);
            let band = powers[BAND].iter().sum::<f32>();
            if band >= SHARE_MIN * total {
                sound = Sound::Tone;
                let weighted: f32 = (FIRST + BAND.start..).zip(&powers[BAND]).map(|(bin, p)| bin as f32 * p).sum();
                self.centre.add(weighted / band * super::bank::BIN);
                self.level = if self.state == Sound::Tone { self.level + (total - self.level) / 8.0 } else { total };
            }
        }
        if self.steps.frame(top) {
            return self.tell(Signal::SpecialInformation);
        }
        self.run(sound)
    }

    /// One more frame of `sound`; states change once the new one has held.
    fn run(&mut self, sound: Sound) -> Option<Signal> {
        self.frames = self.frames.saturating_add(1);
        if sound == self.state {
            self.held = 0;
        } else {
            self.held = if sound == self.next { self.held + 1 } else { 1 };
            self.next = sound;
            if self.held >= HOLD {
                let frames = self.frames - self.held;
                let from = std::mem::replace(&mut self.state, sound);
                self.frames = self.held;
                self.held = 0;
                return self.change(from, sound, frames * FRAME_MS);
            }
        }
        let pause_ms = self.frames.saturating_mul(FRAME_MS);
        if self.state == Sound::Pause && pause_ms >= RING_PAUSE_MIN && self.rings() {
            self.count = 0;
            return self.tell(Signal::Ringback);
        }
        None
    }

    fn change(&mut self, from: Sound, to: Sound, ms: u32) -> Option<Signal> {
        match (from, to) {
            (Sound::Tone, Sound::Pause) => {
                let hz = self.centre.take();
                self.remember(Burst { on_ms: ms, off_ms: 0, hz });
                None
            }
            (Sound::Pause, Sound::Tone) => {
                if let Some(last) = self.count.checked_sub(1) {
                    self.bursts[last].off_ms = ms;
                }
                if self.is_busy() { self.tell(Signal::Busy) } else { None }
            }
            // Somebody speaks, or music plays: what was heard before is no pattern.
            (_, Sound::Other) | (Sound::Other, _) => {
                self.count = 0;
                self.level = 0.0;
                self.centre = Mean::default();
                None
            }
            (Sound::Tone, Sound::Tone) | (Sound::Pause, Sound::Pause) => None,
        }
    }

    fn remember(&mut self, burst: Burst) {
        if self.count == HISTORY {
            self.bursts.copy_within(1.., 0);
            self.count -= 1;
        }
        self.bursts[self.count] = burst;
        self.count += 1;
    }

    /// Whether the last burst, or the last two, are of ringing.
    fn rings(&self) -> bool {
        match &self.bursts[..self.count] {
            [.., first, second]
                if RING_BURST_DOUBLE.contains(&first.on_ms)
                    && RING_GAP_DOUBLE.contains(&first.off_ms)
                    && RING_BURST_DOUBLE.contains(&second.on_ms) =>
            {
                true
            }
            [.., last] => RING_BURST.contains(&last.on_ms),
            [] => false,
        }
    }

    /// Whether the bursts repeat, at least twice over, within the times of busy and congestion.
    fn is_busy(&self) -> bool {
        (1..=PERIOD_MAX).any(|period| {
            let bursts = &self.bursts[..self.count];
            let Some(start) = bursts.len().checked_sub(BURSTS_MIN.max(2 * period)) else { return false };
            let bursts = &bursts[start..];
            bursts.iter().all(|burst| BUSY.contains(&burst.on_ms) && BUSY.contains(&burst.off_ms))
                && bursts.iter().zip(&bursts[period..]).all(|(early, late)| early.is_like(late))
        })
    }

    fn tell(&mut self, signal: Signal) -> Option<Signal> {
        let told = match signal {
            Signal::Ringback => &mut self.told[0],
            Signal::Busy => &mut self.told[1],
            _ => &mut self.told[2],
        };
        (!std::mem::replace(told, true)).then_some(signal)
    }
}

impl Burst {
    fn is_like(&self, other: &Burst) -> bool {
        self.on_ms.abs_diff(other.on_ms) <= ALIKE_MS
            && self.off_ms.abs_diff(other.off_ms) <= ALIKE_MS
            && (self.hz - other.hz).abs() <= ALIKE_HZ
    }
}

impl Mean {
    fn add(&mut self, value: f32) {
        self.sum += value;
        self.count += 1.0;
    }

    fn take(&mut self) -> f32 {
        let Mean { sum, count } = std::mem::take(self);
        if count > 0.0 { sum / count } else { 0.0 }
    }
}

impl Steps {
    /// One more frame; true when the third step has sounded long enough.
    fn frame(&mut self, top: Option<Peak>) -> bool {
        let hz = top.filter(|peak| peak.share >= SHARE_MIN).map(|peak| peak.hz);
        let at = |step: usize| hz.is_some_and(|hz| STEPS.get(step).is_some_and(|want| (hz - want).abs() <= STEP_HZ));
        if at(self.step) {
            self.frames += 1;
            self.gap = 0;
            if self.step + 1 == STEPS.len() && self.frames >= STEP_FRAMES {
                *self = Steps::default();
                return true;
            }
        } else if self.frames >= STEP_FRAMES && at(self.step + 1) {
            *self = Steps { step: self.step + 1, frames: 1, gap: 0 };
        } else {
            self.gap += 1;
            if self.gap > STEP_GAP {
                *self = Steps::default();
            }
        }
        false
    }
}
