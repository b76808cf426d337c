//! Whether a leg's audio is secured (SRTP, RFC 3711), and how firmly.

use crate::error::NegotiationError;
use crate::session::{Media, Session};

/// The policy of one leg. The legs of a call are independent of each other.
///
/// Keys count only in the secured profiles (RFC 4568 §5.1: `RTP/SAVP`, `RTP/SAVPF`). An offer in the clear
/// that brings keys all the same ("best effort") is an offer in the clear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Security {
    /// In the clear only; a secured offer is refused.
    #[default]
    Off,
    /// As the peer offers; our own offers are in the clear.
    Optional,
    /// As the peer offers; our own offers are secured.
    Preferred,
    /// Secured only; an offer in the clear is refused.
    Required,
}

impl Security {
    /// Whether a leg of this policy may take up that stream.
    pub(crate) fn takes(self, media: &Media) -> bool {
        match self {
            Security::Off => !media.is_secured(),
            Security::Optional | Security::Preferred => true,
            Security::Required => media.is_secured(),
        }
    }

    /// Whether something of `offer` may be taken up, if there is anything to take up at all.
    ///
    /// # Errors
    /// [`NegotiationError::SecurityUnwanted`], [`NegotiationError::SecurityRequired`],
    /// [`NegotiationError::NoUsableKey`], by the first stream that is wrong.
    pub(crate) fn check(self, offer: &Session) -> Result<(), NegotiationError> {
        let mut refusal = None;
        let streams = offer.media.iter().filter(|media| media.port != 0 && (media.is_rtp_audio() || media.is_fax()));
        for media in streams {
            let verdict = match (self.takes(media), media.is_secured()) {
                (true, false) => return Ok(()),
                (true, true) if media.key().is_some() => return Ok(()),
                (true, true) => NegotiationError::NoUsableKey,
                (false, true) => NegotiationError::SecurityUnwanted,
                (false, false) => NegotiationError::SecurityRequired,
            };
            refusal = refusal.or(Some(verdict));
        }
        refusal.map_or(Ok(()), Err)
    }
}

/// Whether the answer to the live stream of `offer` is as secure as was asked: the same profile class, and
/// if secured, one of our lines taken up with its tag and suite (RFC 4568 §5.1.2, §5.1.3).
///
/// # Errors
/// [`NegotiationError::SecurityRequired`] where the answer falls back, [`NegotiationError::SecurityUnwanted`]
/// where it goes beyond, [`NegotiationError::NoUsableKey`].
pub(crate) fn check_answer(offer: &Media, answer: &Media) -> Result<(), NegotiationError> {
    match (offer.is_secured(), answer.is_secured()) {
        (false, false) => Ok(()),
        (false, true) => Err(NegotiationError::SecurityUnwanted),
        (true, false) => Err(NegotiationError::SecurityRequired),
        (true, true) => offer.shared_key(answer).map(|_| ()).ok_or(NegotiationError::NoUsableKey),
    }
}
