//! Recordings of this thread's streams and rooms: what is received is copied to the recorder's queue, never waited for.

use audio::Rate;
use base::{Instant, RoomId};
use media::stream::Passing;

use super::Worker;
use super::slots::Place;
use super::tap::{SlotTap, TapOrder};
use crate::recorder::TapPacket;

impl Worker {
    /// What a stream received goes to its recordings as it is.
    pub(super) fn record(&mut self, now: Instant, place: Place, n: usize, passing: &Passing) {
        let Some(queue) = &mut self.start.recorder else { return };
        let Some(slot) = self.slots.get_mut(place) else { return };
        let (codec, seq, timestamp, payload) = passing.parts();
        let Some(payload) = self.batch.packet(n).and_then(|(packet, _)| packet.get(payload)) else { return };
        for one in &slot.taps {
            queue.packet(&one.tap, one.channel, TapPacket { at: now, codec, seq, timestamp, payload });
        }
    }

    /// A room's sound goes to its recordings.
    pub(super) fn tap_room(&mut self, now: Instant, taps: &[SlotTap], rate: Rate, samples: &[i16]) {
        let Some(queue) = &mut self.start.recorder else { return };
        for one in taps {
            queue.frame(&one.tap, one.channel, now, rate, samples);
        }
    }

    /// A recording of a room begins or ends.
    pub(super) fn tap_of_room(&mut self, room: RoomId, tap: TapOrder) {
        match self.rooms.taps_of(room) {
            Some(taps) => tap.apply(taps),
            None => self.ignore(1),
        }
    }
}
