//! The control channel: how a command reaches a box that is running.
//!
//! The box holds the lock on its data folder, so a command cannot open the store beside it. It asks
//! through `control.sock` in that folder instead, one request and one reply a connection, a line of
//! JSON each. Whoever may open the socket (its owner, mode 0600) may do everything.
//!
//! A command on a folder where no box runs opens the store itself and calls the same [`perform`].

mod client;
mod perform;
mod server;

use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::exit::Failure;

pub use client::ask;
pub use perform::{one_time_password, perform};
pub use server::listen;

/// Longest request or reply: a document at its longest, with every octet escaped.
const LINE_MAX: u64 = 2 * config::TEXT_MAX as u64;

/// What a command asks.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
pub enum Request {
    /// Put this document into force.
    Import {
        /// The text.
        text: String,
        /// Why.
        reason: String,
    },
    /// Put an earlier version into force again.
    Rollback {
        /// Which.
        version: u64,
        /// Why.
        reason: String,
    },
    /// A version's text.
    Export {
        /// Which; none: the one in force.
        version: Option<u64>,
    },
    /// The versions, newest first.
    History {
        /// How many at most.
        limit: u32,
    },
    /// What changed between two versions.
    Diff {
        /// The earlier.
        from: u64,
        /// The later; none: the one in force.
        to: Option<u64>,
    },
    /// Write a backup.
    Backup {
        /// The new file, as an absolute path.
        file: PathBuf,
    },
    /// Give an account a one-time password.
    ResetPassword {
        /// The account.
        account: String,
    },
}

/// What comes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "kebab-case")]
pub enum Reply {
    /// A version is in force.
    InForce {
        /// Which.
        version: u64,
        /// What changed; empty where it was in force before.
        summary: Vec<String>,
    },
    /// A text.
    Text {
        /// It.
        text: String,
    },
    /// The versions.
    History {
        /// Newest first.
        versions: Vec<VersionRow>,
        /// The time zone to show them in.
        time_zone: String,
    },
    /// A difference.
    Diff {
        /// In sentences.
        summary: Vec<String>,
        /// Line by line.
        unified: String,
    },
    /// A backup is written.
    BackedUp {
        /// What is in it.
        contents: String,
    },
    /// A password was made.
    Password {
        /// In clear, once.
        password: String,
    },
}

/// A version in the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionRow {
    /// Its number.
    pub version: u64,
    /// When it was applied, milliseconds since 1970.
    pub at_ms: i64,
    /// Who did it.
    pub author: String,
    /// Why.
    pub reason: String,
}

type Answer = Result<Reply, Failure>;

/// The socket's path, and what must stay open while it is used.
///
/// A socket's path has at most 107 octets, a folder's may have more: a long one is reached through
/// the open folder.
fn socket_path(dir: &Path) -> std::io::Result<(PathBuf, Option<File>)> {
    const NAME: &str = "control.sock";
    const PATH_MAX: usize = 100;
    let path = dir.join(NAME);
    if path.as_os_str().len() <= PATH_MAX {
        return Ok((path, None));
    }
    let folder = File::open(dir)?;
    let path = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd())).join(NAME);
    Ok((path, Some(folder)))
}

#[cfg(test)]
mod tests;
