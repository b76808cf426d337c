//! What leads outside: trunks, classes, blocked callers, numbers, emergency calls.

use std::collections::BTreeMap;

use config::{Blocked, Class, Config, Edit, Emergency, Numbers, Trunk};

use super::{Entry, Given, Group, Sheet, Single};

impl Sheet for Trunk {
    const FORM: &'static [Group] = &[
        Group {
            title: "",
            folded: false,
            keys: &[
                ("name", "Name"),
                ("kind", "How it becomes ours"),
                ("host", "Provider's domain or address"),
                ("transport", "Transport"),
                ("user", "User"),
                ("password", "Password"),
                ("numbers", "Our numbers"),
                ("caller_id", "Number shown"),
                ("enabled", "In use"),
            ],
        },
        Group {
            title: "Limits",
            folded: true,
            keys: &[
                ("calls_max", "Calls at once"),
                ("minutes_max", "Longest call, minutes"),
                ("spend_day_max", "Spent in a day, hundredths"),
                ("prices", "Prices a minute"),
                ("countries", "Countries"),
            ],
        },
        Group {
            title: "How it is spoken to",
            folded: true,
            keys: &[
                ("port", "Port"),
                ("proxy", "Proxy"),
                ("auth_user", "User for authentication"),
                ("realm", "Realm"),
                ("sources", "Further networks of the provider"),
                ("expires_s", "Registration, seconds"),
                ("options_s", "Asked whether it lives, every … seconds"),
                ("verify", "Certificate must be good"),
            ],
        },
        Group {
            title: "Numbers and audio",
            folded: true,
            keys: &[
                ("number_form", "How numbers are written"),
                ("identity", "Who calls is told in"),
                ("tell_diversion", "Tell who diverted"),
                ("codecs", "Codecs"),
                ("srtp", "Encryption of audio"),
            ],
        },
    ];

    fn read(given: &mut Given, before: Option<&Self>) -> Self {
        Trunk {
            name: given.text("name"),
            enabled: given.flag("enabled"),
            kind: given.choice("kind"),
            host: given.text("host"),
            port: given.integer_or_absent("port"),
            transport: given.choice("transport"),
            proxy: given.text_or_absent("proxy"),
            user: given.text_or_absent("user"),
            auth_user: given.text_or_absent("auth_user"),
            password: given.hidden_or_absent("password", before.and_then(|before| before.password.as_ref())),
            realm: given.text_or_absent("realm"),
            numbers: given.list("numbers"),
            caller_id: given.text_or_absent("caller_id"),
            identity: given.choice("identity"),
            tell_diversion: given.flag("tell_diversion"),
            number_form: given.choice("number_form"),
            sources: given.list("sources"),
            calls_max: given.integer("calls_max"),
            minutes_max: given.integer("minutes_max"),
            spend_day_max: given.integer("spend_day_max"),
            prices: given.list("prices"),
            countries: given.list("countries"),
            expires_s: given.integer("expires_s"),
            options_s: given.integer("options_s"),
            codecs: given.list("codecs"),
            srtp: given.choice("srtp"),
            verify: given.flag("verify"),
        }
    }
}

/// What every entry has alike: where it lies in the document, and its edits.
macro_rules! rows {
    ($rows:ident, $id:ident, $add:ident, $change:ident, $remove:ident) => {
        fn all(config: &Config) -> &BTreeMap<String, Self> {
            &config.$rows
        }

        fn id(&self) -> &str {
            &self.$id
        }

        fn add(self) -> Edit {
            Edit::$add(self)
        }

        fn change(self) -> Edit {
            Edit::$change(self)
        }

        fn remove(id: String) -> Edit {
            Edit::$remove(id)
        }
    };
}
pub(super) use rows;

impl Entry for Trunk {
    const NAME: &'static str = "trunks";
    const PATH: &'static str = "/trunks";
    const ONE: &'static str = "trunk";
    const MANY: &'static str = "Trunks";
    const ICON: &'static str = "trunk";
    const LEAD: &'static str = "Lines to providers, or to another exchange.";
    const EMPTY: &'static str = "Without a trunk the box calls only inside. Begin with what the provider sent: \
                                 a domain, a user and a password, or an address.";
    const REMOVAL: &'static str = "It leaves the routes that use it. Calls under way go on.";
    rows!(trunks, name, AddTrunk, ChangeTrunk, RemoveTrunk);
}

impl Sheet for Class {
    const FORM: &'static [Group] = &[
        Group {
            title: "",
            folded: false,
            keys: &[
                ("name", "Name"),
                ("may_call", "May call"),
                ("countries", "Other countries"),
                ("blocked", "All the same not"),
                ("forward_outside", "Forward and transfer outside"),
            ],
        },
        Group {
            title: "Limits",
            folded: false,
            keys: &[
                ("pin", "PIN"),
                ("hours", "Hours"),
                ("calls_max", "Calls outside at once"),
                ("minutes_max", "Longest call, minutes"),
                ("spend_day_max", "Spent in a day, hundredths"),
            ],
        },
    ];

    fn read(given: &mut Given, before: Option<&Self>) -> Self {
        Class {
            name: given.text("name"),
            may_call: given.list("may_call"),
            countries: given.list("countries"),
            blocked: given.list("blocked"),
            pin: given.hidden_or_absent("pin", before.and_then(|before| before.pin.as_ref())),
            calls_max: given.integer("calls_max"),
            minutes_max: given.integer("minutes_max"),
            spend_day_max: given.integer("spend_day_max"),
            hours: given.text_or_absent("hours"),
            forward_outside: given.flag("forward_outside"),
        }
    }
}

impl Entry for Class {
    const NAME: &'static str = "classes";
    const PATH: &'static str = "/classes";
    const ONE: &'static str = "class";
    const MANY: &'static str = "Classes of service";
    const ICON: &'static str = "class";
    const LEAD: &'static str = "What extensions may call. Emergency numbers may always be called.";
    const EMPTY: &'static str = "Every extension may call inside, free, national and mobile numbers. A class lets some \
                                 call more, or less.";
    const REMOVAL: &'static str = "An extension that has it must get another one first.";
    rows!(classes, name, AddClass, ChangeClass, RemoveClass);
}

impl Sheet for Blocked {
    const FORM: &'static [Group] = &[Group {
        title: "",
        folded: false,
        keys: &[("number", "Number"), ("reason", "Why"), ("allow", "Let through")],
    }];

    fn read(given: &mut Given, _before: Option<&Self>) -> Self {
        Blocked { number: given.text("number"), reason: given.text("reason"), allow: given.flag("allow") }
    }
}

impl Entry for Blocked {
    const NAME: &'static str = "blocked";
    const PATH: &'static str = "/blocked";
    const ONE: &'static str = "blocked caller";
    const MANY: &'static str = "Blocked callers";
    const ICON: &'static str = "blocked";
    const LEAD: &'static str = "Callers who are refused, or never refused.";
    const EMPTY: &'static str = "Nobody is refused. A number can be blocked here, or by phone right after its call.";
    const REMOVAL: &'static str = "Its calls are treated like all others.";
    rows!(blocked, number, AddBlocked, ChangeBlocked, RemoveBlocked);
}

impl Sheet for Numbers {
    const FORM: &'static [Group] = &[
        Group {
            title: "",
            folded: false,
            keys: &[
                ("country_code", "Calling code"),
                ("national_prefix", "Before national numbers"),
                ("international_prefix", "Before international numbers"),
                ("area_code", "Own area"),
                ("outside_prefix", "For an outside line"),
                ("emergency", "Emergency numbers"),
            ],
        },
        Group {
            title: "Kinds of numbers",
            folded: true,
            keys: &[("mobile", "Mobile"), ("premium", "Premium rate"), ("free", "Free of charge")],
        },
    ];

    fn read(given: &mut Given, _before: Option<&Self>) -> Self {
        let country_code = given.text("country_code");
        let usual = Numbers::of(country_code.clone());
        Numbers {
            country_code,
            national_prefix: given.text_if_given("national_prefix").unwrap_or(usual.national_prefix),
            international_prefix: given.text_if_given("international_prefix").unwrap_or(usual.international_prefix),
            area_code: given.text("area_code"),
            outside_prefix: given.text("outside_prefix"),
            emergency: given.list("emergency"),
            mobile: given.list_if_given("mobile").unwrap_or(usual.mobile),
            premium: given.list_if_given("premium").unwrap_or(usual.premium),
            free: given.list_if_given("free").unwrap_or(usual.free),
        }
    }
}

impl Single for Numbers {
    const NAME: &'static str = "numbers";
    const TITLE: &'static str = "Numbers";

    fn of(config: &Config) -> &Self {
        &config.numbers
    }

    fn set(self) -> Edit {
        Edit::SetNumbers(self)
    }
}

impl Sheet for Emergency {
    const FORM: &'static [Group] = &[Group {
        title: "",
        folded: false,
        keys: &[
            ("location", "Where this box stands"),
            ("notify", "Phones that are told"),
            ("email", "Mail to"),
            ("trunks", "Trunks"),
            ("caller_id", "Number shown"),
        ],
    }];

    fn read(given: &mut Given, _before: Option<&Self>) -> Self {
        Emergency {
            trunks: given.list("trunks"),
            caller_id: given.text_or_absent("caller_id"),
            location: given.text("location"),
            notify: given.list("notify"),
            email: given.list("email"),
        }
    }
}

impl Single for Emergency {
    const NAME: &'static str = "emergency";
    const TITLE: &'static str = "Emergency calls";

    fn of(config: &Config) -> &Self {
        &config.emergency
    }

    fn set(self) -> Edit {
        Edit::SetEmergency(self)
    }
}
