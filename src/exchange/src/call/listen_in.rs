//! Listening in: a supervisor hears a call, whispers to the extension that was named, or joins in.
//!
//! While somebody listens, the two parties talk in a room; afterwards directly again.

use base::{CallRef, LegId};
use media::control::{Audience, MediaCommand, RoomOptions, RoomRole};

use crate::Exchange;
use crate::call::Phase;
use crate::call::service::Visit;
use crate::record::Cause;

impl Exchange {
    /// A supervisor has dialled the code and an extension.
    pub(crate) fn listen_in(&mut self, call: CallRef, caller: LegId, target: &str) {
        // The call that began last is the one that the extension talks in now: others are on hold.
        let heard = self.calls.iter().rev().find_map(|(id, c)| match c.phase {
            Phase::Bridged(a, b) => {
                let is = |leg: &LegId| self.legs.get(leg).is_some_and(|l| l.party.number == target);
                [a, b].into_iter().find(is).map(|leg| (*id, leg))
            }
            _ => None,
        });
        let Some((heard, leg)) = heard else {
            self.call_note(call, format!("{target} is in no call that could be listened to"));
            return self.end_call(call, Cause::Unregistered, None);
        };
        let by = self.number_of(caller);
        let visit = Visit::ListeningIn { call: heard, leg };
        if !self.answer_visit(call, caller, visit, &format!("Listening to {target}")) {
            return;
        }
        self.call_note(heard, format!("{by} listens in"));
        self.call_note(call, format!("listens to call {heard}"));
        let room = self.room_of_call(heard);
        self.seat(caller, room, RoomRole::LISTENER);
    }

    /// The room in which a call's parties talk, opened if there is none yet.
    fn room_of_call(&mut self, call: CallRef) -> base::RoomId {
        if let Some(room) = self.calls.get(&call).and_then(|c| c.room) {
            return room;
        }
        let room = self.conferences.next_room();
        self.media(MediaCommand::OpenRoom {
            room,
            options: RoomOptions { even_levels: false, ..RoomOptions::default() },
        });
        if let Some(c) = self.calls.get_mut(&call) {
            c.room = Some(room);
            if let Phase::Bridged(a, b) = c.phase {
                self.connect_audio(a, b);
            }
        }
        room
    }

    /// `4` listens, `5` whispers to the extension that was named, `6` speaks to both.
    pub(crate) fn listener_pressed(&mut self, leg: LegId, heard: CallRef, target: LegId, digit: char) {
        let Some(room) = self.calls.get(&heard).and_then(|c| c.room) else { return };
        let whisper = self.legs.get(&target).and_then(|l| l.audio.stream).map(Audience::Only);
        let (heard_by, word) = match digit {
            '4' => (Audience::Nobody, "listens"),
            '5' => (whisper.unwrap_or(Audience::Nobody), "whispers"),
            '6' => (Audience::All, "speaks to both"),
            _ => return,
        };
        let by = self.number_of(leg);
        self.call_note(heard, format!("{by} {word}"));
        self.seat(leg, room, RoomRole { heard_by, hears: true });
    }

    /// Who listens to `call` now.
    fn listeners(&self, call: CallRef) -> Vec<CallRef> {
        let listens = |c: &crate::call::Call| {
            !c.is_over() && matches!(c.visit, Some(Visit::ListeningIn { call: heard, .. }) if heard == call)
        };
        self.calls.iter().filter(|(_, c)| listens(c)).map(|(id, _)| *id).collect()
    }

    /// A call is over: if it listened in, the others talk directly again once nobody else listens; if it was
    /// listened to, its listeners are let go.
    pub(crate) fn end_listening(&mut self, call: CallRef) {
        let Some(c) = self.calls.get_mut(&call) else { return };
        let room = c.room.take();
        let listened_to = match c.visit {
            Some(Visit::ListeningIn { call: heard, .. }) => Some(heard),
            _ => None,
        };
        if let Some(room) = room {
            for listener in self.listeners(call) {
                self.end_call(listener, Cause::NormalClearing, None);
            }
            self.media(MediaCommand::CloseRoom { room });
        }
        let Some(heard) = listened_to.filter(|heard| self.listeners(*heard).is_empty()) else { return };
        let Some(c) = self.calls.get_mut(&heard) else { return };
        if let Some(room) = c.room.take() {
            if let Phase::Bridged(a, b) = c.phase {
                self.connect_audio(a, b);
            }
            self.media(MediaCommand::CloseRoom { room });
        }
    }
}
