//! What an offer and its answer come to, as the audio plane needs it.

use std::net::{IpAddr, SocketAddr};

use crate::crypto::{CryptoSuite, MasterKey};
use crate::format::Format;
use crate::opus::OpusWishes;
use crate::rewrite::answered_stream;
use crate::session::{Media, Session};

/// One stream that both sides have agreed on: audio, or a fax.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreed {
    /// What may flow: first the formats with the numbers that the *peer* wants to receive, the preferred
    /// one first (RFC 3264 §5.1, §6.1); then, where we asked for the same codec under another number,
    /// that number too, so that it is understood when it comes in.
    pub payloads: Vec<(u8, Format)>,
    /// Where the peer receives RTP. `None` where it names no address that may be sent to (hold by
    /// `0.0.0.0`, a host name, multicast): the source of its own packets may still be latched to.
    pub rtp: Option<SocketAddr>,
    /// Where the peer receives RTCP: its `a=rtcp` (RFC 3605), else the next port, or RTP's own if both agreed
    /// on `a=rtcp-mux`.
    pub rtcp: Option<SocketAddr>,
    /// The peer's RTP port even where its address is unknown.
    pub port: u16,
    /// We may send to the peer.
    pub send: bool,
    /// The peer may send to us.
    pub receive: bool,
    /// Milliseconds per packet that the peer would like, as it said.
    pub ptime: Option<u16>,
    /// How much sound a packet to the peer is to carry: what it would like, within its `a=maxptime`, in
    /// steps of 10 from 10 to 60 ms; 20 where it says nothing.
    pub ptime_ms: u8,
    /// RTCP comes and goes on the RTP port (RFC 5761).
    pub rtcp_mux: bool,
    /// What the peer asks of the Opus that it is sent.
    pub opus: OpusWishes,
    /// The keys of a secured stream; in the clear without. An answer that lost them leads to no [`Agreed`].
    pub secure: Option<AgreedSecure>,
    /// What flows is no RTP but a fax (T.38 over UDPTL): `payloads` is empty.
    pub datagrams: bool,
}

/// What protects a stream in both directions (RFC 4568).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgreedSecure {
    /// How.
    pub suite: CryptoSuite,
    /// What we send with.
    pub ours: MasterKey,
    /// What the peer sends with.
    pub theirs: MasterKey,
}

impl Agreed {
    /// The codec that will be heard.
    pub fn voice(&self) -> Option<&Format> {
        self.payloads.iter().map(|(_, format)| format).find(|format| !format.is_companion())
    }
}

/// What our description and the peer's come to, whichever of them was the offer; `None` if no stream is
/// alive in both, or if one that we secured is not secured by the peer. The stream meant is the one that is
/// alive in `ours`.
pub fn agreed(ours: &Session, peers: &Session) -> Option<Agreed> {
    let (remote, local) = answered_stream(peers, ours)?;
    let datagrams = local.is_fax();
    if remote.is_fax() != datagrams || remote.is_secured() != local.is_secured() {
        return None;
    }
    let secure = match local.shared_key(remote) {
        Some((suite, ours, theirs)) => Some(AgreedSecure { suite, ours, theirs }).filter(|_| local.is_secured()),
        None if local.is_secured() => return None,
        None => None,
    };
    let payloads = payloads(local, remote);
    if payloads.is_empty() && !datagrams {
        return None;
    }
    let address = peers.address_of(remote).filter(may_be_sent_to);
    let rtp = address.map(|address| SocketAddr::new(address, remote.port));
    let rtcp_mux = local.rtcp_mux && remote.rtcp_mux;
    let opus = remote.formats.iter().find(|format| format.is_opus()).and_then(|format| format.fmtp.as_deref());
    Some(Agreed {
        payloads,
        rtp,
        rtcp: if datagrams || rtcp_mux { rtp } else { rtcp(remote, address) },
        port: remote.port,
        send: local.direction.sends() && remote.direction.receives(),
        receive: local.direction.receives() && remote.direction.sends(),
        ptime: remote.ptime,
        ptime_ms: ptime_ms(remote),
        rtcp_mux,
        opus: opus.map(OpusWishes::parse).unwrap_or_default(),
        secure,
        datagrams,
    })
}

/// Its `a=rtcp` (RFC 3605), else the port after RTP's.
fn rtcp(remote: &Media, address: Option<IpAddr>) -> Option<SocketAddr> {
    let named = remote.rtcp.and_then(|(_, address)| address).filter(may_be_sent_to).or(address);
    let port = remote.rtcp.map_or(remote.port.saturating_add(1), |(port, _)| port);
    named.map(|address| SocketAddr::new(address, port))
}

/// Absurd wishes are met half-way: no packet is shorter than 10 ms or longer than 60.
fn ptime_ms(remote: &Media) -> u8 {
    let wish = remote.ptime.unwrap_or(20).min(remote.maxptime.unwrap_or(u16::MAX));
    u8::try_from(wish.clamp(10, 60) / 10 * 10).unwrap_or(20)
}

/// Formats that both name, numbered as the peer does, then as we do where that differs.
fn payloads(local: &Media, remote: &Media) -> Vec<(u8, Format)> {
    let twin = |format: &Format| local.formats.iter().find(|ours| ours.same_codec(format));
    let mut out: Vec<(u8, Format)> = Vec::new();
    for format in remote.formats.iter().filter(|format| twin(format).is_some()) {
        out.push((format.payload, format.clone()));
    }
    for ours in &local.formats {
        let taken = out.iter().any(|(number, _)| *number == ours.payload);
        let known = remote.formats.iter().any(|format| format.same_codec(ours));
        if known && !taken {
            out.push((ours.payload, ours.clone()));
        }
    }
    out
}

/// No audio is sent to the whole network, nor to nowhere.
fn may_be_sent_to(address: &IpAddr) -> bool {
    let broadcast = matches!(address, IpAddr::V4(v4) if v4.is_broadcast());
    !(address.is_unspecified() || address.is_multicast() || broadcast)
}
