//! SIP without I/O: messages, digest, transactions, dialogs, the registrar, event subscriptions.
#![forbid(unsafe_code)]

pub mod dialog;
pub mod digest;
pub mod event;
mod flow;
pub mod message;
pub mod registrar;
pub mod stream;
pub mod transaction;

pub use flow::{Flow, Transport};
