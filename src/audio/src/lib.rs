//! Sound without RTP: codecs, resampling, concealment, mixing, tones and files.
//!
//! Owns what happens to samples. Refuses to know packets, sockets, threads and clocks: [`media`](../media/index.html)
//! brings payloads, the plane brings the ticks.
//!
//! All sound is mono, 16-bit linear, in frames of [`FRAME_MS`] at one of three rates ([`Rate`]).
//!
//! **Invariants:** octets from outside never panic; nothing is allocated per frame; every buffer has a bound.
//!
//! ITU-T G.711, G.722; RFC 6716 (Opus), 3389; ITU-T E.180, Q.23, Q.24, T.30.
#![forbid(unsafe_code)]

pub mod codec;
pub mod conceal;
pub mod detect;
pub mod file;
pub mod level;
pub mod mixer;
pub mod process;
mod rate;
pub mod resample;
pub mod stretch;
pub mod tone;

pub use rate::{FRAME_MAX, FRAME_MS, Rate};
