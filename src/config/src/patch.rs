//! A version as the lines that differ from the one before: small where the change is small.

use serde::{Deserialize, Serialize};

use crate::diff::{changes, lines};
use crate::parse::TEXT_MAX;

/// Why a patch gives no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatchError {
    /// The octets are not a patch.
    #[error("the patch cannot be read")]
    Unreadable,
    /// The text is not the one that the patch was made for.
    #[error("the patch belongs to another version")]
    WrongBase,
    /// The text that comes out is not the one that went in.
    #[error("the patch is damaged")]
    Damaged,
}

#[derive(Serialize, Deserialize)]
struct Patch {
    base: Fingerprint,
    result: Fingerprint,
    edits: Vec<LineEdit>,
}

/// Keep `keep` octets, leave out `leave_out`, put in `put_in`. The cuts are at line ends.
#[derive(Serialize, Deserialize)]
struct LineEdit {
    keep: u32,
    leave_out: u32,
    put_in: String,
}

/// Enough to notice that a patch meets the wrong text; against damage the journal has its checksums.
type Fingerprint = u64;

/// Eight octets a step: fifty patches to two megabytes must not be felt when a box starts.
fn fingerprint(text: &str) -> Fingerprint {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let mix = |state: u64, word: u64| (state.rotate_left(23) ^ word).wrapping_mul(FACTOR);
    let state = words.iter().fold(text.len() as u64, |state, word| mix(state, u64::from_le_bytes(*word)));
    let state = rest.iter().fold(state, |state, octet| mix(state, u64::from(*octet)));
    state ^ (state >> 29)
}

/// The patch that makes `new` of `old`.
pub fn make(old: &str, new: &str) -> Vec<u8> {
    let (old_lines, new_lines) = (lines(old), lines(new));
    let octets = |lines: &[&str]| u32::try_from(lines.iter().map(|line| line.len()).sum::<usize>()).unwrap_or(u32::MAX);
    let mut at = 0;
    let edits = changes(&old_lines, &new_lines)
        .into_iter()
        .map(|change| {
            let keep = octets(&old_lines[at..change.old.start]);
            at = change.old.end;
            LineEdit { keep, leave_out: octets(&old_lines[change.old]), put_in: new_lines[change.new].concat() }
        })
        .collect();
    let patch = Patch { base: fingerprint(old), result: fingerprint(new), edits };
    postcard::to_stdvec(&patch).expect("a patch is numbers, strings and lists, all of which postcard writes")
}

/// Applies a patch to the text that it was made for.
pub fn apply(old: &str, patch: &[u8]) -> Result<String, PatchError> {
    let patch: Patch = postcard::from_bytes(patch).map_err(|_| PatchError::Unreadable)?;
    if patch.base != fingerprint(old) {
        return Err(PatchError::WrongBase);
    }
    let mut rest = old;
    let mut new = String::with_capacity(old.len());
    for edit in &patch.edits {
        new.push_str(take(&mut rest, edit.keep)?);
        take(&mut rest, edit.leave_out)?;
        new.push_str(&edit.put_in);
        if new.len() > TEXT_MAX {
            return Err(PatchError::Damaged);
        }
    }
    new.push_str(rest);
    if patch.result == fingerprint(&new) { Ok(new) } else { Err(PatchError::Damaged) }
}

fn take<'t>(rest: &mut &'t str, octets: u32) -> Result<&'t str, PatchError> {
    let (taken, left) =
        usize::try_from(octets).ok().and_then(|end| rest.split_at_checked(end)).ok_or(PatchError::Damaged)?;
    *rest = left;
    Ok(taken)
}
