//! The RTCP of one stream: its own reports, and what the peer's reports tell.

use std::net::SocketAddr;

use base::{Duration, Instant, Random};

use super::peer::same;
use super::{Stream, Verdict};
use crate::control::StreamStats;
use crate::rtcp::{self, Heard, Received, Report, Sent, ShortNtp};

/// Reports to and from the peer.
#[derive(Clone, Debug)]
pub(super) struct Reporting {
    /// RFC 7022 §4.2: a random name, new for each stream.
    cname: [u8; CNAME_LEN],
    negotiated: Option<SocketAddr>,
    /// Where the peer's RTCP really comes from.
    learnt: Option<Learnt>,
    next_at: Option<Instant>,
    due: bool,
    reported: bool,
    /// Packets that we had sent at the last two reports, the older first.
    sent_before: [u64; 2],
    last_heard: Option<(ShortNtp, Instant)>,
    remote_lost: Option<u32>,
    remote_jitter_us: Option<u32>,
    round_trip_us: Option<u32>,
    round_trip_max_us: Option<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Learnt {
    source: SocketAddr,
    heard_at: Instant,
}

/// 20 characters of 5 bits: above the 96 bits of RFC 7022 §5.
const CNAME_LEN: usize = 20;
/// RTCP from another port of the peer is heard when the known one missed three reports.
const SOURCE_LOST: Duration = Duration::from_secs(15);

impl Reporting {
    pub(super) fn new(random: &mut Random) -> Reporting {
        let mut cname = [b'a'; CNAME_LEN];
        for (to, from) in cname.iter_mut().zip(random.token(CNAME_LEN).bytes()) {
            *to = from;
        }
        Reporting {
            cname,
            negotiated: None,
            learnt: None,
            next_at: None,
            due: false,
            reported: false,
            sent_before: [0; 2],
            last_heard: None,
            remote_lost: None,
            remote_jitter_us: None,
            round_trip_us: None,
            round_trip_max_us: None,
        }
    }

    pub(super) fn negotiate(&mut self, now: Instant, rtcp: SocketAddr, random: &mut Random) {
        if !self.negotiated.is_some_and(|before| same(before, rtcp)) {
            self.negotiated = Some(rtcp);
            self.learnt = None;
        }
        if self.next_at.is_none() {
            self.next_at = Some(now + rtcp::interval(random, true));
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.next_at
    }

    pub(super) fn handle_timeout(&mut self, now: Instant, random: &mut Random) {
        if self.next_at.is_some_and(|at| at <= now) {
            self.next_at = Some(now + rtcp::interval(random, false));
            self.due = true;
        }
    }

    pub(super) fn fill(&self, stats: &mut StreamStats) {
        stats.remote_lost = self.remote_lost;
        stats.remote_jitter_us = self.remote_jitter_us;
        stats.round_trip_us = self.round_trip_us;
        stats.round_trip_max_us = self.round_trip_max_us;
    }

    /// Whether RTCP of the peer may come from `source` now, apart from what is known by its RTP.
    fn believes(&self, now: Instant, source: SocketAddr) -> bool {
        match self.learnt {
            Some(learnt) => same(learnt.source, source) || now - learnt.heard_at >= SOURCE_LOST,
            None => true,
        }
    }
}

impl Stream {
    /// Takes a datagram from the RTCP socket, or RTCP that came to the other.
    pub fn receive_rtcp(&mut self, now: Instant, source: SocketAddr, datagram: &mut [u8]) -> Verdict {
        let as_negotiated = self.reporting.negotiated.is_some_and(|n| same(n, source));
        let allowed = self.negotiation.as_ref().is_some_and(|n| n.peer.may_come_from(source.ip()));
        if self.negotiation.is_some() && !allowed && !as_negotiated {
            self.strangers += 1;
            return Verdict::Done;
        }
        let Some(datagram) = self.open_rtcp(datagram).and_then(|len| datagram.get(..len)) else { return Verdict::Done };
        let Some(heard) = self.negotiation.as_ref().and_then(|_| Heard::read(datagram, self.outgoing.ssrc()).ok())
        else {
            self.dropped += 1;
            return Verdict::Done;
        };
        // Beside the negotiated address only who names the RTP source that we believe is the peer.
        let by_source = heard.sender.is_some() && heard.sender == self.reception.ssrc();
        let believed = as_negotiated || (by_source && self.reporting.believes(now, source));
        if !believed {
            self.dropped += 1;
            return Verdict::Done;
        }
        self.reporting.learnt = Some(Learnt { source, heard_at: now });
        self.note_report(now, heard);
        Verdict::Done
    }

    /// A BYE is not obeyed: whether the call goes on is for SIP to say, and anyone on the path could forge one.
    fn note_report(&mut self, now: Instant, heard: Heard) {
        let reporting = &mut self.reporting;
        if heard.sender == self.reception.ssrc()
            && let Some(sent) = heard.report_sent
        {
            reporting.last_heard = Some((sent, now));
        }
        let Some(about) = heard.about_us else { return };
        reporting.remote_lost = Some(about.lost);
        reporting.remote_jitter_us = Some(self.outgoing.clock().micros(about.jitter));
        if let Some(trip) = about.round_trip(now) {
            let us = u32::try_from(trip.as_micros()).unwrap_or(u32::MAX);
            reporting.round_trip_us = Some(us);
            reporting.round_trip_max_us = reporting.round_trip_max_us.max(Some(us));
        }
    }

    /// Writes a report into `buffer` if one is due: its length and where to send it from the RTCP socket.
    /// [`rtcp::COMPOUND_MAX`] octets suffice.
    pub fn poll_rtcp(&mut self, now: Instant, buffer: &mut [u8]) -> Option<(usize, SocketAddr)> {
        if !std::mem::take(&mut self.reporting.due) {
            return None;
        }
        self.write_report(now, buffer, false)
    }

    /// Writes the last report, with BYE (RFC 3550 §6.6), before the sockets are closed.
    pub fn farewell(&mut self, now: Instant, buffer: &mut [u8]) -> Option<(usize, SocketAddr)> {
        // RFC 3550 §6.3.7: who never sent RTP or RTCP must not send BYE.
        if !self.reporting.reported && self.outgoing.packets() == 0 {
            return None;
        }
        self.write_report(now, buffer, true)
    }

    fn write_report(&mut self, now: Instant, buffer: &mut [u8], bye: bool) -> Option<(usize, SocketAddr)> {
        let to = self.rtcp_destination()?;
        let packets = self.outgoing.packets();
        // RFC 3550 §6.4: a sender report if data was sent since the report before the last.
        let is_sender = packets > self.reporting.sent_before[0];
        self.reporting.sent_before = [self.reporting.sent_before[1], packets];
        let sent = self.outgoing.timestamp_at(now).filter(|_| is_sender).map(|timestamp| Sent {
            at: now,
            timestamp,
            packets,
            octets: self.outgoing.octets(),
        });
        let last_report = self.reporting.last_heard.map(|(sent, at)| (sent, now - at));
        let received = self.reception.report().map(|figures| Received { figures, last_report });
        let cname = std::str::from_utf8(&self.reporting.cname).unwrap_or_default();
        let len = Report { ssrc: self.outgoing.ssrc(), cname, sent, received, bye }.write(buffer)?;
        self.reporting.reported = true;
        Some((len, to))
    }

    /// To where the peer's RTCP came from; before, to the negotiated address if RTP goes to the same host.
    fn rtcp_destination(&self) -> Option<SocketAddr> {
        let negotiation = self.negotiation.as_ref()?;
        if negotiation.datagrams {
            return None; // who receives a fax would take a report for a part of it
        }
        if negotiation.rtcp_mux {
            return negotiation.peer.destination();
        }
        match self.reporting.learnt {
            Some(learnt) => Some(learnt.source),
            None => self.reporting.negotiated.filter(|rtcp| negotiation.peer.is_with(*rtcp)),
        }
    }
}
