//! What a playout costs: microseconds of one core per 20 ms of sound, push and pull together.

use std::time::Instant as Clock;

use audio::Rate;
use audio::codec::{Coding, Encoder, EncoderOptions};
use base::Instant;
use media::control::Codec;
use media::playout::{Playout, PlayoutOptions, PlayoutPacket};
use media::{RtpTimestamp, SeqNo};

const FRAMES: u64 = 20_000;

/// What happens to the packets.
#[derive(Clone, Copy)]
enum Network {
    Perfect,
    Lossy,
    Jittery,
}

#[allow(clippy::disallowed_methods)] // The clock measures; it is no input.
fn cost(codec: Codec, coding: Coding, rate: Rate, network: Network) -> f64 {
    let mut encoder = Encoder::new(coding, rate, EncoderOptions::default());
    let mut phase = 0.0_f32;
    let payloads: Vec<Vec<u8>> = (0..50)
        .map(|_| {
            let samples: Vec<i16> = (0..encoder.rate().frame())
                .map(|_| {
                    phase += 150.0 / encoder.rate().hz() as f32;
                    ((phase * std::f32::consts::TAU).sin() * 8_000.0) as i16
                })
                .collect();
            let mut payload = vec![0; 1_500];
            let len = encoder.encode(&samples, &mut payload).unwrap_or(0);
            payload.truncate(len);
            payload
        })
        .collect();
    let mut playout = Playout::new(PlayoutOptions { rate, min_ms: 0, max_ms: 200 });
    let mut out = vec![0; rate.frame()];
    let step = codec.clock_rate().hz() / 50;
    let mut held = 0;
    let began = Clock::now();
    for n in 0..FRAMES {
        let now = Instant::from_nanos(1_000_000_000 + n * 20_000_000);
        let first = match network {
            Network::Lossy if n % 20 == 7 => n + 1,
            Network::Jittery if n * 7 % 5 < 2 => {
                held += 1;
                n + 1
            }
            Network::Jittery => n - std::mem::take(&mut held),
            Network::Perfect | Network::Lossy => n,
        };
        for n in first..=n {
            let packet = PlayoutPacket {
                codec,
                seq: SeqNo(n as u16),
                timestamp: RtpTimestamp(n as u32 * step),
                marker: false,
                payload: &payloads[n as usize % payloads.len()],
            };
            playout.push(now, packet);
        }
        playout.pull(now, &mut out);
    }
    began.elapsed().as_secs_f64() * 1e6 / FRAMES as f64
}

fn main() {
    let cases = [
        (Codec::Pcmu, Coding::Pcmu, Rate::Hz8000),
        (Codec::Pcmu, Coding::Pcmu, Rate::Hz16000),
        (Codec::Pcmu, Coding::Pcmu, Rate::Hz48000),
        (Codec::G722, Coding::G722, Rate::Hz16000),
        (Codec::Opus, Coding::Opus, Rate::Hz16000),
        (Codec::Opus, Coding::Opus, Rate::Hz48000),
    ];
    println!("µs per 20 ms: perfect network, one packet in twenty lost, jitter");
    for (codec, coding, rate) in cases {
        let [a, b, c] = [Network::Perfect, Network::Lossy, Network::Jittery].map(|n| cost(codec, coding, rate, n));
        println!("{coding:?} at {} Hz: {a:.2} {b:.2} {c:.2}", rate.hz());
    }
}
