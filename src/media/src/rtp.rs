//! RTP packets (RFC 3550 §5.1): the header read through `rtp-rs`, and the four fields that a forwarder
//! rewrites where they stand. CSRC list, header extension and padding are left as they came.

use core::ops::Range;

use rtp_rs::RtpReader;

use crate::{RtpTimestamp, SeqNo};

/// The length of an RTP header without CSRC list and extension, in octets.
pub const HEADER_LEN: usize = RtpReader::MIN_HEADER_LEN;

/// The fixed header of a valid RTP packet and where its payload lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The marker bit; for audio the first packet of a talk spurt (RFC 3551 §4.1), for events their first packet.
    pub marker: bool,
    /// The payload type, 0–127.
    pub payload_type: u8,
    /// The sequence number.
    pub seq: SeqNo,
    /// The timestamp.
    pub timestamp: RtpTimestamp,
    /// The synchronisation source.
    pub ssrc: u32,
    /// The octets of the payload, without padding.
    pub payload: Range<usize>,
}

/// A datagram that is no RTP packet: cut short, another version, impossible padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an RTP packet")]
pub struct NotRtp;

impl Header {
    /// Reads and checks a whole packet. Tell RTCP apart first ([`crate::demux::kind`]): it would pass here.
    pub fn read(packet: &[u8]) -> Result<Header, NotRtp> {
        let reader = RtpReader::new(packet).map_err(|_| NotRtp)?;
        let start = reader.payload_offset();
        Ok(Header {
            marker: reader.mark(),
            payload_type: reader.payload_type(),
            seq: SeqNo(reader.sequence_number().into()),
            timestamp: RtpTimestamp(reader.timestamp()),
            ssrc: reader.ssrc(),
            payload: start..start + reader.payload().len(),
        })
    }
}

/// The fields of a header that differ between what was received and what is sent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rewrite {
    /// The marker bit.
    pub marker: bool,
    /// The payload type, 0–127.
    pub payload_type: u8,
    /// The sequence number.
    pub seq: SeqNo,
    /// The timestamp.
    pub timestamp: RtpTimestamp,
    /// The synchronisation source.
    pub ssrc: u32,
}

impl Rewrite {
    /// Writes the fields into `packet`; false, and nothing is written, if it is shorter than a header.
    pub fn apply(&self, packet: &mut [u8]) -> bool {
        let Some(header) = packet.first_chunk_mut::<HEADER_LEN>() else {
            return false;
        };
        header[1] = (u8::from(self.marker) << 7) | (self.payload_type & 0x7F);
        header[2..4].copy_from_slice(&self.seq.0.to_be_bytes());
        header[4..8].copy_from_slice(&self.timestamp.0.to_be_bytes());
        header[8..12].copy_from_slice(&self.ssrc.to_be_bytes());
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One CSRC, a one-word extension, payload `abc`, one octet of padding.
    const FULL: &[u8] = &[
        0xB1,
        0x80 | 8,
        0x01,
        0x02,
        0,
        0,
        0,
        160,
        1,
        2,
        3,
        4,
        9,
        9,
        9,
        9,
        0xBE,
        0xDE,
        0,
        1,
        0x10,
        7,
        0,
        0,
        b'a',
        b'b',
        b'c',
        1,
    ];

    #[test]
    fn csrc_extension_and_padding_are_no_payload() {
        let h = Header::read(FULL).unwrap();
        assert_eq!(
            h,
            Header {
                marker: true,
                payload_type: 8,
                seq: SeqNo(0x0102),
                timestamp: RtpTimestamp(160),
                ssrc: 0x0102_0304,
                payload: 24..27
            }
        );
    }

    #[test]
    fn rewriting_keeps_csrc_extension_payload_and_padding() {
        let mut packet = FULL.to_vec();
        let to = Rewrite {
            marker: false,
            payload_type: 0,
            seq: SeqNo(7),
            timestamp: RtpTimestamp(0xAABB_CCDD),
            ssrc: 0x1122_3344,
        };
        assert!(to.apply(&mut packet));
        assert_eq!(packet[0], FULL[0]);
        assert_eq!(packet[12..], FULL[12..]);
        let h = Header::read(&packet).unwrap();
        assert_eq!((h.marker, h.payload_type, h.seq), (false, 0, SeqNo(7)));
        assert_eq!((h.timestamp, h.ssrc), (RtpTimestamp(0xAABB_CCDD), 0x1122_3344));
        assert!(!to.apply(&mut [0; 11]));
    }

    #[test]
    fn every_cut_and_bad_padding_is_refused_without_a_panic() {
        for len in 0..24 {
            assert_eq!(Header::read(&FULL[..len]), Err(NotRtp), "{len} octets");
        }
        let mut bad = FULL.to_vec();
        for padding in [0, 5, 255] {
            *bad.last_mut().unwrap() = padding;
            assert_eq!(Header::read(&bad), Err(NotRtp), "padding {padding}");
        }
        bad[0] = 0x41; // version 1
        assert_eq!(Header::read(&bad), Err(NotRtp));
    }

    #[test]
    fn random_octets_never_panic() {
        let mut random = base::Random::from_number(1);
        for _ in 0..200_000 {
            let mut packet = [0u8; 48];
            random.fill(&mut packet);
            packet[0] = (packet[0] & 0x3F) | 0x80;
            let len = random.below(49) as usize;
            if let Ok(h) = Header::read(&packet[..len]) {
                assert!(h.payload.end <= len && h.payload.start <= h.payload.end);
            }
        }
    }
}
