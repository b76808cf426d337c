//! A decision under way: what is asked, what is known, and what was found so far.

use base::WallTime;
use config::{Config, Destination, Extension};

use crate::action::{Action, Announcement, Mailbox};
use crate::numbers::{self, NUMBER_MAX, normalised};
use crate::plan::Plan;
use crate::reason::{CodeReason, PlaceReason, Reason};
use crate::route::{Caller, Decision, Failure, Request, RouteError};
use crate::state::State;

/// Places a call may be sent to before that counts as a circle (RFC 5393 §5.3 limits branches likewise).
pub const HOPS_MAX: usize = 10;
/// Codes that stand for a number, one in front of the other: `*67*870`.
const CODES_DEEP: u8 = 3;

/// What a step comes to.
pub(crate) type Goes = Result<Action, RouteError>;

/// What a number outside is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Somebody dialled it.
    Dialled,
    /// Somebody transfers a call there.
    Transfer,
}

/// A decision under way.
pub(crate) struct Walk<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) config: &'a Config,
    pub(crate) state: &'a State,
    pub(crate) at: WallTime,
    /// Who calls, as asked.
    pub(crate) caller: Caller<'a>,
    /// Whose rights count: the calling extension, or whoever has logged in at it.
    pub(crate) from: Option<&'a Extension>,
    pub(crate) purpose: Purpose,
    pub(crate) reasons: Vec<Reason>,
    pub(crate) hops: Vec<String>,
    /// The number is not shown for this call.
    pub(crate) withhold: bool,
    /// Put before the caller's name.
    pub(crate) label: Option<String>,
    deep: u8,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(plan: &'a Plan, state: &'a State, request: &Request<'a>, purpose: Purpose) -> Self {
        let config: &'a Config = plan.config();
        let mut reasons = Vec::with_capacity(8);
        let from = request.from.extension().and_then(|phone| {
            let person = state.at_phone(phone);
            if person != phone {
                reasons.push(PlaceReason::Seat { phone: phone.to_owned(), number: person.to_owned() }.into());
            }
            config.extensions.get(person)
        });
        let (at, caller, hops) = (request.at, request.from, request.hops.to_vec());
        Walk { plan, config, state, at, caller, from, purpose, reasons, hops, withhold: false, label: None, deep: 0 }
    }

    /// From the beginning.
    pub(crate) fn begin(&mut self, dialled: &str) -> Goes {
        match self.caller {
            Caller::Trunk { .. } => self.inbound(dialled),
            Caller::Extension(phone) => {
                let number = self.understood(dialled)?;
                // Before anything may refuse: even who may not call at all may call for help.
                if let Some(help) = numbers::emergency(&self.config.numbers, &number) {
                    return self.emergency(help);
                }
                self.may_call(phone)?;
                self.dial(&number)
            }
        }
    }

    pub(crate) fn decided(self, goes: Goes) -> Decision {
        let action = goes.unwrap_or_else(Action::Refuse);
        Decision { action, reasons: self.reasons, hops: self.hops }
    }

    pub(crate) fn note(&mut self, reason: impl Into<Reason>) {
        self.reasons.push(reason.into());
    }

    /// Notes why, and refuses.
    pub(crate) fn refuse<T>(&mut self, error: RouteError, reason: impl Into<Reason>) -> Result<T, RouteError> {
        self.note(reason);
        Err(error)
    }

    /// Whether the caller may call at all.
    fn may_call(&mut self, phone: &str) -> Result<(), RouteError> {
        match self.from {
            Some(extension) if extension.enabled => Ok(()),
            Some(extension) => {
                let number = extension.number.clone();
                self.refuse(RouteError::Forbidden, Reason::CallerDisabled { number })
            }
            None => self.refuse(RouteError::Forbidden, Reason::CallerUnknown { number: phone.to_owned() }),
        }
    }

    /// What was dialled, as the tables know it.
    pub(crate) fn understood(&mut self, dialled: &str) -> Result<String, RouteError> {
        if dialled.len() > 4 * NUMBER_MAX || dialled.chars().nth(NUMBER_MAX).is_some() {
            return self.refuse(RouteError::UnknownNumber, Reason::TooLong);
        }
        // `tel:` (RFC 3966 §3) adds nothing. Parameters would: `;phone-context` makes another number of it.
        let bare = match dialled.get(..4) {
            Some(scheme) if scheme.eq_ignore_ascii_case("tel:") => dialled.get(4..).unwrap_or_default(),
            _ => dialled,
        };
        if bare.contains([';', '%', ',']) {
            return self.refuse(RouteError::UnknownNumber, Reason::NotPlain { dialled: dialled.to_owned() });
        }
        let number = normalised(bare);
        if number.is_empty() {
            return self.refuse(RouteError::UnknownNumber, Reason::NothingDialled);
        }
        if number != dialled {
            self.note(Reason::Read { dialled: dialled.to_owned(), number: number.clone() });
        }
        Ok(number)
    }

    /// What an extension dials: a code, a number inside, a number outside.
    pub(crate) fn dial(&mut self, number: &str) -> Goes {
        if let Some(help) = numbers::emergency(&self.config.numbers, number) {
            return self.emergency(help);
        }
        if let Some((code, text, rest)) = self.plan.codes.find(number) {
            return self.code(code, text, rest);
        }
        if self.plan.is_inside(number) {
            self.may_call_inside()?;
        }
        if let Some(goes) = self.inside(number) {
            return goes;
        }
        self.dial_outside(number)
    }

    /// Dials what a code stands for.
    pub(crate) fn dial_instead(&mut self, number: &str) -> Goes {
        self.deep += 1;
        if self.deep > CODES_DEEP {
            return self.refuse(RouteError::Loop, CodeReason::TooManyCodes);
        }
        let number = self.understood(number)?;
        self.dial(&number)
    }

    /// To a place; false circles end here.
    pub(crate) fn enter(&mut self, place: &str) -> Result<(), RouteError> {
        if self.hops.iter().any(|hop| hop == place) {
            return self.refuse(RouteError::Loop, PlaceReason::BeenThere { place: place.to_owned() });
        }
        if self.hops.len() >= HOPS_MAX {
            return self.refuse(RouteError::Loop, PlaceReason::TooManyHops);
        }
        self.hops.push(place.to_owned());
        Ok(())
    }

    /// Where a rule sends the call.
    pub(crate) fn go_to(&mut self, destination: &Destination) -> Goes {
        self.note(PlaceReason::SentTo { to: destination.to_string() });
        if let Destination::Number(number) = destination {
            return match self.inside(number) {
                Some(goes) => goes,
                None => self.refuse(RouteError::UnknownNumber, Reason::Unknown { number: number.clone() }),
            };
        }
        self.enter(&destination.to_string())?;
        match destination {
            Destination::Number(_) | Destination::Busy => Err(RouteError::Busy),
            Destination::HangUp => Err(RouteError::HungUp),
            Destination::Voicemail(number) => self.leave_message(number, None),
            Destination::Hours(name) => self.by_hours(name),
            Destination::Sound(sound) => Ok(Action::Announce(Announcement { sound: sound.clone() })),
            Destination::Outside(number) => self.rule_outside(number),
        }
    }

    /// A message for an extension or a shared mailbox.
    pub(crate) fn leave_message(&mut self, number: &str, why: Option<Failure>) -> Goes {
        let mailbox = number.to_owned();
        let exists = match self.config.extensions.get(number) {
            Some(extension) => extension.voicemail && extension.enabled,
            None => self.config.mailboxes.contains_key(number),
        };
        if !exists {
            return self.refuse(RouteError::UnknownNumber, PlaceReason::NoMailbox { number: mailbox });
        }
        self.note(PlaceReason::ToMailbox { number: mailbox.clone() });
        Ok(Action::Mailbox(Mailbox::Leave { mailbox, why }))
    }
}
