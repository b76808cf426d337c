//! The fixtures hold a tone of 1 kHz at half of full scale: half a second of stereo at 44.1 kHz (Opus: 48 kHz), and
//! 0.3 s at 8 kHz in `nb.mp3`.

use std::f64::consts::TAU;

use proptest::test_runner::{Config, TestRunner};

use super::*;

const TONES: [(&str, &[u8]); 4] = [
    ("flac", include_bytes!("fixtures/tone.flac")),
    ("ogg", include_bytes!("fixtures/tone.ogg")),
    ("mp3", include_bytes!("fixtures/tone.mp3")),
    ("opus", include_bytes!("fixtures/tone.opus")),
];
const NARROW: &[u8] = include_bytes!("fixtures/nb.mp3");
const LIMITS: Limits = Limits { octets_max: 1 << 20, duration_max_s: 10 };

/// How strong `hz` is in `samples`: 1 for a tone at full scale.
fn strength(samples: &[i16], hz: f64, rate: Rate) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (n, sample) in samples.iter().enumerate() {
        let (sin, cos) = (n as f64 * hz / f64::from(rate.hz()) * TAU).sin_cos();
        re += f64::from(*sample) * cos;
        im += f64::from(*sample) * sin;
    }
    (re * re + im * im).sqrt() * 2.0 / samples.len() as f64 / 32_768.0
}

fn tone(rate: Rate, hz: f64, ms: usize) -> Vec<i16> {
    (0..rate.samples(ms)).map(|n| ((n as f64 * hz / f64::from(rate.hz()) * TAU).sin() * 16_384.0) as i16).collect()
}

/// A WAV file with a `fmt ` chunk as given.
fn wav(tag: u16, channels: u16, hz: u32, bits: u16, data: &[u8]) -> Vec<u8> {
    let block = channels * bits.div_ceil(8);
    let mut file = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0".to_vec();
    for field in
        [&tag.to_le_bytes()[..], &channels.to_le_bytes(), &hz.to_le_bytes(), &(hz * u32::from(block)).to_le_bytes()]
    {
        file.extend_from_slice(field);
    }
    file.extend_from_slice(&block.to_le_bytes());
    file.extend_from_slice(&bits.to_le_bytes());
    file.extend_from_slice(b"data");
    file.extend_from_slice(&(data.len() as u32).to_le_bytes());
    file.extend_from_slice(data);
    let riff = (file.len() as u32 - 8).to_le_bytes();
    file[4..8].copy_from_slice(&riff);
    file
}

#[test]
fn every_container_gives_the_tone_that_was_put_in() {
    for (name, bytes) in TONES {
        let clip = read(bytes, LIMITS).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(clip.rate, Rate::Hz16000, "{name}");
        let ms = clip.duration().as_millis();
        assert!(ms.abs_diff(500) <= 1, "{name}: {ms} ms");
        let middle = &clip.samples[1_600..6_400];
        let level = strength(middle, 1_000.0, clip.rate);
        assert!((level - 0.5).abs() < 0.03, "{name}: {level}");
        assert!(strength(middle, 3_000.0, clip.rate) < 0.01, "{name}");
    }
    let narrow = read(NARROW, LIMITS).unwrap();
    assert_eq!(narrow.rate, Rate::Hz8000);
    assert!((strength(&narrow.samples[800..2_000], 1_000.0, narrow.rate) - 0.5).abs() < 0.05);
}

#[test]
fn every_kind_of_wav_sample_is_read() {
    let values = [0.0f64, 0.5, -0.5, 0.25, -1.0];
    let expected: Vec<i16> = values.iter().map(|v| (v * 32_768.0) as i16).collect();
    let int = |octets: usize| -> Vec<u8> {
        let scale = (1i64 << (8 * octets - 1)) as f64;
        values.iter().flat_map(|v| ((v * scale) as i32).to_le_bytes()[..octets].to_vec()).collect()
    };
    let u8s: Vec<u8> = values.iter().map(|v| (v * 128.0 + 128.0) as u8).collect();
    let f32s: Vec<u8> = values.iter().flat_map(|v| (*v as f32).to_le_bytes()).collect();
    let f64s: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    let cases = [(1, 8, u8s), (1, 16, int(2)), (1, 24, int(3)), (1, 32, int(4)), (3, 32, f32s), (3, 64, f64s)];
    for (tag, bits, data) in cases {
        let clip = read(&wav(tag, 1, 8_000, bits, &data), LIMITS).unwrap();
        assert_eq!((clip.rate, &clip.samples[..]), (Rate::Hz8000, &expected[..]), "format {tag}, {bits} bits");
    }
    for (tag, encode) in [(7, crate::codec::ulaw::encode as fn(i16) -> u8), (6, crate::codec::alaw::encode)] {
        let data: Vec<u8> = expected.iter().map(|s| encode(*s)).collect();
        let clip = read(&wav(tag, 1, 8_000, 8, &data), LIMITS).unwrap();
        for (got, wanted) in clip.samples.iter().zip(&expected) {
            assert!((i32::from(*got) - i32::from(*wanted)).abs() <= 1_024, "format {tag}: {got} for {wanted}");
        }
    }
}

#[test]
fn channels_are_averaged_and_samples_of_our_rate_stay_as_they_are() {
    let frames: Vec<u8> = [(100i16, 300i16), (-200, 0), (30_000, 30_000)]
        .iter()
        .flat_map(|(l, r)| [l.to_le_bytes(), r.to_le_bytes()].concat())
        .collect();
    let clip = read(&wav(1, 2, 16_000, 16, &frames), LIMITS).unwrap();
    assert_eq!((clip.rate, &clip.samples[..]), (Rate::Hz16000, &[200, -100, 30_000][..]));
}

#[test]
fn the_extensible_form_and_odd_chunks_are_understood() {
    let mut file = wav(0xFFFE, 1, 8_000, 16, &[]);
    file.truncate(36);
    file[16] = 40;
    file.extend_from_slice(&[22, 0, 16, 0, 4, 0, 0, 0]);
    file.extend_from_slice(b"\x01\x00\x00\x00\x00\x00\x10\x00\x80\x00\x00\xAA\x00\x38\x9B\x71");
    file.extend_from_slice(b"LIST\x03\0\0\0abc\0data\x04\0\0\0\x01\0\x02\0LIST\x02\0\0\0xy");
    assert_eq!(&read(&file, LIMITS).unwrap().samples[..], &[1, 2]);
}

#[test]
fn refusals_say_why() {
    let second = vec![0; 16_000];
    let check = |bytes: &[u8], limits, expected| assert_eq!(read(bytes, limits), Err(expected));
    check(&[], LIMITS, ReadError::Empty);
    check(b"#!/bin/sh", LIMITS, ReadError::Unknown);
    check(&second, Limits { octets_max: 15_999, ..LIMITS }, ReadError::TooBig { max: 15_999 });
    let file = wav(1, 1, 8_000, 16, &second);
    assert!(read(&file, Limits { duration_max_s: 1, ..LIMITS }).is_ok());
    let longer = wav(1, 1, 8_000, 16, &[0; 16_002]);
    check(&longer, Limits { duration_max_s: 1, ..LIMITS }, ReadError::TooLong { max_s: 1 });
    for (_, bytes) in TONES {
        check(bytes, Limits { duration_max_s: 0, ..LIMITS }, ReadError::TooLong { max_s: 0 });
    }
    check(&wav(1, 1, 8_000, 16, &[]), LIMITS, ReadError::Empty);
    let rate = ReadError::Unsupported("its sample rate is not between 4 and 192 kHz");
    check(&wav(1, 1, 3_999, 16, &second), LIMITS, rate.clone());
    check(&wav(1, 1, 192_001, 16, &second), LIMITS, rate);
    let channels = ReadError::Unsupported("it has no channel, or more than eight");
    check(&wav(1, 9, 8_000, 16, &second), LIMITS, channels.clone());
    check(&wav(1, 0, 8_000, 16, &second), LIMITS, channels);
    let kind = ReadError::Unsupported("a WAV file that is neither linear, floating point, µ-law nor A-law");
    check(&wav(2, 1, 8_000, 4, &second), LIMITS, kind);
    check(b"ID3\x04\0\0\x7F\x7F\x7F\x7F", LIMITS, ReadError::Damaged("no MPEG audio was found in it"));
}

#[test]
fn an_id3_tag_before_the_sound_is_passed_over() {
    for (name, bytes) in TONES.into_iter().filter(|(name, _)| ["mp3", "flac"].contains(name)) {
        let tagged = [b"ID3\x04\0\0\0\0\x01\x02".to_vec(), vec![0xFF; 130], bytes.to_vec()].concat();
        assert_eq!(read(&tagged, LIMITS), read(bytes, LIMITS), "{name}");
    }
}

#[test]
fn a_file_that_breaks_off_is_read_as_far_as_it_goes() {
    let whole = wav(7, 1, 8_000, 8, &[0xFF; 800]);
    assert_eq!(read(&whole[..whole.len() - 300], LIMITS).unwrap().samples.len(), 500);
    for (name, bytes) in TONES {
        let mut heard = 0;
        for end in (0..bytes.len()).step_by(bytes.len() / 12) {
            match read(&bytes[..end], LIMITS) {
                Ok(clip) => heard = heard.max(clip.samples.len()),
                Err(ReadError::Damaged(_) | ReadError::Empty | ReadError::Unknown) => {}
                Err(other) => panic!("{name} cut at {end}: {other}"),
            }
        }
        // The Ogg files are a page of headers and one or two of sound, which count whole or not at all.
        assert!(heard > 6_000 || ["ogg", "opus"].contains(&name), "{name}: {heard}");
    }
}

#[test]
fn what_is_written_is_read_again() {
    for (format, channels) in [(WavFormat::Ulaw8k, 2u8), (WavFormat::Linear16k, 1)] {
        let sound = tone(format.rate(), 500.0, 1_000);
        let frames: Vec<i16> = sound.iter().flat_map(|s| vec![*s; channels.into()]).collect();
        let mut file = Vec::new();
        let mut writer = WavWriter::new(format, channels, &mut file);
        assert_eq!(file.len(), WavWriter::HEADER);
        for block in frames.chunks(177 * usize::from(channels)) {
            writer.push(block, &mut file);
        }
        assert_eq!(writer.duration_ms(), 1_000);
        // As a crash would leave it, and as its repair or its end makes it.
        let unfinished = read(&file, LIMITS).unwrap();
        let repaired = WavWriter::repair(&file, file.len() as u64).unwrap();
        assert_eq!(repaired, writer);
        file[..WavWriter::HEADER].copy_from_slice(&writer.header());
        let clip = read(&file, LIMITS).unwrap();
        assert_eq!(clip, unfinished);
        assert_eq!((clip.rate, clip.samples.len()), (format.rate(), sound.len()));
        assert!((strength(&clip.samples, 500.0, clip.rate) - 0.5).abs() < 0.01);
    }
    assert!(WavWriter::repair(&wav(1, 1, 8_000, 16, &[0; 100]), 200).is_err());
    assert!(WavWriter::repair(b"RIFF", 4).is_err());
}

#[test]
fn ogg_opus_is_written_by_the_page_and_ends_where_the_sound_does() {
    for (rate, channels) in [(Rate::Hz8000, 2), (Rate::Hz16000, 2), (Rate::Hz16000, 1)] {
        let sound = tone(rate, 440.0, 2_345);
        let frames: Vec<i16> = sound.iter().flat_map(|s| vec![*s; channels.into()]).collect();
        let (mut file, mut grew) = (Vec::new(), Vec::new());
        let mut writer = OggOpusWriter::new(rate, channels, 32_000, 7, &mut file).unwrap();
        // The reference encoder's delay, 6.5 ms at 48 kHz.
        let head = file.windows(8).position(|w| w == b"OpusHead").unwrap();
        assert_eq!(file[head + 10..head + 12], 312u16.to_le_bytes());
        for block in frames.chunks(rate.samples(33) * usize::from(channels)) {
            let before = file.len();
            writer.push(block, &mut file).unwrap();
            if file.len() > before {
                grew.push(writer.duration_ms());
            }
        }
        // A page per second; a packet waits until the next is there.
        assert_eq!(grew.len(), 2, "{grew:?}");
        assert!(grew.iter().zip([1_020, 2_020]).all(|(at, due)| at.abs_diff(due) <= 33), "{grew:?}");
        let cut = read(&file, LIMITS).unwrap();
        assert!(cut.duration().as_millis().abs_diff(2_000) < 15, "{:?}", cut.duration());
        writer.finish(&mut file).unwrap();
        let clip = read(&file, LIMITS).unwrap();
        assert!(clip.samples.len().abs_diff(Rate::Hz16000.samples(2_345)) <= 1, "{}", clip.samples.len());
        let level = strength(&clip.samples[3_200..32_000], 440.0, clip.rate);
        assert!((level - 0.5).abs() < 0.05, "{level}");
    }
    let mut nothing = Vec::new();
    OggOpusWriter::new(Rate::Hz8000, 2, 32_000, 7, &mut nothing).unwrap().finish(&mut nothing).unwrap();
    assert_eq!(read(&nothing, LIMITS), Err(ReadError::Empty));
}

/// Gives the pages of an Ogg file the checksums that fit what is in them now (RFC 3533 §6), so that spoilt octets get
/// past the page reader.
fn ogg_checksums(file: &mut [u8]) {
    let mut at = 0;
    while let Some(segments) = file.get(at + 26).map(|n| usize::from(*n)) {
        if !file[at..].starts_with(b"OggS") {
            at += 1;
            continue;
        }
        let Some(lacing) = file.get(at + 27..at + 27 + segments) else { break };
        let end = at + 27 + segments + lacing.iter().map(|n| usize::from(*n)).sum::<usize>();
        let Some(page) = file.get_mut(at..end) else { break };
        page[22..26].fill(0);
        let crc = page.iter().fold(0u32, |crc, octet| {
            (0..8).fold(crc ^ u32::from(*octet) << 24, |crc, _| crc << 1 ^ if crc >> 31 == 1 { 0x04C1_1DB7 } else { 0 })
        });
        page[22..26].copy_from_slice(&crc.to_le_bytes());
        at = end;
    }
}

/// Files with up to eight octets changed, a piece taken out or put in twice: whatever they are, they are answered.
#[test]
fn spoilt_files_are_answered() {
    let mut sources: Vec<Vec<u8>> = TONES.iter().map(|(_, bytes)| bytes.to_vec()).collect();
    sources.push(NARROW.to_vec());
    sources.push(wav(3, 2, 44_100, 32, &[0x3F; 4_000]));
    let seeds = (0..sources.len(), proptest::collection::vec((0usize..20_000, 0u8..=255), 1..8), 0usize..4_000, 0..4);
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(64) });
    runner
        .run(&seeds, |(source, changes, piece, how)| {
            let mut file = sources[source].clone();
            // Headers are where it matters: half of the changes fall there.
            for (n, (at, value)) in changes.iter().enumerate() {
                let at = at % if n % 2 == 0 { file.len() } else { file.len().min(400) };
                file[at] = *value;
            }
            let from = piece.min(file.len() - 1);
            match how {
                0 => _ = file.drain(from..(from + 100).min(file.len())),
                1 => file.extend_from_within(from..),
                _ => {}
            }
            if file.starts_with(b"OggS") {
                ogg_checksums(&mut file);
            }
            if let Ok(clip) = read(&file, LIMITS) {
                assert!(!clip.samples.is_empty());
                assert!(clip.duration() <= Duration::from_secs(10));
            }
            Ok(())
        })
        .unwrap();
}
