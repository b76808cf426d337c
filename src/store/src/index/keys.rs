//! The index's keys: a letter for the tree, then what orders it, big-endian.

use base::{CallRef, ConfigVersion};

const META: u8 = b'm';
const CALL: u8 = b'c';
const PARTY: u8 = b'p';
const CONFIG: u8 = b'v';
const AUDIT: u8 = b'a';

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
