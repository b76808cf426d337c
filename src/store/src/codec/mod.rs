//! Records as octets: postcard, and the little that is read of them without decoding all.
//!
//! Postcard names no fields: a record that gains one gets a new [`Kind`], and its old kind is read by a
//! type in `old` for ever after.

mod old;
#[cfg(test)]
mod tests;

use base::WallTime;
use exchange::record::Record;
use media::control::Second;
use serde::Deserialize;

use crate::StoreError;

/// The kind of a record as the journal frame names it, so that a reader skips what it does not want, and
/// reads what an earlier version wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Kind {
    Binding = 1,
    CallEvent = 2,
    /// A final call record without the figures of decoded sound; no longer written.
    CallEndedFirst = 3,
    Ladder = 4,
    Config = 5,
    Account = 6,
    Audit = 7,
    Recording = 8,
    Track = 9,
    CallEnded = 10,
    Fact = 11,
}

impl Kind {
    pub(crate) fn of(record: &Record) -> Kind {
        match record {
            Record::Binding(_) => Kind::Binding,
            Record::CallEvent(_) => Kind::CallEvent,
            Record::CallEnded(_) => Kind::CallEnded,
            Record::Ladder(_) => Kind::Ladder,
            Record::ConfigApplied(_) => Kind::Config,
            Record::Account(_) => Kind::Account,
            Record::Audit(_) => Kind::Audit,
            Record::Recording(_) => Kind::Recording,
            Record::Track(_) => Kind::Track,
            Record::Fact(_) => Kind::Fact,
        }
    }

    /// The kind with that number; `None` if this version does not know it.
    pub(crate) fn numbered(number: u8) -> Option<Kind> {
        Some(match number {
            1 => Kind::Binding,
            2 => Kind::CallEvent,
            3 => Kind::CallEndedFirst,
            4 => Kind::Ladder,
            5 => Kind::Config,
            6 => Kind::Account,
            7 => Kind::Audit,
            8 => Kind::Recording,
            9 => Kind::Track,
            10 => Kind::CallEnded,
            11 => Kind::Fact,
            _ => return None,
        })
    }

    /// Whether records of this kind are those of `other`, perhaps as an earlier version wrote them.
    pub(crate) fn is_form_of(self, other: Kind) -> bool {
        self == other || (self == Kind::CallEndedFirst && other == Kind::CallEnded)
    }

    /// Whether the index has an entry for it.
    pub(crate) fn is_indexed(self) -> bool {
        !matches!(self, Kind::Binding | Kind::Account | Kind::Fact)
    }
}

/// The largest payload of a frame: a configuration of ten thousand extensions has about 2 MiB.
pub(crate) const PAYLOAD_MAX: usize = 32 << 20;

/// Appends the record's octets to `out`.
pub(crate) fn encode(record: &Record, out: &mut Vec<u8>) -> Result<(), StoreError> {
    let start = out.len();
    // `Extend` for a vector grows it in place; postcard gives the vector back.
    match postcard::to_extend(record, std::mem::take(out)) {
        Ok(grown) => *out = grown,
        Err(e) => return Err(StoreError::UnknownRecord { lsn: 0, what: e.to_string() }),
    }
    let octets = out.len() - start;
    if octets > PAYLOAD_MAX {
        out.truncate(start);
        return Err(StoreError::TooLarge { octets });
    }
    Ok(())
}

/// The record that these octets are; all of them.
pub(crate) fn decode(lsn: u64, kind: Kind, payload: &[u8]) -> Result<Record, StoreError> {
    let record = match kind {
        Kind::CallEndedFirst => match whole::<old::FirstCallEnded>(lsn, payload)? {
            ended if ended.variant == CALL_ENDED => Record::CallEnded(Box::new(ended.into())),
            _ => return Err(StoreError::UnknownRecord { lsn, what: "not a final call record".to_owned() }),
        },
        _ => whole::<Record>(lsn, payload)?,
    };
    match Kind::of(&record) {
        named if kind.is_form_of(named) => Ok(record),
        _ => Err(StoreError::UnknownRecord { lsn, what: "it is not of the kind that it is said to be".to_owned() }),
    }
}

/// The place of `CallEnded` among the variants of [`Record`].
const CALL_ENDED: u32 = 2;

fn whole<'a, T: Deserialize<'a>>(lsn: u64, payload: &'a [u8]) -> Result<T, StoreError> {
    match postcard::take_from_bytes::<T>(payload) {
        Ok((value, [])) => Ok(value),
        Ok((_, rest)) => {
            Err(StoreError::UnknownRecord { lsn, what: format!("{} octets more than it should have", rest.len()) })
        }
        Err(e) => Err(StoreError::UnknownRecord { lsn, what: e.to_string() }),
    }
}

/// The beginning of a binding record's octets: enough to fold it without copying a string.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct BindingHead<'a> {
    variant: u32,
    at: WallTime,
    pub(crate) extension: &'a str,
    pub(crate) key: &'a str,
    /// Postcard's tag of an `Option` is written as a `bool` is.
    pub(crate) lives: bool,
}

/// Reads the head of a binding record.
pub(crate) fn binding_head(lsn: u64, payload: &[u8]) -> Result<BindingHead<'_>, StoreError> {
    match postcard::take_from_bytes::<BindingHead<'_>>(payload) {
        Ok((head, _)) if head.variant == 0 => Ok(head),
        Ok(_) => Err(StoreError::UnknownRecord { lsn, what: "not a binding".to_owned() }),
        Err(e) => Err(StoreError::UnknownRecord { lsn, what: e.to_string() }),
    }
}

/// About how much memory a waiting record holds, for the bound of the queue.
pub(crate) fn weight(record: &Record) -> usize {
    use exchange::record::ConfigContent;
    const BASE: usize = 256;
    BASE + match record {
        Record::Ladder(l) => l.messages.iter().map(|m| m.text.len() + 96).sum(),
        Record::ConfigApplied(c) => match &c.content {
            ConfigContent::Whole(text) => text.len(),
            ConfigContent::Patch(bytes) => bytes.len(),
        },
        Record::CallEnded(c) => c.legs.len() * 512 + c.reasons.iter().map(String::len).sum::<usize>(),
        Record::Track(t) => {
            t.rows.len() * size_of::<Second>() + t.digits.len() * 8 + t.diagnosis.iter().map(String::len).sum::<usize>()
        }
        Record::Fact(fact) => fact.key.len() + fact.value.as_ref().map_or(0, String::len),
        Record::Binding(_) | Record::CallEvent(_) | Record::Account(_) | Record::Audit(_) | Record::Recording(_) => 256,
    }
}
