//! Sections that come once and have a page under Settings, and what has a number besides phones: shared mailboxes and
//! paging groups.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use config::{
    Config, Edit, MailSettings, Mailbox, MediaSettings, Paging, Parking, Provisioning, RecordingSettings,
    VoicemailSettings,
};

use super::lines::rows;
use super::{Entry, Given, Group, Sheet, Single};

impl Sheet for Mailbox {
    const FORM: &'static [Group] = &[
        Group {
            title: "",
            folded: false,
            keys: &[("number", "Number"), ("name", "Name"), ("members", "Who may listen"), ("pin", "PIN")],
        },
        Group { title: "By mail", folded: false, keys: &[("email", "Addresses"), ("mail", "What is sent")] },
    ];

    fn read(given: &mut Given, before: Option<&Self>) -> Self {
        Mailbox {
            number: given.text("number"),
            name: given.text("name"),
            members: given.list("members"),
            pin: given.hidden_or_absent("pin", before.and_then(|before| before.pin.as_ref())),
            email: given.list("email"),
            mail: given.choice("mail"),
        }
    }
}

impl Entry for Mailbox {
    const NAME: &'static str = "mailboxes";
    const PATH: &'static str = "/mailboxes";
    const ONE: &'static str = "shared mailbox";
    const MANY: &'static str = "Shared mailboxes";
    const ICON: &'static str = "recording";
    const LEAD: &'static str = "Mailboxes of teams. Each member sees what the others did with a message.";
    const EMPTY: &'static str = "A team that is called together can share one mailbox: whoever listens first sees to it. \
                                 An extension's own is switched on with the extension.";
    const REMOVAL: &'static str = "Routes and groups that lead there must lead elsewhere first. Its messages stay.";
    rows!(mailboxes, number, AddMailbox, ChangeMailbox, RemoveMailbox);
}

impl Sheet for Paging {
    const FORM: &'static [Group] = &[Group {
        title: "",
        folded: false,
        keys: &[
            ("number", "Number"),
            ("name", "Name"),
            ("members", "Who hears it"),
            ("two_way", "Both ways"),
            ("seconds_max", "Longest, seconds"),
        ],
    }];

    fn read(given: &mut Given, _before: Option<&Self>) -> Self {
        Paging {
            number: given.text("number"),
            name: given.text("name"),
            members: given.list("members"),
            two_way: given.flag("two_way"),
            seconds_max: given.integer("seconds_max"),
        }
    }
}

impl Entry for Paging {
    const NAME: &'static str = "paging";
    const PATH: &'static str = "/paging";
    const ONE: &'static str = "paging group";
    const MANY: &'static str = "Paging groups";
    const ICON: &'static str = "sound";
    const LEAD: &'static str = "Numbers that speak to many phones at once; they answer by themselves.";
    const EMPTY: &'static str =
        "Whoever dials the number is heard on the loudspeakers of all its phones that are free.";
    const REMOVAL: &'static str = "Nobody can call it any more.";
    rows!(paging, number, AddPaging, ChangePaging, RemovePaging);
}

/// Where it lies in the document, and its edit.
macro_rules! single {
    ($kind:ty, $name:literal, $title:literal, $field:ident, $set:ident) => {
        impl Single for $kind {
            const NAME: &'static str = $name;
            const TITLE: &'static str = $title;

            fn of(config: &Config) -> &Self {
                &config.$field
            }

            fn set(self) -> Edit {
                Edit::$set(self)
            }
        }
    };
}

single!(VoicemailSettings, "voicemail", "Voicemail", voicemail, SetVoicemail);
single!(Parking, "parking", "Parking", parking, SetParking);
single!(MailSettings, "mail", "Mail", mail, SetMail);
single!(Provisioning, "provisioning", "Provisioning", provisioning, SetProvisioning);
single!(RecordingSettings, "recording", "Recording", recording, SetRecording);
single!(MediaSettings, "media", "Audio", media, SetMedia);

impl Sheet for VoicemailSettings {
    const FORM: &'static [Group] = &[Group {
        title: "",
        folded: false,
        keys: &[
            ("message_max_s", "Longest message, seconds"),
            ("messages_max", "Messages in a mailbox"),
            ("keep_days", "Heard ones are kept, days"),
            ("mail_wav", "WAV in mails"),
        ],
    }];

    fn read(given: &mut Given, _before: Option<&Self>) -> Self {
        VoicemailSettings {
            message_max_s: given.integer("message_max_s"),
            messages_max: given.integer("messages_max"),
            keep_days: given.integer("keep_days"),
            mail_wav: given.flag("mail_wav"),
        }
    }
}

impl Sheet for Parking {
    const FORM: &'static [Group] = &[Group {
        title: "",
        folded: false,
        keys: &[
            ("number", "Number that parks"),
            ("first", "First slot"),
            ("slots", "How many slots"),
            ("come_back_s", "Comes back after, seconds"),
            ("otherwise", "And then"),
            ("music", "Music"),
        ],
    }];

    fn read(given: &mut Given, _before: Option<&Self>) -> Self {
        Parking {
            // An empty one is meant: there is none.
            number: given.text_if_given("number").unwrap_or_else(|| given.text("number")),
            first: given.text("first"),
            slots: given.integer("slots"),
            come_back_s: given.integer("come_back_s"),
            otherwise: given.destination_or_absent("otherwise"),
            music: given.text_or_absent("music"),
        }
    }
}

impl Sheet for MailSettings {
    const FORM: &'static [Group] = &[Group {
        title: "",
        folded: false,
        keys: &[
            ("host", "Mail server"),
            ("port", "Port"),
            ("security", "Encryption"),
            ("from", "Sender"),
            ("user", "User"),
            ("password", "Password"),
        ],
    }];

    fn read(given: &mut Given, before: Option<&Self>) -> Self {
        MailSettings {
            host: given.text_or_absent("host"),
            port: given.integer("port"),
            security: given.choice("security"),
            user: given.text_or_absent("user"),
            password: given.hidden_or_absent("password", before.and_then(|before| before.password.as_ref())),
            from: given.text("from"),
        }
    }
}

impl Sheet for Provisioning {
    const FORM: &'static [Group] = &[
        Group {
            title: "",
            folded: false,
            keys: &[
                ("enabled", "Phones may fetch"),
                ("adopt", "Unknown phones by code"),
                ("host", "Host that phones are told"),
                ("phone_password", "Administrator's password of phones"),
            ],
        },
        Group {
            title: "How phones find the box",
            folded: false,
            keys: &[
                ("pnp", "SIP PnP"),
                ("dhcp", "DHCP"),
                ("dhcp_range", "Addresses given to phones"),
                ("ldap", "Directory by LDAP at"),
            ],
        },
    ];

    fn read(given: &mut Given, before: Option<&Self>) -> Self {
        let range = |text: &str| -> Option<(Ipv4Addr, Ipv4Addr)> {
            let (first, last) = text.split_once('-')?;
            Some((first.trim().parse().ok()?, last.trim().parse().ok()?))
        };
        let password = before.and_then(|before| before.phone_password.as_ref());
        Provisioning {
            enabled: given.flag("enabled"),
            host: given.text_or_absent("host"),
            phone_password: given.hidden_or_absent("phone_password", password),
            pnp: given.flag("pnp"),
            dhcp: given.flag("dhcp"),
            dhcp_range: given.read_or_absent("dhcp_range", range),
            ldap: given.read_or_absent("ldap", |text| text.parse().ok()),
            adopt: given.flag("adopt"),
        }
    }
}

impl Sheet for RecordingSettings {
    const FORM: &'static [Group] = &[Group {
        title: "",
        folded: false,
        keys: &[
            ("default", "Record calls"),
            ("format", "Format"),
            ("announce", "Tell that it is recorded"),
            ("encrypt", "Encrypt the files"),
            ("keep_days", "Kept, days"),
            ("disk_reserve_mb", "Left free on the disk, MB"),
            ("duration_max_min", "Longest, minutes"),
        ],
    }];

    fn read(given: &mut Given, _before: Option<&Self>) -> Self {
        RecordingSettings {
            default: given.choice("default"),
            format: given.choice("format"),
            announce: given.flag("announce"),
            encrypt: given.flag("encrypt"),
            keep_days: given.integer("keep_days"),
            disk_reserve_mb: given.integer("disk_reserve_mb"),
            duration_max_min: given.integer("duration_max_min"),
        }
    }
}

impl Sheet for MediaSettings {
    const FORM: &'static [Group] = &[
        Group {
            title: "",
            folded: false,
            keys: &[
                ("codecs", "Codecs"),
                ("srtp", "Encryption of audio"),
                ("country", "Tones of"),
                ("language", "Language of prompts"),
                ("inactivity_s", "Silent calls end after, seconds"),
                ("text_to_speech", "Text to speech"),
            ],
        },
        Group {
            title: "Load",
            folded: true,
            keys: &[
                ("opus_complexity", "Opus: complexity"),
                ("opus_bit_rate", "Opus: bits a second"),
                ("audio_threads", "Audio threads"),
                ("pin_threads", "Threads stay on their cores"),
            ],
        },
    ];

    fn read(given: &mut Given, _before: Option<&Self>) -> Self {
        MediaSettings {
            codecs: given.list("codecs"),
            inactivity_s: given.integer("inactivity_s"),
            srtp: given.choice("srtp"),
            country: given.text("country"),
            language: given.choice("language"),
            opus_complexity: given.integer("opus_complexity"),
            opus_bit_rate: given.integer("opus_bit_rate"),
            audio_threads: given.integer("audio_threads"),
            pin_threads: given.flag("pin_threads"),
            text_to_speech: given.text_or_absent("text_to_speech"),
        }
    }
}
