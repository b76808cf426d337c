//! Somebody hears messages: the door, the menu, message by message, and what the owner may set.

mod message;
mod options;

use base::{CallRef, LegId, Redacted};
use media::control::PlayItem;
use voice::word::Thing;
use voice::{Language, say};

use super::access::{Door, TYPED_MAX};
use super::visit::{Guest, Keys, SILENCES_MAX, Step, menu};
use crate::Exchange;
use crate::call::play::prompts;
use crate::voicemail::fact::Message;
use options::Setting;

/// Where somebody stands who hears messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hearing {
    pub(super) mailbox: String,
    state: State,
    /// Digits of a number or a PIN.
    pub(super) typed: Redacted<String>,
    /// Questions in a row that nobody answered.
    pub(super) silences: u8,
    /// The messages that are gone through, and which is the one now.
    list: Vec<u64>,
    at: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// Not let in yet.
    Door(Door),
    /// In the menu.
    Menu,
    /// At a message: hears it, or what can be done with it.
    Message { playing: bool },
    /// Types the mailbox that a message is forwarded to.
    Forwarding,
    /// Sets something.
    Setting(Setting),
    /// Something is on its way to the disk; then this is said, and this comes next.
    Waiting { said: &'static str, next: Next },
    /// Hears the last words.
    Going,
}

/// What comes after something is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// The choices at the message.
    Choices,
    /// The next message.
    Following,
    /// What can be set.
    Options,
}

/// Which messages are gone through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Folder {
    New,
    Saved,
}

const MENU: [(&str, char); 4] =
    [("for-new-messages", '1'), ("for-saved-messages", '2'), ("for-options", '0'), ("to-finish", '#')];

impl Hearing {
    /// Somebody at the door of a mailbox.
    pub(super) fn at(mailbox: String) -> Hearing {
        let (typed, list) = (Redacted(String::new()), Vec::new());
        Hearing { mailbox, state: State::Door(Door::Number), typed, silences: 0, list, at: 0 }
    }

    pub(super) fn ask(&mut self, door: Door) {
        self.state = State::Door(door);
        self.typed.0.clear();
    }

    pub(super) fn go(&mut self) {
        self.state = State::Going;
    }

    /// Takes a digit; too many are as good as wrong ones.
    pub(super) fn type_digit(&mut self, digit: char) {
        if self.typed.0.len() < TYPED_MAX {
            self.typed.0.push(digit);
        }
    }

    fn into(mut self, state: State) -> Hearing {
        (self.state, self.silences) = (state, 0);
        self.typed.0.clear();
        self
    }
}

impl Exchange {
    pub(super) fn hear_step(&mut self, call: CallRef, leg: LegId, mut at: Hearing, step: Step) -> Option<Guest> {
        if let Step::Key(_) = step {
            at.silences = 0;
        }
        let state = at.state.clone();
        let hearing = match (state, step) {
            (State::Door(door), step) => self.door_step(call, leg, at, door, step),
            (State::Menu, Step::Key('1')) => self.open_folder(call, leg, at, Folder::New),
            (State::Menu, Step::Key('2')) => self.open_folder(call, leg, at, Folder::Saved),
            (State::Menu, Step::Key('0')) => self.options(call, leg, at, &[]),
            (State::Menu | State::Message { .. }, Step::Key('#')) => self.go(call, leg, at, &[]),
            (State::Menu, Step::Key(key)) => {
                let first: &[&str] = if key == '*' { &[] } else { &["invalid"] };
                self.main_menu(call, leg, at, first)
            }
            (State::Menu, Step::TimedOut) if at.silences < SILENCES_MAX => {
                at.silences += 1;
                self.guest_asked(call, leg, &menu(&MENU));
                at
            }
            (State::Message { playing }, step) => return self.message_step(call, leg, at, playing, step),
            (State::Forwarding, step) => self.forward_step(call, leg, at, step),
            (State::Setting(setting), step) => self.setting_step(call, leg, at, setting, step),
            (State::Waiting { said, next }, Step::Durable(kept)) => {
                let said = if kept { said } else { "message-not-saved" };
                match next {
                    Next::Choices => self.message_choices(call, leg, at, &[said]),
                    Next::Following => self.next_message(call, leg, at, &[said]),
                    Next::Options => self.options(call, leg, at, &[said]),
                }
            }
            (State::Menu, Step::Played) => {
                self.guest_waits(call);
                at
            }
            (State::Menu | State::Waiting { .. }, Step::TimedOut) => self.go(call, leg, at, &["no-input"]),
            // What is late, and keys while the disk works, belong to nothing.
            (State::Menu, Step::Dictated(_) | Step::Durable(_)) => at,
            (State::Waiting { .. }, Step::Key(_) | Step::Played | Step::Dictated(_)) => at,
            (State::Going, _) => at,
        };
        Some(Guest::Hearing(hearing))
    }

    /// The mailbox opens: how many messages there are, and what can be done.
    pub(super) fn open(&mut self, call: CallRef, leg: LegId, hearing: Hearing) -> Hearing {
        let language = self.language(leg);
        let counts = self.message_counts(&hearing.mailbox);
        let mut words: Vec<&str> = Vec::new();
        if counts.new + counts.old == 0 {
            words.push("no-messages");
        } else {
            words.push("you-have");
            words.extend(say::count(language, counts.new.into(), Thing::NewMessage));
            if counts.old > 0 {
                words.extend(say::count(language, counts.old.into(), Thing::SavedMessage));
            }
        }
        self.main_menu(call, leg, hearing, &words)
    }

    fn main_menu(&mut self, call: CallRef, leg: LegId, hearing: Hearing, first: &[&str]) -> Hearing {
        let keys: Vec<&str> = first.iter().copied().chain(menu(&MENU)).collect();
        self.guest_asked(call, leg, &keys);
        hearing.into(State::Menu)
    }

    /// Last words.
    pub(super) fn go(&mut self, call: CallRef, leg: LegId, hearing: Hearing, said: &[&str]) -> Hearing {
        self.guest_leaves(call, leg, said);
        hearing.into(State::Going)
    }

    /// Goes through the new messages, or the others.
    fn open_folder(&mut self, call: CallRef, leg: LegId, mut hearing: Hearing, folder: Folder) -> Hearing {
        let wanted = |m: &Message| match folder {
            Folder::New => m.is_new(),
            Folder::Saved => m.is_old(),
        };
        hearing.list = self.messages(&hearing.mailbox).filter(|(_, m)| wanted(m)).map(|(id, _)| id).collect();
        hearing.at = 0;
        if hearing.list.is_empty() {
            let none = if folder == Folder::New { "no-messages" } else { "no-saved-messages" };
            return self.main_menu(call, leg, hearing, &[none]);
        }
        let first: &[&str] = if folder == Folder::New { &["new-messages"] } else { &["saved-messages"] };
        self.play_message(call, leg, hearing, first)
    }

    /// A record that must be on disk before anything is said of it.
    fn wait_for(
        &mut self,
        call: CallRef,
        leg: LegId,
        hearing: Hearing,
        record: u64,
        (said, next): (&'static str, Next),
    ) -> Hearing {
        self.stop_playing(leg);
        self.guest_hears(call, leg, vec![PlayItem::Silence(base::Duration::from_millis(200))], Keys::Pass);
        self.tell_when_durable(call, record);
        hearing.into(State::Waiting { said, next })
    }

    /// The prompts of a leg's language.
    fn words<K: AsRef<str>>(&self, leg: LegId, keys: impl IntoIterator<Item = K>) -> Vec<PlayItem> {
        let language: Language = self.language(leg);
        prompts(language, keys)
    }

    /// Whoever heard messages is gone: what was deleted is no more.
    pub(super) fn heard(&mut self, hearing: &Hearing) {
        if let State::Setting(setting) = &hearing.state {
            self.setting_left(setting);
        }
        if !matches!(hearing.state, State::Door(_)) {
            self.purge(&hearing.mailbox);
        }
    }
}
