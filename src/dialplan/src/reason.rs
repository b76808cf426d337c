//! Why a call goes where it goes: one clear sentence each, for the call page, the dry run and the tests.

use core::fmt;

use serde::{Deserialize, Serialize};

/// One step of a decision, or one thing passed over.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Reason {
    /// The number was written with separators.
    Read {
        /// As it came.
        dialled: String,
        /// As it was understood.
        number: String,
    },
    /// Nothing was dialled.
    NothingDialled,
    /// More than [`crate::NUMBER_MAX`] characters.
    TooLong,
    /// The number is no feature code, extension or ring group.
    Unknown {
        /// As it was understood.
        number: String,
    },
    /// The number is an emergency number, and no line leads out.
    EmergencyWithoutLine {
        /// As it was understood.
        number: String,
    },
    /// The number is a feature code.
    FeatureCode {
        /// The code.
        number: String,
        /// What it does.
        feature: Feature,
    },
    /// The number is an extension's.
    Extension {
        /// Its number.
        number: String,
        /// Whose it is; empty if it has no name.
        name: String,
    },
    /// The extension called may not be called.
    ExtensionDisabled {
        /// Its number.
        number: String,
    },
    /// The caller dialled itself.
    OwnNumber {
        /// Its number.
        number: String,
    },
    /// The number is a ring group's.
    RingGroup {
        /// Its number.
        number: String,
        /// What it is called; empty if it has no name.
        name: String,
    },
    /// A member of the ring group does not ring.
    MemberPassedOver {
        /// The member.
        number: String,
        /// Why not.
        why: PassedOver,
    },
    /// All members of the ring group were passed over.
    NobodyLeft {
        /// The group.
        number: String,
    },
    /// How long it rings, and who says so.
    RingTime {
        /// Seconds.
        seconds: u16,
        /// Where the time is set.
        source: RingTimeSource,
    },
    /// The calling extension does not exist.
    CallerUnknown {
        /// What it calls itself.
        number: String,
    },
    /// The calling extension may not call.
    CallerDisabled {
        /// Its number.
        number: String,
    },
}

/// What a feature code does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Feature {
    /// The caller hears itself.
    Echo,
}

/// Why a member of a ring group does not ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PassedOver {
    /// Its extension is disabled.
    Disabled,
    /// There is no such extension.
    Unknown,
    /// It is the one who calls.
    Caller,
    /// It stands in the list twice.
    Repeated,
}

/// Where a ring time is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RingTimeSource {
    /// With the extension.
    Extension,
    /// With the ring group.
    RingGroup,
    /// For the whole box.
    Default,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Read { dialled, number } => write!(f, "“{dialled}” is read as {number}"),
            Reason::NothingDialled => f.write_str("no number was dialled"),
            Reason::TooLong => write!(f, "the number has more than {} characters", crate::NUMBER_MAX),
            Reason::Unknown { number } => write!(f, "{number} is no feature code, extension or ring group"),
            Reason::EmergencyWithoutLine { number } => {
                write!(f, "{number} is an emergency number, but this box has no line to the outside")
            }
            Reason::FeatureCode { number, feature } => write!(f, "{number} is the feature code of {feature}"),
            Reason::Extension { number, name } => write!(f, "{number} is extension {}", Named { number, name }),
            Reason::ExtensionDisabled { number } => write!(f, "extension {number} is disabled"),
            Reason::OwnNumber { number } => write!(f, "{number} is the caller's own number"),
            Reason::RingGroup { number, name } => write!(f, "{number} is ring group {}", Named { number, name }),
            Reason::MemberPassedOver { number, why } => write!(f, "member {number} passed over: {why}"),
            Reason::NobodyLeft { number } => write!(f, "ring group {number} has no member who can be called"),
            Reason::RingTime { seconds, source } => write!(f, "it rings for {seconds} s, as set {source}"),
            Reason::CallerUnknown { number } => write!(f, "the caller {number} is no extension of this box"),
            Reason::CallerDisabled { number } => write!(f, "the caller's extension {number} is disabled"),
        }
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Feature::Echo => "the echo test",
        })
    }
}

impl fmt::Display for PassedOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PassedOver::Disabled => "disabled",
            PassedOver::Unknown => "no such extension",
            PassedOver::Caller => "it is the caller",
            PassedOver::Repeated => "listed twice",
        })
    }
}

impl fmt::Display for RingTimeSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RingTimeSource::Extension => "for the extension",
            RingTimeSource::RingGroup => "for the ring group",
            RingTimeSource::Default => "for the whole box",
        })
    }
}

/// `101, Anna`, or `101` where there is no name.
struct Named<'a> {
    number: &'a str,
    name: &'a str,
}

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.number)?;
        if self.name.is_empty() { Ok(()) } else { write!(f, ", {}", self.name) }
    }
}
