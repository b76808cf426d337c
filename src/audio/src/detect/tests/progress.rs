use super::super::{ProgressDetector, Signal};
use super::{Dice, noisy, silence, speech, tones};
use crate::Rate;
use crate::codec::{alaw, ulaw};
use crate::tone::{Country, Tone, ToneGenerator};

const COUNTRIES: [&[u8; 2]; 29] = [
    b"nl", b"fr", b"de", b"lu", b"gb", b"ie", b"us", b"ca", b"es", b"it", b"pt", b"pl", b"ru", b"ch", b"at", b"se",
    b"no", b"dk", b"fi", b"au", b"nz", b"jp", b"in", b"br", b"be", b"cz", b"gr", b"hu", b"zz",
];

fn heard(samples: &[i16]) -> Vec<Signal> {
    let mut detector = ProgressDetector::new();
    samples.chunks(160).filter_map(|frame| detector.push(frame)).collect()
}

fn play(tone: Tone, country: &[u8; 2], lead: usize, ms: usize) -> Vec<i16> {
    let mut samples = vec![0; lead + ms * 8];
    ToneGenerator::new(tone, Country(*country), Rate::Hz8000).fill(&mut samples[lead..]);
    samples
}

#[test]
fn ringing_busy_and_congestion_of_every_country() {
    let mut dice = Dice(6);
    for (index, country) in COUNTRIES.into_iter().enumerate() {
        let name = String::from_utf8_lossy(country);
        let lead = index * 23;
        for (tone, signal) in
            [(Tone::Ringback, Signal::Ringback), (Tone::Busy, Signal::Busy), (Tone::Congestion, Signal::Busy)]
        {
            // India takes its time.
            let ms = if country == b"in" { 6_500 } else { 4_500 };
            let samples = play(tone, country, lead, ms);
            assert_eq!(heard(&samples), [signal], "{tone:?} {name}");
            if index % 5 == 0 {
                let samples = noisy(&samples, -44.0, &mut dice);
                assert_eq!(heard(&samples), [signal], "{tone:?} {name} in noise");
            }
        }
    }
}

#[test]
fn special_information_is_heard_before_anything_else() {
    for frequencies in [[950.0, 1_400.0, 1_800.0], [913.8, 1_370.6, 1_776.7], [985.2, 1_428.5, 1_776.7]] {
        for (ms, gap) in [(330, 0), (276, 0), (380, 20)] {
            let mut samples = silence(33);
            for hz in frequencies {
                samples.extend(tones(&[(hz, -20.0)], ms));
                samples.extend(silence(gap));
            }
            samples.extend(silence(1_000));
            assert_eq!(heard(&samples), [Signal::SpecialInformation], "{frequencies:?} {ms} ms");
        }
    }
    // Downwards it is none.
    let mut samples = Vec::new();
    for hz in [1_800.0, 1_400.0, 950.0] {
        samples.extend(tones(&[(hz, -20.0)], 330));
    }
    samples.extend(silence(3_000));
    assert_eq!(heard(&samples), []);
}

#[test]
fn through_g711_and_quietly() {
    for (law, country) in [(0, b"nl"), (1, b"us")] {
        for (tone, signal) in [(Tone::Ringback, Signal::Ringback), (Tone::Busy, Signal::Busy)] {
            let samples: Vec<i16> = play(tone, country, 40, 7_000)
                .into_iter()
                .map(|sample| sample / 6)
                .map(|s| if law == 0 { alaw::decode(alaw::encode(s)) } else { ulaw::decode(ulaw::encode(s)) })
                .collect();
            assert_eq!(heard(&samples), [signal], "{tone:?} of {country:?}");
        }
    }
}

#[test]
fn ringing_then_busy_are_both_told_once() {
    let mut samples = play(Tone::Ringback, b"nl", 0, 15_000);
    samples.extend(play(Tone::Busy, b"nl", 0, 8_000));
    assert_eq!(heard(&samples), [Signal::Ringback, Signal::Busy]);
}

#[test]
fn speech_dial_tone_and_silence_are_no_progress() {
    for seed in 100..109 {
        assert_eq!(heard(&speech(seed, 12_000)), [], "seed {seed}");
    }
    assert_eq!(heard(&play(Tone::Dial, b"nl", 0, 8_000)), []);
    assert_eq!(heard(&silence(8_000)), []);
    // Somebody speaks right after a tone: the tone was no ringing.
    let mut samples = tones(&[(425.0, -12.0)], 1_000);
    samples.extend(speech(5, 5_000));
    assert_eq!(heard(&samples), []);
}
