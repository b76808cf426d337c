//! The thread that empties the audio threads' rings and makes captures of what was in them.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use audio::Rate;
use base::{Instant, RecordingId};
use media::control::{Codec, RecordingEnd, RecordingFile};
use media::{RtpTimestamp, SeqNo};

use super::disk::DiskOrder;
use super::ring::{Head, Ring};
use super::session::Session;
use super::track::What;
use super::{Shared, Stopping};

/// What the owner of a recording asks for. Rare: a lock is taken for it.
pub(super) enum Order {
    Open {
        recording: RecordingId,
        file: RecordingFile,
        channels: u8,
        at: Instant,
        shared: Arc<Shared>,
    },
    Pause {
        recording: RecordingId,
        on: bool,
        at: Instant,
    },
    /// Without a time: now.
    Stop {
        recording: RecordingId,
        at: Option<Instant>,
    },
}

/// How the thread is spoken to.
#[derive(Default)]
pub(super) struct Desk {
    inbox: Mutex<Inbox>,
    bell: Condvar,
}

#[derive(Default)]
struct Inbox {
    orders: Vec<Order>,
    rings: Vec<Arc<Ring>>,
    stopping: Option<Stopping>,
}

impl Desk {
    pub(super) fn order(&self, order: Order) {
        // At most one to open, pause or stop per command of the exchange, and emptied 25 times a second.
        self.tell(|inbox| inbox.orders.push(order));
    }

    pub(super) fn add_ring(&self, ring: Arc<Ring>) {
        self.tell(|inbox| inbox.rings.push(ring));
    }

    pub(super) fn stop(&self, how: Stopping) {
        self.tell(|inbox| _ = inbox.stopping.get_or_insert(how));
    }

    fn tell(&self, change: impl FnOnce(&mut Inbox)) {
        change(&mut self.inbox.lock().unwrap_or_else(PoisonError::into_inner));
        self.bell.notify_one();
    }

    /// What has come; waits for something if told to.
    fn take(&self, wait: bool) -> Inbox {
        let mut inbox = self.inbox.lock().unwrap_or_else(PoisonError::into_inner);
        while wait && inbox.orders.is_empty() && inbox.stopping.is_none() {
            inbox = self.bell.wait(inbox).unwrap_or_else(PoisonError::into_inner);
        }
        Inbox {
            orders: std::mem::take(&mut inbox.orders),
            rings: std::mem::take(&mut inbox.rings),
            stopping: inbox.stopping,
        }
    }
}

/// How long it sleeps while anything is recorded.
const NAP: Duration = Duration::from_millis(40);
/// Recordings at once.
const RECORDINGS_MAX: usize = 4_096;
/// Octets on their way to the disk at most: some seconds of a thousand recordings. What comes on top is silence.
pub(super) const PENDING_MAX: usize = 64 << 20;
/// Octets of silence written at a time in place of what was left out.
const SILENCE_PIECE: usize = 1 << 20;

/// The thread's work.
pub(super) struct Drain {
    pub(super) desk: Arc<Desk>,
    pub(super) disk: Sender<DiskOrder>,
    pub(super) pending: Arc<AtomicUsize>,
    rings: Vec<Arc<Ring>>,
    running: HashMap<u64, Running>,
    clock: Clock,
}

struct Running {
    session: Session,
    outlet: Outlet,
}

impl Running {
    fn guarded(&mut self, work: impl FnOnce(&mut Session)) {
        if catch_unwind(AssertUnwindSafe(|| work(&mut self.session))).is_err() {
            self.outlet.shared.fail(FAULT.to_owned());
        }
    }
}

/// The problem of a recording whose handling panicked.
const FAULT: &str = "a fault in the recorder ended it";

/// The way of a capture to the disk.
struct Outlet {
    shared: Arc<Shared>,
    /// Octets that were left out because the disk was too slow, to be made up for by silence.
    owed: usize,
    /// The header is on its way: it alone is never left out.
    begun: bool,
    /// The octet of silence.
    silence: u8,
}

impl Outlet {
    /// Sends `octets`, or notes that they were left out.
    fn send(&mut self, recording: RecordingId, octets: Vec<u8>, disk: &Sender<DiskOrder>, pending: &AtomicUsize) {
        if octets.is_empty() || self.shared.has_failed() {
            return;
        }
        if !self.begun {
            self.begun = true;
            // RIFF WAVE: the format tag; 7 is µ-law, whose silence is 0xFF.
            self.silence = if octets.get(20) == Some(&7) { 0xFF } else { 0 };
        } else if pending.load(Ordering::Relaxed) + octets.len() > PENDING_MAX {
            self.owed += octets.len();
            // Frames of 20 ms: µ-law at 8 kHz, or 16 bits at 16 kHz.
            let frame = if self.silence == 0 { 640 } else { 160 };
            self.shared.dropped.fetch_add((octets.len() / frame) as u32, Ordering::Relaxed);
            return;
        }
        while self.owed > 0 {
            let piece = self.owed.min(SILENCE_PIECE);
            self.owed -= piece;
            put(recording, vec![self.silence; piece], disk, pending);
        }
        put(recording, octets, disk, pending);
    }
}

fn put(recording: RecordingId, octets: Vec<u8>, disk: &Sender<DiskOrder>, pending: &AtomicUsize) {
    pending.fetch_add(octets.len(), Ordering::Relaxed);
    // The disk's thread outlives this one.
    let _ = disk.send(DiskOrder::Write { recording, octets });
}

impl Drain {
    pub(super) fn new(desk: Arc<Desk>, disk: Sender<DiskOrder>, pending: Arc<AtomicUsize>) -> Drain {
        Drain { desk, disk, pending, rings: Vec::new(), running: HashMap::new(), clock: Clock::new() }
    }

    /// Works until it is told to stop.
    pub(super) fn run(mut self) {
        loop {
            let inbox = self.desk.take(self.running.is_empty());
            self.rings.extend(inbox.rings);
            // What is opened may already be in the rings; what is paused is told by its time; what is stopped was told
            // to stop after the last of it went into a ring.
            let (stops, others): (Vec<Order>, Vec<Order>) =
                inbox.orders.into_iter().partition(|order| matches!(order, Order::Stop { .. }));
            others.into_iter().for_each(|order| self.obey(order));
            self.read_rings();
            stops.into_iter().for_each(|order| self.obey(order));
            self.advance();
            match inbox.stopping {
                None => std::thread::sleep(NAP),
                Some(Stopping::Finish) => {
                    let now = self.clock.now();
                    let all: Vec<u64> = self.running.keys().copied().collect();
                    all.into_iter().for_each(|recording| self.finish(recording, now));
                    return;
                }
                Some(Stopping::Abandon) => return,
            }
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Open { recording, file, channels, at, shared } => {
                self.clock.observe(at);
                if self.running.contains_key(&recording.0) {
                    tracing::error!(%recording, "recorded already");
                    // So that its taps do not end the other one.
                    return shared.fail("recorded already".to_owned());
                }
                if self.running.len() >= RECORDINGS_MAX {
                    shared.fail("too many recordings at once".to_owned());
                }
                let session = Session::new(file.clone(), channels, at);
                let outlet = Outlet { shared: Arc::clone(&shared), owed: 0, begun: false, silence: 0 };
                // The disk is there until this thread is gone.
                let _ = self.disk.send(DiskOrder::Open { recording, file, shared });
                self.running.insert(recording.0, Running { session, outlet });
            }
            Order::Pause { recording, on, at } => {
                if let Some(running) = self.running.get_mut(&recording.0) {
                    running.session.pause(on, at);
                    let (name, pauses) = (running.session.file.name.clone(), running.session.pauses());
                    let _ = self.disk.send(DiskOrder::Pause { recording, name, pauses });
                }
            }
            Order::Stop { recording, at } => self.finish(recording.0, at.unwrap_or_else(|| self.clock.now())),
        }
    }

    fn read_rings(&mut self) {
        let Drain { rings, running, clock, .. } = self;
        for ring in &*rings {
            let mut latest = None;
            ring.read(|head, payload| {
                latest = Some(head.at);
                let running = running.get_mut(&head.recording).filter(|running| !running.outlet.shared.has_failed());
                if let (Some(running), Some(what)) = (running, what(head, payload)) {
                    // A decoder that panics over a packet ends one recording, not all.
                    running.guarded(|session| session.add(head.channel, Instant::from_nanos(head.at), what));
                }
            });
            if let Some(at) = latest {
                clock.observe(Instant::from_nanos(at));
            }
        }
        // A ring that only this thread still knows is empty for good.
        rings.retain(|ring| Arc::strong_count(ring) > 1);
    }

    fn advance(&mut self) {
        let now = self.clock.now();
        let mut over = Vec::new();
        for (recording, running) in &mut self.running {
            let mut octets = Vec::new();
            running.guarded(|session| session.advance(now, &mut octets));
            running.outlet.send(RecordingId(*recording), octets, &self.disk, &self.pending);
            if running.outlet.shared.has_failed() {
                over.push((*recording, now));
            } else if running.session.is_over(now) {
                over.push((*recording, running.session.limit()));
            }
        }
        over.into_iter().for_each(|(recording, at)| self.finish(recording, at));
    }

    fn finish(&mut self, recording: u64, at: Instant) {
        let Some(Running { mut session, mut outlet }) = self.running.remove(&recording) else { return };
        let (recording, name, mut octets) = (RecordingId(recording), session.file.name.clone(), Vec::new());
        session.lose(outlet.shared.dropped.load(Ordering::Relaxed));
        let ended = catch_unwind(AssertUnwindSafe(|| session.finish(at, &mut octets)));
        let (writer, end) = ended.unwrap_or_else(|_| {
            outlet.shared.fail(FAULT.to_owned());
            (None, RecordingEnd::default())
        });
        outlet.send(recording, octets, &self.disk, &self.pending);
        let _ = self.disk.send(DiskOrder::Finish { recording, name, writer, end });
    }
}

/// What a record of a ring stands for.
fn what(head: Head, payload: &[u8]) -> Option<What> {
    let frame = |rate| {
        let samples = payload.as_chunks().0.iter().map(|sample| i16::from_le_bytes(*sample)).collect();
        Some(What::Frame { rate, samples })
    };
    let codec = match head.kind {
        kind::HZ_8000 => return frame(Rate::Hz8000),
        kind::HZ_16000 => return frame(Rate::Hz16000),
        kind::HZ_48000 => return frame(Rate::Hz48000),
        kind::PCMU => Codec::Pcmu,
        kind::PCMA => Codec::Pcma,
        kind::G722 => Codec::G722,
        kind::OPUS => Codec::Opus,
        kind::G729 => Codec::G729,
        _ => return None,
    };
    let (seq, timestamp) = (SeqNo(head.seq), RtpTimestamp(head.timestamp));
    Some(What::Packet { codec, seq, timestamp, payload: payload.to_vec() })
}

/// What is in a record, as a number.
pub(super) mod kind {
    pub(in super::super) const HZ_8000: u8 = 1;
    pub(in super::super) const HZ_16000: u8 = 2;
    pub(in super::super) const HZ_48000: u8 = 3;
    pub(in super::super) const PCMU: u8 = 4;
    pub(in super::super) const PCMA: u8 = 5;
    pub(in super::super) const G722: u8 = 6;
    pub(in super::super) const OPUS: u8 = 7;
    pub(in super::super) const G729: u8 = 8;
}

/// The audio threads' clock as seen from here: their times arrive late, never early, so the least late one tells it.
struct Clock {
    started: std::time::Instant,
    /// Nanoseconds that their clock is ahead of ours.
    ahead: i64,
}

impl Clock {
    fn new() -> Clock {
        Clock { started: std::time::Instant::now(), ahead: i64::MIN }
    }

    fn elapsed(&self) -> i64 {
        i64::try_from(self.started.elapsed().as_nanos()).unwrap_or(i64::MAX)
    }

    fn observe(&mut self, at: Instant) {
        let at = i64::try_from(at.as_nanos()).unwrap_or(i64::MAX);
        self.ahead = self.ahead.max(at.saturating_sub(self.elapsed()));
    }

    fn now(&self) -> Instant {
        Instant::from_nanos(u64::try_from(self.elapsed().saturating_add(self.ahead)).unwrap_or(0))
    }
}
