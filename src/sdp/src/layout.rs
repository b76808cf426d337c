//! What a dialog remembers binds its next description: the places of streams, the meaning of numbers.

use crate::error::AnswerMismatch;
use crate::format::Format;
use crate::session::{Media, Session};

/// Makes `offer` fit a dialog in which we last sent `previous`: its live stream stays on its `m=` line, no
/// line disappears (RFC 3264 §8), and a payload number keeps its meaning (RFC 3264 §8.3.2); `numbers`
/// are all formats that ever had one in this dialog. The `o=` line is the dialog's; its version goes up
/// by one if anything else changed, and stays otherwise.
pub fn keep_layout(mut offer: Session, previous: &Session, numbers: &[Format]) -> Session {
    if let Some((index, _)) = offer.live() {
        let mut live = offer.media.remove(index);
        live.formats = keep_numbers(live.formats, numbers);
        let mut media: Vec<Media> = previous.media.iter().map(Media::refused).collect();
        match place_of(&live, previous) {
            Some(place) => {
                let before = &media[place];
                let same_profile = before.kind == live.kind && before.is_secured() == live.is_secured();
                if same_profile && before.is_rtp_audio() == live.is_rtp_audio() {
                    live.protocol.clone_from(&media[place].protocol);
                }
                media[place] = live;
            }
            None => media.push(live),
        }
        offer.media = media;
    }
    offer.origin = previous.origin.clone();
    if !offer.same_content(previous) {
        offer.origin.version = previous.origin.version.wrapping_add(1);
    }
    offer
}

/// The `m=` line of `previous` on which `live` goes on: that of the live stream of its kind, else one that
/// such a stream could have, else that of the live stream of another kind, which it takes the place of
/// (RFC 3264 §8.3.3: so a fax follows upon voice).
fn place_of(live: &Media, previous: &Session) -> Option<usize> {
    let was_live = previous.live();
    let of_its_kind = was_live.filter(|(_, before)| before.kind == live.kind).map(|(place, _)| place);
    let could_be = |media: &Media| if live.is_fax() { media.is_fax() } else { media.is_rtp_audio() };
    of_its_kind.or_else(|| previous.media.iter().position(could_be)).or_else(|| was_live.map(|(place, _)| place))
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
