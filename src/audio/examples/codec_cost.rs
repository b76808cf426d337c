//! Prints what each coder, resampler and detector costs for 20 ms of sound: `cargo run --release --example codec_cost`.
//!
//! Figures are the best of several rounds, so that what else runs beside it disturbs them least.
#![allow(clippy::disallowed_methods)] // a measurement reads the clock

use std::hint::black_box;
use std::time::Instant;

use audio::Rate;
use audio::codec::{Coding, Decoder, Encoder, EncoderOptions};
use audio::detect::{DtmfDetector, FaxDetector, MachineDetector, ProgressDetector};
use audio::resample::Resampler;
use audio::tone::{Country, Tone, ToneGenerator};

const FRAMES: usize = 250;
const BATCH: usize = 10;
const ROUNDS: usize = 12;
const RATES: [Rate; 3] = [Rate::Hz8000, Rate::Hz16000, Rate::Hz48000];

/// µs a frame: of each few frames the best of all rounds, and of these the mean.
fn cost(mut frame: impl FnMut(usize)) -> f64 {
    let mut best = [f64::MAX; FRAMES / BATCH];
    for _ in 0..ROUNDS {
        for (batch, best) in best.iter_mut().enumerate() {
            let start = Instant::now();
            (batch * BATCH..(batch + 1) * BATCH).for_each(&mut frame);
            *best = best.min(start.elapsed().as_secs_f64());
        }
    }
    best.iter().sum::<f64>() * 1e6 / FRAMES as f64
}

/// Pulses of a wandering pitch through two wandering resonances, with pauses: as much work as speech.
fn speech(rate: Rate) -> Vec<i16> {
    let hz = f64::from(rate.hz());
    let (mut seed, mut phase, mut memory) = (7_u32, 0.0, [[0.0_f64; 2]; 2]);
    (0..rate.frame() * FRAMES)
        .map(|n| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let t = n as f64 / hz;
            phase += (140.0 + 40.0 * (t * 2.1).sin()) / hz;
            let mut source = f64::from(seed >> 16) / 65_536.0 * 0.1 - 0.05;
            if phase >= 1.0 {
                phase -= 1.0;
                source += 40.0 * hz / 8_000.0 * f64::from((t * 1.7).sin() > -0.6);
            }
            let mut sum = 0.0;
            for (index, centre) in
                [500.0 + 250.0 * (t * 5.0).sin(), 1_600.0 + 600.0 * (t * 3.3).sin()].iter().enumerate()
            {
                let radius = (-std::f64::consts::PI * 90.0 / hz).exp();
                let turn = 2.0 * radius * (std::f64::consts::TAU * centre / hz).cos();
                let next = source + turn * memory[index][0] - radius * radius * memory[index][1];
                memory[index] = [next, memory[index][0]];
                sum += next * if index == 0 { 1.0 } else { 0.5 };
            }
            (sum * 20.0).clamp(-28_000.0, 28_000.0) as i16
        })
        .collect()
}

fn main() {
    let sound = RATES.map(speech);
    let at = |rate: Rate| &sound[RATES.iter().position(|known| *known == rate).unwrap_or(0)];
    println!("µs for 20 ms                       encode   decode");
    let fec = EncoderOptions { loss_percent: 10, ..EncoderOptions::default() };
    let dtx = EncoderOptions { dtx: true, ..EncoderOptions::default() };
    let plain = EncoderOptions::default();
    for (name, coding, rate, options) in [
        ("PCMU", Coding::Pcmu, Rate::Hz8000, plain),
        ("PCMA", Coding::Pcma, Rate::Hz8000, plain),
        ("G.722", Coding::G722, Rate::Hz16000, plain),
        ("Opus 8 kHz", Coding::Opus, Rate::Hz8000, plain),
        ("Opus 16 kHz", Coding::Opus, Rate::Hz16000, plain),
        ("Opus 48 kHz", Coding::Opus, Rate::Hz48000, plain),
        ("Opus 16 kHz, 10 % loss, FEC", Coding::Opus, Rate::Hz16000, fec),
        ("Opus 16 kHz, DTX", Coding::Opus, Rate::Hz16000, dtx),
    ] {
        let (encode, decode) = coding_cost(coding, rate, options, at(rate));
        println!("{name:32} {encode:8.2} {decode:8.2}");
    }
    for rate in [Rate::Hz8000, Rate::Hz16000] {
        for complexity in 0..=10 {
            let options = EncoderOptions { complexity, ..plain };
            let (encode, decode) = coding_cost(Coding::Opus, rate, options, at(rate));
            let name = format!("Opus {rate:?}, complexity {complexity}");
            println!("{name:32} {encode:8.2} {decode:8.2}");
        }
    }
    println!("resampling");
    for from in RATES {
        for to in RATES.into_iter().filter(|to| *to != from) {
            let mut resampler = Resampler::new(from, to);
            let mut out = [0; 960];
            let spent = cost(|index| {
                let frame = &at(from)[index * from.frame()..(index + 1) * from.frame()];
                black_box(resampler.process(black_box(frame), &mut out));
            });
            println!("{:32} {spent:8.2}", format!("{from:?} to {to:?}"));
        }
    }
    println!("listening at 8 kHz               speech  silence");
    let frames = at(Rate::Hz8000);
    let frame = |index: usize| &frames[index * 160..(index + 1) * 160];
    let mut dtmf = DtmfDetector::new();
    let mut progress = ProgressDetector::new();
    let mut fax = FaxDetector::new();
    let mut machine = MachineDetector::new();
    let quiet = [0; 160];
    println!(
        "keys                          {:8.2} {:8.2}",
        cost(|n| {
            black_box(dtmf.push(frame(n)));
        }),
        cost(|_| {
            black_box(dtmf.push(&quiet));
        })
    );
    println!(
        "call progress                 {:8.2} {:8.2}",
        cost(|n| {
            black_box(progress.push(frame(n)));
        }),
        cost(|_| {
            black_box(progress.push(&quiet));
        })
    );
    println!(
        "fax                           {:8.2} {:8.2}",
        cost(|n| {
            black_box(fax.push(frame(n)));
        }),
        cost(|_| {
            black_box(fax.push(&quiet));
        })
    );
    println!(
        "machine                       {:8.2} {:8.2}",
        cost(|n| {
            black_box(machine.push(frame(n)));
        }),
        cost(|_| {
            black_box(machine.push(&quiet));
        })
    );
    let mut tone = ToneGenerator::new(Tone::Ringback, Country(*b"us"), Rate::Hz8000);
    let mut out = [0; 160];
    println!(
        "a tone made                   {:8.2}",
        cost(|_| {
            black_box(tone.fill(&mut out));
        })
    );

    println!("one call, both ways, for 20 ms");
    for (name, coding, rate, options) in [
        ("PCMU and G.722", Coding::G722, Rate::Hz16000, plain),
        ("PCMU and Opus, 8 kHz", Coding::Opus, Rate::Hz8000, plain),
        ("PCMU and Opus, 16 kHz", Coding::Opus, Rate::Hz16000, plain),
    ] {
        println!("{name:32} {:8.2}", call_cost(coding, rate, options, at(Rate::Hz8000), at(rate)));
    }
}

fn coding_cost(coding: Coding, rate: Rate, options: EncoderOptions, sound: &[i16]) -> (f64, f64) {
    let mut encoder = Encoder::new(coding, rate, options);
    let mut decoder = Decoder::new(coding, rate);
    let mut payloads = vec![(0, [0; 400]); FRAMES];
    let mut out = [0; 960];
    let encode = cost(|index| {
        let (octets, payload) = &mut payloads[index];
        let frame = &sound[index * rate.frame()..(index + 1) * rate.frame()];
        *octets = encoder.encode(black_box(frame), payload).unwrap_or(0);
    });
    let decode = cost(|index| {
        let (octets, payload) = &payloads[index];
        black_box(decoder.decode(&payload[..*octets], &mut out)).ok();
    });
    (encode, decode)
}

/// What comes as µ-law goes as `coding`, and back.
fn call_cost(coding: Coding, rate: Rate, options: EncoderOptions, narrow: &[i16], sound: &[i16]) -> f64 {
    let mut ulaw = (Decoder::new(Coding::Pcmu, rate), Encoder::new(Coding::Pcmu, rate, options));
    let mut other = (Decoder::new(coding, rate), Encoder::new(coding, rate, options));
    let mut up = Resampler::new(Rate::Hz8000, rate);
    let mut down = Resampler::new(rate, Rate::Hz8000);
    let mut source = Encoder::new(coding, rate, options);
    let mut arriving = vec![(0, [0; 400]); FRAMES];
    for (frame, (octets, payload)) in sound.chunks_exact(rate.frame()).zip(&mut arriving) {
        *octets = source.encode(frame, payload).unwrap_or(0);
    }
    let narrow: Vec<u8> = narrow.iter().map(|sample| audio::codec::ulaw::encode(*sample)).collect();
    let (mut a, mut b, mut payload) = ([0; 960], [0; 960], [0; 400]);
    cost(|index| {
        let samples = ulaw.0.decode(black_box(&narrow[index * 160..(index + 1) * 160]), &mut a).unwrap_or(0);
        let samples = up.process(&a[..samples], &mut b);
        black_box(other.1.encode(&b[..samples], &mut payload)).ok();
        let (octets, arrived) = &arriving[index];
        let samples = other.0.decode(black_box(&arrived[..*octets]), &mut a).unwrap_or(0);
        let samples = down.process(&a[..samples], &mut b);
        black_box(ulaw.1.encode(&b[..samples], &mut payload)).ok();
    })
}
