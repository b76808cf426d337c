//! The timer table: one row per armed timer, so that tracing can say why we wake.

use core::hash::Hash;
use std::collections::BTreeSet;

use hashbrown::HashMap;

use crate::Instant;

/// Armed timers by key. A key has at most one deadline; all operations are O(log n).
///
/// Timers due at the same instant fire in the order of their keys, so a replay agrees.
#[derive(Clone, Debug)]
pub struct Timers<K> {
    by_time: BTreeSet<(Instant, K)>,
    by_key: HashMap<K, Instant>,
}

impl<K: Copy + Ord + Hash> Timers<K> {
    /// An empty table.
    pub fn new() -> Self {
        Timers { by_time: BTreeSet::new(), by_key: HashMap::new() }
    }

    /// Arms `key` for `at`, replacing an earlier deadline.
    pub fn set(&mut self, key: K, at: Instant) {
        if let Some(old) = self.by_key.insert(key, at) {
            self.by_time.remove(&(old, key));
        }
        self.by_time.insert((at, key));
    }

    /// Disarms `key`; nothing happens if it was not armed.
    pub fn cancel(&mut self, key: K) {
        if let Some(old) = self.by_key.remove(&key) {
            self.by_time.remove(&(old, key));
        }
    }

    /// When `key` fires, if it is armed.
    pub fn deadline(&self, key: &K) -> Option<Instant> {
        self.by_key.get(key).copied()
    }

    /// The earliest deadline: when to call [`Timers::pop_due`] next.
    pub fn next(&self) -> Option<Instant> {
        self.by_time.first().map(|(at, _)| *at)
    }

    /// Takes out one timer that is due at `now`, the earliest first.
    pub fn pop_due(&mut self, now: Instant) -> Option<K> {
        let &(at, key) = self.by_time.first()?;
        if at > now {
            return None;
        }
        self.by_time.pop_first();
        self.by_key.remove(&key);
        Some(key)
    }

    /// The number of armed timers.
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    /// Whether no timer is armed.
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }
}

impl<K: Copy + Ord + Hash> Default for Timers<K> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_set_again_fires_once_at_its_last_deadline() {
        let at = Instant::from_nanos;
        let mut t = Timers::new();
        t.set('a', at(5));
        t.set('b', at(5));
        t.set('a', at(9));
        t.set('c', at(7));
        t.cancel('c');
        assert_eq!(t.next(), Some(at(5)));
        assert_eq!(t.pop_due(at(4)), None);
        assert_eq!(t.pop_due(at(20)), Some('b'));
        assert_eq!(t.pop_due(at(20)), Some('a'));
        assert_eq!(t.pop_due(at(20)), None);
        assert!(t.is_empty() && t.is_empty());
    }
}
