//! Opus packets looked at from outside (RFC 6716 §3), before the library sees them.

use crate::Rate;

/// Most octets of one frame (RFC 6716 §3.4 \[R2\]).
const FRAME_OCTETS_MAX: usize = 1_275;
/// Most of one packet in 48 kHz samples: 120 ms (RFC 6716 §3.4 \[R5\]).
const PACKET_MAX: usize = 5_760;

/// A well-formed packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Packet {
    /// Samples of one frame at 48 kHz.
    frame: usize,
    /// Frames in the packet, 1–48.
    count: usize,
    /// In-band FEC for the packet before this one is inside (RFC 6716 §4.2.4).
    pub(super) redundant: bool,
}

impl Packet {
    /// The packet in `payload`, if it obeys RFC 6716 §3.4 \[R1\]–\[R7\].
    pub(super) fn parse(payload: &[u8]) -> Option<Packet> {
        let (&toc, body) = payload.split_first()?; // [R1]
        let frame = frame_samples(toc);
        let (count, first) = match toc & 3 {
            0 => (1, one(body)?),
            1 => (2, halves(body)?),
            2 => (2, two_sizes(body)?),
            _ => many(body, frame)?,
        };
        Some(Packet { frame, count, redundant: redundant(toc, frame, first) })
    }

    /// Samples of the whole packet at `rate`.
    pub(super) fn samples(self, rate: Rate) -> usize {
        self.frame * self.count / (48_000 / rate.hz() as usize)
    }

    /// Samples of one frame at `rate`.
    pub(super) fn frame(self, rate: Rate) -> usize {
        self.frame / (48_000 / rate.hz() as usize)
    }
}

/// Samples of a frame at 48 kHz by the configuration in the TOC octet (RFC 6716 §3.1, table 2).
fn frame_samples(toc: u8) -> usize {
    let size = usize::from(toc >> 3 & 3);
    match toc >> 3 {
        0..=11 => [480, 960, 1_920, 2_880][size],
        12..=15 => [480, 960][size & 1],
        _ => 120 << size,
    }
}

/// Code 0: one frame fills the packet (RFC 6716 §3.2.2).
fn one(body: &[u8]) -> Option<&[u8]> {
    (body.len() <= FRAME_OCTETS_MAX).then_some(body)
}

/// Code 1: two frames of the same size (RFC 6716 §3.2.3).
fn halves(body: &[u8]) -> Option<&[u8]> {
    let half = body.len() / 2;
    (body.len().is_multiple_of(2) && half <= FRAME_OCTETS_MAX).then(|| &body[..half]) // [R3]
}

/// Code 2: two frames, the size of the first written (RFC 6716 §3.2.4).
fn two_sizes(body: &[u8]) -> Option<&[u8]> {
    let (size, rest) = length(body)?;
    let (first, second) = rest.split_at_checked(size)?; // [R4]
    (second.len() <= FRAME_OCTETS_MAX).then_some(first)
}

/// Code 3: a count, padding, sizes (RFC 6716 §3.2.5). Gives the count and the first frame.
fn many(body: &[u8], frame: usize) -> Option<(usize, &[u8])> {
    let (&head, mut rest) = body.split_first()?; // [R6], [R7]: the count octet is there
    let count = usize::from(head & 0x3F);
    if count == 0 || count * frame > PACKET_MAX {
        return None; // [R5]
    }
    if head & 0x40 != 0 {
        let mut padding = 0_usize;
        loop {
            let (&octet, after) = rest.split_first()?;
            rest = after;
            if octet < 255 {
                padding += usize::from(octet);
                break;
            }
            padding += 254;
        }
        rest = &rest[..rest.len().checked_sub(padding)?];
    }
    if head & 0x80 == 0 {
        let size = rest.len() / count;
        return (rest.len() == size * count && size <= FRAME_OCTETS_MAX).then(|| (count, &rest[..size])); // [R6]
    }
    let (mut first, mut sum) = (0, 0);
    for index in 0..count - 1 {
        let (size, after) = length(rest)?;
        rest = after;
        sum += size;
        if index == 0 {
            first = size;
        }
    }
    let last = rest.len().checked_sub(sum)?; // [R7]
    let first = if count == 1 { last } else { first };
    (last <= FRAME_OCTETS_MAX).then(|| (count, &rest[..first]))
}

/// A length of one or two octets (RFC 6716 §3.2.1) and what follows it.
fn length(body: &[u8]) -> Option<(usize, &[u8])> {
    let (&low, rest) = body.split_first()?;
    if low < 252 {
        return Some((usize::from(low), rest));
    }
    let (&high, rest) = rest.split_first()?;
    Some((usize::from(high) * 4 + usize::from(low), rest))
}

/// Whether the first frame carries LBRR data, for the frame before it (RFC 6716 §4.2.3, §4.2.4).
fn redundant(toc: u8, frame: usize, first: &[u8]) -> bool {
    // CELT alone has none; a frame of nothing says nothing.
    let (0..=15, Some(&flags)) = (toc >> 3, first.first()) else { return false };
    // Header bits are equally likely, so the range coder leaves them as they are: for each channel a voice flag per
    // 20 ms, then the LBRR flag.
    let voices = (frame / 960).max(1);
    let mid = flags >> (7 - voices) & 1 != 0;
    let stereo = toc & 4 != 0;
    mid || stereo && flags >> (6 - 2 * voices) & 1 != 0
}
