use expect_test::{Expect, expect};

use super::*;
use crate::error::AnswerMismatch;
use crate::layout::check_answer;

const ALLOWED: [&str; 4] = ["PCMA", "pcmu", "iLBC", "opus"];

fn ours() -> LocalMedia {
    LocalMedia {
        address: "198.51.100.5".parse().unwrap(),
        port: 20000,
        session_id: 77,
        version: 1,
        username: "-".to_owned(),
    }
}

/// A description by `user` at `192.0.2.1` with these lines.
fn said(lines: &str) -> Session {
    let text = format!("v=0\no=user 1 1 IN IP4 192.0.2.1\ns=\nc=IN IP4 192.0.2.1\nt=0 0\n{lines}");
    Session::parse(text.as_bytes()).expect("readable")
}

/// All from the first `m=` on.
fn media(session: &Session, expected: Expect) {
    let text = String::from_utf8(session.to_bytes()).expect("text").replace("\r\n", "\n");
    expected.assert_eq(text.split_once("t=0 0\n").expect("t=").1);
}

#[test]
fn an_offer_passes_with_our_address_and_nothing_of_the_peers() {
    let offer = said(
        "a=group:BUNDLE 0 1\na=ice-lite\nm=audio 49170 RTP/AVPF 0 18 96 101 13 110\na=rtpmap:96 opus/48000/2\n\
         a=fmtp:96 stereo=1\na=rtpmap:101 telephone-event/8000\na=rtpmap:110 telephone-event/16000\na=ptime:30\n\
         a=candidate:1 1 UDP 1 10.0.0.1 5000 typ host\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\na=rtcp:53020\n\
         a=rtcp-mux\na=ice-ufrag:x\na=label:main\na=sendonly\nm=video 51372 RTP/AVP 31 99\na=rtpmap:99 H264/90000\n",
    );
    let sent = rewrite_offer(&offer, &ours(), &ALLOWED).unwrap();
    expect![[r#"
        v=0
        o=- 77 1 IN IP4 198.51.100.5
        s=-
        c=IN IP4 198.51.100.5
        t=0 0
        m=audio 20000 RTP/AVP 0 96 8 101 13 102
        a=rtpmap:0 PCMU/8000
        a=rtpmap:96 opus/48000/2
        a=fmtp:96 stereo=1
        a=rtpmap:8 PCMA/8000
        a=rtpmap:101 telephone-event/8000
        a=rtpmap:13 CN/8000
        a=rtpmap:102 telephone-event/48000
        a=fmtp:102 0-15
        a=ptime:30
        a=label:main
        a=sendonly
        m=video 0 RTP/AVP 31 99
    "#]]
    .assert_eq(&String::from_utf8(sent.to_bytes()).unwrap().replace("\r\n", "\n"));
}

#[test]
fn an_offer_without_audio_that_we_carry_is_refused() {
    let refusal = |lines: &str| rewrite_offer(&said(lines), &ours(), &ALLOWED).unwrap_err();
    assert_eq!(refusal(""), NegotiationError::NoAudio);
    assert_eq!(refusal("m=video 4000 RTP/AVP 31\n"), NegotiationError::NoAudio);
    assert_eq!(refusal("m=audio 0 RTP/AVP 0\n"), NegotiationError::NoAudio);
    assert_eq!(refusal("m=audio 4000 RTP/SAVP 0\n"), NegotiationError::NoAudio);
    assert_eq!(refusal("m=audio 4000 RTP/AVP 4\n"), NegotiationError::NoCommonCodec);
    assert_eq!(
        refusal("m=audio 4000 RTP/AVP 101\na=rtpmap:101 telephone-event/8000\n"),
        NegotiationError::NoCommonCodec
    );
    assert_eq!(answer(&said("m=audio 4000 RTP/AVP 4\n"), &ours(), &ALLOWED), Err(NegotiationError::NoCommonCodec));
}

#[test]
fn a_stream_that_we_carry_is_found_behind_others() {
    // RFC 4317 §2.6: two audio streams, of which the second fits; and a secured one before.
    let offer = said("m=audio 1 RTP/SAVP 0\nm=audio 2 RTP/AVP 4\nm=audio 3 RTP/AVP 97\na=rtpmap:97 iLBC/8000\n");
    let sent = rewrite_offer(&offer, &ours(), &ALLOWED).unwrap();
    media(
        &sent,
        expect![[r#"
            m=audio 0 RTP/SAVP 0
            m=audio 0 RTP/AVP 4
            m=audio 20000 RTP/AVP 97 101
            a=rtpmap:97 iLBC/8000
            a=rtpmap:101 telephone-event/8000
            a=fmtp:101 0-15
            a=sendrecv
        "#]],
    );
    let given = said("m=audio 0 RTP/SAVP 0\nm=audio 0 RTP/AVP 4\nm=audio 30 RTP/AVP 97\na=rtpmap:97 iLBC/8000\n");
    let back = rewrite_answer(&given, &sent, &offer, &ours()).unwrap();
    assert_eq!(check_answer(&offer, &back), Ok(()));
    assert_eq!(back.audio().map(|(index, _)| index), Some(2));
}

/// RFC 4317: what Alice offers and Bob answers, and what we tell Alice.
fn exchange(offer: &str, answer: &str, expected: Expect) {
    let offer = said(offer);
    let sent = rewrite_offer(&offer, &ours(), &ALLOWED).unwrap();
    let back = rewrite_answer(&said(answer), &sent, &offer, &ours()).unwrap();
    assert_eq!(check_answer(&offer, &back), Ok(()));
    media(&back, expected);
}

#[test]
fn rfc_4317_2_1_one_codec_of_three() {
    exchange(
        "m=audio 49170 RTP/AVP 0 8 97\na=rtpmap:97 iLBC/8000\nm=video 51372 RTP/AVP 31 32\n",
        "m=audio 49174 RTP/AVP 0\nm=video 0 RTP/AVP 32\n",
        expect![[r#"
            m=audio 20000 RTP/AVP 0
            a=rtpmap:0 PCMU/8000
            a=sendrecv
            m=video 0 RTP/AVP 31 32
        "#]],
    );
}

#[test]
fn rfc_4317_2_3_the_answer_numbers_the_codec_otherwise() {
    exchange(
        "m=audio 49170 RTP/AVP 0 8 97\na=rtpmap:97 iLBC/8000\nm=video 51372 RTP/AVP 31 32\n",
        "m=audio 49172 RTP/AVP 99\na=rtpmap:99 iLBC/8000\na=ptime:30\nm=video 0 RTP/AVP 31\n",
        expect![[r#"
            m=audio 20000 RTP/AVP 97
            a=rtpmap:97 iLBC/8000
            a=ptime:30
            a=sendrecv
            m=video 0 RTP/AVP 31 32
        "#]],
    );
}

#[test]
fn rfc_4317_2_4_a_second_audio_stream_is_refused() {
    exchange(
        "m=audio 49170 RTP/AVP 0 97\na=rtpmap:97 iLBC/8000\nm=audio 49172 RTP/AVP 98\n\
         a=rtpmap:98 telephone-event/8000\na=sendonly\n",
        "m=audio 49172 RTP/AVP 97\na=rtpmap:97 iLBC/8000\nm=audio 0 RTP/AVP 98\n",
        expect![[r#"
            m=audio 20000 RTP/AVP 97
            a=rtpmap:97 iLBC/8000
            a=sendrecv
            m=audio 0 RTP/AVP 98
        "#]],
    );
}

#[test]
fn rfc_4317_3_1_answered_on_hold() {
    exchange(
        "m=audio 49170 RTP/AVP 0 97\na=rtpmap:97 iLBC/8000\n",
        "m=audio 49172 RTP/AVP 97\na=rtpmap:97 iLBC/8000\na=sendonly\n",
        expect![[r#"
            m=audio 20000 RTP/AVP 97
            a=rtpmap:97 iLBC/8000
            a=sendonly
        "#]],
    );
}

#[test]
fn rfc_3264_10_2_inactive_until_the_codec_is_chosen() {
    exchange(
        "m=audio 62986 RTP/AVP 0 4 8\na=inactive\n",
        "m=audio 54344 RTP/AVP 0 8\na=inactive\n",
        expect![[r#"
            m=audio 20000 RTP/AVP 0 8
            a=rtpmap:0 PCMU/8000
            a=rtpmap:8 PCMA/8000
            a=inactive
        "#]],
    );
}

#[test]
fn an_answer_never_flows_wider_than_the_offer() {
    // A phone that forgets the direction in its answer to a hold.
    exchange(
        "m=audio 49170 RTP/AVP 8\na=sendonly\n",
        "m=audio 49172 RTP/AVP 8\n",
        expect![[r#"
            m=audio 20000 RTP/AVP 8
            a=rtpmap:8 PCMA/8000
            a=recvonly
        "#]],
    );
}

#[test]
fn a_refused_stream_is_refused_onwards_and_a_lazy_answer_understood() {
    exchange(
        "m=audio 49170 RTP/AVP 8\n",
        "m=audio 0 RTP/AVP 8\n",
        expect![[r#"
        m=audio 0 RTP/AVP 8
    "#]],
    );
    exchange(
        "m=video 1 RTP/AVP 31\nm=audio 49170 RTP/AVP 8\n",
        "m=audio 4000 RTP/AVP 8\n",
        expect![[r#"
            m=video 0 RTP/AVP 31
            m=audio 20000 RTP/AVP 8
            a=rtpmap:8 PCMA/8000
            a=sendrecv
        "#]],
    );
    let offer = said("m=audio 49170 RTP/AVP 8\n");
    let sent = rewrite_offer(&offer, &ours(), &ALLOWED).unwrap();
    let refusal = rewrite_answer(&said("m=audio 4000 RTP/AVP 4\n"), &sent, &offer, &ours());
    assert_eq!(refusal, Err(NegotiationError::NoCommonCodec));
}

#[test]
fn the_box_answers_with_one_codec_and_its_digits() {
    let offer = said(
        "m=audio 49170 RTP/AVPF 4 96 0 8 101 102\na=rtpmap:96 opus/48000/2\na=rtpmap:101 telephone-event/8000\n\
         a=rtpmap:102 telephone-event/48000\na=fmtp:102 0-15\na=sendonly\n",
    );
    media(
        &answer(&offer, &ours(), &ALLOWED).unwrap(),
        expect![[r#"
        m=audio 20000 RTP/AVPF 96 102
        a=rtpmap:96 opus/48000/2
        a=rtpmap:102 telephone-event/48000
        a=fmtp:102 0-15
        a=recvonly
    "#]],
    );
}

#[test]
fn an_offer_of_our_own_names_all_that_is_allowed() {
    media(
        &offer(&ours(), &["opus", "G722", "G729", "nonsense", "PCMA", "pcma"]),
        expect![[r#"
        m=audio 20000 RTP/AVP 96 9 18 8 101 102
        a=rtpmap:96 opus/48000/2
        a=fmtp:96 useinbandfec=1
        a=rtpmap:9 G722/8000
        a=rtpmap:18 G729/8000
        a=fmtp:18 annexb=no
        a=rtpmap:8 PCMA/8000
        a=rtpmap:101 telephone-event/8000
        a=fmtp:101 0-15
        a=rtpmap:102 telephone-event/48000
        a=fmtp:102 0-15
        a=ptime:20
        a=sendrecv
    "#]],
    );
}

#[test]
fn answers_are_checked_against_their_offers() {
    let offer = said("m=audio 1 RTP/AVP 0 97\na=rtpmap:97 iLBC/8000\na=sendonly\nm=video 0 RTP/AVP 31\n");
    for (answer, verdict) in [
        ("m=audio 2 RTP/AVP 0\na=recvonly\nm=video 0 RTP/AVP 31\n", Ok(())),
        ("m=audio 2 RTP/AVP 99\na=rtpmap:99 iLBC/8000\na=inactive\nm=video 0 RTP/AVP 31\n", Ok(())),
        ("m=audio 0 RTP/AVP 4\nm=video 0 RTP/AVP 31\n", Ok(())),
        ("m=audio 2 RTP/AVP 0\n", Err(AnswerMismatch::MediaCount { offered: 2, answered: 1 })),
        ("m=video 0 RTP/AVP 0\nm=audio 2 RTP/AVP 0\n", Err(AnswerMismatch::Kind(0))),
        ("m=audio 2 RTP/AVP 8\na=recvonly\nm=video 0 RTP/AVP 31\n", Err(AnswerMismatch::Format(0))),
        ("m=audio 2 RTP/AVP 0\nm=video 0 RTP/AVP 31\n", Err(AnswerMismatch::Direction(0))),
        ("m=audio 2 RTP/AVP 0\na=recvonly\nm=video 5 RTP/AVP 31\n", Err(AnswerMismatch::Refused(1))),
    ] {
        assert_eq!(check_answer(&offer, &said(answer)), verdict, "{answer}");
    }
}
