//! A caller at a mailbox: what may happen to one, and the words the two courses of it are written in.

use base::{CallRef, Duration, LegId};
use media::control::{PlayItem, PlayList};

use super::dictation::Unusable;
use super::hear::Hearing;
use super::leave::Leaving;
use crate::call::play::{After, prompts};
use crate::call::service::Visit;
use crate::record::Cause;
use crate::{Exchange, Timer};

/// A caller at a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Guest {
    /// Leaves a message.
    Leaving(Leaving),
    /// Hears messages.
    Hearing(Hearing),
}

/// Something that happened to a caller at a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A key.
    Key(char),
    /// What the box said was heard to its end.
    Played,
    /// Nothing happened for too long.
    TimedOut,
    /// The dictation is complete, or there is nothing to keep.
    Dictated(Result<(), Unusable>),
    /// What was awaited is on disk, or cannot be.
    Durable(bool),
}

/// After the last word the box waits so long for a key.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// Nothing that the box says lasts longer: whoever is still there then is nobody.
const LONGEST: Duration = Duration::from_secs(900);
/// So often a question is repeated.
pub(super) const SILENCES_MAX: u8 = 2;

impl Exchange {
    /// One step of a caller at a mailbox. Steps of calls that are elsewhere by now are passed over: a play's end and
    /// a key may cross.
    pub(super) fn guest_step(&mut self, call: CallRef, step: Step) {
        let Some(c) = self.calls.get_mut(&call).filter(|c| !c.is_over()) else { return };
        let leg = c.caller;
        let guest = match c.visit.take() {
            Some(Visit::Mailbox(guest)) => *guest,
            other => {
                c.visit = other;
                return;
            }
        };
        let now = match guest {
            Guest::Leaving(leaving) => self.leave_step(call, leg, leaving, step),
            Guest::Hearing(hearing) => self.hear_step(call, leg, hearing, step),
        };
        let over = self.calls.get(&call).is_none_or(|c| c.is_over());
        match (now, over) {
            (Some(guest), false) => {
                if let Some(c) = self.calls.get_mut(&call) {
                    c.visit = Some(Visit::Mailbox(Box::new(guest)));
                }
            }
            (Some(guest), true) => self.tidy_after(&guest),
            (None, _) => {}
        }
    }

    /// A key at a mailbox.
    pub(crate) fn guest_pressed(&mut self, call: CallRef, digit: char) {
        self.guest_step(call, Step::Key(digit));
    }

    /// What the box said at a mailbox was heard to its end.
    pub(crate) fn guest_heard(&mut self, call: CallRef) {
        self.guest_step(call, Step::Played);
    }

    /// Nothing happened for too long.
    pub(crate) fn guest_timed_out(&mut self, call: CallRef) {
        self.guest_step(call, Step::TimedOut);
    }

    /// The caller is gone, whatever was under way.
    pub(crate) fn guest_gone(&mut self, call: CallRef) {
        self.timers.cancel(Timer::Guest(call));
        let Some(c) = self.calls.get_mut(&call) else { return };
        if let Some(Visit::Mailbox(guest)) = &c.visit {
            let guest = Guest::clone(guest);
            c.visit = Some(Visit::Service);
            self.tidy_after(&guest);
        }
    }

    fn tidy_after(&mut self, guest: &Guest) {
        match guest {
            Guest::Leaving(leaving) => self.left(leaving),
            Guest::Hearing(hearing) => self.heard(hearing),
        }
    }

    // ---- words ----

    /// Plays to a guest; the end is a step. A key cuts it short if `keys` are listened for.
    pub(super) fn guest_hears(&mut self, call: CallRef, leg: LegId, items: Vec<PlayItem>, keys: Keys) {
        self.timers.set(Timer::Guest(call), self.now + LONGEST);
        let list = PlayList { items, stop_on_digit: keys == Keys::Cut, ..PlayList::default() };
        self.play(leg, list, After::Guest);
    }

    /// Says prompts to a guest, who may cut them short.
    pub(super) fn guest_asked(&mut self, call: CallRef, leg: LegId, keys: &[&str]) {
        let items = prompts(self.language(leg), keys);
        self.guest_hears(call, leg, items, Keys::Cut);
    }

    /// So long the box waits for a key from now on.
    pub(super) fn guest_waits(&mut self, call: CallRef) {
        self.timers.set(Timer::Guest(call), self.now + PATIENCE);
    }

    /// Last words, then the box hangs up.
    pub(super) fn guest_leaves(&mut self, call: CallRef, leg: LegId, keys: &[&str]) {
        self.timers.cancel(Timer::Guest(call));
        self.stop_playing(leg);
        if self.legs.get(&leg).is_none_or(|l| l.audio.stream.is_none()) {
            return self.end_call(call, Cause::NormalClearing, None);
        }
        let keys: Vec<&str> = keys.iter().copied().chain(["goodbye"]).collect();
        self.speak(leg, &keys, After::HangUp(Cause::NormalClearing));
    }
}

/// Whether a key cuts short what is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keys {
    /// It does.
    Cut,
    /// It does not.
    Pass,
}

/// "For this, press that", for each.
pub(super) fn menu(choices: &[(&'static str, char)]) -> Vec<&'static str> {
    let key = |c: &char| voice::say::digits(&c.to_string());
    choices.iter().flat_map(|(what, c)| [*what, "press"].into_iter().chain(key(c))).collect()
}
