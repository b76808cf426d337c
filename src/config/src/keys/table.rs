//! The table itself.

use super::{Fallback, Key, Kind, Section};

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
    Section { name: "features", count_max: 1, doc: "Codes that a phone may dial.", keys: FEATURES },
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
];

const NAME: Kind = Kind::Text { max: 64 };
const RING_TIME: Kind = Kind::Integer { min: 5, max: 600, or_zero: false };

const SYSTEM: &[Key] = &[
    Key {
        name: "name",
        kind: NAME,
        fallback: Fallback::Text("Strowger"),
        example: "",
        doc: "The firm's name, on pages.",
    },
    Key {
        name: "realm",
        kind: Kind::Realm,
        fallback: Fallback::Text("strowger"),
        example: "",
        doc: "The realm in which phones prove who they are. It is part of every stored secret:\n\
              whoever changes it must give each extension a new `secret` in the same step.",
    },
    Key {
        name: "time_zone",
        kind: Kind::TimeZone,
        fallback: Fallback::Text("UTC"),
        example: "",
        doc: "The time zone of pages and reports, by its IANA name: \"Europe/Brussels\".",
    },
];

const LISTEN: &[Key] = &[
    Key {
        name: "sip",
        kind: Kind::Socket,
        fallback: Fallback::Text("0.0.0.0:5060"),
        example: "",
        doc: "SIP over UDP and TCP.",
    },
    Key {
        name: "sips",
        kind: Kind::Socket,
        fallback: Fallback::Absent,
        example: "\"0.0.0.0:5061\"",
        doc: "SIP over TLS; left out, there is none.",
    },
    Key {
        name: "web",
        kind: Kind::Socket,
        fallback: Fallback::Text("0.0.0.0:8443"),
        example: "",
        doc: "Pages and API over HTTPS.",
    },
    Key {
        name: "rtp",
        kind: Kind::Ports,
        fallback: Fallback::Text("10000-19999"),
        example: "",
        doc: "Ports for audio, both ends included: an even one for RTP and the odd one above it for RTCP\n\
              on each leg, so four for a call. The first must be even, the last odd.",
    },
];

const SIP: &[Key] = &[
    Key {
        name: "external_address",
        kind: Kind::Ip,
        fallback: Fallback::Absent,
        example: "\"203.0.113.10\"",
        doc: "The address by which phones outside reach the box, where it stands behind NAT;\n\
              it is named to phones that are not on a private network.",
    },
    Key {
        name: "expires_min_s",
        kind: Kind::Integer { min: 10, max: 86_400, or_zero: false },
        fallback: Fallback::Integer(60),
        example: "",
        doc: "The shortest registration taken, seconds; shorter ones are answered 423 (RFC 3261 §10.3).",
    },
    Key {
        name: "expires_max_s",
        kind: Kind::Integer { min: 10, max: 86_400, or_zero: false },
        fallback: Fallback::Integer(3_600),
        example: "",
        doc: "The longest registration granted, seconds; longer ones are shortened to it.",
    },
    Key {
        name: "expires_default_s",
        kind: Kind::Integer { min: 10, max: 86_400, or_zero: false },
        fallback: Fallback::Integer(600),
        example: "",
        doc: "What is granted to a phone that asks for no time, seconds.",
    },
    Key {
        name: "devices_max",
        kind: Kind::Integer { min: 1, max: 20, or_zero: false },
        fallback: Fallback::Integer(5),
        example: "",
        doc: "Phones registered on one extension at most.",
    },
    Key {
        name: "ring_time_s",
        kind: RING_TIME,
        fallback: Fallback::Integer(30),
        example: "",
        doc: "How long phones ring before the caller hears that nobody answers, seconds.",
    },
    Key {
        name: "session_expires_s",
        kind: Kind::Integer { min: 90, max: 86_400, or_zero: true },
        fallback: Fallback::Integer(1_800),
        example: "",
        doc: "How often a standing call is asked whether it still stands (RFC 4028), seconds; 0: never.",
    },
    Key {
        name: "session_min_s",
        kind: Kind::Integer { min: 90, max: 86_400, or_zero: false },
        fallback: Fallback::Integer(90),
        example: "",
        doc: "The shortest such interval that a phone may ask for, seconds.",
    },
    Key {
        name: "calls_max",
        kind: Kind::Integer { min: 1, max: 10_000, or_zero: false },
        fallback: Fallback::Integer(1_000),
        example: "",
        doc: "Calls at once at most; further ones are answered 503.",
    },
    Key {
        name: "strong_digest",
        kind: Kind::Flag,
        fallback: Fallback::Flag(false),
        example: "",
        doc: "Offer SHA-256 before MD5 when phones log in (RFC 8760). Off by default: widely used phones fail when they see it.",
    },
];

const MEDIA: &[Key] = &[
    Key {
        name: "codecs",
        kind: Kind::Codecs,
        fallback: Fallback::List(&["G722", "PCMA", "PCMU", "opus", "G729"]),
        example: "",
        doc: "Codecs allowed, best first.",
    },
    Key {
        name: "inactivity_s",
        kind: Kind::Integer { min: 10, max: 86_400, or_zero: false },
        fallback: Fallback::Integer(120),
        example: "",
        doc: "A call in which no side has sent audio for this long is ended, seconds.",
    },
];

const FEATURES: &[Key] = &[Key {
    name: "echo",
    kind: Kind::Code,
    fallback: Fallback::Text("*43"),
    example: "",
    doc: "Echo test: the caller hears himself.",
}];

const EXTENSION: &[Key] = &[
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

const RING_GROUP: &[Key] = &[
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
];
