//! The form of an extension.

use config::{Config, Document, Extension, ExtensionDraft};
use serde::Deserialize;

use crate::backend::ApplyError;
use crate::pages::forms::{Errors, filled};

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
}

impl ExtensionForm {
    /// A form to be filled: switched on.
    pub fn empty() -> Self {
        ExtensionForm { enabled: Some("on".to_owned()), ..ExtensionForm::default() }
    }

    /// A form filled with what is in force.
    pub fn of(extension: &Extension) -> Self {
        ExtensionForm {
            number: extension.number.clone(),
            name: extension.name.clone(),
            email: extension.email.clone().unwrap_or_default(),
            ring_time_s: extension.ring_time_s.map(|s| s.to_string()).unwrap_or_default(),
            enabled: extension.enabled.then(|| "on".to_owned()),
        }
    }

    /// The draft without a secret. `number` is the one in the address, if the extension exists: it does not change.
    /// Only what cannot be said in a draft is an error here; the rest is the configuration's to judge.
    pub fn draft(&self, number: Option<&str>) -> Result<ExtensionDraft, Errors> {
        let ring_time_s = seconds(&self.ring_time_s)?;
        Ok(ExtensionDraft {
            number: number.unwrap_or(self.number.trim()).to_owned(),
            name: self.name.trim().to_owned(),
            email: filled(&self.email),
            enabled: self.enabled.is_some(),
            ring_time_s,
            secret: None,
        })
    }
}

impl ExtensionForm {
    /// The faults of all fields but the number: where the number is taken, the configuration looks no further.
    pub fn faults(&self, config: &Config) -> Errors {
        let Ok(draft) = self.draft(None) else { return Errors::default() };
        let other = Extension {
            number: draft.number.clone(),
            name: draft.name,
            email: draft.email,
            ha1_md5: [1; 16],
            ha1_sha256: [1; 32],
            enabled: draft.enabled,
            ring_time_s: draft.ring_time_s,
        };
        let mut config = config.clone();
        config.extensions = std::iter::once((draft.number, other)).collect();
        config.ring_groups.clear();
        Document::from_config(config).err().map(|faults| Errors::from(ApplyError::Refused(faults))).unwrap_or_default()
    }
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
