//! One table of the text, read key by key with the kinds and defaults of the table of keys.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

use base::Redacted;
use toml::de::{DeInteger, DeTable, DeValue};

use super::{Reader, nearest};
use crate::choice::{Choice, CodeSet};
use crate::codes::code_of_set;
use crate::destination::Destination;
use crate::error::Place;
use crate::keys::{self, Fallback, Key, Kind, SECTIONS, Section};
use crate::number::normal_mac;
use crate::value::Value;

/// A table being read.
pub(super) struct Entry<'e, 'r, 't> {
    reader: &'e mut Reader<'t>,
    section: &'static Section,
    id: Option<String>,
    at: usize,
    table: &'r DeTable<'r>,
}

impl<'e, 'r, 't> Entry<'e, 'r, 't> {
    pub(super) fn new(
        reader: &'e mut Reader<'t>,
        section: &'static str,
        id: Option<String>,
        at: usize,
        table: &'r DeTable<'r>,
    ) -> Self {
        let section = keys::section(section).expect("the sections that the reader names are in the table");
        Entry { reader, section, id, at, table }
    }

    pub(super) fn unknown_keys(&mut self) {
        for (name, _) in self.table {
            let (at, name) = (name.span().start, name.get_ref().as_ref());
            if self.section.key(name).is_some() {
                continue;
            }
            let near = nearest(name, self.section.keys.iter().map(|key| key.name));
            let home = SECTIONS.iter().find(|section| section.key(name).is_some());
            let hint = match (near, home) {
                (_, Some(home)) => format!("it belongs to `{}`", home.header()),
                (Some(near), None) => format!("did you mean `{near}`?"),
                (None, None) => {
                    let known: Vec<&str> = self.section.keys.iter().map(|key| key.name).collect();
                    format!("`{}` knows {}", self.section.header(), known.join(", "))
                }
            };
            let place = Place { section: self.section.name, id: self.id.clone(), key: "" };
            let path = format!("{place}.{}", keys::shown_key(name));
            self.reader.report(path, Some(at), "there is no such key".into(), hint);
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.table.contains_key(name)
    }

    pub(super) fn describe(&self, name: &str) -> String {
        self.section.key(name).map_or_else(String::new, |key| key.kind.describe())
    }

    /// Reports a fault at a key.
    pub(super) fn complain(&mut self, name: &'static str, message: &str, hint: String) {
        let at = self.table.get(name).map_or(self.at, |value| value.span().start);
        let place = Place { section: self.section.name, id: self.id.clone(), key: name };
        let path = place.to_string();
        self.reader.replaced.insert(path.clone());
        self.reader.report(path, Some(at), message.to_owned(), hint);
    }

    /// Reports that a key is missing, unless parts of the text could not be read.
    pub(super) fn complain_absent(&mut self, name: &'static str, message: &str, hint: String) {
        if self.reader.is_partial {
            let place = Place { section: self.section.name, id: self.id.clone(), key: name };
            self.reader.replaced.insert(place.to_string());
        } else {
            self.complain(name, message, hint);
        }
    }

    pub(super) fn text(&mut self, name: &'static str) -> String {
        match self.text_or_absent(name) {
            Some(text) => text,
            None => match self.fallback(name) {
                Fallback::Text(text) => text.to_owned(),
                _ => String::new(),
            },
        }
    }

    pub(super) fn text_or_absent(&mut self, name: &'static str) -> Option<String> {
        match self.table.get(name)?.get_ref() {
            DeValue::String(text) => Some(text.as_ref().to_owned()),
            other => {
                self.wrong_type(name, "text", other);
                None
            }
        }
    }

    /// Text that must not be shown.
    pub(super) fn hidden_or_absent(&mut self, name: &'static str) -> Option<Redacted<String>> {
        self.text_or_absent(name).map(Redacted)
    }

    /// A feature code, that of the set where the key is left out.
    pub(super) fn code(&mut self, name: &'static str, set: CodeSet) -> String {
        self.text_or_absent(name).unwrap_or_else(|| code_of_set(name, set).to_owned())
    }

    /// A MAC address in its one spelling; as it stands where it is none.
    pub(super) fn mac(&mut self, name: &'static str) -> String {
        let text = self.text(name);
        normal_mac(&text).unwrap_or(text)
    }

    /// Where a call is sent; where that cannot be read, it ends.
    pub(super) fn destination(&mut self, name: &'static str) -> Destination {
        let to = self.destination_or_absent(name);
        self.fallback(name);
        to.unwrap_or(Destination::HangUp)
    }

    pub(super) fn destination_or_absent(&mut self, name: &'static str) -> Option<Destination> {
        self.parsed(name, |text| text.parse().ok())
    }

    pub(super) fn addresses_or_absent(&mut self, name: &'static str) -> Option<(Ipv4Addr, Ipv4Addr)> {
        self.parsed(name, |text| {
            let (first, last) = text.split_once('-')?;
            Some((first.trim().parse().ok()?, last.trim().parse().ok()?))
        })
    }

    pub(super) fn flag(&mut self, name: &'static str) -> bool {
        match self.table.get(name).map(|value| value.get_ref()) {
            Some(DeValue::Boolean(flag)) => return *flag,
            Some(other) => self.wrong_type(name, "true or false", other),
            None => {}
        }
        matches!(self.fallback(name), Fallback::Flag(true))
    }

    /// A list; another one where the key is left out.
    pub(super) fn list_or(&mut self, name: &'static str, usual: Vec<String>) -> Vec<String> {
        if self.has(name) { self.list(name) } else { usual }
    }

    pub(super) fn list(&mut self, name: &'static str) -> Vec<String> {
        let Some(value) = self.table.get(name) else {
            return match self.fallback(name) {
                Fallback::List(list) => list.iter().map(|text| (*text).to_owned()).collect(),
                _ => Vec::new(),
            };
        };
        let Some(array) = value.get_ref().as_array() else {
            self.wrong_type(name, "a list", value.get_ref());
            return Vec::new();
        };
        let mut list = Vec::with_capacity(array.len());
        for item in array.iter() {
            match item.get_ref() {
                DeValue::String(text) => list.push(text.as_ref().to_owned()),
                other => self.wrong_type(name, "a list of texts", other),
            }
        }
        list
    }

    /// A number of the key's range; where it does not fit, the fault is reported and the default taken.
    pub(super) fn integer<T: TryFrom<u32> + Default>(&mut self, name: &'static str) -> T {
        self.integer_or_absent(name).unwrap_or_else(|| match self.fallback(name) {
            Fallback::Integer(n) => T::try_from(n).unwrap_or_default(),
            _ => T::default(),
        })
    }

    pub(super) fn integer_or_absent<T: TryFrom<u32>>(&mut self, name: &'static str) -> Option<T> {
        let (n, digits) = match self.table.get(name)?.get_ref() {
            DeValue::Integer(digits) => (whole(digits), digits),
            other => {
                self.wrong_type(name, "a whole number", other);
                return None;
            }
        };
        let key = self.section.key(name)?;
        let fits = n.filter(|n| key.kind.check(&Value::Integer(*n)).is_ok()).and_then(|n| T::try_from(n).ok());
        if fits.is_none() {
            self.complain(name, &format!("{} is out of range", digits.as_str()), key.kind.describe());
        }
        fits
    }

    /// A whole number that may be below zero.
    pub(super) fn signed<T: TryFrom<i32> + Default>(&mut self, name: &'static str) -> T {
        let fallback = match self.fallback(name) {
            Fallback::Signed(n) => T::try_from(n).unwrap_or_default(),
            _ => T::default(),
        };
        let digits = match self.table.get(name).map(|value| value.get_ref()) {
            Some(DeValue::Integer(digits)) => digits,
            Some(other) => {
                self.wrong_type(name, "a whole number", other);
                return fallback;
            }
            None => return fallback,
        };
        let n = i32::from_str_radix(digits.as_str(), digits.radix()).ok();
        let kind = self.section.key(name).map(|key| key.kind);
        let fits = n.filter(|n| kind.is_some_and(|kind| kind.check(&Value::Signed(*n)).is_ok()));
        fits.and_then(|n| T::try_from(n).ok()).unwrap_or_else(|| {
            self.complain(name, &format!("{} is out of range", digits.as_str()), self.describe(name));
            fallback
        })
    }

    /// One of a few words.
    pub(super) fn choice<C: Choice>(&mut self, name: &'static str) -> C {
        let found = self.choice_or_absent(name).or_else(|| match self.fallback(name) {
            Fallback::Text(word) => C::of(word),
            _ => None,
        });
        // No choice is without words.
        found.unwrap_or(C::ALL[0])
    }

    pub(super) fn choice_or_absent<C: Choice>(&mut self, name: &'static str) -> Option<C> {
        let word = self.text_or_absent(name)?;
        let choice = C::of(&word);
        if choice.is_none() {
            let hint = match nearest(&word, C::WORDS.iter().copied()) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => self.describe(name),
            };
            self.complain(name, &format!("{} is not a choice here", keys::shown(&word)), hint);
        }
        choice
    }

    pub(super) fn socket(&mut self, name: &'static str) -> SocketAddr {
        self.parsed_or_default(name, |text| text.parse().ok()).unwrap_or(SocketAddr::from(([0, 0, 0, 0], 0)))
    }

    pub(super) fn socket_or_absent(&mut self, name: &'static str) -> Option<SocketAddr> {
        self.parsed(name, |text| SocketAddr::from_str(text).ok())
    }

    pub(super) fn ip_or_absent(&mut self, name: &'static str) -> Option<IpAddr> {
        self.parsed(name, |text| IpAddr::from_str(text).ok())
    }

    pub(super) fn ports(&mut self, name: &'static str) -> (u16, u16) {
        self.parsed_or_default(name, parse_ports).unwrap_or_default()
    }

    pub(super) fn octets<const N: usize>(&mut self, name: &'static str) -> Option<[u8; N]> {
        self.parsed(name, octets)
    }

    /// A text that stands for something else.
    fn parsed<T>(&mut self, name: &'static str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = match self.table.get(name)?.get_ref() {
            DeValue::String(text) => text,
            other => {
                self.wrong_type(name, "text", other);
                return None;
            }
        };
        let parsed = parse(text);
        if parsed.is_none() {
            let is_hidden = matches!(self.section.key(name), Some(Key { kind: Kind::Hex { .. }, .. }));
            let found = if is_hidden { "the digest".to_owned() } else { keys::shown(text) };
            self.complain(name, &format!("{found} cannot be read"), self.describe(name));
        }
        parsed
    }

    fn parsed_or_default<T>(&mut self, name: &'static str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        self.parsed(name, &parse).or_else(|| match self.fallback(name) {
            Fallback::Text(text) => parse(text),
            _ => None,
        })
    }

    /// What holds without a value; that there must be one is reported here.
    fn fallback(&mut self, name: &'static str) -> Fallback {
        let Some(key) = self.section.key(name) else { return Fallback::Absent };
        if key.fallback == Fallback::Required && !self.has(name) {
            self.complain_absent(name, "is missing", key.kind.describe());
        }
        key.fallback
    }

    fn wrong_type(&mut self, name: &'static str, expected: &str, found: &DeValue<'_>) {
        let hint = match (expected, found) {
            ("text" | "a list of texts", DeValue::Integer(_)) if name != "secret" => {
                "write it in quotes, \"…\"".to_owned()
            }
            _ => self.describe(name),
        };
        self.complain(name, &format!("expected {expected}, found {}", type_of(found)), hint);
    }
}

/// What TOML calls it, with its article.
pub(super) fn type_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a point",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn whole(digits: &DeInteger<'_>) -> Option<u32> {
    u32::from_str_radix(digits.as_str(), digits.radix()).ok()
}

/// `LOW-HIGH`, as in the document and on the command line.
pub fn parse_ports(text: &str) -> Option<(u16, u16)> {
    let (low, high) = text.split_once('-')?;
    Some((low.trim().parse().ok()?, high.trim().parse().ok()?))
}

fn octets<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let mut octets = [0; N];
    for (octet, pair) in octets.iter_mut().zip(digits.chunks(2)) {
        let [high, low] = [pair[0], pair[1]].map(|digit| char::from(digit).to_digit(16));
        *octet = u8::try_from(high? * 16 + low?).ok()?;
    }
    Some(octets)
}
