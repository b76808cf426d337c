//! The table itself.

use super::{Fallback, Key, Kind, Section};
use crate::choice::{Choice, Language, RecordChoice, RecordingFormat, RecordingRule, Srtp};

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
    Section {
        name: "features",
        count_max: 1,
        doc: "Codes that a phone may dial, and two that are typed during a call.",
        keys: FEATURES,
    },
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
    Key {
        name: "srtp",
        kind: Kind::Choice(Srtp::WORDS),
        fallback: Fallback::Text("optional"),
        example: "",
        doc: "Encryption of audio between phone and box (SRTP). \"optional\": answered where a phone offers it, and\n\
              offered to phones that registered over TLS. \"required\": nothing goes in the clear, phones that\n\
              cannot encrypt cannot call.",
    },
    Key {
        name: "country",
        kind: Kind::Country,
        fallback: Fallback::Text("be"),
        example: "",
        doc: "Whose dial, ringing and busy tones are heard: \"be\", \"de\", \"us\". A country that the box does not\n\
              know sounds as ITU-T E.180 recommends.",
    },
    Key {
        name: "language",
        kind: LANGUAGE,
        fallback: Fallback::Text("en"),
        example: "",
        doc: "The language of prompts, where an extension says nothing else.",
    },
    Key {
        name: "opus_complexity",
        kind: Kind::Integer { min: 0, max: 10, or_zero: false },
        fallback: Fallback::Integer(5),
        example: "",
        doc: "How hard the Opus encoder works, from 0 to 10: more is a little better to the ear and costs\n\
              calls per core.",
    },
    Key {
        name: "opus_bit_rate",
        kind: Kind::Integer { min: 6_000, max: 128_000, or_zero: false },
        fallback: Fallback::Integer(24_000),
        example: "",
        doc: "What Opus spends on each direction of a call, bits a second, without the headers of its packets.",
    },
    Key {
        name: "audio_threads",
        kind: Kind::Integer { min: 1, max: 64, or_zero: true },
        fallback: Fallback::Integer(0),
        example: "",
        doc: "Threads for audio; 0: one per core. A change takes effect at the next start.",
    },
    Key {
        name: "pin_threads",
        kind: Kind::Flag,
        fallback: Fallback::Flag(false),
        example: "",
        doc: "Tie each audio thread to a core of its own. Worth it only on a box that does nothing else.\n\
              A change takes effect at the next start.",
    },
    Key {
        name: "text_to_speech",
        kind: Kind::Program,
        fallback: Fallback::Absent,
        example: "\"/usr/bin/speak-wav\"",
        doc: "A program that speaks: it reads UTF-8 text on its standard input and writes WAV on its standard\n\
              output. It is started as it stands here, without arguments and never through a shell.",
    },
];

const RECORDING: &[Key] = &[
    Key {
        name: "default",
        kind: Kind::Choice(RecordingRule::WORDS),
        fallback: Fallback::Text("on_demand"),
        example: "",
        doc: "Which calls are recorded where nobody says otherwise: none, all, or those in which somebody asks\n\
              for it with the code of `features.record`.",
    },
    Key {
        name: "format",
        kind: Kind::Choice(RecordingFormat::WORDS),
        fallback: Fallback::Text("opus"),
        example: "",
        doc: "How recordings are kept: \"opus\" (Opus in Ogg, small) or \"wav\" (large, read by everything).",
    },
    Key {
        name: "announce",
        kind: Kind::Flag,
        fallback: Fallback::Flag(true),
        example: "",
        doc: "Both sides are told when a recording begins. Switch it off only where the law allows it.",
    },
    Key {
        name: "encrypt",
        kind: Kind::Flag,
        fallback: Fallback::Flag(true),
        example: "",
        doc: "Keep recordings under the box's own key: of use to nobody who takes the disk away.",
    },
    Key {
        name: "keep_days",
        kind: Kind::Integer { min: 1, max: 36_500, or_zero: true },
        fallback: Fallback::Integer(90),
        example: "",
        doc: "After so many days a recording is deleted; 0: never.",
    },
    Key {
        name: "disk_reserve_mb",
        kind: Kind::Integer { min: 50, max: 1_000_000, or_zero: false },
        fallback: Fallback::Integer(500),
        example: "",
        doc: "With less free space than this, in MB, no recording begins.",
    },
    Key {
        name: "duration_max_min",
        kind: Kind::Integer { min: 1, max: 1_440, or_zero: false },
        fallback: Fallback::Integer(240),
        example: "",
        doc: "A recording ends by itself after so long, minutes.",
    },
];

const FEATURES: &[Key] = &[
    Key {
        name: "echo",
        kind: Kind::Code,
        fallback: Fallback::Text("*43"),
        example: "",
        doc: "Echo test: the caller hears himself.",
    },
    Key {
        name: "record",
        kind: Kind::Code,
        fallback: Fallback::Text("*1"),
        example: "",
        doc: "Typed during a call: starts its recording, and stops it.",
    },
    Key {
        name: "record_pause",
        kind: Kind::Code,
        fallback: Fallback::Text("*3"),
        example: "",
        doc: "Typed during a call: pauses its recording (while card numbers are said), and goes on.",
    },
    Key { name: "clock", kind: Kind::Code, fallback: Fallback::Text("*60"), example: "", doc: "Says the time." },
    Key {
        name: "own_number",
        kind: Kind::Code,
        fallback: Fallback::Text("*65"),
        example: "",
        doc: "Says the number of the extension that dials it.",
    },
    Key {
        name: "music",
        kind: Kind::Code,
        fallback: Fallback::Text("*9664"),
        example: "",
        doc: "Plays the music that held callers hear.",
    },
    Key {
        name: "milliwatt",
        kind: Kind::Code,
        fallback: Fallback::Text("*9197"),
        example: "",
        doc: "Plays a tone of 1,004 Hz at one milliwatt, to measure lines by.",
    },
    Key {
        name: "listen",
        kind: Kind::Code,
        fallback: Fallback::Text("*33"),
        example: "",
        doc: "With an extension's number behind it: listens in to that extension's call. Then key 4 listens,\n\
              5 whispers to the extension, 6 speaks to both. Only for extensions with `supervisor`.",
    },
];

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
    Key {
        name: "record",
        kind: RECORD,
        fallback: Fallback::Text("default"),
        example: "",
        doc: "Whether calls to it are recorded.",
    },
    Key {
        name: "music",
        kind: Kind::MusicName,
        fallback: Fallback::Absent,
        example: "\"lobby\"",
        doc: "The music class that callers hear instead of ringing.",
    },
];

const MUSIC: &[Key] = &[
    Key { name: "name", kind: Kind::MusicName, fallback: Fallback::Required, example: "\"lobby\"", doc: "Its name." },
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

const CONFERENCE: &[Key] = &[
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
];
