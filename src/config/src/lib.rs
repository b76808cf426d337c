//! The configuration document: types, checks, differences.
//!
//! Text → what can be read of it → checked [`Config`] (every fault at once, each with its line and a
//! hint) → an immutable snapshot that is swapped whole. Owns the document's keys with their
//! defaults, ranges and explanations, its canonical text, single edits, comparison, and the patches
//! by which versions are kept. Refuses to know files, the store, clocks and who may change what.
//!
//! **Invariant:** neither a [`Config`] nor a [`Document`] ever holds a SIP secret in clear; the same
//! configuration always prints as the same text; a [`Document`] has passed every check.
#![forbid(unsafe_code)]

mod check;
mod choice;
pub mod diff;
mod document;
mod edit;
mod error;
pub mod keys;
mod model;
pub mod number;
mod parse;
pub mod patch;
mod print;
mod reference;
pub mod secret;
pub mod value;
mod version;

pub use choice::{Choice, Language, RecordChoice, RecordingFormat, RecordingRule, Srtp};
pub use document::Document;
pub use edit::{Edit, ExtensionDraft};
pub use error::ConfigError;
pub use model::*;
pub use parse::{ERRORS_MAX, TEXT_MAX, parse_ports};
pub use print::to_toml;
pub use reference::reference;
pub use version::{NextVersion, REASON_MAX, VersionContent, next_version, tidy_reason};

#[cfg(test)]
mod tests;
