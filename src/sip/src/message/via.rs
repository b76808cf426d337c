//! Via values (RFC 3261 §20.42, RFC 3581).

use bytes::Bytes;

use super::params::{Params, RawParams};
use super::parse::is_version;
use super::scan::{self, ParseError};
use super::uri::{Host, RawHost, host_port, print_as_written, write_port};

/// A Via value (RFC 3261 §20.42).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Via {
    /// `UDP`, `TCP`, … as it came.
    pub transport: Bytes,
    /// Who sent it.
    pub host: Host,
    /// The port, if named.
    pub port: Option<u16>,
    /// `branch`, `rport`, `received`, …
    pub params: Params,
}

impl Via {
    /// Reads one value that fills `text`.
    pub fn parse(text: &[u8]) -> Result<Via, ParseError> {
        let source = Bytes::copy_from_slice(text);
        Via::parse_in(&source, &source)
    }

    /// As [`Via::parse`], for a `text` that lies in `source`.
    pub(crate) fn parse_in(source: &Bytes, text: &[u8]) -> Result<Via, ParseError> {
        let raw = RawVia::parse(text)?;
        Ok(Via {
            transport: scan::part(source, raw.transport),
            host: raw.host.own(source),
            port: raw.port,
            params: Params::parse_in(source, raw.params)?,
        })
    }

    /// The `branch` parameter.
    pub fn branch(&self) -> Option<&Bytes> {
        self.params.value("branch")
    }

    /// The value as it is printed.
    pub fn to_bytes(&self) -> Bytes {
        let mut out = Vec::with_capacity(96);
        self.write(&mut out);
        Bytes::from(out)
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"SIP/2.0/");
        out.extend_from_slice(&self.transport);
        out.push(b' ');
        self.host.write(out);
        write_port(out, self.port);
        self.params.write(out);
    }
}

print_as_written!(Via);

impl From<&Via> for Bytes {
    fn from(value: &Via) -> Bytes {
        value.to_bytes()
    }
}

/// A value taken apart, nothing copied; the parameters are still to be checked.
pub(crate) struct RawVia<'a> {
    transport: &'a [u8],
    host: RawHost<'a>,
    port: Option<u16>,
    params: &'a [u8],
}

impl<'a> RawVia<'a> {
    pub(crate) fn parse(text: &'a [u8]) -> Result<RawVia<'a>, ParseError> {
        const BAD: ParseError = ParseError("Via");
        // `SIP / 2.0 / UDP host : port ; params`, blanks as RFC 3261 §25.1 has them (`SLASH`, `COLON`, `SEMI`).
        let (name, rest) = field(text, b'/').ok_or(BAD)?;
        let (version, rest) = field(rest, b'/').ok_or(BAD)?;
        // Any version: a request of another one is refused for its start line, and its Via carries the refusal.
        if !name.eq_ignore_ascii_case(b"SIP") || !is_version(version) {
            return Err(ParseError("Via protocol"));
        }
        let rest = scan::trim_start(rest);
        let (transport, rest) = rest.split_at(rest.iter().take_while(|&&b| scan::is_token(b)).count());
        if transport.is_empty() || !matches!(rest.first(), Some(b' ' | b'\t')) {
            return Err(BAD);
        }
        let rest = scan::trim_start(rest);
        let (host, params) = rest.split_at(rest.iter().position(|&b| b == b';').unwrap_or(rest.len()));
        let (host, port) = host_port(scan::trim_end(host))?;
        Ok(RawVia { transport, host, port, params })
    }

    /// Checks what [`RawVia::parse`] left: the parameters.
    pub(crate) fn check(&self) -> Result<(), ParseError> {
        RawParams::new(self.params).try_for_each(|param| match param? {
            // RFC 4475 §3.2.1: the cookie of RFC 3261 §8.1.1.7 without an identifier names no transaction.
            (name, Some(b"z9hG4bK")) if name.eq_ignore_ascii_case(b"branch") => Err(ParseError("branch")),
            _ => Ok(()),
        })
    }
}

/// The trimmed text before `end`, and what follows `end`.
fn field(text: &[u8], end: u8) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|&b| b == end)?;
    Some((scan::trim(&text[..at]), &text[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, printed: &str) {
        let value = Via::parse(text.as_bytes()).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(value.to_string(), printed);
        assert_eq!(Via::parse(printed.as_bytes()), Ok(value));
    }

    #[test]
    fn all_forms() {
        check("SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1;rport", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1;rport");
        check("SIP  / 2.0 \t/ TCP   spindle.example.com  ; branch = x", "SIP/2.0/TCP spindle.example.com;branch=x");
        check("sip/2.0/ws [2001:DB8::9:1] : 5060;received=[::1]", "SIP/2.0/ws [2001:db8::9:1]:5060;received=[::1]");
        check("SIP/2.0/UDP host:5060 (x)".split(" (").next().unwrap(), "SIP/2.0/UDP host:5060");
    }

    #[test]
    fn nonsense_is_refused() {
        for bad in [
            "",
            "SIP/2.0",
            "SIP/2.0/UDP",
            "SIP/2.0/UDP ",
            "SIP/x/UDP h",
            "HTTP/2.0/UDP h",
            "SIP/2.0/UDP;h",
            "SIP/2.0/UDP h:x",
            "SIP/2.0/UDP h x",
            "SIP/2.0/UDP 2001:db8::1",
            "SIP/2.0/UDP h;=x",
            "SIP/2.0/U(P h",
        ] {
            assert!(Via::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
