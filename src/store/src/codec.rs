//! Records as octets: postcard, and the little that is read of them without decoding all.

use base::WallTime;
use exchange::record::Record;
use serde::Deserialize;

use crate::StoreError;

/// The kind of a record as the journal frame names it, so that a reader skips what it does not want.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Kind {
    Binding = 1,
    CallEvent = 2,
    CallEnded = 3,
    Ladder = 4,
    Config = 5,
    Account = 6,
    Audit = 7,
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
        }
    }
}

impl Kind {
    /// Whether the index has an entry for it.
    pub(crate) fn is_indexed(self) -> bool {
        !matches!(self, Kind::Binding | Kind::Account)
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
pub(crate) fn decode(lsn: u64, payload: &[u8]) -> Result<Record, StoreError> {
    match postcard::take_from_bytes::<Record>(payload) {
        Ok((record, [])) => Ok(record),
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
        Record::Binding(_) | Record::CallEvent(_) | Record::Account(_) | Record::Audit(_) => 256,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn the_head_of_a_binding_agrees_with_the_whole() {
        for lives in [true, false] {
            let record = testing::binding("101", "phone-é", 7, lives);
            let mut bytes = Vec::new();
            encode(&record, &mut bytes).unwrap();
            let head = binding_head(1, &bytes).unwrap();
            assert_eq!((head.extension, head.key, head.lives), ("101", "phone-é", lives));
            assert_eq!(decode(1, &bytes).unwrap(), record);
            assert!(decode(1, &[&bytes[..], &[0]].concat()).is_err());
            assert!(decode(1, &bytes[..bytes.len() - 1]).is_err());
        }
        let mut bytes = Vec::new();
        encode(&testing::audit(1), &mut bytes).unwrap();
        assert!(binding_head(1, &bytes).is_err());
    }
}
