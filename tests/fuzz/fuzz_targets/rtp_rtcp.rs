//! Any datagrams at a stream, from its peer and from strangers, while time passes and its peer changes: nothing
//! panics, no stranger is heard, and what goes out goes to the peer.
#![no_main]

mod pieces;

use std::net::SocketAddr;

use base::{Duration, Instant, Random, StreamId};
use libfuzzer_sys::fuzz_target;
use media::control::{Codec, Latch, Payload, Remote, Secure, SecureKey, SecureSuite, Sink};
use media::srtp::GROWTH_MAX;
use media::stream::{Stream, StreamOptions, Verdict};
use pieces::pieces;

const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 5)), 4000);
const OTHER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 6)), 5000);
const STRANGER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 9)), 4000);

const CODECS: [Codec; 8] = [
    Codec::Pcmu,
    Codec::Pcma,
    Codec::G722,
    Codec::Opus,
    Codec::G729,
    Codec::TelephoneEvent,
    Codec::TelephoneEvent48k,
    Codec::ComfortNoise,
];

/// A peer with the codecs whose bits are set, at payload types from 96 on.
fn remote(rtp: SocketAddr, codecs: u8, secure: Option<Secure>) -> Remote {
    let known = CODECS.into_iter().enumerate().filter(|(at, _)| codecs >> at & 1 == 1);
    let payloads = known.map(|(at, codec)| Payload { number: 96 + at as u8, codec }).collect();
    let rtcp = SocketAddr::new(rtp.ip(), rtp.port() + 1);
    Remote { secure, ..Remote::clear(rtp, rtcp, Latch::SameAddress, payloads) }
}

fn stream(id: u32) -> Stream {
    let options = StreamOptions { inactivity: Duration::from_secs(10) };
    let mut stream = Stream::new(StreamId(id), options, Random::from_number(u64::from(id)));
    stream.set_sink(Sink::Stream(StreamId(3 - id)));
    stream
}

fuzz_target!(|octets: &[u8]| {
    let Some((&[codecs, others, keys], steps)) = octets.split_first_chunk() else { return };
    let secure = (keys & 1 == 1).then(|| Secure {
        suite: SecureSuite::AesCm128HmacSha1_80,
        ours: SecureKey([1; 30]),
        theirs: SecureKey([2; 30]),
    });
    let (mut a, mut b) = (stream(1), stream(2));
    let mut now = Instant::ZERO;
    a.set_remote(now, &remote(PEER, codecs, secure.clone()));
    b.set_remote(now, &remote(OTHER, others, None));
    for (what, piece) in pieces(steps) {
        let source = if what & 8 == 0 { PEER } else { STRANGER };
        let mut buffer = [piece, &[0; GROWTH_MAX]].concat();
        let packet = &mut buffer[..piece.len()];
        let verdict = match what % 8 {
            0..=3 => a.receive_rtp(now, source, packet),
            4 => a.receive_rtcp(now, source, packet),
            5 => {
                now += Duration::from_millis(piece.first().map_or(1, |ms| u64::from(*ms) * 20));
                a.handle_timeout(now);
                b.handle_timeout(now);
                Verdict::Done
            }
            6 => {
                let codecs = piece.first().copied().unwrap_or(codecs);
                let datagrams = codecs & 0x81 == 0x81;
                a.set_remote(now, &Remote { datagrams, ..remote(PEER, codecs, secure.clone()) });
                Verdict::Done
            }
            _ => {
                a.set_sink(if piece.is_empty() { Sink::Echo } else { Sink::Stream(StreamId(2)) });
                Verdict::Done
            }
        };
        assert!(source == PEER || verdict == Verdict::Done, "a stranger is heard");
        let sent = match verdict {
            Verdict::Forward { passing, .. } => b.transmit(now, &passing, &mut buffer).map(|to| (OTHER, to)),
            Verdict::Echo(passing) => a.transmit(now, &passing, &mut buffer).map(|to| (PEER, to)),
            _ => continue,
        };
        match sent {
            Ok((peer, to)) => assert_eq!(peer, to),
            Err(why) => a.not_sent(why),
        }
    }
    let mut told = 0;
    while let Some(_event) = a.poll_event().or_else(|| b.poll_event()) {
        told += 1;
        assert!(told <= 2 * octets.len() + 16);
    }
    let _ = (a.stats(), b.stats(), a.poll_timeout(), b.poll_timeout());
});
