//! The plane with real sockets on loopback. Each test has a loopback address of its own, so its ports are its own.

#![allow(clippy::unwrap_used)] // a test ends at the first surprise

mod phone;
mod sound;

use std::net::UdpSocket;
use std::time::Duration;

use base::StreamId;
use media::control::{Codec, DigitWay, Latch, MediaCommand, MediaEvent, Sink};
use phone::{Phone, World, audio};

const fn s(n: u32) -> StreamId {
    StreamId(n)
}

#[test]
fn a_bridge_carries_audio_both_ways_and_frees_its_ports() {
    let w = World::new("127.0.1.1", 1);
    let (a, b) = (Phone::new("127.0.1.2"), Phone::new("127.0.1.3"));
    w.open(0, 20_000).open(1, 20_002);
    w.remote(0, &a, |_| {}).remote(1, &b, |r| r.payloads[0].number = 96);
    w.bridge(0, 1);
    for n in 0..20u16 {
        a.send(w.at(20_000), &audio(8, 7, n));
        let heard = b.hear();
        assert_eq!((heard.payload_type, heard.payload), (96, vec![n as u8; 160]));
        b.send(w.at(20_002), &audio(96, 9, n));
        let heard = a.hear();
        assert_eq!((heard.payload_type, heard.from), (8, w.at(20_000)));
    }
    assert_eq!(w.latched(), [(s(0), a.addr()), (s(1), b.addr())].into());
    let (in_a, in_b) = (w.close(0), w.close(1));
    assert_eq!((in_a.received, in_a.sent, in_a.lost, in_a.dropped), (20, 20, 0, 0));
    assert_eq!((in_b.received, in_b.sent, in_b.peer), (20, 20, Some(b.addr())));
    for port in 20_000..20_004 {
        UdpSocket::bind(w.at(port)).unwrap_or_else(|e| panic!("port {port} is not free: {e}"));
    }
    w.stop();
}

#[test]
fn a_burst_arrives_whole_and_in_order() {
    let w = World::new("127.0.2.1", 1);
    let (a, b) = (Phone::new("127.0.2.2"), Phone::new("127.0.2.3"));
    w.open(0, 20_000).open(1, 20_002).remote(0, &a, |_| {}).remote(1, &b, |_| {}).bridge(0, 1);
    for n in 0..100 {
        a.send(w.at(20_000), &audio(8, 7, n));
    }
    let heard: Vec<u16> = (0..100).map(|_| b.hear().seq).collect();
    assert!(heard.windows(2).all(|p| p[1] == p[0].wrapping_add(1)), "{heard:?}");
    assert_eq!(w.close(0).received, 100);
    w.stop();
}

#[test]
fn strangers_hear_nothing_before_during_and_after_a_call() {
    let w = World::new("127.0.3.1", 1);
    let (a, stranger) = (Phone::new("127.0.3.2"), Phone::new("127.0.3.9"));
    let spray = || {
        for n in 0..200u16 {
            for port in 20_000..20_004 {
                stranger.send(w.at(port), &audio(8, 7, n));
                stranger.send(w.at(port), &[0x80, 200, 0, 1, 0, 0, 0, 7]);
                stranger.send(w.at(port), &[0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42]);
            }
        }
    };
    let echo = || {
        a.send(w.at(20_000), &audio(8, 7, 1));
        a.hear()
    };
    w.open(0, 20_000);
    spray();
    w.sink(0, Sink::Echo);
    w.remote(0, &a, |_| {});
    spray();
    w.settled();
    echo();
    spray();
    w.remote(0, &a, |r| r.send = false);
    spray();
    w.remote(0, &a, |_| {});
    spray();
    w.settled();
    // Echoes come in order, so after this one every stray packet has been judged.
    a.send(w.at(20_000), &audio(8, 7, 2));
    a.hear();
    stranger.heard_nothing();
    let stats = w.close(0);
    assert_eq!((stats.received, stats.sent, stats.peer), (2, 2, Some(a.addr())));
    assert!(stats.strangers > 500, "{stats:?}");
    spray();
    stranger.heard_nothing();
    w.stop();
}

#[test]
fn a_third_port_of_the_phones_host_steals_nothing() {
    let w = World::new("127.0.4.1", 1);
    let (a, b) = (Phone::new("127.0.4.2"), Phone::new("127.0.4.3"));
    let thief = Phone::new("127.0.4.2");
    w.open(0, 20_000).open(1, 20_002).remote(0, &a, |_| {}).remote(1, &b, |_| {}).bridge(0, 1);
    for n in 0..50u16 {
        a.send(w.at(20_000), &audio(8, 7, n));
        thief.send(w.at(20_000), &audio(8, 7, n + 1));
        assert_eq!(b.hear().payload, [n as u8; 160]);
        b.send(w.at(20_002), &audio(8, 9, n));
        a.hear();
    }
    thief.heard_nothing();
    assert_eq!(w.close(0).strangers, 50);
    assert_eq!(w.close(1).sent, 50);
    w.stop();
}

#[test]
fn a_phone_behind_nat_is_learnt_from_its_packets() {
    let w = World::new("127.0.5.1", 1);
    let (a, mapped) = (Phone::new("127.0.5.2"), Phone::new("127.0.5.7"));
    w.open(0, 20_000).sink(0, Sink::Echo);
    // Its description names an address that it does not send from.
    w.remote(0, &a, |r| r.latch = Latch::Nat { signalling: mapped.addr().ip() }).settled();
    for n in 0..6u16 {
        mapped.send(w.at(20_000), &audio(8, 7, n));
    }
    let heard: Vec<u8> = (0..4).map(|_| mapped.hear().payload[0]).collect();
    assert_eq!(heard, [2, 3, 4, 5], "believed from its third packet on");
    a.heard_nothing();
    let latched = w.until(|e| matches!(e, MediaEvent::Latched { .. }));
    assert_eq!(latched, MediaEvent::Latched { stream: s(0), peer: mapped.addr() });
    w.stop();
}

#[test]
fn hold_is_silent_and_resume_continues() {
    let w = World::new("127.0.6.1", 1);
    let (a, b) = (Phone::new("127.0.6.2"), Phone::new("127.0.6.3"));
    w.open(0, 20_000).open(1, 20_002).remote(0, &a, |_| {}).remote(1, &b, |_| {}).bridge(0, 1);
    a.send(w.at(20_000), &audio(8, 7, 0));
    let before = b.hear();
    w.remote(1, &b, |r| r.send = false);
    w.settled();
    for n in 1..20 {
        a.send(w.at(20_000), &audio(8, 7, n));
    }
    // The other direction still works, and by its answer all of the above has been dealt with.
    b.send(w.at(20_002), &audio(8, 9, 0));
    a.hear();
    b.heard_nothing();
    w.remote(1, &b, |_| {});
    w.settled();
    a.send(w.at(20_000), &audio(8, 7, 20));
    let after = b.hear();
    assert_eq!((after.seq, after.ssrc), (before.seq.wrapping_add(1), before.ssrc));
    assert!(after.marker);
    w.stop();
}

#[test]
fn ports_that_are_taken_or_odd_are_refused_and_can_be_had_later() {
    let w = World::new("127.0.7.1", 2);
    let squatter = UdpSocket::bind(w.at(20_001)).unwrap();
    w.open(0, 20_000);
    assert!(matches!(w.next(), MediaEvent::OpenFailed { stream, reason } if stream == s(0) && reason.contains("use")));
    w.open(1, 20_003);
    assert!(matches!(w.next(), MediaEvent::OpenFailed { stream, .. } if stream == s(1)));
    assert!(w.plane.is_empty());
    drop(squatter);
    let a = Phone::new("127.0.7.2");
    for round in 2..12 {
        w.open(round, 20_000).sink(round, Sink::Echo).remote(round, &a, |_| {});
        w.settled();
        a.send(w.at(20_000), &audio(8, 7, 1));
        a.hear();
        assert_eq!(w.close(round).received, 1);
    }
    let ignored = w.plane.ignored();
    w.sink(0, Sink::Echo);
    w.plane.send(MediaCommand::Close { stream: s(99) });
    assert_eq!(w.plane.ignored(), ignored + 2, "commands for streams that are not open");
    w.stop();
}

#[test]
fn streams_of_two_threads_meet_on_one() {
    let w = World::new("127.0.8.1", 2);
    let phones: Vec<Phone> = (0..4).map(|n| Phone::new(&format!("127.0.8.{}", n + 2))).collect();
    let ports = [20_000, 20_002, 20_004, 20_006];
    for n in 0..4 {
        w.open(n, ports[n as usize]).remote(n, &phones[n as usize], |_| {});
    }
    // 0 speaks with 1 on one thread, 2 with 3 on the other.
    w.bridge(0, 1).bridge(2, 3);
    let says = |from: usize, to: usize, n: u16| {
        phones[from].send(w.at(ports[from]), &audio(8, from as u32, n));
        phones[to].hear()
    };
    let first = says(0, 1, 1);
    let third = says(3, 2, 1);
    assert_eq!((first.payload[0], third.payload[0]), (1, 1));
    // Both calls are transferred: 0 speaks with 2 and 1 with 3; then back, many times over.
    let mut seq = 2;
    for _ in 0..20 {
        for pairs in [[(0u32, 2u32), (1, 3)], [(0, 1), (2, 3)]] {
            for (a, b) in pairs {
                w.bridge(a, b);
                assert_eq!(says(a as usize, b as usize, seq).payload[0], seq as u8);
                assert_eq!(says(b as usize, a as usize, seq).payload[0], seq as u8);
            }
            seq += 1;
        }
    }
    for n in 0..4 {
        let stats = w.close(n);
        assert_eq!((stats.lost, stats.strangers, stats.dropped), (0, 0, 0));
        assert!(stats.received >= 40 && stats.sent >= 40, "the figures move along: {stats:?}");
    }
    w.stop();
}

#[test]
fn streams_move_amid_the_commands_of_one_turn() {
    let w = World::new("127.0.21.1", 2);
    let phones: Vec<Phone> = (0..4).map(|n| Phone::new(&format!("127.0.21.{}", n + 2))).collect();
    let ports = [20_000, 20_002, 20_004, 20_006];
    for n in 0..4 {
        w.open(n, ports[n as usize]).remote(n, &phones[n as usize], |_| {});
    }
    let join = |a: u32, b: u32| MediaCommand::Sink { stream: s(a), sink: Sink::Stream(s(b)) };
    for round in 0..40u16 {
        let pairs = if round % 2 == 0 { [(0u32, 2u32), (1, 3)] } else { [(0, 1), (2, 3)] };
        w.plane.send_all(pairs.iter().flat_map(|(a, b)| [join(*a, *b), join(*b, *a)]));
        w.settled();
        for (a, b) in pairs.map(|(a, b)| (a as usize, b as usize)) {
            phones[a].send(w.at(ports[a]), &audio(8, a as u32, round));
            assert_eq!(phones[b].hear().payload[0], round as u8);
        }
    }
    w.stop();
}

#[test]
fn a_stream_closed_on_its_way_to_another_thread_is_closed() {
    let w = World::new("127.0.9.1", 2);
    for round in 0..50u32 {
        let (a, b) = (round * 4, round * 4 + 2);
        w.open(a, 20_000).open(b, 20_002);
        w.sink(a, Sink::Stream(s(b)));
        w.sink(b, Sink::Stream(s(a)));
        w.plane.send(MediaCommand::Close { stream: s(a) });
        w.plane.send(MediaCommand::Close { stream: s(b) });
        let mut closed = [(); 2].map(|()| match w.until(|e| matches!(e, MediaEvent::Closed { .. })) {
            MediaEvent::Closed { stream, .. } => stream,
            other => panic!("{other:?}"),
        });
        closed.sort();
        assert_eq!(closed, [s(a), s(b)]);
    }
    w.stop();
}

#[test]
fn silence_digits_and_goodbye_are_told() {
    let w = World::quiet_after("127.0.10.1", 1, Duration::from_millis(100));
    let a = Phone::new("127.0.10.2");
    w.open(0, 20_000).remote(0, &a, |_| {});
    let silent = w.until(|e| matches!(e, MediaEvent::Silent { .. }));
    assert!(matches!(silent, MediaEvent::Silent { stream, for_ } if stream == s(0) && for_.as_millis() >= 100));
    w.sink(0, Sink::Echo);
    w.remote(0, &a, |r| r.receive = false);
    w.remote(0, &a, |_| {});
    w.settled();
    let mut key = audio(101, 7, 1);
    key.truncate(12);
    key.extend([4, 10, 0x01, 0x40]);
    a.send(w.at(20_000), &key);
    a.hear();
    let digit = w.until(|e| matches!(e, MediaEvent::Digit { .. }));
    assert_eq!(
        digit,
        MediaEvent::Digit { stream: s(0), digit: '4', duration: Duration::from_millis(40), way: DigitWay::Event }
    );
    w.plane.send(MediaCommand::Close { stream: s(0) });
    // A report of the usual kind may come before it.
    let (goodbye, from) = loop {
        let heard = a.hear_rtcp();
        if heard.0[heard.0.len() - 7] == 203 {
            break heard;
        }
    };
    assert_eq!(from, w.at(20_001), "from the RTCP port");
    assert_eq!(goodbye[1], 200, "a sender report, and BYE at the end");
    w.until(|e| matches!(e, MediaEvent::Closed { .. }));
    w.stop();
}

#[test]
fn version_6_carries_audio_too() {
    if UdpSocket::bind("[::1]:0").is_err() {
        return; // a machine without IPv6
    }
    let w = World::new("::1", 1);
    let (a, b) = (Phone::new("::1"), Phone::new("127.0.11.3"));
    let port = phone::free_pair("::1");
    let port4 = phone::free_pair("127.0.11.1");
    w.open(0, port).remote(0, &a, |_| {});
    w.plane.send(MediaCommand::Open { stream: s(1), ip: "127.0.11.1".parse().unwrap(), port: port4 });
    w.remote(1, &b, |_| {}).bridge(0, 1);
    for n in 0..20 {
        a.send(w.at(port), &audio(8, 7, n));
        b.send(std::net::SocketAddr::new("127.0.11.1".parse().unwrap(), port4), &audio(8, 9, n));
    }
    for n in 0..20 {
        assert_eq!((a.hear().payload[0], b.hear().payload[0]), (n, n));
    }
    w.stop();
}

#[test]
fn a_thousand_streams_open_and_free_their_ports() {
    let w = World::new("127.0.12.1", 2);
    for n in 0..1_000u16 {
        w.open(u32::from(n), 20_000 + 2 * n);
    }
    w.settled();
    assert_eq!(w.plane.len(), 1_000);
    w.plane.stop();
    let closed = w.drain().into_iter().filter(|e| matches!(e, MediaEvent::Closed { .. })).count();
    assert_eq!(closed, 1_000, "stopping closes all");
    for n in (0..1_000u16).step_by(97) {
        UdpSocket::bind(w.at(20_000 + 2 * n)).unwrap();
    }
    assert!(w.plane.is_empty());
    w.plane.stop();
}

#[test]
fn payloads_without_a_common_codec_are_not_forwarded() {
    let w = World::new("127.0.13.1", 1);
    let (a, b) = (Phone::new("127.0.13.2"), Phone::new("127.0.13.3"));
    w.open(0, 20_000).open(1, 20_002).remote(0, &a, |_| {});
    // G.729 passes through or not at all.
    w.remote(1, &b, |r| r.payloads[0].codec = Codec::G729).bridge(0, 1);
    for n in 0..5 {
        a.send(w.at(20_000), &audio(8, 7, n));
    }
    a.send(w.at(20_000), &audio(101, 7, 5));
    assert_eq!(b.hear().payload_type, 101, "events are common to both");
    let stats = w.close(0);
    assert_eq!((stats.received, stats.dropped), (6, 5));
    w.stop();
}

#[test]
fn a_panic_ends_one_stream_and_nothing_else() {
    let w = World::telling("127.0.14.1", |event| {
        assert!(!matches!(event, MediaEvent::Latched { stream: StreamId(0), .. }), "the panic that is wanted");
    });
    let (a, b) = (Phone::new("127.0.14.2"), Phone::new("127.0.14.3"));
    w.open(0, 20_000).sink(0, Sink::Echo).remote(0, &a, |_| {});
    w.open(1, 20_002).sink(1, Sink::Echo).remote(1, &b, |_| {}).settled();
    a.send(w.at(20_000), &audio(8, 7, 1));
    let closed = w.until(|e| matches!(e, MediaEvent::Closed { .. }));
    assert!(matches!(closed, MediaEvent::Closed { stream: StreamId(0), .. }));
    b.send(w.at(20_002), &audio(8, 9, 1));
    assert_eq!(b.hear().payload[0], 1);
    assert_eq!(w.plane.len(), 1);
    UdpSocket::bind(w.at(20_000)).unwrap();
    w.stop();
}
