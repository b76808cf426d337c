//! What the phones say: a few seconds of speech in each coding, encoded before the load begins.

use audio::Rate;
use audio::codec::{Coding, Encoder, EncoderOptions};
use audio::file::{Limits, read};
use audio::level::level_db;
use audio::resample::Resampler;
use media::control::Codec;
use voice::Language;

use crate::Failure;

/// Packets' payloads of 20 ms, said over and over.
pub struct Speech {
    pub frames: Vec<Vec<u8>>,
}

/// So many frames are said before they begin anew.
const FRAMES: usize = 500;
/// Frames below this are pauses between prompts, left out: dB below full scale.
const PAUSE_DB: u8 = 55;

/// Speech without its longer pauses, at 16 kHz.
pub fn samples() -> Result<Vec<i16>, Failure> {
    let frame = Rate::Hz16000.frame();
    let mut all = Vec::new();
    for recording in voice::recordings(Language::En) {
        let clip = read(recording.sound, Limits::default())?;
        let mut adapted = vec![0; clip.samples.len() * 2 + frame];
        let len = Resampler::new(clip.rate, Rate::Hz16000).process(&clip.samples, &mut adapted);
        for part in adapted[..len].chunks_exact(frame).filter(|part| level_db(part) < PAUSE_DB) {
            all.extend_from_slice(part);
        }
        if all.len() >= FRAMES * frame {
            all.truncate(FRAMES * frame);
            return Ok(all);
        }
    }
    Err("there are too few prompts".into())
}

impl Speech {
    pub fn new(codec: Codec, samples: &[i16]) -> Result<Speech, Failure> {
        let coding = match codec {
            Codec::Pcmu => Coding::Pcmu,
            Codec::G722 => Coding::G722,
            _ => Coding::Opus,
        };
        let mut encoder = Encoder::new(coding, Rate::Hz16000, EncoderOptions::default());
        let rate = encoder.rate();
        let mut down = Resampler::new(Rate::Hz16000, rate);
        let mut frames = Vec::new();
        for part in samples.chunks_exact(Rate::Hz16000.frame()) {
            let (mut adapted, mut payload) = ([0; 1_920], [0; 1_000]);
            let len = down.process(part, &mut adapted);
            let len = encoder.encode(&adapted[..len], &mut payload)?;
            frames.push(payload[..len].to_vec());
        }
        Ok(Speech { frames })
    }

    /// A quiet room: noise some 70 dB below full scale.
    pub fn silence(codec: Codec) -> Result<Speech, Failure> {
        let mut state = 1u32;
        let samples = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) as i16 / 1_500
        });
        Speech::new(codec, &samples.take(320 * 100).collect::<Vec<_>>())
    }

    /// A loud tone that begins at once, µ-law.
    pub fn tone() -> Result<Speech, Failure> {
        let samples: Vec<i16> = (0..160 * 10).map(|n| ((f64::from(n) * 0.785).cos() * 16_000.0) as i16).collect();
        let frames = samples.chunks(160).map(|part| part.iter().map(|s| audio::codec::ulaw::encode(*s)).collect());
        Ok(Speech { frames: frames.collect() })
    }
}
