use super::*;
use crate::Rate;
use std::f64::consts::TAU;

const RATES: [Rate; 3] = [Rate::Hz8000, Rate::Hz16000, Rate::Hz48000];
const TONES: [Tone; 11] = [
    Tone::Dial,
    Tone::Ringback,
    Tone::Busy,
    Tone::Congestion,
    Tone::SpecialInformation,
    Tone::CallWaiting,
    Tone::RecordWarning,
    Tone::Confirm,
    Tone::Enter,
    Tone::Leave,
    Tone::Milliwatt,
];
const COUNTRIES: [&[u8; 2]; 27] = [
    b"nl", b"fr", b"de", b"lu", b"gb", b"ie", b"us", b"ca", b"es", b"it", b"pt", b"pl", b"ru", b"ch", b"at", b"se",
    b"no", b"dk", b"fi", b"au", b"nz", b"jp", b"in", b"br", b"be", b"cz", b"zz",
];

fn play(tone: Tone, country: &[u8; 2], rate: Rate, ms: usize) -> Vec<i16> {
    let mut generator = ToneGenerator::new(tone, Country(*country), rate);
    let mut samples = vec![0; rate.samples(ms)];
    for frame in samples.chunks_mut(rate.frame()) {
        generator.fill(frame);
    }
    samples
}

/// dBm0 of `hz` in `samples`.
fn level(samples: &[i16], hz: f64, rate: Rate) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (n, sample) in samples.iter().enumerate() {
        let (sin, cos) = (TAU * hz * n as f64 / f64::from(rate.hz())).sin_cos();
        re += f64::from(*sample) * cos;
        im += f64::from(*sample) * sin;
    }
    20.0 * (2.0 * re.hypot(im) / samples.len() as f64 / PEAK_0_DBM0).log10()
}

/// On and off times in ms, by windows of 5 ms.
fn cadence(samples: &[i16], rate: Rate) -> Vec<(bool, usize)> {
    let mut runs: Vec<(bool, usize)> = Vec::new();
    for window in samples.chunks(rate.samples(5)) {
        let sounds = window.iter().any(|sample| sample.unsigned_abs() > 30);
        match runs.last_mut() {
            Some((was, ms)) if *was == sounds => *ms += 5,
            _ => runs.push((sounds, 5)),
        }
    }
    runs
}

#[test]
fn tones_of_countries_have_their_cadence() {
    // ITU-T E.180 supplement 2: on, off, on … in ms.
    let cases: [(Tone, &[u8; 2], &[usize]); 14] = [
        (Tone::Ringback, b"nl", &[1_000, 4_000, 1_000, 4_000]),
        (Tone::Busy, b"nl", &[500, 500, 500]),
        (Tone::Ringback, b"fr", &[1_500, 3_500, 1_500]),
        (Tone::Busy, b"de", &[480, 480, 480]),
        (Tone::Congestion, b"lu", &[240, 240, 240]),
        (Tone::Ringback, b"gb", &[400, 200, 400, 2_000, 400]),
        (Tone::Congestion, b"gb", &[400, 350, 225, 525, 400]),
        (Tone::Ringback, b"us", &[2_000, 4_000, 2_000]),
        (Tone::Congestion, b"ca", &[250, 250, 250]),
        (Tone::Congestion, b"es", &[200, 200, 200, 200, 200, 600, 200]),
        (Tone::Ringback, b"ru", &[800, 3_200, 800]),
        (Tone::Dial, b"it", &[200, 200, 600, 1_000, 200]),
        (Tone::Busy, b"br", &[250, 250, 250]),
        (Tone::Ringback, b"zz", &[1_000, 4_000, 1_000]),
    ];
    for (tone, country, times) in cases {
        let samples = play(tone, country, Rate::Hz8000, times.iter().sum());
        let heard = cadence(&samples, Rate::Hz8000);
        for (index, (time, (sounds, ms))) in times.iter().zip(&heard).enumerate() {
            let name = String::from_utf8_lossy(country);
            assert_eq!(*sounds, index % 2 == 0, "{tone:?} {name}: {heard:?}");
            assert!(ms.abs_diff(*time) <= 10, "{tone:?} {name}: {heard:?}");
        }
    }
}

#[test]
fn tones_have_their_frequencies_and_levels_at_each_rate() {
    let cases: [(Tone, &[u8; 2], &[f64], f64); 8] = [
        (Tone::Dial, b"nl", &[425.0], -13.0),
        (Tone::Dial, b"fr", &[440.0], -13.0),
        (Tone::Dial, b"us", &[350.0, 440.0], -13.0),
        (Tone::Ringback, b"us", &[440.0, 480.0], -19.0),
        (Tone::Dial, b"GB", &[350.0, 440.0], -13.0),
        (Tone::Dial, b"jp", &[400.0], -13.0),
        (Tone::Dial, b"at", &[420.0], -13.0),
        (Tone::Milliwatt, b"zz", &[1_004.0], 0.0),
    ];
    for rate in RATES {
        for (tone, country, frequencies, dbm0) in cases {
            let samples = play(tone, country, rate, 1_020);
            for hz in frequencies {
                let heard = level(&samples[rate.samples(20)..], *hz, rate);
                assert!((heard - dbm0).abs() < 0.1, "{tone:?} at {rate:?}: {hz} Hz {heard:.2} dBm0");
            }
        }
    }
}

#[test]
fn special_information_rises_once_and_ends() {
    let samples = play(Tone::SpecialInformation, b"nl", Rate::Hz8000, 2_000);
    for (index, hz) in [950.0, 1_400.0, 1_800.0].into_iter().enumerate() {
        let part = &samples[8 * (330 * index + 20)..8 * (330 * index + 310)];
        assert!((level(part, hz, Rate::Hz8000) + 13.0).abs() < 0.2);
    }
    let mut generator = ToneGenerator::new(Tone::SpecialInformation, Country(*b"nl"), Rate::Hz8000);
    let mut frame = [0; 160];
    // Three tones and a second of silence: 1,990 ms, so the hundredth frame is the last.
    let frames = (1..).find(|_| generator.fill(&mut frame));
    assert_eq!(frames, Some(100));
}

#[test]
fn one_burst_ends_and_stays_silent_others_go_on() {
    for tone in TONES {
        for country in COUNTRIES {
            let mut generator = ToneGenerator::new(tone, Country(*country), Rate::Hz8000);
            let mut frame = [77; 160];
            let ended = (0..150).any(|_| generator.fill(&mut frame));
            assert_eq!(ended, !tone.is_repeating(), "{tone:?}");
            assert_eq!(generator.is_repeating(), tone.is_repeating());
            if ended {
                frame.fill(77);
                assert!(generator.fill(&mut frame));
                assert_eq!(frame, [0; 160]);
            }
        }
    }
}

#[test]
fn no_tone_clicks_or_clips() {
    for tone in TONES {
        for country in COUNTRIES {
            let samples = play(tone, country, Rate::Hz16000, 3_000);
            // A sine moves at most 2πf/rate of its peak in a sample; a click moves further.
            let peak = samples.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or(0);
            let top = if tone == Tone::SpecialInformation { 1_800.0 } else { 1_400.0 };
            let steepest = f64::from(peak) * (TAU * top / 16_000.0) + 2.0;
            let jump = samples.windows(2).map(|pair| pair[0].abs_diff(pair[1])).max().unwrap_or(0);
            assert!(f64::from(jump) <= steepest, "{tone:?} jumps by {jump} of {peak}");
            assert!(peak > 500 && peak <= 22_828, "{tone:?} peaks at {peak}");
            assert!(samples[0].unsigned_abs() < 100);
        }
    }
}

#[test]
fn a_tone_does_not_depend_on_how_it_is_cut() {
    for tone in TONES {
        let whole = {
            let mut samples = vec![0; 16_000];
            ToneGenerator::new(tone, Country(*b"gb"), Rate::Hz8000).fill(&mut samples);
            samples
        };
        let mut generator = ToneGenerator::new(tone, Country(*b"gb"), Rate::Hz8000);
        let mut parts = vec![0; 16_000];
        for part in parts.chunks_mut(77) {
            generator.fill(part);
        }
        // The pointers are renewed at other moments: equal but for rounding.
        assert!(whole.iter().zip(&parts).all(|(a, b)| a.abs_diff(*b) <= 4), "{tone:?}");
    }
}

#[test]
fn a_long_tone_keeps_its_level() {
    let samples = play(Tone::Milliwatt, b"us", Rate::Hz48000, 20_000);
    let last = &samples[samples.len() - 48_000..];
    assert!(level(last, 1_004.0, Rate::Hz48000).abs() < 0.05);
}

#[test]
fn keys_have_their_two_tones_and_their_length() {
    for (row, keys) in DTMF_KEYS.iter().enumerate() {
        for (column, key) in keys.iter().enumerate() {
            for rate in RATES {
                let mut generator = DtmfGenerator::new(*key, rate, 100, 60).unwrap();
                let mut samples = vec![9; rate.samples(200)];
                assert_eq!(generator.fill(&mut samples), rate.samples(160));
                assert!(generator.ended());
                assert_eq!(generator.fill(&mut samples[..1]), 0);
                let tone = &samples[rate.samples(5)..rate.samples(95)];
                assert!((level(tone, DTMF_ROWS[row].into(), rate) + 11.0).abs() < 0.5);
                assert!((level(tone, DTMF_COLUMNS[column].into(), rate) + 9.0).abs() < 0.5);
                assert!(samples[rate.samples(100)..rate.samples(160)].iter().all(|sample| *sample == 0));
            }
        }
    }
}

#[test]
fn what_is_no_key_makes_no_tone() {
    for digit in ['E', ' ', 'é', '\0', '+'] {
        assert!(DtmfGenerator::new(digit, Rate::Hz8000, 100, 50).is_none());
    }
    assert!(DtmfGenerator::new('d', Rate::Hz8000, u32::MAX, u32::MAX).is_some());
    let mut nothing = DtmfGenerator::new('5', Rate::Hz8000, 0, 0).unwrap();
    assert!(nothing.ended());
    assert_eq!(nothing.fill(&mut [0; 160]), 0);
}
