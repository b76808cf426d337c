//! What a SUBSCRIBE asks for, read before anything is looked up (RFC 6665 §4.2.1).

use super::header::accepts;
use super::resource_lists::{Entry, is_resource_lists, read_resource_lists};
use super::{EventHeader, Package, Refused, ResourceList};
use crate::message::{HeaderName, Request};

/// What a SUBSCRIBE asks for, read before anything is looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscribe {
    /// The package.
    pub package: Package,
    /// The whole Event header.
    pub event: EventHeader,
    /// The wished duration, seconds.
    pub expires_s: Option<u32>,
    /// The sender takes the states of a list (RFC 4662 §4.1: `Supported: eventlist`).
    pub takes_lists: bool,
    /// The list that it brings along (RFC 5367).
    pub entries: Option<Vec<Entry>>,
}

impl Subscribe {
    /// Reads a SUBSCRIBE.
    ///
    /// # Errors
    /// 489: no package that the box knows. 406: it does not accept the package's documents. 400: a list that cannot
    /// be read.
    pub fn read(request: &Request) -> Result<Subscribe, Refused> {
        let headers = &request.headers;
        let unknown = Refused::new(489, "unknown event package");
        let event = EventHeader::of(headers).map_err(|_| unknown)?;
        let package = event.package.ok_or(unknown)?;
        if !accepts(headers, package.content_type()) {
            return Err(Refused::new(406, "does not accept the package's documents"));
        }
        let content_type = headers.get(&HeaderName::ContentType);
        let brought = content_type.is_some_and(|t| is_resource_lists(t)) && !request.body.is_empty();
        let entries = if brought { Some(read_resource_lists(&request.body)) } else { None };
        Ok(Subscribe {
            package,
            event,
            // A malformed value is as none: the package's own duration.
            expires_s: headers.expires().ok().flatten(),
            takes_lists: headers.has_token(&HeaderName::Supported, "eventlist")
                && accepts(headers, ResourceList::CONTENT_TYPE)
                && accepts(headers, ResourceList::ROOT_TYPE),
            entries: entries.transpose().map_err(|_| Refused::new(400, "a list that cannot be read"))?,
        })
    }
}
