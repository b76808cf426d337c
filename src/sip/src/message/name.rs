//! Names of header fields: known ones as an enum, compact forms resolved, case folded.

use core::fmt;
use core::hash::{Hash, Hasher};

use bytes::Bytes;

use super::scan::{self, ParseError};

macro_rules! names {
    ($($variant:ident = $name:literal $(| $compact:literal)?,)*) => {
        /// The name of a header field, compact forms resolved, case folded.
        #[derive(Clone, Debug)]
        #[allow(missing_docs)]
        pub enum HeaderName {
            $($variant,)*
            /// Any other, as it came; compared without regard to case (RFC 3261 §7.3.1).
            Other(Bytes),
        }

        /// All known names.
        const KNOWN: &[(&str, HeaderName)] = &[$(($name, HeaderName::$variant)),*];

        impl HeaderName {
            /// The standard long form; an unknown name as it came.
            pub fn as_bytes(&self) -> &[u8] {
                match self {
                    $(HeaderName::$variant => $name.as_bytes(),)*
                    HeaderName::Other(name) => name,
                }
            }

            /// The compact forms (RFC 3261 §7.3.3 and the RFCs that added some).
            fn from_compact(letter: u8) -> Option<HeaderName> {
                $($(if letter.eq_ignore_ascii_case(&$compact) { return Some(HeaderName::$variant); })?)*
                None
            }
        }
    };
}

names! {
    Accept = "Accept",
    AcceptContact = "Accept-Contact" | b'a',
    AcceptEncoding = "Accept-Encoding",
    AcceptLanguage = "Accept-Language",
    AlertInfo = "Alert-Info",
    Allow = "Allow",
    AllowEvents = "Allow-Events" | b'u',
    AuthenticationInfo = "Authentication-Info",
    Authorization = "Authorization",
    CallId = "Call-ID" | b'i',
    CallInfo = "Call-Info",
    Contact = "Contact" | b'm',
    ContentDisposition = "Content-Disposition",
    ContentEncoding = "Content-Encoding" | b'e',
    ContentLanguage = "Content-Language",
    ContentLength = "Content-Length" | b'l',
    ContentType = "Content-Type" | b'c',
    CSeq = "CSeq",
    Date = "Date",
    Diversion = "Diversion",
    ErrorInfo = "Error-Info",
    Event = "Event" | b'o',
    Expires = "Expires",
    From = "From" | b'f',
    HistoryInfo = "History-Info",
    Identity = "Identity" | b'y',
    InReplyTo = "In-Reply-To",
    Join = "Join",
    MaxForwards = "Max-Forwards",
    MimeVersion = "MIME-Version",
    MinExpires = "Min-Expires",
    MinSe = "Min-SE",
    Organization = "Organization",
    PAssertedIdentity = "P-Asserted-Identity",
    PPreferredIdentity = "P-Preferred-Identity",
    Path = "Path",
    Priority = "Priority",
    Privacy = "Privacy",
    ProxyAuthenticate = "Proxy-Authenticate",
    ProxyAuthorization = "Proxy-Authorization",
    ProxyRequire = "Proxy-Require",
    RAck = "RAck",
    Reason = "Reason",
    RecordRoute = "Record-Route",
    ReferTo = "Refer-To" | b'r',
    ReferredBy = "Referred-By" | b'b',
    ReferSub = "Refer-Sub",
    RejectContact = "Reject-Contact" | b'j',
    RemotePartyId = "Remote-Party-ID",
    Replaces = "Replaces",
    ReplyTo = "Reply-To",
    RequestDisposition = "Request-Disposition" | b'd',
    Require = "Require",
    RetryAfter = "Retry-After",
    Route = "Route",
    RSeq = "RSeq",
    Server = "Server",
    ServiceRoute = "Service-Route",
    SessionExpires = "Session-Expires" | b'x',
    Subject = "Subject" | b's',
    SubscriptionState = "Subscription-State",
    Supported = "Supported" | b'k',
    Timestamp = "Timestamp",
    To = "To" | b't',
    Unsupported = "Unsupported",
    UserAgent = "User-Agent",
    Via = "Via" | b'v',
    Warning = "Warning",
    WwwAuthenticate = "WWW-Authenticate",
}

impl HeaderName {
    /// Reads a name: a token, long or compact, in any case.
    pub fn parse(text: &[u8]) -> Result<HeaderName, ParseError> {
        match HeaderName::known(text) {
            Some(name) => Ok(name),
            None if text.len() <= NAME_MAX && scan::all_token(text) => {
                Ok(HeaderName::Other(Bytes::copy_from_slice(text)))
            }
            None => Err(ParseError("header name")),
        }
    }

    /// As [`HeaderName::parse`], for a `text` that lies in `source`: an unknown name shares its octets.
    pub(crate) fn parse_in(source: &Bytes, text: &[u8]) -> Result<HeaderName, ParseError> {
        match HeaderName::known(text) {
            Some(name) => Ok(name),
            None if text.len() <= NAME_MAX && scan::all_token(text) => Ok(HeaderName::Other(scan::part(source, text))),
            None => Err(ParseError("header name")),
        }
    }

    /// A copy that shares no octets with the message it came from.
    pub(crate) fn detach(&self) -> HeaderName {
        match self {
            HeaderName::Other(name) => HeaderName::Other(Bytes::copy_from_slice(name)),
            known => known.clone(),
        }
    }

    /// A known name, long or compact.
    fn known(text: &[u8]) -> Option<HeaderName> {
        if let &[letter] = text {
            return HeaderName::from_compact(letter);
        }
        let mut slot = slot(text)?;
        loop {
            let (name, value) = KNOWN.get(usize::from(SLOTS[slot]))?;
            // Most names come as we print them.
            if name.as_bytes() == text || name.as_bytes().eq_ignore_ascii_case(text) {
                return Some(value.clone());
            }
            slot = (slot + 1) % SLOTS.len();
        }
    }
}

impl PartialEq for HeaderName {
    fn eq(&self, other: &HeaderName) -> bool {
        match (self, other) {
            (HeaderName::Other(a), HeaderName::Other(b)) => a.eq_ignore_ascii_case(b),
            (a, b) => core::mem::discriminant(a) == core::mem::discriminant(b),
        }
    }
}

impl Eq for HeaderName {}

impl Hash for HeaderName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        core::mem::discriminant(self).hash(state);
        if let HeaderName::Other(name) = self {
            name.iter().for_each(|b| b.to_ascii_lowercase().hash(state));
        }
    }
}

impl fmt::Display for HeaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.as_bytes()))
    }
}

/// The longest name taken, in octets.
pub const NAME_MAX: usize = 128;

/// An open hash of the known names: where to look first.
const fn slot(text: &[u8]) -> Option<usize> {
    if text.is_empty() {
        return None;
    }
    let first = text[0].to_ascii_lowercase() as usize;
    let middle = text[text.len() / 2].to_ascii_lowercase() as usize;
    let last = text[text.len() - 1].to_ascii_lowercase() as usize;
    Some((first * 7 + middle * 29 + last * 3 + text.len() * 37) % SLOTS_LEN)
}

const SLOTS_LEN: usize = 512;
const FREE: u8 = u8::MAX;

/// Numbers into [`KNOWN`]; the free slots end a search.
static SLOTS: [u8; SLOTS_LEN] = {
    let mut slots = [FREE; SLOTS_LEN];
    let mut i = 0;
    while i < KNOWN.len() {
        let Some(mut at) = slot(KNOWN[i].0.as_bytes()) else { panic!("a name is empty") };
        while slots[at] != FREE {
            at = (at + 1) % SLOTS_LEN;
        }
        slots[at] = i as u8;
        i += 1;
    }
    slots
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_name_is_found_in_any_case() {
        for (text, name) in KNOWN {
            assert_eq!(HeaderName::known(text.as_bytes()).as_ref(), Some(name), "{text}");
            assert_eq!(HeaderName::known(text.to_uppercase().as_bytes()).as_ref(), Some(name), "{text}");
            assert_eq!(name.to_string(), *text);
        }
        assert_eq!(HeaderName::parse(b"V"), Ok(HeaderName::Via));
        assert_eq!(HeaderName::parse(b"x"), Ok(HeaderName::SessionExpires));
    }

    #[test]
    fn ours_and_rsips_names_agree() {
        let mut shared = 0;
        for (name, _) in KNOWN {
            let text = format!("OPTIONS sip:h SIP/2.0\r\n{name}: 1\r\n\r\n");
            let theirs = rsip::Request::try_from(text.as_bytes()).unwrap();
            let header = theirs.headers.iter().next().unwrap();
            if !matches!(header, rsip::Header::Other(..)) {
                shared += 1;
                assert!(header.to_string().eq_ignore_ascii_case(&format!("{name}: 1")), "{header}");
            }
        }
        // All of rsip's 46 but Subscription-State, which its own reader forgets.
        assert_eq!(shared, 45);
    }

    #[test]
    fn unknown_names_keep_their_spelling_but_compare_without_case() {
        let name = HeaderName::parse(b"X-CuStOm").unwrap();
        assert_eq!(name.to_string(), "X-CuStOm");
        assert_eq!(name, HeaderName::parse(b"x-custom").unwrap());
        assert_ne!(name, HeaderName::Via);
        for bad in [&b""[..], b"Fr om", b"From\0", b"From:", b"\xe2\x82\xac", &[b'a'; NAME_MAX + 1]] {
            assert_eq!(HeaderName::parse(bad), Err(ParseError("header name")));
        }
    }
}
