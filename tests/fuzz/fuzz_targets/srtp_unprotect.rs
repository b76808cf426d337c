//! Any octets as secured packets, between ones that are true: no forgery is believed, none does harm, what was
//! protected is opened once, and only once.
#![no_main]

mod pieces;

use libfuzzer_sys::fuzz_target;
use media::control::{Secure, SecureKey, SecureSuite};
use media::srtp::{GROWTH_MAX, SrtpError, SrtpSession};
use pieces::pieces;

/// What of an error a session gives to an outsider may be.
fn is_refusal(error: SrtpError) -> bool {
    matches!(error, SrtpError::Malformed | SrtpError::Replay | SrtpError::Auth | SrtpError::Clear)
}

type Pass = fn(&mut SrtpSession, &mut [u8]) -> Result<usize, SrtpError>;
type Seal = fn(&mut SrtpSession, &mut [u8], usize) -> Result<usize, SrtpError>;

fuzz_target!(|octets: &[u8]| {
    let Some((suite, steps)) = octets.split_first() else { return };
    let suite = if suite & 1 == 0 { SecureSuite::AesCm128HmacSha1_80 } else { SecureSuite::AesCm128HmacSha1_32 };
    let (one, two) = (SecureKey([1; 30]), SecureKey([2; 30]));
    let mut here = SrtpSession::new(&Secure { suite, ours: one.clone(), theirs: two.clone() });
    let mut there = SrtpSession::new(&Secure { suite, ours: two, theirs: one });
    for (what, piece) in pieces(steps) {
        let (seal, open): (Seal, Pass) = match what & 1 {
            0 => (SrtpSession::protect_rtp, SrtpSession::unprotect_rtp),
            _ => (SrtpSession::protect_rtcp, SrtpSession::unprotect_rtcp),
        };
        if what & 2 == 0 {
            let mut forged = piece.to_vec();
            assert!(open(&mut there, &mut forged).is_err_and(is_refusal));
            assert_eq!(forged, piece, "a refused packet is as it was");
            continue;
        }
        let mut buffer = [piece, &[0; GROWTH_MAX]].concat();
        let Ok(len) = seal(&mut here, &mut buffer, piece.len()) else { continue };
        let packet = &buffer[..len];
        let mut forged = packet.to_vec();
        let at = usize::from(what >> 2) % len;
        forged[at] ^= 1 << (what >> 5);
        assert!(open(&mut there, &mut forged).is_err_and(is_refusal));
        let mut opened = packet.to_vec();
        assert_eq!(open(&mut there, &mut opened), Ok(piece.len()));
        assert_eq!(opened[..piece.len()], *piece);
        assert_eq!(open(&mut there, &mut packet.to_vec()), Err(SrtpError::Replay));
    }
});
