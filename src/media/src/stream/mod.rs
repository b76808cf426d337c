//! One audio stream: whom it believes, what it hears, where that goes, and what its peer gets.
//!
//! The contract: after each `receive_rtp`, `receive_rtcp`, `set_remote` and `handle_timeout`, take events with
//! [`Stream::poll_event`] to the end; after `handle_timeout` also ask [`Stream::poll_rtcp`]. A packet that
//! [`Stream::receive_rtp`] passes on is sent by [`Stream::transmit`] of the stream that it goes to.

mod datagram;
mod negotiation;
mod outgoing;
mod payloads;
mod peer;
mod report;
mod secured;
mod track;
mod voice;

use std::net::SocketAddr;

use base::{Duration, Instant, Random, StreamId};

use crate::control::{Codec, DigitWay, MediaEvent, Remote, Signal, Sink, StreamStats};
use crate::demux::{self, Kind};
use crate::digits::{Digits, EventPacket};
use crate::reception::{Arrival, Reception};
use crate::rtp::{HEADER_LEN, Header};
use crate::{RtpTimestamp, SeqNo};
use negotiation::Negotiation;
use outgoing::Outgoing;
use payloads::Payloads;
use peer::{Belief, Peer};
use report::Reporting;
use secured::Secured;
use track::Track;

/// The machine of one stream.
///
/// The order of the fields is theirs in memory: thousands of streams do not stay in the processor's cache, and what
/// each packet touches lies together.
#[derive(Debug)]
#[repr(C, align(64))]
pub struct Stream {
    id: StreamId,
    sink: Sink,
    /// The next timeout may be earlier than it was.
    rearmed: bool,
    silence: Silence,
    news: Vec<News>,
    outgoing: Outgoing,
    negotiation: Option<Negotiation>,
    /// What the peer gets is made by the box: what others hand on is not sent meanwhile.
    occupied: bool,
    /// What is received is heard by the box itself, though it goes nowhere.
    listened: bool,
    /// The keys, on a secured leg.
    secured: Option<Box<Secured>>,
    reception: Reception,
    track: Track,
    // From here on seldom.
    strangers: u64,
    dropped: u64,
    digits: Digits,
    options: StreamOptions,
    reporting: Reporting,
    /// The peer heard last, for the totals, also after a new negotiation.
    heard: Option<SocketAddr>,
    quality_at: Option<Instant>,
    random: Random,
}

/// What all streams share.
#[derive(Clone, Copy, Debug)]
pub struct StreamOptions {
    /// A stream that should receive and does not for so long is reported [`MediaEvent::Silent`].
    pub inactivity: Duration,
}

/// What became of a received packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes to another stream: hand it to that one's [`Stream::transmit`].
    Forward {
        /// The stream.
        to: StreamId,
        /// What it needs to know.
        passing: Passing,
    },
    /// It goes back by this stream's own [`Stream::transmit`].
    Echo(Passing),
    /// It is sound for a room.
    Room(Passing),
    /// It goes nowhere, but the box itself may listen.
    Unheard(Passing),
    /// No RTP, as agreed on: it goes to another stream's [`Stream::relay`] as it is.
    Relay {
        /// The stream.
        to: StreamId,
    },
    /// It was taken and goes nowhere; already counted.
    Done,
}

/// A packet on its way from one stream to another, described in the terms of the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passing {
    pub(crate) from: StreamId,
    pub(crate) epoch: u32,
    pub(crate) codec: Codec,
    pub(crate) marker: bool,
    pub(crate) seq: SeqNo,
    pub(crate) timestamp: RtpTimestamp,
    /// Where the payload begins and ends in the packet.
    pub(crate) payload: (u16, u16),
    /// The length of the packet, without what secured it.
    pub(crate) len: u16,
}

/// Why a packet was not sent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsent {
    /// The peer gets nothing now: on hold, or not known yet.
    Held,
    /// The peer has no payload type for it.
    NoCodec,
    /// From before a change of source.
    Late,
    /// The stream that it should go to does not exist.
    NoSink,
    /// The box itself speaks to the peer now.
    Occupied,
}

/// Since when nothing was heard, and how often that was told.
#[derive(Clone, Copy, Debug)]
struct Silence {
    since: Instant,
    told: u32,
    check_at: Option<Instant>,
}

#[derive(Clone, Debug)]
enum News {
    Latched(SocketAddr),
    Digit { digit: char, duration: Duration, way: DigitWay },
    Signal(Signal),
    Silent(Duration),
    Quality,
    Track,
}

/// Whom packets come from that the box itself makes.
const OWN: StreamId = StreamId(u32::MAX);
/// How often [`MediaEvent::Quality`] comes.
const QUALITY_INTERVAL: Duration = Duration::from_secs(5);

impl Stream {
    /// A stream without a peer; it drops all it receives until [`Stream::set_remote`].
    pub fn new(id: StreamId, options: StreamOptions, mut random: Random) -> Stream {
        Stream {
            id,
            options,
            negotiation: None,
            occupied: false,
            listened: false,
            secured: None,
            sink: Sink::None,
            reception: Reception::default(),
            track: Track::default(),
            digits: Digits::default(),
            outgoing: Outgoing::new(&mut random),
            reporting: Reporting::new(&mut random),
            silence: Silence { since: Instant::ZERO, told: 0, check_at: None },
            strangers: 0,
            dropped: 0,
            heard: None,
            quality_at: None,
            random,
            news: Vec::new(),
            rearmed: false,
        }
    }

    /// Its id.
    pub fn id(&self) -> StreamId {
        self.id
    }

    /// Where its audio goes.
    pub fn sink(&self) -> Sink {
        self.sink
    }

    /// From now on its audio goes to `sink`.
    pub fn set_sink(&mut self, sink: Sink) {
        self.sink = sink;
    }

    /// The peer's side of the negotiation, first or changed.
    pub fn set_remote(&mut self, now: Instant, remote: &Remote) {
        self.rearmed = true;
        let payloads = Payloads::new(&remote.payloads);
        self.secure(remote.secure.as_ref());
        let (ptime_ms, rtcp_mux, datagrams) = (remote.ptime_ms, remote.rtcp_mux, remote.datagrams);
        let began_to_receive = remote.receive && self.negotiation.as_ref().is_none_or(|n| !n.receive);
        let moved = match &mut self.negotiation {
            Some(n) => {
                let moved = n.peer.negotiate(remote.rtp, remote.latch);
                (n.payloads, n.send, n.receive) = (payloads, remote.send, remote.receive);
                (n.ptime_ms, n.rtcp_mux, n.datagrams) = (ptime_ms, rtcp_mux, datagrams);
                moved
            }
            None => {
                let peer = Peer::new(remote.rtp, remote.latch);
                let (send, receive) = (remote.send, remote.receive);
                self.negotiation = Some(Negotiation { peer, payloads, send, receive, ptime_ms, rtcp_mux, datagrams });
                // Streams that open together need not report together.
                self.quality_at = Some(now + self.spread(QUALITY_INTERVAL));
                self.track.start(now);
                true
            }
        };
        if moved {
            self.reception.forget_source();
            let digit = self.digits.forget();
            self.note_digits(digit);
        }
        self.reporting.negotiate(now, remote.rtcp, &mut self.random);
        if began_to_receive || moved {
            self.reception.excuse_gap();
            self.silence.since = now;
        }
        if !remote.send {
            self.outgoing.pause();
        }
        self.silence.told = 0;
        self.silence.check_at = remote.receive.then(|| self.silence.since + self.options.inactivity);
    }

    /// Takes a datagram from the RTP socket and says where it goes. Strangers get nothing and change nothing.
    pub fn receive_rtp(&mut self, now: Instant, source: SocketAddr, packet: &mut [u8]) -> Verdict {
        if self.negotiation.as_ref().is_some_and(|n| n.datagrams) {
            return self.receive_datagram(now, source);
        }
        match demux::kind(packet) {
            Kind::Rtp => {}
            // RFC 5761: a peer may send RTCP here although it was not agreed on; it is heard, not answered here.
            Kind::Rtcp => {
                self.receive_rtcp(now, source, packet);
                return Verdict::Done;
            }
            Kind::Stun | Kind::Dtls | Kind::Other => {
                if self.may_come_from(source) {
                    self.dropped += 1
                } else {
                    self.strangers += 1
                }
                return Verdict::Done;
            }
        }
        match self.accept(now, source, packet) {
            Some(passing) => match self.sink {
                Sink::Stream(to) => Verdict::Forward { to, passing },
                Sink::Echo => Verdict::Echo(passing),
                Sink::Room(..) => Verdict::Room(passing),
                Sink::None => {
                    self.dropped += u64::from(!self.listened);
                    Verdict::Unheard(passing)
                }
            },
            None => Verdict::Done,
        }
    }

    /// The way of an RTP packet from stranger to heard; none if it ended before.
    fn accept(&mut self, now: Instant, source: SocketAddr, packet: &mut [u8]) -> Option<Passing> {
        let Some(negotiation) = &mut self.negotiation else {
            self.dropped += 1;
            return None;
        };
        if !negotiation.peer.may_come_from(source.ip()) {
            self.strangers += 1;
            return None;
        }
        let len = match &mut self.secured {
            None => packet.len(),
            // RFC 3711 §3.3: what is not proven is not looked at.
            Some(secured) => secured.open(packet)?,
        };
        let packet = packet.get(..len)?;
        let header = Header::read(packet).ok();
        let codec = header.as_ref().and_then(|h| negotiation.payloads.codec(h.payload_type));
        let (Some(header), Some(codec)) = (header, codec) else {
            self.dropped += 1;
            return None;
        };
        match negotiation.peer.judge(now, source, &header) {
            Belief::Peer => {}
            Belief::Latched => {
                self.heard = Some(source);
                self.news.push(News::Latched(source));
                self.reception.forget_source();
            }
            Belief::Probation => {
                self.dropped += 1;
                return None;
            }
            Belief::Stranger => {
                self.strangers += 1;
                return None;
            }
        }
        let receive = negotiation.receive;
        let arrival = self.reception.receive(now, &header, codec.clock_rate(), !codec.is_event());
        if matches!(arrival, Arrival::Duplicate | Arrival::Doubtful) {
            self.dropped += 1;
            return None;
        }
        self.silence.since = now;
        self.silence.told = 0;
        if !receive {
            self.dropped += 1;
            return None;
        }
        if codec.is_event() {
            self.hear_event(now, &header, codec, packet);
        } else {
            self.track.hear(codec, packet.get(header.payload.clone()).unwrap_or_default());
        }
        // A datagram is shorter than 64 KiB, so the offsets fit.
        let (start, end) = (header.payload.start as u16, header.payload.end as u16);
        Some(Passing {
            from: self.id,
            epoch: self.reception.epoch(),
            codec,
            marker: header.marker,
            seq: header.seq,
            timestamp: header.timestamp,
            payload: (start, end),
            len: len as u16,
        })
    }

    fn hear_event(&mut self, now: Instant, header: &Header, codec: Codec, packet: &[u8]) {
        self.rearmed = true;
        let Some(event) = packet.get(header.payload.clone()).and_then(EventPacket::read) else {
            return;
        };
        let ended = self.digits.receive(now, header.timestamp, header.marker, codec.clock_rate(), event);
        self.note_digits(ended.into_iter().flatten());
    }

    fn note_digits(&mut self, digits: impl IntoIterator<Item = crate::digits::Digit>) {
        let way = DigitWay::Event;
        let news = digits.into_iter().map(|d| News::Digit { digit: d.digit, duration: d.duration, way });
        self.news.extend(news);
    }

    /// Makes `packet` ours and says where to send it. An error means that nothing may be sent.
    pub fn transmit(&mut self, now: Instant, passing: &Passing, packet: &mut [u8]) -> Result<SocketAddr, Unsent> {
        let Some(negotiation) = self.negotiation.as_ref().filter(|n| n.send) else {
            return Err(Unsent::Held);
        };
        let destination = negotiation.peer.destination().ok_or(Unsent::Held)?;
        if self.occupied && passing.from != OWN {
            return Err(Unsent::Occupied);
        }
        let Some((payload_type, scale)) = negotiation.number_for(passing.codec) else {
            self.outgoing.close_ranks(passing);
            return Err(Unsent::NoCodec);
        };
        let rewrite = self.outgoing.stamp(now, passing, payload_type).ok_or(Unsent::Late)?;
        rewrite.apply(packet);
        if let Some(duration) = packet.get_mut(usize::from(passing.payload.0) + 2..usize::from(passing.payload.1))
            && let Some(duration) = duration.first_chunk_mut()
        {
            scale.apply(duration);
        }
        Ok(destination)
    }

    /// A packet of this stream was not sent on.
    pub fn not_sent(&mut self, why: Unsent) {
        match why {
            Unsent::Held | Unsent::Occupied => {}
            Unsent::NoCodec | Unsent::Late | Unsent::NoSink => self.dropped += 1,
        }
    }

    /// Whether [`Stream::poll_timeout`] may give an earlier time than it last did; asked once. So most packets need not
    /// ask for the time itself.
    pub fn was_rearmed(&mut self) -> bool {
        std::mem::take(&mut self.rearmed)
    }

    /// When [`Stream::handle_timeout`] is next needed.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let (reports, digit) = (self.reporting.poll_timeout(), self.digits.poll_timeout());
        [self.silence.check_at, self.quality_at, self.track.poll_timeout(), reports, digit].into_iter().flatten().min()
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        let digit = self.digits.handle_timeout(now);
        self.note_digits(digit);
        self.reporting.handle_timeout(now, &mut self.random);
        if self.track.is_due(now) {
            self.note_second();
        }
        if self.quality_at.is_some_and(|at| at <= now) {
            self.quality_at = Some(now + QUALITY_INTERVAL);
            self.news.push(News::Quality);
            self.news.push(News::Track);
        }
        if self.silence.check_at.is_some_and(|at| at <= now) {
            let limit = self.options.inactivity.max(Duration::from_millis(1));
            let quiet = now - self.silence.since;
            if quiet >= limit.saturating_mul(self.silence.told + 1) {
                self.silence.told = u32::try_from(quiet.as_nanos() / limit.as_nanos()).unwrap_or(u32::MAX - 1);
                self.news.push(News::Silent(quiet));
            }
            self.silence.check_at = Some(self.silence.since + limit.saturating_mul(self.silence.told + 1));
        }
    }

    /// The next piece of news.
    pub fn poll_event(&mut self) -> Option<MediaEvent> {
        if self.news.is_empty() {
            return None;
        }
        let stream = self.id;
        Some(match self.news.remove(0) {
            News::Latched(peer) => MediaEvent::Latched { stream, peer },
            News::Digit { digit, duration, way } => MediaEvent::Digit { stream, digit, duration, way },
            News::Signal(signal) => MediaEvent::Heard { stream, signal },
            News::Track => {
                let (from, seconds) = self.track.take();
                MediaEvent::Track { stream, from, seconds }
            }
            News::Silent(for_) => MediaEvent::Silent { stream, for_ },
            News::Quality => MediaEvent::Quality { stream, stats: self.stats() },
        })
    }

    /// The totals so far.
    pub fn stats(&self) -> StreamStats {
        let (jitter_us, jitter_max_us) = self.reception.jitter_us();
        let mut stats = StreamStats {
            received: self.reception.received(),
            received_octets: self.reception.octets(),
            lost: self.reception.lost(),
            reordered: self.reception.reordered(),
            jitter_us,
            jitter_max_us,
            gap_max_ms: u32::try_from(self.reception.gap_max().as_millis()).unwrap_or(u32::MAX),
            sent: self.outgoing.packets(),
            sent_octets: self.outgoing.octets(),
            strangers: self.strangers,
            dropped: self.dropped,
            peer: self.heard,
            concealed: self.track.concealed(),
            late: self.track.late(),
            forged: self.secured.as_ref().map_or(0, |s| s.forged()),
            ..StreamStats::default()
        };
        self.reporting.fill(&mut stats);
        stats
    }

    fn may_come_from(&self, source: SocketAddr) -> bool {
        self.negotiation.as_ref().is_none_or(|n| n.peer.may_come_from(source.ip()))
    }

    fn spread(&mut self, over: Duration) -> Duration {
        Duration::from_nanos(self.random.below(over.as_nanos() as u64))
    }
}

impl Passing {
    /// A packet that the box itself makes, in its own numbering: `epoch` changes where that begins anew.
    pub(crate) fn own(
        epoch: u32,
        codec: Codec,
        marker: bool,
        seq: SeqNo,
        timestamp: RtpTimestamp,
        len: usize,
    ) -> Passing {
        let len = len as u16; // a packet is shorter than 64 KiB
        Passing { from: OWN, epoch, codec, marker, seq, timestamp, payload: (HEADER_LEN as u16, len), len }
    }

    /// The length of the packet in the clear.
    pub fn packet_len(&self) -> usize {
        usize::from(self.len)
    }

    /// The coding.
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// What a recorder needs: coding, number, timestamp, and where the payload lies.
    pub fn parts(&self) -> (Codec, SeqNo, RtpTimestamp, std::ops::Range<usize>) {
        (self.codec, self.seq, self.timestamp, usize::from(self.payload.0)..usize::from(self.payload.1))
    }

    fn payload_len(&self) -> u16 {
        self.payload.1.saturating_sub(self.payload.0)
    }
}

#[cfg(test)]
mod tests;
