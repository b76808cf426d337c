//! What is to be done with a call.

use base::Duration;
use serde::{Deserialize, Serialize};

use crate::reason::Feature;
use crate::route::RouteError;

/// What to do with a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Phones ring, here or outside.
    Ring(Box<Ring>),
    /// A number outside is called for the caller.
    Outside(Box<Outside>),
    /// The caller leaves or hears messages.
    Mailbox(Mailbox),
    /// The box answers by itself.
    Service(Service),
    /// Something is set, and the caller is told what.
    Order(Order),
    /// A sound is played, then the box hangs up.
    Announce(Announcement),
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
    /// Take a call that rings elsewhere.
    Pickup {
        /// At this extension or ring group; none: at anybody of the caller's pickup group.
        target: Option<String>,
    },
    /// Take a parked call.
    Retrieve {
        /// Its slot.
        slot: String,
    },
    /// Park: a call transferred to this number waits in a slot.
    Park {
        /// This one; none: the first that is free.
        slot: Option<String>,
    },
    /// Speak to many phones.
    Page {
        /// The paging group's number.
        number: String,
    },
    /// Refuse the call.
    Refuse(RouteError),
}

/// Phones that ring, round after round.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ring {
    /// One after the other: the next begins when the one before has failed. At least one, at most 60.
    pub rounds: Vec<Round>,
    /// Whom the caller reaches: the extension's or the group's name.
    pub name: String,
    /// What was reached, for whatever comes next ([`crate::Plan::next`]).
    pub reached: Reached,
    /// The music class that the caller hears until somebody answers; none: ringing.
    pub music: Option<String>,
    /// The phones are asked to answer by themselves (intercom).
    pub auto_answer: bool,
    /// Put before the caller's name on the phones.
    pub label: Option<String>,
    /// Why this person is called, shown beside the caller's name (returned contacts).
    pub about: Option<String>,
}

/// Those who ring together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Round {
    /// Who; at least one.
    pub branches: Vec<Branch>,
    /// After which they count as not answered.
    pub ring_time: Duration,
}

/// One that rings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Branch {
    /// All devices of an extension, or a number outside.
    pub to: BranchTo,
    /// Begins so much later than its round.
    pub delay: Duration,
    /// Whoever answers must press 1 to take the call.
    pub confirm: bool,
}

/// See [`Branch::to`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BranchTo {
    /// All devices of this extension.
    Extension(String),
    /// A number outside, on behalf of an extension.
    Outside(Box<Outside>),
}

impl Branch {
    /// All devices of an extension, at once, nothing to be pressed.
    pub fn extension(number: &str) -> Branch {
        Branch { to: BranchTo::Extension(number.to_owned()), delay: Duration::ZERO, confirm: false }
    }
}

/// What a call reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reached {
    /// Nothing that anything follows on.
    #[default]
    Nothing,
    /// An extension: forwards on busy and no answer, then its mailbox.
    Extension(String),
    /// A ring group: its `otherwise`.
    RingGroup(String),
    /// Somebody who tried to reach this caller; the number called decides next.
    Contact {
        /// What was called.
        dialled: String,
    },
}

/// A number outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outside {
    /// In E.164 where it is one; an emergency or short number as dialled.
    pub number: String,
    /// Name or number, for records.
    pub name: String,
    /// Trunks to try, in order; at least one, at most 16.
    pub ways: Vec<OutsideWay>,
    /// What sort of number.
    pub kind: config::NumberKind,
    /// Who pays and whose rights were asked: an extension; empty: a rule of the document sends the call out.
    pub on_behalf: String,
    /// The call ends after so long.
    pub limit: Option<Duration>,
    /// Typed before the call goes out: the class of this name asks for it.
    pub pin_of: Option<String>,
    /// How long it rings at most.
    pub ring_time: Duration,
    /// An extension forwarded the call here; told as Diversion.
    pub diverted_by: Option<String>,
}

/// One way out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutsideWay {
    /// The trunk.
    pub trunk: String,
    /// The number as this provider wants it.
    pub number: String,
    /// What is shown.
    pub caller_id: CallerId,
    /// Hundredths of the currency a minute; 0: unknown or free.
    pub price: u32,
}

/// What the called party is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallerId {
    /// The number, E.164; none: the provider's own choice.
    pub number: Option<String>,
    /// Not shown to the called party (RFC 3323 `Privacy: id`).
    pub withheld: bool,
}

/// What a caller does with a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mailbox {
    /// Leaves a message.
    Leave {
        /// The extension's number or the shared mailbox's.
        mailbox: String,
        /// For the greeting that fits.
        why: Option<crate::route::Failure>,
    },
    /// Listens to a mailbox. From the extension's own phone nothing is asked.
    Listen {
        /// Whose; none: its number is asked.
        mailbox: Option<String>,
        /// The PIN is asked.
        ask_pin: bool,
    },
}

/// A sound instead of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// A sound of the library, or a prompt of the box: `prompt/office-closed`.
    pub sound: String,
}

/// What is set by dialling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// Forward calls.
    Forward {
        /// Which.
        kind: ForwardKind,
        /// Whereto; none: no more.
        to: Option<String>,
    },
    /// Forward calls to a number that is asked.
    ForwardAsk(ForwardKind),
    /// Do not disturb.
    DoNotDisturb(Switch),
    /// A second call rings too.
    CallWaiting(bool),
    /// Follow-me.
    FollowMe(Switch),
    /// Hours by hand: open becomes closed, anything else follows the clock again.
    Hours {
        /// The hours.
        name: String,
    },
    /// Block a caller; none: the last one.
    Block(Option<String>),
    /// Let a caller through again.
    Unblock(String),
    /// A speed dial; none: empties it.
    SpeedDial {
        /// 0–99.
        key: u8,
        /// Whereto.
        number: Option<String>,
    },
    /// Call back when the busy extension called last is free.
    CampOn {
        /// The extension.
        target: String,
    },
    /// No more.
    CampOnCancel,
    /// Log in at this phone; the PIN is asked.
    HotDeskIn {
        /// Whoever logs in; none: it is asked.
        extension: Option<String>,
    },
    /// Log out of this phone.
    HotDeskOut,
}

/// Which calls are forwarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ForwardKind {
    /// All.
    All,
    /// While busy.
    Busy,
    /// Those nobody takes.
    NoAnswer,
    /// While no phone is registered.
    Unreachable,
}

/// A switch by phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Switch {
    /// On.
    On,
    /// Off.
    Off,
    /// The other way.
    Toggle,
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
