//! Any two phones can talk, and nothing is transcoded where both share a codec.

mod common;

use common::{ALLOWED, Talk, call, leg, said};
use sdp::Format;

const PCMU: &str = "0 101\na=rtpmap:101 telephone-event/8000\n";
const PCMA_G722: &str = "8 9 101\na=rtpmap:101 telephone-event/8000\n";
const OPUS: &str = "111 112\na=rtpmap:111 opus/48000/2\na=rtpmap:112 telephone-event/48000\n";
const G729: &str = "18\na=fmtp:18 annexb=no\n";
const G729_PCMU: &str = "18 0 101\na=rtpmap:101 telephone-event/8000\n";
const KEYLESS: &str = "8\n";

fn voices(talk: &[(u8, Format)]) -> Vec<&str> {
    let voices = talk.iter().filter(|(_, format)| !format.is_companion());
    let mut names: Vec<&str> = voices.map(|(_, format)| format.encoding.as_str()).collect();
    names.dedup();
    names
}

/// What A and B talk in: equal where nothing is transcoded.
fn talk(a: &str, b: &str) -> String {
    match call(a, b) {
        Ok(Talk { at_a, at_b, .. }) => {
            format!("{} | {}", voices(&at_a.payloads).join(" "), voices(&at_b.payloads).join(" "))
        }
        Err(who) => format!("refused by {who}"),
    }
}

#[test]
fn any_phone_talks_to_any_other() {
    for (a, b, verdict) in [
        (PCMU, PCMU, "PCMU | PCMU"),
        (PCMU, PCMA_G722, "PCMU | G722 PCMA"),
        (PCMU, OPUS, "PCMU | opus"),
        (PCMU, G729, "refused by B"),
        (PCMU, G729_PCMU, "PCMU | PCMU"),
        (PCMU, KEYLESS, "PCMU | PCMA"),
        (PCMA_G722, PCMU, "PCMA | PCMU"),
        (PCMA_G722, PCMA_G722, "PCMA G722 | PCMA G722"),
        (PCMA_G722, OPUS, "PCMA | opus"),
        (PCMA_G722, G729_PCMU, "PCMA | PCMU"),
        (PCMA_G722, KEYLESS, "PCMA | PCMA"),
        (OPUS, PCMU, "opus | PCMU"),
        (OPUS, PCMA_G722, "opus | G722 PCMA"),
        (OPUS, OPUS, "opus | opus"),
        (OPUS, G729, "refused by B"),
        (OPUS, G729_PCMU, "opus | PCMU"),
        (OPUS, KEYLESS, "opus | PCMA"),
        // Only passed on: with nothing else of its own it meets nobody but its like, and is told at once.
        (G729, G729, "G729 | G729"),
        (G729, PCMU, "refused by B"),
        (G729, OPUS, "refused by B"),
        (G729_PCMU, G729, "G729 | G729"),
        (G729_PCMU, G729_PCMU, "G729 PCMU | G729 PCMU"),
        (G729_PCMU, OPUS, "PCMU | opus"),
        (G729_PCMU, PCMA_G722, "PCMU | G722 PCMA"),
        (KEYLESS, PCMU, "PCMA | PCMU"),
        ("4\n", PCMU, "refused by the box"),
    ] {
        assert_eq!(talk(a, b), verdict, "{a} calls {b}");
    }
}

#[test]
fn a_codec_that_both_share_is_offered_before_those_that_the_box_makes() {
    let Talk { to_b, .. } = call(PCMU, PCMA_G722).unwrap();
    let offered: Vec<(u8, &str)> = to_b.media[0].formats.iter().map(|f| (f.payload, f.encoding.as_str())).collect();
    let voices = [(0, "PCMU"), (96, "opus"), (9, "G722"), (8, "PCMA")];
    assert_eq!(offered, [&voices[..], &[(101, "telephone-event"), (102, "telephone-event")]].concat());
    assert_eq!(to_b.media[0].formats[1].fmtp.as_deref(), Some("useinbandfec=1"));
}

#[test]
fn keys_are_offered_to_everybody_and_answered_to_whoever_asked() {
    for (a, b, at_a, at_b) in [
        (PCMU, PCMU, Some(8000), Some(8000)),
        (PCMU, KEYLESS, Some(8000), None),
        (KEYLESS, PCMU, None, Some(8000)),
        (OPUS, PCMU, Some(48000), Some(8000)),
        (PCMU, OPUS, Some(8000), Some(48000)),
        (OPUS, KEYLESS, Some(48000), None),
    ] {
        let talk = call(a, b).unwrap();
        let clock = |payloads: &[(u8, Format)]| {
            let event = payloads.iter().find(|(_, format)| format.encoding == Format::TELEPHONE_EVENT);
            event.map(|(_, format)| format.clock_rate)
        };
        assert_eq!((clock(&talk.at_a.payloads), clock(&talk.at_b.payloads)), (at_a, at_b), "{a} calls {b}");
    }
    // Known, yet not the keys that we understand: only those are answered.
    let asked = "0 101\na=rtpmap:101 telephone-event/8000\na=fmtp:101 0-16,66,70\n";
    let Talk { to_a, .. } = call(asked, KEYLESS).unwrap();
    assert_eq!(to_a.media[0].formats[1].fmtp.as_deref(), Some("0-15"));
}

#[test]
fn numbers_that_the_asker_took_are_not_given_twice() {
    let crowded = "0 96 101 102\na=rtpmap:96 telephone-event/8000\na=rtpmap:101 iLBC/8000\na=rtpmap:102 SILK/8000\n";
    let Talk { to_b, to_a, .. } = call(crowded, OPUS).unwrap();
    let mut numbers: Vec<u8> = to_b.media[0].formats.iter().map(|f| f.payload).collect();
    assert_eq!(numbers.len(), 6, "{numbers:?}");
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 6);
    assert_eq!(to_a.media[0].formats.iter().map(|f| f.payload).collect::<Vec<_>>(), [0, 96]);
}

#[test]
fn a_choice_that_cannot_be_turned_into_the_shared_codec_leaves_a_way() {
    // B takes G.729 and, first of all, G.722, which A has not: what comes in G.722 must become something.
    let (mut a, mut b) = (leg(20000), leg(20002));
    let offer = said("m=audio 4000 RTP/AVP 18 0\n");
    a.offer_received(offer.clone()).unwrap();
    let to_b = b.offer_from(&offer, &ALLOWED).unwrap();
    let answer = said("m=audio 5000 RTP/AVP 9 18\n");
    b.answer_received(answer.clone()).unwrap();
    let to_a = a.answer_from(&answer, &to_b).unwrap();
    assert_eq!(to_a.media[0].formats.iter().map(|f| f.payload).collect::<Vec<_>>(), [18, 0]);
}

#[test]
fn a_fallback_is_never_a_codec_that_is_not_allowed() {
    let (mut a, mut b) = (leg(20000), leg(20002));
    let offer = said("m=audio 4000 RTP/AVP 9 8\n");
    a.offer_received(offer.clone()).unwrap();
    let to_b = b.offer_from(&offer, &["PCMU", "PCMA"]).unwrap();
    let answer = said("m=audio 5000 RTP/AVP 0\n");
    b.answer_received(answer.clone()).unwrap();
    let to_a = a.answer_from(&answer, &to_b).unwrap();
    assert_eq!(to_a.media[0].formats.iter().map(|f| f.payload).collect::<Vec<_>>(), [8]);
}

#[test]
fn the_box_speaks_what_it_can_speak() {
    for (offered, answered) in [("18 0", 0), ("0 8", 0), ("18", 18), ("4 18 9", 9)] {
        let mut a = leg(20000);
        a.offer_received(said(&format!("m=audio 4000 RTP/AVP {offered}\n"))).unwrap();
        let answer = a.answer_own(&ALLOWED).unwrap();
        assert_eq!(answer.media[0].formats.iter().map(|f| f.payload).collect::<Vec<_>>(), [answered]);
    }
}

#[test]
fn packet_times_are_met_within_reason() {
    for (lines, ms) in [
        ("", 20),
        ("a=ptime:10\n", 10),
        ("a=ptime:30\n", 30),
        ("a=ptime:60\n", 60),
        ("a=ptime:25\n", 20),
        ("a=ptime:0\n", 20),
        ("a=ptime:1\n", 10),
        ("a=ptime:7\n", 10),
        ("a=ptime:1000\n", 60),
        ("a=ptime:99999\n", 20),
        ("a=ptime:x\n", 20),
        ("a=ptime:40\na=maxptime:30\n", 30),
        ("a=maxptime:10\n", 10),
    ] {
        let mut a = leg(20000);
        a.offer_received(said(&format!("m=audio 4000 RTP/AVP 0\n{lines}"))).unwrap();
        a.answer_own(&ALLOWED).unwrap();
        assert_eq!(a.agreed().unwrap().ptime_ms, ms, "{lines}");
    }
    // Nobody else is asked for an absurd one.
    let to_b = leg(20002).offer_from(&said("m=audio 4000 RTP/AVP 0\na=ptime:1000\n"), &ALLOWED).unwrap();
    assert_eq!(to_b.media[0].ptime, None);
}

#[test]
fn rtcp_shares_the_port_where_both_want_it() {
    let mut a = leg(20000);
    a.offer_received(said("m=audio 4000 RTP/AVP 0\na=rtcp-mux\na=rtcp:4009\n")).unwrap();
    assert!(a.answer_own(&ALLOWED).unwrap().media[0].rtcp_mux);
    let agreed = a.agreed().unwrap();
    assert!(agreed.rtcp_mux);
    assert_eq!(agreed.rtcp, agreed.rtp);

    for (offered, answered, both) in [(false, true, false), (true, false, false), (true, true, true)] {
        let mut b = leg(20002);
        b.set_rtcp_mux(offered);
        let offer = b.offer_from(&said("m=audio 4000 RTP/AVP 0\na=rtcp-mux\n"), &ALLOWED).unwrap();
        assert_eq!(offer.media[0].rtcp_mux, offered);
        let attribute = if answered { "a=rtcp-mux\n" } else { "" };
        b.answer_received(said(&format!("m=audio 5000 RTP/AVP 0\n{attribute}"))).unwrap();
        let agreed = b.agreed().unwrap();
        assert_eq!(agreed.rtcp_mux, both);
        assert_eq!(agreed.rtcp, Some(if both { "192.0.2.1:5000" } else { "192.0.2.1:5001" }.parse().unwrap()));
    }
}

#[test]
fn what_the_peer_asks_of_its_opus_is_known() {
    let mut a = leg(20000);
    let lines = "m=audio 4000 RTP/AVP 111\na=rtpmap:111 OPUS/48000\n\
                 a=fmtp:111 useinbandfec=1; usedtx=1;maxaveragebitrate=32000\n";
    a.offer_received(said(lines)).unwrap();
    a.answer_own(&ALLOWED).unwrap();
    let opus = a.agreed().unwrap().opus;
    assert_eq!((opus.fec, opus.dtx, opus.bit_rate_max), (true, true, Some(32_000)));
}
