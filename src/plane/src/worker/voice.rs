//! What is kept of a stream that needs more than handing packets on.

use std::collections::VecDeque;

use audio::mixer::MemberId;
use base::{Duration, RoomId};
use media::control::{Audience, Listen, Processing, RoomRole};
use media::speech::{Ear, Mouth, Program};

/// A stream's speech. Boxed beside the stream, for most streams have none.
#[derive(Default)]
pub(super) struct Speech {
    pub(super) ear: Option<Box<Ear>>,
    pub(super) mouth: Option<Box<Mouth>>,
    pub(super) program: Option<Box<Program>>,
    /// Keys still to be sent.
    pub(super) keys: VecDeque<(char, Duration)>,
    pub(super) sending_key: bool,
    /// A key being sent as a tone, to a peer that knows no events.
    pub(super) tone: Option<Box<Program>>,
    pub(super) processing: Processing,
    pub(super) listen: Listen,
    pub(super) seat: Option<Seat>,
    /// What it hears does not fit the peer of the stream that it feeds.
    pub(super) transcoding: bool,
    /// In the list of its group.
    pub(super) listed: bool,
}

/// A member's seat, kept with its stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seat {
    pub(super) room: RoomId,
    pub(super) member: MemberId,
    pub(super) role: RoomRole,
}

impl Speech {
    /// It does something at each tick.
    pub(super) fn is_busy(&self) -> bool {
        self.seat.is_none() && (self.ear.is_some() || self.speaks_itself())
    }

    /// The box itself speaks to the peer.
    pub(super) fn speaks_itself(&self) -> bool {
        self.program.is_some() || self.sending_key || self.tone.is_some() || !self.keys.is_empty()
    }

    /// Heard whatever becomes of the packets.
    pub(super) fn must_hear(&self) -> bool {
        self.processing != Processing::default() || self.listen != Listen::default()
    }

    /// Nothing of it is needed any more.
    pub(super) fn is_spent(&self) -> bool {
        !self.must_hear() && self.seat.is_none() && self.ear.is_none() && !self.speaks_itself()
    }
}

impl Seat {
    /// Somebody may hear this member.
    pub(super) fn is_heard(&self) -> bool {
        self.role.heard_by != Audience::Nobody
    }
}
