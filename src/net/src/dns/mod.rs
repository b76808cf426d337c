//! Where a SIP server is: RFC 3263 over DNS, and plain host addresses for the other clients of this crate.
//!
//! Owns the walk NAPTR → SRV → A/AAAA, its bounds, and the order in which targets are tried. Refuses to know
//! transactions and fail-over: who asks tries the list from the top, and asks again when the answer has expired.
//! Names are asked of the name servers directly (never through the C library, which a static program must not use).
//!
//! **Invariant:** whatever a name server says, or fails to say, a question is answered within [`TOTAL_MAX`], holds at
//! most [`TARGETS_MAX`] targets and costs other questions nothing but their share of [`QUESTIONS_MAX`].

mod ask;
mod locate;
mod order;
mod question;
#[cfg(test)]
pub(crate) mod tests;

use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base::Random;
use tokio::sync::Semaphore;

pub use question::{Family, LocateError, Located, LocatorOptions, Loopback, Question, Target};

use ask::Asker;
use question::{Host, clamp_holds};

/// Targets of one answer; the rest of a longer one is left out, lowest preference first.
pub const TARGETS_MAX: usize = 16;
/// Aliases followed for one name (RFC 1034 §3.6.2 sets no bound; chains in earnest have one or two links). Links that
/// are remembered from another question are not counted again.
pub const ALIASES_MAX: usize = 4;
/// Longest time one question may take, all its steps together.
pub const TOTAL_MAX: Duration = Duration::from_secs(10);
/// Questions under way at once; the next waits, within its own [`TOTAL_MAX`].
pub const QUESTIONS_MAX: usize = 64;
/// Shortest time an answer is said to hold, whatever its TTL: name servers are not asked for each call.
pub const HOLDS_MIN: Duration = Duration::from_secs(30);
/// Longest time an answer is said to hold.
pub const HOLDS_MAX: Duration = Duration::from_secs(3600);

/// Finds SIP servers by name. Cheap to clone; clones share the cache and the bounds.
#[derive(Clone)]
pub struct Locator {
    inner: Arc<Inner>,
}

struct Inner {
    asker: Asker,
    random: Mutex<Random>,
    places: Semaphore,
    family: Family,
    loopback: Loopback,
}

impl Locator {
    /// Never fails: without name servers, addresses still work and names are refused with
    /// [`LocateError::NoServers`] until `/etc/resolv.conf` names some.
    pub fn new(options: LocatorOptions) -> Self {
        Locator {
            inner: Arc::new(Inner {
                asker: Asker::new(options.servers, Path::new(ask::RESOLV_CONF), options.timeout),
                random: Mutex::new(options.random),
                places: Semaphore::new(QUESTIONS_MAX),
                family: options.family,
                loopback: options.loopback,
            }),
        }
    }

    /// The targets for a request to `question`, in the order to try them (RFC 3263 §4). Never empty.
    pub async fn locate(&self, question: Question) -> Result<Located, LocateError> {
        let host = Host::parse(&question.host)?;
        let plan = locate::Plan::new(&question)?;
        match host {
            Host::Address(ip, host) => plan.at_address(ip, host),
            Host::Name(name) => self.bounded(&name, locate::locate(self, &plan, &name)).await,
        }
    }

    /// The addresses of a host and for how long they hold: A and AAAA only, IPv4 first. Never empty. All kinds of
    /// addresses are returned, also private ones and this machine's own: the caller decides where it goes.
    pub async fn addresses(&self, host: &str) -> Result<(Vec<IpAddr>, Duration), LocateError> {
        match Host::parse(host)? {
            Host::Address(ip, _) => Ok((vec![ip], HOLDS_MAX)),
            Host::Name(name) => {
                self.bounded(&name, async {
                    let answer = self.inner.asker.addresses(&name, self.inner.family).await;
                    let answer = answer.map_err(|error| error.for_host(&name))?;
                    Ok((answer.records, clamp_holds(answer.holds)))
                })
                .await
            }
        }
    }

    /// Runs one question within its deadline and the bound on questions.
    async fn bounded<T>(
        &self,
        name: &str,
        work: impl Future<Output = Result<T, LocateError>>,
    ) -> Result<T, LocateError> {
        let within = async {
            let _place = self.inner.places.acquire().await.map_err(|_| LocateError::NoServers)?;
            work.await
        };
        match tokio::time::timeout(TOTAL_MAX, within).await {
            Ok(result) => result,
            Err(_) => Err(LocateError::TimedOut { host: name.to_owned() }),
        }
    }

    /// Draws for the order among equals; a generator left by a panicking thread is as good as any.
    fn with_random<T>(&self, draw: impl FnOnce(&mut Random) -> T) -> T {
        draw(&mut self.inner.random.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl std::fmt::Debug for Locator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Locator").field("family", &self.inner.family).finish_non_exhaustive()
    }
}
