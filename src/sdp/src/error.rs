//! What can go wrong, and whose fault it is.

use thiserror::Error;

/// A description that cannot be read: the peer misbehaved (or sent something that is no SDP).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SdpError {
    /// More than [`crate::Session::SIZE_MAX`] octets.
    #[error("session description of {0} octets is too large")]
    TooLarge(usize),
    /// More than [`crate::Session::MEDIA_MAX`] `m=` lines.
    #[error("more than {max} m= lines", max = crate::Session::MEDIA_MAX)]
    TooManyMedia,
    /// More than [`crate::Media::FORMATS_MAX`] formats in the `m=` line that starts at this line (counted from 1).
    #[error("line {0} has more than {max} formats", max = crate::Media::FORMATS_MAX)]
    TooManyFormats(usize),
    /// It does not begin with `v=0` (RFC 8866 §5.1).
    #[error("not a session description of version 0")]
    NotVersionZero,
    /// No usable `o=` line (RFC 8866 §5.2).
    #[error("origin line missing or incomplete")]
    Origin,
    /// This line (counted from 1) is not of the form `x=…`.
    #[error("line {0} is malformed")]
    Line(usize),
}

/// An offer that leads to no audio: the peers are incompatible. 488 (Not Acceptable Here), except where a
/// variant says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NegotiationError {
    /// No `m=audio` line over RTP (and no fax) that is not refused and that we can carry.
    #[error("no usable audio stream")]
    NoAudio,
    /// No codec that the other side and the configuration allow.
    #[error("no codec in common")]
    NoCommonCodec,
    /// A secured stream on a leg that has none ([`crate::Security::Off`]), or in answer to our offer in the
    /// clear.
    #[error("a secured audio stream is not wanted here")]
    SecurityUnwanted,
    /// A stream in the clear on a leg that must be secured, or that was until now.
    #[error("an audio stream in the clear is not allowed here")]
    SecurityRequired,
    /// A secured stream none of whose keys can be used (suite, parameters, identifiers; RFC 4568 §6), or an
    /// answer that takes up none of ours.
    #[error("no usable key for the secured audio stream")]
    NoUsableKey,
    /// A second offer while one is open (RFC 3264 §4): 491 (Request Pending) if ours is open,
    /// 500 with Retry-After if the peer's is (RFC 3261 §14.2).
    #[error("an offer is already open")]
    OfferOpen,
    /// An answer where no offer was made.
    #[error("an answer without an offer")]
    NoOffer,
}

/// How an answer fails to fit its offer (RFC 3264 §6): the peer misbehaved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AnswerMismatch {
    /// The answer has another number of `m=` lines.
    #[error("answer has {answered} m= lines to {offered} offered")]
    MediaCount {
        /// `m=` lines of the offer.
        offered: usize,
        /// `m=` lines of the answer.
        answered: usize,
    },
    /// This `m=` line (counted from 0) has another kind of media.
    #[error("m= line {0} changed its kind")]
    Kind(usize),
    /// This `m=` line was refused in the offer and taken up in the answer.
    #[error("m= line {0} was not on offer")]
    Refused(usize),
    /// This `m=` line names a format that was not offered, or none that was.
    #[error("m= line {0} names a format that was not offered")]
    Format(usize),
    /// This `m=` line flows a way that was not offered.
    #[error("m= line {0} flows a way that was not offered")]
    Direction(usize),
}
