//! What the binary gives to the pages: facts, live news, the configuration, commands and the clock.

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};

use base::{ConfigVersion, WallTime};
use config::{Config, ConfigError, Edit};
use exchange::io::{Answer, Command, Refusal};
use futures_util::future::BoxFuture;
use store::Store;

use crate::files::{RecordingFiles, Sounds};
use crate::live::LiveHub;

/// Everything the pages may reach. Filled by the binary, shared by all requests.
pub struct Backend {
    /// The journal and its projections.
    pub store: Store,
    /// The live view; the binary publishes the exchange's events to it.
    pub live: Arc<LiveHub>,
    /// The configuration in force; the binary replaces it after each change.
    pub config: Arc<CurrentConfig>,
    /// Hands a command to the exchange; must not block.
    pub commands: Box<dyn Fn(Command) + Send + Sync>,
    /// Hands a command to the exchange and waits until what it changed is on disk.
    pub ask: Ask,
    /// Checks a change, makes it durable, then puts it into force.
    pub apply: Apply,
    /// The recordings' folder.
    pub recordings: Box<dyn RecordingFiles>,
    /// The library's sounds.
    pub sounds: Box<dyn Sounds>,
    /// From which the secrets of desk phones are derived.
    pub phone_key: provision::BoxKey,
    /// The wall clock.
    pub clock: fn() -> WallTime,
    /// What this box is and where it listens.
    pub about: About,
}

/// See [`Backend::ask`].
pub type Ask = Box<dyn Fn(Command) -> BoxFuture<'static, Result<Answer, Refusal>> + Send + Sync>;

/// See [`Backend::apply`].
pub type Apply = Box<dyn Fn(ChangeRequest) -> BoxFuture<'static, Result<ConfigVersion, ApplyError>> + Send + Sync>;

/// What this box is and where it listens, for the system page and for what phones must be told.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// The program's version.
    pub version: String,
    /// When the process started.
    pub started_at: WallTime,
    /// SIP over UDP and TCP, as bound.
    pub sip: Option<SocketAddr>,
    /// SIP over TLS, as bound.
    pub sips: Option<SocketAddr>,
    /// RTP ports, both ends included.
    pub rtp: (u16, u16),
}

/// The configuration in force, swapped whole.
#[derive(Debug)]
pub struct CurrentConfig(RwLock<(ConfigVersion, Arc<Config>)>);

impl CurrentConfig {
    /// Starts with this one.
    pub fn new(version: ConfigVersion, config: Arc<Config>) -> Self {
        CurrentConfig(RwLock::new((version, config)))
    }

    /// The version and the document.
    pub fn load(&self) -> (ConfigVersion, Arc<Config>) {
        let held = self.0.read().unwrap_or_else(PoisonError::into_inner);
        (held.0, Arc::clone(&held.1))
    }

    /// Puts another into force.
    pub fn store(&self, version: ConfigVersion, config: Arc<Config>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = (version, config);
    }
}

/// A change to the configuration, asked for by somebody.
#[derive(Clone, Debug)]
pub struct ChangeRequest {
    /// The account's name.
    pub author: String,
    /// Why, in the author's words.
    pub reason: String,
    /// The version that the author saw, where the change only makes sense against that one (whole text): if it is
    /// no longer in force, the answer is [`ApplyError::Outdated`].
    pub based_on: Option<ConfigVersion>,
    /// What is to change.
    pub change: Change,
}

/// What is to change.
#[derive(Clone, Debug)]
pub enum Change {
    /// Single changes, all or none.
    Edits(Vec<Edit>),
    /// Replace the whole document.
    Text(String),
    /// Put an earlier version into force again, as a new version.
    Rollback(ConfigVersion),
}

/// Why a change was refused; the old configuration stays in force.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// The document would be wrong: every fault, with its key, and with its line where there is a text.
    #[error("the change has {} faults", .0.len())]
    Refused(Vec<ConfigError>),
    /// There is no such version, or no longer.
    #[error("no such version")]
    NotFound,
    /// Somebody changed the configuration in between.
    #[error("the configuration has changed since")]
    Outdated,
    /// The journal could not take it.
    #[error("the change could not be saved: {0}")]
    NotSaved(String),
}

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backend").field("about", &self.about).finish_non_exhaustive()
    }
}
