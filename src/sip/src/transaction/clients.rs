//! The client side of the layer: requests of ours (RFC 3261 §17.1).

use base::{Instant, Random, Timers};
use bytes::Bytes;
use hashbrown::HashMap;

use super::client::{self, Client};
use super::client_invite::{self, InviteClient};
use super::timing::{Row, Timer, Timing, Tx};
use super::turn::{Outputs, Turn};
use super::{
    ClientId, LayerFull, Origin, TransactionEvent, TransactionLayer, Transmit, derived, keys, shrink, step, via,
};
use crate::Flow;
use crate::message::{HeaderName, Method, Request, Response};

/// The table of client transactions.
#[derive(Debug, Default)]
pub(super) struct Clients {
    last: u64,
    table: HashMap<ClientId, Entry>,
    /// The CANCEL of an INVITE, while its transaction lives: they share the branch (RFC 3261 §9.1).
    cancels: HashMap<ClientId, ClientId>,
    /// The Reason (RFC 3326) that the CANCEL of this INVITE will bear.
    reasons: HashMap<ClientId, Bytes>,
}

#[derive(Debug)]
struct Entry {
    machine: Machine,
    flow: Flow,
    /// The unguessable part of the branch.
    secret: u64,
}

#[derive(Debug)]
enum Machine {
    Invite(InviteClient),
    Other(Client),
    /// A CANCEL, with the INVITE whose branch it has.
    Cancel(Client, ClientId),
}

/// What may happen to a client transaction of any kind.
enum Input<'a> {
    Response(&'a Response),
    Cancel(ClientId),
    Fired(Timer),
    FlowFailed,
}

impl Clients {
    pub fn len(&self) -> usize {
        self.table.len()
    }

    pub fn flow_mut(&mut self, id: ClientId) -> Option<&mut Flow> {
        self.table.get_mut(&id).map(|entry| &mut entry.flow)
    }

    fn next_id(&mut self) -> ClientId {
        self.last += 1;
        ClientId(self.last)
    }
}

impl Machine {
    fn is_terminated(&self) -> bool {
        matches!(
            self,
            Machine::Invite(InviteClient::Terminated)
                | Machine::Other(Client::Terminated)
                | Machine::Cancel(Client::Terminated, _)
        )
    }

    fn rows(&self) -> &'static [Timer] {
        match self {
            Machine::Invite(_) => &client_invite::ROWS,
            Machine::Other(_) | Machine::Cancel(..) => &client::ROWS,
        }
    }

    fn step(&mut self, input: Input<'_>, turn: &mut Turn<'_>) {
        match self {
            Machine::Invite(machine) => {
                let input = match input {
                    Input::Response(r) if r.status.is_provisional() => client_invite::Input::Provisional,
                    Input::Response(r) if r.status.is_success() => client_invite::Input::Success,
                    Input::Response(r) => client_invite::Input::Failure(r),
                    Input::Cancel(id) => client_invite::Input::Cancel(id),
                    Input::Fired(timer) => client_invite::Input::Fired(timer),
                    Input::FlowFailed => client_invite::Input::FlowFailed,
                };
                step!(machine, InviteClient::Terminated, input, turn);
            }
            Machine::Other(machine) | Machine::Cancel(machine, _) => {
                let input = match input {
                    Input::Response(r) if r.status.is_provisional() => client::Input::Provisional,
                    Input::Response(_) => client::Input::Final,
                    Input::Fired(timer) => client::Input::Fired(timer),
                    Input::FlowFailed => client::Input::FlowFailed,
                    // RFC 3261 §9.1: only an INVITE is cancelled; `cancel` has seen to it.
                    Input::Cancel(_) => return turn.unexpected(),
                };
                step!(machine, Client::Terminated, input, turn);
            }
        }
    }
}

fn turn<'a>(
    now: Instant,
    id: ClientId,
    flow: Flow,
    timing: &'a Timing,
    timers: &'a mut Timers<Row>,
    outputs: &'a mut Outputs,
) -> Turn<'a> {
    Turn { now, tx: Tx::Client(id), flow, timing, timers, outputs, passed_up: false, cancel: None }
}

impl TransactionLayer {
    /// Sends a request in a transaction of its own. The layer puts the top Via on it; the request brings no Via. Not for
    /// an ACK ([`TransactionLayer::send_stateless`]) or a CANCEL ([`TransactionLayer::cancel`]).
    ///
    /// # Errors
    /// [`LayerFull`] when there are `clients_max` already.
    pub fn send_request(&mut self, now: Instant, flow: Flow, mut request: Request) -> Result<ClientId, LayerFull> {
        if self.clients.len() >= self.limits.clients_max {
            return Err(LayerFull);
        }
        debug_assert!(!matches!(request.method, Method::Ack | Method::Cancel), "see send_stateless and cancel");
        let id = self.clients.next_id();
        let secret = self.random.next_u64();
        let branch = keys::client_branch(id, secret);
        request.headers.push_front(HeaderName::Via, via::own_via(flow, &branch));
        let bytes = request.to_bytes();
        let mut turn = turn(now, id, flow, &self.limits.timing, &mut self.timers, &mut self.outputs);
        let machine = match request.method {
            Method::Invite => Machine::Invite(InviteClient::start(bytes, &mut turn)),
            _ => Machine::Other(Client::start(bytes, &mut turn)),
        };
        self.add_client(id, Entry { machine, flow, secret });
        Ok(id)
    }

    /// Sends a request without a transaction, with a Via of its own: the ACK to a 2xx (RFC 3261 §13.2.2.4).
    pub fn send_stateless(&mut self, flow: Flow, request: &Request) {
        let mut request = request.clone();
        let branch = stateless_branch(&mut self.random);
        request.headers.push_front(HeaderName::Via, via::own_via(flow, &branch));
        let bytes = request.to_bytes();
        self.outputs.transmits.push_back(Transmit { flow, bytes, origin: Origin::Stateless });
    }

    /// Gives an INVITE up (RFC 3261 §9.1). The CANCEL waits until the peer was heard, and is never sent if its final
    /// answer comes first. The transaction goes on until that final answer: 487, or a 2xx that crossed.
    ///
    /// `None` if there is nothing to cancel: no such INVITE, answered, or cancelled already.
    pub fn cancel(&mut self, now: Instant, invite: ClientId) -> Option<ClientId> {
        let Some(Entry { machine: Machine::Invite(machine), .. }) = self.clients.table.get(&invite) else {
            return None;
        };
        if !machine.may_cancel() {
            return None;
        }
        let id = self.clients.next_id();
        self.step_client(now, invite, Input::Cancel(id));
        Some(id)
    }

    /// The same, with a Reason for the phone (RFC 3326 §2): so that it shows no missed call where another one
    /// answered.
    pub fn cancel_because(&mut self, now: Instant, invite: ClientId, reason: Bytes) -> Option<ClientId> {
        self.clients.reasons.insert(invite, reason);
        let cancel = self.cancel(now, invite);
        if cancel.is_none() {
            self.clients.reasons.remove(&invite);
        }
        cancel
    }

    /// A response arrived. The transaction that its user should show it to; `None` if it is a repetition or matches
    /// nothing. Every 2xx to an INVITE is shown, also the repeated ones and those of other forks (RFC 6026 §7.2).
    pub fn receive_response(&mut self, now: Instant, flow: Flow, response: &Response) -> Option<ClientId> {
        let Some(id) = self.match_response(flow, response) else {
            self.outputs.counters.stray += 1;
            return None;
        };
        self.step_client(now, id, Input::Response(response)).then_some(id)
    }

    /// RFC 3261 §17.1.3: by the branch and the method of the CSeq.
    fn match_response(&self, flow: Flow, response: &Response) -> Option<ClientId> {
        // RFC 3261 §8.1.3.3: a response with a second Via is not for us.
        if response.headers.all(&HeaderName::Via).count() != 1 {
            return None;
        }
        let (id, secret) = keys::read_client_branch(&response.headers.via().ok()?)?;
        let method = response.headers.cseq().ok()?.method;
        let id = if method == Method::Cancel { *self.clients.cancels.get(&id)? } else { id };
        let entry = self.clients.table.get(&id)?;
        let fits = match &entry.machine {
            Machine::Invite(_) => method == Method::Invite,
            Machine::Cancel(..) => method == Method::Cancel,
            Machine::Other(_) => method != Method::Invite && method != Method::Cancel && method != Method::Ack,
        };
        // The secret makes a guess hopeless. The address may differ (several interfaces, RFC 3261 §18.2.2 "new
        // connection"), but what was asked over TLS is not answered in clear text.
        (fits && entry.secret == secret && entry.flow.transport == flow.transport).then_some(id)
    }

    pub(super) fn client_fired(&mut self, now: Instant, id: ClientId, timer: Timer) {
        self.step_client(now, id, Input::Fired(timer));
    }

    pub(super) fn client_flow_failed(&mut self, now: Instant, id: ClientId) {
        self.step_client(now, id, Input::FlowFailed);
    }

    /// One step of one transaction; whether its user should see the message.
    fn step_client(&mut self, now: Instant, id: ClientId, input: Input<'_>) -> bool {
        let Some(entry) = self.clients.table.get_mut(&id) else { return false };
        let mut turn = turn(now, id, entry.flow, &self.limits.timing, &mut self.timers, &mut self.outputs);
        entry.machine.step(input, &mut turn);
        let (passed_up, cancel) = (turn.passed_up, turn.cancel);
        let (flow, secret, ended) = (entry.flow, entry.secret, entry.machine.is_terminated());
        if let Some((cancel, bytes)) = cancel {
            self.send_cancel(now, cancel, id, flow, secret, bytes);
        }
        if ended {
            self.forget_client(id);
        }
        passed_up
    }

    /// RFC 3261 §9.1: a transaction of its own, to where the INVITE went. It is not counted against `clients_max`: it
    /// is what makes room.
    fn send_cancel(&mut self, now: Instant, id: ClientId, invite: ClientId, flow: Flow, secret: u64, bytes: Bytes) {
        let reason = self.clients.reasons.remove(&invite);
        let bytes = reason.and_then(|reason| derived::with_reason(&bytes, reason)).unwrap_or(bytes);
        let mut turn = turn(now, id, flow, &self.limits.timing, &mut self.timers, &mut self.outputs);
        let machine = Machine::Cancel(Client::start(bytes, &mut turn), invite);
        self.clients.cancels.insert(invite, id);
        self.add_client(id, Entry { machine, flow, secret });
    }

    fn add_client(&mut self, id: ClientId, entry: Entry) {
        self.by_flow.insert((entry.flow, Tx::Client(id)));
        self.clients.table.insert(id, entry);
    }

    fn forget_client(&mut self, id: ClientId) {
        let Some(entry) = self.clients.table.remove(&id) else { return };
        for timer in entry.machine.rows() {
            self.timers.cancel(Row { tx: Tx::Client(id), timer: *timer });
        }
        if let Machine::Cancel(_, invite) = entry.machine {
            self.clients.cancels.remove(&invite);
        }
        self.clients.reasons.remove(&id);
        self.by_flow.remove(&(entry.flow, Tx::Client(id)));
        shrink(&mut self.clients.table);
        self.outputs.events.push_back(TransactionEvent::ClientEnded(id));
    }
}

/// A branch that belongs to no transaction: it can never be read as one of a client's, for those are longer.
fn stateless_branch(random: &mut Random) -> String {
    format!("z9hG4bK{}", random.token(13))
}
