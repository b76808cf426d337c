//! What a mailbox's owner may set by phone: greetings, and the PIN.

use base::{CallRef, LegId, RecordingId, Redacted};

use super::{Hearing, Next, State};
use crate::Exchange;
use crate::voicemail::dictation::Unusable;
use crate::voicemail::fact::{Greeting, Purpose};
use crate::voicemail::greeting::recording;
use crate::voicemail::pin::is_acceptable;
use crate::voicemail::visit::{Keys, SILENCES_MAX, Step, menu};

/// The longest greeting, seconds.
const GREETING_MAX_S: u16 = 120;

/// What is being set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Setting {
    /// Nothing yet.
    Choosing,
    /// A greeting.
    Greeting(Greeting),
    /// Hears that one is to speak, the tone at the end.
    Invited(Greeting),
    /// Speaks it.
    Speaking(Greeting, RecordingId),
    /// Has spoken it and says what is to become of it.
    Spoken(Greeting, RecordingId),
    /// Types a new PIN.
    NewPin,
    /// Types it again.
    PinAgain(Redacted<String>),
}

const OPTIONS: [(&str, char); 6] = [
    ("for-greeting-unavailable", '1'),
    ("for-greeting-busy", '2'),
    ("for-greeting-name", '3'),
    ("for-greeting-temporary", '4'),
    ("to-change-pin", '5'),
    ("to-return", '*'),
];
const GREETING: [(&str, char); 4] = [("to-record", '1'), ("to-listen", '2'), ("to-delete", '3'), ("to-return", '*')];
const SPOKEN: [(&str, char); 4] = [("to-save", '1'), ("to-listen", '2'), ("to-record-again", '3'), ("to-cancel", '*')];

impl Exchange {
    /// What can be set.
    pub(super) fn options(&mut self, call: CallRef, leg: LegId, at: Hearing, first: &[&str]) -> Hearing {
        self.set(call, leg, at, Setting::Choosing, first)
    }

    /// Asks what belongs to a setting, with some words before it.
    fn set(&mut self, call: CallRef, leg: LegId, at: Hearing, setting: Setting, first: &[&str]) -> Hearing {
        let question: Vec<&str> = match &setting {
            Setting::Choosing => menu(&OPTIONS),
            Setting::Greeting(kind) => self.greeting_menu(&at.mailbox, *kind),
            Setting::Spoken(..) => menu(&SPOKEN),
            Setting::NewPin => vec!["enter-new-pin", "then-hash"],
            Setting::PinAgain(_) => vec!["repeat-new-pin", "then-hash"],
            Setting::Invited(_) | Setting::Speaking(..) => vec![],
        };
        let keys: Vec<&str> = first.iter().copied().chain(question).collect();
        self.guest_asked(call, leg, &keys);
        at.into(State::Setting(setting))
    }

    /// Only what can be done is said.
    fn greeting_menu(&self, mailbox: &str, kind: Greeting) -> Vec<&'static str> {
        let exists = self.mailbox_state(mailbox).greetings.contains_key(&kind);
        let said: Vec<(&str, char)> =
            GREETING.into_iter().filter(|(_, key)| exists || !matches!(key, '2' | '3')).collect();
        menu(&said)
    }

    pub(super) fn setting_step(
        &mut self,
        call: CallRef,
        leg: LegId,
        mut at: Hearing,
        setting: Setting,
        step: Step,
    ) -> Hearing {
        match (setting, step) {
            (Setting::Choosing, Step::Key(key)) => self.option_chosen(call, leg, at, key),
            (Setting::Greeting(kind), Step::Key(key)) => self.greeting_chosen(call, leg, at, kind, key),
            (Setting::Invited(kind), Step::Played | Step::Key('#')) => {
                self.stop_playing(leg);
                match self.begin_dictation(call, leg, &at.mailbox, Purpose::Greeting(kind), GREETING_MAX_S) {
                    Some(id) => {
                        self.timers.cancel(crate::Timer::Guest(call));
                        at.into(State::Setting(Setting::Speaking(kind, id)))
                    }
                    None => self.options(call, leg, at, &["message-not-saved"]),
                }
            }
            (Setting::Speaking(_, id), Step::Key('#')) => {
                self.end_dictation(id);
                at
            }
            (Setting::Speaking(kind, id), Step::Dictated(Ok(()))) => {
                self.set(call, leg, at, Setting::Spoken(kind, id), &[])
            }
            (Setting::Speaking(kind, _), Step::Dictated(Err(why))) => {
                let said = match why {
                    Unusable::Short => "message-too-short",
                    Unusable::Silent => "please-speak-up",
                    Unusable::Failed => "message-not-saved",
                };
                self.set(call, leg, at, Setting::Greeting(kind), &[said])
            }
            (Setting::Spoken(kind, id), Step::Key(key)) => self.spoken_chosen(call, leg, at, (kind, id), key),
            (Setting::NewPin | Setting::PinAgain(_), Step::Key('*')) => self.options(call, leg, at, &[]),
            (Setting::NewPin | Setting::PinAgain(_), Step::Key(key)) if key.is_ascii_digit() => {
                at.type_digit(key);
                self.guest_waits(call);
                at
            }
            (setting @ (Setting::NewPin | Setting::PinAgain(_)), Step::Key('#')) => {
                self.pin_chosen(call, leg, at, &setting)
            }
            (setting @ (Setting::NewPin | Setting::PinAgain(_)), Step::TimedOut) if !at.typed.0.is_empty() => {
                self.pin_chosen(call, leg, at, &setting)
            }
            (setting, Step::TimedOut) if at.silences < SILENCES_MAX && !matches!(setting, Setting::Speaking(..)) => {
                let silences = at.silences + 1;
                let again = self.set(call, leg, at, setting, &[]);
                Hearing { silences, ..again }
            }
            (setting, Step::TimedOut) => {
                self.setting_left(&setting);
                self.go(call, leg, at, &["no-input"])
            }
            (Setting::Speaking(..), Step::Played) => at,
            (_, Step::Played) => {
                self.guest_waits(call);
                at
            }
            (_, Step::Key(_) | Step::Dictated(_) | Step::Durable(_)) => at,
        }
    }

    fn option_chosen(&mut self, call: CallRef, leg: LegId, at: Hearing, key: char) -> Hearing {
        let setting = match key {
            '1' => Setting::Greeting(Greeting::Unavailable),
            '2' => Setting::Greeting(Greeting::Busy),
            '3' => Setting::Greeting(Greeting::Name),
            '4' => Setting::Greeting(Greeting::Temporary),
            '5' => Setting::NewPin,
            '*' => return self.main_menu(call, leg, at, &[]),
            '#' => return self.go(call, leg, at, &[]),
            _ => return self.options(call, leg, at, &["invalid"]),
        };
        self.set(call, leg, at, setting, &[])
    }

    fn greeting_chosen(&mut self, call: CallRef, leg: LegId, at: Hearing, kind: Greeting, key: char) -> Hearing {
        let own = self.mailbox_state(&at.mailbox).greetings.get(&kind).cloned();
        match (key, own) {
            ('1', _) => self.invite(call, leg, at, kind),
            ('2', Some(file)) => {
                let mut items = vec![recording(&file)];
                items.extend(self.words(leg, self.greeting_menu(&at.mailbox, kind)));
                self.guest_hears(call, leg, items, Keys::Cut);
                at
            }
            ('3', Some(_)) => match self.delete_greeting(&at.mailbox, kind) {
                Some(record) => self.wait_for(call, leg, at, record, ("greeting-deleted", Next::Options)),
                None => self.options(call, leg, at, &["greeting-none"]),
            },
            ('2' | '3', None) => self.set(call, leg, at, Setting::Greeting(kind), &["greeting-none"]),
            ('*', _) => self.options(call, leg, at, &[]),
            _ => self.set(call, leg, at, Setting::Greeting(kind), &["invalid"]),
        }
    }

    fn invite(&mut self, call: CallRef, leg: LegId, at: Hearing, kind: Greeting) -> Hearing {
        let what = if kind == Greeting::Name { "record-name" } else { "record-greeting" };
        let mut items = self.words(leg, [what]);
        items.push(self.beep());
        self.guest_hears(call, leg, items, Keys::Pass);
        at.into(State::Setting(Setting::Invited(kind)))
    }

    fn spoken_chosen(
        &mut self,
        call: CallRef,
        leg: LegId,
        at: Hearing,
        (kind, id): (Greeting, RecordingId),
        key: char,
    ) -> Hearing {
        match key {
            '1' => match self.keep_dictation(id) {
                Some(record) => self.wait_for(call, leg, at, record, ("greeting-saved", Next::Options)),
                None => self.options(call, leg, at, &["message-not-saved"]),
            },
            '2' => {
                let mut items = vec![recording(&self.dictation_file(id).unwrap_or_default())];
                items.extend(self.words(leg, menu(&SPOKEN)));
                self.guest_hears(call, leg, items, Keys::Cut);
                at
            }
            '3' => {
                self.drop_dictation(id);
                self.invite(call, leg, at, kind)
            }
            '*' => {
                self.drop_dictation(id);
                self.set(call, leg, at, Setting::Greeting(kind), &["message-cancelled"])
            }
            _ => self.set(call, leg, at, Setting::Spoken(kind, id), &["invalid"]),
        }
    }

    fn pin_chosen(&mut self, call: CallRef, leg: LegId, mut at: Hearing, setting: &Setting) -> Hearing {
        let typed = std::mem::take(&mut at.typed).0;
        match setting {
            Setting::PinAgain(first) if first.0 == typed => {
                let mailbox = at.mailbox.clone();
                let pin = self.new_pin(&mailbox, &typed);
                let record = self.change_mailbox(&mailbox, &mailbox, |state| state.pin = Some(pin));
                self.wait_for(call, leg, at, record, ("pin-changed", Next::Options))
            }
            Setting::PinAgain(_) => self.set(call, leg, at, Setting::NewPin, &["pins-differ"]),
            _ if is_acceptable(&at.mailbox, &typed) => self.set(call, leg, at, Setting::PinAgain(Redacted(typed)), &[]),
            _ => self.set(call, leg, at, Setting::NewPin, &["pin-too-simple"]),
        }
    }

    /// Whoever set something is gone: what was spoken and not confirmed goes.
    pub(super) fn setting_left(&mut self, setting: &Setting) {
        if let Setting::Speaking(_, id) | Setting::Spoken(_, id) = setting {
            self.abandon_dictation(*id);
        }
    }
}
