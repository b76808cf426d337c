//! The form of an extension.

use config::{Choice, Config, Document, Extension, ExtensionDraft, Language, RecordChoice};
use serde::Deserialize;

use crate::backend::ApplyError;
use crate::entries::{Given, Group};
use crate::pages::forms::{Errors, Rest, filled, rest};

/// The fields as they were typed.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct ExtensionForm {
    #[serde(default)]
    pub number: String,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub email: String,
    #[serde(default)]
    pub ring_time_s: String,
    /// A check box: absent when not ticked.
    #[serde(default)]
    pub enabled: Option<String>,
    #[serde(default)]
    pub record: String,
    #[serde(default)]
    pub language: String,
    #[serde(default)]
    pub gain_db: String,
    #[serde(default)]
    pub supervisor: Option<String>,
    #[serde(default)]
    pub noise_reduction: Option<String>,
    #[serde(default)]
    pub echo_cancellation: Option<String>,
    #[serde(default)]
    pub automatic_gain: Option<String>,
    /// The keys of [`MORE`]; none: they stay.
    #[serde(skip)]
    pub more: Option<Given>,
}

/// Keys laid out by the table of keys.
pub(super) const MORE: &[Group] = &[
    Group {
        title: "Outside",
        folded: false,
        keys: &[("class", "Class"), ("caller_id", "Number shown"), ("mobile", "Mobile")],
    },
    Group {
        title: "Mailbox",
        folded: false,
        keys: &[("voicemail", "Has a mailbox"), ("voicemail_pin", "PIN of the mailbox"), ("voicemail_mail", "By mail")],
    },
    Group {
        title: "Team and place",
        folded: false,
        keys: &[
            ("pickup_group", "Pickup group"),
            ("keys", "Keys of its phones"),
            ("location", "Where its phones stand"),
            ("emergency_caller_id", "Number shown to emergency services"),
        ],
    },
];

impl Rest for ExtensionForm {
    fn take_rest(&mut self, body: &[u8]) {
        self.more = rest("extension", "caller_id", body);
    }
}

/// Puts the keys of [`MORE`] into a draft.
fn add_more(draft: &mut ExtensionDraft, mut more: Given) -> Errors {
    draft.class = more.text_or_absent("class");
    draft.caller_id = more.text_or_absent("caller_id");
    draft.mobile = more.text_or_absent("mobile");
    draft.voicemail = more.flag("voicemail");
    draft.voicemail_pin = more.hidden_or_absent("voicemail_pin", draft.voicemail_pin.as_ref());
    draft.voicemail_mail = more.choice("voicemail_mail");
    draft.pickup_group = more.text_or_absent("pickup_group");
    draft.keys = more.text_or_absent("keys");
    draft.location = more.text_or_absent("location");
    draft.emergency_caller_id = more.text_or_absent("emergency_caller_id");
    more.errors
}

impl ExtensionForm {
    /// A form to be filled: switched on.
    pub fn empty() -> Self {
        ExtensionForm { enabled: ticked(true), ..ExtensionForm::default() }
    }

    /// A form filled with what is in force.
    pub fn of(extension: &Extension) -> Self {
        ExtensionForm {
            number: extension.number.clone(),
            name: extension.name.clone(),
            email: extension.email.clone().unwrap_or_default(),
            ring_time_s: extension.ring_time_s.map(|s| s.to_string()).unwrap_or_default(),
            enabled: ticked(extension.enabled),
            record: extension.record.word().to_owned(),
            language: extension.language.map(|language| language.word().to_owned()).unwrap_or_default(),
            gain_db: if extension.gain_db == 0 { String::new() } else { extension.gain_db.to_string() },
            supervisor: ticked(extension.supervisor),
            noise_reduction: ticked(extension.noise_reduction),
            echo_cancellation: ticked(extension.echo_cancellation),
            automatic_gain: ticked(extension.automatic_gain),
            more: Some(Given::of(extension)),
        }
    }

    /// The draft without a secret. `before` is the extension as it is, if it exists: its number and what the form does
    /// not show do not change.
    /// Only what cannot be said in a draft is an error here; the rest is the configuration's to judge.
    pub fn draft(&self, before: Option<&Extension>) -> Result<ExtensionDraft, Errors> {
        let mut errors = Errors::default();
        let ring_time_s = seconds(&self.ring_time_s).unwrap_or_else(|wrong| {
            errors.add_missing(wrong);
            None
        });
        let gain_db = filled(&self.gain_db).map_or(Ok(0), |text| text.replace('−', "-").parse());
        let gain_db = gain_db.unwrap_or_else(|_| {
            errors.add("gain_db", "Write whole dB, −12 to 12, or leave it empty.");
            0
        });
        let record = record_choice(&self.record, &mut errors);
        let language = filled(&self.language).and_then(|word| {
            let language = Language::of(&word);
            if language.is_none() {
                errors.add("language", "Choose one of the list.");
            }
            language
        });
        let mut plain = before.map_or_else(ExtensionDraft::default, ExtensionDraft::from);
        if let Some(more) = &self.more {
            errors.add_missing(add_more(&mut plain, more.again()));
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(ExtensionDraft {
            number: before.map_or(self.number.trim(), |extension| &extension.number).to_owned(),
            name: self.name.trim().to_owned(),
            email: filled(&self.email),
            enabled: self.enabled.is_some(),
            ring_time_s,
            record,
            supervisor: self.supervisor.is_some(),
            language,
            noise_reduction: self.noise_reduction.is_some(),
            echo_cancellation: self.echo_cancellation.is_some(),
            automatic_gain: self.automatic_gain.is_some(),
            gain_db,
            secret: None,
            ..plain
        })
    }
}

impl ExtensionForm {
    /// The faults of all fields but the number: where the number is taken, the configuration looks no further.
    pub fn faults(&self, config: &Config) -> Errors {
        let Ok(draft) = self.draft(None) else { return Errors::default() };
        let other = Extension {
            email: draft.email,
            enabled: draft.enabled,
            ring_time_s: draft.ring_time_s,
            gain_db: draft.gain_db,
            ..Extension::new(draft.number.clone(), draft.name, [1; 16], [1; 32])
        };
        let config = Config {
            system: config.system.clone(),
            extensions: std::iter::once((draft.number, other)).collect(),
            ..Config::default()
        };
        Document::from_config(config).err().map(|faults| Errors::from(ApplyError::Refused(faults))).unwrap_or_default()
    }
}

/// A box's value as forms send it.
pub(crate) fn ticked(on: bool) -> Option<String> {
    on.then(|| "on".to_owned())
}

/// The field `record`; nothing at all is what the box says.
pub(crate) fn record_choice(text: &str, errors: &mut Errors) -> RecordChoice {
    let Some(word) = filled(text) else { return RecordChoice::Default };
    RecordChoice::of(&word).unwrap_or_else(|| {
        errors.add("record", "Choose one of the list.");
        RecordChoice::Default
    })
}

/// A field with seconds, or nothing.
pub(crate) fn seconds(text: &str) -> Result<Option<u16>, Errors> {
    match filled(text).map(|text| text.parse()) {
        None => Ok(None),
        Some(Ok(seconds)) => Ok(Some(seconds)),
        Some(Err(_)) => {
            let mut errors = Errors::default();
            errors.add("ring_time_s", "Write whole seconds, or leave it empty.");
            Err(errors)
        }
    }
}
