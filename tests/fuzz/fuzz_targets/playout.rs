//! Any packets of any codings, early, late, twice or never, and pulls between them: nothing panics, what waits is
//! bounded, and each pull gives a whole frame.
#![no_main]

mod pieces;

use audio::{FRAME_MAX, Rate};
use base::{Duration, Instant};
use libfuzzer_sys::fuzz_target;
use media::control::Codec;
use media::playout::{Playout, PlayoutOptions, PlayoutPacket};
use media::{RtpTimestamp, SeqNo};
use pieces::pieces;

const CODECS: [Codec; 8] = [
    Codec::Pcmu,
    Codec::Pcma,
    Codec::G722,
    Codec::Opus,
    Codec::ComfortNoise,
    Codec::G729,
    Codec::TelephoneEvent,
    Codec::TelephoneEvent48k,
];

fuzz_target!(|octets: &[u8]| {
    let Some((&[rate, least, most], steps)) = octets.split_first_chunk() else { return };
    let rate = [Rate::Hz8000, Rate::Hz16000, Rate::Hz48000][usize::from(rate) % 3];
    let (min_ms, max_ms) = (u32::from(least), u32::from(most) * 4);
    let mut playout = Playout::new(PlayoutOptions { rate, min_ms, max_ms });
    let (mut now, mut seq, mut timestamp) = (Instant::ZERO, 65_500_u16, u32::MAX - 500);
    for (what, piece) in pieces(steps) {
        if what & 1 == 0 {
            // The first two octets say how far numbers and timestamp go on, or back.
            let (head, payload) = piece.split_at(piece.len().min(2));
            let step = |at: usize| head.get(at).map_or(1, |octet| i32::from(*octet as i8));
            seq = seq.wrapping_add(step(0) as u16);
            timestamp = timestamp.wrapping_add((step(1) * if what & 0x40 == 0 { 160 } else { 10_000 }) as u32);
            let codec = CODECS[usize::from(what >> 1 & 7)];
            let (seq, timestamp) = (SeqNo(seq), RtpTimestamp(timestamp));
            playout.push(now, PlayoutPacket { codec, seq, timestamp, marker: what & 0x80 != 0, payload });
        } else {
            let mut frame = [i16::MIN; FRAME_MAX];
            playout.pull(now, &mut frame[..rate.frame()]);
            now += Duration::from_millis(if what & 2 == 0 { 20 } else { u64::from(what) * 10 });
            if what == 0xFF {
                playout.restart();
            }
        }
        assert!(playout.stats().waiting <= 64);
    }
});
