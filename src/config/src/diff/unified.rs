//! The difference as text with three lines around each change.

use std::fmt::Write;
use std::ops::Range;

use super::{Change, changes, lines};
use crate::keys;

const CONTEXT: usize = 3;

/// The unified difference of two canonical texts, empty where they are equal. Digests of secrets,
/// passwords and PINs are shown as `…`: that a secret changed is seen, what it is not.
pub fn unified(old: &str, new: &str) -> String {
    let (old, new) = (lines(old), lines(new));
    let changes = changes(&old, &new);
    let mut out = String::new();
    let mut rest = changes.as_slice();
    while !rest.is_empty() {
        // Changes with less than two contexts between them share a hunk.
        let together =
            1 + rest.windows(2).take_while(|pair| pair[1].old.start - pair[0].old.end <= 2 * CONTEXT).count();
        let (now, later) = rest.split_at(together);
        hunk(&mut out, &old, &new, now);
        rest = later;
    }
    out
}

fn hunk(out: &mut String, old: &[&str], new: &[&str], changes: &[Change]) {
    let (Some(first), Some(last)) = (changes.first(), changes.last()) else { return };
    let lead = first.old.start.min(CONTEXT);
    let tail = (old.len() - last.old.end).min(CONTEXT);
    let (a, b) = (first.old.start - lead..last.old.end + tail, first.new.start - lead..last.new.end + tail);
    // Writing to a String cannot fail.
    let _ = writeln!(out, "@@ -{} +{} @@", position(&a), position(&b));
    let mut at = a.start;
    for change in changes {
        show(out, ' ', &old[at..change.old.start]);
        show(out, '-', &old[change.old.clone()]);
        show(out, '+', &new[change.new.clone()]);
        at = change.old.end;
    }
    show(out, ' ', &old[at..a.end]);
}

/// First line and count; an empty range names the line before it.
fn position(range: &Range<usize>) -> String {
    let first = if range.is_empty() { range.start } else { range.start + 1 };
    format!("{first},{}", range.len())
}

fn show(out: &mut String, sign: char, lines: &[&str]) {
    for line in lines {
        out.push(sign);
        let line = line.trim_end_matches(['\n', '\r']);
        match line.split_once('=') {
            Some((key, _)) if keys::is_hidden(key.trim()) => {
                let _ = write!(out, "{}= \"…\"", key);
            }
            _ => out.push_str(line),
        }
        out.push('\n');
    }
}
