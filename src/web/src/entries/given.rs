//! What was given for the keys of one entry: by a form, in JSON, or by the entry itself.

use std::collections::{BTreeMap, BTreeSet};

use base::Redacted;
use config::keys::{Fallback, Item, Key, Kind, Section};
use config::value::{Fields, Value};
use config::{Choice, Destination, keys};
use serde_json::{Map, Value as Json};

use crate::pages::forms::Errors;

/// Values of one section's keys as text, with what is wrong with them.
///
/// A key that is not in `values` was not given: its default holds. A switch that is off, and a list of nothing, is there
/// with no value.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    section: &'static Section,
    values: BTreeMap<&'static str, Vec<String>>,
    /// Keys with a secret that stays, or was there.
    hidden: BTreeSet<&'static str>,
    /// Keys whose secret is to go.
    cleared: BTreeSet<&'static str>,
    /// What is wrong, by key.
    pub errors: Errors,
}

/// Behind a key's name in a form: its secret is to go.
pub(crate) const CLEAR: &str = ".clear";

impl Given {
    /// Nothing given: every default holds.
    pub fn nothing(section: &'static str) -> Self {
        // Every section of the model is in the table: its own tests say so.
        let section = keys::section(section).unwrap_or(&keys::SECTIONS[0]);
        Given {
            section,
            values: BTreeMap::new(),
            hidden: BTreeSet::new(),
            cleared: BTreeSet::new(),
            errors: Errors::default(),
        }
    }

    /// What an entry says, for a form to be filled with.
    pub fn of<E: Fields>(entry: &E) -> Self {
        let mut given = Given::nothing(E::SECTION);
        entry.each(&mut |key, value| {
            let texts = match value {
                Value::Absent => return,
                Value::Octets(_) | Value::Hidden(_) => {
                    given.hidden.insert(key);
                    return;
                }
                Value::Text(text) => vec![text.to_owned()],
                Value::Integer(n) => vec![n.to_string()],
                Value::Signed(n) => vec![n.to_string()],
                Value::Flag(flag) => {
                    if flag {
                        vec!["on".to_owned()]
                    } else {
                        Vec::new()
                    }
                }
                Value::List(list) => list.to_vec(),
                Value::Socket(at) => vec![at.to_string()],
                Value::Ip(ip) => vec![ip.to_string()],
                Value::Ports(low, high) => vec![format!("{low}-{high}")],
                Value::Addresses(first, last) => vec![format!("{first}-{last}")],
                Value::To(to) => vec![to.to_string()],
            };
            given.values.insert(key, texts);
        });
        given
    }

    /// Reads a form's body. Every key of the section is a field of the form, so a switch that is not sent is off.
    pub fn from_form(section: &'static str, body: &[u8]) -> Self {
        let mut given = Given::nothing(section);
        for key in given.section.keys.iter().filter(|key| key.kind == Kind::Flag || is_list(key.kind)) {
            given.values.insert(key.name, Vec::new());
        }
        for (name, text) in form_urlencoded::parse(body) {
            if let Some(key) = name.strip_suffix(CLEAR).and_then(|name| given.section.key(name)) {
                given.cleared.insert(key.name);
            } else if let Some(key) = given.section.key(&name) {
                let texts = given.values.entry(key.name).or_default();
                match is_list(key.kind) {
                    true => texts.extend(pieces(key.kind, &text)),
                    false => *texts = vec![text.trim().to_owned()],
                }
            }
        }
        given
    }

    /// Reads a JSON object. The key that names the entry may be left out: it stands in the address.
    pub fn from_json(section: &'static str, body: &Map<String, Json>) -> Self {
        let mut given = Given::nothing(section);
        for (name, value) in body {
            let Some(key) = given.section.key(name) else {
                given.errors.add(name, "There is no such key.");
                continue;
            };
            match texts(key, value) {
                Ok(None) => {
                    given.cleared.insert(key.name);
                }
                Ok(Some(texts)) => {
                    given.values.insert(key.name, texts);
                }
                Err(wrong) => given.errors.add(key.name, wrong),
            }
        }
        given
    }

    /// Sets one key, whatever was given.
    pub fn set(&mut self, key: &'static str, text: &str) {
        self.values.insert(key, vec![text.to_owned()]);
    }

    /// Was a secret there, or does it stay?
    pub fn is_hidden(&self, key: &str) -> bool {
        self.hidden.contains(key)
    }

    /// The secrets of an entry stay where no others are given.
    pub fn keep_hidden_of<E: Fields>(&mut self, entry: &E) {
        self.hidden = Given::of(entry).hidden;
    }

    /// To be read once more, without what was found wrong.
    pub fn again(&self) -> Self {
        Given { errors: Errors::default(), ..self.clone() }
    }

    /// The first or only value as text, with the default where nothing was given; for a form to show.
    pub fn shown(&self, key: &Key) -> String {
        match (self.values.get(key.name), key.fallback) {
            (Some(texts), _) => texts.first().cloned().unwrap_or_default(),
            (None, Fallback::Text(text)) => text.to_owned(),
            (None, Fallback::Integer(n)) => n.to_string(),
            (None, Fallback::Signed(n)) => n.to_string(),
            (None, _) => String::new(),
        }
    }

    /// Is a switch on?
    pub fn is_on(&self, key: &Key) -> bool {
        match self.values.get(key.name) {
            Some(texts) => texts.first().is_some_and(|text| !matches!(text.as_str(), "" | "off" | "false")),
            None => key.fallback == Fallback::Flag(true),
        }
    }

    /// The values of a list, with the default where nothing was given.
    pub fn shown_list(&self, key: &Key) -> Vec<String> {
        match (self.values.get(key.name), key.fallback) {
            (Some(texts), _) => texts.clone(),
            (None, Fallback::List(texts)) => texts.iter().map(|text| (*text).to_owned()).collect(),
            (None, _) => Vec::new(),
        }
    }

    fn key(&self, name: &str) -> Option<&'static Key> {
        self.section.key(name)
    }

    fn first(&self, name: &str) -> Option<&str> {
        self.values.get(name).and_then(|texts| texts.first()).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// Text, or its default. An empty field means the default only where an empty text could not be meant.
    pub fn text(&self, name: &str) -> String {
        self.first(name).map(str::to_owned).unwrap_or_else(|| match self.key(name).map(|key| key.fallback) {
            Some(Fallback::Text(text)) if !text.is_empty() => text.to_owned(),
            _ => String::new(),
        })
    }

    /// Text; none where nothing was given at all, for what has a default of its own.
    pub fn text_if_given(&self, name: &str) -> Option<String> {
        self.values.get(name).map(|texts| texts.first().cloned().unwrap_or_default())
    }

    /// Text, or nothing.
    pub fn text_or_absent(&self, name: &str) -> Option<String> {
        self.first(name).map(str::to_owned)
    }

    /// A secret: a new one, or the one it had, or none any more.
    pub fn hidden_or_absent(&self, name: &str, before: Option<&Redacted<String>>) -> Option<Redacted<String>> {
        match self.first(name) {
            Some(fresh) => Some(Redacted(fresh.to_owned())),
            None if self.cleared.contains(name) => None,
            None => before.cloned(),
        }
    }

    /// A switch.
    pub fn flag(&self, name: &str) -> bool {
        self.key(name).is_some_and(|key| self.is_on(key))
    }

    /// A list, or its default.
    pub fn list(&self, name: &str) -> Vec<String> {
        self.key(name).map(|key| self.shown_list(key)).unwrap_or_default()
    }

    /// A list; none where nothing was given at all.
    pub fn list_if_given(&self, name: &str) -> Option<Vec<String>> {
        self.values.get(name).cloned()
    }

    /// A whole number, or its default.
    pub fn integer<T: TryFrom<u32> + Default>(&mut self, name: &'static str) -> T {
        self.integer_or_absent(name).unwrap_or_else(|| match self.key(name).map(|key| key.fallback) {
            Some(Fallback::Integer(n)) => T::try_from(n).unwrap_or_default(),
            _ => T::default(),
        })
    }

    /// A whole number, or nothing.
    pub fn integer_or_absent<T: TryFrom<u32>>(&mut self, name: &'static str) -> Option<T> {
        let text = self.first(name)?;
        let n = text.parse::<u32>().ok().and_then(|n| T::try_from(n).ok());
        if n.is_none() {
            self.wrong(name);
        }
        n
    }

    /// One of a few words.
    pub fn choice<C: Choice>(&mut self, name: &'static str) -> C {
        let word = self.text(name);
        C::of(&word).unwrap_or_else(|| {
            self.wrong(name);
            C::ALL[0] // no choice is without words
        })
    }

    /// One of a few words, or nothing.
    pub fn choice_or_absent<C: Choice>(&mut self, name: &'static str) -> Option<C> {
        let word = self.text_or_absent(name)?;
        let choice = C::of(&word);
        if choice.is_none() {
            self.wrong(name);
        }
        choice
    }

    /// Where calls go.
    pub fn destination(&mut self, name: &'static str) -> Destination {
        self.destination_or_absent(name).unwrap_or_else(|| {
            if self.errors.of(name).is_none() {
                self.errors.add(name, "Say where the calls go.");
            }
            Destination::HangUp
        })
    }

    /// Where calls go, or nothing.
    pub fn destination_or_absent(&mut self, name: &'static str) -> Option<Destination> {
        let text = self.first(name)?;
        // From the list that a browser offers: `400 · Sales`.
        let text = text.split(" · ").next().unwrap_or_default().trim().to_owned();
        let to = text.parse().ok();
        if to.is_none() {
            self.wrong(name);
        }
        to
    }

    /// What `read` makes of a text, or nothing.
    pub fn read_or_absent<T>(&mut self, name: &'static str, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let value = read(self.first(name)?);
        if value.is_none() {
            self.wrong(name);
        }
        value
    }

    fn wrong(&mut self, name: &'static str) {
        let what = self.key(name).map(|key| key.kind.describe()).unwrap_or_default();
        self.errors.add(name, format!("Expected {what}."));
    }
}

/// Does the key hold several values?
pub(crate) fn is_list(kind: Kind) -> bool {
    matches!(kind, Kind::Many { .. } | Kind::Members { .. } | Kind::Codecs | Kind::Sounds { .. })
}

/// A field of a list: one value a line, and with commas between them where no value can hold one.
fn pieces(kind: Kind, text: &str) -> impl Iterator<Item = String> {
    let whole_lines = matches!(kind, Kind::Many { of: Item::Line { .. } | Item::Key | Item::Setting, .. });
    let ends = move |c: char| c == '\n' || c == '\r' || (!whole_lines && matches!(c, ',' | ';'));
    text.split(ends).map(str::trim).filter(|piece| !piece.is_empty()).map(str::to_owned).collect::<Vec<_>>().into_iter()
}

/// A JSON value as the texts of its key; `null` takes the value away.
fn texts(key: &Key, value: &Json) -> Result<Option<Vec<String>>, String> {
    let wrong = || Err(format!("Expected {}.", key.kind.describe()));
    match (value, key.kind) {
        (Json::Null, _) => Ok(None),
        (Json::Bool(flag), Kind::Flag) => Ok(Some(if *flag { vec!["on".to_owned()] } else { Vec::new() })),
        (Json::Number(n), Kind::Integer { .. } | Kind::Signed { .. }) if !n.is_f64() => Ok(Some(vec![n.to_string()])),
        (Json::Array(list), kind) if is_list(kind) => {
            let texts = list.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>();
            texts.map_or_else(wrong, |texts| Ok(Some(texts)))
        }
        (Json::String(_), Kind::Flag | Kind::Integer { .. } | Kind::Signed { .. }) => wrong(),
        (Json::String(_), kind) if is_list(kind) => wrong(),
        (Json::String(text), _) => Ok(Some(vec![text.clone()])),
        _ => wrong(),
    }
}
