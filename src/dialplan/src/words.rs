//! Actions in one sentence each, for the dry run and the pages.

use core::fmt;

use crate::action::{Action, Branch, BranchTo, Mailbox, Order, Outside, Ring, Round, Switch};

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Ring(ring) => ring.fmt(f),
            Action::Outside(outside) => outside.fmt(f),
            Action::Mailbox(mailbox) => mailbox.fmt(f),
            Action::Service(service) => write!(f, "answers with {}", service.feature()),
            Action::Order(order) => order.fmt(f),
            Action::Announce(announcement) => write!(f, "plays {} and hangs up", announcement.sound),
            Action::Conference { number, name } => write!(f, "enters conference {number} ({name})"),
            Action::Listen { target } => write!(f, "listens in to {target}"),
            Action::Pickup { target: Some(target) } => write!(f, "takes the call that rings at {target}"),
            Action::Pickup { target: None } => f.write_str("takes a call that rings in the pickup group"),
            Action::Retrieve { slot } => write!(f, "takes the call parked at {slot}"),
            Action::Park { slot: Some(slot) } => write!(f, "parks the call at {slot}"),
            Action::Park { slot: None } => f.write_str("parks the call at the first free slot"),
            Action::Page { number } => write!(f, "speaks to the phones of {number}"),
            Action::Refuse(error) => write!(f, "refused: {error}"),
        }
    }
}

impl fmt::Display for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.auto_answer { "calls, to be answered by itself, " } else { "rings " })?;
        for (at, round) in self.rounds.iter().enumerate() {
            f.write_str(if at == 0 { "" } else { ", then " })?;
            round.fmt(f)?;
        }
        if !self.name.is_empty() {
            write!(f, " ({})", self.name)?;
        }
        for (before, text) in [(", to the music ", &self.music), (", marked ", &self.label), (": ", &self.about)] {
            if let Some(text) = text {
                write!(f, "{before}{text}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, branch) in self.branches.iter().enumerate() {
            f.write_str(if at == 0 { "" } else { ", " })?;
            branch.fmt(f)?;
        }
        write!(f, " for {} s", self.ring_time.as_secs())
    }
}

impl fmt::Display for Branch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.to {
            BranchTo::Extension(number) => f.write_str(number)?,
            BranchTo::Outside(outside) => write!(f, "{} by {}", outside.number, Trunks(outside))?,
        }
        if !self.delay.is_zero() {
            write!(f, " after {} s", self.delay.as_secs())?;
        }
        f.write_str(if self.confirm { " with confirmation" } else { "" })
    }
}

impl fmt::Display for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "calls {} by {}", self.number, Trunks(self))?;
        match self.ways.first().map(|way| &way.caller_id) {
            Some(shown) if shown.withheld => f.write_str(", no number shown")?,
            Some(shown) => {
                if let Some(number) = &shown.number {
                    write!(f, ", as {number}")?;
                }
            }
            None => {}
        }
        if let Some(class) = &self.pin_of {
            write!(f, ", after the PIN of class {class}")?;
        }
        match self.limit {
            Some(limit) => write!(f, ", for {} s at most", limit.as_secs()),
            None => Ok(()),
        }
    }
}

/// `provider, backup`
struct Trunks<'a>(&'a Outside);

impl fmt::Display for Trunks<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, way) in self.0.ways.iter().enumerate() {
            write!(f, "{}{}", if at == 0 { "" } else { ", then " }, way.trunk)?;
        }
        Ok(())
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mailbox::Leave { mailbox, why: Some(why) } => write!(f, "takes a message for {mailbox} ({why})"),
            Mailbox::Leave { mailbox, why: None } => write!(f, "takes a message for {mailbox}"),
            Mailbox::Listen { mailbox, ask_pin } => {
                match mailbox {
                    Some(mailbox) => write!(f, "plays the messages of {mailbox}")?,
                    None => f.write_str("plays the messages of the mailbox that is typed")?,
                }
                f.write_str(if *ask_pin { ", after its PIN" } else { "" })
            }
        }
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Order::Forward { kind, to: Some(to) } => write!(f, "forwards {kind} to {to}"),
            Order::Forward { kind, to: None } => write!(f, "forwards {kind} no more"),
            Order::ForwardAsk(kind) => write!(f, "asks whereto {kind} are forwarded"),
            Order::DoNotDisturb(switch) => write!(f, "switches do not disturb {switch}"),
            Order::CallWaiting(on) => write!(f, "switches call waiting {}", if *on { "on" } else { "off" }),
            Order::FollowMe(switch) => write!(f, "switches follow-me {switch}"),
            Order::Hours { name } => write!(f, "switches the hours {name}"),
            Order::Block(Some(number)) => write!(f, "blocks {number}"),
            Order::Block(None) => f.write_str("blocks the last caller"),
            Order::Unblock(number) => write!(f, "lets {number} through again"),
            Order::SpeedDial { key, number: Some(number) } => write!(f, "sets speed dial {key} to {number}"),
            Order::SpeedDial { key, number: None } => write!(f, "empties speed dial {key}"),
            Order::CampOn { target } => write!(f, "calls back when {target} is free"),
            Order::CampOnCancel => f.write_str("calls back no more"),
            Order::HotDeskIn { extension: Some(extension) } => write!(f, "logs {extension} in at this phone"),
            Order::HotDeskIn { extension: None } => f.write_str("asks who logs in at this phone"),
            Order::HotDeskOut => f.write_str("logs out of this phone"),
        }
    }
}

impl fmt::Display for Switch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Switch::On => "on",
            Switch::Off => "off",
            Switch::Toggle => "the other way",
        })
    }
}
