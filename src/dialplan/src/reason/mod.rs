//! Why a call goes where it goes: one clear sentence each, for the call page, the dry run and the tests.

/// An enum whose variants stand beside the sentence they say.
macro_rules! sentences {
    ($(#[$about:meta])* $name:ident in $into:ident {
        $($variant:ident $({ $($field:ident: $of:ty),+ })? = $text:literal,)+
    }) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $(#[doc = $text] $variant $({ $(#[doc = "See the sentence."] $field: $of),+ })?,)+
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match self {
                    $($name::$variant $({ $($field),+ })? => write!(f, $text),)+
                }
            }
        }

        impl From<$name> for crate::reason::Reason {
            fn from(reason: $name) -> Self {
                crate::reason::Reason::$into(reason)
            }
        }
    };
}

mod code;
mod hours;
mod inbound;
mod outside;
mod person;
mod place;

use core::fmt;

use config::RecordingRule;
use serde::{Deserialize, Serialize};

pub use code::CodeReason;
pub use hours::HoursReason;
pub use inbound::{InboundReason, RoutePassedOver};
pub use outside::{Kind, OutsideReason, TrunkPassedOver};
pub use person::{PersonReason, Quiet};
pub use place::PlaceReason;

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
    /// More than a number was dialled: parameters, escapes, pauses.
    NotPlain {
        /// As it came.
        dialled: String,
    },
    /// The number is no feature code, extension, ring group or conference.
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
    /// The number is a conference's.
    Conference {
        /// Its number.
        number: String,
        /// What it is called.
        name: String,
    },
    /// Callers of the ring group hear music instead of ringing.
    MusicWhileRinging {
        /// The music class.
        class: String,
    },
    /// The code is typed during a call, not dialled.
    TypedDuringCall {
        /// The code.
        number: String,
        /// What it does there.
        feature: Feature,
    },
    /// The code needs an extension's number behind it.
    NumberMissing {
        /// The code.
        code: String,
    },
    /// What stands behind the code is no extension.
    NoExtension {
        /// What stands there.
        number: String,
    },
    /// The calling extension may not listen in to others.
    NotSupervisor {
        /// Its number; empty for a call from outside.
        number: String,
    },
    /// The calling extension may listen in to others.
    Supervisor {
        /// Its number.
        number: String,
    },
    /// A call from outside has no number of this box.
    NoOwnNumber,
    /// Whether the call is recorded, and who says so.
    Recording {
        /// The rule.
        rule: RecordingRule,
        /// Where it is set.
        source: RecordingSource,
    },
    /// About places inside, and being sent from one to another.
    Place(PlaceReason),
    /// About what a person has set.
    Person(PersonReason),
    /// About what stands behind a code.
    Code(CodeReason),
    /// About opening hours.
    Hours(HoursReason),
    /// About a call from outside.
    Inbound(InboundReason),
    /// About a call to the outside.
    Outside(OutsideReason),
}

/// What a feature code does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Feature {
    /// The caller hears itself.
    Echo,
    /// The time is said.
    Clock,
    /// The caller's number is said.
    OwnNumber,
    /// The music of held callers is played.
    Music,
    /// A tone of 1,004 Hz at one milliwatt is played.
    Milliwatt,
    /// The caller hears another extension's call.
    Listen,
    /// A recording is started or stopped.
    Record,
    /// A recording is paused or goes on.
    RecordPause,
    /// A call is transferred without asking.
    TransferBlind,
    /// A call is transferred after asking.
    TransferAttended,
    /// All three talk.
    ThreeWay,
    /// A mailbox is listened to.
    Voicemail,
    /// A message is left without ringing.
    LeaveMessage,
    /// Forwards are set.
    Forward,
    /// Nobody disturbs.
    DoNotDisturb,
    /// A second call rings, or not.
    CallWaiting,
    /// Other numbers ring too.
    FollowMe,
    /// Another's ringing call is taken.
    Pickup,
    /// A call waits in a slot.
    Park,
    /// A parked call is taken.
    Retrieve,
    /// A phone answers by itself.
    Intercom,
    /// Hours are switched by hand.
    DayNight,
    /// Callers are blocked.
    Block,
    /// The number is not shown.
    Withhold,
    /// The last caller is called.
    LastCaller,
    /// The last number is dialled again.
    Redial,
    /// A short number stands for a long one.
    SpeedDial,
    /// A busy extension is called when it is free.
    CampOn,
    /// Somebody sits down at a phone of nobody.
    HotDesk,
    /// An unknown phone becomes an extension's.
    Adopt,
}

/// Where a rule of recording is set.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RecordingSource {
    /// With an extension in the call.
    Extension {
        /// Its number.
        number: String,
    },
    /// With the ring group that was called.
    RingGroup {
        /// Its number.
        number: String,
    },
    /// With the conference.
    Conference {
        /// Its number.
        number: String,
    },
    /// For the whole box.
    Default,
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
    /// As many ring as can.
    TooMany,
    /// It is not to be disturbed.
    DoNotDisturb,
    /// It forwards all calls.
    Forwards,
    /// It is in a call.
    Busy,
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
            Reason::Unknown { number } => write!(f, "{number} is no feature code, extension, ring group or conference"),
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
            Reason::Conference { number, name } => write!(f, "{number} is conference {}", Named { number, name }),
            Reason::MusicWhileRinging { class } => write!(f, "the caller hears the music “{class}” instead of ringing"),
            Reason::TypedDuringCall { number, feature } => {
                write!(f, "{number} is the code of {feature}, to be typed during a call")
            }
            Reason::NumberMissing { code } => write!(f, "an extension's number is missing behind {code}"),
            Reason::NoExtension { number } => write!(f, "{number} is no extension"),
            Reason::NotSupervisor { number } if number.is_empty() => f.write_str("nobody listens in from outside"),
            Reason::NotSupervisor { number } => write!(f, "extension {number} may not listen in to others"),
            Reason::Supervisor { number } => write!(f, "extension {number} may listen in to others"),
            Reason::NoOwnNumber => f.write_str("the caller has no number of this box"),
            Reason::Recording { rule, source } => {
                f.write_str(match rule {
                    RecordingRule::Never => "it is never recorded",
                    RecordingRule::Always => "it is recorded",
                    RecordingRule::OnDemand => "it is recorded on demand",
                })?;
                write!(f, ", as set {source}")
            }
            Reason::NotPlain { dialled } => write!(f, "“{dialled}” holds more than a number"),
            Reason::Place(reason) => reason.fmt(f),
            Reason::Person(reason) => reason.fmt(f),
            Reason::Code(reason) => reason.fmt(f),
            Reason::Hours(reason) => reason.fmt(f),
            Reason::Inbound(reason) => reason.fmt(f),
            Reason::Outside(reason) => reason.fmt(f),
        }
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Feature::Echo => "the echo test",
            Feature::Clock => "the clock",
            Feature::OwnNumber => "one's own number",
            Feature::Music => "the music on hold",
            Feature::Milliwatt => "the milliwatt tone",
            Feature::Listen => "listening in",
            Feature::Record => "recording",
            Feature::RecordPause => "pausing a recording",
            Feature::TransferBlind => "the blind transfer",
            Feature::TransferAttended => "the attended transfer",
            Feature::ThreeWay => "the talk of three",
            Feature::Voicemail => "the mailbox",
            Feature::LeaveMessage => "leaving a message",
            Feature::Forward => "forwarding",
            Feature::DoNotDisturb => "do not disturb",
            Feature::CallWaiting => "call waiting",
            Feature::FollowMe => "follow-me",
            Feature::Pickup => "pickup",
            Feature::Park => "parking",
            Feature::Retrieve => "taking a parked call",
            Feature::Intercom => "the intercom",
            Feature::DayNight => "day and night",
            Feature::Block => "blocking callers",
            Feature::Withhold => "withholding the number",
            Feature::LastCaller => "calling the last caller",
            Feature::Redial => "redial",
            Feature::SpeedDial => "speed dial",
            Feature::CampOn => "call-back when free",
            Feature::HotDesk => "logging in at a phone",
            Feature::Adopt => "taking over a phone",
        })
    }
}

impl fmt::Display for RecordingSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecordingSource::Extension { number } => write!(f, "for extension {number}"),
            RecordingSource::RingGroup { number } => write!(f, "for ring group {number}"),
            RecordingSource::Conference { number } => write!(f, "for conference {number}"),
            RecordingSource::Default => f.write_str("for the whole box"),
        }
    }
}

impl fmt::Display for PassedOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PassedOver::Disabled => "disabled",
            PassedOver::Unknown => "no such extension",
            PassedOver::Caller => "it is the caller",
            PassedOver::Repeated => "listed twice",
            PassedOver::TooMany => "as many ring as can",
            PassedOver::DoNotDisturb => "do not disturb",
            PassedOver::Forwards => "it forwards its calls",
            PassedOver::Busy => "in a call",
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
