//! From payloads to samples.

use ropus::{Channels, DecodeMode};
use thiserror::Error;

use super::{Coding, PAYLOAD_MS_MAX, alaw, g722, opus::Packet, ulaw};
use crate::Rate;

/// The receiving half of a coding: its state from payload to payload.
pub struct Decoder {
    coding: Coding,
    rate: Rate,
    state: State,
}

enum State {
    /// G.711 has no memory.
    Table(&'static [i16; 256]),
    G722(Box<g722::Decoder>),
    Opus(Box<ropus::Decoder>),
}

/// Why a payload gave no sound. The decoder is as it was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// Nothing in it, or not what the coding allows.
    #[error("malformed payload")]
    Malformed,
    /// More than [`PAYLOAD_MS_MAX`] of sound.
    #[error("payload longer than 120 ms")]
    TooLong,
    /// More samples than the caller has room for.
    #[error("no room for the samples")]
    NoRoom,
}

impl Decoder {
    /// A decoder as at the start of a stream; `wanted` counts for Opus alone ([`Coding::rate`]).
    pub fn new(coding: Coding, wanted: Rate) -> Decoder {
        let rate = coding.rate(wanted);
        let state = match coding {
            Coding::Pcmu => State::Table(&ulaw::TABLE),
            Coding::Pcma => State::Table(&alaw::TABLE),
            Coding::G722 => State::G722(Box::new(g722::Decoder::new())),
            Coding::Opus => State::Opus(Box::new(opus_decoder(rate))),
        };
        Decoder { coding, rate, state }
    }

    /// What it decodes.
    pub fn coding(&self) -> Coding {
        self.coding
    }

    /// The rate of the samples it gives.
    pub fn rate(&self) -> Rate {
        self.rate
    }

    /// Samples that `payload` decodes to; 0 where it is malformed or too long.
    pub fn samples(&self, payload: &[u8]) -> usize {
        self.measure(payload).unwrap_or(0)
    }

    /// Decodes `payload` into the front of `out` and says how many samples that was.
    ///
    /// # Errors
    /// [`DecodeError`]: nothing was decoded and nothing changed.
    pub fn decode(&mut self, payload: &[u8], out: &mut [i16]) -> Result<usize, DecodeError> {
        let samples = self.measure(payload)?;
        let out = out.get_mut(..samples).ok_or(DecodeError::NoRoom)?;
        match &mut self.state {
            State::Table(table) => {
                for (sample, octet) in out.iter_mut().zip(payload) {
                    *sample = table[usize::from(*octet)];
                }
            }
            State::G722(decoder) => decoder.decode(payload, out),
            State::Opus(decoder) => {
                let given = decoder.decode(payload, out, DecodeMode::Normal).map_err(|_| DecodeError::Malformed)?;
                // The packet was measured; should the library ever disagree the rest is silence, not old samples.
                out[given.min(samples)..].fill(0);
            }
        }
        Ok(samples)
    }

    /// Fills `out` with what the codec itself hears in place of a lost frame. `out` is a multiple of 2.5 ms up to
    /// [`PAYLOAD_MS_MAX`]. False, and `out` untouched, where the coding has no such art: conceal by other means.
    pub fn conceal(&mut self, out: &mut [i16]) -> bool {
        if !self.whole(out.len()) {
            return false;
        }
        match &mut self.state {
            State::Table(_) | State::G722(_) => false,
            State::Opus(decoder) => decoder.decode(&[], out, DecodeMode::Normal) == Ok(out.len()),
        }
    }

    /// Fills `out` with the lost frame just before `next`, from the redundancy inside `next` (RFC 6716 §2.1.7).
    /// Comes before `next` itself is decoded. False, and nothing changed, where there is none.
    pub fn recover(&mut self, next: &[u8], out: &mut [i16]) -> bool {
        let (whole, rate) = (self.whole(out.len()), self.rate);
        let State::Opus(decoder) = &mut self.state else { return false };
        match Packet::parse(next) {
            Some(packet) if packet.redundant && whole && packet.frame(rate) <= out.len() => {
                decoder.decode(next, out, DecodeMode::Fec) == Ok(out.len())
            }
            _ => false,
        }
    }

    /// Forgets all that was heard: a new source begins.
    pub fn reset(&mut self) {
        match &mut self.state {
            State::Table(_) => {}
            State::G722(decoder) => **decoder = g722::Decoder::new(),
            State::Opus(decoder) => **decoder = opus_decoder(self.rate),
        }
    }

    fn measure(&self, payload: &[u8]) -> Result<usize, DecodeError> {
        let samples = match self.coding {
            Coding::Pcmu | Coding::Pcma => payload.len(),
            Coding::G722 => payload.len().saturating_mul(2),
            Coding::Opus => Packet::parse(payload).ok_or(DecodeError::Malformed)?.samples(self.rate),
        };
        match samples {
            0 => Err(DecodeError::Malformed),
            n if n > self.rate.samples(PAYLOAD_MS_MAX) => Err(DecodeError::TooLong),
            n => Ok(n),
        }
    }

    /// Whether so many samples are whole steps of 2.5 ms within the longest payload.
    fn whole(&self, samples: usize) -> bool {
        samples != 0
            && samples.is_multiple_of(self.rate.hz() as usize / 400)
            && samples <= self.rate.samples(PAYLOAD_MS_MAX)
    }
}

fn opus_decoder(rate: Rate) -> ropus::Decoder {
    ropus::Decoder::new(rate.hz(), Channels::Mono).expect("Opus knows 8, 16 and 48 kHz in mono")
}
