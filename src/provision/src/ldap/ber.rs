//! BER as LDAP uses it (RFC 4511 §5.1): definite lengths, primitive strings.
//!
//! **Invariant:** a reader never leaves its octets, and depth is bounded by whoever calls it.

/// Why octets are not what was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not valid BER")]
pub struct BerError;

/// Universal tags.
pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTETS: u8 = 0x04;
pub(super) const ENUMERATED: u8 = 0x0a;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// Elements one after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// The next element's tag and contents. Tags above 30 do not occur in LDAP.
    pub(super) fn next(&mut self) -> Result<(u8, &'a [u8]), BerError> {
        let (head, length) = head(self.0)?.ok_or(BerError)?;
        let contents = self.0.get(head..head.checked_add(length).ok_or(BerError)?).ok_or(BerError)?;
        let tag = self.0[0];
        self.0 = &self.0[head + length..];
        Ok((tag, contents))
    }

    /// The next element, which has this tag.
    pub(super) fn expect(&mut self, tag: u8) -> Result<&'a [u8], BerError> {
        self.next().and_then(|(found, contents)| if found == tag { Ok(contents) } else { Err(BerError) })
    }

    /// A number of up to 32 bits.
    pub(super) fn number(&mut self, tag: u8) -> Result<i32, BerError> {
        let octets = self.expect(tag)?;
        let first = *octets.first().filter(|_| octets.len() <= 4).ok_or(BerError)?;
        let start = if first & 0x80 == 0 { 0 } else { -1 };
        Ok(octets.iter().fold(start, |number, octet| (number << 8) | i32::from(*octet)))
    }

    /// True or false.
    pub(super) fn boolean(&mut self) -> Result<bool, BerError> {
        match self.expect(BOOLEAN)? {
            [octet] => Ok(*octet != 0),
            _ => Err(BerError),
        }
    }
}

/// The lengths of an element's tag with its length and of its contents; `None` while more octets must come.
pub(super) fn head(octets: &[u8]) -> Result<Option<(usize, usize)>, BerError> {
    let [tag, rest @ ..] = octets else { return Ok(None) };
    if tag & 0x1f == 0x1f {
        return Err(BerError);
    }
    let [first, rest @ ..] = rest else { return Ok(None) };
    match first {
        0..=0x7f => Ok(Some((2, usize::from(*first)))),
        // RFC 4511 §5.1: no indefinite form. Four octets are more than any message of ours has.
        0x81..=0x84 => {
            let count = usize::from(first & 0x7f);
            let Some(length) = rest.get(..count) else { return Ok(None) };
            Ok(Some((2 + count, length.iter().fold(0, |n, octet| (n << 8) | usize::from(*octet)))))
        }
        _ => Err(BerError),
    }
}

/// Writes an element.
pub(super) fn put(out: &mut Vec<u8>, tag: u8, contents: &[u8]) {
    out.push(tag);
    let length = contents.len();
    if length < 0x80 {
        out.push(length as u8);
    } else {
        let octets = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
        let significant = &octets[octets.iter().take_while(|octet| **octet == 0).count()..];
        out.push(0x80 | significant.len() as u8);
        out.extend_from_slice(significant);
    }
    out.extend_from_slice(contents);
}

/// Writes a number in its shortest form.
pub(super) fn put_number(out: &mut Vec<u8>, tag: u8, number: i32) {
    let octets = number.to_be_bytes();
    let mut from = 0;
    while from < 3
        && ((octets[from] == 0 && octets[from + 1] < 0x80) || (octets[from] == 0xff && octets[from + 1] >= 0x80))
    {
        from += 1;
    }
    put(out, tag, &octets[from..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn elements_read_back(number in any::<i32>(), text in proptest::collection::vec(any::<u8>(), 0..70_000)) {
            let mut out = Vec::new();
            put_number(&mut out, INTEGER, number);
            put(&mut out, OCTETS, &text);
            let mut reader = Reader(&out);
            prop_assert_eq!(reader.number(INTEGER), Ok(number));
            prop_assert_eq!(reader.expect(OCTETS), Ok(&text[..]));
            prop_assert!(reader.is_empty());
        }

        #[test]
        fn nothing_panics(octets in proptest::collection::vec(any::<u8>(), 0..40)) {
            let mut reader = Reader(&octets);
            while reader.next().is_ok() {}
            let _ = (Reader(&octets).number(octets.first().copied().unwrap_or(0)), Reader(&octets).boolean());
        }
    }

    #[test]
    fn hostile_lengths_are_refused() {
        for octets in
            [&[0x30, 0x80, 0, 0][..], &[0x1f, 1, 0], &[0x30, 0x85, 0, 0, 0, 0, 1], &[0x30, 0x84, 255, 255, 255, 255]]
        {
            assert!(Reader(octets).next().is_err(), "{octets:x?}");
        }
        assert_eq!(head(&[0x30]), Ok(None));
        assert_eq!(head(&[0x30, 0x82, 1]), Ok(None));
    }
}
