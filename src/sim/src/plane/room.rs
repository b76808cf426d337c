//! Rooms: open, peopled by the sinks of streams, closed.

use std::net::SocketAddr;

use base::{Duration, Instant, PlayId, RoomId, StreamId};
use media::control::{Audience, MediaEvent, Remote, RoomOptions, RoomRole, Sink};

use super::{FakePlane, Report};

/// News of who speaks come at most so often.
const SPEAKING: Duration = Duration::from_millis(500);

/// An open room.
#[derive(Clone, Debug)]
pub(super) struct Room {
    options: RoomOptions,
    pub(super) play: Option<PlayId>,
    /// Who was told to speak.
    speaking: Vec<StreamId>,
}

impl FakePlane {
    pub(super) fn open_room(&mut self, room: RoomId, options: RoomOptions) -> Result<(), String> {
        if !self.used.rooms.insert(room) {
            return Err(format!("{room} opened twice"));
        }
        if !(3..=32).contains(&options.speakers_max) {
            return Err(format!("{room} for {} speakers", options.speakers_max));
        }
        self.rooms.insert(room, Room { options, play: None, speaking: Vec::new() });
        Ok(())
    }

    /// Whoever is still inside hears nothing more.
    pub(super) fn close_room(&mut self, now: Instant, room: RoomId) -> Result<(), String> {
        let Some(open) = self.rooms.remove(&room) else {
            return Err(format!("CloseRoom for {room}, which is not open"));
        };
        if let Some(play) = open.play {
            self.cut_off(now, play);
        }
        for stream in self.streams.values_mut() {
            if matches!(stream.sink, Sink::Room(inside, _) if inside == room) {
                stream.sink = Sink::None;
            }
        }
        self.timers.cancel(Report::Speaking(room));
        self.end_recordings_without_sound(now);
        Ok(())
    }

    pub(super) fn is_in(&self, stream: StreamId, room: RoomId) -> bool {
        self.streams.get(&stream).is_some_and(|open| matches!(open.sink, Sink::Room(inside, _) if inside == room))
    }

    pub(super) fn speakers_changed(&mut self, now: Instant, room: RoomId) {
        if self.rooms.contains_key(&room) && self.timers.deadline(&Report::Speaking(room)).is_none() {
            self.timers.set(Report::Speaking(room), now + SPEAKING);
        }
    }

    pub(super) fn tell_speaking(&mut self, room: RoomId, is_heard: &impl Fn(&Remote, SocketAddr) -> bool) {
        let speaks = |stream: &StreamId| {
            self.streams.get(stream).is_some_and(|open| {
                matches!(open.sink, Sink::Room(inside, RoomRole { heard_by: Audience::All, .. }) if inside == room)
                    && open.remote.as_ref().is_some_and(|remote| remote.receive && is_heard(remote, open.local))
            })
        };
        let speakers_max = self.rooms.get(&room).map_or(0, |open| open.options.speakers_max);
        let streams: Vec<StreamId> = self.streams.keys().copied().filter(speaks).take(speakers_max.into()).collect();
        let Some(open) = self.rooms.get_mut(&room).filter(|open| open.speaking != streams) else { return };
        open.speaking.clone_from(&streams);
        self.news.push_back(MediaEvent::Speaking { room, streams });
    }

    /// Rooms open now, and who is in each, with what it may do there.
    pub fn rooms(&self) -> impl Iterator<Item = (RoomId, Vec<(StreamId, RoomRole)>)> {
        self.rooms.keys().map(|room| {
            let members = self.streams.iter().filter_map(|(id, open)| match open.sink {
                Sink::Room(inside, role) if inside == *room => Some((*id, role)),
                Sink::None | Sink::Stream(_) | Sink::Echo | Sink::Room(..) => None,
            });
            (*room, members.collect())
        })
    }
}
