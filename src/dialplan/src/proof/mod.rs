//! The proof of a dial plan, before it is applied: whatever leads in a circle, nowhere, or can never come about.
//!
//! Owns the questions that no single key answers. Refuses what the configuration's own check says already: the form of
//! values. **Invariant:** the same plan and state give the same findings in the same order.

mod circle;
mod dead_end;
mod emergency;
mod hours;
mod target;
mod unreachable;

use core::fmt;

use serde::Serialize;

use crate::plan::Plan;
use crate::route::RouteError;
use crate::state::State;

/// How bad a [`Finding`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Calls are lost.
    Error,
    /// It works, though perhaps not as it is meant.
    Warning,
}

/// Where something was found: `inbound_route`, `main`, `closed_to`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Spot {
    /// The section of the document; `person` for what a person has set.
    pub section: &'static str,
    /// Its number or name; empty for a section that stands once.
    pub id: String,
    /// The key; empty: the whole entry.
    pub key: &'static str,
}

/// Something in a plan that cannot be meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Where.
    pub at: Spot,
    /// What.
    pub what: Flaw,
}

/// What can be wrong with a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Flaw {
    /// Calls are sent from place to place and back: the places, the first once more at the end.
    Circle {
        /// As destinations print.
        places: Vec<String>,
        /// It needs no one to be busy or away.
        always: bool,
    },
    /// A destination that refuses whoever comes.
    DeadEnd {
        /// Whereto.
        to: String,
        /// What it says.
        error: RouteError,
        /// The last reason it gives.
        reason: String,
    },
    /// Something is named that is not there.
    Unknown {
        /// `trunk`, `extension`, `hours`.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// A rule that never decides anything: another takes all its calls.
    Covered {
        /// By this rule.
        by: String,
    },
    /// A rule that never decides anything, for another reason.
    NeverUsed {
        /// Why.
        why: &'static str,
    },
    /// Numbers of a trunk whose calls no rule takes.
    Unrouted {
        /// Up to ten of them.
        numbers: Vec<String>,
        /// How many more.
        more: usize,
    },
    /// A number inside that is an emergency number: whoever dials it gets help, not the number.
    ShadowedByEmergency {
        /// What is called instead.
        emergency: String,
    },
    /// Nobody can call for help.
    NoWayForEmergency,
    /// A dispatcher is not told where the caller is, or whom to call back.
    EmergencyUntold {
        /// What is missing.
        what: &'static str,
    },
    /// What opening hours say cannot be meant.
    Hours {
        /// As the calendar says it.
        fault: String,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.what)
    }
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.section)?;
        for part in [self.id.as_str(), self.key] {
            if !part.is_empty() {
                write!(f, " {part}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Flaw::Circle { places, always: true } => write!(f, "calls go in a circle: {}", places.join(" → ")),
            Flaw::Circle { places, always: false } => {
                write!(f, "calls can go in a circle where nobody takes them: {}", places.join(" → "))
            }
            Flaw::DeadEnd { to, error, reason } => write!(f, "{to} refuses every call ({error}): {reason}"),
            Flaw::Unknown { kind, name } => write!(f, "there is no {kind} {name}"),
            Flaw::Covered { by } => write!(f, "it is never used: {by} takes all its calls before"),
            Flaw::NeverUsed { why } => write!(f, "it is never used: {why}"),
            Flaw::Unrouted { numbers, more } => {
                write!(f, "no route says where calls go to {}", numbers.join(", "))?;
                if *more == 0 { Ok(()) } else { write!(f, " and {more} more") }
            }
            Flaw::ShadowedByEmergency { emergency } => {
                write!(f, "it is never reached: whoever dials it calls the emergency number {emergency}")
            }
            Flaw::NoWayForEmergency => f.write_str("nobody can call for help: no enabled trunk leads out"),
            Flaw::EmergencyUntold { what } => write!(f, "a dispatcher is not told {what}"),
            Flaw::Hours { fault } => f.write_str(fault),
        }
    }
}

/// Everything in a plan that cannot be meant, with what people have set. Errors first, then by place.
pub fn prove(plan: &Plan, state: &State) -> Vec<Finding> {
    let mut proof = Proof { plan, state, findings: Vec::new() };
    proof.targets();
    proof.dead_ends();
    proof.circles();
    proof.unreachable();
    proof.emergency();
    proof.hours();
    proof.findings.sort_by(|a, b| (a.severity, &a.at).cmp(&(b.severity, &b.at)));
    proof.findings.dedup();
    proof.findings
}

/// A proof under way.
struct Proof<'a> {
    plan: &'a Plan,
    state: &'a State,
    findings: Vec<Finding>,
}

impl Proof<'_> {
    fn found(&mut self, severity: Severity, at: Spot, what: Flaw) {
        self.findings.push(Finding { severity, at, what });
    }
}

fn spot(section: &'static str, id: &str, key: &'static str) -> Spot {
    Spot { section, id: id.to_owned(), key }
}

#[cfg(test)]
mod tests;
