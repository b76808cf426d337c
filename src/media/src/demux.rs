//! What kind of datagram arrived on a media port, by its first octets.

/// The kinds of datagram that meet on a media port (RFC 7983 §7, RFC 5761 §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// RTP version 2.
    Rtp,
    /// RTCP version 2.
    Rtcp,
    /// STUN (first octet 0–3); we offer no ICE, so nobody may expect an answer.
    Stun,
    /// DTLS (first octet 20–63).
    Dtls,
    /// Neither; also what is too short for any of them.
    Other,
}

/// Tells the kind of `datagram`; looks at two octets only and promises nothing of the rest.
pub fn kind(datagram: &[u8]) -> Kind {
    let [first, second, ..] = *datagram else {
        return Kind::Other;
    };
    match first {
        0..=3 => Kind::Stun,
        20..=63 => Kind::Dtls,
        // RFC 5761 §4: RTCP packet types 192–223 are RTP payload types 64–95 with the marker bit set, which no RTP
        // stream uses.
        128..=191 if (192..=223).contains(&second) => Kind::Rtcp,
        128..=191 => Kind::Rtp,
        _ => Kind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_two_octets_decide() {
        for (octets, want) in [
            (&[0x80, 0][..], Kind::Rtp),
            (&[0x90, 0x80 | 111], Kind::Rtp),
            (&[0x80, 0x80 | 63], Kind::Rtp),
            (&[0x80, 96], Kind::Rtp),
            (&[0x80, 192], Kind::Rtcp),
            (&[0x81, 200], Kind::Rtcp),
            (&[0x81, 223], Kind::Rtcp),
            (&[0x80, 224], Kind::Rtp),
            (&[0, 1], Kind::Stun),
            (&[22, 254], Kind::Dtls),
            (&[64, 0], Kind::Other),
            (&[0xC0, 0], Kind::Other),
            (&[0x80], Kind::Other),
            (&[], Kind::Other),
        ] {
            assert_eq!(kind(octets), want, "{octets:?}");
        }
    }
}
