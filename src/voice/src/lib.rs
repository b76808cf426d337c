//! What the box says: prompts, and the grammar of numbers, dates and amounts in each language.
//!
//! Owns the sentences ([`PROMPTS`]), the words and their order ([`say`]), and their recordings ([`sound`]), made
//! ahead and kept inside the program: a fresh box speaks six languages without a synthesiser. Refuses to know who
//! listens, how a recording is decoded, and what a firm records for itself.
//!
//! **Invariants.** Every sentence and every word of [`word`] exists in every language; whatever [`say`] returns for
//! a language has a recording in it. The order is the grammar's: a caller plays the names one after the other.
#![forbid(unsafe_code)]

mod archive;
mod language;
mod prompt;
pub mod say;
pub mod word;

pub use archive::{Recording, music, recordings, sound, text};
pub use language::Language;
pub use prompt::PROMPTS;
