//! Sounds at both rates, and those that came with the program.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use audio::Rate;
use audio::file::Clip;
use audio::resample::Resampler;
use media::speech::Sound;
use voice::Language;

use super::{SoundInfo, SoundName, Source};

/// What a second of a sound takes in memory: 8,000 and 16,000 samples of two octets.
pub(super) const OCTETS_PER_SECOND: usize = 48_000;

/// The name of the music that came with the program.
const MUSIC: &str = "default";

/// What the filter hears before the beginning, ms: longer than it remembers.
const LEAD_MS: usize = 20;

/// Makes the other rate of a clip.
pub fn both_rates(clip: &Clip) -> Sound {
    let at = |rate: Rate| if clip.rate == rate { Arc::clone(&clip.samples) } else { resample(clip, rate) };
    Sound { at8k: at(Rate::Hz8000), at16k: at(Rate::Hz16000) }
}

/// The clip at another rate. The filter hears its end first, as a loop does: music goes round without a seam, and
/// speech ends in silence anyway.
fn resample(clip: &Clip, to: Rate) -> Arc<[i16]> {
    let mut resampler = Resampler::new(clip.rate, to);
    // Whole steps of the ratio, so that the first sample out belongs to the first one in.
    let lead = clip.rate.samples(LEAD_MS).min(clip.samples.len() / 6 * 6);
    let mut out = vec![0; resampler.room(clip.samples.len()).max(resampler.room(lead))];
    resampler.process(&clip.samples[clip.samples.len() - lead..], &mut out);
    let written = resampler.process(&clip.samples, &mut out);
    // Too short for a single sample at the lower rate: silence is a sound too.
    out.truncate(written.max(1));
    out.into()
}

/// The octets that came with the program under that name.
pub(super) fn from_program(name: &SoundName) -> Option<&'static [u8]> {
    match name {
        SoundName::Prompt(language, key) => voice::sound(*language, key),
        SoundName::Music(name) => (name == MUSIC).then(voice::music),
        SoundName::Sound(_) | SoundName::Recording(_) | SoundName::Speech(..) => None,
    }
}

/// Everything that came with the program, by name.
pub(super) fn of_the_program() -> BTreeMap<String, SoundInfo> {
    let prompts = Language::ALL.into_iter().flat_map(|language| {
        voice::recordings(language)
            .map(move |recording| (SoundName::Prompt(language, recording.key.to_owned()), recording.sound))
    });
    let all = prompts.chain([(SoundName::Music(MUSIC.to_owned()), voice::music())]);
    let info = |(name, file): (SoundName, &'static [u8])| {
        let name = name.to_string();
        let octets = file.len() as u64;
        (name.clone(), SoundInfo { name, duration: ogg_opus_duration(file), octets, source: Source::Program })
    };
    all.map(info).collect()
}

/// How long an Ogg Opus file of one stream plays: where its last page ends, less what is skipped at the beginning
/// (RFC 7845 §4.3).
fn ogg_opus_duration(file: &[u8]) -> Option<Duration> {
    let last = file.windows(4).rposition(|window| window == b"OggS")?;
    let end = u64::from_le_bytes(file.get(last + 6..last + 14)?.try_into().ok()?);
    let head = file.windows(8).take(64).position(|window| window == b"OpusHead")?;
    let skip = u16::from_le_bytes(file.get(head + 10..head + 12)?.try_into().ok()?);
    Some(Duration::from_micros(end.checked_sub(skip.into())?.checked_mul(1_000_000)? / 48_000))
}

#[cfg(test)]
mod tests {
    use audio::file::{Limits, read};

    use super::*;

    #[test]
    fn durations_are_those_of_the_decoded_sounds() {
        for name in ["prompt/en/goodbye", "prompt/ru/echo-test", "prompt/de/number-21"] {
            let file = from_program(&SoundName::parse(name).expect("a name")).expect("a prompt");
            let clip = read(file, Limits::default()).expect("readable");
            let told = ogg_opus_duration(file).expect("told");
            assert!(clip.duration().abs_diff(told) < Duration::from_millis(1), "{name}: {told:?}");
        }
        assert_eq!(ogg_opus_duration(b"no Ogg"), None);
        assert_eq!(ogg_opus_duration(b"OggS"), None);
    }

    #[test]
    fn both_rates_last_as_long_and_sound_the_same() {
        // 16,001 samples: not a whole number at 8 kHz. A tone of 500 Hz, 8,000 high.
        let tone = |n: usize| (8000.0 * (n as f64 * std::f64::consts::TAU * 500.0 / 16_000.0).sin()) as i16;
        let clip = Clip { rate: Rate::Hz16000, samples: (0..16_001).map(tone).collect() };
        let sound = both_rates(&clip);
        assert!(Arc::ptr_eq(&sound.at16k, &clip.samples));
        assert!(sound.at8k.len().abs_diff(8000) <= 1, "{}", sound.at8k.len());
        let level = |samples: &[i16]| samples.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / samples.len() as f64;
        assert!((level(&sound.at8k) / level(&sound.at16k) - 1.0).abs() < 0.02);

        let narrow = Clip { rate: Rate::Hz8000, samples: sound.at8k };
        let again = both_rates(&narrow);
        assert_eq!(again.at16k.len(), 2 * again.at8k.len());
        assert!((level(&again.at16k) / level(&narrow.samples) - 1.0).abs() < 0.02);
    }

    #[test]
    fn the_shortest_clip_has_both_rates() {
        for rate in [Rate::Hz8000, Rate::Hz16000] {
            let sound = both_rates(&Clip { rate, samples: [1].into() });
            assert!(!sound.at8k.is_empty() && !sound.at16k.is_empty());
        }
    }
}
