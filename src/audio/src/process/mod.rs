//! Echo, noise and gain.
//!
//! Owns what is done to the sound of one leg that needs it: analog lines, speakerphones, noisy places. The signal
//! processing is the library's (sonora, WebRTC's audio processing); this is its place in a call: frames of 20 ms, what
//! the peer hears as the reference, and a fixed gain.
//!
//! Refuses to know where frames come from. The caller gives what the peer hears ([`Processor::far`]) before what comes
//! from it in the same tick ([`Processor::near`]).
//!
//! **Invariants:** any samples of any length are taken; a frame is never longer or shorter afterwards.
//!
//! Deviation: the library allocates small buffers for each frame; nothing of it remains. Legs without treatment have
//! no processor, so the path of most calls stays free of that.

#[cfg(test)]
mod tests;

use sonora::config::{AdaptiveDigital, EchoCanceller, GainController2, HighPassFilter, NoiseSuppression};
use sonora::config::{NoiseSuppressionLevel, Pipeline};
use sonora::{AudioProcessing, Config, StreamConfig};

use crate::level::soft_clip;
use crate::{FRAME_MAX, Rate};

/// What is done to a leg's sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProcessorOptions {
    /// Steady noise is taken away, by up to 18 dB.
    pub noise_reduction: bool,
    /// Quiet voices are lifted, by up to 24 dB.
    pub automatic_gain: bool,
    /// The echo of what the peer hears is taken away, also where it comes back up to half a second later.
    pub echo_cancellation: bool,
    /// Fixed gain in dB, −24 to 24; what is beyond is taken as the nearest.
    pub gain_db: i8,
}

/// One leg's processing.
pub struct Processor {
    /// Samples of 10 ms, which is what the library takes.
    step: usize,
    options: ProcessorOptions,
    library: Option<Box<AudioProcessing>>,
    gain: f32,
    /// Steps of far sound less those of near sound that were given.
    far_ahead: i32,
    scratch: Box<[i16]>,
}

/// Deeper reduction than the library's middle step, for a line's hum and a fan are all that is in the pauses.
const NOISE_LEVEL: NoiseSuppressionLevel = NoiseSuppressionLevel::High;
const AUTOMATIC_GAIN_MAX_DB: f32 = 24.0;
const GAIN_MAX_DB: i8 = 24;
const STEPS_A_SECOND: usize = 100;
/// Far sound is given a tick ahead at most; more is the caller's hiccup and would only spoil the alignment.
const FAR_AHEAD_MAX: i32 = 4;

impl Processor {
    /// A processor for frames at `rate`. At 8 kHz the library works at 16 kHz inside, which delays by some 2 ms.
    pub fn new(rate: Rate, options: ProcessorOptions) -> Processor {
        let gain_db = options.gain_db.clamp(-GAIN_MAX_DB, GAIN_MAX_DB);
        let needs_library = options.noise_reduction || options.automatic_gain || options.echo_cancellation;
        Processor {
            step: rate.hz() as usize / STEPS_A_SECOND,
            options,
            library: needs_library.then(|| Box::new(library(rate, options))),
            gain: 10f32.powf(f32::from(gain_db) / 20.0),
            far_ahead: 0,
            scratch: vec![0; FRAME_MAX / 2].into(),
        }
    }

    /// Its options.
    pub fn options(&self) -> ProcessorOptions {
        self.options
    }

    /// Takes note of what the peer hears, 20 ms at a time. Where nothing is sent to it, silence is assumed.
    pub fn far(&mut self, frame: &[i16]) {
        if !self.options.echo_cancellation {
            return;
        }
        for step in frame.chunks_exact(self.step) {
            self.far_step(Some(step));
        }
    }

    fn far_step(&mut self, step: Option<&[i16]>) {
        let Some(library) = &mut self.library else { return };
        if self.far_ahead >= FAR_AHEAD_MAX {
            return;
        }
        self.far_ahead += 1;
        let (scratch, silence) = (&mut self.scratch, [0; FRAME_MAX / 2]);
        let step = step.unwrap_or(silence.get(..self.step).unwrap_or_default());
        // The library refuses wrong lengths only. What it would play instead is of no use here.
        let _given = library.process_render_i16(step, scratch.get_mut(..self.step).unwrap_or_default());
    }

    /// Treats what comes from the peer, 20 ms at a time, in place. A rest of less than 10 ms stays as it is.
    pub fn near(&mut self, frame: &mut [i16]) {
        for step in frame.chunks_exact_mut(self.step) {
            if self.options.echo_cancellation && self.far_ahead <= 0 {
                self.far_step(None);
            }
            self.far_ahead -= 1;
            if let (Some(library), Some(scratch)) = (&mut self.library, self.scratch.get_mut(..step.len()))
                && library.process_capture_i16(step, scratch).is_ok()
            {
                step.copy_from_slice(scratch);
            }
        }
        if self.gain != 1.0 {
            for sample in frame {
                *sample = soft_clip(f32::from(*sample) * self.gain);
            }
        }
    }
}

fn library(rate: Rate, options: ProcessorOptions) -> AudioProcessing {
    let mono = StreamConfig::new(rate.hz(), 1);
    let config = Config {
        pipeline: Pipeline { multi_channel_render: false, multi_channel_capture: false, ..Pipeline::default() },
        // A line's hum is below speech and would be taken for it by what follows.
        high_pass_filter: Some(HighPassFilter::default()),
        echo_canceller: options.echo_cancellation.then(EchoCanceller::default),
        noise_suppression: options
            .noise_reduction
            .then(|| NoiseSuppression { level: NOISE_LEVEL, ..NoiseSuppression::default() }),
        gain_controller2: options.automatic_gain.then(|| GainController2 {
            adaptive_digital: Some(AdaptiveDigital {
                initial_gain_db: 0.0,
                max_gain_db: AUTOMATIC_GAIN_MAX_DB,
                ..AdaptiveDigital::default()
            }),
            ..GainController2::default()
        }),
        ..Config::default()
    };
    AudioProcessing::builder().config(config).capture_config(mono).render_config(mono).build()
}
