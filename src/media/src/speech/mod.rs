//! Where packets become sound and sound becomes packets: the ear, the mouth and the play list of one stream.
//!
//! A stream whose audio is merely handed on needs none of these. [`Ear`] turns what a peer sends into frames of 20 ms;
//! [`Mouth`] turns frames into packets of the coding that a peer understands; [`Program`] plays a list of sounds.
//! Who hears whom is the plane's affair.

mod ear;
mod mouth;
mod program;

pub use ear::{Ear, Noticed};
pub use mouth::{Mouth, PACKET_MAX, SharedVoice, Spoken, VoiceOptions};
pub use program::{Program, Progress, Sound, SoundState, Sounds};

use audio::Rate;
use audio::codec::Coding;

use crate::control::Codec;

impl Codec {
    /// The coding, where the box can decode and encode it.
    pub const fn coding(self) -> Option<Coding> {
        match self {
            Codec::Pcmu => Some(Coding::Pcmu),
            Codec::Pcma => Some(Coding::Pcma),
            Codec::G722 => Some(Coding::G722),
            Codec::Opus => Some(Coding::Opus),
            Codec::G729 | Codec::TelephoneEvent | Codec::TelephoneEvent48k | Codec::ComfortNoise => None,
        }
    }

    /// The rate at which its sound is worked on: Opus carries more, but a telephone's microphone does not.
    pub const fn rate(self) -> Rate {
        match self {
            Codec::G722 | Codec::Opus => Rate::Hz16000,
            _ => Rate::Hz8000,
        }
    }
}
