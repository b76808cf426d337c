//! Keys in descriptions: taken up where they may be, never dropped in silence, never shown.

mod common;

use common::{ALLOWED, leg, said, text};
use sdp::{CryptoSuite, MasterKey, Negotiation, NegotiationError, Security, Session};

const LONG: &str = "AES_CM_128_HMAC_SHA1_80";
const SHORT: &str = "AES_CM_128_HMAC_SHA1_32";
/// 30 octets each.
const THEIRS: &str = "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";
const OTHERS: &str = "YUJDZGVmZ2hpSktMbW9QUXJzVHVWd3l6MTIzNDU2";

fn key() -> MasterKey {
    MasterKey(core::array::from_fn(|at| at as u8))
}

fn ours() -> &'static str {
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"
}

fn secure_leg(port: u16, security: Security) -> Negotiation {
    let mut leg = leg(port);
    leg.set_security(security, key());
    leg
}

fn secured(crypto: &[String]) -> Session {
    let lines: String = crypto.iter().map(|line| format!("a=crypto:{line}\n")).collect();
    said(&format!("m=audio 4000 RTP/SAVP 0\n{lines}"))
}

fn line(tag: u32, suite: &str, key: &str) -> String {
    format!("{tag} {suite} inline:{key}")
}

#[test]
fn a_secured_offer_is_answered_with_the_first_line_of_use() {
    let unknown = line(1, "F8_128_HMAC_SHA1_80", THEIRS);
    let marked = format!("{}|2^20|1:4", line(2, LONG, THEIRS));
    for (offered, tag, suite, name) in [
        (vec![line(1, LONG, THEIRS)], 1, CryptoSuite::AesCm128HmacSha1_80, LONG),
        (vec![line(5, SHORT, THEIRS), line(6, LONG, OTHERS)], 5, CryptoSuite::AesCm128HmacSha1_32, SHORT),
        (vec![unknown.clone(), marked.clone(), line(3, LONG, THEIRS)], 3, CryptoSuite::AesCm128HmacSha1_80, LONG),
    ] {
        for security in [Security::Optional, Security::Preferred, Security::Required] {
            let mut a = secure_leg(20000, security);
            a.offer_received(secured(&offered)).unwrap();
            let answer = a.answer_own(&ALLOWED).unwrap();
            assert_eq!(
                text(&answer),
                format!(
                    "m=audio 20000 RTP/SAVP 0\na=rtpmap:0 PCMU/8000\na=crypto:{tag} {name} inline:{}\na=sendrecv\n",
                    ours()
                )
            );
            let secure = a.agreed().unwrap().secure.unwrap();
            assert_eq!((secure.suite, secure.ours, &secure.theirs.0[..4]), (suite, key(), &b"wDfv"[..]));
        }
    }
    let mut a = secure_leg(20000, Security::Required);
    let only_unusable = secured(&[unknown, marked]);
    assert_eq!(a.offer_received(only_unusable), Err(NegotiationError::NoUsableKey));
    let savpf = said(&format!("m=audio 4000 RTP/SAVPF 0\na=crypto:{}\n", line(1, LONG, THEIRS)));
    a.offer_received(savpf).unwrap();
    assert_eq!(a.answer_own(&ALLOWED).unwrap().media[0].protocol, "RTP/SAVPF");
}

#[test]
fn a_policy_refuses_before_anybody_is_rung() {
    let safe = secured(&[line(1, LONG, THEIRS)]);
    let clear = said("m=audio 4000 RTP/AVP 0\n");
    // "Best effort": keys beside a stream in the clear count for nothing (RFC 4568 §6).
    let effort = said(&format!("m=audio 4000 RTP/AVP 0\na=crypto:{}\n", line(1, LONG, THEIRS)));
    let either =
        said(&format!("m=audio 4000 RTP/SAVP 0\na=crypto:{}\nm=audio 4002 RTP/AVP 0\n", line(1, LONG, THEIRS)));
    let fax = said("m=image 4000 udptl t38\n");
    let unwanted = Err(NegotiationError::SecurityUnwanted);
    let required = Err(NegotiationError::SecurityRequired);
    for (security, verdicts) in [
        (Security::Off, [unwanted, Ok(()), Ok(()), Ok(()), Ok(())]),
        (Security::Optional, [Ok(()), Ok(()), Ok(()), Ok(()), Ok(())]),
        (Security::Preferred, [Ok(()), Ok(()), Ok(()), Ok(()), Ok(())]),
        (Security::Required, [Ok(()), required, required, Ok(()), required]),
    ] {
        for (offer, verdict) in [&safe, &clear, &effort, &either, &fax].into_iter().zip(verdicts) {
            assert_eq!(secure_leg(20000, security).offer_received(offer.clone()), verdict, "{security:?} {offer:?}");
        }
    }
    // Where the keys do not count, none is answered and the stream is known to be in the clear.
    let mut a = secure_leg(20000, Security::Optional);
    a.offer_received(effort).unwrap();
    assert_eq!(text(&a.answer_own(&ALLOWED).unwrap()), "m=audio 20000 RTP/AVP 0\na=rtpmap:0 PCMU/8000\na=sendrecv\n");
    assert_eq!(a.agreed().unwrap().secure, None);
    // Of two streams the one that the policy takes is answered.
    for (security, ports) in [(Security::Off, [0, 20000]), (Security::Required, [20000, 0])] {
        let mut a = secure_leg(20000, security);
        a.offer_received(either.clone()).unwrap();
        let answer = a.answer_own(&ALLOWED).unwrap();
        assert_eq!(answer.media.iter().map(|media| media.port).collect::<Vec<_>>(), ports);
        assert_eq!(a.agreed().unwrap().secure.is_some(), security == Security::Required);
    }
}

#[test]
fn without_a_key_of_ours_nothing_is_secured() {
    let mut a = leg(20000);
    assert_eq!(a.offer_received(secured(&[line(1, LONG, THEIRS)])), Err(NegotiationError::SecurityUnwanted));
    // One key at both ends makes one key stream.
    let mut a = secure_leg(20000, Security::Required);
    a.offer_received(secured(&[line(1, LONG, ours())])).unwrap();
    assert_eq!(a.answer_own(&ALLOWED), Err(NegotiationError::NoUsableKey));
}

#[test]
fn our_offer_is_secured_as_the_leg_asks() {
    for (security, profile) in [
        (Security::Off, "RTP/AVP"),
        (Security::Optional, "RTP/AVP"),
        (Security::Preferred, "RTP/SAVP"),
        (Security::Required, "RTP/SAVP"),
    ] {
        let mut b = secure_leg(20002, security);
        // Whatever the other leg is.
        for other in [said("m=audio 4000 RTP/AVP 0\n"), secured(&[line(9, SHORT, THEIRS)])] {
            let offer = b.offer_from(&other, &["PCMU"]).unwrap();
            assert_eq!(offer.media[0].protocol, profile);
            let lines =
                if profile == "RTP/SAVP" { format!("a=crypto:1 {LONG} inline:{}\n", ours()) } else { String::new() };
            let expected = format!(
                "m=audio 20002 {profile} 0 101\na=rtpmap:0 PCMU/8000\na=rtpmap:101 telephone-event/8000\n\
                 a=fmtp:101 0-15\n{lines}a=sendrecv\n"
            );
            assert_eq!(text(&offer), expected);
            b.withdraw();
        }
    }
}

#[test]
fn an_answer_never_falls_back() {
    let answers = [
        (secured(&[line(1, LONG, THEIRS)]), Ok(())),
        (said("m=audio 4000 RTP/AVP 0\n"), Err(NegotiationError::SecurityRequired)),
        (secured(&[]), Err(NegotiationError::NoUsableKey)),
        (secured(&[line(2, LONG, THEIRS)]), Err(NegotiationError::NoUsableKey)),
        (secured(&[line(1, SHORT, THEIRS)]), Err(NegotiationError::NoUsableKey)),
        (secured(&[line(1, LONG, ours())]), Err(NegotiationError::NoUsableKey)),
        (secured(&[format!("{} UNENCRYPTED_SRTP", line(1, LONG, THEIRS))]), Err(NegotiationError::NoUsableKey)),
        (said("m=audio 0 RTP/SAVP 0\n"), Ok(())),
    ];
    for (answer, verdict) in answers {
        let mut b = secure_leg(20002, Security::Preferred);
        b.offer_own(&ALLOWED).unwrap();
        assert_eq!(b.answer_received(answer.clone()), verdict, "{answer:?}");
        let secure = b.agreed().map(|agreed| agreed.secure.is_some());
        assert_eq!(secure, (verdict.is_ok() && answer.media[0].port != 0).then_some(true));
        assert_eq!(b.open_offer_of_ours().is_some(), verdict.is_err(), "a refused answer leaves the offer open");
    }
    let mut b = secure_leg(20002, Security::Optional);
    b.offer_own(&ALLOWED).unwrap();
    assert_eq!(b.answer_received(secured(&[line(1, LONG, THEIRS)])), Err(NegotiationError::SecurityUnwanted));
}

#[test]
fn the_legs_of_a_call_are_independent() {
    let (mut a, mut b) = (secure_leg(20000, Security::Optional), leg(20002));
    let offer = secured(&[line(4, SHORT, THEIRS)]);
    a.offer_received(offer.clone()).unwrap();
    let to_b = b.offer_from(&offer, &ALLOWED).unwrap();
    assert!(!text(&to_b).contains("crypto") && !text(&to_b).contains("SAVP"));
    let answer = said("m=audio 5000 RTP/AVP 0\n");
    b.answer_received(answer.clone()).unwrap();
    let to_a = a.answer_from(&answer, &to_b).unwrap();
    assert_eq!(sdp::check_answer(&offer, &to_a), Ok(()));
    assert!(a.agreed().unwrap().secure.is_some() && b.agreed().unwrap().secure.is_none());

    // And the other way round, with the offers swapped.
    let (mut c, mut d) = (leg(20004), secure_leg(20006, Security::Required));
    let offer = said("m=audio 4000 RTP/AVP 0\n");
    c.offer_received(offer.clone()).unwrap();
    let to_d = d.offer_from(&offer, &ALLOWED).unwrap();
    let answer = secured(&[line(1, LONG, THEIRS)]);
    d.answer_received(answer.clone()).unwrap();
    let to_c = c.answer_from(&answer, &to_d).unwrap();
    assert!(!text(&to_c).contains("crypto") && to_c.media[0].protocol == "RTP/AVP");
    assert!(c.agreed().unwrap().secure.is_none() && d.agreed().unwrap().secure.is_some());
}

#[test]
fn a_secured_dialog_stays_secured_and_keeps_its_key() {
    let mut a = secure_leg(20000, Security::Optional);
    a.offer_received(secured(&[line(3, SHORT, THEIRS)])).unwrap();
    a.answer_own(&ALLOWED).unwrap();
    let before = a.agreed().unwrap().secure;

    // In the clear from now on? No.
    assert_eq!(a.offer_received(said("m=audio 4000 RTP/AVP 0\n")), Err(NegotiationError::SecurityRequired));
    assert_eq!(a.offer_received(said("m=image 4000 udptl t38\n")), Err(NegotiationError::SecurityRequired));
    assert_eq!(a.offer_from(&said("m=image 4000 udptl t38\n"), &ALLOWED), Err(NegotiationError::SecurityRequired));
    assert_eq!(a.agreed().unwrap().secure, before);

    // Our own next offer names the suite in use and the same key, so no stream begins anew.
    let offer = a.offer_from(&said("m=audio 7000 RTP/AVP 0\na=sendonly\n"), &ALLOWED).unwrap();
    assert!(text(&offer).contains("RTP/SAVP 0"));
    assert!(text(&offer).contains(&format!("a=crypto:1 {SHORT} inline:{}\n", ours())));
    a.answer_received(secured(&[line(1, SHORT, THEIRS)])).unwrap();
    assert_eq!(a.agreed().unwrap().secure, before);

    // The peer renews its key; ours stays.
    a.offer_received(secured(&[line(1, SHORT, OTHERS)])).unwrap();
    a.answer_own(&ALLOWED).unwrap();
    let after = a.agreed().unwrap().secure.unwrap();
    assert_eq!(after.ours, key());
    assert_ne!(Some(after.theirs), before.map(|before| before.theirs));
}

#[test]
fn a_dialog_in_the_clear_is_not_secured_by_the_way() {
    let mut a = secure_leg(20000, Security::Preferred);
    a.offer_received(said("m=audio 4000 RTP/AVPF 0\n")).unwrap();
    a.answer_own(&ALLOWED).unwrap();
    let offer = a.offer_own(&ALLOWED).unwrap();
    assert_eq!((offer.media[0].protocol.as_str(), offer.media[0].crypto.len()), ("RTP/AVPF", 0));
}

#[test]
fn keys_are_never_shown() {
    let mut a = secure_leg(20000, Security::Required);
    let mut offer = secured(&[line(1, LONG, THEIRS), "2 broken".to_owned()]);
    offer.attributes.push(sdp::Attribute { name: "crypto".to_owned(), value: Some(THEIRS.to_owned()) });
    offer.other_lines.push(sdp::Line { letter: 'k', value: THEIRS.to_owned() });
    a.offer_received(offer.clone()).unwrap();
    let answer = a.answer_own(&ALLOWED).unwrap();
    let shown = format!("{a:?} {offer:?} {answer:?} {:?}", a.agreed());
    assert!(!shown.contains(&THEIRS[..8]) && !shown.contains(&ours()[..8]), "{shown}");
    assert!(!shown.contains("[0, 1, 2, 3"), "{shown}");
    assert!(shown.contains(LONG));
}
