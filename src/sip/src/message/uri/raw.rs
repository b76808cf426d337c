//! URIs and hosts taken apart where they lie, nothing copied (RFC 3261 §25.1, RFC 3966 §3).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bytes::Bytes;

use super::{Host, Scheme, Uri, escape};
use crate::message::params::{Params, RawParams};
use crate::message::scan::{self, ParseError};

/// A URI taken apart and checked, nothing copied; `params` are checked by [`RawUri::check`] only.
#[derive(Clone, Copy)]
pub(crate) struct RawUri<'a> {
    scheme: RawScheme<'a>,
    user: Option<&'a [u8]>,
    password: Option<&'a [u8]>,
    host: Option<RawHost<'a>>,
    port: Option<u16>,
    params: &'a [u8],
    headers: Option<&'a [u8]>,
}

#[derive(Clone, Copy)]
enum RawScheme<'a> {
    Sip,
    Sips,
    Tel,
    Other(&'a [u8]),
}

impl RawScheme<'_> {
    fn own(self, source: &Bytes) -> Scheme {
        match self {
            RawScheme::Sip => Scheme::Sip,
            RawScheme::Sips => Scheme::Sips,
            RawScheme::Tel => Scheme::Tel,
            RawScheme::Other(name) => Scheme::Other(scan::part(source, name)),
        }
    }
}

/// A host taken apart, nothing copied.
#[derive(Clone, Copy)]
pub(crate) enum RawHost<'a> {
    Name(&'a [u8]),
    Ip(IpAddr),
}

impl<'a> RawHost<'a> {
    pub(crate) fn parse(text: &'a [u8]) -> Result<RawHost<'a>, ParseError> {
        const BAD: ParseError = ParseError("host");
        if let [b'[', inner @ .., b']'] = text {
            return Ok(RawHost::Ip(ipv6(inner).ok_or(BAD)?.into()));
        }
        if let Some(ip) = ipv4(text) {
            return Ok(RawHost::Ip(ip.into()));
        }
        // Deviation: `_` is taken, as names in the field have it.
        let fits = |&b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
        if text.is_empty() || text.len() > HOST_MAX || text[0] == b'.' || !text.iter().all(fits) {
            return Err(BAD);
        }
        Ok(RawHost::Name(text))
    }

    pub(crate) fn own(self, source: &Bytes) -> Host {
        match self {
            RawHost::Name(name) => Host::Name(scan::part(source, name)),
            RawHost::Ip(ip) => Host::Ip(ip),
        }
    }
}

/// An IPv6 address without brackets.
fn ipv6(text: &[u8]) -> Option<Ipv6Addr> {
    let text = core::str::from_utf8(text).ok()?;
    if let Some((head, tail)) = text.split_once(":::") {
        // RFC 5118 §4.10: the grammar of RFC 3261 has one colon too many before an IPv4 address.
        tail.parse::<Ipv4Addr>().ok()?;
        return format!("{head}::{tail}").parse().ok();
    }
    text.parse().ok()
}

/// Four decimal octets, no more than three digits each.
fn ipv4(text: &[u8]) -> Option<Ipv4Addr> {
    let mut octets = [0u8; 4];
    let (mut at, mut octet, mut digits) = (0, 0u16, 0);
    for &byte in text {
        match byte {
            b'0'..=b'9' if digits < 3 => {
                octet = octet * 10 + u16::from(byte - b'0');
                digits += 1;
            }
            b'.' if digits > 0 && at < 3 => {
                octets[at] = u8::try_from(octet).ok()?;
                (at, octet, digits) = (at + 1, 0, 0);
            }
            _ => return None,
        }
    }
    if at < 3 || digits == 0 {
        return None;
    }
    octets[3] = u8::try_from(octet).ok()?;
    Some(Ipv4Addr::from(octets))
}

/// `host` or `host:port`, blanks around the colon allowed where `Via` has them.
pub(crate) fn host_port(text: &[u8]) -> Result<(RawHost<'_>, Option<u16>), ParseError> {
    let after_host = match text.first() {
        Some(b'[') => text.iter().position(|&b| b == b']').map_or(text.len(), |at| at + 1),
        _ => text.iter().position(|&b| b == b':').unwrap_or(text.len()),
    };
    let (host, rest) = text.split_at(after_host);
    let host = RawHost::parse(scan::trim_end(host))?;
    let port = match scan::trim(rest) {
        [] => None,
        [b':', digits @ ..] => {
            let port = scan::number(scan::trim_start(digits)).and_then(|n| u16::try_from(n).ok());
            Some(port.ok_or(ParseError("port"))?)
        }
        _ => return Err(ParseError("host")),
    };
    Ok((host, port))
}

impl<'a> RawUri<'a> {
    /// Takes a URI apart and checks all but the parameters.
    pub(crate) fn parse(text: &'a [u8]) -> Result<RawUri<'a>, ParseError> {
        const BAD: ParseError = ParseError("URI");
        let colon = text.iter().position(|&b| b == b':').ok_or(BAD)?;
        let (scheme, rest) = (&text[..colon], &text[colon + 1..]);
        let known = if scheme.eq_ignore_ascii_case(b"sip") {
            RawScheme::Sip
        } else if scheme.eq_ignore_ascii_case(b"sips") {
            RawScheme::Sips
        } else if scheme.eq_ignore_ascii_case(b"tel") {
            return RawUri::tel(rest);
        } else {
            return RawUri::opaque(scheme, rest);
        };
        // RFC 3261 §25.1: neither parameters nor headers hold a bare `@`, so the first one ends the user
        // part, which itself may hold `;`, `?` and `/`.
        let (userinfo, rest) = match rest.iter().position(|&b| b == b'@') {
            Some(at) => (Some(&rest[..at]), &rest[at + 1..]),
            None => (None, rest),
        };
        let (rest, headers) = match rest.iter().position(|&b| b == b'?') {
            Some(at) => (&rest[..at], Some(&rest[at + 1..])),
            None => (rest, None),
        };
        let (host, params) = rest.split_at(rest.iter().position(|&b| b == b';').unwrap_or(rest.len()));
        let (user, password) = match userinfo {
            None => (None, None),
            Some(info) => match info.iter().position(|&b| b == b':') {
                Some(at) => (Some(&info[..at]), Some(&info[at + 1..])),
                None => (Some(info), None),
            },
        };
        if user.is_some_and(<[u8]>::is_empty)
            || !user.is_none_or(escape::is_user)
            || !password.is_none_or(escape::is_user)
            || !headers.is_none_or(escape::is_headers)
            || rest.iter().any(|&b| b == b' ' || b == b'\t')
        {
            return Err(BAD);
        }
        let (host, port) = host_port(host)?;
        Ok(RawUri { scheme: known, user, password, host: Some(host), port, params, headers })
    }

    /// RFC 3966 §3: a number and parameters.
    fn tel(rest: &'a [u8]) -> Result<RawUri<'a>, ParseError> {
        let (number, params) = rest.split_at(rest.iter().position(|&b| b == b';').unwrap_or(rest.len()));
        let dialled = |&b: &u8| b.is_ascii_hexdigit() || matches!(b, b'+' | b'-' | b'.' | b'(' | b')' | b'*' | b'#');
        if params.iter().any(|&b| b == b' ' || b == b'\t')
            || !number.iter().all(dialled)
            || !number.iter().any(|b| b.is_ascii_hexdigit() || matches!(b, b'*' | b'#'))
        {
            return Err(ParseError("telephone number"));
        }
        let scheme = RawScheme::Tel;
        Ok(RawUri { scheme, user: Some(number), password: None, host: None, port: None, params, headers: None })
    }

    fn opaque(scheme: &'a [u8], rest: &'a [u8]) -> Result<RawUri<'a>, ParseError> {
        let in_scheme = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
        let visible = |&b: &u8| !scan::is_control(b) && !matches!(b, b' ' | b'\t' | b'<' | b'>' | b'"');
        if !scheme.first().is_some_and(u8::is_ascii_alphabetic)
            || !scheme.iter().all(in_scheme)
            || rest.is_empty()
            || !rest.iter().all(visible)
        {
            return Err(ParseError("URI"));
        }
        let scheme = RawScheme::Other(scheme);
        Ok(RawUri { scheme, user: Some(rest), password: None, host: None, port: None, params: &[], headers: None })
    }

    /// The URI with its parameters, sharing the octets of `source`, in which it lies.
    pub(crate) fn own(&self, source: &Bytes) -> Result<Uri, ParseError> {
        let part = |piece: &[u8]| scan::part(source, piece);
        Ok(Uri {
            scheme: self.scheme.own(source),
            user: self.user.map(part),
            password: self.password.map(part),
            host: self.host.map(|host| host.own(source)),
            port: self.port,
            params: Params::parse_in(source, self.params)?,
            headers: self.headers.map(part),
        })
    }

    /// Checks what [`RawUri::parse`] left: the parameters.
    pub(crate) fn check(&self) -> Result<(), ParseError> {
        RawParams::new(self.params).try_for_each(|param| param.map(drop))
    }

    /// Whether there is a `?` part.
    pub(crate) fn has_headers(&self) -> bool {
        self.headers.is_some()
    }
}

/// The longest host name, in octets (RFC 1035 §2.3.4).
const HOST_MAX: usize = 255;
