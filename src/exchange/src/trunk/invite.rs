//! The INVITE to a provider (RFC 3261 §8.1.1).

use base::CallRef;
use dialplan::{Outside, OutsideWay};
use sdp::Session;
use sip::Flow;
use sip::message::{HeaderName, Host, Method, Request, Uri};

use super::{identity, number};
use crate::{ALLOW, Exchange, SERVER, SUPPORTED};

impl Exchange {
    /// An INVITE for one way; `None` where the trunk is gone. Nothing in it comes from the phone that calls: who it is
    /// is told by the dial plan (security: no forged identity).
    pub(super) fn outside_invite(
        &mut self,
        call: CallRef,
        outside: &Outside,
        way: &OutsideWay,
        flow: Flow,
        offer: &Session,
    ) -> Option<Request> {
        let local = Host::Ip(self.advertised(flow));
        let (tag, call_id) = (self.random.token(12), self.random.token(24));
        let config = self.config.clone();
        let line = self.trunks.line(&way.trunk)?;
        let trunk = &line.trunk;
        let host = Host::parse(trunk.host.as_bytes()).ok()?;
        let target = Uri::sip(&way.number, host.clone(), trunk.port);
        let mut request = Request::new(Method::Invite, target.clone());
        let write = |n: &str| number::written(&config.numbers, trunk, n);
        let shown = way.caller_id.number.as_deref().map(write);
        let diverted = outside.diverted_by.as_deref().filter(|_| trunk.tell_diversion).map(|extension| {
            let own = config.extensions.get(extension).and_then(|e| e.caller_id.as_deref());
            own.or(trunk.caller_id.as_deref()).map_or_else(|| extension.to_owned(), write)
        });
        let identity = identity::Identity {
            kind: trunk.identity,
            number: shown.as_deref(),
            account: trunk.user.as_deref().unwrap_or_default(),
            withheld: way.caller_id.withheld,
            host: host.clone(),
            // A provider that knows us by our address knows our numbers by it as well.
            own_host: if trunk.user.is_some() { host } else { local.clone() },
        };
        let contact = line.contact_on(flow, local);
        let h = &mut request.headers;
        h.push(HeaderName::MaxForwards, self.max_forwards(call));
        if !line.account.route.is_empty() {
            for route in &line.account.route {
                h.push(HeaderName::Route, route.clone()); // RFC 3608 §6.1
            }
        } else if let Some(proxy) = &trunk.proxy {
            h.push(HeaderName::Route, format!("<sip:{proxy};lr>")); // RFC 3261 §8.1.2
        }
        identity.write_from(h, &tag);
        h.push(HeaderName::To, format!("<{target}>"));
        h.push(HeaderName::CallId, call_id);
        h.push(HeaderName::CSeq, "1 INVITE");
        h.push(HeaderName::Contact, format!("<{contact}>"));
        identity.write_beside(h);
        if let Some(diverted) = &diverted {
            identity.write_diversion(h, diverted, &target);
        }
        self.push_session_timer_request(&mut request);
        let h = &mut request.headers;
        h.push(HeaderName::Allow, ALLOW);
        h.push(HeaderName::Supported, SUPPORTED);
        h.push(HeaderName::UserAgent, SERVER);
        request.set_body("application/sdp", offer.to_bytes().into());
        Some(request)
    }
}
