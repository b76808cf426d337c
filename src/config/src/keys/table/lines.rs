//! The keys of what leads outside: numbers, emergency calls, trunks, routes, classes, blocked callers.

use super::*;

const PATTERNS: Kind = Kind::Many { of: Item::Pattern, min: 0, max: 50 };
const TRUNKS: Kind = Kind::Many { of: Item::Word, min: 0, max: 20 };
const CALLING_CODES: Kind = Kind::Many { of: Item::CallingCode, min: 0, max: 250 };
const PREFIXES: Kind = Kind::Many { of: Item::Prefix, min: 0, max: 100 };
const CALLS: Kind = Kind::Integer { min: 1, max: 10_000, or_zero: true };
const MINUTES: Kind = Kind::Integer { min: 1, max: 10_000, or_zero: true };
const SPEND: Kind = Kind::Integer { min: 1, max: 100_000_000, or_zero: true };
const ORDER: Kind = Kind::Integer { min: 0, max: 9_999, or_zero: false };

pub(super) const NUMBERS: &[Key] = &[
    text("country_code", Kind::One(Item::Digits { min: 1, max: 3 }), "32", "The country's calling code."),
    of_country(
        "national_prefix",
        Kind::One(Item::Digits { min: 0, max: 4 }),
        "What is dialled before another area's number.",
    ),
    of_country(
        "international_prefix",
        Kind::One(Item::Digits { min: 0, max: 6 }),
        "What is dialled before another country's number.",
    ),
    text(
        "area_code",
        Kind::One(Item::Digits { min: 0, max: 6 }),
        "",
        "The area code that local numbers lack, without `national_prefix`; empty where every number is dialled whole.",
    ),
    text(
        "outside_prefix",
        Kind::One(Item::Digits { min: 0, max: 4 }),
        "",
        "What is dialled for an outside line, \"0\" or \"9\"; empty: nothing.",
    ),
    list(
        "emergency",
        Kind::Many { of: Item::Digits { min: 2, max: 6 }, min: 0, max: 20 },
        &[],
        "Emergency numbers beyond 000, 08, 110, 111, 112, 113, 118, 119, 911 and 999, which always are.",
    ),
    of_country("mobile", PREFIXES, "Beginnings of mobile numbers."),
    of_country("premium", PREFIXES, "Beginnings of premium-rate numbers."),
    of_country("free", PREFIXES, "Beginnings of numbers that are free of charge."),
];

pub(super) const EMERGENCY: &[Key] = &[
    list("trunks", TRUNKS, &[], "Trunks to try, in order; empty: every one that is enabled."),
    absent(
        "caller_id",
        Kind::One(Item::E164),
        "\"+3225551234\"",
        "The number shown where an extension has no `emergency_caller_id`.",
    ),
    text("location", MAY_BE_EMPTY, "", "Where this box stands, as a dispatcher must hear it: street, floor, town."),
    list("notify", NUMBERS_LIST, &[], "Extensions that are rung and told when somebody calls an emergency number."),
    list("email", EMAILS, &[], "Addresses that are written to then."),
];

pub(super) const TRUNK: &[Key] = &[
    required("name", Kind::One(Item::Word), "\"provider\"", "Its name."),
    flag("enabled", true, "May calls come and go by it?"),
    text(
        "kind",
        Kind::Choice(TrunkKind::WORDS),
        "register",
        "\"register\": the box registers with the provider. \"address\": the provider knows the box's address.",
    ),
    required("host", Kind::One(Item::Host), "\"sip.example.com\"", "The provider's domain or address."),
    absent(
        "port",
        Kind::Integer { min: 1, max: 65_535, or_zero: false },
        "5060",
        "Its port; left out, it is found by DNS (RFC 3263).",
    ),
    text("transport", Kind::Choice(TrunkTransport::WORDS), "auto", "How it is spoken to; \"auto\": as DNS says."),
    absent("proxy", Kind::One(Item::Host), "\"proxy.example.com\"", "Another host that requests are sent to."),
    absent(
        "user",
        Kind::One(Item::User),
        "\"3225551234\"",
        "The user part of our address there. \"register\" needs it.",
    ),
    absent("auth_user", Kind::One(Item::User), "\"account-77\"", "The user name for authentication, where it differs."),
    absent(
        "password",
        Kind::Password,
        "\"kept-between-us-2\"",
        "What the box proves to know. It stands in exports: keep those as you keep it. \"register\" needs it.",
    ),
    absent(
        "realm",
        Kind::Text { max: 128 },
        "\"example.com\"",
        "The only realm for which the password is used; left out, the first one that the provider's host names.",
    ),
    list(
        "numbers",
        Kind::Many { of: Item::E164, min: 0, max: 1_000 },
        &[],
        "Numbers that reach the box by this trunk.",
    ),
    absent("caller_id", Kind::One(Item::E164), "\"+3225551234\"", "The number shown where nobody says otherwise."),
    text(
        "identity",
        Kind::Choice(Identity::WORDS),
        "p_asserted_identity",
        "How the provider is told who calls: in From alone, or in this header too.",
    ),
    flag("tell_diversion", true, "Tell who diverted a call (Diversion, RFC 5806; History-Info, RFC 7044)."),
    text(
        "number_form",
        Kind::Choice(NumberForm::WORDS),
        "e164",
        "How numbers are written towards the provider: \"+3225551234\", \"3225551234\", \"003225551234\",\n\
         \"025551234\" at home, or as they were dialled.",
    ),
    list(
        "sources",
        Kind::Many { of: Item::Network, min: 0, max: 50 },
        &[],
        "Networks from which its calls come beside its own addresses: \"192.0.2.0/24\".",
    ),
    number("calls_max", CALLS, 0, "Calls by it at once at most; 0: no limit."),
    number("minutes_max", MINUTES, 0, "A call ends after so many minutes; 0: never."),
    number("spend_day_max", SPEND, 0, "Spent by it in a day at most, hundredths of the currency; 0: no limit."),
    list(
        "prices",
        Kind::Many { of: Item::Price, min: 0, max: 500 },
        &[],
        "What a minute costs by the number's beginning, hundredths of the currency: \"+32 2.5\". The longest\n\
         beginning counts; \"+\" alone stands for all others.",
    ),
    list("countries", CALLING_CODES, &[], "Calling codes that may be called by it, \"+32\"; empty: all."),
    number(
        "expires_s",
        Kind::Integer { min: 60, max: 86_400, or_zero: false },
        600,
        "The registration asked for, seconds.",
    ),
    number(
        "options_s",
        Kind::Integer { min: 10, max: 3_600, or_zero: true },
        60,
        "How often it is asked whether it lives (OPTIONS), seconds; 0: never.",
    ),
    list(
        "codecs",
        Kind::Many { of: Item::Codec, min: 0, max: 5 },
        &[],
        "Codecs, best first; empty: those of `media.codecs`.",
    ),
    text("srtp", Kind::Choice(Srtp::WORDS), "off", "Encryption of its audio. \"required\": nothing goes in the clear."),
    flag("verify", true, "The provider's certificate must be good (TLS)."),
];

pub(super) const OUTBOUND_ROUTE: &[Key] = &[
    required("name", Kind::One(Item::Word), "\"everywhere\"", "Its name."),
    flag("enabled", true, "Is it in use?"),
    number("order", ORDER, 100, "Routes with a lower one are tried first."),
    required(
        "patterns",
        Kind::Many { of: Item::Pattern, min: 1, max: 100 },
        "[\"+X.\"]",
        "Which numbers: \"+32X.\" as they are written outside, \"0Z.\" as they are dialled. X is 0-9, Z 1-9, N 2-9,\n\
         [2-58] one of 2, 3, 4, 5, 8; `.` at the end is one or more, `!` none or more.",
    ),
    number(
        "strip",
        Kind::Integer { min: 0, max: 20, or_zero: false },
        0,
        "Digits taken off the front, where the trunk's `number_form` is \"as_dialled\".",
    ),
    text("prepend", Kind::One(Item::Dialled), "", "What is then put before it."),
    required("trunks", Kind::Many { of: Item::Word, min: 1, max: 20 }, "[\"provider\"]", "Trunks to try, in order."),
    flag("balance", false, "The trunks take turns instead."),
    absent(
        "caller_id",
        Kind::One(Item::E164),
        "\"+3225551234\"",
        "The number shown; left out, the extension's, then the trunk's.",
    ),
    list(
        "classes",
        Kind::Many { of: Item::Word, min: 0, max: 50 },
        &[],
        "Only for extensions of these classes; empty: for all.",
    ),
    absent("hours", Kind::One(Item::Word), "\"office\"", "Only within these opening hours."),
];

pub(super) const INBOUND_ROUTE: &[Key] = &[
    required("name", Kind::One(Item::Word), "\"main\"", "Its name."),
    flag("enabled", true, "Is it in use?"),
    number("order", ORDER, 100, "Routes with a lower one are looked at first."),
    list("numbers", PATTERNS, &[], "Numbers that were called, as patterns of \"+32X.\"; empty: all."),
    list(
        "callers",
        Kind::Many { of: Item::Caller, min: 0, max: 50 },
        &[],
        "Numbers of callers, as patterns; \"anonymous\" stands for those who show none. Empty: all.",
    ),
    list("trunks", TRUNKS, &[], "Only calls of these trunks; empty: of all."),
    absent("hours", Kind::One(Item::Word), "\"office\"", "The opening hours that decide between the four below."),
    required("to", Kind::Destination, "\"400\"", "Where calls go: always, or while it is open."),
    absent("closed_to", Kind::Destination, "\"voicemail:800\"", "Where they go outside the hours; left out, as `to`."),
    absent("break_to", Kind::Destination, "\"voicemail:800\"", "In a break; left out, as `closed_to`."),
    absent("holiday_to", Kind::Destination, "\"sound:closed\"", "On a holiday; left out, as `closed_to`."),
    absent("label", Kind::Text { max: 32 }, "\"Sales\"", "Put before the caller's name on the phones."),
    flag("reject_anonymous", false, "Whoever shows no number is refused, politely."),
    flag("returned_contacts", true, "Whoever calls back after somebody here tried to reach him goes to that person."),
    absent("language", LANGUAGE, "\"nl\"", "In which language the box speaks to these callers."),
];

pub(super) const CLASS: &[Key] = &[
    required("name", Kind::One(Item::Word), "\"staff\"", "Its name."),
    list(
        "may_call",
        Kind::Many { of: Item::OneOf(NumberKind::WORDS), min: 0, max: 7 },
        BASIC_KINDS,
        "What may be called. Emergency numbers may always be.",
    ),
    list(
        "countries",
        CALLING_CODES,
        &[],
        "Calling codes of other countries that may be called, \"+33\"; empty, with \"international\": all.",
    ),
    list("blocked", PATTERNS, &[], "Patterns of numbers that may not be called all the same."),
    absent("pin", Kind::Pin, "\"2580\"", "Typed before any call outside; left out, nothing is asked."),
    number("calls_max", CALLS, 0, "Calls outside at once, for each extension; 0: no limit."),
    number("minutes_max", MINUTES, 0, "A call outside ends after so many minutes; 0: never."),
    number(
        "spend_day_max",
        SPEND,
        0,
        "Spent in a day by each extension at most, hundredths of the currency; 0: no limit.",
    ),
    absent("hours", Kind::One(Item::Word), "\"office\"", "Calls outside only within these opening hours."),
    flag("forward_outside", true, "May it forward and transfer calls to numbers outside?"),
];

pub(super) const BLOCKED: &[Key] = &[
    required(
        "number",
        Kind::One(Item::Blocked),
        "\"+32470000001\"",
        "The caller's number, or its beginning with `*` behind it.",
    ),
    text("reason", MAY_BE_EMPTY, "", "Why, for whoever looks."),
    flag("allow", false, "The other way: never refused, whatever else says so."),
];
