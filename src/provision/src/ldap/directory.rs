//! What can be searched: the people and rooms of the phone book, as LDAP's `inetOrgPerson`s (RFC 2798).

use std::borrow::Cow;

use crate::book::Book;

/// Under which all entries lie. Searches may name any other base: phones that were set up by hand name theirs.
pub(super) const BASE: &str = "ou=phonebook";

/// The attributes that entries have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Attribute {
    ObjectClass,
    /// The whole name.
    Cn,
    /// The last word of it.
    Sn,
    /// All before.
    GivenName,
    TelephoneNumber,
    Mobile,
}

impl Attribute {
    pub(super) const ALL: [Attribute; 6] = [
        Attribute::ObjectClass,
        Attribute::Cn,
        Attribute::Sn,
        Attribute::GivenName,
        Attribute::TelephoneNumber,
        Attribute::Mobile,
    ];

    /// Its name (RFC 4519, mobile RFC 4524).
    pub(super) fn name(self) -> &'static str {
        match self {
            Attribute::ObjectClass => "objectClass",
            Attribute::Cn => "cn",
            Attribute::Sn => "sn",
            Attribute::GivenName => "givenName",
            Attribute::TelephoneNumber => "telephoneNumber",
            Attribute::Mobile => "mobile",
        }
    }

    /// By its name or an alias of it, without regard to case and options (`cn;lang-de`).
    pub(super) fn named(name: &[u8]) -> Option<Attribute> {
        let name = name.split(|b| *b == b';').next().unwrap_or_default();
        let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
        match () {
            () if is("commonName") || is("displayName") || is("name") => Some(Attribute::Cn),
            () if is("surname") => Some(Attribute::Sn),
            () if is("mobileTelephoneNumber") => Some(Attribute::Mobile),
            () => Attribute::ALL.into_iter().find(|attribute| is(attribute.name())),
        }
    }

    fn is_number(self) -> bool {
        matches!(self, Attribute::TelephoneNumber | Attribute::Mobile)
    }
}

/// One who can be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) dn: String,
    name: String,
    number: String,
    mobile: Option<String>,
}

/// All of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    pub(super) entries: Vec<Entry>,
}

impl Directory {
    /// The phone book's entries, in its order.
    pub fn new(book: &Book) -> Self {
        let entries = book.entries.iter().map(|(name, number, mobile)| Entry {
            dn: format!("telephoneNumber={},{BASE}", escaped(number)),
            name: name.clone(),
            number: number.clone(),
            mobile: mobile.clone(),
        });
        Directory { entries: entries.collect() }
    }
}

impl Entry {
    /// The values of an attribute.
    pub(super) fn values(&self, attribute: Attribute) -> impl Iterator<Item = &str> {
        let (given, family) = match self.name.trim().rsplit_once(' ') {
            Some((given, family)) => (Some(given.trim_end()), family),
            None => (None, self.name.trim()),
        };
        let [first, second, third] = match attribute {
            Attribute::ObjectClass => [Some("top"), Some("person"), Some("inetOrgPerson")],
            Attribute::Cn => [Some(self.name.as_str()), None, None],
            Attribute::Sn => [Some(family), None, None],
            Attribute::GivenName => [given, None, None],
            Attribute::TelephoneNumber => [Some(self.number.as_str()), None, None],
            Attribute::Mobile => [self.mobile.as_deref(), None, None],
        };
        [first, second, third].into_iter().flatten()
    }

    /// The same, as they are compared.
    pub(super) fn folded(&self, attribute: Attribute) -> impl Iterator<Item = Cow<'_, str>> {
        self.values(attribute).map(move |value| folded(attribute, value))
    }
}

/// How values are compared: numbers without blanks and hyphens (RFC 4517 §4.2.29), all else without regard to case.
pub(super) fn folded(attribute: Attribute, value: &str) -> Cow<'_, str> {
    if attribute.is_number() {
        return match value.contains([' ', '-']) {
            true => Cow::Owned(value.replace([' ', '-'], "")),
            false => Cow::Borrowed(value),
        };
    }
    Cow::Owned(value.to_lowercase())
}

/// A value in a distinguished name (RFC 4514 §2.4).
fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for (n, c) in value.char_indices() {
        let is_special =
            matches!(c, '"' | '+' | ',' | ';' | '<' | '>' | '\\' | '=') || (n == 0 && matches!(c, '#' | ' '));
        if c.is_control() || c == ' ' {
            out.push_str(&format!("\\{:02x}", u32::from(c)));
        } else {
            if is_special {
                out.push('\\');
            }
            out.push(c);
        }
    }
    out
}
