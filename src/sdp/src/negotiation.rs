//! One dialog's offers and answers: who may speak, what stands, and how the next one must look.

use crate::agreed::{Agreed, agreed};
use crate::crypto::{Crypto, CryptoSuite, MasterKey};
use crate::error::NegotiationError;
use crate::format::Format;
use crate::layout::keep_layout;
use crate::rewrite::{LocalMedia, answer, answered_stream, offer, rewrite_answer, rewrite_offer};
use crate::security::{self, Security};
use crate::session::{Media, Session};

/// The offer/answer state of one leg towards its peer.
///
/// At most one offer is open at a time, from either side (RFC 3264 §4). An open offer that is refused
/// or lost is taken back with [`Negotiation::withdraw`]; what was agreed before then stands (RFC 3264
/// §8). Versions in `o=` go up by one with each changed description and never otherwise.
#[derive(Clone, Debug)]
pub struct Negotiation {
    ours: LocalMedia,
    security: Security,
    /// Ours; none until the leg's owner gives one.
    key: Option<MasterKey>,
    /// Our offers ask for RTCP on the RTP port.
    offers_rtcp_mux: bool,
    /// The last description that left the box in this dialog.
    sent: Option<Session>,
    /// Every format that ever had a payload number here (RFC 3264 §8.3.2).
    numbers: Vec<Format>,
    standing: Option<Standing>,
    open: Option<Open>,
}

/// Offer and answer that are complete.
#[derive(Clone, Debug)]
struct Standing {
    role: Role,
    ours: Session,
    peers: Session,
}

/// Who made the offer that was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// We did.
    Offerer,
    /// The peer did.
    Answerer,
}

/// An offer without its answer.
#[derive(Clone, Debug)]
enum Open {
    Ours(Session),
    Peers(Session),
}

/// Payload numbers remembered per dialog: each of the 128 may have one meaning in either direction.
const NUMBERS_MAX: usize = 256;

impl Negotiation {
    /// Nothing offered yet. `ours.version` is the version of the first description.
    pub fn new(ours: LocalMedia) -> Self {
        Negotiation {
            ours,
            security: Security::Off,
            key: None,
            offers_rtcp_mux: false,
            sent: None,
            numbers: Vec::new(),
            standing: None,
            open: None,
        }
    }

    /// Our address and port in all descriptions from now on: those of the stream that was opened.
    pub fn set_address(&mut self, address: std::net::IpAddr, port: u16) {
        self.ours.address = address;
        self.ours.port = port;
    }

    /// Whether this leg is secured, and our key if it comes to that. Without a call of this, and without a
    /// key, the leg is in the clear.
    ///
    /// `key` is 30 octets that nobody can guess, drawn for this leg alone. It goes into all descriptions from
    /// now on; a new one is needed whenever [`Negotiation::set_address`] moves the stream (RFC 4568 §7.1.4),
    /// and at no other time.
    pub fn set_security(&mut self, security: Security, key: MasterKey) {
        self.security = security;
        self.key = Some(key);
    }

    /// Whether our offers ask for RTCP on the RTP port (RFC 5761). A peer that asks for it always gets it.
    pub fn set_rtcp_mux(&mut self, offered: bool) {
        self.offers_rtcp_mux = offered;
    }

    /// The peer offers. An offer that the leg's [`Security`] forbids is not taken in, so that nobody is rung
    /// for it; what was agreed before stands.
    ///
    /// # Errors
    /// [`NegotiationError::OfferOpen`], [`NegotiationError::SecurityUnwanted`],
    /// [`NegotiationError::SecurityRequired`], [`NegotiationError::NoUsableKey`]: see there for the status to
    /// refuse it with.
    pub fn offer_received(&mut self, offer: Session) -> Result<(), NegotiationError> {
        if self.open.is_some() {
            return Err(NegotiationError::OfferOpen);
        }
        self.security().check(&offer)?;
        self.remember(&offer);
        self.open = Some(Open::Peers(offer));
        Ok(())
    }

    /// The offer to this leg's peer that passes on `other`: what the other leg's peer offered, or, where
    /// two parties are joined later, what it last said.
    ///
    /// # Errors
    /// As [`rewrite_offer`]; [`NegotiationError::OfferOpen`]; [`NegotiationError::SecurityRequired`] for a fax
    /// on a secured leg.
    pub fn offer_from<S: AsRef<str>>(&mut self, other: &Session, allowed: &[S]) -> Result<Session, NegotiationError> {
        let session = rewrite_offer(other, &self.ours, allowed)?;
        self.send_offer(session)
    }

    /// An offer of our own with every codec `allowed`.
    ///
    /// # Errors
    /// [`NegotiationError::OfferOpen`].
    pub fn offer_own<S: AsRef<str>>(&mut self, allowed: &[S]) -> Result<Session, NegotiationError> {
        let session = offer(&self.ours, allowed);
        self.send_offer(session)
    }

    /// The answer to the peer's offer that passes on `other`, the other leg's peer's answer to
    /// `offer_sent`. Where no offer is open but the peer made the last one, that one is answered again:
    /// an unreliable 183 was only a preview of the 200's answer (RFC 6337 §3.1.1).
    ///
    /// # Errors
    /// As [`rewrite_answer`], or [`NegotiationError::NoOffer`].
    pub fn answer_from(&mut self, other: &Session, offer_sent: &Session) -> Result<Session, NegotiationError> {
        let offer = self.offer_to_answer()?;
        let session = rewrite_answer(other, offer_sent, &self.allowed_part(offer), &self.ours)?;
        self.send_answer(session)
    }

    /// The answer of a service of the box itself to the peer's offer.
    ///
    /// # Errors
    /// As [`answer`], or [`NegotiationError::NoOffer`].
    pub fn answer_own<S: AsRef<str>>(&mut self, allowed: &[S]) -> Result<Session, NegotiationError> {
        let offer = self.offer_to_answer()?;
        let session = answer(&self.allowed_part(offer), &self.ours, allowed)?;
        self.send_answer(session)
    }

    /// The peer answers our offer. Where none is open but we made the last one, this answer takes the
    /// place of the earlier one: forks behind the peer, and previews in 18x. An answer that is refused
    /// leaves all as it was.
    ///
    /// # Errors
    /// [`NegotiationError::NoOffer`]; [`NegotiationError::SecurityRequired`],
    /// [`NegotiationError::SecurityUnwanted`] and [`NegotiationError::NoUsableKey`] where the peer answers
    /// less (or more) securely than it was asked: the leg ends, or the change is taken back.
    pub fn answer_received(&mut self, answer: Session) -> Result<(), NegotiationError> {
        let ours = match (&self.open, &self.standing) {
            (Some(Open::Ours(offer)), _) => offer,
            (None, Some(Standing { role: Role::Offerer, ours, .. })) => ours,
            _ => return Err(NegotiationError::NoOffer),
        };
        if let Some((given, asked)) = answered_stream(&answer, ours) {
            security::check_answer(asked, given)?;
        }
        let ours = ours.clone();
        self.open = None;
        self.remember(&answer);
        self.standing = Some(Standing { role: Role::Offerer, ours, peers: answer });
        Ok(())
    }

    /// Takes the open offer back, whoever made it: refused, timed out or overtaken (RFC 3264 §8: the
    /// session stays as it was).
    pub fn withdraw(&mut self) {
        self.open = None;
    }

    /// What stands between us and the peer; `None` before the first answer and where no audio is left.
    pub fn agreed(&self) -> Option<Agreed> {
        let standing = self.standing.as_ref()?;
        agreed(&standing.ours, &standing.peers)
    }

    /// What we said in the last complete exchange: to be said again, unchanged, where a re-INVITE only
    /// refreshes the session (RFC 4028 §7.4).
    pub fn our_description(&self) -> Option<&Session> {
        self.standing.as_ref().map(|standing| &standing.ours)
    }

    /// What the peer said in the last complete exchange.
    pub fn peers_description(&self) -> Option<&Session> {
        self.standing.as_ref().map(|standing| &standing.peers)
    }

    /// The peer's offer that waits for our answer.
    pub fn open_offer_of_peer(&self) -> Option<&Session> {
        match &self.open {
            Some(Open::Peers(offer)) => Some(offer),
            Some(Open::Ours(_)) | None => None,
        }
    }

    /// Our offer that waits for the peer's answer.
    pub fn open_offer_of_ours(&self) -> Option<&Session> {
        match &self.open {
            Some(Open::Ours(offer)) => Some(offer),
            Some(Open::Peers(_)) | None => None,
        }
    }

    /// Whether the peer has put us on hold.
    pub fn is_held_by_peer(&self) -> bool {
        self.peers_description().is_some_and(Session::is_hold)
    }

    fn offer_to_answer(&self) -> Result<&Session, NegotiationError> {
        match (&self.open, &self.standing) {
            (Some(Open::Peers(offer)), _) => Ok(offer),
            (None, Some(Standing { role: Role::Answerer, peers, .. })) => Ok(peers),
            _ => Err(NegotiationError::NoOffer),
        }
    }

    /// The policy that counts now: what was secured once stays so while the dialog lives.
    fn security(&self) -> Security {
        if self.secured_suite().is_some() { Security::Required } else { self.security }
    }

    /// How the standing stream is secured.
    fn secured_suite(&self) -> Option<CryptoSuite> {
        self.agreed()?.secure.map(|secure| secure.suite)
    }

    /// The peer's offer without what this leg may not take up.
    fn allowed_part(&self, offer: &Session) -> Session {
        let security = self.security();
        let mut allowed = offer.clone();
        for media in allowed.media.iter_mut().filter(|media| !security.takes(media)) {
            media.port = 0;
        }
        allowed
    }

    /// Secures our offer where the leg asks for it, and says the rest that is between us and this peer only.
    fn dress_offer(&self, live: &mut Media) -> Result<(), NegotiationError> {
        let secured = match (self.security(), &self.standing) {
            (Security::Required, _) => true,
            (Security::Preferred, standing) => standing.is_none(),
            (Security::Off | Security::Optional, _) => false,
        };
        if secured && live.is_fax() {
            return Err(NegotiationError::SecurityRequired);
        }
        if secured {
            let key = self.key.as_ref().ok_or(NegotiationError::NoUsableKey)?;
            // The suite in use stays; else the one that everybody must have (RFC 4568 §6.2.1).
            let suite = self.secured_suite().unwrap_or(CryptoSuite::AesCm128HmacSha1_80);
            "RTP/SAVP".clone_into(&mut live.protocol);
            live.crypto = vec![Crypto::new(1, suite, key)];
        }
        live.rtcp_mux = self.offers_rtcp_mux && live.is_rtp_audio();
        Ok(())
    }

    /// Secures our answer as the offer asks: the first line that is of use, with its tag (RFC 4568 §5.1.2).
    fn dress_answer(&self, live: &mut Media, asked: &Media) -> Result<(), NegotiationError> {
        if asked.is_secured() {
            let (tag, suite, theirs) = asked.key().ok_or(NegotiationError::NoUsableKey)?;
            let ours = self.key.as_ref().filter(|ours| **ours != theirs).ok_or(NegotiationError::NoUsableKey)?;
            live.crypto = vec![Crypto::new(tag, suite, ours)];
        }
        live.rtcp_mux = asked.rtcp_mux && live.is_rtp_audio();
        Ok(())
    }

    fn send_offer(&mut self, mut session: Session) -> Result<Session, NegotiationError> {
        if self.open.is_some() {
            return Err(NegotiationError::OfferOpen);
        }
        if let Some(live) = session.media.iter_mut().find(|media| media.port != 0) {
            self.dress_offer(live)?;
        }
        let session = match &self.sent {
            Some(previous) => keep_layout(session, previous, &self.numbers),
            None => session,
        };
        self.note_sent(&session);
        self.open = Some(Open::Ours(session.clone()));
        Ok(session)
    }

    fn send_answer(&mut self, mut session: Session) -> Result<Session, NegotiationError> {
        let peers = self.offer_to_answer()?.clone();
        let lines = session.media.iter_mut().zip(&peers.media);
        if let Some((live, asked)) = lines.into_iter().find(|(live, _)| live.port != 0) {
            self.dress_answer(live, asked)?;
        }
        if let Some(previous) = &self.sent {
            session.origin = previous.origin.clone();
            if !session.same_content(previous) {
                session.origin.version = previous.origin.version.wrapping_add(1);
            }
        }
        self.note_sent(&session);
        self.open = None;
        self.standing = Some(Standing { role: Role::Answerer, ours: session.clone(), peers });
        Ok(session)
    }

    fn note_sent(&mut self, session: &Session) {
        self.remember(session);
        self.sent = Some(session.clone());
    }

    fn remember(&mut self, session: &Session) {
        let Some((_, audio)) = session.audio() else { return };
        for format in &audio.formats {
            let known = self.numbers.iter().any(|k| k.payload == format.payload && k.same_codec(format));
            if !known && !format.encoding.is_empty() && self.numbers.len() < NUMBERS_MAX {
                self.numbers.push(format.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests;
