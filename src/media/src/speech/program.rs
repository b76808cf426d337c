//! A play list, turned into frames without a gap.

use std::sync::Arc;

use audio::Rate;
use audio::tone::{DtmfGenerator, ToneGenerator};
use base::{Duration, PlayId};

use crate::control::{PlayEnd, PlayItem, PlayList};

/// Where sounds come from. Asked from audio threads: it answers at once.
pub trait Sounds {
    /// The sound of that name, or what has become of it.
    fn sound(&self, name: &str) -> SoundState;
}

/// What has become of a sound.
#[derive(Clone, Debug)]
pub enum SoundState {
    /// Here it is.
    Ready(Arc<Sound>),
    /// It is being read; ask again next tick.
    Loading,
    /// It cannot be had, and why.
    Failed(String),
}

/// A sound, decoded once for all who hear it.
#[derive(Clone, Debug)]
pub struct Sound {
    /// At 8 kHz.
    pub at8k: Arc<[i16]>,
    /// At 16 kHz.
    pub at16k: Arc<[i16]>,
}

/// A play list under way.
pub struct Program {
    play: PlayId,
    list: PlayList,
    at: usize,
    piece: Option<Piece>,
    /// Samples at 16 kHz still to be passed over.
    skip: u64,
    /// Of the list so far, in samples at 16 kHz: what a repeating list is taken modulo.
    passed: u64,
    /// Why a sound was not heard.
    problem: Option<String>,
    /// A round in which nothing sounded ends a repeating list.
    sounded: bool,
}

/// What a frame became.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It sounds.
    Playing,
    /// It sounded to its end within the frame, the rest of which is silence.
    Ended(PlayEnd),
}

enum Piece {
    /// And how far it was heard, in samples at 16 kHz.
    Sound(Arc<Sound>, usize),
    /// And how much longer; for ever if none.
    Tone(Box<ToneGenerator>, Rate, Option<usize>),
    Digits(Keys),
    /// Samples at 16 kHz.
    Silence(usize),
}

/// Keys as tones, one by one.
struct Keys {
    next: usize,
    generator: Option<(Rate, Box<DtmfGenerator>)>,
}

/// What a piece did with the room it was given.
enum Filled {
    /// All of it.
    All,
    /// So many samples, and it is over.
    Over(usize),
}

impl Sound {
    /// Its samples at 8 or 16 kHz; what is said at 48 kHz is made from those at 16.
    pub fn samples(&self, rate: Rate) -> &[i16] {
        match rate {
            Rate::Hz8000 => &self.at8k,
            Rate::Hz16000 | Rate::Hz48000 => &self.at16k,
        }
    }
}

impl Program {
    /// Begins at the list's first item.
    pub fn new(play: PlayId, list: PlayList) -> Program {
        let skip = u64::try_from(list.skip.as_millis()).unwrap_or(u64::MAX).saturating_mul(16);
        Program { play, list, at: 0, piece: None, skip, passed: 0, problem: None, sounded: false }
    }

    /// Its run.
    pub fn play(&self) -> PlayId {
        self.play
    }

    /// A key stops it.
    pub fn stops_on_digit(&self) -> bool {
        self.list.stop_on_digit
    }

    /// Fills `out`, 20 ms at 8 or 16 kHz. While a sound is being read there is silence.
    pub fn fill(&mut self, rate: Rate, out: &mut [i16], sounds: &dyn Sounds) -> Progress {
        let mut done = 0;
        while done < out.len() {
            let Some(room) = out.get_mut(done..) else { break };
            if self.piece.is_none() {
                match self.next_piece(rate, sounds) {
                    Next::Piece(piece) => self.piece = Some(piece),
                    Next::Wait => {
                        room.fill(0);
                        return Progress::Playing;
                    }
                    Next::End => {
                        room.fill(0);
                        return Progress::Ended(self.end());
                    }
                }
            }
            let digits = match self.list.items.get(self.at.wrapping_sub(1)) {
                Some(PlayItem::Digits(digits)) => Some(digits),
                _ => None,
            };
            let filled = match self.piece.as_mut() {
                Some(Piece::Sound(sound, heard)) => fill_sound(sound, heard, rate, room),
                Some(Piece::Tone(tone, of, left)) => fill_tone(tone, of, left, rate, room),
                Some(Piece::Silence(left)) => fill_silence(left, rate, room),
                Some(Piece::Digits(keys)) => match digits {
                    Some(digits) => {
                        let (tone, pause) = (millis(digits.tone), millis(digits.pause));
                        keys.fill(&digits.digits, tone, pause, rate, room)
                    }
                    None => Filled::Over(0),
                },
                None => Filled::Over(0),
            };
            match filled {
                Filled::All => {
                    self.sounded = true;
                    return Progress::Playing;
                }
                Filled::Over(samples) => {
                    self.sounded |= samples > 0;
                    done += samples;
                    self.piece = None;
                }
            }
        }
        Progress::Playing
    }

    fn end(&mut self) -> PlayEnd {
        self.problem.take().map_or(PlayEnd::Finished, PlayEnd::Failed)
    }

    fn next_piece(&mut self, rate: Rate, sounds: &dyn Sounds) -> Next {
        // Each item is looked at once a round at most; a list of nothing but what cannot be had ends.
        for _ in 0..=2 * self.list.items.len() {
            let Some(item) = self.list.items.get(self.at) else {
                if !self.list.repeat || !(self.sounded || self.passed > 0) || self.list.items.is_empty() {
                    return Next::End;
                }
                if let Some(rest) = self.skip.checked_rem(self.passed) {
                    self.skip = rest;
                }
                (self.at, self.passed, self.sounded) = (0, 0, false);
                continue;
            };
            let mut piece = match item {
                PlayItem::Sound(name) => match sounds.sound(name) {
                    SoundState::Ready(sound) => Piece::Sound(sound, 0),
                    SoundState::Loading => return Next::Wait,
                    SoundState::Failed(why) => {
                        self.problem = Some(format!("{name}: {why}"));
                        self.at += 1;
                        continue;
                    }
                },
                PlayItem::Tone { tone, country, duration } => {
                    let left = (*duration > Duration::ZERO).then(|| millis(*duration).saturating_mul(16));
                    Piece::Tone(Box::new(ToneGenerator::new(*tone, *country, narrow(rate))), narrow(rate), left)
                }
                PlayItem::Digits(_) => Piece::Digits(Keys { next: 0, generator: None }),
                PlayItem::Silence(duration) => Piece::Silence(millis(*duration).saturating_mul(16)),
            };
            self.at += 1;
            if !piece.pass_over(&mut self.skip, &mut self.passed) {
                return Next::Piece(piece);
            }
        }
        Next::End
    }
}

enum Next {
    Piece(Piece),
    Wait,
    End,
}

impl Piece {
    /// Passes over what is to be skipped of it: whether that is all of it.
    fn pass_over(&mut self, skip: &mut u64, passed: &mut u64) -> bool {
        let (len, heard): (u64, Option<&mut usize>) = match self {
            Piece::Sound(sound, heard) => (sound.at16k.len() as u64, Some(heard)),
            Piece::Silence(left) => (*left as u64, None),
            Piece::Tone(_, _, Some(left)) => (*left as u64, None),
            Piece::Tone(_, _, None) | Piece::Digits(_) => (0, None),
        };
        *passed += len;
        if *skip == 0 {
            return false;
        }
        if *skip >= len {
            *skip -= len;
            return len > 0;
        }
        if let Some(heard) = heard {
            *heard = usize::try_from(*skip).unwrap_or(usize::MAX);
        }
        *skip = 0;
        false
    }
}

/// Tones and silences are made at 8 or 16 kHz.
const fn narrow(rate: Rate) -> Rate {
    match rate {
        Rate::Hz8000 => Rate::Hz8000,
        Rate::Hz16000 | Rate::Hz48000 => Rate::Hz16000,
    }
}

/// Samples at 16 kHz that one sample at `rate` stands for.
const fn scale(rate: Rate) -> usize {
    match rate {
        Rate::Hz8000 => 2,
        Rate::Hz16000 | Rate::Hz48000 => 1,
    }
}

fn milliseconds(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn millis(duration: Duration) -> usize {
    usize::try_from(duration.as_millis()).unwrap_or(usize::MAX)
}

fn fill_sound(sound: &Sound, heard: &mut usize, rate: Rate, room: &mut [i16]) -> Filled {
    let samples = sound.samples(rate);
    let from = (*heard / scale(rate)).min(samples.len());
    let len = room.len().min(samples.len() - from);
    if let (Some(to), Some(of)) = (room.get_mut(..len), samples.get(from..from + len)) {
        to.copy_from_slice(of);
    }
    *heard += len * scale(rate);
    if len < room.len() { Filled::Over(len) } else { Filled::All }
}

fn fill_silence(left: &mut usize, rate: Rate, room: &mut [i16]) -> Filled {
    let len = room.len().min(*left / scale(rate));
    room.iter_mut().take(len).for_each(|s| *s = 0);
    *left -= len * scale(rate);
    if len < room.len() { Filled::Over(len) } else { Filled::All }
}

fn fill_tone(
    tone: &mut ToneGenerator,
    of: &mut Rate,
    left: &mut Option<usize>,
    rate: Rate,
    room: &mut [i16],
) -> Filled {
    if *of != narrow(rate) {
        return Filled::Over(0); // the coding changed under it: no tone is worth a resampler
    }
    let len = left.map_or(room.len(), |left| room.len().min(left / scale(rate)));
    let over = room.get_mut(..len).is_none_or(|part| tone.fill(part));
    if let Some(left) = left {
        *left -= len * scale(rate);
    }
    if over || len < room.len() { Filled::Over(len) } else { Filled::All }
}

impl Keys {
    fn fill(&mut self, digits: &str, tone: usize, pause: usize, rate: Rate, room: &mut [i16]) -> Filled {
        let mut done = 0;
        while done < room.len() {
            if self.generator.as_ref().is_none_or(|(of, _)| *of != narrow(rate)) {
                let Some(digit) = digits.chars().nth(self.next) else { return Filled::Over(done) };
                self.next += 1;
                let Some(generator) = DtmfGenerator::new(digit, narrow(rate), milliseconds(tone), milliseconds(pause))
                else {
                    continue;
                };
                self.generator = Some((narrow(rate), Box::new(generator)));
            }
            let Some((_, generator)) = &mut self.generator else { return Filled::Over(done) };
            let Some(part) = room.get_mut(done..) else { break };
            let len = generator.fill(part);
            done += len;
            if done < room.len() {
                self.generator = None;
            }
        }
        Filled::All
    }
}
