//! The streams of one thread: found by place in no time, by id in little.

use std::collections::HashMap;
use std::io;

use base::{Instant, StreamId};
use media::stream::Stream;
use nix::sys::epoll::{Epoll, EpollEvent, EpollFlags};

use super::tap::SlotTap;
use super::voice::Speech;
use crate::socket::Port;

/// A stream and its sockets.
pub(crate) struct Slot {
    pub(super) stream: Stream,
    pub(super) rtp: Port,
    pub(super) rtcp: Port,
    /// Where the stream that this one feeds was last found.
    pub(super) neighbour: Place,
    /// The round that last took a packet from one of the sockets.
    pub(super) served_in: u32,
    /// What it needs beyond handing packets on.
    pub(super) speech: Option<Box<Speech>>,
    /// Recordings of what it receives.
    pub(super) taps: Vec<SlotTap>,
}

/// A place in the table of one thread; taken again after its stream has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place(u32);

/// The table.
#[derive(Default)]
pub(super) struct Slots {
    slots: Vec<Option<Box<Slot>>>,
    /// When each place is next due, beside the slots so that looking through it is cheap; `NEVER` for empty ones.
    due: Vec<Instant>,
    free: Vec<Place>,
    by_id: HashMap<StreamId, Place>,
}

const NEVER: Instant = Instant::from_nanos(u64::MAX);

impl Slot {
    pub(super) fn new(stream: Stream, rtp: Port, rtcp: Port) -> Slot {
        Slot { stream, rtp, rtcp, neighbour: Place::FIRST, served_in: 0, speech: None, taps: Vec::new() }
    }

    /// Has `epoll` name this place when one of the sockets is readable.
    pub(super) fn listen(&self, epoll: &Epoll, place: Place) -> io::Result<()> {
        // Level-triggered: what a round leaves in a socket is named again by the next.
        let flags = EpollFlags::EPOLLIN;
        epoll.add(&self.rtp, EpollEvent::new(flags, place.token(false)))?;
        epoll.add(&self.rtcp, EpollEvent::new(flags, place.token(true)))?;
        Ok(())
    }

    /// Undoes [`Slot::listen`], for the sockets live on elsewhere.
    pub(super) fn forget(&self, epoll: &Epoll) {
        // Only what was never added can fail, and then there is nothing to undo.
        let _ = epoll.delete(&self.rtp);
        let _ = epoll.delete(&self.rtcp);
    }
}

impl Place {
    pub(super) const FIRST: Place = Place(0);

    pub(super) const fn next(self) -> Place {
        Place(self.0 + 1)
    }

    pub(super) const fn index(self) -> usize {
        self.0 as usize
    }

    fn token(self, is_rtcp: bool) -> u64 {
        (u64::from(self.0) << 1) | u64::from(is_rtcp)
    }
}

impl Slots {
    /// The place and the socket that a token names.
    pub(super) const fn untoken(token: u64) -> (Place, bool) {
        (Place((token >> 1) as u32), token & 1 == 1)
    }

    pub(super) fn insert(&mut self, slot: Box<Slot>) -> Place {
        let id = slot.stream.id();
        let place = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.due.push(NEVER);
            Place((self.slots.len() - 1) as u32) // bounded by the ports there are
        });
        self.by_id.insert(id, place);
        if let Some(empty) = self.slots.get_mut(place.index()) {
            *empty = Some(slot);
        }
        place
    }

    pub(super) fn remove(&mut self, place: Place) -> Option<Box<Slot>> {
        let slot = self.slots.get_mut(place.index())?.take()?;
        self.by_id.remove(&slot.stream.id());
        self.free.push(place);
        self.set_due(place, NEVER);
        if self.by_id.is_empty() {
            // After a busy hour the memory goes back.
            *self = Slots::default();
        }
        Some(slot)
    }

    pub(super) fn get_mut(&mut self, place: Place) -> Option<&mut Slot> {
        self.slots.get_mut(place.index())?.as_deref_mut()
    }

    pub(super) fn place_of(&self, id: StreamId) -> Option<Place> {
        self.by_id.get(&id).copied()
    }

    /// The stream `id`, looked for at `guess` first.
    pub(super) fn find(&mut self, id: StreamId, guess: Place) -> Option<(Place, &mut Slot)> {
        let guessed = self.slots.get(guess.index()).and_then(Option::as_ref).is_some_and(|s| s.stream.id() == id);
        let place = if guessed { guess } else { self.place_of(id)? };
        Some((place, self.get_mut(place)?))
    }

    /// Asks the stream at `place` when it is next due.
    pub(super) fn note_due(&mut self, place: Place) {
        let at = self.get_mut(place).and_then(|s| s.stream.poll_timeout()).unwrap_or(NEVER);
        self.set_due(place, at);
    }

    fn set_due(&mut self, place: Place, at: Instant) {
        if let Some(due) = self.due.get_mut(place.index()) {
            *due = at;
        }
    }

    /// The first place at or after `from` that is due.
    pub(super) fn next_due(&self, now: Instant, from: Place) -> Option<Place> {
        let after = self.due.get(from.index()..)?.iter().position(|at| *at <= now)?;
        Some(Place((from.index() + after) as u32))
    }

    pub(super) fn places(&self) -> Vec<Place> {
        let all = self.slots.iter().enumerate();
        all.filter(|(_, slot)| slot.is_some()).map(|(n, _)| Place(n as u32)).collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }
}
