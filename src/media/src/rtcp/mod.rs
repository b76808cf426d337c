//! RTCP compound packets (RFC 3550 §6), written and read through `rtcp-types`.

mod interval;

use base::{Duration, Instant};
use rtcp_types::{
    Bye, Compound, Packet, ReceiverReport, ReportBlock, RtcpPacketWriterExt, Sdes, SdesChunk, SdesItem, SenderReport,
};

use crate::RtpTimestamp;
use crate::reception::Figures;

pub use interval::interval;

/// 16.16 fixed-point seconds: the middle 32 bits of an NTP timestamp (RFC 3550 §4). Wraps every 18 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShortNtp(pub u32);

/// A whole NTP timestamp, 32.32 fixed-point seconds.
///
/// RFC 3550 §6.4.1 allows the time since start-up where no wall clock is at hand; the peer only sends it back to us.
pub fn ntp(at: Instant) -> u64 {
    let (s, ns) = (at.as_nanos() / 1_000_000_000, at.as_nanos() % 1_000_000_000);
    (s << 32) | ((ns << 32) / 1_000_000_000)
}

impl ShortNtp {
    /// The middle bits of [`ntp`].
    pub fn of(at: Instant) -> ShortNtp {
        ShortNtp((ntp(at) >> 16) as u32)
    }

    /// `time` in this unit, at most 18 hours.
    pub fn span(time: Duration) -> u32 {
        let whole = time.as_secs().saturating_mul(65_536);
        let part = (u64::from(time.subsec_nanos()) * 65_536) / 1_000_000_000;
        u32::try_from(whole.saturating_add(part)).unwrap_or(u32::MAX)
    }
}

/// What we report. The size of the written packet is below [`COMPOUND_MAX`].
#[derive(Clone, Debug)]
pub struct Report<'a> {
    /// Our synchronisation source.
    pub ssrc: u32,
    /// Our name, at most 255 octets (RFC 3550 §6.5.1, RFC 7022).
    pub cname: &'a str,
    /// What we sent, if anything since the last two reports: makes it a sender report (RFC 3550 §6.4).
    pub sent: Option<Sent>,
    /// What we received, if a source is believed.
    pub received: Option<Received>,
    /// We leave (RFC 3550 §6.6).
    pub bye: bool,
}

/// The sender's part of a report (RFC 3550 §6.4.1).
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// Now.
    pub at: Instant,
    /// Our RTP timestamp at that moment.
    pub timestamp: RtpTimestamp,
    /// Packets since this source began; the field wraps.
    pub packets: u64,
    /// Payload octets.
    pub octets: u64,
}

/// One report block.
#[derive(Clone, Copy, Debug)]
pub struct Received {
    /// Loss and jitter.
    pub figures: Figures,
    /// The peer's last sender report and how long ago it came.
    pub last_report: Option<(ShortNtp, Duration)>,
}

/// What a peer's compound packet tells us.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// The synchronisation source of the peer.
    pub sender: Option<u32>,
    /// The time of its sender report, to be sent back.
    pub report_sent: Option<ShortNtp>,
    /// What it says of our packets.
    pub about_us: Option<AboutUs>,
    /// It leaves.
    pub bye: bool,
}

/// A peer's report block about our source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AboutUs {
    /// Packets lost on the way to it; below zero counts as none.
    pub lost: u32,
    /// Jitter at the peer, in ticks of our clock.
    pub jitter: u32,
    /// When we sent the report that it saw last, by our own clock.
    last_report: ShortNtp,
    /// How long it held that, in 1/65536 s.
    delay: u32,
}

/// RTCP that cannot be read as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an RTCP compound packet")]
pub struct NotRtcp;

/// Enough for a sender report with one block, a full CNAME and a BYE.
pub const COMPOUND_MAX: usize = 512;

impl Report<'_> {
    /// Writes the compound packet into `buffer`; its length, or none if it does not fit.
    pub fn write(&self, buffer: &mut [u8]) -> Option<usize> {
        let block = self.received.map(|r| {
            // RFC 3550 §6.4.1: LSR and DLSR are zero if no sender report came.
            let (last, delay) = r.last_report.map_or((0, 0), |(at, ago)| (at.0, ShortNtp::span(ago)));
            ReportBlock::builder(r.figures.ssrc)
                .fraction_lost(r.figures.fraction_lost)
                .cumulative_lost(r.figures.cumulative_lost.min(0x7F_FFFF))
                .extended_sequence_number(r.figures.highest)
                .interarrival_jitter(r.figures.jitter)
                .last_sender_report_timestamp(last)
                .delay_since_last_sender_report_timestamp(delay)
        });
        // RFC 3550 §6.1: each compound packet begins with a report and names its source.
        let mut compound = Compound::builder();
        compound = match self.sent {
            Some(sent) => {
                let report = SenderReport::builder(self.ssrc)
                    .ntp_timestamp(ntp(sent.at))
                    .rtp_timestamp(sent.timestamp.0)
                    .packet_count(sent.packets as u32)
                    .octet_count(sent.octets as u32);
                match block {
                    Some(block) => compound.add_packet(report.add_report_block(block)),
                    None => compound.add_packet(report),
                }
            }
            None => {
                let report = ReceiverReport::builder(self.ssrc);
                match block {
                    Some(block) => compound.add_packet(report.add_report_block(block)),
                    None => compound.add_packet(report),
                }
            }
        };
        let name = SdesItem::builder(SdesItem::CNAME, self.cname);
        compound = compound.add_packet(Sdes::builder().add_chunk(SdesChunk::builder(self.ssrc).add_item(name)));
        if self.bye {
            compound = compound.add_packet(Bye::builder().add_source(self.ssrc));
        }
        compound.write_into(buffer).ok()
    }
}

impl Heard {
    /// Reads a datagram from a peer; `ours` is our source, whose block is looked for.
    pub fn read(datagram: &[u8], ours: u32) -> Result<Heard, NotRtcp> {
        let mut heard = Heard::default();
        for packet in Compound::parse(datagram).map_err(|_| NotRtcp)? {
            match packet.map_err(|_| NotRtcp)? {
                Packet::Sr(report) => {
                    heard.sender = Some(report.ssrc());
                    heard.report_sent = Some(ShortNtp((report.ntp_timestamp() >> 16) as u32));
                    heard.note(report.report_blocks(), ours);
                }
                Packet::Rr(report) => {
                    heard.sender = Some(report.ssrc());
                    heard.note(report.report_blocks(), ours);
                }
                Packet::Bye(_) => heard.bye = true,
                _ => {} // descriptions and feedback have no use here
            }
        }
        Ok(heard)
    }

    fn note<'a>(&mut self, blocks: impl Iterator<Item = ReportBlock<'a>>, ours: u32) {
        for block in blocks.filter(|b| b.ssrc() == ours) {
            let lost = block.cumulative_lost() & 0xFF_FFFF;
            self.about_us = Some(AboutUs {
                // RFC 3550 §6.4.1: a signed number of 24 bits.
                lost: if lost & 0x80_0000 == 0 { lost } else { 0 },
                jitter: block.interarrival_jitter(),
                last_report: ShortNtp(block.last_sender_report_timestamp()),
                delay: block.delay_since_last_sender_report_timestamp(),
            });
        }
    }
}

impl AboutUs {
    /// The round trip (RFC 3550 §6.4.1, figure 2): now − LSR − DLSR. None before our first sender report, and for
    /// times that cannot be.
    pub fn round_trip(&self, now: Instant) -> Option<Duration> {
        if self.last_report.0 == 0 {
            return None;
        }
        let units = ShortNtp::of(now).0.wrapping_sub(self.last_report.0).wrapping_sub(self.delay);
        let trip = Duration::from_nanos(u64::from(units) * 1_000_000_000 / 65_536);
        (trip <= ROUND_TRIP_MAX).then_some(trip)
    }
}

/// A longer round trip is a clock that is wrong or a block that is forged.
const ROUND_TRIP_MAX: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests;
