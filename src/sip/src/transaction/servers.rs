//! The server side of the layer: requests of peers (RFC 3261 §17.2).

use std::collections::VecDeque;
use std::net::SocketAddr;

use base::{Instant, Random, Timers};
use bytes::Bytes;
use hashbrown::HashMap;

use super::keys::{Matching, MergeKey, Secret, ServerKey};
use super::server::{self, Server};
use super::server_invite::{self, InviteServer};
use super::timing::{Row, Timer, Timing, Tx};
use super::turn::{Outputs, Turn};
use super::{Incoming, LayerFull, Origin, ServerId, TransactionEvent, TransactionLayer, Transmit, shrink, step, via};
use crate::Flow;
use crate::message::{Method, Request, Response, StatusCode};

/// The table of server transactions and the two ways into it.
#[derive(Debug)]
pub(super) struct Servers {
    last: u64,
    secret: Secret,
    table: HashMap<ServerId, Entry>,
    by_key: HashMap<ServerKey, ServerId>,
    by_merge: HashMap<MergeKey, ServerId>,
    finished: Finished,
}

/// Answered non-INVITE transactions, the oldest first.
#[derive(Debug, Default)]
struct Finished {
    /// Ids that have been dropped meanwhile are skipped when they come to the front.
    order: VecDeque<ServerId>,
    count: usize,
}

#[derive(Debug)]
struct Entry {
    machine: Machine,
    key: ServerKey,
    merge: Option<MergeKey>,
    /// Where responses go.
    flow: Flow,
    /// The port of the sent-by: where they go if the connection has ended.
    sent_by_port: u16,
    matching: Matching,
    /// Whether responses still need `received` and `rport` (the request was not stamped).
    stamp: Stamp,
    /// The To tag of our responses, for the answer to a CANCEL.
    to_tag: Option<Bytes>,
}

/// Whether the top Via of the request said already where it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stamp {
    Done,
    /// Each response must: from this port it came (its address is the one that responses go to).
    Due {
        source_port: u16,
    },
}

#[derive(Debug)]
enum Machine {
    Invite(InviteServer),
    Other(Server),
}

/// What may happen to a server transaction of any kind.
enum Input<'a> {
    Request,
    Respond { response: &'a Response, bytes: Bytes, to_tag: u64 },
    RespondReliably { bytes: Bytes },
    ConfirmProvisional,
    Ack { to_tag: u64 },
    Confirm,
    Cancel,
    Fired(Timer),
}

impl Servers {
    pub fn new(random: &mut Random) -> Self {
        Servers {
            last: 0,
            secret: Secret::new(random),
            table: HashMap::new(),
            by_key: HashMap::new(),
            by_merge: HashMap::new(),
            finished: Finished::default(),
        }
    }

    pub fn len(&self) -> usize {
        self.table.len()
    }

    #[cfg(test)]
    pub fn capacities(&self) -> (usize, usize, usize, usize) {
        let order = self.finished.order.capacity();
        (self.table.capacity(), self.by_key.capacity(), self.by_merge.capacity(), order)
    }

    pub fn flow_mut(&mut self, id: ServerId) -> Option<&mut Flow> {
        self.table.get_mut(&id).map(|entry| &mut entry.flow)
    }
}

impl Machine {
    fn is_terminated(&self) -> bool {
        matches!(self, Machine::Invite(InviteServer::Terminated) | Machine::Other(Server::Terminated))
    }

    fn is_finished(&self) -> bool {
        matches!(self, Machine::Other(machine) if machine.is_completed())
    }

    fn rows(&self) -> &'static [Timer] {
        match self {
            Machine::Invite(_) => &server_invite::ROWS,
            Machine::Other(_) => &server::ROWS,
        }
    }

    fn step(&mut self, input: Input<'_>, turn: &mut Turn<'_>) {
        match self {
            Machine::Invite(machine) => {
                let input = match input {
                    Input::Request => server_invite::Input::Invite,
                    Input::Respond { response, bytes, to_tag } => {
                        server_invite::Input::Respond { status: response.status, bytes, to_tag }
                    }
                    Input::RespondReliably { bytes } => server_invite::Input::RespondReliably { bytes },
                    Input::ConfirmProvisional => server_invite::Input::ConfirmProvisional,
                    Input::Ack { to_tag } => server_invite::Input::Ack { to_tag },
                    Input::Confirm => server_invite::Input::Confirm,
                    Input::Cancel => server_invite::Input::Cancel,
                    Input::Fired(timer) => server_invite::Input::Fired(timer),
                };
                step!(machine, InviteServer::Terminated, input, turn);
            }
            Machine::Other(machine) => {
                let input = match input {
                    Input::Request => server::Input::Request,
                    Input::Respond { response, bytes, .. } => server::Input::Respond { status: response.status, bytes },
                    Input::Fired(timer) => server::Input::Fired(timer),
                    // These belong to an INVITE; a user that confirms another transaction is mistaken.
                    Input::RespondReliably { .. }
                    | Input::ConfirmProvisional
                    | Input::Ack { .. }
                    | Input::Confirm
                    | Input::Cancel => return turn.unexpected(),
                };
                step!(machine, Server::Terminated, input, turn);
            }
        }
    }
}

fn turn<'a>(
    now: Instant,
    id: ServerId,
    flow: Flow,
    timing: &'a Timing,
    timers: &'a mut Timers<Row>,
    outputs: &'a mut Outputs,
) -> Turn<'a> {
    Turn { now, tx: Tx::Server(id), flow, timing, timers, outputs, passed_up: false, cancel: None }
}

impl TransactionLayer {
    /// A request arrived: what it is. See [`super::stamp`] for what is to be done to it first.
    pub fn receive_request(&mut self, now: Instant, flow: Flow, request: &Request) -> Incoming {
        let via = request.headers.via().ok();
        let (key, matching) = self.servers.secret.server_key(request, via.as_ref());
        let known = self.servers.by_key.get(&key).copied();
        match (&request.method, known) {
            (Method::Ack, None) => Incoming::Ack,
            (Method::Ack, Some(id)) => {
                // RFC 3261 §17.2.3: without a unique branch the To tag decides.
                let to_tag = match matching {
                    Matching::Branch => 0,
                    Matching::Fields => self.servers.secret.tag(request.headers.to_tag().as_deref()),
                };
                if self.step_server(now, id, Input::Ack { to_tag }) { Incoming::Ack } else { Incoming::Absorbed }
            }
            (Method::Cancel, None) => Incoming::CancelUnmatched,
            (Method::Cancel, Some(id)) => self.receive_cancel(now, flow, request, id),
            (_, Some(id)) => {
                self.outputs.counters.absorbed += 1;
                self.step_server(now, id, Input::Request);
                Incoming::Absorbed
            }
            (_, None) => {
                let merge = self.servers.secret.merge_key(request);
                match merge.is_some_and(|merge| self.servers.by_merge.contains_key(&merge)) {
                    true => Incoming::Merged,
                    false => Incoming::New,
                }
            }
        }
    }

    /// RFC 3261 §9.2. A CANCEL needs no transaction of its own: its repetition finds the INVITE again.
    fn receive_cancel(&mut self, now: Instant, flow: Flow, request: &Request, invite: ServerId) -> Incoming {
        let Some(entry) = self.servers.table.get(&invite) else { return Incoming::CancelUnmatched };
        // RFC 3261 §22.1: a CANCEL cannot be challenged, so it must come from where its INVITE came from.
        if entry.flow.peer.ip() != flow.peer.ip() {
            return Incoming::CancelUnmatched;
        }
        let mut ok = Response::to(request, StatusCode::OK);
        // RFC 3261 §9.2: the same To tag as in the responses to the INVITE.
        if request.headers.to_tag().is_none() {
            let said = entry.to_tag.as_deref().and_then(|tag| std::str::from_utf8(tag).ok()).map(str::to_owned);
            ok.set_to_tag(&said.unwrap_or_else(|| self.random.token(10)));
        }
        self.send_response(flow, &ok, Origin::Server(invite));
        if self.step_server(now, invite, Input::Cancel) { Incoming::Cancel { invite } } else { Incoming::Absorbed }
    }

    /// Makes a transaction for a request that [`TransactionLayer::receive_request`] called new (not for an ACK or a
    /// CANCEL).
    ///
    /// # Errors
    /// [`LayerFull`] when `servers_max` are unfinished.
    pub fn accept(&mut self, now: Instant, flow: Flow, request: &Request) -> Result<ServerId, LayerFull> {
        if self.servers.table.len() - self.servers.finished.count >= self.limits.servers_max {
            return Err(LayerFull);
        }
        debug_assert!(!matches!(request.method, Method::Ack | Method::Cancel), "never called new");
        let via = request.headers.via().ok();
        let (key, matching) = self.servers.secret.server_key(request, via.as_ref());
        let merge = self.servers.secret.merge_key(request);
        let sent_by_port = via::sent_by_port(via.as_ref(), flow.transport);
        let answer_flow = via::answer_to(via.as_ref(), flow);
        let mut trying = Response::to(request, StatusCode::TRYING);
        let stamp = match via.and_then(|via| via::stamped(via, flow)) {
            Some(via) => {
                trying.headers.set_top_via(&via);
                Stamp::Due { source_port: flow.peer.port() }
            }
            None => Stamp::Done,
        };

        self.servers.last += 1;
        let id = ServerId(self.servers.last);
        let mut turn = turn(now, id, answer_flow, &self.limits.timing, &mut self.timers, &mut self.outputs);
        let machine = match request.method {
            Method::Invite => Machine::Invite(InviteServer::start(trying, &mut turn)),
            _ => Machine::Other(Server::start(trying, &mut turn)),
        };
        if flow.transport.is_reliable() {
            self.by_flow.insert((answer_flow, Tx::Server(id)));
        }
        self.servers.by_key.insert(key, id);
        if let Some(merge) = merge {
            self.servers.by_merge.insert(merge, id);
        }
        let entry = Entry { machine, key, merge, flow: answer_flow, sent_by_port, matching, stamp, to_tag: None };
        self.servers.table.insert(id, entry);
        Ok(id)
    }

    /// Answers. A 2xx to an INVITE is repeated until [`TransactionLayer::confirm`] or
    /// [`TransactionEvent::AckTimeout`], a refusal until its ACK. A response to a transaction that is gone is dropped
    /// (RFC 6026 §8.3).
    pub fn respond(&mut self, now: Instant, id: ServerId, response: &Response) {
        if let Some((bytes, to_tag)) = self.print_response(id, response) {
            self.step_server(now, id, Input::Respond { response, bytes, to_tag });
        }
    }

    /// Answers an INVITE with a provisional response that has an RSeq: it is repeated until
    /// [`TransactionLayer::confirm_provisional`], a final response, or [`TransactionEvent::PrackTimeout`]
    /// (RFC 3262 §3).
    pub fn respond_reliably(&mut self, now: Instant, id: ServerId, response: &Response) {
        if let Some((bytes, _)) = self.print_response(id, response) {
            self.step_server(now, id, Input::RespondReliably { bytes });
        }
    }

    /// The PRACK for the reliable provisional response sent last has come.
    pub fn confirm_provisional(&mut self, now: Instant, id: ServerId) {
        self.step_server(now, id, Input::ConfirmProvisional);
    }

    /// The response as on the wire and its To tag for the ACK of an RFC 2543 peer; `None` if the transaction is gone.
    fn print_response(&mut self, id: ServerId, response: &Response) -> Option<(Bytes, u64)> {
        let Some(entry) = self.servers.table.get_mut(&id) else {
            self.outputs.counters.unexpected += 1;
            return None;
        };
        let mut to_tag = 0;
        if matches!(entry.machine, Machine::Invite(_)) {
            let tag = response.headers.to_tag();
            if entry.matching == Matching::Fields {
                to_tag = self.servers.secret.tag(tag.as_deref());
            }
            if tag.is_some() && tag != entry.to_tag {
                // A copy: in a re-INVITE the tag is a slice of the whole datagram.
                entry.to_tag = tag.map(|tag| Bytes::copy_from_slice(&tag));
            }
        }
        let stamped = match entry.stamp {
            Stamp::Due { source_port } => {
                let peer = SocketAddr::new(entry.flow.peer.ip(), source_port);
                via::stamp_response(response, Flow { peer, ..entry.flow })
            }
            Stamp::Done => None,
        };
        Some((stamped.as_ref().unwrap_or(response).to_bytes(), to_tag))
    }

    /// Answers a request that was not accepted; nothing is kept (RFC 3261 §8.2.7). `flow` is where the request came
    /// from.
    pub fn respond_stateless(&mut self, flow: Flow, response: &Response) {
        self.send_response(flow, response, Origin::Stateless);
    }

    fn send_response(&mut self, flow: Flow, response: &Response, origin: Origin) {
        let answer_flow = via::answer_to(response.headers.via().ok().as_ref(), flow);
        let bytes = match via::stamp_response(response, flow) {
            Some(stamped) => stamped.to_bytes(),
            None => response.to_bytes(),
        };
        self.outputs.transmits.push_back(Transmit { flow: answer_flow, bytes, origin });
    }

    /// The ACK to the 2xx of this INVITE has come: the 2xx is repeated no longer.
    pub fn confirm(&mut self, now: Instant, id: ServerId) {
        self.step_server(now, id, Input::Confirm);
    }

    pub(super) fn server_fired(&mut self, now: Instant, id: ServerId, timer: Timer) {
        self.step_server(now, id, Input::Fired(timer));
    }

    /// RFC 6026 §7.1: the transaction stays in its state. RFC 3261 §18.2.2: its responses look for a new connection.
    pub(super) fn server_flow_failed(&mut self, id: ServerId) {
        let Some(entry) = self.servers.table.get_mut(&id) else { return };
        self.by_flow.remove(&(entry.flow, Tx::Server(id)));
        if let Some(flow) = via::answer_after_failure(entry.flow, entry.sent_by_port) {
            entry.flow = flow;
            self.by_flow.insert((flow, Tx::Server(id)));
        }
    }

    /// One step of one transaction; whether its user should see the message.
    fn step_server(&mut self, now: Instant, id: ServerId, input: Input<'_>) -> bool {
        let Some(entry) = self.servers.table.get_mut(&id) else { return false };
        let was_finished = entry.machine.is_finished();
        let mut turn = turn(now, id, entry.flow, &self.limits.timing, &mut self.timers, &mut self.outputs);
        entry.machine.step(input, &mut turn);
        let passed_up = turn.passed_up;
        if entry.machine.is_terminated() {
            if was_finished {
                self.servers.finished.count -= 1;
            }
            self.forget_server(id);
        } else if !was_finished && entry.machine.is_finished() {
            self.finish_server(id);
        }
        passed_up
    }

    /// Bounds the transactions that wait for nothing but timer J.
    fn finish_server(&mut self, id: ServerId) {
        self.servers.finished.order.push_back(id);
        self.servers.finished.count += 1;
        while self.servers.finished.count > self.limits.finished_max {
            let Some(oldest) = self.servers.finished.order.pop_front() else { break };
            if self.servers.table.contains_key(&oldest) {
                self.servers.finished.count -= 1;
                self.outputs.counters.dropped_early += 1;
                self.forget_server(oldest);
            }
        }
    }

    fn forget_server(&mut self, id: ServerId) {
        let Some(entry) = self.servers.table.remove(&id) else { return };
        for timer in entry.machine.rows() {
            self.timers.cancel(Row { tx: Tx::Server(id), timer: *timer });
        }
        if entry.flow.transport.is_reliable() {
            self.by_flow.remove(&(entry.flow, Tx::Server(id)));
        }
        if self.servers.by_key.get(&entry.key) == Some(&id) {
            self.servers.by_key.remove(&entry.key);
        }
        if let Some(merge) = entry.merge.filter(|merge| self.servers.by_merge.get(merge) == Some(&id)) {
            self.servers.by_merge.remove(&merge);
        }
        let Servers { table, by_key, by_merge, finished, .. } = &mut self.servers;
        while finished.order.front().is_some_and(|front| !table.contains_key(front)) {
            finished.order.pop_front();
        }
        shrink(table);
        shrink(by_key);
        shrink(by_merge);
        if finished.order.capacity() > 1024 && finished.order.len() * 8 < finished.order.capacity() {
            finished.order.shrink_to(finished.order.len() * 2);
        }
        self.outputs.events.push_back(TransactionEvent::ServerEnded(id));
    }
}
