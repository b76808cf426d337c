//! A sound on its way into the library: what the form sent, and what may be wrong with it.

use axum::extract::multipart::{Multipart, MultipartError};
use axum::http::StatusCode;

use crate::app::Shared;
use crate::error::Trouble;
use crate::files::{SoundInfo, UPLOADS};
use crate::pages::forms::Errors;

/// Octets of a sound file.
pub(crate) const UPLOAD_MAX: usize = 20 << 20;
/// What a form may put around it.
pub(crate) const FORM_AROUND: usize = 16 << 10;
/// Longest name of a sound, as the configuration takes it.
pub(crate) const NAME_MAX: usize = 64;

/// The fields as they were sent.
#[derive(Debug, Default)]
pub(super) struct Upload {
    pub name: String,
    /// The name of the file on the sender's machine.
    pub file: String,
    pub octets: Vec<u8>,
}

/// Why a sound was not taken.
#[derive(Debug)]
pub(crate) enum Refused {
    /// Too large: told apart, for it has a status of its own.
    TooLarge,
    /// Of these fields.
    Fields(Errors),
    /// The box's own trouble.
    Trouble(Trouble),
}

impl Upload {
    /// Reads the form's fields; those it does not know are skipped.
    pub async fn read(mut form: Multipart) -> Result<Self, Refused> {
        let mut upload = Upload::default();
        while let Some(field) = form.next_field().await.map_err(refused)? {
            match field.name() {
                Some("name") => upload.name = field.text().await.map_err(refused)?.trim().to_owned(),
                Some("file") => {
                    upload.file = field.file_name().unwrap_or_default().to_owned();
                    upload.octets = field.bytes().await.map_err(refused)?.into();
                }
                _ => {}
            }
        }
        if upload.octets.len() > UPLOAD_MAX {
            return Err(Refused::TooLarge);
        }
        Ok(upload)
    }

    /// The name asked for, else one made of the file's.
    pub fn wanted(&self) -> String {
        if self.name.is_empty() { name_of(&self.file) } else { self.name.clone() }
    }
}

fn refused(error: MultipartError) -> Refused {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refused::TooLarge,
        status => Refused::Trouble(Trouble::Unreadable(status)),
    }
}

/// `C:\Sounds\Wait music (2).mp3` → `wait-music-2`
fn name_of(file: &str) -> String {
    let file = file.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let mut name = String::new();
    for c in stem.chars() {
        if c.is_ascii_alphanumeric() || c == '_' {
            name.push(c.to_ascii_lowercase());
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    name.truncate(NAME_MAX);
    name.trim_end_matches('-').to_owned()
}

/// Whether an upload may have this name: a part of a path and of an address.
pub(crate) fn is_name(name: &str) -> bool {
    (1..=NAME_MAX).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
}

/// Takes a sound into the library.
pub(crate) async fn take(app: &Shared, name: &str, octets: Vec<u8>) -> Result<SoundInfo, Refused> {
    let mut errors = Errors::default();
    if octets.is_empty() {
        errors.add("file", "Choose a file: WAV, MP3, FLAC or Ogg.");
    }
    if octets.len() > UPLOAD_MAX {
        return Err(Refused::TooLarge);
    }
    // Without a file there is no name to be made of its own either: one error is enough.
    let has_name = is_name(name) || (name.is_empty() && octets.is_empty());
    if !has_name {
        errors.add("name", "Use 1 to 64 letters, digits, “-” and “_”.");
    }
    if !errors.is_empty() {
        return Err(Refused::Fields(errors));
    }
    let wanted = name.to_owned();
    let taken = app.disk(move |backend| backend.sounds.add(&wanted, &octets)).await.map_err(Refused::Trouble)?;
    taken.map_err(|clause| {
        errors.add("file", sentence(&clause));
        Refused::Fields(errors)
    })
}

/// The sound of that full name, if the library lists it: no name reaches the disk that it does not know itself.
pub(crate) async fn find(app: &Shared, name: &str) -> Result<SoundInfo, Trouble> {
    let all = app.disk(|backend| backend.sounds.list()).await?;
    all.into_iter().find(|sound| sound.name == name).ok_or(Trouble::NotFound)
}

/// The name in the configuration of what was uploaded; `None` for what the box brought along.
pub(crate) fn upload_name(full: &str) -> Option<&str> {
    full.strip_prefix(UPLOADS)
}

pub(super) fn sentence(clause: &str) -> String {
    let mut chars = clause.trim_end_matches('.').chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_name_becomes_a_sounds() {
        for (file, name) in [
            ("C:\\Sounds\\Wait music (2).mp3", "wait-music-2"),
            ("/home/x/WELCOME.wav", "welcome"),
            ("../../etc/passwd", "passwd"),
            ("..", ""),
            ("", ""),
            ("é.wav", ""),
            ("noext", "noext"),
        ] {
            assert_eq!(name_of(file), name, "{file}");
            assert!(name.is_empty() || is_name(name));
        }
        assert_eq!(name_of(&format!("{}.wav", "x".repeat(500))).len(), NAME_MAX);
        for name in ["", "a/b", "../x", "a b", "é", "a.b", "%2e", &"x".repeat(65)] {
            assert!(!is_name(name), "{name}");
        }
    }
}
