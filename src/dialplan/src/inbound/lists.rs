//! Block and allow lists: the document's, and those of phones and pages. A number that is let through anywhere is.

use std::collections::BTreeMap;

use config::Config;

use super::rules::ANONYMOUS;
use crate::reason::InboundReason;
use crate::route::RouteError;
use crate::walk::Walk;

/// Numbers and beginnings, made ready.
#[derive(Clone, Debug, Default)]
pub(super) struct Lists {
    /// By what stands before the `*`, or the whole number.
    entries: BTreeMap<String, Entries>,
}

/// What the document says about one beginning or number.
#[derive(Clone, Debug, Default)]
struct Entries {
    whole: Option<Entry>,
    beginning: Option<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    allow: bool,
    reason: String,
}

impl Lists {
    pub(super) fn new(config: &Config) -> Lists {
        let mut lists = Lists::default();
        for blocked in config.blocked.values() {
            let entry = Some(Entry { allow: blocked.allow, reason: blocked.reason.clone() });
            match blocked.number.strip_suffix('*') {
                Some(beginning) => lists.entries.entry(beginning.to_owned()).or_default().beginning = entry,
                None => lists.entries.entry(blocked.number.clone()).or_default().whole = entry,
            }
        }
        lists
    }

    /// The entries about a number, the longest first.
    fn about<'l>(&'l self, number: &'l str) -> impl Iterator<Item = (&'l str, &'l Entry)> {
        (0..=number.len()).rev().filter_map(|len| number.get(..len)).flat_map(move |beginning| {
            let entries = self.entries.get(beginning);
            let whole = entries.and_then(|entries| entries.whole.as_ref()).filter(|_| beginning.len() == number.len());
            let start = entries.and_then(|entries| entries.beginning.as_ref());
            whole.into_iter().chain(start).map(move |entry| (beginning, entry))
        })
    }
}

impl Walk<'_> {
    pub(super) fn not_blocked(&mut self) -> Result<(), RouteError> {
        let number = self.caller_number().unwrap_or(ANONYMOUS);
        let lists = &self.plan.inbound.lists;
        let mut blocks = None;
        for (beginning, entry) in lists.about(number) {
            if entry.allow {
                let allowed = InboundReason::LetThrough { number: number.to_owned(), rule: beginning.to_owned() };
                self.note(allowed);
                return Ok(());
            }
            blocks = blocks.or_else(|| Some((beginning.to_owned(), entry.reason.clone())));
        }
        let by_hand = || {
            let block = self.state.blocked.get(number).map(|block| (number, block)).or_else(|| {
                let beginnings = (1..=number.len()).rev().filter_map(|len| number.get(..len));
                beginnings.filter(|_| !self.state.blocked.is_empty()).find_map(|beginning| {
                    self.state.blocked.get(&format!("{beginning}*")).map(|block| (beginning, block))
                })
            });
            block.map(|(rule, block)| (rule.to_owned(), block.reason.clone()))
        };
        match blocks.or_else(by_hand) {
            Some((rule, why)) => {
                let number = number.to_owned();
                self.refuse(RouteError::Blocked, InboundReason::Blocked { number, rule, why })
            }
            None => Ok(()),
        }
    }
}
