//! The form of a phone.

use config::{Choice, Phone, PhoneModel};

use crate::pages::extensions::ticked;
use crate::pages::forms::{Errors, filled};

/// The fields as they were typed.
#[derive(Clone, Debug, Default)]
pub(super) struct PhoneForm {
    pub mac: String,
    pub model: String,
    /// Numbers with commas or blanks between them.
    pub lines: String,
    pub keys: String,
    pub location: String,
    pub hot_desk: Option<String>,
    /// A setting in each line.
    pub extra: String,
}

impl PhoneForm {
    pub fn read(body: &[u8]) -> Self {
        let mut form = PhoneForm::default();
        for (key, value) in form_urlencoded::parse(body) {
            let value = value.into_owned();
            match &*key {
                "mac" => form.mac = value,
                "model" => form.model = value,
                "lines" => form.lines = value,
                "keys" => form.keys = value,
                "location" => form.location = value,
                "hot_desk" => form.hot_desk = Some(value),
                "extra" => form.extra = value,
                _ => {}
            }
        }
        form
    }

    pub fn of(phone: &Phone) -> Self {
        PhoneForm {
            mac: phone.mac.clone(),
            model: phone.model.word().to_owned(),
            lines: phone.lines.join(", "),
            keys: phone.keys.clone().unwrap_or_default(),
            location: phone.location.clone().unwrap_or_default(),
            hot_desk: ticked(phone.hot_desk),
            extra: phone.extra.join("\n"),
        }
    }

    /// `mac` is the one in the address, if the phone exists: it does not change.
    pub fn phone(&self, mac: Option<&str>) -> Result<Phone, Errors> {
        let mut errors = Errors::default();
        let Some(model) = PhoneModel::of(self.model.trim()) else {
            errors.add("model", "Choose one of the list.");
            return Err(errors);
        };
        Ok(Phone {
            keys: filled(&self.keys),
            location: filled(&self.location),
            hot_desk: self.hot_desk.is_some(),
            extra: self.extra.lines().filter_map(filled).collect(),
            ..Phone::new(mac.map_or_else(|| bare(&self.mac), str::to_owned), model, numbers(&self.lines))
        })
    }
}

/// A MAC address as it is kept: `00:15:65:74:AB:CD` and `00-15-65…` are the same.
pub(super) fn bare(mac: &str) -> String {
    mac.chars().filter(|c| !matches!(c, ':' | '-' | '.' | ' ' | '\t')).collect::<String>().to_ascii_lowercase()
}

/// Numbers with commas, semicolons or blanks between them.
pub(super) fn numbers(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| c == ',' || c == ';' || c.is_whitespace());
    parts.filter(|number| !number.is_empty()).map(str::to_owned).collect()
}

/// A maker by name.
pub(crate) fn maker(model: PhoneModel) -> &'static str {
    match model {
        PhoneModel::Yealink => "Yealink",
        PhoneModel::Grandstream => "Grandstream",
        PhoneModel::Snom => "Snom",
        PhoneModel::Fanvil => "Fanvil",
        PhoneModel::Polycom => "Polycom or Poly",
        PhoneModel::Gigaset => "Gigaset",
        PhoneModel::Cisco => "Cisco multiplatform",
    }
}
