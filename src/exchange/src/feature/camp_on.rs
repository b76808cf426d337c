//! Camp-on: whoever found an extension busy is called back when both are free, and then calls it.
//!
//! What was asked for waits without a timer; it is looked at when one of the two becomes free, and is forgotten after
//! an hour, whenever somebody looks.

use std::collections::BTreeMap;

use base::{Duration, Instant};
use dialplan::Ring;

use crate::call::course::Asked;
use crate::call::origin::Errand;
use crate::{Exchange, Timer};

/// What is waited for, by who waits and for whom: one of each pair.
#[derive(Debug, Default)]
pub(crate) struct CampOns {
    waiting: BTreeMap<Pair, Wait>,
    /// The same the other way round, to be found by whom it is for.
    by_target: BTreeMap<Pair, ()>,
    due: BTreeMap<u32, Pair>,
    last: u32,
}

/// Two extensions.
type Pair = (String, String);

#[derive(Clone, Copy, Debug)]
struct Wait {
    until: Instant,
    /// A timer looks at it soon.
    due: Option<u32>,
}

/// So long somebody waits.
const PATIENCE: Duration = Duration::from_secs(60 * 60);
/// Whoever has just hung up gets a moment to lift again.
const MOMENT: Duration = Duration::from_secs(2);
/// Of all extensions at most, and of one.
const WAITING_MAX: usize = 1_000;
const OF_ONE_MAX: usize = 8;

impl CampOns {
    fn forget_old(&mut self, now: Instant) {
        let old: Vec<Pair> = self.waiting.iter().filter(|(_, w)| w.until <= now).map(|(p, _)| p.clone()).collect();
        for pair in old {
            self.remove(&pair);
        }
    }

    fn remove(&mut self, pair: &Pair) -> Option<Wait> {
        let wait = self.waiting.remove(pair)?;
        self.by_target.remove(&(pair.1.clone(), pair.0.clone()));
        if let Some(due) = wait.due {
            self.due.remove(&due);
        }
        Some(wait)
    }

    /// Pairs that an extension is in, on either side.
    fn with(&self, extension: &str) -> Vec<Pair> {
        let from = (extension.to_owned(), String::new());
        let of = |(one, _): &&Pair| one == extension;
        let waits = self.waiting.range(from.clone()..).map(|(pair, _)| pair).take_while(of).cloned();
        let targets = self.by_target.range(from..).map(|(pair, ())| pair).take_while(of);
        waits.chain(targets.map(|(target, who)| (who.clone(), target.clone()))).collect()
    }
}

impl Exchange {
    /// `extension` is called back when `target` is free. False where it waits for too many already, or for itself.
    pub(crate) fn camp_on(&mut self, extension: &str, target: &str) -> bool {
        let now = self.now;
        self.camp_ons.forget_old(now);
        let pair = (extension.to_owned(), target.to_owned());
        let own = self.camp_ons.with(extension).iter().filter(|(who, _)| who == extension).count();
        let known = self.camp_ons.waiting.contains_key(&pair);
        if extension == target
            || (!known && (own >= OF_ONE_MAX || self.camp_ons.waiting.len() >= WAITING_MAX))
            || !self.config.extensions.contains_key(target)
        {
            return false;
        }
        let due = self.camp_ons.waiting.get(&pair).and_then(|wait| wait.due);
        self.camp_ons.by_target.insert((target.to_owned(), extension.to_owned()), ());
        self.camp_ons.waiting.insert(pair, Wait { until: now + PATIENCE, due });
        // The caller itself is busy until it hangs up: that will be the next look at it.
        true
    }

    /// `extension` waits for nobody any more; for how many it did.
    pub(crate) fn camp_on_cancel(&mut self, extension: &str) -> usize {
        let own: Vec<Pair> = self.camp_ons.with(extension).into_iter().filter(|(who, _)| who == extension).collect();
        for pair in &own {
            if let Some(due) = self.camp_ons.remove(pair).and_then(|wait| wait.due) {
                self.timers.cancel(Timer::CampOn(due));
            }
        }
        own.len()
    }

    /// An extension is in no call any more: whoever waits for it, or whom it waits for, is looked at in a moment.
    pub(crate) fn extension_free(&mut self, extension: &str) {
        if self.camp_ons.waiting.is_empty() {
            return;
        }
        let at = self.now + MOMENT;
        for pair in self.camp_ons.with(extension) {
            let id = self.camp_ons.last.wrapping_add(1);
            let Some(wait) = self.camp_ons.waiting.get_mut(&pair) else { continue };
            let id = *wait.due.get_or_insert(id);
            self.camp_ons.last = self.camp_ons.last.max(id);
            self.camp_ons.due.insert(id, pair);
            self.timers.set(Timer::CampOn(id), at);
        }
    }

    /// The moment is over: whoever waits is called, if both are free still.
    pub(crate) fn camp_on_due(&mut self, id: u32) {
        let Some(pair) = self.camp_ons.due.remove(&id) else { return };
        let Some(wait) = self.camp_ons.waiting.get_mut(&pair) else { return };
        wait.due = None;
        let (extension, target) = &pair;
        let busy = |number: &String| self.facts.state.busy.contains_key(number);
        if wait.until > self.now && (busy(extension) || busy(target)) {
            return;
        }
        let late = wait.until <= self.now;
        self.camp_ons.remove(&pair);
        let Some(ring) = self.phones_alone(extension).filter(|_| !late) else { return };
        let party = self.party(extension);
        let ring = Ring { label: Some("now free".to_owned()), name: self.party(target).name, ..ring };
        let asked = Asked::by_extension(extension, target);
        let errand = Errand::Dial { extension: extension.clone(), number: target.clone() };
        if let Err(refusal) = self.begin_own_call(party, asked, ring, errand) {
            tracing::debug!(%extension, %target, why = refusal.0, "not called back");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_found_from_both_sides_and_forgotten_on_both() {
        let mut table = CampOns::default();
        let until = Instant::ZERO + PATIENCE;
        for (who, target) in [("101", "102"), ("101", "103"), ("104", "102"), ("1021", "105")] {
            table.waiting.insert((who.into(), target.into()), Wait { until, due: None });
            table.by_target.insert((target.into(), who.into()), ());
        }
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(table.with("102"), [pair("101", "102"), pair("104", "102")]);
        assert_eq!(table.with("101"), [pair("101", "102"), pair("101", "103")]);
        table.remove(&pair("101", "102"));
        assert_eq!(table.with("102"), [pair("104", "102")]);
        table.forget_old(until);
        assert!(table.waiting.is_empty() && table.by_target.is_empty());
    }
}
