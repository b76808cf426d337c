//! The keys of an office: hours, calendars, mailboxes, parking, paging, phones, mail.

use super::*;

const PERIODS: Kind = Kind::Many { of: Item::Period, min: 0, max: calendar::PERIODS_MAX };

pub(super) const VOICEMAIL: &[Key] = &[
    number(
        "message_max_s",
        Kind::Integer { min: 10, max: 3_600, or_zero: false },
        180,
        "The longest message, seconds.",
    ),
    number("messages_max", Kind::Integer { min: 1, max: 1_000, or_zero: false }, 100, "Messages in a mailbox at most."),
    number(
        "keep_days",
        Kind::Integer { min: 1, max: 36_500, or_zero: true },
        0,
        "Messages that were heard are deleted after so many days; 0: never.",
    ),
    flag("mail_wav", false, "Mails carry WAV (large, played by everything) in place of Opus."),
];

pub(super) const PARKING: &[Key] = &[
    text(
        "number",
        Kind::One(Item::NumberOrNone),
        "700",
        "A call that is transferred to this number goes to the first free slot; empty: there is none. Where the\n\
         whole section is left out and something else has one of these numbers, parking is off.",
    ),
    text("first", Kind::One(Item::Number), "701", "The number of the first slot; the others follow it."),
    number("slots", Kind::Integer { min: 1, max: 100, or_zero: true }, 9, "How many there are; 0: parking is off."),
    number(
        "come_back_s",
        Kind::Integer { min: 10, max: 3_600, or_zero: false },
        45,
        "A call comes back to who parked it after so long, seconds.",
    ),
    absent("otherwise", Kind::Destination, "\"400\"", "Where it goes when nobody there takes it either."),
    absent("music", Kind::One(Item::Word), "\"lobby\"", "The music class that parked callers hear."),
];

pub(super) const PROVISIONING: &[Key] = &[
    flag("enabled", false, "Phones may fetch their configuration from the box."),
    absent(
        "host",
        Kind::One(Item::Host),
        "\"pbx.example.com\"",
        "The host that phones are told; left out, the address by which each phone reached the box.",
    ),
    absent(
        "phone_password",
        Kind::Password,
        "\"for-the-web-page-7\"",
        "The administrator's password that is set into phones.",
    ),
    flag("pnp", false, "Answer phones that ask by multicast (SIP PnP)."),
    flag("dhcp", false, "Answer phones, and phones alone, that ask by DHCP."),
    absent(
        "dhcp_range",
        Kind::Addresses,
        "\"192.168.1.100-192.168.1.199\"",
        "Addresses given to phones; left out, another server gives them and the box adds where to fetch from.",
    ),
    absent("ldap", Kind::Socket, "\"0.0.0.0:3389\"", "Where phones find the directory by LDAP; left out, nowhere."),
    flag("adopt", false, "An unknown phone may become that of an extension by dialling `features.adopt`."),
];

pub(super) const MAIL: &[Key] = &[
    absent("host", Kind::One(Item::Host), "\"smtp.example.com\"", "The mail server; left out, no mail is sent."),
    number("port", Kind::Integer { min: 1, max: 65_535, or_zero: false }, 587, "Its port."),
    text(
        "security",
        Kind::Choice(MailSecurity::WORDS),
        "starttls",
        "Encryption: from the first octet (\"tls\", port 465), after STARTTLS which must succeed, or none.",
    ),
    absent("user", Kind::Text { max: 254 }, "\"pbx@example.com\"", "The user name, where the server asks for one."),
    absent(
        "password",
        Kind::Password,
        "\"kept-between-us-3\"",
        "The password. It stands in exports: keep those as you keep it.",
    ),
    text("from", Kind::Email, "strowger@localhost", "The sender's address."),
];

pub(super) const MAILBOX: &[Key] = &[
    required("number", Kind::Number, "\"800\"", "Its number."),
    required("name", NAME, "\"Sales\"", "What it is called."),
    list("members", NUMBERS_LIST, &[], "Extensions that may listen; each sees what the others did."),
    absent("pin", Kind::Pin, "\"2468\"", "Typed to listen from other phones; left out, that is not possible."),
    list("email", EMAILS, &[], "Addresses that are written to."),
    text("mail", MAIL_SENT, "off", "What is sent there."),
];

pub(super) const PAGING: &[Key] = &[
    required("number", Kind::Number, "\"690\"", "Its number."),
    required("name", NAME, "\"Workshop\"", "What it is called."),
    required(
        "members",
        Kind::Many { of: Item::Number, min: 1, max: 200 },
        "[\"101\"]",
        "Extensions whose phones answer by themselves.",
    ),
    flag("two_way", false, "Those who are called may speak too."),
    number(
        "seconds_max",
        Kind::Integer { min: 5, max: 3_600, or_zero: false },
        60,
        "It ends by itself after so long, seconds.",
    ),
];

pub(super) const HOURS: &[Key] = &[
    required("name", Kind::One(Item::Word), "\"office\"", "Its name."),
    absent(
        "code",
        Kind::One(Item::Digits { min: 1, max: 4 }),
        "\"1\"",
        "Typed behind `features.day_night` to switch it by phone; left out, that is not possible.",
    ),
    absent("time_zone", Kind::TimeZone, "\"Europe/Brussels\"", "Its time zone, where not that of `system.time_zone`."),
    list("open", PERIODS, &[], "When it is open: \"mon-fri 09:00-17:30\"."),
    list("breaks", PERIODS, &[], "Breaks within: \"mon-fri 12:00-13:00\"."),
    list(
        "holidays",
        Kind::Many { of: Item::Region, min: 0, max: 10 },
        &[],
        "Countries whose public holidays are kept: \"be\", \"de-by\".",
    ),
    list(
        "closed",
        Kind::Many { of: Item::ClosedDay, min: 0, max: calendar::RULES_MAX },
        &[],
        "Further closed days: \"12-24..12-31 Year end\".",
    ),
    list("calendars", Kind::Many { of: Item::Word, min: 0, max: 10 }, &[], "Calendars whose events close."),
    list("switched_by", NUMBERS_LIST, &[], "Extensions that may switch it by phone; empty: all."),
];

pub(super) const CALENDAR: &[Key] = &[
    required("name", Kind::One(Item::Word), "\"team\"", "Its name."),
    required(
        "url",
        Kind::One(Item::Url),
        "\"https://calendar.example.com/team.ics\"",
        "Where it is fetched, as iCalendar (RFC 5545).",
    ),
    number("refresh_h", Kind::Integer { min: 1, max: 168, or_zero: false }, 12, "How often, hours."),
];

pub(super) const PHONE: &[Key] = &[
    required(
        "mac",
        Kind::One(Item::Mac),
        "\"001565aabbcc\"",
        "The address on its sticker. Read with `:`, `-` or `.` between the digits too.",
    ),
    required("model", Kind::Choice(PhoneModel::WORDS), "\"yealink\"", "Who made it."),
    list(
        "lines",
        Kind::Many { of: Item::Number, min: 0, max: 20 },
        &[],
        "Extensions on its lines, the main one first.",
    ),
    absent("keys", Kind::One(Item::Word), "\"front-desk\"", "The key layout, where not that of its first extension."),
    absent("location", Kind::Text { max: 200 }, "\"Hall, ground floor\"", "Where it stands, for emergency calls."),
    flag("hot_desk", false, "Nobody's phone: whoever logs in by code is called there."),
    list(
        "extra",
        Kind::Many { of: Item::Setting, min: 0, max: 100 },
        &[],
        "Further settings in the maker's own words: \"name=value\".",
    ),
];

pub(super) const KEY_LAYOUT: &[Key] = &[
    required("name", Kind::One(Item::Word), "\"front-desk\"", "Its name."),
    required(
        "keys",
        Kind::Many { of: Item::Key, min: 1, max: 150 },
        "[\"line\", \"blf 101 Anna\", \"park 701\", \"speed +3225551234 Taxi\", \"code *78 Silence\", \"hours office\"]",
        "What each key does, in order: `blf NUMBER`, `park SLOT`, `speed NUMBER`, `code CODE`, `hours NAME`,\n\
         `voicemail`, `line` or `none`, then perhaps what stands beside it.",
    ),
];
