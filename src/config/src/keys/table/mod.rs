//! The table itself.

mod features;
mod lines;
mod office;
mod people;
mod system;

use super::{Fallback, Item, Key, Kind, Section, Use};
use crate::choice::{
    Choice, ClientCertificates, CodeSet, Identity, Language, MailSecurity, MailboxMail, NumberForm, NumberKind,
    PhoneModel, RecordChoice, RecordingFormat, RecordingRule, RingStrategy, Srtp, TrunkKind, TrunkTransport,
};

use features::FEATURES;
use lines::{BLOCKED, CLASS, EMERGENCY, INBOUND_ROUTE, NUMBERS, OUTBOUND_ROUTE, TRUNK};
use office::{CALENDAR, HOURS, KEY_LAYOUT, MAIL, MAILBOX, PAGING, PARKING, PHONE, PROVISIONING, VOICEMAIL};
use people::{CONFERENCE, EXTENSION, MUSIC, RING_GROUP};
use system::{LISTEN, MEDIA, RECORDING, SIP, SYSTEM};

/// Every section, in the order in which the document is printed.
pub const SECTIONS: &[Section] = &[
    Section { name: "system", count_max: 1, doc: "Who this box is.", keys: SYSTEM },
    Section {
        name: "listen",
        count_max: 1,
        doc: "Where it listens. The command line can override each of these. Port 0 takes any free port.\n\
              A change takes effect at the next start.",
        keys: LISTEN,
    },
    Section { name: "sip", count_max: 1, doc: "How it speaks SIP.", keys: SIP },
    Section { name: "media", count_max: 1, doc: "Audio.", keys: MEDIA },
    Section { name: "recording", count_max: 1, doc: RECORDING_DOC, keys: RECORDING },
    single("mail", "How mail is sent.", MAIL),
    single("voicemail", "Mailboxes, those of extensions and shared ones.", VOICEMAIL),
    single(
        "parking",
        "Parked calls: put to a slot with a number of its own, and taken from any phone that dials it.",
        PARKING,
    ),
    single("provisioning", "Phones that get their configuration from the box.", PROVISIONING),
    single("numbers", "How numbers outside are dialled and written here.", NUMBERS),
    single(
        "emergency",
        "Calls to emergency numbers. They pass every limit, and end another call where a line is short.",
        EMERGENCY,
    ),
    single(
        "features",
        "Codes that a phone may dial, and some that are typed during a call. One that is left out is that of\n\
         the `set`; an empty one is switched off.",
        FEATURES,
    ),
    Section {
        name: "extension",
        count_max: 20_000,
        doc: "A person or a place with one number and any number of phones up to `sip.devices_max`.\n\
              Repeat the section for each.",
        keys: EXTENSION,
    },
    Section {
        name: "ring_group",
        count_max: 2_000,
        doc: "A number that rings several extensions at once; the first to answer has the call.\n\
              Repeat the section for each.",
        keys: RING_GROUP,
    },
    Section {
        name: "music",
        count_max: 50,
        doc: "What callers hear while they wait. The class \"default\" is heard by those who are held;\n\
              without one of that name the box plays what it brought along. Repeat the section for each.",
        keys: MUSIC,
    },
    Section {
        name: "conference",
        count_max: 500,
        doc: "A room where many speak together; whoever dials its number comes in.\n\
              Repeat the section for each.",
        keys: CONFERENCE,
    },
    many("mailbox", 500, "A voicemail box that several people share.", MAILBOX),
    many("paging", 200, "A number that speaks from the loudspeakers of many phones at once.", PAGING),
    many("hours", 200, "Opening hours. A route asks them where a call goes.", HOURS),
    many("calendar", 50, "A calendar that is fetched now and then; its events close.", CALENDAR),
    many("trunk", 100, "A line to a provider, or to another exchange.", TRUNK),
    many(
        "class",
        100,
        "What extensions may call. An extension without one may call what `may_call` names by default.",
        CLASS,
    ),
    many("outbound_route", 500, "By which trunks a number outside is called.", OUTBOUND_ROUTE),
    many("inbound_route", 1_000, "Where a call from outside goes; the first that fits decides.", INBOUND_ROUTE),
    many("blocked", 5_000, "A caller who is refused, or never refused.", BLOCKED),
    many("phone", 20_000, "A handset that gets its configuration from the box.", PHONE),
    many("key_layout", 200, "What the keys of phones do, for a group of people.", KEY_LAYOUT),
];

const NAME: Kind = Kind::Text { max: 64 };
const RING_TIME: Kind = Kind::Integer { min: 5, max: 600, or_zero: false };
const LANGUAGE: Kind = Kind::Choice(Language::WORDS);
const RECORD: Kind = Kind::Choice(RecordChoice::WORDS);
const RECORDING_DOC: &str = "\
Recordings of calls, each side on a channel of its own, and of conferences.
One rule decides, the first that says anything: \"never\" of any extension in the call; the rule of the
ring group or conference that was called; \"always\", then \"on_demand\", of an extension in the call;
`default` below.";

const NUMBERS_LIST: Kind = Kind::Many { of: Item::Number, min: 0, max: 200 };
const EMAILS: Kind = Kind::Many { of: Item::Email, min: 0, max: 20 };
const MAIL_SENT: Kind = Kind::Choice(MailboxMail::WORDS);
const MAY_BE_EMPTY: Kind = Kind::One(Item::LineOrNone { max: 200 });
/// Kinds of numbers that may be called where nobody says otherwise.
pub(crate) const BASIC_KINDS: &[&str] = &[
    NumberKind::Internal.word(),
    NumberKind::Emergency.word(),
    NumberKind::Free.word(),
    NumberKind::National.word(),
    NumberKind::Mobile.word(),
];

const fn single(name: &'static str, doc: &'static str, keys: &'static [Key]) -> Section {
    Section { name, count_max: 1, doc, keys }
}

const fn many(name: &'static str, count_max: usize, doc: &'static str, keys: &'static [Key]) -> Section {
    Section { name, count_max, doc, keys }
}

const fn required(name: &'static str, kind: Kind, example: &'static str, doc: &'static str) -> Key {
    Key { name, kind, fallback: Fallback::Required, example, doc }
}

const fn absent(name: &'static str, kind: Kind, example: &'static str, doc: &'static str) -> Key {
    Key { name, kind, fallback: Fallback::Absent, example, doc }
}

const fn text(name: &'static str, kind: Kind, default: &'static str, doc: &'static str) -> Key {
    Key { name, kind, fallback: Fallback::Text(default), example: "", doc }
}

const fn number(name: &'static str, kind: Kind, default: u32, doc: &'static str) -> Key {
    Key { name, kind, fallback: Fallback::Integer(default), example: "", doc }
}

const fn flag(name: &'static str, default: bool, doc: &'static str) -> Key {
    Key { name, kind: Kind::Flag, fallback: Fallback::Flag(default), example: "", doc }
}

const fn list(name: &'static str, kind: Kind, default: &'static [&'static str], doc: &'static str) -> Key {
    Key { name, kind, fallback: Fallback::List(default), example: "", doc }
}

const fn of_country(name: &'static str, kind: Kind, doc: &'static str) -> Key {
    Key { name, kind, fallback: Fallback::OfCountry, example: "", doc }
}
