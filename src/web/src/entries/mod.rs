//! The sections of the configuration that pages and the API treat alike: what each is called, how its form is laid out,
//! how what was given becomes an entry, and which edit puts it into force.
//!
//! **Invariant:** every key of a section stands in its form once (a test walks the key table).

mod field;
mod given;
mod lines;
mod office;
mod presets;
mod routes;
mod settings;

use std::collections::BTreeMap;

use config::value::Fields;
use config::{Config, ConfigError, Edit};

use crate::backend::ApplyError;
use crate::pages::forms::{Errors, worded};

pub(crate) use field::{FieldView, Fieldset, fieldsets, fieldsets_of, list_of_destinations};
pub(crate) use given::{Given, is_list};
pub(crate) use presets::{COUNTRIES, Country, TRUNK_TEMPLATES, TrunkTemplate, country_preset, trunk_template};

/// Some fields of a form, under one heading.
pub(crate) struct Group {
    /// The heading; the first has none.
    pub title: &'static str,
    /// Folded away until somebody wants it, for what few ever change.
    pub folded: bool,
    /// Each key with what it is called.
    pub keys: &'static [(&'static str, &'static str)],
}

/// A section of the configuration with a form.
pub(crate) trait Sheet: Fields + Clone + Send + Sync + 'static {
    /// Its form.
    const FORM: &'static [Group];

    /// What was given, as an entry; `before` is the one that it replaces, whose secrets stay. What could not be read is
    /// noted in `given`, and the entry is then not to be used.
    fn read(given: &mut Given, before: Option<&Self>) -> Self;
}

/// A section that comes many times.
pub(crate) trait Entry: Sheet {
    /// Its place in the navigation, and its word in the API: `outbound-routes`.
    const NAME: &'static str;
    /// Its pages: `/outbound-routes`.
    const PATH: &'static str;
    /// One of it, in a sentence.
    const ONE: &'static str;
    /// Many, as a heading.
    const MANY: &'static str;
    /// Its sign in the sprite.
    const ICON: &'static str;
    /// What it is, below the heading.
    const LEAD: &'static str;
    /// What it is for, where there is none yet.
    const EMPTY: &'static str;
    /// What its removal means, in the question before it.
    const REMOVAL: &'static str;

    /// All of them.
    fn all(config: &Config) -> &BTreeMap<String, Self>;
    /// Its number or name.
    fn id(&self) -> &str;
    /// A new one.
    fn add(self) -> Edit;
    /// In place of the one of that name.
    fn change(self) -> Edit;
    /// No more.
    fn remove(id: String) -> Edit;

    /// In which order lists show them: by this, then by name.
    fn order(&self) -> u16 {
        0
    }
}

/// A section that comes once.
pub(crate) trait Single: Sheet {
    /// Its word in the API.
    const NAME: &'static str;
    /// What it is called.
    const TITLE: &'static str;

    /// The one.
    fn of(config: &Config) -> &Self;
    /// In its place.
    fn set(self) -> Edit;
}

/// What a key is called on the pages, if it has a form here.
pub(crate) fn label_of(section: &str, key: &str) -> Option<&'static str> {
    use config::{Blocked, Calendar, Class, Emergency, Hours, InboundRoute, Numbers, OutboundRoute, Trunk};
    let form = match section {
        Trunk::SECTION => Trunk::FORM,
        OutboundRoute::SECTION => OutboundRoute::FORM,
        InboundRoute::SECTION => InboundRoute::FORM,
        Class::SECTION => Class::FORM,
        Blocked::SECTION => Blocked::FORM,
        Hours::SECTION => Hours::FORM,
        Calendar::SECTION => Calendar::FORM,
        Numbers::SECTION => Numbers::FORM,
        Emergency::SECTION => Emergency::FORM,
        _ => return None,
    };
    let mut keys = form.iter().flat_map(|group| group.keys.iter());
    keys.find(|(known, _)| *known == key).map(|(_, label)| *label)
}

/// In the order of lists.
pub(crate) fn sorted<E: Entry>(config: &Config) -> Vec<&E> {
    let mut rows: Vec<&E> = E::all(config).values().collect();
    rows.sort_by_key(|entry| entry.order()); // stable: by name otherwise
    rows
}

/// The errors of a change of one entry, each at its field; those of other entries stand above the form.
pub(crate) fn errors_at(section: &str, id: Option<&str>, error: ApplyError) -> Errors {
    let ApplyError::Refused(faults) = error else { return Errors::from(error) };
    let mut errors = Errors::default();
    for fault in faults {
        if is_at(&fault.path, section, id) {
            errors.add(fault.key(), worded(&fault));
        } else {
            errors.add("", elsewhere(&fault));
        }
    }
    errors
}

/// Is it a key of that entry? A name that is no word stands in quotes.
fn is_at(path: &str, section: &str, id: Option<&str>) -> bool {
    let rest = path.strip_prefix(section).and_then(|rest| rest.strip_prefix('.'));
    match (rest.map(|rest| rest.rsplit_once('.')), id) {
        (Some(Some((at, _))), Some(id)) => at == id || at.starts_with('"'),
        (Some(None), None) => true,
        _ => false,
    }
}

/// A fault of something else: `Inbound route main, to: …`.
fn elsewhere(fault: &ConfigError) -> String {
    let place = fault.path.replace('_', " ");
    let mut parts: Vec<&str> = place.split('.').collect();
    let key = parts.pop().unwrap_or_default();
    format!("{}, {key}: {}", parts.join(" "), worded(fault))
}

#[cfg(test)]
mod tests {
    use config::{Blocked, Calendar, Class, Emergency, Hours, InboundRoute, Numbers, OutboundRoute, Trunk, keys};

    use super::*;

    fn lays_out<S: Sheet>() {
        let section = keys::section(S::SECTION).expect("a section");
        let mut shown: Vec<&str> = S::FORM.iter().flat_map(|group| group.keys.iter().map(|(key, _)| *key)).collect();
        let mut keys: Vec<&str> = section.keys.iter().map(|key| key.name).collect();
        shown.sort_unstable();
        keys.sort_unstable();
        assert_eq!(shown, keys, "{}", S::SECTION);
    }

    #[test]
    fn every_key_has_its_field_once() {
        lays_out::<Trunk>();
        lays_out::<OutboundRoute>();
        lays_out::<InboundRoute>();
        lays_out::<Class>();
        lays_out::<Blocked>();
        lays_out::<Hours>();
        lays_out::<Calendar>();
        lays_out::<Numbers>();
        lays_out::<Emergency>();
        lays_out::<config::Mailbox>();
        lays_out::<config::Paging>();
        lays_out::<config::VoicemailSettings>();
        lays_out::<config::Parking>();
        lays_out::<config::MailSettings>();
        lays_out::<config::Provisioning>();
        lays_out::<config::RecordingSettings>();
        lays_out::<config::MediaSettings>();
    }

    /// What an entry shows in its form is what comes back from it.
    fn comes_back<E: Sheet + PartialEq + std::fmt::Debug>(entry: &E) {
        let mut given = Given::of(entry);
        assert_eq!(&E::read(&mut given, Some(entry)), entry);
        assert!(given.errors.is_empty(), "{:?}", given.errors);
    }

    #[test]
    fn an_entry_is_read_as_it_was_shown() {
        let mut trunk = Trunk::new("provider".into(), "sip.example.com".into());
        trunk.password = Some(base::Redacted("kept-between-us-2".into()));
        trunk.port = Some(5060);
        trunk.verify = false;
        trunk.codecs = vec!["PCMA".into()];
        comes_back(&trunk);
        comes_back(&OutboundRoute::new("all".into(), vec!["+X.".into()], vec!["provider".into()]));
        let mut inbound = InboundRoute::new("main".into(), config::Destination::Busy);
        inbound.closed_to = Some(config::Destination::Voicemail("800".into()));
        inbound.language = Some(config::Language::Nl);
        comes_back(&inbound);
        comes_back(&Class { pin: Some(base::Redacted("2580".into())), ..Class::new("staff".into()) });
        comes_back(&Blocked::new("+32470*".into()));
        comes_back(&Numbers::of("31".into()));
        let config = Config::default();
        comes_back(&config.emergency);
        comes_back(&config.voicemail);
        comes_back(&config.parking);
        comes_back(&config.mail);
        comes_back(&config.provisioning);
        comes_back(&config.recording);
        comes_back(&config.media);
        comes_back(&config::Mailbox::new("800".into(), "Sales".into()));
        comes_back(&config::Paging::new("690".into(), "Workshop".into(), vec!["101".into()]));
        let ldap = Some("127.0.0.1:3389".parse().unwrap());
        let dhcp_range = Some(([192, 168, 1, 100].into(), [192, 168, 1, 199].into()));
        comes_back(&config::Provisioning { ldap, dhcp_range, ..config.provisioning.clone() });
    }

    #[test]
    fn a_secret_stays_changes_or_goes() {
        let mut trunk = Trunk::new("provider".into(), "sip.example.com".into());
        trunk.password = Some(base::Redacted("kept-between-us-2".into()));
        let read = |body: &str| {
            Trunk::read(&mut Given::from_form("trunk", body.as_bytes()), Some(&trunk)).password.map(|p| p.0)
        };
        assert_eq!(read("password=").as_deref(), Some("kept-between-us-2"));
        assert_eq!(read("password=new").as_deref(), Some("new"));
        assert_eq!(read("password=&password.clear=on"), None);
    }

    #[test]
    fn json_of_the_wrong_kind_is_told_at_its_key() {
        let body = serde_json::json!({"port": "5060", "enabled": 1, "numbers": "x", "nonsense": 1, "host": null});
        let given = Given::from_json("trunk", body.as_object().expect("an object"));
        let wrong: Vec<&str> = given.errors.all().map(|(key, _)| key).collect();
        assert_eq!(wrong, ["enabled", "nonsense", "numbers", "port"]);
    }
}
