//! One audio thread: wait, receive, obey, tick.

mod obey;
mod receive;
mod slots;

use std::collections::{HashMap, VecDeque};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread::JoinHandle;
use std::time::Duration;

use base::{Instant, Random, StreamId};
use media::control::MediaEvent;
use media::rtcp::COMPOUND_MAX;
use media::stream::StreamOptions;
use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

use crate::OnEvent;
use crate::queue::{Order, Queue};
use crate::socket::Batch;
use obey::Waiting;
pub(crate) use slots::Slot;
use slots::{Place, Slots};

/// What an audio thread is given.
pub(crate) struct Start {
    pub(crate) options: StreamOptions,
    pub(crate) queue: Arc<Queue>,
    pub(crate) on_event: OnEvent,
    pub(crate) ignored: Arc<AtomicU64>,
    pub(crate) random: Random,
}

/// An audio thread and all that it owns.
pub(crate) struct Worker {
    start: Start,
    clock: std::time::Instant,
    epoll: Epoll,
    slots: Slots,
    /// Orders taken from the queue and not yet obeyed.
    orders: VecDeque<Order>,
    /// Orders for streams that are on their way from another thread.
    expected: HashMap<StreamId, Vec<Waiting>>,
    stopping: bool,
    tick_at: Instant,
    /// Whose packet or command is being handled: who is to blame if it panics.
    touching: Option<Place>,
    batch: Batch,
    /// Counts the rounds; wraps.
    round: u32,
}

/// Readiness taken by one wait.
const EVENTS: usize = 256;
/// How often timers are looked at: digits end within 0.2 s, all others count in seconds.
const TICK: Duration = Duration::from_millis(50);
/// The epoll token of the command queue; those of sockets are [`Slots`]' affair.
const QUEUE_TOKEN: u64 = u64::MAX;

impl Worker {
    /// Starts the thread. What it owns is made on it, for the buffers of system calls stay on one thread.
    pub(crate) fn spawn(name: String, start: Start) -> io::Result<JoinHandle<()>> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        epoll.add(start.queue.wake(), EpollEvent::new(EpollFlags::EPOLLIN, QUEUE_TOKEN))?;
        std::thread::Builder::new().name(name).spawn(move || {
            let worker = Worker {
                start,
                clock: std::time::Instant::now(),
                epoll,
                slots: Slots::default(),
                orders: VecDeque::new(),
                expected: HashMap::new(),
                stopping: false,
                tick_at: Instant::ZERO,
                touching: None,
                batch: Batch::new(),
                round: 0,
            };
            worker.run();
        })
    }

    /// Runs until told to stop. A panic ends the stream that caused it, nothing else.
    fn run(mut self) {
        let mut events = vec![EpollEvent::empty(); EVENTS];
        // A stream still on its way here is waited for, so that it too is closed and told.
        while !self.stopping || !self.expected.is_empty() {
            if catch_unwind(AssertUnwindSafe(|| self.round(&mut events))).is_err() {
                self.abandon();
            }
        }
    }

    fn now(&self) -> Instant {
        Instant::from_nanos(u64::try_from(self.clock.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    fn round(&mut self, events: &mut [EpollEvent]) {
        let ready = self.wait(events);
        let mut ordered = !self.orders.is_empty();
        self.round = self.round.wrapping_add(1);
        for event in events.iter().take(ready) {
            match event.data() {
                QUEUE_TOKEN => ordered = true,
                token => self.receive(token),
            }
        }
        // After the sockets: no token of this round may name a stream that was closed in it.
        if ordered {
            self.obey();
        }
        self.tick();
    }

    fn wait(&mut self, events: &mut [EpollEvent]) -> usize {
        let timeout = if !self.orders.is_empty() {
            EpollTimeout::ZERO // a panic left some
        } else if self.slots.is_empty() {
            EpollTimeout::NONE
        } else {
            let left = (self.tick_at - self.now()).as_millis() as u64 + 1;
            EpollTimeout::try_from(Duration::from_millis(left)).unwrap_or(EpollTimeout::ZERO)
        };
        match self.epoll.wait(events, timeout) {
            Ok(ready) => ready,
            Err(Errno::EINTR) => 0,
            Err(error) => {
                // Cannot happen with a descriptor of ours; never spin over it.
                tracing::error!(%error, "waiting for audio failed");
                std::thread::sleep(TICK);
                0
            }
        }
    }

    /// Tells the news of a stream that was touched and notes when it is next due.
    fn settle(&mut self, place: Place) {
        let Some(slot) = self.slots.get_mut(place) else { return };
        while let Some(event) = slot.stream.poll_event() {
            (self.start.on_event)(event);
        }
        if slot.stream.was_rearmed() {
            self.slots.note_due(place);
        }
    }

    fn tick(&mut self) {
        let now = self.now();
        if now < self.tick_at {
            return;
        }
        self.tick_at = now + TICK;
        let mut report = [0; COMPOUND_MAX];
        let mut from = Place::FIRST;
        while let Some(place) = self.slots.next_due(now, from) {
            from = place.next();
            self.touching = Some(place);
            if let Some(slot) = self.slots.get_mut(place) {
                slot.stream.handle_timeout(now);
                if let Some((len, to)) = slot.stream.poll_rtcp(now, &mut report) {
                    slot.rtcp.send(&report[..len], to);
                }
            }
            self.settle(place);
            self.slots.note_due(place);
        }
    }

    /// After a panic: the stream that was being handled is closed, so that it cannot panic again.
    fn abandon(&mut self) {
        let Some(place) = self.touching.take() else { return };
        if let Some(slot) = self.slots.remove(place) {
            let (stream, stats) = (slot.stream.id(), slot.stream.stats());
            tracing::error!(%stream, "a stream was abandoned after a panic");
            drop(slot);
            (self.start.on_event)(MediaEvent::Closed { stream, stats });
        }
    }
}
