//! Calls for help. Nothing refuses them: no class, PIN, hours, limit or list, and no trunk that seems to be down.

use base::Duration;
use config::{Extension, NumberKind, Trunk};

use super::ways::WAYS_MAX;
use crate::action::{Action, CallerId, Outside, OutsideWay};
use crate::reason::{OutsideReason, Reason, TrunkPassedOver};
use crate::route::RouteError;
use crate::walk::{Goes, Walk};

/// How long it rings: longer than any dispatcher takes.
const RING_TIME: Duration = Duration::from_secs(180);

impl Walk<'_> {
    pub(crate) fn emergency(&mut self, number: &str) -> Goes {
        self.note(OutsideReason::Emergency { number: number.to_owned() });
        let ways = self.emergency_ways(number);
        if ways.is_empty() {
            return self.refuse(RouteError::NoWayOut, Reason::EmergencyWithoutLine { number: number.to_owned() });
        }
        let caller = self.caller.extension().unwrap_or_default();
        Ok(Action::Outside(Box::new(Outside {
            number: number.to_owned(),
            name: number.to_owned(),
            ways,
            kind: NumberKind::Emergency,
            on_behalf: self.from.map_or(caller, |from| &from.number).to_owned(),
            limit: None,
            pin_of: None,
            ring_time: RING_TIME,
            diverted_by: None,
        })))
    }

    /// The trunks named for it, else all; those that seem to be down come last, for who knows.
    fn emergency_ways(&mut self, number: &str) -> Vec<OutsideWay> {
        let mut trunks: Vec<&Trunk> = Vec::new();
        for name in &self.config.emergency.trunks {
            match self.config.trunks.get(name) {
                Some(trunk) if trunk.enabled => trunks.push(trunk),
                Some(_) => self.trunk_is_out(name, TrunkPassedOver::Disabled),
                None => self.trunk_is_out(name, TrunkPassedOver::Unknown),
            }
        }
        if trunks.is_empty() {
            trunks = self.config.trunks.values().filter(|trunk| trunk.enabled).collect();
        }
        trunks.sort_by_key(|trunk| self.state.down.contains(&trunk.name));
        trunks.truncate(WAYS_MAX);
        let mut ways = Vec::with_capacity(trunks.len());
        for trunk in trunks {
            self.note(OutsideReason::Way { trunk: trunk.name.clone(), number: number.to_owned() });
            let caller_id = CallerId { number: self.number_for_help(trunk), withheld: false };
            ways.push(OutsideWay { trunk: trunk.name.clone(), number: number.to_owned(), caller_id, price: 0 });
        }
        ways
    }

    /// The number by which a dispatcher finds and calls back whoever calls.
    fn number_for_help(&self, trunk: &Trunk) -> Option<String> {
        // The place counts: a person who has logged in elsewhere stands where the phone stands.
        let phone = self.caller.extension().and_then(|phone| self.config.extensions.get(phone));
        let of_phone = |pick: fn(&Extension) -> &Option<String>| phone.and_then(|phone| pick(phone).clone());
        of_phone(|extension| &extension.emergency_caller_id)
            .or_else(|| self.config.emergency.caller_id.clone())
            .or_else(|| of_phone(|extension| &extension.caller_id))
            .or_else(|| trunk.caller_id.clone())
    }

    fn trunk_is_out(&mut self, trunk: &str, why: TrunkPassedOver) {
        self.note(OutsideReason::TrunkPassedOver { trunk: trunk.to_owned(), why });
    }
}
