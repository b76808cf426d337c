use super::*;
use std::f64::consts::PI;

const RATES: [Rate; 3] = [Rate::Hz8000, Rate::Hz16000, Rate::Hz48000];

fn pairs() -> impl Iterator<Item = (Rate, Rate)> {
    RATES.into_iter().flat_map(|from| RATES.into_iter().map(move |to| (from, to)))
}

fn sine(rate: Rate, hz: f64, amplitude: f64, ms: usize) -> Vec<i16> {
    (0..rate.samples(ms))
        .map(|n| (amplitude * (2.0 * PI * hz * n as f64 / f64::from(rate.hz())).sin()).round() as i16)
        .collect()
}

fn resample(from: Rate, to: Rate, input: &[i16]) -> Vec<i16> {
    let mut resampler = Resampler::new(from, to);
    let mut out = vec![0; resampler.room(input.len())];
    let mut written = 0;
    for frame in input.chunks(from.frame()) {
        written += resampler.process(frame, &mut out[written..]);
    }
    out.truncate(written);
    out
}

/// Amplitude of `hz` in `samples`, the first 10 ms left out.
fn amplitude(rate: Rate, hz: f64, samples: &[i16]) -> f64 {
    let samples = &samples[rate.samples(10)..];
    let (mut re, mut im) = (0.0, 0.0);
    for (n, sample) in samples.iter().enumerate() {
        let angle = 2.0 * PI * hz * n as f64 / f64::from(rate.hz());
        re += f64::from(*sample) * angle.cos();
        im += f64::from(*sample) * angle.sin();
    }
    2.0 * re.hypot(im) / samples.len() as f64
}

fn rms(rate: Rate, samples: &[i16]) -> f64 {
    let samples = &samples[rate.samples(10)..];
    (samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>() / samples.len() as f64).sqrt()
}

fn db(ratio: f64) -> f64 {
    20.0 * ratio.log10()
}

/// Top of the flat band and bottom of the stopped one.
fn band(from: Rate, to: Rate) -> (f64, f64) {
    let low = f64::from(from.hz().min(to.hz()));
    (low * 0.425, low * 0.55)
}

#[test]
fn the_pass_band_is_flat() {
    for (from, to) in pairs() {
        let (top, _) = band(from, to);
        for hz in [200.0, 300.0, 1_000.0, top / 2.0, top * 0.9, top] {
            let out = resample(from, to, &sine(from, hz, 10_000.0, 110));
            let gain = db(amplitude(to, hz, &out) / 10_000.0);
            assert!(gain.abs() < 0.5, "{from:?} to {to:?} at {hz} Hz: {gain:.2} dB");
        }
    }
}

#[test]
fn nothing_folds_or_mirrors_into_the_band() {
    for (from, to) in pairs().filter(|(from, to)| from != to) {
        let (top, stop) = band(from, to);
        if from > to {
            for part in [0.0, 0.2, 0.5, 0.9] {
                let hz = stop + part * (f64::from(from.hz()) / 2.0 - stop);
                let out = resample(from, to, &sine(from, hz, 20_000.0, 110));
                let gain = db(rms(to, &out) / (20_000.0 / 2_f64.sqrt()));
                assert!(gain < -55.0, "{from:?} to {to:?} at {hz} Hz: {gain:.1} dB");
            }
        } else {
            for hz in [300.0, top / 2.0, top] {
                let out = resample(from, to, &sine(from, hz, 20_000.0, 110));
                let mut image = f64::from(from.hz()) - hz;
                while image < f64::from(to.hz()) / 2.0 {
                    if image > stop {
                        let gain = db(amplitude(to, image, &out) / 20_000.0);
                        assert!(gain < -55.0, "{from:?} to {to:?}: image of {hz} at {image} Hz: {gain:.1} dB");
                    }
                    image += f64::from(from.hz());
                }
            }
        }
    }
}

#[test]
fn the_delay_is_below_two_milliseconds() {
    for (from, to) in pairs() {
        let mut input = vec![0; from.samples(20)];
        input[0] = 20_000;
        let out = resample(from, to, &input);
        let peak = out.iter().enumerate().max_by_key(|(_, sample)| sample.unsigned_abs()).map(|(at, _)| at);
        let delay_us = peak.unwrap() * 1_000_000 / to.hz() as usize;
        assert!(delay_us <= 2_000, "{from:?} to {to:?}: {delay_us} µs");
    }
}

#[test]
fn frames_of_any_length_make_the_same_samples() {
    for (from, to) in pairs() {
        let input = sine(from, 700.0, 12_000.0, 60);
        let whole = resample(from, to, &input);
        assert_eq!(whole.len(), to.samples(60));
        let mut resampler = Resampler::new(from, to);
        let mut parts = Vec::new();
        let mut out = [0; 1_024];
        let mut rest = &input[..];
        for length in (1..97).cycle() {
            if rest.is_empty() {
                break;
            }
            let (part, after) = rest.split_at(length.min(rest.len()));
            let written = resampler.process(part, &mut out);
            assert!(written <= resampler.room(part.len()));
            parts.extend_from_slice(&out[..written]);
            rest = after;
        }
        assert_eq!(parts, whole, "{from:?} to {to:?}");
    }
}

#[test]
fn full_scale_neither_wraps_nor_overflows() {
    for (from, to) in pairs() {
        // The worst input for a linear filter has the signs of its taps; noise of full scale comes near it often.
        let mut seed = 1_u32;
        let input: Vec<i16> = (0..from.samples(200))
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                if seed >> 31 == 0 { i16::MIN } else { i16::MAX }
            })
            .collect();
        resample(from, to, &input);
        let constant = resample(from, to, &vec![i16::MAX; from.samples(60)]);
        let settled = &constant[to.samples(10)..];
        assert!(settled.iter().all(|sample| *sample >= i16::MAX - 1), "{from:?} to {to:?}");
    }
}

#[test]
fn the_worst_sum_fits() {
    for (from, to) in pairs().filter(|(from, to)| from != to) {
        let taps = if from < to { filter::branches(from, to) } else { filter::whole(from, to) };
        let filters = if from < to { taps.chunks(LANE).collect() } else { vec![&taps[..]] };
        for taps in filters {
            let sum: i64 = taps.iter().map(|tap| i64::from(*tap).abs() * 32_768).sum();
            assert!(sum + 8_192 < i64::from(i32::MAX), "{from:?} to {to:?}: {sum}");
        }
    }
}

#[test]
fn too_little_room_drops_and_does_not_panic() {
    let mut up = Resampler::new(Rate::Hz8000, Rate::Hz48000);
    let mut down = Resampler::new(Rate::Hz48000, Rate::Hz8000);
    let mut out = [0; 7];
    assert_eq!(up.process(&[1_000; 160], &mut out), 7);
    assert_eq!(down.process(&[1_000; 960], &mut out), 7);
    assert_eq!(down.process(&[], &mut out), 0);
}
