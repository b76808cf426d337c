//! What is played when the next packet is not there.

use audio::Rate;

use super::clock::{MS, Ticks, sample};
use super::voice::OPUS;
use super::{FRAME, Playout, Pulled, Quiet, SLOP, State, Waiting};
use crate::control::Codec;

/// After so much made up nothing is left of the sound before: time may be set anew.
const FADED: Ticks = 100 * MS;
/// After so much without any packet the stream has ended or rests.
const REST: Ticks = 1_000 * MS;
/// Noise that a peer described is not kept up for longer without a word from it.
const QUIET_MAX: Ticks = 60_000 * MS;
/// The step of codecs' own concealment.
const CODEC_STEP: Ticks = 5 * MS / 2;

impl Playout {
    /// No packet waits.
    pub(super) fn nothing_there(&mut self) -> Pulled {
        if self.state != State::Playing {
            return self.rest();
        }
        if self.made_up >= REST {
            self.idle();
            return self.rest();
        }
        let added = self.make_up(self.missing(), None);
        // Lost or late, nobody knows yet: if it comes after all it is played, and all waits longer by that.
        self.owed += added;
        Pulled::Concealed
    }

    /// The packet in front is not the next one.
    pub(super) fn bridge(&mut self, now: Ticks, front: &Waiting) -> Pulled {
        // RFC 3389 §5.1: no packet is missing, only time: the sender was silent.
        let silent = self.last.is_some_and(|last| front.seq == last.seq.next());
        if !silent {
            self.repair.lost();
        }
        // What was made up blindly stood for what is missing.
        let stood = self.owed.min(front.at - self.next);
        self.next += stood;
        self.owed -= stood;
        let left = front.at - self.next;
        if left <= SLOP || self.made_up >= FADED && front.long > 0 && self.due(now, front) {
            self.next = front.at;
            self.owed = 0;
            return match self.play(front) {
                Some(pulled) => pulled,
                None => {
                    self.owed += self.make_up(self.missing(), None);
                    Pulled::Concealed
                }
            };
        }
        if !silent && front.codec == Codec::Opus && left <= front.long {
            let recovered = self.recover(left);
            if recovered > 0 {
                self.next += recovered;
                return Pulled::Speech;
            }
        }
        self.next += self.make_up(self.missing().min(left), Some(left));
        if silent { Pulled::Comfort } else { Pulled::Concealed }
    }

    /// Takes the comfort noise packet in front if its time has come.
    pub(super) fn take_noise(&mut self, front: Waiting) -> bool {
        if self.state == State::Playing && front.at > self.next + self.owed + SLOP && self.made_up < FADED {
            return false;
        }
        self.comfort.describe(self.buffer.front_payload());
        self.buffer.pop();
        if self.state != State::Quiet(Quiet::Described) {
            self.concealer.cut();
            self.quiet_for = 0;
        }
        self.state = State::Quiet(Quiet::Described);
        self.owed = 0;
        self.made_up = 0;
        true
    }

    /// The rest of a frame while the peer is silent or absent.
    pub(super) fn rest(&mut self) -> Pulled {
        let missing = self.missing();
        if self.state != State::Idle {
            self.quiet_for += missing;
            if self.quiet_for > QUIET_MAX {
                self.idle();
            }
        }
        let (rate, samples) = (self.options.rate, (missing / sample(self.options.rate)) as usize);
        match self.state {
            State::Quiet(Quiet::Described) => {
                let narrow = (missing / sample(Rate::Hz8000)) as usize + 1;
                let noise = &mut self.scratch[..narrow.min(Rate::Hz8000.frame())];
                self.comfort.fill(noise);
                let out = self.sound.extend(noise.len() * rate.hz() as usize / 8_000);
                self.comfort_up.process(noise, out);
                self.concealer.good(out);
                Pulled::Comfort
            }
            State::Quiet(Quiet::Coded) | State::Playing => {
                self.make_up(missing, None);
                Pulled::Comfort
            }
            State::Idle => {
                self.sound.extend(samples.max(1)).fill(0);
                Pulled::Nothing
            }
        }
    }

    /// Makes up about `wanted`, at least a sample, never more than `bound` and a sample. Gives what was added.
    fn make_up(&mut self, wanted: Ticks, bound: Option<Ticks>) -> Ticks {
        let tick = sample(self.options.rate);
        let whole = (wanted + CODEC_STEP - 1) / CODEC_STEP * CODEC_STEP;
        let whole = whole.min(bound.map_or(FRAME, |bound| bound / CODEC_STEP * CODEC_STEP));
        let mut samples = 0;
        if self.steady {
            let silence = self.sound.extend((wanted / tick).max(1) as usize);
            silence.fill(0);
            self.concealer.good(silence);
            let added = silence.len() as Ticks * tick;
            self.made_up += added;
            return added;
        }
        if let Some(voice) = self.voice.and_then(|index| self.voices[index].as_mut()) {
            samples = voice.conceal(whole, &mut self.scratch, &mut self.sound);
        }
        if samples > 0 {
            self.concealer.good(self.sound.tail(samples));
        } else {
            samples = (wanted / tick).max(1) as usize;
            self.concealer.lost(self.sound.extend(samples));
        }
        let added = samples as Ticks * tick;
        self.made_up += added;
        added
    }

    /// The lost sound before the packet in front, from what that packet repeats of it.
    fn recover(&mut self, left: Ticks) -> Ticks {
        let Some(voice) = self.voice.filter(|&v| v == OPUS).and_then(|index| self.voices[index].as_mut()) else {
            return 0;
        };
        let samples = voice.recover(self.buffer.front_payload(), left, &mut self.scratch, &mut self.sound);
        if samples > 0 {
            self.concealer.good(self.sound.tail(samples));
            self.counts.recovered += 1;
        }
        samples as Ticks * sample(self.options.rate)
    }

    /// What a frame still wants.
    fn missing(&self) -> Ticks {
        let frame = self.options.rate.frame();
        frame.saturating_sub(self.sound.len()).max(1) as Ticks * sample(self.options.rate)
    }
}
