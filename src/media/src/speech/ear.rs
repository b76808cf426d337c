//! One stream's hearing: packets in, frames of 20 ms out, and what is recognised in them.

use audio::detect::{DtmfDetector, FaxDetector, MachineDetector, ProgressDetector};
use audio::process::{Processor, ProcessorOptions};
use audio::resample::Resampler;
use audio::{FRAME_MAX, Rate, level};
use base::{Duration, Instant};

use crate::control::{Listen, Processing, Signal};
use crate::playout::{Playout, PlayoutOptions, PlayoutPacket, PlayoutStats, Pulled};
use crate::stream::Passing;

/// The hearing of one stream.
pub struct Ear {
    playout: Playout,
    rate: Rate,
    /// The source whose numbering the buffer follows.
    epoch: Option<u32>,
    frame: [i16; FRAME_MAX],
    processor: Option<Processor>,
    echo_cancellation: bool,
    /// Brings what the peer hears to the ear's rate.
    far: Option<(Rate, Resampler)>,
    detectors: Option<Box<Detectors>>,
    heard_at: Instant,
    level: u8,
}

/// What was noticed in the sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noticed {
    /// A key as tones.
    Digit {
        /// `0`–`9`, `*`, `#`, `A`–`D`.
        digit: char,
        /// How long it sounded.
        duration: Duration,
    },
    /// Something that was listened for.
    Signal(Signal),
}

struct Detectors {
    /// Detectors work at 8 kHz.
    narrow: Resampler,
    digits: Option<DtmfDetector>,
    progress: Option<ProgressDetector>,
    fax: Option<FaxDetector>,
    machine: Option<MachineDetector>,
    noticed: Vec<Noticed>,
}

/// Sound waits no longer than that for late packets: beyond, a conversation is hard anyway.
const DELAY_MAX_MS: u32 = 400;
/// What can be noticed in one frame at most.
const NOTICED_MAX: usize = 8;
/// An ear that hears nothing for so long is of no use.
const IDLE: Duration = Duration::from_secs(2);

impl Ear {
    /// An ear that gives frames at `rate`.
    pub fn new(now: Instant, rate: Rate, processing: Processing, listen: Listen) -> Ear {
        let mut ear = Ear {
            playout: Playout::new(PlayoutOptions { rate, min_ms: 0, max_ms: DELAY_MAX_MS }),
            rate,
            epoch: None,
            frame: [0; FRAME_MAX],
            processor: None,
            echo_cancellation: false,
            far: None,
            detectors: None,
            heard_at: now,
            level: 127,
        };
        ear.treat(processing, listen);
        ear
    }

    /// What is done to the sound and listened for from now on.
    pub fn treat(&mut self, processing: Processing, listen: Listen) {
        self.echo_cancellation = processing.echo_cancellation;
        self.processor = (processing != Processing::default()).then(|| {
            let Processing { noise_reduction, automatic_gain, echo_cancellation, gain_db } = processing;
            let options = ProcessorOptions { noise_reduction, automatic_gain, echo_cancellation, gain_db };
            Processor::new(self.rate, options)
        });
        self.detectors = (listen != Listen::default()).then(|| Box::new(Detectors::new(self.rate, listen)));
    }

    /// Samples a second of the frames.
    pub fn rate(&self) -> Rate {
        self.rate
    }

    /// Takes a packet that the stream accepted.
    pub fn hear(&mut self, now: Instant, passing: &Passing, packet: &[u8]) {
        if self.epoch.replace(passing.epoch).is_some_and(|before| before != passing.epoch) {
            self.playout.restart();
        }
        self.heard_at = now;
        let (start, end) = (usize::from(passing.payload.0), usize::from(passing.payload.1));
        self.playout.push(
            now,
            PlayoutPacket {
                codec: passing.codec,
                seq: passing.seq,
                timestamp: passing.timestamp,
                marker: passing.marker,
                payload: packet.get(start..end).unwrap_or_default(),
            },
        );
    }

    /// The next 20 ms, and whether anything but silence is known of them.
    pub fn pull(&mut self, now: Instant) -> (&[i16], Pulled) {
        let len = self.rate.frame();
        let Some(frame) = self.frame.get_mut(..len) else { return (&[], Pulled::Nothing) };
        let pulled = self.playout.pull(now, frame);
        if let Some(processor) = &mut self.processor {
            processor.near(frame);
        }
        if let Some(detectors) = &mut self.detectors {
            detectors.listen(frame);
        }
        self.level = if pulled == Pulled::Nothing { 127 } else { level::level_db(frame) };
        (self.frame.get(..len).unwrap_or_default(), pulled)
    }

    /// What the peer hears at the same time, for the echo canceller.
    pub fn far(&mut self, frame: &[i16], rate: Rate) {
        let Some(processor) = &mut self.processor else { return };
        if self.far.as_ref().is_none_or(|(from, _)| *from != rate) {
            self.far = Some((rate, Resampler::new(rate, self.rate)));
        }
        let mut adapted = [0; FRAME_MAX];
        let len = self.far.as_mut().map_or(0, |(_, resampler)| resampler.process(frame, &mut adapted));
        processor.far(adapted.get(..len).unwrap_or_default());
    }

    /// Whether [`Ear::far`] is of use.
    pub fn wants_far(&self) -> bool {
        self.echo_cancellation
    }

    /// The next thing noticed.
    pub fn poll_noticed(&mut self) -> Option<Noticed> {
        self.detectors.as_mut()?.noticed.pop()
    }

    /// Nothing has come for so long that the ear may go.
    pub fn is_idle(&self, now: Instant) -> bool {
        now - self.heard_at >= IDLE
    }

    /// The level of the last frame in dB below full scale, 127 for silence.
    pub fn level(&self) -> u8 {
        self.level
    }

    /// What the buffer did.
    pub fn stats(&self) -> PlayoutStats {
        self.playout.stats()
    }
}

impl Detectors {
    fn new(rate: Rate, listen: Listen) -> Detectors {
        Detectors {
            narrow: Resampler::new(rate, Rate::Hz8000),
            digits: listen.digits.then(DtmfDetector::new),
            progress: listen.progress.then(ProgressDetector::new),
            fax: listen.fax.then(FaxDetector::new),
            machine: listen.machine.then(MachineDetector::new),
            noticed: Vec::with_capacity(NOTICED_MAX),
        }
    }

    fn listen(&mut self, frame: &[i16]) {
        let mut samples = [0; Rate::Hz8000.frame()];
        let len = self.narrow.process(frame, &mut samples);
        let samples = samples.get(..len).unwrap_or_default();
        if let Some(digit) = self.digits.as_mut().and_then(|d| d.push(samples)) {
            let duration = Duration::from_millis(u64::from(digit.duration_ms));
            note(&mut self.noticed, Noticed::Digit { digit: digit.digit, duration });
        }
        let found = [
            self.progress.as_mut().and_then(|d| d.push(samples)),
            self.fax.as_mut().and_then(|d| d.push(samples)),
            self.machine.as_mut().and_then(|d| d.push(samples)),
        ];
        for found in found.into_iter().flatten() {
            note(&mut self.noticed, Noticed::Signal(found));
        }
    }
}

/// Nobody asked for what does not fit: it is taken each tick.
fn note(noticed: &mut Vec<Noticed>, one: Noticed) {
    if noticed.len() < NOTICED_MAX {
        noticed.push(one);
    }
}
