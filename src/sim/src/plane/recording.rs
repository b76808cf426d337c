//! Recordings: begun, paused, complete, or cut short by a disk that fails.

use base::{Duration, Instant, RecordingId, StreamId};
use media::control::{MediaEvent, Recorded, RecordingEnd, RecordingFile, RecordingFormat};

use super::{FakePlane, Report};

/// From the last sound to the finished file at most, ms.
const FINISHING_MS: u64 = 500;

/// A recording under way, or over and not yet told so.
#[derive(Clone, Debug)]
pub(super) struct Recording {
    of: Recorded,
    file: RecordingFile,
    began_at: Instant,
    paused_at: Option<Instant>,
    /// Filled in while it goes on; its length says when it ended.
    end: RecordingEnd,
    is_over: bool,
}

impl FakePlane {
    pub(super) fn record(
        &mut self,
        now: Instant,
        recording: RecordingId,
        of: Recorded,
        file: RecordingFile,
    ) -> Result<(), String> {
        if !self.used.recordings.insert(recording) {
            return Err(format!("{recording} recorded twice"));
        }
        let is_plain = |part: &str| {
            !part.is_empty() && part.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-_".contains(&octet))
        };
        if !file.name.split('/').all(is_plain) {
            return Err(format!("{recording} written to {:?}", file.name));
        }
        if !self.used.files.insert(file.name.clone()) {
            return Err(format!("{recording} written over {:?}", file.name));
        }
        if file.duration_max_s == 0 {
            return Err(format!("{recording} may last no time at all"));
        }
        match of {
            Recorded::Streams { left, right } if right == Some(left) => {
                return Err(format!("{recording} of {left} on both channels"));
            }
            Recorded::Streams { left, right } => {
                for stream in [Some(left), right].into_iter().flatten() {
                    if !self.streams.contains_key(&stream) && !self.is_failing(stream) {
                        return Err(format!("{recording} of {stream}, which is not open"));
                    }
                }
            }
            Recorded::Room(room) if !self.rooms.contains_key(&room) => {
                return Err(format!("{recording} of {room}, which is not open"));
            }
            Recorded::Room(_) => {}
        }
        let longest = Duration::from_secs(file.duration_max_s.into());
        let mut over_at = now + longest;
        let mut end = RecordingEnd::default();
        if self.fails(self.faults.recording) {
            over_at = over_at.min(now + self.moment(5_000));
            end.problem = Some("the disk is full".to_owned());
        }
        self.timers.set(Report::RecordingOver(recording), over_at);
        let new = Recording { of, file, began_at: now, paused_at: None, end, is_over: false };
        self.recordings.insert(recording, new);
        self.end_recordings_without_sound(now);
        Ok(())
    }

    pub(super) fn pause_recording(&mut self, now: Instant, id: RecordingId, paused: bool) -> Result<(), String> {
        let Some(recording) = self.recordings.get_mut(&id) else { return Err(format!("{id} paused, which is none")) };
        if recording.is_over {
            return Ok(());
        }
        match paused {
            true => recording.paused_at = recording.paused_at.or(Some(now)),
            false => recording.go_on(now),
        }
        Ok(())
    }

    pub(super) fn stop_recording(&mut self, now: Instant, id: RecordingId) -> Result<(), String> {
        if !self.recordings.contains_key(&id) {
            return Err(format!("{id} stopped, which is none"));
        }
        self.finish(now, id);
        Ok(())
    }

    /// Its time is up, or the disk is full.
    pub(super) fn recording_over(&mut self, now: Instant, id: RecordingId) {
        if let Some(recording) = self.recordings.get_mut(&id)
            && recording.end.problem.is_none()
        {
            recording.end.problem = Some("it has reached the longest time allowed".to_owned());
        }
        self.finish(now, id);
    }

    /// Ends what has nobody left to record.
    pub(super) fn end_recordings_without_sound(&mut self, now: Instant) {
        let silent = |recording: &Recording| match recording.of {
            Recorded::Streams { left, right } => {
                ![Some(left), right].into_iter().flatten().any(|stream| self.streams.contains_key(&stream))
            }
            Recorded::Room(room) => !self.rooms.contains_key(&room),
        };
        let over: Vec<RecordingId> =
            self.recordings.iter().filter(|(_, recording)| silent(recording)).map(|(id, _)| *id).collect();
        for id in over {
            self.finish(now, id);
        }
    }

    /// The last sound is in; the file is complete a moment later. Once.
    fn finish(&mut self, now: Instant, id: RecordingId) {
        let at = now + self.moment(FINISHING_MS);
        let loudest = if self.nobody_speaks { 90 } else { 20 };
        let Some(recording) = self.recordings.get_mut(&id).filter(|recording| !recording.is_over) else { return };
        recording.is_over = true;
        recording.go_on(now);
        let length = millis(now, recording.began_at);
        let end = &mut recording.end;
        end.duration_ms = length;
        end.loudest_db = Some(loudest);
        // A problem that comes at once leaves no file.
        if end.problem.is_none() || length > 0 {
            let extension = match recording.file.format {
                RecordingFormat::OggOpus => "opus",
                RecordingFormat::Wav => "wav",
            };
            end.file = format!("{}.{extension}", recording.file.name);
            end.octets = u64::from(length) * 3;
        }
        self.timers.cancel(Report::RecordingOver(id));
        self.timers.set(Report::Recorded(id), at);
    }

    pub(super) fn tell_recorded(&mut self, id: RecordingId) {
        if let Some(Recording { end, .. }) = self.recordings.remove(&id) {
            self.news.push_back(MediaEvent::Recorded { recording: id, end });
        }
    }

    /// After a restart: what was written before is made whole, and told of.
    pub fn recover(&mut self, now: Instant, id: RecordingId) {
        let at = now + self.moment(4 * FINISHING_MS);
        let name = format!("recovered/{id}");
        let end = RecordingEnd {
            file: format!("{name}.opus"),
            duration_ms: 4_000,
            problem: Some("the box stopped".to_owned()),
            ..RecordingEnd::default()
        };
        let file = RecordingFile { name, format: RecordingFormat::OggOpus, encrypted: false, duration_max_s: 1 };
        let of = Recorded::Streams { left: StreamId(0), right: None };
        let cut_off = Recording { of, file, began_at: now, paused_at: None, end, is_over: true };
        self.recordings.insert(id, cut_off);
        self.timers.set(Report::Recorded(id), at);
    }

    /// Recordings under way: which, whose sound, and whether it is paused.
    pub fn recordings(&self) -> impl Iterator<Item = (RecordingId, Recorded, bool)> {
        let under_way = self.recordings.iter().filter(|(_, recording)| !recording.is_over);
        under_way.map(|(id, recording)| (*id, recording.of, recording.paused_at.is_some()))
    }
}

impl Recording {
    fn go_on(&mut self, now: Instant) {
        if let Some(from) = self.paused_at.take() {
            self.end.pauses.push((millis(from, self.began_at), millis(now, self.began_at)));
        }
    }
}

fn millis(at: Instant, since: Instant) -> u32 {
    at.saturating_since(since).as_millis().try_into().unwrap_or(u32::MAX)
}
