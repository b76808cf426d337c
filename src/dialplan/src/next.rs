//! What comes next where nobody took a call.

use crate::action::Reached;
use crate::reason::PlaceReason;
use crate::route::{Caller, Failure};
use crate::walk::{Goes, Walk};

impl Walk<'_> {
    /// None: the call ends for the reason it failed with.
    pub(crate) fn next(&mut self, dialled: &str, reached: &Reached, why: Failure) -> Option<Goes> {
        if matches!(self.caller, Caller::Trunk { .. }) {
            self.label = self.label_of(dialled);
        }
        match reached {
            Reached::Nothing => None,
            Reached::Extension(number) => {
                let extension = self.config.extensions.get(number)?;
                self.failed_at(number, why);
                self.after(extension, why)
            }
            Reached::RingGroup(number) => {
                let otherwise = self.config.ring_groups.get(number)?.otherwise.as_ref()?;
                self.failed_at(number, why);
                Some(self.go_to(otherwise))
            }
            Reached::Contact { dialled } => {
                self.note(PlaceReason::NobodyOfThose { why });
                Some(self.inbound_again(dialled))
            }
        }
    }

    /// Notes it, and that the call was there: also where whoever asks has not kept the hops.
    fn failed_at(&mut self, number: &str, why: Failure) {
        self.note(PlaceReason::Failed { number: number.to_owned(), why });
        if !self.hops.iter().any(|hop| hop == number) {
            self.hops.push(number.to_owned());
        }
    }
}
