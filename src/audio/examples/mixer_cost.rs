//! What a room costs in a tick of 20 ms: a large one with few talkers, one where many talk at once.
//!
//! `mixer_cost [TICKS]`, 2,000 by default. The time includes asking each member's mix, not coding. Build with
//! `--release`; a core has 20,000 µs a tick.

use std::time::Instant;

use audio::Rate;
use audio::mixer::{Audience, MemberId, MemberRole, Mixer, MixerOptions};

struct Case {
    name: &'static str,
    members: u32,
    talkers: u32,
    /// Members with an open, noisy microphone.
    open: u32,
    rate: Rate,
    speakers_max: u8,
}

const CASES: [Case; 6] = [
    Case { name: "1,000 members, 3 talk", members: 1_000, talkers: 3, open: 3, rate: Rate::Hz8000, speakers_max: 8 },
    Case { name: "the same, wide-band", members: 1_000, talkers: 3, open: 3, rate: Rate::Hz16000, speakers_max: 8 },
    Case { name: "1,000 open, 3 talk", members: 1_000, talkers: 3, open: 1_000, rate: Rate::Hz8000, speakers_max: 8 },
    Case { name: "300 talk, 8 heard", members: 300, talkers: 300, open: 300, rate: Rate::Hz8000, speakers_max: 8 },
    Case { name: "300 talk, 32 heard", members: 300, talkers: 300, open: 300, rate: Rate::Hz8000, speakers_max: 32 },
    Case { name: "200 members, 3 talk", members: 200, talkers: 3, open: 3, rate: Rate::Hz16000, speakers_max: 8 },
];

#[allow(clippy::disallowed_methods, reason = "a measurement reads the clock")]
fn main() {
    let ticks: usize = std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(2_000);
    for case in CASES {
        let frame = case.rate.frame();
        let mut mixer =
            Mixer::new(MixerOptions { rate: case.rate, even_levels: true, speakers_max: case.speakers_max });
        for n in 0..case.members {
            let heard_by = if n < case.open { Audience::All } else { Audience::Nobody };
            mixer.set_member(MemberId(n), MemberRole { heard_by, hears: true });
        }
        let frames: Vec<Vec<i16>> = (0..case.open).map(|n| sound(n, n < case.talkers, frame)).collect();
        let mut heard = 0u64;
        let begin = Instant::now();
        for tick in 0..ticks {
            mixer.begin();
            for n in 0..case.open {
                // Talkers go through louder and softer syllables, each at its time.
                let of = if n < case.talkers { (n as usize + tick / 7) % case.talkers as usize } else { n as usize };
                mixer.put(MemberId(n), &frames[of]);
            }
            mixer.finish();
            for n in 0..case.members {
                heard += u64::from(mixer.samples(mixer.mix_for(MemberId(n)))[tick % frame] as u16);
            }
        }
        let us = begin.elapsed().as_secs_f64() * 1e6 / ticks as f64;
        println!(
            "{:22} {us:7.1} µs a tick, {:5.2} % of a core, {} have the floor ({})",
            case.name,
            us / 200.0,
            mixer.speakers().len(),
            heard % 10
        );
    }
}

/// A frame of speech-like sound or of microphone noise.
fn sound(n: u32, talks: bool, len: usize) -> Vec<i16> {
    let mut state = n.wrapping_mul(2_654_435_761) | 1;
    let loudness = if talks { 2_000 + (n * 997 % 8_000) as i32 } else { 60 };
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 8) as i32
    };
    (0..len).map(|_| (next() % (2 * loudness) - loudness) as i16).collect()
}
