//! What is played: how long it takes, and how it ends.

use base::{Duration, Instant, PlayId, RoomId, StreamId};
use media::control::{DigitTones, MediaEvent, PlayEnd, PlayItem, PlayList};

use super::stream::is_key;
use super::{FakePlane, Report};

/// Items of a list at most, as the control language says.
const ITEMS_MAX: usize = 256;

/// A list under way, or ended and not yet told so.
#[derive(Clone, Debug)]
pub(super) struct Play {
    place: Place,
    pub(super) list: PlayList,
    end: PlayEnd,
    /// Nothing is heard of it any more.
    is_over: bool,
}

/// Where it plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Stream(StreamId),
    Room(RoomId),
}

impl FakePlane {
    pub(super) fn play(&mut self, now: Instant, stream: StreamId, play: PlayId, list: PlayList) -> Result<(), String> {
        if !self.streams.contains_key(&stream) && !self.is_failing(stream) {
            return Err(format!("Play for {stream}, which is not open"));
        }
        self.begin(now, Place::Stream(stream), play, list)?;
        let before = self.streams.get_mut(&stream).map(|open| open.play.replace(play));
        match before {
            Some(Some(before)) => self.cut_off(now, before),
            Some(None) => {}
            // The exchange does not know yet that the stream is none.
            None => self.cut_off(now, play),
        }
        Ok(())
    }

    pub(super) fn play_room(&mut self, now: Instant, room: RoomId, play: PlayId, list: PlayList) -> Result<(), String> {
        if !self.rooms.contains_key(&room) {
            return Err(format!("PlayRoom for {room}, which is not open"));
        }
        self.begin(now, Place::Room(room), play, list)?;
        if let Some(before) = self.rooms.get_mut(&room).and_then(|open| open.play.replace(play)) {
            self.cut_off(now, before);
        }
        Ok(())
    }

    pub(super) fn stop_play(&mut self, now: Instant, stream: StreamId, play: PlayId) -> Result<(), String> {
        self.stop(now, Place::Stream(stream), play)
    }

    pub(super) fn stop_play_room(&mut self, now: Instant, room: RoomId, play: PlayId) -> Result<(), String> {
        self.stop(now, Place::Room(room), play)
    }

    fn begin(&mut self, now: Instant, place: Place, play: PlayId, list: PlayList) -> Result<(), String> {
        if !self.used.plays.insert(play) {
            return Err(format!("{play} played twice"));
        }
        if list.items.is_empty() || list.items.len() > ITEMS_MAX {
            return Err(format!("{play} of {} items", list.items.len()));
        }
        let mut length = Duration::ZERO;
        let mut is_endless = list.repeat;
        for (at, item) in list.items.iter().enumerate() {
            match length_of(item).map_err(|fault| format!("{play} of {fault}"))? {
                Some(item) => length += item,
                None if at + 1 == list.items.len() && !list.repeat => is_endless = true,
                None => return Err(format!("{play} never gets past {item:?}")),
            }
        }
        if list.repeat && length.is_zero() {
            return Err(format!("{play} repeats nothing"));
        }
        if !is_endless {
            let left = length.saturating_sub(list.skip);
            self.timers.set(Report::Played(play), now + left);
        }
        let sound = list.items.iter().find_map(|item| match item {
            PlayItem::Sound(name) => Some(name.clone()),
            PlayItem::Tone { .. } | PlayItem::Digits(_) | PlayItem::Silence(_) => None,
        });
        let end = match sound {
            Some(name) if self.fails(self.faults.sound) => PlayEnd::Failed(format!("{name} cannot be read")),
            _ => PlayEnd::Finished,
        };
        self.plays.insert(play, Play { place, list, end, is_over: false });
        Ok(())
    }

    fn stop(&mut self, now: Instant, place: Place, play: PlayId) -> Result<(), String> {
        match self.plays.get(&play) {
            Some(playing) if playing.place == place => {
                self.cut_off(now, play);
                Ok(())
            }
            Some(playing) => Err(format!("{play} stopped at {place:?} and plays at {:?}", playing.place)),
            None => Err(format!("{play} stopped, which does not play")),
        }
    }

    /// Ends a play before its time, once; it is told a moment later, unless it was over anyhow.
    pub(super) fn cut_off(&mut self, now: Instant, play: PlayId) {
        let at = now + self.moment(4);
        let Some(playing) = self.plays.get_mut(&play).filter(|playing| !playing.is_over) else { return };
        (playing.is_over, playing.end) = (true, PlayEnd::Stopped);
        self.free_place(play);
        self.timers.set(Report::Played(play), at);
    }

    pub(super) fn tell_played(&mut self, play: PlayId) {
        self.free_place(play);
        if let Some(Play { end, .. }) = self.plays.remove(&play) {
            self.news.push_back(MediaEvent::Played { play, end });
        }
    }

    fn free_place(&mut self, play: PlayId) {
        let slot = match self.plays.get(&play).map(|playing| playing.place) {
            Some(Place::Stream(stream)) => self.streams.get_mut(&stream).map(|open| &mut open.play),
            Some(Place::Room(room)) => self.rooms.get_mut(&room).map(|open| &mut open.play),
            None => None,
        };
        if let Some(slot) = slot.filter(|slot| **slot == Some(play)) {
            *slot = None;
        }
    }

    /// What is played to the peer of `stream` now.
    pub fn played_to(&self, stream: StreamId) -> Option<&PlayList> {
        let play = self.streams.get(&stream)?.play?;
        self.plays.get(&play).map(|playing| &playing.list)
    }

    /// What is played in a room now.
    pub fn played_in(&self, room: RoomId) -> Option<&PlayList> {
        let play = self.rooms.get(&room)?.play?;
        self.plays.get(&play).map(|playing| &playing.list)
    }
}

/// How long an item sounds; none: until it is stopped. An error names what is wrong with it.
fn length_of(item: &PlayItem) -> Result<Option<Duration>, String> {
    match item {
        PlayItem::Sound(name) => {
            let known = ["prompt/", "music/", "sound/", "recording/"].iter().any(|folder| name.starts_with(folder));
            // Recordings are named by their files, with the ending.
            let plain =
                name.strip_suffix(".wav").filter(|_| name.starts_with("recording/")).unwrap_or(name).split('/').all(
                    |part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)),
                );
            if !known || !plain {
                return Err(format!("a sound {name:?}"));
            }
            // Any length will do that is the same each time: 300 ms to 2.3 s, a minute of music.
            let sum = name.bytes().fold(0_u64, |sum, octet| (sum * 31 + u64::from(octet)) % 2_000);
            let music = if name.starts_with("music/") { 60_000 } else { 300 };
            Ok(Some(Duration::from_millis(music + sum)))
        }
        PlayItem::Tone { duration, .. } => Ok((!duration.is_zero()).then_some(*duration)),
        PlayItem::Digits(DigitTones { digits, tone, pause }) => match digits.chars().all(is_key) {
            true => Ok(Some((*tone + *pause) * digits.len() as u32)),
            false => Err(format!("the keys {digits:?}")),
        },
        PlayItem::Silence(duration) => Ok(Some(*duration)),
    }
}
