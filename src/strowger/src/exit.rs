//! The exit statuses: what a script can tell apart.

use std::fmt;
use std::io;
use std::process::ExitCode;

use serde::{Deserialize, Serialize};
use store::StoreError;

/// How the program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Exit {
    /// It did what was asked.
    Done,
    /// Something not told apart below.
    Failed,
    /// The command line was wrong.
    Usage,
    /// A configuration was refused; the one before stays in force.
    ConfigRefused,
    /// Another process has the data folder open and cannot be asked.
    DataLocked,
    /// The journal or a backup is damaged.
    StoreDamaged,
    /// An address or port could not be taken.
    PortBusy,
    /// The disk is full or may not be written.
    DiskUnwritable,
    /// There is no such version, file or entry.
    NotFound,
}

/// The one table of statuses.
const TABLE: [(Exit, u8, &str); 9] = [
    (Exit::Done, 0, "done"),
    (Exit::Failed, 1, "failed for another reason"),
    (Exit::Usage, 2, "wrong command line"),
    (Exit::ConfigRefused, 3, "configuration refused, the one before stays in force"),
    (Exit::DataLocked, 4, "data folder in use by another process that does not answer"),
    (Exit::StoreDamaged, 5, "journal or backup damaged, or written by a newer version"),
    (Exit::PortBusy, 6, "address or port cannot be taken"),
    (Exit::DiskUnwritable, 7, "disk full, read-only or not permitted"),
    (Exit::NotFound, 8, "no such version, file or entry"),
];

impl Exit {
    /// The status of an error: the first cause in its chain that says so.
    pub fn of(error: &anyhow::Error) -> Exit {
        error.chain().find_map(Exit::of_cause).unwrap_or(Exit::Failed)
    }

    fn of_cause(cause: &(dyn std::error::Error + 'static)) -> Option<Exit> {
        if let Some(failure) = cause.downcast_ref::<Failure>() {
            return Some(failure.exit);
        }
        if let Some(error) = cause.downcast_ref::<StoreError>() {
            return Exit::of_store(error);
        }
        cause.downcast_ref::<io::Error>().and_then(|error| Exit::of_io(error.kind()))
    }

    fn of_store(error: &StoreError) -> Option<Exit> {
        match error {
            StoreError::Locked(_) => Some(Exit::DataLocked),
            StoreError::Corrupt { .. }
            | StoreError::NewerFormat { .. }
            | StoreError::UnknownRecord { .. }
            | StoreError::Config { .. }
            | StoreError::BadBackup { .. } => Some(Exit::StoreDamaged),
            StoreError::DiskFull(_) | StoreError::ReadOnly(_) => Some(Exit::DiskUnwritable),
            StoreError::Io { kind, .. } => Exit::of_io(*kind),
            _ => None,
        }
    }

    fn of_io(kind: io::ErrorKind) -> Option<Exit> {
        match kind {
            io::ErrorKind::AddrInUse | io::ErrorKind::AddrNotAvailable => Some(Exit::PortBusy),
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::ReadOnlyFilesystem
            | io::ErrorKind::PermissionDenied => Some(Exit::DiskUnwritable),
            io::ErrorKind::NotFound => Some(Exit::NotFound),
            _ => None,
        }
    }

    /// The status for the shell.
    pub fn status(self) -> u8 {
        TABLE.iter().find(|(exit, ..)| *exit == self).map_or(1, |(_, status, _)| *status)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.status())
    }
}

/// The table as `--help` shows it.
pub fn help() -> String {
    let rows: Vec<String> = TABLE.iter().map(|(_, status, meaning)| format!("  {status}  {meaning}")).collect();
    format!("Exit statuses:\n{}", rows.join("\n"))
}

/// An error that knows its status, and can pass the control socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// How the program ends.
    pub exit: Exit,
    /// What happened, a clause.
    pub message: String,
    /// More lines: each error of a document.
    pub details: Vec<String>,
}

impl Failure {
    /// A failure with this status.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Failure { exit, message: message.into(), details: Vec::new() }
    }

    /// Wrong arguments that only show once the configuration is known.
    pub fn usage(message: impl Into<String>) -> Self {
        Failure::new(Exit::Usage, message)
    }

    /// A document that was refused, with all its errors.
    pub fn refused(errors: &[config::ConfigError]) -> Self {
        let message = match errors.len() {
            1 => "the configuration is refused, it has an error".to_owned(),
            n => format!("the configuration is refused, it has {n} errors"),
        };
        Failure { exit: Exit::ConfigRefused, message, details: errors.iter().map(ToString::to_string).collect() }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Failure::new(Exit::of_store(&error).unwrap_or(Exit::Failed), error.to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for detail in &self.details {
            write!(f, "\n  {detail}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_distinct_and_the_table_is_whole() {
        for (at, (exit, status, _)) in TABLE.iter().enumerate() {
            assert_eq!(exit.status(), *status);
            assert!(TABLE[..at].iter().all(|(_, other, _)| other != status), "{status} comes twice");
        }
    }

    #[test]
    fn the_cause_deep_in_a_chain_decides() {
        let busy = anyhow::Error::from(io::Error::from(io::ErrorKind::AddrInUse)).context("sip 0.0.0.0:5060");
        assert_eq!(Exit::of(&busy), Exit::PortBusy);
        let locked = anyhow::Error::from(StoreError::Locked("/x".into())).context("opening");
        assert_eq!(Exit::of(&locked), Exit::DataLocked);
        assert_eq!(Exit::of(&anyhow::anyhow!("odd")), Exit::Failed);
        assert_eq!(Exit::of(&Failure::usage("x").into()), Exit::Usage);
    }
}
