//! Session descriptions (RFC 8866) and the offer/answer model (RFC 3264, RFC 6337) for a back-to-back
//! user agent that anchors audio.
//!
//! Owns the text form ([`Session::parse`], [`Session::to_bytes`]), the rewriting of a description that
//! passes through the box, and [`Negotiation`], which remembers per dialog what was offered and
//! answered. Refuses to know SIP, RTP packets, and which codecs exist beyond their names.
//!
//! **Invariants:** an answer written here names only formats that its offer named; a description
//! written here names no address but ours; the number of `m=` lines of a dialog never shrinks, and a
//! payload number never changes its meaning in a dialog (RFC 3264 §8).
#![forbid(unsafe_code)]

mod agreed;
mod direction;
mod error;
mod format;
mod negotiation;
mod parse;
mod print;
mod rewrite;
mod session;

pub use agreed::{Agreed, agreed};
pub use direction::Direction;
pub use error::{AnswerMismatch, NegotiationError, SdpError};
pub use format::Format;
pub use negotiation::Negotiation;
pub use rewrite::{LocalMedia, answer, check_answer, keep_layout, offer, rewrite_answer, rewrite_offer};
pub use session::{Attribute, Bandwidth, Line, Media, MediaKind, Origin, Session};
