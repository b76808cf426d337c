//! The thread that waits for the disk, so that no other does.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use audio::file::WavWriter;
use base::RecordingId;
use media::control::{RecordingEnd, RecordingFile, RecordingFormat};

use super::convert::Job;
use super::folder::{Folder, OPUS_PART, WAV, WAV_PART};
use super::pauses::{self, Pauses};
use super::plain::complete;
use super::vault::{self, Key};
use super::{OnEnd, Shared};

/// What it is told, in order.
pub(super) enum DiskOrder {
    /// A recording begins.
    Open { recording: RecordingId, file: RecordingFile, shared: Arc<Shared> },
    /// More of its capture.
    Write { recording: RecordingId, octets: Vec<u8> },
    /// Its pauses so far.
    Pause { recording: RecordingId, name: String, pauses: Pauses },
    /// It is over; without a writer nothing was ever heard.
    Finish { recording: RecordingId, name: String, writer: Option<WavWriter>, end: RecordingEnd },
    /// A capture that the box left when it stopped.
    Recover { recording: Option<RecordingId>, capture: String },
}

/// What was written and is not yet durable is made so after this. With the drain's lag, its block and its nap a crash
/// costs less than two seconds.
const SYNC: Duration = Duration::from_millis(700);
/// How often the free space is looked at.
const GUARD: Duration = Duration::from_secs(2);
/// From so many files on the whole disk is made durable at once, which is one journal commit and not as many.
const SYNC_EACH_MAX: usize = 8;

/// The thread's work.
pub(super) struct Disk {
    pub(super) folder: Arc<Folder>,
    pub(super) key: Option<Key>,
    pub(super) reserve_octets: u64,
    pub(super) on_end: OnEnd,
    pub(super) jobs: Sender<Job>,
    /// Octets on their way here.
    pub(super) pending: Arc<AtomicUsize>,
    pub(super) captures: HashMap<RecordingId, Capture>,
    pub(super) full: bool,
    /// Files were made since the disk was last made durable.
    pub(super) created: bool,
}

/// A capture that grows.
pub(super) struct Capture {
    /// None where it could not be made.
    file: Option<File>,
    vault: Option<vault::Writer>,
    shared: Arc<Shared>,
    dirty: bool,
}

impl Disk {
    /// Works until nobody can send orders any more.
    pub(super) fn run(mut self, orders: &Receiver<DiskOrder>) {
        let (mut sync_at, mut guard_at) = (Instant::now() + SYNC, Instant::now());
        loop {
            let now = Instant::now();
            if now >= guard_at {
                self.guard();
                guard_at = now + GUARD;
            }
            if now >= sync_at {
                self.sync();
                sync_at = Instant::now() + SYNC;
            }
            // With nothing to keep durable only an order, or a look at the free space from time to time, is worth waking.
            let until = if self.captures.is_empty() { guard_at + 10 * GUARD } else { sync_at.min(guard_at) };
            match orders.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(order) => self.obey(order),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.sync(),
            }
        }
    }

    fn obey(&mut self, order: DiskOrder) {
        match order {
            DiskOrder::Open { recording, file, shared } => self.open(recording, &file, shared),
            DiskOrder::Write { recording, octets } => {
                self.pending.fetch_sub(octets.len(), Ordering::Relaxed);
                let Some(capture) = self.captures.get_mut(&recording) else { return };
                if let Err(error) = capture.write(&octets) {
                    tracing::warn!(%recording, %error, "a recording cannot be written on");
                    capture.shared.fail(format!("the disk failed: {error}"));
                }
            }
            DiskOrder::Pause { recording, name, pauses } => {
                // Without a capture there is nothing to remember pauses for.
                if self.captures.get(&recording).is_none_or(|capture| capture.file.is_none()) {
                    return;
                }
                self.created = true;
                if let Err(error) = pauses::keep(&self.folder, &name, &pauses) {
                    tracing::warn!(%recording, %error, "a crash would forget when a recording was paused");
                }
            }
            DiskOrder::Finish { recording, name, writer, end } => self.finish(recording, name, writer, end),
            DiskOrder::Recover { recording, capture } => self.recover(recording, &capture),
        }
    }

    fn open(&mut self, recording: RecordingId, file: &RecordingFile, shared: Arc<Shared>) {
        let mut capture = Capture { file: None, vault: None, shared, dirty: false };
        // The free space was looked at some time ago if nothing was recorded since.
        if self.captures.is_empty() {
            self.guard();
        }
        let made = match (file.encrypted, self.key) {
            _ if capture.shared.has_failed() => Err(String::new()),
            _ if self.full => Err("the disk is nearly full".to_owned()),
            (true, None) => Err("it is to be encrypted, and there is no key".to_owned()),
            (encrypted, key) => capture.begin(&self.folder, file, key.filter(|_| encrypted)).map_err(|e| e.to_string()),
        };
        if let Err(problem) = made {
            tracing::warn!(%recording, %problem, "a recording could not begin");
            capture.shared.fail(problem);
        }
        self.created = true;
        self.captures.insert(recording, capture);
    }

    fn finish(&mut self, recording: RecordingId, name: String, writer: Option<WavWriter>, mut end: RecordingEnd) {
        let capture = self.captures.remove(&recording);
        let problem = capture.as_ref().and_then(|capture| capture.shared.problem());
        end.problem = problem.or(end.problem);
        let Some(ending) = capture.and_then(|capture| capture.file.map(|_| capture.shared.ending)) else {
            end.duration_ms = 0;
            return (self.on_end)(recording, end);
        };
        let part = format!("{name}{ending}");
        if writer.is_none() && end.problem.is_none() {
            end.problem = Some("nothing was heard".to_owned());
        }
        self.conclude(Some(recording), &name, &part, end);
    }

    /// Completes the capture `part` and tells, or has it converted.
    fn conclude(&mut self, recording: Option<RecordingId>, name: &str, part: &str, mut end: RecordingEnd) {
        match complete(&self.folder, part, self.key.as_ref()) {
            Ok(None) => {
                // Not one sample: nothing worth a file.
                let _ = self.folder.remove(part);
                end.duration_ms = 0;
                end.problem.get_or_insert_with(|| "nothing was heard".to_owned());
            }
            Ok(Some(completed)) => {
                end.duration_ms = u32::try_from(completed.duration_ms).unwrap_or(u32::MAX);
                end.octets = completed.octets;
                if part.ends_with(OPUS_PART) {
                    // Nobody to send to: the box stops, and finds the capture when it starts again.
                    let _ = self.jobs.send(Job { recording, name: name.to_owned(), end });
                    return;
                }
                end.file = format!("{name}{WAV}");
                if let Err(error) = self.folder.rename(part, &end.file) {
                    tracing::error!(%name, %error, "a recording could not get its name");
                    end =
                        RecordingEnd { problem: Some(format!("the disk failed: {error}")), ..RecordingEnd::default() };
                }
            }
            Err(error) => {
                tracing::error!(%name, %error, "a recording could not be completed");
                end = RecordingEnd { problem: Some(format!("it could not be completed: {error}")), ..end };
            }
        }
        pauses::forget(&self.folder, name);
        if let Some(recording) = recording {
            (self.on_end)(recording, end);
        }
    }

    fn recover(&mut self, recording: Option<RecordingId>, part: &str) {
        let Some(name) = part.strip_suffix(OPUS_PART).or(part.strip_suffix(WAV_PART)) else {
            // A conversion that was not finished: its capture is here, too.
            let _ = self.folder.remove(part);
            return;
        };
        let completed = complete(&self.folder, part, self.key.as_ref()).ok().flatten();
        let cut = completed.as_ref().is_none_or(|completed| completed.cut);
        let duration_ms = completed.map_or(0, |completed| u32::try_from(completed.duration_ms).unwrap_or(u32::MAX));
        let pauses = pauses::kept(&self.folder, name, duration_ms);
        let problem = cut.then(|| "the box stopped while it was recorded".to_owned());
        tracing::info!(%name, cut, "a recording left over is completed");
        self.conclude(recording, name, part, RecordingEnd { pauses, problem, ..RecordingEnd::default() });
    }

    /// Makes durable what was written.
    fn sync(&mut self) {
        let mut dirty: Vec<&mut Capture> = self.captures.values_mut().filter(|capture| capture.dirty).collect();
        // A new file needs its folders durable as well, which may be new themselves.
        if self.created || dirty.len() > SYNC_EACH_MAX {
            match self.folder.sync() {
                Ok(()) => {
                    dirty.iter_mut().for_each(|capture| capture.dirty = false);
                    self.created = false;
                }
                Err(error) => tracing::error!(%error, "recordings could not be made durable"),
            }
            return;
        }
        for capture in dirty {
            capture.dirty = false;
            if let Some(Err(error)) = capture.file.as_ref().map(File::sync_data) {
                // After a failed sync nobody knows what is on the disk (fsync(2)): it ends here.
                capture.shared.fail(format!("the disk failed: {error}"));
            }
        }
    }

    /// Calls must go on when the disk is full: recordings give way first.
    fn guard(&mut self) {
        let free = self.folder.free_octets();
        let full = free.as_ref().is_ok_and(|free| *free < self.reserve_octets);
        if full && !self.full {
            tracing::error!(free = free.unwrap_or(0), "the disk is nearly full: recordings end");
        }
        self.full = full;
        if full {
            self.captures.values_mut().for_each(|capture| capture.shared.fail("the disk is nearly full".to_owned()));
        }
    }
}

impl Capture {
    fn begin(&mut self, folder: &Folder, file: &RecordingFile, key: Option<Key>) -> io::Result<()> {
        super::folder::check_name(&file.name)?;
        let mut octets = Vec::new();
        let vault = key.map(|key| vault::Writer::new(&key, &mut octets)).transpose()?;
        let mut made = folder.create(&format!("{}{}", file.name, self.shared.ending))?;
        made.write_all(&octets)?;
        (self.file, self.vault) = (Some(made), vault);
        Ok(())
    }

    fn write(&mut self, content: &[u8]) -> io::Result<()> {
        let Some(file) = self.file.as_mut().filter(|_| !self.shared.has_failed()) else { return Ok(()) };
        self.dirty = true;
        let Some(vault) = &mut self.vault else { return file.write_all(content) };
        let mut octets = Vec::with_capacity(content.len() + 64);
        vault.push(content, &mut octets)?;
        file.write_all(&octets)
    }
}

/// What the capture of a recording in this format is called.
pub(super) fn capture_ending(format: RecordingFormat) -> &'static str {
    match format {
        RecordingFormat::OggOpus => OPUS_PART,
        RecordingFormat::Wav => WAV_PART,
    }
}
