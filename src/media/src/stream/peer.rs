//! Whom a stream believes: symmetric RTP (RFC 4961) without letting strangers in.
//!
//! Three rules keep strangers out. Only the negotiated IP address is ever heard, or the one that the signalling comes
//! from where the phone is behind NAT. A port that was not negotiated must first send three packets in sequence, and
//! with two candidates at most at a time the learning is over after five packets. Once learnt, another port is heard
//! only when the old one has been silent for a second; the negotiated address itself, which nobody can claim by
//! accident, needs no silence where no NAT lies between.

use std::net::{IpAddr, SocketAddr};

use base::{Duration, Instant};

use crate::SeqNo;
use crate::control::Latch;
use crate::rtp::Header;

/// The peer of one stream.
#[derive(Clone, Debug)]
#[repr(C)] // in the order of use, as `Stream` explains
pub(super) struct Peer {
    latched: Option<Latched>,
    negotiated: SocketAddr,
    latch: Latch,
    candidates: [Option<Candidate>; CANDIDATES],
}

#[derive(Clone, Copy, Debug)]
struct Latched {
    source: SocketAddr,
    heard_at: Instant,
}

/// A source on probation.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    source: SocketAddr,
    ssrc: u32,
    next: SeqNo,
    count: u8,
    heard_at: Instant,
}

/// What a source is to the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Belief {
    /// The peer, as before.
    Peer,
    /// The peer from now on.
    Latched,
    /// It may become the peer.
    Probation,
    /// Nobody.
    Stranger,
}

const CANDIDATES: usize = 2;
/// Packets in sequence that end a probation.
const PROBATION: u8 = 3;
/// The old source must have been silent for so long before another is heard.
const SILENT: Duration = Duration::from_secs(1);
/// A candidate that says nothing for so long makes room.
const CANDIDATE_IDLE: Duration = Duration::from_millis(200);

impl Peer {
    pub(super) fn new(negotiated: SocketAddr, latch: Latch) -> Peer {
        Peer { negotiated, latch, latched: None, candidates: [None; CANDIDATES] }
    }

    /// Takes a new negotiation; true if it re-armed the latch because it names another address.
    pub(super) fn negotiate(&mut self, negotiated: SocketAddr, latch: Latch) -> bool {
        if same(self.negotiated, negotiated) && self.latch == latch {
            return false;
        }
        *self = Peer::new(negotiated, latch);
        true
    }

    /// Whether anything from this IP address may be the peer's.
    pub(super) fn may_come_from(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        ip == self.negotiated.ip().to_canonical()
            || matches!(self.latch, Latch::Nat { signalling } if ip == signalling.to_canonical())
    }

    /// Judges the source of a well-formed packet of a payload type that was agreed on.
    pub(super) fn judge(&mut self, now: Instant, source: SocketAddr, header: &Header) -> Belief {
        if let Some(latched) = &mut self.latched
            && same(latched.source, source)
        {
            latched.heard_at = now;
            return Belief::Peer;
        }
        if !self.may_come_from(source.ip()) {
            return Belief::Stranger;
        }
        let as_negotiated = same(source, self.negotiated);
        let believed = match self.latched {
            None => as_negotiated || self.probation(now, source, header),
            Some(latched) if now - latched.heard_at >= SILENT => as_negotiated || self.probation(now, source, header),
            // It was another's port that was learnt first: the negotiated one takes its place once it is proven.
            Some(_) if as_negotiated && self.latch == Latch::SameAddress => self.probation(now, source, header),
            Some(_) => return Belief::Stranger,
        };
        if !believed {
            return Belief::Probation;
        }
        self.latched = Some(Latched { source, heard_at: now });
        self.candidates = [None; CANDIDATES];
        Belief::Latched
    }

    /// Counts a packet of a candidate; true when its probation is over.
    fn probation(&mut self, now: Instant, source: SocketAddr, header: &Header) -> bool {
        let known = self.candidates.iter().position(|c| c.is_some_and(|c| same(c.source, source)));
        let place =
            known.or_else(|| self.candidates.iter().position(|c| c.is_none_or(|c| now - c.heard_at >= CANDIDATE_IDLE)));
        let Some(slot) = place.and_then(|p| self.candidates.get_mut(p)) else {
            return false;
        };
        let count = match slot {
            Some(c) if same(c.source, source) && c.ssrc == header.ssrc && c.next == header.seq => c.count + 1,
            _ => 1,
        };
        *slot = Some(Candidate { source, ssrc: header.ssrc, next: header.seq.next(), count, heard_at: now });
        count >= PROBATION
    }

    /// Judges the source of a datagram that is no RTP and so carries no number: it must come from the address learnt,
    /// or from the negotiated one, or, behind NAT, from any port of its host once nothing else is heard.
    pub(super) fn judge_datagram(&mut self, now: Instant, source: SocketAddr) -> Belief {
        if let Some(latched) = &mut self.latched
            && same(latched.source, source)
        {
            latched.heard_at = now;
            return Belief::Peer;
        }
        let quiet = self.latched.is_none_or(|l| now - l.heard_at >= SILENT);
        let as_negotiated = same(source, self.negotiated);
        let behind_nat = matches!(self.latch, Latch::Nat { .. }) && self.may_come_from(source.ip());
        if !quiet || !(as_negotiated || behind_nat) {
            return Belief::Stranger;
        }
        self.latched = Some(Latched { source, heard_at: now });
        Belief::Latched
    }

    /// Where to send RTP: to the learnt source, before to the negotiated address, never to what is no address of one
    /// host.
    pub(super) fn destination(&self) -> Option<SocketAddr> {
        match self.latched {
            Some(latched) => Some(latched.source),
            None => usable(self.negotiated).then_some(self.negotiated),
        }
    }

    /// Whether RTCP may go to `rtcp` before RTCP was heard: only to the host that gets the RTP too.
    pub(super) fn is_with(&self, rtcp: SocketAddr) -> bool {
        usable(rtcp) && self.destination().is_some_and(|rtp| rtp.ip().to_canonical() == rtcp.ip().to_canonical())
    }
}

/// One address and port, whatever scope and notation.
pub(super) fn same(a: SocketAddr, b: SocketAddr) -> bool {
    a.port() == b.port() && a.ip().to_canonical() == b.ip().to_canonical()
}

/// Whether packets may be sent there at all. 0.0.0.0 is the hold of RFC 2543; groups were never negotiated.
fn usable(to: SocketAddr) -> bool {
    let host = match to.ip().to_canonical() {
        IpAddr::V4(ip) => !ip.is_unspecified() && !ip.is_multicast() && !ip.is_broadcast(),
        IpAddr::V6(ip) => !ip.is_unspecified() && !ip.is_multicast(),
    };
    host && to.port() != 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RtpTimestamp;

    const PHONE: &str = "10.0.0.5:4000";
    const MAPPED: &str = "192.0.2.7:31000";

    fn ms(n: u64) -> Instant {
        Instant::from_nanos(n * 1_000_000)
    }

    fn judge(peer: &mut Peer, at: u64, source: &str, ssrc: u32, seq: u16) -> Belief {
        let header = Header {
            marker: false,
            payload_type: 0,
            seq: SeqNo(seq),
            timestamp: RtpTimestamp(0),
            ssrc,
            payload: 12..172,
        };
        peer.judge(ms(at), source.parse().unwrap(), &header)
    }

    fn at_home() -> Peer {
        Peer::new(PHONE.parse().unwrap(), Latch::SameAddress)
    }

    fn behind_nat() -> Peer {
        Peer::new(PHONE.parse().unwrap(), Latch::Nat { signalling: "192.0.2.7".parse().unwrap() })
    }

    #[test]
    fn the_negotiated_address_is_believed_at_once() {
        let mut peer = at_home();
        assert_eq!(peer.destination(), Some(PHONE.parse().unwrap()));
        assert_eq!(judge(&mut peer, 0, PHONE, 1, 9), Belief::Latched);
        assert_eq!(judge(&mut peer, 20, PHONE, 1, 10), Belief::Peer);
        assert_eq!(peer.destination(), Some(PHONE.parse().unwrap()));
    }

    #[test]
    fn another_address_is_never_believed() {
        for mut peer in [at_home(), behind_nat()] {
            for n in 0..100 {
                assert_eq!(judge(&mut peer, n * 20, "203.0.113.9:4000", 1, n as u16), Belief::Stranger);
            }
            assert_eq!(peer.destination(), Some(PHONE.parse().unwrap()));
        }
        let mut peer = at_home();
        assert_eq!(judge(&mut peer, 0, MAPPED, 1, 0), Belief::Stranger, "the NAT address counts only with NAT");
    }

    #[test]
    fn another_port_is_believed_after_three_packets_in_sequence() {
        let mut peer = behind_nat();
        assert_eq!(judge(&mut peer, 0, MAPPED, 1, 5), Belief::Probation);
        assert_eq!(judge(&mut peer, 20, MAPPED, 1, 7), Belief::Probation, "a gap begins anew");
        assert_eq!(judge(&mut peer, 40, MAPPED, 1, 8), Belief::Probation);
        assert_eq!(judge(&mut peer, 60, MAPPED, 1, 9), Belief::Latched);
        assert_eq!(peer.destination(), Some(MAPPED.parse().unwrap()));
    }

    #[test]
    fn learning_is_over_after_five_packets_of_two_racers() {
        let mut peer = behind_nat();
        let mut packets = 0;
        'race: for n in 0..10u16 {
            for (port, ssrc) in [("192.0.2.7:31000", 1), ("192.0.2.7:32000", 2)] {
                packets += 1;
                if judge(&mut peer, u64::from(n) * 20, port, ssrc, n) == Belief::Latched {
                    break 'race;
                }
            }
        }
        assert_eq!(packets, 5);
    }

    #[test]
    fn a_third_port_of_the_same_host_cannot_steal_a_live_stream() {
        let mut peer = behind_nat();
        for n in 0..3 {
            judge(&mut peer, n * 20, MAPPED, 1, n as u16);
        }
        for n in 3..500u64 {
            assert_eq!(judge(&mut peer, n * 20, MAPPED, 1, n as u16), Belief::Peer);
            for forged in 0..5 {
                let seq = (n * 5 + forged) as u16;
                let belief = judge(&mut peer, n * 20 + forged, "192.0.2.7:40000", 1, seq);
                assert_eq!(belief, Belief::Stranger);
            }
            // Behind NAT the negotiated address is one more third address while the real one lives.
            assert_eq!(judge(&mut peer, n * 20 + 6, PHONE, 1, n as u16), Belief::Stranger);
        }
    }

    #[test]
    fn after_a_second_of_silence_another_port_may_follow() {
        let mut peer = behind_nat();
        for n in 0..3 {
            judge(&mut peer, n * 20, MAPPED, 1, n as u16);
        }
        let moved = "192.0.2.7:31044";
        assert_eq!(judge(&mut peer, 1_039, moved, 1, 50), Belief::Stranger);
        assert_eq!(judge(&mut peer, 1_040, moved, 1, 51), Belief::Probation);
        assert_eq!(judge(&mut peer, 1_060, moved, 1, 52), Belief::Probation);
        assert_eq!(judge(&mut peer, 1_080, moved, 1, 53), Belief::Latched);
        assert_eq!(judge(&mut peer, 1_100, MAPPED, 1, 54), Belief::Stranger);
    }

    #[test]
    fn the_negotiated_port_takes_its_place_from_one_that_was_first() {
        let mut peer = at_home();
        for n in 0..3 {
            judge(&mut peer, n * 20, "10.0.0.5:9999", 6, n as u16);
        }
        assert_eq!(peer.destination(), Some("10.0.0.5:9999".parse().unwrap()));
        assert_eq!(judge(&mut peer, 60, PHONE, 1, 100), Belief::Probation);
        assert_eq!(judge(&mut peer, 65, "10.0.0.5:9999", 6, 3), Belief::Peer);
        assert_eq!(judge(&mut peer, 80, PHONE, 1, 101), Belief::Probation);
        assert_eq!(judge(&mut peer, 100, PHONE, 1, 102), Belief::Latched);
        assert_eq!(judge(&mut peer, 105, "10.0.0.5:9999", 6, 4), Belief::Stranger);
    }

    #[test]
    fn a_new_negotiation_arms_the_latch_again() {
        let mut peer = at_home();
        judge(&mut peer, 0, PHONE, 1, 1);
        assert!(!peer.negotiate(PHONE.parse().unwrap(), Latch::SameAddress));
        assert_eq!(judge(&mut peer, 20, PHONE, 1, 2), Belief::Peer);
        assert!(peer.negotiate("10.0.0.5:4002".parse().unwrap(), Latch::SameAddress));
        assert_eq!(peer.destination(), Some("10.0.0.5:4002".parse().unwrap()));
        assert_eq!(judge(&mut peer, 40, "10.0.0.5:4002", 1, 3), Belief::Latched);
    }

    #[test]
    fn nothing_is_sent_to_what_is_no_host() {
        for to in ["0.0.0.0:4000", "10.0.0.5:0", "224.0.0.1:4000", "255.255.255.255:4000", "[ff02::1]:4000", "[::]:9"] {
            assert_eq!(Peer::new(to.parse().unwrap(), Latch::SameAddress).destination(), None, "{to}");
        }
        let peer = at_home();
        assert!(peer.is_with("10.0.0.5:4001".parse().unwrap()));
        assert!(!peer.is_with("10.0.0.6:4001".parse().unwrap()));
    }

    #[test]
    fn addresses_are_compared_by_what_they_mean() {
        let mut peer = Peer::new("[2001:db8::5]:4000".parse().unwrap(), Latch::SameAddress);
        let scoped = SocketAddr::V6(std::net::SocketAddrV6::new("2001:db8::5".parse().unwrap(), 4000, 0, 3));
        let header = Header {
            marker: false,
            payload_type: 0,
            seq: SeqNo(1),
            timestamp: RtpTimestamp(0),
            ssrc: 1,
            payload: 12..13,
        };
        assert_eq!(peer.judge(ms(0), scoped, &header), Belief::Latched);
        assert!(same("[::ffff:10.0.0.5]:4000".parse().unwrap(), PHONE.parse().unwrap()));
    }
}
