//! Reasons about calls from outside.

use core::fmt;

use serde::{Deserialize, Serialize};

use super::PassedOver;

sentences! {
    /// A call from outside.
    InboundReason in Inbound {
        LetThrough { number: String, rule: String } = "the caller {number} is let through always, by the entry {rule}",
        Blocked { number: String, rule: String, why: String } = "the caller {number} is blocked by the entry {rule}: {why}",
        Route { route: String, called: String } = "the number called, {called}, takes the route {route}",
        RoutePassedOver { route: String, why: RoutePassedOver } = "the route {route} is passed over: {why}",
        NoRoute { called: String } = "no route takes calls to {called}",
        OwnNumberWithoutRoute { called: String } = "{called} is a number of this box, but no route says where its calls go",
        DirectNumber { called: String, extension: String } = "{called} is the direct number of extension {extension}",
        NoAnonymous { route: String } = "the route {route} refuses callers who show no number",
        HoursOfRoute { hours: String, route: String } = "the route {route} says where the hours {hours} lead",
        HoursLeadNowhere { hours: String } = "no route says where the hours {hours} lead",
        Returns { number: String, owner: String, attempts: usize } =
            "{number} calls back: {owner} sees to it (attempts so far: {attempts})",
        OwnerPassedOver { number: String, why: PassedOver } = "{number}, who tried to reach the caller, is passed over: {why}",
        ThenTeam { group: String } = "the team behind whoever tried is ring group {group}",
        NobodyWhoTried = "nobody who tried to reach the caller can be rung: the call goes its usual way",
    }
}

/// Why a route does not take a call whose number it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RoutePassedOver {
    /// It is for other callers.
    Caller,
    /// It is for other trunks.
    Trunk,
}

impl fmt::Display for RoutePassedOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RoutePassedOver::Caller => "it is for other callers",
            RoutePassedOver::Trunk => "it is for other trunks",
        })
    }
}
