//! Conferences: rooms that people dial into.

use std::collections::BTreeMap;

use base::{CallRef, Duration, LegId, RecordingId, RoomId};
use config::RecordingRule;
use dialplan::RecordedTarget;
use media::control::{MediaCommand, Recorded, RoomOptions, RoomRole, Sink};

use crate::call::play::After;
use crate::call::service::Visit;
use crate::record::Cause;
use crate::{Exchange, Timer};

/// The conferences that somebody is in, by number.
#[derive(Debug, Default)]
pub(crate) struct Conferences {
    last_room: u32,
    open: BTreeMap<String, OpenConference>,
}

#[derive(Debug)]
struct OpenConference {
    room: RoomId,
    members: Vec<LegId>,
    recording: Option<RecordingId>,
}

/// Whoever types nothing at the door for so long is let go.
const DOOR: Duration = Duration::from_secs(30);
/// Wrong numbers of entry before the box hangs up.
const TRIES_MAX: u8 = 3;

impl Conferences {
    /// A room that never was before.
    pub(crate) fn next_room(&mut self) -> RoomId {
        self.last_room = self.last_room.wrapping_add(1);
        RoomId(self.last_room)
    }

    /// Conferences that somebody is in.
    pub(crate) fn len(&self) -> usize {
        self.open.len()
    }
}

impl Exchange {
    /// A caller has dialled a conference.
    pub(crate) fn enter_conference(&mut self, call: CallRef, caller: LegId, number: String, name: &str) {
        let Some(conference) = self.config.conferences.get(&number) else {
            return self.end_call(call, Cause::UnknownNumber, None);
        };
        let asks = conference.pin.is_some();
        let full = self.conferences.open.get(&number).is_some_and(|c| c.members.len() >= conference.members_max.into());
        let visit = match (asks, full) {
            (true, false) => Visit::AtDoor { number: number.clone(), typed: String::new(), tries: 0 },
            (false, _) | (true, true) => Visit::Service,
        };
        if !self.answer_visit(call, caller, visit, name) {
            return;
        }
        if full {
            self.call_note(call, format!("conference {number} is full"));
            return self.speak(caller, &["conference-full"], After::HangUp(Cause::Busy));
        }
        if asks {
            self.ask_at_door(call, caller, &["conference-enter-pin"]);
        } else {
            self.join_conference(call, caller, number);
        }
    }

    fn ask_at_door(&mut self, call: CallRef, leg: LegId, keys: &[&str]) {
        self.timers.set(Timer::VisitOver(call), self.now + DOOR);
        self.prompt_for_keys(leg, keys);
    }

    /// A key at the door: the number of entry ends with `#`, or when it is as long as the right one.
    pub(crate) fn typed_at_door(
        &mut self,
        call: CallRef,
        leg: LegId,
        number: String,
        mut typed: String,
        tries: u8,
        digit: char,
    ) {
        let Some(pin) = self.config.conferences.get(&number).and_then(|c| c.pin.as_ref()).map(|p| p.0.clone()) else {
            return self.end_call(call, Cause::UnknownNumber, None); // it was removed meanwhile
        };
        if digit.is_ascii_digit() {
            typed.push(digit);
        }
        if digit != '#' && typed.len() < pin.len() {
            let visit = Visit::AtDoor { number, typed, tries };
            if let Some(c) = self.calls.get_mut(&call) {
                c.visit = Some(visit);
            }
            self.timers.set(Timer::VisitOver(call), self.now + DOOR);
            return;
        }
        // Security: as many steps whatever was typed, though three tries a call leave little to learn.
        let right = typed.len() == pin.len() && typed.bytes().zip(pin.bytes()).fold(0, |d, (a, b)| d | (a ^ b)) == 0;
        if right {
            return self.join_conference(call, leg, number);
        }
        self.call_note(call, format!("wrong number of entry for conference {number}"));
        if tries + 1 >= TRIES_MAX {
            if let Some(c) = self.calls.get_mut(&call) {
                c.visit = Some(Visit::Service);
            }
            return self.speak(leg, &["conference-wrong-pin", "goodbye"], After::HangUp(Cause::Forbidden));
        }
        if let Some(c) = self.calls.get_mut(&call) {
            c.visit = Some(Visit::AtDoor { number, typed: String::new(), tries: tries + 1 });
        }
        self.ask_at_door(call, leg, &["conference-wrong-pin", "conference-enter-pin"]);
    }

    /// Into the room.
    fn join_conference(&mut self, call: CallRef, leg: LegId, number: String) {
        let Some(stream) = self.legs.get(&leg).and_then(|l| l.audio.stream) else { return };
        let Some(conference) = self.config.conferences.get(&number) else { return };
        let entry_tones = conference.entry_tones;
        let opened = !self.conferences.open.contains_key(&number);
        if opened {
            let room = self.conferences.next_room();
            self.media(MediaCommand::OpenRoom { room, options: RoomOptions { entry_tones, ..RoomOptions::default() } });
            let new = OpenConference { room, members: Vec::new(), recording: None };
            self.conferences.open.insert(number.clone(), new);
        }
        let Some(open) = self.conferences.open.get_mut(&number) else { return };
        open.members.push(leg);
        let (room, alone) = (open.room, open.members.len() == 1);
        self.timers.cancel(Timer::VisitOver(call));
        if let Some(c) = self.calls.get_mut(&call) {
            c.visit = Some(Visit::Inside { number: number.clone() });
        }
        self.media(MediaCommand::Sink { stream, sink: Sink::Room(room, RoomRole::SPEAKER) });
        self.record_conference(call, &number);
        let mut keys = Vec::new();
        if self.conferences.open.get(&number).is_some_and(|o| o.recording.is_some()) && self.config.recording.announce {
            keys.push("recorded-call");
        }
        if alone {
            keys.push("conference-only-member");
        }
        if !keys.is_empty() {
            self.speak(leg, &keys, After::Nothing);
        }
    }

    /// The room is recorded as long as nobody in it may never be.
    fn record_conference(&mut self, call: CallRef, number: &str) {
        let Some(open) = self.conferences.open.get(number) else { return };
        let target = RecordedTarget::Conference(number);
        let mut verdict = dialplan::recording(&self.config, None, target);
        for member in &open.members {
            let from = self.legs.get(member).map(|l| l.party.number.as_str());
            let theirs = dialplan::recording(&self.config, from, target);
            if theirs.0 == RecordingRule::Never {
                verdict = theirs;
            }
        }
        let (rule, reason) = verdict;
        let Some(open) = self.conferences.open.get(number) else { return };
        match (rule, open.recording) {
            (RecordingRule::Always, None) => {
                let room = open.room;
                let name = self.config.conferences.get(number).map(|c| c.name.clone()).unwrap_or_default();
                let left = crate::record::Party { number: number.to_owned(), name };
                let recording = self.begin_recording(call, Recorded::Room(room), left, None, reason.to_string());
                if let Some(open) = self.conferences.open.get_mut(number) {
                    open.recording = Some(recording);
                }
            }
            (RecordingRule::Never, Some(recording)) => {
                self.call_note(call, reason.to_string());
                self.media(MediaCommand::StopRecording { recording });
                if let Some(open) = self.conferences.open.get_mut(number) {
                    open.recording = None;
                }
            }
            _ => {}
        }
    }

    /// The recording of a conference ended by itself.
    pub(crate) fn conference_recorded(&mut self, recording: RecordingId) {
        for open in self.conferences.open.values_mut() {
            open.recording.take_if(|r| *r == recording);
        }
    }

    /// A leg that was in a conference is over.
    pub(crate) fn leave_conference(&mut self, leg: LegId) {
        let call = self.legs.get(&leg).map(|l| l.call);
        let Some(Visit::Inside { number }) = call.and_then(|c| self.calls.get(&c)).and_then(|c| c.visit.clone()) else {
            return;
        };
        let Some(open) = self.conferences.open.get_mut(&number) else { return };
        open.members.retain(|member| *member != leg);
        match open.members.as_slice() {
            [] => {
                let (room, recording) = (open.room, open.recording);
                self.conferences.open.remove(&number);
                if let Some(recording) = recording {
                    self.media(MediaCommand::StopRecording { recording });
                }
                self.media(MediaCommand::CloseRoom { room });
            }
            [last] => {
                let last = *last;
                self.speak(last, &["conference-only-member"], After::Nothing);
            }
            _ => {}
        }
    }
}
