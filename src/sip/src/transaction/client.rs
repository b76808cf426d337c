//! The non-INVITE client transaction (RFC 3261 §17.1.2).

use base::Duration;
use bytes::Bytes;

use super::TransactionEvent;
use super::timing::Timer;
use super::turn::Turn;

/// The states. On reliable transports the request is not kept: nothing will repeat it.
#[derive(Debug)]
pub(super) enum Client {
    /// Sent; nothing heard.
    Trying {
        /// The request as on the wire.
        request: Bytes,
        /// What timer E waits now.
        interval: Duration,
    },
    /// A provisional response came.
    Proceeding {
        /// The request as on the wire.
        request: Bytes,
    },
    /// The final response came.
    Completed,
    /// To be forgotten.
    Terminated,
}

/// What may happen to it.
#[derive(Debug)]
pub(super) enum Input {
    /// A 1xx.
    Provisional,
    /// A final response.
    Final,
    /// A timer.
    Fired(Timer),
    /// The connection is gone, or the datagram could not be sent.
    FlowFailed,
}

/// All rows that this machine may have armed.
pub(super) const ROWS: [Timer; 3] = [Timer::E, Timer::F, Timer::K];

impl Client {
    /// Sends the request.
    pub fn start(request: Bytes, turn: &mut Turn<'_>) -> Self {
        turn.send(&request);
        turn.arm(Timer::F, turn.timing.patience());
        let interval = turn.timing.t1;
        if turn.is_reliable() {
            return Client::Trying { request: Bytes::new(), interval };
        }
        turn.arm(Timer::E, interval);
        Client::Trying { request, interval }
    }

    /// All transitions.
    pub fn step(self, input: Input, turn: &mut Turn<'_>) -> Self {
        match (self, input) {
            (Client::Trying { request, interval }, Input::Fired(Timer::E)) => {
                turn.resend(&request);
                let interval = turn.timing.doubled(interval);
                turn.arm(Timer::E, interval);
                Client::Trying { request, interval }
            }
            (Client::Trying { request, .. }, Input::Provisional) => {
                turn.pass_up();
                Client::Proceeding { request }
            }
            (Client::Proceeding { request }, Input::Provisional) => {
                turn.pass_up();
                Client::Proceeding { request }
            }
            (Client::Proceeding { request }, Input::Fired(Timer::E)) => {
                turn.resend(&request);
                turn.arm(Timer::E, turn.timing.t2); // RFC 3261 §17.1.2.2: in Proceeding always T2.
                Client::Proceeding { request }
            }
            (Client::Trying { .. } | Client::Proceeding { .. }, Input::Fired(Timer::F)) => {
                turn.client_event(TransactionEvent::ClientTimeout);
                Client::Terminated
            }
            (Client::Trying { .. } | Client::Proceeding { .. }, Input::FlowFailed) => {
                turn.client_event(TransactionEvent::ClientFlowFailed);
                Client::Terminated
            }
            (Client::Trying { .. } | Client::Proceeding { .. }, Input::Final) => {
                turn.pass_up();
                turn.disarm(Timer::E);
                turn.disarm(Timer::F);
                if turn.is_reliable() {
                    return Client::Terminated; // Timer K is zero.
                }
                turn.arm(Timer::K, turn.timing.t4);
                Client::Completed
            }
            // Repeated or overtaken responses: what Completed is for.
            (Client::Completed, Input::Final | Input::Provisional) => Client::Completed,
            (Client::Completed, Input::Fired(Timer::K) | Input::FlowFailed) => Client::Terminated,
            (state, _) => {
                turn.unexpected();
                state
            }
        }
    }
}
