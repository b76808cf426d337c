//! The non-INVITE server transaction (RFC 3261 §17.2.2 as changed by RFC 4320).

use bytes::Bytes;

use super::timing::Timer;
use super::turn::Turn;
use crate::message::{Response, StatusCode};

/// The states.
#[derive(Debug)]
pub(super) enum Server {
    /// Nothing said yet.
    Trying {
        /// The 100 to be sent if the user takes too long.
        trying: Box<Response>,
    },
    /// 100 said.
    Proceeding {
        /// As on the wire.
        last: Bytes,
    },
    /// Answered: repetitions of the request get the answer again.
    Completed {
        /// As on the wire.
        last: Bytes,
    },
    /// To be forgotten.
    Terminated,
}

/// What may happen to it.
#[derive(Debug)]
pub(super) enum Input {
    /// The request again.
    Request,
    /// The user answers.
    Respond {
        /// With this.
        status: StatusCode,
        /// As on the wire.
        bytes: Bytes,
    },
    /// A timer.
    Fired(Timer),
}

/// All rows that this machine may have armed.
pub(super) const ROWS: [Timer; 3] = [Timer::J, Timer::Trying, Timer::Unanswered];

impl Server {
    /// Begins; `trying` is the 100 of RFC 4320 §4.1.
    pub fn start(trying: Response, turn: &mut Turn<'_>) -> Self {
        turn.arm(Timer::Trying, turn.timing.e_at_t2());
        Server::Trying { trying: Box::new(trying) }
    }

    /// Whether the final answer is out.
    pub fn is_completed(&self) -> bool {
        matches!(self, Server::Completed { .. })
    }

    /// All transitions.
    pub fn step(self, input: Input, turn: &mut Turn<'_>) -> Self {
        match (self, input) {
            (state @ Server::Trying { .. }, Input::Request) => state,
            (Server::Trying { trying }, Input::Fired(Timer::Trying)) => {
                // RFC 4320 §4.1: once the client's timer E has reached T2, silence is not allowed.
                let last = trying.to_bytes();
                turn.send(&last);
                turn.arm(Timer::Unanswered, turn.timing.patience().saturating_sub(turn.timing.e_at_t2()));
                Server::Proceeding { last }
            }
            (Server::Trying { trying }, Input::Respond { status, bytes }) if status.is_provisional() => {
                // RFC 4320 §4.1: 100 only, and over UDP not before timer E has reached T2.
                if status != StatusCode::TRYING || !turn.is_reliable() {
                    return Server::Trying { trying };
                }
                turn.disarm(Timer::Trying);
                turn.arm(Timer::Unanswered, turn.timing.patience());
                turn.send(&bytes);
                Server::Proceeding { last: bytes }
            }
            (Server::Proceeding { last }, Input::Request) => {
                turn.resend(&last);
                Server::Proceeding { last }
            }
            // The client knows already that we are at work.
            (state @ Server::Proceeding { .. }, Input::Respond { status, .. }) if status.is_provisional() => state,
            // RFC 4320 §4.2: a late 408 helps nobody. The client has its own timer F, we have `Unanswered`.
            (state @ (Server::Trying { .. } | Server::Proceeding { .. }), Input::Respond { status, .. })
                if status == StatusCode::REQUEST_TIMEOUT =>
            {
                state
            }
            (Server::Trying { .. } | Server::Proceeding { .. }, Input::Respond { bytes, .. }) => {
                turn.disarm(Timer::Trying);
                turn.disarm(Timer::Unanswered);
                turn.send(&bytes);
                if turn.is_reliable() {
                    return Server::Terminated; // Timer J is zero.
                }
                turn.arm(Timer::J, turn.timing.patience());
                Server::Completed { last: bytes }
            }
            // RFC 4320 §4.2: the client has given up, no answer can reach it any more.
            (Server::Proceeding { .. }, Input::Fired(Timer::Unanswered)) => Server::Terminated,
            (Server::Completed { last }, Input::Request) => {
                turn.resend(&last);
                Server::Completed { last }
            }
            (Server::Completed { .. }, Input::Fired(Timer::J)) => Server::Terminated,
            (state, _) => {
                turn.unexpected();
                state
            }
        }
    }
}
