//! Two layers with simple users on them, and between them a network that loses, delays, doubles and reorders.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::*;
use crate::message::HeaderName;

/// What the network does to a datagram; out of 100 each.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Weather {
    pub lost: u64,
    pub doubled: u64,
    /// Beside the base delay of 10 ms, up to this many ms more: enough of it reorders.
    pub jitter_ms: u64,
}

/// What the called phone does with an INVITE.
#[derive(Clone, Copy, Debug)]
pub(super) enum Callee {
    /// Rings and answers after so many ms.
    Answers(u64),
    /// Refuses at once with this.
    Refuses(u16),
    /// Rings until cancelled.
    Rings,
}

pub(super) struct World {
    pub now: Instant,
    weather: Weather,
    random: Random,
    sequence: u64,
    /// Datagrams under way: when and in what order they arrive, to which side, what.
    wire: BTreeMap<(Instant, u64), (Side, Bytes)>,
    pub caller: Peer,
    pub callee: Peer,
    plan: Callee,
    /// Datagrams to be swallowed: the n-th (from 0) of those whose start line and sender are these.
    pub swallow: Vec<(Side, &'static str, usize)>,
    seen: BTreeMap<(Side, String), usize>,
    /// `time from > to message`.
    pub ladder: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    Caller,
    Callee,
}

/// One side: a layer and what its user has seen.
pub(super) struct Peer {
    pub layer: TransactionLayer,
    flow: Flow,
    /// What its user was shown, in order.
    pub seen: Vec<String>,
    invite: Option<ClientId>,
    server: Option<(ServerId, Request, Option<Instant>)>,
    /// The CSeq of ACKs and the tags, for the request that ends the call.
    dialog: Option<crate::dialog::Dialog>,
}

impl Peer {
    fn new(local: &str, peer: &str, seed: u64) -> Self {
        let layer = TransactionLayer::new(TransactionLimits::default(), Random::from_number(seed));
        let flow = flow(Transport::Udp, local, peer);
        Peer { layer, flow, seen: Vec::new(), invite: None, server: None, dialog: None }
    }
}

impl World {
    pub fn new(seed: u64, weather: Weather, plan: Callee) -> Self {
        World {
            now: Instant::ZERO,
            weather,
            random: Random::from_number(seed),
            sequence: 0,
            wire: BTreeMap::new(),
            caller: Peer::new(BOX, PHONE, seed + 1),
            callee: Peer::new(PHONE, BOX, seed + 2),
            plan,
            swallow: Vec::new(),
            seen: BTreeMap::new(),
            ladder: String::new(),
        }
    }

    fn peer(&mut self, side: Side) -> &mut Peer {
        match side {
            Side::Caller => &mut self.caller,
            Side::Callee => &mut self.callee,
        }
    }

    pub fn call(&mut self) {
        let mut invite = ours(Method::Invite);
        invite.headers.remove(&HeaderName::Route);
        invite.headers.push(HeaderName::Contact, "<sip:102@192.0.2.1>");
        let id = self.caller.layer.send_request(self.now, self.caller.flow, invite).unwrap();
        self.caller.invite = Some(id);
        self.drain();
    }

    pub fn cancel(&mut self) {
        let id = self.caller.invite.unwrap();
        self.caller.layer.cancel(self.now, id);
        self.drain();
    }

    /// The side that has a dialog hangs up.
    pub fn bye(&mut self, side: Side) {
        let now = self.now;
        let peer = self.peer(side);
        let bye = peer.dialog.as_mut().expect("a dialog").request(Method::Bye);
        peer.layer.send_request(now, peer.flow, bye).unwrap();
        self.drain();
    }

    /// Runs until `until`, or until nothing is left to happen.
    pub fn run(&mut self, until: Instant) {
        loop {
            let arrival = self.wire.first_key_value().map(|((at, _), _)| *at);
            let answer = self.callee.server.as_ref().and_then(|(_, _, answer)| *answer);
            let timers = [self.caller.layer.poll_timeout(), self.callee.layer.poll_timeout(), arrival, answer];
            let Some(next) = timers.into_iter().flatten().min().filter(|next| *next <= until) else { break };
            self.now = self.now.max(next);
            if arrival == Some(next) {
                let (_, (to, bytes)) = self.wire.pop_first().unwrap();
                self.arrive(to, bytes);
            } else if answer == Some(next) {
                self.answer();
            } else {
                self.caller.layer.handle_timeout(next);
                self.callee.layer.handle_timeout(next);
            }
            self.drain();
        }
        self.now = self.now.max(until);
    }

    fn arrive(&mut self, to: Side, bytes: Bytes) {
        let now = self.now;
        let flow = self.peer(to).flow;
        match message::parse(bytes).unwrap().unwrap() {
            Message::Request(request) => match self.peer(to).layer.receive_request(now, flow, &request) {
                Incoming::New => self.new_request(to, request),
                Incoming::Ack => {
                    let peer = self.peer(to);
                    peer.seen.push("ACK".into());
                    if let Some((id, _, _)) = peer.server {
                        peer.layer.confirm(now, id);
                    }
                }
                Incoming::Cancel { invite } => {
                    let peer = self.peer(to);
                    peer.seen.push("CANCEL".into());
                    let Some((id, request, _)) = peer.server.take().filter(|(id, _, _)| *id == invite) else { return };
                    peer.layer.respond(now, id, &respond_to(&request, 487));
                }
                Incoming::CancelUnmatched => {
                    self.peer(to).layer.respond_stateless(flow, &respond_to(&request, 481));
                }
                Incoming::Absorbed => {}
                Incoming::Merged => panic!("merged"),
            },
            Message::Response(response) => {
                let Some(id) = self.peer(to).layer.receive_response(now, flow, &response) else { return };
                let peer = self.peer(to);
                if peer.invite != Some(id) {
                    return peer.seen.push(format!("{} to another", response.status.0));
                }
                peer.seen.push(response.status.0.to_string());
                if response.status.is_success() {
                    let request = ours(Method::Invite);
                    let dialog = crate::dialog::Dialog::uac(&request, &response).unwrap();
                    peer.layer.send_stateless(peer.flow, &dialog.ack(7));
                    peer.dialog.get_or_insert(dialog);
                }
            }
        }
    }

    fn new_request(&mut self, to: Side, request: Request) {
        let (now, plan) = (self.now, self.plan);
        let peer = self.peer(to);
        peer.seen.push(request.method.to_string());
        let id = peer.layer.accept(now, peer.flow, &request).unwrap();
        if request.method != Method::Invite {
            return peer.layer.respond(now, id, &respond_to(&request, 200));
        }
        let answer_at = match plan {
            Callee::Refuses(status) => return peer.layer.respond(now, id, &respond_to(&request, status)),
            Callee::Answers(after) => Some(now + Duration::from_millis(after)),
            Callee::Rings => None,
        };
        peer.layer.respond(now, id, &respond_to(&request, 180));
        peer.server = Some((id, request, answer_at));
    }

    fn answer(&mut self) {
        let now = self.now;
        let Some((id, request, answer)) = &mut self.callee.server else { return };
        *answer = None;
        let mut ok = respond_to(request, 200);
        ok.headers.push(HeaderName::Contact, "<sip:101@192.0.2.20:5062>");
        self.callee.dialog = crate::dialog::Dialog::uas(request, "ours").ok();
        self.callee.layer.respond(now, *id, &ok);
    }

    fn drain(&mut self) {
        for (side, to) in [(Side::Caller, Side::Callee), (Side::Callee, Side::Caller)] {
            while let Some(transmit) = self.peer(side).layer.poll_transmit() {
                self.send(side, to, transmit.bytes);
            }
            while let Some(event) = self.peer(side).layer.poll_event() {
                let text = format!("{event:?}").split('(').next().unwrap().to_owned();
                if !text.ends_with("Ended") {
                    self.peer(side).seen.push(text);
                }
            }
        }
    }

    fn send(&mut self, from: Side, to: Side, bytes: Bytes) {
        let line = start_line(&bytes);
        let count = self.seen.entry((from, line.clone())).or_default();
        let swallowed = self.swallow.iter().any(|(side, what, nth)| *side == from && *what == line && *nth == *count);
        *count += 1;
        let ms = self.now.as_nanos() / 1_000_000;
        let (arrow, lost) = (format!("{from:?} > {to:?}").to_lowercase(), if swallowed { " (lost)" } else { "" });
        writeln!(self.ladder, "{ms} {arrow} {line}{lost}").unwrap();
        if swallowed || self.random.below(100) < self.weather.lost {
            return;
        }
        let copies = if self.random.below(100) < self.weather.doubled { 2 } else { 1 };
        for _ in 0..copies {
            let delay = 10 + self.random.below(self.weather.jitter_ms + 1);
            self.sequence += 1;
            self.wire.insert((self.now + Duration::from_millis(delay), self.sequence), (to, bytes.clone()));
        }
    }

    /// Nothing is left on either side.
    pub fn is_empty(&self) -> bool {
        let sides = [&self.caller, &self.callee];
        self.wire.is_empty() && sides.iter().all(|p| p.layer.is_empty() && p.layer.poll_timeout().is_none())
    }
}
