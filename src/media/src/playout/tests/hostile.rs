use super::*;

#[test]
fn no_traffic_however_wild_panics_or_grows() {
    for seed in 0..9 {
        let mut random = Random::from_number(seed);
        let rate = [Rate::Hz8000, Rate::Hz16000, Rate::Hz48000][seed as usize % 3];
        let mut playout = Playout::new(options(rate));
        let mut out = vec![0; rate.frame()];
        let codecs = [Codec::Pcmu, Codec::Pcma, Codec::G722, Codec::Opus, Codec::ComfortNoise, Codec::G729];
        let (mut seq, mut timestamp, mut now) = (random.next_u32() as u16, random.next_u32(), 0_u64);
        let wild = 1 + random.below(40);
        for _ in 0..200 {
            for _ in 0..random.below(6) {
                if random.below(wild) == 0 {
                    seq = random.next_u32() as u16;
                }
                if random.below(wild) == 0 {
                    timestamp = random.next_u32();
                }
                seq = seq.wrapping_add(random.below(4) as u16).wrapping_sub(1);
                timestamp = timestamp.wrapping_add(random.below(480) as u32).wrapping_sub(100);
                let kinds = [6, 1, 1][random.below(3) as usize];
                let codec = codecs[random.below(kinds) as usize];
                let longest = [2_000, 400, 400, 400][random.below(4) as usize];
                let mut payload = vec![0; random.below(longest) as usize];
                random.fill(&mut payload);
                push(&mut playout, now, &Sent { arrives: None, codec, seq, timestamp, payload });
            }
            if random.below(100) == 0 {
                playout.restart();
            }
            now += if random.below(wild) == 0 { random.below(3_000_000) } else { 20_000 };
            playout.pull(Instant::from_nanos(now * 1_000), &mut out);
            let stats = playout.stats();
            assert!(stats.waiting <= 64);
            assert!(playout.sound.len() <= rate.samples(200));
        }
    }
}

#[test]
fn loss_reorder_and_doubles_in_any_mixture_keep_the_beat_and_recover() {
    for seed in 0..10 {
        let mut random = Random::from_number(seed);
        let mut playout = Playout::new(options(Rate::Hz8000));
        let mut phone = Phone::new([10, 20, 30, 60][seed as usize % 4]);
        let mut sent = phone.say(300);
        for n in 0..sent.len() {
            match random.below(12) {
                0 => sent[n].arrives = None,
                1 => sent[n].arrives = sent[n].arrives.map(|at| at + random.below(90_000)),
                2 => {
                    sent.push(Sent { arrives: sent[n].arrives.map(|at| at + random.below(200_000)), ..sent[n].clone() })
                }
                _ => {}
            }
        }
        let calm = phone.say(1_500 * 20 / phone.ptime_ms as usize);
        sent.extend(calm);
        let ticks = (phone.sent_us as usize - 1_013_000) / 20_000 - 2;
        let heard = run(&mut playout, sent, ticks);
        assert_eq!(heard.samples.len(), ticks * 160);
        assert!(heard.frames[ticks - 300..].iter().all(|&k| k == Pulled::Speech), "{seed}");
        assert!(heard.delays[ticks - 50..].iter().all(|&ms| ms <= 50), "{seed}: {:?}", heard.delays.last());
    }
}

#[test]
fn jumps_of_timestamp_and_sequence_cost_nothing_audible() {
    let mut phone = Phone::new(20);
    let mut sent = phone.say(50);
    for (seq, timestamp) in [(0, 3_000_000_000), (20_000, 0), (40_000, 1_234_567_890), (0, 80_000), (65_000, 8_000)] {
        phone.seq = phone.seq.wrapping_add(seq);
        phone.timestamp = phone.timestamp.wrapping_add(timestamp);
        sent.extend(phone.say(50));
    }
    let mut playout = Playout::new(options(Rate::Hz8000));
    let heard = run(&mut playout, sent, 301);
    assert!(heard.count(Pulled::Speech) >= 298, "{:?}", playout.stats());
    assert!(heard.delays[200..].iter().all(|&ms| ms <= 40), "{:?}", playout.stats());
    assert!(playout.stats().resets >= 3);
}

#[test]
fn another_source_begins_at_once() {
    let mut playout = Playout::new(options(Rate::Hz8000));
    run(&mut playout, Phone::new(20).say(20), 20);
    playout.restart();
    let mut other = Phone::new(20);
    (other.seq, other.timestamp) = (3, 9);
    let sent = other.say(50);
    let heard = run(&mut playout, sent, 50);
    assert_eq!(heard.count(Pulled::Speech), 49);
    assert_eq!(playout.stats().late, 0);
}

#[test]
fn a_flood_is_bounded_and_what_is_no_sound_is_counted() {
    let mut playout = Playout::new(options(Rate::Hz8000));
    for sent in Phone::new(20).say(500) {
        push(&mut playout, 1_000_000, &sent);
        assert!(playout.stats().waiting <= 64);
    }
    assert!(playout.stats().flushed >= 440);
    let bad = [(Codec::G729, 20), (Codec::Pcmu, 0), (Codec::Pcmu, 1_400), (Codec::ComfortNoise, 0), (Codec::Opus, 0)];
    for (codec, len) in bad {
        let payload = vec![0; len];
        push(&mut playout, 1_000_000, &Sent { arrives: None, codec, seq: 0, timestamp: 0, payload });
    }
    assert_eq!(playout.stats().malformed, 5);
}

#[test]
fn what_is_suppressed_is_silent_and_then_heard_again() {
    let mut playout = Playout::new(options(Rate::Hz8000));
    playout.suppress(Instant::from_nanos(1_000_000_000), Duration::from_millis(100));
    let heard = run(&mut playout, Phone::new(20).say(20), 20);
    assert!(heard.samples[..5 * 160].iter().all(|&s| s == 0));
    assert!(heard.samples[6 * 160..].iter().any(|&s| s.abs() > 4_000));
}

#[test]
fn before_and_long_after_the_sound_there_is_nothing() {
    let mut playout = Playout::new(options(Rate::Hz8000));
    let heard = run(&mut playout, Phone::new(20).say(10), 200);
    assert_eq!(heard.frames[0], Pulled::Nothing);
    assert!(heard.frames[70..].iter().all(|&k| k == Pulled::Nothing));
    assert!(heard.samples[70 * 160..].iter().all(|&s| s == 0));
    let mut long = [7; 500];
    playout.pull(Instant::from_nanos(9_000_000_000), &mut long);
    assert_eq!(long, [0; 500]);
    playout.pull(Instant::from_nanos(9_000_000_000), &mut []);
}
