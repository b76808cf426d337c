use super::*;

#[test]
fn a_perfect_network_gives_every_sample_within_a_frame() {
    for ptime in [10, 20, 30, 40, 60] {
        let mut playout = Playout::new(options(Rate::Hz8000));
        let sent = Phone::new(ptime).say(6_000 / ptime as usize);
        let original = decoded(&sent);
        let heard = run(&mut playout, sent, 310);
        let first = heard.frames.iter().position(|&k| k == Pulled::Speech).unwrap() * 160;
        // Packets shorter than a frame must wait for their like, and 30 ms do not divide into frames.
        let ticks = if ptime % 20 == 0 { 1 } else { 2 };
        assert_eq!(first / 160, ticks, "{ptime}: the first packet came 7 ms before tick 1");
        assert_eq!(heard.samples[..first], vec![0; first]);
        assert!(heard.samples[first..first + original.len()] == original, "{ptime}");
        let stats = playout.stats();
        assert_eq!((stats.late, stats.accelerated, stats.expanded), (0, 0, 0), "{ptime}");
        assert!(heard.delays.iter().all(|&ms| ms <= 27), "{ptime}: {:?}", heard.delays.iter().max());
    }
}

#[test]
fn a_packet_at_the_very_tick_plays_at_that_tick() {
    let mut playout = Playout::new(options(Rate::Hz8000));
    let mut phone = Phone::new(20);
    phone.sent_us = 1_000_000.0;
    let sent = phone.say(100);
    let original = decoded(&sent);
    assert!(run(&mut playout, sent, 100).samples == original);
    assert_eq!(playout.stats().concealed, 0);
}

#[test]
fn the_least_wait_is_kept() {
    let mut playout = Playout::new(PlayoutOptions { rate: Rate::Hz8000, min_ms: 60, max_ms: 400 });
    let heard = run(&mut playout, Phone::new(20).say(200), 190);
    assert_eq!(heard.frames.iter().position(|&k| k == Pulled::Speech), Some(4));
    assert!(heard.delays[10..].iter().all(|ms| (60..80).contains(ms)));
}

#[test]
fn a_clock_that_is_slow_does_not_starve_in_an_hour() {
    drift_for_an_hour(-200.0);
}

#[test]
fn a_clock_that_is_fast_builds_up_nothing_in_an_hour() {
    drift_for_an_hour(200.0);
}

fn drift_for_an_hour(ppm: f64) {
    let mut playout = Playout::new(options(Rate::Hz8000));
    let mut phone = Phone::new(20).drifting(ppm);
    let (mut out, mut worst, mut concealed) = ([0; 160], 0, 0);
    let mut next = phone.next();
    for tick in 0..180_000_u64 {
        let now = 1_000_000 + tick * 20_000;
        while next.arrives.is_some_and(|at| at <= now) {
            push(&mut playout, next.arrives.unwrap(), &next);
            next = phone.next();
        }
        let pulled = playout.pull(Instant::from_nanos(now * 1_000), &mut out);
        concealed += u32::from(pulled != Pulled::Speech && tick > 0);
        worst = worst.max(playout.stats().delay_ms);
    }
    let stats = playout.stats();
    assert_eq!((concealed, stats.late, stats.flushed, stats.resets), (0, 0, 0, 0), "{stats:?}");
    assert!(worst <= 35, "{worst} ms");
    let moved = stats.expanded as i64 - stats.accelerated as i64;
    let drift = -ppm as i64 * 3_600 * 8_000 / 1_000_000;
    assert!((moved - drift).abs() < 400, "{moved} samples moved for {drift}");
}

#[test]
fn uniform_jitter_of_forty_milliseconds_is_borne_after_two_seconds() {
    let mut random = Random::from_number(4);
    let mut playout = Playout::new(options(Rate::Hz8000));
    let mut sent = Phone::new(20).say(1_500);
    for packet in &mut sent {
        packet.arrives = packet.arrives.map(|at| at + random.below(40_000));
    }
    let heard = run(&mut playout, sent, 1_500);
    let later = &heard.frames[150..];
    assert!(later.iter().filter(|&&k| k != Pulled::Speech).count() <= 3, "{:?}", playout.stats());
    assert!(heard.delays[150..].iter().all(|ms| (30..75).contains(ms)), "{:?}", heard.delays.iter().max());
    let target = playout.stats().target_ms;
    assert!((36..=44).contains(&target), "{target}");
}

#[test]
fn a_spike_is_played_late_and_then_caught_up_with() {
    let mut playout = Playout::new(options(Rate::Hz8000));
    let mut sent = Phone::new(20).say(1_000);
    // The network holds everything for 300 ms, then delivers it at once.
    let held = sent[500].arrives.unwrap() + 300_000;
    for packet in &mut sent[500..] {
        packet.arrives = packet.arrives.map(|at| at.max(held));
    }
    let heard = run(&mut playout, sent, 1_000);
    assert!(heard.delays[520] >= 250, "nothing that was said is lost: {}", heard.delays[520]);
    assert_eq!(playout.stats().late + playout.stats().flushed, 0);
    assert!((10..=18).contains(&heard.count(Pulled::Concealed)));
    let back = heard.delays[520..].iter().position(|&ms| ms <= 40).unwrap();
    assert!(back < 250, "{back} frames");
    assert!(heard.delays[800..].iter().all(|&ms| ms <= 40));
}

#[test]
fn a_path_that_gets_longer_or_shorter_is_followed() {
    for (to, most) in [(150_000, 60), (0, 60)] {
        let mut playout = Playout::new(options(Rate::Hz8000));
        let mut sent = Phone::new(20).say(2_500);
        for (n, packet) in sent.iter_mut().enumerate() {
            let path = if n < 500 { 150_000 - to } else { to };
            packet.arrives = packet.arrives.map(|at| at + path);
        }
        let heard = run(&mut playout, sent, 2_480);
        let worst = heard.delays[2_300..].iter().max().unwrap();
        assert!(*worst <= most, "{to}: {worst}");
        assert!(heard.count(Pulled::Concealed) <= 10);
    }
}

#[test]
fn what_is_far_too_old_is_dropped_at_once() {
    let mut playout = Playout::new(PlayoutOptions { rate: Rate::Hz8000, min_ms: 0, max_ms: 100 });
    let mut sent = Phone::new(20).say(400);
    let held = sent[100].arrives.unwrap() + 700_000;
    for packet in &mut sent[100..] {
        packet.arrives = packet.arrives.map(|at| at.max(held));
    }
    let heard = run(&mut playout, sent, 400);
    assert!(playout.stats().flushed >= 20);
    assert!(heard.delays[140..].iter().all(|&ms| ms <= 130), "{:?}", heard.delays[140..].iter().max());
    assert!(heard.delays[250..].iter().all(|&ms| ms <= 40));
}

#[test]
fn even_noise_that_drifts_fast_keeps_its_wait() {
    for ppm in [-1_000.0, 1_000.0] {
        let mut random = Random::from_number(2);
        let mut playout = Playout::new(options(Rate::Hz8000));
        let mut phone = Phone::new(20).drifting(ppm);
        let mut sent = phone.say(9_000);
        for packet in &mut sent {
            random.fill(&mut packet.payload);
        }
        let ticks = (phone.sent_us as usize - 1_013_000) / 20_000;
        let heard = run(&mut playout, sent, ticks);
        // There is no period to repeat: what is missing is made up, now and then.
        assert!(heard.count(Pulled::Concealed) <= 25, "{ppm} {:?}", playout.stats());
        assert!(heard.delays.iter().all(|&ms| ms <= 90), "{ppm} {:?}", heard.delays.iter().max());
    }
}

#[test]
fn jitter_with_a_long_tail_loses_little_and_waits_little() {
    let mut random = Random::from_number(8);
    let mut playout = Playout::new(options(Rate::Hz8000));
    let mut sent = Phone::new(20).say(3_000);
    for packet in &mut sent {
        // Exponential, 8 ms on average: one in a hundred comes 37 ms late.
        let uniform = (random.below(1_000_000) + 1) as f64 / 1e6;
        packet.arrives = packet.arrives.map(|at| at + (-uniform.ln() * 8_000.0) as u64);
    }
    let heard = run(&mut playout, sent, 3_000);
    let late = heard.frames[250..].iter().filter(|&&k| k != Pulled::Speech).count();
    assert!(late <= 27, "{late} of 2,750: at most one in a hundred");
    let mean = heard.delays[250..].iter().sum::<u32>() / 2_750;
    assert!((30..75).contains(&mean), "{mean}");
}
