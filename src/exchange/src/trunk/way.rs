//! Calls out: over the first way that can be gone.

use base::{CallRef, Duration, LegId};
use bytes::Bytes;
use config::{NumberKind, Srtp};
use dialplan::{Outside, OutsideWay};
use media::control::MediaCommand;
use sdp::Security;
use sip::message::StatusCode;
use sip::{Flow, Transport};

use super::next_way::Room;
use crate::leg::{Audio, Calling, Leg, LegState, SessionTimer, Side};
use crate::record::{CallEventKind, LegRole, Party};
use crate::{Exchange, Timer};

/// A server that says nothing at all is passed over after this, by datagrams (three repetitions) and by connections
/// (which must be opened first). Timer B of RFC 3261 §17.1.1.2 is for whoever has nowhere else to go.
const PATIENCE: (Duration, Duration) = (Duration::from_secs(4), Duration::from_secs(5));
/// The last server of the last way gets longer.
pub(super) const PATIENCE_LAST: Duration = Duration::from_secs(12);

/// How a leg goes over a trunk.
#[derive(Debug)]
pub(crate) struct Way {
    pub(super) outside: Outside,
    /// Which of its ways.
    pub(super) at: usize,
    pub(super) confirm: bool,
    /// Whom it was rung for.
    pub(super) offerer: LegId,
    /// Servers not tried yet.
    pub(super) servers: Vec<Flow>,
    /// The nonce answered last, and how many were.
    pub(super) nonce: Option<Bytes>,
    pub(super) challenges: u8,
    /// What the provider refused with.
    pub(super) refused: Option<StatusCode>,
    /// Minutes begun.
    pub(super) minutes: u32,
    /// An emergency call for which another one was ended already.
    pub(super) made_room: bool,
}

impl Way {
    /// The extension that pays; empty: none.
    pub(crate) fn on_behalf(&self) -> &str {
        &self.outside.on_behalf
    }

    pub(super) fn way(&self) -> Option<&OutsideWay> {
        self.outside.ways.get(self.at)
    }

    pub(super) fn is_emergency(&self) -> bool {
        self.outside.kind == NumberKind::Emergency
    }
}

impl Exchange {
    /// Calls a number outside over the first way that can be gone; false if there is none.
    pub(crate) fn call_outside(&mut self, call: CallRef, offerer: LegId, outside: &Outside, confirm: bool) -> bool {
        if outside.kind != NumberKind::Emergency {
            return self.go_ways(call, offerer, outside, confirm, 0).is_some();
        }
        let mut leg = self.go_ways(call, offerer, outside, confirm, 0);
        if leg.is_none() {
            leg = self.go_where_room_is_made(call, offerer, outside, confirm, Room::InFullTrunks);
        }
        self.tell_of_emergency(call, outside);
        leg.is_some()
    }

    /// Tries the ways from `first` on; the leg that goes.
    pub(super) fn go_ways(
        &mut self,
        call: CallRef,
        offerer: LegId,
        outside: &Outside,
        confirm: bool,
        first: usize,
    ) -> Option<LegId> {
        for (at, way) in outside.ways.iter().enumerate().skip(first) {
            match self.go_way(call, offerer, outside, confirm, at) {
                Ok(leg) => {
                    self.take_turns(&way.trunk);
                    let text = format!("{} is called over trunk {} as {}", outside.number, way.trunk, way.number);
                    self.note_reasons(call, vec![text]);
                    return Some(leg);
                }
                Err(why) => self.note_reasons(call, vec![format!("trunk {} passed over: {why}", way.trunk)]),
            }
        }
        None
    }

    /// A call over a trunk moves the routes on whose trunks take turns.
    fn take_turns(&mut self, trunk: &str) {
        let config = self.config.clone();
        for route in config.outbound_routes.values().filter(|r| r.balance && r.trunks.iter().any(|t| t == trunk)) {
            let turns = self.facts.state.outside.entry(format!("route/{}", route.name)).or_default();
            *turns = turns.wrapping_add(1);
        }
    }

    /// An INVITE over one trunk; or in one clause why there is none.
    fn go_way(
        &mut self,
        call: CallRef,
        offerer: LegId,
        outside: &Outside,
        confirm: bool,
        at: usize,
    ) -> Result<LegId, &'static str> {
        let now = self.now;
        let way = outside.ways.get(at).ok_or("there is no such way")?;
        let line = self.trunks.line(&way.trunk).ok_or("it is switched off or gone")?;
        let calls = self.facts.state.outside.get(&way.trunk).copied().unwrap_or(0);
        if line.trunk.calls_max > 0 && calls >= u32::from(line.trunk.calls_max) {
            return Err("all its lines are in use");
        }
        let mut servers = line.servers.order(now);
        let Some(flow) = servers.first().copied() else { return Err("its servers are not found") };
        // What the INVITE says of our address must hold for those that it is repeated to; and keys of the audio that
        // went by TLS are not told in the clear.
        let tls = Transport::Tls;
        servers.retain(|s| *s != flow && s.local.ip() == flow.local.ip());
        servers.retain(|s| flow.transport != tls || s.transport == tls);
        let security = security_of(line.trunk.srtp, flow);
        let codecs =
            if line.trunk.codecs.is_empty() { self.config.media.codecs.clone() } else { line.trunk.codecs.clone() };
        let id = self.new_leg_id();
        let full = "the box is at its limit";
        let Some((stream, mut talk)) = self.open_stream_as(id, flow, security) else { return Err(full) };
        let Some(offer) = self.offer_of(offerer, &mut talk, &codecs) else {
            self.media(MediaCommand::Close { stream });
            return Err("no codec of it fits");
        };
        let request = self.outside_invite(call, outside, way, flow, &offer);
        let sent = request.and_then(|request| {
            let client = self.transactions.send_request(now, flow, request.clone()).ok()?;
            Some((client, request))
        });
        let Some((invite, request)) = sent else {
            self.media(MediaCommand::Close { stream });
            return Err(full);
        };
        let party = Party { number: outside.number.clone(), name: named(outside) };
        let device = format!("trunk {} at {}", way.trunk, flow.peer);
        let sip_call_id = String::from_utf8_lossy(request.headers.call_id()).into_owned();
        let last = servers.is_empty() && at + 1 == outside.ways.len();
        let leg = Leg {
            id,
            dialog_id: None,
            call,
            role: LegRole::Called,
            side: Side::Trunk(way.trunk.clone()),
            party: party.clone(),
            counted: false,
            confirm,
            device: device.clone(),
            flow,
            source: flow.peer,
            sip_call_id: sip_call_id.clone(),
            takes_update: false,
            timer: SessionTimer::default(),
            state: LegState::Calling(Box::new(Calling {
                invite,
                request,
                early: Vec::new(),
                rseq: Vec::new(),
                ringing: false,
                cancelled: None,
                attempts: 0,
            })),
            audio: Audio { stream: Some(stream), talk: Some(talk), ..Audio::default() },
            answered_at: None,
            ended: None,
            strays: Vec::new(),
            silent: false,
            holding: false,
            private: false,
            referred: false,
            way: Some(Box::new(Way {
                outside: outside.clone(),
                at,
                confirm,
                offerer,
                servers,
                nonce: None,
                challenges: 0,
                refused: None,
                minutes: 0,
                made_room: false,
            })),
        };
        self.legs.insert(id, leg);
        self.clients.insert(invite, id);
        if let Some(c) = self.calls.get_mut(&call) {
            c.legs.push(id);
            if let Some(r) = &mut c.ringing {
                r.legs.push(id);
            }
        }
        self.timers.set(Timer::WayPatience(id), now + patience(flow, last));
        self.flush(None);
        self.call_event(call, CallEventKind::LegStarted { leg: id, to: party, device, sip_call_id });
        // A line is in use from the first moment on, not from the answer.
        self.count_leg(id, true);
        Ok(id)
    }

    /// How a leg over a trunk is secured. `None` for other legs.
    pub(crate) fn trunk_security(&self, leg: LegId, flow: Flow) -> Option<Security> {
        let l = self.legs.get(&leg)?;
        let Side::Trunk(name) = &l.side else { return None };
        let srtp = self.config.trunks.get(name).map(|trunk| trunk.srtp)?;
        Some(match (srtp, l.role) {
            // It is for the provider to offer.
            (Srtp::Optional, LegRole::Caller) => Security::Optional,
            _ => security_of(srtp, flow),
        })
    }
}

/// How our own offers to a trunk are secured; what is required never falls back.
fn security_of(srtp: Srtp, flow: Flow) -> Security {
    match srtp {
        Srtp::Off => Security::Off,
        Srtp::Required => Security::Required,
        Srtp::Optional if flow.transport == Transport::Tls => Security::Preferred,
        Srtp::Optional => Security::Optional,
    }
}

pub(super) fn patience(flow: Flow, last: bool) -> Duration {
    match flow.transport {
        _ if last => PATIENCE_LAST,
        Transport::Udp => PATIENCE.0,
        _ => PATIENCE.1,
    }
}

/// Who is called, for records: a name that only repeats the number is none.
fn named(outside: &Outside) -> String {
    if outside.name == outside.number { String::new() } else { outside.name.clone() }
}
