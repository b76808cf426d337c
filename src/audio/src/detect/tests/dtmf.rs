use super::super::{DtmfDetector, DtmfEvent};
use super::{Dice, noisy, silence, speech, tones};
use crate::Rate;
use crate::codec::{Coding, Decoder, Encoder, EncoderOptions};
use crate::resample::Resampler;
use crate::tone::{DTMF_COLUMNS, DTMF_KEYS, DTMF_ROWS, DtmfGenerator};

fn heard(samples: &[i16]) -> Vec<DtmfEvent> {
    let mut detector = DtmfDetector::new();
    samples.chunks(160).filter_map(|frame| detector.push(frame)).collect()
}

fn digits(samples: &[i16]) -> String {
    heard(samples).iter().map(|event| event.digit).collect()
}

fn keys() -> impl Iterator<Item = (char, f64, f64)> {
    (0..16).map(|key| (DTMF_KEYS[key / 4][key % 4], f64::from(DTMF_ROWS[key / 4]), f64::from(DTMF_COLUMNS[key % 4])))
}

/// Silence, a key of so many ms, silence; `lead` samples shift it against the frames.
fn press(low: (f64, f64), high: (f64, f64), ms: usize, lead: usize) -> Vec<i16> {
    let mut samples = vec![0; 400 + lead];
    samples.extend(tones(&[low, high], ms));
    samples.extend(silence(80));
    samples
}

#[test]
fn every_key_at_every_level() {
    for (digit, low, high) in keys() {
        for level in [-36.0, -30.0, -24.0, -16.0, -8.0, -3.0] {
            for lead in [0, 13, 31] {
                let samples = press((low, level), (high, level), 40, lead);
                assert_eq!(digits(&samples), digit.to_string(), "{level} dBm0, lead {lead}");
            }
        }
    }
}

#[test]
fn keys_in_noise_of_20_db() {
    let mut dice = Dice(1);
    for (digit, low, high) in keys() {
        for level in [-36.0, -20.0, -6.0] {
            for lead in [0, 7, 22] {
                let samples = press((low, level), (high, level), 45, lead);
                // Both tones together are 3 dB above one.
                let samples = noisy(&samples, level + 3.0 - 20.0, &mut dice);
                assert_eq!(digits(&samples), digit.to_string(), "{level} dBm0, lead {lead}");
            }
        }
    }
}

#[test]
fn frequencies_to_one_and_a_half_percent_and_no_further_than_three_and_a_half() {
    let mut dice = Dice(2);
    for (digit, low, high) in keys() {
        for (off_low, off_high) in [(0.015, 0.015), (-0.015, 0.015), (0.015, -0.015), (-0.015, -0.015)] {
            for (twist_low, twist_high) in [(-20.0, -20.0), (-20.0, -16.5), (-14.0, -21.5)] {
                let low = (low * (1.0 + off_low), twist_low);
                let high = (high * (1.0 + off_high), twist_high);
                let samples = noisy(&press(low, high, 50, 9), -45.0, &mut dice);
                assert_eq!(digits(&samples), digit.to_string(), "{low:?} {high:?}");
            }
        }
        for off in [-0.035, 0.035, 0.05, -0.05] {
            for lead in [0, 17] {
                let samples = press((low * (1.0 + off), -12.0), (high, -12.0), 100, lead);
                assert_eq!(digits(&samples), "", "{digit} low off by {off}");
                let samples = press((low, -12.0), (high * (1.0 + off), -12.0), 100, lead);
                assert_eq!(digits(&samples), "", "{digit} high off by {off}");
            }
        }
    }
}

#[test]
fn twist_as_q24_has_it() {
    for (digit, low, high) in keys() {
        for (level_low, level_high) in [(-20.0, -16.0), (-12.0, -20.0), (-30.0, -26.0), (-25.0, -33.0)] {
            assert_eq!(digits(&press((low, level_low), (high, level_high), 50, 3)), digit.to_string());
        }
        for (level_low, level_high) in [(-20.0, -12.0), (-8.0, -20.0)] {
            assert_eq!(digits(&press((low, level_low), (high, level_high), 100, 3)), "");
        }
    }
}

#[test]
fn short_tones_are_none_and_short_gaps_bridge() {
    let (low, high) = ((852.0, -10.0), (1_336.0, -10.0));
    for lead in 0..40 {
        assert_eq!(digits(&press(low, high, 20, lead)), "", "20 ms, lead {lead}");
        assert_eq!(digits(&press(low, high, 40, lead)), "8", "40 ms, lead {lead}");
        let gap = |ms| {
            let mut samples = vec![0; 200 + lead];
            samples.extend(tones(&[low, high], 60));
            samples.extend(silence(ms));
            samples.extend(tones(&[low, high], 60));
            samples.extend(silence(60));
            samples
        };
        assert_eq!(digits(&gap(10)), "8", "10 ms gap, lead {lead}");
        assert_eq!(digits(&gap(40)), "88", "40 ms gap, lead {lead}");
    }
}

#[test]
fn durations_are_told_within_ten_milliseconds() {
    for ms in [40, 65, 100, 250, 1_000] {
        for lead in [0, 11, 25, 38] {
            let events = heard(&press((770.0, -12.0), (1_477.0, -10.0), ms, lead));
            assert_eq!(events.len(), 1);
            assert_eq!(events[0].digit, '6');
            assert!(events[0].duration_ms.abs_diff(ms as u32) <= 10, "{ms} ms heard as {}", events[0].duration_ms);
        }
    }
}

#[test]
fn a_key_is_current_while_it_sounds_and_a_change_ends_it() {
    let mut samples = tones(&[(697.0, -10.0), (1_209.0, -10.0)], 100);
    samples.extend(tones(&[(941.0, -10.0), (1_477.0, -10.0)], 100));
    samples.extend(silence(100));
    let mut detector = DtmfDetector::new();
    let mut seen = Vec::new();
    let mut told = Vec::new();
    for frame in samples.chunks(160) {
        told.extend(detector.push(frame).map(|event| event.digit));
        seen.push(detector.current());
    }
    assert_eq!((seen[3], seen[8], seen[14]), (Some('1'), Some('#'), None));
    assert_eq!(told, ['1', '#']);
}

#[test]
fn our_own_keys_through_every_coding() {
    let dialled = "0123456789*#ABCD";
    for coding in [Coding::Pcmu, Coding::Pcma, Coding::G722] {
        let mut encoder = Encoder::new(coding, Rate::Hz16000, EncoderOptions::default());
        let mut decoder = Decoder::new(coding, Rate::Hz16000);
        let rate = encoder.rate();
        let mut down = Resampler::new(rate, Rate::Hz8000);
        let mut sound = Vec::new();
        for digit in dialled.chars() {
            let mut key = vec![0; rate.samples(90)];
            DtmfGenerator::new(digit, rate, 50, 40).unwrap().fill(&mut key);
            sound.extend(key);
        }
        sound.resize(sound.len().next_multiple_of(rate.frame()) + rate.samples(60), 0);
        let mut detector = DtmfDetector::new();
        let (mut payload, mut decoded, mut narrow) = ([0; 320], [0; 320], [0; 160]);
        let mut told = String::new();
        for frame in sound.chunks_exact(rate.frame()) {
            let octets = encoder.encode(frame, &mut payload).unwrap();
            let samples = decoder.decode(&payload[..octets], &mut decoded).unwrap();
            let samples = down.process(&decoded[..samples], &mut narrow);
            told.extend(detector.push(&narrow[..samples]).map(|event| event.digit));
        }
        assert_eq!(told, dialled, "{coding:?}");
    }
}

#[test]
fn frames_of_any_length_tell_the_same() {
    let mut samples = Vec::new();
    for digit in "159D".chars() {
        let mut key = vec![0; 1_000];
        let length = DtmfGenerator::new(digit, Rate::Hz8000, 60, 50).unwrap().fill(&mut key);
        samples.extend(&key[..length]);
    }
    let whole = heard(&samples);
    assert_eq!(whole.len(), 4);
    for length in [1, 33, 80, 161] {
        let mut detector = DtmfDetector::new();
        let told: Vec<_> = samples.chunks(length).filter_map(|piece| detector.push(piece)).collect();
        assert_eq!(told, whole, "pieces of {length}");
    }
}

#[test]
fn neither_speech_nor_noise_nor_music_talks_off() {
    // Four minutes in all.
    for seed in 0..18 {
        let samples = speech(seed, 12_000);
        assert!(samples.iter().any(|sample| sample.unsigned_abs() > 2_000), "the speech is too quiet to tell");
        assert_eq!(heard(&samples), [], "seed {seed}");
    }
    let mut dice = Dice(3);
    assert_eq!(heard(&noisy(&silence(15_000), -12.0, &mut dice)), []);
    // Chords of two and three notes, as an organ holds them.
    let mut chords = Vec::new();
    for _ in 0..120 {
        let (note, step) = (f64::from(dice.between(300.0, 900.0)), f64::from(dice.next() % 9 + 3));
        let second = note * 2_f64.powf(step / 12.0);
        let overtone = -10.0 - f64::from(dice.next() % 8);
        chords.extend(tones(&[(note, -10.0), (second, -12.0), (2.0 * note, overtone), (2.0 * second, overtone)], 200));
    }
    assert_eq!(heard(&chords), []);
}
