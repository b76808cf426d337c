//! The payload types agreed on with one peer.

use crate::control::{Codec, Payload};

/// Payload types by number and by coding.
#[derive(Clone, Debug)]
pub(super) struct Payloads {
    by_number: [Option<Codec>; 128],
    by_codec: [Option<u8>; Codec::COUNT],
}

impl Payloads {
    pub(super) fn none() -> Payloads {
        Payloads { by_number: [None; 128], by_codec: [None; Codec::COUNT] }
    }

    /// Where a number or a coding comes twice, the first row rules; numbers beyond 127 do not exist.
    pub(super) fn new(rows: &[Payload]) -> Payloads {
        let mut map = Payloads::none();
        for row in rows {
            if let Some(place) = map.by_number.get_mut(usize::from(row.number)) {
                place.get_or_insert(row.codec);
                map.by_codec[row.codec.index()].get_or_insert(row.number);
            }
        }
        map
    }

    /// The coding that the peer means by `number`.
    pub(super) fn codec(&self, number: u8) -> Option<Codec> {
        self.by_number.get(usize::from(number)).copied().flatten()
    }

    /// The number that the peer gives to `codec`.
    pub(super) fn number(&self, codec: Codec) -> Option<u8> {
        self.by_codec[codec.index()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_row_rules_and_wrong_numbers_are_nobody() {
        let row = |number, codec| Payload { number, codec };
        let map = Payloads::new(&[
            row(8, Codec::Pcma),
            row(8, Codec::Pcmu),
            row(96, Codec::Opus),
            row(97, Codec::Opus),
            row(200, Codec::G722),
        ]);
        assert_eq!(map.codec(8), Some(Codec::Pcma));
        assert_eq!(map.number(Codec::Opus), Some(96));
        assert_eq!(map.codec(97), Some(Codec::Opus), "both numbers are understood");
        assert_eq!((map.codec(200), map.number(Codec::G722)), (None, None));
    }
}
