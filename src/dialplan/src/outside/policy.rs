//! Who may call what outside: kinds, countries, blocked numbers, hours, calls at once, money, the right to send on.

use base::Duration;
use config::{Extension, NumberKind};

use super::For;
use super::rules::ClassRules;
use crate::action::OutsideWay;
use crate::hours::HoursState;
use crate::numbers::{OutsideNumber, calling_code_matches};
use crate::reason::OutsideReason;
use crate::route::RouteError;
use crate::walk::Walk;

/// A call that may be made.
pub(super) struct Allowed<'a> {
    pub(super) class: &'a ClassRules,
    /// Typed first: the class of this name asks for it.
    pub(super) pin_of: Option<String>,
    /// Left to spend today, hundredths; none: no limit.
    left: Option<u32>,
}

impl<'a> Walk<'a> {
    pub(super) fn may_call_outside(
        &mut self,
        behalf: Option<&'a Extension>,
        number: &OutsideNumber,
        what: For,
    ) -> Result<Allowed<'a>, RouteError> {
        let class = match behalf {
            None => &self.plan.outside.default,
            Some(extension) => match self.plan.outside.class_of(extension) {
                Some(class) => class,
                None => {
                    let class = extension.class.clone().unwrap_or_default();
                    return self.refuse(RouteError::Forbidden, OutsideReason::NoSuchClass { class });
                }
            },
        };
        let name = || class.name.clone();
        if behalf.is_some() && what.sends_on() && !class.forward_outside {
            return self.refuse(RouteError::Forbidden, OutsideReason::MayNotSendOn { class: name() });
        }
        if !class.allows(number.kind) {
            let refusal = OutsideReason::KindNotAllowed { class: name(), kind: number.kind.into() };
            return self.refuse(RouteError::Forbidden, refusal);
        }
        let text = number.text();
        if number.kind == NumberKind::International
            && !class.countries.is_empty()
            && !class.countries.iter().any(|code| calling_code_matches(code, text))
        {
            return self.refuse(RouteError::Forbidden, OutsideReason::CountryNotAllowed { class: name() });
        }
        let blocks = |text: &str| class.blocked.iter().find(|pattern| pattern.matches(text).is_some());
        if let Some(pattern) = blocks(text).or_else(|| blocks(&number.dialled)) {
            let refusal = OutsideReason::NumberBlocked { class: name(), pattern: pattern.to_string() };
            return self.refuse(RouteError::Forbidden, refusal);
        }
        if let Some(hours) = &class.hours
            && self.hours_now(hours) != HoursState::Open
        {
            let refusal = OutsideReason::OutsideHours { class: name(), hours: hours.clone() };
            return self.refuse(RouteError::Forbidden, refusal);
        }
        if class.asks_pin && what != For::Dialled {
            return self.refuse(RouteError::Forbidden, OutsideReason::PinCannotBeAsked { class: name() });
        }
        let left = self.limits(behalf, class)?;
        self.note(OutsideReason::Allowed { class: name(), kind: number.kind.into() });
        Ok(Allowed { class, pin_of: class.asks_pin.then(name), left })
    }

    /// Calls at once and money of the day; what is left of it.
    fn limits(&mut self, behalf: Option<&Extension>, class: &ClassRules) -> Result<Option<u32>, RouteError> {
        let Some(extension) = behalf else { return Ok(None) };
        let number = || extension.number.clone();
        let calls = self.state.outside.get(&format!("extension/{}", extension.number)).copied().unwrap_or(0);
        if class.calls_max > 0 && calls >= u32::from(class.calls_max) {
            let refusal = OutsideReason::TooManyCalls { number: number(), max: class.calls_max };
            return self.refuse(RouteError::Limit, refusal);
        }
        if class.spend_day_max == 0 {
            return Ok(None);
        }
        let spent = self.spent_today(&extension.number);
        if spent >= class.spend_day_max {
            let refusal = OutsideReason::SpentEnough { number: number(), spent, max: class.spend_day_max };
            return self.refuse(RouteError::Limit, refusal);
        }
        Ok(Some(class.spend_day_max - spent))
    }

    /// Hundredths spent today by an extension, or `trunk/NAME`.
    pub(super) fn spent_today(&self, of: &str) -> u32 {
        let today = self.plan.clocks.day(self.at);
        self.state.spent.get(of).filter(|spent| spent.day == today).map_or(0, |spent| spent.hundredths)
    }

    /// After how long the call ends: the least of what class, trunks and money allow.
    pub(super) fn limit(&mut self, allowed: &Allowed<'_>, ways: &[OutsideWay]) -> Option<Duration> {
        let minutes = |minutes: u16| (minutes > 0).then(|| Duration::from_secs(u64::from(minutes) * 60));
        let trunks = ways.iter().filter_map(|way| minutes(self.config.trunks.get(&way.trunk)?.minutes_max)).min();
        let dearest = ways.iter().map(|way| way.price).max().unwrap_or(0);
        let money = allowed.left.filter(|_| dearest > 0);
        let money = money.map(|left| Duration::from_secs((u64::from(left) * 60 / u64::from(dearest)).max(1)));
        let limit = [minutes(allowed.class.minutes_max), trunks, money].into_iter().flatten().min()?;
        self.note(OutsideReason::Limit { seconds: limit.as_secs() });
        Some(limit)
    }
}
