//! Reasons about what a person has set.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::action::ForwardKind;
use crate::route::RouteError;

sentences! {
    /// What a person has set.
    PersonReason in Person {
        NoAnonymous { number: String } = "extension {number} refuses callers who show no number",
        Undisturbed { number: String, quiet: Quiet } = "extension {number} is not to be disturbed, {quiet}",
        NoCallWaiting { number: String } = "extension {number} is in a call and wants no second one",
        Forwards { number: String, kind: ForwardKind, to: String } = "extension {number} forwards {kind} to {to}",
        ForwardFailed { number: String, to: String, why: RouteError } =
            "the forward of {number} to {to} cannot be followed: {why}",
        Follows { number: String, to: String } = "{to} rings for extension {number} too",
        FollowPassedOver { number: String, to: String, why: RouteError } =
            "{to}, which should ring for {number}, is passed over: {why}",
    }
}

/// Why a person is not to be disturbed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Quiet {
    /// Switched on.
    ByHand,
    /// In this period.
    Period(String),
}

impl fmt::Display for Quiet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Quiet::ByHand => f.write_str("as switched by hand"),
            Quiet::Period(period) => write!(f, "as it is {period}"),
        }
    }
}

impl fmt::Display for ForwardKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ForwardKind::All => "all calls",
            ForwardKind::Busy => "calls while it is busy",
            ForwardKind::NoAnswer => "calls that nobody takes",
            ForwardKind::Unreachable => "calls while no phone is registered",
        })
    }
}
