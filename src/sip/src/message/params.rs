//! `;name=value` parameters of URIs and header values (RFC 3261 §25.1 `generic-param`).

use bytes::Bytes;
use smallvec::SmallVec;

use super::scan::{self, ParseError};

/// `;name=value` parameters in order; a value keeps its quotes until asked for unquoted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(SmallVec<[(Bytes, Option<Bytes>); 2]>);

impl Params {
    /// No parameters.
    pub fn new() -> Params {
        Params::default()
    }

    /// Reads `;a=b;c` (or nothing).
    pub fn parse(text: &[u8]) -> Result<Params, ParseError> {
        let source = Bytes::copy_from_slice(text);
        Params::parse_in(&source, &source)
    }

    /// As [`Params::parse`], for a `text` that lies in `source`.
    pub(crate) fn parse_in(source: &Bytes, text: &[u8]) -> Result<Params, ParseError> {
        let mut params = Params::new();
        for param in RawParams::new(text) {
            let (name, value) = param?;
            params.0.push((scan::part(source, name), value.map(|v| scan::part(source, v))));
        }
        Ok(params)
    }

    /// The first parameter of that name, in any case: `None` if absent, `Some(None)` if without a value.
    pub fn get(&self, name: &str) -> Option<Option<&Bytes>> {
        self.0.iter().find(|(n, _)| n.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| value.as_ref())
    }

    /// Its value as it came, quotes included; `None` if absent or without a value.
    pub fn value(&self, name: &str) -> Option<&Bytes> {
        self.get(name).flatten()
    }

    /// Its value without quotes and escapes.
    pub fn unquoted(&self, name: &str) -> Option<Bytes> {
        self.value(name).map(|value| scan::unquote(value, value))
    }

    /// Its value as a decimal number; numbers beyond `u32` count as `u32::MAX`.
    pub fn number(&self, name: &str) -> Option<u32> {
        self.value(name).and_then(|value| scan::number_saturating(value))
    }

    /// Whether it is there, with or without a value.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Sets it, in the place of the first of that name (others are removed) or at the end. A value that
    /// needs quotes must come with them: see [`quoted`].
    pub fn set(&mut self, name: &str, value: Option<impl Into<Bytes>>) {
        let value = value.map(Into::into);
        let same = |n: &Bytes| n.eq_ignore_ascii_case(name.as_bytes());
        match self.0.iter().position(|(n, _)| same(n)) {
            Some(at) => {
                self.0[at].1 = value;
                let mut index = 0;
                self.0.retain(|(n, _)| {
                    index += 1;
                    index - 1 <= at || !same(n)
                });
            }
            None => self.0.push((Bytes::copy_from_slice(name.as_bytes()), value)),
        }
    }

    /// Removes all of that name.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(n, _)| !n.eq_ignore_ascii_case(name.as_bytes()));
    }

    /// In order, as they came.
    pub fn iter(&self) -> impl Iterator<Item = (&Bytes, Option<&Bytes>)> {
        self.0.iter().map(|(name, value)| (name, value.as_ref()))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A copy that shares no octets with the message it came from.
    pub fn detach(&self) -> Params {
        let copy = |b: &Bytes| Bytes::copy_from_slice(b);
        Params(self.0.iter().map(|(name, value)| (copy(name), value.as_ref().map(copy))).collect())
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        for (name, value) in &self.0 {
            out.push(b';');
            out.extend_from_slice(name);
            if let Some(value) = value {
                out.push(b'=');
                out.extend_from_slice(value);
            }
        }
    }
}

/// `text` as a quoted string, for [`Params::set`].
pub fn quoted(text: &str) -> Bytes {
    let mut out = Vec::with_capacity(text.len() + 2);
    scan::write_quoted(&mut out, text.as_bytes());
    Bytes::from(out)
}

/// The most parameters of one URI or value; comparing two lists takes the square of it.
pub const PARAMS_MAX: usize = 64;

/// A name and its value, if it has one.
type RawParam<'a> = (&'a [u8], Option<&'a [u8]>);

/// Walks over `;name=value…`, checking as it goes; stops after the first error.
pub(crate) struct RawParams<'a> {
    rest: &'a [u8],
    seen: usize,
}

impl<'a> RawParams<'a> {
    pub(crate) fn new(text: &'a [u8]) -> RawParams<'a> {
        RawParams { rest: text, seen: 0 }
    }

    fn step(&mut self) -> Result<Option<RawParam<'a>>, ParseError> {
        const BAD: ParseError = ParseError("parameter");
        let text = scan::trim_start(self.rest);
        let Some((&b';', rest)) = text.split_first() else {
            return if text.is_empty() { Ok(None) } else { Err(BAD) };
        };
        self.seen += 1;
        if self.seen > PARAMS_MAX {
            return Err(ParseError("parameter: too many"));
        }
        let text = scan::trim_start(rest);
        let name_len = text.iter().take_while(|&&b| b != b'=' && scan::is_plain(b)).count();
        let (name, text) = text.split_at(name_len);
        let text = scan::trim_start(text);
        if name.is_empty() {
            // Deviation: one `;` at the end is read as nothing, as some phones send it; `;;` is refused
            // (RFC 4475 §3.1.2.1).
            return if text.is_empty() { Ok(None) } else { Err(BAD) };
        }
        let Some((&b'=', rest)) = text.split_first() else {
            self.rest = text;
            return Ok(Some((name, None)));
        };
        let text = scan::trim_start(rest);
        let len = match text.first() {
            Some(b'"') => scan::quoted_end(text).ok_or(BAD)?,
            _ => text.iter().take_while(|&&b| scan::is_plain(b)).count(),
        };
        let (value, rest) = text.split_at(len);
        self.rest = rest;
        Ok(Some((name, Some(value))))
    }
}

impl<'a> Iterator for RawParams<'a> {
    type Item = Result<RawParam<'a>, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        let step = self.step();
        if step.is_err() {
            self.rest = &[];
        }
        step.transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_quotes_until_asked() {
        let p = Params::parse(b" ; tag = a ;lr;+sip.instance=\"<urn:x\\\"y;,>\" ; received=[::1]; e= ; ").unwrap();
        assert_eq!(p.value("TAG").map(|v| &v[..]), Some(&b"a"[..]));
        assert_eq!(p.get("lr"), Some(None));
        assert_eq!(p.unquoted("+sip.instance").as_deref(), Some(&b"<urn:x\"y;,>"[..]));
        assert_eq!(p.value("e").map(|v| v.len()), Some(0));
        assert_eq!(p.len(), 5);
        let mut out = Vec::new();
        p.write(&mut out);
        assert_eq!(Params::parse(&out), Ok(p));
    }

    #[test]
    fn set_replaces_in_place() {
        let mut p = Params::parse(b";a=1;B=2;a=3").unwrap();
        p.set("A", Some("4"));
        p.set("c", None::<Bytes>);
        p.remove("b");
        let mut out = Vec::new();
        p.write(&mut out);
        assert_eq!(out, b";a=4;c");
    }

    #[test]
    fn bounds() {
        assert_eq!(Params::parse(b";a=b".repeat(PARAMS_MAX).as_slice()).map(|p| p.len()), Ok(PARAMS_MAX));
        assert!(Params::parse(b";a".repeat(PARAMS_MAX + 1).as_slice()).is_err());
    }

    #[test]
    fn nonsense_is_refused() {
        for bad in [&b"a"[..], b";=1", b";;", b";a;;b", b";a=\"", b";a=b c", b";a b", b";a=<x>", b";a=\"x\"y"] {
            assert!(Params::parse(bad).is_err(), "{}", String::from_utf8_lossy(bad));
        }
    }
}
