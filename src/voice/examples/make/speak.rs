//! Text to sound by espeak-ng.

use std::io::Write;
use std::process::{Command, Stdio};

use voice::Language;

use crate::Done;

/// Words a minute.
const SPEED: &str = "150";

/// Words a minute of letters spelt out: nobody guesses a letter from the ones beside it.
const SPEED_LETTERS: &str = "120";

/// What espeak-ng calls its voice of a language.
fn voice_of(language: Language) -> &'static str {
    match language {
        Language::En => "en-gb",
        Language::Nl => "nl",
        Language::Fr => "fr-fr",
        Language::De => "de",
        Language::Es => "es",
        Language::Ru => "ru",
    }
}

/// Speaks the `text` of `key`: mono at [`crate::shape::SPOKEN_RATE`].
pub fn speak(language: Language, key: &str, text: &str) -> Done<Vec<i16>> {
    let speed = if key.starts_with("letter-") { SPEED_LETTERS } else { SPEED };
    let mut child = Command::new("espeak-ng")
        .args(["-v", voice_of(language), "-s", speed, "-b", "1", "-z", "--stdin", "--stdout"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    child.stdin.take().ok_or("no stdin")?.write_all(text.as_bytes())?;
    let output = child.wait_with_output()?;
    if !output.status.success() {
        return Err(format!("espeak-ng: {}", output.status).into());
    }
    let wav = output.stdout;
    let rate = wav.get(24..28).and_then(|octets| octets.try_into().ok()).map(u32::from_le_bytes);
    if rate != Some(crate::shape::SPOKEN_RATE) || wav.get(36..40) != Some(b"data") {
        return Err("espeak-ng wrote another WAV than expected".into());
    }
    Ok(wav[44..].chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect())
}
