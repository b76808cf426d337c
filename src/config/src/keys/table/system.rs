//! The keys of the box itself: who it is, where it listens, how it speaks SIP, audio, recordings.

use super::*;

pub(super) const SYSTEM: &[Key] = &[
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

pub(super) const LISTEN: &[Key] = &[
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
        name: "sips_clients",
        kind: Kind::Choice(ClientCertificates::WORDS),
        fallback: Fallback::Text("none"),
        example: "",
        doc: "Whether phones show a certificate of their own on SIP over TLS. \"optional\": whoever shows one must show\n\
              a good one. \"required\": no connection without. Extension and secret are asked for all the same.",
    },
    Key {
        name: "sips_client_ca",
        kind: Kind::File,
        fallback: Fallback::Absent,
        example: "\"/etc/strowger/phones-ca.pem\"",
        doc: "The authorities whose certificates are good there, in PEM; read at the start.",
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

pub(super) const SIP: &[Key] = &[
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

pub(super) const MEDIA: &[Key] = &[
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

pub(super) const RECORDING: &[Key] = &[
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
