//! Keys pressed in a call: feature codes, and what a service listens for.

use base::{CallRef, Duration, Instant, LegId};
use media::control::MediaCommand;

use crate::Exchange;
use crate::call::Phase;
use crate::record::CallEventKind;

/// The last keys of a leg, among which feature codes are looked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keys {
    typed: String,
    last_at: Option<Instant>,
}

/// Longer between two keys, and a code begins anew.
const PAUSE_MAX: Duration = Duration::from_secs(3);
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
}

/// What a typed code asks for.
enum Code {
    Record,
    Pause,
}

impl Exchange {
    /// A key was pressed on a leg's phone, however it was told.
    pub(crate) fn key_pressed(&mut self, leg: LegId, digit: char) {
        let now = self.now;
        let Some(l) = self.legs.get_mut(&leg) else { return };
        let call = l.call;
        let typed = l.audio.keys.press(now, digit).to_owned();
        let shown = if self.digits_are_private(call) { '?' } else { digit };
        self.call_event(call, CallEventKind::Digit { leg, digit: shown });
        if let Some(l) = self.legs.get_mut(&leg) {
            l.audio.track.note_digit(now, shown);
        }
        let code = if typed.ends_with(&self.config.features.record) {
            Some(Code::Record)
        } else if typed.ends_with(&self.config.features.record_pause) {
            Some(Code::Pause)
        } else {
            None
        };
        match self.calls.get(&call).map(|c| c.phase) {
            Some(Phase::Service) => self.visitor_pressed(call, leg, digit),
            Some(Phase::Bridged(..)) => {
                if let Some(code) = code {
                    self.code_typed(call, leg, &code);
                }
            }
            Some(Phase::Setup | Phase::Ended { .. }) | None => {}
        }
    }

    fn code_typed(&mut self, call: CallRef, leg: LegId, code: &Code) {
        if let Some(l) = self.legs.get_mut(&leg) {
            l.audio.keys.typed.clear();
        }
        match code {
            Code::Record => self.record_on_demand(call, leg),
            Code::Pause => self.pause_recording(call, leg),
        }
    }

    /// A key that came by INFO goes on to the other end as the other end understands it.
    pub(crate) fn pass_key_on(&mut self, leg: LegId, digit: char, duration: Duration) {
        let Some(stream) = self.peer_of(leg).and_then(|p| self.legs.get(&p)).and_then(|p| p.audio.stream) else {
            return;
        };
        self.media(MediaCommand::SendDigit { stream, digit, duration });
    }
}
