//! What the detectors are tried with, and their tests.

mod dtmf;
mod fax;
mod machine;
mod progress;

use crate::tone::PEAK_0_DBM0;
use std::f64::consts::TAU;

/// Pseudo-random numbers, the same each time.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as u32
    }

    /// Evenly between two ends.
    fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * (self.next() as f32 / 2_147_483_648.0)
    }

    /// About normal, of unit variance.
    fn normal(&mut self) -> f32 {
        (0..4).map(|_| self.between(-1.0, 1.0)).sum::<f32>() * 0.866
    }
}

fn amplitude(dbm0: f64) -> f64 {
    PEAK_0_DBM0 * 10_f64.powf(dbm0 / 20.0)
}

/// Sines of (Hz, dBm0) for so many ms at 8 kHz.
fn tones(sines: &[(f64, f64)], ms: usize) -> Vec<i16> {
    (0..ms * 8)
        .map(|n| sines.iter().map(|(hz, dbm0)| amplitude(*dbm0) * (TAU * hz * n as f64 / 8_000.0).sin()).sum::<f64>())
        .map(|sample| sample.round() as i16)
        .collect()
}

fn silence(ms: usize) -> Vec<i16> {
    vec![0; ms * 8]
}

/// Adds noise of `dbm0` in power.
fn noisy(samples: &[i16], dbm0: f64, dice: &mut Dice) -> Vec<i16> {
    let rms = (amplitude(dbm0) / 2_f64.sqrt()) as f32;
    samples.iter().map(|sample| (f32::from(*sample) + rms * dice.normal()) as i16).collect()
}

/// Something like speech: pulses of a wandering pitch through three wandering resonances, hisses and pauses between.
fn speech(seed: u64, ms: usize) -> Vec<i16> {
    let mut dice = Dice(seed);
    let mut out = Vec::with_capacity(ms * 8);
    let mut phase = 0.0;
    let base = dice.between(85.0, 280.0);
    let mut memory = [[0.0_f32; 2]; 3];
    while out.len() < ms * 8 {
        let length = dice.between(60.0, 320.0) as usize * 8;
        let kind = dice.next() % 8;
        let resonances = [
            (dice.between(250.0, 850.0), 60.0),
            (dice.between(800.0, 2_300.0), 90.0),
            (dice.between(2_200.0, 3_200.0), 150.0),
        ];
        let poles = resonances.map(|(hz, width): (f32, f32)| {
            let radius = (-std::f32::consts::PI * width / 8_000.0).exp();
            (2.0 * radius * (std::f32::consts::TAU * hz / 8_000.0).cos(), radius * radius)
        });
        let gain = dice.between(0.3, 1.0);
        let (from, to) = (base * dice.between(0.8, 1.25), base * dice.between(0.8, 1.25));
        for n in 0..length {
            let part = n as f32 / length as f32;
            let source = match kind {
                0 => 0.0,
                1 => dice.between(-0.3, 0.3),
                _ => {
                    phase += (from + (to - from) * part) / 8_000.0;
                    if phase >= 1.0 {
                        phase -= 1.0;
                        8.0
                    } else {
                        -0.12
                    }
                }
            };
            let mut sample = source * gain * (part.min(1.0 - part) * 8.0).min(1.0);
            let mut sum = 0.0;
            for ((a, b), memory) in poles.iter().zip(&mut memory) {
                let next = sample + a * memory[0] - b * memory[1];
                *memory = [next, memory[0]];
                sum += next;
                sample *= 0.6;
            }
            out.push((sum * 260.0).clamp(-30_000.0, 30_000.0) as i16);
        }
    }
    out.truncate(ms * 8);
    out
}
