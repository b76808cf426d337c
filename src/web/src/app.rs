//! What every handler can reach, and how it asks.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use base::{ConfigVersion, Instant, WallTime};
use config::Config;
use exchange::record::{AuditRecord, Record};
use rustls::crypto::SecureRandom;
use store::{Store, StoreError};
use tokio::sync::{Semaphore, oneshot};

use crate::backend::Backend;
use crate::error::Trouble;
use crate::login::password::Hasher;
use crate::login::session::{Sessions, WebSession};
use crate::login::throttle::Throttle;
use crate::pages::recordings::Listened;
use crate::provisioning::Provisioning;

/// Questions to the store at once; further ones wait for their turn.
const QUESTIONS_MAX: usize = 4;
/// Sound files being sent at once.
const STREAMS_MAX: usize = 32;
/// Uploads at once.
const UPLOADS_MAX: usize = 2;

/// The state of the web server, shared by all requests.
pub(crate) struct App {
    pub backend: Arc<Backend>,
    pub sessions: Sessions,
    pub throttle: Throttle,
    /// Desk phones.
    pub provisioning: Provisioning,
    pub hasher: Hasher,
    /// The address the pages are served on.
    pub web: SocketAddr,
    questions: Semaphore,
    /// Sound files on their way to browsers, each with its turn; more are refused as busy.
    pub streams: Arc<Semaphore>,
    /// Uploads in hand, each held in memory while it is read and decoded; more are refused as busy.
    pub uploads: Semaphore,
    /// Calendars, read.
    pub feeds: crate::clocks::Feeds,
    /// Who listened to which recording a moment ago.
    pub listened: Listened,
    /// What the journal said when it last refused a record of ours.
    store_trouble: Mutex<Option<String>>,
    random: &'static dyn SecureRandom,
    now: Now,
}

/// Monotonic time; a test's stands still.
pub(crate) type Now = Box<dyn Fn() -> Instant + Send + Sync>;

pub(crate) type Shared = Arc<App>;

impl App {
    pub fn new(backend: Arc<Backend>, web: SocketAddr, now: Now) -> Shared {
        let app = App {
            backend,
            sessions: Sessions::default(),
            throttle: Throttle::default(),
            provisioning: Provisioning::default(),
            hasher: Hasher::new(),
            web,
            questions: Semaphore::new(QUESTIONS_MAX),
            streams: Arc::new(Semaphore::new(STREAMS_MAX)),
            uploads: Semaphore::new(UPLOADS_MAX),
            feeds: crate::clocks::Feeds::default(),
            listened: Listened::default(),
            store_trouble: Mutex::default(),
            random: rustls::crypto::aws_lc_rs::default_provider().secure_random,
            now,
        };
        app.remember_owners();
        Arc::new(app)
    }

    /// Monotonic time.
    pub fn now(&self) -> Instant {
        (self.now)()
    }

    /// The wall clock.
    pub fn wall(&self) -> WallTime {
        (self.backend.clock)()
    }

    /// The configuration in force.
    pub fn config(&self) -> (ConfigVersion, Arc<Config>) {
        self.backend.config.load()
    }

    /// Random octets from the operating system's entropy.
    pub fn random<const N: usize>(&self) -> Result<[u8; N], Trouble> {
        let mut octets = [0; N];
        self.random.fill(&mut octets).map_err(|_| Trouble::Internal("no randomness"))?;
        Ok(octets)
    }

    /// Asks the store on a thread where waiting for the disk is allowed.
    pub async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Trouble> {
        let _turn = self.questions.acquire().await.map_err(|_| Trouble::Internal("shutting down"))?;
        let store = self.backend.store.clone();
        let answer = tokio::task::spawn_blocking(move || question(&store)).await;
        answer.map_err(|_| Trouble::Internal("a query failed"))?.map_err(Trouble::from)
    }

    /// Asks for files on a thread where waiting for the disk is allowed.
    pub async fn disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Backend) -> T + Send + 'static,
    ) -> Result<T, Trouble> {
        let _turn = self.questions.acquire().await.map_err(|_| Trouble::Internal("shutting down"))?;
        let backend = Arc::clone(&self.backend);
        let done = tokio::task::spawn_blocking(move || work(&backend)).await;
        done.map_err(|_| Trouble::Internal("work on a file failed"))
    }

    /// Appends to the journal and waits until it is durable.
    pub async fn append(&self, record: Record) -> Result<(), Trouble> {
        let (tell, told) = oneshot::channel();
        self.backend.store.append(record, Box::new(move |result| drop(tell.send(result))));
        let result = told.await.unwrap_or(Err(StoreError::Closed));
        self.set_store_trouble(result.as_ref().err());
        result.map_err(Trouble::from)
    }

    /// Writes a row of the audit log. The caller decides whether the act may stand if this fails.
    pub async fn audit(&self, who: &str, from: Option<SocketAddr>, what: String) -> Result<(), Trouble> {
        let record = AuditRecord { at: self.wall(), who: who.to_owned(), from, what };
        self.append(Record::Audit(record)).await
    }

    /// As [`App::audit`] for something done by a signed-in person; a failure is logged, the act stands.
    pub async fn audit_done(&self, session: &WebSession, from: SocketAddr, what: String) {
        if let Err(error) = self.audit(&session.account, Some(from), what).await {
            tracing::error!(%error, "audit row not written");
        }
    }

    /// What the journal said when it last refused a record of ours; `None` if it took it.
    pub fn store_trouble(&self) -> Option<String> {
        self.store_trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_store_trouble(&self, error: Option<&StoreError>) {
        *self.store_trouble.lock().unwrap_or_else(PoisonError::into_inner) = error.map(ToString::to_string);
    }

    /// The addresses from which accounts have logged in before stay open to them (see `login::throttle`).
    fn remember_owners(&self) {
        let rows = match self.backend.store.audit(AUDIT_ROWS_READ, None) {
            Ok(rows) => rows,
            Err(error) => {
                tracing::warn!(%error, "audit log not read; known log-in addresses are forgotten");
                return;
            }
        };
        for (_, row) in rows {
            if row.what == SIGNED_IN
                && let Some(from) = row.from
            {
                self.throttle.remember(&row.who, from.ip());
            }
        }
    }
}

/// The audit clause of a successful login.
pub(crate) const SIGNED_IN: &str = "signed in";
const AUDIT_ROWS_READ: usize = 2_000;
