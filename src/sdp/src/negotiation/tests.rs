use super::*;
use crate::direction::Direction;

const ALLOWED: [&str; 3] = ["PCMA", "PCMU", "opus"];

fn leg(port: u16) -> Negotiation {
    Negotiation::new(LocalMedia {
        address: "198.51.100.5".parse().unwrap(),
        port,
        session_id: u64::from(port),
        version: 1,
        username: "-".to_owned(),
    })
}

fn said(version: u64, lines: &str) -> Session {
    let text = format!("v=0\no=user 1 {version} IN IP4 192.0.2.1\ns=\nc=IN IP4 192.0.2.1\nt=0 0\n{lines}");
    Session::parse(text.as_bytes()).expect("readable")
}

/// Passes an offer of A's phone to B and B's answer back; what A is told.
fn through(a: &mut Negotiation, b: &mut Negotiation, offer: Session, answer: Session) -> (Session, Session) {
    a.offer_received(offer.clone()).unwrap();
    let to_b = b.offer_from(&offer, &ALLOWED).unwrap();
    b.answer_received(answer.clone()).unwrap();
    let to_a = a.answer_from(&answer, &to_b).unwrap();
    (to_b, to_a)
}

#[test]
fn a_call_is_held_and_taken_up_again() {
    let (mut a, mut b) = (leg(20000), leg(20002));
    let (to_b, to_a) =
        through(&mut a, &mut b, said(1, "m=audio 4000 RTP/AVP 0 8\n"), said(1, "m=audio 5000 RTP/AVP 8\n"));
    assert_eq!((to_b.origin.version, to_a.origin.version), (1, 1));
    let agreed = a.agreed().unwrap();
    assert_eq!(agreed.rtp, Some("192.0.2.1:4000".parse().unwrap()));
    assert_eq!(agreed.rtcp, Some("192.0.2.1:4001".parse().unwrap()));
    // What A wants to receive; PCMU was offered by A but not taken by B.
    assert_eq!(agreed.payloads.iter().map(|(n, _)| *n).collect::<Vec<_>>(), [8]);
    assert!(agreed.send && agreed.receive && !a.is_held_by_peer());

    let hold = said(2, "m=audio 4000 RTP/AVP 8\na=sendonly\n");
    let (to_b, to_a) = through(&mut a, &mut b, hold, said(2, "m=audio 5000 RTP/AVP 8\na=recvonly\n"));
    assert_eq!((to_b.origin.version, to_a.origin.version), (2, 2));
    assert_eq!(to_b.media[0].direction, Direction::SendOnly);
    assert_eq!(to_a.media[0].direction, Direction::RecvOnly);
    assert!(a.is_held_by_peer() && !b.is_held_by_peer());
    let (at_a, at_b) = (a.agreed().unwrap(), b.agreed().unwrap());
    assert_eq!((at_a.send, at_a.receive, at_b.send, at_b.receive), (false, true, true, false));

    let resume = said(3, "m=audio 4000 RTP/AVP 8\n");
    let (to_b, _) = through(&mut a, &mut b, resume.clone(), said(3, "m=audio 5000 RTP/AVP 8\n"));
    assert_eq!(to_b.origin.version, 3);
    assert!(a.agreed().unwrap().send && b.agreed().unwrap().receive);

    // The same again: nothing changed, so the version stays (RFC 3264 §8).
    let (to_b, to_a) = through(&mut a, &mut b, resume, said(3, "m=audio 5000 RTP/AVP 8\n"));
    assert_eq!((to_b.origin.version, to_a.origin.version), (3, 3));
}

#[test]
fn hold_by_zero_address_names_no_address_and_sends_nothing() {
    let (mut a, mut b) = (leg(20000), leg(20002));
    through(&mut a, &mut b, said(1, "m=audio 4000 RTP/AVP 8\n"), said(1, "m=audio 5000 RTP/AVP 8\n"));
    let hold = said(2, "m=audio 4000 RTP/AVP 8\nc=IN IP4 0.0.0.0\n");
    let (to_b, to_a) = through(&mut a, &mut b, hold, said(2, "m=audio 5000 RTP/AVP 8\na=recvonly\n"));
    assert_eq!(to_b.media[0].direction, Direction::SendOnly);
    assert_eq!(to_b.connection, Some("198.51.100.5".parse().unwrap()));
    assert_eq!(to_a.media[0].direction, Direction::RecvOnly);
    let agreed = a.agreed().unwrap();
    assert_eq!((agreed.rtp, agreed.rtcp, agreed.port, agreed.send), (None, None, 4000, false));
}

#[test]
fn late_offer_takes_the_other_legs_offer() {
    // A's INVITE had no description: B is asked for an offer, which goes to A in the 200; A's answer
    // comes in the ACK and goes on in the ACK to B.
    let (mut a, mut b) = (leg(20000), leg(20002));
    let from_b = said(1, "m=audio 5000 RTP/AVP 8 101\na=rtpmap:101 telephone-event/8000\n");
    b.offer_received(from_b.clone()).unwrap();
    let to_a = a.offer_from(&from_b, &ALLOWED).unwrap();
    let from_a = said(1, "m=audio 4000 RTP/AVP 8\n");
    a.answer_received(from_a.clone()).unwrap();
    let to_b = b.answer_from(&from_a, &to_a).unwrap();
    assert_eq!(crate::check_answer(&from_b, &to_b), Ok(()));
    assert_eq!(a.agreed().unwrap().payloads.len(), 1);

    // Or the box offers by itself.
    let mut service = leg(20004);
    let offer = service.offer_own(&ALLOWED).unwrap();
    service.answer_received(said(1, "m=audio 4000 RTP/AVP 0\n")).unwrap();
    assert_eq!(offer.media[0].formats.len(), 5);
    assert_eq!(service.agreed().unwrap().voice().map(|f| f.payload), Some(0));
}

#[test]
fn one_offer_at_a_time() {
    let mut a = leg(20000);
    let offer = said(1, "m=audio 4000 RTP/AVP 0\n");
    assert_eq!(a.answer_received(offer.clone()), Err(NegotiationError::NoOffer));
    assert_eq!(a.answer_own(&ALLOWED), Err(NegotiationError::NoOffer));
    a.offer_own(&ALLOWED).unwrap();
    assert_eq!(a.offer_received(offer.clone()), Err(NegotiationError::OfferOpen));
    assert_eq!(a.offer_own(&ALLOWED), Err(NegotiationError::OfferOpen));
    assert!(a.open_offer_of_ours().is_some() && a.open_offer_of_peer().is_none());
    a.withdraw();
    assert!(a.agreed().is_none());
    a.offer_received(offer.clone()).unwrap();
    assert_eq!(a.open_offer_of_peer(), Some(&offer));
    assert_eq!(a.answer_received(offer), Err(NegotiationError::NoOffer));
    a.answer_own(&ALLOWED).unwrap();
    assert!(a.agreed().is_some() && a.open_offer_of_peer().is_none());
}

#[test]
fn a_refused_offer_leaves_the_session_as_it_was() {
    let mut a = leg(20000);
    a.offer_own(&ALLOWED).unwrap();
    a.answer_received(said(1, "m=audio 4000 RTP/AVP 0\n")).unwrap();
    let before = a.agreed();
    let held = said(1, "m=audio 7000 RTP/AVP 0\na=sendonly\n");
    let offer = a.offer_from(&held, &ALLOWED).unwrap();
    assert_eq!(offer.origin.version, 2);
    a.withdraw();
    assert_eq!(a.agreed(), before);
    assert_eq!(a.our_description().unwrap().origin.version, 1);
}

#[test]
fn a_preview_is_replaced_by_the_answer_that_counts() {
    let (mut a, mut b) = (leg(20000), leg(20002));
    let early = said(1, "m=audio 5000 RTP/AVP 8\n");
    let (to_b, _) = through(&mut a, &mut b, said(1, "m=audio 4000 RTP/AVP 0 8\n"), early);
    let answer = said(1, "m=audio 6000 RTP/AVP 0\n");
    b.answer_received(answer.clone()).unwrap();
    let again = a.answer_from(&answer, &to_b).unwrap();
    assert_eq!(b.agreed().unwrap().rtp, Some("192.0.2.1:6000".parse().unwrap()));
    assert_eq!(a.agreed().unwrap().payloads[0].0, 0);
    assert_eq!(again.origin.version, 2);
}

#[test]
fn a_reoffer_to_another_party_keeps_lines_and_numbers() {
    // B talked to A with video refused and 97 = telephone-event; now C takes A's place and numbers otherwise.
    let (mut a, mut b) = (leg(20000), leg(20002));
    through(
        &mut a,
        &mut b,
        said(1, "m=video 1 RTP/AVP 31\nm=audio 4000 RTP/AVP 8 97\na=rtpmap:97 telephone-event/8000\n"),
        said(1, "m=video 0 RTP/AVP 31\nm=audio 5000 RTP/AVP 8 97\na=rtpmap:97 telephone-event/8000\n"),
    );
    let from_c =
        said(1, "m=audio 6000 RTP/AVP 97 8 101\na=rtpmap:97 opus/48000/2\na=rtpmap:101 telephone-event/8000\n");
    let to_b = b.offer_from(&from_c, &ALLOWED).unwrap();
    assert_eq!(to_b.media.len(), 2);
    assert_eq!(to_b.media[0].port, 0);
    let numbers: Vec<_> = to_b.media[1].formats.iter().map(|f| (f.payload, f.encoding.as_str())).collect();
    // What C has first, then what the box makes of it; 97 still means what it meant to B.
    let events = [(97, "telephone-event"), (102, "telephone-event")];
    assert_eq!(numbers, [&[(96, "opus"), (8, "PCMA"), (0, "PCMU")][..], &events].concat());
    assert_eq!(to_b.origin.version, 2);
}

#[test]
fn both_numbers_are_known_where_the_peer_numbers_otherwise() {
    let mut a = leg(20000);
    a.offer_own(&ALLOWED).unwrap();
    a.answer_received(said(
        1,
        "m=audio 4000 RTP/AVP 111 120\na=rtpmap:111 OPUS/48000/2\na=rtpmap:120 telephone-event/48000\na=rtcp:9 IN IP4 \
         192.0.2.7\n",
    ))
    .unwrap();
    let agreed = a.agreed().unwrap();
    assert_eq!(agreed.payloads.iter().map(|(n, _)| *n).collect::<Vec<_>>(), [111, 120, 96, 102]);
    assert_eq!(agreed.rtcp, Some("192.0.2.7:9".parse().unwrap()));
    assert_eq!(agreed.voice().map(|f| f.payload), Some(111));
}

#[test]
fn nothing_is_sent_to_a_whole_network() {
    for address in ["224.2.1.1/127", "255.255.255.255", "0.0.0.0", "phone.example.com"] {
        let mut a = leg(20000);
        let text = format!("v=0\no=- 1 1 IN IP4 192.0.2.1\nc=IN IP4 {address}\nm=audio 4000 RTP/AVP 0\n");
        a.offer_received(Session::parse(text.as_bytes()).unwrap()).unwrap();
        a.answer_own(&ALLOWED).unwrap();
        assert_eq!(a.agreed().unwrap().rtp, None, "{address}");
    }
}
