//! Questions that are answered with keys before something goes on: a number, a PIN, whether a call is taken.

use base::{CallRef, Duration, LegId};
use dialplan::state::Seat;
use dialplan::{ForwardKind, Outside};
use media::control::{PlayItem, PlayList};
use voice::say;

use crate::call::Purpose;
use crate::call::course::{Asked, outside_alone};
use crate::call::play::{After, prompts};
use crate::call::service::Visit;
use crate::record::Cause;
use crate::{Exchange, Timer};

/// Whoever types nothing for so long is let go.
const PATIENCE: Duration = Duration::from_secs(30);
/// A number is complete so long after its last key.
const KEY_PAUSE: Duration = Duration::from_secs(4);
/// Wrong PINs before the box hangs up.
const TRIES_MAX: u8 = 3;
/// Longest answer, keys.
const KEYS_MAX: usize = 32;
/// How long whoever answered a follow-me call has to press 1.
const CONFIRM: Duration = Duration::from_secs(20);

/// A question that was asked, and what was typed so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    what: What,
    typed: String,
    tries: u8,
}

/// What an answer is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// Where calls are to go.
    Forward(ForwardKind),
    /// Who logs in at this phone.
    Seat,
    /// The PIN of whoever logs in.
    SeatPin {
        /// Who.
        extension: String,
    },
    /// The PIN of a class of service, then the call goes out.
    ClassPin {
        /// The class.
        class: String,
        /// Who wants the call.
        asked: Box<Asked>,
        /// Whereto.
        outside: Box<Outside>,
    },
}

impl Exchange {
    /// Asks the caller for keys, ended by `#` or a pause.
    pub(crate) fn ask_keys(&mut self, call: CallRef, caller: LegId, what: What, prompt: &str) {
        let question = Question { what, typed: String::new(), tries: 0 };
        if self.answer_visit(call, caller, Visit::Asked(question), "a question") {
            self.timers.set(Timer::VisitOver(call), self.now + PATIENCE);
            self.prompt_for_keys(caller, &[prompt]);
        }
    }

    /// A call outside needs the PIN of a class first.
    pub(crate) fn ask_class_pin(&mut self, call: CallRef, caller: LegId, class: &str, asked: Asked, outside: Outside) {
        let (class, asked, outside) = (class.to_owned(), Box::new(asked), Box::new(outside));
        self.ask_keys(call, caller, What::ClassPin { class, asked, outside }, "enter-pin");
    }

    /// Who logs in at this phone must prove it.
    pub(crate) fn ask_seat_pin(&mut self, call: CallRef, caller: LegId, extension: String) {
        self.ask_keys(call, caller, What::SeatPin { extension }, "enter-pin");
    }

    /// The time of a visit is over: a typed answer is complete, or the caller is let go.
    pub(crate) fn visit_over(&mut self, call: CallRef) {
        if !self.answer_complete(call) {
            self.end_call(call, Cause::NormalClearing, None);
        }
    }

    /// A key in answer to a question.
    pub(crate) fn answer_typed(&mut self, call: CallRef, leg: LegId, mut question: Question, digit: char) {
        let complete = match digit {
            '#' => true,
            '*' if question.typed.is_empty() => return self.end_call(call, Cause::NormalClearing, None),
            _ => {
                question.typed.push(digit);
                question.typed.len() >= KEYS_MAX
            }
        };
        self.stop_playing(leg);
        if let Some(c) = self.calls.get_mut(&call) {
            c.visit = Some(Visit::Asked(question));
        }
        if complete {
            self.answer_complete(call);
        } else {
            self.timers.set(Timer::VisitOver(call), self.now + KEY_PAUSE);
        }
    }

    /// The pause after the last key, or the end of patience. False where no question was open.
    pub(crate) fn answer_complete(&mut self, call: CallRef) -> bool {
        let Some(c) = self.calls.get_mut(&call) else { return false };
        let (leg, Some(Visit::Asked(question))) = (c.caller, c.visit.clone()) else { return false };
        self.timers.cancel(Timer::VisitOver(call));
        if question.typed.is_empty() {
            c.visit = Some(Visit::Service);
            self.speak(leg, &["no-input", "goodbye"], After::HangUp(Cause::NormalClearing));
            return true;
        }
        let Question { what, typed, tries } = question;
        match what {
            What::Forward(kind) => {
                c.visit = Some(Visit::Service);
                self.forward_typed(leg, kind, typed);
            }
            What::Seat => self.ask_seat_pin(call, leg, typed),
            What::SeatPin { extension } => {
                if self.pin_opens(&extension, &typed) {
                    self.take_seat(call, leg, &extension);
                } else {
                    self.wrong_pin(call, leg, What::SeatPin { extension }, tries);
                }
            }
            What::ClassPin { class, asked, outside } => {
                let right = self.config.classes.get(&class).and_then(|c| c.pin.as_ref());
                if right.is_some_and(|pin| same_digits(&pin.0, &typed)) {
                    self.question_done(call);
                    self.ring(call, Purpose::Caller, *asked, outside_alone(*outside));
                } else {
                    self.wrong_pin(call, leg, What::ClassPin { class, asked, outside }, tries);
                }
            }
        }
        true
    }

    fn wrong_pin(&mut self, call: CallRef, leg: LegId, what: What, tries: u8) {
        self.call_note(call, "a wrong PIN was typed");
        let tries = tries + 1;
        if tries >= TRIES_MAX {
            self.question_done(call);
            return self.speak(leg, &["wrong-pin", "goodbye"], After::HangUp(Cause::Forbidden));
        }
        if let Some(c) = self.calls.get_mut(&call) {
            c.visit = Some(Visit::Asked(Question { what, typed: String::new(), tries }));
        }
        self.timers.set(Timer::VisitOver(call), self.now + PATIENCE);
        self.prompt_for_keys(leg, &["wrong-pin", "try-again"]);
    }

    /// The caller was answered and waits for what comes next.
    fn question_done(&mut self, call: CallRef) {
        self.timers.cancel(Timer::VisitOver(call));
        if let Some(c) = self.calls.get_mut(&call) {
            c.visit = Some(Visit::Service);
        }
    }

    /// Somebody logs in at a phone of nobody.
    fn take_seat(&mut self, call: CallRef, leg: LegId, extension: &str) {
        self.question_done(call);
        let after = After::HangUp(Cause::NormalClearing);
        let Some(phone) = self.legs.get(&leg).and_then(|l| l.extension()).map(str::to_owned) else { return };
        let is_desk = self.config.phones.values().any(|p| p.hot_desk && p.lines.first() == Some(&phone));
        if !is_desk {
            return self.speak(leg, &["desk-not-here"], after);
        }
        // One seat a person: whoever sat elsewhere has left there.
        let others: Vec<String> =
            self.facts.state.seats.iter().filter(|(_, s)| s.extension == extension).map(|(p, _)| p.clone()).collect();
        for other in others {
            self.put_fact::<Seat>(&other, None, extension);
        }
        let seat = Seat { extension: extension.to_owned(), since: self.wall() };
        let record = self.put_fact(&phone, Some(&seat), extension);
        let list = self.said(leg, &["logged-in"]);
        self.play_when_durable(record, leg, list, after);
    }

    /// Whoever answered outside must press 1 to take the call: a mobile's own mailbox cannot.
    pub(crate) fn ask_to_confirm(&mut self, call: CallRef, leg: LegId) {
        self.timers.set(Timer::Confirm(leg), self.now + CONFIRM);
        self.call_note(call, format!("{leg} answered and is asked to press 1"));
        let language = self.language(leg);
        let caller = self.calls.get(&call).map(|c| c.from.number.clone()).unwrap_or_default();
        let digits: String = caller.chars().filter(char::is_ascii_digit).collect();
        let mut items = vec![PlayItem::Silence(Duration::from_millis(400))];
        if !digits.is_empty() {
            items.extend(prompts(language, ["call-from"]));
            items.extend(prompts(language, say::digits(&digits)));
        }
        items.extend(prompts(language, ["to-take-call", "press"]));
        items.extend(prompts(language, say::digits("1")));
        self.play(leg, PlayList { items, repeat: true, stop_on_digit: true, ..PlayList::default() }, After::Nothing);
    }

    /// A key from a leg that was asked to confirm. True where it was one.
    pub(crate) fn confirm_pressed(&mut self, call: CallRef, leg: LegId, digit: char) -> bool {
        if self.timers.deadline(&Timer::Confirm(leg)).is_none() {
            return false;
        }
        if digit == '1' {
            self.timers.cancel(Timer::Confirm(leg));
            self.stop_playing(leg);
            if let Some(l) = self.legs.get_mut(&leg) {
                l.confirm = false;
            }
            self.leg_takes_call(call, leg);
        }
        true
    }

    /// Nobody pressed 1 in time: a mailbox had answered.
    pub(crate) fn confirm_over(&mut self, leg: LegId) {
        let Some(call) = self.legs.get(&leg).map(|l| l.call) else { return };
        self.call_note(call, format!("{leg} did not press 1"));
        self.hang_up_leg(leg, Cause::NoAnswer);
        self.leg_failed(leg, Cause::NoAnswer);
    }
}

/// Security: as many steps whatever was typed.
pub(crate) fn same_digits(right: &str, typed: &str) -> bool {
    right.len() == typed.len() && right.bytes().zip(typed.bytes()).fold(0, |d, (a, b)| d | (a ^ b)) == 0
}
