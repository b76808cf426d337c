//! What people set at run time: kept as facts in the journal, folded here for decisions.
//!
//! A fact is one key with a value that replaces the former one: see [`dialplan::state::Fact`]. What the dial plan
//! decides by lies in [`Facts::state`], ready to be read; the other kinds stay as text until somebody asks.

use std::collections::BTreeMap;

use dialplan::state::{Fact, State};

use crate::Exchange;
use crate::record::{FactRecord, Record};

/// Longest value of a fact, octets.
pub const FACT_MAX: usize = 1 << 20;

/// All facts, folded.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// What the dial plan decides by.
    pub(crate) state: State,
    /// Every other kind, by key.
    others: BTreeMap<String, String>,
}

impl Facts {
    /// Folds one in.
    pub(crate) fn apply(&mut self, key: &str, value: Option<&str>) {
        if self.state.apply(key, value) {
            return;
        }
        match value {
            Some(value) => self.others.insert(key.to_owned(), value.to_owned()),
            None => self.others.remove(key),
        };
    }

    /// One fact of a kind that the dial plan does not know.
    pub(crate) fn get<T: Fact>(&self, id: &str) -> Option<T> {
        serde_json::from_str(self.others.get(&key_of::<T>(id))?).ok()
    }

    /// Whether there is one of a kind that the dial plan does not know.
    pub(crate) fn has<T: Fact>(&self, id: &str) -> bool {
        self.others.contains_key(&key_of::<T>(id))
    }

    /// All of a kind that the dial plan does not know, whose ids begin so, in the order of their ids.
    pub(crate) fn all<'f, T: Fact + 'f>(&'f self, beginning: &str) -> impl Iterator<Item = (&'f str, T)> + use<'f, T> {
        let from = key_of::<T>(beginning);
        let kind = T::KIND.len() + 1;
        self.others
            .range(from.clone()..)
            .take_while(move |(key, _)| key.starts_with(&from))
            .filter_map(move |(key, value)| Some((&key[kind..], serde_json::from_str(value).ok()?)))
    }
}

fn key_of<T: Fact>(id: &str) -> String {
    format!("{}/{id}", T::KIND)
}

impl Exchange {
    /// Sets or removes a fact: into the journal and into what decisions are made by. Returns the record's number, for
    /// whoever must wait until it is on disk.
    pub(crate) fn put_fact<T: Fact>(&mut self, id: &str, value: Option<&T>, by: &str) -> u64 {
        // A value of ours always serialises: it is made of texts, numbers and tables with text keys.
        let value = value.and_then(|value| serde_json::to_string(value).ok());
        self.put_fact_text(key_of::<T>(id), value, by)
    }

    /// The same with the text at hand.
    pub(crate) fn put_fact_text(&mut self, key: String, value: Option<String>, by: &str) -> u64 {
        self.facts.apply(&key, value.as_deref());
        let at = self.wall();
        self.facts_changed(&key);
        self.record(Record::Fact(Box::new(FactRecord { at, by: by.to_owned(), key, value })))
    }

    /// Changes what an extension's person has set.
    pub(crate) fn change_person(
        &mut self,
        extension: &str,
        by: &str,
        change: impl FnOnce(&mut dialplan::state::Person),
    ) -> u64 {
        let mut person = self.facts.state.person(extension).clone();
        change(&mut person);
        let empty = person == dialplan::state::Person::default();
        self.put_fact(extension, (!empty).then_some(&person), by)
    }

    /// The facts of the last run.
    pub(crate) fn restore_facts(&mut self, facts: Vec<FactRecord>) {
        for fact in facts {
            self.facts.apply(&fact.key, fact.value.as_deref());
        }
        self.feed_texts_into_plan();
    }

    /// Calendars are read once when their text changes, not at each decision.
    pub(crate) fn feed_texts_into_plan(&mut self) {
        for (name, feed) in &self.facts.state.feeds {
            self.plan.set_feed(name, &feed.text);
        }
    }

    /// Whatever follows from a changed fact.
    fn facts_changed(&mut self, key: &str) {
        self.watch_fact(key);
        if let Some(name) = key.strip_prefix("calendar/") {
            let text = self.facts.state.feeds.get(name).map(|f| f.text.clone()).unwrap_or_default();
            self.plan.set_feed(name, &text);
        }
    }

    /// One more, or one fewer, of a count by name.
    pub(crate) fn count(table: &mut BTreeMap<String, u32>, name: &str, more: bool) {
        if more {
            *table.entry(name.to_owned()).or_default() += 1;
        } else if let Some(n) = table.get_mut(name) {
            *n = n.saturating_sub(1);
            if *n == 0 {
                table.remove(name);
            }
        }
    }
}
