//! Request, configuration and time in; a decision with its reasons out.
//!
//! Owns the meaning of dialled numbers and the rule by which a call is recorded. Refuses to know who is registered: the exchange adds what it
//! finds about bindings to the reasons. Pure: the dry run, the pages and the exchange call the same
//! function and read the same sentences.
//!
//! **Invariant:** every decision names at least one reason, and everything that was passed over.
#![forbid(unsafe_code)]

mod number;
mod reason;
mod recording;
mod route;

pub use number::{NUMBER_MAX, normalised};
pub use reason::{Feature, PassedOver, Reason, RecordingSource, RingTimeSource};
pub use recording::{RecordedTarget, recording};
pub use route::{Action, Decision, Request, RouteError, Service, route};
