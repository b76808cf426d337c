//! Names of sounds, checked once and for all.

use std::fmt;
use std::path::PathBuf;

use voice::Language;

/// Octets of a name; texts to be spoken are part of one.
pub(super) const LENGTH_MAX: usize = 2100;

/// Letters of a part of a name that is a file's.
const PART_MAX: usize = 64;

/// A name that leads where it may.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SoundName {
    /// `prompt/<language>/<key>`.
    Prompt(Language, String),
    /// `music/<name>`.
    Music(String),
    /// `sound/<name>`.
    Sound(String),
    /// `recording/<file>`, the file below the recordings' folder.
    Recording(String),
    /// `speech/<language>/<text>`.
    Speech(Language, String),
}

/// Why a name is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// It begins with none of the five words.
    #[error("a sound's name begins with prompt/, music/, sound/, recording/ or speech/")]
    Kind,
    /// The language is not spoken here.
    #[error("no such language")]
    Language,
    /// A part is empty, too long, or not of the letters a file's name may have.
    #[error("a sound's name is of 1 to 64 letters a–z, digits, “-” and “_”")]
    Part,
    /// The whole is too long.
    #[error("the name or the text is too long")]
    Length,
    /// A spoken text cannot be uploaded, nor a recording.
    #[error("speech and recordings are made, not uploaded")]
    Speech,
}

impl SoundName {
    /// Reads a name; letters of both sizes, digits, `-` and `_` are what a part may have, so no name leads elsewhere.
    pub fn parse(name: &str) -> Result<SoundName, NameError> {
        if name.len() > LENGTH_MAX {
            return Err(NameError::Length);
        }
        let (kind, rest) = name.split_once('/').ok_or(NameError::Kind)?;
        match kind {
            "prompt" => {
                let (language, key) = spoken(rest)?;
                Ok(SoundName::Prompt(language, part(key)?))
            }
            "music" => Ok(SoundName::Music(part(rest)?)),
            "sound" => Ok(SoundName::Sound(part(rest)?)),
            "recording" => Ok(SoundName::Recording(recording(rest)?)),
            "speech" => {
                let (language, text) = spoken(rest)?;
                if text.trim().is_empty() {
                    return Err(NameError::Part);
                }
                Ok(SoundName::Speech(language, text.to_owned()))
            }
            _ => Err(NameError::Kind),
        }
    }

    /// Its file in the folder of sounds, without the ending; `None` for what is not there: recordings and speech.
    pub(super) fn stem(&self) -> Option<PathBuf> {
        match self {
            SoundName::Prompt(language, key) => Some(["prompt", language.code(), key].iter().collect()),
            SoundName::Music(name) => Some(["music", name].iter().collect()),
            SoundName::Sound(name) => Some(PathBuf::from(name)),
            SoundName::Recording(_) | SoundName::Speech(..) => None,
        }
    }
}

impl fmt::Display for SoundName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SoundName::Prompt(language, key) => write!(f, "prompt/{language}/{key}"),
            SoundName::Music(name) => write!(f, "music/{name}"),
            SoundName::Sound(name) => write!(f, "sound/{name}"),
            SoundName::Recording(file) => write!(f, "recording/{file}"),
            SoundName::Speech(language, text) => write!(f, "speech/{language}/{text}"),
        }
    }
}

/// A language by its exact code, so that a sound has one name; and what is behind it.
fn spoken(rest: &str) -> Result<(Language, &str), NameError> {
    let (code, rest) = rest.split_once('/').ok_or(NameError::Part)?;
    let language = Language::from_code(code).filter(|language| language.code() == code);
    Ok((language.ok_or(NameError::Language)?, rest))
}

/// A recording's file: parts between slashes, and one of the two endings that finished recordings have.
fn recording(file: &str) -> Result<String, NameError> {
    let stem = [".wav", ".opus"].iter().find_map(|ending| file.strip_suffix(ending)).ok_or(NameError::Part)?;
    for each in stem.split('/') {
        part(each)?;
    }
    Ok(file.to_owned())
}

fn part(text: &str) -> Result<String, NameError> {
    let fit = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if text.is_empty() || text.len() > PART_MAX || !text.chars().all(fit) {
        return Err(NameError::Part);
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back() {
        for name in ["prompt/en/goodbye", "music/default", "sound/Welcome_2", "speech/fr/Bonjour / ça va ?"] {
            assert_eq!(SoundName::parse(name).map(|parsed| parsed.to_string()).as_deref(), Ok(name));
        }
        let stem = SoundName::parse("prompt/ru/busy").expect("a name").stem();
        assert_eq!(stem, Some(PathBuf::from("prompt/ru/busy")));
        assert_eq!(SoundName::parse("speech/en/x").expect("a name").stem(), None);
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        let crooked = [
            ("sound/../etc/passwd", NameError::Part),
            ("sound/..", NameError::Part),
            ("sound/a/b", NameError::Part),
            ("sound//etc/passwd", NameError::Part),
            ("sound/", NameError::Part),
            ("sound/.hidden", NameError::Part),
            ("sound/a\0b", NameError::Part),
            ("sound/a\\b", NameError::Part),
            ("recording/../secret.wav", NameError::Part),
            ("recording//etc/x.wav", NameError::Part),
            ("recording/a/b.key", NameError::Part),
            ("recording/.wav", NameError::Part),
            ("music/é", NameError::Part),
            ("prompt/en/../x", NameError::Part),
            ("prompt/../en/x", NameError::Language),
            ("prompt/EN/x", NameError::Language),
            ("prompt/en-GB/x", NameError::Language),
            ("prompt/goodbye", NameError::Part),
            ("speech/en/ \n", NameError::Part),
            ("/sound/x", NameError::Kind),
            ("file/x", NameError::Kind),
            ("", NameError::Kind),
        ];
        for (name, error) in crooked {
            assert_eq!(SoundName::parse(name), Err(error), "{name}");
        }
        assert_eq!(SoundName::parse(&format!("sound/{}", "a".repeat(65))), Err(NameError::Part));
        assert_eq!(SoundName::parse(&format!("speech/en/{}", "a".repeat(LENGTH_MAX))), Err(NameError::Length));
    }
}
