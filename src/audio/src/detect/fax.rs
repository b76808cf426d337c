//! Fax machines by the tones they begin with (ITU-T T.30 §4.3.3, V.25, V.8).

use super::Signal;
use super::bank::{Bank, FRAME, FRAME_MS, Framer, mean_square, power};

/// Tones are at least so loud: T.30 sends at −10 dBm0 or so, lines lose up to 30 dB.
const LEVEL_MIN_DBM0: f64 = -43.0;
/// The tone's part in the power of a frame.
const SHARE_MIN: f32 = 0.8;
/// CNG is 0.5 s ± 15 % (T.30 §4.3.3.2.1); tones end within frames, and a tone of a second is none.
const CALLING_MS: std::ops::RangeInclusive<u32> = 340..=660;
/// CED is 2.6–4 s (T.30 §4.3.3.1), and nothing else sounds like it for this long.
const ANSWERING_MIN_MS: u32 = 400;
/// Frames without the tone that do not end it: ANSam turns its phase about every 450 ms (V.8 §8.2), packets are lost.
const GAP_FRAMES: u32 = 1;

/// Listens for fax machines. Each signal is told once.
#[derive(Clone, Debug)]
pub struct FaxDetector {
    framer: Framer,
    ears: Ears,
}

#[derive(Clone, Debug)]
struct Ears {
    /// 1,050, 1,100, 1,150 Hz, for 1,100 ± 38; 2,050, 2,100, 2,150 Hz, for 2,100 ± 15.
    bank: Bank<6>,
    level_min: f32,
    calling: Run,
    answering: Run,
    told: [bool; 2],
}

/// How long a tone has sounded.
#[derive(Clone, Copy, Debug, Default)]
struct Run {
    frames: u32,
    gap: u32,
}

impl Default for FaxDetector {
    fn default() -> FaxDetector {
        FaxDetector::new()
    }
}

impl FaxDetector {
    /// A detector that has heard nothing.
    pub fn new() -> FaxDetector {
        let ears = Ears {
            bank: Bank::new([1_050.0, 1_100.0, 1_150.0, 2_050.0, 2_100.0, 2_150.0]),
            level_min: mean_square(LEVEL_MIN_DBM0),
            calling: Run::default(),
            answering: Run::default(),
            told: [false; 2],
        };
        FaxDetector { framer: Framer::new(), ears }
    }

    /// Hears samples at 8 kHz.
    pub fn push(&mut self, piece: &[i16]) -> Option<Signal> {
        self.framer.push(piece, |frame| self.ears.frame(frame))
    }

    /// Forgets all.
    pub fn reset(&mut self) {
        *self = FaxDetector::new();
    }
}

impl Ears {
    fn frame(&mut self, frame: &[i16; FRAME]) -> Option<Signal> {
        let total = power(frame);
        let (mut calling, mut answering) = (false, false);
        if total >= self.level_min {
            let powers = self.bank.powers(frame);
            calling = powers[..3].iter().sum::<f32>() >= SHARE_MIN * total;
            answering = powers[3..].iter().sum::<f32>() >= SHARE_MIN * total;
        }
        // A calling tone counts at its end, for then its length is known.
        let was = self.calling.frames;
        self.calling.step(calling);
        let ended = was != 0 && self.calling.frames == 0;
        if ended && CALLING_MS.contains(&(was * FRAME_MS)) && !self.told[0] {
            self.told[0] = true;
            return Some(Signal::FaxCalling);
        }
        self.answering.step(answering);
        if self.answering.frames * FRAME_MS >= ANSWERING_MIN_MS && !self.told[1] {
            self.told[1] = true;
            return Some(Signal::FaxAnswering);
        }
        None
    }
}

impl Run {
    /// One more frame, with the tone or without. Frames bridged count once the tone goes on.
    fn step(&mut self, sounds: bool) {
        match (sounds, self.frames) {
            (true, _) => {
                self.frames = self.frames.saturating_add(1 + if self.frames == 0 { 0 } else { self.gap });
                self.gap = 0;
            }
            (false, 0) => {}
            (false, _) if self.gap < GAP_FRAMES => self.gap += 1,
            (false, _) => *self = Run::default(),
        }
    }
}
