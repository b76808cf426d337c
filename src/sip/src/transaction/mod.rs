//! Transactions: repetition, absorption and matching of SIP messages (RFC 3261 §17, RFC 6026, RFC 4320).
//!
//! Owns the four machines, one file each, the timers A–M, and the top Via of all that it sends. Knows nothing of
//! dialogs, calls or registrations. Each input ([`TransactionLayer::receive_request`], `receive_response`, `accept`,
//! `respond`, `send_request`, `cancel`, `flow_failed`, `handle_timeout`) may leave outputs, which its user drains
//! ([`TransactionLayer::poll_transmit`], [`TransactionLayer::poll_event`]) before the next input.
//!
//! **Invariants.** Nothing is kept for a request before [`TransactionLayer::accept`]. Every [`ClientId`] handed out
//! ends with exactly one [`TransactionEvent::ClientEnded`], every [`ServerId`] with one
//! [`TransactionEvent::ServerEnded`], which is the last that is heard of it. A transaction keeps printed octets only,
//! each for as long as it may have to send them again.

mod client;
mod client_invite;
mod clients;
mod derived;
mod keys;
mod server;
mod server_invite;
mod servers;
mod timing;
mod turn;
mod via;

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, VecDeque};

use base::{Instant, Random, Timers};
use bytes::Bytes;

use crate::Flow;
use clients::Clients;
use servers::Servers;
use timing::{Row, Tx};
use turn::Outputs;

pub use timing::Timing;
pub use via::stamp;

/// A server transaction: a request that a peer sent. Never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerId(pub u64);

/// A client transaction: a request that we sent. Never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(pub u64);

/// How much a layer may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransactionLimits {
    /// Server transactions that are not yet finished; one more is refused with [`LayerFull`].
    pub servers_max: usize,
    /// Client transactions; one more is refused with [`LayerFull`].
    pub clients_max: usize,
    /// Answered non-INVITE server transactions kept to absorb repetitions (timer J). One more drops the oldest: its
    /// request, should it be repeated after all, counts as new.
    pub finished_max: usize,
    /// The base values of the timers.
    pub timing: Timing,
}

impl Default for TransactionLimits {
    fn default() -> Self {
        TransactionLimits { servers_max: 65_536, clients_max: 65_536, finished_max: 65_536, timing: Timing::default() }
    }
}

/// The layer holds as many transactions as it may: answer 503, or give up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many transactions")]
pub struct LayerFull;

/// What a request received turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// A new request. Nothing is kept of it: [`TransactionLayer::accept`] it or answer it without a transaction.
    New,
    /// A repetition, or an ACK to a refusal: done with.
    Absorbed,
    /// An ACK that belongs to a dialog, or to nothing.
    Ack,
    /// The peer gives this INVITE up. The CANCEL itself is answered; answer the INVITE 487.
    Cancel {
        /// Which.
        invite: ServerId,
    },
    /// A CANCEL of nothing we know: answer it 481.
    CancelUnmatched,
    /// A request that came already by another way: answer it 482 (RFC 3261 §8.2.2.2).
    Merged,
}

/// Octets to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// Where.
    pub flow: Flow,
    /// What.
    pub bytes: Bytes,
    /// For whom.
    pub origin: Origin,
}

/// Which transaction sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// A response.
    Server(ServerId),
    /// A request, or the ACK to a refusal.
    Client(ClientId),
    /// None.
    Stateless,
}

/// What the layer reports by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionEvent {
    /// No final response came in time (timers B and F): as if 408 (RFC 3261 §8.1.3.1).
    ClientTimeout(ClientId),
    /// The request could not be sent or its connection ended: as if 503 (RFC 3261 §8.1.3.1).
    ClientFlowFailed(ClientId),
    /// An INVITE's final answer was never acknowledged. After a 2xx the dialog is to be ended with BYE
    /// (RFC 3261 §13.3.1.4).
    AckTimeout(ServerId),
    /// A reliable provisional response was never acknowledged by PRACK: refuse the INVITE (RFC 3262 §3).
    PrackTimeout(ServerId),
    /// The client transaction is forgotten.
    ClientEnded(ClientId),
    /// The server transaction is forgotten.
    ServerEnded(ServerId),
}

/// What the layer has counted since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Messages sent once more.
    pub retransmitted: u64,
    /// Requests received once more.
    pub absorbed: u64,
    /// Responses that match no transaction of ours.
    pub stray: u64,
    /// Pairs of state and input that no rule foresees.
    pub unexpected: u64,
    /// Finished transactions dropped before timer J because of `finished_max`.
    pub dropped_early: u64,
}

/// All transactions of the box.
#[derive(Debug)]
pub struct TransactionLayer {
    limits: TransactionLimits,
    random: Random,
    timers: Timers<Row>,
    outputs: Outputs,
    /// Which transactions suffer when a flow fails: all of clients, those of servers on stream transports.
    by_flow: BTreeSet<(Flow, Tx)>,
    clients: Clients,
    servers: Servers,
}

impl TransactionLayer {
    /// An empty layer. `random` gives the branches and the secret of the matching.
    pub fn new(limits: TransactionLimits, mut random: Random) -> Self {
        let servers = Servers::new(&mut random);
        TransactionLayer {
            limits,
            random,
            timers: Timers::new(),
            outputs: Outputs::default(),
            by_flow: BTreeSet::new(),
            clients: Clients::default(),
            servers,
        }
    }

    /// The flow is gone, or a message could not be sent on it.
    pub fn flow_failed(&mut self, now: Instant, flow: Flow) {
        for tx in self.on_flow(flow) {
            match tx {
                Tx::Client(id) => self.client_flow_failed(now, id),
                Tx::Server(id) => self.server_flow_failed(id),
            }
        }
    }

    /// The connection that was asked for with connection 0 is up.
    pub fn flow_opened(&mut self, asked: Flow, flow: Flow) {
        for tx in self.on_flow(asked) {
            let place = match tx {
                Tx::Client(id) => self.clients.flow_mut(id),
                Tx::Server(id) => self.servers.flow_mut(id),
            };
            if let Some(place) = place {
                *place = flow;
                self.by_flow.remove(&(asked, tx));
                self.by_flow.insert((flow, tx));
            }
        }
    }

    /// The transactions that use a flow, in the order in which they began.
    fn on_flow(&self, flow: Flow) -> Vec<Tx> {
        let first = (flow, Tx::Client(ClientId(0)));
        self.by_flow.range(first..).take_while(|(at, _)| *at == flow).map(|(_, tx)| *tx).collect()
    }

    /// The next octets to be sent.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        take(&mut self.outputs.transmits)
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<TransactionEvent> {
        take(&mut self.outputs.events)
    }

    /// When to call [`TransactionLayer::handle_timeout`].
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// Fires all timers that are due.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(Row { tx, timer }) = self.timers.pop_due(now) {
            match tx {
                Tx::Client(id) => self.client_fired(now, id, timer),
                Tx::Server(id) => self.server_fired(now, id, timer),
            }
        }
    }

    /// The number of transactions, finished ones included.
    pub fn len(&self) -> usize {
        self.clients.len() + self.servers.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of client transactions.
    pub fn clients(&self) -> usize {
        self.clients.len()
    }

    /// The number of server transactions, finished ones included.
    pub fn servers(&self) -> usize {
        self.servers.len()
    }

    /// What was counted.
    pub fn counters(&self) -> Counters {
        self.outputs.counters
    }
}

/// The first of a queue; one that was once long gives its memory back when it is empty.
fn take<T>(queue: &mut VecDeque<T>) -> Option<T> {
    let first = queue.pop_front();
    if first.is_none() && queue.capacity() > 1024 {
        queue.shrink_to(64);
    }
    first
}

/// A table that was once large gives its memory back: called after each removal, it costs O(1) on average.
fn shrink<K: std::hash::Hash + Eq, V>(table: &mut hashbrown::HashMap<K, V>) {
    if table.capacity() > 1024 && table.len() * 8 < table.capacity() {
        table.shrink_to(table.len() * 2);
    }
}

/// One step of a machine that lies in `$place`, with `Terminated` left behind meanwhile.
macro_rules! step {
    ($place:expr, $terminated:expr, $input:expr, $turn:expr) => {{
        let state = std::mem::replace($place, $terminated);
        *$place = state.step($input, $turn);
    }};
}
use step;
