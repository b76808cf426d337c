//! From, To, Contact, Route … values (RFC 3261 §20.10, §25.1 `name-addr` and `addr-spec`).

use bytes::Bytes;

use super::params::{Params, RawParams};
use super::scan::{self, ParseError};
use super::uri::{RawUri, Uri, print_as_written};

/// A From, To, Contact, Route … value (RFC 3261 §20.10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameAddr {
    /// The display name, unquoted and unescaped.
    pub display: Option<Bytes>,
    /// The URI.
    pub uri: Uri,
    /// The header parameters: `tag`, `q`, `expires`, `+sip.instance` …
    pub params: Params,
}

/// What a Contact header says (RFC 3261 §10.2.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contacts {
    /// `*`: all bindings.
    Star,
    /// The values of all rows, in order; empty if there is no Contact.
    List(Vec<NameAddr>),
}

impl NameAddr {
    /// A value without display name and parameters.
    pub fn new(uri: Uri) -> NameAddr {
        NameAddr { display: None, uri, params: Params::new() }
    }

    /// Reads one value that fills `text`.
    pub fn parse(text: &[u8]) -> Result<NameAddr, ParseError> {
        NameAddr::parse_bytes(Bytes::copy_from_slice(text))
    }

    /// Reads one value that fills `text`, sharing its octets.
    pub fn parse_bytes(text: Bytes) -> Result<NameAddr, ParseError> {
        NameAddr::parse_in(&text, &text)
    }

    /// As [`NameAddr::parse_bytes`], for a `text` that lies in `source`.
    pub(crate) fn parse_in(source: &Bytes, text: &[u8]) -> Result<NameAddr, ParseError> {
        let raw = RawNameAddr::parse(text)?;
        let uri = Uri::parse_in(source, raw.uri)?;
        // RFC 3261 §20.10: a URI with a comma, question mark or semicolon must be in brackets.
        if !raw.bracketed && uri.headers.is_some() {
            return Err(ParseError("address"));
        }
        Ok(NameAddr {
            display: raw.display.map(|name| scan::unquote(source, name)),
            uri,
            params: Params::parse_in(source, raw.params)?,
        })
    }

    /// The display name, if it is UTF-8 and not empty.
    pub fn display_name(&self) -> Option<&str> {
        core::str::from_utf8(self.display.as_ref()?).ok().filter(|name| !name.is_empty())
    }

    /// The `tag` parameter; an empty one counts as none.
    pub fn tag(&self) -> Option<&Bytes> {
        self.params.value("tag").filter(|tag| !tag.is_empty())
    }

    /// A copy that shares no octets with the message it came from: see [`Uri::detach`].
    pub fn detach(&self) -> NameAddr {
        NameAddr {
            display: self.display.as_ref().map(|d| Bytes::copy_from_slice(d)),
            uri: self.uri.detach(),
            params: self.params.detach(),
        }
    }

    /// The value as it is printed.
    pub fn to_bytes(&self) -> Bytes {
        let mut out = Vec::with_capacity(96);
        self.write(&mut out);
        Bytes::from(out)
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        if let Some(display) = &self.display {
            scan::write_quoted(out, display);
            out.push(b' ');
        }
        // Always in angle brackets, so that a parameter of the URI is never taken for one of the header.
        out.push(b'<');
        self.uri.write(out);
        out.push(b'>');
        self.params.write(out);
    }
}

print_as_written!(NameAddr);

impl From<&NameAddr> for Bytes {
    fn from(value: &NameAddr) -> Bytes {
        value.to_bytes()
    }
}

impl From<NameAddr> for Bytes {
    fn from(value: NameAddr) -> Bytes {
        value.to_bytes()
    }
}

/// A value taken apart, nothing copied; the URI and the parameters are still to be checked.
pub(crate) struct RawNameAddr<'a> {
    display: Option<&'a [u8]>,
    uri: &'a [u8],
    params: &'a [u8],
    bracketed: bool,
}

impl<'a> RawNameAddr<'a> {
    pub(crate) fn parse(text: &'a [u8]) -> Result<RawNameAddr<'a>, ParseError> {
        const BAD: ParseError = ParseError("address");
        let text = scan::trim(text);
        let (display, rest) = match text.first() {
            Some(b'"') => {
                let (name, rest) = text.split_at(scan::quoted_end(text).ok_or(BAD)?);
                (Some(name), scan::trim_start(rest))
            }
            Some(b'<') => (None, text),
            _ => match text.iter().position(|&b| b == b'<') {
                Some(at) => {
                    // RFC 3261 §25.1: tokens and blanks. Deviation: raw UTF-8 and some punctuation pass, but
                    // nothing that separates values (RFC 4475 §3.1.2.15).
                    let name = scan::trim_end(&text[..at]);
                    let fits = |&b: &u8| scan::is_plain(b) || b == b' ' || b == b'\t';
                    if !name.iter().all(fits) || name.contains(&b'@') {
                        return Err(BAD);
                    }
                    (Some(name), &text[at..])
                }
                None => (None, text),
            },
        };
        if let [b'<', inner @ ..] = rest {
            let end = inner.iter().position(|&b| b == b'>').ok_or(BAD)?;
            return Ok(RawNameAddr {
                display,
                uri: scan::trim(&inner[..end]),
                params: &inner[end + 1..],
                bracketed: true,
            });
        }
        if display.is_some() {
            return Err(BAD);
        }
        // RFC 3261 §20.10: without brackets, all after the first `;` belongs to the header.
        let (uri, params) = rest.split_at(rest.iter().position(|&b| b == b';').unwrap_or(rest.len()));
        Ok(RawNameAddr { display, uri: scan::trim_end(uri), params, bracketed: false })
    }

    /// Checks all parts; nothing is copied.
    pub(crate) fn check(&self) -> Result<(), ParseError> {
        let uri = RawUri::parse(self.uri)?;
        uri.check()?;
        if !self.bracketed && uri.has_headers() {
            return Err(ParseError("address"));
        }
        RawParams::new(self.params).try_for_each(|param| param.map(drop))
    }

    /// The `tag` parameter.
    pub(crate) fn tag(&self) -> Option<&'a [u8]> {
        let tag = RawParams::new(self.params).flatten().find(|(name, _)| name.eq_ignore_ascii_case(b"tag"))?;
        tag.1.filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, printed: &str) {
        let value = NameAddr::parse(text.as_bytes()).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(value.to_string(), printed);
        assert_eq!(NameAddr::parse(printed.as_bytes()), Ok(value));
    }

    #[test]
    fn all_forms() {
        check("sip:a@b;tag=1", "<sip:a@b>;tag=1");
        check("<sip:a@b;lr>;x", "<sip:a@b;lr>;x");
        check("Bell Alexander <tel:+1>", "\"Bell Alexander\" <tel:+1>");
        check(
            "\"A. \\\"B\\\\\" < sip:a@b > ; q=0.5",
            "\"A. \"B\\\" <sip:a@b>;q=0.5".replace("A. \"B\\", "A. \\\"B\\\\").as_str(),
        );
        check("\"\"<sip:a@b>", "\"\" <sip:a@b>");
        check("\"<sip:x@y>\" <sip:a@b>", "\"<sip:x@y>\" <sip:a@b>");
        check("<sip:a@b?Route=%3Csip:c%3E>", "<sip:a@b?Route=%3Csip:c%3E>");
    }

    #[test]
    fn nonsense_is_refused() {
        for bad in [
            "",
            "<",
            "<>",
            "sip:",
            "\"a <sip:a@b>",
            "Bell, A <sip:a@b>",
            "a@b <sip:a@b>",
            "<sip:a@b",
            "<sip:a@b>x",
            "\"a\" sip:a@b",
            "\"a\"",
            "<sip:a@b>;=",
            "a \"b\" <sip:a@b>",
        ] {
            assert!(NameAddr::parse(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(RawNameAddr::parse(b"sip:a@b?x=y").and_then(|raw| raw.check()).is_err());
        assert!(RawNameAddr::parse(b"<sip:a@b?x=y>").and_then(|raw| raw.check()).is_ok());
    }
}
