//! Orders: streams that open, change, move between threads and close.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use base::{Random, StreamId};
use media::control::Sink;
use media::control::{MediaCommand, MediaEvent};
use media::speech::Program;
use media::stream::Stream;

use super::slots::{Place, Slot};
use super::tap::TapOrder;
use super::{REPORT_MAX, Worker};
use crate::queue::{Order, Queue};
use crate::socket::Port;

/// What waits for a stream in motion.
pub(super) enum Waiting {
    Command(MediaCommand),
    /// A recording of it begins or ends.
    Tap(TapOrder),
    /// It is to move on as soon as it is here.
    Release(Arc<Queue>),
}

/// Commands that may wait for one stream in motion; more than any call has at once.
const EXPECTED_MAX: usize = 64;

impl Worker {
    pub(super) fn obey(&mut self) {
        self.orders.append(&mut self.start.queue.take());
        while let Some(order) = self.orders.pop_front() {
            self.touching = None;
            match order {
                Order::Media(command) => self.command(command),
                Order::Tap { stream, tap } => self.tap(stream, tap),
                Order::TapRoom { room, tap } => self.tap_of_room(room, tap),
                Order::Expect(stream) => _ = self.expected.insert(stream, Vec::new()),
                Order::Release { stream, to } => self.release(stream, to),
                Order::Adopt(slot) => self.adopt(slot),
                Order::Absent(stream) => self.miss(stream),
                Order::Stop => self.stopping = true,
            }
        }
        if self.stopping {
            for place in self.slots.places() {
                self.close(place);
            }
        }
    }

    fn command(&mut self, command: MediaCommand) {
        let stream = stream_of(&command);
        if let Some(waiting) = stream.and_then(|stream| self.expected.get_mut(&stream)) {
            if waiting.len() < EXPECTED_MAX {
                waiting.push(Waiting::Command(command));
            } else {
                self.ignore(1);
            }
            return;
        }
        let command = match command {
            MediaCommand::Open { stream, ip, port } => return self.open(stream, ip, port),
            MediaCommand::OpenRoom { room, options } => {
                if !self.rooms.open(room, options) {
                    self.ignore(1);
                }
                return;
            }
            MediaCommand::PlayRoom { room, play, list } => {
                return self.play_room(room, Some(Program::new(play, list)), None);
            }
            MediaCommand::StopPlayRoom { room, play } => return self.play_room(room, None, Some(play)),
            MediaCommand::CloseRoom { room } => return self.close_room(room),
            command => command,
        };
        let Some(stream) = stream else { return self.ignore(1) };
        let Some(place) = self.slots.place_of(stream) else { return self.ignore(1) };
        self.touching = Some(place);
        let now = self.now();
        match command {
            MediaCommand::Remote { remote, .. } => {
                if let Some(slot) = self.slots.get_mut(place) {
                    slot.stream.set_remote(now, &remote);
                }
                self.refit_room(place);
            }
            MediaCommand::Sink { sink, .. } => self.sink(place, sink),
            MediaCommand::Treat { processing, listen, .. } => self.treat(place, processing, listen),
            MediaCommand::Play { play, list, .. } => self.play(place, Some(Program::new(play, list))),
            MediaCommand::StopPlay { play, .. } => self.stop_play(place, play),
            MediaCommand::SendDigit { digit, duration, .. } => self.send_key(place, digit, duration),
            MediaCommand::Close { .. } => return self.close(place),
            MediaCommand::Open { .. }
            | MediaCommand::OpenRoom { .. }
            | MediaCommand::PlayRoom { .. }
            | MediaCommand::StopPlayRoom { .. }
            | MediaCommand::CloseRoom { .. }
            | MediaCommand::Record { .. }
            | MediaCommand::PauseRecording { .. }
            | MediaCommand::StopRecording { .. } => self.ignore(1), // not a stream's
        }
        self.settle(place);
    }

    /// Its sound goes elsewhere from now on.
    fn sink(&mut self, place: Place, sink: Sink) {
        let Some(slot) = self.slots.get_mut(place) else { return };
        if slot.stream.sink() == sink {
            return;
        }
        slot.stream.set_sink(sink);
        self.forget_speech(place);
        match sink {
            Sink::Room(room, role) => self.sit(place, room, role),
            Sink::None | Sink::Echo | Sink::Stream(_) => self.stand_up(place),
        }
    }

    /// A recording of what a stream receives begins or ends.
    fn tap(&mut self, stream: StreamId, tap: TapOrder) {
        if let Some(waiting) = self.expected.get_mut(&stream) {
            if waiting.len() < EXPECTED_MAX {
                waiting.push(Waiting::Tap(tap));
            }
            return;
        }
        match self.slots.place_of(stream).and_then(|place| self.slots.get_mut(place)) {
            Some(slot) => tap.apply(&mut slot.taps),
            None => self.ignore(1),
        }
    }

    pub(super) fn ignore(&self, commands: u64) {
        self.start.ignored.fetch_add(commands, Ordering::Relaxed);
    }

    fn open(&mut self, stream: StreamId, ip: IpAddr, port: u16) {
        if self.slots.place_of(stream).is_some() {
            return self.ignore(1);
        }
        let opened = open_pair(ip, port).and_then(|(rtp, rtcp)| {
            let mut seed = [0; 32];
            self.start.random.fill(&mut seed);
            let stream = Stream::new(stream, self.start.options, Random::from_seed(seed));
            self.settle_in(Box::new(Slot::new(stream, rtp, rtcp)))
        });
        if let Err(error) = opened {
            (self.start.on_event)(MediaEvent::OpenFailed { stream, reason: error.to_string() });
        }
    }

    /// Takes a stream in and listens to its sockets.
    fn settle_in(&mut self, slot: Box<Slot>) -> io::Result<()> {
        let place = self.slots.insert(slot);
        let added = match self.slots.get_mut(place) {
            Some(slot) => slot.listen(&self.epoll, place),
            None => Ok(()),
        };
        if added.is_err() {
            self.slots.remove(place);
        }
        self.slots.note_due(place);
        added
    }

    /// Gives a stream to the thread of `to`.
    fn release(&mut self, stream: StreamId, to: Arc<Queue>) {
        if let Some(waiting) = self.expected.get_mut(&stream) {
            waiting.push(Waiting::Release(to));
            return;
        }
        let slot = self.slots.place_of(stream).and_then(|place| {
            self.stand_up(place);
            self.unlist(place);
            self.slots.remove(place)
        });
        to.push_beyond_bound(match slot {
            Some(slot) => {
                slot.forget(&self.epoll);
                Order::Adopt(slot)
            }
            None => Order::Absent(stream),
        });
    }

    /// Takes a stream from another thread, and obeys what came for it meanwhile.
    fn adopt(&mut self, slot: Box<Slot>) {
        let stream = slot.stream.id();
        let waiting = self.expected.remove(&stream).unwrap_or_default();
        if let Err(error) = self.settle_in(slot) {
            // The sockets are closed, and the exchange must learn that the stream is gone.
            tracing::error!(%stream, %error, "a stream was lost between two threads");
            (self.start.on_event)(MediaEvent::OpenFailed { stream, reason: error.to_string() });
        }
        if let Some(place) = self.slots.place_of(stream) {
            self.list(place);
        }
        for one in waiting {
            match one {
                Waiting::Command(command) => self.command(command),
                Waiting::Tap(tap) => self.tap(stream, tap),
                Waiting::Release(to) => self.release(stream, to),
            }
        }
    }

    /// The stream that was expected does not come: it could not be opened, or was closed.
    fn miss(&mut self, stream: StreamId) {
        for one in self.expected.remove(&stream).unwrap_or_default() {
            match one {
                Waiting::Command(_) | Waiting::Tap(_) => self.ignore(1),
                Waiting::Release(to) => to.push_beyond_bound(Order::Absent(stream)),
            }
        }
    }

    /// Says goodbye, frees the ports, then tells the final figures.
    fn close(&mut self, place: Place) {
        let now = self.now();
        self.stand_up(place);
        self.play(place, None);
        self.unlist(place);
        let Some(mut slot) = self.slots.remove(place) else { return };
        let mut report = [0; REPORT_MAX];
        if let Some((len, to)) = slot.stream.farewell(now, &mut report) {
            slot.send_rtcp(&mut report, len, to);
        }
        if let Some(track) = slot.stream.last_track() {
            (self.start.on_event)(track);
        }
        let (stream, stats) = (slot.stream.id(), slot.stream.stats());
        drop(slot);
        (self.start.on_event)(MediaEvent::Closed { stream, stats });
    }
}

/// The stream that a command is about; none for rooms and recordings.
fn stream_of(command: &MediaCommand) -> Option<StreamId> {
    match command {
        MediaCommand::Open { stream, .. }
        | MediaCommand::Remote { stream, .. }
        | MediaCommand::Sink { stream, .. }
        | MediaCommand::Treat { stream, .. }
        | MediaCommand::Play { stream, .. }
        | MediaCommand::StopPlay { stream, .. }
        | MediaCommand::SendDigit { stream, .. }
        | MediaCommand::Close { stream } => Some(*stream),
        MediaCommand::OpenRoom { .. }
        | MediaCommand::PlayRoom { .. }
        | MediaCommand::StopPlayRoom { .. }
        | MediaCommand::CloseRoom { .. }
        | MediaCommand::Record { .. }
        | MediaCommand::PauseRecording { .. }
        | MediaCommand::StopRecording { .. } => None,
    }
}

/// RFC 3550 §11: RTP on an even port, RTCP on the next.
fn open_pair(ip: IpAddr, port: u16) -> io::Result<(Port, Port)> {
    let next = port.checked_add(1).filter(|_| port.is_multiple_of(2) && port != 0);
    let rtcp = next.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the RTP port is not even"))?;
    Ok((Port::open(SocketAddr::new(ip, port))?, Port::open(SocketAddr::new(ip, rtcp))?))
}
