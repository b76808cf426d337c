//! Recordings: written beside the audio threads, never by them.
//!
//! An audio thread copies each piece of sound into a ring of its own ([`RecorderQueue`]) and goes on. The *drain*
//! empties the rings, brings the sound to its place in time and makes a capture of it: WAV, which is playable however
//! suddenly it ends. The *disk* writes captures, makes them durable, and is the only one that waits. The *converter*
//! makes Ogg Opus of complete captures in its own time.
//!
//! **Invariants:** no audio thread waits, allocates or locks for a packet; a crash costs less than two seconds of a
//! recording; of each recording that was opened exactly one end is told; nothing that is to be encrypted is on the disk
//! in the clear, not even for a moment.

mod convert;
mod disk;
mod drain;
mod folder;
mod pauses;
mod plain;
mod ring;
mod session;
mod track;
mod vault;

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use audio::Rate;
use base::{Instant, RecordingId};
use media::control::{Codec, RecordingEnd, RecordingFile};
use media::{RtpTimestamp, SeqNo};

use convert::Converter;
use disk::{Disk, DiskOrder, capture_ending};
use drain::{Desk, Drain, Order, kind};
use folder::{Folder, OPUS_PART, OPUS_TEMPORARY, WAV_PART};
use ring::{Head, Ring, words};

pub use plain::{Plain, open_plain};
pub use vault::Key;

/// How recordings are kept.
#[derive(Clone)]
pub struct RecorderOptions {
    /// Where; made if it is not there.
    pub folder: PathBuf,
    /// The box's key, for recordings that are to be encrypted; without it they are refused.
    pub key: Option<Key>,
    /// Octets of the disk that recordings leave to others: below that they end, and none begins.
    pub reserve_octets: u64,
    /// Threads that make captures; one does for some thousand calls.
    pub threads: usize,
}

/// Where recordings are read, for whoever plays them.
#[derive(Clone)]
pub struct RecordingSource {
    /// Their folder.
    pub folder: PathBuf,
    /// The box's key, for those under it.
    pub key: Option<Key>,
}

impl std::fmt::Debug for RecordingSource {
    /// Without the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordingSource").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// What is told of each recording, once, from threads of the recorder: it must not block.
pub type OnEnd = Arc<dyn Fn(RecordingId, RecordingEnd) + Send + Sync>;

/// The recorder. Clones are the same one.
#[derive(Clone)]
pub struct Recorder {
    inner: Arc<Inner>,
}

struct Inner {
    folder: Arc<Folder>,
    desks: Vec<Arc<Desk>>,
    disk: Mutex<Option<Sender<DiskOrder>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// Captures that were there at the start.
    leftover: Mutex<Vec<String>>,
    stopping: Arc<AtomicBool>,
}

/// How it ends.
#[derive(Clone, Copy)]
enum Stopping {
    /// All recordings are brought to an end.
    Finish,
    /// All is left as it is, as by a crash.
    Abandon,
}

/// What the threads share of one recording.
struct Shared {
    /// Pieces that found no room.
    dropped: AtomicU32,
    /// It cannot go on.
    failed: AtomicBool,
    problem: Mutex<Option<String>>,
    /// How its capture's name ends.
    ending: &'static str,
}

impl Shared {
    fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    /// It cannot go on; the first reason counts.
    fn fail(&self, problem: String) {
        let mut known = self.problem.lock().unwrap_or_else(PoisonError::into_inner);
        known.get_or_insert(problem);
        self.failed.store(true, Ordering::Release);
    }

    fn problem(&self) -> Option<String> {
        self.problem.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Recorder {
    /// Starts the threads. Call [`Recorder::recover`] once everything that hears `on_end` is ready.
    pub fn start(options: RecorderOptions, on_end: OnEnd) -> io::Result<Recorder> {
        let folder = Arc::new(Folder::open(&options.folder)?);
        let mut leftover = Vec::new();
        folder.walk(|name, _| {
            if [OPUS_PART, WAV_PART, OPUS_TEMPORARY].iter().any(|ending| name.ends_with(ending)) {
                leftover.push(name.to_owned());
            }
        })?;
        let (disk, orders) = channel();
        let (jobs, waiting) = channel();
        let (pending, stopping) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let recorder = Recorder {
            inner: Arc::new(Inner {
                folder: Arc::clone(&folder),
                desks: (0..options.threads.max(1)).map(|_| Arc::default()).collect(),
                disk: Mutex::new(Some(disk.clone())),
                threads: Mutex::default(),
                leftover: Mutex::new(leftover),
                stopping: Arc::clone(&stopping),
            }),
        };
        let converter =
            Converter { folder: Arc::clone(&folder), key: options.key, on_end: Arc::clone(&on_end), stopping };
        let disk_thread = Disk {
            folder,
            key: options.key,
            reserve_octets: options.reserve_octets,
            on_end,
            jobs,
            pending: Arc::clone(&pending),
            captures: HashMap::new(),
            full: false,
            created: false,
        };
        // On an error the recorder is dropped, which ends the threads that run already.
        recorder.inner.spawn("recorder-opus", move || converter.run(&waiting))?;
        recorder.inner.spawn("recorder-disk", move || disk_thread.run(&orders))?;
        for desk in &recorder.inner.desks {
            let drain = Drain::new(Arc::clone(desk), disk.clone(), Arc::clone(&pending));
            recorder.inner.spawn("recorder", move || drain.run())?;
        }
        Ok(recorder)
    }

    /// Completes what the box left unfinished when it last stopped; says which recordings, of each of which the end is
    /// told in time. Captures whose names tell no recording are completed as well.
    pub fn recover(&self) -> Vec<RecordingId> {
        let leftover = std::mem::take(&mut *lock(&self.inner.leftover));
        let disk = lock(&self.inner.disk);
        let mut recordings = Vec::new();
        for capture in leftover {
            let recording = recording_of(&capture);
            if !capture.ends_with(OPUS_TEMPORARY) {
                recordings.extend(recording);
            }
            if let Some(disk) = &*disk {
                let _ = disk.send(DiskOrder::Recover { recording, capture });
            }
        }
        recordings
    }

    /// A way into the recorder for one audio thread.
    pub fn queue(&self) -> RecorderQueue {
        let ring = |desk: &Arc<Desk>| {
            let ring = Arc::new(Ring::new());
            desk.add_ring(Arc::clone(&ring));
            ring
        };
        RecorderQueue { rings: self.inner.desks.iter().map(ring).collect() }
    }

    /// Begins a recording at `at`, the beginning of its time, with one or two channels. Does not wait; whatever is
    /// wrong is told as its end. It ends by [`Tap::stop`], when its last tap is dropped, or when it has lasted long
    /// enough.
    pub fn open(&self, recording: RecordingId, file: RecordingFile, channels: u8, at: Instant) -> Tap {
        let shared = Arc::new(Shared {
            dropped: AtomicU32::new(0),
            failed: AtomicBool::new(false),
            problem: Mutex::default(),
            ending: capture_ending(file.format),
        });
        let desk = recording.0 as usize % self.inner.desks.len();
        let desk_of = Arc::clone(&self.inner.desks[desk]);
        desk_of.order(Order::Open { recording, file, channels, at, shared: Arc::clone(&shared) });
        Tap { inner: Arc::new(TapInner { recording, desk, desk_of, shared }) }
    }

    /// Removes a finished recording's file ([`RecordingEnd::file`]).
    pub fn remove(&self, file: &str) -> io::Result<()> {
        self.inner.folder.remove(file)
    }

    /// Finished recordings whose names begin so. Walks the folder: not for every page view.
    pub fn files(&self, beginning: &str) -> io::Result<Vec<String>> {
        let mut files = Vec::new();
        self.inner.folder.walk(|name, _| {
            let finished = [folder::OPUS, folder::WAV].iter().any(|ending| name.ends_with(ending));
            if finished && name.starts_with(beginning) {
                files.push(name.to_owned());
            }
        })?;
        Ok(files)
    }

    /// Octets of all files in the folder. Walks it: not for every page view.
    pub fn folder_octets(&self) -> io::Result<u64> {
        let mut sum = 0u64;
        self.inner.folder.walk(|_, octets| sum = sum.saturating_add(octets))?;
        Ok(sum)
    }

    /// Ends all recordings and the threads; returns when the captures are complete and durable. What was still to be
    /// converted is when the box starts again. The second call does nothing.
    pub fn stop(&self) {
        self.inner.end(Stopping::Finish);
    }
}

impl Inner {
    fn spawn(&self, name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(work)?;
        lock(&self.threads).push(thread);
        Ok(())
    }

    fn end(&self, how: Stopping) {
        self.stopping.store(true, Ordering::Relaxed);
        lock(&self.disk).take();
        self.desks.iter().for_each(|desk| desk.stop(how));
        let threads = std::mem::take(&mut *lock(&self.threads));
        // Whoever is told of an end may hold the last recorder: a thread does not wait for itself, nor for those that
        // wait for it.
        if threads.iter().any(|thread| thread.thread().id() == std::thread::current().id()) {
            return;
        }
        for thread in threads {
            // A panic of the thread has been logged by the thread.
            let _ = thread.join();
        }
    }
}

impl Drop for Inner {
    /// Without [`Recorder::stop`] before, running captures stay as they are, to be recovered.
    fn drop(&mut self) {
        self.end(Stopping::Abandon);
    }
}

/// The way of one audio thread into the recorder: it alone may use it. Whatever finds no room is counted as dropped.
pub struct RecorderQueue {
    rings: Vec<Arc<Ring>>,
}

/// A packet as it came.
#[derive(Clone, Copy, Debug)]
pub struct TapPacket<'a> {
    /// When it came.
    pub at: Instant,
    /// The payload's coding. Digits and comfort noise are no sound and are left out.
    pub codec: Codec,
    /// RTP sequence number.
    pub seq: SeqNo,
    /// RTP timestamp.
    pub timestamp: RtpTimestamp,
    /// RTP payload, at most 1,920 octets.
    pub payload: &'a [u8],
}

impl RecorderQueue {
    /// Records a packet on `channel` (0 left, 1 right). Costs the copy.
    pub fn packet(&mut self, tap: &Tap, channel: u8, packet: TapPacket<'_>) {
        let kind = match packet.codec {
            Codec::Pcmu => kind::PCMU,
            Codec::Pcma => kind::PCMA,
            Codec::G722 => kind::G722,
            Codec::Opus => kind::OPUS,
            Codec::G729 => kind::G729,
            Codec::TelephoneEvent | Codec::TelephoneEvent48k | Codec::ComfortNoise => return,
        };
        let (seq, timestamp) = (packet.seq.0, packet.timestamp.0);
        let head = Head { recording: tap.inner.recording.0, at: packet.at.as_nanos(), channel, kind, seq, timestamp };
        self.write(tap, head, packet.payload.len(), words(packet.payload));
    }

    /// Records samples on `channel`: 20 ms as a rule, at most 960 samples; `at` is when their first was due.
    pub fn frame(&mut self, tap: &Tap, channel: u8, at: Instant, rate: Rate, samples: &[i16]) {
        let kind = match rate {
            Rate::Hz8000 => kind::HZ_8000,
            Rate::Hz16000 => kind::HZ_16000,
            Rate::Hz48000 => kind::HZ_48000,
        };
        let head = Head { recording: tap.inner.recording.0, at: at.as_nanos(), channel, kind, seq: 0, timestamp: 0 };
        let words = samples
            .chunks(4)
            .map(|four| four.iter().rev().fold(0u64, |word, sample| word << 16 | u64::from(*sample as u16)));
        self.write(tap, head, samples.len() * 2, words);
    }

    fn write(&mut self, tap: &Tap, head: Head, octets: usize, payload: impl Iterator<Item = u64>) {
        let written = self.rings.get(tap.inner.desk).is_some_and(|ring| ring.write(head, octets, payload));
        if !written {
            tap.inner.shared.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A running recording. Clones are the same one; they may go to other threads.
#[derive(Clone)]
pub struct Tap {
    inner: Arc<TapInner>,
}

struct TapInner {
    recording: RecordingId,
    /// Which thread drains it.
    desk: usize,
    desk_of: Arc<Desk>,
    shared: Arc<Shared>,
}

impl Tap {
    /// Which.
    pub fn recording(&self) -> RecordingId {
        self.inner.recording
    }

    /// Leaves out what is heard from `at` on, or no longer does. Takes a lock, for a moment.
    pub fn pause(&self, on: bool, at: Instant) {
        self.inner.order(Order::Pause { recording: self.inner.recording, on, at });
    }

    /// Ends it at `at`. Takes a lock, for a moment.
    pub fn stop(&self, at: Instant) {
        self.inner.order(Order::Stop { recording: self.inner.recording, at: Some(at) });
    }

    /// Pieces that were dropped so far because the recorder was too slow.
    pub fn dropped(&self) -> u32 {
        self.inner.shared.dropped.load(Ordering::Relaxed)
    }

    /// False once it has ended by itself: the disk failed or is nearly full.
    pub fn is_running(&self) -> bool {
        !self.inner.shared.has_failed()
    }
}

impl TapInner {
    /// One that failed has been ended by the drain.
    fn order(&self, order: Order) {
        if !self.shared.has_failed() {
            self.desk_of.order(order);
        }
    }
}

impl Drop for TapInner {
    fn drop(&mut self) {
        self.order(Order::Stop { recording: self.recording, at: None });
    }
}

impl std::fmt::Debug for RecorderOptions {
    /// Without the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecorderOptions").field("folder", &self.folder).field("key", &self.key.is_some()).finish()
    }
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder").field("threads", &self.inner.desks.len()).finish()
    }
}

impl std::fmt::Debug for RecorderQueue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecorderQueue").field("rings", &self.rings.len()).finish()
    }
}

impl std::fmt::Debug for Tap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tap").field("recording", &self.inner.recording).finish()
    }
}

/// The recording that a capture's name tells: its last part is the id as it is printed.
fn recording_of(capture: &str) -> Option<RecordingId> {
    let leaf = capture.rsplit('/').next()?.split('.').next()?;
    leaf.strip_prefix("rec")?.parse().ok().map(RecordingId)
}

/// The value behind a lock is whole even if another thread panicked while holding it: no one here leaves it half done.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
