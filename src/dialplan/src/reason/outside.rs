//! Reasons about calls to the outside.

use core::fmt;

use config::NumberKind;
use serde::{Deserialize, Serialize};

use crate::numbers::NotANumber;

sentences! {
    /// A call to the outside.
    OutsideReason in Outside {
        Emergency { number: String } = "{number} is an emergency number: nothing stops it",
        EmergencyNotSentOn { number: String } = "{number} is an emergency number: no call is sent on to it",
        Number { dialled: String, number: String, kind: Kind } = "{dialled} is {number}, {kind}",
        NotANumber { dialled: String, why: NotANumber } = "{dialled} is no number outside either: {why}",
        NoSuchClass { class: String } = "there is no class {class}",
        KindNotAllowed { class: String, kind: Kind } = "the class {class} may not call {kind}",
        CountryNotAllowed { class: String } = "the class {class} may not call that country",
        NumberBlocked { class: String, pattern: String } = "the class {class} may not call numbers like {pattern}",
        OutsideHours { class: String, hours: String } = "the class {class} calls outside only within the hours {hours}",
        MayNotSendOn { class: String } = "the class {class} may not send calls on to the outside",
        PinCannotBeAsked { class: String } = "the class {class} asks for a PIN, which nobody is there to type",
        TooManyCalls { number: String, max: u16 } = "extension {number} has {max} calls outside, as many as it may",
        SpentEnough { number: String, spent: u32, max: u32 } =
            "extension {number} has spent {spent} hundredths today, of {max} it may",
        Allowed { class: String, kind: Kind } = "the class {class} may call {kind}",
        Route { route: String, pattern: String } = "the route {route} fits, by {pattern}",
        RouteNotForClass { route: String, class: String } = "the route {route} is passed over: it is not for the class {class}",
        RouteNotNow { route: String, hours: String } =
            "the route {route} is passed over: it is used only within the hours {hours}",
        NoRoute { number: String } = "no route leads to {number}",
        TrunkPassedOver { trunk: String, why: TrunkPassedOver } = "the trunk {trunk} is passed over: {why}",
        Way { trunk: String, number: String } = "the trunk {trunk} is tried with {number}",
        NoTrunk = "no trunk can take the call",
        Limit { seconds: u64 } = "the call ends after {seconds} s",
    }
}

/// A kind of number, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Kind(pub NumberKind);

impl From<NumberKind> for Kind {
    fn from(kind: NumberKind) -> Kind {
        Kind(kind)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            NumberKind::Internal => "numbers inside",
            NumberKind::Emergency => "emergency numbers",
            NumberKind::Free => "numbers free of charge",
            NumberKind::National => "numbers of this country",
            NumberKind::Mobile => "mobiles of this country",
            NumberKind::International => "numbers of other countries",
            NumberKind::Premium => "numbers at premium rates",
        })
    }
}

/// Why a trunk is not tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TrunkPassedOver {
    /// It is tried already.
    Repeated,
    /// There is no such trunk.
    Unknown,
    /// It is switched off.
    Disabled,
    /// It does not serve that country.
    Country,
    /// It does not answer, or is not registered.
    Down,
    /// As many calls as it may have.
    Full {
        /// How many.
        max: u16,
    },
    /// The money of the day is spent.
    SpentEnough,
    /// As many trunks are tried as can be.
    TooMany,
}

impl fmt::Display for TrunkPassedOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TrunkPassedOver::Repeated => "it is tried already",
            TrunkPassedOver::Unknown => "there is no such trunk",
            TrunkPassedOver::Disabled => "switched off",
            TrunkPassedOver::Country => "it does not serve that country",
            TrunkPassedOver::Down => "it does not answer",
            TrunkPassedOver::Full { max } => return write!(f, "it has {max} calls, as many as it may"),
            TrunkPassedOver::SpentEnough => "what it may spend in a day is spent",
            TrunkPassedOver::TooMany => "as many are tried as can be",
        })
    }
}
