//! RTP and RTCP under keys (RFC 3711): AES in counter mode, authenticated by HMAC-SHA1.
//!
//! Owns the keys of one stream, which index each packet has, and which indices were seen. Packets are
//! protected and unprotected where they stand; nothing is allocated for one. Refuses to know where keys come
//! from (SDES, RFC 4568) and what the packets say.
//!
//! **Invariants:** a packet changes nothing here before its tag has proven true; no index is taken twice
//! from the peer, and none is used twice for sending, for that would lay two texts under one key stream; a
//! peer's sources are at most [`SOURCES_MAX`].
//!
//! Done: the default transforms without key derivation in between, without master key identifiers, as the
//! suites of [`SecureSuite`] have it.

mod keys;
mod source;

use subtle::ConstantTimeEq as _;

use crate::control::{Secure, SecureKey, SecureSuite};
use keys::{DirectionKeys, SessionKeys};
use source::{Sources, Verdict};

/// Sources (SSRCs) remembered per direction. A further one of the peer's that proves true takes the place
/// of the one unheard for longest, whose old packets could then be replayed; a further one of ours is refused.
pub const SOURCES_MAX: usize = 4;

/// What a packet grows by at most: the buffer given to [`SrtpSession::protect_rtp`] and
/// [`SrtpSession::protect_rtcp`] needs this room behind the packet.
pub const GROWTH_MAX: usize = SRTCP_INDEX_LEN + TAG_LEN_MAX;

/// Why a packet is not protected or not believed. All but the first two lie with the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum SrtpError {
    /// The buffer has no room for index and tag.
    #[error("no room for the tag")]
    NoRoom,
    /// 2^48 RTP or 2^31 RTCP packets were sent under this key (RFC 3711 §9.2), or it has
    /// [`SOURCES_MAX`] sources already.
    #[error("the key is used up")]
    Exhausted,
    /// Too short to be what it should be, or its header is malformed.
    #[error("malformed packet")]
    Malformed,
    /// RTCP that says of itself that it is not encrypted.
    #[error("packet in the clear")]
    Clear,
    /// Its index was seen before, or is too old to tell.
    #[error("replayed or too old")]
    Replay,
    /// The tag is wrong: forged, damaged, or under another key.
    #[error("wrong authentication tag")]
    Auth,
}

/// The keys of one stream in both directions, and what they have been used for.
#[derive(Debug)]
pub struct SrtpSession {
    outbound: Outbound,
    inbound: Inbound,
}

#[derive(Debug)]
struct Outbound {
    keys: DirectionKeys,
    sources: Sources,
    rtcp_index: u32,
}

#[derive(Debug)]
struct Inbound {
    keys: DirectionKeys,
    sources: Sources,
    /// The roll-over counter that the next packet of an unknown source is tried with, if zero is wrong.
    guess: u32,
}

/// SRTCP's E flag and index (RFC 3711 §3.4).
const SRTCP_INDEX_LEN: usize = 4;
const SRTCP_INDEX_MAX: u32 = 0x7FFF_FFFF;
const E_FLAG: u32 = 0x8000_0000;
/// RFC 3711 §4.2.1: 80 bits; those of RTCP stay so long in all suites (RFC 4568 §6.2.2).
const TAG_LEN_MAX: usize = 10;
/// The clear part of an RTCP packet (RFC 3711 §3.4).
const RTCP_HEADER_LEN: usize = 8;
const RTP_HEADER_LEN: usize = 12;
/// RFC 3550 §5.1.
const VERSION: u8 = 2;
/// Roll-over counters tried: a day of 20 ms packets.
const GUESS_MAX: u32 = 66;

impl SrtpSession {
    /// Both directions from their beginning. Derives the session keys: some microseconds.
    pub fn new(secure: &Secure) -> SrtpSession {
        SrtpSession {
            outbound: Outbound::new(secure.suite, &secure.ours),
            inbound: Inbound::new(secure.suite, &secure.theirs),
        }
    }

    /// After a new offer and answer: a direction whose suite and key stay goes on as it was, the other begins
    /// anew (RFC 4568 §7.1.4).
    pub fn rekey(&mut self, before: &Secure, now: &Secure) {
        if (before.suite, &before.ours) != (now.suite, &now.ours) {
            self.outbound = Outbound::new(now.suite, &now.ours);
        }
        if (before.suite, &before.theirs) != (now.suite, &now.theirs) {
            self.inbound = Inbound::new(now.suite, &now.theirs);
        }
    }

    /// Protects the RTP packet in the first `len` octets of `buffer`; how long it is then.
    ///
    /// # Errors
    /// [`SrtpError::NoRoom`], [`SrtpError::Malformed`], [`SrtpError::Exhausted`]; [`SrtpError::Replay`] for a
    /// sequence number that this source has sent, or that lies more than 127 behind its highest. Nothing may
    /// be sent then; the buffer is as it was.
    pub fn protect_rtp(&mut self, buffer: &mut [u8], len: usize) -> Result<usize, SrtpError> {
        self.outbound.protect_rtp(buffer, len)
    }

    /// Checks and opens an SRTP packet where it stands; how long the RTP packet is that remains.
    ///
    /// # Errors
    /// [`SrtpError::Malformed`], [`SrtpError::Replay`], [`SrtpError::Auth`]: the packet is as it was and to be
    /// dropped.
    pub fn unprotect_rtp(&mut self, packet: &mut [u8]) -> Result<usize, SrtpError> {
        self.inbound.unprotect_rtp(packet)
    }

    /// Protects the compound RTCP packet in the first `len` octets of `buffer`; how long it is then.
    ///
    /// # Errors
    /// [`SrtpError::NoRoom`], [`SrtpError::Malformed`], [`SrtpError::Exhausted`].
    pub fn protect_rtcp(&mut self, buffer: &mut [u8], len: usize) -> Result<usize, SrtpError> {
        self.outbound.protect_rtcp(buffer, len)
    }

    /// Checks and opens an SRTCP packet where it stands; how long the RTCP packet is that remains.
    ///
    /// # Errors
    /// As [`SrtpSession::unprotect_rtp`], and [`SrtpError::Clear`].
    pub fn unprotect_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, SrtpError> {
        self.inbound.unprotect_rtcp(packet)
    }
}

impl Outbound {
    fn new(suite: SecureSuite, key: &SecureKey) -> Outbound {
        Outbound { keys: DirectionKeys::new(suite, key), sources: Sources::default(), rtcp_index: 0 }
    }

    fn protect_rtp(&mut self, buffer: &mut [u8], len: usize) -> Result<usize, SrtpError> {
        let tag_len = self.keys.rtp_tag_len;
        let room = buffer.get_mut(..len + tag_len).ok_or(SrtpError::NoRoom)?;
        let (packet, tag) = room.split_at_mut(len);
        let RtpHeader { ssrc, seq, len: header } = RtpHeader::read(packet)?;
        let place = self.sources.place_of(ssrc).or_else(|| self.sources.free()).ok_or(SrtpError::Exhausted)?;
        let mut window = self.sources.window(place, ssrc).rtp;
        let index = window.index_of(seq).ok_or(SrtpError::Exhausted)?;
        if window.verdict(index) != Verdict::New {
            return Err(SrtpError::Replay);
        }
        window.note(index);
        self.sources.note(place, ssrc, |source| source.rtp = window);
        self.keys.rtp.crypt(ssrc, index, &mut packet[header..]);
        tag.copy_from_slice(&self.keys.rtp.tag(packet, &roll_over(index))[..tag_len]);
        Ok(len + tag_len)
    }

    fn protect_rtcp(&mut self, buffer: &mut [u8], len: usize) -> Result<usize, SrtpError> {
        let grown = len + SRTCP_INDEX_LEN + TAG_LEN_MAX;
        let room = buffer.get_mut(..grown).ok_or(SrtpError::NoRoom)?;
        let ssrc = rtcp_ssrc(&room[..len])?;
        if self.rtcp_index > SRTCP_INDEX_MAX {
            return Err(SrtpError::Exhausted);
        }
        let index = self.rtcp_index;
        self.rtcp_index += 1;
        let (packet, tag) = room.split_at_mut(len + SRTCP_INDEX_LEN);
        self.keys.rtcp.crypt(ssrc, u64::from(index), &mut packet[RTCP_HEADER_LEN..len]);
        packet[len..].copy_from_slice(&(E_FLAG | index).to_be_bytes());
        tag.copy_from_slice(&self.keys.rtcp.tag(packet, &[])[..TAG_LEN_MAX]);
        Ok(grown)
    }
}

impl Inbound {
    fn new(suite: SecureSuite, key: &SecureKey) -> Inbound {
        Inbound { keys: DirectionKeys::new(suite, key), sources: Sources::default(), guess: 1 }
    }

    fn unprotect_rtp(&mut self, packet: &mut [u8]) -> Result<usize, SrtpError> {
        let len = packet.len().checked_sub(self.keys.rtp_tag_len).ok_or(SrtpError::Malformed)?;
        let (packet, tag) = packet.split_at_mut(len);
        let RtpHeader { ssrc, seq, len: header } = RtpHeader::read(packet)?;
        let known = self.sources.place_of(ssrc);
        let place = known.unwrap_or_else(|| self.sources.oldest());
        let mut window = self.sources.window(place, ssrc).rtp;
        let index = window.index_of(seq).ok_or(SrtpError::Replay)?;
        if window.verdict(index) != Verdict::New {
            return Err(SrtpError::Replay);
        }
        let index = match self.keys.rtp.is_true(packet, &roll_over(index), tag) {
            true => index,
            false if window.is_blank() => self.guessed(packet, tag, seq)?,
            false => return Err(SrtpError::Auth),
        };
        window.note(index);
        self.sources.note(place, ssrc, |source| source.rtp = window);
        self.keys.rtp.crypt(ssrc, index, &mut packet[header..]);
        Ok(len)
    }

    /// The index of a packet of a source that begins beyond its first roll-over: its first packets were lost
    /// or came before the key, or we have been started anew in the middle of its call. One counter is tried a
    /// packet, so that a flood of forgeries costs no more than two checks each.
    fn guessed(&mut self, packet: &[u8], tag: &[u8], seq: u16) -> Result<u64, SrtpError> {
        let index = u64::from(self.guess) << 16 | u64::from(seq);
        if self.keys.rtp.is_true(packet, &roll_over(index), tag) {
            return Ok(index);
        }
        self.guess = self.guess % GUESS_MAX + 1;
        Err(SrtpError::Auth)
    }

    fn unprotect_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, SrtpError> {
        let end = packet.len().checked_sub(TAG_LEN_MAX).ok_or(SrtpError::Malformed)?;
        let len = end.checked_sub(SRTCP_INDEX_LEN).ok_or(SrtpError::Malformed)?;
        let ssrc = rtcp_ssrc(&packet[..len])?;
        let (packet, tag) = packet.split_at_mut(end);
        let word = packet[len..].first_chunk().map_or(0, |word| u32::from_be_bytes(*word));
        if word & E_FLAG == 0 {
            return Err(SrtpError::Clear);
        }
        let index = u64::from(word & SRTCP_INDEX_MAX);
        let place = self.sources.place_of(ssrc).unwrap_or_else(|| self.sources.oldest());
        let mut window = self.sources.window(place, ssrc).rtcp;
        if window.verdict(index) != Verdict::New {
            return Err(SrtpError::Replay);
        }
        if !self.keys.rtcp.is_true(packet, &[], tag) {
            return Err(SrtpError::Auth);
        }
        window.note(index);
        self.sources.note(place, ssrc, |source| source.rtcp = window);
        self.keys.rtcp.crypt(ssrc, index, &mut packet[RTCP_HEADER_LEN..len]);
        Ok(len)
    }
}

impl SessionKeys {
    /// Whether `tag` is that of `packet` and `suffix`, in a time that does not tell how nearly.
    fn is_true(&self, packet: &[u8], suffix: &[u8], tag: &[u8]) -> bool {
        self.tag(packet, suffix)[..tag.len()].ct_eq(tag).into()
    }
}

/// What stays in the clear of an RTP packet.
struct RtpHeader {
    ssrc: u32,
    seq: u16,
    /// With contributing sources and extension, in octets.
    len: usize,
}

impl RtpHeader {
    fn read(packet: &[u8]) -> Result<RtpHeader, SrtpError> {
        let head = packet.first_chunk::<RTP_HEADER_LEN>().ok_or(SrtpError::Malformed)?;
        let mut len = RTP_HEADER_LEN + 4 * usize::from(head[0] & 0x0F);
        if head[0] & 0x10 != 0 {
            // RFC 3550 §5.3.1: the extension's length is counted in words without its own first.
            let words = packet.get(len + 2..len + 4).ok_or(SrtpError::Malformed)?;
            len += 4 + 4 * (usize::from(words[0]) << 8 | usize::from(words[1]));
        }
        if head[0] >> 6 != VERSION || len > packet.len() {
            return Err(SrtpError::Malformed);
        }
        let ssrc = u32::from_be_bytes([head[8], head[9], head[10], head[11]]);
        Ok(RtpHeader { ssrc, seq: u16::from_be_bytes([head[2], head[3]]), len })
    }
}

fn rtcp_ssrc(packet: &[u8]) -> Result<u32, SrtpError> {
    match packet.first_chunk::<RTCP_HEADER_LEN>() {
        Some(head) if head[0] >> 6 == VERSION => Ok(u32::from_be_bytes([head[4], head[5], head[6], head[7]])),
        _ => Err(SrtpError::Malformed),
    }
}

/// RFC 3711 §4.2: what is authenticated behind an RTP packet without being sent.
fn roll_over(index: u64) -> [u8; 4] {
    ((index >> 16) as u32).to_be_bytes()
}

#[cfg(test)]
mod tests;
