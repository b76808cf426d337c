//! A call's whole path: where it goes, then what comes next for each way in which nobody takes it. For the dry run.

use base::{Duration, WallTime};
use serde::Serialize;

use crate::action::{Action, Mailbox, Reached};
use crate::plan::Plan;
use crate::reason::Reason;
use crate::route::{Decision, Failure, Request};
use crate::state::State;

/// How often a call may go on because nobody took it.
const DEPTH_MAX: usize = 6;
/// Steps of one call; what is beyond is left out.
pub const STEPS_MAX: usize = 60;

/// One step of a call: where it goes, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// How many times it was not taken before.
    pub depth: usize,
    /// Why it comes to this; empty: the first.
    pub when: Vec<Failure>,
    /// What happens; none: the call ends.
    pub action: Option<Action>,
    /// Each thought, in order.
    pub reasons: Vec<Reason>,
    /// Where nobody takes it the call ends, in whatever way that comes about.
    pub ends: bool,
}

impl Step {
    /// What happens, as a clause.
    pub fn action_text(&self) -> String {
        self.action.as_ref().map_or_else(|| "the call ends".to_owned(), ToString::to_string)
    }

    /// Why it comes to this: `busy, declined or no answer`; empty for the first.
    pub fn when_text(&self) -> String {
        let words: Vec<String> = self.when.iter().map(ToString::to_string).collect();
        match words.split_last() {
            Some((last, [])) => last.clone(),
            Some((last, others)) => format!("{} or {last}", others.join(", ")),
            None => String::new(),
        }
    }
}

/// A call's whole path: where it goes, and what comes next for each way in which nobody takes it; at most
/// [`STEPS_MAX`] steps, depth first.
pub fn path(plan: &Plan, state: &State, request: Request<'_>) -> Vec<Step> {
    let mut walker = Walker { plan, state, steps: Vec::new() };
    walker.follow(request, plan.route(state, &request), Vec::new(), 0);
    walker.steps
}

struct Walker<'a> {
    plan: &'a Plan,
    state: &'a State,
    steps: Vec<Step>,
}

impl Walker<'_> {
    fn follow(&mut self, request: Request<'_>, decision: Decision, when: Vec<Failure>, depth: usize) {
        if self.steps.len() >= STEPS_MAX {
            return;
        }
        let Decision { action, reasons, hops } = decision;
        let at = self.steps.len();
        self.steps.push(Step { depth, when, action: Some(action.clone()), reasons, ends: false });
        let Action::Ring(ring) = action else { return };
        if depth >= DEPTH_MAX || ring.reached == Reached::Nothing {
            return;
        }
        // Nobody answers once all rounds are over; the others are known at once.
        let rung = ring.rounds.iter().fold(Duration::ZERO, |sum, round| sum + round.ring_time);
        let mut nexts: Vec<(Vec<Failure>, Option<Decision>, WallTime)> = Vec::new();
        for why in [Failure::NoAnswer, Failure::Busy, Failure::Declined, Failure::Unreachable] {
            let at = if why == Failure::NoAnswer { request.at + rung } else { request.at };
            let next = self.plan.next(self.state, &Request { at, hops: &hops, ..request }, &ring.reached, why);
            match nexts.iter_mut().find(|(_, known, _)| is_same(known.as_ref(), next.as_ref())) {
                Some((whys, ..)) => whys.push(why),
                None => nexts.push((vec![why], next, at)),
            }
        }
        if nexts.iter().all(|(_, next, _)| next.is_none()) {
            self.steps[at].ends = true;
            return;
        }
        for (when, next, at) in nexts {
            match next {
                Some(next) => self.follow(Request { at, hops: &hops, ..request }, next, when, depth + 1),
                None if self.steps.len() < STEPS_MAX => {
                    self.steps.push(Step { depth: depth + 1, when, action: None, reasons: Vec::new(), ends: false });
                }
                None => {}
            }
        }
    }
}

/// Do both lead to the same? A mailbox greets by why it came to that: it is the same mailbox.
fn is_same(a: Option<&Decision>, b: Option<&Decision>) -> bool {
    match (a.map(|a| &a.action), b.map(|b| &b.action)) {
        (
            Some(Action::Mailbox(Mailbox::Leave { mailbox: a, .. })),
            Some(Action::Mailbox(Mailbox::Leave { mailbox: b, .. })),
        ) => a == b,
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::route::Caller;

    #[test]
    fn a_path_goes_on_until_nobody_is_left() {
        let text = r#"
[[extension]]
number = "101"
name = "Ada"
secret = "kept-between-us-2"
voicemail = true
[[extension]]
number = "102"
name = "Bert"
secret = "kept-between-us-3"
[[ring_group]]
number = "400"
name = "Sales"
members = ["102"]
otherwise = "101"
"#;
        let document = config::Document::parse(text).expect("a document");
        let plan = Plan::new(Arc::clone(document.config()));
        let request = Request { from: Caller::Extension("101"), dialled: "400", at: WallTime::default(), hops: &[] };
        let steps =
            path(&plan, &State::default(), Request { from: Caller::Trunk { trunk: "", number: None }, ..request });
        assert_eq!(steps.len(), 1, "nobody outside reaches a group without a route: {steps:?}");
        let steps = path(&plan, &State::default(), Request { from: Caller::Extension("102"), ..request });
        assert!(steps.len() <= STEPS_MAX && !steps.is_empty());
        let steps = path(&plan, &State::default(), Request { dialled: "102", ..request });
        assert!(steps[0].ends, "Bert has no mailbox: {steps:?}");
        let steps =
            path(&plan, &State::default(), Request { from: Caller::Extension("102"), dialled: "101", ..request });
        assert_eq!((steps.len(), steps[1].when.len(), steps[1].depth), (2, 4, 1), "one mailbox for all: {steps:?}");
        assert_eq!(steps[1].when_text(), "no answer, busy, declined or no phone can be reached");
    }
}
