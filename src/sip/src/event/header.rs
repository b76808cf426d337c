//! The Event header (RFC 6665 §8.2.1) and the packages that the box knows.

use bytes::Bytes;

use super::BodyError;
use crate::message::{HeaderName, Headers, Params};

/// The longest `id` of an Event header that is kept.
const ID_MAX: usize = 64;

/// An event package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Package {
    /// Calls of an extension, or the lamp of a service (RFC 4235).
    Dialog,
    /// Presence (RFC 3856).
    Presence,
    /// Messages waiting (RFC 3842).
    MessageSummary,
    /// Do-not-disturb and forwards kept the same on phone and box (BroadSoft).
    Feature,
    /// The configuration of a phone (RFC 6080).
    UaProfile,
}

impl Package {
    /// Those that a phone may subscribe to inside the box, for Allow-Events.
    pub const ALLOWED: &'static str = "dialog, presence, message-summary, as-feature-event";

    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Package::Dialog => "dialog",
            Package::Presence => "presence",
            Package::MessageSummary => "message-summary",
            Package::Feature => "as-feature-event",
            Package::UaProfile => "ua-profile",
        }
    }

    /// The type of its bodies.
    pub fn content_type(self) -> &'static str {
        match self {
            Package::Dialog => "application/dialog-info+xml",
            Package::Presence => "application/pidf+xml",
            Package::MessageSummary => "application/simple-message-summary",
            Package::Feature => "application/x-as-feature-event+xml",
            Package::UaProfile => "application/url",
        }
    }

    /// The package of this name.
    pub fn of(name: &[u8]) -> Option<Package> {
        use Package::{Dialog, Feature, MessageSummary, Presence, UaProfile};
        [Dialog, Presence, MessageSummary, Feature, UaProfile].into_iter().find(|p| p.name().as_bytes() == name)
    }
}

/// What an Event header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventHeader {
    /// The package; `None`: one that the box does not know (489).
    pub package: Option<Package>,
    /// Its `id`, by which subscriptions of one dialog are told apart.
    pub id: Option<Bytes>,
    /// Its other parameters.
    pub params: Params,
}

impl EventHeader {
    /// Reads the Event header of a request.
    ///
    /// # Errors
    /// There is none, or it cannot be read: 489 (RFC 6665 §7.2.1 wants exactly one).
    pub fn of(headers: &Headers) -> Result<EventHeader, BodyError> {
        const BAD: BodyError = BodyError("Event");
        let row = headers.get(&HeaderName::Event).ok_or(BAD)?;
        if headers.all(&HeaderName::Event).count() != 1 {
            return Err(BAD);
        }
        let end = row.iter().position(|b| *b == b';').unwrap_or(row.len());
        let params = Params::parse(&row[end..]).map_err(|_| BAD)?;
        // RFC 6665 §8.2.1: names of packages are compared octet by octet.
        let package = Package::of(row[..end].trim_ascii());
        let id = params.value("id").filter(|id| !id.is_empty());
        if id.is_some_and(|id| id.len() > ID_MAX) {
            return Err(BAD);
        }
        Ok(EventHeader { package, id: id.map(|id| Bytes::copy_from_slice(id)), params })
    }
}

/// Whether what a request accepts includes this type; without an Accept the package's own is (RFC 6665 §4.2.1.1).
pub(super) fn accepts(headers: &Headers, content_type: &str) -> bool {
    let values = headers.tokens(&HeaderName::Accept);
    let wanted = content_type.as_bytes();
    let slash = wanted.iter().position(|b| *b == b'/').map_or(0, |at| at + 1);
    values.is_empty()
        || values.iter().any(|value| {
            let end = value.iter().position(|b| *b == b';').unwrap_or(value.len());
            let kind = value[..end].trim_ascii();
            let any = kind.strip_suffix(b"*").is_some_and(|kind| kind.eq_ignore_ascii_case(&wanted[..slash]));
            kind == b"*/*" || any || kind.eq_ignore_ascii_case(wanted)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(value: &'static str) -> Result<EventHeader, BodyError> {
        let mut headers = Headers::new();
        headers.push(HeaderName::Event, value);
        EventHeader::of(&headers)
    }

    #[test]
    fn a_package_is_known_by_its_name_alone() {
        let e = event("dialog;id=7;sla").unwrap();
        assert_eq!((e.package, e.id.as_deref()), (Some(Package::Dialog), Some(&b"7"[..])));
        assert!(e.params.has("sla"));
        assert_eq!(event("message-summary").unwrap().package, Some(Package::MessageSummary));
        assert_eq!(event("Dialog").unwrap().package, None);
        assert_eq!(event("dialog.winfo").unwrap().package, None);
        assert!(event("dialog;;").is_err() && EventHeader::of(&Headers::new()).is_err());
    }

    #[test]
    fn accept_may_be_absent_or_wide() {
        let accepts = |value: Option<&'static str>| {
            let mut headers = Headers::new();
            if let Some(value) = value {
                headers.push(HeaderName::Accept, value);
            }
            accepts(&headers, "application/dialog-info+xml")
        };
        assert!(accepts(None) && accepts(Some("")) && accepts(Some("*/*")) && accepts(Some("application/*;q=0.1")));
        assert!(accepts(Some("text/plain, Application/Dialog-Info+xml")));
        assert!(!accepts(Some("application/pidf+xml")) && !accepts(Some("text/*")));
    }
}
