//! Calls begun and moved from a page: click to call, transfer by an operator, phones asked to fetch their settings.

use base::{CallRef, LegId};
use dialplan::{Action, Ring};

use crate::Exchange;
use crate::call::course::Asked;
use crate::call::origin::Errand;
use crate::call::service::Visit;
use crate::call::{Phase, Purpose};
use crate::feature::transfer_code::not_transferable;
use crate::io::{Answer, Refusal};
use crate::record::Cause;

impl Exchange {
    /// Rings an extension's phones, then calls a number for it.
    pub(crate) fn dial_for(&mut self, extension: &str, number: &str, by: &str) -> Result<Answer, Refusal> {
        let Some(ring) = self.phones_alone(extension) else {
            return Err(Refusal(format!("{extension} is no extension that may call")));
        };
        if self.registrar.bindings(extension).is_empty() {
            return Err(Refusal(format!("no phone of {extension} is registered")));
        }
        // Asked before anybody's phone rings: whoever clicks is told what is wrong with the number.
        let asked = Asked::by_extension(extension, number);
        if let Action::Refuse(error) = self.decide(&asked).action {
            return Err(Refusal(format!("{number} cannot be called: {error}")));
        }
        // Its phones show whom it is about to call.
        let ring = Ring { auto_answer: true, name: self.party(number).name, ..ring };
        let errand = Errand::Dial { extension: extension.to_owned(), number: number.to_owned() };
        let call = self.begin_own_call(self.party(extension), asked, ring, errand)?;
        self.call_note(call, format!("{by} has {extension} call {number}"));
        Ok(Answer::Call(call))
    }

    /// Connects the other end of an extension's call elsewhere: of one that is up, that rings there, or that it parked.
    pub(crate) fn transfer_for(&mut self, call: CallRef, extension: &str, to: &str) -> Result<Answer, Refusal> {
        let Some(c) = self.calls.get(&call).filter(|c| !c.is_over()) else {
            return Err(Refusal(format!("there is no call {call}")));
        };
        let own = |leg: &LegId| self.legs.get(leg).is_some_and(|l| l.extension() == Some(extension));
        let nobody = || Err(Refusal(format!("{extension} has no place in that call")));
        let sent = match (c.phase, &c.visit, &c.ringing) {
            (Phase::Bridged(a, b), _, None) => {
                let Some(by) = [a, b].into_iter().find(own) else { return nobody() };
                self.drop_typing(call);
                self.send_on(call, by, if by == a { b } else { a }, to)
            }
            (Phase::Service, Some(Visit::Parked(parked)), _) if parked.by == extension => {
                self.send_elsewhere(call, extension, to)
            }
            (_, _, Some(ringing)) if ringing.purpose == Purpose::Caller && ringing.legs.iter().any(own) => {
                self.send_elsewhere(call, extension, to)
            }
            _ => return nobody(),
        };
        match sent {
            Ok(()) => Ok(Answer::Done),
            Err(cause) => Err(Refusal(format!("the call cannot go to {to}: {}", cause.describe()))),
        }
    }

    /// A caller whom nobody has taken yet goes elsewhere, with the rights of the extension that it was for.
    fn send_elsewhere(&mut self, call: CallRef, extension: &str, to: &str) -> Result<(), Cause> {
        let asked = Asked::by_extension(extension, to);
        let decision = self.decide(&asked);
        if let Some(cause) = not_transferable(&decision.action) {
            return Err(cause);
        }
        self.stop_ringing(call, Cause::AnsweredElsewhere);
        self.carry_out(call, Purpose::Caller, asked, decision);
        Ok(())
    }
}
