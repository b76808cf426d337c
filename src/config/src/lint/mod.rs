//! Advice: what is legal but likely not meant. It never keeps a document from being taken.
//!
//! What a call meets on its way (loops, dead ends) is the dial plan's to find; here stands what can be seen in
//! the document alone.

mod office;
mod outside;

use std::fmt;

use crate::error::Place;
use crate::keys;
use crate::model::Config;

/// How much advice matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Calls are lost, or cost more than anybody wants.
    Warning,
    /// Worth a look.
    Note,
}

/// One piece of advice, bound to the key that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// How much it matters.
    pub level: Level,
    /// The key, as in [`ConfigError`](crate::ConfigError): `trunk.provider.calls_max`.
    pub path: String,
    /// What is odd, a clause.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl fmt::Display for Advice {
    /// `warning: trunk.provider.calls_max: any number of calls may go by it (set a limit)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Warning => "warning",
            Level::Note => "note",
        };
        write!(f, "{level}: {}: {} ({})", self.path, self.message, self.hint)
    }
}

/// Pieces of advice at most; the rest is left out.
pub const ADVICE_MAX: usize = 500;

/// All that is odd about a checked configuration, warnings first, then in the order of the document.
pub fn lint(config: &Config) -> Vec<Advice> {
    let mut lint = Lint { advice: Vec::new() };
    office::office(config, &mut lint);
    outside::outside(config, &mut lint);
    office::phones(config, &mut lint);
    let mut advice = lint.advice;
    advice.sort_by_key(|advice| advice.level);
    advice.truncate(ADVICE_MAX);
    advice
}

struct Lint {
    advice: Vec<Advice>,
}

/// Where advice belongs: section, number or name, key.
type At<'p> = (&'static str, Option<&'p str>, &'static str);

impl Lint {
    fn warn(&mut self, at: At<'_>, message: impl Into<String>, hint: impl Into<String>) {
        self.add(Level::Warning, at, message.into(), hint.into());
    }

    fn note(&mut self, at: At<'_>, message: impl Into<String>, hint: impl Into<String>) {
        self.add(Level::Note, at, message.into(), hint.into());
    }

    fn add(&mut self, level: Level, (section, id, key): At<'_>, message: String, hint: String) {
        let path = Place { section, id: id.map(keys::shown_key), key }.to_string();
        self.advice.push(Advice { level, path, message, hint });
    }
}
