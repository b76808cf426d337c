//! Who comes to a mailbox, and whether it opens.

use base::{CallRef, LegId};
use dialplan::Mailbox;

use super::hear::Hearing;
use super::pin::TRIES_MAX;
use super::visit::{Guest, SILENCES_MAX, Step};
use crate::Exchange;
use crate::call::service::Visit;
use crate::leg::Side;

/// Digits of a mailbox or a PIN at most; more are nobody's.
pub(super) const TYPED_MAX: usize = 20;

/// What is typed at the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Door {
    /// The mailbox's number.
    Number,
    /// Its PIN, after so many wrong ones.
    Pin(u8),
}

impl Exchange {
    /// A caller comes to a mailbox.
    pub(crate) fn enter_mailbox(&mut self, call: CallRef, caller: LegId, visit: Mailbox) {
        match visit {
            Mailbox::Leave { mailbox, why } => self.begin_leaving(call, caller, mailbox, why),
            Mailbox::Listen { mailbox, ask_pin } => self.begin_hearing(call, caller, mailbox, ask_pin),
        }
    }

    fn begin_hearing(&mut self, call: CallRef, leg: LegId, mailbox: Option<String>, ask_pin: bool) {
        let hearing = Hearing::at(mailbox.clone().unwrap_or_default());
        let visit = Visit::Mailbox(Box::new(Guest::Hearing(hearing.clone())));
        if !self.answer_visit(call, leg, visit, "Voicemail") {
            return;
        }
        let hearing = match mailbox {
            None => self.ask_number(call, leg, hearing),
            Some(mailbox) if ask_pin || !self.opens_to(leg, &mailbox) => self.ask_pin(call, leg, hearing),
            Some(_) => self.open(call, leg, hearing),
        };
        if let Some(c) = self.calls.get_mut(&call).filter(|c| !c.is_over()) {
            c.visit = Some(Visit::Mailbox(Box::new(Guest::Hearing(hearing))));
        }
    }

    /// Whose phone it is: its extension, or who sits there.
    pub(super) fn person_at(&self, leg: LegId) -> Option<String> {
        let Side::Extension(phone) = &self.legs.get(&leg)?.side else { return None };
        Some(self.facts.state.seats.get(phone).map_or(phone, |seat| &seat.extension).clone())
    }

    /// Whether it opens to this phone without a PIN.
    fn opens_to(&self, leg: LegId, mailbox: &str) -> bool {
        let Some(person) = self.person_at(leg) else { return false };
        let Some(info) = self.mailbox(mailbox) else { return false };
        let theirs = match info.members {
            Some(members) => members.contains(&person),
            None => person == mailbox,
        };
        theirs && !self.mailbox_state(mailbox).pin_always
    }

    pub(super) fn ask_number(&mut self, call: CallRef, leg: LegId, mut hearing: Hearing) -> Hearing {
        self.guest_asked(call, leg, &["enter-mailbox", "then-hash"]);
        hearing.ask(Door::Number);
        hearing
    }

    pub(super) fn ask_pin(&mut self, call: CallRef, leg: LegId, mut hearing: Hearing) -> Hearing {
        // Said to colleagues only; a stranger is asked, and is always wrong.
        let inside = self.person_at(leg).is_some();
        let exists = self.mailbox(&hearing.mailbox).is_some();
        if inside && exists && !self.has_pin(&hearing.mailbox) {
            self.guest_leaves(call, leg, &["mailbox-no-pin"]);
            hearing.go();
            return hearing;
        }
        self.guest_asked(call, leg, &["enter-pin", "then-hash"]);
        hearing.ask(Door::Pin(0));
        hearing
    }

    /// A step of somebody at the door.
    pub(super) fn door_step(
        &mut self,
        call: CallRef,
        leg: LegId,
        mut hearing: Hearing,
        door: Door,
        step: Step,
    ) -> Hearing {
        match (door, step) {
            (_, Step::Key(key)) if key.is_ascii_digit() => {
                hearing.type_digit(key);
                self.guest_waits(call);
                hearing
            }
            (Door::Pin(_), Step::Key('*')) => self.ask_number(call, leg, hearing),
            (_, Step::Key('#')) => self.typed_at_mailbox(call, leg, hearing, door),
            (_, Step::TimedOut) if !hearing.typed.0.is_empty() => self.typed_at_mailbox(call, leg, hearing, door),
            (_, Step::TimedOut) if hearing.silences >= SILENCES_MAX => self.go(call, leg, hearing, &["no-input"]),
            (_, Step::TimedOut) => {
                hearing.silences += 1;
                let keys = match door {
                    Door::Number => ["enter-mailbox", "then-hash"],
                    Door::Pin(_) => ["enter-pin", "then-hash"],
                };
                self.guest_asked(call, leg, &keys);
                hearing
            }
            (_, Step::Played) => {
                self.guest_waits(call);
                hearing
            }
            (_, Step::Key(_) | Step::Dictated(_) | Step::Durable(_)) => hearing,
        }
    }

    fn typed_at_mailbox(&mut self, call: CallRef, leg: LegId, mut hearing: Hearing, door: Door) -> Hearing {
        let typed = std::mem::take(&mut hearing.typed).0;
        hearing.silences = 0;
        match door {
            Door::Number if typed.is_empty() => self.ask_number(call, leg, hearing),
            Door::Number => {
                hearing.mailbox = typed;
                self.ask_pin(call, leg, hearing)
            }
            Door::Pin(wrong) => self.pin_typed(call, leg, hearing, wrong, &typed),
        }
    }

    fn pin_typed(&mut self, call: CallRef, leg: LegId, mut hearing: Hearing, wrong: u8, typed: &str) -> Hearing {
        let mailbox = hearing.mailbox.clone();
        if self.is_locked(&mailbox) {
            self.call_note(call, format!("mailbox {mailbox} is locked after wrong PINs"));
            return self.go(call, leg, hearing, &["mailbox-locked"]);
        }
        // Compared also where there is no such mailbox: what is heard is the same.
        if self.pin_is_right(&mailbox, typed) {
            self.pin_succeeded(&mailbox);
            return self.open(call, leg, hearing);
        }
        self.pin_failed(&mailbox);
        self.call_note(call, format!("wrong PIN for mailbox {mailbox}"));
        if wrong + 1 >= TRIES_MAX {
            return self.go(call, leg, hearing, &["wrong-pin", "too-many-attempts"]);
        }
        self.guest_asked(call, leg, &["wrong-pin", "enter-pin", "then-hash"]);
        hearing.ask(Door::Pin(wrong + 1));
        hearing
    }
}
