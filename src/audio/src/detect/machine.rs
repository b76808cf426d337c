//! Person or answering machine, by how long they greet, and the machine's tone.
//!
//! A person says a word or two and waits; a machine goes on. In doubt it is a person: nobody likes to be hung up on.

use super::Signal;
use super::bank::{Bank, FRAME, FRAME_MS, Framer, mean_square, peak, power};

/// A greeting this long, pauses within it counted, is a machine's, ms.
const MACHINE_MS: u32 = 2_000;
/// Silence after a shorter greeting that makes a person, ms.
const PERSON_SILENCE_MS: u32 = 800;
/// Nothing said at all for this long: somebody listens, ms.
const SILENT_MS: u32 = 5_000;
/// Sound shorter than this is a click or a breath, ms.
const WORD_MIN_MS: u32 = 100;
/// Speech is at least this loud, and this much louder than the noise between words.
const SPEECH_MIN_DBM0: f64 = -42.0;
const ABOVE_NOISE: f32 = 8.0;
/// How fast the noise floor is believed to rise, a frame: 6 dB in two seconds.
const NOISE_RISE: f32 = 1.014;

/// Bins heard for the tone: 250–2,200 Hz, for tones of 350–2,100 Hz.
const FIRST: usize = 5;
const BINS: usize = 40;
const BEEP_HZ: std::ops::RangeInclusive<f32> = 345.0..=2_110.0;
const BEEP_MIN_DBM0: f64 = -36.0;
/// The tone's part in the power of a frame. A held vowel can have as much, but not as steadily.
const BEEP_SHARE: f32 = 0.94;
const BEEP_STEADY_HZ: f32 = 4.0;
const BEEP_STEADY: f32 = 1.4;
/// Frames of steady tone: 150 ms, less the frames cut at both ends.
const BEEP_FRAMES: u32 = 6;

/// Tells persons from machines. Each signal is told once: a verdict, and a tone whenever it comes.
#[derive(Clone, Debug)]
pub struct MachineDetector {
    framer: Framer,
    ears: Ears,
}

#[derive(Clone, Debug)]
struct Ears {
    bank: Bank<BINS>,
    speech_min: f32,
    beep_min: f32,
    /// Mean square of what is between the words.
    noise: f32,
    greeting: Greeting,
    beep: Option<Beep>,
    beeped: bool,
}

/// Where the greeting is; all times in ms.
#[derive(Clone, Copy, Debug)]
enum Greeting {
    /// Nothing was said yet.
    Awaited { waited: u32, sound: u32 },
    /// Something was said: for how long since it began, and how long it has been quiet.
    Heard { since: u32, quiet: u32 },
    /// The verdict was given.
    Judged,
}

#[derive(Clone, Copy, Debug)]
struct Beep {
    hz: f32,
    level: f32,
    frames: u32,
}

impl Default for MachineDetector {
    fn default() -> MachineDetector {
        MachineDetector::new()
    }
}

impl MachineDetector {
    /// A detector as at the moment of the answer.
    pub fn new() -> MachineDetector {
        let ears = Ears {
            bank: Bank::bins(FIRST),
            speech_min: mean_square(SPEECH_MIN_DBM0),
            beep_min: mean_square(BEEP_MIN_DBM0),
            noise: mean_square(SPEECH_MIN_DBM0) / ABOVE_NOISE,
            greeting: Greeting::Awaited { waited: 0, sound: 0 },
            beep: None,
            beeped: false,
        };
        MachineDetector { framer: Framer::new(), ears }
    }

    /// Hears samples at 8 kHz; pieces of up to 20 ms have one signal at most, of longer ones the last is told.
    pub fn push(&mut self, piece: &[i16]) -> Option<Signal> {
        self.framer.push(piece, |frame| self.ears.frame(frame))
    }

    /// Forgets all.
    pub fn reset(&mut self) {
        *self = MachineDetector::new();
    }
}

impl Ears {
    fn frame(&mut self, frame: &[i16; FRAME]) -> Option<Signal> {
        let total = power(frame);
        let beeped = self.beep(frame, total);
        let toned = self.beep.is_some_and(|beep| beep.frames >= 3);
        // The floor follows silence at once and rises slowly, so that steady noise ends up below it.
        self.noise = if total < self.noise { total } else { self.noise * NOISE_RISE }.clamp(1.0, self.speech_min);
        let speaks = total >= self.speech_min.max(self.noise * ABOVE_NOISE) && !toned;
        if beeped {
            // Whoever greeted before it was a machine; the tone itself says so.
            self.greeting = Greeting::Judged;
            return Some(Signal::MachineBeep);
        }
        self.greet(speaks)
    }

    fn greet(&mut self, speaks: bool) -> Option<Signal> {
        let (greeting, signal) = match (self.greeting, speaks) {
            (Greeting::Awaited { sound, .. }, true) if sound + FRAME_MS >= WORD_MIN_MS => {
                (Greeting::Heard { since: sound + FRAME_MS, quiet: 0 }, None)
            }
            (Greeting::Awaited { waited, sound }, speaks) => {
                let sound = if speaks { sound + FRAME_MS } else { 0 };
                let waited = waited + FRAME_MS;
                match waited >= SILENT_MS && sound == 0 {
                    true => (Greeting::Judged, Some(Signal::Person)),
                    false => (Greeting::Awaited { waited, sound }, None),
                }
            }
            (Greeting::Heard { since, .. }, true) if since + FRAME_MS >= MACHINE_MS => {
                (Greeting::Judged, Some(Signal::Machine))
            }
            (Greeting::Heard { since, .. }, true) => (Greeting::Heard { since: since + FRAME_MS, quiet: 0 }, None),
            (Greeting::Heard { quiet, .. }, false) if quiet + FRAME_MS >= PERSON_SILENCE_MS => {
                (Greeting::Judged, Some(Signal::Person))
            }
            (Greeting::Heard { since, quiet }, false) => {
                (Greeting::Heard { since: since + FRAME_MS, quiet: quiet + FRAME_MS }, None)
            }
            (Greeting::Judged, _) => (Greeting::Judged, None),
        };
        self.greeting = greeting;
        signal
    }

    /// Follows a steady tone; true once one that was long enough has ended.
    fn beep(&mut self, frame: &[i16; FRAME], total: f32) -> bool {
        if self.beeped {
            return false;
        }
        let tone = (total >= self.beep_min).then(|| peak(&self.bank.powers(frame), FIRST, total)).flatten();
        let tone = tone.filter(|tone| tone.share >= BEEP_SHARE && BEEP_HZ.contains(&tone.hz));
        let steady = |beep: Beep, hz: f32| {
            let alike = total <= beep.level * BEEP_STEADY && beep.level <= total * BEEP_STEADY;
            (hz - beep.hz).abs() <= BEEP_STEADY_HZ && alike
        };
        match (self.beep, tone) {
            (Some(beep), Some(tone)) if steady(beep, tone.hz) => {
                self.beep = Some(Beep { frames: beep.frames.saturating_add(1), ..beep });
                false
            }
            (Some(beep), _) if beep.frames >= BEEP_FRAMES => {
                self.beep = None;
                self.beeped = true;
                true
            }
            (_, Some(tone)) => {
                self.beep = Some(Beep { hz: tone.hz, level: total, frames: 1 });
                false
            }
            (_, None) => {
                self.beep = None;
                false
            }
        }
    }
}
