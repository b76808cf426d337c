//! What only one other hears.

use super::gain;
use super::seat::Seat;
use super::{Audience, MemberId, Mixer, member};
use crate::level::soft_clip;

/// A member that is heard by one other only.
pub(super) struct Whisper {
    pub(super) from: MemberId,
    pub(super) to: MemberId,
    pub(super) seat: Seat,
}

impl Mixer {
    pub(super) fn set_whisper(&mut self, from: MemberId, heard_by: Audience) {
        let known = self.whispers.iter().position(|w| w.from == from);
        // To oneself would be to hear oneself.
        match (known, heard_by) {
            (Some(n), Audience::Only(to)) if to != from => {
                if let Some(whisper) = self.whispers.get_mut(n).filter(|w| w.to != to) {
                    whisper.to = to;
                    whisper.seat.clear();
                }
            }
            (None, Audience::Only(to)) if to != from => {
                let seat = Seat::new(self.options.rate.frame());
                self.whispers.push(Whisper { from, to, seat });
            }
            (Some(n), _) => drop(self.whispers.swap_remove(n)),
            (None, _) => {}
        }
    }

    /// Each target hears its whisperers over what it would hear anyway.
    pub(super) fn whisper(&mut self) {
        for n in 0..self.whispers.len() {
            let (before, rest) = self.whispers.split_at_mut(n);
            let Some(Whisper { from, to, seat }) = rest.first_mut() else { return };
            let gain = member(&self.members, *from).map_or(gain::UNITY, |m| m.levelling.gain());
            seat.render(gain);
            let Some(target) = member(&self.members, *to).filter(|m| m.role.hears && seat.is_sounding()) else {
                continue;
            };
            let first = before.iter_mut().find(|w| w.to == *to && w.seat.is_sounding());
            let normal = target.seat.and_then(|n| self.seats.get(usize::from(n))).filter(|s| s.is_heard());
            let normal = normal.map_or(&*self.common, Seat::mix);
            let (part, mix) = seat.part_and_mix();
            match first {
                Some(first) => first.seat.add(part),
                None => {
                    for ((out, normal), part) in mix.iter_mut().zip(normal).zip(part) {
                        *out = soft_clip((i32::from(*normal) + part) as f32);
                    }
                }
            }
        }
    }
}
