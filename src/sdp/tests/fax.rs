//! T.38 as gateways speak of it (ITU-T T.38 Annex D): passed on with our address, else refused.

mod common;

use common::{ALLOWED, leg, said, text};
use expect_test::expect;
use sdp::{Negotiation, NegotiationError, Session};

/// A gateway's offer in the middle of a call.
const GATEWAY: &str = "m=image 49170 udptl t38\na=T38FaxVersion:0\na=T38MaxBitRate:14400\na=T38FaxFillBitRemoval:0\n\
                       a=T38FaxTranscodingMMR:0\na=T38FaxTranscodingJBIG:0\na=T38FaxRateManagement:transferredTCF\n\
                       a=T38FaxMaxBuffer:2000\na=T38FaxMaxDatagram:512\na=T38FaxUdpEC:t38UDPRedundancy\n\
                       a=candidate:1 1 UDP 1 10.0.0.1 5000 typ host\na=X-ours:1\n";

/// A and B in a call of voice.
fn talking() -> (Negotiation, Negotiation) {
    let (mut a, mut b) = (leg(20000), leg(20002));
    through(&mut a, &mut b, said("m=audio 4000 RTP/AVP 8\n"), said("m=audio 5000 RTP/AVP 8\n"));
    (a, b)
}

/// A's offer to B and B's answer back: what B and A are told.
fn through(a: &mut Negotiation, b: &mut Negotiation, offer: Session, answer: Session) -> (Session, Session) {
    a.offer_received(offer.clone()).expect("it passes");
    let to_b = b.offer_from(&offer, &ALLOWED).expect("it passes");
    b.answer_received(answer.clone()).expect("it passes");
    let to_a = a.answer_from(&answer, &to_b).expect("it passes");
    assert_eq!(sdp::check_answer(&offer, &to_a), Ok(()));
    (to_b, to_a)
}

#[test]
fn a_fax_takes_the_place_of_the_voice_and_gives_it_back() {
    let (mut a, mut b) = talking();
    let taken = said("m=image 5004 udptl t38\na=T38FaxVersion:0\na=T38FaxRateManagement:transferredTCF\n");
    let (to_b, to_a) = through(&mut a, &mut b, said(GATEWAY), taken);
    expect![[r#"
        m=image 20002 udptl t38
        a=T38FaxVersion:0
        a=T38MaxBitRate:14400
        a=T38FaxFillBitRemoval:0
        a=T38FaxTranscodingMMR:0
        a=T38FaxTranscodingJBIG:0
        a=T38FaxRateManagement:transferredTCF
        a=T38FaxMaxBuffer:2000
        a=T38FaxMaxDatagram:512
        a=T38FaxUdpEC:t38UDPRedundancy
    "#]]
    .assert_eq(&text(&to_b));
    expect![[r#"
        m=image 20000 udptl t38
        a=T38FaxVersion:0
        a=T38FaxRateManagement:transferredTCF
    "#]]
    .assert_eq(&text(&to_a));
    for (leg, rtp) in [(&a, "192.0.2.1:49170"), (&b, "192.0.2.1:5004")] {
        let agreed = leg.agreed().unwrap();
        assert!(agreed.datagrams && agreed.voice().is_none() && agreed.payloads.is_empty());
        assert_eq!((agreed.rtp, agreed.send, agreed.receive), (Some(rtp.parse().unwrap()), true, true));
    }

    let (to_b, _) = through(&mut a, &mut b, said("m=audio 4000 RTP/AVP 8\n"), said("m=audio 5000 RTP/AVP 8\n"));
    assert!(text(&to_b).starts_with("m=audio 20002 RTP/AVP 8 "), "{}", text(&to_b));
    assert!(!a.agreed().unwrap().datagrams && a.agreed().unwrap().voice().is_some());
}

#[test]
fn a_fax_beside_a_refused_voice_keeps_both_lines() {
    let (mut a, mut b) = talking();
    let offer = said("m=audio 0 RTP/AVP 8\nm=image 49170 UDPTL T38\na=t38faxversion:3\n");
    // B had one line only: the fax takes its place; B answers in kind.
    let (to_b, to_a) = through(&mut a, &mut b, offer, said("m=image 5004 UDPTL T38\n"));
    assert_eq!(text(&to_b), "m=image 20002 UDPTL t38\na=t38faxversion:3\n");
    assert_eq!(text(&to_a), "m=audio 0 RTP/AVP 8\nm=image 20000 UDPTL t38\n");
    assert!(a.agreed().unwrap().datagrams && b.agreed().unwrap().datagrams);

    // Back to voice: A's first line lives again, its second is refused, and neither goes away.
    let offer = said("m=audio 4000 RTP/AVP 8\nm=image 0 udptl t38\n");
    let (_, to_a) = through(&mut a, &mut b, offer, said("m=audio 5000 RTP/AVP 8\n"));
    assert!(text(&to_a).starts_with("m=audio 20000 RTP/AVP 8\n") && text(&to_a).contains("m=image 0 udptl t38\n"));
    // An offer of ours to A keeps the voice on the first line, too.
    let to_a = a.offer_from(&said("m=audio 5000 RTP/AVP 8\n"), &ALLOWED).unwrap();
    assert_eq!(to_a.media.iter().map(|media| media.port).collect::<Vec<_>>(), [20000, 0]);
}

#[test]
fn a_refused_fax_is_refused_onwards() {
    let (mut a, mut b) = talking();
    let (_, to_a) = through(&mut a, &mut b, said(GATEWAY), said("m=image 0 udptl t38\n"));
    assert_eq!(text(&to_a), "m=image 0 udptl t38\n");
    assert!(a.agreed().is_none() && b.agreed().is_none());
}

#[test]
fn voice_is_chosen_before_fax_and_other_images_are_none() {
    let (mut a, mut b) = talking();
    let both = said("m=audio 4000 RTP/AVP 8\nm=image 49170 udptl t38\n");
    let (to_b, _) = through(&mut a, &mut b, both, said("m=audio 5000 RTP/AVP 8\n"));
    assert!(to_b.media.iter().all(|media| media.port == 0 || media.kind == sdp::MediaKind::Audio));
    assert!(!a.agreed().unwrap().datagrams);

    for lines in
        ["m=image 49170 TCP t38\n", "m=image 49170 udptl png\n", "m=image 0 udptl t38\n", "m=image 5 RTP/AVP 98\n"]
    {
        let refusal = b.offer_from(&said(lines), &ALLOWED);
        assert_eq!(refusal, Err(NegotiationError::NoAudio), "{lines}");
    }
}

#[test]
fn the_box_itself_takes_no_fax() {
    let mut a = leg(20000);
    a.offer_received(said(GATEWAY)).unwrap();
    assert_eq!(a.answer_own(&ALLOWED), Err(NegotiationError::NoAudio));
    // Nor does a voice answer a fax.
    let mut b = leg(20002);
    let to_b = b.offer_from(&said(GATEWAY), &ALLOWED).unwrap();
    let odd = said("m=audio 5000 RTP/AVP 8\n");
    let _ = b.answer_received(odd.clone());
    assert!(b.agreed().is_none());
    assert_eq!(text(&a.answer_from(&odd, &to_b).unwrap()), "m=image 0 udptl t38\n");
}
