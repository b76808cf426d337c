//! The difference between two documents: as lines, as sentences, as a patch.

mod summary;
mod unified;

use std::collections::HashMap;
use std::ops::Range;

pub use summary::summary;
pub use unified::unified;

/// Lines that were replaced: either side may be empty. What lies between two changes is equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub old: Range<usize>,
    pub new: Range<usize>,
}

/// A stretch of `n × m` lines up to this size is compared line by line; a larger one without any
/// unique line in common is taken as replaced.
const COMPARED_MAX: usize = 1 << 20;

/// The changed stretches, in order.
///
/// Lines that occur once on each side (numbers and digests do) anchor the comparison, so that ten
/// thousand extensions cost n log n, not n².
pub(crate) fn changes(old: &[&str], new: &[&str]) -> Vec<Change> {
    let mut out = Vec::new();
    // Most changes are small: only what lies between the equal ends is looked at closely.
    let prefix = old.iter().zip(new).take_while(|(x, y)| x == y).count();
    let suffix = old[prefix..].iter().rev().zip(new[prefix..].iter().rev()).take_while(|(x, y)| x == y).count();
    let (old_end, new_end) = (old.len() - suffix, new.len() - suffix);
    let anchors = anchors(&old[prefix..old_end], &new[prefix..new_end]);
    let (mut old_at, mut new_at) = (prefix, prefix);
    for (a, b) in anchors.into_iter().map(|(a, b)| (a + prefix, b + prefix)).chain([(old_end, new_end)]) {
        gap(old, new, old_at..a, new_at..b, &mut out);
        (old_at, new_at) = (a + 1, b + 1);
    }
    out
}

/// Pairs of equal lines, each unique on its side, rising on both.
fn anchors(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    // Where a line is on each side; `usize::MAX` once it was seen twice. Only looked up, never
    // iterated: the result does not depend on the order of the map.
    let mut places: HashMap<&str, (Option<usize>, Option<usize>)> = HashMap::with_capacity(old.len());
    let seen = |place: &mut Option<usize>, at| *place = Some(if place.is_none() { at } else { usize::MAX });
    for (at, line) in old.iter().enumerate() {
        seen(&mut places.entry(line).or_default().0, at);
    }
    for (at, line) in new.iter().enumerate() {
        if let Some(place) = places.get_mut(line) {
            seen(&mut place.1, at);
        }
    }
    let pairs = old.iter().enumerate().filter_map(|(at, line)| match places.get(line) {
        Some((Some(a), Some(b))) if *a == at && *b != usize::MAX => Some((at, *b)),
        _ => None,
    });

    // The longest rising chain (patience sorting): `tops` holds the least end of a chain of each
    // length, `before` the way back.
    let pairs: Vec<(usize, usize)> = pairs.collect();
    let mut tops: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (index, (_, b)) in pairs.iter().enumerate() {
        let length = tops.partition_point(|top| pairs[*top].1 < *b);
        before.push(length.checked_sub(1).map(|shorter| tops[shorter]));
        match tops.get_mut(length) {
            Some(top) => *top = index,
            None => tops.push(index),
        }
    }
    let mut chain = Vec::with_capacity(tops.len());
    let mut next = tops.last().copied();
    while let Some(index) = next {
        chain.push(pairs[index]);
        next = before[index];
    }
    chain.reverse();
    chain
}

/// The changes between two anchors.
fn gap(old: &[&str], new: &[&str], a: Range<usize>, b: Range<usize>, out: &mut Vec<Change>) {
    let (lines_a, lines_b) = (&old[a.clone()], &new[b.clone()]);
    let prefix = lines_a.iter().zip(lines_b).take_while(|(x, y)| x == y).count();
    let (lines_a, lines_b) = (&lines_a[prefix..], &lines_b[prefix..]);
    let suffix = lines_a.iter().rev().zip(lines_b.iter().rev()).take_while(|(x, y)| x == y).count();
    let (lines_a, lines_b) = (&lines_a[..lines_a.len() - suffix], &lines_b[..lines_b.len() - suffix]);
    let (a, b) = (a.start + prefix, b.start + prefix);
    if lines_a.is_empty() && lines_b.is_empty() {
        return;
    }
    if lines_a.len().saturating_mul(lines_b.len()) > COMPARED_MAX {
        push(out, Change { old: a..a + lines_a.len(), new: b..b + lines_b.len() });
        return;
    }
    let mut done = (0, 0);
    for (x, y) in common(lines_a, lines_b).into_iter().chain([(lines_a.len(), lines_b.len())]) {
        if (x, y) != done {
            push(out, Change { old: a + done.0..a + x, new: b + done.1..b + y });
        }
        done = (x + 1, y + 1);
    }
}

/// The longest common subsequence, as pairs of places.
fn common(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    // `lengths[x][y]`: how long it is from line `x` and line `y` on. The shorter side has at most
    // 1,024 lines, so the lengths fit.
    let width = new.len() + 1;
    let mut lengths = vec![0_u16; (old.len() + 1) * width];
    for x in (0..old.len()).rev() {
        for y in (0..new.len()).rev() {
            lengths[x * width + y] = if old[x] == new[y] {
                lengths[(x + 1) * width + y + 1] + 1
            } else {
                lengths[(x + 1) * width + y].max(lengths[x * width + y + 1])
            };
        }
    }
    let mut pairs = Vec::new();
    let (mut x, mut y) = (0, 0);
    while x < old.len() && y < new.len() {
        if old[x] == new[y] {
            pairs.push((x, y));
            (x, y) = (x + 1, y + 1);
        } else if lengths[(x + 1) * width + y] >= lengths[x * width + y + 1] {
            x += 1;
        } else {
            y += 1;
        }
    }
    pairs
}

/// Adds a change, joined to the one before where nothing lies between.
fn push(out: &mut Vec<Change>, change: Change) {
    match out.last_mut() {
        Some(last) if last.old.end == change.old.start && last.new.end == change.new.start => {
            (last.old.end, last.new.end) = (change.old.end, change.new.end);
        }
        _ => out.push(change),
    }
}

/// Lines with their ends, so that joined again they are the same text.
pub(crate) fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}
