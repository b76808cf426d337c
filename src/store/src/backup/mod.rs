//! Backups: all records of the journal in one file, with a hash over all of it.
//!
//! A logical export: the index, the checkpoint and the folder's layout are not in it, for all of that
//! is folded from the records again. It holds what the journal holds, secrets too: keep it as safe as
//! the box.
//!
//! The file: magic, format version (2 octets), length of the manifest (4 octets), manifest; then for
//! each record its length (4), number (8), kind (1) and octets; then 0xffffffff, the number of records
//! (8), and the SHA-256 of everything before it.

mod create;
mod format;
mod restore;
#[cfg(test)]
mod tests;
mod verify;

use std::fmt;

use base::{ConfigVersion, WallTime};

pub use create::{Source, create};
pub use restore::restore;
pub use verify::verify;

/// What is in a backup.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// When it was made.
    pub created_at: WallTime,
    /// The version of the program that made it.
    pub program: String,
    /// Records in all.
    pub records: u64,
    /// Size of the file.
    pub octets: u64,
    /// The configuration in force.
    pub config: Option<ConfigVersion>,
    /// Web accounts.
    pub accounts: usize,
    /// Live bindings.
    pub bindings: usize,
    /// Calls with a final record.
    pub calls: u64,
    /// Calls without one.
    pub open_calls: usize,
    /// The hash.
    pub sha256: [u8; 32],
}

impl Report {
    /// The hash in hexadecimal.
    pub fn sha256_hex(&self) -> String {
        self.sha256.iter().map(|octet| format!("{octet:02x}")).collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { records, octets, accounts, bindings, calls, open_calls, .. } = self;
        write!(f, "{records} records in {octets} octets: {calls} calls ended, {open_calls} under way, ")?;
        write!(f, "{bindings} bindings, {accounts} accounts, ")?;
        match self.config {
            Some(version) => write!(f, "configuration {version}")?,
            None => f.write_str("no configuration")?,
        }
        write!(f, "; sha256 {}", self.sha256_hex())
    }
}
