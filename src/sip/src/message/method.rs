//! Request methods (RFC 3261 §7.1, and the RFCs that added some).

use core::fmt;

use bytes::Bytes;

use super::scan::{self, ParseError};

/// A request method.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Method {
    Invite,
    Ack,
    Bye,
    Cancel,
    Register,
    Options,
    Prack,
    Subscribe,
    Notify,
    Publish,
    Info,
    Refer,
    Message,
    Update,
    /// Any other token, kept as it came (case counts, RFC 3261 §7.1).
    Other(Bytes),
}

impl Method {
    /// All methods we have a name for, in the order of an `Allow` header.
    pub const KNOWN: [Method; 14] = [
        Method::Invite,
        Method::Ack,
        Method::Bye,
        Method::Cancel,
        Method::Register,
        Method::Options,
        Method::Prack,
        Method::Subscribe,
        Method::Notify,
        Method::Publish,
        Method::Info,
        Method::Refer,
        Method::Message,
        Method::Update,
    ];

    /// Reads a method: a token (RFC 3261 §7.1).
    pub fn parse(text: &[u8]) -> Result<Method, ParseError> {
        match Method::known(text) {
            Some(method) => Ok(method),
            None => {
                let source = Bytes::copy_from_slice(text);
                Method::parse_in(&source, &source)
            }
        }
    }

    /// As [`Method::parse`], for a `text` that lies in `source`: an unknown method shares its octets.
    pub(crate) fn parse_in(source: &Bytes, text: &[u8]) -> Result<Method, ParseError> {
        match Method::known(text) {
            Some(method) => Ok(method),
            None if text.len() <= METHOD_MAX && scan::all_token(text) => Ok(Method::Other(scan::part(source, text))),
            None => Err(ParseError("method")),
        }
    }

    fn known(text: &[u8]) -> Option<Method> {
        Some(match text {
            b"INVITE" => Method::Invite,
            b"ACK" => Method::Ack,
            b"BYE" => Method::Bye,
            b"CANCEL" => Method::Cancel,
            b"REGISTER" => Method::Register,
            b"OPTIONS" => Method::Options,
            b"PRACK" => Method::Prack,
            b"SUBSCRIBE" => Method::Subscribe,
            b"NOTIFY" => Method::Notify,
            b"PUBLISH" => Method::Publish,
            b"INFO" => Method::Info,
            b"REFER" => Method::Refer,
            b"MESSAGE" => Method::Message,
            b"UPDATE" => Method::Update,
            _ => return None,
        })
    }

    /// The method as it stands on the wire.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Method::Invite => b"INVITE",
            Method::Ack => b"ACK",
            Method::Bye => b"BYE",
            Method::Cancel => b"CANCEL",
            Method::Register => b"REGISTER",
            Method::Options => b"OPTIONS",
            Method::Prack => b"PRACK",
            Method::Subscribe => b"SUBSCRIBE",
            Method::Notify => b"NOTIFY",
            Method::Publish => b"PUBLISH",
            Method::Info => b"INFO",
            Method::Refer => b"REFER",
            Method::Message => b"MESSAGE",
            Method::Update => b"UPDATE",
            Method::Other(token) => token,
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.as_bytes()))
    }
}

impl From<rsip::Method> for Method {
    fn from(method: rsip::Method) -> Method {
        match method {
            rsip::Method::Invite => Method::Invite,
            rsip::Method::Ack => Method::Ack,
            rsip::Method::Bye => Method::Bye,
            rsip::Method::Cancel => Method::Cancel,
            rsip::Method::Register => Method::Register,
            rsip::Method::Options => Method::Options,
            rsip::Method::PRack => Method::Prack,
            rsip::Method::Subscribe => Method::Subscribe,
            rsip::Method::Notify => Method::Notify,
            rsip::Method::Publish => Method::Publish,
            rsip::Method::Info => Method::Info,
            rsip::Method::Refer => Method::Refer,
            rsip::Method::Message => Method::Message,
            rsip::Method::Update => Method::Update,
        }
    }
}

/// The longest method taken, in octets.
pub const METHOD_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_and_rsips_methods_agree() {
        let theirs = rsip::Method::all();
        assert_eq!(theirs.len(), Method::KNOWN.len());
        for theirs in theirs {
            let ours = Method::from(theirs);
            assert!(Method::KNOWN.contains(&ours));
            assert_eq!(ours.to_string(), theirs.to_string());
            assert_eq!(Method::parse(theirs.to_string().as_bytes()), Ok(ours));
        }
    }

    #[test]
    fn case_counts_and_unknown_tokens_stay() {
        assert_eq!(Method::parse(b"invite"), Ok(Method::Other(Bytes::from_static(b"invite"))));
        assert_eq!(Method::parse(b"!odd-1_*+`.%x'~").map(|m| m.to_string()).as_deref(), Ok("!odd-1_*+`.%x'~"));
        for bad in [&b""[..], b"IN VITE", b"IN\0", b"I,N", b"\xc3\xa9", &[b'A'; METHOD_MAX + 1]] {
            assert_eq!(Method::parse(bad), Err(ParseError("method")));
        }
    }
}
