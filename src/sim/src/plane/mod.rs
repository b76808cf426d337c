//! The audio plane's stand-in: obeys, and complains of every command that makes no sense.
//!
//! A folder for it: [`stream`] are the sockets, [`play`] what is played, [`room`] who is together, and
//! [`recording`] what is kept. It tells what the real plane would tell, at times that the seed decides.
//!
//! **Invariants** that hold of what it tells, however it is commanded: a play is told to have ended once, a
//! recording to be complete once, and both before the stream or room that they belong to is gone for good.

mod play;
mod recording;
mod room;
mod stream;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;

use base::{Duration, Instant, PlayId, Random, RecordingId, RoomId, StreamId, Timers};
use media::control::{MediaCommand, MediaEvent, Remote};

use play::Play;
use recording::Recording;
use room::Room;
use stream::Stream;
pub(crate) use stream::is_voice;

/// How bad the machine below the plane is. Chances are in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlaneFaults {
    /// Streams that cannot be opened.
    pub open: u16,
    /// Lists in which a sound cannot be read.
    pub sound: u16,
    /// Recordings that end by themselves, or never get a file.
    pub recording: u16,
}

impl PlaneFaults {
    /// All works.
    pub const NONE: PlaneFaults = PlaneFaults { open: 0, sound: 0, recording: 0 };
    /// Much does not.
    pub const BAD: PlaneFaults = PlaneFaults { open: 20, sound: 50, recording: 100 };
}

/// What the plane will report. Of what is due at the same instant the first here comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Report {
    Digit(StreamId),
    Played(PlayId),
    /// The recording ends by itself.
    RecordingOver(RecordingId),
    Recorded(RecordingId),
    Speaking(RoomId),
    Track(StreamId),
    Closed(StreamId),
    OpenFailed(StreamId),
    Silent(StreamId),
}

/// The streams, rooms, plays and recordings that the exchange has asked for.
#[derive(Debug)]
pub struct FakePlane {
    /// How bad the machine is now.
    pub faults: PlaneFaults,
    /// A peer in the clear is complained of.
    pub encrypted_only: bool,
    /// What is recorded is silence.
    pub nobody_speaks: bool,
    range: (u16, u16),
    inactivity: Duration,
    random: Random,
    streams: BTreeMap<StreamId, Stream>,
    /// Closed or failed, the report still due: their ports are not free yet.
    ending: BTreeMap<StreamId, SocketAddr>,
    rooms: BTreeMap<RoomId, Room>,
    plays: BTreeMap<PlayId, Play>,
    recordings: BTreeMap<RecordingId, Recording>,
    used: Used,
    timers: Timers<Report>,
    /// Told next, before any timer.
    news: VecDeque<MediaEvent>,
    sent_digits: Vec<(StreamId, char)>,
}

/// Ids that were ever used: none comes twice.
#[derive(Debug, Default)]
struct Used {
    streams: BTreeSet<StreamId>,
    rooms: BTreeSet<RoomId>,
    plays: BTreeSet<PlayId>,
    /// Recordings and their files live longer than the process.
    recordings: BTreeSet<RecordingId>,
    files: BTreeSet<String>,
}

impl FakePlane {
    /// A plane without streams; ports outside `range` are complained of.
    pub fn new(range: (u16, u16), inactivity: Duration, random: Random) -> Self {
        FakePlane {
            faults: PlaneFaults::NONE,
            encrypted_only: false,
            nobody_speaks: false,
            range,
            inactivity,
            random,
            streams: BTreeMap::new(),
            ending: BTreeMap::new(),
            rooms: BTreeMap::new(),
            plays: BTreeMap::new(),
            recordings: BTreeMap::new(),
            used: Used::default(),
            timers: Timers::new(),
            news: VecDeque::new(),
            sent_digits: Vec::new(),
        }
    }

    /// Obeys.
    ///
    /// # Errors
    /// What is wrong with the command.
    pub fn command(&mut self, now: Instant, command: MediaCommand) -> Result<(), String> {
        match command {
            MediaCommand::Open { stream, ip, port } => self.open(now, stream, ip, port),
            MediaCommand::Remote { stream, remote } => self.remote(now, stream, remote),
            MediaCommand::Sink { stream, sink } => self.sink(now, stream, sink),
            MediaCommand::Treat { stream, processing, listen } => self.treat(stream, processing, listen),
            MediaCommand::Play { stream, play, list } => self.play(now, stream, play, list),
            MediaCommand::StopPlay { stream, play } => self.stop_play(now, stream, play),
            MediaCommand::SendDigit { stream, digit, duration } => self.send_digit(stream, digit, duration),
            MediaCommand::OpenRoom { room, options } => self.open_room(room, options),
            MediaCommand::PlayRoom { room, play, list } => self.play_room(now, room, play, list),
            MediaCommand::StopPlayRoom { room, play } => self.stop_play_room(now, room, play),
            MediaCommand::CloseRoom { room } => self.close_room(now, room),
            MediaCommand::Record { recording, of, file } => self.record(now, recording, of, file),
            MediaCommand::PauseRecording { recording, paused } => self.pause_recording(now, recording, paused),
            MediaCommand::StopRecording { recording } => self.stop_recording(now, recording),
            MediaCommand::Close { stream } => self.close(now, stream),
        }
    }

    /// When the plane next has something to say.
    pub fn poll_timeout(&self) -> Option<Instant> {
        if self.news.is_empty() { self.timers.next() } else { Some(Instant::ZERO) }
    }

    /// What the plane has to say by `now`. `is_heard` tells whether audio comes in from that peer.
    pub fn report(&mut self, now: Instant, is_heard: impl Fn(&Remote, SocketAddr) -> bool) -> Option<MediaEvent> {
        loop {
            if let Some(event) = self.news.pop_front() {
                return Some(event);
            }
            match self.timers.pop_due(now)? {
                Report::Digit(stream) => self.tell_digit(now, stream),
                Report::Played(play) => self.tell_played(play),
                Report::RecordingOver(recording) => self.recording_over(now, recording),
                Report::Recorded(recording) => self.tell_recorded(recording),
                Report::Speaking(room) => self.tell_speaking(room, &is_heard),
                Report::Track(stream) => self.tell_track(now, stream, &is_heard),
                Report::Closed(stream) => self.tell_closed(stream),
                Report::OpenFailed(stream) => {
                    self.ending.remove(&stream);
                    let reason = "address already in use".to_owned();
                    self.news.push_back(MediaEvent::OpenFailed { stream, reason });
                }
                Report::Silent(stream) => self.tell_silent(now, stream, &is_heard),
            }
        }
    }

    /// What is not closed, ended and reported, in words; none if nothing is.
    pub fn left_over(&self) -> Option<String> {
        let streams: Vec<StreamId> = self.streams.keys().chain(self.ending.keys()).copied().collect();
        let rooms: Vec<RoomId> = self.rooms.keys().copied().collect();
        let plays: Vec<PlayId> = self.plays.keys().copied().collect();
        let recordings: Vec<RecordingId> = self.recordings.keys().copied().collect();
        let nothing = streams.is_empty() && rooms.is_empty() && plays.is_empty() && recordings.is_empty();
        (!nothing).then(|| format!("streams {streams:?}, rooms {rooms:?}, plays {plays:?}, recordings {recordings:?}"))
    }

    /// The process died and all sockets with it. Recordings stay as far as they were written.
    pub fn crash(&mut self) {
        let recordings = std::mem::take(&mut self.used.recordings);
        let files = std::mem::take(&mut self.used.files);
        self.streams.clear();
        self.ending.clear();
        self.rooms.clear();
        self.plays.clear();
        self.recordings.clear();
        self.used = Used { recordings, files, ..Used::default() };
        self.timers = Timers::new();
        self.news.clear();
    }

    /// So many milliseconds, or fewer.
    fn moment(&mut self, ms_max: u64) -> Duration {
        Duration::from_millis(self.random.below(ms_max + 1))
    }

    fn fails(&mut self, thousandths: u16) -> bool {
        self.random.below(1000) < u64::from(thousandths)
    }
}

#[cfg(test)]
mod tests;
