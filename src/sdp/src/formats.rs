//! Which formats an offer or an answer names, and in which order.

use crate::format::{Format, KEYS};
use crate::session::Media;

/// Whether `allowed` names the codec of `format`.
fn names<S: AsRef<str>>(allowed: &[S], format: &Format) -> bool {
    allowed.iter().any(|name| format.encoding.eq_ignore_ascii_case(name.as_ref()))
}

/// What is offered in the name of a party that named `formats`: of its voices those `allowed`, which need no
/// transcoding; then whatever else is `allowed` that the box can turn into one of them; digits on the clock
/// of every voice; its comfort noise. Nothing if no voice of its own is left.
pub(crate) fn offered<S: AsRef<str>>(formats: &[Format], allowed: &[S]) -> Vec<Format> {
    let shared = formats.iter().filter(|format| !format.is_companion() && names(allowed, format)).cloned();
    let mut voices: Vec<Format> = shared.collect();
    let mut companions: Vec<Format> = formats.iter().filter(|format| format.is_companion()).cloned().collect();
    // Where nothing of the party's own can be transcoded, another codec would end in silence.
    if voices.iter().any(Format::is_transcoded) {
        for ours in allowed.iter().filter_map(|name| Format::for_offer(name.as_ref())) {
            if ours.is_transcoded() && !voices.iter().any(|voice| voice.same_codec(&ours)) {
                push_numbered(&mut voices, &companions, ours);
            }
        }
    }
    // The keys of a phone are heard whether the other end knows of events or not: the box translates them.
    for ours in Format::events() {
        let runs = voices.iter().any(|voice| voice.clock_rate == ours.clock_rate);
        if runs && !companions.iter().any(|companion| companion.same_codec(&ours)) {
            push_numbered(&mut companions, &voices, ours);
        }
    }
    voices.extend(companions);
    without_stray_companions(voices)
}

/// What is answered to a party that `asked`, where the other one was offered `sent` on its behalf and took
/// `given`: what both share, so that nothing is transcoded; where that is nothing that the box can
/// transcode while the other's choice is, also the asker's own first such voice. All with the asker's
/// numbers, and with digits if it asked for them. Nothing if there is no voice for both.
pub(crate) fn answered(given: &[Format], sent: &[Format], asked: &[Format]) -> Vec<Format> {
    let mut formats = renumbered(given, asked);
    // Events are the box's affair on either leg.
    formats.retain(|format| !format.is_event());
    let voices = |formats: &[Format]| formats.iter().any(|format| !format.is_companion() && format.is_transcoded());
    if voices(given) && !voices(&formats) {
        // All that is allowed and can be transcoded was in what we offered.
        let own = asked.iter().find(|own| own.is_transcoded() && sent.iter().any(|format| format.same_codec(own)));
        if let Some(own) = own {
            let fmtp = Format::for_offer(&own.encoding).and_then(|ours| ours.fmtp);
            let place = formats.iter().position(Format::is_companion).unwrap_or(formats.len());
            formats.insert(place, Format { fmtp, ..own.clone() });
        }
    }
    for event in asked.iter().filter(|format| format.is_event()) {
        let theirs = given.iter().find(|format| format.same_codec(event));
        let fmtp = theirs.map_or(Some(KEYS.to_owned()), |theirs| theirs.fmtp.clone());
        formats.push(Format { fmtp, ..event.clone() });
    }
    without_stray_companions(formats)
}

/// The first voice of `media` that is `allowed` and that the box can speak, else the first that is `allowed`
/// (it may still be sent back as it comes), and the digits that belong to it.
pub(crate) fn chosen<S: AsRef<str>>(media: &Media, allowed: &[S]) -> Vec<Format> {
    let voices = || media.formats.iter().filter(|format| !format.is_companion() && names(allowed, format));
    let voice = voices().find(|format| format.is_transcoded()).or_else(|| voices().next());
    // We make no comfort noise ourselves.
    let fits = |format: &&Format| voice == Some(*format) || format.is_event();
    let formats = media.formats.iter().filter(fits).cloned().collect();
    if voice.is_some() { without_stray_companions(formats) } else { Vec::new() }
}

/// Appends `format` with its own number if that is free in both lists, else with another one.
fn push_numbered(formats: &mut Vec<Format>, others: &[Format], format: Format) {
    let free = |payload: &u8| formats.iter().chain(others).all(|taken| taken.payload != *payload);
    if let Some(payload) = Some(format.payload).filter(free).or_else(|| (96..=127).find(free)) {
        formats.push(Format { payload, ..format });
    }
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
