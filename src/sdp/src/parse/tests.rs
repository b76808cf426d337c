use expect_test::{Expect, expect};

use super::*;

/// What is read from `text`, printed again.
fn check(text: &str, expected: Expect) -> Session {
    let session = Session::parse(text.as_bytes()).expect("readable");
    let printed = String::from_utf8(session.to_bytes()).expect("text");
    assert_eq!(Session::parse(printed.as_bytes()).as_ref(), Ok(&session), "parse∘print is identity");
    assert_eq!(printed.matches('\n').count(), printed.matches("\r\n").count(), "lines end in CR LF");
    expected.assert_eq(&printed.replace("\r\n", "\n"));
    session
}

fn audio_of(lines: &str) -> Media {
    let text = format!("v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\n{lines}");
    Session::parse(text.as_bytes()).expect("readable").media.remove(0)
}

#[test]
fn a_whole_description_keeps_its_parts_and_gets_its_order() {
    let session = check(
        "v=0\r\no=alice 2890844526 7 IN IP4 192.0.2.1\r\ns=Two of us\r\nt=0 0\r\nb=AS:128\r\nx=odd\r\ni=hello\r\n\
         c=IN IP4 192.0.2.1\r\na=tool:phone 1.0\r\na=sendonly\r\nm=audio 49170 RTP/AVP 0 96 101 96 200 x\r\n\
         a=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\na=fmtp:101 0-15\r\na=rtpmap:101 telephone-event/8000\r\n\
         a=fmtp:96 usedtx=1\r\na=ptime:20\r\na=rtcp:53020 IN IP4 192.0.2.9\r\na=recvonly\r\na=label:1\r\n\
         m=video 51372/2 RTP/AVP 31\r\nc=IN IP6 2001:db8::1\r\na=rtcp-mux\r\n\
         m=image 0 udptl t38\r\na=T38FaxVersion:0\r\n",
        expect![[r#"
            v=0
            o=alice 2890844526 7 IN IP4 192.0.2.1
            s=Two of us
            i=hello
            c=IN IP4 192.0.2.1
            b=AS:128
            t=0 0
            x=odd
            a=tool:phone 1.0
            m=audio 49170 RTP/AVP 0 96 101
            a=rtpmap:0 PCMU/8000
            a=rtpmap:96 opus/48000/2
            a=fmtp:96 useinbandfec=1;usedtx=1
            a=rtpmap:101 telephone-event/8000
            a=fmtp:101 0-15
            a=ptime:20
            a=rtcp:53020 IN IP4 192.0.2.9
            a=label:1
            a=recvonly
            m=video 51372/2 RTP/AVP 31
            c=IN IP6 2001:db8::1
            a=rtpmap:31 H261/90000
            a=rtcp-mux
            a=sendonly
            m=image 0 udptl t38
            a=T38FaxVersion:0
            a=sendonly
        "#]],
    );
    let [audio, video, image] = session.media.as_slice() else { panic!("three streams") };
    assert_eq!(session.address_of(audio), Some("192.0.2.1".parse().unwrap()));
    assert_eq!(session.address_of(video), Some("2001:db8::1".parse().unwrap()));
    assert_eq!((audio.direction, video.direction), (Direction::RecvOnly, Direction::SendOnly));
    assert_eq!(audio.attribute("label"), Some("1"));
    assert_eq!(image.other_formats, ["t38"]);
}

#[test]
fn sloppy_descriptions_are_understood() {
    // LF only, no s=, no t=, padding and a NUL at the end, a host name, a second v=, spaces.
    check(
        "v=0\no=- 12x34 -5 IN IP4 phone.example.com\nv=0\n\n c=IN IP4 phone.example.com \nm=audio 4000 RTP/AVP 8\n  \0\0 ",
        expect![[r#"
            v=0
            o=- 1234 5 IN IP4 0.0.0.0
            s=-
            t=0 0
            m=audio 4000 RTP/AVP 8
            a=rtpmap:8 PCMA/8000
            a=sendrecv
        "#]],
    );
    // Bare CR, text that is no UTF-8, bounds in time kept.
    let text = b"v=0\ro=\xe9 1 1 IN IP4 192.0.2.1\rs=caf\xe9\rt=1 2\r";
    assert_eq!(
        String::from_utf8(Session::parse(text).unwrap().to_bytes()).unwrap(),
        "v=0\r\no=\u{fffd} 1 1 IN IP4 192.0.2.1\r\ns=caf\u{fffd}\r\nt=1 2\r\n"
    );
}

#[test]
fn what_is_no_description_is_refused() {
    let long = format!("v=0\no=- 1 1 IN IP4 1.2.3.4\n{}", "a=x\n".repeat(5000));
    let media = format!("v=0\no=- 1 1 IN IP4 1.2.3.4\n{}", "m=audio 1 RTP/AVP 0\n".repeat(33));
    let formats = format!("v=0\no=- 1 1 IN IP4 1.2.3.4\nm=audio 1 RTP/AVP{}", " 0".repeat(65));
    for (text, error) in [
        ("", SdpError::NotVersionZero),
        ("hello", SdpError::NotVersionZero),
        ("v=1\no=- 1 1 IN IP4 1.2.3.4", SdpError::NotVersionZero),
        ("o=- 1 1 IN IP4 1.2.3.4\nv=0", SdpError::NotVersionZero),
        ("v=0\ns=-", SdpError::Origin),
        ("v=0\no=- 1", SdpError::Origin),
        ("v=0\no=- 1 1 IN IP4 1.2.3.4\nhello", SdpError::Line(3)),
        ("v=0\no=- 1 1 IN IP4 1.2.3.4\n=x", SdpError::Line(3)),
        ("v=0\no=- 1 1 IN IP4 1.2.3.4\na=x\0y\na=z", SdpError::Line(3)),
        ("v=0\no=- 1 1 IN IP4 1.2.3.4\nm=audio", SdpError::Line(3)),
        ("v=0\no=- 1 1 IN IP4 1.2.3.4\nm=audio 70000 RTP/AVP 0", SdpError::Line(3)),
        ("v=0\no=- 1 1 IN IP4 1.2.3.4\nm=audio -1 RTP/AVP 0", SdpError::Line(3)),
        (&long, SdpError::TooLarge(long.len())),
        (&media, SdpError::TooManyMedia),
        (&formats, SdpError::TooManyFormats(3)),
    ] {
        assert_eq!(Session::parse(text.as_bytes()), Err(error), "{}", text.get(..60).unwrap_or(text));
    }
}

#[test]
fn static_numbers_are_resolved_and_an_rtpmap_wins() {
    let audio =
        audio_of("m=audio 4000 RTP/AVP 0 9 18 13 97\na=rtpmap:18 G729A/8000\na=rtpmap:97 AMR\na=rtpmap:98 x/1\n");
    let names: Vec<_> = audio.formats.iter().map(|f| (f.payload, f.encoding.as_str(), f.clock_rate)).collect();
    assert_eq!(names, [(0, "PCMU", 8000), (9, "G722", 8000), (18, "G729A", 8000), (13, "CN", 8000), (97, "", 0)]);
    assert_eq!(audio.voice().map(|f| f.payload), Some(0));
}

#[test]
fn hold_is_heard_in_all_its_ways() {
    for (lines, direction) in [
        ("m=audio 4000 RTP/AVP 0\n", Direction::SendRecv),
        ("m=audio 4000 RTP/AVP 0\na=sendonly\n", Direction::SendOnly),
        ("m=audio 4000 RTP/AVP 0\na=inactive\n", Direction::Inactive),
        ("a=sendonly\nm=audio 4000 RTP/AVP 0\n", Direction::SendOnly),
        ("a=inactive\nm=audio 4000 RTP/AVP 0\na=sendrecv\n", Direction::SendRecv),
        ("m=audio 4000 RTP/AVP 0\nc=IN IP4 0.0.0.0\n", Direction::SendOnly),
        ("m=audio 4000 RTP/AVP 0\nc=IN IP4 0.0.0.0\na=inactive\n", Direction::Inactive),
        ("m=audio 4000 RTP/AVP 0\na=recvonly\nc=IN IP4 0.0.0.0\n", Direction::Inactive),
        ("m=audio 4000 RTP/AVP 0\nc=IN IP6 ::\n", Direction::SendOnly),
    ] {
        assert_eq!(audio_of(lines).direction, direction, "{lines}");
    }
}

#[test]
fn odd_attributes_do_no_harm() {
    let audio = audio_of(
        "m=audio 4000 RTP/AVP 0 101\na=ptime:\na=ptime:99999\na=maxptime:30.5\na=rtcp:\na=rtcp:0\na=rtcp:70000\n\
         a=fmtp:300 x\na=fmtp:101\na=fmtp:101  \na=rtpmap:0 /8000\na=rtpmap:0 PCMU/x\na=rtpmap:\na=\na=:\na=x:\n",
    );
    assert_eq!((audio.ptime, audio.maxptime, audio.rtcp), (None, Some(30), None));
    assert_eq!(audio.formats[0], Format::from_number(0));
    assert_eq!(audio.formats[1].fmtp, None);
    assert_eq!(audio_of("m=audio 4000 RTP/AVP 0\na=rtcp:4007\n").rtcp, Some((4007, None)));
}
