//! The live view as JSON, for the API and for the pages' scripts.

use exchange::live::{LiveCall, LiveDevice, LiveState};
use exchange::record::Party;
use serde::Serialize;
use utoipa::ToSchema;

use super::Recent;
use crate::words;

/// Everything that is going on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub(crate) struct Snapshot {
    /// The box's clock, RFC 3339.
    pub now: String,
    /// Calls under way, oldest first.
    pub calls: Vec<CallRow>,
    /// Registered extensions with their devices.
    pub registrations: Vec<RegistrationRow>,
    /// How many of what there are, whether listed or not.
    pub counts: Counts,
    /// Devices that came or went, newest first.
    pub recent: Vec<RecentRow>,
}

/// What has changed since the last event of the stream.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub(crate) struct Changes {
    /// Calls that began or changed, whole.
    pub calls: Vec<CallRow>,
    /// Calls that ended.
    pub ended: Vec<String>,
    /// Extensions whose devices changed, whole; no devices means unregistered.
    pub registrations: Vec<RegistrationRow>,
    /// How many of what there are now.
    pub counts: Counts,
    /// Devices that came or went since, newest first.
    pub recent: Vec<RecentRow>,
}

/// How many of what there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Counts {
    /// Calls under way.
    pub calls: usize,
    /// Extensions with at least one device.
    pub extensions: usize,
    /// Devices.
    pub devices: usize,
}

/// A call under way.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct CallRow {
    /// Its reference, `c` and digits.
    #[schema(example = "c1870000000000000000")]
    pub call: String,
    /// Who calls.
    pub from: PartyRow,
    /// The number as dialled.
    pub dialled: String,
    /// Who is called, or who answered.
    pub to: PartyRow,
    /// `calling`, `ringing`, `talking` or `held`.
    pub state: &'static str,
    /// When it began, RFC 3339.
    pub started_at: String,
    /// When it was answered, RFC 3339.
    pub answered_at: Option<String>,
    /// Whether it is being recorded.
    pub recorded: bool,
}

/// Somebody in a call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct PartyRow {
    /// The number.
    pub number: String,
    /// The name; empty if unknown.
    pub name: String,
}

/// A registered extension.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct RegistrationRow {
    /// Its number.
    pub extension: String,
    /// Its devices.
    pub devices: Vec<DeviceRow>,
}

/// A registered device.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct DeviceRow {
    /// The contact URI.
    pub contact: String,
    /// Transport and address it registered from.
    pub from: String,
    /// Its User-Agent header.
    pub user_agent: String,
    /// Until when, RFC 3339.
    pub expires_at: String,
}

/// A device came or went.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct RecentRow {
    /// When, RFC 3339.
    pub at: String,
    /// The extension's number.
    pub extension: String,
    /// Whether it came; else it went.
    pub came: bool,
    /// Its User-Agent header.
    pub user_agent: String,
    /// Transport and address it registered from.
    pub from: String,
}

impl From<&LiveCall> for CallRow {
    fn from(call: &LiveCall) -> Self {
        CallRow {
            call: call.call.to_string(),
            from: PartyRow::from(&call.from),
            dialled: call.dialled.clone(),
            to: PartyRow::from(&call.to),
            state: state_key(call.state),
            started_at: words::iso(call.started_at),
            answered_at: call.answered_at.map(words::iso),
            recorded: call.recorded,
        }
    }
}

impl From<&Party> for PartyRow {
    fn from(party: &Party) -> Self {
        PartyRow { number: party.number.clone(), name: party.name.clone() }
    }
}

impl RegistrationRow {
    pub fn new(extension: &str, devices: &[LiveDevice]) -> Self {
        RegistrationRow { extension: extension.to_owned(), devices: devices.iter().map(DeviceRow::from).collect() }
    }
}

impl From<&LiveDevice> for DeviceRow {
    fn from(device: &LiveDevice) -> Self {
        DeviceRow {
            contact: device.contact.clone(),
            from: device.from.clone(),
            user_agent: device.user_agent.clone(),
            expires_at: words::iso(device.expires_at),
        }
    }
}

impl From<&Recent> for RecentRow {
    fn from(recent: &Recent) -> Self {
        RecentRow {
            at: words::iso(recent.at),
            extension: recent.extension.clone(),
            came: recent.came,
            user_agent: recent.user_agent.clone(),
            from: recent.from.clone(),
        }
    }
}

/// The state's key in JSON.
pub(crate) fn state_key(state: LiveState) -> &'static str {
    match state {
        LiveState::Calling => "calling",
        LiveState::Ringing => "ringing",
        LiveState::Talking => "talking",
        LiveState::Held => "held",
        LiveState::Parked { .. } => "parked",
    }
}
