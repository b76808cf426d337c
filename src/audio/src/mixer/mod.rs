//! Many speak, each hears the others.
//!
//! Owns what is summed, how loud, and who hears which sum. Refuses to know packets, codings and sources: the caller
//! brings a frame of each member that has one and encodes each distinct mix once.
//!
//! A tick is [`Mixer::begin`], [`Mixer::put`] for each member with sound, [`Mixer::finish`]; then [`Mixer::mix_for`]
//! and [`Mixer::samples`] hold until the next. The cost grows with those who are put and those who have the floor, not
//! with those who listen: all listeners share one mix.
//!
//! - The loudest few have the floor ([`Mixer::speakers`]); an open microphone that is merely noisy never gets it.
//! - What a speaker adds is subtracted from the common sum in whole numbers, so nothing of its own voice is left.
//! - One limiter gain is found for all mixes of a tick and applied to each: the common mix and a speaker's own differ
//!   by its voice alone.
//! - A whisper is added to its target's mix after that gain: nobody else's samples change.
//!
//! **Invariants:** samples never wrap; nothing is allocated in a tick.

mod choose;
mod gain;
mod limiter;
mod seat;
#[cfg(test)]
mod tests;
mod voice;
mod whisper;

use crate::Rate;
use crate::level;
use gain::Levelling;
use limiter::Limiter;
use seat::Seat;
use voice::Voice;
use whisper::Whisper;

/// A member of a room: a small number of the caller's choice, below [`MEMBERS_MAX`]. Numbers should be dense, for
/// members lie in a row by them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberId(pub u32);

/// Members of one room at most.
pub const MEMBERS_MAX: u32 = 16_384;
/// Members of one room that whisper at most.
pub const WHISPERS_MAX: usize = 64;

/// How a room mixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MixerOptions {
    /// The rate of every frame in and out.
    pub rate: Rate,
    /// Each speaker is brought to about −20 dBov, by at most 12 dB.
    pub even_levels: bool,
    /// So many are heard at once at most, the loudest; 3–32, what is beyond is taken as the nearest.
    pub speakers_max: u8,
}

/// Who hears a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// All others that hear.
    All,
    /// Nobody: muted, or listening in.
    Nobody,
    /// One other member only: a coach whispers to an agent.
    Only(MemberId),
}

/// What a member may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberRole {
    /// Who hears it.
    pub heard_by: Audience,
    /// It hears the room and whispers to it; else silence.
    pub hears: bool,
}

/// Which mix of a tick: equal keys mean equal samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MixKey {
    /// Nothing: a deaf member, or none at all.
    Silence,
    /// What all listeners hear.
    Common,
    /// What one member alone hears: a speaker hears all but itself. The number holds for one tick; codings with a
    /// memory need an encoder of that member for it.
    Own(u16),
}

/// One room's sound.
pub struct Mixer {
    options: MixerOptions,
    /// Counts begun ticks, from 1.
    tick: u64,
    members: Vec<Option<Member>>,
    count: usize,
    /// Twice `speakers_max`: those who speak and those who would like to.
    seats: Vec<Seat>,
    /// One for each member that whispers.
    whispers: Vec<Whisper>,
    extra: Box<[i32]>,
    sum: Box<[i32]>,
    common: Box<[i16]>,
    silence: Box<[i16]>,
    limiter: Limiter,
    speakers: Vec<MemberId>,
    speakers_before: Vec<MemberId>,
}

struct Member {
    role: MemberRole,
    voice: Voice,
    levelling: Levelling,
    seat: Option<u16>,
    put_in: u64,
}

impl Mixer {
    /// An empty room.
    pub fn new(options: MixerOptions) -> Mixer {
        let speakers_max = options.speakers_max.clamp(SPEAKERS_MIN, SPEAKERS_MAX);
        let frame = options.rate.frame();
        Mixer {
            options: MixerOptions { speakers_max, ..options },
            tick: 0,
            members: Vec::new(),
            count: 0,
            seats: (0..usize::from(speakers_max) * 2).map(|_| Seat::new(frame)).collect(),
            whispers: Vec::new(),
            extra: vec![0; frame].into(),
            sum: vec![0; frame].into(),
            common: vec![0; frame].into(),
            silence: vec![0; frame].into(),
            limiter: Limiter::new(),
            speakers: Vec::with_capacity(usize::from(speakers_max)),
            speakers_before: Vec::with_capacity(usize::from(speakers_max)),
        }
    }

    /// The rate of every frame in and out.
    pub fn rate(&self) -> Rate {
        self.options.rate
    }

    /// Changes the rate, between ticks: wide-band when anyone is. Who has the floor keeps it.
    pub fn set_rate(&mut self, rate: Rate) {
        if rate == self.options.rate {
            return;
        }
        self.options.rate = rate;
        let frame = rate.frame();
        self.extra = vec![0; frame].into();
        self.sum = vec![0; frame].into();
        self.common = vec![0; frame].into();
        self.silence = vec![0; frame].into();
        for seat in self.seats.iter_mut().chain(self.whispers.iter_mut().map(|w| &mut w.seat)) {
            seat.resize(frame);
        }
    }

    /// Members in the room.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Nobody is in the room.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Lets a member in or changes its role, between ticks. False if `id` is beyond [`MEMBERS_MAX`] or
    /// [`WHISPERS_MAX`] whisper already: then nothing was done.
    pub fn set_member(&mut self, id: MemberId, role: MemberRole) -> bool {
        let whispers = self.whispers.iter().filter(|w| w.from != id).count();
        let is_whisper = matches!(role.heard_by, Audience::Only(_));
        if id.0 >= MEMBERS_MAX || is_whisper && whispers >= WHISPERS_MAX {
            return false;
        }
        let place = id.0 as usize;
        if self.members.len() <= place {
            self.members.resize_with(place + 1, || None);
        }
        let Some(slot) = self.members.get_mut(place) else { return false };
        let member = slot.get_or_insert_with(|| {
            self.count += 1;
            Member::new(role)
        });
        member.role = role;
        if let Some(seat) = member.seat.and_then(|n| self.seats.get_mut(usize::from(n))) {
            seat.allow(role.heard_by == Audience::All);
        }
        self.set_whisper(id, role.heard_by);
        true
    }

    /// Lets a member go, between ticks.
    pub fn remove_member(&mut self, id: MemberId) {
        let Some(member) = self.members.get_mut(id.0 as usize).and_then(Option::take) else { return };
        self.count -= 1;
        if let Some(seat) = member.seat.and_then(|n| self.seats.get_mut(usize::from(n))) {
            seat.allow(false);
        }
        self.set_whisper(id, Audience::Nobody);
        if self.count == 0 {
            // After a full house the memory goes back.
            self.members = Vec::new();
        }
    }

    /// Begins a tick: all are silent until put.
    pub fn begin(&mut self) {
        self.tick += 1;
        self.extra.fill(0);
        for (n, seat) in self.seats.iter_mut().enumerate() {
            if let Some(id) = seat.begin()
                && let Some(Some(member)) = self.members.get_mut(id.0 as usize)
                && member.seat == Some(n as u16)
            {
                member.seat = None;
            }
        }
        for whisper in &mut self.whispers {
            whisper.seat.begin();
        }
    }

    /// Gives a member's frame: 20 ms at [`Mixer::rate`]; a shorter one is filled up with silence, a longer one cut.
    /// The first of a tick counts. Of a member that nobody hears, or that is none, it is ignored.
    pub fn put(&mut self, id: MemberId, frame: &[i16]) {
        let Some(Some(member)) = self.members.get_mut(id.0 as usize) else { return };
        if member.role.heard_by == Audience::Nobody || member.put_in == self.tick {
            return;
        }
        member.put_in = self.tick;
        let frame = frame.get(..self.options.rate.frame()).unwrap_or(frame);
        let power = level::mean_square(frame);
        let is_active = member.voice.hear(self.tick, level::to_dbov(power));
        if is_active && self.options.even_levels {
            member.levelling.hear(power);
        }
        if let Audience::Only(_) = member.role.heard_by {
            if let Some(whisper) = self.whispers.iter_mut().find(|w| w.from == id) {
                whisper.seat.put(frame);
            }
        } else if let Some(seat) = member.seat.and_then(|n| self.seats.get_mut(usize::from(n))) {
            seat.put(frame);
        } else if is_active {
            let score = member.voice.level();
            self.ask_for_floor(id, score, frame);
        }
    }

    /// Adds what all hear beside the members, an announcement or music: 20 ms at [`Mixer::rate`], between
    /// [`Mixer::begin`] and [`Mixer::finish`]. Several add up.
    pub fn extra(&mut self, frame: &[i16]) {
        for (sum, sample) in self.extra.iter_mut().zip(frame) {
            *sum = sum.saturating_add(i32::from(*sample)).clamp(-EXTRA_MAX, EXTRA_MAX);
        }
    }

    /// Ends a tick: chooses who is heard and makes the mixes.
    pub fn finish(&mut self) {
        self.choose();
        self.sum.copy_from_slice(&self.extra);
        for seat in self.seats.iter_mut().filter(|s| s.is_heard()) {
            let gain = member(&self.members, seat.member()).map_or(gain::UNITY, |m| m.levelling.gain());
            seat.render(gain);
            for (sum, part) in self.sum.iter_mut().zip(seat.part()) {
                *sum += part;
            }
        }
        self.limit();
        self.whisper();
    }

    /// One gain for all mixes, found from the loudest of them.
    fn limit(&mut self) {
        let mut peaks = limiter::peaks(self.sum.iter().copied());
        let members = &self.members;
        let hears = |n: usize, seat: &Seat| {
            seat.is_heard() && member(members, seat.member()).is_some_and(|m| m.role.hears && m.seat == Some(n as u16))
        };
        for (_, seat) in self.seats.iter().enumerate().filter(|(n, s)| hears(*n, s)) {
            let own = limiter::peaks(self.sum.iter().zip(seat.part()).map(|(sum, part)| sum - part));
            for (peak, own) in peaks.iter_mut().zip(own) {
                *peak = own.max(*peak);
            }
        }
        let curve = self.limiter.curve(&peaks);
        curve.apply(self.sum.iter().copied(), &mut self.common);
        for (_, seat) in self.seats.iter_mut().enumerate().filter(|(n, s)| hears(*n, s)) {
            let (part, mix) = seat.part_and_mix();
            curve.apply(self.sum.iter().zip(part).map(|(sum, part)| sum - part), mix);
        }
    }

    /// Which mix of this tick a member hears.
    pub fn mix_for(&self, id: MemberId) -> MixKey {
        let Some(member) = member(&self.members, id).filter(|m| m.role.hears) else { return MixKey::Silence };
        if let Some(n) = self.whispers.iter().position(|w| w.to == id && w.seat.is_sounding()) {
            return MixKey::Own((self.seats.len() + n) as u16);
        }
        match member.seat {
            Some(n) if self.seats.get(usize::from(n)).is_some_and(Seat::is_heard) => MixKey::Own(n),
            _ => MixKey::Common,
        }
    }

    /// The samples of a mix: 20 ms at [`Mixer::rate`].
    pub fn samples(&self, key: MixKey) -> &[i16] {
        match key {
            MixKey::Silence => &self.silence,
            MixKey::Common => &self.common,
            MixKey::Own(n) => {
                let n = usize::from(n);
                let whisper = || self.whispers.get(n - self.seats.len()).map(|w| &w.seat);
                self.seats.get(n).or_else(whisper).map_or(&*self.silence, Seat::mix)
            }
        }
    }

    /// All that is heard by all: for recording.
    pub fn whole(&self) -> &[i16] {
        &self.common
    }

    /// Who has the floor, the loudest first.
    pub fn speakers(&self) -> &[MemberId] {
        &self.speakers
    }

    /// In this tick somebody took the floor or left it.
    pub fn speakers_changed(&self) -> bool {
        self.speakers.len() != self.speakers_before.len()
            || self.speakers.iter().any(|id| !self.speakers_before.contains(id))
    }
}

impl Member {
    const fn new(role: MemberRole) -> Member {
        Member { role, voice: Voice::new(), levelling: Levelling::new(), seat: None, put_in: 0 }
    }
}

fn member(members: &[Option<Member>], id: MemberId) -> Option<&Member> {
    members.get(id.0 as usize)?.as_ref()
}

const SPEAKERS_MIN: u8 = 3;
const SPEAKERS_MAX: u8 = 32;
/// Extras add up to four at full scale, so that sums stay far from the ends of 32 bits.
const EXTRA_MAX: i32 = 4 * 32_768;
