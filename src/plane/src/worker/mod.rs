//! One audio thread: wait, receive, obey, tick.

mod frame;
mod obey;
mod receive;
mod rooms;
mod slots;
mod speech;
mod tap;
mod taps;
mod voice;

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
use media::speech::{PACKET_MAX, Sounds, VoiceOptions};
use media::stream::StreamOptions;
use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};

use crate::OnEvent;
use crate::queue::{Order, Queue};
use crate::recorder::RecorderQueue;
use crate::socket::Batch;
use frame::{Frame, GROUP_TICK, GROUPS};
use obey::Waiting;
use rooms::Rooms;
pub(crate) use slots::Slot;
use slots::{Place, Slots};
pub(crate) use tap::TapOrder;

/// What an audio thread is given.
pub(crate) struct Start {
    pub(crate) options: StreamOptions,
    pub(crate) queue: Arc<Queue>,
    pub(crate) on_event: OnEvent,
    pub(crate) ignored: Arc<AtomicU64>,
    pub(crate) random: Random,
    /// What all threads count the time from.
    pub(crate) clock: std::time::Instant,
    pub(crate) voice: VoiceOptions,
    pub(crate) sounds: Arc<dyn Sounds + Send + Sync>,
    /// The way of recordings out of this thread.
    pub(crate) recorder: Option<RecorderQueue>,
    /// The core that the thread keeps to.
    pub(crate) core: Option<usize>,
}

/// An audio thread and all that it owns.
pub(crate) struct Worker {
    start: Start,
    epoll: Epoll,
    slots: Slots,
    /// Orders taken from the queue and not yet obeyed.
    orders: VecDeque<Order>,
    /// Orders for streams that are on their way from another thread.
    expected: HashMap<StreamId, Vec<Waiting>>,
    stopping: bool,
    tick_at: Instant,
    /// When the last round looked at its timers: near enough to begin the next wait with.
    looked_at: Instant,
    /// Whose packet or command is being handled: who is to blame if it panics.
    touching: Option<Place>,
    batch: Batch,
    /// Counts the rounds; wraps.
    round: u32,
    /// Ticks of the groups that hear and speak; runs only while there are any.
    timer: TimerFd,
    ticking: bool,
    /// When the last tick was due: jitter buffers count by it, not by when the thread got round to it.
    beat: Instant,
    group: usize,
    /// Streams that hear and speak, by group.
    groups: [Vec<Place>; GROUPS],
    rooms: Rooms,
    /// Ticks so far.
    frame_number: u64,
    /// Room for a frame and for a packet, one for the whole thread.
    frame: Option<Box<Frame>>,
    packet: Box<[u8; PACKET_MAX]>,
}

/// Readiness taken by one wait.
const EVENTS: usize = 256;
/// How often timers are looked at: digits end within 0.2 s, all others count in seconds.
const TICK: Duration = Duration::from_millis(50);
/// The epoll token of the command queue; those of sockets are [`Slots`]' affair.
const QUEUE_TOKEN: u64 = u64::MAX;
/// And that of the timer.
const TIMER_TOKEN: u64 = u64::MAX - 1;
/// A report and what secures it.
const REPORT_MAX: usize = COMPOUND_MAX + 32;
/// A beat that is behind by more is no beat.
const BEAT_LATE: Duration = Duration::from_millis(50);
/// Ticks that are made up for when the thread was held up; older ones are left out, and the buffers adapt.
const LATE_TICKS_MAX: u64 = 8;

impl Worker {
    /// Starts the thread. What it owns is made on it, for the buffers of system calls stay on one thread.
    pub(crate) fn spawn(name: String, start: Start) -> io::Result<JoinHandle<()>> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        epoll.add(start.queue.wake(), EpollEvent::new(EpollFlags::EPOLLIN, QUEUE_TOKEN))?;
        let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, TimerFlags::TFD_NONBLOCK | TimerFlags::TFD_CLOEXEC)?;
        epoll.add(&timer, EpollEvent::new(EpollFlags::EPOLLIN, TIMER_TOKEN))?;
        std::thread::Builder::new().name(name).spawn(move || {
            if let Some(core) = start.core
                && let Err(error) = crate::limits::pin_to(core)
            {
                tracing::warn!(%error, core, "an audio thread could not be kept to its core");
            }
            let worker = Worker {
                start,
                epoll,
                slots: Slots::default(),
                orders: VecDeque::new(),
                expected: HashMap::new(),
                stopping: false,
                tick_at: Instant::ZERO,
                looked_at: Instant::ZERO,
                touching: None,
                batch: Batch::new(),
                round: 0,
                timer,
                ticking: false,
                beat: Instant::ZERO,
                group: 0,
                groups: Default::default(),
                rooms: Rooms::default(),
                frame_number: 0,
                frame: Some(Box::new(Frame::silence(audio::Rate::Hz8000))),
                packet: Box::new([0; PACKET_MAX]),
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
        Instant::from_nanos(u64::try_from(self.start.clock.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    fn round(&mut self, events: &mut [EpollEvent]) {
        let ready = self.wait(events);
        let mut ordered = !self.orders.is_empty();
        let mut ticks = 0;
        self.round = self.round.wrapping_add(1);
        for event in events.iter().take(ready) {
            match event.data() {
                QUEUE_TOKEN => ordered = true,
                TIMER_TOKEN => ticks = self.ticks(),
                token => self.receive(token),
            }
        }
        // After the sockets: no token of this round may name a stream that was closed in it.
        if ordered {
            self.obey();
        }
        for _ in 0..ticks {
            self.group = (self.group + 1) % GROUPS;
            self.next_beat();
            self.group_tick(self.beat, self.group);
        }
        self.tick();
        self.wind();
    }

    /// Ticks of the timer since the last.
    fn ticks(&self) -> u64 {
        let mut count = [0; 8];
        match nix::unistd::read(&self.timer, &mut count) {
            Ok(8) => u64::from_ne_bytes(count).min(LATE_TICKS_MAX),
            _ => 0,
        }
    }

    /// The time of the tick that is handled now, as the timer meant it.
    fn next_beat(&mut self) {
        let now = self.now();
        let next = self.beat + GROUP_TICK;
        // After a standstill, or when ticks were left out, the beat is taken up anew.
        self.beat = if next > now || now - next > BEAT_LATE { now } else { next };
    }

    /// The timer runs while anyone hears or speaks.
    fn wind(&mut self) {
        let needed = !self.rooms.is_empty() || self.groups.iter().any(|g| !g.is_empty());
        if needed == self.ticking {
            return;
        }
        let set = if needed {
            let every = Expiration::Interval(TimeSpec::from_duration(GROUP_TICK));
            self.timer.set(every, TimerSetTimeFlags::empty())
        } else {
            self.timer.unset()
        };
        match set {
            Ok(()) => self.ticking = needed,
            // Cannot happen with a descriptor of ours; it is tried again in the next round.
            Err(error) => tracing::error!(%error, "the audio timer could not be set"),
        }
    }

    fn wait(&mut self, events: &mut [EpollEvent]) -> usize {
        let timeout = if !self.orders.is_empty() {
            EpollTimeout::ZERO // a panic left some
        } else if self.slots.is_empty() {
            EpollTimeout::NONE
        } else {
            let left = (self.tick_at - self.looked_at).as_millis() as u64 + 1;
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
        let mut key = None;
        while let Some(event) = slot.stream.poll_event() {
            if let MediaEvent::Digit { digit, duration, .. } = &event {
                key = Some((*digit, *duration));
            }
            (self.start.on_event)(event);
        }
        if slot.stream.was_rearmed() {
            self.slots.note_due(place);
        }
        if let Some((digit, duration)) = key {
            self.key_heard(place, digit, duration);
        }
    }

    fn tick(&mut self) {
        let now = self.now();
        self.looked_at = now;
        if now < self.tick_at {
            return;
        }
        self.tick_at = now + TICK;
        let mut report = [0; REPORT_MAX];
        let mut from = Place::FIRST;
        while let Some(place) = self.slots.next_due(now, from) {
            from = place.next();
            self.touching = Some(place);
            if let Some(slot) = self.slots.get_mut(place) {
                slot.stream.handle_timeout(now);
                if let Some((len, to)) = slot.stream.poll_rtcp(now, &mut report) {
                    slot.send_rtcp(&mut report, len, to);
                }
            }
            self.settle(place);
            self.slots.note_due(place);
        }
    }

    /// After a panic: the stream that was being handled is closed, so that it cannot panic again.
    fn abandon(&mut self) {
        self.frame.get_or_insert_with(|| Box::new(Frame::silence(audio::Rate::Hz8000)));
        self.list_all();
        let Some(place) = self.touching.take() else { return };
        if let Some(slot) = self.slots.remove(place) {
            self.unlist(place);
            let (stream, stats) = (slot.stream.id(), slot.stream.stats());
            tracing::error!(%stream, "a stream was abandoned after a panic");
            drop(slot);
            (self.start.on_event)(MediaEvent::Closed { stream, stats });
        }
    }
}
