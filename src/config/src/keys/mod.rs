//! The keys of the document: one table of names, kinds, defaults and explanations.
//!
//! The table drives the parser's defaults, the range checks, the hints at misspelt keys and the
//! commented reference; nothing about a key is said twice.

mod item;
mod kind;
mod table;

pub use item::Item;
pub use kind::{CODECS, Complaint, Kind, Use};
pub(crate) use kind::{shown, shown_key};
pub(crate) use table::BASIC_KINDS;
pub use table::SECTIONS;

/// A table of the document: `[system]`, or `[[extension]]` which may come many times.
#[derive(Debug)]
pub struct Section {
    /// The name between the brackets.
    pub name: &'static str,
    /// At most how many times it comes; 1 means single brackets.
    pub count_max: usize,
    /// What it is about, for the reference.
    pub doc: &'static str,
    /// Its keys, in the order in which they are printed.
    pub keys: &'static [Key],
}

/// One key of a section.
#[derive(Debug)]
pub struct Key {
    /// The name left of `=`.
    pub name: &'static str,
    /// What may stand right of it.
    pub kind: Kind,
    /// What holds where the key is left out.
    pub fallback: Fallback,
    /// A value to show in the reference where there is no default, as TOML.
    pub example: &'static str,
    /// What it means, for the reference.
    pub doc: &'static str,
}

/// What holds where a key is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fallback {
    /// It must be there.
    Required,
    /// Nothing.
    Absent,
    /// This text.
    Text(&'static str),
    /// This number.
    Integer(u32),
    /// This number, which might be below zero.
    Signed(i32),
    /// This switch.
    Flag(bool),
    /// This list.
    List(&'static [&'static str]),
    /// The code of the set that `features.set` names: of A, B and C.
    OfSet([&'static str; 3]),
    /// What is usual in the country of `numbers.country_code`.
    OfCountry,
}

/// The section of that name.
pub fn section(name: &str) -> Option<&'static Section> {
    SECTIONS.iter().find(|section| section.name == name)
}

/// Does a key of that name hold what must not be shown, in whatever section?
pub fn is_hidden(name: &str) -> bool {
    let is_secret = |kind| matches!(kind, Kind::Pin | Kind::Password | Kind::Secret | Kind::Hex { .. });
    SECTIONS.iter().any(|section| section.key(name).is_some_and(|key| is_secret(key.kind)))
}

impl Section {
    /// May it come many times, in double brackets?
    pub fn is_repeated(&self) -> bool {
        self.count_max > 1
    }

    /// The key that tells one from another where it comes many times: the first.
    pub fn id_key(&self) -> &'static str {
        self.keys.first().map_or("", |key| key.name)
    }

    /// As it is written: `[system]`, `[[extension]]`.
    pub fn header(&self) -> String {
        if self.is_repeated() { format!("[[{}]]", self.name) } else { format!("[{}]", self.name) }
    }

    /// The key of that name.
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}
