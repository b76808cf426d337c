use super::*;

/// Losses in bursts (Gilbert): so many percent, two packets at a time on average.
fn gilbert(packets: &mut [Sent], percent: u64, random: &mut Random) -> usize {
    let mut bad = false;
    let mut lost = 0;
    for packet in packets {
        bad = if bad { random.below(2) == 0 } else { random.below(10_000) < percent * 100 / 2 };
        if bad {
            packet.arrives = None;
            lost += 1;
        }
    }
    lost
}

#[test]
fn losses_in_bursts_are_made_up_and_cost_no_time() {
    for percent in [1, 5, 10] {
        let mut random = Random::from_number(percent);
        let mut playout = Playout::new(options(Rate::Hz8000));
        let mut sent = Phone::new(20).say(2_000);
        let original = decoded(&sent);
        let lost = gilbert(&mut sent[1..1_990], percent, &mut random);
        let heard = run(&mut playout, sent, 2_000);
        let stats = playout.stats();
        assert_eq!(heard.count(Pulled::Concealed), lost, "{percent}: {stats:?}");
        assert_eq!((stats.late, stats.expanded, stats.accelerated), (0, 0, 0));
        assert!(heard.delays.iter().all(|&ms| ms <= 20));
        // Where nothing was lost for a packet before, all is as it was sent.
        let mut wrong = 0;
        for frame in 2..1_990 {
            let clean = heard.frames[frame] == Pulled::Speech && heard.frames[frame - 1] == Pulled::Speech;
            wrong += usize::from(clean && heard.samples[frame * 160..][..160] != original[(frame - 1) * 160..][..160]);
        }
        assert_eq!(wrong, 0, "{percent}");
    }
}

#[test]
fn losses_and_jitter_together_cost_no_more_than_the_losses() {
    let mut random = Random::from_number(6);
    let mut playout = Playout::new(options(Rate::Hz8000));
    let mut sent = Phone::new(20).say(2_000);
    for packet in &mut sent {
        packet.arrives = packet.arrives.map(|at| at + random.below(40_000));
    }
    let lost = gilbert(&mut sent[300..1_900], 5, &mut random);
    let heard = run(&mut playout, sent, 2_000);
    let concealed = heard.frames[300..1_950].iter().filter(|&&k| k == Pulled::Concealed).count();
    assert!((lost - 6..=lost + 6).contains(&concealed), "{concealed} for {lost}: {:?}", playout.stats());
    assert!(heard.delays[300..].iter().all(|&ms| ms <= 80));
}

#[test]
fn packets_out_of_order_and_twice_are_put_right_once_there_is_a_wait() {
    let mut playout = Playout::new(PlayoutOptions { rate: Rate::Hz8000, min_ms: 50, max_ms: 400 });
    let mut sent = Phone::new(20).say(300);
    let original = decoded(&sent);
    for n in (10..290).step_by(10) {
        sent[n].arrives = sent[n + 1].arrives.map(|at| at + 5_000);
        sent.push(sent[n + 4].clone());
    }
    let heard = run(&mut playout, sent, 290);
    let first = heard.frames.iter().position(|&k| k == Pulled::Speech).unwrap() * 160;
    let end = heard.samples.len();
    assert!(heard.samples[first..end] == original[..end - first]);
    assert_eq!((playout.stats().duplicate, playout.stats().late), (28, 0));
}

#[test]
fn a_packet_time_that_changes_in_the_middle_loses_nothing() {
    let mut phone = Phone::new(20);
    let mut sent = phone.say(50);
    for ptime in [30, 60, 10, 20] {
        phone.ptime_ms = ptime;
        phone.spacing_us = ptime as f64 * 1_000.0;
        // A packet is sent when it is full.
        phone.sent_us += (ptime as f64 - 20.0).max(0.0) * 1_000.0;
        sent.extend(phone.say(30));
    }
    let mut playout = Playout::new(options(Rate::Hz8000));
    let heard = run(&mut playout, sent, 230);
    assert!(heard.frames[1..200].iter().filter(|&&k| k != Pulled::Speech).count() <= 5, "{:?}", playout.stats());
    assert_eq!((playout.stats().late, playout.stats().flushed), (0, 0));
}

#[test]
fn comfort_noise_packets_are_heard_until_speech_comes_again() {
    let mut phone = Phone::new(20);
    let mut sent = phone.say(50);
    let mut noise = phone.next();
    noise.codec = Codec::ComfortNoise;
    noise.payload = vec![50];
    phone.pause(480);
    sent.push(noise);
    sent.extend(phone.say(50));
    let mut playout = Playout::new(options(Rate::Hz16000));
    let heard = run(&mut playout, sent, 126);
    assert_eq!(heard.count(Pulled::Comfort), 25);
    assert_eq!(heard.count(Pulled::Speech), 100);
    assert_eq!(heard.count(Pulled::Concealed), 0);
    let quiet = &heard.samples[60 * 320..70 * 320];
    let rms = (quiet.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>() / quiet.len() as f64).sqrt();
    let level = 20.0 * (rms / 32_768.0).log10();
    assert!((-54.0..-48.0).contains(&level), "{level} dBov");
}

#[test]
fn silence_by_timestamp_alone_is_no_loss() {
    let mut phone = Phone::new(20);
    let mut sent = phone.say(50);
    phone.pause(3_000);
    sent.extend(phone.say(50));
    let mut playout = Playout::new(options(Rate::Hz8000));
    let heard = run(&mut playout, sent, 260);
    assert_eq!(heard.count(Pulled::Speech), 100);
    assert!(heard.count(Pulled::Nothing) > 90, "after a second without a packet nothing is made up");
    assert!(heard.delays[210..250].iter().all(|&ms| ms <= 20));
}

#[test]
fn the_coding_may_change_from_packet_to_packet() {
    let mut random = Random::from_number(1);
    let mut coders = [(Codec::Pcmu, Coding::Pcmu), (Codec::G722, Coding::G722), (Codec::Opus, Coding::Opus)]
        .map(|(codec, coding)| (codec, encoder(coding, Rate::Hz16000)));
    let (mut timestamps, mut sent) = ([1_u32, u32::MAX - 7, 77_777], vec![]);
    let mut phase = 0.0_f32;
    let mut current = 0;
    for n in 0..300_u64 {
        if n % 25 == 0 {
            current = random.below(3) as usize;
        }
        let (codec, encoder) = &mut coders[current];
        let rate = encoder.rate();
        let samples: Vec<i16> = (0..rate.frame())
            .map(|_| {
                phase += 300.0 / rate.hz() as f32;
                ((phase * std::f32::consts::TAU).sin() * 8_000.0) as i16
            })
            .collect();
        let mut payload = vec![0; 1_500];
        let len = encoder.encode(&samples, &mut payload).unwrap();
        payload.truncate(len);
        let timestamp = timestamps[current];
        for (t, (codec, _)) in timestamps.iter_mut().zip([(Codec::Pcmu, 0), (Codec::G722, 0), (Codec::Opus, 0)]) {
            *t = t.wrapping_add(codec.clock_rate().hz() / 50);
        }
        sent.push(Sent { arrives: Some(1_013_000 + n * 20_000), codec: *codec, seq: n as u16, timestamp, payload });
    }
    for rate in [Rate::Hz8000, Rate::Hz16000, Rate::Hz48000] {
        let mut playout = Playout::new(options(rate));
        let heard = run(&mut playout, sent.clone(), 301);
        assert_eq!(heard.count(Pulled::Speech), 300, "{rate:?} {:?}", playout.stats());
        // A decoder of G.722 that begins anew in mid-stream needs a frame to find its level.
        let loud = heard.samples.chunks(rate.frame()).skip(3).all(|f| f.iter().any(|&s| s.abs() > 800));
        assert!(loud, "{rate:?}");
        assert!(heard.delays.iter().all(|&ms| ms <= 20), "{:?}", heard.delays);
    }
}

/// Opus with in-band FEC; every tenth packet is lost.
fn opus_with_losses(packets: u64) -> Vec<Sent> {
    let mut encoder = encoder(Coding::Opus, Rate::Hz16000);
    (0..packets)
        .map(|n| {
            // Syllables: an encoder takes what never changes for noise.
            let loud = |at: usize| (at as f32 / 16_000.0 * 12.0).sin().abs();
            let samples: Vec<i16> = (n as usize * 320..n as usize * 320 + 320)
                .map(|at| (f32::from(voice(at / 2 % 6_400)) * loud(at)) as i16)
                .collect();
            let mut payload = vec![0; 1_500];
            let len = encoder.encode(&samples, &mut payload).unwrap();
            payload.truncate(len);
            let lost = n % 10 == 7;
            let arrives = (!lost).then_some(1_013_000 + n * 20_000);
            Sent { arrives, codec: Codec::Opus, seq: n as u16, timestamp: n as u32 * 960, payload }
        })
        .collect()
}

#[test]
fn opus_recovers_a_loss_from_the_next_packet() {
    let mut playout = Playout::new(PlayoutOptions { rate: Rate::Hz16000, min_ms: 25, max_ms: 200 });
    let heard = run(&mut playout, opus_with_losses(120), 115);
    let stats = playout.stats();
    assert!(stats.recovered >= 7, "{stats:?}");
    assert_eq!(stats.late, 0);
    assert_eq!(heard.count(Pulled::Concealed) + stats.recovered as usize, 11);
}

#[test]
fn where_packets_repeat_each_other_and_some_are_lost_it_waits_for_the_next_one() {
    let mut playout = Playout::new(options(Rate::Hz16000));
    let heard = run(&mut playout, opus_with_losses(150), 150);
    let stats = playout.stats();
    assert!(stats.recovered >= 7, "{stats:?}");
    assert!(heard.count(Pulled::Concealed) <= 8, "{stats:?}");
    assert!(heard.delays[60..].iter().all(|ms| (20..48).contains(ms)), "{:?}", heard.delays);
}

#[test]
fn data_in_tones_is_neither_stretched_nor_guessed() {
    let mut playout = Playout::new(options(Rate::Hz8000));
    playout.steady(true);
    let mut sent = Phone::new(20).drifting(-100.0).say(500);
    let original = decoded(&sent);
    for packet in &mut sent[100..105] {
        packet.arrives = None;
    }
    let heard = run(&mut playout, sent, 500);
    assert!(heard.samples[160..101 * 160] == original[..100 * 160]);
    assert!(heard.samples[101 * 160..106 * 160].iter().all(|&s| s == 0));
    assert!(heard.samples[106 * 160..] == original[105 * 160..499 * 160]);
    assert_eq!((playout.stats().expanded, playout.stats().accelerated), (0, 0));
}
