//! Request, configuration and time in; a decision with its reasons out.
//!
//! Owns the meaning of dialled numbers, the one policy for calls to the outside, the way of calls from there, and the
//! rule by which a call is recorded. Refuses to know who is registered: the exchange adds what it finds about bindings
//! to the reasons. Pure: the dry run, the pages and the exchange ask the same functions and read the same sentences.
//!
//! **Invariants:** every decision names at least one reason, and everything that was passed over. A call from outside
//! reaches nothing but what a rule names. Every number outside that a decision holds has passed `outside`'s policy.
#![forbid(unsafe_code)]

mod action;
mod dialled;
mod extension;
mod hours;
mod inbound;
mod inside;
mod look_ahead;
mod next;
mod numbers;
mod outside;
mod path;
mod plan;
mod proof;
mod reason;
mod recording;
mod route;
pub mod state;
mod walk;
mod words;

pub use action::{
    Action, Announcement, Branch, BranchTo, CallerId, ForwardKind, Mailbox, Order, Outside, OutsideWay, Reached, Ring,
    Round, Service, Switch,
};
pub use hours::HoursState;
pub use look_ahead::{DayView, Span, inbound_numbers, look_ahead};
pub use numbers::{
    NUMBER_MAX, NotANumber, OutsideNumber, WrittenBy, as_dialled_here, calling_code_matches, e164_of_provider,
    emergency, kind_of, normalised, read, written,
};
pub use path::{STEPS_MAX, Step, path};
pub use plan::Plan;
pub use proof::{Finding, Flaw, Severity, Spot, prove};
pub use reason::{
    CodeReason, Feature, HoursReason, InboundReason, Kind, OutsideReason, PassedOver, PersonReason, PlaceReason, Quiet,
    Reason, RecordingSource, RingTimeSource, RoutePassedOver, TrunkPassedOver,
};
pub use recording::{RecordedTarget, recording};
pub use route::{Caller, Decision, Failure, Request, RouteError};
pub use walk::HOPS_MAX;

#[cfg(test)]
mod tests;
