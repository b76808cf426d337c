//! The INVITE server transaction (RFC 3261 §17.2.1 as changed by RFC 6026 §8.5), with the repetition of the 2xx that
//! RFC 3261 §13.3.1.4 asks of the layer above.

use base::Duration;
use bytes::Bytes;

use super::TransactionEvent;
use super::timing::Timer;
use super::turn::Turn;
use crate::message::{Response, StatusCode};

/// The states, each with the octets it still needs and no others.
#[derive(Debug)]
pub(super) enum InviteServer {
    /// No final answer yet.
    Proceeding {
        /// What was said last.
        last: Provisional,
        /// Whether the CANCEL has come.
        cancelled: bool,
        /// A provisional response that waits for its PRACK (RFC 3262 §3).
        reliable: Option<Unconfirmed>,
    },
    /// Answered 2xx: repetitions of the INVITE are absorbed.
    Accepted {
        /// The 2xx until it is acknowledged.
        unconfirmed: Option<Unconfirmed>,
    },
    /// Answered 300–699, not yet acknowledged.
    Completed {
        /// The answer.
        last: Bytes,
        /// What timer G waits now.
        interval: Duration,
        /// The tag of the answer, hashed: an ACK of RFC 2543 is matched by it; 0 where the branch suffices.
        to_tag: u64,
    },
    /// Acknowledged: repeated ACKs are absorbed.
    Confirmed,
    /// To be forgotten.
    Terminated,
}

/// The last provisional response.
#[derive(Debug)]
pub(super) enum Provisional {
    /// None yet; the 100 that will be sent if the user stays silent.
    Unsaid(Box<Response>),
    /// As on the wire.
    Said(Bytes),
}

/// A 2xx without its ACK, or a reliable provisional response without its PRACK.
#[derive(Debug)]
pub(super) struct Unconfirmed {
    /// As on the wire.
    bytes: Bytes,
    /// What its repetition waits now.
    interval: Duration,
}

/// What may happen to it.
#[derive(Debug)]
pub(super) enum Input {
    /// The INVITE again.
    Invite,
    /// The user answers.
    Respond {
        /// With this.
        status: StatusCode,
        /// As on the wire.
        bytes: Bytes,
        /// For `Completed::to_tag`.
        to_tag: u64,
    },
    /// The user answers with a provisional response that is to be repeated until its PRACK (RFC 3262 §3).
    RespondReliably {
        /// As on the wire.
        bytes: Bytes,
    },
    /// That PRACK has come.
    ConfirmProvisional,
    /// An ACK; its To tag hashed for peers of RFC 2543, else 0.
    Ack {
        /// See [`InviteServer::Completed`].
        to_tag: u64,
    },
    /// The user has seen the ACK to its 2xx.
    Confirm,
    /// A CANCEL; passed up the first time.
    Cancel,
    /// A timer.
    Fired(Timer),
}

/// All rows that this machine may have armed.
pub(super) const ROWS: [Timer; 8] =
    [Timer::G, Timer::H, Timer::I, Timer::L, Timer::Repeat1xx, Timer::Repeat2xx, Timer::Prack, Timer::Trying];

impl InviteServer {
    /// Begins; `trying` is the 100 to send if the user says nothing for 200 ms (RFC 3261 §17.2.1).
    pub fn start(trying: Response, turn: &mut Turn<'_>) -> Self {
        turn.arm(Timer::Trying, super::timing::INVITE_TRYING);
        InviteServer::Proceeding { last: Provisional::Unsaid(Box::new(trying)), cancelled: false, reliable: None }
    }

    /// All transitions.
    pub fn step(self, input: Input, turn: &mut Turn<'_>) -> Self {
        match (self, input) {
            (InviteServer::Proceeding { last, cancelled, reliable }, Input::Invite) => {
                // While the user thinks, its 100 is under way.
                if let Provisional::Said(bytes) = &last {
                    turn.resend(bytes);
                }
                InviteServer::Proceeding { last, cancelled, reliable }
            }
            (
                InviteServer::Proceeding { last: Provisional::Unsaid(trying), cancelled, reliable },
                Input::Fired(Timer::Trying),
            ) => {
                let bytes = trying.to_bytes();
                turn.send(&bytes);
                InviteServer::Proceeding { last: Provisional::Said(bytes), cancelled, reliable }
            }
            (InviteServer::Proceeding { last, cancelled, reliable }, Input::Cancel) => {
                if !cancelled {
                    turn.pass_up();
                }
                InviteServer::Proceeding { last, cancelled: true, reliable }
            }
            (InviteServer::Proceeding { cancelled, reliable, .. }, Input::Respond { status, bytes, .. })
                if status.is_provisional() =>
            {
                turn.disarm(Timer::Trying);
                turn.send(&bytes);
                InviteServer::Proceeding { last: Provisional::Said(bytes), cancelled, reliable }
            }
            (InviteServer::Proceeding { reliable, .. }, Input::Respond { status, bytes, to_tag }) => {
                turn.disarm(Timer::Trying);
                // RFC 3262 §3: the final response ends the repetition.
                stop_repeating(reliable, turn);
                turn.send(&bytes);
                answered(status, bytes, to_tag, turn)
            }
            (InviteServer::Proceeding { cancelled, .. }, Input::RespondReliably { bytes }) => {
                turn.disarm(Timer::Trying);
                turn.send(&bytes);
                let interval = turn.timing.t1;
                turn.arm(Timer::Repeat1xx, interval);
                turn.arm(Timer::Prack, turn.timing.patience());
                let reliable = Some(Unconfirmed { bytes: bytes.clone(), interval });
                InviteServer::Proceeding { last: Provisional::Said(bytes), cancelled, reliable }
            }
            (
                InviteServer::Proceeding { last, cancelled, reliable: Some(mut waiting) },
                Input::Fired(Timer::Repeat1xx),
            ) => {
                turn.resend(&waiting.bytes);
                waiting.interval *= 2; // RFC 3262 §3: doubled, without the bound T2.
                turn.arm(Timer::Repeat1xx, waiting.interval);
                InviteServer::Proceeding { last, cancelled, reliable: Some(waiting) }
            }
            (InviteServer::Proceeding { last, cancelled, reliable }, Input::ConfirmProvisional) => {
                stop_repeating(reliable, turn);
                InviteServer::Proceeding { last, cancelled, reliable: None }
            }
            (InviteServer::Proceeding { last, cancelled, reliable }, Input::Fired(Timer::Prack)) => {
                // RFC 3262 §3: after 64*T1 without PRACK the user should refuse the INVITE with a 5xx.
                stop_repeating(reliable, turn);
                turn.server_event(TransactionEvent::PrackTimeout);
                InviteServer::Proceeding { last, cancelled, reliable: None }
            }

            // RFC 6026 §7.1: absorbed; the 2xx has its own clock.
            (state @ InviteServer::Accepted { .. }, Input::Invite | Input::Cancel) => state,
            (InviteServer::Accepted { unconfirmed: Some(mut waiting) }, Input::Fired(Timer::Repeat2xx)) => {
                turn.resend(&waiting.bytes);
                waiting.interval = turn.timing.doubled(waiting.interval);
                turn.arm(Timer::Repeat2xx, waiting.interval);
                InviteServer::Accepted { unconfirmed: Some(waiting) }
            }
            (InviteServer::Accepted { unconfirmed }, Input::Respond { status, bytes, .. }) if status.is_success() => {
                // RFC 6026 §7.1: a 2xx that the user repeats goes out.
                turn.resend(&bytes);
                InviteServer::Accepted { unconfirmed }
            }
            // RFC 6026 §7.1: in Accepted an ACK belongs to the user, also one that reuses the branch of its INVITE.
            (state @ InviteServer::Accepted { .. }, Input::Ack { .. }) => {
                turn.pass_up();
                state
            }
            (InviteServer::Accepted { unconfirmed }, Input::Confirm) => {
                if unconfirmed.is_some() {
                    turn.disarm(Timer::Repeat2xx);
                }
                InviteServer::Accepted { unconfirmed: None }
            }
            (InviteServer::Accepted { unconfirmed }, Input::Fired(Timer::L)) => {
                if unconfirmed.is_some() {
                    turn.server_event(TransactionEvent::AckTimeout);
                }
                InviteServer::Terminated
            }

            (InviteServer::Completed { last, interval, to_tag }, Input::Invite) => {
                turn.resend(&last);
                InviteServer::Completed { last, interval, to_tag }
            }
            (InviteServer::Completed { last, interval, to_tag }, Input::Fired(Timer::G)) => {
                turn.resend(&last);
                let interval = turn.timing.doubled(interval);
                turn.arm(Timer::G, interval);
                InviteServer::Completed { last, interval, to_tag }
            }
            (InviteServer::Completed { .. }, Input::Fired(Timer::H)) => {
                turn.server_event(TransactionEvent::AckTimeout);
                InviteServer::Terminated
            }
            (InviteServer::Completed { to_tag, .. }, Input::Ack { to_tag: acked }) if acked == to_tag => {
                turn.disarm(Timer::G);
                turn.disarm(Timer::H);
                if turn.is_reliable() {
                    return InviteServer::Terminated; // Timer I is zero.
                }
                turn.arm(Timer::I, turn.timing.t4);
                InviteServer::Confirmed
            }
            // A PRACK may cross the final answer.
            (
                state @ (InviteServer::Accepted { .. } | InviteServer::Completed { .. } | InviteServer::Confirmed),
                Input::ConfirmProvisional,
            ) => state,
            // RFC 3261 §9.2: a CANCEL after the final answer changes nothing.
            (state @ (InviteServer::Completed { .. } | InviteServer::Confirmed), Input::Cancel) => state,
            (InviteServer::Confirmed, Input::Ack { .. } | Input::Invite) => InviteServer::Confirmed,
            (InviteServer::Confirmed, Input::Fired(Timer::I)) => InviteServer::Terminated,

            (state, _) => {
                turn.unexpected();
                state
            }
        }
    }
}

/// Where a final response of the user leads from Proceeding.
fn answered(status: StatusCode, bytes: Bytes, to_tag: u64, turn: &mut Turn<'_>) -> InviteServer {
    let interval = turn.timing.t1;
    if status.is_success() {
        // RFC 6026 §7.1: timer L for every transport, and RFC 3261 §13.3.1.4: the 2xx is repeated on every
        // transport, for a proxy on the way may go on over another.
        turn.arm(Timer::L, turn.timing.patience());
        turn.arm(Timer::Repeat2xx, interval);
        return InviteServer::Accepted { unconfirmed: Some(Unconfirmed { bytes, interval }) };
    }
    if !turn.is_reliable() {
        turn.arm(Timer::G, interval);
    }
    turn.arm(Timer::H, turn.timing.patience());
    InviteServer::Completed { last: bytes, interval, to_tag }
}

fn stop_repeating(reliable: Option<Unconfirmed>, turn: &mut Turn<'_>) {
    if reliable.is_some() {
        turn.disarm(Timer::Repeat1xx);
        turn.disarm(Timer::Prack);
    }
}
