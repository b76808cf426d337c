//! SIP without I/O: messages, digest, transactions, dialogs, the registrar.
#![forbid(unsafe_code)]

mod flow;
pub mod dialog;
pub mod digest;
pub mod message;
pub mod stream;
pub mod registrar;
pub mod transaction;

pub use flow::{Flow, Transport};
