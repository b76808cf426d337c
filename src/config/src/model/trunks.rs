//! Lines to the outside: trunks, the routes over them, numbers, and what may be called by whom.

use base::Redacted;

use crate::choice::{Identity, NumberForm, NumberKind, Srtp, TrunkKind, TrunkTransport};
use crate::country;
use crate::destination::Destination;
use crate::keys::BASIC_KINDS;

/// `[numbers]`: how numbers outside are written here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// The country's calling code, digits only: `32`.
    pub country_code: String,
    /// What is dialled before another area's number: `0`; empty: nothing.
    pub national_prefix: String,
    /// What is dialled before another country's number: `00`.
    pub international_prefix: String,
    /// The area code that local numbers lack, without the national prefix; empty where all numbers are dialled whole.
    pub area_code: String,
    /// What is dialled for an outside line; empty: nothing.
    pub outside_prefix: String,
    /// Emergency numbers beyond those of the built-in table.
    pub emergency: Vec<String>,
    /// Beginnings of mobile numbers in E.164, `+324`.
    pub mobile: Vec<String>,
    /// Beginnings of premium-rate numbers in E.164, `+32900`.
    pub premium: Vec<String>,
    /// Beginnings of free numbers in E.164, `+32800`.
    pub free: Vec<String>,
}

/// `[emergency]`: calls to emergency numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emergency {
    /// Trunks to try, in order; empty: every enabled one.
    pub trunks: Vec<String>,
    /// The number shown, where an extension has none of its own.
    pub caller_id: Option<String>,
    /// Where this box stands, as a dispatcher must hear it.
    pub location: String,
    /// Extensions that are rung and told when somebody calls an emergency number.
    pub notify: Vec<String>,
    /// Addresses that are written to.
    pub email: Vec<String>,
}

/// `[[trunk]]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trunk {
    /// Letters, digits, `-` and `_`.
    pub name: String,
    /// Whether it is switched on.
    pub enabled: bool,
    /// By registration or by address.
    pub kind: TrunkKind,
    /// The provider's domain or address.
    pub host: String,
    /// Its port; absent: found by DNS (RFC 3263) or 5060/5061.
    pub port: Option<u16>,
    /// How it is spoken to.
    pub transport: TrunkTransport,
    /// Another host that requests are sent to.
    pub proxy: Option<String>,
    /// The user part of our address there.
    pub user: Option<String>,
    /// The user name for authentication, where it differs.
    pub auth_user: Option<String>,
    /// What we prove to know.
    pub password: Option<Redacted<String>>,
    /// The only realm our password is used for; absent: the first one the provider's host names.
    pub realm: Option<String>,
    /// Numbers that reach us by this trunk, in E.164.
    pub numbers: Vec<String>,
    /// The number shown where nobody says otherwise, in E.164.
    pub caller_id: Option<String>,
    /// How who calls is told to the provider.
    pub identity: Identity,
    /// Who diverted a call is told (Diversion, RFC 5806; History-Info, RFC 7044).
    pub tell_diversion: bool,
    /// How numbers are written towards the provider.
    pub number_form: NumberForm,
    /// Networks from which its calls come beside its own addresses: `192.0.2.0/24`.
    pub sources: Vec<String>,
    /// Calls at once at most; 0: no limit.
    pub calls_max: u16,
    /// A call ends after so many minutes; 0: never.
    pub minutes_max: u16,
    /// Spent in a day at most, in hundredths of the currency; 0: no limit.
    pub spend_day_max: u32,
    /// Prices a minute by the number's beginning, hundredths: `+32 2.5`. The longest beginning counts.
    pub prices: Vec<String>,
    /// Calling codes that may be called by it; empty: all.
    pub countries: Vec<String>,
    /// Registration asked for, seconds.
    pub expires_s: u32,
    /// How often it is asked whether it lives (OPTIONS), seconds; 0: never.
    pub options_s: u32,
    /// Codecs, best first; empty: those of `media.codecs`.
    pub codecs: Vec<String>,
    /// Encryption of its audio.
    pub srtp: Srtp,
    /// The certificate must be good (TLS).
    pub verify: bool,
}

/// `[[outbound_route]]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboundRoute {
    /// Its name.
    pub name: String,
    /// Whether it is in use.
    pub enabled: bool,
    /// Lower ones are tried first.
    pub order: u16,
    /// Which numbers: `+32…` in E.164 or `0X.` as dialled; `X` any digit, `Z` 1–9, `N` 2–9, `.` the rest.
    pub patterns: Vec<String>,
    /// Digits taken off the front before it is sent (where `number_form` is `as_dialled`).
    pub strip: u8,
    /// Digits put before it.
    pub prepend: String,
    /// Trunks to try, in order.
    pub trunks: Vec<String>,
    /// Within a route the trunks take turns instead.
    pub balance: bool,
    /// The number shown; absent: the extension's, then the trunk's.
    pub caller_id: Option<String>,
    /// Only extensions of these classes; empty: all.
    pub classes: Vec<String>,
    /// Only within these opening hours.
    pub hours: Option<String>,
}

/// `[[inbound_route]]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboundRoute {
    /// Its name.
    pub name: String,
    /// Whether it is in use.
    pub enabled: bool,
    /// Lower ones are looked at first.
    pub order: u16,
    /// Numbers that were called, as patterns; empty: all.
    pub numbers: Vec<String>,
    /// Numbers of callers, as patterns; empty: all. `anonymous` stands for those who show none.
    pub callers: Vec<String>,
    /// Only calls of these trunks; empty: all.
    pub trunks: Vec<String>,
    /// Opening hours that decide.
    pub hours: Option<String>,
    /// Where calls go: always, or within the hours.
    pub to: Destination,
    /// Outside the hours; absent: `to`.
    pub closed_to: Option<Destination>,
    /// In a break; absent: `closed_to`.
    pub break_to: Option<Destination>,
    /// On a holiday; absent: `closed_to`.
    pub holiday_to: Option<Destination>,
    /// Put before the caller's name on the phones.
    pub label: Option<String>,
    /// Whoever shows no number is refused, politely.
    pub reject_anonymous: bool,
    /// A person whom somebody here tried to reach goes to whoever tried (returned contacts).
    pub returned_contacts: bool,
    /// In which language the box speaks to these callers.
    pub language: Option<crate::choice::Language>,
}

/// `[[class]]`: what an extension may call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    /// Its name.
    pub name: String,
    /// Kinds of numbers: words of [`crate::NumberKind`].
    pub may_call: Vec<String>,
    /// Calling codes of other countries that may be called, `+33`; empty with `international`: all.
    pub countries: Vec<String>,
    /// Patterns of numbers that may not be called all the same.
    pub blocked: Vec<String>,
    /// Typed before any call outside.
    pub pin: Option<Redacted<String>>,
    /// Calls outside at once, for each extension; 0: no limit.
    pub calls_max: u16,
    /// A call outside ends after so many minutes; 0: never.
    pub minutes_max: u16,
    /// Spent in a day by each extension at most, hundredths; 0: no limit.
    pub spend_day_max: u32,
    /// Calls outside only within these opening hours.
    pub hours: Option<String>,
    /// May transfer or forward calls to numbers outside.
    pub forward_outside: bool,
}

/// `[[blocked]]`: callers who are refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// The number in E.164, or its beginning with `*` behind it.
    pub number: String,
    /// Why, for whoever looks.
    pub reason: String,
    /// Never refused, whatever else says so.
    pub allow: bool,
}

impl Numbers {
    /// What is usual in the country of that calling code, digits only.
    pub fn of(country_code: String) -> Self {
        let plan = country::plan(&country_code);
        let owned = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        Numbers {
            country_code,
            national_prefix: plan.national_prefix.to_owned(),
            international_prefix: plan.international_prefix.to_owned(),
            area_code: String::new(),
            outside_prefix: String::new(),
            emergency: Vec::new(),
            mobile: owned(plan.mobile),
            premium: owned(plan.premium),
            free: owned(plan.free),
        }
    }
}

impl Trunk {
    /// A trunk with its name and host; all else as the defaults are.
    pub fn new(name: String, host: String) -> Self {
        Trunk {
            name,
            enabled: true,
            kind: TrunkKind::Register,
            host,
            port: None,
            transport: TrunkTransport::Auto,
            proxy: None,
            user: None,
            auth_user: None,
            password: None,
            realm: None,
            numbers: Vec::new(),
            caller_id: None,
            identity: Identity::Asserted,
            tell_diversion: true,
            number_form: NumberForm::E164,
            sources: Vec::new(),
            calls_max: 0,
            minutes_max: 0,
            spend_day_max: 0,
            prices: Vec::new(),
            countries: Vec::new(),
            expires_s: 600,
            options_s: 60,
            codecs: Vec::new(),
            srtp: Srtp::Off,
            verify: true,
        }
    }
}

impl OutboundRoute {
    /// A route with its name, patterns and trunks; all else as the defaults are.
    pub fn new(name: String, patterns: Vec<String>, trunks: Vec<String>) -> Self {
        OutboundRoute {
            name,
            enabled: true,
            order: 100,
            patterns,
            strip: 0,
            prepend: String::new(),
            trunks,
            balance: false,
            caller_id: None,
            classes: Vec::new(),
            hours: None,
        }
    }
}

impl InboundRoute {
    /// A route for every call, with its name and where it leads; all else as the defaults are.
    pub fn new(name: String, to: Destination) -> Self {
        InboundRoute {
            name,
            enabled: true,
            order: 100,
            numbers: Vec::new(),
            callers: Vec::new(),
            trunks: Vec::new(),
            hours: None,
            to,
            closed_to: None,
            break_to: None,
            holiday_to: None,
            label: None,
            reject_anonymous: false,
            returned_contacts: true,
            language: None,
        }
    }
}

impl Class {
    /// What holds for an extension without a class, under another name: inside, emergency, free, national and
    /// mobile numbers.
    pub fn new(name: String) -> Self {
        Class {
            name,
            may_call: BASIC_KINDS.iter().map(|word| (*word).to_owned()).collect(),
            countries: Vec::new(),
            blocked: Vec::new(),
            pin: None,
            calls_max: 0,
            minutes_max: 0,
            spend_day_max: 0,
            hours: None,
            forward_outside: true,
        }
    }

    /// May numbers of this kind be called?
    pub fn allows(&self, kind: NumberKind) -> bool {
        kind == NumberKind::Emergency || self.may_call.iter().any(|word| word == kind.word())
    }
}

impl Blocked {
    /// A caller who is refused, by number or beginning; all else as the defaults are.
    pub fn new(number: String) -> Self {
        Blocked { number, reason: String::new(), allow: false }
    }
}
