//! How a watched thing stands: always derived, never kept.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use base::{CallRef, LegId};
use sip::event::{
    Activity, Body, DialogDirection, DialogInfo, DialogLine, DialogParty, DialogProgress, FeatureState, MessageSummary,
    Messages, Package, Presence, Watched,
};

use super::Resource;
use crate::Exchange;
use crate::call::{Call, Phase, Purpose};
use crate::leg::{Leg, LegState};
use crate::record::Party;

/// Calls of one extension that are shown at most; a lamp has no use for more.
const LINES_MAX: usize = 8;

/// How a resource stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum State {
    /// Calls of an extension; or the lamp of a service, dark without lines.
    Lines(Vec<Line>),
    /// The presence of an extension.
    Presence {
        /// Somebody speaks.
        talks: bool,
        /// A device is registered.
        reachable: bool,
        /// It wants no calls.
        do_not_disturb: bool,
    },
    /// A mailbox.
    Messages(Messages),
    /// Settings of an extension.
    Features(FeatureState),
}

/// One call, seen from the extension or the service.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Line {
    pub(crate) id: String,
    pub(crate) direction: DialogDirection,
    pub(crate) progress: DialogProgress,
    pub(crate) held: bool,
    /// Call-ID, the phone's tag and ours while it rings: with them somebody may pick the call up (RFC 3891).
    pub(crate) ids: Option<(String, String, String)>,
    /// The other party; without a number where there is none.
    pub(crate) other: Party,
}

impl Line {
    /// A service that is on.
    fn on(id: &str, other: Party) -> Line {
        Line {
            id: id.to_owned(),
            direction: DialogDirection::Recipient,
            progress: DialogProgress::Confirmed,
            held: false,
            ids: None,
            other,
        }
    }
}

impl State {
    /// For comparing what was told with what is.
    pub(crate) fn hash_value(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }

    /// The document of this state for one watcher. `name` is what the resource is called; of a mailbox, what is dialled
    /// to hear it.
    pub(crate) fn body(&self, package: Package, version: u32, watched: &Watched<Resource>, name: &str) -> Option<Body> {
        let entity = watched.uri.as_str();
        match (package, self) {
            (Package::Dialog, State::Lines(lines)) => Some(dialog_info(version, entity, name, lines)),
            (Package::Dialog, State::Messages(voice)) => {
                let waiting = (voice.new > 0).then(|| Line::on("messages", Party::default()));
                Some(dialog_info(version, entity, name, waiting.as_slice()))
            }
            (Package::Presence, State::Presence { talks, reachable, do_not_disturb }) => {
                Some(presence(entity, *talks, *reachable, *do_not_disturb))
            }
            (Package::MessageSummary, State::Messages(voice)) => {
                Some(MessageSummary { account: name.to_owned(), voice: *voice }.body())
            }
            (Package::Feature, State::Features(features)) => Some(features.body(user_of(entity))),
            _ => None,
        }
    }
}

fn dialog_info(version: u32, entity: &str, name: &str, lines: &[Line]) -> Body {
    let own = DialogParty { identity: entity.to_owned(), name: name.to_owned(), target: entity.to_owned() };
    let dialogs = lines
        .iter()
        .map(|line| DialogLine {
            id: line.id.clone(),
            ids: line.ids.clone(),
            direction: line.direction,
            progress: line.progress,
            held: line.held,
            local: Some(own.clone()),
            remote: (!line.other.number.is_empty()).then(|| {
                let identity = format!("sip:{}@{}", line.other.number, host_of(entity));
                DialogParty { target: identity.clone(), identity, name: line.other.name.clone() }
            }),
        })
        .collect();
    DialogInfo { version, entity: entity.to_owned(), dialogs }.body()
}

fn presence(entity: &str, talks: bool, reachable: bool, do_not_disturb: bool) -> Body {
    let (activity, note) = match (reachable, do_not_disturb, talks) {
        (_, _, true) => (Activity::OnThePhone, "On the phone"),
        (_, true, false) => (Activity::Busy, "Do not disturb"),
        (false, false, false) => (Activity::Away, "Not available"),
        (true, false, false) => (Activity::Unknown, "Available"),
    };
    let entity = entity.to_owned();
    Presence { entity, open: reachable && !do_not_disturb, activity, note: note.to_owned() }.body()
}

/// What stands behind the `@` of a URI.
fn host_of(uri: &str) -> &str {
    uri.rsplit_once('@').map_or(uri, |(_, host)| host)
}

fn user_of(uri: &str) -> &str {
    let user = uri.split_once(':').map_or(uri, |(_, rest)| rest);
    user.split_once('@').map_or(user, |(user, _)| user)
}

impl Exchange {
    /// How a resource stands now.
    pub(crate) fn state_of(&self, resource: &Resource) -> State {
        match resource {
            Resource::Extension(number) => State::Lines(self.lines_of(number)),
            Resource::Presence(number) => State::Presence {
                talks: !self.lines_of(number).is_empty(),
                reachable: !self.registrar.bindings(number).is_empty(),
                do_not_disturb: self.wants_no_calls(number),
            },
            Resource::Group(number) => State::Lines(self.lines_of_group(number)),
            Resource::Conference(number) => {
                let lit = self.conferences.is_open(number);
                State::Lines(lit.then(|| Line::on(number, Party::default())).into_iter().collect())
            }
            Resource::Parking(slot) => State::Lines(self.lines_of_parking(slot)),
            Resource::Hours(name) => {
                let overridden = self.facts.state.overrides.get(&**name);
                let holds = overridden.is_some_and(|o| o.until.is_none_or(|until| until > self.wall()));
                State::Lines(holds.then(|| Line::on(name, Party::default())).into_iter().collect())
            }
            Resource::Mailbox(number) => State::Messages(self.messages_in(number)),
            Resource::Features(number) => State::Features(self.features_of(number)),
            Resource::DoNotDisturb(number) => {
                let lit = self.wants_no_calls(number);
                State::Lines(lit.then(|| Line::on("dnd", Party::default())).into_iter().collect())
            }
            Resource::Forward(number) => {
                let to = self.facts.state.person(number).forward_all.clone();
                let line = to.map(|to| Line::on("forward", Party { number: to, name: String::new() }));
                State::Lines(line.into_iter().collect())
            }
        }
    }

    /// What a resource is called.
    pub(crate) fn name_of_resource(&self, resource: &Resource) -> &str {
        let config = &self.config;
        let name = match resource {
            Resource::Extension(n)
            | Resource::Presence(n)
            | Resource::Features(n)
            | Resource::DoNotDisturb(n)
            | Resource::Forward(n) => config.extensions.get(&**n).map(|e| &e.name),
            Resource::Group(n) => config.ring_groups.get(&**n).map(|g| &g.name),
            Resource::Conference(n) => config.conferences.get(&**n).map(|c| &c.name),
            Resource::Hours(n) => config.hours.get(&**n).map(|h| &h.name),
            Resource::Mailbox(n) => {
                let shared = config.mailboxes.get(&**n).map(|m| &m.name);
                shared.or(config.extensions.get(&**n).map(|e| &e.name))
            }
            Resource::Parking(_) => None,
        };
        name.map_or("", String::as_str)
    }

    /// Do-not-disturb holds now.
    pub(crate) fn wants_no_calls(&self, extension: &str) -> bool {
        self.plan.wants_no_calls(&self.facts.state, extension, self.wall())
    }

    /// The calls of an extension. Several of its devices that ring for one call are one line.
    fn lines_of(&self, extension: &str) -> Vec<Line> {
        let Some(legs) = self.watching.legs.get(extension) else { return Vec::new() };
        let mut lines: BTreeMap<CallRef, Line> = BTreeMap::new();
        for leg in legs {
            let Some(line) = self.line_of(*leg) else { continue };
            let Some(call) = self.legs.get(leg).map(|l| l.call) else { continue };
            let better = lines.get(&call).is_none_or(|known| rank(known.progress) < rank(line.progress));
            if better {
                lines.insert(call, line);
            }
        }
        lines.into_values().take(LINES_MAX).collect()
    }

    fn line_of(&self, leg: LegId) -> Option<Line> {
        let l = self.legs.get(&leg).filter(|l| l.ended.is_none())?;
        let c = self.calls.get(&l.call)?;
        let (direction, progress) = progress_of(l, c)?;
        let ids = ids_of(l);
        Some(Line {
            id: l.call.to_string(),
            direction,
            progress,
            held: l.holding,
            ids,
            other: self.other_party(leg, c),
        })
    }

    /// Whom the phone at this leg talks to, or will.
    fn other_party(&self, leg: LegId, c: &Call) -> Party {
        let party_at = |leg: LegId| self.legs.get(&leg).map(|l| l.party.clone());
        if let Some(peer) = c.peer_of(leg) {
            return party_at(peer).unwrap_or_default();
        }
        match &c.ringing {
            Some(r) if r.legs.contains(&leg) => match r.purpose {
                Purpose::Transfer { remains, .. } => party_at(remains).unwrap_or_default(),
                Purpose::Caller | Purpose::Box(_) | Purpose::Page => c.from.clone(),
            },
            _ if leg == c.caller => c.to.clone(),
            _ => c.from.clone(),
        }
    }

    /// Who waits in a slot; under the number that parks, in any of them.
    fn lines_of_parking(&self, slot: &str) -> Vec<Line> {
        let line = |slot: &str| self.party_in(slot).map(|party| Line::on(slot, party));
        if slot == self.config.parking.number {
            return self.slots.taken().filter_map(line).take(LINES_MAX).collect();
        }
        line(slot).into_iter().collect()
    }

    /// The calls that ring at a group now.
    fn lines_of_group(&self, number: &str) -> Vec<Line> {
        let Some(group) = self.config.ring_groups.get(number) else { return Vec::new() };
        let mut lines: BTreeMap<CallRef, Line> = BTreeMap::new();
        for leg in group.members.iter().filter_map(|m| self.watching.legs.get(m)).flatten() {
            let Some(c) = self.legs.get(leg).and_then(|l| self.calls.get(&l.call)) else { continue };
            let rings = c.group.as_deref() == Some(number) && c.phase == Phase::Setup;
            if let Some(line) = self.line_of(*leg).filter(|line| rings && line.progress == DialogProgress::Early) {
                lines.entry(self.legs[leg].call).or_insert(line);
            }
        }
        lines.into_values().take(LINES_MAX).collect()
    }
}

/// How far the dialog of a phone is, and who began it; `None`: nothing to be shown.
fn progress_of(l: &Leg, c: &Call) -> Option<(DialogDirection, DialogProgress)> {
    let begun_by = if l.id == c.caller { DialogDirection::Initiator } else { DialogDirection::Recipient };
    Some(match &l.state {
        LegState::Offered(_) if c.ringing_at.is_some() => (DialogDirection::Initiator, DialogProgress::Early),
        LegState::Offered(_) => (DialogDirection::Initiator, DialogProgress::Trying),
        // A device that was called but does not ring yet may be switched off: nobody should see it flicker.
        LegState::Calling(calling) if calling.cancelled.is_some() || !calling.ringing => return None,
        LegState::Calling(_) => (DialogDirection::Recipient, DialogProgress::Early),
        LegState::Up(_) => (begun_by, DialogProgress::Confirmed),
        LegState::Leaving { .. } | LegState::Parting(..) | LegState::Down => return None,
    })
}

/// The dialog of a phone that rings, seen from the phone.
fn ids_of(l: &Leg) -> Option<(String, String, String)> {
    let LegState::Calling(calling) = &l.state else { return None };
    let id = &calling.early.first()?.id;
    let text = |octets: &[u8]| String::from_utf8(octets.to_vec()).ok();
    Some((text(&id.call_id)?, text(&id.remote_tag)?, text(&id.local_tag)?))
}

fn rank(progress: DialogProgress) -> u8 {
    match progress {
        DialogProgress::Terminated => 0,
        DialogProgress::Trying => 1,
        DialogProgress::Proceeding => 2,
        DialogProgress::Early => 3,
        DialogProgress::Confirmed => 4,
    }
}
