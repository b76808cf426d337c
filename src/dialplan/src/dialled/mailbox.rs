//! Mailboxes by code.

use crate::action::{Action, Mailbox};
use crate::reason::PlaceReason;
use crate::route::RouteError;
use crate::walk::{Goes, Walk};

impl Walk<'_> {
    /// One's own. From one's own phone nothing is asked.
    pub(super) fn own_mailbox(&mut self) -> Goes {
        let Some(from) = self.from else { return Err(RouteError::Forbidden) };
        let number = from.number.clone();
        if !from.voicemail {
            return self.refuse(RouteError::UnknownNumber, PlaceReason::NoMailbox { number });
        }
        self.note(PlaceReason::OwnMailbox { number: number.clone() });
        Ok(Action::Mailbox(Mailbox::Listen { mailbox: Some(number), ask_pin: false }))
    }

    /// Any, with its PIN; without a number behind the code that is asked.
    pub(super) fn other_mailbox(&mut self, rest: &str) -> Goes {
        if rest.is_empty() {
            return Ok(Action::Mailbox(Mailbox::Listen { mailbox: None, ask_pin: true }));
        }
        let from = self.from.map(|from| from.number.as_str()).unwrap_or_default();
        let shared = self.config.mailboxes.get(rest);
        let exists = shared.is_some() || self.config.extensions.get(rest).is_some_and(|extension| extension.voicemail);
        if !exists {
            return self.refuse(RouteError::UnknownNumber, PlaceReason::NoMailbox { number: rest.to_owned() });
        }
        let is_theirs = rest == from || shared.is_some_and(|mailbox| mailbox.members.iter().any(|m| m == from));
        Ok(Action::Mailbox(Mailbox::Listen { mailbox: Some(rest.to_owned()), ask_pin: !is_theirs }))
    }

    /// A message without ringing anybody.
    pub(super) fn leave_directly(&mut self, code: &str, rest: &str) -> Goes {
        let number = self.needed(code, rest)?;
        self.leave_message(number, None)
    }
}
