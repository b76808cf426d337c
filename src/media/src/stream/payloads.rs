//! The payload types agreed on with one peer.

use crate::control::{Codec, Payload};

/// Payload types, in the order agreed on: a short list, which each packet looks through faster than a table of all.
#[derive(Clone, Debug)]
pub(super) struct Payloads {
    rows: [Payload; ROWS],
    len: u8,
}

/// More codings than there are; rows beyond are left out, for nobody has so many in use.
const ROWS: usize = 16;

impl Payloads {
    /// Where a number or a coding comes twice, the first row rules; numbers beyond 127 do not exist.
    pub(super) fn new(rows: &[Payload]) -> Payloads {
        let mut list = Payloads { rows: [Payload { number: 0, codec: Codec::Pcmu }; ROWS], len: 0 };
        for (place, row) in list.rows.iter_mut().zip(rows.iter().filter(|r| r.number < 128)) {
            *place = *row;
            list.len += 1;
        }
        list
    }

    /// The coding that the peer means by `number`.
    pub(super) fn codec(&self, number: u8) -> Option<Codec> {
        self.rows().find(|r| r.number == number).map(|r| r.codec)
    }

    /// The number that the peer gives to `codec`.
    pub(super) fn number(&self, codec: Codec) -> Option<u8> {
        self.rows().find(|r| r.codec == codec).map(|r| r.number)
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &Payload> {
        self.rows.iter().take(usize::from(self.len))
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
        assert_eq!(map.codec(0), None, "what was not agreed on is unknown");
        let many: Vec<Payload> = (0..100).map(|n| row(n, Codec::Pcmu)).collect();
        assert_eq!(Payloads::new(&many).codec(99), None);
    }
}
