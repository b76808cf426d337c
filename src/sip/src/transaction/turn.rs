//! What a machine may do while it takes one step.

use std::collections::VecDeque;

use base::{Duration, Instant, Timers};
use bytes::Bytes;

use super::timing::{Row, Timer, Timing, Tx};
use super::{ClientId, Counters, Origin, ServerId, TransactionEvent, Transmit};
use crate::Flow;

/// The outputs of the layer: drained by its user after each input.
#[derive(Debug, Default)]
pub(super) struct Outputs {
    pub transmits: VecDeque<Transmit>,
    pub events: VecDeque<TransactionEvent>,
    pub counters: Counters,
}

/// One step of one machine: the time, its place, and its effects.
pub(super) struct Turn<'a> {
    pub now: Instant,
    pub tx: Tx,
    /// Where the transaction's messages go.
    pub flow: Flow,
    pub timing: &'a Timing,
    pub timers: &'a mut Timers<Row>,
    pub outputs: &'a mut Outputs,
    /// Set by a machine that wants its user to see the message.
    pub passed_up: bool,
    /// Set by an INVITE client that wants this CANCEL sent.
    pub cancel: Option<(ClientId, Bytes)>,
}

impl Turn<'_> {
    /// Whether the transport itself retransmits.
    pub fn is_reliable(&self) -> bool {
        self.flow.transport.is_reliable()
    }

    /// Sends the transaction's message.
    pub fn send(&mut self, bytes: &Bytes) {
        let origin = match self.tx {
            Tx::Client(id) => Origin::Client(id),
            Tx::Server(id) => Origin::Server(id),
        };
        self.outputs.transmits.push_back(Transmit { flow: self.flow, bytes: bytes.clone(), origin });
    }

    /// Sends it once more.
    pub fn resend(&mut self, bytes: &Bytes) {
        self.outputs.counters.retransmitted += 1;
        self.send(bytes);
    }

    /// Arms one of the transaction's timers.
    pub fn arm(&mut self, timer: Timer, after: Duration) {
        self.timers.set(Row { tx: self.tx, timer }, self.now + after);
    }

    /// Disarms one.
    pub fn disarm(&mut self, timer: Timer) {
        self.timers.cancel(Row { tx: self.tx, timer });
    }

    /// Tells the user of this client transaction.
    pub fn client_event(&mut self, event: fn(ClientId) -> TransactionEvent) {
        if let Tx::Client(id) = self.tx {
            self.event(event(id));
        }
    }

    /// Tells the user of this server transaction.
    pub fn server_event(&mut self, event: fn(ServerId) -> TransactionEvent) {
        if let Tx::Server(id) = self.tx {
            self.event(event(id));
        }
    }

    /// Tells the user.
    pub fn event(&mut self, event: TransactionEvent) {
        self.outputs.events.push_back(event);
    }

    /// Lets the user see the message that caused this step.
    pub fn pass_up(&mut self) {
        self.passed_up = true;
    }

    /// Notes a pair of state and input that no rule foresees.
    pub fn unexpected(&mut self) {
        self.outputs.counters.unexpected += 1;
    }
}
