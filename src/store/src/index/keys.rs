//! The index's keys: a letter for the tree, then what orders it, big-endian.

use base::{CallRef, ConfigVersion, LegId, RecordingId};
use exchange::record::RecordingStep;

const META: u8 = b'm';
const CALL: u8 = b'c';
const PARTY: u8 = b'p';
const CONFIG: u8 = b'v';
const AUDIT: u8 = b'a';
const RECORDING: u8 = b'r';
const RECORDING_OF: u8 = b'o';
const KEPT: u8 = b'k';
const TRACK: u8 = b't';
const AUDIT_OF: u8 = b'w';

/// Numbers are compared in full by the reader of the row; the key holds this much of them.
const NUMBER_MAX: usize = 48;

fn with_number(tree: u8, number: u64) -> Vec<u8> {
    let mut key = Vec::with_capacity(9);
    key.push(tree);
    key.extend_from_slice(&number.to_be_bytes());
    key
}

/// Where the fold stands.
pub(super) fn resume_key() -> Vec<u8> {
    vec![META, b'r']
}

/// A call's row.
pub(crate) fn call_key(call: CallRef) -> Vec<u8> {
    with_number(CALL, call.0)
}

/// The call whose row or party entry has this key: its last eight octets.
pub(crate) fn call_of(key: &[u8]) -> Option<CallRef> {
    key.last_chunk().map(|last| CallRef(u64::from_be_bytes(*last)))
}

/// The entry that finds a call by the number of somebody in it. The length goes first, so that no
/// number's octets can reach into another's range.
pub(super) fn party_key(number: &str, call: CallRef) -> Vec<u8> {
    let number = &number.as_bytes()[..number.len().min(NUMBER_MAX)];
    let mut key = Vec::with_capacity(10 + number.len());
    key.push(PARTY);
    key.push(number.len() as u8);
    key.extend_from_slice(number);
    key.extend_from_slice(&call.0.to_be_bytes());
    key
}

/// The party entries of a number from one call up to but without another.
pub(crate) fn party_range(number: &str, from: CallRef, to: CallRef) -> (Vec<u8>, Vec<u8>) {
    (party_key(number, from), party_key(number, to))
}

/// A configuration version's row.
pub(crate) fn config_key(version: ConfigVersion) -> Vec<u8> {
    with_number(CONFIG, version.0)
}

/// An audit row's place, by its number in the journal.
pub(crate) fn audit_key(lsn: u64) -> Vec<u8> {
    with_number(AUDIT, lsn)
}

/// The number of the audit row with this key.
pub(crate) fn audit_lsn(key: &[u8]) -> Option<u64> {
    key.last_chunk().map(|last| u64::from_be_bytes(*last))
}

/// A step in the life of a recording. Each has a row of its own, so that folding never reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Began = 0,
    Ended = 1,
    Deleted = 2,
}

impl Step {
    /// Which step that is.
    pub(crate) fn of(what: &RecordingStep) -> Step {
        match what {
            RecordingStep::Began { .. } => Step::Began,
            RecordingStep::Ended(_) => Step::Ended,
            RecordingStep::Deleted { .. } => Step::Deleted,
        }
    }
}

/// The row of a recording's step.
pub(crate) fn recording_key(recording: RecordingId, step: Step) -> Vec<u8> {
    let mut key = with_number(RECORDING, recording.0);
    key.push(step as u8);
    key
}

/// Whose step a row of [`recording_key`] tells.
pub(crate) fn recording_of_key(key: &[u8]) -> Option<(RecordingId, Step)> {
    let (step, rest) = key.split_last()?;
    let step = match step {
        0 => Step::Began,
        1 => Step::Ended,
        2 => Step::Deleted,
        _ => return None,
    };
    Some((last_id(rest)?, step))
}

/// The entry of a recording that was not deleted, as far as is known.
pub(crate) fn kept_key(recording: RecordingId) -> Vec<u8> {
    with_number(KEPT, recording.0)
}

/// The entry that finds a recording by its call.
pub(crate) fn recording_of_call_key(call: CallRef, recording: RecordingId) -> Vec<u8> {
    let mut key = with_number(RECORDING_OF, call.0);
    key.extend_from_slice(&recording.0.to_be_bytes());
    key
}

/// The recording whose entry has this key: its last eight octets.
pub(crate) fn last_id(key: &[u8]) -> Option<RecordingId> {
    key.last_chunk().map(|last| RecordingId(u64::from_be_bytes(*last)))
}

/// The row of one leg's track.
pub(crate) fn track_key(call: CallRef, leg: LegId) -> Vec<u8> {
    let mut key = with_number(TRACK, call.0);
    key.extend_from_slice(&leg.0.to_be_bytes());
    key
}

/// The entry that finds an audit row by the recording that it names.
pub(crate) fn audit_of_key(recording: RecordingId, lsn: u64) -> Vec<u8> {
    let mut key = with_number(AUDIT_OF, recording.0);
    key.extend_from_slice(&lsn.to_be_bytes());
    key
}

/// The recording that an audit clause names as one of its words: `rec` and digits.
pub(crate) fn recording_named(clause: &str) -> Option<RecordingId> {
    clause.split(' ').find_map(|word| {
        let digits = word.strip_prefix("rec").filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?;
        digits.parse().ok().map(RecordingId)
    })
}
