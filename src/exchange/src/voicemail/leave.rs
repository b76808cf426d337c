//! Somebody leaves a message: greeting, tone, recording, and what is to become of it.

use base::{CallRef, LegId, RecordingId};
use dialplan::Failure;

use super::dictation::Unusable;
use super::fact::Purpose;
use super::greeting::recording;
use super::hear::Hearing;
use super::visit::{Guest, Keys, SILENCES_MAX, Step, menu};
use crate::call::service::Visit;
use crate::record::Cause;
use crate::{Exchange, Timer};

/// Attempts at a message that is long enough to be one.
const TRIES_MAX: u8 = 3;

/// Where a caller stands who leaves a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Leaving {
    mailbox: String,
    state: State,
    /// Questions in a row that nobody answered.
    silences: u8,
    /// Attempts that gave nothing.
    tries: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Hears the greeting, the tone at its end.
    Greeting,
    /// Hears the tone.
    Tone,
    /// Speaks.
    Speaking(RecordingId),
    /// Has spoken; the file is not whole yet.
    Finishing(RecordingId),
    /// Chooses what is to become of it, or hears it again.
    Choosing(RecordingId),
    /// The message is on its way to the disk.
    Saving,
    /// Hears the last words.
    Going,
}

const CHOICES: [(&str, char); 4] = [("to-save", '1'), ("to-listen", '2'), ("to-record-again", '3'), ("to-cancel", '*')];

impl Exchange {
    /// A caller is to leave a message.
    pub(super) fn begin_leaving(&mut self, call: CallRef, leg: LegId, mailbox: String, why: Option<Failure>) {
        let Some(name) = self.mailbox(&mailbox).map(|b| b.name.to_owned()) else {
            return self.fail_caller(call, Cause::UnknownNumber);
        };
        let full = self.is_full(&mailbox);
        let state = if full { State::Going } else { State::Greeting };
        let leaving = Leaving { mailbox: mailbox.clone(), state, silences: 0, tries: 0 };
        let visit = Visit::Mailbox(Box::new(Guest::Leaving(leaving)));
        if !self.answer_visit(call, leg, visit, &name) {
            return;
        }
        if full {
            self.call_note(call, format!("mailbox {mailbox} is full"));
            return self.guest_leaves(call, leg, &["voicemail-full"]);
        }
        let greeting = self.greeting(leg, &mailbox, why);
        self.guest_hears(call, leg, greeting, Keys::Pass);
    }

    /// Whether a mailbox has as many messages as it may.
    pub(super) fn is_full(&self, mailbox: &str) -> bool {
        let counts = self.message_counts(mailbox);
        counts.new + counts.old >= u32::from(self.config.voicemail.messages_max)
    }

    pub(super) fn leave_step(&mut self, call: CallRef, leg: LegId, at: Leaving, step: Step) -> Option<Guest> {
        let Leaving { mailbox, state, silences, tries } = at;
        let to = |state| Some(Guest::Leaving(Leaving { mailbox: mailbox.clone(), state, silences: 0, tries }));
        match (state, step) {
            (State::Greeting | State::Tone, Step::Played) => {
                self.timers.cancel(Timer::Guest(call));
                let longest = self.config.voicemail.message_max_s;
                match self.begin_dictation(call, leg, &mailbox, Purpose::Message, longest) {
                    Some(id) => to(State::Speaking(id)),
                    None => {
                        self.guest_leaves(call, leg, &["message-not-saved"]);
                        to(State::Going)
                    }
                }
            }
            (State::Greeting, Step::Key('#')) => {
                self.beep_for(call, leg);
                to(State::Tone)
            }
            // The owner, who has dialled the own number from elsewhere.
            (State::Greeting, Step::Key('*')) => {
                self.stop_playing(leg);
                Some(Guest::Hearing(self.ask_pin(call, leg, Hearing::at(mailbox))))
            }
            (State::Speaking(id), Step::Key('#')) => {
                self.end_dictation(id);
                to(State::Finishing(id))
            }
            // It may also have ended by itself, at its longest.
            (State::Speaking(id) | State::Finishing(id), Step::Dictated(Ok(()))) => {
                self.guest_asked(call, leg, &menu(&CHOICES));
                to(State::Choosing(id))
            }
            (State::Speaking(_) | State::Finishing(_), Step::Dictated(Err(why))) => {
                let tries = tries + 1;
                let again = tries < TRIES_MAX && why != Unusable::Failed;
                let said = match why {
                    Unusable::Short => "message-too-short",
                    Unusable::Silent => "please-speak-up",
                    Unusable::Failed => "message-not-saved",
                };
                if !again {
                    self.guest_leaves(call, leg, &[said]);
                    return to(State::Going);
                }
                let mut items = crate::call::play::prompts(self.language(leg), [said, "leave-message-after-tone"]);
                items.push(self.beep());
                self.guest_hears(call, leg, items, Keys::Pass);
                Some(Guest::Leaving(Leaving { mailbox, state: State::Tone, silences: 0, tries }))
            }
            (State::Choosing(id), Step::Key('1')) => to(self.save(call, leg, id)),
            (State::Choosing(id), Step::Key('2')) => {
                let file = self.dictation_file(id).unwrap_or_default();
                let mut items = vec![recording(&file)];
                items.extend(crate::call::play::prompts(self.language(leg), menu(&CHOICES)));
                self.guest_hears(call, leg, items, Keys::Cut);
                to(State::Choosing(id))
            }
            (State::Choosing(id), Step::Key('3')) => {
                self.drop_dictation(id);
                self.beep_for(call, leg);
                to(State::Tone)
            }
            (State::Choosing(id), Step::Key('*')) => {
                self.drop_dictation(id);
                self.guest_leaves(call, leg, &["message-cancelled"]);
                to(State::Going)
            }
            (State::Choosing(id), Step::Key(_)) => {
                let again: Vec<&str> = ["invalid"].into_iter().chain(menu(&CHOICES)).collect();
                self.guest_asked(call, leg, &again);
                to(State::Choosing(id))
            }
            (State::Choosing(_), Step::Played) => {
                self.guest_waits(call);
                Some(Guest::Leaving(Leaving { mailbox, state, silences, tries }))
            }
            // Whoever says nothing more has put the phone aside, and means the message.
            (State::Choosing(id), Step::TimedOut) if silences >= SILENCES_MAX => to(self.save(call, leg, id)),
            (State::Choosing(_), Step::TimedOut) => {
                self.guest_asked(call, leg, &menu(&CHOICES));
                Some(Guest::Leaving(Leaving { mailbox, state, silences: silences + 1, tries }))
            }
            (State::Saving, Step::Durable(kept)) => {
                let said = if kept { "message-saved" } else { "message-not-saved" };
                self.guest_leaves(call, leg, &[said]);
                to(State::Going)
            }
            // Something that should have come never came.
            (State::Greeting | State::Tone | State::Saving, Step::TimedOut) => {
                self.guest_leaves(call, leg, &["message-not-saved"]);
                to(State::Going)
            }
            // Keys while somebody speaks belong to the message; what is late belongs to nothing.
            (_, Step::Key(_) | Step::Played | Step::TimedOut | Step::Dictated(_) | Step::Durable(_)) => {
                Some(Guest::Leaving(Leaving { mailbox, state, silences, tries }))
            }
        }
    }

    /// The message is kept; the caller is told when it is on disk.
    fn save(&mut self, call: CallRef, leg: LegId, id: RecordingId) -> State {
        self.stop_playing(leg);
        match self.keep_dictation(id) {
            Some(record) => {
                self.timers.cancel(Timer::Guest(call));
                self.tell_when_durable(call, record);
                State::Saving
            }
            None => {
                self.guest_leaves(call, leg, &["message-not-saved"]);
                State::Going
            }
        }
    }

    fn beep_for(&mut self, call: CallRef, leg: LegId) {
        let tone = self.beep();
        self.guest_hears(call, leg, vec![tone], Keys::Pass);
    }

    /// The caller is gone: what was spoken is a message.
    pub(super) fn left(&mut self, leaving: &Leaving) {
        match leaving.state {
            State::Speaking(id) | State::Finishing(id) | State::Choosing(id) => self.abandon_dictation(id),
            State::Greeting | State::Tone | State::Saving | State::Going => {}
        }
    }
}
