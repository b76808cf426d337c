//! Streams that carry no RTP: T.38 over UDPTL, handed on as it comes (RFC 3362).

use std::net::SocketAddr;

use base::Instant;

use super::peer::Belief;
use super::{News, Stream, Verdict};
use crate::control::Sink;

impl Stream {
    /// A datagram on a stream that carries no RTP, handed on if it is the peer's.
    pub(super) fn receive_datagram(&mut self, now: Instant, source: SocketAddr) -> Verdict {
        let Some(negotiation) = &mut self.negotiation else { return Verdict::Done };
        match negotiation.peer.judge_datagram(now, source) {
            Belief::Peer => {}
            Belief::Latched => {
                self.heard = Some(source);
                self.news.push(News::Latched(source));
            }
            Belief::Probation | Belief::Stranger => {
                self.strangers += 1;
                return Verdict::Done;
            }
        }
        self.silence.since = now;
        self.silence.told = 0;
        match self.sink {
            Sink::Stream(to) if negotiation.receive => Verdict::Relay { to },
            _ => {
                self.dropped += 1;
                Verdict::Done
            }
        }
    }

    /// Where a datagram that is no RTP goes as it is.
    pub fn relay(&self) -> Option<SocketAddr> {
        self.negotiation.as_ref().filter(|n| n.send && n.datagrams)?.peer.destination()
    }
}
