//! A playout on a recorded network, in virtual time: for scores of voice quality (tests/bench/quality).
//!
//!     playout_trace encode CODEC RATE < samples > payloads
//!     playout_trace play CODEC RATE < schedule > samples
//!
//! Samples are 16-bit, little-endian, mono, at RATE (8000, 16000, 48000). `encode` writes the payload of 20 ms a line
//! in hexadecimal digits. `play` reads a packet a line, by the time of arrival: microseconds since the first was
//! sent, sequence number, RTP timestamp, payload. It pulls every 20 ms from 10 ms after time 0, as long as packets come
//! and half a second longer, and tells on the error output how the playout fared.
#![allow(clippy::print_stderr)]

use std::error::Error;
use std::io::{Read as _, Write as _};

use audio::Rate;
use audio::codec::{Coding, Encoder, EncoderOptions};
use base::Instant;
use media::control::Codec;
use media::playout::{Playout, PlayoutOptions, PlayoutPacket};
use media::{RtpTimestamp, SeqNo};

/// The box's own bounds of the wait, in ms (`media::speech`).
const OPTIONS: (u32, u32) = (0, 400);
/// The first pull: as a rule no packet comes just at the tick.
const PHASE_US: u64 = 10_000;
const FRAME_US: u64 = 20_000;
const AFTER_US: u64 = 500_000;

struct Arrival {
    at_us: u64,
    seq: u16,
    timestamp: u32,
    payload: Vec<u8>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [what, codec, rate] = words.as_slice() else {
        return Err("playout_trace encode|play CODEC RATE".into());
    };
    let (codec, coding) = match codec.as_str() {
        "pcmu" => (Codec::Pcmu, Coding::Pcmu),
        "pcma" => (Codec::Pcma, Coding::Pcma),
        "g722" => (Codec::G722, Coding::G722),
        "opus" => (Codec::Opus, Coding::Opus),
        other => return Err(format!("unknown codec {other}").into()),
    };
    let rate = match rate.as_str() {
        "8000" => Rate::Hz8000,
        "16000" => Rate::Hz16000,
        "48000" => Rate::Hz48000,
        other => return Err(format!("unknown rate {other}").into()),
    };
    let mut input = Vec::new();
    std::io::stdin().lock().read_to_end(&mut input)?;
    let output = match what.as_str() {
        "encode" => encode(coding, rate, &input)?,
        "play" => play(codec, rate, &read(std::str::from_utf8(&input)?)?),
        other => return Err(format!("unknown command {other}").into()),
    };
    std::io::stdout().lock().write_all(&output)?;
    Ok(())
}

fn encode(coding: Coding, rate: Rate, octets: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let options = EncoderOptions { fec: true, loss_percent: 5, ..EncoderOptions::default() };
    let mut encoder = Encoder::new(coding, rate, options);
    if encoder.rate() != rate {
        return Err(format!("{coding:?} is coded at {} Hz", encoder.rate().hz()).into());
    }
    let samples: Vec<i16> = octets.chunks_exact(2).map(|two| i16::from_le_bytes([two[0], two[1]])).collect();
    let mut lines = Vec::new();
    let mut payload = [0; 1_500];
    for frame in samples.chunks_exact(rate.frame()) {
        let len = encoder.encode(frame, &mut payload)?;
        for octet in &payload[..len] {
            write!(lines, "{octet:02x}")?;
        }
        writeln!(lines)?;
    }
    Ok(lines)
}

fn read(text: &str) -> Result<Vec<Arrival>, Box<dyn Error>> {
    let line = |line: &str| -> Result<Arrival, Box<dyn Error>> {
        let mut words = line.split_whitespace();
        let mut word = || words.next().ok_or("a line ends too soon");
        let (at_us, seq, timestamp) = (word()?.parse()?, word()?.parse()?, word()?.parse()?);
        let digits = word()?.as_bytes();
        let octet = |two: &[u8]| Ok::<u8, Box<dyn Error>>(u8::from_str_radix(std::str::from_utf8(two)?, 16)?);
        Ok(Arrival { at_us, seq, timestamp, payload: digits.chunks(2).map(octet).collect::<Result<_, _>>()? })
    };
    text.lines().map(line).collect()
}

fn play(codec: Codec, rate: Rate, arrivals: &[Arrival]) -> Vec<u8> {
    let (min_ms, max_ms) = OPTIONS;
    let mut playout = Playout::new(PlayoutOptions { rate, min_ms, max_ms });
    let end_us = arrivals.iter().map(|a| a.at_us).max().unwrap_or(0) + AFTER_US;
    let mut frame = vec![0; rate.frame()];
    let mut output = Vec::new();
    let mut coming = arrivals.iter().peekable();
    // The clock begins at a second, for nothing may come before 0.
    let instant = |us: u64| Instant::from_nanos(1_000_000_000 + us * 1_000);
    let (mut frames, mut waited_ms) = (0_u64, 0_u64);
    for at_us in (PHASE_US..end_us).step_by(FRAME_US as usize) {
        while let Some(packet) = coming.next_if(|a| a.at_us <= at_us) {
            let (seq, timestamp) = (SeqNo(packet.seq), RtpTimestamp(packet.timestamp));
            let taken = PlayoutPacket { codec, seq, timestamp, marker: false, payload: &packet.payload };
            playout.push(instant(packet.at_us), taken);
        }
        playout.pull(instant(at_us), &mut frame);
        frames += 1;
        waited_ms += u64::from(playout.stats().delay_ms);
        output.extend(frame.iter().flat_map(|sample| sample.to_le_bytes()));
    }
    eprintln!("mean delay {} ms, {:?}", waited_ms / frames.max(1), playout.stats());
    output
}
