//! Offers and answers as they leave the box: ours from the start, or the other leg's made ours.
//!
//! What the box says in a description is one live audio stream at its own address; all other streams
//! keep their place and are refused.

use std::net::IpAddr;

use crate::direction::Direction;
use crate::error::NegotiationError;
use crate::format::Format;
use crate::formats;
use crate::session::{Media, MediaKind, Origin, Session};

/// Our end of a leg's audio, and the name of our description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalMedia {
    /// Where we receive.
    pub address: IpAddr,
    /// The RTP port, even; RTCP is on the next one.
    pub port: u16,
    /// The session's number in `o=`, the same for the whole dialog.
    pub session_id: u64,
    /// The version in `o=`; one higher with each change (RFC 3264 §8).
    pub version: u64,
    /// The user in `o=`; `-` for none.
    pub username: String,
}

/// RTP in the clear. Securing a stream is the leg's own affair and comes after ([`crate::Security`]).
const PLAIN: &str = "RTP/AVP";

/// Packet times that are passed on, in ms.
const SANE_MS: core::ops::RangeInclusive<u16> = 10..=200;

/// The attributes that pass from one leg to the other. All that speaks of addresses, keys, ICE or the
/// peer's own wiring stays behind.
const PASSED_ATTRIBUTES: [&str; 2] = ["label", "content"];

/// The offer to one leg's peer, made from what the other leg's peer offered: our address and one stream
/// alive. Of its formats those `allowed`, numbered as they came, before all others `allowed` that the box
/// can transcode into one of them, so that any two phones can talk and nothing is transcoded without need;
/// digits always. Where there is no audio but a fax, the fax.
///
/// # Errors
/// [`NegotiationError::NoAudio`], [`NegotiationError::NoCommonCodec`]: 488 to the one who offered.
pub fn rewrite_offer<S: AsRef<str>>(
    peer_offer: &Session,
    ours: &LocalMedia,
    allowed: &[S],
) -> Result<Session, NegotiationError> {
    let audio = first_usable(peer_offer, |audio| formats::offered(&audio.formats, allowed));
    let (index, live) = match (audio, peer_offer.fax()) {
        (Ok((index, audio, formats)), _) => (index, live_media(PLAIN, ours, audio, formats, audio.direction)),
        (Err(_), Some((index, fax))) => (index, fax.fax_passed_on(ours)),
        (Err(refusal), None) => return Err(refusal),
    };
    Ok(assemble(peer_offer, index, live, ours))
}

/// The answer to the one who offered (`offer_received`), made from the answer (`peer_answer`) that the
/// other leg's peer gave to the offer that we made of it (`offer_sent`).
///
/// Formats are matched by codec and numbered as `offer_received` numbers them; where both peers share none,
/// the one who offered keeps a codec of its own and the box transcodes. Digits are answered to whoever
/// offered them. The direction is the other peer's, within what was offered. A peer that refused the stream
/// has it refused here as well.
///
/// # Errors
/// [`NegotiationError::NoAudio`] if `offer_received` has none, [`NegotiationError::NoCommonCodec`] if
/// the answer names nothing that was offered.
pub fn rewrite_answer(
    peer_answer: &Session,
    offer_sent: &Session,
    offer_received: &Session,
    ours: &LocalMedia,
) -> Result<Session, NegotiationError> {
    let Some((given, sent)) = answered_stream(peer_answer, offer_sent) else {
        let (index, asked) = offer_received.live().ok_or(NegotiationError::NoAudio)?;
        return Ok(assemble(offer_received, index, asked.refused(), ours));
    };
    if given.is_fax() {
        let (index, asked) = offer_received.fax().ok_or(NegotiationError::NoAudio)?;
        let direction = given.direction.and(asked.direction.mirrored());
        let live = Media { direction, protocol: asked.protocol.clone(), ..given.fax_passed_on(ours) };
        return Ok(assemble(offer_received, index, live, ours));
    }
    let pick = |asked: &Media| formats::answered(&given.formats, &sent.formats, &asked.formats);
    let (index, asked, formats) = first_usable(offer_received, pick)?;
    let direction = given.direction.and(asked.direction.mirrored());
    // RFC 3264 §6: the answer's transport is the offer's.
    let live = live_media(&asked.protocol, ours, given, formats, direction);
    Ok(assemble(offer_received, index, live, ours))
}

/// The answer of a service of the box itself (echo test, announcements): the first codec of the offer
/// that is `allowed` and that the box can speak, else the first `allowed`, with the digits that belong to
/// it; all that is offered in direction.
///
/// # Errors
/// [`NegotiationError::NoAudio`], [`NegotiationError::NoCommonCodec`]: 488.
pub fn answer<S: AsRef<str>>(
    peer_offer: &Session,
    ours: &LocalMedia,
    allowed: &[S],
) -> Result<Session, NegotiationError> {
    let (index, asked, formats) = first_usable(peer_offer, |asked| formats::chosen(asked, allowed))?;
    let live = live_media(&asked.protocol, ours, asked, formats, asked.direction.mirrored());
    Ok(assemble(peer_offer, index, live, ours))
}

/// An offer of our own, where the peer left offering to us (an INVITE without a description, RFC 3264
/// §5, RFC 3261 §13.2.1): all codecs `allowed` that we know, best first, and digits.
pub fn offer<S: AsRef<str>>(ours: &LocalMedia, allowed: &[S]) -> Session {
    let mut formats: Vec<Format> = Vec::new();
    for format in allowed.iter().filter_map(|name| Format::for_offer(name.as_ref())) {
        if formats.iter().all(|known| known.payload != format.payload) {
            formats.push(format);
        }
    }
    let digits = Format::events().into_iter().filter(|event| formats.iter().any(|f| f.clock_rate == event.clock_rate));
    let digits: Vec<Format> = digits.collect();
    formats.extend(digits);
    let mut session = Session::new(origin(ours));
    let mut audio = Media::new(MediaKind::Audio, ours.port, PLAIN);
    audio.formats = formats;
    audio.ptime = Some(20);
    session.media.push(audio);
    session
}

/// The first live audio section of `session` from which `pick` takes at least one format.
fn first_usable(
    session: &Session,
    pick: impl Fn(&Media) -> Vec<Format>,
) -> Result<(usize, &Media, Vec<Format>), NegotiationError> {
    let mut refusal = NegotiationError::NoAudio;
    for (index, media) in session.media.iter().enumerate().filter(|(_, media)| media.is_live_audio()) {
        let formats = pick(media);
        if !formats.is_empty() {
            return Ok((index, media, formats));
        }
        refusal = NegotiationError::NoCommonCodec;
    }
    Err(refusal)
}

/// The section of `answer` that answers the live stream of `offer`, and that stream; none if it was refused.
pub(crate) fn answered_stream<'a>(answer: &'a Session, offer: &'a Session) -> Option<(&'a Media, &'a Media)> {
    let (index, asked) = offer.live()?;
    // Deviation: some phones answer only the streams that they take, so the place may be another's.
    let given = match answer.media.get(index) {
        Some(media) if media.kind == asked.kind => Some(media),
        _ => answer.media.iter().find(|media| media.kind == asked.kind && media.port != 0),
    };
    let taken = |media: &&Media| media.port != 0 && (media.is_rtp_audio() || media.is_fax());
    Some((given.filter(taken)?, asked))
}

fn live_media(protocol: &str, ours: &LocalMedia, from: &Media, formats: Vec<Format>, direction: Direction) -> Media {
    let passes = |name: &str| PASSED_ATTRIBUTES.contains(&name);
    Media {
        formats,
        direction,
        // Nobody is asked to send what no phone sends.
        ptime: from.ptime.filter(|ms| SANE_MS.contains(ms)),
        maxptime: from.maxptime.filter(|ms| SANE_MS.contains(ms)),
        attributes: from.attributes.iter().filter(|attribute| passes(&attribute.name)).cloned().collect(),
        ..Media::new(MediaKind::Audio, ours.port, protocol)
    }
}

/// Our description with `live` at `index` and all other streams of `layout` refused in their places.
fn assemble(layout: &Session, index: usize, live: Media, ours: &LocalMedia) -> Session {
    let mut session = Session::new(origin(ours));
    session.media = layout.media.iter().map(Media::refused).collect();
    session.media[index] = live;
    session
}

fn origin(ours: &LocalMedia) -> Origin {
    Origin {
        username: ours.username.clone(),
        session_id: ours.session_id,
        version: ours.version,
        address: ours.address,
    }
}

#[cfg(test)]
mod tests;
