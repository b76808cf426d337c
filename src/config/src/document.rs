//! The document: a checked configuration together with its canonical text, the versioned truth.

use std::sync::Arc;

use crate::check::{check, check_change};
use crate::edit::{self, Edit};
use crate::error::ConfigError;
use crate::model::Config;
use crate::parse::parse;
use crate::print::to_toml;

/// A configuration and the text that says the same.
///
/// **Invariant:** `text` is what [`to_toml`] prints of `config`, and `config` passes every check.
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    config: Arc<Config>,
    text: String,
}

impl Document {
    /// Reads, checks and seals a text: secrets in it become digests, comments and its order are
    /// lost. All faults come back at once, by line.
    pub fn parse(text: &str) -> Result<Self, Vec<ConfigError>> {
        parse(text).map(Self::print)
    }

    /// Checks a configuration made elsewhere.
    pub fn from_config(config: Config) -> Result<Self, Vec<ConfigError>> {
        let problems = check(&config);
        if problems.is_empty() { Ok(Self::print(config)) } else { Err(problems.into_iter().map(Into::into).collect()) }
    }

    fn print(config: Config) -> Self {
        Document { text: to_toml(&config), config: Arc::new(config) }
    }

    /// The configuration.
    pub fn config(&self) -> &Arc<Config> {
        &self.config
    }

    /// The canonical text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Both parts.
    pub fn into_parts(self) -> (Arc<Config>, String) {
        (self.config, self.text)
    }

    /// Applies changes in order and checks the whole; on a fault nothing is changed.
    pub fn edit(&self, edits: impl IntoIterator<Item = Edit>) -> Result<Self, Vec<ConfigError>> {
        let mut config = Config::clone(&self.config);
        let mut errors = edit::apply(&mut config, &self.config, edits);
        for problem in check(&config).into_iter().chain(check_change(&self.config, &config)) {
            let error = ConfigError::from(problem);
            if errors.iter().all(|known| known.path != error.path) {
                errors.push(error);
            }
        }
        if errors.is_empty() { Ok(Self::print(config)) } else { Err(errors) }
    }

    /// May this document follow `old`? It may not where secrets were made for another realm.
    pub fn check_change(&self, old: &Config) -> Result<(), Vec<ConfigError>> {
        let problems = check_change(old, &self.config);
        if problems.is_empty() { Ok(()) } else { Err(problems.into_iter().map(Into::into).collect()) }
    }
}

impl Default for Document {
    /// What a box without any configuration has: no extensions.
    fn default() -> Self {
        Self::print(Config::default())
    }
}

impl std::fmt::Debug for Document {
    /// Without the text: it holds digests.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Document").field("config", &self.config).finish_non_exhaustive()
    }
}
