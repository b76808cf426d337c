//! Offers and answers as they leave the box: ours from the start, or the other leg's made ours.
//!
//! What the box says in a description is one live audio stream at its own address; all other streams
//! keep their place and are refused.

use std::net::IpAddr;

use crate::direction::Direction;
use crate::error::{AnswerMismatch, NegotiationError};
use crate::format::Format;
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

/// The attributes that pass from one leg to the other. All that speaks of addresses, keys, ICE or the
/// peer's own wiring stays behind.
const PASSED_ATTRIBUTES: [&str; 2] = ["label", "content"];

/// The offer to one leg's peer, made from what the other leg's peer offered: our address, one audio
/// stream alive, of its formats those `allowed` (besides digits and comfort noise), numbered as they
/// came.
///
/// # Errors
/// [`NegotiationError::NoAudio`], [`NegotiationError::NoCommonCodec`]: 488 to the one who offered.
pub fn rewrite_offer<S: AsRef<str>>(
    peer_offer: &Session,
    ours: &LocalMedia,
    allowed: &[S],
) -> Result<Session, NegotiationError> {
    let (index, audio, formats) =
        first_usable(peer_offer, |audio| usable_formats(audio, |voice| names(allowed, voice)))?;
    let live = live_media("RTP/AVP", ours, audio, formats, audio.direction);
    Ok(assemble(peer_offer, index, live, ours))
}

/// The answer to the one who offered (`offer_received`), made from the answer (`peer_answer`) that the
/// other leg's peer gave to the offer that we made of it (`offer_sent`).
///
/// Formats are matched by codec and numbered as `offer_received` numbers them; the direction is the
/// other peer's, within what was offered. A peer that refused the audio has it refused here as well.
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
    let Some(given) = answered_audio(peer_answer, offer_sent) else {
        let (index, asked) = offer_received.audio().ok_or(NegotiationError::NoAudio)?;
        return Ok(assemble(offer_received, index, asked.refused(), ours));
    };
    let (index, asked, formats) = first_usable(offer_received, |asked| renumbered(&given.formats, &asked.formats))?;
    let direction = given.direction.and(asked.direction.mirrored());
    // RFC 3264 §6: the answer's transport is the offer's.
    let live = live_media(&asked.protocol, ours, given, formats, direction);
    Ok(assemble(offer_received, index, live, ours))
}

/// The answer of a service of the box itself (echo test, announcements): the first codec of the offer
/// that is `allowed`, with the digits that belong to it; all that is offered in direction.
///
/// # Errors
/// [`NegotiationError::NoAudio`], [`NegotiationError::NoCommonCodec`]: 488.
pub fn answer<S: AsRef<str>>(
    peer_offer: &Session,
    ours: &LocalMedia,
    allowed: &[S],
) -> Result<Session, NegotiationError> {
    let (index, asked, formats) = first_usable(peer_offer, |asked| {
        let chosen = asked.formats.iter().find(|format| !format.is_companion() && names(allowed, format));
        let mut formats = usable_formats(asked, |voice| chosen == Some(voice));
        // We make no comfort noise ourselves.
        formats.retain(|format| !format.encoding.eq_ignore_ascii_case(Format::COMFORT_NOISE));
        formats
    })?;
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
    let mut digits: Vec<Format> = Vec::new();
    // RFC 4733 §2.1: events run on the clock of the voice beside them.
    for (clock_rate, payload) in [(8000, 101), (48000, 102)] {
        if formats.iter().any(|format| format.clock_rate == clock_rate) {
            digits.push(Format::new(payload, Format::TELEPHONE_EVENT, clock_rate, 1, Some("0-15")));
        }
    }
    formats.extend(digits);
    let mut session = Session::new(origin(ours));
    let mut audio = Media::new(MediaKind::Audio, ours.port, "RTP/AVP");
    audio.formats = formats;
    audio.ptime = Some(20);
    session.media.push(audio);
    session
}

/// Makes `offer` fit a dialog in which we last sent `previous`: the audio stays on its `m=` line, no
/// line disappears (RFC 3264 §8), and a payload number keeps its meaning (RFC 3264 §8.3.2); `numbers`
/// are all formats that ever had one in this dialog. The `o=` line is the dialog's; its version goes up
/// by one if anything else changed, and stays otherwise.
pub fn keep_layout(mut offer: Session, previous: &Session, numbers: &[Format]) -> Session {
    if let Some((index, _)) = offer.audio() {
        let was_live = previous.audio().map(|(place, _)| place);
        let place = was_live.or_else(|| previous.media.iter().position(Media::is_plain_audio));
        let place = place.unwrap_or(previous.media.len());
        let mut audio = offer.media.remove(index);
        audio.formats = keep_numbers(audio.formats, numbers);
        let mut media: Vec<Media> = previous.media.iter().map(Media::refused).collect();
        if place == media.len() {
            media.push(audio);
        } else {
            audio.protocol.clone_from(&media[place].protocol);
            media[place] = audio;
        }
        offer.media = media;
    }
    offer.origin = previous.origin.clone();
    if !offer.same_content(previous) {
        offer.origin.version = previous.origin.version.wrapping_add(1);
    }
    offer
}

/// Whether `answer` fits `offer` (RFC 3264 §6): as many streams of the same kinds, none taken up that
/// was refused, formats and directions within those offered.
///
/// # Errors
/// The first mismatch.
pub fn check_answer(offer: &Session, answer: &Session) -> Result<(), AnswerMismatch> {
    if offer.media.len() != answer.media.len() {
        return Err(AnswerMismatch::MediaCount { offered: offer.media.len(), answered: answer.media.len() });
    }
    for (index, (asked, given)) in offer.media.iter().zip(&answer.media).enumerate() {
        if asked.kind != given.kind {
            return Err(AnswerMismatch::Kind(index));
        }
        if given.port == 0 {
            continue;
        }
        if asked.port == 0 {
            return Err(AnswerMismatch::Refused(index));
        }
        let known = |format: &Format| {
            asked.formats.iter().any(|offered| format.same_codec(offered) || format.payload == offered.payload)
        };
        let empty = given.formats.is_empty() && given.other_formats.is_empty();
        if empty || !given.formats.iter().all(known) {
            return Err(AnswerMismatch::Format(index));
        }
        if given.direction.and(asked.direction.mirrored()) != given.direction {
            return Err(AnswerMismatch::Direction(index));
        }
    }
    Ok(())
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

/// Whether `allowed` names the codec of `format`.
fn names<S: AsRef<str>>(allowed: &[S], format: &Format) -> bool {
    allowed.iter().any(|name| format.encoding.eq_ignore_ascii_case(name.as_ref()))
}

/// The section of `answer` that answers the audio of `offer`; none if it was refused.
fn answered_audio<'a>(answer: &'a Session, offer: &Session) -> Option<&'a Media> {
    let in_place = offer.audio().and_then(|(index, _)| answer.media.get(index));
    // Deviation: some phones answer only the streams that they take, so the place may be another's.
    let audio = match in_place {
        Some(media) if media.kind == MediaKind::Audio => Some(media),
        _ => answer.audio().map(|(_, media)| media),
    };
    audio.filter(|media| media.port != 0)
}

/// Of the formats of `media` the voices that pass `is_allowed`, in order, and the companions that run on
/// the clock of one of them; nothing if no voice is left.
fn usable_formats(media: &Media, is_allowed: impl Fn(&Format) -> bool) -> Vec<Format> {
    let formats = media.formats.iter().filter(|format| format.is_companion() || is_allowed(format)).cloned().collect();
    without_stray_companions(formats)
}

/// RFC 4733 §2.1: events run on the clock of the voice beside them; without it they are of no use.
fn without_stray_companions(mut formats: Vec<Format>) -> Vec<Format> {
    let clocks: Vec<u32> = formats.iter().filter(|f| !f.is_companion()).map(|f| f.clock_rate).collect();
    formats.retain(|format| clocks.contains(&format.clock_rate));
    formats
}

/// Those of `formats` that stand in `known`, with the numbers that they have there; no number twice.
fn renumbered(formats: &[Format], known: &[Format]) -> Vec<Format> {
    let mut out: Vec<Format> = Vec::new();
    for format in formats {
        let same = |other: &&Format| format.same_codec(other);
        // RFC 3264 §6.1: the same number is meant if the same codec stands there twice.
        let twin = known.iter().filter(same).find(|other| other.payload == format.payload);
        let Some(twin) = twin.or_else(|| known.iter().find(same)) else { continue };
        if out.iter().all(|taken| taken.payload != twin.payload) {
            out.push(Format { payload: twin.payload, ..format.clone() });
        }
    }
    without_stray_companions(out)
}

/// Numbers `formats` so that none contradicts what `numbers` says its number means.
fn keep_numbers(formats: Vec<Format>, numbers: &[Format]) -> Vec<Format> {
    let mut out: Vec<Format> = Vec::with_capacity(formats.len());
    for mut format in formats {
        let free = |payload: u8, out: &[Format]| out.iter().all(|taken| taken.payload != payload);
        let means_other = |payload: u8, format: &Format| {
            numbers.iter().any(|known| known.payload == payload && !known.same_codec(format))
        };
        let before = numbers.iter().find(|known| known.same_codec(&format) && free(known.payload, &out));
        if let Some(before) = before {
            format.payload = before.payload;
        } else if means_other(format.payload, &format) || !free(format.payload, &out) {
            let Some(payload) = (96..=127).find(|n| free(*n, &out) && !means_other(*n, &format)) else { continue };
            format.payload = payload;
        }
        out.push(format);
    }
    out
}

fn live_media(protocol: &str, ours: &LocalMedia, from: &Media, formats: Vec<Format>, direction: Direction) -> Media {
    let passes = |name: &str| PASSED_ATTRIBUTES.contains(&name);
    Media {
        formats,
        direction,
        ptime: from.ptime,
        maxptime: from.maxptime,
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
