use super::super::{MachineDetector, Signal};
use super::{Dice, noisy, silence, speech, tones};

fn heard(samples: &[i16]) -> Vec<(usize, Signal)> {
    let mut detector = MachineDetector::new();
    samples
        .chunks(160)
        .enumerate()
        .filter_map(|(frame, samples)| detector.push(samples).map(|signal| (frame * 20, signal)))
        .collect()
}

/// Something like speech without the long pauses that chance may make.
fn talk(seed: u64, ms: usize) -> Vec<i16> {
    let frames = speech(seed, ms * 3);
    let loud = frames.chunks_exact(160).filter(|frame| super::super::bank::power(frame) > 3_000.0);
    let mut samples: Vec<i16> = loud.flatten().copied().collect();
    samples.truncate(ms * 8);
    assert_eq!(samples.len(), ms * 8);
    samples
}

fn signals(samples: &[i16]) -> Vec<Signal> {
    heard(samples).into_iter().map(|(_, signal)| signal).collect()
}

#[test]
fn a_short_greeting_and_silence_is_a_person() {
    for seed in 0..6 {
        for ms in [250, 600, 1_200] {
            let mut samples = silence(700);
            samples.extend(talk(seed, ms));
            samples.extend(silence(2_000));
            let told = heard(&samples);
            assert_eq!(told.len(), 1, "seed {seed}: {told:?}");
            let (at, signal) = told[0];
            assert_eq!(signal, Signal::Person);
            assert!(at.abs_diff(700 + ms + 800) <= 60, "{ms} ms: told at {at}");
        }
    }
}

#[test]
fn a_long_greeting_is_a_machine_and_its_tone_is_told_at_its_end() {
    let mut dice = Dice(7);
    for (seed, hz) in [(0, 440.0), (1, 1_000.0), (2, 1_400.0), (3, 2_050.0), (4, 355.0)] {
        for ms in [180 + 5 * seed as usize, 600] {
            let mut samples = silence(500);
            samples.extend(talk(seed, 2_600));
            samples.extend(silence(400));
            samples.extend(tones(&[(hz, -16.0)], ms));
            samples.extend(silence(500));
            let told = heard(&noisy(&samples, -50.0, &mut dice));
            let names: Vec<_> = told.iter().map(|(_, signal)| *signal).collect();
            assert_eq!(names, [Signal::Machine, Signal::MachineBeep], "{hz} Hz for {ms} ms");
            assert!(told[0].0.abs_diff(2_500) <= 100, "{told:?}");
            assert!(told[1].0.abs_diff(3_500 + ms) <= 60, "{told:?}");
        }
    }
}

#[test]
fn who_says_nothing_is_a_person() {
    let mut dice = Dice(8);
    assert_eq!(signals(&silence(8_000)), [Signal::Person]);
    assert_eq!(signals(&noisy(&silence(8_000), -55.0, &mut dice)), [Signal::Person]);
    // Clicks are no words.
    let mut clicks = silence(8_000);
    clicks.iter_mut().step_by(6_400).for_each(|sample| *sample = 20_000);
    assert_eq!(signals(&clicks), [Signal::Person]);
}

#[test]
fn a_person_in_a_noisy_street_is_a_person() {
    let mut dice = Dice(9);
    let mut samples = silence(900);
    samples.extend(talk(3, 700));
    samples.extend(silence(2_500));
    assert_eq!(signals(&noisy(&samples, -44.0, &mut dice)), [Signal::Person]);
}

#[test]
fn speech_has_no_tone_in_it() {
    for seed in 200..208 {
        let told = signals(&speech(seed, 12_000));
        assert!(!told.contains(&Signal::MachineBeep), "seed {seed}: {told:?}");
    }
}

#[test]
fn short_wavering_and_high_tones_are_none() {
    let mut siren = Vec::new();
    for step in 0..100 {
        siren.extend(tones(&[(600.0 + 10.0 * f64::from(step), -12.0)], 20));
    }
    for sound in [tones(&[(1_000.0, -12.0)], 90), tones(&[(2_600.0, -12.0)], 600), siren] {
        let mut samples = silence(200);
        samples.extend(sound);
        samples.extend(silence(300));
        assert!(!signals(&samples).contains(&Signal::MachineBeep));
    }
}
