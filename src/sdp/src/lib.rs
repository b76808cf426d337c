//! Session descriptions (RFC 8866) and the offer/answer model (RFC 3264, RFC 6337) for a back-to-back
//! user agent that anchors audio, transcodes it where two phones share no codec, secures it leg by leg
//! (RFC 4568), and passes faxes on (ITU-T T.38 Annex D).
//!
//! Owns the text form ([`Session::parse`], [`Session::to_bytes`]), the rewriting of a description that
//! passes through the box, and [`Negotiation`], which remembers per dialog what was offered and
//! answered. Refuses to know SIP, RTP packets, and which codecs exist beyond their names.
//!
//! **Invariants:** an answer written here names only formats that its offer named; a description
//! written here names no address and no key but ours; a stream that was secured is never in the clear
//! later in its dialog; no key appears in `Debug`; the number of `m=` lines of a dialog never shrinks, and a
//! payload number never changes its meaning in a dialog (RFC 3264 §8).
#![forbid(unsafe_code)]

mod agreed;
mod crypto;
mod direction;
mod error;
mod fax;
mod format;
mod formats;
mod layout;
mod negotiation;
mod opus;
mod parse;
mod print;
mod rewrite;
mod security;
mod session;

pub use agreed::{Agreed, AgreedSecure, agreed};
pub use crypto::{Crypto, CryptoSuite, MasterKey};
pub use direction::Direction;
pub use error::{AnswerMismatch, NegotiationError, SdpError};
pub use format::Format;
pub use layout::{check_answer, keep_layout};
pub use negotiation::Negotiation;
pub use opus::OpusWishes;
pub use rewrite::{LocalMedia, answer, offer, rewrite_answer, rewrite_offer};
pub use security::Security;
pub use session::{Attribute, Bandwidth, Line, Media, MediaKind, Origin, Session};
