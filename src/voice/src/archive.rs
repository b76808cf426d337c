//! The recordings of one language in one file, `prompts/<language>.sounds`, read where it lies in the program.
//!
//! The file: eight octets [`MAGIC`], the number of entries (u32), then the entries sorted by key, twenty octets
//! each: where key, text and sound begin (u32 each, from the start of the file), the sound's length (u32), the
//! key's and the text's (u16 each); then what they point at. All little-endian. `prompts/make` writes it.

use crate::Language;

/// How a file of recordings begins.
pub const MAGIC: &[u8; 8] = b"sounds 1";

/// Octets of one entry.
const ENTRY: usize = 20;

static MUSIC: &[u8] = include_bytes!("../prompts/music.opus");

/// One recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recording {
    /// Its name: `goodbye`, `number-21`.
    pub key: &'static str,
    /// What is said.
    pub text: &'static str,
    /// The sound: Ogg Opus, mono, made from 16 kHz.
    pub sound: &'static [u8],
}

/// The encoded recording of `key`, Ogg Opus, mono; `None` if the language has none of that name.
pub fn sound(language: Language, key: &str) -> Option<&'static [u8]> {
    find(file(language), key).map(|recording| recording.sound)
}

/// What the recording of `key` says.
pub fn text(language: Language, key: &str) -> Option<&'static str> {
    find(file(language), key).map(|recording| recording.text)
}

/// Every recording of a language, by key.
pub fn recordings(language: Language) -> impl Iterator<Item = Recording> {
    let file = file(language);
    (0..count(file)).filter_map(move |index| entry(file, index))
}

/// The music on hold that the box brings along: Ogg Opus, mono, made to be played in a loop.
pub fn music() -> &'static [u8] {
    MUSIC
}

fn file(language: Language) -> &'static [u8] {
    match language {
        Language::En => include_bytes!("../prompts/en.sounds"),
        Language::Nl => include_bytes!("../prompts/nl.sounds"),
        Language::Fr => include_bytes!("../prompts/fr.sounds"),
        Language::De => include_bytes!("../prompts/de.sounds"),
        Language::Es => include_bytes!("../prompts/es.sounds"),
        Language::Ru => include_bytes!("../prompts/ru.sounds"),
    }
}

/// Halves the sorted entries until the key is found.
fn find(file: &'static [u8], key: &str) -> Option<Recording> {
    let (mut from, mut to) = (0, count(file));
    while from < to {
        let middle = (from + to) / 2;
        let recording = entry(file, middle)?;
        match recording.key.cmp(key) {
            std::cmp::Ordering::Equal => return Some(recording),
            std::cmp::Ordering::Less => from = middle + 1,
            std::cmp::Ordering::Greater => to = middle,
        }
    }
    None
}

fn count(file: &[u8]) -> usize {
    if file.starts_with(MAGIC) { long(file, MAGIC.len()).unwrap_or(0) } else { 0 }
}

fn entry(file: &'static [u8], index: usize) -> Option<Recording> {
    let at = MAGIC.len() + 4 + index * ENTRY;
    let slice = |begin: usize, length: usize| file.get(begin..begin.checked_add(length)?);
    let key = slice(long(file, at)?, short(file, at + 16)?)?;
    let text = slice(long(file, at + 4)?, short(file, at + 18)?)?;
    let sound = slice(long(file, at + 8)?, long(file, at + 12)?)?;
    Some(Recording { key: std::str::from_utf8(key).ok()?, text: std::str::from_utf8(text).ok()?, sound })
}

fn long(file: &[u8], at: usize) -> Option<usize> {
    let octets = file.get(at..at + 4)?;
    Some(u32::from_le_bytes(octets.try_into().ok()?) as usize)
}

fn short(file: &[u8], at: usize) -> Option<usize> {
    let octets = file.get(at..at + 2)?;
    Some(usize::from(u16::from_le_bytes(octets.try_into().ok()?)))
}

#[cfg(test)]
mod tests;
