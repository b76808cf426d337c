//! The decision itself: feature codes before extensions before ring groups before conferences.

use core::fmt;

use base::{Duration, WallTime};
use config::{Config, Extension, FeatureCodes, RingGroup};
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
        /// The ring group's number, where one was called.
        group: Option<String>,
        /// The music class that the caller hears until somebody answers; none: ringing.
        music: Option<String>,
    },
    /// The box answers by itself.
    Service(Service),
    /// Refuse the call.
    Refuse(RouteError),
    /// Into a conference.
    Conference {
        /// Its number, of `Config::conferences`.
        number: String,
        /// What it is called.
        name: String,
    },
    /// Listen in to the call of an extension.
    Listen {
        /// The extension's number.
        target: String,
    },
}

/// What the box does by itself for whoever dials a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Service {
    /// Sends the caller's audio back to it.
    Echo,
    /// Says the time.
    Clock,
    /// Says the caller's number; only for extensions of this box.
    OwnNumber,
    /// Plays the music that held callers hear.
    Music,
    /// Plays a tone of 1,004 Hz at one milliwatt.
    Milliwatt,
}

impl Service {
    /// The word for it in reasons.
    pub fn feature(self) -> Feature {
        match self {
            Service::Echo => Feature::Echo,
            Service::Clock => Feature::Clock,
            Service::OwnNumber => Feature::OwnNumber,
            Service::Music => Feature::Music,
            Service::Milliwatt => Feature::Milliwatt,
        }
    }
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
    if let Some(service) = service(&config.features, &number) {
        reasons.push(Reason::FeatureCode { number, feature: service.feature() });
        to_service(from, service, reasons)
    } else if let Some(feature) = during_call(&config.features, &number) {
        reasons.push(Reason::TypedDuringCall { number, feature });
        Action::Refuse(RouteError::UnknownNumber)
    } else if let Some(target) = listen_target(&config.features, &number) {
        reasons.push(Reason::FeatureCode { number: config.features.listen.clone(), feature: Feature::Listen });
        to_listen(config, from, target, reasons).unwrap_or_else(Action::Refuse)
    } else if let Some(extension) = config.extensions.get(&number) {
        to_extension(config, from, extension, reasons)
    } else if let Some(group) = config.ring_groups.get(&number) {
        to_ring_group(config, from, group, reasons)
    } else if let Some(conference) = config.conferences.get(&number) {
        reasons.push(Reason::Conference { number, name: conference.name.clone() });
        Action::Conference { number: conference.number.clone(), name: conference.name.clone() }
    } else {
        reasons.push(match config::number::is_emergency(&number) {
            true => Reason::EmergencyWithoutLine { number },
            false => Reason::Unknown { number },
        });
        Action::Refuse(RouteError::UnknownNumber)
    }
}

fn service(codes: &FeatureCodes, number: &str) -> Option<Service> {
    let services = [
        (&codes.echo, Service::Echo),
        (&codes.clock, Service::Clock),
        (&codes.own_number, Service::OwnNumber),
        (&codes.music, Service::Music),
        (&codes.milliwatt, Service::Milliwatt),
    ];
    services.into_iter().find(|(code, _)| *code == number).map(|(_, service)| service)
}

fn to_service(from: Option<&str>, service: Service, reasons: &mut Vec<Reason>) -> Action {
    if service == Service::OwnNumber && from.is_none() {
        reasons.push(Reason::NoOwnNumber);
        return Action::Refuse(RouteError::Forbidden);
    }
    Action::Service(service)
}

/// The meaning of a code that only works during a call.
fn during_call(codes: &FeatureCodes, number: &str) -> Option<Feature> {
    let features = [(&codes.record, Feature::Record), (&codes.record_pause, Feature::RecordPause)];
    features.into_iter().find(|(code, _)| *code == number).map(|(_, feature)| feature)
}

/// What stands behind the code for listening in: digits, or nothing yet.
fn listen_target<'n>(codes: &FeatureCodes, number: &'n str) -> Option<&'n str> {
    let rest = number.strip_prefix(codes.listen.as_str())?;
    rest.bytes().all(|b| b.is_ascii_digit()).then_some(rest)
}

/// Rights first: whoever may not listen in learns nothing about whom it could listen to.
fn to_listen(
    config: &Config,
    from: Option<&str>,
    target: &str,
    reasons: &mut Vec<Reason>,
) -> Result<Action, RouteError> {
    let supervisor = from.and_then(|from| config.extensions.get(from)).filter(|caller| caller.supervisor);
    let Some(supervisor) = supervisor else {
        reasons.push(Reason::NotSupervisor { number: from.unwrap_or_default().to_owned() });
        return Err(RouteError::Forbidden);
    };
    reasons.push(Reason::Supervisor { number: supervisor.number.clone() });
    if target.is_empty() {
        reasons.push(Reason::NumberMissing { code: config.features.listen.clone() });
        return Err(RouteError::UnknownNumber);
    }
    let number = target.to_owned();
    let Some(extension) = config.extensions.get(target) else {
        reasons.push(Reason::NoExtension { number });
        return Err(RouteError::UnknownNumber);
    };
    reasons.push(Reason::Extension { number, name: extension.name.clone() });
    if extension.number == supervisor.number {
        reasons.push(Reason::OwnNumber { number: target.to_owned() });
        return Err(RouteError::OwnNumber);
    }
    if !extension.enabled {
        reasons.push(Reason::ExtensionDisabled { number: target.to_owned() });
        return Err(RouteError::Disabled);
    }
    Ok(Action::Listen { target: target.to_owned() })
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
    Action::Ring { targets: vec![number.clone()], name: extension.name.clone(), ring_time, group: None, music: None }
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
    if let Some(class) = &group.music {
        reasons.push(Reason::MusicWhileRinging { class: class.clone() });
    }
    let (name, music) = (group.name.clone(), group.music.clone());
    Action::Ring { targets, name, ring_time, group: Some(group.number.clone()), music }
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
