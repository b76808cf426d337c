//! What a dialled code asks for: a service, a mailbox, another's call, a setting, or another number.

mod contact;
mod mailbox;
mod order;
mod table;
mod take;

use crate::action::{Action, Order, Switch};
use crate::reason::{CodeReason, Reason};
use crate::route::RouteError;
use crate::walk::{Goes, Purpose, Walk};

pub(crate) use table::{Code, Codes};

impl Walk<'_> {
    /// `text` is the code as dialled, `rest` what stands behind it.
    pub(crate) fn code(&mut self, code: Code, text: &str, rest: &str) -> Goes {
        let (number, feature) = (text.to_owned(), code.feature());
        // A call may be transferred to the code that parks; otherwise it is typed in a call, as the others are.
        let during_call = match code {
            Code::InCall(_) => true,
            Code::Park => self.purpose != Purpose::Transfer,
            _ => false,
        };
        if during_call {
            return self.refuse(RouteError::UnknownNumber, Reason::TypedDuringCall { number, feature });
        }
        self.note(Reason::FeatureCode { number, feature });
        match code {
            Code::Service(service) => Ok(Action::Service(service)),
            Code::InCall(_) => Err(RouteError::UnknownNumber),
            Code::Listen => self.listen_in(text, rest),
            Code::OwnMailbox => self.own_mailbox(),
            Code::OtherMailbox => self.other_mailbox(rest),
            Code::LeaveMessage => self.leave_directly(text, rest),
            Code::Forward(kind) => self.set_forward(kind, rest),
            Code::ForwardOff(kind) => self.order(Order::Forward { kind, to: None }),
            Code::DoNotDisturb(switch) => self.order(Order::DoNotDisturb(switch)),
            Code::CallWaiting(on) => self.order(Order::CallWaiting(on)),
            Code::FollowMe => self.order(Order::FollowMe(Switch::Toggle)),
            Code::Pickup => self.pick_up(text, rest),
            Code::PickupGroup => self.pick_up_group(),
            Code::Park => Ok(Action::Park { slot: None }),
            Code::Retrieve => self.retrieve(text, rest),
            Code::Intercom => self.intercom(text, rest),
            Code::DayNight => self.switch_hours(text, rest),
            Code::Block => self.block(text, rest),
            Code::Unblock => self.unblock(text, rest),
            Code::BlockLast => self.block_last(),
            Code::Withhold => self.withheld(text, rest),
            Code::LastCaller => self.last_caller(),
            Code::Redial => self.redial(),
            Code::SpeedDial => self.speed_dial(text, rest),
            Code::SpeedDialSet => self.set_speed_dial(text, rest),
            Code::CampOn => self.camp_on(text, rest),
            Code::CampOnCancel => self.order(Order::CampOnCancel),
            Code::HotDeskIn => self.log_in(rest),
            Code::HotDeskOut => self.log_out(),
            Code::Adopt => self.refuse(RouteError::Forbidden, CodeReason::PhoneIsKnown),
        }
    }

    /// What must stand behind a code.
    fn needed<'n>(&mut self, code: &str, rest: &'n str) -> Result<&'n str, RouteError> {
        match rest.is_empty() {
            true => self.refuse(RouteError::UnknownNumber, Reason::NumberMissing { code: code.to_owned() }),
            false => Ok(rest),
        }
    }

    /// The extension that must stand behind a code.
    fn needed_extension(&mut self, code: &str, rest: &str) -> Result<String, RouteError> {
        let number = self.needed(code, rest)?.to_owned();
        let Some(extension) = self.config.extensions.get(&number) else {
            return self.refuse(RouteError::UnknownNumber, Reason::NoExtension { number });
        };
        self.note(Reason::Extension { number: number.clone(), name: extension.name.clone() });
        if self.is_from(extension) {
            return self.refuse(RouteError::OwnNumber, Reason::OwnNumber { number });
        }
        if !extension.enabled {
            return self.refuse(RouteError::Disabled, Reason::ExtensionDisabled { number });
        }
        Ok(number)
    }

    /// Rights first: whoever may not listen in learns nothing about whom it could listen to.
    fn listen_in(&mut self, code: &str, rest: &str) -> Goes {
        let Some(supervisor) = self.from.filter(|from| from.supervisor) else {
            let number = self.from.map(|from| from.number.clone()).unwrap_or_default();
            return self.refuse(RouteError::Forbidden, Reason::NotSupervisor { number });
        };
        self.note(Reason::Supervisor { number: supervisor.number.clone() });
        self.needed_extension(code, rest).map(|target| Action::Listen { target })
    }
}
