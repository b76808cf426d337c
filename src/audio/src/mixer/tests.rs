use proptest::prelude::*;

use super::*;

const RATE: Rate = Rate::Hz16000;
const FRAME: usize = RATE.frame();
const SPEAKER: MemberRole = MemberRole { heard_by: Audience::All, hears: true };
const LISTENER: MemberRole = MemberRole { heard_by: Audience::Nobody, hears: true };

fn room(even_levels: bool, speakers_max: u8, roles: &[MemberRole]) -> Mixer {
    let mut mixer = Mixer::new(MixerOptions { rate: RATE, even_levels, speakers_max });
    for (n, role) in (0..).zip(roles) {
        assert!(mixer.set_member(MemberId(n), *role));
    }
    mixer
}

fn tick(mixer: &mut Mixer, frames: &[(u32, &[i16])]) {
    mixer.begin();
    for (id, frame) in frames {
        mixer.put(MemberId(*id), frame);
    }
    mixer.finish();
}

/// What a member hears.
fn heard(mixer: &Mixer, id: u32) -> &[i16] {
    mixer.samples(mixer.mix_for(MemberId(id)))
}

fn noise(seed: u32, amplitude: i32, len: usize) -> Vec<i16> {
    let mut state = seed.wrapping_mul(747_796_405).wrapping_add(1);
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as i32
    };
    (0..len).map(|_| (next() % (2 * amplitude + 1) - amplitude) as i16).collect()
}

/// A voiced sound: a saw of `hz`, starting at sample `from`, whose loudness swells as syllables do.
fn voice(hz: usize, amplitude: f32, from: usize, len: usize) -> Vec<i16> {
    let sample = |n: usize| {
        let phase = (n * hz % RATE.hz() as usize) as f32 / RATE.hz() as f32;
        let swell = 0.52 + 0.48 * (n as f32 / RATE.hz() as f32 * 4.0 * std::f32::consts::TAU).sin();
        (amplitude * swell * (2.0 * phase - 1.0)) as i16
    };
    (from..from + len).map(sample).collect()
}

fn talk(mixer: &mut Mixer, ticks: usize, talkers: &[(u32, usize, f32)]) {
    for n in 0..ticks {
        let frames: Vec<(u32, Vec<i16>)> =
            talkers.iter().map(|(id, hz, a)| (*id, voice(*hz, *a, n * FRAME, FRAME))).collect();
        let frames: Vec<(u32, &[i16])> = frames.iter().map(|(id, f)| (*id, f.as_slice())).collect();
        tick(mixer, &frames);
    }
}

fn jump(samples: &[i16]) -> i32 {
    samples.windows(2).map(|w| (i32::from(w[0]) - i32::from(w[1])).abs()).max().unwrap_or(0)
}

#[test]
fn two_talkers_hear_each_other_and_listeners_share_one_mix() {
    let mut mixer = room(false, 8, &[SPEAKER, SPEAKER, LISTENER, LISTENER, SPEAKER]);
    let (a, b) = (voice(110, 6_000.0, 0, FRAME), voice(230, 6_000.0, 0, FRAME));
    tick(&mut mixer, &[(0, &a), (1, &b)]);
    tick(&mut mixer, &[(0, &a), (1, &b)]);
    assert_eq!(heard(&mixer, 0), b);
    assert_eq!(heard(&mixer, 1), a);
    let sum: Vec<i16> = a.iter().zip(&b).map(|(a, b)| a + b).collect();
    for listener in 2..5 {
        assert_eq!(mixer.mix_for(MemberId(listener)), MixKey::Common);
        assert_eq!(heard(&mixer, listener), sum);
    }
    assert_eq!(mixer.whole(), sum);
    assert_eq!(mixer.mix_for(MemberId(77)), MixKey::Silence);
}

#[test]
fn roles_decide_who_hears_whom() {
    let deaf = MemberRole { heard_by: Audience::All, hears: false };
    let coach = MemberRole { heard_by: Audience::Only(MemberId(1)), hears: true };
    let frame = voice(150, 8_000.0, 0, FRAME);
    // Members: 0 as given, 1 a silent speaker, 2 a listener. Each row: the role, who hears the member, does it hear 1.
    let cases = [
        (SPEAKER, [false, true, true], true),
        (LISTENER, [false, false, false], true),
        (deaf, [false, true, true], false),
        (coach, [false, true, false], true),
        (MemberRole { heard_by: Audience::Only(MemberId(0)), hears: true }, [false; 3], true),
        (MemberRole { heard_by: Audience::Only(MemberId(9)), hears: true }, [false; 3], true),
    ];
    for (role, hearers, hears) in cases {
        let mut mixer = room(false, 3, &[role, SPEAKER, LISTENER]);
        for _ in 0..3 {
            tick(&mut mixer, &[(0, &frame)]);
        }
        let heard_by = [0, 1, 2].map(|id| heard(&mixer, id).iter().any(|s| *s != 0));
        assert_eq!(heard_by, hearers, "{role:?}");
        for _ in 0..60 {
            tick(&mut mixer, &[(1, &frame)]);
        }
        assert_eq!(heard(&mixer, 0).iter().any(|s| *s != 0), hears, "{role:?}");
    }
}

#[test]
fn a_whisper_changes_nothing_for_others() {
    let coach = MemberRole { heard_by: Audience::Only(MemberId(1)), hears: true };
    let mut with = room(true, 4, &[coach, SPEAKER, SPEAKER, LISTENER]);
    let mut without = room(true, 4, &[coach, SPEAKER, SPEAKER, LISTENER]);
    for n in 0..100 {
        let (agent, caller) = (voice(120, 30_000.0, n * FRAME, FRAME), voice(210, 30_000.0, n * FRAME, FRAME));
        let secret = noise(n as u32, 20_000, FRAME);
        tick(&mut with, &[(0, &secret), (1, &agent), (2, &caller)]);
        tick(&mut without, &[(1, &agent), (2, &caller)]);
        for other in [0, 2, 3] {
            assert_eq!(heard(&with, other), heard(&without, other));
        }
        assert_ne!(heard(&with, 1), heard(&without, 1));
    }
    assert!(!with.speakers().contains(&MemberId(0)));
}

#[test]
fn two_coaches_are_both_heard_by_their_agent() {
    let coach = MemberRole { heard_by: Audience::Only(MemberId(0)), hears: true };
    let mut mixer = room(false, 4, &[LISTENER, coach, coach]);
    let (a, b) = (voice(110, 5_000.0, 0, FRAME), voice(190, 5_000.0, 0, FRAME));
    tick(&mut mixer, &[(1, &a), (2, &b)]);
    tick(&mut mixer, &[(1, &a), (2, &b)]);
    let sum: Vec<i16> = a.iter().zip(&b).map(|(a, b)| a + b).collect();
    assert_eq!(heard(&mixer, 0), sum);
}

#[test]
fn noisy_microphones_do_not_add_up() {
    let mut mixer = room(true, 8, &[SPEAKER; 300]);
    let frames: Vec<Vec<i16>> = (0..300).map(|n| noise(n, 200 + n as i32, FRAME)).collect();
    for n in 0..100 {
        mixer.begin();
        for id in 0..300u32 {
            mixer.put(MemberId(id), &frames[(id as usize + n * 7) % 300]);
        }
        mixer.finish();
    }
    assert_eq!(mixer.speakers(), []);
    assert_eq!(level::level_db(mixer.whole()), 127);
}

#[test]
fn a_loud_steady_noise_loses_the_floor_and_a_voice_above_it_gets_it() {
    let mut mixer = room(false, 3, &[SPEAKER, LISTENER]);
    // About −37 dBov: above what is assumed of a microphone at first.
    for n in 0..150 {
        tick(&mut mixer, &[(0, &noise(n, 800, FRAME))]);
    }
    assert_eq!(mixer.speakers(), []);
    let speech = voice(140, 8_000.0, 0, FRAME);
    tick(&mut mixer, &[(0, &speech)]);
    assert_eq!(mixer.speakers(), [MemberId(0)]);
}

#[test]
fn a_long_speech_keeps_the_floor_and_a_pause_gives_it_back_after_300_ms() {
    let mut mixer = room(true, 3, &[SPEAKER, LISTENER]);
    talk(&mut mixer, 1_500, &[(0, 140, 3_000.0)]);
    assert_eq!(mixer.speakers(), [MemberId(0)]);
    let silence = [0; FRAME];
    let mut held = 0;
    while mixer.speakers() == [MemberId(0)] {
        tick(&mut mixer, &[(0, &silence)]);
        held += 1;
    }
    assert!((14..=17).contains(&held), "{held} frames");
    assert!(mixer.speakers_changed());
    tick(&mut mixer, &[(0, &silence)]);
    assert!(!mixer.speakers_changed());
}

#[test]
fn the_loudest_have_the_floor_and_ties_do_not_toggle_it() {
    let mut mixer = room(false, 3, &[SPEAKER; 8]);
    let quiet: Vec<(u32, usize, f32)> = (0..6).map(|n| (n, 110 + 30 * n as usize, 4_000.0)).collect();
    talk(&mut mixer, 10, &quiet);
    let mut first = mixer.speakers().to_vec();
    assert_eq!(first.len(), 3);
    for _ in 0..50 {
        talk(&mut mixer, 1, &quiet);
        assert!(!mixer.speakers_changed());
    }
    let mut loud = quiet;
    loud.push((7, 300, 20_000.0));
    talk(&mut mixer, 2, &loud);
    assert_eq!(mixer.speakers().first(), Some(&MemberId(7)));
    assert_eq!(mixer.speakers().len(), 3);
    first.retain(|id| mixer.speakers().contains(id));
    assert_eq!(first.len(), 2);
}

#[test]
fn speakers_come_and_go_without_a_click() {
    let mut mixer = room(false, 3, &[SPEAKER, LISTENER]);
    let tone = |from: usize| -> Vec<i16> {
        let sine = |n: usize| (8_000.0 * (n as f32 * 0.1 + 1.5).sin()) as i16;
        (from..from + FRAME).map(sine).collect()
    };
    let own_jump = jump(&tone(0));
    let mut all = Vec::new();
    for n in 0..10 {
        tick(&mut mixer, &[(0, &tone(n * FRAME))]);
        all.extend_from_slice(heard(&mixer, 1));
    }
    // It breaks off, and is muted in the midst of the next word.
    tick(&mut mixer, &[]);
    all.extend_from_slice(heard(&mixer, 1));
    for n in 10..20 {
        tick(&mut mixer, &[(0, &tone(n * FRAME))]);
        all.extend_from_slice(heard(&mixer, 1));
    }
    mixer.set_member(MemberId(0), LISTENER);
    for n in 20..22 {
        tick(&mut mixer, &[(0, &tone(n * FRAME))]);
        all.extend_from_slice(heard(&mixer, 1));
        assert!(heard(&mixer, 0).iter().all(|s| *s == 0));
    }
    assert!(level::level_db(&all) < 20);
    assert!(jump(&all) < own_jump + 200, "{} against {own_jump}", jump(&all));
    assert!(heard(&mixer, 1).iter().all(|s| *s == 0));
}

#[test]
fn loud_and_quiet_speakers_are_evened_out_and_pauses_are_not_lifted() {
    for (amplitude, within) in [(30_000.0, 3.0), (1_500.0, 5.0)] {
        let mut mixer = room(true, 3, &[SPEAKER, LISTENER]);
        talk(&mut mixer, 500, &[(0, 140, amplitude)]);
        let mut all = Vec::new();
        for n in 0..25 {
            tick(&mut mixer, &[(0, &voice(140, amplitude, n * FRAME, FRAME))]);
            all.extend_from_slice(heard(&mixer, 1));
        }
        let off = (level::dbov(&all) + 20.0).abs();
        assert!(off < within, "{amplitude}: {off} dB off");
        let gain = mixer.members[0].as_ref().unwrap().levelling.gain();
        assert!((UNITY_12_DB_LESS..=UNITY_12_DB_MORE).contains(&gain));
        for n in 0..500 {
            tick(&mut mixer, &[(0, &noise(n, 30, FRAME))]);
        }
        assert_eq!(mixer.members[0].as_ref().unwrap().levelling.gain(), gain);
    }
}
const UNITY_12_DB_LESS: i32 = 1_028;
const UNITY_12_DB_MORE: i32 = 16_307;

#[test]
fn an_announcement_is_heard_by_all_and_in_the_record() {
    let deaf = MemberRole { heard_by: Audience::All, hears: false };
    let mut mixer = room(false, 3, &[SPEAKER, LISTENER, deaf]);
    let (music, speech) = (voice(440, 3_000.0, 0, FRAME), voice(140, 6_000.0, 0, FRAME));
    for _ in 0..2 {
        mixer.begin();
        mixer.extra(&music);
        mixer.put(MemberId(0), &speech);
        mixer.finish();
    }
    assert_eq!(heard(&mixer, 0), music);
    let sum: Vec<i16> = music.iter().zip(&speech).map(|(a, b)| a + b).collect();
    assert_eq!(heard(&mixer, 1), sum);
    assert_eq!(mixer.whole(), sum);
    assert!(heard(&mixer, 2).iter().all(|s| *s == 0));
}

#[test]
fn members_come_go_and_the_rate_changes_in_mid_speech() {
    let mut mixer = room(true, 3, &[SPEAKER, SPEAKER]);
    talk(&mut mixer, 20, &[(0, 140, 8_000.0), (1, 200, 8_000.0)]);
    mixer.remove_member(MemberId(0));
    mixer.remove_member(MemberId(0));
    assert_eq!(mixer.len(), 1);
    assert_eq!(mixer.mix_for(MemberId(0)), MixKey::Silence);
    talk(&mut mixer, 2, &[(0, 140, 8_000.0), (1, 200, 8_000.0)]);
    assert_eq!(mixer.speakers(), [MemberId(1)]);
    mixer.set_rate(Rate::Hz8000);
    assert_eq!(mixer.speakers(), [MemberId(1)]);
    tick(&mut mixer, &[(1, &voice(200, 8_000.0, 0, 160))]);
    assert_eq!(mixer.samples(MixKey::Common).len(), 160);
    assert_ne!(level::level_db(mixer.whole()), 127);
    assert!(mixer.set_member(MemberId(0), SPEAKER));
    tick(&mut mixer, &[(0, &voice(100, 9_000.0, 0, 70)), (1, &[1; 4_000])]);
    assert_eq!(mixer.speakers().len(), 2);
    mixer.remove_member(MemberId(1));
    mixer.remove_member(MemberId(0));
    assert!(mixer.is_empty());
    tick(&mut mixer, &[]);
    tick(&mut mixer, &[]);
    assert_eq!(level::level_db(mixer.whole()), 127);
}

#[test]
fn bounds_are_kept() {
    let mut mixer = room(false, 255, &[]);
    assert!(!mixer.set_member(MemberId(MEMBERS_MAX), SPEAKER));
    let coach = MemberRole { heard_by: Audience::Only(MemberId(0)), hears: true };
    for n in 0..WHISPERS_MAX as u32 {
        assert!(mixer.set_member(MemberId(n + 1), coach));
    }
    assert!(!mixer.set_member(MemberId(100), coach));
    assert!(mixer.set_member(MemberId(1), coach));
    assert_eq!(mixer.len(), WHISPERS_MAX);
    let frames: Vec<Vec<i16>> = (0..50).map(|n| voice(100 + n, 20_000.0, 0, FRAME)).collect();
    for n in 0..50 {
        mixer.set_member(MemberId(200 + n), SPEAKER);
    }
    mixer.begin();
    for (id, frame) in (200..).zip(&frames) {
        mixer.put(MemberId(id), frame);
    }
    mixer.finish();
    assert_eq!(mixer.speakers().len(), 32);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Without levelling, the mix of two is the sum of the mixes of each.
    #[test]
    fn mixing_is_linear(a in 1_500.0f32..12_000.0, b in 1_500.0f32..12_000.0, hz in 80usize..400, ticks in 1usize..6) {
        let [mut both, mut first, mut second] = [(); 3].map(|()| room(false, 3, &[SPEAKER, SPEAKER, LISTENER]));
        talk(&mut both, ticks, &[(0, hz, a), (1, 97, b)]);
        talk(&mut first, ticks, &[(0, hz, a)]);
        talk(&mut second, ticks, &[(1, 97, b)]);
        let sum: Vec<i16> = heard(&first, 2).iter().zip(heard(&second, 2)).map(|(a, b)| a + b).collect();
        prop_assert_eq!(heard(&both, 2), &sum);
        prop_assert_eq!(heard(&both, 0), heard(&second, 2));
        prop_assert_eq!(heard(&both, 1), heard(&first, 2));
    }

    /// Nobody hears a sample of its own voice, at any loudness, through pauses and with levelling.
    #[test]
    fn own_voice_is_never_heard(frames in prop::collection::vec(prop::option::of((0u32..9, 0i32..32_767)), 1..40)) {
        let mut mixer = room(true, 3, &[SPEAKER, SPEAKER]);
        for frame in frames {
            let frame = frame.map(|(seed, amplitude)| noise(seed, amplitude, FRAME));
            tick(&mut mixer, &frame.as_deref().map(|f| (0, f)).into_iter().collect::<Vec<_>>());
            prop_assert!(heard(&mixer, 0).iter().all(|s| *s == 0));
        }
    }

    /// However many shout, the mix keeps the sign of the sum and stays near full scale.
    #[test]
    fn sums_never_wrap(levels in prop::collection::vec(0f32..32_767.0, 3..40), ticks in 1usize..5) {
        let mut mixer = room(false, 32, &vec![SPEAKER; levels.len()]);
        for n in 0..ticks {
            mixer.begin();
            let mut sum = [0i32; FRAME];
            for (id, level) in (0..).zip(&levels) {
                let frame = voice(110, *level, n * FRAME, FRAME);
                mixer.put(MemberId(id), &frame);
            }
            mixer.finish();
            for seat in mixer.seats.iter().filter(|s| s.is_heard()) {
                sum.iter_mut().zip(seat.part()).for_each(|(sum, part)| *sum += part);
            }
            for (mixed, sum) in mixer.whole().iter().zip(sum) {
                prop_assert!(i32::from(*mixed) * sum.signum() >= 0);
            }
            let loudest = sum.iter().map(|s| s.abs()).max().unwrap_or(0);
            let mixed = mixer.whole().iter().map(|s| s.unsigned_abs()).max().unwrap_or(0);
            prop_assert!(loudest <= 29_205 || mixed > 15_000, "{} of {}", mixed, loudest);
        }
    }

    /// Whatever is put in whatever order, nothing panics and the keys hold.
    #[test]
    fn anything_goes(steps in prop::collection::vec((0u8..8, 0u32..12, 0u32..12, any::<i16>()), 1..120)) {
        let mut mixer = room(true, 3, &[SPEAKER; 6]);
        for (what, id, other, sample) in steps {
            let id = MemberId(id);
            match what {
                0 => mixer.remove_member(id),
                1 => drop(mixer.set_member(id, LISTENER)),
                2 => drop(mixer.set_member(id, MemberRole { heard_by: Audience::Only(MemberId(other)), hears: true })),
                3 => drop(mixer.set_member(id, SPEAKER)),
                4 => mixer.set_rate([Rate::Hz8000, Rate::Hz16000, Rate::Hz48000][other as usize % 3]),
                _ => {
                    mixer.begin();
                    mixer.extra(&[sample; 300]);
                    let frame = noise(other, i32::from(sample.unsigned_abs()).min(32_767), FRAME);
                    (0..other).for_each(|n| mixer.put(MemberId(n), &frame));
                    mixer.finish();
                    for n in 0..12 {
                        prop_assert_eq!(heard(&mixer, n).len(), mixer.rate().frame());
                    }
                    prop_assert!(mixer.speakers().len() <= 3);
                }
            }
        }
    }
}

#[test]
fn the_limiter_turns_down_all_mixes_by_one_gain() {
    let mut mixer = room(false, 8, &[SPEAKER, SPEAKER, SPEAKER, LISTENER]);
    let tone = |n: usize, step: f32| -> Vec<i16> {
        (n * FRAME..(n + 1) * FRAME).map(|n| (18_000.0 * (n as f32 * step).sin()) as i16).collect()
    };
    for n in 0..50 {
        let [a, b, c] = [0.021, 0.034, 0.055].map(|step| tone(n, step));
        tick(&mut mixer, &[(0, &a), (1, &b), (2, &c)]);
        let sum: Vec<f32> = (0..FRAME).map(|n| f32::from(a[n]) + f32::from(b[n]) + f32::from(c[n])).collect();
        let loudest = sum.iter().fold(0f32, |peak, s| peak.max(s.abs()));
        if n < 5 || loudest < 40_000.0 {
            continue;
        }
        let (common, own) = (mixer.samples(MixKey::Common), heard(&mixer, 0));
        for n in (FRAME / 8..FRAME).filter(|n| sum[*n].abs() > 5_000.0 && (sum[*n] - f32::from(a[*n])).abs() > 5_000.0)
        {
            let gain = f32::from(common[n]) / sum[n];
            let own_gain = f32::from(own[n]) / (sum[n] - f32::from(a[n]));
            assert!((0.4..1.0).contains(&gain), "{gain}");
            assert!((gain - own_gain).abs() < 0.01, "{gain} {own_gain}");
        }
        // Only the first 2.5 ms of a frame may find the gain too high.
        assert!(common.iter().skip(FRAME / 8).all(|s| s.unsigned_abs() < 29_300));
    }
}
