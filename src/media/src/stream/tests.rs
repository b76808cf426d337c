use std::net::IpAddr;

use super::*;
use crate::control::{Latch, Payload};

const PHONE: &str = "10.0.0.5:4000";
const OTHER: &str = "10.0.0.6:5000";
const FORGER: &str = "203.0.113.9:4000";

fn ms(n: u64) -> Instant {
    Instant::from_nanos(n * 1_000_000)
}

fn addr(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

const AUDIO: &[(u8, Codec)] = &[(8, Codec::Pcma), (0, Codec::Pcmu), (101, Codec::TelephoneEvent)];

fn remote(rtp: &str, payloads: &[(u8, Codec)]) -> Remote {
    let rtp = addr(rtp);
    let payloads = payloads.iter().map(|(number, codec)| Payload { number: *number, codec: *codec }).collect();
    Remote::clear(rtp, SocketAddr::new(rtp.ip(), rtp.port() + 1), Latch::SameAddress, payloads)
}

fn new(id: u32) -> Stream {
    let options = StreamOptions { inactivity: Duration::from_secs(30) };
    Stream::new(StreamId(id), options, Random::from_number(u64::from(id)))
}

/// A stream with a peer whose audio goes to stream `to`.
fn stream(id: u32, peer: &str, payloads: &[(u8, Codec)], to: u32) -> Stream {
    let mut s = new(id);
    s.set_remote(ms(0), &remote(peer, payloads));
    s.set_sink(Sink::Stream(StreamId(to)));
    s
}

fn packet(payload_type: u8, ssrc: u32, seq: u16, timestamp: u32, payload: &[u8]) -> Vec<u8> {
    let mut p = vec![0x80, payload_type];
    p.extend(seq.to_be_bytes());
    p.extend(timestamp.to_be_bytes());
    p.extend(ssrc.to_be_bytes());
    p.extend(payload);
    p
}

fn audio(ssrc: u32, seq: u16) -> Vec<u8> {
    packet(8, ssrc, seq, u32::from(seq) * 160, &[0xD5; 160])
}

/// Hands `packet` from `a`'s peer to `b`'s, if it passes.
fn pass(now: Instant, a: &mut Stream, source: &str, packet: &mut [u8], b: &mut Stream) -> Option<(SocketAddr, Header)> {
    match a.receive_rtp(now, addr(source), packet) {
        Verdict::Forward { to, passing } => {
            assert_eq!(to, b.id());
            match b.transmit(now, &passing, packet) {
                Ok(to) => Some((to, Header::read(packet).unwrap())),
                Err(why) => {
                    a.not_sent(why);
                    None
                }
            }
        }
        Verdict::Echo(_) => panic!("no echo was asked for"),
        Verdict::Room(_) | Verdict::Unheard(_) | Verdict::Relay { .. } => panic!("it has a stream to go to"),
        Verdict::Done => None,
    }
}

fn events(s: &mut Stream) -> Vec<MediaEvent> {
    std::iter::from_fn(|| s.poll_event()).collect()
}

#[test]
fn a_bridge_rewrites_what_is_ours_and_nothing_else() {
    let mut a = stream(1, PHONE, AUDIO, 2);
    let mut b = stream(2, OTHER, &[(0, Codec::Pcmu), (9, Codec::G722), (96, Codec::Pcma)], 1);
    let mut first = None;
    for n in 0..10u16 {
        let mut p = audio(7, 500 + n);
        let (to, h) = pass(ms(u64::from(n) * 20), &mut a, PHONE, &mut p, &mut b).unwrap();
        let first = first.get_or_insert(h.clone());
        assert_eq!(to, addr(OTHER));
        assert_eq!(h.payload_type, 96, "A-law has another number there");
        assert_ne!(h.ssrc, 7);
        assert_eq!((h.ssrc, h.seq.forward_from(first.seq)), (first.ssrc, n));
        assert_eq!(h.timestamp.since(first.timestamp), i32::from(n) * 160);
        assert_eq!(h.marker, n == 0);
        assert_eq!(p[12..], [0xD5; 160]);
    }
    assert_eq!(events(&mut a), [MediaEvent::Latched { stream: StreamId(1), peer: addr(PHONE) }]);
    let (received, sent) = (a.stats(), b.stats());
    assert_eq!((received.received, received.received_octets, received.lost), (10, 1_600, 0));
    assert_eq!((sent.sent, sent.sent_octets), (10, 1_600));
    assert_eq!(received.peer, Some(addr(PHONE)));
}

#[test]
fn before_the_negotiation_everything_is_dropped() {
    let mut s = new(1);
    s.set_sink(Sink::Echo);
    assert_eq!(s.receive_rtp(ms(0), addr(PHONE), &mut audio(1, 1)), Verdict::Done);
    assert_eq!((s.stats().dropped, s.stats().strangers, s.stats().peer), (1, 0, None));
}

#[test]
fn strangers_get_nothing_and_change_nothing() {
    let mut s = stream(1, PHONE, AUDIO, 1);
    s.set_sink(Sink::Echo);
    for n in 0..1_000u16 {
        for mut p in
            [audio(9, n), packet(101, 9, n, 0, &[1, 0, 0, 160]), vec![0, 1, 0, 0], vec![0x80, 200, 0, 1], vec![]]
        {
            assert_eq!(s.receive_rtp(ms(u64::from(n)), addr(FORGER), &mut p), Verdict::Done);
            s.receive_rtcp(ms(u64::from(n)), addr(FORGER), &mut p.clone());
        }
    }
    assert_eq!(events(&mut s), []);
    assert_eq!(s.stats().strangers, 10_000);
    assert_eq!(s.stats().received, 0);
    assert!(matches!(s.receive_rtp(ms(2_000), addr(PHONE), &mut audio(7, 1)), Verdict::Echo(_)));
}

#[test]
fn echo_goes_back_to_where_it_came_from() {
    let mut s = new(1);
    let nat = Latch::Nat { signalling: "192.0.2.7".parse::<IpAddr>().unwrap() };
    s.set_remote(ms(0), &Remote { latch: nat, ..remote(PHONE, AUDIO) });
    s.set_sink(Sink::Echo);
    let mut sent = Vec::new();
    for n in 0..5u16 {
        let mut p = audio(7, n);
        if let Verdict::Echo(passing) = s.receive_rtp(ms(u64::from(n) * 20), addr("192.0.2.7:33000"), &mut p) {
            sent.push(s.transmit(ms(u64::from(n) * 20), &passing, &mut p).unwrap());
        }
    }
    assert_eq!(sent, [addr("192.0.2.7:33000"); 3], "two packets of probation are not reflected");
}

#[test]
fn forged_source_payload_type_or_numbers_reach_nobody() {
    let mut a = stream(1, PHONE, AUDIO, 2);
    let mut b = stream(2, OTHER, AUDIO, 1);
    for n in 0..200u16 {
        let at = u64::from(n) * 20;
        assert!(pass(ms(at), &mut a, PHONE, &mut audio(7, n), &mut b).is_some());
        for mut forged in [
            audio(8, n.wrapping_mul(3)),       // another source
            audio(7, n.wrapping_add(20_000)),  // a jump
            packet(18, 7, n + 1, 0, &[0; 20]), // a payload type nobody agreed on
            packet(8, 7, n, 0, &[0; 160]),     // the same number again
        ] {
            assert_eq!(pass(ms(at + 5), &mut a, PHONE, &mut forged, &mut b), None);
        }
        let steal = pass(ms(at + 6), &mut a, "10.0.0.5:4444", &mut audio(7, n + 1), &mut b);
        assert_eq!(steal, None);
    }
    assert_eq!((b.stats().sent, a.stats().lost), (200, 0));
    assert_eq!((a.stats().strangers, a.stats().dropped), (200, 800));
}

#[test]
fn a_transfer_is_heard_without_a_break_in_the_numbering() {
    let mut a = stream(1, PHONE, AUDIO, 2);
    let mut b = stream(2, OTHER, AUDIO, 1);
    let mut c = stream(3, "10.0.0.7:6000", AUDIO, 2);
    let (_, one) = pass(ms(0), &mut a, PHONE, &mut audio(7, 65_535), &mut b).unwrap();
    let (_, two) = pass(ms(100), &mut c, "10.0.0.7:6000", &mut audio(9, 44), &mut b).unwrap();
    assert_eq!((two.ssrc, two.seq), (one.ssrc, one.seq.next()));
    assert_eq!(two.timestamp.since(one.timestamp), 800);
    assert!(two.marker);
    // The phone of c starts another source: b's phone notices nothing but the marker.
    for (n, want) in [(0, false), (1, false), (2, true)] {
        let passed = pass(ms(200 + n * 20), &mut c, "10.0.0.7:6000", &mut audio(10, 7 + n as u16), &mut b);
        assert_eq!(passed.is_some(), want);
        if let Some((_, three)) = passed {
            assert_eq!((three.ssrc, three.seq, three.marker), (one.ssrc, two.seq.next(), true));
        }
    }
}

#[test]
fn hold_sends_nothing_and_resumes_without_a_hole() {
    let mut a = stream(1, PHONE, AUDIO, 2);
    let mut b = stream(2, OTHER, AUDIO, 1);
    let (_, before) = pass(ms(0), &mut a, PHONE, &mut audio(7, 0), &mut b).unwrap();
    b.set_remote(ms(10), &Remote { send: false, ..remote(OTHER, AUDIO) });
    for n in 1..500u16 {
        assert_eq!(pass(ms(u64::from(n) * 20), &mut a, PHONE, &mut audio(7, n), &mut b), None);
    }
    assert_eq!((a.stats().dropped, b.stats().sent), (0, 1), "hold is not a fault");
    b.set_remote(ms(9_990), &remote(OTHER, AUDIO));
    let (_, after) = pass(ms(10_000), &mut a, PHONE, &mut audio(7, 500), &mut b).unwrap();
    assert_eq!(after.seq, before.seq.next());
    assert_eq!(after.timestamp.since(before.timestamp), 80_000);
    assert!(after.marker);

    // A peer that may not send is not heard, and its silence is no gap.
    a.set_remote(ms(10_010), &Remote { receive: false, ..remote(PHONE, AUDIO) });
    assert_eq!(pass(ms(10_020), &mut a, PHONE, &mut audio(7, 501), &mut b), None);
    a.set_remote(ms(70_000), &remote(PHONE, AUDIO));
    assert!(pass(ms(70_010), &mut a, PHONE, &mut audio(7, 502), &mut b).is_some());
    assert_eq!(a.stats().gap_max_ms, 20);
}

#[test]
fn a_codec_that_the_peer_lacks_leaves_no_hole() {
    let mut a = stream(1, PHONE, &[(8, Codec::Pcma), (13, Codec::ComfortNoise)], 2);
    let mut b = stream(2, OTHER, &[(8, Codec::Pcma)], 1);
    let (_, one) = pass(ms(0), &mut a, PHONE, &mut audio(7, 1), &mut b).unwrap();
    assert_eq!(pass(ms(20), &mut a, PHONE, &mut packet(13, 7, 2, 320, &[40]), &mut b), None);
    let (_, two) = pass(ms(200), &mut a, PHONE, &mut audio(7, 3), &mut b).unwrap();
    assert_eq!(two.seq, one.seq.next());
    assert_eq!(a.stats().dropped, 1);
}

#[test]
fn digits_are_heard_and_passed_on() {
    let mut a = stream(1, PHONE, AUDIO, 2);
    let mut b = stream(2, OTHER, &[(8, Codec::Pcma), (96, Codec::TelephoneEvent)], 1);
    pass(ms(0), &mut a, PHONE, &mut audio(7, 0), &mut b);
    events(&mut a);
    let mut times = Vec::new();
    for n in 1..9u16 {
        let end = if n > 5 { 0x80 } else { 0 };
        let [high, low] = (n.min(6) * 160).to_be_bytes();
        let mut p = packet(101, 7, n, 160, &[11, end | 10, high, low]);
        p[1] |= if n == 1 { 0x80 } else { 0 };
        let (_, h) = pass(ms(u64::from(n) * 20), &mut a, PHONE, &mut p, &mut b).unwrap();
        assert_eq!((h.payload_type, h.marker), (96, n == 1));
        assert_eq!(p[12..], [11, end | 10, high, low]);
        times.push(h.timestamp);
    }
    assert!(times.windows(2).all(|t| t[0] == t[1]), "all packets of an event share their timestamp");
    let digit = MediaEvent::Digit {
        stream: StreamId(1),
        digit: '#',
        duration: Duration::from_millis(120),
        way: DigitWay::Event,
    };
    assert_eq!(events(&mut a), [digit]);
    assert_eq!(a.stats().jitter_us, 0);
}

#[test]
fn a_digit_whose_end_was_lost_is_told_by_the_clock() {
    let mut a = stream(1, PHONE, AUDIO, 2);
    let mut p = packet(101, 7, 1, 160, &[5, 10, 1, 64]);
    a.receive_rtp(ms(100), addr(PHONE), &mut p);
    events(&mut a);
    assert_eq!(a.poll_timeout(), Some(ms(300)));
    a.handle_timeout(ms(299));
    assert_eq!(events(&mut a), []);
    a.handle_timeout(ms(300));
    let digit = MediaEvent::Digit {
        stream: StreamId(1),
        digit: '5',
        duration: Duration::from_millis(40),
        way: DigitWay::Event,
    };
    assert_eq!(events(&mut a), [digit]);
}

#[test]
fn events_change_their_clock_where_the_peer_has_only_the_other() {
    let mut a = stream(1, PHONE, &[(96, Codec::Opus), (97, Codec::TelephoneEvent48k)], 2);
    let mut b = stream(2, OTHER, &[(111, Codec::Opus), (101, Codec::TelephoneEvent)], 1);
    let mut p = packet(97, 7, 1, 960, &[5, 10, 0x12, 0xC0]); // 4,800 ticks: 100 ms
    let (_, h) = pass(ms(0), &mut a, PHONE, &mut p, &mut b).unwrap();
    assert_eq!((h.payload_type, &p[12..]), (101, &[5, 10, 0x03, 0x20][..]));
    let mut p = packet(101, 8, 1, 160, &[5, 10, 0x40, 0]);
    let (_, h) = pass(ms(0), &mut b, OTHER, &mut p, &mut a).unwrap();
    assert_eq!((h.payload_type, &p[12..]), (97, &[5, 10, 0xFF, 0xFF][..]));
    // A payload too short to be an event is passed on as it is.
    let mut p = packet(101, 8, 2, 160, &[5]);
    assert!(pass(ms(20), &mut b, OTHER, &mut p, &mut a).is_some());
}

#[test]
fn silence_is_told_once_per_limit() {
    let mut s = stream(1, PHONE, AUDIO, 2);
    let mut told = Vec::new();
    let mut now = ms(0);
    let mut run = |s: &mut Stream, until: u64| {
        while s.poll_timeout().is_some_and(|at| at <= ms(until)) {
            now = now.max(s.poll_timeout().unwrap());
            s.handle_timeout(now);
            for event in events(s) {
                if let MediaEvent::Silent { for_, .. } = event {
                    told.push((now.as_nanos() / 1_000_000, for_.as_secs()));
                }
            }
        }
        now = ms(until);
        std::mem::take(&mut told)
    };
    assert_eq!(run(&mut s, 65_000), [(30_000, 30), (60_000, 60)]);
    s.receive_rtp(ms(65_000), addr(PHONE), &mut audio(7, 1));
    assert_eq!(run(&mut s, 100_000), [(95_000, 30)]);
    s.set_remote(ms(100_000), &Remote { receive: false, ..remote(PHONE, AUDIO) });
    assert_eq!(run(&mut s, 500_000), [], "on hold nothing is to be heard");
    s.set_remote(ms(500_000), &remote(PHONE, AUDIO));
    assert_eq!(run(&mut s, 531_000), [(530_000, 30)]);
}

#[test]
fn quality_is_told_every_five_seconds() {
    let mut s = stream(1, PHONE, AUDIO, 2);
    let mut times = Vec::new();
    while let Some(at) = s.poll_timeout().filter(|at| *at < ms(25_000)) {
        s.handle_timeout(at);
        if events(&mut s).iter().any(|e| matches!(e, MediaEvent::Quality { .. })) {
            times.push(at);
        }
    }
    assert_eq!(times.len(), 5);
    assert!(times.windows(2).all(|t| t[1] - t[0] == Duration::from_secs(5)));
}

/// Two streams that are each other's peers tell each other the round trip, 40 ms apart each way.
#[test]
fn reports_go_both_ways_and_tell_the_round_trip() {
    let mut a = stream(1, "10.0.0.2:7000", AUDIO, 2);
    let mut b = stream(2, "10.0.0.1:6000", AUDIO, 1);
    let mut wire: Vec<(u64, bool, Vec<u8>)> = Vec::new();
    let mut reports = 0;
    for at in (0..30_000u64).step_by(10) {
        let now = ms(at);
        if at % 20 == 0 {
            // Something is fed into each, so both are senders.
            let mut p = audio(50, (at / 20) as u16);
            for (s, to_b) in [(&mut a, true), (&mut b, false)] {
                let passing = Passing {
                    from: StreamId(9),
                    epoch: 1,
                    codec: Codec::Pcma,
                    marker: false,
                    seq: SeqNo((at / 20) as u16),
                    timestamp: RtpTimestamp(at as u32 * 8),
                    payload: (12, 172),
                    len: 172,
                };
                s.transmit(now, &passing, &mut p).unwrap();
                // Each hundredth packet is lost.
                if at % 2_000 != 1_980 {
                    wire.push((at + 40, to_b, p.clone()));
                }
            }
        }
        for (s, to_b, to) in [(&mut a, true, "10.0.0.2:7001"), (&mut b, false, "10.0.0.1:6001")] {
            if s.poll_timeout().is_some_and(|t| t <= now) {
                s.handle_timeout(now);
            }
            let mut buffer = [0; rtcp_len()];
            if let Some((len, destination)) = s.poll_rtcp(now, &mut buffer) {
                assert_eq!(destination, addr(to));
                reports += 1;
                wire.push((at + 40, to_b, buffer[..len].to_vec()));
            }
        }
        for (_, to_b, mut p) in wire.extract_if(.., |(due, ..)| *due <= at).collect::<Vec<_>>() {
            let rtcp = demux::kind(&p) == Kind::Rtcp;
            match (to_b, rtcp) {
                (true, false) => _ = b.receive_rtp(now, addr("10.0.0.1:6000"), &mut p),
                (true, true) => _ = b.receive_rtcp(now, addr("10.0.0.1:6001"), &mut p.clone()),
                (false, false) => _ = a.receive_rtp(now, addr("10.0.0.2:7000"), &mut p),
                (false, true) => _ = a.receive_rtcp(now, addr("10.0.0.2:7001"), &mut p.clone()),
            }
        }
    }
    assert!((8..20).contains(&reports), "{reports} reports in 30 s from two");
    for s in [&a, &b] {
        let stats = s.stats();
        let trip = stats.round_trip_us.unwrap();
        assert!(trip.abs_diff(80_000) < 1_000, "{trip}");
        assert!(stats.round_trip_max_us >= stats.round_trip_us);
        assert!((8..=15).contains(&stats.remote_lost.unwrap()), "{stats:?}");
        assert_eq!(stats.remote_jitter_us, Some(0));
        assert_eq!((stats.lost, stats.dropped, stats.strangers), (14, 0, 0), "the last loss is not known yet");
    }
}

const fn rtcp_len() -> usize {
    crate::rtcp::COMPOUND_MAX
}

#[test]
fn rtcp_is_believed_only_from_the_peer_and_bye_ends_nothing() {
    let mut a = stream(1, PHONE, AUDIO, 1);
    a.set_sink(Sink::Echo);
    a.receive_rtp(ms(0), addr(PHONE), &mut audio(7, 1));
    let ours = a.outgoing.ssrc();
    let report = |ssrc: u32| {
        let figures =
            crate::reception::Figures { ssrc: ours, fraction_lost: 0, cumulative_lost: 99, highest: 0, jitter: 0 };
        let received = Some(crate::rtcp::Received { figures, last_report: None });
        let mut buffer = vec![0; rtcp_len()];
        let report = crate::rtcp::Report { ssrc, cname: "x", sent: None, received, bye: true };
        let len = report.write(&mut buffer).unwrap();
        buffer.truncate(len);
        buffer
    };
    a.receive_rtcp(ms(1), addr("10.0.0.5:9"), &mut report(8));
    a.receive_rtcp(ms(1), addr("203.0.113.9:4001"), &mut report(7));
    a.receive_rtcp(ms(1), addr("10.0.0.5:4001"), &mut [0x81, 201, 0, 7]);
    assert_eq!((a.stats().remote_lost, a.stats().dropped, a.stats().strangers), (None, 2, 1));
    a.receive_rtcp(ms(2), addr("10.0.0.5:9"), &mut report(7));
    assert_eq!(a.stats().remote_lost, Some(99), "its RTP source is known");
    a.handle_timeout(ms(10_000));
    let mut buffer = [0; rtcp_len()];
    assert_eq!(a.poll_rtcp(ms(10_000), &mut buffer).unwrap().1, addr("10.0.0.5:9"), "answered where it came from");
    assert_eq!(a.poll_rtcp(ms(10_000), &mut buffer), None);
    assert!(matches!(a.receive_rtp(ms(20), addr(PHONE), &mut audio(7, 2)), Verdict::Echo(_)));
    // RTCP on the RTP port is heard too.
    a.receive_rtp(ms(30), addr("10.0.0.5:9"), &mut report(7));
    assert_eq!(a.stats().dropped, 2);
}

#[test]
fn rtcp_goes_to_no_third_party() {
    let mut s = new(1);
    s.set_remote(ms(0), &Remote { rtcp: addr("198.51.100.1:53"), ..remote(PHONE, AUDIO) });
    let mut buffer = [0; rtcp_len()];
    s.handle_timeout(ms(10_000));
    assert_eq!(s.poll_rtcp(ms(10_000), &mut buffer), None);
    assert_eq!(s.farewell(ms(10_000), &mut buffer), None, "who never sent anything must not say goodbye");
}

#[test]
fn a_new_negotiation_is_followed_at_once() {
    let mut a = stream(1, PHONE, AUDIO, 2);
    let mut b = stream(2, OTHER, AUDIO, 1);
    pass(ms(0), &mut b, OTHER, &mut audio(9, 1), &mut a).unwrap();
    pass(ms(0), &mut a, PHONE, &mut audio(7, 1), &mut b).unwrap();
    events(&mut a);
    // The phone moves its media to another host: audio follows before it has said a word.
    a.set_remote(ms(10), &remote("10.0.0.9:8000", AUDIO));
    let (to, _) = pass(ms(20), &mut b, OTHER, &mut audio(9, 2), &mut a).unwrap();
    assert_eq!(to, addr("10.0.0.9:8000"));
    assert_eq!(pass(ms(20), &mut a, PHONE, &mut audio(7, 2), &mut b), None);
    assert!(pass(ms(20), &mut a, "10.0.0.9:8000", &mut audio(8, 900), &mut b).is_some());
    assert_eq!(events(&mut a), [MediaEvent::Latched { stream: StreamId(1), peer: addr("10.0.0.9:8000") }]);
    assert_eq!(a.stats().lost, 0);
}

#[test]
fn a_stream_is_small() {
    assert!(size_of::<Stream>() < 2_048, "{} octets", size_of::<Stream>());
}

#[test]
fn noise_never_panics() {
    let mut random = Random::from_number(11);
    let mut a = stream(1, PHONE, AUDIO, 2);
    let mut b = stream(2, OTHER, AUDIO, 1);
    for n in 0..100_000u64 {
        let mut p = [0u8; 64];
        random.fill(&mut p);
        p[0] = (p[0] & 0x3F) | 0x80;
        p[1] = [8, 0, 101, 200, 201][random.below(5) as usize];
        if random.below(2) == 0 {
            p[2..4].copy_from_slice(&(n as u16).to_be_bytes());
            p[8..12].copy_from_slice(&[0; 4]);
        }
        let len = random.below(65) as usize;
        pass(ms(n), &mut a, PHONE, &mut p[..len], &mut b);
        a.receive_rtcp(ms(n), addr("10.0.0.5:4001"), &mut p[..len]);
        a.handle_timeout(ms(n));
        events(&mut a);
    }
}
