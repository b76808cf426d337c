use base::Random;

use super::*;

fn secure(suite: SecureSuite) -> (Secure, Secure) {
    let key = |first: u8| SecureKey(core::array::from_fn(|at| first.wrapping_mul(31).wrapping_add(at as u8)));
    let here = Secure { suite, ours: key(1), theirs: key(2) };
    let there = Secure { suite, ours: key(2), theirs: key(1) };
    (here, there)
}

fn pair(suite: SecureSuite) -> (SrtpSession, SrtpSession) {
    let (here, there) = secure(suite);
    (SrtpSession::new(&here), SrtpSession::new(&there))
}

const LONG: SecureSuite = SecureSuite::AesCm128HmacSha1_80;
const SHORT: SecureSuite = SecureSuite::AesCm128HmacSha1_32;

fn rtp(ssrc: u32, seq: u16, payload: &[u8]) -> Vec<u8> {
    let head = [&[0x80, 0][..], &seq.to_be_bytes(), &[0, 0, 0, 9], &ssrc.to_be_bytes()].concat();
    [&head, payload].concat()
}

/// A receiver report without blocks and some octets.
fn rtcp(ssrc: u32, more: &[u8]) -> Vec<u8> {
    [&[0x80, 201, 0, 1][..], &ssrc.to_be_bytes(), more].concat()
}

fn sealed(
    with: &mut SrtpSession,
    packet: &[u8],
    protect: fn(&mut SrtpSession, &mut [u8], usize) -> Result<usize, SrtpError>,
) -> Result<Vec<u8>, SrtpError> {
    let mut buffer = [packet, &[0xEE; GROWTH_MAX]].concat();
    let len = protect(with, &mut buffer, packet.len())?;
    buffer.truncate(len);
    Ok(buffer)
}

fn seal(with: &mut SrtpSession, packet: &[u8]) -> Result<Vec<u8>, SrtpError> {
    sealed(with, packet, SrtpSession::protect_rtp)
}

fn seal_rtcp(with: &mut SrtpSession, packet: &[u8]) -> Result<Vec<u8>, SrtpError> {
    sealed(with, packet, SrtpSession::protect_rtcp)
}

fn open(with: &mut SrtpSession, packet: &[u8]) -> Result<Vec<u8>, SrtpError> {
    let mut packet = packet.to_vec();
    let before = packet.clone();
    match with.unprotect_rtp(&mut packet) {
        Ok(len) => packet.truncate(len),
        Err(error) => {
            assert_eq!(packet, before, "a refused packet is as it was");
            return Err(error);
        }
    }
    Ok(packet)
}

fn open_rtcp(with: &mut SrtpSession, packet: &[u8]) -> Result<Vec<u8>, SrtpError> {
    let mut packet = packet.to_vec();
    let len = with.unprotect_rtcp(&mut packet)?;
    packet.truncate(len);
    Ok(packet)
}

/// With the keys of RFC 3711 B.3; the outcome agrees with other makers'.
#[test]
fn a_whole_packet_as_others_protect_it() {
    let key = [
        0xE1, 0xF9, 0x7A, 0x0D, 0x3E, 0x01, 0x8B, 0xE0, 0xD6, 0x4F, 0xA3, 0x2C, 0x06, 0xDE, 0x41, 0x39, 0x0E, 0xC6,
        0x75, 0xAD, 0x49, 0x8A, 0xFE, 0xEB, 0xB6, 0x96, 0x0B, 0x3A, 0xAB, 0xE6,
    ];
    let mut session = SrtpSession::new(&Secure { suite: LONG, ours: SecureKey(key), theirs: SecureKey(key) });
    let plain = [&[0x80, 0x0F, 0x12, 0x34, 0xDE, 0xCA, 0xFB, 0xAD, 0xCA, 0xFE, 0xBA, 0xBE][..], &[0xAB; 16]].concat();
    let packet = seal(&mut session, &plain).unwrap();
    let expected = [
        0x4E, 0x55, 0xDC, 0x4C, 0xE7, 0x99, 0x78, 0xD8, 0x8C, 0xA4, 0xD2, 0x15, 0x94, 0x9D, 0x24, 0x02, 0xB7, 0x8D,
        0x6A, 0xCC, 0x99, 0xEA, 0x17, 0x9B, 0x8D, 0xBB,
    ];
    assert_eq!(packet, [&plain[..12], &expected].concat());
    assert_eq!(open(&mut session, &packet), Ok(plain));
}

#[test]
fn what_is_protected_is_opened_at_the_other_end() {
    let mut random = Random::from_number(1);
    for suite in [LONG, SHORT] {
        let (mut here, mut there) = pair(suite);
        for round in 0..300_u16 {
            let mut payload = vec![0; random.below(400) as usize];
            random.fill(&mut payload);
            let packet = rtp(7, round, &payload);
            let safe = seal(&mut here, &packet).unwrap();
            assert_eq!(safe.len(), packet.len() + if suite == LONG { 10 } else { 4 });
            assert_eq!(safe[..12], packet[..12]);
            assert!(payload.len() < 8 || safe[12..packet.len()] != payload[..]);
            assert_eq!(open(&mut there, &safe), Ok(packet));
            let report = rtcp(7, &payload);
            let safe = seal_rtcp(&mut here, &report).unwrap();
            assert_eq!(safe.len(), report.len() + GROWTH_MAX);
            assert_eq!(open_rtcp(&mut there, &safe), Ok(report));
        }
    }
}

#[test]
fn header_extensions_and_contributors_stay_in_the_clear() {
    let (mut here, mut there) = pair(LONG);
    let mut packet = rtp(7, 1, &[]);
    packet[0] = 0x80 | 0x10 | 2;
    packet.extend([&[1; 8][..], &[0xBE, 0xDE, 0, 1, 9, 9, 9, 9], &[5; 40]].concat());
    let safe = seal(&mut here, &packet).unwrap();
    assert_eq!(safe[..28], packet[..28]);
    assert_ne!(safe[28..68], packet[28..68]);
    assert_eq!(open(&mut there, &safe), Ok(packet));
}

#[test]
fn no_octet_may_be_changed() {
    for suite in [LONG, SHORT] {
        let (mut here, mut there) = pair(suite);
        let safe = seal(&mut here, &rtp(7, 1, &[0x55; 20])).unwrap();
        let report = seal_rtcp(&mut here, &rtcp(7, &[3; 12])).unwrap();
        for bit in 0..8 * safe.len() {
            let mut forged = safe.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            let verdict = open(&mut there, &forged);
            assert!(matches!(verdict, Err(SrtpError::Auth | SrtpError::Malformed)), "bit {bit}: {verdict:?}");
        }
        for bit in 0..8 * report.len() {
            let mut forged = report.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            let verdict = open_rtcp(&mut there, &forged);
            let refused = matches!(verdict, Err(SrtpError::Auth | SrtpError::Malformed | SrtpError::Clear));
            assert!(refused, "bit {bit}: {verdict:?}");
        }
        for len in 0..safe.len() {
            assert!(open(&mut there, &safe[..len]).is_err());
            assert!(open_rtcp(&mut there, &report[..len.min(report.len() - 1)]).is_err());
        }
        // None of it has done harm.
        assert!(open(&mut there, &safe).is_ok());
        assert!(open_rtcp(&mut there, &report).is_ok());
    }
}

#[test]
fn nothing_is_taken_twice() {
    let (mut here, mut there) = pair(LONG);
    let safe: Vec<Vec<u8>> = (0..300).map(|seq| seal(&mut here, &rtp(7, seq, &[1; 20])).unwrap()).collect();
    for packet in &safe[..200] {
        assert!(open(&mut there, packet).is_ok());
    }
    for packet in &safe[..200] {
        assert_eq!(open(&mut there, packet), Err(SrtpError::Replay));
    }
    // Out of order within the window, each once; 299 − 127 is the oldest that can still be told.
    assert!(open(&mut there, &safe[299]).is_ok());
    for at in (200..299).rev() {
        assert!(open(&mut there, &safe[at]).is_ok(), "{at}");
        assert_eq!(open(&mut there, &safe[at]), Err(SrtpError::Replay));
    }
    let report = seal_rtcp(&mut here, &rtcp(7, &[])).unwrap();
    let next = seal_rtcp(&mut here, &rtcp(7, &[])).unwrap();
    assert!(open_rtcp(&mut there, &next).is_ok());
    assert!(open_rtcp(&mut there, &report).is_ok());
    assert_eq!(open_rtcp(&mut there, &report), Err(SrtpError::Replay));
}

#[test]
fn no_number_is_sent_twice_under_one_key() {
    let (mut here, _) = pair(LONG);
    assert!(seal(&mut here, &rtp(7, 10, &[1; 20])).is_ok());
    assert_eq!(seal(&mut here, &rtp(7, 10, &[2; 20])), Err(SrtpError::Replay));
    assert!(seal(&mut here, &rtp(7, 9, &[2; 20])).is_ok());
    assert!(seal(&mut here, &rtp(7, 1000, &[2; 20])).is_ok());
    assert_eq!(seal(&mut here, &rtp(7, 11, &[2; 20])), Err(SrtpError::Replay));
    // A further source of ours would have to push one out whose numbers were then forgotten.
    for ssrc in 8..7 + SOURCES_MAX as u32 {
        assert!(seal(&mut here, &rtp(ssrc, 10, &[])).is_ok());
    }
    assert_eq!(seal(&mut here, &rtp(99, 10, &[])), Err(SrtpError::Exhausted));
}

#[test]
fn numbers_wrap_under_loss_and_reordering() {
    let mut random = Random::from_number(7);
    let (mut here, mut there) = pair(SHORT);
    let mut held: Vec<(u32, Vec<u8>)> = Vec::new();
    let mut opened = 0;
    // Twice round, every tenth number; one packet in ten is lost, some come several later.
    for step in 0..13_200_u32 {
        let seq = (step * 10 + 60_000) as u16;
        let packet = rtp(7, seq, &step.to_be_bytes());
        let safe = seal(&mut here, &packet).unwrap();
        if random.below(10) == 0 {
            continue;
        }
        held.push((step, safe));
        if held.len() > random.below(6) as usize {
            let (step, safe) = held.swap_remove(random.below(held.len() as u64) as usize);
            match open(&mut there, &safe) {
                Ok(plain) => {
                    assert_eq!(plain[12..], step.to_be_bytes());
                    opened += 1;
                }
                // 128 numbers are twelve packets here.
                Err(error) => assert_eq!(error, SrtpError::Replay),
            }
        }
    }
    // Nine in ten, less the few that came too late to be told from replays.
    assert!(opened > 10_500, "{opened}");
}

#[test]
fn a_forged_number_does_not_move_the_roll_over_counter() {
    let (mut here, mut there) = pair(LONG);
    for seq in [65_000, 65_001] {
        let safe = seal(&mut here, &rtp(7, seq, &[])).unwrap();
        assert!(open(&mut there, &safe).is_ok());
    }
    for seq in (0..60_000).step_by(111) {
        let forged = [&rtp(7, seq, &[])[..], &[0; 10]].concat();
        assert!(open(&mut there, &forged).is_err());
    }
    let safe = seal(&mut here, &rtp(7, 65_002, &[])).unwrap();
    assert!(open(&mut there, &safe).is_ok());
}

#[test]
fn a_source_that_is_heard_late_is_found() {
    // Its first packets, and with them any number of roll-overs, were lost to us.
    for rounds in [0_u32, 1, 2, 40] {
        let (mut here, mut there) = pair(LONG);
        let mut tried = 0;
        for step in 0..=rounds * 3 + 70 {
            let seq = (step * 22_000) as u16;
            let safe = seal(&mut here, &rtp(7, seq, &step.to_be_bytes())).unwrap();
            if step < rounds * 3 {
                continue;
            }
            tried += 1;
            if open(&mut there, &safe).is_ok() {
                break;
            }
        }
        assert!(tried <= GUESS_MAX + 4, "{rounds} rounds: {tried} packets");
        let next = seal(&mut here, &rtp(7, ((rounds * 3 + tried) * 22_000) as u16, &[])).unwrap();
        assert!(open(&mut there, &next).is_ok(), "and is followed from then on");
    }
}

#[test]
fn sources_are_told_apart_and_bounded() {
    let (_, mut there) = pair(LONG);
    let (here, _) = secure(LONG);
    for ssrc in 0..40 {
        // A sender of its own, for ours refuses so many.
        let mut sender = SrtpSession::new(&here);
        let safe = seal(&mut sender, &rtp(ssrc, 500, &[1; 4])).unwrap();
        let report = seal_rtcp(&mut sender, &rtcp(ssrc, &[])).unwrap();
        assert!(open(&mut there, &safe).is_ok() && open_rtcp(&mut there, &report).is_ok());
        assert_eq!(open(&mut there, &safe), Err(SrtpError::Replay));
        assert_eq!(open_rtcp(&mut there, &report), Err(SrtpError::Replay));
    }
    // Strangers without the key push nobody out.
    let before: Vec<bool> = (0..40).map(|ssrc| there.inbound.sources.place_of(ssrc).is_some()).collect();
    for ssrc in 100..200 {
        assert!(open(&mut there, &[&rtp(ssrc, 1, &[])[..], &[9; 10]].concat()).is_err());
    }
    let after: Vec<bool> = (0..40).map(|ssrc| there.inbound.sources.place_of(ssrc).is_some()).collect();
    assert_eq!(before, after);
    assert_eq!(before.iter().filter(|known| **known).count(), SOURCES_MAX);
}

#[test]
fn new_keys_begin_anew_and_old_ones_go_on() {
    let (here, there) = secure(LONG);
    let (mut a, mut b) = (SrtpSession::new(&here), SrtpSession::new(&there));
    let first = seal(&mut a, &rtp(7, 1, &[1])).unwrap();
    assert!(open(&mut b, &first).is_ok());
    b.rekey(&there, &there);
    assert_eq!(open(&mut b, &first), Err(SrtpError::Replay), "the same key: nothing is forgotten");
    let fresh = SecureKey([77; 30]);
    b.rekey(&there, &Secure { theirs: fresh.clone(), ..there.clone() });
    let second = seal(&mut a, &rtp(7, 2, &[1])).unwrap();
    assert_eq!(open(&mut b, &second), Err(SrtpError::Auth));
    a.rekey(&here, &Secure { ours: fresh, ..here.clone() });
    let again = seal(&mut a, &rtp(7, 1, &[1])).unwrap();
    assert!(open(&mut b, &again).is_ok());
}

#[test]
fn what_cannot_be_is_refused() {
    let (mut here, mut there) = pair(LONG);
    let mut small = rtp(7, 1, &[1; 8]);
    let len = small.len();
    assert_eq!(here.protect_rtp(&mut small, len), Err(SrtpError::NoRoom));
    assert_eq!(here.protect_rtcp(&mut small, len), Err(SrtpError::NoRoom));
    for malformed in [&[][..], &[0x80; 11], &[0x40; 12], &[0x9F; 20], &[0x90; 14]] {
        assert_eq!(seal(&mut here, malformed), Err(SrtpError::Malformed), "{malformed:?}");
    }
    assert_eq!(seal_rtcp(&mut here, &[0x80; 7]), Err(SrtpError::Malformed));
    // RTCP that is authentic but not encrypted was not agreed on.
    let mut clear = seal_rtcp(&mut here, &rtcp(7, &[])).unwrap();
    clear[8] &= 0x7F;
    assert_eq!(open_rtcp(&mut there, &clear), Err(SrtpError::Clear));
    here.outbound.rtcp_index = SRTCP_INDEX_MAX;
    assert!(seal_rtcp(&mut here, &rtcp(7, &[])).is_ok());
    assert_eq!(seal_rtcp(&mut here, &rtcp(7, &[])), Err(SrtpError::Exhausted));
    let shown = format!("{here:?}");
    assert!(shown.contains("AesCm128HmacSha1_80") && !shown.contains("salt"), "{shown}");
}

#[test]
fn any_octets_do_no_harm() {
    let mut random = Random::from_number(3);
    let (mut here, mut there) = pair(SHORT);
    for _ in 0..2_000 {
        let mut packet = vec![0; random.below(60) as usize];
        random.fill(&mut packet);
        if let Some(first) = packet.first_mut() {
            *first = *first & 0x3F | 0x80;
        }
        assert!(open(&mut there, &packet).is_err());
        assert!(open_rtcp(&mut there, &packet).is_err());
        let _ = (seal(&mut here, &packet), seal_rtcp(&mut here, &packet));
    }
}
