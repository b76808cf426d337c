//! Which way a stream flows (RFC 8866 §6.7), and what hold does to it.

use core::fmt;

/// The direction attribute, as seen by the side whose description holds it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// Both ways; the default where nothing is said (RFC 3264 §5.1).
    #[default]
    SendRecv,
    /// It only sends: it has put the other side on hold, perhaps with music.
    SendOnly,
    /// It only listens: it was put on hold.
    RecvOnly,
    /// Neither.
    Inactive,
}

impl Direction {
    /// From "sends" and "receives".
    pub fn of(sends: bool, receives: bool) -> Self {
        match (sends, receives) {
            (true, true) => Direction::SendRecv,
            (true, false) => Direction::SendOnly,
            (false, true) => Direction::RecvOnly,
            (false, false) => Direction::Inactive,
        }
    }

    /// Whether the side that says this sends.
    pub fn sends(self) -> bool {
        matches!(self, Direction::SendRecv | Direction::SendOnly)
    }

    /// Whether the side that says this receives.
    pub fn receives(self) -> bool {
        matches!(self, Direction::SendRecv | Direction::RecvOnly)
    }

    /// The same stream seen from the other side: the widest answer to an offer (RFC 3264 §6.1).
    pub fn mirrored(self) -> Self {
        Direction::of(self.receives(), self.sends())
    }

    /// What both allow, both seen from the same side.
    pub fn and(self, other: Self) -> Self {
        Direction::of(self.sends() && other.sends(), self.receives() && other.receives())
    }

    /// The direction of a re-offer that puts the other side on hold (RFC 3264 §8.4: a stream that was
    /// `sendrecv` becomes `sendonly`, one that was `recvonly` becomes `inactive`).
    pub fn held(self) -> Self {
        Direction::of(self.sends(), false)
    }

    /// Whether the side that says this holds the other: it does not listen.
    pub fn is_hold(self) -> bool {
        !self.receives()
    }

    /// The attribute's name.
    pub fn name(self) -> &'static str {
        match self {
            Direction::SendRecv => "sendrecv",
            Direction::SendOnly => "sendonly",
            Direction::RecvOnly => "recvonly",
            Direction::Inactive => "inactive",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Direction::SendRecv, Direction::SendOnly, Direction::RecvOnly, Direction::Inactive]
            .into_iter()
            .find(|direction| direction.name() == name)
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::Direction::{Inactive, RecvOnly, SendOnly, SendRecv};

    #[test]
    fn hold_stops_listening_and_an_answer_mirrors() {
        for (before, held, mirrored) in [
            (SendRecv, SendOnly, SendRecv),
            (SendOnly, SendOnly, RecvOnly),
            (RecvOnly, Inactive, SendOnly),
            (Inactive, Inactive, Inactive),
        ] {
            assert_eq!(before.held(), held);
            assert_eq!(before.mirrored(), mirrored);
            assert!(held.is_hold());
            assert_eq!(before.and(SendRecv), before);
            assert_eq!(before.and(Inactive), Inactive);
        }
    }
}
