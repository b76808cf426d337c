//! What holds for every description: reading never panics, parse∘print is identity, answer ⊆ offer.

use proptest::collection::vec;
use proptest::prelude::*;
use sdp::{
    LocalMedia, MasterKey, Negotiation, Security, Session, agreed, answer, check_answer, rewrite_answer, rewrite_offer,
};

const ALLOWED: [&str; 5] = ["PCMU", "PCMA", "G722", "opus", "G729"];

fn ours(port: u16) -> LocalMedia {
    LocalMedia { address: [198, 51, 100, 5].into(), port, session_id: 1, version: 1, username: "-".to_owned() }
}

/// Lines that a phone might send, some of them nonsense.
fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("c=IN IP4 192.0.2.9".to_owned()),
        Just("c=IN IP4 0.0.0.0".to_owned()),
        Just("c=IN IP6 2001:db8::7".to_owned()),
        Just("c=IN IP4 host.example.com".to_owned()),
        Just("a=rtcp-mux".to_owned()),
        "a=(sendrecv|sendonly|recvonly|inactive)",
        "a=rtpmap:(0|8|96|97|101|111) (PCMU|pcma|opus|G722|telephone-event|CN|x y|)/(8000|48000|0)(/2|/0|)?",
        "a=fmtp:(96|97|101) ?[a-z0-9=;-]{0,8}",
        "a=(ptime|maxptime|rtcp|label|content|candidate|crypto):? ?[0-9a-z .]{0,12}",
        "m=(audio|video|image|text) [0-9]{1,5}(/[0-9])? (RTP/AVP|RTP/AVPF|RTP/SAVP|udptl)( (0|8|9|13|18|96|97|101|111|t38)){0,6}",
        "a=crypto:[0-9]{1,10} AES_CM_128_HMAC_SHA1_(80|32) inline:[a-zA-Z]{38,41}(\\|2\\^(20|31|50))?(\\|1:4)?( KDR=[01])?",
        "a=T38Fax(Version|MaxBuffer):[0-9]{1,4}",
        "[a-z]=[ -~]{0,20}",
        "t=(0 0|1 2)",
        "[ -~é]{0,12}",
    ]
}

fn description() -> impl Strategy<Value = String> {
    (vec(line(), 0..24), prop_oneof![Just("\r\n"), Just("\n"), Just("\r")]).prop_map(|(lines, end)| {
        let head = ["v=0", "o=- 1 1 IN IP4 192.0.2.1", "s=-", "c=IN IP4 192.0.2.1"].map(str::to_owned);
        head.into_iter().chain(lines).flat_map(|line| [line, end.to_owned()]).collect()
    })
}

fn audio_description() -> impl Strategy<Value = Session> {
    let formats = "( (0|8|9|18|4|13)){0,4}( 96)?( 97)?( 101)?";
    let lines = vec(line().prop_filter("attributes", |line| line.starts_with("a=")), 0..8);
    let section = (formats, lines, 0_u16..3, "RTP/(AVP|AVPF|SAVP)").prop_map(|(formats, lines, port, profile)| {
        format!("m=audio {} {profile}{formats}\n{}\n", port * 4000, lines.join("\n"))
    });
    let other = "m=(video [05]000 RTP/AVP 31 99|image [05]000 udptl t38)\n";
    vec(prop_oneof![3 => section, 1 => other], 1..4).prop_filter_map("readable", |sections| {
        let text = format!("v=0\no=- 1 1 IN IP4 192.0.2.1\nc=IN IP4 192.0.2.1\n{}", sections.concat());
        Session::parse(text.as_bytes()).ok()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reading_octets_never_panics(octets in vec(any::<u8>(), 0..400)) {
        let _ = Session::parse(&octets);
    }

    #[test]
    fn reading_mutated_descriptions_never_panics(text in description(), at in any::<prop::sample::Index>(), octet: u8) {
        let mut octets = text.into_bytes();
        let at = at.index(octets.len());
        octets[at] = octet;
        if let Ok(session) = Session::parse(&octets) {
            prop_assert_eq!(Session::parse(&session.to_bytes()), Ok(session));
        }
        let _ = Session::parse(&octets[..at]);
    }

    #[test]
    fn print_then_parse_is_identity(text in description()) {
        if let Ok(session) = Session::parse(text.as_bytes()) {
            let printed = session.to_bytes();
            prop_assert_eq!(Session::parse(&printed), Ok(session), "{}", String::from_utf8_lossy(&printed));
        }
    }

    #[test]
    fn our_answers_fit_every_offer(offer in audio_description(), given in audio_description()) {
        if let Ok(own) = answer(&offer, &ours(20000), &ALLOWED) {
            prop_assert_eq!(check_answer(&offer, &own), Ok(()));
            prop_assert_eq!(Session::parse(&own.to_bytes()), Ok(own));
        }
        for security in [Security::Off, Security::Optional, Security::Preferred, Security::Required] {
            let mut leg = Negotiation::new(ours(20000));
            leg.set_security(security, MasterKey([7; 30]));
            if leg.offer_received(offer.clone()).is_err() || leg.answer_own(&ALLOWED).is_err() {
                continue;
            }
            let secure = leg.agreed().is_some_and(|agreed| agreed.secure.is_some());
            prop_assert!(leg.agreed().is_none() || security != Security::Required || secure);
            prop_assert!(security != Security::Off || !secure);
            let answer = leg.our_description().cloned().unwrap_or_else(|| offer.clone());
            prop_assert_eq!(check_answer(&offer, &answer), Ok(()));
        }
        let Ok(sent) = rewrite_offer(&offer, &ours(20002), &ALLOWED) else { return Ok(()) };
        prop_assert_eq!(sent.media.len(), offer.media.len());
        prop_assert_eq!(Session::parse(&sent.to_bytes()), Ok(sent.clone()));
        if let Ok(back) = rewrite_answer(&given, &sent, &offer, &ours(20000)) {
            prop_assert_eq!(check_answer(&offer, &back), Ok(()));
            prop_assert!(back.audio().is_none() || back.audio().is_some_and(|(_, audio)| audio.voice().is_some()));
            if let Some(agreed) = agreed(&back, &offer) {
                let numbers: Vec<u8> = agreed.payloads.iter().map(|(number, _)| *number).collect();
                let once: std::collections::BTreeSet<u8> = numbers.iter().copied().collect();
                prop_assert_eq!(once.len(), numbers.len(), "a number means one thing");
            }
        }
    }
}
