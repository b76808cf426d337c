//! What an offer and its answer come to, as the audio plane needs it.

use std::net::{IpAddr, SocketAddr};

use crate::format::Format;
use crate::session::{Media, MediaKind, Session};

/// One audio stream that both sides have agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreed {
    /// What may flow: first the formats with the numbers that the *peer* wants to receive, the preferred
    /// one first (RFC 3264 §5.1, §6.1); then, where we asked for the same codec under another number,
    /// that number too, so that it is understood when it comes in.
    pub payloads: Vec<(u8, Format)>,
    /// Where the peer receives RTP. `None` where it names no address that may be sent to (hold by
    /// `0.0.0.0`, a host name, multicast): the source of its own packets may still be latched to.
    pub rtp: Option<SocketAddr>,
    /// Where the peer receives RTCP: its `a=rtcp` (RFC 3605), else the next port.
    pub rtcp: Option<SocketAddr>,
    /// The peer's RTP port even where its address is unknown.
    pub port: u16,
    /// We may send to the peer.
    pub send: bool,
    /// The peer may send to us.
    pub receive: bool,
    /// Milliseconds per packet that the peer would like.
    pub ptime: Option<u16>,
}

impl Agreed {
    /// The codec that will be heard.
    pub fn voice(&self) -> Option<&Format> {
        self.payloads.iter().map(|(_, format)| format).find(|format| !format.is_companion())
    }
}

/// What our description and the peer's come to, whichever of them was the offer; `None` if no audio
/// stream is alive in both. The stream meant is the one that is alive in `ours`.
pub fn agreed(ours: &Session, peers: &Session) -> Option<Agreed> {
    let (index, local) = ours.audio()?;
    // Deviation: a peer that answers only the streams it takes is understood (see `rewrite_answer`).
    let in_place = peers.media.get(index).filter(|media| media.kind == MediaKind::Audio);
    let remote = in_place.or(peers.audio().map(|(_, media)| media)).filter(|media| media.is_live_audio())?;

    let payloads = payloads(local, remote);
    payloads.first()?;
    let address = peers.address_of(remote).filter(may_be_sent_to);
    let rtcp_address = remote.rtcp.and_then(|(_, address)| address).filter(may_be_sent_to).or(address);
    let rtcp_port = remote.rtcp.map_or(remote.port.saturating_add(1), |(port, _)| port);
    Some(Agreed {
        payloads,
        rtp: address.map(|address| SocketAddr::new(address, remote.port)),
        rtcp: rtcp_address.map(|address| SocketAddr::new(address, rtcp_port)),
        port: remote.port,
        send: local.direction.sends() && remote.direction.receives(),
        receive: local.direction.receives() && remote.direction.sends(),
        ptime: remote.ptime,
    })
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
