//! Codes that set something. What cannot be meant is refused here; the exchange sets the rest.

use super::contact::key_number;
use crate::action::{Action, ForwardKind, Order};
use crate::extension::VOICEMAIL;
use crate::numbers::{WrittenBy, e164_of_provider, emergency, normalised, read};
use crate::outside::For;
use crate::reason::{CodeReason, PlaceReason, Reason};
use crate::route::RouteError;
use crate::walk::{Goes, Walk};

impl Walk<'_> {
    pub(super) fn order(&mut self, order: Order) -> Goes {
        if self.from.is_none() {
            return self.refuse(RouteError::Forbidden, PlaceReason::NotFromOutside);
        }
        Ok(Action::Order(order))
    }

    /// A forward that would never be carried out is refused when it is set.
    pub(super) fn set_forward(&mut self, kind: ForwardKind, rest: &str) -> Goes {
        let Some(from) = self.from else { return self.refuse(RouteError::Forbidden, PlaceReason::NotFromOutside) };
        if rest.is_empty() {
            return self.order(Order::ForwardAsk(kind));
        }
        let to = normalised(rest);
        if to == self.config.codes.voicemail || to == VOICEMAIL {
            if !from.voicemail {
                return self.refuse(RouteError::UnknownNumber, PlaceReason::NoMailbox { number: from.number.clone() });
            }
            return self.order(Order::Forward { kind, to: Some(VOICEMAIL.to_owned()) });
        }
        if to == from.number {
            return self.refuse(RouteError::OwnNumber, Reason::OwnNumber { number: to });
        }
        if !self.plan.is_inside(&to) {
            match self.outside_for(from, &to, For::Forward) {
                // What passes by itself is no reason to refuse a forward that is meant to stay.
                Ok(_) | Err(RouteError::Limit | RouteError::NoWayOut) => {}
                Err(error) => return Err(error),
            }
        } else if self.plan.is_parking(&to) {
            return self.refuse(RouteError::UnknownNumber, CodeReason::NoForwardThere { number: to });
        }
        self.order(Order::Forward { kind, to: Some(to) })
    }

    /// Day and night: whoever may switch these hours.
    pub(super) fn switch_hours(&mut self, code: &str, rest: &str) -> Goes {
        let rest = self.needed(code, rest)?;
        let Some(from) = self.from else { return self.refuse(RouteError::Forbidden, PlaceReason::NotFromOutside) };
        let hours = self.config.hours.values().find(|hours| hours.code.as_deref() == Some(rest));
        let Some(hours) = hours else {
            return self.refuse(RouteError::UnknownNumber, CodeReason::NoHours { code: rest.to_owned() });
        };
        if !hours.switched_by.is_empty() && !hours.switched_by.contains(&from.number) {
            let refusal = CodeReason::MayNotSwitch { number: from.number.clone(), hours: hours.name.clone() };
            return self.refuse(RouteError::Forbidden, refusal);
        }
        self.note(CodeReason::Switches { hours: hours.name.clone() });
        Ok(Action::Order(Order::Hours { name: hours.name.clone() }))
    }

    pub(super) fn block(&mut self, code: &str, rest: &str) -> Goes {
        let number = self.caller_to_block(code, rest)?;
        self.order(Order::Block(Some(number)))
    }

    pub(super) fn unblock(&mut self, code: &str, rest: &str) -> Goes {
        let number = self.caller_to_block(code, rest)?;
        self.order(Order::Unblock(number))
    }

    pub(super) fn block_last(&mut self) -> Goes {
        match self.last().and_then(|last| last.caller.clone()) {
            None => self.refuse(RouteError::UnknownNumber, CodeReason::NobodyCalledYet),
            Some(caller) => {
                let number = self.caller_to_block("", &caller)?;
                self.order(Order::Block(Some(number)))
            }
        }
    }

    /// A number outside as the lists have it, in E.164.
    fn caller_to_block(&mut self, code: &str, rest: &str) -> Result<String, RouteError> {
        let text = self.needed(code, rest)?;
        if self.plan.is_inside(text) || emergency(&self.config.numbers, text).is_some() {
            return self.refuse(RouteError::Forbidden, CodeReason::NotBlocked { number: text.to_owned() });
        }
        let number = match read(&self.config.numbers, text, WrittenBy::Phone) {
            Ok(number) => number.e164,
            Err(_) => e164_of_provider(&self.config.numbers, text),
        };
        match number {
            Some(number) => Ok(number),
            None => self.refuse(RouteError::UnknownNumber, Reason::Unknown { number: text.to_owned() }),
        }
    }

    /// `*75` 5 `*` 0470000001; nothing behind the second star, or no star, empties the key.
    pub(super) fn set_speed_dial(&mut self, code: &str, rest: &str) -> Goes {
        let rest = self.needed(code, rest)?;
        let (key, number) = rest.split_once('*').unwrap_or((rest, ""));
        let Some(key) = key_number(key) else {
            return self.refuse(RouteError::UnknownNumber, CodeReason::NoSpeedDial { key: key.to_owned() });
        };
        self.order(Order::SpeedDial { key, number: (!number.is_empty()).then(|| number.to_owned()) })
    }

    /// The extension behind the code, else the one dialled last.
    pub(super) fn camp_on(&mut self, code: &str, rest: &str) -> Goes {
        let last = self.last().and_then(|last| last.dialled.clone());
        let target = if rest.is_empty() { last.unwrap_or_default() } else { rest.to_owned() };
        let target = self.needed_extension(code, &target)?;
        self.order(Order::CampOn { target })
    }

    /// Only at a phone of nobody.
    pub(super) fn log_in(&mut self, rest: &str) -> Goes {
        self.at_hot_desk()?;
        if rest.is_empty() {
            return self.order(Order::HotDeskIn { extension: None });
        }
        let number = rest.to_owned();
        match self.config.extensions.get(rest) {
            Some(extension) if extension.enabled => self.order(Order::HotDeskIn { extension: Some(number) }),
            Some(_) => self.refuse(RouteError::Disabled, Reason::ExtensionDisabled { number }),
            None => self.refuse(RouteError::UnknownNumber, Reason::NoExtension { number }),
        }
    }

    pub(super) fn log_out(&mut self) -> Goes {
        let phone = self.caller.extension().unwrap_or_default();
        match self.state.seats.contains_key(phone) {
            true => self.order(Order::HotDeskOut),
            false => self.refuse(RouteError::Forbidden, CodeReason::NobodySitsHere { phone: phone.to_owned() }),
        }
    }

    fn at_hot_desk(&mut self) -> Result<(), RouteError> {
        let phone = self.caller.extension().unwrap_or_default();
        let hot = |handset: &config::Phone| handset.hot_desk && handset.lines.iter().any(|line| line == phone);
        match self.config.phones.values().any(hot) {
            true => Ok(()),
            false => self.refuse(RouteError::Forbidden, CodeReason::NoHotDesk { phone: phone.to_owned() }),
        }
    }
}
