//! What the box itself may say to a stream's peer, and in which coding.

use super::Stream;
use crate::control::Codec;

impl Stream {
    /// What the box speaks to the peer: the first coding agreed on that it can make, and milliseconds a packet.
    pub fn voice(&self) -> Option<(Codec, u8)> {
        let negotiation = self.negotiation.as_ref().filter(|n| n.send)?;
        let codec = negotiation.payloads.rows().map(|r| r.codec).find(|c| c.coding().is_some())?;
        Some((codec, negotiation.ptime_ms))
    }

    /// Whether the peer understands packets of this coding (events: on either clock).
    pub fn knows(&self, codec: Codec) -> bool {
        self.negotiation.as_ref().is_some_and(|n| n.number_for(codec).is_some())
    }

    /// The coding of keys that the peer has agreed on.
    pub fn event_codec(&self) -> Option<Codec> {
        [Codec::TelephoneEvent, Codec::TelephoneEvent48k]
            .into_iter()
            .find(|c| self.negotiation.as_ref().is_some_and(|n| n.payloads.number(*c).is_some()))
    }

    /// RTCP leaves by the RTP port (RFC 5761).
    pub fn is_rtcp_muxed(&self) -> bool {
        self.negotiation.as_ref().is_some_and(|n| n.rtcp_mux)
    }

    /// The box itself speaks to the peer from now on, or no longer.
    pub fn set_occupied(&mut self, occupied: bool) {
        self.occupied = occupied;
    }

    /// The box itself listens to the peer, though its sound goes nowhere.
    pub fn set_listened(&mut self, listened: bool) {
        self.listened = listened;
    }
}
