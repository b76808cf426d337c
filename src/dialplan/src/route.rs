//! The question and its answer: who calls what, and what is to be done.

use core::fmt;

use base::WallTime;
use serde::{Deserialize, Serialize};

use crate::action::Action;
use crate::reason::Reason;

/// A call that wants to go somewhere.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Who calls.
    pub from: Caller<'a>,
    /// What was dialled, percent escapes undone; for a call over a trunk the number that was called.
    pub dialled: &'a str,
    /// When, for whatever depends on the hour.
    pub at: WallTime,
    /// Where the call has been sent before, in order: destinations as [`config::Destination`] prints them. A place is
    /// not gone to twice, and 10 are too many (RFC 5393 speaks of loops).
    pub hops: &'a [String],
}

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller<'a> {
    /// An extension of this box; its rights count.
    Extension(&'a str),
    /// Somebody outside, over a trunk.
    Trunk {
        /// The trunk.
        trunk: &'a str,
        /// The number shown, E.164 where it could be made so; none: withheld.
        number: Option<&'a str>,
    },
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Failure::Busy => "busy",
            Failure::Declined => "declined",
            Failure::NoAnswer => "no answer",
            Failure::Unreachable => "no phone can be reached",
        })
    }
}

impl<'a> Caller<'a> {
    /// The calling extension's number; none for a call from outside.
    pub fn extension(self) -> Option<&'a str> {
        match self {
            Caller::Extension(number) => Some(number),
            Caller::Trunk { .. } => None,
        }
    }
}

/// Why nobody took a call at a place, for whatever comes next there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Failure {
    /// Busy.
    Busy,
    /// Declined by hand.
    Declined,
    /// Nobody answered in time.
    NoAnswer,
    /// No phone is registered, or none could be reached.
    Unreachable,
}

/// Where a call goes, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Where.
    pub action: Action,
    /// Why: each step, and what was passed over, in the order of thought.
    pub reasons: Vec<Reason>,
    /// [`Request::hops`] and the places gone to on the way to this: to be handed back with the next question about
    /// this call, or forwards that point at each other never end.
    #[serde(default)]
    pub hops: Vec<String>,
}

/// Why a call goes nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RouteError {
    /// There is no such number.
    UnknownNumber,
    /// The number is disabled.
    Disabled,
    /// The caller may not call this.
    Forbidden,
    /// The caller dialled itself.
    OwnNumber,
    /// A group without anybody who can be called.
    NobodyToRing,
    /// The person does not want to be disturbed.
    DoNotDisturb,
    /// Busy, or a rule says so.
    Busy,
    /// A rule hangs up.
    HungUp,
    /// The caller is blocked.
    Blocked,
    /// The caller shows no number, and is refused for it.
    Anonymous,
    /// The call was sent in a circle, or too far.
    Loop,
    /// No trunk can take the call.
    NoWayOut,
    /// A limit of calls or of money is reached.
    Limit,
}

impl fmt::Display for RouteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RouteError::UnknownNumber => "unknown number",
            RouteError::Disabled => "number disabled",
            RouteError::Forbidden => "call not allowed",
            RouteError::OwnNumber => "own number",
            RouteError::NobodyToRing => "nobody to ring",
            RouteError::DoNotDisturb => "do not disturb",
            RouteError::Busy => "busy",
            RouteError::HungUp => "hung up by a rule",
            RouteError::Blocked => "caller blocked",
            RouteError::Anonymous => "no number shown",
            RouteError::Loop => "sent in a circle",
            RouteError::NoWayOut => "no line to the outside",
            RouteError::Limit => "limit reached",
        })
    }
}

impl core::error::Error for RouteError {}
