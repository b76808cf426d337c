//! Where a call out goes on when a server or a trunk fails, and whom it displaces in an emergency.

use base::{CallRef, LegId};
use dialplan::Outside;
use sip::Flow;
use sip::message::{HeaderName, Host, StatusCode};

use super::account::said;
use super::way::patience;
use crate::leg::Side;
use crate::record::Cause;
use crate::{Exchange, Timer};

impl Exchange {
    /// The server says something: it is there.
    pub(crate) fn way_heard(&mut self, leg: LegId, status: StatusCode) {
        self.timers.cancel(Timer::WayPatience(leg));
        let now = self.now;
        let Some(l) = self.legs.get_mut(&leg) else { return };
        let peer = l.flow.peer;
        let Some(way) = &mut l.way else { return };
        if !status.is_provisional() && !status.is_success() {
            way.refused = Some(status);
        }
        let Some(name) = way.way().map(|way| way.trunk.clone()) else { return };
        if let Some(line) = self.trunks.line_mut(&name) {
            match status.0 {
                503 => line.servers.failed(now, peer),
                _ => line.servers.answered(peer),
            }
        }
    }

    /// The server has not said anything.
    pub(crate) fn way_silent(&mut self, leg: LegId) {
        let now = self.now;
        let Some(l) = self.legs.get_mut(&leg) else { return };
        let Some(invite) = l.calling().filter(|c| c.cancelled.is_none()).map(|c| c.invite) else { return };
        let peer = l.flow.peer;
        let name = l.way.as_ref().and_then(|way| way.way()).map(|way| way.trunk.clone());
        if let Some(line) = name.and_then(|name| self.trunks.line_mut(&name)) {
            line.servers.failed(now, peer);
        }
        // Should it speak after all, it is told that it is too late.
        if let Some(cancel) = self.transactions.cancel(now, invite) {
            self.clients.insert(cancel, leg);
        }
        self.flush(None);
        self.leg_failed(leg, Cause::Unreachable);
    }

    /// A leg over a trunk failed: the next server, then the next way is tried. False if there is none, or the cause
    /// speaks for the person.
    pub(crate) fn try_next_way(&mut self, leg: LegId, cause: Cause) -> bool {
        let Some(l) = self.legs.get_mut(&leg) else { return false };
        let call = l.call;
        if l.calling().is_none() {
            return false;
        }
        let Some(way) = &mut l.way else { return false };
        let (emergency, refused) = (way.is_emergency(), way.refused.take());
        let what = refused.map_or_else(|| cause_of_silence(cause).to_owned(), said);
        let trunk = way.way().map(|way| way.trunk.clone()).unwrap_or_default();
        // RFC 3263 §4.3: silence, 503 and a broken transport send to the next server; other answers stand for all.
        let of_server = refused.is_none_or(|status| status == StatusCode(503));
        if of_server && !way.servers.is_empty() {
            let flow = way.servers.remove(0);
            if self.repeat_invite(leg, flow) {
                self.note_reasons(call, vec![format!("trunk {trunk}: {what}, trying its server {}", flow.peer)]);
                return true;
            }
        }
        let Some(way) = self.legs.get_mut(&leg).and_then(|l| l.way.as_ref()) else { return false };
        if !(leads_on(cause) || emergency && cause != Cause::Cancelled) {
            return false;
        }
        let (at, confirm, offerer, made_room) = (way.at, way.confirm, way.offerer, way.made_room);
        let outside = way.outside.clone();
        let next = outside.ways.get(at + 1).map(|next| format!(", trying trunk {}", next.trunk)).unwrap_or_default();
        self.note_reasons(call, vec![format!("trunk {trunk}: {what}{next}")]);
        // The line that failed is free again before the next one is taken: both may be of one trunk.
        self.count_leg(leg, false);
        let mut next = self.go_ways(call, offerer, &outside, confirm, at + 1);
        if next.is_none() && emergency && !made_room && matches!(cause, Cause::Overload | Cause::Busy) {
            // The provider has no line left for us: we may have taken them all.
            next = self.go_where_room_is_made(call, offerer, &outside, confirm, Room::InAnyTrunk);
        }
        if next.is_none() {
            return false;
        }
        self.forget_early_dialogs(leg);
        if let Some(ringing) = self.calls.get_mut(&call).and_then(|c| c.ringing.as_mut()) {
            ringing.legs.retain(|l| *l != leg);
            ringing.early.take_if(|early| *early == leg);
        }
        self.close_leg(leg, cause);
        true
    }

    /// The same INVITE in a new transaction to another server (RFC 3263 §4.3).
    fn repeat_invite(&mut self, leg: LegId, flow: Flow) -> bool {
        let now = self.now;
        self.forget_early_dialogs(leg);
        let Some(l) = self.legs.get_mut(&leg) else { return false };
        let last = l.way.as_ref().is_none_or(|w| w.servers.is_empty() && w.at + 1 == w.outside.ways.len());
        let name = l.way.as_ref().and_then(|w| w.way()).map(|way| way.trunk.clone()).unwrap_or_default();
        let Some(calling) = l.calling() else { return false };
        let mut request = calling.request.clone();
        let address = Host::Ip(self.advertised(flow));
        let Some(line) = self.trunks.line(&name) else { return false };
        request.headers.set(HeaderName::Contact, format!("<{}>", line.contact_on(flow, address)));
        // What proved who we are to one server says nothing to another.
        for name in [HeaderName::Authorization, HeaderName::ProxyAuthorization] {
            request.headers.remove(&name);
        }
        let Ok(client) = self.transactions.send_request(now, flow, request.clone()) else { return false };
        let Some(l) = self.legs.get_mut(&leg) else { return false };
        l.flow = flow;
        l.source = flow.peer;
        if let Some(calling) = l.calling() {
            calling.invite = client;
            calling.request = request;
            calling.rseq.clear();
        }
        if let Some(way) = &mut l.way {
            way.nonce = None;
        }
        self.clients.insert(client, leg);
        self.timers.set(Timer::WayPatience(leg), now + patience(flow, last));
        self.flush(None);
        true
    }

    /// What a final answer to an INVITE means: of a phone for its person, of a provider for the number called.
    pub(crate) fn cause_of_refusal(&self, leg: LegId, status: StatusCode) -> Cause {
        let over_trunk = self.legs.get(&leg).is_some_and(|l| l.way.is_some());
        match status.0 {
            404 | 410 | 484 | 604 if over_trunk => Cause::UnknownNumber,
            // A provider's own refusal: no credit, a caller's number that is not ours, a password that is wrong.
            401 | 402 | 403 | 407 if over_trunk => Cause::Forbidden,
            408 if over_trunk => Cause::Timeout,
            _ => Cause::from_status(status),
        }
    }

    /// An emergency call finds no line: the oldest other call over one of its trunks gives way, once.
    pub(super) fn go_where_room_is_made(
        &mut self,
        call: CallRef,
        offerer: LegId,
        outside: &Outside,
        confirm: bool,
        room: Room,
    ) -> Option<LegId> {
        if !self.make_room(call, outside, room) {
            return None;
        }
        let leg = self.go_ways(call, offerer, outside, confirm, 0)?;
        if let Some(way) = self.legs.get_mut(&leg).and_then(|l| l.way.as_mut()) {
            way.made_room = true;
        }
        Some(leg)
    }

    fn make_room(&mut self, call: CallRef, outside: &Outside, room: Room) -> bool {
        let oldest = outside.ways.iter().find_map(|way| {
            let line = self.trunks.line(&way.trunk).filter(|line| !line.servers.is_empty())?;
            let (name, max) = (&line.trunk.name, u32::from(line.trunk.calls_max));
            let calls = self.facts.state.outside.get(name).copied().unwrap_or(0);
            if room == Room::InFullTrunks && (max == 0 || calls < max) {
                return None;
            }
            // Once for an emergency call, over the lines of one trunk: there are some dozens.
            let legs = self.legs.values().filter(|l| {
                l.counted
                    && l.call != call
                    && matches!(&l.side, Side::Trunk(trunk) if trunk == name)
                    && !l.way.as_ref().is_some_and(|way| way.is_emergency())
            });
            legs.map(|l| (l.call, name.clone())).min()
        });
        let Some((victim, trunk)) = oldest else { return false };
        self.note_reasons(
            call,
            vec![format!("{victim} over trunk {trunk} is ended: an emergency call needs its line")],
        );
        self.call_note(victim, format!("ended to free a line of trunk {trunk} for an emergency call"));
        let legs = self.calls.get(&victim).map(|c| c.legs.clone()).unwrap_or_default();
        self.end_call(victim, Cause::Overload, None);
        for leg in legs {
            self.count_leg(leg, false); // a leg that still rings is free only when its CANCEL is answered
        }
        true
    }
}

/// Whether another way may do better: not where a person or the number itself is the reason.
fn leads_on(cause: Cause) -> bool {
    matches!(
        cause,
        Cause::Unreachable | Cause::Overload | Cause::Timeout | Cause::PeerError | Cause::Forbidden | Cause::Internal
    )
}

fn cause_of_silence(cause: Cause) -> &'static str {
    match cause {
        Cause::Unreachable => "no answer from its server",
        other => other.describe(),
    }
}

/// Where a call may be ended for an emergency call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// In trunks all of whose lines are in use, as far as we know.
    InFullTrunks,
    /// In any: the providers say that there is none left.
    InAnyTrunk,
}
