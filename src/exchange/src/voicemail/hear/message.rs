//! One message after the other: who left it and when, the message, and what can be done with it.

use base::{CallRef, LegId};
use media::control::PlayItem;
use voice::say;

use super::{Hearing, Next, State};
use crate::Exchange;
use crate::call::course::Asked;
use crate::call::play::prompts;
use crate::call::service::time_zone;
use crate::voicemail::fact::{Greeting, Mailed, Message, MessageState};
use crate::voicemail::greeting::recording;
use crate::voicemail::visit::{Guest, Keys, SILENCES_MAX, Step, menu};

/// Digits of a caller's number that are read out; longer ones are no telephone numbers.
const DIGITS_MAX: usize = 20;

impl Exchange {
    /// Plays the message that it is the turn of; from the menu's folder if that is gone.
    pub(super) fn play_message(&mut self, call: CallRef, leg: LegId, hearing: Hearing, first: &[&str]) -> Hearing {
        let id = hearing.list.get(hearing.at).copied();
        let Some((id, message)) = id.and_then(|id| Some((id, self.message(&hearing.mailbox, id)?))) else {
            // Deleted on a page meanwhile.
            return self.main_menu(call, leg, hearing, &["no-more-messages"]);
        };
        let mut items = self.words(leg, first);
        items.extend(self.claim(leg, &hearing.mailbox, id, &message));
        items.extend(self.introduction(leg, &hearing, &message));
        items.push(recording(&message.file));
        self.guest_hears(call, leg, items, Keys::Cut);
        hearing.into(State::Message { playing: true })
    }

    /// In a shared mailbox the first who listens sees to it; whoever comes later hears who that is.
    fn claim(&mut self, leg: LegId, mailbox: &str, id: u64, message: &Message) -> Vec<PlayItem> {
        let shared = self.mailbox(mailbox).is_some_and(|b| b.members.is_some());
        let Some(person) = self.person_at(leg).filter(|_| shared) else { return Vec::new() };
        match &message.claimed_by {
            None => {
                let claimed = Message { claimed_by: Some(person.clone()), by: person.clone(), ..message.clone() };
                self.put_message(mailbox, id, &claimed, &person);
                Vec::new()
            }
            Some(other) if *other != person && message.state != MessageState::Done => {
                let digits = say::digits(other);
                self.words(leg, ["message-claimed-by"].into_iter().chain(digits))
            }
            Some(_) => Vec::new(),
        }
    }

    /// Which one it is, from whom, and when it came.
    fn introduction(&self, leg: LegId, hearing: &Hearing, message: &Message) -> Vec<PlayItem> {
        let language = self.language(leg);
        let last = hearing.list.len().saturating_sub(1);
        let mut words: Vec<&str> = match hearing.at {
            0 if last == 0 => vec![],
            0 => vec!["first-message"],
            at if at == last => vec!["last-message"],
            _ => vec!["next-message"],
        };
        words.push("message-from");
        let mut items = prompts(language, &words);
        match self.mailbox_state(&message.from.number).greetings.get(&Greeting::Name) {
            Some(name) if self.mailbox(&message.from.number).is_some() => items.push(recording(name)),
            _ => {
                let number: String = message.from.number.chars().take(DIGITS_MAX).collect();
                let digits = say::digits(&number);
                let words = if digits.is_empty() { vec!["unknown-caller"] } else { digits };
                items.extend(prompts(language, words));
            }
        }
        let zone = time_zone(&self.config.system.time_zone);
        let civil = |at: base::WallTime| {
            jiff::Timestamp::from_millisecond(at.unix_ms()).unwrap_or_default().to_zoned(zone.clone())
        };
        let (at, now) = (civil(message.at), civil(self.wall()));
        let mut words = vec!["message-received"];
        if at.date() == now.date() {
            words.push("today");
        } else if now.date().yesterday().is_ok_and(|yesterday| at.date() == yesterday) {
            words.push("yesterday");
        } else {
            words.extend(say::date(language, at.date()));
        }
        words.extend(say::time(language, at.time()));
        items.extend(prompts(language, words));
        items
    }

    pub(super) fn message_step(
        &mut self,
        call: CallRef,
        leg: LegId,
        mut at: Hearing,
        playing: bool,
        step: Step,
    ) -> Option<Guest> {
        let Some(id) = at.list.get(at.at).copied() else {
            return Some(Guest::Hearing(self.main_menu(call, leg, at, &[])));
        };
        if playing && matches!(step, Step::Played | Step::Key('1'..='4' | '6'..='9' | '*')) {
            self.mark_heard(leg, &at.mailbox, id);
        }
        let hearing = match step {
            Step::Played if playing => self.message_choices(call, leg, at, &[]),
            Step::Played => {
                self.guest_waits(call);
                at
            }
            Step::Key('1') if self.is_shared(&at.mailbox) => self.finish_message(call, leg, at, id),
            Step::Key('3') => match self.call_back(call, leg, &at, id) {
                true => return None,
                false => self.message_choices(call, leg, at, &["not-allowed"]),
            },
            Step::Key('4') => {
                at.at = at.at.saturating_sub(1);
                self.play_message(call, leg, at, &[])
            }
            Step::Key('5') => self.play_message(call, leg, at, &[]),
            Step::Key('6') => self.next_message(call, leg, at, &[]),
            Step::Key('7') => self.toggle_deleted(call, leg, at, id),
            Step::Key('8') => {
                self.guest_asked(call, leg, &["enter-mailbox", "then-hash"]);
                at.into(State::Forwarding)
            }
            Step::Key('9') => {
                let person = self.person_at(leg).unwrap_or_else(|| at.mailbox.clone());
                let record = self.change_message(&at.mailbox, id, &person, |m| {
                    (m.state, m.deleted) = (MessageState::Saved, false);
                });
                self.wait_or(call, leg, at, record, ("message-saved", Next::Following))
            }
            Step::Key('*') => self.main_menu(call, leg, at, &[]),
            Step::Key(_) => self.message_choices(call, leg, at, &["invalid"]),
            Step::TimedOut if playing || at.silences >= SILENCES_MAX => self.go(call, leg, at, &["no-input"]),
            Step::TimedOut => {
                let silences = at.silences + 1;
                let again = self.message_choices(call, leg, at, &[]);
                Hearing { silences, ..again }
            }
            Step::Dictated(_) | Step::Durable(_) => at,
        };
        Some(Guest::Hearing(hearing))
    }

    /// What can be done with the message: only what can be done now is said.
    pub(super) fn message_choices(&mut self, call: CallRef, leg: LegId, hearing: Hearing, first: &[&str]) -> Hearing {
        let message = hearing.list.get(hearing.at).and_then(|id| self.message(&hearing.mailbox, *id));
        let Some(message) = message else { return self.main_menu(call, leg, hearing, &["no-more-messages"]) };
        let shared = self.is_shared(&hearing.mailbox) && message.state != MessageState::Done;
        let callable = self.person_at(leg).is_some() && !say::digits(&message.from.number).is_empty();
        let choices = [
            ("to-repeat", '5', true),
            ("for-next-message", '6', hearing.at + 1 < hearing.list.len()),
            ("to-delete", '7', !message.deleted),
            ("to-restore", '7', message.deleted),
            ("to-save", '9', message.state != MessageState::Saved),
            ("to-mark-done", '1', shared),
            ("to-forward", '8', true),
            ("to-call-back", '3', callable),
            ("for-previous-message", '4', hearing.at > 0),
            ("to-return", '*', true),
        ];
        let said: Vec<(&str, char)> = choices.into_iter().filter(|c| c.2).map(|(what, key, _)| (what, key)).collect();
        let keys: Vec<&str> = first.iter().copied().chain(menu(&said)).collect();
        self.guest_asked(call, leg, &keys);
        hearing.into(State::Message { playing: false })
    }

    /// The next message, or the menu where there is none.
    pub(super) fn next_message(&mut self, call: CallRef, leg: LegId, mut hearing: Hearing, first: &[&str]) -> Hearing {
        if hearing.at + 1 < hearing.list.len() {
            hearing.at += 1;
            return self.play_message(call, leg, hearing, first);
        }
        let first: Vec<&str> = first.iter().copied().chain(["no-more-messages"]).collect();
        self.main_menu(call, leg, hearing, &first)
    }

    fn is_shared(&self, mailbox: &str) -> bool {
        self.config.mailboxes.contains_key(mailbox)
    }

    /// It was heard: it is new no longer.
    fn mark_heard(&mut self, leg: LegId, mailbox: &str, id: u64) {
        let person = self.person_at(leg).unwrap_or_else(|| mailbox.to_owned());
        if self.message(mailbox, id).is_some_and(|m| m.state == MessageState::New) {
            self.change_message(mailbox, id, &person, |m| m.state = MessageState::Read);
        }
    }

    /// Changes a message; the number of the record, none if it is no more.
    pub(in crate::voicemail) fn change_message(
        &mut self,
        mailbox: &str,
        id: u64,
        by: &str,
        change: impl FnOnce(&mut Message),
    ) -> Option<u64> {
        let mut message = self.message(mailbox, id)?;
        change(&mut message);
        by.clone_into(&mut message.by);
        Some(self.put_message(mailbox, id, &message, by))
    }

    fn wait_or(
        &mut self,
        call: CallRef,
        leg: LegId,
        hearing: Hearing,
        record: Option<u64>,
        then: (&'static str, Next),
    ) -> Hearing {
        match record {
            Some(record) => self.wait_for(call, leg, hearing, record, then),
            None => self.main_menu(call, leg, hearing, &["no-more-messages"]),
        }
    }

    /// What it asked for is done.
    fn finish_message(&mut self, call: CallRef, leg: LegId, at: Hearing, id: u64) -> Hearing {
        let person = self.person_at(leg).unwrap_or_else(|| at.mailbox.clone());
        let record = self.change_message(&at.mailbox, id, &person, |m| m.state = MessageState::Done);
        self.wait_or(call, leg, at, record, ("message-done", Next::Following))
    }

    /// Deleted, and back again by the same key as long as one stays.
    fn toggle_deleted(&mut self, call: CallRef, leg: LegId, at: Hearing, id: u64) -> Hearing {
        let person = self.person_at(leg).unwrap_or_else(|| at.mailbox.clone());
        let mut said = "message-deleted";
        let record = self.change_message(&at.mailbox, id, &person, |m| {
            m.deleted = !m.deleted;
            said = if m.deleted { "message-deleted" } else { "message-restored" };
        });
        self.wait_or(call, leg, at, record, (said, Next::Choices))
    }

    /// Calls whoever left the message, with the rights of the phone at hand, never with those of the mailbox: a
    /// stranger with a PIN calls nobody. False if that cannot be.
    fn call_back(&mut self, call: CallRef, leg: LegId, at: &Hearing, id: u64) -> bool {
        let Some(message) = self.message(&at.mailbox, id) else { return false };
        let Some(extension) = self.legs.get(&leg).and_then(|l| l.extension()).map(str::to_owned) else { return false };
        let number = message.from.number;
        if say::digits(&number).is_empty() {
            return false;
        }
        self.stop_playing(leg);
        self.guest_gone(call);
        self.heard(at);
        self.call_note(call, format!("calls back {number}, who left a message"));
        if let Some(c) = self.calls.get_mut(&call) {
            c.visit = Some(crate::call::service::Visit::Service);
        }
        self.send_caller(call, Asked::by_extension(&extension, &number));
        true
    }

    /// A step of somebody who types the mailbox that a message is forwarded to.
    pub(super) fn forward_step(&mut self, call: CallRef, leg: LegId, mut at: Hearing, step: Step) -> Hearing {
        match step {
            Step::Key(key) if key.is_ascii_digit() => {
                at.type_digit(key);
                self.guest_waits(call);
                at
            }
            Step::Key('*') => self.message_choices(call, leg, at, &[]),
            Step::Key('#') => self.forward(call, leg, at),
            Step::TimedOut if !at.typed.0.is_empty() => self.forward(call, leg, at),
            Step::TimedOut => self.message_choices(call, leg, at, &[]),
            Step::Played => {
                self.guest_waits(call);
                at
            }
            Step::Key(_) | Step::Dictated(_) | Step::Durable(_) => at,
        }
    }

    /// A copy goes into another mailbox; both name the same file.
    fn forward(&mut self, call: CallRef, leg: LegId, at: Hearing) -> Hearing {
        let to = at.typed.0.clone();
        let message = at.list.get(at.at).and_then(|id| self.message(&at.mailbox, *id));
        let Some(message) = message else { return self.main_menu(call, leg, at, &["no-more-messages"]) };
        if to == at.mailbox || self.mailbox(&to).is_none() {
            return self.message_choices(call, leg, at, &["mailbox-unknown"]);
        }
        if self.is_full(&to) {
            return self.message_choices(call, leg, at, &["voicemail-full"]);
        }
        let person = self.person_at(leg).unwrap_or_else(|| at.mailbox.clone());
        let copy = Message {
            state: MessageState::New,
            by: person.clone(),
            claimed_by: None,
            note: String::new(),
            deleted: false,
            mailed: Mailed::No,
            ..message
        };
        *self.voicemail.copies.entry(copy.file.clone()).or_default() += 1;
        let id = self.new_recording_id().0;
        let record = self.deliver(&to, id, copy, &person);
        self.wait_for(call, leg, at, record, ("message-sent", Next::Choices))
    }
}
