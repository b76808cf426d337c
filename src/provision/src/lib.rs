//! The files that desk phones fetch: from the configuration and a phone to the maker's own settings.
//!
//! Owns the names of those files, what stands in them for each maker, the makers' formats, phone books, and how a
//! phone's secrets and tokens are derived. Refuses to know who asks and whether they may: the pages' crate decides
//! that, and gives what the box knows of itself in [`Surroundings`].
//!
//! A template has lines of `name = value`; the values are filled in with every value escaped by the writer of the
//! maker's format, never by the template, and the written file is parsed again before anybody gets it.
//!
//! Beside the files, how a phone that was just unpacked finds them: [`dhcp`] and [`pnp`], and the directory that phones
//! search: [`ldap`]. Each is a machine without sockets.
//!
//! **Invariants:** a value can neither begin another setting nor end its own; a template that lacks a value is an
//! error that names it, not a file with a hole; the same phone gives the same file.
#![forbid(unsafe_code)]

mod block;
mod book;
mod device;
pub mod dhcp;
mod format;
mod key;
pub mod ldap;
mod maker;
mod name;
mod pace;
pub mod pnp;
mod setting;
mod tokens;
mod view;
mod zone;

pub use block::{Brand, Mac};
pub use book::{BOOK_MAX, Book};
pub use device::{BoxKey, device_name, device_secret, invitation_token, is_token, mac_of_token, resync_token};
pub use maker::bootstrap;
pub use name::{Asked, FileKind, asked, mac_of};
pub use view::{Line, Surroundings};

use config::{Config, Phone};

/// A file ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its MIME type.
    pub content_type: &'static str,
    /// The text, UTF-8.
    pub text: String,
}

/// Why no file came out.
#[derive(Debug, thiserror::Error)]
pub enum ProvisionError {
    /// This maker's phones do not ask for such a file.
    #[error("phones of this maker have no such file")]
    NoSuchFile,
    /// A template failed: a value is missing, or it is wrong itself.
    #[error("the template {template}: {cause}")]
    Template {
        /// Which.
        template: &'static str,
        /// What is wrong with it.
        cause: String,
    },
    /// A line is not `name = value`, or its name is none in the maker's format.
    #[error("the setting {0:?} cannot be written for this maker")]
    Setting(String),
    /// What was written does not read back.
    #[error("the file does not read back: {0}")]
    Invalid(String),
}

/// Renders the file that a phone asks for. `kind` is what [`asked`] made of its name.
pub fn render(config: &Config, phone: &Phone, around: &Surroundings, kind: FileKind) -> Result<File, ProvisionError> {
    maker::render(config, phone, around, kind)
}

#[cfg(test)]
mod tests;
