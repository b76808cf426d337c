//! Writes the file that `voice::sound` reads (its shape is told in `src/archive.rs`).

use crate::Done;

const MAGIC: &[u8; 8] = b"sounds 1";
const ENTRY: usize = 20;

/// One recording.
pub struct Entry {
    pub key: String,
    pub text: String,
    pub sound: Vec<u8>,
}

/// All of a language, sorted by key.
pub fn pack(mut entries: Vec<Entry>) -> Done<Vec<u8>> {
    entries.sort_by(|a, b| a.key.cmp(&b.key));
    if let Some(twice) = entries.windows(2).find(|pair| pair[0].key == pair[1].key) {
        return Err(format!("{} stands twice", twice[0].key).into());
    }
    let mut file = MAGIC.to_vec();
    file.extend(u32::try_from(entries.len())?.to_le_bytes());
    let mut behind: Vec<u8> = Vec::new();
    let start = MAGIC.len() + 4 + entries.len() * ENTRY;
    for entry in &entries {
        for part in [entry.key.as_bytes(), entry.text.as_bytes(), &entry.sound] {
            file.extend(u32::try_from(start + behind.len())?.to_le_bytes());
            behind.extend_from_slice(part);
        }
        file.extend(u32::try_from(entry.sound.len())?.to_le_bytes());
        file.extend(u16::try_from(entry.key.len())?.to_le_bytes());
        file.extend(u16::try_from(entry.text.len())?.to_le_bytes());
    }
    file.extend(behind);
    Ok(file)
}
