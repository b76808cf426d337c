//! REGISTER: bindings change in memory at once, the phone hears 200 when they are on disk.

use base::{Duration, Instant, LegId, WallTime};
use sip::Flow;
use sip::message::{HeaderName, Request, StatusCode};
use sip::registrar::{Binding, Change, RegistrarLimits};
use sip::transaction::ServerId;

use crate::leg::{is_natted, way_back};
use crate::live::{Event, LiveDevice};
use crate::record::{BindingRecord, BindingState, Record};
use crate::{Exchange, SUPPORTED, Timer};

/// REGISTERs that may wait for the disk at once; beyond it phones are told to come back.
const PENDING_MAX: usize = 50_000;
/// How often packets go to phones behind NAT so that their router keeps the way open. RFC 5626
/// §4.4.2 counts on UDP bindings living at least 30 s.
const KEEP_ALIVE: Duration = Duration::from_secs(25);

/// A REGISTER whose answer waits for the disk.
#[derive(Debug)]
pub(crate) struct PendingRegister {
    /// The last of its records.
    record: u64,
    server: ServerId,
    request: Request,
    extension: String,
}

impl Exchange {
    /// RFC 3261 §10.3, after authentication as `extension`.
    pub(crate) fn handle_register(&mut self, flow: Flow, request: Request, extension: String) {
        let own = request.headers.to().ok().and_then(|to| to.uri.user_unescaped());
        if own.as_deref() != Some(extension.as_str()) {
            // §10.3 step 4: a phone changes only its own bindings.
            return self.refuse_stateless(flow, &request, StatusCode(403));
        }
        if self.registers_pending.len() >= PENDING_MAX {
            return self.refuse_stateless(flow, &request, StatusCode(503));
        }
        let limits = self.registrar_limits();
        match self.registrar.register(self.now, &extension, &request, way_back(flow, &request), &limits) {
            Err(rejection) => {
                let mut response = Exchange::response(&request, rejection.status);
                response.set_to_tag(&self.stateless_tag(&request));
                if let Some(min) = rejection.min_expires {
                    response.headers.push(HeaderName::MinExpires, min.to_string());
                }
                tracing::debug!(extension, reason = rejection.reason, "REGISTER refused");
                self.respond_stateless(flow, &response);
            }
            Ok(changes) if changes.is_empty() => {
                // A query (§10.2.3): nothing to wait for, nothing to keep.
                let response = self.register_ok(&request, &extension);
                self.respond_stateless(flow, &response);
            }
            Ok(changes) => {
                let Ok(server) = self.transactions.accept(self.now, flow, &request) else {
                    return self.refuse_stateless(flow, &request, StatusCode(503));
                };
                let changes = changes.into_iter().map(|c| (extension.clone(), c)).collect();
                let record = self.publish_binding_changes(changes);
                self.registers_pending.push_back(PendingRegister { record, server, request, extension });
            }
        }
    }

    /// All records up to `upto` are on disk: their phones may know.
    pub(crate) fn registers_durable(&mut self, upto: u64) {
        while self.registers_pending.front().is_some_and(|p| p.record <= upto) {
            let Some(p) = self.registers_pending.pop_front() else { break };
            let response = self.register_ok(&p.request, &p.extension);
            self.respond(p.server, &response);
        }
    }

    /// The disk refuses: so do we. The binding stays in use for this run, but the phone was not
    /// promised anything and will come again.
    pub(crate) fn registers_failed(&mut self, upto: u64) {
        while self.registers_pending.front().is_some_and(|p| p.record <= upto) {
            let Some(p) = self.registers_pending.pop_front() else { break };
            let mut response = Exchange::response(&p.request, StatusCode(503));
            response.set_to_tag(&self.stateless_tag(&p.request));
            response.headers.push(HeaderName::RetryAfter, "30");
            self.respond(p.server, &response);
        }
    }

    fn register_ok(&mut self, request: &Request, extension: &str) -> sip::message::Response {
        let mut response = Exchange::response(request, StatusCode::OK);
        response.set_to_tag(&self.stateless_tag(request));
        let address = request.headers.to().ok().map(|to| to.uri);
        // RFC 5627 §5.2.
        let contacts = match address.filter(|_| request.headers.has_token(&HeaderName::Supported, "gruu")) {
            Some(address) => {
                let realm = &self.config.system.realm;
                self.registrar.contact_headers_with_gruus(self.now, realm, extension, &address)
            }
            None => self.registrar.contact_headers(self.now, extension),
        };
        for contact in contacts {
            response.headers.push(HeaderName::Contact, contact.to_string());
        }
        for path in request.headers.all(&HeaderName::Path).cloned().collect::<Vec<_>>() {
            response.headers.push(HeaderName::Path, path); // RFC 3327 §5.3
        }
        response.headers.push(HeaderName::Supported, SUPPORTED);
        response
    }

    fn registrar_limits(&self) -> RegistrarLimits {
        let sip = &self.config.sip;
        let seconds = |s: u32| Duration::from_secs(u64::from(s));
        RegistrarLimits {
            expires_min: seconds(sip.expires_min_s),
            expires_max: seconds(sip.expires_max_s),
            expires_default: seconds(sip.expires_default_s),
            devices_max: usize::from(sip.devices_max),
        }
    }

    pub(crate) fn expire_bindings(&mut self) {
        if self.registrar.poll_timeout().is_some_and(|at| at <= self.now) {
            let changes = self.registrar.expire(self.now);
            self.publish_binding_changes(changes);
        }
    }

    /// Journals changes and tells the pages; returns the number of the last record.
    pub(crate) fn publish_binding_changes(&mut self, changes: Vec<(String, Change)>) -> u64 {
        let at = self.wall();
        let mut last = 0;
        let mut touched: Vec<String> = Vec::new();
        for (extension, change) in changes {
            let state = change.binding.as_ref().map(|b| self.binding_state(b));
            last = self.record(Record::Binding(BindingRecord {
                at,
                extension: extension.clone(),
                key: change.key,
                state,
            }));
            if touched.last() != Some(&extension) {
                touched.push(extension);
            }
        }
        for extension in touched {
            self.publish_registration(extension);
        }
        self.arm_keep_alive();
        last
    }

    /// Tells the pages which devices an extension has, and notes whether one is behind NAT.
    pub(crate) fn publish_registration(&mut self, extension: String) {
        if self.registrar.bindings(&extension).iter().any(is_natted) {
            self.natted.insert(extension.clone());
        } else {
            self.natted.remove(&extension);
        }
        self.watch_registration(&extension);
        let devices = self.live_devices(&extension);
        self.publish(Event::Registration { extension, devices });
    }

    fn binding_state(&self, b: &Binding) -> BindingState {
        BindingState {
            contact: b.contact.to_string(),
            path: b.path.iter().map(ToString::to_string).collect(),
            flow: b.flow,
            expires_at: self.wall_at(b.expires_at),
            q: b.q,
            call_id: b.call_id.clone(),
            cseq: b.cseq,
            user_agent: b.user_agent.clone(),
        }
    }

    pub(crate) fn live_devices(&self, extension: &str) -> Vec<LiveDevice> {
        self.registrar
            .bindings(extension)
            .iter()
            .map(|b| LiveDevice {
                contact: b.contact.to_string(),
                from: format!("{} {}", b.flow.transport.uri_name(), b.flow.peer),
                user_agent: b.user_agent.clone(),
                expires_at: self.wall_at(b.expires_at),
            })
            .collect()
    }

    /// Where a binding stood on disk, as the moment it is to expire.
    pub(crate) fn instant_of(&self, wall: WallTime) -> Instant {
        self.now + wall.saturating_since(self.wall())
    }

    pub(crate) fn arm_keep_alive(&mut self) {
        if !self.natted.is_empty() && self.timers.deadline(&Timer::KeepAlive).is_none() {
            self.timers.set(Timer::KeepAlive, self.now + KEEP_ALIVE);
        }
    }

    /// An empty datagram pair (RFC 5626 §3.5.1 has the phone send it; sent by us it keeps the
    /// router's way to the phone open all the same) to each phone behind NAT.
    pub(crate) fn keep_alive(&mut self) {
        let bindings = self.natted.iter().flat_map(|aor| self.registrar.bindings(aor));
        let natted: Vec<Flow> = bindings.filter(|b| is_natted(b)).map(|b| b.flow).collect();
        for flow in natted {
            self.transmit(flow, bytes::Bytes::from_static(b"\r\n\r\n"));
        }
        self.arm_keep_alive();
    }

    /// The leg that a server transaction belongs to.
    pub(crate) fn leg_of_server(&self, server: ServerId) -> Option<LegId> {
        self.servers.get(&server).copied()
    }
}
