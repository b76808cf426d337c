//! What was agreed on with one peer, and the payload type that it gives to what is sent on.

use super::payloads::Payloads;
use super::peer::Peer;
use crate::control::Codec;

/// The peer and what was agreed on with it.
#[derive(Debug)]
#[repr(C)] // in the order of use, as `Stream` explains
pub(super) struct Negotiation {
    pub(super) send: bool,
    pub(super) receive: bool,
    pub(super) payloads: Payloads,
    pub(super) peer: Peer,
    pub(super) ptime_ms: u8,
    pub(super) rtcp_mux: bool,
    pub(super) datagrams: bool,
}

impl Negotiation {
    /// The peer's number for `codec`. Events that the peer knows only on another clock are translated.
    pub(super) fn number_for(&self, codec: Codec) -> Option<(u8, EventScale)> {
        let other = match codec {
            Codec::TelephoneEvent => Some((Codec::TelephoneEvent48k, EventScale::Times6)),
            Codec::TelephoneEvent48k => Some((Codec::TelephoneEvent, EventScale::Sixth)),
            _ => None,
        };
        let same = self.payloads.number(codec).map(|number| (number, EventScale::Same));
        same.or_else(|| other.and_then(|(codec, scale)| Some((self.payloads.number(codec)?, scale))))
    }
}

/// How the duration field of an event changes between the clocks of 8 and 48 kHz.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EventScale {
    Same,
    Times6,
    Sixth,
}

impl EventScale {
    pub(super) fn apply(self, duration: &mut [u8; 2]) {
        let ticks = u16::from_be_bytes(*duration);
        let ticks = match self {
            EventScale::Same => return,
            EventScale::Times6 => ticks.saturating_mul(6), // RFC 4733 §2.3: a longer one stays at the field's end
            EventScale::Sixth => ticks / 6,
        };
        *duration = ticks.to_be_bytes();
    }
}
