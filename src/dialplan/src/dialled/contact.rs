//! Codes that stand for another number: withheld, dialled last, called last, speed dial.

use crate::reason::CodeReason;
use crate::route::RouteError;
use crate::walk::{Goes, Walk};

impl Walk<'_> {
    pub(super) fn withheld(&mut self, code: &str, rest: &str) -> Goes {
        let number = self.needed(code, rest)?;
        self.withhold = true;
        self.dial_instead(number)
    }

    pub(super) fn redial(&mut self) -> Goes {
        let last = self.last().and_then(|last| last.dialled.clone());
        let Some(number) = last else { return self.refuse(RouteError::UnknownNumber, CodeReason::NothingDialledYet) };
        self.note(CodeReason::StandsFor { number: number.clone() });
        self.dial_instead(&number)
    }

    pub(super) fn last_caller(&mut self) -> Goes {
        let last = self.last().and_then(|last| last.caller.clone());
        let Some(number) = last else { return self.refuse(RouteError::UnknownNumber, CodeReason::NobodyCalledYet) };
        self.note(CodeReason::StandsFor { number: number.clone() });
        self.dial_instead(&number)
    }

    pub(super) fn speed_dial(&mut self, code: &str, rest: &str) -> Goes {
        let key = self.needed(code, rest)?;
        let number = key_number(key).and_then(|key| self.state.person(&self.from?.number).speed_dial.get(&key));
        let Some(number) = number else {
            return self.refuse(RouteError::UnknownNumber, CodeReason::NoSpeedDial { key: key.to_owned() });
        };
        self.note(CodeReason::StandsFor { number: number.clone() });
        self.dial_instead(number)
    }

    /// Kept for the phone, or for whoever has logged in there.
    pub(super) fn last(&self) -> Option<&crate::state::Last> {
        let person = self.from.and_then(|from| self.state.last.get(&from.number));
        person.or_else(|| self.state.last.get(self.caller.extension()?))
    }
}

/// 0–99.
pub(super) fn key_number(key: &str) -> Option<u8> {
    let digits = (1..=2).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_digit());
    if digits { key.parse().ok() } else { None }
}
