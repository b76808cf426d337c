//! The audio of legs: ports, streams, what the plane is told, and who hears whom.

use std::net::IpAddr;

use base::{LegId, StreamId};
use media::control::{Codec, Listen, MediaCommand, MediaEvent, Processing, RoomRole, Signal, Sink};
use sdp::{Direction, LocalMedia, MasterKey, Negotiation, NegotiationError, Security, Session};
use sip::Flow;

use crate::Exchange;
use crate::leg::codec_of;
use crate::record::Cause;

/// What an empty SDP user is.
const NO_USER: &str = "-";

impl Exchange {
    /// The address that a peer at the other end of `flow` is to send to: ours as it sees it, or the
    /// configured outside address for peers that are not in a private network (REG-4).
    pub(crate) fn advertised(&self, flow: Flow) -> IpAddr {
        match self.config.sip.external_address {
            Some(external) if !is_private(flow.peer.ip()) && external.is_ipv4() == flow.peer.is_ipv4() => external,
            _ => flow.local.ip(),
        }
    }

    /// A stream for `leg`, and the negotiation that speaks for it. `None` when all ports are taken.
    pub(crate) fn open_stream(&mut self, leg: LegId, flow: Flow) -> Option<(StreamId, Negotiation)> {
        self.open_stream_as(leg, flow, self.security_of(leg, flow))
    }

    /// The same for a leg that is secured so.
    pub(crate) fn open_stream_as(
        &mut self,
        leg: LegId,
        flow: Flow,
        security: Security,
    ) -> Option<(StreamId, Negotiation)> {
        let (stream, port) = self.ports.take()?;
        self.streams.insert(stream, leg);
        self.media(MediaCommand::Open { stream, ip: flow.local.ip(), port });
        let session_id = self.random.next_u64() >> 2; // RFC 8866 §5.2: numeric; phones want it below 2^63
        let local =
            LocalMedia { address: self.advertised(flow), port, session_id, version: 1, username: NO_USER.to_owned() };
        let mut talk = Negotiation::new(local);
        let mut key = [0; 30];
        self.random.fill(&mut key);
        talk.set_security(security, MasterKey(key));
        Some((stream, talk))
    }

    /// How a leg is secured: as its trunk or the configuration says, and phones that registered over TLS are asked for it.
    fn security_of(&self, leg: LegId, flow: Flow) -> Security {
        if let Some(security) = self.trunk_security(leg, flow) {
            return security;
        }
        let calls_us = self.legs.get(&leg).is_some_and(|l| l.role == crate::record::LegRole::Caller);
        match self.config.media.srtp {
            config::Srtp::Off => Security::Off,
            config::Srtp::Required => Security::Required,
            config::Srtp::Optional if !calls_us && flow.transport == sip::Transport::Tls => Security::Preferred,
            config::Srtp::Optional => Security::Optional,
        }
    }

    /// Opens a caller's stream, if it has none yet.
    pub(crate) fn open_audio(&mut self, leg: LegId) -> Result<(), Cause> {
        let l = self.legs.get(&leg).ok_or(Cause::Internal)?;
        if l.audio.talk.is_some() {
            return Ok(());
        }
        let flow = l.flow;
        let (stream, mut talk) = self.open_stream(leg, flow).ok_or(Cause::Overload)?;
        let l = self.legs.get_mut(&leg).ok_or(Cause::Internal)?;
        l.audio.stream = Some(stream);
        if let Some(offer) = l.audio.offered.take() {
            talk.offer_received(offer).map_err(|error| match error {
                NegotiationError::OfferOpen | NegotiationError::NoOffer => Cause::Internal,
                _ => Cause::NoCommonCodec,
            })?;
        }
        l.audio.talk = Some(talk);
        Ok(())
    }

    /// The offer to a new leg that passes on what `offerer`'s phone offers or last said; an offer of
    /// our own where it left offering to us, or where the box itself calls.
    pub(crate) fn offer_on_behalf(&self, offerer: LegId, talk: &mut Negotiation) -> Option<Session> {
        self.offer_of(offerer, talk, &self.config.media.codecs)
    }

    /// The same with these codecs.
    pub(crate) fn offer_of(&self, offerer: LegId, talk: &mut Negotiation, allowed: &[String]) -> Option<Session> {
        let Some(offerer) = self.legs.get(&offerer) else { return talk.offer_own(&speakable(allowed)).ok() };
        let other = offerer.audio.talk.as_ref()?;
        let offer = match other.open_offer_of_peer() {
            Some(offer) => talk.offer_from(offer, allowed),
            None => match other.peers_description() {
                Some(said) => talk.offer_from(&unheld(said), allowed),
                None => talk.offer_own(allowed),
            },
        };
        offer.ok()
    }

    /// Tells the plane what `leg` has agreed on. False where it has agreed on nothing usable.
    pub(crate) fn configure_audio(&mut self, leg: LegId) -> bool {
        let Some(l) = self.legs.get_mut(&leg) else { return false };
        let Some(stream) = l.audio.stream else { return false };
        let Some(remote) = l.remote() else { return false };
        // Security: a peer that names one of our own ports would make packets run in a circle.
        let own = |a: std::net::SocketAddr| a.ip() == l.flow.local.ip() && self.ports.is_ours(a.port());
        if own(remote.rtp) || own(remote.rtcp) {
            return false;
        }
        let voice = l.audio.talk.as_ref().and_then(Negotiation::agreed).and_then(|a| {
            let f = a.voice()?;
            codec_of(&f.encoding, f.clock_rate)
        });
        l.audio.codec = voice.or(l.audio.codec);
        l.audio.last_remote = Some(remote.clone());
        self.media(MediaCommand::Remote { stream, remote });
        self.treat_audio(leg);
        true
    }

    /// Tells the plane what is to be done to a leg's sound, and what is listened for in it, where that has changed.
    fn treat_audio(&mut self, leg: LegId) {
        let Some(l) = self.legs.get_mut(&leg) else { return };
        let Some(stream) = l.audio.stream else { return };
        let processing = match l.extension().and_then(|number| self.config.extensions.get(number)) {
            Some(extension) => Processing {
                noise_reduction: extension.noise_reduction,
                automatic_gain: extension.automatic_gain,
                echo_cancellation: extension.echo_cancellation,
                gain_db: extension.gain_db,
            },
            None => Processing::default(),
        };
        // Keys as tones are listened for only where none can come as events: it costs a decoder.
        let sends_events = l.audio.last_remote.as_ref().is_none_or(|r| {
            r.datagrams
                || r.payloads.iter().any(|p| matches!(p.codec, Codec::TelephoneEvent | Codec::TelephoneEvent48k))
        });
        let treated = (processing, Listen { digits: !sends_events, ..Listen::default() });
        if l.audio.treated != treated {
            l.audio.treated = treated;
            self.media(MediaCommand::Treat { stream, processing: treated.0, listen: treated.1 });
        }
    }

    /// Lets two legs hear each other: directly, or in a room while somebody listens in.
    pub(crate) fn connect_audio(&mut self, a: LegId, b: LegId) {
        let stream = |leg: &LegId| self.legs.get(leg).and_then(|l| l.audio.stream);
        let (Some(sa), Some(sb)) = (stream(&a), stream(&b)) else { return };
        let room = self.legs.get(&a).and_then(|l| self.calls.get(&l.call)).and_then(|c| c.room);
        let sink = |to| room.map_or(Sink::Stream(to), |room| Sink::Room(room, RoomRole::SPEAKER));
        self.media(MediaCommand::Sink { stream: sa, sink: sink(sb) });
        self.media(MediaCommand::Sink { stream: sb, sink: sink(sa) });
    }

    /// A leg hears nobody any more.
    pub(crate) fn disconnect_audio(&mut self, leg: LegId) {
        if let Some(stream) = self.legs.get(&leg).and_then(|l| l.audio.stream) {
            self.media(MediaCommand::Sink { stream, sink: Sink::None });
        }
    }

    /// A called phone's answer before it is picked up: audio flows already, and the caller's phone is
    /// given the answer that comes of it.
    pub(crate) fn early_media(&mut self, caller: LegId, leg: LegId, answer: &Session) -> Option<Session> {
        self.legs.get_mut(&leg)?.audio.talk.as_mut()?.answer_received(answer.clone()).ok()?;
        if !self.configure_audio(leg) {
            return None;
        }
        let session = self.answer_on_behalf(caller, leg)?;
        self.configure_audio(caller);
        self.connect_audio(caller, leg);
        Some(session)
    }

    /// The answer to `asker`'s open offer, made of what `leg`'s phone answered.
    pub(crate) fn answer_on_behalf(&mut self, asker: LegId, leg: LegId) -> Option<Session> {
        let other = self.legs.get(&leg)?.audio.talk.as_ref()?;
        let (said, asked) = (other.peers_description()?.clone(), other.our_description()?.clone());
        self.legs.get_mut(&asker)?.audio.talk.as_mut()?.answer_from(&said, &asked).ok()
    }

    /// What the plane reports.
    pub(crate) fn receive_media(&mut self, event: MediaEvent) {
        match event {
            MediaEvent::OpenFailed { stream, reason } => self.stream_failed(stream, &reason),
            MediaEvent::Latched { stream, peer } => {
                let Some((leg, call)) = self.owner_of(stream) else { return };
                let moved = self.legs.get(&leg).and_then(|l| l.remote()).is_some_and(|r| r.rtp != peer);
                if moved {
                    self.call_note(call, format!("audio of {leg} comes from {peer}, not from the address in its SDP"));
                }
            }
            MediaEvent::Digit { stream, digit, .. } => {
                if let Some((leg, _)) = self.owner_of(stream) {
                    self.key_pressed(leg, digit);
                }
            }
            MediaEvent::Track { stream, seconds, .. } => {
                if let Some((leg, _)) = self.owner_of(stream) {
                    self.track_seconds(leg, &seconds);
                }
            }
            MediaEvent::Played { play, end } => self.played(play, &end),
            MediaEvent::Recorded { recording, end } => self.recorded(recording, end),
            MediaEvent::Heard { stream, signal } => {
                if let Some((leg, call)) = self.owner_of(stream) {
                    self.call_note(call, format!("{} heard on {leg}", signal_name(signal)));
                }
            }
            MediaEvent::Speaking { .. } => {} // for the pages of conferences
            MediaEvent::Silent { stream, for_ } => self.stream_silent(stream, for_),
            MediaEvent::Quality { stream, stats } => {
                if let Some(l) = self.leg_of_stream(stream) {
                    l.audio.stats = Some(stats);
                }
            }
            MediaEvent::Closed { stream, stats } => {
                if let Some(l) = self.leg_of_stream(stream) {
                    l.audio.stats = Some(stats);
                    l.audio.stream = None;
                    let call = l.call;
                    self.forget_stream(stream);
                    self.finalise_if_complete(call);
                } else {
                    self.forget_stream(stream);
                }
            }
        }
    }

    fn leg_of_stream(&mut self, stream: StreamId) -> Option<&mut crate::leg::Leg> {
        let leg = self.streams.get(&stream)?;
        self.legs.get_mut(leg)
    }

    fn owner_of(&self, stream: StreamId) -> Option<(LegId, base::CallRef)> {
        let leg = *self.streams.get(&stream)?;
        Some((leg, self.legs.get(&leg)?.call))
    }

    fn forget_stream(&mut self, stream: StreamId) {
        self.streams.remove(&stream);
        self.ports.give_back(stream);
    }

    fn stream_failed(&mut self, stream: StreamId, reason: &str) {
        tracing::error!(%stream, reason, "RTP port could not be opened");
        let owner = self.owner_of(stream);
        if let Some((leg, _)) = owner
            && let Some(l) = self.legs.get_mut(&leg)
        {
            l.audio.stream = None;
        }
        self.forget_stream(stream);
        if let Some((_, call)) = owner {
            self.call_note(call, format!("no RTP port: {reason}"));
            self.end_call(call, Cause::Internal, None);
        }
    }

    /// RFC 3550 §6.3.5 in spirit: a call none of whose legs is heard any more is a ghost. A leg that
    /// is on hold, or whose other side still speaks, is none.
    fn stream_silent(&mut self, stream: StreamId, for_: base::Duration) {
        let Some((leg, call)) = self.owner_of(stream) else { return };
        if for_.as_secs() < u64::from(self.config.media.inactivity_s) {
            return;
        }
        if let Some(l) = self.legs.get_mut(&leg) {
            l.silent = true;
        }
        let Some(c) = self.calls.get(&call) else { return };
        if c.is_over() || c.answered_at.is_none() {
            return;
        }
        let talking = c.legs.iter().filter_map(|l| self.legs.get(l)).filter(|l| l.is_up());
        let ghost =
            talking.clone().count() > 0 && talking.clone().all(|l| l.silent || !l.remote().is_some_and(|r| r.receive));
        let held = talking.clone().any(|l| l.holding);
        if ghost && !held {
            self.call_note(call, format!("no audio from anybody for {} s", for_.as_secs()));
            self.end_call(call, Cause::Timeout, None);
        }
    }
}

/// The same description, taken off hold: what a party would do if nobody held it. A party that holds
/// the other itself goes on doing so.
pub(crate) fn unheld(said: &Session) -> Session {
    let mut out = said.clone();
    for media in &mut out.media {
        media.direction = Direction::of(true, media.direction.receives());
    }
    out
}

/// Those that the box itself can speak: G.729 only passes through.
pub(crate) fn speakable(codecs: &[String]) -> Vec<String> {
    let can = |codec: &&String| ["PCMU", "PCMA", "G722", "opus"].iter().any(|known| known.eq_ignore_ascii_case(codec));
    codecs.iter().filter(can).cloned().collect()
}

fn signal_name(signal: Signal) -> &'static str {
    match signal {
        Signal::Ringback => "ringing",
        Signal::Busy => "busy tone",
        Signal::SpecialInformation => "special information tone",
        Signal::FaxCalling => "a calling fax",
        Signal::FaxAnswering => "an answering fax",
        Signal::Person => "a person",
        Signal::Machine => "an answering machine",
        Signal::MachineBeep => "an answering machine's tone",
    }
}

pub(crate) fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || (ip.octets()[0] == 100 && ip.octets()[1] & 0xc0 == 64)
        }
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unicast_link_local() || ip.is_unique_local(),
    }
}
