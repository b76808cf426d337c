//! Audio threads and their RTP sockets.
//!
//! Owns the sockets and the threads; what a packet means and where it goes is decided by [`media::stream::Stream`].
//! A fixed number of threads share nothing: each has its streams, its epoll and its command queue. Two streams that
//! feed each other live on one thread, so a packet is received, rewritten and sent without a lock, an allocation or
//! another thread.
//!
//! **Invariants:** an audio thread never waits for anything but its sockets; [`Plane`]'s event callback must not block;
//! a stream that is closed has given back both ports before [`MediaEvent::Closed`] is told.

pub mod library;
mod limits;
mod placement;
mod queue;
pub mod recorder;
mod recordings;
mod socket;
mod worker;

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use base::Random;
use media::control::{MediaCommand, MediaEvent};
use media::speech::{SoundState, Sounds, VoiceOptions};
use media::stream::StreamOptions;

use placement::Placement;
use queue::{Order, Queue};
use recorder::Recorder;
use recordings::{Recordings, Target};
use worker::{Start, TapOrder, Worker};

/// How the plane runs.
#[derive(Clone)]
pub struct PlaneOptions {
    /// Audio threads, at least 1.
    pub threads: usize,
    /// A stream that should receive and hears nothing for so long is told as [`MediaEvent::Silent`].
    pub inactivity: Duration,
    /// Each audio thread keeps to one core.
    pub pin: bool,
    /// How the box speaks.
    pub voice: VoiceOptions,
    /// Prompts and music; without it nothing is played.
    pub sounds: Option<Arc<dyn Sounds + Send + Sync>>,
    /// Where recordings go; without it none is made.
    pub recorder: Option<Recorder>,
}

impl Default for PlaneOptions {
    /// A thread per core up to four, 30 s of inactivity.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        PlaneOptions {
            threads: cores.min(THREADS_DEFAULT_MAX),
            inactivity: Duration::from_secs(30),
            pin: false,
            voice: VoiceOptions::default(),
            sounds: None,
            recorder: None,
        }
    }
}

/// A core carries a thousand calls; more threads than this only when asked for.
const THREADS_DEFAULT_MAX: usize = 4;

/// What is told to the owner, from audio threads: it must not block.
pub type OnEvent = Arc<dyn Fn(MediaEvent) + Send + Sync>;

/// A library without a book.
struct NoSounds;

impl Sounds for NoSounds {
    fn sound(&self, _: &str) -> SoundState {
        SoundState::Failed("there is no library".to_owned())
    }
}

/// The running audio plane.
pub struct Plane {
    queues: Vec<Arc<Queue>>,
    placement: Arc<Mutex<Placement>>,
    /// Held while a command is put into the queues, so that all threads see commands in one order. Audio threads never
    /// take it, so waiting for room in a queue while holding it is safe.
    sending: Mutex<()>,
    ignored: Arc<AtomicU64>,
    recordings: Arc<Recordings>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Plane {
    /// Starts the audio threads. Raises the process's limit of open files as far as it may.
    pub fn start(options: PlaneOptions, on_event: OnEvent) -> io::Result<Plane> {
        limits::raise_open_files();
        let mut random = Random::from_seed(limits::entropy()?);
        let count = options.threads.max(1);
        let placement = Arc::new(Mutex::new(Placement::new(count)));
        let ignored = Arc::new(AtomicU64::new(0));
        let queues = (0..count).map(|_| Queue::new().map(Arc::new)).collect::<io::Result<Vec<_>>>()?;
        let clock = std::time::Instant::now();
        let recordings = Arc::new(Recordings::new(options.recorder, clock, Arc::clone(&on_event)));
        let (sending, threads) = (Mutex::default(), Mutex::default());
        let plane = Plane { queues, placement, sending, ignored, recordings, threads };
        let sounds = options.sounds.unwrap_or_else(|| Arc::new(NoSounds));
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        for (n, queue) in plane.queues.iter().enumerate() {
            let mut seed = [0; 32];
            random.fill(&mut seed);
            let start = Start {
                options: StreamOptions { inactivity: options.inactivity },
                queue: Arc::clone(queue),
                on_event: plane.telling(&on_event),
                ignored: Arc::clone(&plane.ignored),
                random: Random::from_seed(seed),
                clock,
                voice: options.voice,
                sounds: Arc::clone(&sounds),
                recorder: plane.recordings.queue(),
                core: options.pin.then_some(n % cores),
            };
            // On an error here the plane is dropped, which stops the threads that run already.
            let thread = Worker::spawn(format!("audio-{n}"), start)?;
            lock(&plane.threads).push(thread);
        }
        Ok(plane)
    }

    /// Obeys `command`; what becomes of it comes as events. Waits only if the audio thread concerned is thousands of
    /// commands behind. A command for a stream that is not open is ignored and counted.
    pub fn send(&self, command: MediaCommand) {
        self.send_all([command]);
    }

    /// Obeys commands in order, waking each audio thread concerned once. Waits as [`Plane::send`] does.
    pub fn send_all(&self, commands: impl IntoIterator<Item = MediaCommand>) {
        let _in_order = lock(&self.sending);
        let mut orders: Vec<Vec<Order>> = self.queues.iter().map(|_| Vec::new()).collect();
        for command in commands {
            if let Some(taps) = self.recordings.obey(&command) {
                for (target, tap) in taps {
                    self.hand_tap(&mut orders, target, tap);
                }
                continue;
            }
            // Held for this line only: a worker takes it to tell that a stream could not be opened, and must not have
            // to wait for a queue to empty.
            let (thread, moves) = lock(&self.placement).place(&command);
            if !moves.is_empty() {
                // What came before goes before; and a stream must be expected before it is given away, which is
                // another thread's doing.
                self.hand_over(&mut orders);
                for one in moves {
                    let (Some(from), Some(to)) = (self.queues.get(one.from), self.queues.get(one.to)) else { continue };
                    to.push_all(vec![Order::Expect(one.stream)]);
                    from.push_all(vec![Order::Release { stream: one.stream, to: Arc::clone(to) }]);
                }
            }
            match thread.and_then(|t| orders.get_mut(t)) {
                Some(orders) => orders.push(Order::Media(command)),
                None => _ = self.ignored.fetch_add(1, Ordering::Relaxed),
            }
        }
        self.hand_over(&mut orders);
    }

    fn hand_tap(&self, orders: &mut [Vec<Order>], target: Target, tap: TapOrder) {
        let (thread, order) = match target {
            Target::Stream(stream) => (lock(&self.placement).thread_of(stream), Order::Tap { stream, tap }),
            Target::Room(room) => (Some(lock(&self.placement).thread_of_room(room)), Order::TapRoom { room, tap }),
        };
        match thread.and_then(|t| orders.get_mut(t)) {
            Some(orders) => orders.push(order),
            None => _ = self.ignored.fetch_add(1, Ordering::Relaxed),
        }
    }

    fn hand_over(&self, orders: &mut [Vec<Order>]) {
        for (queue, orders) in self.queues.iter().zip(orders) {
            queue.push_all(std::mem::take(orders));
        }
    }

    /// Commands that named a stream which was not open.
    pub fn ignored(&self) -> u64 {
        self.ignored.load(Ordering::Relaxed)
    }

    /// Open streams.
    pub fn len(&self) -> usize {
        lock(&self.placement).len()
    }

    /// Whether no stream is open.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Closes all streams, tells [`MediaEvent::Closed`] for each, and ends the threads. The second call does nothing.
    pub fn stop(&self) {
        let threads = std::mem::take(&mut *lock(&self.threads));
        for queue in &self.queues {
            queue.push_beyond_bound(Order::Stop);
        }
        for thread in threads {
            // A panic of the thread has been logged by the thread; the others are still to be joined.
            let _ = thread.join();
        }
        lock(&self.placement).clear();
    }

    /// `on_event`, and forget where a stream was that is no more, also one that nobody asked to close.
    fn telling(&self, on_event: &OnEvent) -> OnEvent {
        let (on_event, placement) = (Arc::clone(on_event), Arc::clone(&self.placement));
        let recordings = Arc::clone(&self.recordings);
        Arc::new(move |event| {
            if let MediaEvent::OpenFailed { stream, .. } | MediaEvent::Closed { stream, .. } = &event {
                lock(&placement).close(*stream);
                recordings.stream_closed(*stream);
            }
            on_event(event);
        })
    }
}

impl Drop for Plane {
    fn drop(&mut self) {
        self.stop();
    }
}

impl std::fmt::Debug for Plane {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plane").field("threads", &self.queues.len()).field("streams", &self.len()).finish()
    }
}

/// The value behind a lock is whole even if another thread panicked while holding it: no one here leaves it half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
