//! Search filters (RFC 4511 §4.5.1.7): read, bounded, and asked of one entry.
//!
//! A filter is never text here and meets no other language: there is nothing into which anything could be injected.

use super::ber::{BerError, OCTETS, Reader, SEQUENCE};
use super::directory::{Attribute, Entry, folded};

/// `and`, `or` and `not` within one another at most.
const DEPTH_MAX: usize = 12;
/// Parts of a filter at most.
const PARTS_MAX: usize = 64;

/// A filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    And(Vec<Filter>),
    Or(Vec<Filter>),
    Not(Box<Filter>),
    Equal(Option<Attribute>, String),
    Substrings(Option<Attribute>, Vec<Piece>),
    Present(Option<Attribute>),
    /// An order or an extensible match: no attribute here has one.
    Undefined,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Initial(String),
    Any(String),
    Final(String),
}

impl Filter {
    /// Reads the next element.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Filter, BerError> {
        let mut parts = 0;
        read(reader, 0, &mut parts)
    }

    /// Whether an entry matches; `None` is RFC 4511's "Undefined", which `not` leaves as it is.
    pub(super) fn matches(&self, entry: &Entry) -> Option<bool> {
        match self {
            // Undefined unless some part decides.
            Filter::And(parts) => parts
                .iter()
                .try_fold(Some(true), |so_far, part| match part.matches(entry) {
                    Some(false) => Err(()),
                    Some(true) => Ok(so_far),
                    None => Ok(None),
                })
                .unwrap_or(Some(false)),
            Filter::Or(parts) => parts
                .iter()
                .try_fold(Some(false), |so_far, part| match part.matches(entry) {
                    Some(true) => Err(()),
                    Some(false) => Ok(so_far),
                    None => Ok(None),
                })
                .unwrap_or(Some(true)),
            Filter::Not(part) => part.matches(entry).map(|matches| !matches),
            Filter::Equal(attribute, wanted) => {
                let attribute = (*attribute)?;
                let wanted = folded(attribute, wanted);
                Some(entry.folded(attribute).any(|value| *value == *wanted))
            }
            Filter::Substrings(attribute, pieces) => {
                let attribute = (*attribute)?;
                Some(entry.folded(attribute).any(|value| in_order(&value, attribute, pieces)))
            }
            Filter::Present(attribute) => Some(attribute.is_some_and(|a| entry.values(a).next().is_some())),
            Filter::Undefined => None,
        }
    }
}

/// Whether the pieces stand in the value one behind the other.
fn in_order(value: &str, attribute: Attribute, pieces: &[Piece]) -> bool {
    let mut rest = value;
    for piece in pieces {
        let found = match piece {
            Piece::Initial(text) => rest.strip_prefix(&*folded(attribute, text)),
            Piece::Any(text) => {
                let text = folded(attribute, text);
                rest.find(&*text).and_then(|at| rest.get(at + text.len()..))
            }
            Piece::Final(text) => rest.strip_suffix(&*folded(attribute, text)).map(|_| ""),
        };
        match found {
            Some(behind) => rest = behind,
            None => return false,
        }
    }
    true
}

fn read(reader: &mut Reader<'_>, depth: usize, parts: &mut usize) -> Result<Filter, BerError> {
    *parts += 1;
    if depth > DEPTH_MAX || *parts > PARTS_MAX {
        return Err(BerError);
    }
    let (tag, contents) = reader.next()?;
    let mut inner = Reader(contents);
    let list = |mut inner: Reader<'_>, parts: &mut usize| {
        let mut all = Vec::new();
        while !inner.is_empty() {
            all.push(read(&mut inner, depth + 1, parts)?);
        }
        Ok(all)
    };
    Ok(match tag {
        0xa0 => Filter::And(list(inner, parts)?),
        0xa1 => Filter::Or(list(inner, parts)?),
        0xa2 => Filter::Not(Box::new(read(&mut inner, depth + 1, parts)?)),
        // equalityMatch, approxMatch: nearly equal is equal.
        0xa3 | 0xa8 => {
            let attribute = Attribute::named(inner.expect(OCTETS)?);
            Filter::Equal(attribute, text(inner.expect(OCTETS)?))
        }
        0xa4 => {
            let attribute = Attribute::named(inner.expect(OCTETS)?);
            let mut list = Reader(inner.expect(SEQUENCE)?);
            let mut pieces = Vec::new();
            while !list.is_empty() {
                *parts += 1;
                if *parts > PARTS_MAX {
                    return Err(BerError);
                }
                let (tag, contents) = list.next()?;
                let is_first = pieces.is_empty();
                pieces.push(match tag {
                    0x80 if is_first => Piece::Initial(text(contents)),
                    0x81 => Piece::Any(text(contents)),
                    0x82 if list.is_empty() => Piece::Final(text(contents)),
                    _ => return Err(BerError),
                });
            }
            Filter::Substrings(attribute, pieces)
        }
        0x87 => Filter::Present(Attribute::named(contents)),
        // greaterOrEqual, lessOrEqual, extensibleMatch.
        0xa5 | 0xa6 | 0xa9 => Filter::Undefined,
        _ => return Err(BerError),
    })
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}
