//! Conferences: rooms that people dial into.

use std::collections::{BTreeMap, BTreeSet};

use base::{CallRef, Duration, LegId, RecordingId, RoomId};
use config::RecordingRule;
use dialplan::RecordedTarget;
use media::control::{MediaCommand, Recorded, RoomOptions};

use crate::call::moderator::is_pin;
use crate::call::play::After;
use crate::call::service::Visit;
use crate::record::Cause;
use crate::subscribe::Resource;
use crate::{Exchange, Timer};

/// The conferences that somebody is in, by number.
#[derive(Debug, Default)]
pub(crate) struct Conferences {
    last_room: u32,
    open: BTreeMap<String, OpenConference>,
}

/// A conference that somebody is in.
#[derive(Debug)]
pub(super) struct OpenConference {
    pub(super) room: RoomId,
    /// In the order in which they came, those who wait included.
    pub(super) members: Vec<LegId>,
    /// Those who lead it.
    pub(super) hosts: Vec<LegId>,
    /// Those who wait until somebody leads it; they are not in the room yet.
    pub(super) waiting: Vec<LegId>,
    /// Those who switched their microphones off.
    pub(super) muted: BTreeSet<LegId>,
    /// Those who are asked what they want.
    pub(super) at_menu: BTreeSet<LegId>,
    /// Only who leads is heard.
    pub(super) all_muted: bool,
    /// Nobody comes in but who leads.
    pub(super) locked: bool,
    /// It ends: everybody is being let go.
    pub(super) ending: bool,
    recording: Option<RecordingId>,
}

/// As what somebody comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Leads it.
    Host,
    /// All others.
    Guest,
}

/// Whoever types nothing at the door for so long is let go.
const DOOR: Duration = Duration::from_secs(30);
/// The names of rooms that no document knows begin so.
const AD_HOC: &str = "three-way ";
/// Wrong numbers of entry before the box hangs up.
const TRIES_MAX: u8 = 3;

impl Conferences {
    /// A room that never was before.
    pub(crate) fn next_room(&mut self) -> RoomId {
        self.last_room = self.last_room.wrapping_add(1);
        RoomId(self.last_room)
    }

    /// What the room is known by that three who talk come into next.
    pub(crate) fn ad_hoc(&self) -> String {
        format!("{AD_HOC}{}", self.last_room.wrapping_add(1))
    }

    /// Whether somebody is in it.
    pub(crate) fn is_open(&self, number: &str) -> bool {
        self.open.contains_key(number)
    }

    pub(super) fn open(&self, number: &str) -> Option<&OpenConference> {
        self.open.get(number)
    }

    pub(super) fn open_mut(&mut self, number: &str) -> Option<&mut OpenConference> {
        self.open.get_mut(number)
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
        let asks = conference.pin.is_some() || conference.moderator_pin.is_some();
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
            self.come_in(call, caller, number, Role::Guest);
        }
    }

    fn ask_at_door(&mut self, call: CallRef, leg: LegId, keys: &[&str]) {
        self.timers.set(Timer::VisitOver(call), self.now + DOOR);
        self.prompt_for_keys(leg, keys);
    }

    /// A key at the door: the number of entry ends with `#`, or when it is as long as the longest right one. Where
    /// only who leads has one, `#` alone lets the others in.
    pub(crate) fn typed_at_door(
        &mut self,
        call: CallRef,
        leg: LegId,
        number: String,
        mut typed: String,
        tries: u8,
        digit: char,
    ) {
        let Some(conference) = self.config.conferences.get(&number) else {
            return self.end_call(call, Cause::UnknownNumber, None); // it was removed meanwhile
        };
        let text = |pin: &Option<base::Redacted<String>>| pin.as_ref().map(|p| p.0.clone());
        let (pin, hosts) = (text(&conference.pin), text(&conference.moderator_pin));
        let longest = [&pin, &hosts].into_iter().flatten().map(String::len).max().unwrap_or(0);
        if digit.is_ascii_digit() {
            typed.push(digit);
        }
        if digit != '#' && typed.len() < longest {
            let visit = Visit::AtDoor { number, typed, tries };
            if let Some(c) = self.calls.get_mut(&call) {
                c.visit = Some(visit);
            }
            self.timers.set(Timer::VisitOver(call), self.now + DOOR);
            return;
        }
        // Security: as many steps whatever was typed, though three tries a call leave little to learn.
        let (as_host, as_guest) = (hosts.map(|p| is_pin(&typed, &p)), pin.map(|p| is_pin(&typed, &p)));
        match (as_host, as_guest) {
            (Some(true), _) => return self.come_in(call, leg, number, Role::Host),
            (_, Some(true)) => return self.come_in(call, leg, number, Role::Guest),
            (_, None) if typed.is_empty() => return self.come_in(call, leg, number, Role::Guest),
            _ => {}
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

    /// Somebody who may come in, unless it is locked.
    fn come_in(&mut self, call: CallRef, leg: LegId, number: String, role: Role) {
        if role == Role::Guest && self.conferences.open(&number).is_some_and(|open| open.locked) {
            self.timers.cancel(Timer::VisitOver(call));
            self.call_note(call, format!("conference {number} is locked"));
            if let Some(c) = self.calls.get_mut(&call) {
                c.visit = Some(Visit::Service);
            }
            return self.speak(leg, &["conference-locked", "goodbye"], After::HangUp(Cause::Busy));
        }
        self.join_as(call, leg, number, role);
    }

    /// Into the room of a conference, or of three who came together in a call.
    pub(crate) fn join_room(&mut self, call: CallRef, leg: LegId, number: String) {
        self.join_as(call, leg, number, Role::Guest);
    }

    fn join_as(&mut self, call: CallRef, leg: LegId, number: String, role: Role) {
        if self.legs.get(&leg).is_none_or(|l| l.audio.stream.is_none()) {
            return;
        }
        let waits = self.waits_for_host(&number, role);
        let entry_tones = self.config.conferences.get(&number).is_some_and(|c| c.entry_tones);
        let opened = !self.conferences.open.contains_key(&number);
        if opened {
            let room = self.conferences.next_room();
            self.media(MediaCommand::OpenRoom { room, options: RoomOptions { entry_tones, ..RoomOptions::default() } });
            let new = OpenConference {
                room,
                members: Vec::new(),
                hosts: Vec::new(),
                waiting: Vec::new(),
                muted: BTreeSet::new(),
                at_menu: BTreeSet::new(),
                all_muted: false,
                locked: false,
                ending: false,
                recording: None,
            };
            self.conferences.open.insert(number.clone(), new);
        }
        let Some(open) = self.conferences.open.get_mut(&number) else { return };
        open.members.push(leg);
        match (role, waits) {
            (Role::Host, _) => open.hosts.push(leg),
            (Role::Guest, true) => open.waiting.push(leg),
            (Role::Guest, false) => {}
        }
        let alone = open.members.len() == 1;
        self.watch_changed(Resource::Conference(number.as_str().into()));
        self.timers.cancel(Timer::VisitOver(call));
        if let Some(c) = self.calls.get_mut(&call) {
            c.visit = Some(Visit::Inside { number: number.clone() });
            c.recall = None;
        }
        if waits {
            return self.hear_waiting_music(leg);
        }
        self.seat_member(leg, &number);
        if role == Role::Host {
            self.admit_waiting(&number);
        }
        self.record_conference(call, &number);
        let mut keys = Vec::new();
        if self.conferences.open.get(&number).is_some_and(|o| o.recording.is_some()) && self.config.recording.announce {
            keys.push("recorded-call");
        }
        if alone && !number.starts_with(AD_HOC) {
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
        self.watch_changed(Resource::Conference(number.as_str().into()));
        let waits = self.config.conferences.get(&number).is_some_and(|c| c.wait_for_moderator);
        let Some(open) = self.conferences.open.get_mut(&number) else { return };
        let led = !open.hosts.is_empty();
        open.forget(leg);
        let (ending, unled) = (open.ending, led && open.hosts.is_empty());
        match open.members.as_slice() {
            _ if ending && !open.members.is_empty() => {}
            [_, ..] if waits && unled => self.end_conference(&number),
            [] => {
                let (room, recording) = (open.room, open.recording);
                self.conferences.open.remove(&number);
                if let Some(recording) = recording {
                    self.media(MediaCommand::StopRecording { recording });
                }
                self.media(MediaCommand::CloseRoom { room });
            }
            [last] if open.waiting.contains(last) => {}
            [last] => {
                let last = *last;
                if number.starts_with(AD_HOC) {
                    let call = self.legs.get(&last).map(|l| l.call);
                    return call.into_iter().for_each(|call| self.end_call(call, Cause::NormalClearing, None));
                }
                self.speak(last, &["conference-only-member"], After::Nothing);
            }
            _ => {}
        }
    }
}
