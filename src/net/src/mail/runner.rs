//! The task that carries out what the queue decides.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base::Instant;
use tokio::sync::Notify;
use tokio::task::{self, JoinHandle, JoinSet};

use super::queue::{MailEvent, MailId, MailQueue, QueueFull};
use super::{MailError, Mailer, Message};

/// The outgoing mail queue with its task. Dropped, it stops; what waits is the caller's to hand in again.
pub struct MailRunner {
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    state: Mutex<State>,
    changed: Notify,
    started: std::time::Instant,
}

struct State {
    queue: MailQueue,
    /// `None` while no relay is set up: messages wait.
    mailer: Option<Mailer>,
}

impl MailRunner {
    /// Starts the task on the runtime of the caller. `tell` hears what became of every try, on that runtime; it must
    /// not block.
    pub fn start(mailer: Option<Mailer>, tell: impl Fn(MailEvent) + Send + Sync + 'static) -> Self {
        let shared = Arc::new(Shared {
            state: Mutex::new(State { queue: MailQueue::new(), mailer }),
            changed: Notify::new(),
            started: std::time::Instant::now(),
        });
        let task = tokio::spawn(run(shared.clone(), tell));
        MailRunner { shared, task }
    }

    /// Hands in a message; see [`MailQueue::push`]. Does not wait.
    pub fn push(&self, message: Message, age: Duration) -> Result<MailId, QueueFull> {
        let now = self.shared.now();
        let result = self.shared.state().queue.push(now, message, age);
        self.shared.changed.notify_one();
        result
    }

    /// Takes another relay (or none) into use and tries at once what waits.
    pub fn set_mailer(&self, mailer: Option<Mailer>) {
        let now = self.shared.now();
        let mut state = self.shared.state();
        state.mailer = mailer;
        state.queue.retry_now(now);
        drop(state);
        self.shared.changed.notify_one();
    }

    /// Messages that wait or are under way.
    pub fn waiting(&self) -> usize {
        self.shared.state().queue.len()
    }
}

impl Drop for MailRunner {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Instant {
        Instant::ZERO + self.started.elapsed()
    }

    /// A message to send and through whom, if one is due.
    fn next(&self) -> Option<(MailId, Arc<Message>, Mailer)> {
        let now = self.now();
        let mut state = self.state();
        let mailer = state.mailer.clone()?;
        let (id, message) = state.queue.poll_start(now)?;
        Some((id, message, mailer))
    }

    /// How long to sleep when nothing happens; for ever without a relay or a message.
    fn sleep(&self) -> Option<Duration> {
        let now = self.now();
        let state = self.state();
        state.mailer.as_ref()?;
        state.queue.poll_timeout().map(|at| at.saturating_since(now))
    }
}

async fn run(shared: Arc<Shared>, tell: impl Fn(MailEvent) + Send + Sync + 'static) {
    // Both are bounded by the queue's own limit of messages under way.
    let mut tries: JoinSet<Result<(), MailError>> = JoinSet::new();
    let mut whose: HashMap<task::Id, MailId> = HashMap::new();
    loop {
        while let Some((id, message, mailer)) = shared.next() {
            let handle = tries.spawn(async move { mailer.send(&message).await });
            whose.insert(handle.id(), id);
        }
        let wait = shared.sleep();
        let pause = async {
            match wait {
                Some(wait) => tokio::time::sleep(wait).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            Some(ended) = tries.join_next_with_id() => {
                let (task, result) = match ended {
                    Ok((task, result)) => (task, result),
                    // A panic while sending costs this try, not the queue.
                    Err(error) => (error.id(), Err(MailError::message(true, "sending failed inside"))),
                };
                let Some(id) = whose.remove(&task) else { continue };
                let now = shared.now();
                let event = shared.state().queue.handle_result(now, id, result);
                if let Some(event) = event {
                    tell(event);
                }
            }
            () = shared.changed.notified() => {}
            () = pause => {}
        }
    }
}
