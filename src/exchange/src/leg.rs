//! A leg: one dialog inside a call, with its audio stream.

use std::net::{IpAddr, SocketAddr};

use base::{CallRef, Duration, Instant, LegId, PlayId, StreamId, WallTime};
use media::control::{Codec, Latch, Listen, Payload, Processing, Remote, Secure, SecureKey, SecureSuite, StreamStats};
use sdp::{CryptoSuite, Negotiation, Session};
use sip::dialog::{Dialog, DialogId};
use sip::message::{Contacts, Host, Request, Uri};
use sip::registrar::Binding;
use sip::transaction::{ClientId, ServerId};
use sip::{Flow, Transport};

use crate::call::keys::Keys;
use crate::call::track::Track;
use crate::record::{Cause, LegRole, LegSummary, Party};
use crate::trunk::Way;

/// One dialog inside a call.
#[derive(Debug)]
pub(crate) struct Leg {
    pub(crate) id: LegId,
    pub(crate) call: CallRef,
    pub(crate) role: LegRole,
    /// Whose it is: rights go by this, never by the number shown.
    pub(crate) side: Side,
    pub(crate) party: Party,
    /// It counts as one of its extension's calls: see [`dialplan::state::State::busy`].
    pub(crate) counted: bool,
    /// Whoever answers must press 1 before it is connected.
    pub(crate) confirm: bool,
    pub(crate) device: String,
    /// Where its requests go.
    pub(crate) flow: Flow,
    /// Where its signalling came from when it began.
    pub(crate) source: SocketAddr,
    pub(crate) state: LegState,
    pub(crate) audio: Audio,
    pub(crate) sip_call_id: String,
    /// The dialog it is known by once it has one.
    pub(crate) dialog_id: Option<DialogId>,
    /// The phone takes UPDATE (RFC 3311 §5.1: its Allow header says so).
    pub(crate) takes_update: bool,
    pub(crate) timer: SessionTimer,
    pub(crate) answered_at: Option<Instant>,
    pub(crate) ended: Option<(Instant, Cause)>,
    /// Tags of dialogs that a forking proxy behind the phone opened besides ours, already told goodbye.
    pub(crate) strays: Vec<bytes::Bytes>,
    /// The plane has heard nothing from its phone for the inactivity limit.
    pub(crate) silent: bool,
    /// Its own phone has put the other side on hold.
    pub(crate) holding: bool,
    /// Its phone wants who calls not to be shown (RFC 3323).
    pub(crate) private: bool,
    /// Its phone asked for a transfer by REFER and is told how that goes (RFC 3515 §2.4.4).
    pub(crate) referred: bool,
    /// How it goes over a trunk, if it was called over one.
    pub(crate) way: Option<Box<Way>>,
}

/// Whose a leg is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// A phone of this extension, authenticated or registered.
    Extension(String),
    /// Somebody over this trunk.
    Trunk(String),
}

/// What a leg's signalling does.
#[derive(Debug)]
pub(crate) enum LegState {
    /// The phone called us; no final answer yet.
    Offered(Box<Offered>),
    /// We call the phone; no final answer yet.
    Calling(Box<Calling>),
    /// Both sides have agreed.
    Up(Box<Up>),
    /// We sent BYE or a refusal and wait for the last word.
    Leaving { bye: Option<ClientId> },
    /// Hung up by us before the phone has acknowledged our answer: the BYE follows its ACK (RFC 3261 §15).
    Parting(Box<Up>, Cause),
    /// Nothing more will come.
    Down,
}

/// A call that came in and is not answered.
#[derive(Debug)]
pub(crate) struct Offered {
    pub(crate) invite: ServerId,
    pub(crate) request: Request,
    pub(crate) dialog: Dialog,
    /// The phone insists on reliable provisional responses (RFC 3262).
    pub(crate) reliable: bool,
    pub(crate) rseq: u32,
    /// The RSeq sent and not yet acknowledged by PRACK.
    pub(crate) unacknowledged: Option<u32>,
    /// The final answer that waits until the reliable provisional is acknowledged (RFC 3262 §3).
    pub(crate) waiting: Option<Box<sip::message::Response>>,
    /// The last provisional status sent.
    pub(crate) told: u16,
}

/// A phone that we are calling.
#[derive(Debug)]
pub(crate) struct Calling {
    pub(crate) invite: ClientId,
    pub(crate) request: Request,
    /// Early dialogs; a proxy behind the phone may have forked.
    pub(crate) early: Vec<Dialog>,
    /// The last RSeq acknowledged, by early dialog's remote tag (RFC 3262 §4).
    pub(crate) rseq: Vec<(bytes::Bytes, u32)>,
    pub(crate) ringing: bool,
    /// We have given up; what comes now is told so.
    pub(crate) cancelled: Option<Cause>,
    /// Retries after 422 so far (security: bounded).
    pub(crate) attempts: u8,
}

/// An established dialog.
#[derive(Debug)]
pub(crate) struct Up {
    pub(crate) dialog: Dialog,
    /// CSeq of the INVITE that we sent last, for its ACK.
    pub(crate) invite_cseq: u32,
    /// Our 2xx to an INVITE that the phone has not acknowledged.
    pub(crate) unconfirmed: Option<Unconfirmed>,
    pub(crate) modify: Modify,
}

/// A 2xx of ours without its ACK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unconfirmed {
    pub(crate) server: ServerId,
    /// CSeq of the INVITE, which its ACK repeats (RFC 3261 §13.2.2.4).
    pub(crate) cseq: u32,
}

/// A change of the session under way (RFC 3261 §14, RFC 3311).
#[derive(Debug)]
pub(crate) enum Modify {
    /// None.
    Quiet,
    /// This phone asked; we wait for the phone at the other end.
    Asked { server: ServerId, request: Box<Request> },
    /// We answered this phone with an offer of ours; its ACK brings the answer.
    AwaitingAnswer,
    /// We asked this phone.
    Asking { client: ClientId, why: Why, tries: u8 },
    /// We asked and both had asked at once (491): wait, then ask again.
    Backoff { why: Why, tries: u8 },
}

/// Why we ask a phone to change its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// The phone at the other end asked us.
    ForPeer,
    /// To keep the session alive (RFC 4028).
    Refresh,
    /// Its other end has changed: take it off hold, agree on codecs.
    NewPeer,
}

/// RFC 4028 for one leg.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SessionTimer {
    /// The interval agreed on; `None`: no timer.
    pub(crate) interval: Option<Duration>,
    /// We refresh.
    pub(crate) ours: bool,
}

/// The audio side of a leg.
#[derive(Debug, Default)]
pub(crate) struct Audio {
    /// The plane's stream, while it is open.
    pub(crate) stream: Option<StreamId>,
    /// What the caller offered, until a stream is open for it.
    pub(crate) offered: Option<Session>,
    /// The leg's offers and answers, once a stream is open.
    pub(crate) talk: Option<Negotiation>,
    pub(crate) codec: Option<Codec>,
    pub(crate) stats: Option<StreamStats>,
    /// What the box plays to its phone now.
    pub(crate) playing: Option<PlayId>,
    /// What the plane was last told of the phone.
    pub(crate) last_remote: Option<Remote>,
    /// What the plane was last told to do to its sound.
    pub(crate) treated: (Processing, Listen),
    pub(crate) keys: Keys,
    pub(crate) track: Track,
}

impl Leg {
    /// The extension whose phone it is.
    pub(crate) fn extension(&self) -> Option<&str> {
        match &self.side {
            Side::Extension(number) => Some(number),
            Side::Trunk(_) => None,
        }
    }

    pub(crate) fn is_up(&self) -> bool {
        matches!(self.state, LegState::Up(_))
    }

    pub(crate) fn up(&mut self) -> Option<&mut Up> {
        match &mut self.state {
            LegState::Up(up) => Some(up),
            _ => None,
        }
    }

    pub(crate) fn offered(&mut self) -> Option<&mut Offered> {
        match &mut self.state {
            LegState::Offered(offered) => Some(offered),
            _ => None,
        }
    }

    pub(crate) fn calling(&mut self) -> Option<&mut Calling> {
        match &mut self.state {
            LegState::Calling(calling) => Some(calling),
            _ => None,
        }
    }

    /// The dialog that a request from the phone is in, while it lives.
    pub(crate) fn dialog_mut(&mut self, request: &Request) -> Option<&mut Dialog> {
        match &mut self.state {
            LegState::Offered(o) => Some(&mut o.dialog),
            LegState::Up(up) => Some(&mut up.dialog),
            LegState::Calling(c) => {
                let tag = request.headers.from_tag()?;
                c.early.iter_mut().find(|d| d.id.remote_tag == tag)
            }
            LegState::Leaving { .. } | LegState::Parting(..) | LegState::Down => None,
        }
    }

    /// The codecs both sides agreed on, by their encoding names, best first.
    pub(crate) fn agreed_codecs(&self) -> Vec<String> {
        let agreed = self.audio.talk.as_ref().and_then(Negotiation::agreed);
        agreed
            .iter()
            .flat_map(|a| &a.payloads)
            .filter(|(_, f)| !f.is_companion())
            .map(|(_, f)| f.encoding.clone())
            .collect()
    }

    /// Its line in the final record.
    pub(crate) fn summary(&self, wall: impl Fn(Instant) -> WallTime, now: Instant) -> LegSummary {
        let (ended_at, cause) = self.ended.unwrap_or((now, Cause::Internal));
        LegSummary {
            leg: self.id,
            party: self.party.clone(),
            device: self.device.clone(),
            role: self.role,
            sip_call_id: self.sip_call_id.clone(),
            answered_at: self.answered_at.map(&wall),
            ended_at: wall(ended_at),
            cause,
            codec: self.audio.codec,
            audio: self.audio.stats,
        }
    }

    /// What the plane must know of the phone's side of the negotiation; `None` where nothing is
    /// agreed or the address is not one to send audio to.
    pub(crate) fn remote(&self) -> Option<Remote> {
        let agreed = self.audio.talk.as_ref()?.agreed()?;
        let payloads: Vec<Payload> = agreed
            .payloads
            .iter()
            .filter_map(|(number, f)| Some(Payload { number: *number, codec: codec_of(&f.encoding, f.clock_rate)? }))
            .collect();
        let signalling = self.source.ip();
        // A phone that names no address is heard where its signalling comes from, if anywhere.
        let rtp = agreed.rtp.unwrap_or(SocketAddr::new(signalling, agreed.port));
        let rtcp = agreed.rtcp.unwrap_or(SocketAddr::new(signalling, agreed.port.saturating_add(1)));
        if !is_plausible_media_address(rtp, signalling) || !is_plausible_media_address(rtcp, signalling) {
            return None;
        }
        let latch = if rtp.ip() == signalling { Latch::SameAddress } else { Latch::Nat { signalling } };
        let secure = agreed.secure.map(|s| Secure {
            suite: match s.suite {
                CryptoSuite::AesCm128HmacSha1_80 => SecureSuite::AesCm128HmacSha1_80,
                CryptoSuite::AesCm128HmacSha1_32 => SecureSuite::AesCm128HmacSha1_32,
            },
            ours: SecureKey(s.ours.0),
            theirs: SecureKey(s.theirs.0),
        });
        Some(Remote {
            send: agreed.send,
            receive: agreed.receive,
            ptime_ms: agreed.ptime_ms,
            rtcp_mux: agreed.rtcp_mux,
            secure,
            datagrams: agreed.datagrams,
            ..Remote::clear(rtp, rtcp, latch, payloads)
        })
    }
}

/// An SDP encoding name as the plane knows it.
pub(crate) fn codec_of(encoding: &str, clock_rate: u32) -> Option<Codec> {
    let is = |name: &str| encoding.eq_ignore_ascii_case(name);
    Some(match clock_rate {
        8000 if is("PCMU") => Codec::Pcmu,
        8000 if is("PCMA") => Codec::Pcma,
        8000 if is("G722") => Codec::G722,
        8000 if is("G729") => Codec::G729,
        48000 if is("opus") => Codec::Opus,
        8000 if is("telephone-event") => Codec::TelephoneEvent,
        48000 if is("telephone-event") => Codec::TelephoneEvent48k,
        8000 if is("CN") => Codec::ComfortNoise,
        _ => return None,
    })
}

/// Whether a party may be sent audio at this address: no broadcast, multicast, nowhere, and
/// loopback only for who signals from it (security: media to 127.0.0.1 on demand of a stranger).
pub(crate) fn is_plausible_media_address(media: SocketAddr, signalling: IpAddr) -> bool {
    if media.port() == 0 {
        return false;
    }
    match media.ip() {
        IpAddr::V4(ip) => {
            !ip.is_multicast()
                && !ip.is_broadcast()
                && !ip.is_unspecified()
                && !ip.is_link_local()
                && (!ip.is_loopback() || signalling.is_loopback())
        }
        IpAddr::V6(ip) => !ip.is_multicast() && !ip.is_unspecified() && (!ip.is_loopback() || signalling.is_loopback()),
    }
}

/// Whether a phone is behind NAT: it believes to be elsewhere than its datagrams come from, and all
/// goes back along the way they came.
pub(crate) fn is_natted(binding: &Binding) -> bool {
    binding.flow.transport == Transport::Udp
        && contact_address(&binding.contact, Transport::Udp) != Some(binding.flow.peer)
        && binding.path.is_empty()
}

/// Where requests to whoever sent `request` go: back along its flow, unless it sees its own address
/// as we see it (no NAT between) and names another one in its Contact. UDP only: a connection is
/// the way back by itself (RFC 5626 §5.3).
pub(crate) fn way_back(flow: Flow, request: &Request) -> Flow {
    if flow.transport != Transport::Udp {
        return flow;
    }
    let Ok(via) = request.headers.via() else { return flow };
    let direct = via.host == Host::Ip(flow.peer.ip()) && via.port.unwrap_or(5060) == flow.peer.port();
    let contact = match request.headers.contacts() {
        Ok(Contacts::List(list)) if list.len() == 1 => contact_address(&list[0].uri, flow.transport),
        _ => None,
    };
    match contact {
        Some(peer) if direct && peer.port() != 0 => Flow { peer, ..flow },
        _ => flow,
    }
}

/// The flow on which requests for a binding go. A connection that ended with the last run is opened
/// anew to the contact.
pub(crate) fn flow_of(binding: &Binding) -> Flow {
    let flow = binding.flow;
    if flow.transport.is_reliable()
        && flow.connection == 0
        && binding.path.is_empty()
        && let Some(peer) = contact_address(&binding.contact, flow.transport)
    {
        return Flow { peer, ..flow };
    }
    flow
}

/// The address a contact names, if it is one and not a host name.
pub(crate) fn contact_address(contact: &Uri, transport: Transport) -> Option<SocketAddr> {
    let default = if transport == Transport::Tls { 5061 } else { 5060 };
    match contact.host {
        Some(Host::Ip(ip)) => Some(SocketAddr::new(ip, contact.port.unwrap_or(default))),
        _ => None,
    }
}
