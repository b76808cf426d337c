//! The recordings as they are in the program: complete, true to their texts, decodable, of one level.

use std::collections::BTreeSet;
use std::io::Cursor;

use super::*;
use crate::PROMPTS;
use crate::word::{HUNDREDS, LETTERS, MONTHS, NUMBERS, ORDINALS, Plural, SIGNS, Thing, WEEKDAYS};

/// Samples a second that the tests decode to.
const RATE: usize = 16_000;

/// The names that every language has.
fn common() -> impl Iterator<Item = &'static str> {
    let things = Thing::ALL.into_iter().flat_map(|thing| [thing.key(Plural::One), thing.key(Plural::Other)]);
    let words = [&NUMBERS[..], &HUNDREDS, &ORDINALS, &WEEKDAYS, &MONTHS, &LETTERS, &SIGNS].concat();
    PROMPTS.iter().copied().chain(words).chain(things)
}

fn source(language: Language) -> &'static str {
    match language {
        Language::En => include_str!("../../prompts/en.txt"),
        Language::Nl => include_str!("../../prompts/nl.txt"),
        Language::Fr => include_str!("../../prompts/fr.txt"),
        Language::De => include_str!("../../prompts/de.txt"),
        Language::Es => include_str!("../../prompts/es.txt"),
        Language::Ru => include_str!("../../prompts/ru.txt"),
    }
}

/// Decodes an Ogg Opus file: pre-skip and end position obeyed (RFC 7845 §4).
fn decode(file: &[u8]) -> Vec<i16> {
    let mut reader = ogg::PacketReader::new(Cursor::new(file));
    let head = reader.read_packet_expected().expect("a head").data;
    assert!(head.starts_with(b"OpusHead\x01\x01"), "mono");
    let skip = usize::from(u16::from_le_bytes([head[10], head[11]])) / 3;
    assert!(reader.read_packet_expected().expect("tags").data.starts_with(b"OpusTags"));
    let mut decoder = ropus::Decoder::new(RATE as u32, ropus::Channels::Mono).expect("a decoder");
    let (mut samples, mut end) = (Vec::new(), 0);
    while let Some(packet) = reader.read_packet().expect("whole pages") {
        let mut out = [0; RATE * 120 / 1000];
        let n = decoder.decode(&packet.data, &mut out, ropus::DecodeMode::Normal).expect("a sound packet");
        samples.extend_from_slice(&out[..n]);
        end = packet.absgp_page() as usize / 3;
    }
    assert!(end <= samples.len() && end > skip, "the end lies in the last packet");
    samples.truncate(end);
    samples.split_off(skip)
}

#[test]
fn every_common_name_is_recorded_in_every_language() {
    for language in Language::ALL {
        for key in common() {
            assert!(sound(language, key).is_some_and(|sound| sound.starts_with(b"OggS")), "{language} {key}");
            assert!(text(language, key).is_some_and(|text| !text.is_empty()), "{language} {key}");
        }
    }
}

#[test]
fn names_are_fit_for_files_and_stand_once() {
    let names: Vec<&str> = common().collect();
    let once: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(once.len(), names.len());
    for recording in Language::ALL.into_iter().flat_map(recordings) {
        let fit = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(recording.key.chars().all(fit), "{}", recording.key);
    }
}

#[test]
fn recordings_say_what_their_texts_say() {
    for language in Language::ALL {
        let lines = source(language).lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mut written: Vec<(&str, &str)> = lines.map(|line| line.split_once(" = ").expect("key = text")).collect();
        written.sort_unstable();
        let recorded: Vec<(&str, &str)> =
            recordings(language).map(|recording| (recording.key, recording.text)).collect();
        assert_eq!(written, recorded, "{language}: run prompts/make");
    }
}

#[test]
fn an_unknown_name_has_no_sound() {
    for key in ["", "a", "zzz", "number-", "number-999", "Goodbye", "goodbye ", "number-1-neuter"] {
        assert_eq!(sound(Language::En, key), None, "{key}");
    }
}

#[test]
fn a_torn_file_has_no_entries_and_no_panic() {
    let whole = file(Language::En);
    for length in [0, 4, 8, 11, 12, 40, 5000] {
        let torn = &whole[..length];
        for index in 0..count(torn).min(500) {
            let _ = entry(torn, index);
        }
        let _ = find(torn, "goodbye");
    }
    assert_eq!(count(b"nothing of the kind"), 0);
    assert!(find(whole, "goodbye").is_some());
}

/// By their last page (RFC 7845 §4.3), whatever the encoding.
#[test]
fn no_recording_is_too_short_to_be_heard_or_too_long_to_be_borne() {
    for language in Language::ALL {
        for recording in recordings(language) {
            let file = recording.sound;
            let last = file.windows(4).rposition(|four| four == b"OggS").expect("a page");
            let end = u64::from_le_bytes(file[last + 6..last + 14].try_into().expect("eight octets"));
            let milliseconds = end / 48;
            assert!((190..7000).contains(&milliseconds), "{language} {}: {milliseconds} ms", recording.key);
        }
    }
}

/// Every tenth of each language: decodable, of one level, never clipped, silent at both ends.
#[test]
fn recordings_sound_alike() {
    for language in Language::ALL {
        for recording in recordings(language).step_by(10) {
            let samples = decode(recording.sound);
            let name = format!("{language} {}", recording.key);
            let peak = samples.iter().map(|s| s.unsigned_abs()).max().unwrap_or(0);
            assert!((4000..30_000).contains(&peak), "{name}: peak {peak}");
            // Per 20 ms: the loudest must be speech, the edges nearly silent so that clips join without a click.
            let level = |part: &[i16]| {
                let power = part.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / part.len() as f64;
                20.0 * (power.sqrt().max(1.0) / 32_768.0).log10()
            };
            let loudest = samples.chunks(RATE / 50).map(level).fold(f64::MIN, f64::max);
            assert!((-25.0..-10.0).contains(&loudest), "{name}: {loudest:.1} dBov");
            assert!(level(&samples[..16]) < -40.0 && level(&samples[samples.len() - 16..]) < -40.0, "{name}: a click");
        }
    }
}
