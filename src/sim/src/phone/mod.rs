//! A scripted phone: registers, calls, answers, holds, transfers, hangs up, or dies.
//!
//! It obeys RFC 3261 as the box's peer would, on the same transactions and dialogs as the box, and complains
//! of what no correct peer sends. One folder for it: [`call`] is what it knows of a call, [`register`] its
//! registration, [`uac`] what it asks, [`uas`] what it is asked, [`watch`] what it watches, [`audio`] its descriptions.

mod audio;
mod call;
mod register;
mod uac;
mod uas;
mod watch;

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};

use base::{Duration, Instant, Random, Timers};
use bytes::Bytes;
use sip::message::{HeaderName, Host, Message, Method, NameAddr, Request, Response, StatusCode, Uri};
use sip::transaction::{ClientId, Incoming, ServerId, TransactionEvent, TransactionLayer, TransactionLimits};
use sip::{Flow, Transport};

use call::{Call, State};
pub use call::{CallId, CallView, Stage};
use register::Registration;
use watch::{Lamp, LampId};

/// What the phone does with a call that comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answering {
    /// Rings, and is picked up after this time.
    After(Duration),
    /// Rings, and is refused with this status after this time.
    Reject(u16, Duration),
    /// Rings until somebody gives up.
    Never,
    /// Says nothing at all.
    Mute,
}

/// Habits in which phones differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Habits {
    /// Answers the SHA-256 challenge; the MD5 one otherwise.
    pub sha256: bool,
    /// Takes reliable provisional responses, and sends its 180 so where the box takes them (RFC 3262).
    pub reliable: bool,
    /// Sends a description in a 183 before it answers.
    pub early_media: bool,
    /// Calls without a description: the box must offer (RFC 3261 §13.2.1).
    pub late_offer: bool,
    /// Changes its session by UPDATE instead of re-INVITE (RFC 3311).
    pub update: bool,
    /// Holds by the address `0.0.0.0` (RFC 2543).
    pub old_hold: bool,
    /// Speaks SIP over TCP.
    pub tcp: bool,
    /// Sits behind a router: what it says of its address is of no use to others (UDP only).
    pub nat: bool,
    /// Asked for at registration, seconds.
    pub expires_s: u32,
    /// The codecs that it has, best first.
    pub codecs: &'static [&'static str],
    /// How it tells of keys.
    pub keys: Keys,
    /// Offers its audio encrypted (SRTP, RFC 4568), and takes a call in the clear.
    pub secure: bool,
}

/// How a phone tells of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// RFC 4733 events.
    Event,
    /// Tones in its audio: it does not speak of `telephone-event`.
    InBand,
    /// INFO with `application/dtmf-relay`; nor does this one.
    Info,
}

impl Habits {
    /// A plain phone.
    pub const PLAIN: Habits = Habits {
        sha256: true,
        reliable: false,
        early_media: false,
        late_offer: false,
        update: false,
        old_hold: false,
        tcp: false,
        nat: false,
        expires_s: 600,
        codecs: &["G722", "PCMA", "PCMU"],
        keys: Keys::Event,
        secure: false,
    };
}

/// Calls at once; one more is answered 486.
const CALLS_MAX: usize = 3;

/// Why the phone wakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Timer {
    Register,
    /// Pick up, or refuse.
    Decide(CallId),
    /// Ask again after a 491.
    Retry(CallId),
    /// Refresh a subscription.
    Watch(LampId),
}

/// What a request of the phone was for.
#[derive(Clone, Debug)]
pub(crate) enum Errand {
    Register(Box<Request>),
    Subscribe(LampId, Box<Request>),
    Invite(CallId),
    Modify(CallId),
    Refer(CallId),
    Bye(CallId),
    /// Nothing follows from the answer.
    Other,
}

/// One phone.
#[derive(Debug)]
pub struct Phone {
    /// Its extension.
    pub number: String,
    /// What it does with calls.
    pub answering: Answering,
    /// How it does things.
    pub habits: Habits,
    /// False once it has crashed.
    pub alive: bool,
    /// The user name of its digests, where that is not its number.
    pub sign_in: Option<String>,
    /// Its secret.
    pub secret: String,
    /// What it calls itself (`urn:uuid:…`), for GRUUs; it asks for one then.
    pub instance: Option<String>,
    /// Its public GRUU, as it was told.
    pub gruu: Option<String>,
    /// Where the network knows it.
    public: SocketAddr,
    /// Its way to the box, with its address as it believes it to be.
    pub(crate) flow: Flow,
    pub(crate) random: Random,
    pub(crate) layer: TransactionLayer,
    pub(crate) registration: Registration,
    pub(crate) calls: BTreeMap<CallId, Call>,
    pub(crate) last_call: u32,
    pub(crate) clients: BTreeMap<ClientId, Errand>,
    pub(crate) servers: BTreeMap<ServerId, CallId>,
    /// ACKs to 2xx, to be said again when the 2xx comes again.
    pub(crate) acks: BTreeMap<ClientId, Request>,
    pub(crate) timers: Timers<Timer>,
    pub(crate) now: Instant,
    out: VecDeque<(Flow, Bytes)>,
    complaints: Vec<String>,
    /// Requests of its own that were never answered.
    pub timeouts: u32,
    pub(crate) lamps: Vec<Lamp>,
    /// For how long it subscribes, seconds.
    pub lamps_expire_s: u32,
    /// Messages waiting, as it was told without having asked: `2/0`.
    pub messages: String,
    /// What it was asked to do with its settings: `check-sync;reboot=false`.
    pub restarts: Vec<String>,
    /// It does not hear NOTIFYs of its subscriptions.
    pub deaf_to_notify: bool,
}

impl Phone {
    /// A phone that is switched on and has not registered.
    pub fn new(
        number: &str,
        secret: &str,
        address: SocketAddr,
        box_: SocketAddr,
        habits: Habits,
        mut random: Random,
    ) -> Self {
        let layer_random = Random::from_number(random.next_u64());
        let transport = if habits.tcp { Transport::Tcp } else { Transport::Udp };
        let local = if habits.nat { private_address(address) } else { address };
        Phone {
            number: number.to_owned(),
            answering: Answering::After(Duration::from_secs(2)),
            habits,
            alive: true,
            sign_in: None,
            secret: secret.to_owned(),
            instance: None,
            gruu: None,
            public: address,
            flow: Flow { transport, local, peer: box_, connection: 0 },
            registration: Registration::new(&mut random),
            layer: TransactionLayer::new(TransactionLimits::default(), layer_random),
            random,
            calls: BTreeMap::new(),
            last_call: 0,
            clients: BTreeMap::new(),
            servers: BTreeMap::new(),
            acks: BTreeMap::new(),
            timers: Timers::new(),
            now: Instant::ZERO,
            out: VecDeque::new(),
            complaints: Vec::new(),
            timeouts: 0,
            lamps: Vec::new(),
            lamps_expire_s: 600,
            messages: String::new(),
            restarts: Vec::new(),
            deaf_to_notify: false,
        }
    }

    /// Its address as the network knows it.
    pub fn address(&self) -> SocketAddr {
        self.public
    }

    /// Its address as it believes it to be.
    pub fn own_ip(&self) -> IpAddr {
        self.flow.local.ip()
    }

    /// The power fails: it forgets all but its number, and hears nothing until [`Phone::reboot`].
    pub fn crash(&mut self) {
        let random = Random::from_number(self.random.next_u64());
        let fresh = Phone::new(&self.number, &self.secret, self.public, self.flow.peer, self.habits, random);
        let old = std::mem::replace(self, fresh);
        self.answering = old.answering;
        self.sign_in = old.sign_in;
        self.now = old.now;
        self.last_call = old.last_call;
        self.complaints = old.complaints;
        self.timeouts = old.timeouts;
        self.alive = false;
    }

    /// The power is back: it registers anew.
    pub fn reboot(&mut self, now: Instant) {
        self.alive = true;
        self.register(now);
    }

    /// A message for it, as a datagram or on a connection.
    pub fn receive(&mut self, now: Instant, from: SocketAddr, connection: u64, bytes: Bytes) {
        if !self.alive {
            return;
        }
        self.now = now;
        let flow = Flow { peer: from, connection, ..self.flow };
        match sip::message::parse(bytes.clone()) {
            Ok(Some(Message::Request(request))) => self.receive_request(flow, request),
            Ok(Some(Message::Response(response))) => self.receive_response(flow, response),
            Ok(None) => {} // keep-alive
            Err(_) => self.complain(format!("unreadable message: {}", String::from_utf8_lossy(&bytes))),
        }
        self.settle();
    }

    /// The connection that it asked for by sending on connection 0 stands.
    pub fn connected(&mut self, connection: u64) {
        let flow = Flow { connection, ..self.flow };
        self.layer.flow_opened(self.flow, flow);
        self.flow = flow;
    }

    /// Its connection broke: it registers over a new one.
    pub fn disconnected(&mut self, now: Instant) {
        self.now = now;
        let broken = std::mem::replace(&mut self.flow.connection, 0);
        self.layer.flow_failed(now, Flow { connection: broken, ..self.flow });
        self.registration.until = None;
        if self.alive {
            self.register_later();
            self.settle();
        }
    }

    /// The connection that it speaks on; 0 over UDP and where none is open.
    pub fn connection(&self) -> u64 {
        self.flow.connection
    }

    /// When it wakes by itself.
    pub fn poll_timeout(&self) -> Option<Instant> {
        if !self.alive {
            return None;
        }
        [self.timers.next(), self.layer.poll_timeout()].into_iter().flatten().min()
    }

    /// Its timers that are due.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.now = now;
        self.layer.handle_timeout(now);
        self.settle();
        while let Some(timer) = self.timers.pop_due(now) {
            match timer {
                Timer::Register => self.register(now),
                Timer::Decide(call) => self.decide(call),
                Timer::Retry(call) => self.retry_modify(call),
                Timer::Watch(lamp) => self.refresh_lamp(lamp),
            }
            self.settle();
        }
    }

    /// The next message it sends.
    pub fn poll_transmit(&mut self) -> Option<(Flow, Bytes)> {
        self.out.pop_front()
    }

    /// What it has to complain of: what a correct peer never does.
    pub fn take_complaints(&mut self) -> Vec<String> {
        std::mem::take(&mut self.complaints)
    }

    /// Its calls.
    pub fn calls(&self) -> impl Iterator<Item = CallView> {
        self.calls.iter().map(|(id, call)| call.view(*id))
    }

    /// What was dialled in a call of its own.
    pub fn dialled(&self, call: CallId) -> Option<&str> {
        self.calls.get(&call)?.dialled.as_deref()
    }

    /// The dialog of a call: Call-ID, the phone's tag, the box's.
    pub fn dialog(&self, call: CallId) -> Option<[String; 3]> {
        let id = &self.calls.get(&call)?.dialog()?.id;
        Some([&id.call_id, &id.local_tag, &id.remote_tag].map(|octets| String::from_utf8_lossy(octets).into_owned()))
    }

    /// Whether it sends audio to this RTP port of the box.
    pub fn sends_audio_to(&self, port: u16) -> bool {
        let talks = |call: &Call| matches!(call.state, State::Up(_)) && call.audio.sends_to() == Some(port);
        self.alive && self.calls.values().any(talks)
    }

    pub(crate) fn complain(&mut self, text: impl core::fmt::Display) {
        self.complaints.push(format!("phone {}: {text}", self.number));
    }

    // ---- what all its files use ----

    fn receive_request(&mut self, flow: Flow, request: Request) {
        match self.layer.receive_request(self.now, flow, &request) {
            Incoming::Absorbed => {}
            Incoming::Ack => self.receive_ack(&request),
            Incoming::Cancel { invite } => self.cancelled(invite),
            Incoming::CancelUnmatched => self.refuse_stateless(flow, &request, 481),
            Incoming::Merged => self.refuse_stateless(flow, &request, 482),
            Incoming::New if request.method == Method::Notify && self.receive_lamp(flow, &request) => {}
            Incoming::New if request.headers.to_tag().is_some() => self.receive_in_dialog(flow, request),
            Incoming::New if request.method == Method::Notify => self.receive_unsolicited(flow, &request),
            Incoming::New if request.method == Method::Invite => self.receive_invite(flow, request),
            Incoming::New if request.method == Method::Options => self.refuse_stateless(flow, &request, 200),
            Incoming::New => self.refuse_stateless(flow, &request, 481),
        }
    }

    fn receive_response(&mut self, flow: Flow, response: Response) {
        let Some(client) = self.layer.receive_response(self.now, flow, &response) else { return };
        let Some(errand) = self.clients.get(&client).cloned() else { return };
        match errand {
            Errand::Register(request) => self.register_response(*request, &response),
            Errand::Subscribe(lamp, request) => self.subscribe_response(lamp, *request, &response),
            Errand::Invite(call) => self.invite_response(client, call, response),
            Errand::Modify(call) => self.modify_response(client, call, response),
            Errand::Refer(call) => self.refer_response(call, &response),
            Errand::Bye(call) if response.status.is_final() => self.forget(call),
            Errand::Bye(_) | Errand::Other => {}
        }
    }

    /// Acts on what the transaction layer noticed, and collects what it sends.
    fn settle(&mut self) {
        while let Some(event) = self.layer.poll_event() {
            match event {
                TransactionEvent::ClientTimeout(client) | TransactionEvent::ClientFlowFailed(client) => {
                    self.unanswered(client);
                }
                TransactionEvent::PrackTimeout(server) => self.never_acknowledged_provisional(server),
                TransactionEvent::AckTimeout(server) => self.never_acknowledged(server),
                TransactionEvent::ClientEnded(client) => {
                    self.clients.remove(&client);
                    self.acks.remove(&client);
                }
                TransactionEvent::ServerEnded(server) => drop(self.servers.remove(&server)),
            }
        }
        while let Some(transmit) = self.layer.poll_transmit() {
            self.out.push_back((transmit.flow, transmit.bytes));
        }
    }

    fn unanswered(&mut self, client: ClientId) {
        self.timeouts += 1;
        match self.clients.remove(&client) {
            Some(Errand::Register(_)) => self.register_later(),
            Some(Errand::Invite(call) | Errand::Bye(call)) => self.forget(call),
            // RFC 3261 §12.2.1.2: no answer inside a dialog ends it.
            Some(Errand::Modify(call) | Errand::Refer(call)) => self.hang_up_call(call),
            Some(Errand::Subscribe(lamp, _)) => self.timers.set(Timer::Watch(lamp), self.now + Duration::from_secs(5)),
            Some(Errand::Other) | None => {}
        }
    }

    pub(crate) fn send(&mut self, request: Request, errand: Errand) -> ClientId {
        let client = self.layer.send_request(self.now, self.flow, request).expect("a phone has few transactions");
        self.clients.insert(client, errand);
        client
    }

    pub(crate) fn refuse_stateless(&mut self, flow: Flow, request: &Request, status: u16) {
        let mut response = Response::to(request, StatusCode(status));
        if request.headers.to_tag().is_none() {
            response.set_to_tag(&self.random.token(8));
        }
        self.layer.respond_stateless(flow, &response);
    }

    /// Every trace of a call but its transactions.
    pub(crate) fn forget(&mut self, call: CallId) {
        self.calls.remove(&call);
        for timer in [Timer::Decide(call), Timer::Retry(call)] {
            self.timers.cancel(timer);
        }
    }

    /// `sip:user@box`.
    pub(crate) fn uri_at_box(&self, user: &str) -> Uri {
        // A GRUU stands as it was given.
        let given = user.starts_with("sip:").then(|| Uri::parse(user.as_bytes()).ok()).flatten();
        given.unwrap_or_else(|| Uri::sip(user, Host::Ip(self.flow.peer.ip()), None))
    }

    /// `<sip:101@10.0.1.101:5060>`
    pub(crate) fn contact(&self) -> Bytes {
        let address = self.flow.local;
        let mut uri = Uri::sip(&self.number, Host::Ip(address.ip()), Some(address.port()));
        if self.habits.tcp {
            uri.params.set("transport", Some("tcp"));
        }
        NameAddr::new(uri).to_bytes()
    }

    /// The Authorization value that answers the challenge in `response`; none if there is none.
    pub(crate) fn credentials(&mut self, request: &Request, response: &Response) -> Option<Bytes> {
        let challenges: Vec<&Bytes> = response.headers.all(&HeaderName::WwwAuthenticate).collect();
        let wanted: &[u8] = if self.habits.sha256 { b"SHA-256" } else { b"MD5" };
        let names = |value: &&&Bytes| value.windows(wanted.len()).any(|part| part == wanted);
        let challenge = challenges.iter().find(names).or(challenges.first()).copied()?.clone();
        let cnonce = self.random.token(16);
        let user = self.sign_in.as_deref().unwrap_or(&self.number);
        let answer = sip::digest::answer(&challenge, &request.method, &request.uri, user, &self.secret, &cnonce, 1);
        match answer {
            Ok(value) => Some(value),
            Err(error) => {
                self.complain(format!("challenge not understood: {error}"));
                None
            }
        }
    }

    /// `request` with the next CSeq and credentials, once more.
    pub(crate) fn with_credentials(&mut self, mut request: Request, response: &Response) -> Option<Request> {
        let cseq = request.headers.cseq().ok()?;
        let value = self.credentials(&request, response)?;
        request.headers.set(HeaderName::CSeq, format!("{} {}", cseq.number + 1, request.method));
        request.headers.set(HeaderName::Authorization, value);
        Some(request)
    }

    pub(crate) fn state_mut(&mut self, call: CallId) -> Option<&mut State> {
        self.calls.get_mut(&call).map(|call| &mut call.state)
    }

    pub(crate) fn has_room(&self) -> bool {
        self.calls.len() < CALLS_MAX
    }
}

/// What a phone behind a router believes its address to be: `192.168.1.n`, and a port that the router changes.
fn private_address(public: SocketAddr) -> SocketAddr {
    let last = match public.ip() {
        IpAddr::V4(ip) => ip.octets()[3],
        IpAddr::V6(ip) => ip.octets()[15],
    };
    SocketAddr::from(([192, 168, 1, last], 5066))
}
