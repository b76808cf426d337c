//! What protecting and opening a packet costs: `cargo run --release -p media --example srtp`.
#![allow(clippy::disallowed_methods, reason = "an example may look at the clock")]

use std::hint::black_box;
use std::time::Instant;

use media::control::{Secure, SecureKey, SecureSuite};
use media::srtp::{GROWTH_MAX, SrtpSession};

const BATCHES: usize = 5_000;
const BATCH: usize = 100;
const LEN: usize = 12 + 160;

fn main() {
    for suite in [SecureSuite::AesCm128HmacSha1_80, SecureSuite::AesCm128HmacSha1_32] {
        let key = |first: u8| SecureKey([first; 30]);
        let mut here = SrtpSession::new(&Secure { suite, ours: key(1), theirs: key(2) });
        let mut there = SrtpSession::new(&Secure { suite, ours: key(2), theirs: key(1) });
        let (mut protecting, mut opening) = (Vec::new(), Vec::new());
        let mut seq = 0_u16;
        for _ in 0..BATCHES {
            let mut packets = [[0_u8; LEN + GROWTH_MAX]; BATCH];
            let mut lens = [0; BATCH];
            for packet in &mut packets {
                packet[0] = 0x80;
                packet[2..4].copy_from_slice(&seq.to_be_bytes());
                seq = seq.wrapping_add(1);
            }
            let begun = Instant::now();
            for (packet, len) in packets.iter_mut().zip(&mut lens) {
                *len = here.protect_rtp(black_box(packet), LEN).expect("protects");
            }
            protecting.push(begun.elapsed());
            let begun = Instant::now();
            for (packet, len) in packets.iter_mut().zip(lens) {
                there.unprotect_rtp(black_box(&mut packet[..len])).expect("opens");
            }
            opening.push(begun.elapsed());
        }
        println!("{suite:?}: protect {}, open {}", cost(protecting), cost(opening));
    }
}

/// The middle batch, for others may be at work on the machine, and the best.
fn cost(mut batches: Vec<std::time::Duration>) -> String {
    batches.sort();
    let each = |at: usize| batches[at].as_secs_f64() * 1e6 / BATCH as f64;
    format!("{:.3} µs a packet of 160 octets (best {:.3})", each(batches.len() / 2), each(0))
}
