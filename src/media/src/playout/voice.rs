//! A coding's way to samples at the rate of the output.

use audio::Rate;
use audio::codec::{Coding, Decoder, PAYLOAD_MS_MAX};
use audio::resample::Resampler;

use super::clock::{Ticks, sample};
use super::sound::Sound;
use crate::control::Codec;

/// Codings that are decoded here.
pub(super) const CODINGS: usize = 4;
/// Opus among them.
pub(super) const OPUS: usize = 3;

/// A decoder and what brings its samples to the output's rate.
pub(super) struct Voice {
    decoder: Decoder,
    resampler: Resampler,
}

/// Room for a decoded payload.
pub(super) fn scratch(output: Rate) -> Box<[i16]> {
    let widest = output.samples(PAYLOAD_MS_MAX).max(Rate::Hz16000.samples(PAYLOAD_MS_MAX));
    vec![0; widest].into()
}

/// The coding of `codec` and its place among [`CODINGS`]; `None` for what is not decoded.
pub(super) fn coding(codec: Codec) -> Option<(Coding, usize)> {
    match codec {
        Codec::Pcmu => Some((Coding::Pcmu, 0)),
        Codec::Pcma => Some((Coding::Pcma, 1)),
        Codec::G722 => Some((Coding::G722, 2)),
        Codec::Opus => Some((Coding::Opus, OPUS)),
        Codec::G729 | Codec::TelephoneEvent | Codec::TelephoneEvent48k | Codec::ComfortNoise => None,
    }
}

/// Whether an Opus packet of one frame repeats the one before it in band (RFC 6716 §4.2.3, §4.2.4).
pub(super) fn repeats(payload: &[u8]) -> bool {
    let &[toc, flags, ..] = payload else { return false };
    let voices = match toc >> 3 {
        config @ 0..=11 => [1, 1, 2, 3][usize::from(config & 3)],
        12..=15 => 1,
        _ => return false, // CELT alone repeats nothing
    };
    // One voice flag for each 20 ms of the first channel, then the LBRR flag, as the range coder leaves them.
    toc & 3 == 0 && flags >> (7 - voices) & 1 != 0
}

impl Voice {
    pub(super) fn new(coding: Coding, output: Rate) -> Voice {
        let decoder = Decoder::new(coding, output);
        let resampler = Resampler::new(decoder.rate(), output);
        Voice { decoder, resampler }
    }

    /// How long `payload` sounds; 0 if it is malformed.
    pub(super) fn long(&self, payload: &[u8]) -> Ticks {
        self.decoder.samples(payload) as Ticks * sample(self.decoder.rate())
    }

    /// Decodes `payload` to the end of `sound`; gives the samples added there, 0 if it is malformed after all.
    pub(super) fn decode(&mut self, payload: &[u8], scratch: &mut [i16], sound: &mut Sound) -> usize {
        let decoded = self.decoder.decode(payload, scratch).unwrap_or(0);
        self.give(&scratch[..decoded], sound)
    }

    /// Adds about `long` of what the codec itself makes up for a loss; 0 if it has no such art.
    pub(super) fn conceal(&mut self, long: Ticks, scratch: &mut [i16], sound: &mut Sound) -> usize {
        let wanted = (long / sample(self.decoder.rate())) as usize;
        let Some(scratch) = scratch.get_mut(..wanted) else { return 0 };
        if self.decoder.conceal(scratch) { self.give(scratch, sound) } else { 0 }
    }

    /// Adds the lost `long` before the packet `next`, from what that packet repeats of it; 0 if it does not.
    pub(super) fn recover(&mut self, next: &[u8], long: Ticks, scratch: &mut [i16], sound: &mut Sound) -> usize {
        let wanted = (long / sample(self.decoder.rate())) as usize;
        let Some(scratch) = scratch.get_mut(..wanted) else { return 0 };
        if self.decoder.recover(next, scratch) { self.give(scratch, sound) } else { 0 }
    }

    /// A new source begins.
    pub(super) fn reset(&mut self) {
        self.decoder.reset();
    }

    fn give(&mut self, samples: &[i16], sound: &mut Sound) -> usize {
        let room = self.resampler.room(samples.len());
        let out = sound.extend(room);
        let given = self.resampler.process(samples, out);
        let unused = out.len() - given;
        sound.shorten(unused);
        given
    }
}
