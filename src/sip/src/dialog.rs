//! Dialogs: what two user agents must remember to talk on (RFC 3261 §12, with RFC 6141 for changes of address).
//!
//! Owns the identity, the sequence numbers, the route set and the remote target. Knows nothing of usages (calls,
//! subscriptions), offers or transports: who ends a dialog, and when, is its user's business (RFC 5057).
//!
//! A dialog keeps its own small copies of what it needs: it lives long, and must not hold the datagrams alive that
//! made it.

use bytes::Bytes;

use crate::message::{Contacts, HeaderName, Method, NameAddr, Request, Response, Scheme, Uri};

#[cfg(test)]
mod tests;

/// Most Record-Route values taken over: RFC 3261 §16.6 lets Max-Forwards (70) bound the way.
const ROUTES_MAX: usize = 70;

/// The first CSeq of our requests in a dialog that the peer began (RFC 3261 §8.1.1.5 leaves it to us).
const FIRST_CSEQ: u32 = 1;

/// What a dialog is known by at our side (RFC 3261 §12). A peer of RFC 2543 may have an empty tag.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DialogId {
    /// The Call-ID.
    pub call_id: Bytes,
    /// Our tag.
    pub local_tag: Bytes,
    /// The peer's tag.
    pub remote_tag: Bytes,
}

impl DialogId {
    /// The dialog that a request from the peer belongs to: ours is the To tag.
    pub fn of_request(request: &Request) -> Self {
        let headers = &request.headers;
        DialogId {
            call_id: headers.get(&HeaderName::CallId).cloned().unwrap_or_default(),
            local_tag: headers.to_tag().unwrap_or_default(),
            remote_tag: headers.from_tag().unwrap_or_default(),
        }
    }

    /// The dialog that a response to a request of ours belongs to: ours is the From tag.
    pub fn of_response(response: &Response) -> Self {
        let headers = &response.headers;
        DialogId {
            call_id: headers.get(&HeaderName::CallId).cloned().unwrap_or_default(),
            local_tag: headers.from_tag().unwrap_or_default(),
            remote_tag: headers.to_tag().unwrap_or_default(),
        }
    }

    /// The same in memory of its own.
    fn compact(self) -> Self {
        let (c, l) = (self.call_id.len(), self.local_tag.len());
        let all = Bytes::from([&self.call_id[..], &self.local_tag, &self.remote_tag].concat());
        DialogId { call_id: all.slice(..c), local_tag: all.slice(c..c + l), remote_tag: all.slice(c + l..) }
    }
}

/// Whether the dialog stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DialogState {
    /// Made by a provisional response.
    Early,
    /// Made or confirmed by a 2xx.
    Confirmed,
}

/// Why a message makes no dialog, or does not fit into this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DialogError {
    /// No Contact, or one that no request can be sent to: answer 400.
    #[error("no usable Contact")]
    NoContact,
    /// From, To, Call-ID, CSeq or Record-Route cannot be read: answer 400.
    #[error("a header that makes the dialog cannot be read")]
    Unreadable,
    /// A CSeq below the last one: answer 500 (RFC 3261 §12.2.2).
    #[error("CSeq out of order")]
    OutOfOrder,
}

impl DialogError {
    /// The status that a request with this fault is answered with.
    pub fn status(self) -> u16 {
        match self {
            DialogError::NoContact | DialogError::Unreadable => 400,
            DialogError::OutOfOrder => 500,
        }
    }
}

/// A confirmed dialog as it is kept over a restart: see [`Dialog::parts`].
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct DialogParts {
    /// The Call-ID.
    pub call_id: String,
    /// Our From or To, with its tag.
    pub local: String,
    /// The peer's, with its tag if it has one.
    pub remote: String,
    /// The CSeq of our last request; 0: none.
    pub local_cseq: u32,
    /// The CSeq of the peer's last request; 0: none.
    pub remote_cseq: u32,
    /// The remote target.
    pub target: String,
    /// The route set, nearest first.
    pub routes: Vec<String>,
}

/// One dialog, from our side.
#[derive(Clone, Debug)]
pub struct Dialog {
    /// What it is known by.
    pub id: DialogId,
    state: DialogState,
    local: NameAddr,
    remote: NameAddr,
    /// Empty until our first request where the peer began.
    local_cseq: Option<u32>,
    remote_cseq: Option<u32>,
    target: Uri,
    /// The target before the last target refresh request, until its fate is known.
    former_target: Option<Box<Uri>>,
    routes: Vec<NameAddr>,
}

impl Dialog {
    /// The dialog that our response to this request makes (RFC 3261 §12.1.1). It is early until
    /// [`Dialog::confirm`].
    ///
    /// # Errors
    /// [`DialogError::NoContact`], [`DialogError::Unreadable`].
    pub fn uas(request: &Request, local_tag: &str) -> Result<Dialog, DialogError> {
        let headers = &request.headers;
        let remote = headers.from().map_err(|_| DialogError::Unreadable)?;
        let mut local = headers.to().map_err(|_| DialogError::Unreadable)?;
        local.params.set("tag", Some(Bytes::copy_from_slice(local_tag.as_bytes())));
        let cseq = headers.cseq().map_err(|_| DialogError::Unreadable)?.number;
        let target = match contact(headers) {
            Some(uri) => uri,
            // RFC 2543 had no duty to send a Contact: without one, requests went to the From.
            None if headers.from_tag().is_none() && is_target(&remote.uri) => remote.uri.clone(),
            None => return Err(DialogError::NoContact),
        };
        let id = DialogId {
            call_id: headers.get(&HeaderName::CallId).cloned().ok_or(DialogError::Unreadable)?,
            local_tag: Bytes::copy_from_slice(local_tag.as_bytes()),
            remote_tag: headers.from_tag().unwrap_or_default(),
        };
        Ok(Dialog {
            id: id.compact(),
            state: DialogState::Early,
            local: compact(&local),
            remote: compact(&remote),
            local_cseq: None,
            remote_cseq: Some(cseq),
            target: compact_uri(&target),
            former_target: None,
            routes: record_route(headers)?, // in order
        })
    }

    /// The dialog that a response to our request makes (RFC 3261 §12.1.2): early by a 1xx, confirmed by a 2xx. Each
    /// fork that answers makes its own.
    ///
    /// # Errors
    /// [`DialogError::Unreadable`].
    pub fn uac(request: &Request, response: &Response) -> Result<Dialog, DialogError> {
        let cseq = request.headers.cseq().map_err(|_| DialogError::Unreadable)?.number;
        // The response's copies: a From tag that came back changed would make another dialog, and the To has the tag.
        let local = request.headers.from().map_err(|_| DialogError::Unreadable)?;
        let remote = response.headers.to().map_err(|_| DialogError::Unreadable)?;
        let id = DialogId {
            call_id: request.headers.get(&HeaderName::CallId).cloned().ok_or(DialogError::Unreadable)?,
            local_tag: request.headers.from_tag().unwrap_or_default(),
            remote_tag: response.headers.to_tag().unwrap_or_default(),
        };
        let mut routes = record_route(&response.headers)?;
        routes.reverse();
        // Deviation from RFC 3261 §12.1.2: many phones leave the Contact out of 180, some out of 200. The address
        // that they were called at serves until they name another.
        let target = contact(&response.headers).unwrap_or_else(|| request.uri.clone());
        Ok(Dialog {
            id: id.compact(),
            state: if response.status.is_success() { DialogState::Confirmed } else { DialogState::Early },
            local: compact(&local),
            remote: compact(&remote),
            local_cseq: Some(cseq),
            remote_cseq: None,
            target: compact_uri(&target),
            former_target: None,
            routes,
        })
    }

    /// What must be kept of it to go on after a restart. `None` where a part is not text.
    pub fn parts(&self) -> Option<DialogParts> {
        let text = |bytes: Bytes| String::from_utf8(bytes.to_vec()).ok();
        Some(DialogParts {
            call_id: text(self.id.call_id.clone())?,
            local: text(self.local.to_bytes())?,
            remote: text(self.remote.to_bytes())?,
            local_cseq: self.local_cseq.unwrap_or(0),
            remote_cseq: self.remote_cseq.unwrap_or(0),
            target: text(self.target.to_bytes())?,
            routes: self.routes.iter().map(|route| text(route.to_bytes())).collect::<Option<_>>()?,
        })
    }

    /// A confirmed dialog from before a restart.
    ///
    /// # Errors
    /// [`DialogError::Unreadable`], [`DialogError::NoContact`].
    pub fn from_parts(parts: &DialogParts) -> Result<Dialog, DialogError> {
        let read = |text: &String| NameAddr::parse(text.as_bytes()).map_err(|_| DialogError::Unreadable);
        let (local, remote) = (read(&parts.local)?, read(&parts.remote)?);
        let tag = |value: &NameAddr| value.tag().cloned().unwrap_or_default();
        let id = DialogId {
            call_id: Bytes::copy_from_slice(parts.call_id.as_bytes()),
            local_tag: tag(&local),
            remote_tag: tag(&remote),
        };
        let target = Uri::parse(parts.target.as_bytes()).ok().filter(is_target).ok_or(DialogError::NoContact)?;
        Ok(Dialog {
            id: id.compact(),
            state: DialogState::Confirmed,
            local,
            remote,
            local_cseq: Some(parts.local_cseq).filter(|n| *n > 0),
            remote_cseq: Some(parts.remote_cseq).filter(|n| *n > 0),
            target,
            former_target: None,
            routes: parts.routes.iter().take(ROUTES_MAX).map(read).collect::<Result<_, _>>()?,
        })
    }

    /// Our 2xx is out: the dialog stands.
    pub fn confirm(&mut self) {
        self.state = DialogState::Confirmed;
    }

    /// Early or confirmed.
    pub fn state(&self) -> DialogState {
        self.state
    }

    /// Where our requests go in the end: the peer's Contact.
    pub fn remote_target(&self) -> &Uri {
        &self.target
    }

    /// The peer's URI (its From or To).
    pub fn remote_uri(&self) -> &Uri {
        &self.remote.uri
    }

    /// Our URI (our From or To).
    pub fn local_uri(&self) -> &Uri {
        &self.local.uri
    }

    /// The route set, nearest first (RFC 3261 §12.1).
    pub fn routes(&self) -> &[NameAddr] {
        &self.routes
    }

    /// The CSeq of our last request, if there was one.
    pub fn local_cseq(&self) -> Option<u32> {
        self.local_cseq
    }

    /// The CSeq of the peer's last request, if there was one.
    pub fn remote_cseq(&self) -> Option<u32> {
        self.remote_cseq
    }

    /// Where the next message goes: the first route, else the remote target (RFC 3261 §8.1.2, §12.2.1.1). A strict
    /// router is the first route too.
    pub fn next_hop(&self) -> Uri {
        self.routes.first().map_or(&self.target, |route| &route.uri).clone()
    }

    /// The next request of ours (RFC 3261 §12.2.1.1): Request-URI, Route, Max-Forwards 70, From, To, Call-ID, CSeq. It
    /// has no Via and no Contact. For an ACK see [`Dialog::ack`]; a CANCEL is the transaction layer's.
    pub fn request(&mut self, method: Method) -> Request {
        // RFC 3261 §12.2.1.1: one more each time; §8.1.1.5: below 2^31.
        let cseq = self.local_cseq.map_or(FIRST_CSEQ, |last| last.saturating_add(1).min((1 << 31) - 1));
        self.local_cseq = Some(cseq);
        self.build(method, cseq)
    }

    /// The ACK to a 2xx (RFC 3261 §13.2.2.4), with the CSeq number of its INVITE. If the INVITE had credentials, the
    /// caller adds them.
    pub fn ack(&self, invite_cseq: u32) -> Request {
        self.build(Method::Ack, invite_cseq)
    }

    fn build(&self, method: Method, cseq: u32) -> Request {
        let strict = self.routes.first().filter(|route| !route.uri.params.has("lr"));
        let uri = strict.map_or_else(|| self.target.clone(), |route| request_uri(&route.uri));
        let mut request = Request::new(method, uri);
        let headers = &mut request.headers;
        for route in self.routes.iter().skip(usize::from(strict.is_some())) {
            headers.push(HeaderName::Route, route);
        }
        if strict.is_some() {
            // RFC 3261 §12.2.1.1: the remote target travels as the last Route past a router of RFC 2543.
            headers.push(HeaderName::Route, format!("<{}>", self.target));
        }
        headers.push(HeaderName::MaxForwards, "70");
        headers.push(HeaderName::From, &self.local);
        headers.push(HeaderName::To, &self.remote);
        headers.push(HeaderName::CallId, self.id.call_id.clone());
        headers.push(HeaderName::CSeq, format!("{cseq} {}", request.method));
        request
    }

    /// Takes a request of the peer in (RFC 3261 §12.2.2): its order, and its Contact if it refreshes the target. If the
    /// request is then refused, say so with [`Dialog::target_refused`].
    ///
    /// An equal CSeq passes: repetitions never come here, and some phones answer a challenge without counting on.
    ///
    /// # Errors
    /// [`DialogError::OutOfOrder`], [`DialogError::Unreadable`]; the dialog is then as before.
    pub fn receive(&mut self, request: &Request) -> Result<(), DialogError> {
        if matches!(request.method, Method::Ack | Method::Cancel) {
            return Ok(()); // They bear the number of the request that they belong to.
        }
        let cseq = request.headers.cseq().map_err(|_| DialogError::Unreadable)?.number;
        if self.remote_cseq.is_some_and(|last| cseq < last) {
            return Err(DialogError::OutOfOrder);
        }
        self.remote_cseq = Some(cseq);
        if refreshes_target(&request.method)
            && let Some(uri) = contact(&request.headers)
        {
            let former = std::mem::replace(&mut self.target, compact_uri(&uri));
            self.former_target = Some(Box::new(former));
        }
        Ok(())
    }

    /// The last target refresh request was answered with an error: the target stays what it was (RFC 6141 §4.6).
    pub fn target_refused(&mut self) {
        if let Some(former) = self.former_target.take() {
            self.target = *former;
        }
    }

    /// The last target refresh request was answered with a 2xx or a reliable provisional response: the new target
    /// stays even if a final error follows (RFC 6141 §4.6).
    pub fn target_accepted(&mut self) {
        self.former_target = None;
    }

    /// A response to a request of ours that refreshes the target (RFC 3261 §12.2.1.2, RFC 6141 §4.7). The 2xx to the
    /// first INVITE also confirms an early dialog and sets its route set anew (RFC 3261 §13.2.2.4).
    pub fn refresh_target(&mut self, response: &Response) {
        let Ok(cseq) = response.headers.cseq() else { return };
        let success = response.status.is_success();
        let reliable = response.status.is_provisional() && response.headers.get(&HeaderName::RSeq).is_some();
        // An early dialog learns its target from any response that names one.
        if !(success || reliable || self.state == DialogState::Early) || !refreshes_target(&cseq.method) {
            return;
        }
        if let Some(uri) = contact(&response.headers) {
            self.target = compact_uri(&uri);
            self.former_target = None;
        }
        if success && self.state == DialogState::Early && cseq.method == Method::Invite {
            self.state = DialogState::Confirmed;
            if let Ok(mut routes) = record_route(&response.headers) {
                routes.reverse();
                self.routes = routes;
            }
        }
    }
}

/// The methods whose Contact replaces the remote target: INVITE (RFC 3261 §12.2), UPDATE (RFC 3311 §5.1), SUBSCRIBE and
/// NOTIFY (RFC 6665 §4.4.1), REFER (RFC 3515 §2.4.4).
fn refreshes_target(method: &Method) -> bool {
    matches!(method, Method::Invite | Method::Update | Method::Subscribe | Method::Notify | Method::Refer)
}

/// The one Contact that requests can be sent to.
fn contact(headers: &crate::message::Headers) -> Option<Uri> {
    match headers.contacts().ok()? {
        // RFC 3261 §8.1.1.8: exactly one; of several the first serves.
        Contacts::List(list) => list.into_iter().map(|contact| contact.uri).find(is_target),
        Contacts::Star => None,
    }
}

/// RFC 3261 §12.1.1: a remote target is a SIP or SIPS URI.
fn is_target(uri: &Uri) -> bool {
    matches!(uri.scheme, Scheme::Sip | Scheme::Sips) && uri.host.is_some()
}

fn record_route(headers: &crate::message::Headers) -> Result<Vec<NameAddr>, DialogError> {
    let routes = headers.name_addrs(&HeaderName::RecordRoute).map_err(|_| DialogError::Unreadable)?;
    if routes.len() > ROUTES_MAX || !routes.iter().all(|route| is_target(&route.uri)) {
        return Err(DialogError::Unreadable);
    }
    Ok(routes.iter().map(compact).collect())
}

/// RFC 3261 §19.1.1, table 1: neither `method` nor headers are allowed in a Request-URI.
fn request_uri(uri: &Uri) -> Uri {
    let mut uri = uri.clone();
    uri.params.remove("method");
    uri.headers = None;
    uri
}

/// The same in memory of its own: printed once and read again, so that all its parts share one small buffer.
fn compact(value: &NameAddr) -> NameAddr {
    NameAddr::parse(&value.to_bytes()).unwrap_or_else(|_| value.clone())
}

fn compact_uri(uri: &Uri) -> Uri {
    Uri::parse(&uri.to_bytes()).unwrap_or_else(|_| uri.clone())
}
