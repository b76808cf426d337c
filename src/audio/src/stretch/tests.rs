use super::*;

/// A voice: decaying pulses, amplitude modulated.
fn voice(rate: Rate, ms: usize, pitch_hz: usize) -> Vec<i16> {
    let (hz, period) = (rate.hz() as usize, rate.hz() as usize / pitch_hz);
    (0..rate.samples(ms))
        .map(|n| {
            let t = (n % period) as f32 / hz as f32;
            ((-t * 400.0).exp() * (t * 4_400.0).cos() * 9_000.0) as i16
        })
        .collect()
}

fn clicks(sound: &[i16]) -> i32 {
    sound.windows(2).map(|w| (i32::from(w[1]) - i32::from(w[0])).abs()).max().unwrap()
}

#[test]
fn a_period_leaves_without_a_click_at_every_rate() {
    for rate in [Rate::Hz8000, Rate::Hz16000, Rate::Hz48000] {
        for pitch_hz in [100, 125, 200, 250] {
            let original = voice(rate, 30, pitch_hz);
            let mut sound = original.clone();
            let removed = accelerate(&mut sound, usize::MAX, rate, Care::Well);
            let period = rate.hz() as usize / pitch_hz;
            assert!(removed > 0 && removed.is_multiple_of(period), "{rate:?} {pitch_hz} {removed}");
            let left = &sound[..original.len() - removed];
            assert!(clicks(left) <= clicks(&original), "{rate:?} {pitch_hz}");
            assert_eq!(left[..10], original[..10]);
            assert_eq!(left[left.len() - 10..], original[original.len() - 10..]);
        }
    }
}

#[test]
fn a_period_comes_in_without_a_click_and_the_past_stays() {
    for rate in [Rate::Hz8000, Rate::Hz16000, Rate::Hz48000] {
        let (past, len) = (rate.samples(15), rate.samples(20));
        let original = voice(rate, 35, 125);
        let mut sound = original.clone();
        sound.resize(past + len + rate.samples(15), 0);
        let added = expand(&mut sound, past, len, rate, Care::Well);
        assert_eq!(added, rate.hz() as usize / 125, "{rate:?}");
        assert_eq!(sound[..past], original[..past]);
        let all = &sound[..past + len + added];
        assert!(clicks(all) <= clicks(&original));
        assert_eq!(all[all.len() - 10..], original[original.len() - 10..]);
    }
}

#[test]
fn no_more_is_taken_than_is_asked_for() {
    for most in 0..200 {
        let mut sound = voice(Rate::Hz8000, 30, 200);
        let removed = accelerate(&mut sound, most, Rate::Hz8000, Care::Well);
        assert!(removed <= most, "{removed} of {most}");
        assert!(removed == 40 || removed == 80 || removed == 120 || most < 45, "{removed} of {most}");
    }
}

#[test]
fn a_pure_tone_keeps_its_amplitude() {
    let original: Vec<i16> = (0..240).map(|n| ((n as f32 * 0.345).sin() * 8_000.0) as i16).collect();
    let mut sound = original.clone();
    let removed = accelerate(&mut sound, usize::MAX, Rate::Hz8000, Care::Well);
    assert!(removed > 0);
    for (n, &s) in sound[..240 - removed].iter().enumerate() {
        let expected = (f64::from(n as u32) * 0.345).sin() * 8_000.0;
        let after = (f64::from((n + removed) as u32) * 0.345).sin() * 8_000.0;
        let (low, high) = (expected.min(after), expected.max(after));
        assert!(f64::from(s) > low - 10.0 && f64::from(s) < high + 10.0, "{n}");
    }
}

#[test]
fn noise_and_onsets_are_left_alone_and_quiet_is_not() {
    let mut state = 9_u32;
    let mut noise = |amplitude: f32| -> Vec<i16> {
        (0..240)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                ((state >> 16) as i16 as f32 / 32_768.0 * amplitude) as i16
            })
            .collect()
    };
    assert_eq!(accelerate(&mut noise(8_000.0), usize::MAX, Rate::Hz8000, Care::Well), 0);
    assert!(accelerate(&mut noise(8_000.0), usize::MAX, Rate::Hz8000, Care::Anywhere) > 0);
    assert!(accelerate(&mut noise(50.0), usize::MAX, Rate::Hz8000, Care::Well) > 0);
    let mut onset = [noise(20.0), noise(20_000.0)].concat();
    assert_eq!(accelerate(&mut onset[120..360], usize::MAX, Rate::Hz8000, Care::Well), 0);
}

#[test]
fn too_little_sound_or_room_changes_nothing() {
    for len in 0..40 {
        let mut sound = vec![3; len];
        let removed = accelerate(&mut sound, usize::MAX, Rate::Hz8000, Care::Urgent);
        assert!(removed < len || removed == 0);
    }
    let mut tight = voice(Rate::Hz8000, 35, 125);
    let before = tight.clone();
    assert_eq!(expand(&mut tight, 120, 160, Rate::Hz8000, Care::Well), 0);
    assert_eq!(tight, before);
    assert_eq!(accelerate(&mut [], usize::MAX, Rate::Hz8000, Care::Well), 0);
}
