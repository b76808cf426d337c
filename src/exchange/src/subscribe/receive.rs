//! SUBSCRIBE (RFC 6665 §4.2.1).

use sip::Flow;
use sip::event::{EventHeader, Granted, Package, Refused, Subject, Subscribe};
use sip::message::{HeaderName, Request, Response, StatusCode};
use sip::transaction::ServerId;

use crate::Exchange;
use crate::leg::{is_plausible_media_address, way_back};

impl Exchange {
    /// A SUBSCRIBE outside a dialog, from whoever has proved to be this extension.
    pub(crate) fn handle_subscribe(&mut self, flow: Flow, request: Request, subscriber: &str) {
        if self.stopping {
            return self.refuse_stateless(flow, &request, StatusCode(503));
        }
        // Repetitions must find their answer: they would subscribe again.
        let Ok(server) = self.transactions.accept(self.now, flow, &request) else {
            return self.refuse_stateless(flow, &request, StatusCode(503));
        };
        match self.subscribe(flow, &request, subscriber) {
            Ok((granted, tag)) => {
                let lists =
                    matches!(self.watching.table.get(granted.id).map(|row| &row.subject), Some(Subject::List { .. }));
                self.keep_subscription(granted.id);
                self.subscribed(server, flow, &request, granted, Some(&tag), lists);
            }
            Err(refused) => self.not_subscribed(server, &request, &refused),
        }
    }

    fn subscribe(&mut self, flow: Flow, request: &Request, subscriber: &str) -> Result<(Granted, String), Refused> {
        let asked = Subscribe::read(request)?;
        let subject = self.subject_of(subscriber, &asked, request).map_err(refused)?;
        let wish = self.wish_in(&asked.event, request)?;
        let tag = self.random.token(12);
        let from = (subscriber, way_to(flow, request));
        let granted = self.watching.table.subscribe(self.now, from, &asked, subject, request, &tag)?;
        if let Some(wish) = wish {
            self.grant_wish(subscriber, wish);
        }
        Ok((granted, tag))
    }

    /// A request in the dialog of a subscription; false if there is none such.
    pub(crate) fn handle_in_subscription(&mut self, flow: Flow, request: &Request) -> bool {
        let Some(row) = self.watching.table.of_dialog(request).and_then(|id| self.watching.table.get(id)) else {
            return false;
        };
        // Whoever knows the tags but comes from another address must prove who he is.
        let (known, subscriber) = (row.flow.peer.ip() == flow.peer.ip(), row.subscriber.clone());
        if !known {
            match self.authenticate(flow, request) {
                Some(who) if *who == *subscriber => {}
                Some(_) => {
                    self.refuse_stateless(flow, request, StatusCode(403));
                    return true;
                }
                None => return true,
            }
        }
        if request.method != sip::message::Method::Subscribe {
            self.refuse_stateless(flow, request, StatusCode(481)); // RFC 5057 §5: no such usage in this dialog
            return true;
        }
        let Ok(server) = self.transactions.accept(self.now, flow, request) else {
            self.refuse_stateless(flow, request, StatusCode(503));
            return true;
        };
        match self.refresh_subscription(flow, request, &subscriber) {
            Ok(granted) => {
                self.keep_subscription(granted.id);
                self.subscribed(server, flow, request, granted, None, false);
            }
            Err(refused) => self.not_subscribed(server, request, &refused),
        }
        true
    }

    fn refresh_subscription(&mut self, flow: Flow, request: &Request, subscriber: &str) -> Result<Granted, Refused> {
        let event = EventHeader::of(&request.headers).map_err(|_| refused(StatusCode(489)))?;
        let wish = self.wish_in(&event, request)?;
        let granted = self.watching.table.refresh(self.now, way_to(flow, request), request)?;
        if let Some(wish) = wish {
            self.grant_wish(subscriber, wish);
        }
        Ok(granted)
    }

    /// 200 (RFC 6665 §4.2.1.1). The state follows at the end of the turn.
    fn subscribed(
        &mut self,
        server: ServerId,
        flow: Flow,
        request: &Request,
        granted: Granted,
        tag: Option<&str>,
        lists: bool,
    ) {
        let mut response = Exchange::response(request, StatusCode::OK);
        if let Some(tag) = tag {
            response.set_to_tag(tag);
        }
        let user = request.uri.user_unescaped().unwrap_or_default();
        let headers = &mut response.headers;
        headers.push(HeaderName::Expires, granted.expires_s.to_string());
        headers.push(HeaderName::Contact, self.contact(flow, &user));
        if lists {
            headers.push(HeaderName::Require, "eventlist"); // RFC 4662 §4.2
        }
        self.respond(server, &response);
    }

    fn not_subscribed(&mut self, server: ServerId, request: &Request, refused: &Refused) {
        tracing::debug!(status = refused.status.0, reason = refused.reason, "SUBSCRIBE refused");
        let mut response = Exchange::response(request, refused.status);
        response.set_to_tag(&self.stateless_tag(request));
        push_remedy(&mut response, refused);
        self.respond(server, &response);
    }
}

/// Where NOTIFYs go: see [`way_back`]; to no address that is many, or nobody's.
fn way_to(flow: Flow, request: &Request) -> Flow {
    let way = way_back(flow, request);
    if is_plausible_media_address(way.peer, flow.peer.ip()) { way } else { flow }
}

/// What a refusal says besides its status, so that the phone can do better.
fn push_remedy(response: &mut Response, refused: &Refused) {
    let headers = &mut response.headers;
    if let Some(min) = refused.min_expires_s {
        headers.push(HeaderName::MinExpires, min.to_string());
    }
    match refused.status.0 {
        406 => headers.push(HeaderName::Accept, accept()),
        421 => headers.push(HeaderName::Require, "eventlist"),
        489 => headers.push(HeaderName::AllowEvents, Package::ALLOWED),
        503 => headers.push(HeaderName::RetryAfter, "60"),
        _ => {}
    }
}

fn accept() -> String {
    let packages = [Package::Dialog, Package::Presence, Package::MessageSummary, Package::Feature];
    packages.map(Package::content_type).join(", ")
}

fn refused(status: StatusCode) -> Refused {
    let reason = match status.0 {
        403 => "not this subscriber's to watch",
        404 => "nothing here has that address",
        421 => "a list, for one that takes none",
        489 => "unknown event package",
        _ => "not understood",
    };
    Refused { status, min_expires_s: None, reason }
}
