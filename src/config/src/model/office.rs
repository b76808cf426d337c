//! What an office has besides phones: hours, calendars, mailboxes, parking, paging, handsets, mail.

use std::net::{Ipv4Addr, SocketAddr};

use base::Redacted;

use crate::choice::{CodeSet, MailSecurity, MailboxMail, PhoneModel};
use crate::codes::{code_of_set, office_codes};
use crate::destination::Destination;

/// `[[hours]]`: opening hours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hours {
    /// Letters, digits, `-` and `_`.
    pub name: String,
    /// What stands behind the day/night code: `*281`; absent: not switched by phone.
    pub code: Option<String>,
    /// Time zone; absent: `system.time_zone`.
    pub time_zone: Option<String>,
    /// Periods, as the calendar reads them: `mon-fri 09:00-17:30`.
    pub open: Vec<String>,
    /// Breaks within.
    pub breaks: Vec<String>,
    /// Countries whose public holidays are kept: `be`, `de-by`.
    pub holidays: Vec<String>,
    /// Further closed days: `12-24..12-31 Year end`.
    pub closed: Vec<String>,
    /// Names of `[[calendar]]`s whose events close.
    pub calendars: Vec<String>,
    /// Extensions that may switch it by phone; empty: all.
    pub switched_by: Vec<String>,
}

/// `[[calendar]]`: a subscribed iCalendar feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// Its name.
    pub name: String,
    /// Where it is fetched.
    pub url: String,
    /// How often, hours.
    pub refresh_h: u16,
}

/// `[[mailbox]]`: a shared voicemail box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// Its number.
    pub number: String,
    /// What it is called.
    pub name: String,
    /// Extensions that may listen; each sees what the others did.
    pub members: Vec<String>,
    /// For entry from other phones.
    pub pin: Option<Redacted<String>>,
    /// Where messages are sent.
    pub email: Vec<String>,
    /// What is sent.
    pub mail: MailboxMail,
}

/// `[voicemail]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoicemailSettings {
    /// Longest message, seconds.
    pub message_max_s: u16,
    /// Messages in a box at most.
    pub messages_max: u16,
    /// Read messages are deleted after so many days; 0: never.
    pub keep_days: u32,
    /// Mails carry WAV instead of Opus.
    pub mail_wav: bool,
}

/// `[parking]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parking {
    /// The number that parks: a call transferred to it goes to the first free slot; empty: none.
    pub number: String,
    /// The first slot's number.
    pub first: String,
    /// How many there are; 0: parking is off.
    pub slots: u8,
    /// A call comes back to who parked it after so many seconds.
    pub come_back_s: u16,
    /// Where it goes when nobody there takes it either.
    pub otherwise: Option<Destination>,
    /// The music class that parked callers hear.
    pub music: Option<String>,
}

/// `[[paging]]`: a number that speaks to many phones at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paging {
    /// Its number.
    pub number: String,
    /// What it is called.
    pub name: String,
    /// Extensions whose phones answer by themselves.
    pub members: Vec<String>,
    /// Those who are called may speak too.
    pub two_way: bool,
    /// Ends after so many seconds.
    pub seconds_max: u16,
}

/// `[[phone]]`: a handset that the box configures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phone {
    /// Twelve hexadecimal digits, lower case.
    pub mac: String,
    /// Whose template.
    pub model: PhoneModel,
    /// Extensions on its lines, the first is the main one.
    pub lines: Vec<String>,
    /// The `[[key_layout]]`.
    pub keys: Option<String>,
    /// Where it stands, for emergency calls.
    pub location: Option<String>,
    /// A phone of nobody: whoever logs in by code is called there.
    pub hot_desk: bool,
    /// Further settings, in the maker's own words: `name=value`.
    pub extra: Vec<String>,
}

/// `[[key_layout]]`: what the keys of phones do, for a group of people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyLayout {
    /// Its name.
    pub name: String,
    /// In order: `blf 102 Anna`, `park 701`, `speed 0477123456 Mobile`, `code *281 Night`, `line`, `none`.
    pub keys: Vec<String>,
}

/// `[provisioning]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provisioning {
    /// Phones may fetch their configuration.
    pub enabled: bool,
    /// The host in the addresses that phones are given; absent: the box's own address as the phone sees it.
    pub host: Option<String>,
    /// The administrator's password set into phones.
    pub phone_password: Option<Redacted<String>>,
    /// Answers phones that ask by multicast (SIP PnP).
    pub pnp: bool,
    /// Answers phones that ask by DHCP.
    pub dhcp: bool,
    /// Addresses the DHCP server gives, first and last; absent: it only adds its options (proxy).
    pub dhcp_range: Option<(Ipv4Addr, Ipv4Addr)>,
    /// Directory of extensions by LDAP; absent: off.
    pub ldap: Option<SocketAddr>,
    /// An unknown phone may be taken over by dialling a code.
    pub adopt: bool,
}

/// `[mail]`: how mail is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailSettings {
    /// The server; absent: no mail.
    pub host: Option<String>,
    /// Its port.
    pub port: u16,
    /// Encryption.
    pub security: MailSecurity,
    /// User name.
    pub user: Option<String>,
    /// Password.
    pub password: Option<Redacted<String>>,
    /// The sender's address.
    pub from: String,
}

/// `[features]`, the part that is dialled for the office's functions. Each is a code, empty: switched off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficeCodes {
    /// Which set fills the codes that are left out.
    pub set: CodeSet,
    /// One's own mailbox.
    pub voicemail: String,
    /// Any mailbox, its number is asked or stands behind.
    pub voicemail_other: String,
    /// Followed by a number: leave a message there.
    pub voicemail_leave: String,
    /// Forward everything, followed by the number; alone asks.
    pub forward_all: String,
    /// No more.
    pub forward_all_off: String,
    /// Forward when busy.
    pub forward_busy: String,
    /// No more.
    pub forward_busy_off: String,
    /// Forward when nobody answers.
    pub forward_no_answer: String,
    /// No more.
    pub forward_no_answer_off: String,
    /// Forward while no phone is registered.
    pub forward_unreachable: String,
    /// No more.
    pub forward_unreachable_off: String,
    /// Do not disturb on.
    pub dnd_on: String,
    /// Off.
    pub dnd_off: String,
    /// The other way.
    pub dnd_toggle: String,
    /// Call waiting on.
    pub call_waiting_on: String,
    /// Off.
    pub call_waiting_off: String,
    /// Follow-me on and off.
    pub follow_me: String,
    /// Followed by an extension: takes its ringing call.
    pub pickup: String,
    /// Takes any ringing call of one's pickup group.
    pub pickup_group: String,
    /// Typed in a call: parks it.
    pub park: String,
    /// Followed by a slot: takes the parked call.
    pub park_retrieve: String,
    /// Followed by an extension: its phone answers by itself.
    pub intercom: String,
    /// Followed by hours' `code`: day or night.
    pub day_night: String,
    /// Block a caller, followed by the number.
    pub block: String,
    /// Unblock.
    pub unblock: String,
    /// Block the last caller.
    pub block_last: String,
    /// Followed by a number: call without showing one's own.
    pub withhold: String,
    /// Call the last caller back.
    pub last_caller: String,
    /// Dial the last number again.
    pub redial: String,
    /// Followed by 0–99: speed dial.
    pub speed_dial: String,
    /// Followed by 0–99 and `*` and the number: sets it.
    pub speed_dial_set: String,
    /// Call back when the busy extension is free.
    pub camp_on: String,
    /// Not any more.
    pub camp_on_cancel: String,
    /// Log in at this phone, followed by one's extension.
    pub hot_desk_in: String,
    /// Log out.
    pub hot_desk_out: String,
    /// Makes this unknown phone that of an extension.
    pub adopt: String,
    /// Typed in a call: transfer without asking.
    pub transfer_blind: String,
    /// Typed in a call: ask first, then transfer.
    pub transfer_attended: String,
    /// Typed in a call: all three talk.
    pub three_way: String,
}

impl OfficeCodes {
    /// The codes of a set, all of them switched on.
    pub fn of(set: CodeSet) -> Self {
        macro_rules! of_set {
            ($($code:ident)+) => { OfficeCodes { set, $($code: code_of_set(stringify!($code), set).to_owned(),)+ } };
        }
        office_codes!(of_set)
    }
}

impl Hours {
    /// Hours with their name, never open; all else as the defaults are.
    pub fn new(name: String) -> Self {
        Hours {
            name,
            code: None,
            time_zone: None,
            open: Vec::new(),
            breaks: Vec::new(),
            holidays: Vec::new(),
            closed: Vec::new(),
            calendars: Vec::new(),
            switched_by: Vec::new(),
        }
    }
}

impl Calendar {
    /// A calendar with its name and address; all else as the defaults are.
    pub fn new(name: String, url: String) -> Self {
        Calendar { name, url, refresh_h: 12 }
    }
}

impl Mailbox {
    /// A shared mailbox with its number and name; all else as the defaults are.
    pub fn new(number: String, name: String) -> Self {
        Mailbox { number, name, members: Vec::new(), pin: None, email: Vec::new(), mail: MailboxMail::Off }
    }
}

impl Paging {
    /// A paging group with its number, name and members; all else as the defaults are.
    pub fn new(number: String, name: String, members: Vec<String>) -> Self {
        Paging { number, name, members, two_way: false, seconds_max: 60 }
    }
}

impl Phone {
    /// A phone with its address, maker and lines; all else as the defaults are.
    pub fn new(mac: String, model: PhoneModel, lines: Vec<String>) -> Self {
        Phone { mac, model, lines, keys: None, location: None, hot_desk: false, extra: Vec::new() }
    }
}
