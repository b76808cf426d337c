//! The CSeq value (RFC 3261 §20.16).

use core::fmt;

use bytes::Bytes;

use super::Method;
use super::scan::{self, ParseError};

/// A CSeq value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CSeq {
    /// Below 2^31 (RFC 3261 §8.1.1.5).
    pub number: u32,
    /// The method.
    pub method: Method,
}

impl CSeq {
    /// Reads a value that fills `text`.
    pub fn parse(text: &[u8]) -> Result<CSeq, ParseError> {
        let source = Bytes::copy_from_slice(text);
        CSeq::parse_in(&source, &source)
    }

    /// As [`CSeq::parse`], for a `text` that lies in `source`.
    pub(crate) fn parse_in(source: &Bytes, text: &[u8]) -> Result<CSeq, ParseError> {
        let (number, method) = CSeq::split(text)?;
        Ok(CSeq { number, method: Method::parse_in(source, method)? })
    }

    /// The number, checked, and the method, unchecked.
    pub(crate) fn split(text: &[u8]) -> Result<(u32, &[u8]), ParseError> {
        let text = scan::trim(text);
        let (digits, rest) = text.split_at(text.iter().take_while(|b| b.is_ascii_digit()).count());
        // RFC 3261 §8.1.1.5.
        let number = scan::number(digits).filter(|n| *n < 1 << 31).ok_or(ParseError("CSeq number"))?;
        let method = scan::trim_start(rest);
        if method.len() == rest.len() || method.is_empty() {
            return Err(ParseError("CSeq"));
        }
        Ok((number, method))
    }
}

impl fmt::Display for CSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.method)
    }
}

impl From<&CSeq> for Bytes {
    fn from(value: &CSeq) -> Bytes {
        Bytes::from(value.to_string())
    }
}

impl From<CSeq> for Bytes {
    fn from(value: CSeq) -> Bytes {
        Bytes::from(&value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_and_method() {
        assert_eq!(CSeq::parse(b"0009 \t INVITE").unwrap(), CSeq { number: 9, method: Method::Invite });
        assert_eq!(CSeq::parse(b"2147483647 x").unwrap().to_string(), "2147483647 x");
        for bad in [&b""[..], b"1", b"1INVITE", b"INVITE 1", b"2147483648 ACK", b"-1 ACK", b"1 A B"] {
            assert!(CSeq::parse(bad).is_err(), "{}", String::from_utf8_lossy(bad));
        }
    }
}
