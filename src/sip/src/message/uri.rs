//! URIs as SIP uses them: `sip:`, `sips:` (RFC 3261 §19.1), `tel:` (RFC 3966), others opaque.

use std::net::IpAddr;

use bytes::Bytes;

use super::params::Params;
use super::scan::{self, ParseError};

mod compare;
mod escape;
mod raw;

pub(crate) use raw::{RawHost, RawUri, host_port};

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

#[cfg(test)]
mod tests;
