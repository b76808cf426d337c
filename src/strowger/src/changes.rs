//! Changes of the configuration: the one way by which pages, commands and the start put a version
//! into force.
//!
//! Checked as a whole, then durable in the journal, then handed to the exchange; a change that is
//! refused or cannot be written leaves everything as it was. One change at a time.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use base::{ConfigVersion, WallTime};
use config::{Config, ConfigError, Document, VersionContent, next_version, tidy_reason};
use exchange::record::{ConfigContent, ConfigRecord, Record};
use store::{Store, StoreError};
use web::{ApplyError, Change, ChangeRequest};

use crate::exit::{Exit, Failure};

/// The author of what is done on the command line.
pub const CONSOLE: &str = "console";

/// Called with each version that came into force, before the next change begins; must not block.
pub type InForce = Box<dyn Fn(ConfigVersion, &Arc<Config>) + Send + Sync>;

/// The configuration in force and the way to change it.
pub struct Changes {
    store: Store,
    clock: fn() -> WallTime,
    in_force: InForce,
    state: Mutex<State>,
}

struct State {
    /// 0 before the first.
    version: ConfigVersion,
    /// Or why the stored text is not one that this program takes.
    config: Result<Arc<Config>, Vec<ConfigError>>,
}

/// What a change came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The version in force now.
    pub version: ConfigVersion,
    /// What changed, in sentences; empty where the document was the same and no version was made.
    pub summary: Vec<String>,
}

/// Why a change was refused; what was in force stays.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The document has errors.
    #[error("the configuration is refused")]
    Config(Vec<ConfigError>),
    /// There is no such version.
    #[error("there is no configuration {0}")]
    NoVersion(ConfigVersion),
    /// Somebody changed the configuration in between.
    #[error("the configuration has changed since {0}")]
    Outdated(ConfigVersion),
    /// The journal could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Changes {
    /// Takes the configuration that the store has.
    pub fn open(store: Store, clock: fn() -> WallTime, in_force: InForce) -> Result<Self, StoreError> {
        let state = match store.config_current()? {
            Some((info, text)) => {
                let config = Document::parse(&text).map(|document| document.into_parts().0);
                State { version: info.version, config }
            }
            None => State { version: ConfigVersion(0), config: Ok(Arc::new(Config::default())) },
        };
        Ok(Changes { store, clock, in_force, state: Mutex::new(state) })
    }

    /// The store beneath.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The wall clock.
    pub fn now(&self) -> WallTime {
        (self.clock)()
    }

    /// The configuration in force; version 0 is that of an empty document.
    pub fn current(&self) -> Result<(ConfigVersion, Arc<Config>), Failure> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match &state.config {
            Ok(config) => Ok((state.version, Arc::clone(config))),
            Err(errors) => Err(Failure {
                message: format!("the stored configuration {} is not one that this program takes", state.version),
                ..Failure::refused(errors)
            }),
        }
    }

    /// Checks a change, makes it durable and puts it into force. Blocks for the disk.
    pub fn apply(&self, request: ChangeRequest) -> Result<Applied, Refusal> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seen) = request.based_on.filter(|seen| *seen != state.version) {
            return Err(Refusal::Outdated(seen));
        }
        let document = self.document(&state, request.change)?;
        // Not the texts: a later program prints keys that the stored text does not have yet.
        let is_same = state.config.as_ref().is_ok_and(|config| config == document.config());
        if is_same && state.version != ConfigVersion(0) {
            return Ok(Applied { version: state.version, summary: Vec::new() });
        }
        let before = self.store.config_current()?.map(|(info, text)| (info.version, text));
        let next = next_version(before.as_ref().map(|(version, text)| (*version, text.as_str())), document.text());
        let record = ConfigRecord {
            version: next.version,
            at: self.now(),
            author: request.author,
            reason: tidy_reason(&request.reason),
            content: match next.content {
                VersionContent::Whole(text) => ConfigContent::Whole(text),
                VersionContent::Patch(patch) => ConfigContent::Patch(patch),
            },
        };
        let nothing = Config::default();
        let old = state.config.as_deref().unwrap_or(&nothing);
        let mut summary = config::diff::summary(old, document.config());
        if summary.is_empty() {
            // The first version may be that of an empty box.
            summary.push("everything at its default".to_owned());
        }
        self.store.append_wait(Record::ConfigApplied(Box::new(record)))?;
        let (config, _) = document.into_parts();
        (self.in_force)(next.version, &config);
        *state = State { version: next.version, config: Ok(config) };
        Ok(Applied { version: next.version, summary })
    }

    fn document(&self, state: &State, change: Change) -> Result<Document, Refusal> {
        match change {
            Change::Text(text) => self.parse(state, &text),
            Change::Rollback(version) => match crate::host::patiently(|| self.store.config_text(version))? {
                Some(text) => self.parse(state, &text),
                None => Err(Refusal::NoVersion(version)),
            },
            Change::Edits(edits) => {
                let config = state.config.as_ref().map_err(|errors| Refusal::Config(errors.clone()))?;
                let document = Document::from_config(Config::clone(config)).map_err(Refusal::Config)?;
                document.edit(edits).map_err(Refusal::Config)
            }
        }
    }

    fn parse(&self, state: &State, text: &str) -> Result<Document, Refusal> {
        let document = Document::parse(text).map_err(Refusal::Config)?;
        if let Ok(old) = &state.config {
            document.check_change(old).map_err(Refusal::Config)?;
        }
        Ok(document)
    }
}

impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changes").field("store", &self.store).finish_non_exhaustive()
    }
}

impl Refusal {
    /// As the pages understand it.
    pub fn for_pages(self) -> ApplyError {
        match self {
            Refusal::Config(errors) => ApplyError::Refused(errors),
            Refusal::NoVersion(_) => ApplyError::NotFound,
            Refusal::Outdated(_) => ApplyError::Outdated,
            Refusal::Store(error) => ApplyError::NotSaved(error.to_string()),
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Config(errors) => Failure::refused(&errors),
            Refusal::Store(error) => error.into(),
            Refusal::NoVersion(_) => Failure::new(Exit::NotFound, refusal.to_string()),
            Refusal::Outdated(_) => Failure::new(Exit::Failed, refusal.to_string()),
        }
    }
}
