//! Transfer by keys typed in a call: the number that is typed, and the blind transfer. Asking first is
//! [`super::consult`].

use base::{CallRef, Duration, LegId};
use dialplan::{Action, Decision, Mailbox};
use media::control::{PlayItem, PlayList, Tone};

use crate::call::Purpose;
use crate::call::course::Asked;
use crate::call::play::{After, prompts};
use crate::record::{CallEventKind, Cause, TransferKind};
use crate::{Exchange, Timer};

/// A number that is being typed after a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Typing {
    /// Who types.
    pub(crate) by: LegId,
    kind: TransferKind,
    number: String,
}

/// Before the first key of a number.
const FIRST_KEY: Duration = Duration::from_secs(10);
/// After the last one, where `#` is not pressed (conventions §1.2).
const LAST_KEY: Duration = Duration::from_secs(3);
/// Keys of a number at most.
const NUMBER_MAX: usize = 32;

impl Exchange {
    /// A code was typed: the other end hears music while the number is typed.
    pub(crate) fn ask_for_number(&mut self, call: CallRef, by: LegId, kind: TransferKind) {
        let Some(other) = self.peer_of(by) else { return };
        let language = self.language(by);
        let dial = PlayItem::Tone { tone: Tone::Dial, country: self.country(), duration: Duration::ZERO };
        let mut items = prompts(language, ["enter-number"]);
        items.push(dial);
        if let Some(c) = self.calls.get_mut(&call) {
            c.typing = Some(Typing { by, kind, number: String::new() });
        }
        self.disconnect_audio(by);
        self.disconnect_audio(other);
        let music = self.music(config::MUSIC_DEFAULT);
        self.play(other, music, After::Nothing);
        self.play(by, PlayList { items, stop_on_digit: true, ..PlayList::default() }, After::Nothing);
        self.timers.set(Timer::Typing(call), self.now + FIRST_KEY);
    }

    /// A key while a number is typed; true if it belongs to that.
    pub(crate) fn key_of_number(&mut self, call: CallRef, leg: LegId, digit: char) -> bool {
        let Some(typing) = self.calls.get_mut(&call).and_then(|c| c.typing.as_mut()) else { return false };
        if typing.by != leg {
            return true; // the other end hears music and is not heard
        }
        if digit != '#' && typing.number.len() < NUMBER_MAX {
            typing.number.push(digit);
            self.timers.set(Timer::Typing(call), self.now + LAST_KEY);
        } else {
            self.typing_over(call);
        }
        true
    }

    /// The number is complete, or none came.
    pub(crate) fn typing_over(&mut self, call: CallRef) {
        let Some(Typing { by, kind, number }) = self.stop_typing(call) else { return };
        let Some(other) = self.peer_of(by) else { return };
        self.stop_playing(by);
        if number.is_empty() {
            return self.talk_again(by, other, None);
        }
        let sent = match kind {
            TransferKind::Blind => self.send_on(call, by, other, &number),
            TransferKind::Attended => self.consult(call, by, other, &number),
        };
        if sent.is_err() {
            self.talk_again(by, other, Some("transfer-failed"));
        }
    }

    /// Nobody types any more.
    pub(crate) fn stop_typing(&mut self, call: CallRef) -> Option<Typing> {
        self.timers.cancel(Timer::Typing(call));
        self.calls.get_mut(&call)?.typing.take()
    }

    /// Something else is done with the call than what was being typed: the two hear each other again.
    pub(crate) fn drop_typing(&mut self, call: CallRef) {
        let Some(Typing { by, .. }) = self.stop_typing(call) else { return };
        if let Some(other) = self.peer_of(by) {
            self.stop_playing(by);
            self.talk_again(by, other, None);
        }
    }

    /// Two that were bridged all the while hear each other again.
    fn talk_again(&mut self, by: LegId, other: LegId, key: Option<&str>) {
        self.clear_playing(by, other);
        self.connect_audio(by, other);
        if let Some(key) = key {
            self.speak(by, &[key], After::Nothing);
        }
    }

    /// Connects the other end elsewhere with the rights of `by`, which is let go; where that fails it is called back.
    ///
    /// # Errors
    /// Why it cannot go there: nothing has happened then.
    pub(crate) fn send_on(&mut self, call: CallRef, by: LegId, other: LegId, number: &str) -> Result<(), Cause> {
        let extension = self.legs.get(&by).and_then(|l| l.extension()).ok_or(Cause::Forbidden)?.to_owned();
        let target = number.to_owned();
        self.call_event(call, CallEventKind::TransferAsked { by, kind: TransferKind::Blind, target });
        let asked = Asked::by_extension(&extension, number);
        let decision = self.decide(&asked);
        if let Some(cause) = not_transferable(&decision.action) {
            self.note_reasons(call, decision.reasons.iter().map(ToString::to_string).collect());
            self.call_event(call, CallEventKind::TransferEnded { by, result: Err(cause) });
            return Err(cause);
        }
        let slot = match &decision.action {
            Action::Park { slot } => Some(slot.as_deref()),
            Action::Retrieve { slot } => Some(Some(slot.as_str())),
            _ => None,
        };
        if let Some(slot) = slot {
            let free = self.free_slot(slot);
            let result = free.as_ref().map(|_| ()).ok_or(Cause::Overload);
            self.call_event(call, CallEventKind::TransferEnded { by, result });
            let slot = free.ok_or(Cause::Overload)?;
            self.park(call, other, &slot, extension);
            self.hang_up_leg(by, Cause::Transferred);
            return Ok(());
        }
        self.call_event(call, CallEventKind::TransferEnded { by, result: Ok(()) });
        self.leave_to_box(call, by, other);
        self.go_on(call, other, &extension, asked, decision);
        Ok(())
    }

    /// A party that was left goes where it was sent, as a caller that is up; `extension` gets it back where that fails.
    pub(super) fn go_on(&mut self, call: CallRef, other: LegId, extension: &str, asked: Asked, decision: Decision) {
        if let Some(c) = self.calls.get_mut(&call) {
            c.recall = Some(extension.to_owned());
        }
        self.ringing_for(other);
        self.carry_out(call, Purpose::Caller, asked, decision);
    }
}

/// Whether a code was typed; an empty one is switched off.
pub(crate) fn is_code(typed: &str, code: &str) -> bool {
    !code.is_empty() && typed.ends_with(code)
}

/// Why another party cannot be sent there: what it would do there it would do with somebody else's rights.
pub(crate) fn not_transferable(action: &Action) -> Option<Cause> {
    match action {
        // The number of a slot means to park there for whoever is sent to it.
        Action::Park { .. } | Action::Retrieve { .. } => None,
        Action::Ring(_) | Action::Mailbox(Mailbox::Leave { .. }) | Action::Conference { .. } => None,
        Action::Outside(outside) if outside.pin_of.is_none() => None,
        Action::Refuse(error) => Some(crate::call::setup::cause_of(error)),
        _ => Some(Cause::Forbidden),
    }
}
