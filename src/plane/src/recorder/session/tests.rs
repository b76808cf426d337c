use std::f64::consts::TAU;
use std::time::Duration;

use audio::codec::{Coding, Encoder, EncoderOptions, ulaw};
use media::control::RecordingFormat;
use media::{RtpTimestamp, SeqNo};

use super::*;

const ZERO: Instant = Instant::from_nanos(5_000_000_000);

fn at(ms: u64) -> Instant {
    ZERO + Duration::from_millis(ms)
}

fn session(channels: u8) -> Session {
    let file =
        RecordingFile { name: "rec1".into(), format: RecordingFormat::Wav, encrypted: false, duration_max_s: 3_600 };
    Session::new(file, channels, ZERO)
}

fn pcmu(n: u64, sample: i16) -> What {
    What::Packet {
        codec: Codec::Pcmu,
        seq: SeqNo(n as u16),
        timestamp: RtpTimestamp(4_000_000_000u32.wrapping_add(160 * n as u32)),
        payload: vec![ulaw::encode(sample); 160],
    }
}

/// Both channels of a capture, from its octets.
fn channels(capture: &[u8]) -> (WavWriter, Vec<i16>, Vec<i16>) {
    let wav = WavWriter::repair(capture, capture.len() as u64).unwrap();
    let body = &capture[WavWriter::HEADER..];
    let samples: Vec<i16> = match wav.format() {
        WavFormat::Ulaw8k => body.iter().map(|octet| ulaw::decode(*octet)).collect(),
        WavFormat::Linear16k => body.as_chunks().0.iter().map(|s| i16::from_le_bytes(*s)).collect(),
    };
    let stride = usize::from(wav.channels());
    let one = |n: usize| samples.iter().copied().skip(n).step_by(stride).collect();
    (wav, one(0), if stride == 2 { one(1) } else { Vec::new() })
}

/// Where sound begins, in milliseconds.
fn onset(samples: &[i16], rate: Rate) -> f64 {
    let first = samples.iter().position(|s| s.unsigned_abs() > 1_000).expect("silent");
    first as f64 * 1_000.0 / f64::from(rate.hz())
}

/// Runs `events` (when, channel, what; sorted by time) and ends at `end_ms`.
fn run(mut session: Session, events: Vec<(u64, u8, What)>, end_ms: u64) -> (Vec<u8>, RecordingEnd) {
    let (mut out, mut events) = (Vec::new(), events.into_iter().peekable());
    for now in (0..=end_ms).step_by(40) {
        while let Some((when, channel, what)) = events.next_if(|(when, ..)| *when <= now) {
            session.add(channel, at(when), what);
        }
        session.advance(at(now), &mut out);
    }
    let (_, end) = session.finish(at(end_ms), &mut out);
    (out, end)
}

#[test]
fn each_side_is_where_it_was_heard() {
    let left = (0..150).map(|n| (1_000 + 20 * n, 0, pcmu(n, 8_000)));
    let right = (0..150).map(|n| (1_300 + 20 * n, 1, pcmu(n + 77, -8_000)));
    let mut events: Vec<_> = left.chain(right).collect();
    events.sort_by_key(|event| event.0);
    let (capture, end) = run(session(2), events, 5_000);
    let (wav, left, right) = channels(&capture);
    assert_eq!(
        (wav.format(), wav.channels(), wav.duration_ms(), end.duration_ms),
        (WavFormat::Ulaw8k, 2, 5_000, 5_000)
    );
    assert!((onset(&left, Rate::Hz8000) - 1_000.0).abs() < 20.0);
    assert!((onset(&right, Rate::Hz8000) - 1_300.0).abs() < 20.0);
    assert_eq!((end.dropped, end.problem, end.pauses.len()), (0, None, 0));
    // Without a hole: three seconds of it.
    assert_eq!(left.iter().filter(|s| **s > 7_000).count(), 24_000);
}

#[test]
fn jitter_reordering_copies_and_losses_do_not_tear_the_rest() {
    // Every packet up to 90 ms late, by turns; one of ten lost, one of seven twice. Each has a level of its own.
    let mut events = Vec::new();
    for n in 0..200u64 {
        if n % 10 == 9 {
            continue;
        }
        let when = 500 + 20 * n + n * 37 % 90;
        events.push((when, 0, pcmu(n, 1_000 + 100 * n as i16)));
        if n % 7 == 0 {
            events.push((when + 30, 0, pcmu(n, 1_000 + 100 * n as i16)));
        }
    }
    events.sort_by_key(|event| event.0);
    let (capture, _) = run(session(1), events, 6_000);
    let (_, sound, _) = channels(&capture);
    let begin = sound.iter().position(|s| *s != 0).unwrap();
    for n in 0..200usize {
        let level = sound[begin + n * 160 + 80];
        let expected = if n % 10 == 9 { 0 } else { ulaw::decode(ulaw::encode(1_000 + 100 * n as i16)) };
        assert_eq!(level, expected, "packet {n}");
    }
}

#[test]
fn a_clock_that_drifts_is_followed() {
    // 20 ms of timestamps every 19.9 ms: half a per cent fast, quiet every second.
    let level = |n: u64| if n % 50 < 3 { 0 } else { 4_000 };
    let events: Vec<_> = (0..3_000).map(|n| (100 + n * 199 / 10, 0, pcmu(n, level(n)))).collect();
    let last = events.last().unwrap().0;
    let (capture, end) = run(session(1), events, last + 1_000);
    let (_, sound, _) = channels(&capture);
    // The last sound is where it was heard, not 300 ms later.
    let end_of_sound = sound.iter().rposition(|s| *s > 2_000).unwrap() as u64 / 8;
    assert!(end_of_sound.abs_diff(last) < 80, "{end_of_sound} for {last}");
    assert_eq!(end.dropped, 0);
}

#[test]
fn a_source_that_begins_anew_goes_where_it_arrives() {
    let first = (0..50).map(|n| (20 * n, 0, pcmu(n, 5_000)));
    let second = (0..50).map(|n| (3_000 + 20 * n, 0, pcmu(n + 1_000_000, 5_000)));
    let (capture, _) = run(session(1), first.chain(second).collect(), 5_000);
    let (_, sound, _) = channels(&capture);
    assert!(sound[8_100..23_900].iter().all(|s| *s == 0));
    assert!((onset(&sound[8_100..], Rate::Hz8000) + 1_012.5 - 3_000.0).abs() < 20.0);
}

#[test]
fn a_pause_is_silent_and_marked() {
    let mut session = session(1);
    let mut out = Vec::new();
    for n in 0..250u64 {
        let now = 20 * n;
        match now {
            1_000 => session.pause(true, at(now)),
            2_000 => session.pause(false, at(now)),
            4_000 => session.pause(true, at(now)),
            _ => {}
        }
        session.add(0, at(now), pcmu(n, 9_000));
        session.advance(at(now), &mut out);
    }
    let (_, end) = session.finish(at(5_000), &mut out);
    let (_, sound, _) = channels(&out);
    assert_eq!(end.pauses, [(1_000, 2_000), (4_000, 5_000)]);
    let heard = |from: usize, to: usize| sound[from * 8..to * 8].iter().filter(|s| **s > 8_000).count();
    assert_eq!((heard(1_000, 2_000), heard(4_000, 5_000)), (0, 0));
    assert_eq!((heard(0, 1_000), heard(2_000, 4_000)), (8_000, 16_000));
}

#[test]
fn wide_band_speech_is_kept_wide() {
    for (codec, coding) in [(Codec::G722, Coding::G722), (Codec::Opus, Coding::Opus)] {
        let mut encoder = Encoder::new(coding, Rate::Hz16000, EncoderOptions::default());
        let mut events = Vec::new();
        for n in 0..150u64 {
            let tone: Vec<i16> = (0..320)
                .map(|i| ((f64::from(i + 320 * n as i32) / 16_000.0 * 3_900.0 * TAU).sin() * 8_000.0) as i16)
                .collect();
            let mut payload = vec![0; 1_500];
            let octets = encoder.encode(&tone, &mut payload).unwrap();
            payload.truncate(octets);
            let ticks = if codec == Codec::Opus { 960 } else { 160 };
            let timestamp = RtpTimestamp(ticks * n as u32);
            // Every other pair comes in the wrong order.
            let when = 20 * (n ^ u64::from(n % 4 < 2));
            events.push((when, 0, What::Packet { codec, seq: SeqNo(n as u16), timestamp, payload }));
            events.push((20 * n, 1, pcmu(n, 3_000)));
        }
        events.sort_by_key(|event| event.0);
        let (capture, _) = run(session(2), events, 3_500);
        let (wav, left, right) = channels(&capture);
        assert_eq!(wav.format(), WavFormat::Linear16k);
        // The tone is above what 8 kHz would hold well, and unbroken.
        let loud = |block: &[i16]| block.iter().any(|s| s.unsigned_abs() > 4_000);
        assert!(left[3_200..46_000].chunks(80).all(loud), "{codec:?}");
        assert!(right[3_200..46_000].iter().all(|s| (2_500..3_500).contains(s)));
    }
}

#[test]
fn frames_of_a_room_follow_each_other() {
    // The tick shakes by up to 15 ms; a room at 16 kHz.
    let events: Vec<_> = (0..100u64)
        .map(|n| (200 + 20 * n + n * 7 % 15, 0, What::Frame { rate: Rate::Hz16000, samples: vec![6_000; 320] }))
        .collect();
    let (capture, _) = run(session(1), events, 3_000);
    let (_, sound, _) = channels(&capture);
    let first = sound.iter().position(|s| *s == 6_000).unwrap();
    assert!(first.abs_diff(3_200) < 320);
    assert!(sound[first..first + 32_000].iter().all(|s| *s == 6_000));
    assert_eq!(sound.iter().filter(|s| **s == 6_000).count(), 32_000);
}

#[test]
fn what_was_written_is_never_older_than_the_lag_and_a_block() {
    let (mut session, mut out) = (session(2), Vec::new());
    for n in 0..500u64 {
        session.add((n % 2) as u8, at(20 * n), pcmu(n, 2_000));
        session.advance(at(20 * n), &mut out);
        let written = out.len().saturating_sub(WavWriter::HEADER) as u64 / 16;
        assert!(20 * n - written <= LAG_MS + BLOCK_MS, "at {} ms: {written}", 20 * n);
    }
}

#[test]
fn a_side_that_cannot_be_decoded_is_told() {
    let packet = |n: u64| What::Packet {
        codec: Codec::G729,
        seq: SeqNo(n as u16),
        timestamp: RtpTimestamp(160 * n as u32),
        payload: vec![0; 20],
    };
    let events = (0..50).flat_map(|n| [(20 * n, 0, packet(n)), (20 * n, 1, pcmu(n, 4_000))]).collect();
    let (capture, end) = run(session(2), events, 1_000);
    let (_, left, right) = channels(&capture);
    assert!(left.iter().all(|s| *s == 0));
    assert_eq!(right.iter().filter(|s| **s > 3_500).count(), 8_000);
    assert!(end.problem.unwrap().contains("G.729"));
}

#[test]
fn it_ends_by_itself_and_silence_at_first_is_counted() {
    let mut session = session(1);
    session.file.duration_max_s = 2;
    let (mut out, mut n) = (Vec::new(), 0);
    while !session.is_over(at(20 * n)) {
        if n >= 75 {
            session.add(0, at(20 * n), pcmu(n, 4_000));
        }
        session.advance(at(20 * n), &mut out);
        n += 1;
    }
    assert_eq!(20 * n, 2_000 + LAG_MS);
    let limit = session.limit();
    let (_, end) = session.finish(limit, &mut out);
    let (_, sound, _) = channels(&out);
    assert_eq!((end.duration_ms, sound.len()), (2_000, 16_000));
    assert!((onset(&sound, Rate::Hz8000) - 1_500.0).abs() < 20.0);
    // Nothing heard: no file.
    let (writer, end) = super::tests::session(1).finish(at(9_000), &mut Vec::new());
    assert_eq!((writer, end.duration_ms), (None, 0));
}

#[test]
fn hostile_packets_do_no_harm() {
    let mut session = session(2);
    let mut out = Vec::new();
    let mut state = 1u64;
    let mut random = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    let codecs = [Codec::Pcmu, Codec::Pcma, Codec::G722, Codec::Opus, Codec::G729, Codec::TelephoneEvent];
    for n in 0..5_000u64 {
        let payload = (0..random() % 300).map(|_| random() as u8).collect();
        let what = What::Packet {
            codec: codecs[random() as usize % codecs.len()],
            seq: SeqNo(random() as u16),
            timestamp: RtpTimestamp((random() << 8) as u32),
            payload,
        };
        session.add((random() % 3) as u8, at(n * 2 + random() % 500), what);
        session.advance(at(n * 2), &mut out);
    }
    let (wav, _) = session.finish(at(10_000), &mut out);
    assert_eq!(wav.unwrap().duration_ms(), 10_000);
}

#[test]
fn the_end_tells_how_loud_it_was_at_its_loudest() {
    let spoken = |loud: i16| {
        let events = (0..100).map(|n| (n * 20, 0, pcmu(n, if n == 50 { loud } else { 0 }))).collect();
        run(session(1), events, 2_000).1.loudest_db
    };
    assert_eq!(spoken(0), Some(90), "less than one step of a sample");
    // One packet of a constant 16,000 is 6 dB below full scale.
    assert_eq!(spoken(16_000), Some(6));
    assert_eq!(run(session(1), Vec::new(), 2_000).1.loudest_db, None, "nothing was ever written");
}
