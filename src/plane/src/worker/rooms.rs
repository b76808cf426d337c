//! Rooms of one thread: many speak, each hears the others.
//!
//! What all hear is encoded once for each coding; only those who speak, and whom somebody whispers to, have an
//! encoder of their own.

use std::collections::HashMap;

use audio::Rate;
use audio::mixer::{Audience as Hearers, MemberId, MemberRole, MixKey, Mixer, MixerOptions};
use base::{Duration, Instant, PlayId, RoomId, StreamId};
use media::control::{Audience, Codec, Country, MediaEvent, PlayEnd, PlayItem, PlayList, RoomOptions, RoomRole, Tone};
use media::speech::{Program, Progress, SharedVoice};

use super::Worker;
use super::frame::{Frame, GROUPS};
use super::slots::Place;
use super::tap::SlotTap;
use super::voice::Seat;

/// The rooms of one thread.
#[derive(Default)]
pub(super) struct Rooms {
    rooms: HashMap<RoomId, Room>,
    /// Those of the present tick.
    ids: Vec<RoomId>,
}

struct Room {
    options: RoomOptions,
    mixer: Mixer,
    /// By member number; empty seats are taken again.
    seats: Vec<Option<(Place, StreamId)>>,
    /// One for each coding spoken here.
    voices: Vec<SharedVoice>,
    program: Option<Program>,
    taps: Vec<SlotTap>,
    /// Tones of coming and going, one at a time.
    bell: Option<Program>,
    told_at: Option<Instant>,
    speaking: Vec<StreamId>,
    /// Roles that name a stream that is not here (yet).
    stale: bool,
}

/// Who speaks is told no oftener.
const TOLD: Duration = Duration::from_millis(500);

impl Rooms {
    pub(super) fn open(&mut self, room: RoomId, options: RoomOptions) -> bool {
        let mixer = Mixer::new(MixerOptions {
            rate: Rate::Hz8000,
            even_levels: options.even_levels,
            speakers_max: options.speakers_max,
        });
        let new = Room {
            options,
            mixer,
            seats: Vec::new(),
            voices: Vec::new(),
            program: None,
            taps: Vec::new(),
            bell: None,
            told_at: None,
            speaking: Vec::new(),
            stale: false,
        };
        let free = !self.rooms.contains_key(&room);
        if free {
            self.rooms.insert(room, new);
        }
        free
    }

    /// At which rate a room mixes.
    pub(super) fn rate(&self, room: RoomId) -> Option<Rate> {
        self.rooms.get(&room).map(|r| r.mixer.rate())
    }

    /// The recordings of a room.
    pub(super) fn taps_of(&mut self, room: RoomId) -> Option<&mut Vec<SlotTap>> {
        self.rooms.get_mut(&room).map(|r| &mut r.taps)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rooms.is_empty()
    }
}

impl Room {
    /// The roles as the mixer knows them; a whisperer to somebody who is not here is heard by nobody.
    fn mixer_role(&self, role: RoomRole) -> MemberRole {
        let heard_by = match role.heard_by {
            Audience::All => Hearers::All,
            Audience::Nobody => Hearers::Nobody,
            Audience::Only(stream) => {
                let at = self.seats.iter().position(|s| s.is_some_and(|(_, id)| id == stream));
                at.map_or(Hearers::Nobody, |n| Hearers::Only(MemberId(n as u32)))
            }
        };
        MemberRole { heard_by, hears: role.hears }
    }

    fn ring(&mut self, tone: Tone) {
        if !self.options.entry_tones || self.seats.iter().flatten().count() < 2 {
            return;
        }
        let item = PlayItem::Tone { tone, country: Country(*b"xx"), duration: Duration::from_millis(250) };
        self.bell = Some(Program::new(PlayId(u32::MAX), PlayList { items: vec![item], ..PlayList::default() }));
    }
}

impl Worker {
    /// A stream becomes a member of a room, or changes its role there.
    pub(super) fn sit(&mut self, place: Place, id: RoomId, role: RoomRole) {
        let Some(slot) = self.slots.get_mut(place) else { return };
        let stream = slot.stream.id();
        let seated = slot.speech.as_ref().and_then(|s| s.seat);
        if seated.is_some_and(|s| s.room != id) {
            self.stand_up(place);
        }
        let Some(room) = self.rooms.rooms.get_mut(&id) else { return self.ignore(1) };
        let member = match seated.filter(|s| s.room == id) {
            Some(seat) => seat.member,
            None => {
                let n = room.seats.iter().position(Option::is_none).unwrap_or_else(|| {
                    room.seats.push(None);
                    room.seats.len() - 1
                });
                if let Some(seat) = room.seats.get_mut(n) {
                    *seat = Some((place, stream));
                }
                room.ring(Tone::Enter);
                MemberId(n as u32)
            }
        };
        room.mixer.set_member(member, room.mixer_role(role));
        room.stale = true;
        let Some(slot) = self.slots.get_mut(place) else { return };
        let speech = slot.speech_mut();
        speech.seat = Some(Seat { room: id, member, role });
        self.fit_rate(id);
    }

    /// A stream leaves its room.
    pub(super) fn stand_up(&mut self, place: Place) {
        let Some(slot) = self.slots.get_mut(place) else { return };
        let Some(speech) = slot.speech.as_deref_mut() else { return };
        let Some(seat) = speech.seat.take() else { return };
        let Some(room) = self.rooms.rooms.get_mut(&seat.room) else { return };
        room.mixer.remove_member(seat.member);
        if let Some(seat) = room.seats.get_mut(seat.member.0 as usize) {
            *seat = None;
        }
        room.stale = true;
        room.ring(Tone::Leave);
        self.fit_rate(seat.room);
        self.list(place);
    }

    /// What a member's peer understands has changed.
    pub(super) fn refit_room(&mut self, place: Place) {
        let seat = self.slots.get_mut(place).and_then(|s| s.speech.as_ref()).and_then(|s| s.seat);
        if let Some(seat) = seat {
            self.fit_rate(seat.room);
        }
    }

    /// Wide-band when anyone is.
    fn fit_rate(&mut self, id: RoomId) {
        let Some(room) = self.rooms.rooms.get_mut(&id) else { return };
        let mut rate = Rate::Hz8000;
        for (place, _) in room.seats.iter().flatten() {
            if let Some((codec, _)) = self.slots.get_mut(*place).and_then(|s| s.stream.voice()) {
                rate = rate.max(codec.rate());
            }
        }
        if rate != room.mixer.rate() {
            room.mixer.set_rate(rate);
            room.voices.clear();
        }
    }

    /// Closes a room: its members hear nothing more.
    pub(super) fn close_room(&mut self, id: RoomId) {
        let Some(room) = self.rooms.rooms.get(&id) else { return self.ignore(1) };
        let places: Vec<Place> = room.seats.iter().flatten().map(|(place, _)| *place).collect();
        for place in places {
            self.stand_up(place);
        }
        if let Some(program) = self.rooms.rooms.remove(&id).and_then(|r| r.program) {
            (self.start.on_event)(MediaEvent::Played { play: program.play(), end: PlayEnd::Stopped });
        }
    }

    /// Plays to all in a room, or stops.
    pub(super) fn play_room(&mut self, id: RoomId, program: Option<Program>, only: Option<PlayId>) {
        let Some(room) = self.rooms.rooms.get_mut(&id) else { return self.ignore(1) };
        if only.is_some_and(|only| room.program.as_ref().is_none_or(|p| p.play() != only)) {
            return;
        }
        if let Some(before) = std::mem::replace(&mut room.program, program) {
            (self.start.on_event)(MediaEvent::Played { play: before.play(), end: PlayEnd::Stopped });
        }
    }

    /// The rooms of one group mix and speak.
    pub(super) fn rooms_tick(&mut self, now: Instant, group: usize) {
        if self.rooms.is_empty() {
            return;
        }
        let mut ids = std::mem::take(&mut self.rooms.ids);
        ids.clear();
        ids.extend(self.rooms.rooms.keys().filter(|id| id.0 as usize % GROUPS == group));
        for id in &ids {
            // Out and in again, so that streams and room can be had at once; a panic ends this room alone.
            if let Some(mut room) = self.rooms.rooms.remove(id) {
                self.room_tick(now, *id, &mut room);
                self.rooms.rooms.insert(*id, room);
            }
        }
        self.rooms.ids = ids;
    }

    fn room_tick(&mut self, now: Instant, id: RoomId, room: &mut Room) {
        if std::mem::take(&mut room.stale) {
            self.renew_roles(room);
        }
        let Some(mut frame) = self.frame.take() else { return };
        room.mixer.begin();
        for (n, (place, _)) in room.seats.iter().enumerate().filter_map(|(n, seat)| Some((n, seat.as_ref()?))) {
            if self.pull(now, *place, &mut frame) && frame.rate == room.mixer.rate() {
                room.mixer.put(MemberId(n as u32), frame.samples());
            }
            self.settle(*place);
        }
        self.frame = Some(frame);
        self.announce(room);
        room.mixer.finish();
        self.tap_room(now, &room.taps, room.mixer.rate(), room.mixer.whole());
        self.answer_members(now, room);
        self.tell_speakers(now, id, room);
    }

    /// Who whispers to whom is looked up anew when somebody came or went.
    fn renew_roles(&mut self, room: &mut Room) {
        for n in 0..room.seats.len() {
            let Some(Some((place, _))) = room.seats.get(n) else { continue };
            let seat = self.slots.get_mut(*place).and_then(|s| s.speech.as_ref()).and_then(|s| s.seat);
            if let Some(seat) = seat {
                room.mixer.set_member(seat.member, room.mixer_role(seat.role));
            }
        }
    }

    /// What the box plays to the whole room.
    fn announce(&mut self, room: &mut Room) {
        let rate = room.mixer.rate();
        let mut frame = Frame::silence(rate);
        for is_bell in [false, true] {
            let place = if is_bell { &mut room.bell } else { &mut room.program };
            let Some(mut program) = place.take() else { continue };
            let samples = frame.samples.get_mut(..rate.frame()).unwrap_or_default();
            let progress = program.fill(rate, samples, &*self.start.sounds);
            room.mixer.extra(samples);
            match progress {
                Progress::Playing => *place = Some(program),
                Progress::Ended(end) if !is_bell => {
                    (self.start.on_event)(MediaEvent::Played { play: program.play(), end });
                }
                Progress::Ended(_) => {}
            }
        }
    }

    /// Each member hears its mix.
    fn answer_members(&mut self, now: Instant, room: &mut Room) {
        let (rate, options, tick) = (room.mixer.rate(), self.start.voice, self.frame_number);
        for n in 0..room.seats.len() {
            let Some(Some((place, _))) = room.seats.get(n) else { continue };
            let place = *place;
            self.speak_itself(now, place);
            let Some(slot) = self.slots.get_mut(place) else { continue };
            let Some(speech) = slot.speech.as_deref() else { continue };
            if speech.speaks_itself() || !speech.seat.is_some_and(|s| s.role.hears) || !slot.ready_mouth(rate, &options)
            {
                continue;
            }
            let key = room.mixer.mix_for(MemberId(n as u32));
            let wants_far = slot.speech.as_ref().and_then(|s| s.ear.as_ref()).is_some_and(|e| e.wants_far());
            let mouth = slot.speech.as_deref_mut().and_then(|s| s.mouth.as_mut());
            let Some(mouth) = mouth else { continue };
            let shared = matches!(key, MixKey::Silence | MixKey::Common) && mouth.can_share() && !wants_far;
            if shared && let Some(voice) = voice_for(&mut room.voices, mouth.codec(), rate, &options) {
                voice.encode(tick, room.mixer.samples(key), rate);
                if let Some(spoken) = mouth.say_shared(now, voice, &mut self.packet) {
                    slot.send_spoken(now, &spoken, &mut self.packet);
                }
                continue;
            }
            let mut frame = Frame::silence(rate);
            frame.set(room.mixer.samples(key), rate);
            slot.say(now, &frame, &options, &mut self.packet);
        }
    }

    fn tell_speakers(&mut self, now: Instant, id: RoomId, room: &mut Room) {
        if room.told_at.is_some_and(|at| now - at < TOLD) {
            return;
        }
        // Who is louder changes all the time; who speaks does not.
        let stream_of = |m: &MemberId| room.seats.get(m.0 as usize).copied().flatten().map(|(_, stream)| stream);
        let speaking = || room.mixer.speakers().iter().filter_map(stream_of);
        if speaking().count() == room.speaking.len() && speaking().all(|s| room.speaking.contains(&s)) {
            return;
        }
        let speaking = speaking().collect();
        room.speaking = speaking;
        room.told_at = Some(now);
        (self.start.on_event)(MediaEvent::Speaking { room: id, streams: room.speaking.clone() });
    }
}

/// The voice that speaks `codec` to all, made when the first needs it.
fn voice_for<'a>(
    voices: &'a mut Vec<SharedVoice>,
    codec: Codec,
    rate: Rate,
    options: &media::speech::VoiceOptions,
) -> Option<&'a mut SharedVoice> {
    let at = match voices.iter().position(|v| v.codec() == codec) {
        Some(at) => at,
        None => {
            voices.push(SharedVoice::new(codec, rate.min(codec.rate()), options)?);
            voices.len() - 1
        }
    };
    voices.get_mut(at)
}
