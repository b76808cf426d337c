//! The checks of a configuration as a whole.
//!
//! Each value by the rule of its kind, then what the keys say about each other. Every fault is
//! found, not only the first.

mod codes;
mod lines;
mod listen;
mod numbers;
mod office;
mod people;

use std::collections::BTreeMap;

use crate::error::{Place, Problem};
use crate::keys;
use crate::model::Config;
use crate::value::Fields;

/// All faults, in the order of the canonical text.
pub(crate) fn check(config: &Config) -> Vec<Problem> {
    let mut found = Found::default();
    found.fields(None, &config.system);
    found.fields(None, &config.listen);
    listen::listen(config, &mut found);
    found.fields(None, &config.sip);
    listen::sip(config, &mut found);
    found.fields(None, &config.media);
    found.fields(None, &config.recording);
    found.fields(None, &config.mail);
    office::mail(&config.mail, &mut found);
    found.fields(None, &config.voicemail);
    found.fields(None, &config.parking);
    office::parking(config, &mut found);
    found.fields(None, &config.provisioning);
    found.fields(None, &config.numbers);
    lines::numbers(&config.numbers, &mut found);
    found.fields(None, &config.emergency);
    lines::emergency(config, &mut found);
    found.fields(None, &config.features);
    found.fields(None, &config.codes);
    codes::codes(config, &mut found);
    found.rows(&config.extensions);
    found.rows(&config.ring_groups);
    found.rows(&config.music);
    found.rows(&config.conferences);
    people::people(config, &mut found);
    found.rows(&config.mailboxes);
    found.rows(&config.paging);
    found.rows(&config.hours);
    found.rows(&config.calendars);
    office::office(config, &mut found);
    found.rows(&config.trunks);
    found.rows(&config.classes);
    found.rows(&config.outbound_routes);
    found.rows(&config.inbound_routes);
    found.rows(&config.blocked);
    lines::lines(config, &mut found);
    found.rows(&config.phones);
    found.rows(&config.key_layouts);
    office::phones(config, &mut found);
    numbers::numbers(config, &mut found);
    numbers::destinations(config, &mut found);
    found.0
}

/// A change of the realm makes every stored secret useless: all of them must be new (RFC 7616
/// §3.4.2 hashes the realm into them).
pub(crate) fn check_change(old: &Config, new: &Config) -> Vec<Problem> {
    let mut found = Found::default();
    if old.system.realm != new.system.realm {
        let kept: Vec<&str> = new
            .extensions
            .values()
            .filter(|extension| {
                old.extensions.get(&extension.number).is_some_and(|before| {
                    before.ha1_md5 == extension.ha1_md5 || before.ha1_sha256 == extension.ha1_sha256
                })
            })
            .map(|extension| extension.number.as_str())
            .collect();
        if !kept.is_empty() {
            const NAMED: usize = 10;
            let more = if kept.len() > NAMED { " …" } else { "" };
            found.at(
                "system",
                None,
                "realm",
                format!("{} extensions still have secrets that were made for \"{}\"", kept.len(), old.system.realm),
                format!(
                    "give each a new `secret` in the same import, or keep the realm: {}{more}",
                    kept[..kept.len().min(NAMED)].join(", ")
                ),
            );
        }
    }
    found.0
}

/// Where a fault is: section, number or name, key.
type At<'p> = (&'static str, Option<&'p str>, &'static str);

#[derive(Default)]
struct Found(Vec<Problem>);

impl Found {
    fn at(&mut self, section: &'static str, id: Option<&str>, key: &'static str, message: String, hint: String) {
        let at = Place { section, id: id.map(keys::shown_key), key };
        self.0.push(Problem { at, message, hint, from_absence: false });
    }

    /// A fault that something missing elsewhere causes: no news where the text could only be read in part.
    fn absent(&mut self, section: &'static str, id: Option<&str>, key: &'static str, message: String, hint: String) {
        let at = Place { section, id: id.map(keys::shown_key), key };
        self.0.push(Problem { at, message, hint, from_absence: true });
    }

    /// Names that must stand elsewhere in the document, as `[[what]]`.
    fn refers<'n>(
        &mut self,
        at: At<'_>,
        what: &'static str,
        names: impl IntoIterator<Item = &'n String>,
        is_there: impl Fn(&String) -> bool,
    ) {
        let (section, id, key) = at;
        for name in names.into_iter().filter(|name| !is_there(name)) {
            let title = what.replace('_', " ");
            let an = if title.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
            let message = format!("{} is not {an} {title}", keys::shown(name));
            self.absent(section, id, key, message, format!("leave it out, or add it as `[[{what}]]`"));
        }
    }

    /// Numbers of extensions.
    fn extensions<'n>(&mut self, config: &Config, at: At<'_>, numbers: impl IntoIterator<Item = &'n String>) {
        let (section, id, key) = at;
        for number in numbers.into_iter().filter(|number| !config.extensions.contains_key(*number)) {
            let shown = keys::shown(number);
            match config.owner(number) {
                Some(owner) => {
                    let message = format!("{shown} is {}", owner.described());
                    self.at(section, id, key, message, "only extensions can stand here".into());
                }
                None => {
                    let message = format!("{shown} is not an extension");
                    self.absent(section, id, key, message, "leave it out, or add the extension".into());
                }
            }
        }
    }

    fn fields<S: Fields>(&mut self, id: Option<&str>, section: &S) {
        let Some(known) = keys::section(S::SECTION) else { return };
        // Both orders are the table's, but `secret` has no value in the model.
        let mut rest = known.keys.iter();
        section.each(&mut |name, value| {
            let Some(key) = rest.find(|key| key.name == name) else { return };
            if let Err(complaint) = key.kind.check(&value) {
                self.at(S::SECTION, id, key.name, complaint.message, complaint.hint);
            }
        });
    }

    /// The rows of a section that repeats: each by the rules of its keys, and how many there are.
    fn rows<S: Fields>(&mut self, rows: &BTreeMap<String, S>) {
        for (id, row) in rows {
            self.fields(Some(id), row);
        }
        let Some(known) = keys::section(S::SECTION).filter(|known| rows.len() > known.count_max) else { return };
        let hint = format!("at most {} fit one box", known.count_max);
        self.at(S::SECTION, None, "", format!("{} of them are too many", rows.len()), hint);
    }
}
