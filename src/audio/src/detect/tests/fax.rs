use super::super::{FaxDetector, Signal};
use super::{Dice, amplitude, noisy, silence, speech, tones};
use std::f64::consts::TAU;

fn heard(samples: &[i16]) -> Vec<Signal> {
    let mut detector = FaxDetector::new();
    samples.chunks(160).filter_map(|frame| detector.push(frame)).collect()
}

/// V.8 §8.2: 2,100 Hz, its phase turned each 450 ms, 20 % of 15 Hz on its amplitude.
fn ansam(ms: usize, dbm0: f64) -> Vec<i16> {
    (0..ms * 8)
        .map(|n| {
            let t = n as f64 / 8_000.0;
            let turn = if (n / 3_600) % 2 == 0 { 1.0 } else { -1.0 };
            let swell = 1.0 + 0.2 * (TAU * 15.0 * t).sin();
            (turn * swell * amplitude(dbm0) * (TAU * 2_100.0 * t).sin()) as i16
        })
        .collect()
}

#[test]
fn a_calling_fax_at_any_level_and_within_its_tolerance() {
    let mut dice = Dice(4);
    for hz in [1_062.0, 1_100.0, 1_138.0] {
        for level in [-40.0, -25.0, -6.0] {
            for (ms, lead) in [(430, 0), (500, 55), (575, 90)] {
                let mut samples = vec![0; lead];
                for _ in 0..2 {
                    samples.extend(tones(&[(hz, level)], ms));
                    samples.extend(silence(300));
                }
                assert_eq!(heard(&noisy(&samples, level - 20.0, &mut dice)), [Signal::FaxCalling], "{hz} {level} {ms}");
            }
        }
    }
}

#[test]
fn an_answering_fax_with_and_without_turns_of_phase() {
    let mut dice = Dice(5);
    for level in [-38.0, -20.0, -8.0] {
        for hz in [2_085.0, 2_100.0, 2_115.0] {
            let samples = tones(&[(hz, level)], 1_000);
            assert_eq!(heard(&noisy(&samples, level - 20.0, &mut dice)), [Signal::FaxAnswering], "{hz} Hz {level}");
        }
        assert_eq!(heard(&noisy(&ansam(3_000, level), level - 20.0, &mut dice)), [Signal::FaxAnswering]);
    }
}

#[test]
fn other_tones_are_no_fax() {
    for (hz, ms) in [(1_000.0, 500), (1_200.0, 500), (1_100.0, 200), (1_100.0, 3_000), (2_100.0, 300), (2_225.0, 900)] {
        let mut samples = tones(&[(hz, -10.0)], ms);
        samples.extend(silence(500));
        assert_eq!(heard(&samples), [], "{hz} Hz for {ms} ms");
    }
    for seed in 0..8 {
        assert_eq!(heard(&speech(seed, 12_000)), [], "seed {seed}");
    }
}
