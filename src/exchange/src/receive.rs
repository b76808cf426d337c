//! From a message to the machine it is for: transaction, then dialog, then a new request of an
//! authenticated phone. A stranger's request leaves nothing behind.

use base::LegId;
use bytes::Bytes;
use sip::Flow;
use sip::dialog::DialogId;
use sip::digest::Verdict;
use sip::message::{HeaderName, Message, Method, Request, Response, Scheme, StatusCode};
use sip::transaction::{Incoming, ServerId};

use crate::call::setup::Newcomer;
use crate::device;
use crate::leg::Side;
use crate::record::{AuditRecord, Direction, Record};
use crate::trunk::TrunkCaller;
use crate::{ALLOW, Exchange, SUPPORTED};

/// Option tags that a request may require of us (RFC 3261 §8.2.2.3).
const REQUIRABLE: [&str; 9] =
    ["100rel", "gruu", "timer", "replaces", "path", "outbound", "norefersub", "eventlist", "recipient-list-subscribe"];

/// Failed authentications written one by one per second.
const DENIALS_PER_SECOND_MAX: u32 = 20;

/// Failed authentications of the current second.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Denials {
    second: i64,
    written: u32,
}

impl Exchange {
    /// RFC 3261 §8 and §17: a message from the wire.
    pub(crate) fn receive(&mut self, flow: Flow, message: Message, raw: Bytes) {
        match message {
            Message::Request(request) => self.receive_request(flow, request, raw),
            Message::Response(response) => self.receive_response(flow, response, raw),
        }
    }

    fn receive_request(&mut self, flow: Flow, mut request: Request, raw: Bytes) {
        sip::transaction::stamp(&mut request, flow);
        match self.transactions.receive_request(self.now, flow, &request) {
            Incoming::Absorbed => self.flush(None),
            Incoming::Ack => {
                if let Some(leg) = self.leg_of_dialog(&request) {
                    self.note_message(leg, Direction::In, flow, raw);
                    self.handle_ack(leg, request);
                }
            }
            Incoming::Cancel { invite } => {
                self.flush(None);
                if let Some(leg) = self.leg_of_server(invite) {
                    self.note_message(leg, Direction::In, flow, raw);
                    self.handle_cancel(leg, invite);
                }
            }
            Incoming::CancelUnmatched => self.refuse_stateless(flow, &request, StatusCode(481)),
            Incoming::Merged => self.refuse_stateless(flow, &request, StatusCode(482)),
            Incoming::New if request.headers.to_tag().is_some() => self.receive_in_dialog(flow, request, raw),
            Incoming::New => self.receive_out_of_dialog(flow, request, raw),
        }
    }

    fn receive_response(&mut self, flow: Flow, response: Response, raw: Bytes) {
        let client = self.transactions.receive_response(self.now, flow, &response);
        // Over a connection the transaction may end with this very response: look before it is forgotten.
        let leg = client.and_then(|client| self.clients.get(&client).copied());
        self.drain_transaction_events();
        if let Some(client) = client {
            match leg {
                Some(leg) if self.legs.contains_key(&leg) => {
                    self.note_message(leg, Direction::In, flow, raw);
                    self.flush(None);
                    self.handle_response(leg, client, response);
                }
                _ if self.notify_answered(client, response.status) => {}
                _ if self.trunk_response(client, &response) => {}
                _ => self.stray_success(flow, &response),
            }
        }
        self.flush(None);
    }

    /// The leg whose dialog the request names (RFC 3261 §12.2.2).
    fn leg_of_dialog(&self, request: &Request) -> Option<LegId> {
        self.dialogs.get(&DialogId::of_request(request)).copied()
    }

    fn receive_in_dialog(&mut self, flow: Flow, request: Request, raw: Bytes) {
        let Some(leg) = self.leg_of_dialog(&request) else {
            if self.handle_in_subscription(flow, &request) {
                return;
            }
            return self.refuse_stateless(flow, &request, StatusCode(481));
        };
        // Whoever knows the tags but comes from another address must prove who he is. A phone that
        // changed its address can.
        let known =
            self.legs.get(&leg).is_some_and(|l| l.flow.peer.ip() == flow.peer.ip() || l.source.ip() == flow.peer.ip());
        if !known && !self.may_speak(leg, flow, &request) {
            return;
        }
        // RFC 5626 §5.3: a phone on a connection is reached on the one it last spoke on.
        if let Some(l) = self.legs.get_mut(&leg).filter(|_| flow.transport.is_reliable()) {
            l.flow = flow;
        }
        self.note_message(leg, Direction::In, flow, raw);
        match self.accept(flow, &request, leg) {
            Some(server) => self.handle_in_dialog(leg, server, request),
            None => self.refuse_stateless(flow, &request, StatusCode(503)),
        }
        self.flush(None);
    }

    /// Whether a message inside a dialog that comes from elsewhere is its peer's: a trunk's provider may have several
    /// addresses, a phone proves who it is. Otherwise it has been refused.
    fn may_speak(&mut self, leg: LegId, flow: Flow, request: &Request) -> bool {
        let trunk = self.legs.get(&leg).and_then(|l| match &l.side {
            Side::Trunk(trunk) => Some(trunk.clone()),
            Side::Extension(_) => None,
        });
        match trunk {
            Some(trunk) if self.speaks_for_trunk(&trunk, flow.peer.ip()) => true,
            Some(_) => {
                self.refuse_stateless(flow, request, StatusCode(481));
                false
            }
            None => self.authenticate(flow, request).is_some(),
        }
    }

    fn receive_out_of_dialog(&mut self, flow: Flow, request: Request, raw: Bytes) {
        if request.headers.max_forwards().ok().flatten() == Some(0) {
            return self.refuse_stateless(flow, &request, StatusCode(483));
        }
        if !matches!(request.uri.scheme, Scheme::Sip | Scheme::Sips | Scheme::Tel) {
            return self.refuse_stateless(flow, &request, StatusCode(416)); // RFC 3261 §8.2.2.1
        }
        if request.method == Method::Options {
            return match unsupported(&request) {
                Some(missing) => self.refuse_extension(flow, &request, missing),
                None => self.answer_options(flow, &request),
            };
        }
        // Whoever registers or subscribes here is a phone, and proves who it is.
        if !matches!(request.method, Method::Register | Method::Subscribe)
            && let Some(caller) = self.trunk_caller(flow, &request)
        {
            return self.receive_of_trunk(flow, request, raw, caller);
        }
        let Some(extension) = self.authenticate(flow, &request) else { return };
        if let Some(missing) = unsupported(&request) {
            return self.refuse_extension(flow, &request, missing);
        }
        match request.method {
            Method::Register => self.handle_register(flow, request, extension),
            Method::Invite => {
                let newcomer = Newcomer {
                    party: self.party(&extension),
                    dialled: request.uri.user_unescaped().unwrap_or_default(),
                    side: Side::Extension(extension),
                };
                self.handle_invite(flow, request, raw, newcomer);
            }
            Method::Subscribe => self.handle_subscribe(flow, request, &extension),
            Method::Cancel | Method::Ack => {} // never reach here: the transaction layer took them
            Method::Bye | Method::Prack | Method::Update | Method::Notify | Method::Info | Method::Refer => {
                self.refuse_stateless(flow, &request, StatusCode(481));
            }
            _ => {
                let mut response = Exchange::response(&request, StatusCode(405));
                response.set_to_tag(&self.stateless_tag(&request));
                response.headers.push(HeaderName::Allow, ALLOW);
                self.respond_stateless(flow, &response);
            }
        }
    }

    /// A request of a trunk outside any dialog: a call, or nothing that it may ask for.
    fn receive_of_trunk(&mut self, flow: Flow, request: Request, raw: Bytes, caller: TrunkCaller) {
        if let Some(missing) = unsupported(&request) {
            return self.refuse_extension(flow, &request, missing);
        }
        match request.method {
            Method::Invite if caller.full => {
                tracing::warn!(trunk = caller.trunk, "a call was refused: all its lines are in use");
                self.refuse_stateless(flow, &request, StatusCode(486));
            }
            Method::Invite => self.handle_invite(flow, request, raw, caller.newcomer),
            Method::Bye | Method::Prack | Method::Update | Method::Notify | Method::Info | Method::Refer => {
                self.refuse_stateless(flow, &request, StatusCode(481));
            }
            _ => self.refuse_stateless(flow, &request, StatusCode(403)),
        }
    }

    /// RFC 3261 §8.2.2.3.
    fn refuse_extension(&mut self, flow: Flow, request: &Request, missing: String) {
        let mut response = Exchange::response(request, StatusCode(420));
        response.set_to_tag(&self.stateless_tag(request));
        response.headers.push(HeaderName::Unsupported, missing);
        self.respond_stateless(flow, &response);
    }

    /// RFC 3261 §11.2: what we can, for anybody, in no more octets than the question had.
    fn answer_options(&mut self, flow: Flow, request: &Request) {
        let status = if self.stopping { StatusCode(503) } else { StatusCode::OK };
        let mut response = Exchange::response(request, status);
        response.set_to_tag(&self.stateless_tag(request));
        response.headers.push(HeaderName::Allow, ALLOW);
        response.headers.push(HeaderName::Accept, "application/sdp");
        response.headers.push(HeaderName::Supported, format!("{SUPPORTED}, gruu"));
        self.respond_stateless(flow, &response);
    }

    /// Who sends this, proved by digest; otherwise the challenge or refusal has been sent.
    pub(crate) fn authenticate(&mut self, flow: Flow, request: &Request) -> Option<String> {
        let (config, facts) = (&self.config, &self.facts);
        let mut extension = None;
        let lookup = |user: &str| {
            let (holder, ha1) = device::holder_of(config, facts, user)?;
            extension = Some(holder);
            Some(ha1)
        };
        match self.authority.verify(self.now, request, lookup) {
            Verdict::Granted { .. } => extension,
            Verdict::Challenge => {
                self.challenge(flow, request, false);
                None
            }
            Verdict::Stale => {
                self.challenge(flow, request, true);
                None
            }
            Verdict::Denied => {
                // The same answer whether the user exists or not (security: no enumeration).
                self.note_denial(flow, &request.method);
                self.challenge(flow, request, false);
                None
            }
        }
    }

    /// Puts a failed authentication into the audit log (security: every one, but bounded in volume:
    /// beyond [`DENIALS_PER_SECOND_MAX`] a second they are counted and the count is written).
    fn note_denial(&mut self, flow: Flow, method: &Method) {
        let at = self.wall();
        if self.denials.second != at.unix_s() {
            let left_out = self.denials.written.saturating_sub(DENIALS_PER_SECOND_MAX);
            if left_out > 0 {
                let what = format!("SIP: {left_out} more requests with wrong credentials in one second");
                self.record(Record::Audit(AuditRecord { at, who: String::new(), from: None, what }));
            }
            self.denials = Denials { second: at.unix_s(), written: 0 };
        }
        self.denials.written = self.denials.written.saturating_add(1);
        if self.denials.written <= DENIALS_PER_SECOND_MAX {
            let what = format!("SIP {method} refused: wrong credentials");
            self.record(Record::Audit(AuditRecord { at, who: String::new(), from: Some(flow.peer), what }));
        }
    }

    fn challenge(&mut self, flow: Flow, request: &Request, stale: bool) {
        if request.method == Method::Ack || request.method == Method::Cancel {
            return; // RFC 3261 §22.1: they cannot be challenged
        }
        let mut response = Exchange::response(request, StatusCode(401));
        if request.headers.to_tag().is_none() {
            response.set_to_tag(&self.stateless_tag(request));
        }
        // Deviation: RFC 8760 §2.4 wants SHA-256 first. Phones that do not know it often understand the
        // first challenge or none (SIPp 3.6), or give up at the sight of it (libre 1.0), so it is an option.
        let weak = usize::from(!self.config.sip.strong_digest);
        for value in self.authority.challenge(self.now, stale).into_iter().skip(weak) {
            response.headers.push(HeaderName::WwwAuthenticate, value);
        }
        self.respond_stateless(flow, &response);
    }

    /// A server transaction that belongs to `leg`, or `None` at the limit.
    pub(crate) fn accept(&mut self, flow: Flow, request: &Request, leg: LegId) -> Option<ServerId> {
        let server = self.transactions.accept(self.now, flow, request).ok()?;
        self.servers.insert(server, leg);
        Some(server)
    }
}

/// The option tags required that we lack, as an Unsupported value.
fn unsupported(request: &Request) -> Option<String> {
    let missing: Vec<String> = request
        .headers
        .tokens(&HeaderName::Require)
        .iter()
        .map(|t| String::from_utf8_lossy(t).into_owned())
        .filter(|t| !REQUIRABLE.iter().any(|r| r.eq_ignore_ascii_case(t)))
        .take(8)
        .collect();
    (!missing.is_empty()).then(|| missing.join(", "))
}
