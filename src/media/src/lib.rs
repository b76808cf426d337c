//! RTP and RTCP formats, stream machines and the commands of the audio plane, without I/O.
//!
//! Owns what an audio packet means and what becomes of it: [`stream::Stream`] decides for each packet
//! whom to believe, where it goes and how it is rewritten. Refuses to know sockets, threads and clocks;
//! the plane brings packets and the time.
//!
//! **Invariants:** no packet is handed on unless its source was negotiated or learnt from a negotiated
//! address; octets from the network never panic; nothing is allocated for an audio packet.
//!
//! RFC 3550, 3551, 3605, 4733, 4961, 5761, 7022; ITU-T G.107.
#![forbid(unsafe_code)]

mod codec;
pub mod control;
pub mod demux;
pub mod digits;
mod number;
pub mod playout;
pub mod quality;
pub mod reception;
pub mod rtcp;
pub mod rtp;
pub mod speech;
pub mod srtp;
pub mod stream;

pub use number::{ClockRate, RtpTimestamp, SeqNo};
