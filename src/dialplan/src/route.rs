//! The decision itself: feature codes before extensions before ring groups.

use core::fmt;

use base::{Duration, WallTime};
use config::{Config, Extension, RingGroup};
use serde::{Deserialize, Serialize};

use crate::number::{NUMBER_MAX, normalised};
use crate::reason::{Feature, PassedOver, Reason, RingTimeSource};

/// A call that wants to go somewhere.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The calling extension's number; none for a call from outside.
    pub from: Option<&'a str>,
    /// What was dialled, percent escapes undone.
    pub dialled: &'a str,
    /// When, for whatever depends on the hour.
    pub at: WallTime,
}

/// Where a call goes, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Where.
    pub action: Action,
    /// Why: each step, and what was passed over, in the order of thought.
    pub reasons: Vec<Reason>,
}

/// What to do with a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Call the devices of these extensions.
    Ring {
        /// Extension numbers, at least one, none twice, in the order of the configuration.
        targets: Vec<String>,
        /// Whom the caller reaches: the extension's or the group's name.
        name: String,
        /// After which it counts as not answered.
        ring_time: Duration,
    },
    /// Send the caller's audio back to it.
    Echo,
    /// Refuse the call.
    Refuse(RouteError),
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
}

impl fmt::Display for RouteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RouteError::UnknownNumber => "unknown number",
            RouteError::Disabled => "number disabled",
            RouteError::Forbidden => "call not allowed",
            RouteError::OwnNumber => "own number",
            RouteError::NobodyToRing => "nobody to ring",
        })
    }
}

impl core::error::Error for RouteError {}

/// Decides where `request` goes. O(log n) in extensions and groups, linear in a group's members.
pub fn route(config: &Config, request: &Request<'_>) -> Decision {
    let mut reasons = Vec::new();
    let action = match caller(config, request, &mut reasons) {
        Ok(()) => match number(request.dialled, &mut reasons) {
            Ok(number) => destination(config, request.from, number, &mut reasons),
            Err(refusal) => Action::Refuse(refusal),
        },
        Err(refusal) => Action::Refuse(refusal),
    };
    Decision { action, reasons }
}

/// Whether the caller may call at all.
fn caller(config: &Config, request: &Request<'_>, reasons: &mut Vec<Reason>) -> Result<(), RouteError> {
    let Some(from) = request.from else { return Ok(()) };
    match config.extensions.get(from) {
        Some(extension) if extension.enabled => return Ok(()),
        Some(_) => reasons.push(Reason::CallerDisabled { number: from.to_owned() }),
        None => reasons.push(Reason::CallerUnknown { number: from.to_owned() }),
    }
    Err(RouteError::Forbidden)
}

/// What was dialled, as the tables know it.
fn number(dialled: &str, reasons: &mut Vec<Reason>) -> Result<String, RouteError> {
    if dialled.chars().nth(NUMBER_MAX).is_some() {
        reasons.push(Reason::TooLong);
        return Err(RouteError::UnknownNumber);
    }
    let number = normalised(dialled);
    if number.is_empty() {
        reasons.push(Reason::NothingDialled);
        return Err(RouteError::UnknownNumber);
    }
    if number != dialled {
        reasons.push(Reason::Read { dialled: dialled.to_owned(), number: number.clone() });
    }
    Ok(number)
}

fn destination(config: &Config, from: Option<&str>, number: String, reasons: &mut Vec<Reason>) -> Action {
    if number == config.features.echo {
        reasons.push(Reason::FeatureCode { number, feature: Feature::Echo });
        Action::Echo
    } else if let Some(extension) = config.extensions.get(&number) {
        to_extension(config, from, extension, reasons)
    } else if let Some(group) = config.ring_groups.get(&number) {
        to_ring_group(config, from, group, reasons)
    } else {
        reasons.push(match config::number::is_emergency(&number) {
            true => Reason::EmergencyWithoutLine { number },
            false => Reason::Unknown { number },
        });
        Action::Refuse(RouteError::UnknownNumber)
    }
}

fn to_extension(config: &Config, from: Option<&str>, extension: &Extension, reasons: &mut Vec<Reason>) -> Action {
    let number = &extension.number;
    reasons.push(Reason::Extension { number: number.clone(), name: extension.name.clone() });
    if !extension.enabled {
        reasons.push(Reason::ExtensionDisabled { number: number.clone() });
        return Action::Refuse(RouteError::Disabled);
    }
    // Its other devices are not rung: a call to oneself is the way to one's own mailbox in the
    // field's habit, and ringing would make that impossible to add without breaking a habit.
    if from == Some(number.as_str()) {
        reasons.push(Reason::OwnNumber { number: number.clone() });
        return Action::Refuse(RouteError::OwnNumber);
    }
    let ring_time = ring_time(config, extension.ring_time_s, RingTimeSource::Extension, reasons);
    Action::Ring { targets: vec![number.clone()], name: extension.name.clone(), ring_time }
}

fn to_ring_group(config: &Config, from: Option<&str>, group: &RingGroup, reasons: &mut Vec<Reason>) -> Action {
    reasons.push(Reason::RingGroup { number: group.number.clone(), name: group.name.clone() });
    let mut targets: Vec<String> = Vec::with_capacity(group.members.len());
    for member in &group.members {
        match member_passed_over(config, from, member, &targets) {
            Some(why) => reasons.push(Reason::MemberPassedOver { number: member.clone(), why }),
            None => targets.push(member.clone()),
        }
    }
    if targets.is_empty() {
        reasons.push(Reason::NobodyLeft { number: group.number.clone() });
        return Action::Refuse(RouteError::NobodyToRing);
    }
    let ring_time = ring_time(config, group.ring_time_s, RingTimeSource::RingGroup, reasons);
    Action::Ring { targets, name: group.name.clone(), ring_time }
}

fn member_passed_over(config: &Config, from: Option<&str>, member: &str, chosen: &[String]) -> Option<PassedOver> {
    match config.extensions.get(member) {
        None => Some(PassedOver::Unknown),
        Some(extension) if !extension.enabled => Some(PassedOver::Disabled),
        Some(_) if from == Some(member) => Some(PassedOver::Caller),
        Some(_) if chosen.iter().any(|target| target == member) => Some(PassedOver::Repeated),
        Some(_) => None,
    }
}

fn ring_time(config: &Config, own: Option<u16>, source: RingTimeSource, reasons: &mut Vec<Reason>) -> Duration {
    let (seconds, source) = match own {
        Some(seconds) => (seconds, source),
        None => (config.sip.ring_time_s, RingTimeSource::Default),
    };
    reasons.push(Reason::RingTime { seconds, source });
    Duration::from_secs(seconds.into())
}

#[cfg(test)]
mod tests;
