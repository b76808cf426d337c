//! Who has the floor.

use std::cmp::Ordering;

use super::seat::{Seat, SeatState};
use super::{Audience, MemberId, Mixer, member};

/// One that has the floor is outdone only by one that is so much louder, dB.
const ADVANTAGE: f32 = 6.0;

impl Mixer {
    /// Takes the frame of one that speaks and has not the floor, if it is among the loudest of those.
    pub(super) fn ask_for_floor(&mut self, id: MemberId, score: f32, frame: &[i16]) {
        let max = usize::from(self.options.speakers_max);
        let asking = |s: &&mut Seat| s.state() == SeatState::Asking;
        let count = self.seats.iter_mut().filter(asking).count();
        let seat = if count < max {
            self.seats.iter_mut().find(|s| s.state() == SeatState::Free)
        } else {
            let quietest = self.seats.iter_mut().filter(asking).min_by(|a, b| by_score(a, b));
            quietest.filter(|s| s.score < score)
        };
        if let Some(seat) = seat {
            seat.ask(id, score, frame);
        }
    }

    /// Gives and takes the floor, and notes who has it.
    pub(super) fn choose(&mut self) {
        let (tick, members) = (self.tick, &self.members);
        for seat in self.seats.iter_mut().filter(|s| s.state() == SeatState::Speaking) {
            match member(members, seat.member()).map(|m| m.voice) {
                Some(voice) if voice.holds(tick) => seat.score = voice.level_at(tick) + ADVANTAGE,
                _ => seat.leave(),
            }
        }
        let may_speak = |id| member(members, id).is_some_and(|m| m.role.heard_by == Audience::All);
        for seat in self.seats.iter_mut().filter(|s| s.state() == SeatState::Asking) {
            // It was muted or went since it was put.
            if !may_speak(seat.member()) {
                seat.free();
            }
        }
        self.fill();
        for n in 0..self.seats.len() {
            let Some(seat) = self.seats.get_mut(n) else { break };
            match seat.state() {
                SeatState::Asking => seat.free(),
                SeatState::Speaking => {
                    if let Some(Some(member)) = self.members.get_mut(seat.member().0 as usize) {
                        member.seat = Some(n as u16);
                    }
                }
                SeatState::Free | SeatState::Leaving | SeatState::Left => {}
            }
        }
        self.note_speakers();
    }

    /// The loudest that ask take free places, then those of quieter speakers.
    fn fill(&mut self) {
        let max = usize::from(self.options.speakers_max);
        loop {
            let speaking = self.seats.iter().filter(|s| s.state() == SeatState::Speaking).count();
            let asking = self.seats.iter().enumerate().filter(|(_, s)| s.state() == SeatState::Asking);
            let Some((loudest, asked)) = asking.max_by(|a, b| by_score(a.1, b.1)).map(|(n, s)| (n, s.score)) else {
                return;
            };
            if speaking >= max {
                let speakers = self.seats.iter_mut().filter(|s| s.state() == SeatState::Speaking);
                match speakers.min_by(|a, b| by_score(a, b)).filter(|s| s.score < asked) {
                    Some(quietest) => quietest.leave(),
                    None => return,
                }
            }
            if let Some(seat) = self.seats.get_mut(loudest) {
                seat.speak();
                seat.score += ADVANTAGE;
            }
        }
    }

    fn note_speakers(&mut self) {
        std::mem::swap(&mut self.speakers, &mut self.speakers_before);
        self.speakers.clear();
        let speaking = self.seats.iter().filter(|s| s.state() == SeatState::Speaking);
        self.speakers.extend(speaking.map(Seat::member));
        let level = |id: &MemberId| member(&self.members, *id).map_or(0.0, |m| m.voice.level_at(self.tick));
        self.speakers.sort_unstable_by(|a, b| level(b).total_cmp(&level(a)).then(a.cmp(b)));
    }
}

/// The louder is the greater; of equals the one of lower number, so that ties are decided.
fn by_score(a: &Seat, b: &Seat) -> Ordering {
    a.score.total_cmp(&b.score).then(b.member().cmp(&a.member()))
}
