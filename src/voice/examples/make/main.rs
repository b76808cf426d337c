//! Makes the recordings from their texts; `prompts/make` calls it: `make FOLDER [LANGUAGE…]`.
//!
//! Each line of `FOLDER/<language>.txt` is spoken by espeak-ng, a program of its own, trimmed, brought to one level
//! and to 16 kHz, encoded as Ogg Opus, and packed into `FOLDER/<language>.sounds`. The music is computed.

mod music;
mod opus;
mod pack;
mod shape;
mod speak;

use std::error::Error;
use std::fs;
use std::path::Path;

use voice::Language;

/// What may go wrong is told to whoever runs this, and that is all.
type Done<T> = Result<T, Box<dyn Error>>;

fn main() -> Done<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("usage: make FOLDER [LANGUAGE…|music]")?;
    let folder = Path::new(&folder);
    let wanted: Vec<String> = arguments.collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|one| one == name);
    for language in Language::ALL {
        if is_wanted(language.code()) {
            record(folder, language)?;
        }
    }
    if is_wanted("music") {
        let samples = music::compose();
        let sound = opus::encode(&samples, opus::Kind::Music)?;
        println!("music: {} s, {} octets, {}", samples.len() / shape::RATE, sound.len(), shape::describe(&samples));
        fs::write(folder.join("music.opus"), sound)?;
    }
    Ok(())
}

/// Records every line of one language.
fn record(folder: &Path, language: Language) -> Done<()> {
    let source = fs::read_to_string(folder.join(format!("{language}.txt")))?;
    let mut entries = Vec::new();
    let (mut samples_all, mut longest) = (0, 0);
    for line in source.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (key, text) = line.split_once(" = ").ok_or_else(|| format!("{language}: no “key = text”: {line}"))?;
        let spoken = speak::speak(language, key, text)?;
        let samples = shape::shape(&spoken).map_err(|e| format!("{language} {key}: {e}"))?;
        samples_all += samples.len();
        longest = longest.max(samples.len());
        let sound = opus::encode(&samples, opus::Kind::Speech)?;
        entries.push(pack::Entry { key: key.to_owned(), text: text.to_owned(), sound });
    }
    let count = entries.len();
    let file = pack::pack(entries)?;
    println!(
        "{language}: {count} recordings, {} s in all, the longest {:.1} s, {} octets",
        samples_all / shape::RATE,
        longest as f64 / shape::RATE as f64,
        file.len()
    );
    fs::write(folder.join(format!("{language}.sounds")), file)?;
    Ok(())
}
