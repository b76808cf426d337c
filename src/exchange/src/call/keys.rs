//! Keys pressed in a call: feature codes, and what a service listens for.
//!
//! Only phones of extensions may type codes: whoever calls from outside has no rights here. The keys of a code are
//! heard at the other end all the same; those of a number typed after a code are not.

use base::{CallRef, Duration, Instant, LegId};
use media::control::MediaCommand;

use crate::Exchange;
use crate::call::Phase;
use crate::feature::transfer_code::is_code;
use crate::record::{CallEventKind, TransferKind};

/// The last keys of a leg, among which feature codes are looked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keys {
    typed: String,
    last_at: Option<Instant>,
}

/// Longer between two keys, and a code begins anew (conventions §1.2).
const PAUSE_MAX: Duration = Duration::from_secs(1);
/// Keys remembered; no code is longer.
const KEYS_MAX: usize = 8;

impl Keys {
    /// Adds a key; what was typed without a long pause.
    fn press(&mut self, now: Instant, digit: char) -> &str {
        if self.last_at.is_some_and(|at| now - at > PAUSE_MAX) {
            self.typed.clear();
        }
        self.last_at = Some(now);
        if self.typed.len() >= KEYS_MAX {
            self.typed.remove(0);
        }
        self.typed.push(digit);
        &self.typed
    }

    /// What was typed is done with.
    pub(crate) fn forget(&mut self) {
        self.typed.clear();
    }
}

/// What a typed code asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Code {
    Record,
    Pause,
    Transfer(TransferKind),
    Park,
    ThreeWay,
}

impl Exchange {
    /// A key was pressed on a leg's phone, however it was told.
    pub(crate) fn key_pressed(&mut self, leg: LegId, digit: char) {
        let now = self.now;
        let Some(l) = self.legs.get_mut(&leg) else { return };
        let call = l.call;
        let inside = l.extension().is_some();
        let typed = l.audio.keys.press(now, digit).to_owned();
        let shown = if self.digits_are_private(call) { '?' } else { digit };
        self.call_event(call, CallEventKind::Digit { leg, digit: shown });
        if let Some(l) = self.legs.get_mut(&leg) {
            l.audio.track.note_digit(now, shown);
        }
        if self.confirm_pressed(call, leg, digit)
            || self.key_of_number(call, leg, digit)
            || (inside && self.key_of_consultation(call, leg, &typed))
        {
            return;
        }
        match self.calls.get(&call).map(|c| c.phase) {
            Some(Phase::Service) => self.visitor_pressed(call, leg, digit),
            Some(Phase::Bridged(..)) => {
                if let Some(code) = self.code_of(&typed).filter(|_| inside) {
                    self.code_typed(call, leg, code);
                }
            }
            Some(Phase::Setup | Phase::Ended { .. }) | None => {}
        }
    }

    /// The code that the last keys are; of two, the longer.
    fn code_of(&self, typed: &str) -> Option<Code> {
        let (features, codes) = (&self.config.features, &self.config.codes);
        let known = [
            (&features.record, Code::Record),
            (&features.record_pause, Code::Pause),
            (&codes.transfer_blind, Code::Transfer(TransferKind::Blind)),
            (&codes.transfer_attended, Code::Transfer(TransferKind::Attended)),
            (&codes.park, Code::Park),
            (&codes.three_way, Code::ThreeWay),
        ];
        known.into_iter().filter(|(code, _)| is_code(typed, code)).max_by_key(|(code, _)| code.len()).map(|(_, c)| c)
    }

    fn code_typed(&mut self, call: CallRef, leg: LegId, code: Code) {
        if let Some(l) = self.legs.get_mut(&leg) {
            l.audio.keys.forget();
        }
        match code {
            Code::Record => self.record_on_demand(call, leg),
            Code::Pause => self.pause_recording(call, leg),
            // Whoever waits for this leg is not to be forgotten over a second errand.
            _ if !self.is_talking(call) || self.waits_for(call).is_some() => {}
            Code::Transfer(kind) => self.ask_for_number(call, leg, kind),
            Code::Park => self.park_peer(call, leg),
            Code::ThreeWay => self.merge_calls(call, leg),
        }
    }

    /// A key that came by INFO goes on to the other end as the other end understands it.
    pub(crate) fn pass_key_on(&mut self, leg: LegId, digit: char, duration: Duration) {
        let typing = self.legs.get(&leg).and_then(|l| self.calls.get(&l.call)).is_some_and(|c| c.typing.is_some());
        let Some(stream) = self.peer_of(leg).and_then(|p| self.legs.get(&p)).and_then(|p| p.audio.stream) else {
            return;
        };
        if !typing {
            self.media(MediaCommand::SendDigit { stream, digit, duration });
        }
    }
}
