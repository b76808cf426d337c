//! The keys of extensions, ring groups, music and conferences.

use super::*;

pub(super) const EXTENSION: &[Key] = &[
    Key {
        name: "number",
        kind: Kind::Number,
        fallback: Fallback::Required,
        example: "\"101\"",
        doc: "Its number, also the user name by which its phones register.",
    },
    Key {
        name: "name",
        kind: NAME,
        fallback: Fallback::Required,
        example: "\"Anna Peeters\"",
        doc: "Who it is; shown on the phones of those it calls.",
    },
    Key {
        name: "email",
        kind: Kind::Email,
        fallback: Fallback::Absent,
        example: "\"anna@example.com\"",
        doc: "Where messages for it go.",
    },
    Key {
        name: "enabled",
        kind: Kind::Flag,
        fallback: Fallback::Flag(true),
        example: "",
        doc: "May it register and call?",
    },
    Key {
        name: "ring_time_s",
        kind: RING_TIME,
        fallback: Fallback::Absent,
        example: "20",
        doc: "How long its phones ring, seconds, where not as long as `sip.ring_time_s` says.",
    },
    Key {
        name: "record",
        kind: RECORD,
        fallback: Fallback::Text("default"),
        example: "",
        doc: "Whether its calls are recorded. \"never\" protects it in every call.",
    },
    Key {
        name: "supervisor",
        kind: Kind::Flag,
        fallback: Fallback::Flag(false),
        example: "",
        doc: "May it listen in to other extensions?",
    },
    Key {
        name: "language",
        kind: LANGUAGE,
        fallback: Fallback::Absent,
        example: "\"nl\"",
        doc: "The language of the prompts it hears, where not that of `media.language`.",
    },
    Key {
        name: "noise_reduction",
        kind: Kind::Flag,
        fallback: Fallback::Flag(false),
        example: "",
        doc: "Take steady noise away from what it says.",
    },
    Key {
        name: "echo_cancellation",
        kind: Kind::Flag,
        fallback: Fallback::Flag(false),
        example: "",
        doc: "Take the echo of its phones' loudspeakers away from what others hear: for speakerphones that\n\
              do not do so themselves.",
    },
    Key {
        name: "automatic_gain",
        kind: Kind::Flag,
        fallback: Fallback::Flag(false),
        example: "",
        doc: "Bring what it says to an even loudness.",
    },
    Key {
        name: "gain_db",
        kind: Kind::Signed { min: -12, max: 12 },
        fallback: Fallback::Signed(0),
        example: "",
        doc: "Make what it says louder or softer, dB.",
    },
    absent("class", Kind::One(Item::Word), "\"staff\"", "What it may call; left out, as a class that says nothing."),
    absent(
        "caller_id",
        Kind::One(Item::E164),
        "\"+3225551234\"",
        "The number it shows outside; left out, the route's or the trunk's.",
    ),
    flag("voicemail", false, "It has a mailbox, to which calls go that nobody takes."),
    absent("voicemail_pin", Kind::Pin, "\"2580\"", "Typed to listen to the mailbox from other phones."),
    text(
        "voicemail_mail",
        MAIL_SENT,
        "off",
        "What a new message sends to `email`: \"notice\" that there is one, \"attach\" the message itself,\n\
         \"attach_delete\" the message, which is then deleted here.",
    ),
    absent(
        "pickup_group",
        Kind::One(Item::Word),
        "\"sales\"",
        "Those of the same group may take each other's ringing calls.",
    ),
    absent(
        "location",
        Kind::Text { max: 200 },
        "\"Station street 1, second floor, 1000 Brussels\"",
        "Where its phones stand, as a dispatcher must hear it, where not as `emergency.location` says.",
    ),
    absent(
        "emergency_caller_id",
        Kind::One(Item::E164),
        "\"+3225551234\"",
        "The number that emergency services are shown.",
    ),
    absent("mobile", Kind::One(Item::E164), "\"+32470000001\"", "Another number of the person, for follow-me."),
    absent("keys", Kind::One(Item::Word), "\"front-desk\"", "The layout of its phones' keys."),
    Key {
        name: "secret",
        kind: Kind::Secret,
        fallback: Fallback::Absent,
        example: "\"vb7q-mfre-2kxw\"",
        doc: "What its phones prove to know. The box keeps only the two digests below and never shows\n\
              or exports the secret itself. Either `secret` or both digests must be given.",
    },
    Key {
        name: "ha1_md5",
        kind: Kind::Hex { octets: 16 },
        fallback: Fallback::Absent,
        example: "\"08b21e5dff25f8b57ae2c8b3dd25cb83\"",
        doc: "MD5 of `number:realm:secret` (RFC 7616 §3.4.2). As good as the secret: keep it as one.",
    },
    Key {
        name: "ha1_sha256",
        kind: Kind::Hex { octets: 32 },
        fallback: Fallback::Absent,
        example: "\"4c4a9dc1ee2ea2a1bd7d8bd5e0cd3d9b5b53c76a12e8ecfb6f2ad9ef2c0e1c77\"",
        doc: "SHA-256 of the same.",
    },
];

pub(super) const RING_GROUP: &[Key] = &[
    Key { name: "number", kind: Kind::Number, fallback: Fallback::Required, example: "\"400\"", doc: "Its number." },
    Key { name: "name", kind: NAME, fallback: Fallback::Required, example: "\"Sales\"", doc: "What it is called." },
    Key {
        name: "members",
        kind: Kind::Members { max: 50 },
        fallback: Fallback::Required,
        example: "[\"101\"]",
        doc: "The extensions that ring.",
    },
    Key {
        name: "ring_time_s",
        kind: RING_TIME,
        fallback: Fallback::Absent,
        example: "20",
        doc: "How long they ring, seconds, where not as long as `sip.ring_time_s` says.",
    },
    Key {
        name: "record",
        kind: RECORD,
        fallback: Fallback::Text("default"),
        example: "",
        doc: "Whether calls to it are recorded.",
    },
    Key {
        name: "music",
        kind: Kind::One(Item::Word),
        fallback: Fallback::Absent,
        example: "\"lobby\"",
        doc: "The music class that callers hear instead of ringing.",
    },
    text(
        "strategy",
        Kind::Choice(RingStrategy::WORDS),
        "all",
        "Who rings when: \"all\" at once, \"sequential\" one after the other, \"rotating\" likewise but beginning\n\
         behind the one who answered last.",
    ),
    absent(
        "otherwise",
        Kind::Destination,
        "\"voicemail:800\"",
        "Where a call goes that nobody takes; left out, it ends.",
    ),
    absent("label", Kind::Text { max: 32 }, "\"Sales\"", "Put before the caller's name on the phones."),
    flag("skip_busy", false, "Members who are in a call are not rung."),
];

pub(super) const MUSIC: &[Key] = &[
    Key {
        name: "name",
        kind: Kind::One(Item::Word),
        fallback: Fallback::Required,
        example: "\"lobby\"",
        doc: "Its name.",
    },
    Key {
        name: "files",
        kind: Kind::Sounds { max: 100 },
        fallback: Fallback::Required,
        example: "[\"piano\", \"harp\"]",
        doc: "Sounds that were uploaded, by name, in the order in which they are played.",
    },
    Key {
        name: "shuffle",
        kind: Kind::Flag,
        fallback: Fallback::Flag(false),
        example: "",
        doc: "Play them in another order each time.",
    },
];

pub(super) const CONFERENCE: &[Key] = &[
    Key { name: "number", kind: Kind::Number, fallback: Fallback::Required, example: "\"600\"", doc: "Its number." },
    Key {
        name: "name",
        kind: NAME,
        fallback: Fallback::Required,
        example: "\"Weekly meeting\"",
        doc: "What it is called.",
    },
    Key {
        name: "pin",
        kind: Kind::Pin,
        fallback: Fallback::Absent,
        example: "\"4711\"",
        doc: "What must be typed to come in; left out, nothing is asked.",
    },
    Key {
        name: "entry_tones",
        kind: Kind::Flag,
        fallback: Fallback::Flag(true),
        example: "",
        doc: "A short tone tells that somebody came or went.",
    },
    Key {
        name: "record",
        kind: RECORD,
        fallback: Fallback::Text("default"),
        example: "",
        doc: "Whether it is recorded.",
    },
    Key {
        name: "members_max",
        kind: Kind::Integer { min: 2, max: 2_000, or_zero: false },
        fallback: Fallback::Integer(100),
        example: "",
        doc: "People in it at most.",
    },
    absent(
        "moderator_pin",
        Kind::Pin,
        "\"0815\"",
        "Typed in place of `pin` by whoever leads it; left out, nobody leads.",
    ),
    flag(
        "wait_for_moderator",
        false,
        "The others hear music until a moderator is there, and it ends when the last of them leaves.",
    ),
];
