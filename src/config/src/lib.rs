//! The configuration document: types, checks, differences.
//!
//! Text → what can be read of it → checked [`Config`] (every fault at once, each with its line and a
//! hint) → an immutable snapshot that is swapped whole. Owns the document's keys with their
//! defaults, ranges and explanations, its canonical text, single edits, advice on what is odd, comparison, and
//! the patches by which versions are kept; and the small words of which values are made: [`Destination`],
//! [`Pattern`], [`Price`], [`Network`], [`Key`]. Refuses to know files, the store, clocks and who may change what.
//!
//! **Invariant:** neither a [`Config`] nor a [`Document`] ever holds a phone's SIP secret in clear (those that
//! the box itself must prove to others, and PINs, it holds, but shows in no difference and no debugging text);
//! the same configuration always prints as the same text; a [`Document`] has passed every check.
#![forbid(unsafe_code)]

mod check;
mod choice;
mod codes;
mod country;
mod destination;
pub mod diff;
mod document;
mod edit;
mod error;
mod key;
pub mod keys;
mod lint;
mod model;
pub mod network;
pub mod number;
mod parse;
pub mod patch;
pub mod pattern;
pub mod price;
mod print;
mod reference;
pub mod secret;
pub mod value;
mod version;

pub use choice::{
    Choice, ClientCertificates, CodeSet, Identity, Language, MailSecurity, MailboxMail, NumberForm, NumberKind,
    PhoneModel, RecordChoice, RecordingFormat, RecordingRule, RingStrategy, Srtp, TrunkKind, TrunkTransport,
};
pub use country::is_calling_code;
pub use destination::{Destination, NotADestination};
pub use document::Document;
pub use edit::{Edit, ExtensionDraft};
pub use error::ConfigError;
pub use key::{Key, NotAKey};
pub use lint::{ADVICE_MAX, Advice, Level, lint};
pub use model::*;
pub use network::{Network, NotANetwork};
pub use parse::{ERRORS_MAX, TEXT_MAX, parse_ports};
pub use pattern::{PATTERN_MAX, Pattern, PatternError};
pub use price::{NotAPrice, Price};
pub use print::to_toml;
pub use reference::reference;
pub use version::{NextVersion, REASON_MAX, VersionContent, next_version, tidy_reason};

#[cfg(test)]
mod tests;
