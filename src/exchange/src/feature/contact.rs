//! Returned contacts: a person outside whom somebody here tried to reach in vain is an open item until anybody talks to
//! that person.

use base::CallRef;
use dialplan::state::{Attempt, ClosedContact, Contact};

use crate::Exchange;
use crate::call::Call;
use crate::leg::Side;
use crate::record::Cause;

/// Attempts kept of one contact; the oldest go.
const ATTEMPTS_MAX: usize = 20;
/// Contacts kept; beyond it the box remembers no new ones, and says so in its log.
const CONTACTS_MAX: usize = 10_000;

/// Somebody outside who is called or calls, as far as a call knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outsider {
    /// The person's number, E.164.
    pub(crate) number: String,
    /// The extension that called; none: the person called us.
    pub(crate) called_by: Option<String>,
    /// Our number was not shown.
    pub(crate) withheld: bool,
}

impl Exchange {
    /// A call over a trunk to a person has begun.
    pub(crate) fn note_outsider(&mut self, call: CallRef, number: &str, by: &str, withheld: bool) {
        // Short and emergency numbers are no persons.
        if !number.starts_with('+') {
            return;
        }
        let outsider = Outsider { number: number.to_owned(), called_by: Some(by.to_owned()), withheld };
        let waits = self.facts.state.contacts.contains_key(number);
        if let Some(c) = self.calls.get_mut(&call) {
            c.outsider = Some(outsider);
        }
        if withheld && !waits {
            self.call_note(call, "our number is not shown: this person cannot call back");
        }
    }

    /// A call is over: what follows for the person outside.
    pub(crate) fn settle_contact(&mut self, call: CallRef, c: &Call, cause: Cause) {
        let (outsider, talked_to) = match &c.outsider {
            Some(outsider) => (outsider.clone(), c.talked_with.clone()),
            None => {
                let Some(Side::Trunk(_)) = self.legs.get(&c.caller).map(|l| &l.side) else { return };
                let outsider = Outsider { number: c.from.number.clone(), called_by: None, withheld: false };
                (outsider, c.talked_with.clone())
            }
        };
        match (talked_to, outsider.called_by) {
            (Some(by), called_by) => {
                let by = called_by.as_ref().unwrap_or(&by).clone();
                let outcome = if called_by.is_some() { "reached" } else { "called back" };
                self.close_contact(&outsider.number, &by, outcome);
            }
            (None, Some(by)) if is_vain(cause, c.ringing_at.is_some()) => {
                let attempt = Attempt {
                    at: self.wall(),
                    by,
                    call: call.0,
                    result: cause.describe().to_owned(),
                    anonymous: outsider.withheld,
                };
                self.add_attempt(&outsider.number, attempt);
            }
            _ => {}
        }
    }

    fn add_attempt(&mut self, number: &str, attempt: Attempt) {
        let known = self.facts.state.contacts.get(number).filter(|c| c.closed.is_none()).cloned();
        if known.is_none() && self.facts.state.contacts.len() >= CONTACTS_MAX && !self.forget_a_closed_contact() {
            return tracing::warn!("so many contacts are open that a new one is not kept");
        }
        let by = attempt.by.clone();
        let team = self.config.ring_groups.values().find(|g| g.members.contains(&by)).map(|g| g.number.clone());
        let mut contact = known.unwrap_or_else(|| Contact {
            number: number.to_owned(),
            attempts: Vec::new(),
            owner: String::new(),
            team: None,
            reason: String::new(),
            case: String::new(),
            due: None,
            closed: None,
        });
        contact.team = contact.team.or(team);
        if contact.attempts.len() >= ATTEMPTS_MAX {
            contact.attempts.remove(0);
        }
        contact.attempts.push(attempt);
        self.put_fact(number, Some(&contact), &by);
    }

    /// Somebody talked to the person, or says that it is done.
    fn close_contact(&mut self, number: &str, by: &str, outcome: &str) {
        let Some(mut contact) = self.facts.state.contacts.get(number).filter(|c| c.closed.is_none()).cloned() else {
            return;
        };
        contact.closed = Some(ClosedContact { at: self.wall(), by: by.to_owned(), outcome: outcome.to_owned() });
        self.put_fact(number, Some(&contact), by);
    }

    /// Makes room: the contact that was closed first goes. False if none is closed.
    fn forget_a_closed_contact(&mut self) -> bool {
        let closed = self.facts.state.contacts.values().filter_map(|c| Some((c.closed.as_ref()?.at, c.number.clone())));
        let Some((_, number)) = closed.min() else { return false };
        self.put_fact::<Contact>(&number, None, "box");
        true
    }
}

/// Whether somebody tried and did not reach the person: a wrong number or our own fault is no attempt.
fn is_vain(cause: Cause, rang: bool) -> bool {
    match cause {
        Cause::NoAnswer | Cause::Busy | Cause::Declined => true,
        Cause::Cancelled => rang,
        _ => false,
    }
}
