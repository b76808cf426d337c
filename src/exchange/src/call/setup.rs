//! A call comes in: who, whereto, why; then phones ring.

use base::{CallRef, Duration, LegId};
use bytes::Bytes;
use dialplan::{Action, RouteError};
use media::control::MediaCommand;
use sdp::Session;
use sip::Flow;
use sip::dialog::Dialog;
use sip::message::{HeaderName, Host, Method, NameAddr, Request, StatusCode, Uri};
use sip::registrar::Binding;

use crate::call::{Call, Purpose, Ringing};
use crate::leg::{Audio, Calling, Leg, LegState, Offered, SessionTimer, flow_of, way_back};
use crate::record::{CallEventKind, Cause, Direction, LegRole, Party};
use crate::{ALLOW, Exchange, SERVER, SUPPORTED, Timer};

/// Phones rung at once for one call (RFC 5393 §5.3.3 speaks of Max-Breadth 60).
const BRANCHES_MAX: usize = 60;

/// What is to be rung, as decided.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) action: Action,
    pub(crate) reasons: Vec<String>,
}

impl Exchange {
    /// An INVITE outside any dialog by the authenticated `extension`.
    pub(crate) fn handle_invite(&mut self, flow: Flow, request: Request, raw: Bytes, extension: String) {
        if self.stopping || self.calls.len() >= self.config.sip.calls_max as usize {
            return self.refuse_stateless(flow, &request, StatusCode(503));
        }
        let offer = match read_offer(&request) {
            Ok(offer) => offer,
            Err(status) => return self.refuse_stateless(flow, &request, status),
        };
        let tag = self.random.token(12);
        let Ok(dialog) = Dialog::uas(&request, &tag) else {
            return self.refuse_stateless(flow, &request, StatusCode(400));
        };
        if let Err(min) = self.check_session_expires(&request) {
            let mut response = Exchange::response(&request, StatusCode(422));
            response.set_to_tag(&tag);
            response.headers.push(HeaderName::MinSe, min.to_string());
            return self.respond_stateless(flow, &response);
        }
        let leg = self.new_leg_id();
        let Some(invite) = self.accept(flow, &request, leg) else {
            return self.refuse_stateless(flow, &request, StatusCode(503));
        };
        let call = self.new_call_ref();
        let dialled = request.uri.user_unescaped().unwrap_or_default();
        let from = self.party(&extension);
        self.calls.insert(call, Call::new(leg, from.clone(), dialled.clone(), self.now));
        self.adopt_caller(flow, request, invite, dialog, leg, call, from.clone(), offer);
        self.note_message(leg, Direction::In, flow, raw);
        let sip_call_id = self.legs.get(&leg).map(|l| l.sip_call_id.clone()).unwrap_or_default();
        self.call_event(call, CallEventKind::Started { leg, from, dialled: dialled.clone(), sip_call_id });
        self.say_provisional(leg, StatusCode::TRYING, None);
        if self.replace_by_invite(leg) {
            return;
        }
        let plan = self.plan(&extension, &dialled);
        self.carry_out(call, leg, plan);
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of a leg, each from elsewhere")]
    fn adopt_caller(
        &mut self,
        flow: Flow,
        request: Request,
        invite: sip::transaction::ServerId,
        dialog: Dialog,
        leg: LegId,
        call: CallRef,
        party: Party,
        offer: Option<Session>,
    ) {
        let agent = request
            .headers
            .get(&HeaderName::UserAgent)
            .map(|v| String::from_utf8_lossy(v).chars().take(200).collect::<String>());
        let device = match agent {
            Some(agent) => format!("{} ({agent})", flow.peer),
            None => flow.peer.to_string(),
        };
        let timer = self.session_timer_as_uas(&request);
        let dialog_id = dialog.id.clone();
        self.dialogs.insert(dialog_id.clone(), leg);
        let built = Leg {
            dialog_id: Some(dialog_id),
            id: leg,
            call,
            role: LegRole::Caller,
            party,
            device,
            flow: way_back(flow, &request),
            source: flow.peer,
            sip_call_id: String::from_utf8_lossy(request.headers.call_id()).into_owned(),
            takes_update: request.headers.has_token(&HeaderName::Allow, "UPDATE"),
            timer,
            state: LegState::Offered(Box::new(Offered {
                invite,
                dialog,
                reliable: request.headers.has_token(&HeaderName::Require, "100rel"),
                request,
                rseq: 0,
                unacknowledged: None,
                waiting: None,
                told: 0,
            })),
            audio: Audio { offered: offer, ..Audio::default() },
            answered_at: None,
            ended: None,
            strays: Vec::new(),
            silent: false,
            holding: false,
        };
        self.legs.insert(leg, built);
    }

    pub(crate) fn party(&self, extension: &str) -> Party {
        let name = self.config.extensions.get(extension).map(|e| e.name.clone()).unwrap_or_default();
        Party { number: extension.to_owned(), name }
    }

    /// Asks the dial plan. The same function serves calls, transfers and all else that can place a
    /// call, so all pass one policy.
    pub(crate) fn plan(&self, from: &str, dialled: &str) -> Plan {
        let request = dialplan::Request { from: Some(from), dialled, at: self.wall() };
        let decision = dialplan::route(&self.config, &request);
        Plan { action: decision.action, reasons: decision.reasons.iter().map(ToString::to_string).collect() }
    }

    fn carry_out(&mut self, call: CallRef, caller: LegId, plan: Plan) {
        match plan.action {
            Action::Refuse(error) => {
                self.note_reasons(call, plan.reasons);
                self.end_call(call, cause_of(&error), None);
            }
            Action::Service(service) => {
                self.note_reasons(call, plan.reasons);
                self.answer_service(call, caller, service);
            }
            Action::Conference { number, name } => {
                self.note_reasons(call, plan.reasons);
                self.enter_conference(call, caller, number, &name);
            }
            Action::Listen { target } => {
                self.note_reasons(call, plan.reasons);
                self.listen_in(call, caller, &target);
            }
            Action::Ring { targets, name, ring_time, group, music } => {
                if let Some(c) = self.calls.get_mut(&call) {
                    c.to.name = name;
                    c.group = group;
                    c.waiting_music = music;
                }
                self.ring(call, Purpose::Caller, &targets, ring_time, plan.reasons);
            }
        }
    }

    /// Writes the decision into the call and its journal.
    pub(crate) fn note_reasons(&mut self, call: CallRef, reasons: Vec<String>) {
        if let Some(c) = self.calls.get_mut(&call) {
            c.reasons.extend(reasons.iter().cloned());
        }
        self.call_event(call, CallEventKind::Routed { reasons });
    }

    /// Calls every device of every target. When there is none, the attempt fails at once.
    pub(crate) fn ring(
        &mut self,
        call: CallRef,
        purpose: Purpose,
        targets: &[String],
        ring_time: Duration,
        mut reasons: Vec<String>,
    ) {
        let mut chosen: Vec<(String, Binding)> = Vec::new();
        for target in targets {
            let bindings = self.registrar.bindings(target);
            if bindings.is_empty() {
                reasons.push(format!("{target} passed over: no device registered"));
            }
            for binding in bindings {
                if chosen.len() == BRANCHES_MAX {
                    reasons
                        .push(format!("{target}: device {} passed over: {BRANCHES_MAX} ring already", binding.contact));
                    continue;
                }
                reasons.push(format!("{target}: device {} rings", binding.contact));
                chosen.push((target.clone(), binding.clone()));
            }
        }
        self.note_reasons(call, reasons);
        let before = self.calls.get(&call).and_then(|c| c.legs.first().copied());
        if let Some(c) = self.calls.get_mut(&call) {
            c.ringing = Some(Ringing { purpose: purpose.clone(), legs: Vec::new(), failures: Vec::new(), early: None });
        }
        if chosen.is_empty() {
            return self.ringing_failed(call, Cause::Unregistered);
        }
        // The audio that the phones are offered is that of the leg which they will talk to.
        let offerer = match &purpose {
            Purpose::Caller => before,
            Purpose::Transfer { remains, .. } => Some(*remains),
        };
        let Some(offerer) = offerer else { return };
        self.ports.align_pair();
        if let Err(cause) = self.open_audio(offerer) {
            return self.ringing_failed(call, cause);
        }
        self.timers.set(Timer::NoAnswer(call), self.now + ring_time);
        let mut placed = 0;
        for (target, binding) in chosen {
            if self.call_device(call, offerer, &target, &binding) {
                placed += 1;
            }
        }
        if placed == 0 {
            return self.ringing_failed(call, Cause::Overload);
        }
        if purpose == Purpose::Caller {
            self.music_until_answered(call, offerer);
        }
        self.publish_call(call);
    }

    /// An INVITE to one device. False when a limit is reached.
    fn call_device(&mut self, call: CallRef, offerer: LegId, target: &str, binding: &Binding) -> bool {
        let id = self.new_leg_id();
        let flow = flow_of(binding);
        let Some((stream, mut talk)) = self.open_stream(id, flow) else { return false };
        let Some(offer) = self.offer_on_behalf(offerer, &mut talk) else {
            self.media(MediaCommand::Close { stream });
            return false;
        };
        let request = self.invite_for(offerer, binding, flow, target, &offer);
        let Ok(invite) = self.transactions.send_request(self.now, flow, request.clone()) else {
            self.media(MediaCommand::Close { stream });
            return false;
        };
        let party = self.party(target);
        let device = if binding.user_agent.is_empty() {
            binding.contact.to_string()
        } else {
            format!("{} ({})", binding.contact, binding.user_agent)
        };
        let sip_call_id = String::from_utf8_lossy(request.headers.call_id()).into_owned();
        let leg = Leg {
            id,
            dialog_id: None,
            call,
            role: LegRole::Called,
            party: party.clone(),
            device: device.clone(),
            flow,
            source: binding.flow.peer,
            sip_call_id: sip_call_id.clone(),
            takes_update: false,
            timer: SessionTimer::default(),
            state: LegState::Calling(Box::new(Calling {
                invite,
                request,
                early: Vec::new(),
                rseq: Vec::new(),
                ringing: false,
                cancelled: None,
                attempts: 0,
            })),
            audio: Audio { stream: Some(stream), talk: Some(talk), ..Audio::default() },
            answered_at: None,
            ended: None,
            strays: Vec::new(),
            silent: false,
            holding: false,
        };
        self.legs.insert(id, leg);
        self.clients.insert(invite, id);
        if let Some(c) = self.calls.get_mut(&call) {
            c.legs.push(id);
            if let Some(r) = &mut c.ringing {
                r.legs.push(id);
            }
        }
        self.flush(None);
        self.call_event(call, CallEventKind::LegStarted { leg: id, to: party, device, sip_call_id });
        true
    }

    fn invite_for(&mut self, offerer: LegId, binding: &Binding, flow: Flow, target: &str, offer: &Session) -> Request {
        let mut request = Request::new(Method::Invite, binding.contact.clone());
        let from = self.legs.get(&offerer).map(|l| l.party.clone()).unwrap_or_default();
        let caller = from.number.as_str();
        let host = Host::Ip(self.advertised(flow));
        let mut from_addr = name_addr(&from.name, Uri::sip(caller, host.clone(), None));
        let tag = self.random.token(12);
        from_addr.params.set("tag", Some(Bytes::from(tag)));
        let to_addr = name_addr("", Uri::sip(target, host, None));
        let call_id = self.random.token(24);
        let h = &mut request.headers;
        h.push(HeaderName::MaxForwards, "70");
        for path in &binding.path {
            h.push(HeaderName::Route, path.to_string()); // RFC 3327 §5.2
        }
        h.push(HeaderName::From, from_addr.to_string());
        h.push(HeaderName::To, to_addr.to_string());
        h.push(HeaderName::CallId, call_id);
        h.push(HeaderName::CSeq, "1 INVITE");
        h.push(HeaderName::Contact, self.contact(flow, caller));
        self.push_session_timer_request(&mut request);
        let h = &mut request.headers;
        h.push(HeaderName::Allow, ALLOW);
        h.push(HeaderName::Supported, SUPPORTED);
        h.push(HeaderName::UserAgent, SERVER);
        request.set_body("application/sdp", offer.to_bytes().into());
        request
    }

    /// Our Contact for a flow.
    pub(crate) fn contact(&self, flow: Flow, user: &str) -> String {
        let mut uri = Uri::sip(user, Host::Ip(self.advertised(flow)), Some(flow.local.port()));
        if flow.transport != sip::Transport::Udp {
            uri.params.set("transport", Some(Bytes::from(flow.transport.uri_name())));
        }
        format!("<{uri}>")
    }
}

fn name_addr(display: &str, uri: Uri) -> NameAddr {
    let display = (!display.is_empty()).then(|| Bytes::copy_from_slice(display.as_bytes()));
    NameAddr { display, uri, params: Default::default() }
}

/// The offer in a request, `None` if it has no body; else the status to refuse it with.
pub(crate) fn read_offer(request: &Request) -> Result<Option<Session>, StatusCode> {
    if request.body.is_empty() {
        return Ok(None);
    }
    let is_sdp = request.headers.get(&HeaderName::ContentType).is_some_and(|v| {
        let kind = v.split(|b| *b == b';').next().unwrap_or_default();
        kind.trim_ascii().eq_ignore_ascii_case(b"application/sdp")
    });
    if !is_sdp {
        return Err(StatusCode(415));
    }
    Session::parse(&request.body).map(Some).map_err(|_| StatusCode(400))
}

pub(crate) fn cause_of(error: &RouteError) -> Cause {
    match error {
        RouteError::UnknownNumber => Cause::UnknownNumber,
        RouteError::Disabled => Cause::Unregistered,
        _ => Cause::Forbidden,
    }
}
