//! URIs as SIP uses them: `sip:`, `sips:` (RFC 3261 §19.1), `tel:` (RFC 3966), others opaque.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bytes::Bytes;

use super::params::{Params, RawParams};
use super::scan::{self, ParseError};

mod compare;
mod escape;

/// A URI as SIP uses it: `sip:`, `sips:`, `tel:` (RFC 3966), or another scheme kept opaque.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uri {
    /// The scheme.
    pub scheme: Scheme,
    /// The user part still escaped (for `tel:` the number; for other schemes all after the colon).
    pub user: Option<Bytes>,
    /// The password part, still escaped.
    pub password: Option<Bytes>,
    /// The host; `None` only for `tel:` and other schemes.
    pub host: Option<Host>,
    /// The port, if named.
    pub port: Option<u16>,
    /// The URI parameters, in order.
    pub params: Params,
    /// All after `?`, escaped, as it came.
    pub headers: Option<Bytes>,
}

/// A URI scheme.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Scheme {
    Sip,
    Sips,
    Tel,
    /// Any other, as it came.
    Other(Bytes),
}

/// A host.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// A name, as it came.
    Name(Bytes),
    /// An address; IPv6 is printed in brackets.
    Ip(IpAddr),
}

impl Uri {
    /// Reads a URI that fills `text`.
    pub fn parse(text: &[u8]) -> Result<Uri, ParseError> {
        Uri::parse_bytes(Bytes::copy_from_slice(text))
    }

    /// Reads a URI that fills `text`, sharing its octets.
    pub fn parse_bytes(text: Bytes) -> Result<Uri, ParseError> {
        Uri::parse_in(&text, &text)
    }

    /// As [`Uri::parse_bytes`], for a `text` that lies in `source`.
    pub(crate) fn parse_in(source: &Bytes, text: &[u8]) -> Result<Uri, ParseError> {
        RawUri::parse(text)?.own(source)
    }

    /// `sip:user@host:port`; what may not stand in a user part is escaped. An empty user is left out.
    pub fn sip(user: &str, host: Host, port: Option<u16>) -> Uri {
        Uri {
            scheme: Scheme::Sip,
            user: (!user.is_empty()).then(|| escape::escape_user(user)),
            password: None,
            host: Some(host),
            port,
            params: Params::new(),
            headers: None,
        }
    }

    /// The user part (for `tel:` the number) with its escapes resolved. `None` if there is none, or if it
    /// holds a bad escape, a control character or anything but UTF-8.
    pub fn user_unescaped(&self) -> Option<String> {
        escape::unescape(self.user.as_ref()?)
    }

    /// The first header of that name after the `?`, in any case, with its escapes resolved (RFC 3261 §19.1.5):
    /// `Replaces` of a Refer-To. `None` as in [`Uri::user_unescaped`].
    pub fn header(&self, name: &str) -> Option<String> {
        let fields = self.headers.as_ref()?.split(|&b| b == b'&');
        let mut pairs = fields.filter_map(|f| Some(f.split_at(f.iter().position(|&b| b == b'=')?)));
        let (_, value) = pairs.find(|(n, _)| escape::unescape(n).is_some_and(|n| n.eq_ignore_ascii_case(name)))?;
        escape::unescape(&value[1..])
    }

    /// Whether both mean the same resource (RFC 3261 §19.1.4; for `tel:` RFC 3966 §4).
    pub fn same_as(&self, other: &Uri) -> bool {
        compare::same(self, other)
    }

    /// Whether user and host are the same, whatever the scheme, port, parameters and headers; for `tel:` and
    /// other schemes the same as [`Uri::same_as`].
    pub(crate) fn same_user_and_host(&self, other: &Uri) -> bool {
        compare::same_user_and_host(self, other)
    }

    /// A copy that shares no octets with the message it came from: for what is kept long, as a slice
    /// would keep the whole datagram in memory.
    pub fn detach(&self) -> Uri {
        let copy = |b: &Bytes| Bytes::copy_from_slice(b);
        Uri {
            scheme: match &self.scheme {
                Scheme::Other(name) => Scheme::Other(copy(name)),
                known => known.clone(),
            },
            user: self.user.as_ref().map(copy),
            password: self.password.as_ref().map(copy),
            host: self.host.as_ref().map(|host| match host {
                Host::Name(name) => Host::Name(copy(name)),
                Host::Ip(ip) => Host::Ip(*ip),
            }),
            port: self.port,
            params: self.params.detach(),
            headers: self.headers.as_ref().map(copy),
        }
    }

    /// The URI as it is printed.
    pub fn to_bytes(&self) -> Bytes {
        let mut out = Vec::with_capacity(64);
        self.write(&mut out);
        Bytes::from(out)
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        self.write_without_headers(out);
        if let Some(headers) = &self.headers {
            out.push(b'?');
            out.extend_from_slice(headers);
        }
    }

    /// As it stands in a request line.
    pub(crate) fn write_without_headers(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.scheme.as_bytes());
        out.push(b':');
        if let Some(user) = &self.user {
            out.extend_from_slice(user);
            if let Some(password) = &self.password {
                out.push(b':');
                out.extend_from_slice(password);
            }
            if self.host.is_some() {
                out.push(b'@');
            }
        }
        if let Some(host) = &self.host {
            host.write(out);
            write_port(out, self.port);
        }
        self.params.write(out);
    }
}

impl Scheme {
    /// The scheme without its colon.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Scheme::Sip => b"sip",
            Scheme::Sips => b"sips",
            Scheme::Tel => b"tel",
            Scheme::Other(name) => name,
        }
    }
}

impl Host {
    /// Reads a host: a name, an IPv4 address, or an IPv6 address in brackets.
    pub fn parse(text: &[u8]) -> Result<Host, ParseError> {
        let source = Bytes::copy_from_slice(text);
        Ok(RawHost::parse(&source)?.own(&source))
    }

    /// The address, if it is one.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Host::Ip(ip) => Some(*ip),
            Host::Name(_) => None,
        }
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Host::Name(name) => out.extend_from_slice(name),
            Host::Ip(IpAddr::V4(ip)) => {
                for (i, octet) in ip.octets().into_iter().enumerate() {
                    if i > 0 {
                        out.push(b'.');
                    }
                    super::print::write_number(out, octet.into());
                }
            }
            Host::Ip(IpAddr::V6(ip)) => out.extend_from_slice(format!("[{ip}]").as_bytes()),
        }
    }
}

impl From<IpAddr> for Host {
    fn from(ip: IpAddr) -> Host {
        Host::Ip(ip)
    }
}

pub(crate) fn write_port(out: &mut Vec<u8>, port: Option<u16>) {
    if let Some(port) = port {
        out.push(b':');
        super::print::write_number(out, port.into());
    }
}

macro_rules! print_as_written {
    ($($type:ty),*) => {$(
        impl core::fmt::Display for $type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                let mut out = Vec::with_capacity(64);
                self.write(&mut out);
                f.write_str(&String::from_utf8_lossy(&out))
            }
        }
    )*};
}
pub(crate) use print_as_written;

print_as_written!(Uri, Host);

impl From<&Uri> for Bytes {
    fn from(uri: &Uri) -> Bytes {
        uri.to_bytes()
    }
}

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
    if text.len() > 15 {
        return None;
    }
    let mut octets = [0u8; 4];
    let mut fields = text.split(|&b| b == b'.');
    for octet in &mut octets {
        let field = fields.next().filter(|f| f.len() <= 3)?;
        *octet = u8::try_from(scan::number(field)?).ok()?;
    }
    fields.next().is_none().then(|| Ipv4Addr::from(octets))
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

#[cfg(test)]
mod tests;
