//! Who leads a conference: the others wait for them, and they have keys that the others have not.
//!
//! `*` and a key, as phones elsewhere have it: 1 one's own microphone, 5 how many there are; for who leads also 2 lock,
//! 3 remove who came last, 4 everybody else's microphone, 0 the end.

use base::{CallRef, LegId};
use media::control::{Audience, MediaCommand, PlayList, RoomRole, Sink};
use voice::say;
use voice::word::Thing;

use super::conference::{OpenConference, Role};
use super::play::{After, prompts};
use super::service::Visit;
use crate::Exchange;
use crate::record::Cause;

/// Prompts of the menu with their keys, and whether only who leads has them.
const MENU: [(&str, char, bool); 6] = [
    ("to-mute-yourself", '1', false),
    ("to-lock", '2', true),
    ("to-remove-last", '3', true),
    ("to-mute-all", '4', true),
    ("to-hear-how-many", '5', false),
    ("to-end-conference", '0', true),
];

/// Whether a typed number is the right one, in as many steps whatever was typed.
pub(super) fn is_pin(typed: &str, pin: &str) -> bool {
    typed.len() == pin.len() && typed.bytes().zip(pin.bytes()).fold(0, |d, (a, b)| d | (a ^ b)) == 0
}

impl OpenConference {
    /// What a member may do in the room now.
    fn role_in_room(&self, leg: LegId) -> RoomRole {
        let is_host = self.hosts.contains(&leg);
        let muted = self.muted.contains(&leg) || (self.all_muted && !is_host);
        RoomRole { heard_by: if muted { Audience::Nobody } else { Audience::All }, hears: true }
    }

    /// Nobody waits any more who is not there.
    pub(super) fn forget(&mut self, leg: LegId) {
        self.members.retain(|member| *member != leg);
        self.hosts.retain(|host| *host != leg);
        self.waiting.retain(|waiting| *waiting != leg);
        self.muted.remove(&leg);
        self.at_menu.remove(&leg);
    }
}

impl Exchange {
    /// Whether a newcomer has to wait for who leads.
    pub(super) fn waits_for_host(&self, number: &str, role: Role) -> bool {
        role == Role::Guest
            && self.config.conferences.get(number).is_some_and(|c| c.wait_for_moderator && c.moderator_pin.is_some())
            && self.conferences.open(number).is_none_or(|open| open.hosts.is_empty())
    }

    /// Music until who leads is there; now and then it says why.
    pub(super) fn hear_waiting_music(&mut self, leg: LegId) {
        let mut items = prompts(self.language(leg), ["conference-waiting-for-host"]);
        items.extend(self.music(config::MUSIC_DEFAULT).items);
        self.play(leg, PlayList { items, repeat: true, ..PlayList::default() }, After::Nothing);
    }

    /// Who leads has come: those who waited come in.
    pub(super) fn admit_waiting(&mut self, number: &str) {
        let Some(open) = self.conferences.open_mut(number) else { return };
        for leg in std::mem::take(&mut open.waiting) {
            self.stop_playing(leg);
            self.seat_member(leg, number);
        }
    }

    /// A member has its place in the room, as it may speak now.
    pub(super) fn seat_member(&mut self, leg: LegId, number: &str) {
        let Some(stream) = self.legs.get(&leg).and_then(|l| l.audio.stream) else { return };
        let Some(open) = self.conferences.open(number).filter(|open| !open.waiting.contains(&leg)) else { return };
        let sink = Sink::Room(open.room, open.role_in_room(leg));
        self.media(MediaCommand::Sink { stream, sink });
    }

    /// A key of somebody in a conference.
    pub(crate) fn member_pressed(&mut self, call: CallRef, leg: LegId, number: &str, digit: char) {
        if !self.config.conferences.contains_key(number) {
            return; // three who came together in a call have no menu
        }
        let Some(open) = self.conferences.open_mut(number).filter(|open| !open.waiting.contains(&leg)) else { return };
        let leads = open.hosts.contains(&leg);
        if !open.at_menu.remove(&leg) {
            if digit == '*' {
                open.at_menu.insert(leg);
                let key = |c: char| say::digits(c.encode_utf8(&mut [0; 4]));
                let choices = MENU.iter().filter(|(.., hosts_only)| leads || !hosts_only);
                let said: Vec<&str> =
                    choices.flat_map(|(what, c, _)| [*what, "press"].into_iter().chain(key(*c))).collect();
                self.prompt_for_keys(leg, &said);
            }
            return;
        }
        self.stop_playing(leg);
        match (digit, leads) {
            ('1', _) => self.mute_member(leg, number),
            ('5', _) => self.say_how_many(leg, number),
            ('2', true) => self.lock_conference(call, leg, number),
            ('3', true) => self.remove_last(call, leg, number),
            ('4', true) => self.mute_others(call, leg, number),
            ('0', true) => {
                self.call_note(call, format!("ended conference {number}"));
                self.end_conference(number);
            }
            ('*', _) => {}
            _ => self.speak(leg, &["invalid"], After::Nothing),
        }
    }

    fn mute_member(&mut self, leg: LegId, number: &str) {
        let Some(open) = self.conferences.open_mut(number) else { return };
        let muted = !open.muted.remove(&leg);
        if muted {
            open.muted.insert(leg);
        }
        self.seat_member(leg, number);
        self.speak(leg, &[if muted { "conference-muted" } else { "conference-unmuted" }], After::Nothing);
    }

    fn mute_others(&mut self, call: CallRef, leg: LegId, number: &str) {
        let Some(open) = self.conferences.open_mut(number) else { return };
        open.all_muted = !open.all_muted;
        let (muted, members) = (open.all_muted, open.members.clone());
        for member in members.into_iter().filter(|member| *member != leg) {
            self.seat_member(member, number);
        }
        let word = if muted { "muted" } else { "let speak again" };
        self.call_note(call, format!("everybody in conference {number} was {word}"));
        self.speak(leg, &[if muted { "conference-all-muted" } else { "conference-all-unmuted" }], After::Nothing);
    }

    fn lock_conference(&mut self, call: CallRef, leg: LegId, number: &str) {
        let Some(open) = self.conferences.open_mut(number) else { return };
        open.locked = !open.locked;
        let locked = open.locked;
        self.call_note(call, format!("conference {number} was {}", if locked { "locked" } else { "opened again" }));
        self.speak(leg, &[if locked { "conference-locked" } else { "conference-unlocked" }], After::Nothing);
    }

    fn say_how_many(&mut self, leg: LegId, number: &str) {
        let Some(open) = self.conferences.open(number) else { return };
        let count = (open.members.len() - open.waiting.len().min(open.members.len())) as i64;
        let language = self.language(leg);
        let mut words = vec!["conference-participants"];
        words.extend(say::count(language, count, Thing::Participant));
        self.speak(leg, &words, After::Nothing);
    }

    /// The last one who came goes, but nobody who leads.
    fn remove_last(&mut self, call: CallRef, leg: LegId, number: &str) {
        let Some(open) = self.conferences.open(number) else { return };
        let last = open.members.iter().rev().find(|member| !open.hosts.contains(member)).copied();
        let Some(last) = last else { return self.speak(leg, &["conference-only-member"], After::Nothing) };
        let who = self.number_of(last);
        self.call_note(call, format!("removed {who} from conference {number}"));
        self.show_out(last, "conference-removed");
        self.speak(leg, &["conference-last-removed"], After::Nothing);
    }

    /// A member hears why, out of the room already, and is let go.
    fn show_out(&mut self, leg: LegId, why: &str) {
        let Some(call) = self.legs.get(&leg).map(|l| l.call) else { return };
        if let Some(stream) = self.legs.get(&leg).and_then(|l| l.audio.stream) {
            self.media(MediaCommand::Sink { stream, sink: Sink::None });
        }
        self.stop_playing(leg);
        self.leave_conference(leg);
        if let Some(c) = self.calls.get_mut(&call) {
            c.visit = Some(Visit::Service);
        }
        self.speak(leg, &[why, "goodbye"], After::HangUp(Cause::NormalClearing));
    }

    /// Everybody is let go.
    pub(super) fn end_conference(&mut self, number: &str) {
        let Some(open) = self.conferences.open_mut(number) else { return };
        // Whoever leads goes with the others: nobody is told that he is alone now.
        open.ending = true;
        for member in open.members.clone() {
            self.show_out(member, "conference-ended");
        }
    }
}
