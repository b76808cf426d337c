//! Sockets: opened, told of their peer, closed; what they hear and count.

use std::collections::{BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};

use base::{Duration, Instant, PlayId, StreamId};
use media::control::{
    Audience, Codec, DigitWay, Listen, MediaEvent, Processing, Remote, RoomRole, Second, Signal, Sink, StreamStats,
};

use super::{FakePlane, Report};

/// Between `Close` and `Closed`.
const CLOSING: Duration = Duration::from_millis(5);
/// Between two reports of what was heard.
const TRACK_S: u32 = 5;
/// A key pressed by a phone, and the pause after it.
const KEY: Duration = Duration::from_millis(100);

/// An open stream.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    pub(super) local: SocketAddr,
    pub(super) remote: Option<Remote>,
    pub(super) sink: Sink,
    pub(super) play: Option<PlayId>,
    listen: Listen,
    heard_at: Instant,
    opened_at: Instant,
    /// Seconds that were told of.
    told: u32,
    /// Keys that the phone presses.
    keys: VecDeque<(Instant, char, DigitWay)>,
}

impl FakePlane {
    pub(super) fn open(&mut self, now: Instant, stream: StreamId, ip: IpAddr, port: u16) -> Result<(), String> {
        let local = SocketAddr::new(ip, port);
        if !self.used.streams.insert(stream) {
            return Err(format!("{stream} opened twice"));
        }
        if !port.is_multiple_of(2) || port < self.range.0 || port >= self.range.1 {
            return Err(format!("{stream} opened on port {port}: odd or out of range"));
        }
        let taken = self.streams.values().map(|open| open.local).chain(self.ending.values().copied());
        if taken.into_iter().any(|other| other == local) {
            return Err(format!("{stream} opened on {local}, which is taken"));
        }
        if self.fails(self.faults.open) {
            self.ending.insert(stream, local);
            self.timers.set(Report::OpenFailed(stream), now + CLOSING);
            return Ok(());
        }
        let open = Stream {
            local,
            remote: None,
            sink: Sink::None,
            play: None,
            listen: Listen::default(),
            heard_at: now,
            opened_at: now,
            told: 0,
            keys: VecDeque::new(),
        };
        self.streams.insert(stream, open);
        self.timers.set(Report::Track(stream), now + Duration::from_secs(TRACK_S.into()));
        Ok(())
    }

    pub(super) fn remote(&mut self, now: Instant, stream: StreamId, remote: Remote) -> Result<(), String> {
        let Some(open) = self.streams.get_mut(&stream) else { return self.unknown(stream, "Remote") };
        if let Some(fault) = fault_of(&remote) {
            return Err(format!("{stream} told of a peer {fault}: {remote:?}"));
        }
        if self.encrypted_only && remote.secure.is_none() {
            return Err(format!("{stream} told of a peer in the clear: {remote:?}"));
        }
        open.remote = Some(remote);
        open.heard_at = now;
        self.timers.set(Report::Silent(stream), now + self.inactivity);
        Ok(())
    }

    pub(super) fn sink(&mut self, now: Instant, stream: StreamId, sink: Sink) -> Result<(), String> {
        if !self.streams.contains_key(&stream) {
            return self.unknown(stream, "Sink");
        }
        match sink {
            Sink::Stream(other) if !self.used.streams.contains(&other) => {
                return Err(format!("{stream} joined to {other}, which was never opened"));
            }
            Sink::Stream(other) if other == stream => return Err(format!("{stream} joined to itself")),
            Sink::Room(room, _) if !self.rooms.contains_key(&room) => {
                return Err(format!("{stream} sent to {room}, which is not open"));
            }
            Sink::Room(room, RoomRole { heard_by: Audience::Only(other), .. }) if !self.is_in(other, room) => {
                return Err(format!("{stream} whispers to {other}, who is not in {room}"));
            }
            Sink::Room(_, RoomRole { heard_by: Audience::Only(other), .. }) if other == stream => {
                return Err(format!("{stream} whispers to itself"));
            }
            Sink::None | Sink::Stream(_) | Sink::Echo | Sink::Room(..) => {}
        }
        let Some(open) = self.streams.get_mut(&stream) else { return Ok(()) };
        let before = std::mem::replace(&mut open.sink, sink);
        for place in [before, sink] {
            if let Sink::Room(room, _) = place {
                self.speakers_changed(now, room);
            }
        }
        Ok(())
    }

    pub(super) fn treat(&mut self, stream: StreamId, processing: Processing, listen: Listen) -> Result<(), String> {
        if !(-24..=24).contains(&processing.gain_db) {
            return Err(format!("{stream} amplified by {} dB", processing.gain_db));
        }
        match self.streams.get_mut(&stream) {
            Some(open) => open.listen = listen,
            None => return self.unknown(stream, "Treat"),
        }
        Ok(())
    }

    pub(super) fn send_digit(&mut self, stream: StreamId, digit: char, duration: Duration) -> Result<(), String> {
        let Some(open) = self.streams.get(&stream) else { return self.unknown(stream, "SendDigit") };
        if !is_key(digit) || !(40..=1000).contains(&duration.as_millis()) {
            return Err(format!("{stream} told to send {digit:?} for {duration:?}"));
        }
        if open.remote.is_none() {
            return Err(format!("{stream} told to send {digit:?} to nobody"));
        }
        self.sent_digits.push((stream, digit));
        Ok(())
    }

    pub(super) fn close(&mut self, now: Instant, stream: StreamId) -> Result<(), String> {
        let Some(open) = self.streams.remove(&stream) else { return self.unknown(stream, "Close") };
        if let Some(play) = open.play {
            self.cut_off(now, play);
        }
        if let Sink::Room(room, _) = open.sink {
            self.speakers_changed(now, room);
        }
        self.end_recordings_without_sound(now);
        // The seconds since the last report; nobody asks any more whether they were heard.
        let seconds = now.saturating_since(open.opened_at).as_secs() as u32 - open.told;
        if seconds > 0 {
            let rows = (0..seconds.min(10)).map(|_| row(false)).collect();
            self.news.push_back(MediaEvent::Track { stream, from: open.told, seconds: rows });
        }
        self.ending.insert(stream, open.local);
        self.timers.cancel(Report::Silent(stream));
        self.timers.cancel(Report::Track(stream));
        self.timers.cancel(Report::Digit(stream));
        self.timers.set(Report::Closed(stream), now + CLOSING);
        Ok(())
    }

    /// A stream that failed to open may still be spoken of until the exchange hears of it.
    pub(super) fn unknown(&self, stream: StreamId, command: &str) -> Result<(), String> {
        match self.is_failing(stream) {
            true => Ok(()),
            false => Err(format!("{command} for {stream}, which is not open")),
        }
    }

    /// It could not be opened, and the exchange does not know yet.
    pub(super) fn is_failing(&self, stream: StreamId) -> bool {
        self.ending.contains_key(&stream) && self.timers.deadline(&Report::OpenFailed(stream)).is_some()
    }

    pub(super) fn tell_closed(&mut self, stream: StreamId) {
        self.ending.remove(&stream);
        self.news.push_back(MediaEvent::Closed { stream, stats: StreamStats::default() });
    }

    pub(super) fn tell_silent(
        &mut self,
        now: Instant,
        stream: StreamId,
        is_heard: &impl Fn(&Remote, SocketAddr) -> bool,
    ) {
        self.timers.set(Report::Silent(stream), now + self.inactivity);
        let Some(open) = self.streams.get_mut(&stream) else { return };
        let Some(remote) = &open.remote else { return };
        if !remote.receive || is_heard(remote, open.local) {
            open.heard_at = now;
        } else {
            self.news.push_back(MediaEvent::Silent { stream, for_: now - open.heard_at });
        }
    }

    pub(super) fn tell_track(
        &mut self,
        now: Instant,
        stream: StreamId,
        is_heard: &impl Fn(&Remote, SocketAddr) -> bool,
    ) {
        self.timers.set(Report::Track(stream), now + Duration::from_secs(TRACK_S.into()));
        let Some(open) = self.streams.get_mut(&stream) else { return };
        let heard = open.remote.as_ref().is_some_and(|remote| remote.receive && is_heard(remote, open.local));
        let seconds = (0..TRACK_S).map(|_| row(heard)).collect();
        let from = open.told;
        open.told += TRACK_S;
        self.news.push_back(MediaEvent::Track { stream, from, seconds });
        if open.remote.is_some() {
            self.news.push_back(MediaEvent::Quality { stream, stats: StreamStats::default() });
        }
    }

    /// The phone at this port of the box presses keys, one every 200 ms. Keys that the box has not agreed to
    /// hear in this way are lost on it.
    pub fn press(&mut self, now: Instant, port: u16, keys: &str, way: DigitWay) {
        let Some((id, open)) = self.streams.iter_mut().find(|(_, open)| open.local.port() == port) else { return };
        let Some(remote) = &open.remote else { return };
        let has_events = remote.payloads.iter().any(|payload| is_event(payload.codec));
        let understood = remote.receive
            && match way {
                DigitWay::Event => has_events,
                DigitWay::InBand => open.listen.digits,
            };
        if !understood {
            return;
        }
        let mut at = open.keys.back().map_or(now, |(last, ..)| *last).max(now);
        for key in keys.chars() {
            at += KEY + KEY;
            open.keys.push_back((at, key, way));
        }
        if let Some((first, ..)) = open.keys.front() {
            self.timers.set(Report::Digit(*id), *first);
        }
    }

    pub(super) fn tell_digit(&mut self, now: Instant, stream: StreamId) {
        let Some(open) = self.streams.get_mut(&stream) else { return };
        let Some((_, digit, way)) = open.keys.pop_front() else { return };
        if let Some((next, ..)) = open.keys.front() {
            self.timers.set(Report::Digit(stream), *next);
        }
        self.news.push_back(MediaEvent::Digit { stream, digit, duration: KEY, way });
        if let Some(play) = open.play
            && self.plays.get(&play).is_some_and(|play| play.list.stop_on_digit)
        {
            self.cut_off(now, play);
        }
    }

    /// The sound from the phone at this port of the box is of this kind. False where nobody listens for it.
    pub fn sounds(&mut self, port: u16, signal: Signal) -> bool {
        let Some((id, open)) = self.streams.iter().find(|(_, open)| open.local.port() == port) else { return false };
        let listens = match signal {
            Signal::Ringback | Signal::Busy | Signal::SpecialInformation => open.listen.progress,
            Signal::FaxCalling | Signal::FaxAnswering => open.listen.fax,
            Signal::Person | Signal::Machine | Signal::MachineBeep => open.listen.machine,
        };
        if listens {
            self.news.push_back(MediaEvent::Heard { stream: *id, signal });
        }
        listens
    }

    /// Keys that the plane was told to send, since the last time somebody asked.
    pub fn take_sent_digits(&mut self) -> Vec<(StreamId, char)> {
        std::mem::take(&mut self.sent_digits)
    }

    /// Streams open now, and where their audio goes: local port, peer, whether audio may flow to and from it.
    pub fn streams(&self) -> impl Iterator<Item = (StreamId, u16, Option<&Remote>, Sink)> {
        self.streams.iter().map(|(id, open)| (*id, open.local.port(), open.remote.as_ref(), open.sink))
    }

    /// The stream at this port of the box.
    pub fn stream_at(&self, port: u16) -> Option<StreamId> {
        self.streams.iter().find(|(_, open)| open.local.port() == port).map(|(id, _)| *id)
    }

    /// The streams whose sound the peer of `stream` would hear if it spoke: none while something is played to it.
    pub fn heard_by(&self, stream: StreamId) -> BTreeSet<StreamId> {
        let Some(open) = self.streams.get(&stream).filter(|open| open.play.is_none()) else { return BTreeSet::new() };
        let reaches = |id: &StreamId, other: &Stream| match (other.sink, open.sink) {
            (Sink::Stream(to), _) => to == stream,
            (Sink::Echo, _) => *id == stream,
            (Sink::Room(theirs, role), Sink::Room(ours, RoomRole { hears: true, .. })) if theirs == ours => {
                *id != stream
                    && match role.heard_by {
                        Audience::All => true,
                        Audience::Nobody => false,
                        Audience::Only(listener) => listener == stream,
                    }
            }
            (Sink::None | Sink::Room(..), _) => false,
        };
        self.streams.iter().filter(|(id, other)| reaches(id, other)).map(|(id, _)| *id).collect()
    }
}

/// What is wrong with a peer.
fn fault_of(remote: &Remote) -> Option<&'static str> {
    let unreachable = |at: SocketAddr| at.ip().is_unspecified() || at.ip().is_multicast() || at.port() == 0;
    let numbers: BTreeSet<u8> = remote.payloads.iter().map(|payload| payload.number).collect();
    match remote {
        _ if unreachable(remote.rtp) || unreachable(remote.rtcp) => Some("that nothing can be sent to"),
        Remote { datagrams: true, payloads, .. } if !payloads.is_empty() => Some("of datagrams with payload types"),
        Remote { datagrams: true, .. } => None,
        _ if !remote.payloads.iter().any(|payload| is_voice(payload.codec)) => Some("without a voice"),
        _ if numbers.len() != remote.payloads.len() => Some("with a payload type of two meanings"),
        _ if numbers.iter().any(|number| *number > 127) => Some("with an impossible payload type"),
        // RFC 5761 §4: these would be taken for RTCP.
        _ if remote.rtcp_mux && numbers.iter().any(|number| (64..=95).contains(number)) => {
            Some("with a payload type that RTCP on the same port forbids")
        }
        _ if remote.rtcp_mux != (remote.rtp == remote.rtcp) => Some("with RTCP on the wrong port"),
        _ if !(10..=60).contains(&remote.ptime_ms) || !remote.ptime_ms.is_multiple_of(10) => {
            Some("with an odd length of packets")
        }
        _ if remote.secure.as_ref().is_some_and(|keys| keys.ours == keys.theirs) => Some("with our own key"),
        _ => None,
    }
}

fn is_event(codec: Codec) -> bool {
    matches!(codec, Codec::TelephoneEvent | Codec::TelephoneEvent48k)
}

pub(crate) fn is_voice(codec: Codec) -> bool {
    !is_event(codec) && codec != Codec::ComfortNoise
}

pub(super) fn is_key(key: char) -> bool {
    matches!(key, '0'..='9' | '*' | '#' | 'A'..='D')
}

/// A second in which somebody spoke at 20 ms a packet, or nobody.
fn row(heard: bool) -> Second {
    match heard {
        true => Second { received: 50, jitter_ms: 2, level: 25, mos: 210, sent: 50, ..Second::default() },
        false => Second { level: 255, sent: 50, ..Second::default() },
    }
}
