//! The timers of RFC 3261 §17 by their letters, and how long each runs.

use base::Duration;

use super::{ClientId, ServerId};

/// The base values from which every timer follows (RFC 3261 §17.1.1.1, table 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Round-trip estimate: 500 ms.
    pub t1: Duration,
    /// Longest interval between repetitions of a non-INVITE request or an INVITE response: 4 s.
    pub t2: Duration,
    /// Longest time that a message stays in the network: 5 s.
    pub t4: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Timing { t1: Duration::from_millis(500), t2: Duration::from_secs(4), t4: Duration::from_secs(5) }
    }
}

impl Timing {
    /// 64*T1: how long either side keeps trying (timers B, F, H, J, L, M).
    pub fn patience(&self) -> Duration {
        self.t1 * 64
    }

    /// Timer D on UDP: at least 32 s whatever T1 is (RFC 6026 §8.4).
    pub(super) fn d(&self) -> Duration {
        self.patience().max(Duration::from_secs(32))
    }

    /// The interval after this one: doubled, up to T2 (timers E and G, the 2xx's repetition).
    pub(super) fn doubled(&self, interval: Duration) -> Duration {
        (interval * 2).min(self.t2)
    }

    /// How long a client's Timer E takes to reach T2: from then on a non-INVITE request must not stay without any
    /// response (RFC 4320 §4.1). 3.5 s with the usual values.
    pub(super) fn e_at_t2(&self) -> Duration {
        let (mut sum, mut interval) = (Duration::ZERO, self.t1);
        // At most 32 doublings: T1 = 0 would never reach T2.
        for _ in 0..32 {
            if interval >= self.t2 {
                break;
            }
            sum += interval;
            interval *= 2;
        }
        sum
    }
}

/// How long the user of an INVITE server transaction has before the layer says 100 by itself (RFC 3261 §17.2.1).
pub(super) const INVITE_TRYING: Duration = Duration::from_millis(200);

/// A kind of timer. The letters are the RFC's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Timer {
    /// INVITE request again.
    A,
    /// INVITE without any answer.
    B,
    /// After a non-2xx to INVITE: acknowledge its repetitions.
    D,
    /// Non-INVITE request again.
    E,
    /// Non-INVITE without a final answer.
    F,
    /// Non-2xx to INVITE again.
    G,
    /// No ACK for a non-2xx.
    H,
    /// Absorb repeated ACKs.
    I,
    /// Absorb repetitions of a non-INVITE request.
    J,
    /// Absorb repetitions of a non-INVITE response.
    K,
    /// Server: absorb repetitions of an INVITE answered 2xx (RFC 6026 §7.1).
    L,
    /// Client: hand up repetitions of a 2xx and those of other forks (RFC 6026 §7.2).
    M,
    /// Reliable provisional response to INVITE again (RFC 3262 §3).
    Repeat1xx,
    /// 2xx to INVITE again (RFC 3261 §13.3.1.4).
    Repeat2xx,
    /// No PRACK (RFC 3262 §3).
    Prack,
    /// The user has not answered: say 100 (RFC 3261 §17.2.1 for INVITE, RFC 4320 §4.1 for others).
    Trying,
    /// The user never answered a non-INVITE request, and by now the client has given up (RFC 4320 §4.2).
    Unanswered,
    /// No final answer to an INVITE after its CANCEL (RFC 3261 §9.1).
    Cancelled,
}

/// Which transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Tx {
    /// One of ours towards a peer.
    Client(ClientId),
    /// One that a peer began.
    Server(ServerId),
}

/// A row of the timer table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Row {
    pub tx: Tx,
    pub timer: Timer,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timer_e_reaches_t2_after_three_and_a_half_seconds() {
        assert_eq!(Timing::default().e_at_t2(), Duration::from_millis(3500));
        assert_eq!(Timing { t1: Duration::ZERO, ..Timing::default() }.e_at_t2(), Duration::ZERO);
    }

    #[test]
    fn timer_d_is_never_below_32_seconds() {
        let fast = Timing { t1: Duration::from_millis(10), ..Timing::default() };
        assert_eq!((fast.patience(), fast.d()), (Duration::from_millis(640), Duration::from_secs(32)));
    }
}
