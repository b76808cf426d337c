//! The exchange: all machines joined into one deterministic state machine without I/O.
//!
//! Owns legs, calls, bridges, the registrar's bindings, the ports of the audio plane, and the
//! definition of the journal's [`record::Record`]s. Refuses to know sockets, disks, clocks, pages.
//!
//! The contract: one input by [`Exchange::handle`], then [`Exchange::poll_output`] until it is
//! empty, then the next input. Time is an argument and never runs back.
//!
//! **Invariants:** a call has one owner and ends with exactly one final record, its last. A request
//! of a stranger leaves no state behind. A REGISTER is answered 200 only after its binding record
//! is on disk. No media goes to an address that was neither negotiated nor latched.
//!
//! RFCs: 3261, 3262 (100rel), 3264 (offer/answer), 3311 (UPDATE), 3515/3891/5589 (transfer), 4028
//! (session timers), 6026.

#![forbid(unsafe_code)]

mod call;
mod cause;
mod command;
pub mod device;
mod durable;
mod facts;
mod feature;
pub mod io;
mod ladder;
mod leg;
pub mod live;
mod ports;
mod receive;
pub mod record;
mod register;
mod restore;
mod subscribe;
mod trunk;
pub mod voicemail;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use base::{CallRef, Instant, LegId, Random, StreamId, Timers, WallTime};
use bytes::Bytes;
use config::Config;
use hashbrown::HashMap;
use media::control::MediaCommand;
use sip::Flow;
use sip::dialog::DialogId;
use sip::digest::Authority;
use sip::message::{HeaderName, Method, Request, Response, StatusCode};
use sip::registrar::Registrar;
use sip::transaction::{ClientId, Origin, ServerId, TransactionEvent, TransactionLayer, TransactionLimits};

use crate::call::Call;
use crate::call::conference::Conferences;
use crate::call::play::Plays;
use crate::call::recording::Recordings;
use crate::durable::Confirmations;
use crate::facts::Facts;
use crate::feature::camp_on::CampOns;
use crate::feature::park::Slots;
use crate::io::{Input, Output};
use crate::leg::Leg;
use crate::live::Event;
use crate::ports::Ports;
use crate::receive::Denials;
use crate::record::{Direction, Record};
use crate::register::PendingRegister;
use crate::subscribe::Watching;
use crate::trunk::Trunks;
use crate::voicemail::Voicemail;

pub use crate::restore::{OpenCall, Restored};

/// What the methods this box understands are called in an Allow header.
pub(crate) const ALLOW: &str =
    "INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE, REFER, INFO, SUBSCRIBE, NOTIFY, REGISTER";
/// The extensions it supports (RFC 3261 §20.37).
pub(crate) const SUPPORTED: &str = "timer, 100rel, replaces, path, outbound";

/// What an exchange is made of.
#[derive(Debug)]
pub struct ExchangeOptions {
    /// The time now.
    pub now: Instant,
    /// The wall clock now.
    pub wall: WallTime,
    /// The configuration.
    pub config: Arc<Config>,
    /// The RTP ports to hand out, both ends included (the command line may override the document).
    pub rtp: (u16, u16),
    /// Randomness for tags, nonces, branches.
    pub random: Random,
    /// What survived the last run.
    pub restored: Restored,
}

/// How many of each thing there are; all but `bindings` and `subscriptions` return to zero when no call is up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Calls, ended ones whose last words are still awaited included.
    pub calls: usize,
    /// Legs.
    pub legs: usize,
    /// Dialogs known.
    pub dialogs: usize,
    /// SIP transactions.
    pub transactions: usize,
    /// Audio streams whose ports are taken.
    pub streams: usize,
    /// Registered devices.
    pub bindings: usize,
    /// Timers armed.
    pub timers: usize,
    /// REGISTERs waiting for the disk.
    pub registers_pending: usize,
    /// Play lists under way.
    pub plays: usize,
    /// Conferences that somebody is in.
    pub conferences: usize,
    /// Recordings that are not on disk yet; they may outlive their calls by a moment.
    pub recordings: usize,
    /// Event subscriptions of phones.
    pub subscriptions: usize,
}

/// The state machine.
#[derive(Debug)]
pub struct Exchange {
    pub(crate) config: Arc<Config>,
    pub(crate) plan: dialplan::Plan,
    pub(crate) facts: Facts,
    pub(crate) random: Random,
    clock: (Instant, WallTime),
    pub(crate) now: Instant,
    pub(crate) authority: Authority,
    pub(crate) transactions: TransactionLayer,
    pub(crate) registrar: Registrar,
    pub(crate) registers_pending: VecDeque<PendingRegister>,
    /// Extensions with a device behind NAT.
    pub(crate) natted: BTreeSet<String>,
    pub(crate) calls: BTreeMap<CallRef, Call>,
    pub(crate) legs: HashMap<LegId, Leg>,
    pub(crate) dialogs: HashMap<DialogId, LegId>,
    pub(crate) servers: HashMap<ServerId, LegId>,
    pub(crate) clients: HashMap<ClientId, LegId>,
    pub(crate) streams: HashMap<StreamId, LegId>,
    pub(crate) ports: Ports,
    pub(crate) timers: Timers<Timer>,
    outputs: VecDeque<Output>,
    records: u64,
    last_call: u64,
    last_leg: u64,
    pub(crate) denials: Denials,
    pub(crate) stopping: bool,
    pub(crate) plays: Plays,
    pub(crate) conferences: Conferences,
    pub(crate) recordings: Recordings,
    pub(crate) confirmations: Confirmations,
    pub(crate) slots: Slots,
    pub(crate) camp_ons: CampOns,
    pub(crate) watching: Watching,
    pub(crate) trunks: Trunks,
    pub(crate) voicemail: Voicemail,
}

/// Why the exchange wakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Timer {
    /// The phones of this call have rung long enough.
    NoAnswer(CallRef),
    /// Whoever answered and was asked to press 1 did not.
    Confirm(LegId),
    /// Further phones of this call are to ring.
    Branch(CallRef),
    /// Time for our session refresh (RFC 4028 §10).
    SessionRefresh(LegId),
    /// The peer did not refresh in time (RFC 4028 §10).
    SessionExpiry(LegId),
    /// Try again after a 491 (RFC 3261 §14.1).
    Retry(LegId),
    /// A caller has heard enough of a test of the box.
    VisitOver(CallRef),
    /// A caller at a mailbox has been silent for long enough.
    Guest(CallRef),
    /// The last words of an ended call were awaited long enough.
    Finalise(CallRef),
    /// A trunk's server has not said anything to an INVITE.
    WayPatience(LegId),
    /// A minute of a call over a trunk begins.
    WayMinute(LegId),
    /// A call over a trunk has lasted as long as it may.
    WayLimit(LegId),
    /// Time to keep the NAT bindings of phones behind routers open.
    KeepAlive,
    /// A parked call goes back to whoever parked it.
    ComeBack(CallRef),
    /// Nothing more is typed after a code.
    Typing(CallRef),
    /// Somebody who is asked before a transfer does not answer.
    Consultation(CallRef),
    /// Both parties of a camp-on may be free.
    CampOn(u32),
}

impl Exchange {
    /// A new exchange. Drain [`Exchange::poll_output`] before the first input: what the last run left
    /// unfinished is closed here.
    pub fn new(options: ExchangeOptions) -> Self {
        let ExchangeOptions { now, wall, config, rtp, mut random, restored } = options;
        let mut key = [0; 32];
        random.fill(&mut key);
        let mut seed = [0; 32];
        random.fill(&mut seed);
        let mut exchange = Exchange {
            authority: Authority::new(&config.system.realm, key),
            transactions: TransactionLayer::new(TransactionLimits::default(), Random::from_seed(seed)),
            registrar: Registrar::new(),
            registers_pending: VecDeque::new(),
            natted: BTreeSet::new(),
            calls: BTreeMap::new(),
            legs: HashMap::new(),
            dialogs: HashMap::new(),
            servers: HashMap::new(),
            clients: HashMap::new(),
            streams: HashMap::new(),
            ports: Ports::new(rtp),
            timers: Timers::new(),
            outputs: VecDeque::new(),
            records: 0,
            last_call: 0,
            last_leg: 0,
            denials: Denials::default(),
            stopping: false,
            plays: Plays::default(),
            conferences: Conferences::default(),
            recordings: Recordings::default(),
            confirmations: Confirmations::default(),
            slots: Slots::default(),
            camp_ons: CampOns::default(),
            watching: Watching::default(),
            trunks: Trunks::default(),
            voicemail: Voicemail::default(),
            clock: (now, wall),
            now,
            plan: dialplan::Plan::new(Arc::clone(&config)),
            facts: Facts::default(),
            config,
            random,
        };
        exchange.restore(restored);
        exchange.apply_trunks();
        exchange
    }

    /// Takes in one thing that happened.
    pub fn handle(&mut self, now: Instant, input: Input) {
        debug_assert!(now >= self.now, "time never runs back");
        self.now = self.now.max(now);
        match input {
            Input::Sip { flow, message, raw } => self.receive(flow, *message, raw),
            Input::FlowFailed { flow } => self.flow_failed(flow),
            Input::FlowOpened { asked, flow } => self.flow_opened(asked, flow),
            Input::Media(event) => self.receive_media(event),
            Input::Durable { upto } => {
                self.registers_durable(upto);
                self.confirm_durable(upto);
                self.facts_durable(upto);
            }
            Input::StoreFailed { upto } => {
                self.registers_failed(upto);
                self.deny_durable(upto);
                self.facts_failed(upto);
            }
            Input::Config(config) => self.apply_config(config),
            Input::Clock(wall) => {
                self.clock = (now, wall);
                self.watch_clock();
                self.tidy_mailboxes();
            }
            Input::Command(command) => {
                // Nobody waits for the answer.
                let _ = self.command(command);
            }
            Input::Ask { ticket, command } => {
                let result = self.command(command);
                self.outputs.push_back(Output::Answer { ticket, result });
            }
            Input::Located { question, targets, holds } => self.located(question, targets, holds),
            Input::MailSent { id, result } => self.mail_sent(&id, result),
            Input::Timeout => {}
        }
        self.run_timers();
        self.tell_watchers();
        self.flush(None);
    }

    /// The next thing to do, until there is none.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to call [`Exchange::handle`] with [`Input::Timeout`] if nothing else happens.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let others = [self.watching.table.poll_timeout(), self.trunks.poll_timeout()];
        [self.timers.next(), self.transactions.poll_timeout(), self.registrar.poll_timeout()]
            .into_iter()
            .chain(others)
            .flatten()
            .min()
    }

    /// How many of each thing there are.
    pub fn counts(&self) -> Counts {
        Counts {
            calls: self.calls.len(),
            legs: self.legs.len(),
            dialogs: self.dialogs.len(),
            transactions: self.transactions.len(),
            streams: self.ports.in_use(),
            bindings: self.registrar.len(),
            timers: self.timers.len(),
            registers_pending: self.registers_pending.len(),
            plays: self.plays.len(),
            conferences: self.conferences.len(),
            subscriptions: self.watching.table.len(),
            recordings: self.recordings.len() + self.voicemail.len(),
        }
    }

    /// Whether a stop was asked for, every call has written its final record, and providers were told.
    pub fn is_stopped(&self) -> bool {
        self.stopping && self.calls.is_empty() && !self.trunks.is_leaving()
    }

    /// Calls and registrations as they stand, whole: what [`live::LiveView`] folds from the events.
    pub fn live_view(&self) -> live::LiveView {
        let calls = self.calls.keys().filter_map(|c| Some((*c, self.live_call(*c)?))).collect();
        let registrations =
            self.registrar.aors().into_iter().map(|aor| (aor.to_owned(), self.live_devices(aor))).collect();
        let trunks = self.live_trunks().map(|trunk| (trunk.name.clone(), trunk)).collect();
        live::LiveView { calls, registrations, trunks, mailboxes: self.all_message_counts() }
    }

    fn run_timers(&mut self) {
        self.transactions.handle_timeout(self.now);
        self.drain_transaction_events();
        self.expire_bindings();
        while let Some(timer) = self.timers.pop_due(self.now) {
            tracing::trace!(?timer, "timer");
            match timer {
                Timer::NoAnswer(call) => self.ring_time_over(call),
                Timer::Branch(call) => self.branches_due(call),
                Timer::SessionRefresh(leg) => self.refresh_session(leg),
                Timer::SessionExpiry(leg) => self.session_expired(leg),
                Timer::Retry(leg) => self.retry_modify(leg),
                Timer::VisitOver(call) => self.visit_over(call),
                Timer::Confirm(leg) => self.confirm_over(leg),
                Timer::Guest(call) => self.guest_timed_out(call),
                Timer::Finalise(call) => self.finalise(call),
                Timer::WayPatience(leg) => self.way_silent(leg),
                Timer::WayMinute(leg) => self.minute_begins(leg),
                Timer::WayLimit(leg) => self.way_limit(leg),
                Timer::KeepAlive => self.keep_alive(),
                Timer::ComeBack(call) => self.come_back(call),
                Timer::Typing(call) => self.typing_over(call),
                Timer::Consultation(call) => self.consultation_unanswered(call),
                Timer::CampOn(id) => self.camp_on_due(id),
            }
            self.drain_transaction_events();
        }
        self.run_trunk_timers();
    }

    /// Acts on what the transaction layer noticed by itself.
    pub(crate) fn drain_transaction_events(&mut self) {
        while let Some(event) = self.transactions.poll_event() {
            match event {
                TransactionEvent::ClientTimeout(id) | TransactionEvent::ClientFlowFailed(id) => {
                    self.notify_failed(id);
                    self.client_failed(id);
                }
                TransactionEvent::AckTimeout(id) => self.ack_never_came(id),
                TransactionEvent::PrackTimeout(id) => self.prack_never_came(id),
                TransactionEvent::ClientEnded(id) => {
                    self.clients.remove(&id);
                }
                TransactionEvent::ServerEnded(id) => {
                    self.servers.remove(&id);
                }
            }
        }
    }

    fn flow_failed(&mut self, flow: Flow) {
        self.watching.table.flow_failed(flow);
        self.transactions.flow_failed(self.now, flow);
        self.drain_transaction_events();
        self.trunk_flow_failed(flow);
        let changes = self.registrar.flow_failed(flow);
        self.publish_binding_changes(changes);
        // A call outlives its connection: the next request opens one to the phone's contact (RFC 3261 §18.2.2),
        // or the phone comes back on one of its own.
        for l in self.legs.values_mut().filter(|l| l.flow == flow && flow.transport.is_reliable()) {
            let target = l.up().and_then(|up| leg::contact_address(up.dialog.remote_target(), flow.transport));
            l.flow = Flow { connection: 0, peer: target.unwrap_or(flow.peer), ..flow };
        }
    }

    /// A connection that we asked for stands: all that was to open one uses it.
    fn flow_opened(&mut self, asked: Flow, flow: Flow) {
        self.transactions.flow_opened(asked, flow);
        self.watching.table.flow_opened(asked, flow);
        self.trunk_flow_opened(asked, flow);
        for l in self.legs.values_mut().filter(|l| l.flow == asked) {
            l.flow = flow;
        }
    }

    // ---- the words the rest of the exchange is written in ----

    /// The wall clock's reading at `at`.
    pub(crate) fn wall_at(&self, at: Instant) -> WallTime {
        let (instant, wall) = self.clock;
        if at >= instant {
            wall + at.saturating_since(instant)
        } else {
            WallTime::from_unix_ms(wall.unix_ms() - instant.saturating_since(at).as_millis() as i64)
        }
    }

    /// The wall clock now.
    pub(crate) fn wall(&self) -> WallTime {
        self.wall_at(self.now)
    }

    /// A reference that no call ever had: wall time and a counter.
    pub(crate) fn new_call_ref(&mut self) -> CallRef {
        self.last_call = self.number_after(self.last_call);
        CallRef(self.last_call)
    }

    /// A number above `last` that also sorts by the wall clock: milliseconds in the high 44 bits, a counter below.
    pub(crate) fn number_after(&self, last: u64) -> u64 {
        let by_clock = (self.wall().unix_ms().max(0) as u64) << 20;
        by_clock.max(last + 1)
    }

    /// The number of whoever is at a leg.
    pub(crate) fn number_of(&self, leg: LegId) -> String {
        self.legs.get(&leg).map(|l| l.party.number.clone()).unwrap_or_default()
    }

    pub(crate) fn new_leg_id(&mut self) -> LegId {
        self.last_leg += 1;
        LegId(self.last_leg)
    }

    /// Appends to the journal; returns the record's number.
    pub(crate) fn record(&mut self, record: Record) -> u64 {
        self.records += 1;
        self.outputs.push_back(Output::Record(Box::new(record)));
        self.records
    }

    /// Hands the shell something to do that is none of the above.
    pub(crate) fn put_out(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    pub(crate) fn media(&mut self, command: MediaCommand) {
        self.outputs.push_back(Output::Media(command));
    }

    pub(crate) fn publish(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    pub(crate) fn transmit(&mut self, flow: Flow, bytes: Bytes) {
        self.outputs.push_back(Output::Transmit { flow, bytes });
    }

    /// Moves what the transaction layer wants sent to the outputs, noting it on the ladders.
    /// `leg` owns what has no transaction (an ACK to a 2xx).
    pub(crate) fn flush(&mut self, leg: Option<LegId>) {
        while let Some(t) = self.transactions.poll_transmit() {
            let owner = match t.origin {
                Origin::Server(id) => self.servers.get(&id).copied(),
                Origin::Client(id) => self.clients.get(&id).copied(),
                Origin::Stateless => leg,
            };
            if let Some(owner) = owner {
                self.note_message(owner, Direction::Out, t.flow, t.bytes.clone());
            }
            self.outputs.push_back(Output::Transmit { flow: t.flow, bytes: t.bytes });
        }
    }

    /// Puts a message on the ladder of the leg's call.
    pub(crate) fn note_message(&mut self, leg: LegId, direction: Direction, flow: Flow, bytes: Bytes) {
        let Some(call) = self.legs.get(&leg).map(|l| l.call) else { return };
        if let Some(call) = self.calls.get_mut(&call) {
            call.ladder.push(self.now, Some(leg), direction, flow, bytes);
        }
    }

    /// Answers without keeping anything: what strangers get.
    pub(crate) fn respond_stateless(&mut self, flow: Flow, response: &Response) {
        self.transactions.respond_stateless(flow, response);
        self.flush(None);
    }

    /// Answers through a transaction.
    pub(crate) fn respond(&mut self, server: ServerId, response: &Response) {
        self.transactions.respond(self.now, server, response);
        self.flush(None);
    }

    /// A response to `request` with the headers that each of ours carries.
    pub(crate) fn response(request: &Request, status: StatusCode) -> Response {
        let mut response = Response::to(request, status);
        response.headers.set(HeaderName::Server, SERVER);
        response
    }

    /// Answers a request of a stranger or one that needs no transaction.
    pub(crate) fn refuse_stateless(&mut self, flow: Flow, request: &Request, status: StatusCode) {
        if request.method == Method::Ack {
            return; // RFC 3261 §8.2: an ACK is never answered
        }
        let mut response = Exchange::response(request, status);
        if request.headers.to_tag().is_none() {
            response.set_to_tag(&self.stateless_tag(request));
        }
        if status == StatusCode(503) {
            response.headers.push(HeaderName::RetryAfter, "5");
        }
        self.respond_stateless(flow, &response);
    }

    /// A To tag that a repeat of the same request gets again (RFC 3261 §8.2.7).
    pub(crate) fn stateless_tag(&self, request: &Request) -> String {
        use std::hash::{Hash, Hasher};
        // Not a secret: only the same for the same request, and unlike another's.
        let mut hash = std::hash::DefaultHasher::new();
        request.headers.call_id().hash(&mut hash);
        request.headers.from_tag().hash(&mut hash);
        format!("x{:016x}", hash.finish())
    }
}

/// The Server and User-Agent value: no version, for strangers need not know it.
pub(crate) const SERVER: &str = "Strowger";
