use super::*;
use proptest::prelude::*;
use std::f64::consts::PI;

const RATES: [Rate; 3] = [Rate::Hz8000, Rate::Hz16000, Rate::Hz48000];
const CODINGS: [Coding; 4] = [Coding::Pcmu, Coding::Pcma, Coding::G722, Coding::Opus];

/// Two partials with a slow swell: nearer to a voice than one sine.
fn sound(rate: Rate, ms: usize) -> Vec<i16> {
    (0..rate.samples(ms))
        .map(|n| {
            let t = n as f64 / f64::from(rate.hz());
            let swell = 0.6 + 0.4 * (2.0 * PI * 4.0 * t).sin();
            let voice = (2.0 * PI * 220.0 * t).sin() + 0.6 * (2.0 * PI * 880.0 * t).sin();
            (5_000.0 * swell * voice) as i16
        })
        .collect()
}

/// Signal to noise in dB at the best alignment up to `delay_max` samples.
fn snr(sent: &[i16], heard: &[i16], delay_max: usize) -> f64 {
    (0..=delay_max)
        .map(|delay| {
            let pairs = heard[delay..].iter().zip(sent);
            let (mut signal, mut noise) = (0.0, 1e-9);
            for (heard, sent) in pairs {
                signal += f64::from(*sent).powi(2);
                noise += (f64::from(*sent) - f64::from(*heard)).powi(2);
            }
            10.0 * (signal / noise).log10()
        })
        .fold(f64::MIN, f64::max)
}

/// What comes out of the decoder when `sent` goes through frame by frame.
fn through(coding: Coding, rate: Rate, sent: &[i16]) -> Vec<i16> {
    let mut encoder = Encoder::new(coding, rate, EncoderOptions::default());
    let mut decoder = Decoder::new(coding, rate);
    let (mut payload, mut out) = ([0; 1_500], [0; 960]);
    let mut heard = Vec::new();
    for frame in sent.chunks_exact(encoder.rate().frame()) {
        let octets = encoder.encode(frame, &mut payload).unwrap();
        assert_eq!(decoder.samples(&payload[..octets]), frame.len());
        let samples = decoder.decode(&payload[..octets], &mut out).unwrap();
        heard.extend_from_slice(&out[..samples]);
    }
    heard
}

// The law as the reference software states it (ITU-T G.191 `ulaw_compress`), loops and all.
fn ulaw_by_the_book(sample: i16) -> u8 {
    let sample = i32::from(sample);
    let magnitude = (if sample < 0 { (!sample >> 2) + 33 } else { (sample >> 2) + 33 }).min(0x1FFF);
    let mut segment = 1;
    let mut rest = magnitude >> 6;
    while rest != 0 {
        segment += 1;
        rest >>= 1;
    }
    let code = (8 - segment) << 4 | (0x0F - (magnitude >> segment & 0x0F));
    (if sample >= 0 { code | 0x80 } else { code }) as u8
}

fn alaw_by_the_book(sample: i16) -> u8 {
    let sample = i32::from(sample);
    let mut code = if sample < 0 { !sample >> 4 } else { sample >> 4 };
    if code > 15 {
        let mut segment = 1;
        while code > 31 {
            code >>= 1;
            segment += 1;
        }
        code = code - 16 + (segment << 4);
    }
    (if sample >= 0 { code | 0x80 } else { code }) as u8 ^ 0x55
}

#[test]
fn g711_encodes_every_sample_as_the_book() {
    for sample in i16::MIN..=i16::MAX {
        assert_eq!(ulaw::encode(sample), ulaw_by_the_book(sample), "µ-law of {sample}");
        assert_eq!(alaw::encode(sample), alaw_by_the_book(sample), "A-law of {sample}");
    }
}

#[test]
fn g711_decodes_to_the_levels_of_the_recommendation() {
    // G.711 tables 1a and 2a: the ends, the middle and a step of each segment.
    let ulaw_levels = [(0x80, 8_031), (0x8F, 4_191), (0x90, 3_999), (0x9F, 2_079), (0xA0, 1_983), (0xAF, 1_023)];
    let ulaw_small = [(0xB0, 975), (0xC0, 471), (0xD0, 219), (0xE0, 93), (0xEF, 33), (0xF0, 30), (0xFE, 2), (0xFF, 0)];
    for (octet, level) in ulaw_levels.into_iter().chain(ulaw_small) {
        assert_eq!(ulaw::decode(octet), level << 2, "{octet:#x}");
        assert_eq!(ulaw::decode(octet & 0x7F), -(level << 2), "{octet:#x} negative");
    }
    let alaw_levels =
        [(0xFF, 4_032), (0xF0, 2_112), (0xEF, 2_016), (0xE0, 1_056), (0xDF, 1_008), (0x8F, 31), (0x80, 1)];
    for (code, level) in alaw_levels {
        // The table counts 4,096 as full scale; steps of an odd level mean the middle of it.
        assert_eq!(i32::from(alaw::decode(code ^ 0x55)), level * 8, "{code:#x}");
        assert_eq!(i32::from(alaw::decode((code & 0x7F) ^ 0x55)), -level * 8, "{code:#x} negative");
    }
}

#[test]
fn g711_round_trips_every_octet() {
    for octet in 0..=255 {
        // Negative zero of µ-law becomes positive zero: 16-bit linear has one.
        let back = if octet == 0x7F { 0xFF } else { octet };
        assert_eq!(ulaw::encode(ulaw::decode(octet)), back);
        assert_eq!(alaw::encode(alaw::decode(octet)), octet);
    }
}

#[test]
fn g711_orders_and_mirrors_its_levels() {
    for pair in (0x80..=0xFF_u8).collect::<Vec<_>>().windows(2) {
        assert!(ulaw::decode(pair[0]) > ulaw::decode(pair[1]));
        assert!(alaw::decode(pair[0] ^ 0x55) < alaw::decode(pair[1] ^ 0x55));
    }
    assert_eq!((ulaw::encode(0), alaw::encode(0)), (0xFF, 0xD5));
}

#[test]
fn each_coding_returns_what_went_in() {
    for coding in CODINGS {
        for wanted in RATES {
            let rate = coding.rate(wanted);
            let sent = sound(rate, 400);
            let heard = through(coding, rate, &sent);
            assert_eq!(heard.len(), sent.len());
            let least = match coding {
                Coding::Pcmu | Coding::Pcma => 35.0,
                Coding::G722 => 20.0,
                Coding::Opus => 8.0,
            };
            let settled = rate.samples(100);
            let snr = snr(&sent[settled..], &heard[settled..], rate.samples(10));
            assert!(snr > least, "{coding:?} at {rate:?}: {snr:.1} dB");
        }
    }
}

#[test]
fn lengths_and_room_are_kept() {
    for coding in CODINGS {
        let mut encoder = Encoder::new(coding, Rate::Hz16000, EncoderOptions::default());
        let mut decoder = Decoder::new(coding, Rate::Hz16000);
        let rate = encoder.rate();
        let (mut payload, mut out) = ([0; 1_500], [0; 6_000]);
        for ms in [0, 1, 7, 15, 25, 70, 120] {
            let frame = vec![0; rate.samples(ms)];
            assert_eq!(encoder.encode(&frame, &mut payload), Err(EncodeError::FrameLength), "{coding:?} {ms} ms");
        }
        for ms in [10, 20, 40, 60] {
            let frame = sound(rate, ms);
            assert_eq!(encoder.encode(&frame, &mut []), Err(EncodeError::NoRoom), "{coding:?} {ms} ms");
            let octets = encoder.encode(&frame, &mut payload).unwrap();
            let payload = &payload[..octets];
            assert_eq!(decoder.samples(payload), frame.len());
            assert_eq!(decoder.decode(payload, &mut out[..frame.len() - 1]), Err(DecodeError::NoRoom));
            assert_eq!(decoder.decode(payload, &mut out), Ok(frame.len()));
        }
        assert_eq!(decoder.decode(&[], &mut out), Err(DecodeError::Malformed));
        assert_eq!(decoder.samples(&[]), 0);
        if coding != Coding::Opus {
            assert_eq!(decoder.decode(&[0x55; 961], &mut out), Err(DecodeError::TooLong));
            assert!(decoder.decode(&[0x55; 960], &mut out).is_ok());
            assert!(!decoder.conceal(&mut out[..160]));
            assert!(!decoder.recover(&[0x55; 160], &mut out[..160]));
        }
    }
}

#[test]
fn absurd_opus_options_are_bent_to_the_nearest_sense() {
    for bit_rate in [0, 5_000, u32::MAX] {
        let options = EncoderOptions { bit_rate, complexity: 255, fec: true, dtx: true, loss_percent: 255 };
        let mut encoder = Encoder::new(Coding::Opus, Rate::Hz48000, options);
        encoder.set_loss(255);
        let octets = encoder.encode(&sound(Rate::Hz48000, 20), &mut [0; 1_500]).unwrap();
        assert!((3..=1_276).contains(&octets));
    }
}

#[test]
fn opus_sends_nothing_in_silence_when_asked() {
    for rate in RATES {
        let mut encoder = Encoder::new(Coding::Opus, rate, EncoderOptions { dtx: true, ..EncoderOptions::default() });
        let silence = vec![0; rate.frame()];
        let mut payload = [0; 1_500];
        let sent = (0..100).filter(|_| encoder.encode(&silence, &mut payload).unwrap() != 0).count();
        assert!((1..=30).contains(&sent), "{rate:?}: {sent} of 100 frames of silence were sent");
        assert_ne!(encoder.encode(&sound(rate, 20), &mut payload), Ok(0));
    }
}

#[test]
fn opus_recovers_a_lost_frame_from_the_next_one() {
    for rate in [Rate::Hz8000, Rate::Hz16000] {
        let options = EncoderOptions { loss_percent: 20, bit_rate: 32_000, ..EncoderOptions::default() };
        let mut encoder = Encoder::new(Coding::Opus, rate, options);
        let sent = sound(rate, 600);
        let mut payloads = Vec::new();
        for frame in sent.chunks_exact(rate.frame()) {
            let mut payload = vec![0; 1_500];
            let octets = encoder.encode(frame, &mut payload).unwrap();
            payload.truncate(octets);
            payloads.push(payload);
        }
        // Every fourth frame is lost. What stands in its place is compared with the same stream unharmed.
        let (mut whole, mut fec, mut plc) =
            (Decoder::new(Coding::Opus, rate), Decoder::new(Coding::Opus, rate), Decoder::new(Coding::Opus, rate));
        let (mut out, mut errors) = ([vec![0; rate.frame()], vec![0; rate.frame()], vec![0; rate.frame()]], [0.0; 2]);
        let mut recovered = 0;
        for (index, payload) in payloads.iter().enumerate().take(payloads.len() - 1) {
            whole.decode(payload, &mut out[0]).unwrap();
            if index % 4 == 3 {
                if fec.recover(&payloads[index + 1], &mut out[1]) {
                    recovered += 1;
                } else {
                    assert!(fec.conceal(&mut out[1]));
                }
                assert!(plc.conceal(&mut out[2]));
                for (error, heard) in errors.iter_mut().zip(&out[1..]) {
                    *error += out[0].iter().zip(heard).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>();
                }
            } else {
                fec.decode(payload, &mut out[1]).unwrap();
                plc.decode(payload, &mut out[2]).unwrap();
            }
        }
        assert!(recovered >= 5, "{rate:?}: {recovered} of 7 recovered");
        assert!(errors[0] < errors[1] * 0.5, "{rate:?}: with FEC {:.0}, without {:.0}", errors[0], errors[1]);
    }
}

#[test]
fn opus_has_no_redundancy_before_loss_is_known() {
    let mut encoder = Encoder::new(Coding::Opus, Rate::Hz16000, EncoderOptions::default());
    let mut decoder = Decoder::new(Coding::Opus, Rate::Hz16000);
    let (mut payload, mut out) = ([0; 1_500], [0; 320]);
    for _ in 0..5 {
        let octets = encoder.encode(&sound(Rate::Hz16000, 20), &mut payload).unwrap();
        assert!(!decoder.recover(&payload[..octets], &mut out));
        assert!(!decoder.recover(&payload[..octets], &mut out[..160]));
    }
}

#[test]
fn opus_conceals_whole_steps_only() {
    let mut decoder = Decoder::new(Coding::Opus, Rate::Hz48000);
    let mut out = [0; 6_000];
    for (samples, can) in [(0, false), (100, false), (120, true), (960, true), (5_760, true), (5_880, false)] {
        assert_eq!(decoder.conceal(&mut out[..samples]), can, "{samples}");
    }
}

#[test]
fn a_reset_decoder_is_a_new_one() {
    for coding in CODINGS {
        let mut encoder = Encoder::new(coding, Rate::Hz16000, EncoderOptions::default());
        let mut payload = [0; 1_500];
        let octets = encoder.encode(&sound(encoder.rate(), 20), &mut payload).unwrap();
        let mut used = Decoder::new(coding, Rate::Hz16000);
        let mut fresh = Decoder::new(coding, Rate::Hz16000);
        let (mut out_used, mut out_fresh) = ([0; 960], [0; 960]);
        for _ in 0..3 {
            used.decode(&payload[..octets], &mut out_used).unwrap();
        }
        used.reset();
        used.decode(&payload[..octets], &mut out_used).unwrap();
        fresh.decode(&payload[..octets], &mut out_fresh).unwrap();
        assert_eq!(out_used, out_fresh, "{coding:?}");
    }
}

#[test]
fn opus_packets_are_judged_by_rfc_6716() {
    let frame = |length: usize| vec![0; length];
    let join = |parts: &[&[u8]]| parts.concat();
    // Samples at 48 kHz; 0 is malformed. Configuration 1 is SILK 20 ms, 16 CELT 2.5 ms, 3 SILK 60 ms.
    let cases: Vec<(Vec<u8>, usize, &str)> = vec![
        (vec![], 0, "R1: empty"),
        (vec![0x08], 960, "a frame of nothing: DTX"),
        (join(&[&[0x08], &frame(1_275)]), 960, "R2: 1,275 octets"),
        (join(&[&[0x08], &frame(1_276)]), 0, "R2: 1,276 octets"),
        (join(&[&[0x09], &frame(20)]), 1_920, "code 1, even"),
        (join(&[&[0x09], &frame(21)]), 0, "R3: code 1, odd"),
        (join(&[&[0x0A, 5], &frame(9)]), 1_920, "code 2"),
        (join(&[&[0x0A, 10], &frame(9)]), 0, "R4: first frame longer than the packet"),
        (vec![0x0A], 0, "R4: no length"),
        (vec![0x0A, 252], 0, "R4: half a length"),
        (join(&[&[0x0A, 253, 1], &frame(257)]), 1_920, "length of two octets"),
        (vec![0x0B], 0, "R6: no count"),
        (vec![0x0B, 0], 0, "R5: count 0"),
        (join(&[&[0x0B, 6], &frame(12)]), 5_760, "R5: 120 ms"),
        (join(&[&[0x0B, 7], &frame(14)]), 0, "R5: 140 ms"),
        (join(&[&[0x1B, 2], &frame(4)]), 5_760, "2 × 60 ms"),
        (join(&[&[0x83, 48], &frame(48)]), 5_760, "48 × 2.5 ms"),
        (join(&[&[0x83, 49], &frame(49)]), 0, "R5: 49 frames"),
        (join(&[&[0x0B, 2], &frame(5)]), 0, "R6: no equal parts"),
        (join(&[&[0x0B, 0x42, 3], &frame(4 + 3)]), 1_920, "padding"),
        (join(&[&[0x0B, 0x41, 255, 1], &frame(2 + 255)]), 960, "padding of 255"),
        (join(&[&[0x0B, 0x41, 9], &frame(8)]), 0, "R6: padding beyond the end"),
        (vec![0x0B, 0x41, 255], 0, "R6: padding without an end"),
        (join(&[&[0x0B, 0x83, 2, 3], &frame(9)]), 2_880, "code 3, own sizes"),
        (join(&[&[0x0B, 0x83, 2, 30], &frame(9)]), 0, "R7: sizes beyond the end"),
        (vec![0x0B, 0x83, 2], 0, "R7: a size is missing"),
        (join(&[&[0x0B, 0x81], &frame(1_276)]), 0, "R2: last frame too long"),
    ];
    for (packet, samples, what) in cases {
        let decoder = Decoder::new(Coding::Opus, Rate::Hz48000);
        assert_eq!(decoder.samples(&packet), samples, "{what}");
        assert_eq!(Decoder::new(Coding::Opus, Rate::Hz8000).samples(&packet), samples / 6, "{what} at 8 kHz");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_payload_upsets_a_decoder(
        payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..6),
        rate in prop::sample::select(RATES.to_vec()),
        coding in prop::sample::select(CODINGS.to_vec()),
    ) {
        let mut decoder = Decoder::new(coding, rate);
        let mut out = vec![0; decoder.rate().samples(PAYLOAD_MS_MAX)];
        for payload in &payloads {
            let samples = decoder.samples(payload);
            let frame = decoder.rate().frame();
            decoder.recover(payload, &mut out[..frame]);
            match decoder.decode(payload, &mut out) {
                Ok(decoded) => prop_assert_eq!(decoded, samples),
                Err(_) => { decoder.conceal(&mut out[..frame]); }
            }
        }
    }

    #[test]
    fn a_torn_opus_packet_is_decoded_or_refused(cut in 0_usize..80, flip in 0_usize..80, bits in 1_u8..) {
        let mut encoder = Encoder::new(Coding::Opus, Rate::Hz16000, EncoderOptions::default());
        let mut decoder = Decoder::new(Coding::Opus, Rate::Hz16000);
        let (mut payload, mut out) = ([0; 1_500], [0; 1_920]);
        for frame in sound(Rate::Hz16000, 80).chunks_exact(320) {
            let octets = encoder.encode(frame, &mut payload).unwrap();
            if let Some(octet) = payload[..octets].get_mut(flip) {
                *octet ^= bits;
            }
            let torn = &payload[..octets.saturating_sub(cut)];
            prop_assert_eq!(decoder.decode(torn, &mut out).unwrap_or(0), decoder.samples(torn));
        }
    }
}
