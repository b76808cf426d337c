//! Single events side by side: at each point at most one, found by a binary search.

use std::collections::BTreeSet;

/// Stretches without overlap, in order: where each begins, and which event holds from there to the next.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shelf(Vec<(i64, Option<u32>)>);

impl Shelf {
    /// From events `(begin, end, event)`; where several overlap the one that began last holds, of those the first
    /// written.
    pub fn new(events: &[(i64, i64, u32)]) -> Shelf {
        let mut ends: Vec<(i64, bool, usize)> = Vec::with_capacity(events.len() * 2);
        for (at, (begin, end, _)) in events.iter().enumerate().filter(|(_, (begin, end, _))| begin < end) {
            ends.push((*begin, true, at));
            ends.push((*end, false, at));
        }
        ends.sort_unstable();
        let mut covering: BTreeSet<(i64, core::cmp::Reverse<u32>)> = BTreeSet::new();
        let mut shelf: Vec<(i64, Option<u32>)> = Vec::new();
        for (point, begins, at) in ends {
            let (begin, _, event) = events[at];
            match begins {
                true => covering.insert((begin, core::cmp::Reverse(event))),
                false => covering.remove(&(begin, core::cmp::Reverse(event))),
            };
            let holds = covering.last().map(|(_, event)| event.0);
            match shelf.last_mut() {
                Some(last) if last.0 == point => last.1 = holds,
                _ => shelf.push((point, holds)),
            }
        }
        Shelf(shelf)
    }

    /// The event that holds at a point.
    pub fn find(&self, point: i64) -> Option<u32> {
        let after = self.0.partition_point(|(begin, _)| *begin <= point);
        self.0.get(after.checked_sub(1)?)?.1
    }

    /// Where something begins or ends, from `from` on and before `to`.
    pub fn ends(&self, from: i64, to: i64) -> impl Iterator<Item = i64> {
        let first = self.0.partition_point(|(begin, _)| *begin < from);
        self.0[first..].iter().map(|(begin, _)| *begin).take_while(move |begin| *begin < to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_point_finds_what_a_search_through_all_finds(
            events in prop::collection::vec((0_i64..60, 0_i64..20), 0..30),
        ) {
            let events: Vec<_> = (0..).zip(events).map(|(at, (begin, long))| (begin, begin + long, at)).collect();
            let shelf = Shelf::new(&events);
            for point in -1..90 {
                let covering = events.iter().filter(|(begin, end, _)| (*begin..*end).contains(&point));
                let last = covering.max_by_key(|(begin, _, event)| (*begin, core::cmp::Reverse(*event)));
                prop_assert_eq!(shelf.find(point), last.map(|(_, _, event)| *event));
            }
        }
    }
}
