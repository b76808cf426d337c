//! The place of one who speaks, or asks to.

use super::MemberId;
use super::gain::{self, Gain};
use crate::level::soft_clip;

/// A member's frame, what it adds to the sum, and what it hears itself.
pub(super) struct Seat {
    member: MemberId,
    state: SeatState,
    /// How much the member is in want of the floor, dBov.
    pub(super) score: f32,
    frame: Box<[i16]>,
    has_frame: bool,
    /// The part is more than silence.
    is_sounding: bool,
    part: Box<[i32]>,
    mix: Box<[i16]>,
    /// At the end of the last tick; 0 when nothing was heard.
    gain: Gain,
    /// The last sample that was heard.
    last: i32,
}

/// From free to free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SeatState {
    /// Nobody's.
    Free,
    /// Asks for the floor in this tick.
    Asking,
    /// Has the floor.
    Speaking,
    /// Is faded out in this tick.
    Leaving,
    /// Was faded out in this tick; free in the next.
    Left,
}

impl Seat {
    pub(super) fn new(frame: usize) -> Seat {
        Seat {
            member: MemberId(0),
            state: SeatState::Free,
            score: 0.0,
            frame: vec![0; frame].into(),
            has_frame: false,
            is_sounding: false,
            part: vec![0; frame].into(),
            mix: vec![0; frame].into(),
            gain: 0,
            last: 0,
        }
    }

    pub(super) fn resize(&mut self, frame: usize) {
        self.frame = vec![0; frame].into();
        self.part = vec![0; frame].into();
        self.mix = vec![0; frame].into();
    }

    /// Forgets what was heard.
    pub(super) fn clear(&mut self) {
        (self.has_frame, self.is_sounding, self.gain, self.last) = (false, false, 0, 0);
    }

    pub(super) fn member(&self) -> MemberId {
        self.member
    }

    pub(super) fn state(&self) -> SeatState {
        self.state
    }

    /// Gives the seat to one that asks for the floor, with its frame.
    pub(super) fn ask(&mut self, member: MemberId, score: f32, frame: &[i16]) {
        self.clear();
        (self.member, self.score, self.state) = (member, score, SeatState::Asking);
        self.put(frame);
    }

    pub(super) fn speak(&mut self) {
        self.state = SeatState::Speaking;
    }

    pub(super) fn leave(&mut self) {
        self.state = SeatState::Leaving;
    }

    pub(super) fn free(&mut self) {
        self.state = SeatState::Free;
    }

    /// The member may or may not be heard by all from now on.
    pub(super) fn allow(&mut self, heard: bool) {
        self.state = match (self.state, heard) {
            (SeatState::Leaving, true) => SeatState::Speaking,
            (SeatState::Speaking, false) => {
                // Not a sample more of what was put is heard.
                self.has_frame = false;
                SeatState::Leaving
            }
            (SeatState::Asking, false) => SeatState::Free,
            (state, _) => state,
        };
    }

    /// A new tick: who had left in the last one.
    pub(super) fn begin(&mut self) -> Option<MemberId> {
        self.has_frame = false;
        let is_left = matches!(self.state, SeatState::Left);
        if is_left {
            self.state = SeatState::Free;
        }
        is_left.then_some(self.member)
    }

    pub(super) fn put(&mut self, frame: &[i16]) {
        let (sound, silence) = self.frame.split_at_mut(frame.len().min(self.frame.len()));
        sound.copy_from_slice(frame);
        silence.fill(0);
        self.has_frame = true;
    }

    /// Adds to the sum in this tick.
    pub(super) fn is_heard(&self) -> bool {
        matches!(self.state, SeatState::Speaking | SeatState::Leaving | SeatState::Left)
    }

    /// There is something in [`Seat::part`].
    pub(super) fn is_sounding(&self) -> bool {
        self.is_sounding
    }

    /// Makes [`Seat::part`]: the frame at `gain`, faded in or out where it begins or ends.
    pub(super) fn render(&mut self, gain: Gain) {
        let len = self.frame.len();
        let fade = len / 4;
        self.is_sounding = self.has_frame || self.last != 0;
        let to = if self.state == SeatState::Leaving { 0 } else { gain };
        if self.has_frame {
            // In from nothing within 5 ms, so that the first consonant is not lost; all else over the frame.
            let over = if self.gain == 0 { fade } else { len };
            gain::ramp(&self.frame, &mut self.part, self.gain, to, over);
            (self.gain, self.last) = (to, self.part.last().copied().unwrap_or(0));
        } else {
            // What broke off ends softly.
            let steps = fade.max(1) as i32;
            for (n, out) in (0..).zip(self.part.iter_mut()) {
                *out = if n < steps { self.last * (steps - n) / (steps + 1) } else { 0 };
            }
            (self.gain, self.last) = (0, 0);
        }
        if self.state == SeatState::Leaving {
            self.state = SeatState::Left;
        }
    }

    /// What the member adds to the sum.
    pub(super) fn part(&self) -> &[i32] {
        &self.part
    }

    /// Adds another's part to what the member hears.
    pub(super) fn add(&mut self, part: &[i32]) {
        for (out, part) in self.mix.iter_mut().zip(part) {
            *out = soft_clip((i32::from(*out) + part) as f32);
        }
    }

    /// What the member hears.
    pub(super) fn mix(&self) -> &[i16] {
        &self.mix
    }

    pub(super) fn part_and_mix(&mut self) -> (&[i32], &mut [i16]) {
        (&self.part, &mut self.mix)
    }
}
