//! Any two descriptions, as an offer that passes through the box and the answer that comes back: nothing panics, what
//! is read prints to what is read again, answers fit their offers, and no leg is less secure than it must be.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sdp::{LocalMedia, MasterKey, Media, Negotiation, Security, Session, check_answer};

const ALLOWED: [&str; 5] = ["opus", "G722", "PCMA", "PCMU", "G729"];
const POLICIES: [Security; 4] = [Security::Off, Security::Optional, Security::Preferred, Security::Required];

fn leg(port: u16, security: Security) -> Negotiation {
    let ours =
        LocalMedia { address: [198, 51, 100, 5].into(), port, session_id: 1, version: 1, username: "-".to_owned() };
    let mut leg = Negotiation::new(ours);
    leg.set_security(security, MasterKey([port as u8; 30]));
    leg
}

fn is_secured(leg: &Negotiation) -> Option<bool> {
    Some(leg.agreed()?.secure.is_some())
}

/// What the box says names one live stream at most, at our address, and can be read.
fn check_ours(session: &Session) {
    let live: Vec<&Media> = session.media.iter().filter(|media| media.port != 0).collect();
    assert!(live.len() <= 1);
    assert!(live.iter().all(|media| session.address_of(media) == Some([198, 51, 100, 5].into())));
    if session.to_bytes().len() <= Session::SIZE_MAX {
        assert!(Session::parse(&session.to_bytes()).is_ok());
    }
}

/// One exchange: A offers, B answers.
fn through(a: &mut Negotiation, b: &mut Negotiation, offer: &Session, answer: &Session) {
    if a.offer_received(offer.clone()).is_err() {
        return;
    }
    let Ok(to_b) = b.offer_from(offer, &ALLOWED) else { return a.withdraw() };
    check_ours(&to_b);
    if b.answer_received(answer.clone()).is_err() {
        a.withdraw();
        return b.withdraw();
    }
    match a.answer_from(answer, &to_b) {
        Ok(to_a) => {
            check_ours(&to_a);
            assert_eq!(check_answer(offer, &to_a), Ok(()));
        }
        Err(_) => a.withdraw(),
    }
}

fuzz_target!(|octets: &[u8]| {
    let Some((policy, rest)) = octets.split_first() else { return };
    let mut said = rest.splitn(2, |octet| *octet == 0xff).map(Session::parse);
    let (Some(Ok(offer)), answer) = (said.next(), said.next()) else { return };
    assert_eq!(Session::parse(&offer.to_bytes()).as_ref(), Ok(&offer));
    let answer = answer.and_then(Result::ok).unwrap_or_else(|| offer.clone());

    let policies = [POLICIES[usize::from(policy & 3)], POLICIES[usize::from(policy >> 2 & 3)]];
    let (mut a, mut b) = (leg(20000, policies[0]), leg(20002, policies[1]));
    through(&mut a, &mut b, &offer, &answer);
    let before = [is_secured(&a), is_secured(&b)];
    // Once more the other way round, as after a transfer.
    through(&mut b, &mut a, &answer, &offer);
    for (at, leg) in [&a, &b].into_iter().enumerate() {
        let secured = is_secured(leg);
        assert!(policies[at] != Security::Required || secured != Some(false));
        assert!(policies[at] != Security::Off || secured != Some(true));
        assert!(before[at] != Some(true) || secured != Some(false), "fell back");
        assert!(!format!("{leg:?}").contains("[32, 32, 32"), "a key shows");
    }
    let mut service = leg(20004, policies[0]);
    if service.offer_received(offer.clone()).is_ok()
        && let Ok(answer) = service.answer_own(&ALLOWED)
    {
        check_ours(&answer);
        assert_eq!(check_answer(&offer, &answer), Ok(()));
    }
});
