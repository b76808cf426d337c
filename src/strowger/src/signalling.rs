//! The signalling thread: the exchange and what moves octets, records and commands for it.
//!
//! Its loop is five steps: receive, handle, transmit, arm the timer, publish. Datagrams are read and
//! parsed here, on the exchange's own thread: handing each over from another thread costs more than
//! parsing it (see the decision notes). Everything else comes through bounded queues and one bell.

use std::collections::VecDeque;
use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use base::Instant;
use bytes::Bytes;
use exchange::io::{Input, Output};
use exchange::live::Event;
use exchange::{Counts, Exchange};
use media::control::{MediaCommand, MediaEvent};
use net::stream::{Inbound, StreamHub};
use net::udp::UdpPort;
use net::wake::Wake;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::time::TimeSpec;
use plane::Plane;
use sip::message::Malformed;
use sip::{Flow, Transport};
use store::Writer;

use crate::asks::Answers;
use crate::errands::Errands;
use crate::host::wall_clock;

/// Datagrams handled between two looks at the other queues.
const BATCH: usize = 64;
/// Inputs from other threads that may wait.
const INBOX_MAX: usize = 1_024;
/// Events that may wait for the pages.
const EVENTS_MAX: usize = 4_096;
/// How often the exchange is told the wall clock, and the counts are refreshed for `/metrics`.
const CLOCK_EVERY: Duration = Duration::from_secs(10);
/// Under load the loop turns at most this often, so that one turn serves many messages: a wake-up, a
/// receive and a send cost more than handling one. Nothing waits after a quiet time.
const TURN_MIN: Duration = Duration::from_millis(1);
/// The longest sleep: the watchdog wants to see us alive.
const SLEEP_MAX: Duration = Duration::from_secs(1);

/// The clock of this process: monotonic, and the wall's.
#[derive(Clone, Copy, Debug)]
pub struct Clock(std::time::Instant);

impl Clock {
    /// Starts at zero now.
    pub fn start() -> Self {
        Clock(std::time::Instant::now())
    }

    /// Time since the start.
    pub fn now(self) -> Instant {
        Instant::from_nanos(u64::try_from(self.0.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }
}

/// The way to the exchange from other threads.
#[derive(Clone, Debug)]
pub struct Inbox {
    inputs: SyncSender<Input>,
    wake: Wake,
}

impl Inbox {
    /// A new inbox and its end for the loop.
    pub fn new(wake: Wake) -> (Inbox, Receiver<Input>) {
        let (inputs, receiver) = sync_channel(INBOX_MAX);
        (Inbox { inputs, wake }, receiver)
    }

    /// Hands an input over. Never blocks; false when the exchange is so far behind that its inbox is
    /// full (logged).
    pub fn send(&self, input: Input) -> bool {
        match self.inputs.try_send(input) {
            Ok(()) => {
                self.wake.wake();
                true
            }
            Err(TrySendError::Full(_)) => {
                tracing::warn!("the exchange is so far behind that a command to it was dropped");
                false
            }
            Err(TrySendError::Disconnected(_)) => false,
        }
    }

    /// Hands over what must not be lost, waiting for room if need be.
    pub fn send_waiting(&self, input: Input) {
        if self.inputs.send(input).is_ok() {
            self.wake.wake();
        }
    }
}

/// What other threads see of the loop.
#[derive(Debug, Default)]
pub struct Pulse {
    /// Goes up with each turn of the loop; the watchdog looks at it.
    pub turns: AtomicU64,
    /// Set when the loop has ended.
    pub ended: AtomicBool,
}

/// What the loop is made of.
pub struct Parts {
    /// The state machine.
    pub exchange: Exchange,
    /// SIP over UDP.
    pub udp: UdpPort,
    /// SIP over TCP and TLS.
    pub hub: StreamHub,
    /// What arrives on connections.
    pub streams: tokio::sync::mpsc::Receiver<Inbound>,
    /// What other threads hand over.
    pub inbox: Receiver<Input>,
    /// What the audio threads report.
    pub media: Receiver<MediaEvent>,
    /// The audio plane.
    pub plane: Arc<Plane>,
    /// The journal.
    pub journal: Writer,
    /// Answers to commands, on their way back.
    pub answers: Answers,
    /// What is done elsewhere: servers to be found, mails to be sent.
    pub errands: Errands,
    /// Where events for the pages go.
    pub events: SyncSender<Event>,
    /// The bell.
    pub wake: Wake,
    /// The process's clock.
    pub clock: Clock,
    /// What other threads see.
    pub pulse: Arc<Pulse>,
}

/// A queue for events of the right size.
pub fn event_queue() -> (SyncSender<Event>, Receiver<Event>) {
    sync_channel(EVENTS_MAX)
}

/// The loop's own state.
pub struct Signalling {
    parts: Parts,
    datagrams: Vec<(Flow, Bytes)>,
    acknowledged: u64,
    failed: u64,
    /// Records put out so far.
    appended: u64,
    clock_due: Instant,
    unpublished: VecDeque<Event>,
    events_lost: bool,
    /// For the audio plane, at the end of the turn.
    commands: Vec<MediaCommand>,
    /// Something was handled in this turn.
    busy: bool,
}

impl Signalling {
    /// Not yet running.
    pub fn new(parts: Parts) -> Self {
        Signalling {
            parts,
            datagrams: Vec::with_capacity(BATCH),
            acknowledged: 0,
            failed: 0,
            appended: 0,
            clock_due: Instant::ZERO,
            unpublished: VecDeque::new(),
            events_lost: false,
            commands: Vec::new(),
            busy: false,
        }
    }

    /// Runs until the exchange has stopped.
    pub fn run(mut self) -> io::Result<Counts> {
        self.drain_outputs();
        self.transmit()?;
        while !self.parts.exchange.is_stopped() {
            let began = self.parts.clock.now();
            self.parts.pulse.turns.fetch_add(1, Ordering::Relaxed);
            self.busy = false;
            let more = self.receive_and_handle()?;
            self.transmit()?;
            self.publish();
            if more {
                continue;
            }
            if !self.busy {
                self.sleep()?;
            } else if let Some(rest) = TURN_MIN.checked_sub(self.parts.clock.now().saturating_since(began)) {
                std::thread::sleep(rest);
            }
        }
        self.parts.pulse.ended.store(true, Ordering::Release);
        Ok(self.parts.exchange.counts())
    }

    /// Steps 1 and 2; true if more is already waiting.
    fn receive_and_handle(&mut self) -> io::Result<bool> {
        if self.parts.wake.has_rung() {
            self.parts.wake.drain(); // before the queues are looked at
        }
        let mut more = self.datagrams_in()?;
        more |= self.streams_in();
        more |= self.inbox_in();
        more |= self.media_in();
        self.journal_in();
        self.time_in();
        Ok(more)
    }

    fn datagrams_in(&mut self) -> io::Result<bool> {
        let mut datagrams = std::mem::take(&mut self.datagrams);
        let got = self.parts.udp.receive_batch(&mut datagrams, BATCH)?;
        for (flow, raw) in datagrams.drain(..) {
            match sip::message::parse(raw.clone()) {
                Ok(Some(message)) => self.handle(Input::Sip { flow, message: Box::new(message), raw }),
                Ok(None) => {}
                Err(malformed) => self.refuse(flow, &malformed),
            }
        }
        self.datagrams = datagrams;
        for flow in self.parts.udp.take_failed() {
            self.handle(Input::FlowFailed { flow });
        }
        Ok(got == BATCH)
    }

    fn streams_in(&mut self) -> bool {
        for _ in 0..BATCH {
            let Ok(news) = self.parts.streams.try_recv() else { return false };
            match news {
                Inbound::Message { flow, message, raw } => self.handle(Input::Sip { flow, message, raw }),
                Inbound::Malformed { flow, malformed, .. } => self.refuse(flow, &malformed),
                Inbound::Opened { asked, flow } => self.handle(Input::FlowOpened { asked, flow }),
                Inbound::Closed { flow } => self.handle(Input::FlowFailed { flow }),
            }
        }
        true
    }

    fn inbox_in(&mut self) -> bool {
        for _ in 0..BATCH {
            let Ok(input) = self.parts.inbox.try_recv() else { return false };
            self.handle(input);
        }
        true
    }

    fn media_in(&mut self) -> bool {
        for _ in 0..BATCH {
            let Ok(event) = self.parts.media.try_recv() else { return false };
            self.handle(Input::Media(event));
        }
        true
    }

    fn journal_in(&mut self) {
        let status = self.parts.journal.status();
        if status.failed_upto > self.failed {
            self.failed = status.failed_upto;
            self.parts.answers.failed(status.failed_upto);
            self.handle(Input::StoreFailed { upto: status.failed_upto });
        }
        if status.durable_upto > self.acknowledged {
            self.acknowledged = status.durable_upto;
            self.parts.answers.durable(status.durable_upto);
            self.handle(Input::Durable { upto: status.durable_upto });
        }
    }

    fn time_in(&mut self) {
        let now = self.parts.clock.now();
        if now >= self.clock_due {
            self.clock_due = now + CLOCK_EVERY;
            self.handle(Input::Clock(wall_clock()));
        }
        if self.parts.exchange.poll_timeout().is_some_and(|at| at <= now) {
            self.handle(Input::Timeout);
        }
    }

    fn refuse(&mut self, flow: Flow, malformed: &Malformed) {
        tracing::debug!(peer = %flow.peer, status = malformed.status, reason = malformed.reason, "malformed message");
        if let Some(response) = malformed.response() {
            self.send(flow, response.to_bytes());
        }
    }

    fn handle(&mut self, input: Input) {
        let now = self.parts.clock.now();
        self.busy = true;
        self.parts.exchange.handle(now, input);
        self.drain_outputs();
    }

    fn drain_outputs(&mut self) {
        while let Some(output) = self.parts.exchange.poll_output() {
            match output {
                Output::Transmit { flow, bytes } => self.send(flow, bytes),
                Output::Media(command) => self.commands.push(command),
                Output::Record(record) => {
                    self.appended = self.parts.journal.append(record);
                }
                Output::Answer { ticket, result } => self.parts.answers.given(ticket, self.appended, result),
                Output::Locate { question, what } => self.parts.errands.locate(question, what),
                Output::Mail(mail) => self.parts.errands.mail(*mail),
                Output::RemoveRecording { file } => self.parts.errands.remove_recording(file),
                Output::Event(event) => self.unpublished.push_back(event),
            }
        }
    }

    fn send(&mut self, flow: Flow, bytes: Bytes) {
        match flow.transport {
            Transport::Udp => self.parts.udp.queue(&flow, bytes),
            Transport::Tcp | Transport::Tls | Transport::Ws | Transport::Wss => self.parts.hub.send(&flow, bytes),
        }
    }

    /// Step 3: the plane first, so that it knows of a stream before a phone does.
    fn transmit(&mut self) -> io::Result<()> {
        if !self.commands.is_empty() {
            self.parts.plane.send_all(self.commands.drain(..));
        }
        self.parts.udp.flush().map(|_| ())
    }

    /// Step 5: news for the pages. When their queue is full they get the whole view once there is room.
    fn publish(&mut self) {
        if self.events_lost {
            let whole = Event::Whole(Box::new(self.parts.exchange.live_view()));
            if self.parts.events.try_send(whole).is_err() {
                return;
            }
            self.events_lost = false;
            self.unpublished.clear(); // contained in the whole
        }
        while let Some(event) = self.unpublished.pop_front() {
            if let Err(TrySendError::Full(_)) = self.parts.events.try_send(event) {
                self.events_lost = true;
                self.unpublished.clear();
            }
        }
    }

    /// Step 4: sleeps until something comes or the next timer is due.
    fn sleep(&mut self) -> io::Result<()> {
        let now = self.parts.clock.now();
        let due = self.parts.exchange.poll_timeout().map_or(SLEEP_MAX, |at| at.saturating_since(now).min(SLEEP_MAX));
        let mut interest = PollFlags::POLLIN;
        if self.parts.udp.pending() {
            interest |= PollFlags::POLLOUT;
        }
        let mut fds =
            [PollFd::new(self.parts.udp.as_fd(), interest), PollFd::new(self.parts.wake.as_fd(), PollFlags::POLLIN)];
        match ppoll(&mut fds, Some(TimeSpec::from_duration(due)), None) {
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}
