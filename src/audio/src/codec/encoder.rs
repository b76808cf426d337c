//! From samples to payloads.

use ropus::{Application, Bitrate, Channels, InbandFec, Signal};
use thiserror::Error;

use super::{Coding, alaw, g722, ulaw};
use crate::Rate;

/// Least and most bit/s asked of Opus (RFC 6716 §2.1.1).
const BIT_RATES: std::ops::RangeInclusive<u32> = 6_000..=510_000;
/// Highest complexity Opus knows (RFC 6716 §2.1.5).
const COMPLEXITY_MAX: u8 = 10;
/// Longest frame that is encoded.
const FRAME_MS_MAX: usize = 60;

/// The sending half of a coding: its state from frame to frame.
pub struct Encoder {
    coding: Coding,
    rate: Rate,
    state: State,
}

enum State {
    Ulaw,
    Alaw,
    G722(Box<g722::Encoder>),
    Opus { encoder: Box<ropus::Encoder>, dtx: bool },
}

/// How Opus is encoded. The other codings have no choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncoderOptions {
    /// Bits a second aimed at, 6,000–510,000; taken to the nearer end beyond.
    pub bit_rate: u32,
    /// Effort, 0–10; 10 beyond.
    pub complexity: u8,
    /// In-band redundancy (RFC 6716 §2.1.7); begins once loss is known ([`Encoder::set_loss`]).
    pub fec: bool,
    /// Silence is not sent (RFC 6716 §2.1.9).
    pub dtx: bool,
    /// Loss to prepare for, percent; 100 beyond.
    pub loss_percent: u8,
}

impl Default for EncoderOptions {
    /// 24 kbit/s, wide-band speech at modest effort; redundancy costs nothing until loss is reported.
    fn default() -> EncoderOptions {
        EncoderOptions { bit_rate: 24_000, complexity: 5, fec: true, dtx: false, loss_percent: 0 }
    }
}

/// Why a frame was not encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum EncodeError {
    /// Not 10, 20, 30, 40, 50 or 60 ms; for Opus 10, 20, 40 or 60 ms.
    #[error("no frame of this length")]
    FrameLength,
    /// More octets than the caller has room for.
    #[error("no room for the payload")]
    NoRoom,
    /// The codec's library refused.
    #[error("the codec refused the frame")]
    Refused,
}

impl Encoder {
    /// An encoder as at the start of a stream; `wanted` and `options` count for Opus alone.
    pub fn new(coding: Coding, wanted: Rate, options: EncoderOptions) -> Encoder {
        let rate = coding.rate(wanted);
        let state = match coding {
            Coding::Pcmu => State::Ulaw,
            Coding::Pcma => State::Alaw,
            Coding::G722 => State::G722(Box::new(g722::Encoder::new())),
            Coding::Opus => State::Opus { encoder: Box::new(opus_encoder(rate, options)), dtx: options.dtx },
        };
        Encoder { coding, rate, state }
    }

    /// What it encodes to.
    pub fn coding(&self) -> Coding {
        self.coding
    }

    /// The rate of the samples it takes.
    pub fn rate(&self) -> Rate {
        self.rate
    }

    /// Encodes one frame at [`Encoder::rate`] into the front of `out` and says how many octets that was;
    /// 0 is Opus' discontinuous transmission: send nothing.
    ///
    /// # Errors
    /// [`EncodeError`]: nothing is to be sent.
    pub fn encode(&mut self, samples: &[i16], out: &mut [u8]) -> Result<usize, EncodeError> {
        let step = self.rate.samples(10);
        if samples.is_empty() || !samples.len().is_multiple_of(step) || samples.len() > step * FRAME_MS_MAX / 10 {
            return Err(EncodeError::FrameLength);
        }
        match &mut self.state {
            State::Ulaw => octet_each(samples, out, ulaw::encode),
            State::Alaw => octet_each(samples, out, alaw::encode),
            State::G722(encoder) => {
                let out = out.get_mut(..samples.len() / 2).ok_or(EncodeError::NoRoom)?;
                encoder.encode(samples, out);
                Ok(out.len())
            }
            State::Opus { encoder, dtx } => {
                if !matches!(samples.len() / step, 1 | 2 | 4 | 6) {
                    return Err(EncodeError::FrameLength);
                }
                match encoder.encode(samples, out) {
                    // Two octets or fewer need not be sent (the library's contract for DTX).
                    Ok(0..=2) if *dtx => Ok(0),
                    Ok(octets) => Ok(octets),
                    Err(ropus::EncodeError::BufferTooSmall) => Err(EncodeError::NoRoom),
                    Err(_) => Err(EncodeError::Refused),
                }
            }
        }
    }

    /// Prepares for so many percent of loss, as the peer reports it (RFC 3550 §6.4.1); 100 beyond.
    pub fn set_loss(&mut self, percent: u8) {
        if let State::Opus { encoder, .. } = &mut self.state {
            encoder.set_packet_loss_perc(percent.min(100)).expect("0–100 % is within Opus' range");
        }
    }
}

fn octet_each(samples: &[i16], out: &mut [u8], code: impl Fn(i16) -> u8) -> Result<usize, EncodeError> {
    let out = out.get_mut(..samples.len()).ok_or(EncodeError::NoRoom)?;
    for (octet, sample) in out.iter_mut().zip(samples) {
        *octet = code(*sample);
    }
    Ok(out.len())
}

fn opus_encoder(rate: Rate, options: EncoderOptions) -> ropus::Encoder {
    ropus::Encoder::builder(rate.hz(), Channels::Mono, Application::Voip)
        .bitrate(Bitrate::Bits(options.bit_rate.clamp(*BIT_RATES.start(), *BIT_RATES.end())))
        .complexity(options.complexity.min(COMPLEXITY_MAX))
        .signal(Signal::Voice)
        .inband_fec(if options.fec { InbandFec::Enabled } else { InbandFec::Disabled })
        .dtx(options.dtx)
        .packet_loss_perc(options.loss_percent.min(100))
        .build()
        .expect("a known rate in mono and options within Opus' ranges")
}
