//! Three talk: whoever has two calls brings all into a room of their own. Each is in it with a call of its own, so
//! whoever leaves leaves alone; the room ends with the last but one.

use base::{CallRef, LegId};

use crate::Exchange;
use crate::call::Phase;

impl Exchange {
    /// `by` talks in `second` while a party waits in `held`: all three talk. The two calls are not linked any more.
    pub(crate) fn all_three(&mut self, second: CallRef, held: CallRef, by: LegId) {
        let Some(target) = self.peer_of(by) else { return };
        let Some(party) = self.calls.get(&held).map(|c| c.caller) else { return };
        self.be_alone(second, by);
        let room = self.conferences.ad_hoc();
        let Some(third) = self.split_off(target, second, &room) else { return };
        for (call, leg) in [(second, by), (third, target), (held, party)] {
            self.stop_playing(leg);
            self.take_off_hold(leg);
            self.join_room(call, leg, room.clone());
        }
    }

    /// The code was typed in a call while another one of the same phone is on hold: both are brought together, and the
    /// line that was on hold is free.
    pub(crate) fn merge_calls(&mut self, call: CallRef, by: LegId) {
        let Some(l) = self.legs.get(&by) else { return };
        let held = self.legs.values().filter(|other| {
            other.side == l.side
                && other.source.ip() == l.source.ip()
                && other.id != by
                && other.holding
                && other.is_up()
        });
        // The one put on hold last is the one meant.
        let held = held.filter(|other| self.peer_of(other.id).is_some()).map(|other| other.id).max();
        let Some((line, party)) = held.and_then(|line| Some((line, self.peer_of(line)?))) else {
            return self.speak(by, &["invalid"], crate::call::play::After::Nothing);
        };
        let Some(other) = self.legs.get(&line).map(|l| l.call) else { return };
        self.leave_to_box(other, line, party);
        self.call_note(call, format!("joined with call {other}"));
        self.all_three(call, other, by);
    }

    /// Whether a call is one of two that are bridged, for whoever types a code.
    pub(crate) fn is_talking(&self, call: CallRef) -> bool {
        self.calls.get(&call).is_some_and(|c| matches!(c.phase, Phase::Bridged(..)) && c.ringing.is_none())
    }
}
