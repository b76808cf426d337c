use super::*;
use crate::level::dbov;

fn noise(seed: u32) -> impl FnMut() -> f32 {
    let mut state = seed.wrapping_mul(747_796_405) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as f32 / u32::MAX as f32 * 2.0 - 1.0
    }
}

/// Speech-like sound: a glottal pulse train of wandering pitch through three resonances, in syllables with pauses.
fn speech(rate: Rate, seconds: usize, amplitude: f32) -> Vec<f32> {
    let hz = rate.hz() as f32;
    let vowels =
        [[730.0, 1_090.0, 2_440.0], [270.0, 2_290.0, 3_010.0], [300.0, 870.0, 2_240.0], [530.0, 1_840.0, 2_480.0]];
    let mut breath = noise(5);
    let mut state = [[0f32; 2]; 3];
    let (mut phase, mut out) = (0.0, Vec::new());
    for n in 0..rate.hz() as usize * seconds {
        let time = n as f32 / hz;
        let syllable = time * 4.0;
        let is_pause = syllable as usize % 8 >= 6;
        let swell = if is_pause { 0.0 } else { (syllable.fract() * std::f32::consts::PI).sin() };
        phase += (120.0 + 25.0 * (time * 1.7).sin()) / hz;
        let pulse = if phase >= 1.0 { 12.0 } else { 0.0 };
        phase = phase.fract();
        let source = (pulse + 0.1 * breath()) * swell;
        let vowel = vowels[(syllable as usize * 7 / 3) % 4];
        let mut sum = 0.0;
        for (formant, state) in vowel.iter().zip(&mut state) {
            let radius = (-std::f32::consts::PI * 90.0 / hz).exp();
            let angle = std::f32::consts::TAU * formant / hz;
            let sample = source + 2.0 * radius * angle.cos() * state[0] - radius * radius * state[1];
            *state = [sample, state[0]];
            sum += sample;
        }
        out.push(sum);
    }
    let peak = out.iter().fold(0f32, |peak, s| peak.max(s.abs()));
    out.iter().map(|s| s / peak * amplitude).collect()
}

fn to_samples(sound: &[f32]) -> Vec<i16> {
    sound.iter().map(|s| *s as i16).collect()
}

fn run(processor: &mut Processor, rate: Rate, near: &mut [i16], far: &[i16]) {
    for (near, far) in near.chunks_mut(rate.frame()).zip(far.chunks(rate.frame())) {
        processor.far(far);
        processor.near(near);
    }
}

#[test]
fn steady_noise_goes_and_speech_stays() {
    for rate in [Rate::Hz8000, Rate::Hz16000] {
        let voice = speech(rate, 4, 12_000.0);
        let mut hiss = noise(1);
        let mut near: Vec<i16> = voice.iter().map(|s| (s + 500.0 * hiss()) as i16).collect();
        let before = near.clone();
        let options = ProcessorOptions { noise_reduction: true, ..ProcessorOptions::default() };
        let silence = vec![0; near.len()];
        run(&mut Processor::new(rate, options), rate, &mut near, &silence);
        // The second pause, 3.5 to 4.0 s, away from its edges, and the syllables before it.
        let at = |ms: usize| ms * rate.hz() as usize / 1_000;
        let (pause, words) = (at(3_650)..at(3_950), at(2_000)..at(3_500));
        let noise_less = dbov(&before[pause.clone()]) - dbov(&near[pause]);
        let speech_less = dbov(&before[words.clone()]) - dbov(&near[words]);
        assert!(noise_less > 10.0, "{rate:?}: {noise_less} dB");
        assert!(speech_less < 2.5, "{rate:?}: {speech_less} dB");
    }
}

#[test]
fn an_echo_goes_once_the_canceller_knows_the_path() {
    for (rate, delay_ms) in [(Rate::Hz8000, 60), (Rate::Hz16000, 260)] {
        let far = speech(rate, 3, 16_000.0);
        let delay = delay_ms * rate.hz() as usize / 1_000;
        // A room: three reflections after the delay.
        let echo = |n: usize| {
            let tap = |d: usize, g: f32| n.checked_sub(d).map_or(0.0, |n| far[n] * g);
            tap(delay, 0.3) + tap(delay + 13, -0.12) + tap(delay + 41, 0.06)
        };
        let mut near: Vec<i16> = (0..far.len()).map(|n| echo(n) as i16).collect();
        let before = near.clone();
        let options = ProcessorOptions { echo_cancellation: true, ..ProcessorOptions::default() };
        run(&mut Processor::new(rate, options), rate, &mut near, &to_samples(&far));
        // Syllables, not a pause.
        let late = near.len() * 4 / 5..near.len() - delay;
        let erle = dbov(&before[late.clone()]) - dbov(&near[late]);
        assert!(erle > 15.0, "{rate:?} after {delay_ms} ms: {erle} dB");
    }
}

#[test]
fn one_who_speaks_against_the_echo_is_heard() {
    let rate = Rate::Hz16000;
    let far = speech(rate, 3, 12_000.0);
    let other: Vec<f32> = speech(rate, 1, 10_000.0).into_iter().rev().collect();
    let (delay, begin) = (rate.samples(80), 2 * rate.hz() as usize);
    let mut near: Vec<i16> = (0..far.len())
        .map(|n| {
            let echo = n.checked_sub(delay).map_or(0.0, |n| far[n] * 0.2);
            let voice = n.checked_sub(begin).map_or(0.0, |n| other[n]);
            (echo + voice) as i16
        })
        .collect();
    let options = ProcessorOptions { echo_cancellation: true, ..ProcessorOptions::default() };
    run(&mut Processor::new(rate, options), rate, &mut near, &to_samples(&far));
    let less = dbov(&to_samples(&other)) - dbov(&near[begin..]);
    assert!(less < 6.0, "{less} dB");
    assert!(less > -2.0, "{less} dB");
}

#[test]
fn a_quiet_voice_is_lifted_and_a_loud_one_is_not_broken() {
    for (amplitude, least, most) in [(900.0, 6.0, 25.0), (30_000.0, -6.0, 3.0)] {
        let rate = Rate::Hz16000;
        let mut near = to_samples(&speech(rate, 4, amplitude));
        let before = near.clone();
        let silence = vec![0; near.len()];
        let options = ProcessorOptions { automatic_gain: true, ..ProcessorOptions::default() };
        run(&mut Processor::new(rate, options), rate, &mut near, &silence);
        let late = near.len() * 3 / 4..;
        let lifted = dbov(&near[late.clone()]) - dbov(&before[late]);
        assert!((least..most).contains(&lifted), "{amplitude}: {lifted} dB");
    }
}

#[test]
fn a_fixed_gain_needs_no_library_and_never_wraps() {
    let sound: Vec<i16> = (0..160).map(|n| n * 200).collect();
    for (gain_db, factor) in [(6, 1.995), (-12, 0.251), (0, 1.0), (127, 15.85), (-128, 0.063)] {
        let mut near = sound.clone();
        let mut processor = Processor::new(Rate::Hz8000, ProcessorOptions { gain_db, ..ProcessorOptions::default() });
        assert!(processor.library.is_none());
        processor.near(&mut near);
        for (after, before) in near.iter().zip(&sound) {
            let wanted = f32::from(*before) * factor;
            assert!(*after >= 0 && (wanted > 29_000.0 || (f32::from(*after) - wanted).abs() < 20.0), "{gain_db}");
        }
    }
}

#[test]
fn extremes_are_taken() {
    let options =
        ProcessorOptions { noise_reduction: true, automatic_gain: true, echo_cancellation: true, gain_db: 24 };
    for rate in [Rate::Hz8000, Rate::Hz16000, Rate::Hz48000] {
        let mut processor = Processor::new(rate, options);
        let square: Vec<i16> = (0..rate.frame()).map(|n| if n % 9 < 4 { i16::MIN } else { i16::MAX }).collect();
        for n in 0..12 {
            let (mut near, mut odd) = (square.clone(), vec![i16::MIN; 7 + n * 50]);
            if n % 3 != 0 {
                processor.far(&square);
            }
            if n % 5 == 0 {
                (0..9).for_each(|_| processor.far(&vec![i16::MAX; 3_000]));
            }
            processor.near(&mut near);
            processor.near(&mut odd);
            processor.near(&mut []);
            processor.near(&mut vec![0; rate.frame()]);
        }
    }
}
