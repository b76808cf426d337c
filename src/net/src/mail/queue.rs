//! When each waiting message is tried: pure decisions, time is an argument.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use base::Instant;

use super::{Concern, MailError, Message};

/// Messages that wait or are under way; one more is refused.
pub const MESSAGES_MAX: usize = 1000;
/// Bytes of all of them, before encoding; a message that does not fit is refused.
pub const BYTES_MAX: usize = 200 << 20;
/// Messages under way at once; one while the relay is in doubt.
const UNDER_WAY_MAX: usize = 2;
/// Waits after the first, second … failure; the last one again and again.
const WAITS: [Duration; 4] = [minutes(1), minutes(5), minutes(15), minutes(60)];
/// Longest wait when it is the relay that fails: it may be back any time.
const RELAY_WAIT_MAX: Duration = minutes(15);
/// When a message is given up, counted from when it was first handed in.
pub const GIVE_UP_AFTER: Duration = Duration::from_secs(2 * 24 * 3600);

/// A message in the queue, numbered in the order they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MailId(pub u64);

/// The queue has no room for the message; the caller's record stays, it is handed in again later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the outgoing mail queue is full")]
pub struct QueueFull;

/// What became of one try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The relay took it.
    Sent,
    /// It is tried again.
    Waits {
        /// After this time.
        wait: Duration,
        /// Why it did not go.
        error: MailError,
    },
    /// It will not be tried again.
    GivenUp {
        /// The last reason.
        error: MailError,
    },
}

/// An [`Outcome`] and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailEvent {
    /// As returned when it was handed in.
    pub id: MailId,
    /// The message's own mark, to find the record.
    pub message_id_seed: u64,
    /// What happened.
    pub outcome: Outcome,
}

/// The waiting messages.
#[derive(Debug, Default)]
pub struct MailQueue {
    entries: BTreeMap<MailId, Entry>,
    /// Those not under way, by when they are due.
    due: BTreeSet<(Instant, MailId)>,
    bytes: usize,
    next: u64,
    under_way: usize,
    relay: Relay,
}

#[derive(Debug)]
struct Entry {
    message: Arc<Message>,
    size: usize,
    failures: usize,
    give_up_at: Instant,
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Waiting,
    UnderWay,
}

/// What is thought of the relay.
#[derive(Debug, Default)]
enum Relay {
    #[default]
    Good,
    /// Nothing is tried before `until`, then one message at a time.
    Doubtful { failures: usize, until: Instant },
}

impl MailQueue {
    /// An empty queue.
    pub fn new() -> Self {
        MailQueue::default()
    }

    /// Takes a message, due now. `age` is how long ago it was first handed in: not zero only after a restart.
    pub fn push(&mut self, now: Instant, message: Message, age: Duration) -> Result<MailId, QueueFull> {
        let size = message.size();
        if self.entries.len() >= MESSAGES_MAX || self.bytes.saturating_add(size) > BYTES_MAX {
            return Err(QueueFull);
        }
        let id = MailId(self.next);
        self.next += 1;
        self.bytes += size;
        let give_up_at = now + GIVE_UP_AFTER.saturating_sub(age);
        self.entries
            .insert(id, Entry { message: Arc::new(message), size, failures: 0, give_up_at, place: Place::Waiting });
        self.due.insert((now, id));
        Ok(id)
    }

    /// The next message to try, if one is due and there is room on the way; it is then under way until
    /// [`MailQueue::handle_result`].
    pub fn poll_start(&mut self, now: Instant) -> Option<(MailId, Arc<Message>)> {
        let room = match self.relay {
            Relay::Good => UNDER_WAY_MAX,
            Relay::Doubtful { until, .. } if until <= now => 1,
            Relay::Doubtful { .. } => 0,
        };
        if self.under_way >= room {
            return None;
        }
        let &(at, id) = self.due.first()?;
        if at > now {
            return None;
        }
        self.due.pop_first();
        let entry = self.entries.get_mut(&id)?;
        entry.place = Place::UnderWay;
        self.under_way += 1;
        Some((id, entry.message.clone()))
    }

    /// What the try of `id` came to. `None` for an id that is not under way.
    pub fn handle_result(&mut self, now: Instant, id: MailId, result: Result<(), MailError>) -> Option<MailEvent> {
        let entry = self.entries.get_mut(&id).filter(|entry| entry.place == Place::UnderWay)?;
        entry.place = Place::Waiting;
        self.under_way = self.under_way.saturating_sub(1);
        let message_id_seed = entry.message.message_id_seed;
        let outcome = match result {
            Ok(()) => {
                self.relay = Relay::Good;
                Outcome::Sent
            }
            Err(error) => {
                let wait = match error.concerns {
                    Concern::Relay => self.relay.failed(now),
                    Concern::Message => {
                        self.relay = Relay::Good; // it answered
                        entry.failures += 1;
                        wait_after(entry.failures)
                    }
                };
                if !error.temporary || now >= entry.give_up_at {
                    Outcome::GivenUp { error }
                } else {
                    // The last try falls on the very end of its time.
                    let at = (now + wait).min(entry.give_up_at);
                    self.due.insert((at, id));
                    Outcome::Waits { wait: at - now, error }
                }
            }
        };
        if !matches!(outcome, Outcome::Waits { .. })
            && let Some(gone) = self.entries.remove(&id)
        {
            self.bytes -= gone.size;
        }
        Some(MailEvent { id, message_id_seed, outcome })
    }

    /// The relay's settings have changed: all that waits is due now.
    pub fn retry_now(&mut self, now: Instant) {
        self.relay = Relay::Good;
        self.due = self.due.iter().map(|&(at, id)| (at.min(now), id)).collect();
    }

    /// When [`MailQueue::poll_start`] may next have something, if nothing else happens before.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let room = if matches!(self.relay, Relay::Good) { UNDER_WAY_MAX } else { 1 };
        if self.under_way >= room {
            return None; // the end of a try comes first
        }
        let &(at, _) = self.due.first()?;
        match self.relay {
            Relay::Good => Some(at),
            Relay::Doubtful { until, .. } => Some(at.max(until)),
        }
    }

    /// Messages that wait or are under way.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl Relay {
    /// Notes a failure of the relay and says how long nothing is tried.
    fn failed(&mut self, now: Instant) -> Duration {
        let failures = match self {
            Relay::Good => 1,
            // A second message that was under way when the relay went is the same failure, not another.
            Relay::Doubtful { until, .. } if *until > now => return until.saturating_since(now),
            Relay::Doubtful { failures, .. } => failures.saturating_add(1),
        };
        let wait = wait_after(failures).min(RELAY_WAIT_MAX);
        *self = Relay::Doubtful { failures, until: now + wait };
        wait
    }
}

fn wait_after(failures: usize) -> Duration {
    WAITS[failures.saturating_sub(1).min(WAITS.len() - 1)]
}

const fn minutes(n: u64) -> Duration {
    Duration::from_secs(n * 60)
}
