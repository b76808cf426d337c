//! The INVITE client transaction (RFC 3261 §17.1.1 as changed by RFC 6026 §8.4).

use base::Duration;
use bytes::Bytes;

use super::derived;
use super::timing::Timer;
use super::turn::Turn;
use super::{ClientId, TransactionEvent};
use crate::message::Response;

/// The states, each with the octets it still needs and no others.
#[derive(Debug)]
pub(super) enum InviteClient {
    /// Sent; nothing heard.
    Calling {
        /// The INVITE as on the wire.
        invite: Bytes,
        /// What timer A waits now.
        interval: Duration,
        /// The CANCEL held back until the peer is heard (RFC 3261 §9.1).
        held_cancel: Option<ClientId>,
    },
    /// A provisional response came.
    Proceeding {
        /// The INVITE as on the wire: its ACK or CANCEL is made of it.
        invite: Bytes,
        /// Whether the CANCEL is out.
        cancelled: bool,
    },
    /// A 2xx came: more of them may.
    Accepted,
    /// A 300–699 came and was acknowledged.
    Completed {
        /// The ACK, for repetitions.
        ack: Bytes,
    },
    /// To be forgotten.
    Terminated,
}

/// What may happen to it.
#[derive(Debug)]
pub(super) enum Input<'a> {
    /// A 1xx.
    Provisional,
    /// A 2xx.
    Success,
    /// A 300–699.
    Failure(&'a Response),
    /// The user gives up; the id of the CANCEL's transaction.
    Cancel(ClientId),
    /// A timer.
    Fired(Timer),
    /// The connection is gone, or the datagram could not be sent.
    FlowFailed,
}

/// All rows that this machine may have armed.
pub(super) const ROWS: [Timer; 5] = [Timer::A, Timer::B, Timer::D, Timer::M, Timer::Cancelled];

impl InviteClient {
    /// Sends the INVITE.
    pub fn start(invite: Bytes, turn: &mut Turn<'_>) -> Self {
        turn.send(&invite);
        let interval = turn.timing.t1;
        if !turn.is_reliable() {
            turn.arm(Timer::A, interval);
        }
        turn.arm(Timer::B, turn.timing.patience());
        InviteClient::Calling { invite, interval, held_cancel: None }
    }

    /// Whether a CANCEL would still have something to cancel.
    pub fn may_cancel(&self) -> bool {
        matches!(
            self,
            InviteClient::Calling { held_cancel: None, .. } | InviteClient::Proceeding { cancelled: false, .. }
        )
    }

    /// All transitions.
    pub fn step(self, input: Input<'_>, turn: &mut Turn<'_>) -> Self {
        match (self, input) {
            (InviteClient::Calling { invite, interval, held_cancel }, Input::Fired(Timer::A)) => {
                turn.resend(&invite);
                // RFC 3261 §17.1.1.2: timer A doubles without an upper limit; timer B ends it.
                let interval = interval * 2;
                turn.arm(Timer::A, interval);
                InviteClient::Calling { invite, interval, held_cancel }
            }
            (InviteClient::Calling { held_cancel, .. }, Input::Fired(Timer::B)) => {
                turn.client_event(TransactionEvent::ClientTimeout);
                drop_held(held_cancel, turn);
                InviteClient::Terminated
            }
            (InviteClient::Calling { held_cancel, .. }, Input::FlowFailed) => {
                turn.client_event(TransactionEvent::ClientFlowFailed);
                drop_held(held_cancel, turn);
                InviteClient::Terminated
            }
            (InviteClient::Calling { invite, held_cancel, .. }, Input::Provisional) => {
                turn.disarm(Timer::A);
                turn.disarm(Timer::B);
                turn.pass_up();
                if let Some(cancel) = held_cancel {
                    send_cancel(cancel, &invite, turn);
                }
                InviteClient::Proceeding { invite, cancelled: held_cancel.is_some() }
            }
            (InviteClient::Calling { invite, interval, held_cancel: None }, Input::Cancel(cancel)) => {
                InviteClient::Calling { invite, interval, held_cancel: Some(cancel) }
            }
            (InviteClient::Calling { held_cancel, .. }, Input::Success) => {
                turn.disarm(Timer::A);
                turn.disarm(Timer::B);
                drop_held(held_cancel, turn);
                accepted(turn)
            }
            (InviteClient::Calling { invite, held_cancel, .. }, Input::Failure(response)) => {
                turn.disarm(Timer::A);
                turn.disarm(Timer::B);
                drop_held(held_cancel, turn);
                completed(&invite, response, turn)
            }

            (state @ InviteClient::Proceeding { .. }, Input::Provisional) => {
                turn.pass_up();
                state
            }
            (InviteClient::Proceeding { invite, cancelled: false }, Input::Cancel(cancel)) => {
                send_cancel(cancel, &invite, turn);
                InviteClient::Proceeding { invite, cancelled: true }
            }
            (InviteClient::Proceeding { .. }, Input::Success) => {
                turn.disarm(Timer::Cancelled);
                accepted(turn)
            }
            (InviteClient::Proceeding { invite, .. }, Input::Failure(response)) => {
                turn.disarm(Timer::Cancelled);
                completed(&invite, response, turn)
            }
            (InviteClient::Proceeding { .. }, Input::Fired(Timer::Cancelled)) => {
                // RFC 3261 §9.1: cancelled and still no final answer after 64*T1.
                turn.client_event(TransactionEvent::ClientTimeout);
                InviteClient::Terminated
            }
            (state @ InviteClient::Proceeding { .. }, Input::FlowFailed) => {
                // The figure of RFC 6026 §8.5 knows this error in Calling only. An unreachable port told of by ICMP
                // may be forged or pass; a connection that has ended brings no more responses (RFC 5626 §4.4).
                if turn.is_reliable() {
                    turn.client_event(TransactionEvent::ClientFlowFailed);
                    InviteClient::Terminated
                } else {
                    state
                }
            }

            (InviteClient::Accepted, Input::Success) => {
                turn.pass_up();
                InviteClient::Accepted
            }
            // Other forks may still ring or refuse; the peer's proxy will settle that. Timer M ends the wait.
            (InviteClient::Accepted, Input::Provisional | Input::Failure(_) | Input::FlowFailed) => {
                InviteClient::Accepted
            }
            (InviteClient::Accepted, Input::Fired(Timer::M)) => InviteClient::Terminated,

            (InviteClient::Completed { ack }, Input::Failure(_)) => {
                turn.resend(&ack);
                InviteClient::Completed { ack }
            }
            // A provisional that was overtaken.
            (InviteClient::Completed { ack }, Input::Provisional) => InviteClient::Completed { ack },
            (InviteClient::Completed { .. }, Input::Fired(Timer::D) | Input::FlowFailed) => InviteClient::Terminated,

            (state, _) => {
                turn.unexpected();
                state
            }
        }
    }
}

/// RFC 6026 §8.4: stays for 64*T1 so that repeated 2xx and those of other forks reach the user.
fn accepted(turn: &mut Turn<'_>) -> InviteClient {
    turn.pass_up();
    turn.arm(Timer::M, turn.timing.patience());
    InviteClient::Accepted
}

/// RFC 3261 §17.1.1.2: acknowledges at once, also on reliable transports.
fn completed(invite: &Bytes, response: &Response, turn: &mut Turn<'_>) -> InviteClient {
    turn.pass_up();
    let Some(ack) = derived::ack(invite, response) else {
        turn.unexpected();
        return InviteClient::Terminated;
    };
    turn.send(&ack);
    if turn.is_reliable() {
        return InviteClient::Terminated; // Timer D is zero.
    }
    turn.arm(Timer::D, turn.timing.d());
    InviteClient::Completed { ack }
}

fn send_cancel(cancel: ClientId, invite: &Bytes, turn: &mut Turn<'_>) {
    match derived::cancel(invite) {
        Some(bytes) => turn.cancel = Some((cancel, bytes)),
        None => {
            turn.unexpected();
            turn.event(TransactionEvent::ClientEnded(cancel));
        }
    }
    turn.arm(Timer::Cancelled, turn.timing.patience());
}

/// A CANCEL that never went out ends with its INVITE.
fn drop_held(held_cancel: Option<ClientId>, turn: &mut Turn<'_>) {
    if let Some(cancel) = held_cancel {
        turn.event(TransactionEvent::ClientEnded(cancel));
    }
}
