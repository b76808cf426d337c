//! Which codes there are and what stands behind them: `*72` with a number, `*8` alone. Which one is meant is decided
//! by the longest that fits.

use std::collections::BTreeMap;

use config::Config;

use crate::action::{ForwardKind, Service, Switch};
use crate::reason::Feature;

/// What a code asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    Service(Service),
    InCall(Feature),
    Listen,
    OwnMailbox,
    OtherMailbox,
    LeaveMessage,
    Forward(ForwardKind),
    ForwardOff(ForwardKind),
    DoNotDisturb(Switch),
    CallWaiting(bool),
    FollowMe,
    Pickup,
    PickupGroup,
    Park,
    Retrieve,
    Intercom,
    DayNight,
    Block,
    Unblock,
    BlockLast,
    Withhold,
    LastCaller,
    Redial,
    SpeedDial,
    SpeedDialSet,
    CampOn,
    CampOnCancel,
    HotDeskIn,
    HotDeskOut,
    Adopt,
}

/// What may stand behind a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Behind {
    Nothing,
    Anything,
}

/// The codes in force.
#[derive(Clone, Debug, Default)]
pub(crate) struct Codes {
    table: BTreeMap<String, Code>,
    longest: usize,
}

impl Codes {
    pub(crate) fn new(config: &Config) -> Codes {
        let (f, o) = (&config.features, &config.codes);
        let all = [
            (&f.echo, Code::Service(Service::Echo)),
            (&f.clock, Code::Service(Service::Clock)),
            (&f.own_number, Code::Service(Service::OwnNumber)),
            (&f.music, Code::Service(Service::Music)),
            (&f.milliwatt, Code::Service(Service::Milliwatt)),
            (&f.listen, Code::Listen),
            (&o.voicemail, Code::OwnMailbox),
            (&o.voicemail_other, Code::OtherMailbox),
            (&o.voicemail_leave, Code::LeaveMessage),
            (&o.forward_all, Code::Forward(ForwardKind::All)),
            (&o.forward_all_off, Code::ForwardOff(ForwardKind::All)),
            (&o.forward_busy, Code::Forward(ForwardKind::Busy)),
            (&o.forward_busy_off, Code::ForwardOff(ForwardKind::Busy)),
            (&o.forward_no_answer, Code::Forward(ForwardKind::NoAnswer)),
            (&o.forward_no_answer_off, Code::ForwardOff(ForwardKind::NoAnswer)),
            (&o.forward_unreachable, Code::Forward(ForwardKind::Unreachable)),
            (&o.forward_unreachable_off, Code::ForwardOff(ForwardKind::Unreachable)),
            (&o.dnd_on, Code::DoNotDisturb(Switch::On)),
            (&o.dnd_off, Code::DoNotDisturb(Switch::Off)),
            (&o.dnd_toggle, Code::DoNotDisturb(Switch::Toggle)),
            (&o.call_waiting_on, Code::CallWaiting(true)),
            (&o.call_waiting_off, Code::CallWaiting(false)),
            (&o.follow_me, Code::FollowMe),
            (&o.pickup, Code::Pickup),
            (&o.pickup_group, Code::PickupGroup),
            (&o.park_retrieve, Code::Retrieve),
            (&o.intercom, Code::Intercom),
            (&o.day_night, Code::DayNight),
            (&o.block, Code::Block),
            (&o.unblock, Code::Unblock),
            (&o.block_last, Code::BlockLast),
            (&o.withhold, Code::Withhold),
            (&o.last_caller, Code::LastCaller),
            (&o.redial, Code::Redial),
            (&o.speed_dial, Code::SpeedDial),
            (&o.speed_dial_set, Code::SpeedDialSet),
            (&o.camp_on, Code::CampOn),
            (&o.camp_on_cancel, Code::CampOnCancel),
            (&o.hot_desk_in, Code::HotDeskIn),
            (&o.hot_desk_out, Code::HotDeskOut),
            (&o.adopt, Code::Adopt),
            // Codes of a call come last: one that is dialled too means what it means there.
            (&o.park, Code::Park),
            (&f.record, Code::InCall(Feature::Record)),
            (&f.record_pause, Code::InCall(Feature::RecordPause)),
            (&o.transfer_blind, Code::InCall(Feature::TransferBlind)),
            (&o.transfer_attended, Code::InCall(Feature::TransferAttended)),
            (&o.three_way, Code::InCall(Feature::ThreeWay)),
        ];
        let mut codes = Codes::default();
        // A code may stand for one thing that is dialled and one that is typed during a call: the first keeps it.
        for (text, code) in all.into_iter().filter(|(text, _)| !text.is_empty()) {
            codes.table.entry(text.clone()).or_insert(code);
            codes.longest = codes.longest.max(text.len());
        }
        codes
    }

    /// The code a number begins with, the longest that fits, and what stands behind it.
    pub(crate) fn find<'n>(&self, number: &'n str) -> Option<(Code, &'n str, &'n str)> {
        if !number.starts_with(['*', '#']) {
            return None;
        }
        let fits = |len: usize| {
            let (text, rest) = number.split_at_checked(len)?;
            let code = *self.table.get(text)?;
            // A `#` at the end ends the dialling: `*21*0470000001#`.
            let rest = rest.strip_suffix('#').unwrap_or(rest);
            (rest.is_empty() || code.takes() == Behind::Anything).then_some((code, text, rest))
        };
        (1..=self.longest.min(number.len())).rev().find_map(fits)
    }
}

impl Code {
    fn takes(self) -> Behind {
        match self {
            Code::Listen
            | Code::OtherMailbox
            | Code::LeaveMessage
            | Code::Forward(_)
            | Code::Pickup
            | Code::Retrieve
            | Code::Intercom
            | Code::DayNight
            | Code::Block
            | Code::Unblock
            | Code::Withhold
            | Code::SpeedDial
            | Code::SpeedDialSet
            | Code::CampOn
            | Code::CampOnCancel
            | Code::HotDeskIn
            | Code::Adopt => Behind::Anything,
            Code::Service(_)
            | Code::InCall(_)
            | Code::OwnMailbox
            | Code::ForwardOff(_)
            | Code::DoNotDisturb(_)
            | Code::CallWaiting(_)
            | Code::FollowMe
            | Code::PickupGroup
            | Code::Park
            | Code::BlockLast
            | Code::LastCaller
            | Code::Redial
            | Code::HotDeskOut => Behind::Nothing,
        }
    }

    /// The word for it in reasons.
    pub(crate) fn feature(self) -> Feature {
        match self {
            Code::Service(service) => service.feature(),
            Code::InCall(feature) => feature,
            Code::Listen => Feature::Listen,
            Code::OwnMailbox | Code::OtherMailbox => Feature::Voicemail,
            Code::LeaveMessage => Feature::LeaveMessage,
            Code::Forward(_) | Code::ForwardOff(_) => Feature::Forward,
            Code::DoNotDisturb(_) => Feature::DoNotDisturb,
            Code::CallWaiting(_) => Feature::CallWaiting,
            Code::FollowMe => Feature::FollowMe,
            Code::Pickup | Code::PickupGroup => Feature::Pickup,
            Code::Park => Feature::Park,
            Code::Retrieve => Feature::Retrieve,
            Code::Intercom => Feature::Intercom,
            Code::DayNight => Feature::DayNight,
            Code::Block | Code::Unblock | Code::BlockLast => Feature::Block,
            Code::Withhold => Feature::Withhold,
            Code::LastCaller => Feature::LastCaller,
            Code::Redial => Feature::Redial,
            Code::SpeedDial | Code::SpeedDialSet => Feature::SpeedDial,
            Code::CampOn | Code::CampOnCancel => Feature::CampOn,
            Code::HotDeskIn | Code::HotDeskOut => Feature::HotDesk,
            Code::Adopt => Feature::Adopt,
        }
    }
}
