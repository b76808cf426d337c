//! The audio plane's stand-in: obeys, and complains of every command that makes no sense.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use base::{Duration, Instant, Random, StreamId, Timers};
use media::control::{MediaCommand, MediaEvent, Remote, Sink, StreamStats};

/// Between `Close` and `Closed`.
const CLOSING: Duration = Duration::from_millis(5);

/// What the plane will report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Report {
    Closed(StreamId),
    OpenFailed(StreamId),
    Silent(StreamId),
}

/// An open stream.
#[derive(Clone, Debug)]
struct Stream {
    local: SocketAddr,
    remote: Option<Remote>,
    sink: Sink,
    heard_at: Instant,
}

/// The streams that the exchange has opened.
#[derive(Debug)]
pub struct FakePlane {
    /// Streams that cannot be opened, in thousandths.
    pub open_failure: u16,
    range: (u16, u16),
    inactivity: Duration,
    random: Random,
    streams: BTreeMap<StreamId, Stream>,
    /// Closed or failed, the report still due: their ports are not free yet.
    ending: BTreeMap<StreamId, SocketAddr>,
    used: std::collections::BTreeSet<StreamId>,
    timers: Timers<Report>,
}

impl FakePlane {
    /// A plane without streams; ports outside `range` are complained of.
    pub fn new(range: (u16, u16), inactivity: Duration, random: Random) -> Self {
        FakePlane {
            open_failure: 0,
            range,
            inactivity,
            random,
            streams: BTreeMap::new(),
            ending: BTreeMap::new(),
            used: std::collections::BTreeSet::new(),
            timers: Timers::new(),
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
            MediaCommand::Sink { stream, sink } => self.sink(stream, sink),
            MediaCommand::Close { stream } => self.close(now, stream),
        }
    }

    fn open(&mut self, now: Instant, stream: StreamId, ip: IpAddr, port: u16) -> Result<(), String> {
        let local = SocketAddr::new(ip, port);
        if !self.used.insert(stream) {
            return Err(format!("{stream} opened twice"));
        }
        if !port.is_multiple_of(2) || port < self.range.0 || port >= self.range.1 {
            return Err(format!("{stream} opened on port {port}: odd or out of range"));
        }
        let taken = self.streams.values().map(|open| open.local).chain(self.ending.values().copied());
        if taken.into_iter().any(|other| other == local) {
            return Err(format!("{stream} opened on {local}, which is taken"));
        }
        if self.random.below(1000) < u64::from(self.open_failure) {
            self.ending.insert(stream, local);
            self.timers.set(Report::OpenFailed(stream), now + CLOSING);
            return Ok(());
        }
        self.streams.insert(stream, Stream { local, remote: None, sink: Sink::None, heard_at: now });
        Ok(())
    }

    fn remote(&mut self, now: Instant, stream: StreamId, remote: Remote) -> Result<(), String> {
        let Some(open) = self.streams.get_mut(&stream) else { return self.unknown(stream, "Remote") };
        if remote.rtp.ip().is_unspecified() || remote.rtp.ip().is_multicast() || remote.rtp.port() == 0 {
            return Err(format!("{stream} told to send to {}", remote.rtp));
        }
        if remote.payloads.is_empty() {
            return Err(format!("{stream} told of a peer without payload types"));
        }
        open.remote = Some(remote);
        open.heard_at = now;
        self.timers.set(Report::Silent(stream), now + self.inactivity);
        Ok(())
    }

    fn sink(&mut self, stream: StreamId, sink: Sink) -> Result<(), String> {
        if let Sink::Stream(other) = sink
            && !self.used.contains(&other)
        {
            return Err(format!("{stream} joined to {other}, which was never opened"));
        }
        match self.streams.get_mut(&stream) {
            Some(open) => open.sink = sink,
            None => return self.unknown(stream, "Sink"),
        }
        Ok(())
    }

    fn close(&mut self, now: Instant, stream: StreamId) -> Result<(), String> {
        let Some(open) = self.streams.remove(&stream) else { return self.unknown(stream, "Close") };
        self.ending.insert(stream, open.local);
        self.timers.cancel(Report::Silent(stream));
        self.timers.set(Report::Closed(stream), now + CLOSING);
        Ok(())
    }

    /// A stream that failed to open may still be spoken of until the exchange hears of it.
    fn unknown(&self, stream: StreamId, command: &str) -> Result<(), String> {
        match self.ending.contains_key(&stream) && self.timers.deadline(&Report::OpenFailed(stream)).is_some() {
            true => Ok(()),
            false => Err(format!("{command} for {stream}, which is not open")),
        }
    }

    /// When the plane next has something to say.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// What the plane has to say by `now`. `is_heard` tells whether audio comes in from that peer.
    pub fn report(&mut self, now: Instant, is_heard: impl Fn(&Remote, SocketAddr) -> bool) -> Option<MediaEvent> {
        loop {
            match self.timers.pop_due(now)? {
                Report::Closed(stream) => {
                    self.ending.remove(&stream);
                    return Some(MediaEvent::Closed { stream, stats: StreamStats::default() });
                }
                Report::OpenFailed(stream) => {
                    self.ending.remove(&stream);
                    return Some(MediaEvent::OpenFailed { stream, reason: "address already in use".to_owned() });
                }
                Report::Silent(stream) => {
                    self.timers.set(Report::Silent(stream), now + self.inactivity);
                    let Some(open) = self.streams.get_mut(&stream) else { continue };
                    let Some(remote) = &open.remote else { continue };
                    if !remote.receive || is_heard(remote, open.local) {
                        open.heard_at = now;
                    } else {
                        return Some(MediaEvent::Silent { stream, for_: now - open.heard_at });
                    }
                }
            }
        }
    }

    /// Streams open now, and where their audio goes: local port, peer, whether audio may flow to and from it.
    pub fn streams(&self) -> impl Iterator<Item = (StreamId, u16, Option<&Remote>, Sink)> {
        self.streams.iter().map(|(id, open)| (*id, open.local.port(), open.remote.as_ref(), open.sink))
    }

    /// Streams not closed, those included whose end was not reported.
    pub fn in_use(&self) -> usize {
        self.streams.len() + self.ending.len()
    }

    /// The process died and all sockets with it.
    pub fn crash(&mut self) {
        self.streams.clear();
        self.ending.clear();
        self.used.clear();
        self.timers = Timers::new();
    }
}
