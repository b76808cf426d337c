//! From the frames of a file to a [`Clip`]: channels averaged, rate changed, length bounded.

use super::sinc::Sinc;
use super::{Clip, Limits, ReadError};
use crate::Rate;

/// Channels of a file at most.
const CHANNELS_MAX: usize = 8;
/// Sample rates of a file, Hz.
const HZ: std::ops::RangeInclusive<u32> = 4_000..=192_000;

/// Gathers the sound of one file.
pub(super) struct Collector {
    rate: Rate,
    sinc: Option<Sinc>,
    samples: Vec<i16>,
    samples_max: usize,
    duration_max_s: u32,
    /// Frames averaged and not yet resampled; empty between calls.
    mono: Vec<f32>,
}

/// Frames that are averaged at a time.
const BLOCK: usize = 4_096;

impl Collector {
    /// For a file of `channels` at `hz`. An error if we do not read such.
    pub(super) fn new(hz: u32, channels: usize, limits: Limits) -> Result<Collector, ReadError> {
        if !HZ.contains(&hz) {
            return Err(ReadError::Unsupported("its sample rate is not between 4 and 192 kHz"));
        }
        check_channels(channels)?;
        let rate = if hz > Rate::Hz8000.hz() { Rate::Hz16000 } else { Rate::Hz8000 };
        Ok(Collector {
            rate,
            sinc: (hz != rate.hz()).then(|| Sinc::new(hz, rate.hz())),
            samples: Vec::new(),
            samples_max: (rate.hz() as usize).saturating_mul(limits.duration_max_s as usize),
            duration_max_s: limits.duration_max_s,
            mono: Vec::new(),
        })
    }

    /// Adds frames of `channels` samples each, full scale at ±1; what is left of a whole frame is dropped.
    pub(super) fn push(&mut self, interleaved: &[f32], channels: usize) -> Result<(), ReadError> {
        check_channels(channels)?;
        let scale = 1.0 / channels as f32;
        for block in interleaved.chunks(BLOCK * channels) {
            let mut mono = std::mem::take(&mut self.mono);
            mono.extend(block.chunks_exact(channels).map(|frame| frame.iter().sum::<f32>() * scale));
            let pushed = self.push_mono(&mono);
            mono.clear();
            self.mono = mono;
            pushed?;
        }
        Ok(())
    }

    /// Adds mono sound, full scale at ±1.
    pub(super) fn push_mono(&mut self, mono: &[f32]) -> Result<(), ReadError> {
        let Collector { sinc, samples, .. } = self;
        match sinc {
            None => samples.extend(mono.iter().copied().map(to_i16)),
            Some(sinc) => sinc.push(mono, |sample| samples.push(to_i16(sample))),
        }
        self.check_length()
    }

    /// The end of the file.
    pub(super) fn finish(mut self) -> Result<Clip, ReadError> {
        let Collector { sinc, samples, .. } = &mut self;
        if let Some(sinc) = sinc {
            sinc.finish(|sample| samples.push(to_i16(sample)));
        }
        self.check_length()?;
        if self.samples.is_empty() {
            return Err(ReadError::Empty);
        }
        Ok(Clip { rate: self.rate, samples: self.samples.into() })
    }

    fn check_length(&self) -> Result<(), ReadError> {
        if self.samples.len() > self.samples_max {
            return Err(ReadError::TooLong { max_s: self.duration_max_s });
        }
        Ok(())
    }
}

fn check_channels(channels: usize) -> Result<(), ReadError> {
    match channels {
        1..=CHANNELS_MAX => Ok(()),
        _ => Err(ReadError::Unsupported("it has no channel, or more than eight")),
    }
}

/// ±1 to 16 bits; what is beyond is clipped, and what is no number is silence (the cast's rule).
fn to_i16(sample: f32) -> i16 {
    (sample * 32_768.0).round() as i16
}
