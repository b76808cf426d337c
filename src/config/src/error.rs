//! What is wrong with a document.

use std::fmt;

/// One fault of a document, bound to the key that has to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The key: `sip.ring_time_s`, `extension.101.name`; the section where a whole section is at
    /// fault; empty where the text could not be read as TOML.
    pub path: String,
    /// The line in the text, from 1; `None` where there is no text, as in an edit from a page.
    pub line: Option<usize>,
    /// What is wrong, a clause.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl ConfigError {
    /// The last part of the path: the field of a form.
    pub fn key(&self) -> &str {
        self.path.rsplit('.').next().unwrap_or_default()
    }
}

impl fmt::Display for ConfigError {
    /// `line 12: extension.101.name: is empty (text of 1 to 64 characters)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ConfigError {}

/// A fault found in a configuration, before it is known whether there is a text with lines.
#[derive(Debug)]
pub(crate) struct Problem {
    pub at: Place,
    pub message: String,
    pub hint: String,
    /// Something is missing elsewhere: no news where the text could only be read in part.
    pub from_absence: bool,
}

/// Where in the document a fault is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub section: &'static str,
    /// The number or name, in sections that repeat.
    pub id: Option<String>,
    /// Empty: the section as a whole.
    pub key: &'static str,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.section)?;
        if let Some(id) = &self.id {
            write!(f, ".{id}")?;
        }
        if !self.key.is_empty() {
            write!(f, ".{}", self.key)?;
        }
        Ok(())
    }
}

impl From<Problem> for ConfigError {
    fn from(problem: Problem) -> Self {
        ConfigError {
            path: problem.at.to_string(),
            line: None,
            message: problem.message,
            hint: Some(problem.hint).filter(|hint| !hint.is_empty()),
        }
    }
}
