//! Calls to the outside. Everything that can place one asks here, on behalf of somebody whose rights and money count:
//! dialling, forwards, follow-me, transfers, call-backs, rules of the document.
//!
//! **Invariant:** no other function of this crate makes an [`Outside`].

mod caller_id;
mod emergency;
mod policy;
mod rules;
mod ways;

use base::Duration;
use config::Extension;

use crate::action::{Action, Outside};
use crate::numbers::{self, OutsideNumber, WrittenBy};
use crate::reason::{OutsideReason, Reason};
use crate::route::RouteError;
use crate::walk::{Goes, Purpose, Walk};

pub(crate) use rules::{DEFAULT_CLASS, OutsideRules, patterns};

/// How long a number outside rings at most when somebody dialled it. A proxy waits at least three minutes
/// (RFC 3261 §16.6, Timer C); ours is the first to give up.
const RING_TIME: Duration = Duration::from_secs(120);

/// What a number outside is called for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum For {
    /// Somebody dialled it and waits for it.
    Dialled,
    /// Somebody transfers a call to it.
    Transfer,
    /// A person forwards calls to it.
    Forward,
    /// It rings with a person's phones.
    FollowMe,
    /// A rule of the document sends calls there.
    Rule,
}

impl For {
    /// A call that somebody else made is sent on: that needs the right to.
    fn sends_on(self) -> bool {
        matches!(self, For::Transfer | For::Forward | For::FollowMe)
    }
}

impl<'a> Walk<'a> {
    /// What an extension dialled and nothing inside knew.
    pub(crate) fn dial_outside(&mut self, text: &str) -> Goes {
        let Some(from) = self.from else {
            return self.refuse(RouteError::UnknownNumber, Reason::Unknown { number: text.to_owned() });
        };
        let purpose = match self.purpose {
            Purpose::Dialled => For::Dialled,
            Purpose::Transfer => For::Transfer,
        };
        self.outside_for(from, text, purpose).map(|outside| Action::Outside(Box::new(outside)))
    }

    /// A number outside on behalf of an extension.
    pub(crate) fn outside_for(&mut self, behalf: &'a Extension, text: &str, what: For) -> Result<Outside, RouteError> {
        let number = self.read_outside(text, WrittenBy::Phone)?;
        self.outside(Some(behalf), &number, what)
    }

    /// A number outside to which a rule of the document sends calls. The rule stands for the right to; what may be
    /// called is what anybody may call.
    pub(crate) fn rule_outside(&mut self, text: &str) -> Goes {
        let number = self.read_outside(text, WrittenBy::Rule)?;
        self.outside(None, &number, For::Rule).map(|outside| Action::Outside(Box::new(outside)))
    }

    fn read_outside(&mut self, text: &str, by: WrittenBy) -> Result<OutsideNumber, RouteError> {
        // A forward to the police is an attack or a mistake.
        if let Some(help) = numbers::emergency(&self.config.numbers, text) {
            return self.refuse(RouteError::Forbidden, OutsideReason::EmergencyNotSentOn { number: help.to_owned() });
        }
        match numbers::read(&self.config.numbers, text, by) {
            // Three digits that lead nowhere are a wrong extension rather than a number that may not be called.
            Ok(number) if number.e164.is_none() && !self.plan.outside.has_route(&number) => {
                self.note(Reason::Unknown { number: text.to_owned() });
                self.refuse(RouteError::UnknownNumber, OutsideReason::NoRoute { number: number.dialled })
            }
            Ok(number) => {
                let (read, kind) = (number.text().to_owned(), number.kind);
                self.note(OutsideReason::Number { dialled: text.to_owned(), number: read, kind: kind.into() });
                Ok(number)
            }
            Err(why) => {
                self.note(Reason::Unknown { number: text.to_owned() });
                self.refuse(RouteError::UnknownNumber, OutsideReason::NotANumber { dialled: text.to_owned(), why })
            }
        }
    }

    /// The one policy: may it, and which ways are there?
    fn outside(
        &mut self,
        behalf: Option<&'a Extension>,
        number: &OutsideNumber,
        what: For,
    ) -> Result<Outside, RouteError> {
        let allowed = self.may_call_outside(behalf, number, what)?;
        let ways = self.ways(behalf, number, allowed.class)?;
        let limit = self.limit(&allowed, &ways);
        let ring_time = match what {
            For::Dialled | For::Transfer | For::Rule => RING_TIME,
            For::Forward | For::FollowMe => Duration::from_secs(self.config.sip.ring_time_s.into()),
        };
        let on_behalf = behalf.map(|extension| extension.number.clone()).unwrap_or_default();
        let diverted = matches!(what, For::Forward | For::FollowMe);
        Ok(Outside {
            number: number.text().to_owned(),
            name: number.text().to_owned(),
            ways,
            kind: number.kind,
            diverted_by: diverted.then(|| on_behalf.clone()),
            on_behalf,
            limit,
            pin_of: allowed.pin_of,
            ring_time,
        })
    }
}
