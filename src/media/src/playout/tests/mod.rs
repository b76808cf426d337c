//! A sender, a network and a tick in virtual time.

mod delay;
mod hostile;
mod network;

use audio::codec::{Coding, Encoder, EncoderOptions};
use base::Random;

use super::*;

/// A packet on its way.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    /// When it arrives, in microseconds; `None`: never.
    arrives: Option<u64>,
    codec: Codec,
    seq: u16,
    timestamp: u32,
    payload: Vec<u8>,
}

/// A phone that speaks from 1 s on. Its clock may be off.
pub(super) struct Phone {
    pub(super) codec: Codec,
    pub(super) ptime_ms: u64,
    pub(super) seq: u16,
    pub(super) timestamp: u32,
    /// Microseconds on the receiver's clock between two packets.
    pub(super) spacing_us: f64,
    pub(super) sent_us: f64,
    n: usize,
    /// A second of its voice in µ-law.
    second: Vec<u8>,
}

impl Phone {
    pub(super) fn new(ptime_ms: u64) -> Phone {
        // The phase: packets come 7 ms before a tick.
        let start = 1_013_000.0;
        let spacing_us = ptime_ms as f64 * 1_000.0;
        // And the beginning of the next one, so that no packet need be pieced together.
        let second = (0..8_000 + 480).map(|n| n % 8_000).map(|n| audio::codec::ulaw::encode(voice(n))).collect();
        let (seq, timestamp) = (65_530, u32::MAX - 1_000);
        Phone { codec: Codec::Pcmu, ptime_ms, seq, timestamp, spacing_us, sent_us: start, n: 0, second }
    }

    /// Its clock runs so much fast (positive) or slow.
    pub(super) fn drifting(mut self, ppm: f64) -> Phone {
        self.spacing_us *= 1.0 - ppm / 1e6;
        self
    }

    /// The next packets: a voice at 8 kHz in µ-law.
    pub(super) fn say(&mut self, packets: usize) -> Vec<Sent> {
        (0..packets).map(|_| self.next()).collect()
    }

    pub(super) fn next(&mut self) -> Sent {
        let samples = (self.ptime_ms * 8) as usize;
        let at = self.n % 8_000;
        let payload = self.second[at..at + samples].to_vec();
        let sent = Sent {
            arrives: Some(self.sent_us as u64),
            codec: self.codec,
            seq: self.seq,
            timestamp: self.timestamp,
            payload,
        };
        self.n += samples;
        self.seq = self.seq.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(samples as u32);
        self.sent_us += self.spacing_us;
        sent
    }

    /// Nothing is sent for a while; the timestamp goes on.
    pub(super) fn pause(&mut self, ms: u64) {
        self.sent_us += ms as f64 * 1_000.0;
        self.timestamp = self.timestamp.wrapping_add(ms as u32 * 8);
        self.n += ms as usize * 8;
    }
}

/// Sample `n` of a voice: pulses at 125 Hz through one formant, with a pause of 200 ms in each second.
pub(super) fn voice(n: usize) -> i16 {
    if n % 8_000 > 6_400 {
        return (n * 7_919 % 13) as i16 - 6;
    }
    // One period of it, 64 samples.
    let t = (n % 64) as f32 / 8_000.0;
    ((-t * 300.0).exp() * (t * 4_400.0).cos() * 8_000.0) as i16
}

/// What came out.
#[derive(Default)]
pub(super) struct Heard {
    pub(super) samples: Vec<i16>,
    pub(super) frames: Vec<Pulled>,
    /// `delay_ms` at each tick.
    pub(super) delays: Vec<u32>,
}

impl Heard {
    pub(super) fn count(&self, kind: Pulled) -> usize {
        self.frames.iter().filter(|&&k| k == kind).count()
    }
}

pub(super) fn options(rate: Rate) -> PlayoutOptions {
    PlayoutOptions { rate, min_ms: 0, max_ms: 400 }
}

/// Brings the packets to the playout as they arrive and pulls at each tick from 1 s on.
pub(super) fn run(playout: &mut Playout, mut packets: Vec<Sent>, ticks: usize) -> Heard {
    packets.retain(|p| p.arrives.is_some());
    packets.sort_by_key(|p| p.arrives);
    let mut waiting = packets.iter().peekable();
    let mut heard = Heard::default();
    let mut out = vec![0; playout.options.rate.frame()];
    for tick in 0..ticks {
        let now = 1_000_000 + tick as u64 * 20_000;
        while let Some(packet) = waiting.next_if(|p| p.arrives.is_some_and(|at| at <= now)) {
            push(playout, packet.arrives.unwrap_or(0), packet);
        }
        out.fill(99);
        heard.frames.push(playout.pull(Instant::from_nanos(now * 1_000), &mut out));
        heard.samples.extend_from_slice(&out);
        heard.delays.push(playout.stats().delay_ms);
    }
    heard
}

pub(super) fn push(playout: &mut Playout, at_us: u64, sent: &Sent) {
    let packet = PlayoutPacket {
        codec: sent.codec,
        seq: SeqNo(sent.seq),
        timestamp: RtpTimestamp(sent.timestamp),
        marker: false,
        payload: &sent.payload,
    };
    playout.push(Instant::from_nanos(at_us * 1_000), packet);
}

/// What the packets decode to, one after another.
pub(super) fn decoded(packets: &[Sent]) -> Vec<i16> {
    packets.iter().flat_map(|p| &p.payload).map(|&o| audio::codec::ulaw::decode(o)).collect()
}

pub(super) fn encoder(coding: Coding, rate: Rate) -> Encoder {
    Encoder::new(
        coding,
        rate,
        EncoderOptions { bit_rate: 18_000, fec: true, loss_percent: 20, ..EncoderOptions::default() },
    )
}
