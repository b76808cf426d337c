//! Everything durable: the journal, the index over it, the live state, backups.
//!
//! The journal is the truth: every [`exchange::record::Record`] is framed with a checksum, written and
//! synced in groups, and only then acknowledged. All else is a fold over it and can be made again: the
//! live state in memory (bindings, accounts, current configuration, calls under way), its checkpoint,
//! and the search index. Two threads: one writes the journal, one keeps the index.
//!
//! A data folder: `lock`, `journal/<first record>.log`, `checkpoint`, `index/`.
//!
//! Refuses to know SIP, configuration rules and pages. **Invariant:** what was acknowledged survives any
//! kill, power cut, full disk or read error of its own making; what was not is whole or absent.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod backup;
mod checkpoint;
mod codec;
mod config_text;
pub mod disk;
mod error;
pub mod index;
mod journal;
mod live;
mod lock;
mod options;
mod query;
mod retention;
mod shared;
mod store;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod writer;

pub use error::StoreError;
pub use journal::Recovered;
pub use options::StoreOptions;
pub use query::{
    CallDetail, CallFilter, CallPage, ConfigInfo, OpenCall, RecordingFilter, RecordingInfo, RecordingPage,
};
pub use store::Store;
pub use writer::{Writer, WriterStatus};
