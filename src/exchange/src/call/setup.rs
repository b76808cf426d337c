//! A call comes in: who and whereto; and the INVITE to a device.

use base::{CallRef, LegId};
use bytes::Bytes;
use dialplan::RouteError;
use media::control::MediaCommand;
use sdp::Session;
use sip::Flow;
use sip::dialog::Dialog;
use sip::message::{HeaderName, Host, Method, NameAddr, Request, StatusCode, Uri};
use sip::registrar::{Binding, gruu};

use crate::call::course::Asked;
use crate::call::origin::Errand;
use crate::call::{Call, Purpose};
use crate::leg::{Audio, Calling, Leg, LegState, Offered, SessionTimer, Side, flow_of, way_back};
use crate::record::{CallEventKind, Cause, Direction, LegRole, Party};
use crate::{ALLOW, Exchange, SERVER, SUPPORTED};

/// Who sends an INVITE outside any dialog, once that is proved.
#[derive(Debug)]
pub(crate) struct Newcomer {
    /// Whose it is.
    pub(crate) side: Side,
    /// What is shown of who calls.
    pub(crate) party: Party,
    /// The number that is called.
    pub(crate) dialled: String,
}

impl Exchange {
    /// An INVITE outside any dialog, from whoever has proved who he is.
    pub(crate) fn handle_invite(&mut self, flow: Flow, request: Request, raw: Bytes, newcomer: Newcomer) {
        // An emergency call is the last to suffer from a limit.
        let full = self.calls.len() >= self.config.sip.calls_max as usize;
        let urgent = matches!(newcomer.side, Side::Extension(_)) && self.is_emergency_number(&newcomer.dialled);
        if self.stopping || (full && !urgent) {
            return self.refuse_stateless(flow, &request, StatusCode(503));
        }
        let offer = match read_offer(&request) {
            Ok(offer) => offer,
            Err(status) => return self.refuse_stateless(flow, &request, status),
        };
        let device = match &newcomer.side {
            Side::Extension(_) => self.device_wanted(&request.uri),
            Side::Trunk(_) => Ok(None), // providers are told no GRUUs
        };
        let Ok(device) = device else {
            return self.refuse_stateless(flow, &request, StatusCode::NOT_FOUND);
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
        let Newcomer { side, party: from, dialled } = newcomer;
        let mut begun = Call::new(leg, from.clone(), dialled.clone(), self.now);
        if let Ok(Some(left)) = request.headers.max_forwards() {
            begun.max_forwards = left.saturating_sub(1).min(begun.max_forwards);
        }
        self.calls.insert(call, begun);
        let shown = Some(from.number.clone()).filter(|number| !number.is_empty());
        let asked = Asked { by: side.clone(), shown, dialled: dialled.clone(), hops: Vec::new(), device };
        self.adopt_caller(flow, request, invite, dialog, leg, call, (side, from.clone()), offer);
        self.count_leg(leg, true);
        self.note_message(leg, Direction::In, flow, raw);
        let sip_call_id = self.legs.get(&leg).map(|l| l.sip_call_id.clone()).unwrap_or_default();
        self.call_event(call, CallEventKind::Started { leg, from, dialled, sip_call_id });
        self.say_provisional(leg, StatusCode::TRYING, None);
        if self.replace_by_invite(leg) {
            return;
        }
        self.send_caller(call, asked);
    }

    /// The one device that a URI names, if it is a GRUU (RFC 5627 §6.1).
    ///
    /// # Errors
    /// It is none of ours: 404. Of an emergency number nothing but the number counts.
    pub(crate) fn device_wanted(&self, uri: &Uri) -> Result<Option<String>, gruu::NoGruu> {
        let user = uri.user_unescaped().unwrap_or_default();
        if self.is_emergency_number(&user) {
            return Ok(None);
        }
        let device = gruu::read(uri)?;
        if device.is_some() && !self.config.extensions.contains_key(&user) {
            return Err(gruu::NoGruu);
        }
        Ok(device)
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
        (side, party): (Side, Party),
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
        let private = is_private(&request);
        let dialog_id = dialog.id.clone();
        self.dialogs.insert(dialog_id.clone(), leg);
        let built = Leg {
            dialog_id: Some(dialog_id),
            id: leg,
            call,
            role: LegRole::Caller,
            side,
            party,
            counted: false,
            confirm: false,
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
            private,
            referred: false,
            way: None,
        };
        self.legs.insert(leg, built);
    }

    pub(crate) fn party(&self, extension: &str) -> Party {
        let name = self.config.extensions.get(extension).map(|e| e.name.clone()).unwrap_or_default();
        Party { number: extension.to_owned(), name }
    }

    /// Notes that a leg begins or ceases to count as one of its extension's calls.
    pub(crate) fn count_leg(&mut self, leg: LegId, counts: bool) {
        let Some(l) = self.legs.get_mut(&leg).filter(|l| l.counted != counts) else { return };
        l.counted = counts;
        let payer = l.way.as_ref().map(|way| way.on_behalf().to_owned()).filter(|payer| !payer.is_empty());
        match l.side.clone() {
            Side::Extension(number) => {
                Exchange::count(&mut self.facts.state.busy, &number, counts);
                if !self.facts.state.busy.contains_key(&number) {
                    self.extension_free(&number);
                }
            }
            Side::Trunk(trunk) => {
                Exchange::count(&mut self.facts.state.outside, &trunk, counts);
                if let Some(payer) = payer {
                    Exchange::count(&mut self.facts.state.outside, &format!("extension/{payer}"), counts);
                }
                self.tell_trunk_calls(&trunk);
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

    /// An INVITE to one device. False when a limit is reached.
    pub(crate) fn call_device(
        &mut self,
        call: CallRef,
        offerer: LegId,
        target: &str,
        binding: &Binding,
        confirm: bool,
    ) -> bool {
        let id = self.new_leg_id();
        let flow = flow_of(binding);
        let Some((stream, mut talk)) = self.open_stream(id, flow) else { return false };
        let Some(offer) = self.offer_on_behalf(offerer, &mut talk) else {
            self.media(MediaCommand::Close { stream });
            return false;
        };
        let request = self.invite_for(call, offerer, binding, flow, target, &offer);
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
            side: Side::Extension(target.to_owned()),
            party: party.clone(),
            counted: false,
            confirm,
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
            private: false,
            referred: false,
            way: None,
        };
        self.legs.insert(id, leg);
        self.clients.insert(invite, id);
        if let Some(c) = self.calls.get_mut(&call) {
            c.legs.push(id);
            if let Some(r) = &mut c.ringing {
                r.legs.push(id);
            }
        }
        let shown = self.number_of(offerer);
        if !shown.is_empty() && !self.legs.get(&offerer).is_some_and(|l| l.private) {
            self.facts.state.last.entry(target.to_owned()).or_default().caller = Some(shown);
        }
        self.flush(None);
        self.call_event(call, CallEventKind::LegStarted { leg: id, to: party, device, sip_call_id });
        true
    }

    fn invite_for(
        &mut self,
        call: CallRef,
        offerer: LegId,
        binding: &Binding,
        flow: Flow,
        target: &str,
        offer: &Session,
    ) -> Request {
        let mut request = Request::new(Method::Invite, binding.contact.clone());
        let from = self.who_calls(call, offerer);
        let (display, auto_answer) = self.look_of(call, &from);
        let hidden = from.number.is_empty() || self.legs.get(&offerer).is_some_and(|l| l.private);
        let caller = if hidden { "anonymous" } else { from.number.as_str() };
        let display = if hidden { "Anonymous".to_owned() } else { display };
        let host = Host::Ip(self.advertised(flow));
        let from_host = if hidden { Host::Name("anonymous.invalid".into()) } else { host.clone() };
        let mut from_addr = name_addr(&display, Uri::sip(caller, from_host, None));
        let tag = self.random.token(12);
        from_addr.params.set("tag", Some(Bytes::from(tag)));
        let to_addr = name_addr("", Uri::sip(target, host, None));
        let call_id = self.random.token(24);
        let max_forwards = self.max_forwards(call);
        let h = &mut request.headers;
        h.push(HeaderName::MaxForwards, max_forwards);
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
        if auto_answer {
            // Each maker reads another one of these; none minds the others.
            h.push(HeaderName::AlertInfo, "<http://www.notused.com>;info=alert-autoanswer;delay=0");
            h.push(HeaderName::CallInfo, format!("<sip:{}>;answer-after=0", self.advertised(flow)));
        }
        request.set_body("application/sdp", offer.to_bytes().into());
        request
    }

    /// How many hops an INVITE of a call may still take: one fewer than its caller's (RFC 7332 §5), so that a call that
    /// comes back to us again and again ends.
    pub(crate) fn max_forwards(&self, call: CallRef) -> String {
        self.calls.get(&call).map_or(0, |c| c.max_forwards).to_string()
    }

    /// Who calls, as the phones show it. Where the box itself calls for somebody, that one is shown whom it will reach.
    fn who_calls(&self, call: CallRef, offerer: LegId) -> Party {
        if let Some(l) = self.legs.get(&offerer) {
            return l.party.clone();
        }
        let Some(c) = self.calls.get(&call) else { return Party::default() };
        match c.ringing.as_ref().map(|r| &r.purpose) {
            Some(Purpose::Box(Errand::Dial { number, .. })) => Party {
                number: number.clone(),
                name: c.ringing.as_ref().map(|r| r.course.ring.name.clone()).unwrap_or_default(),
            },
            _ => c.from.clone(),
        }
    }

    /// How who calls is shown on the phones that ring, and whether they are to answer by themselves.
    fn look_of(&self, call: CallRef, from: &Party) -> (String, bool) {
        let ringing = self.calls.get(&call).and_then(|c| c.ringing.as_ref());
        let Some(ring) = ringing.map(|r| &r.course.ring) else { return (from.name.clone(), false) };
        let mut display = match &ring.label {
            Some(label) if from.name.is_empty() => format!("{label}: {}", from.number),
            Some(label) => format!("{label}: {}", from.name),
            None => from.name.clone(),
        };
        if let Some(about) = &ring.about {
            let who = if display.is_empty() { from.number.clone() } else { display };
            display = format!("{who} ({about})");
        }
        (display, ring.auto_answer)
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

/// Whether the phone wants who calls not to be shown (RFC 3323 §4.1, §4.2).
fn is_private(request: &Request) -> bool {
    let asks = request.headers.get(&HeaderName::Privacy).is_some_and(|v| {
        let mut words = v.split(|b| *b == b';' || *b == b',');
        words.any(|w| [&b"id"[..], b"user", b"header"].iter().any(|known| w.trim_ascii().eq_ignore_ascii_case(known)))
    });
    let from = request.headers.from();
    asks || from.is_ok_and(|from| {
        from.uri.host.as_ref().is_some_and(|h| h.to_string().eq_ignore_ascii_case("anonymous.invalid"))
    })
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
        RouteError::Disabled | RouteError::NobodyToRing => Cause::Unregistered,
        RouteError::Busy | RouteError::DoNotDisturb => Cause::Busy,
        RouteError::HungUp => Cause::Declined,
        RouteError::NoWayOut => Cause::Overload,
        RouteError::Forbidden
        | RouteError::OwnNumber
        | RouteError::Blocked
        | RouteError::Anonymous
        | RouteError::Loop
        | RouteError::Limit => Cause::Forbidden,
    }
}
