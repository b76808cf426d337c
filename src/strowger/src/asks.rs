//! Commands whose answers somebody waits for: from a page to the exchange, and back once what they changed is on disk.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use exchange::io::{Answer, Command, Input, Refusal};
use tokio::sync::oneshot;

use crate::signalling::Inbox;

/// Longer than any commit of the journal takes; whoever asked is told then.
const PATIENCE: Duration = Duration::from_secs(10);

/// Those who wait.
#[derive(Debug, Default)]
pub struct Asks {
    last: AtomicU64,
    waiting: Mutex<BTreeMap<u64, oneshot::Sender<Result<Answer, Refusal>>>>,
}

impl Asks {
    /// Asks the exchange and waits for its answer.
    pub async fn ask(self: Arc<Self>, inbox: Inbox, command: Command) -> Result<Answer, Refusal> {
        let ticket = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let (tell, told) = oneshot::channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(ticket, tell);
        let late = || Refusal("the box is too busy; try again in a moment".to_owned());
        let answer = if inbox.send(Input::Ask { ticket, command }) {
            tokio::time::timeout(PATIENCE, told)
                .await
                .map_or_else(|_| Err(late()), |a| a.unwrap_or_else(|_| Err(late())))
        } else {
            Err(late())
        };
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&ticket);
        answer
    }

    fn tell(&self, ticket: u64, answer: Result<Answer, Refusal>) {
        if let Some(tell) = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&ticket) {
            let _ = tell.send(answer); // whoever asked may have gone
        }
    }
}

/// Answers that wait for the disk, in the order in which they were given.
#[derive(Debug)]
pub struct Answers {
    asks: Arc<Asks>,
    /// Each with the number of the last record put out before it.
    pending: VecDeque<(u64, u64, Result<Answer, Refusal>)>,
    durable: u64,
}

impl Answers {
    /// None yet.
    pub fn new(asks: Arc<Asks>) -> Self {
        Answers { asks, pending: VecDeque::new(), durable: 0 }
    }

    /// An answer was given after the `record`th record.
    pub fn given(&mut self, ticket: u64, record: u64, answer: Result<Answer, Refusal>) {
        if record <= self.durable || answer.is_err() {
            return self.asks.tell(ticket, answer);
        }
        self.pending.push_back((ticket, record, answer));
    }

    /// All records up to this one are on disk.
    pub fn durable(&mut self, upto: u64) {
        self.durable = self.durable.max(upto);
        while let Some((ticket, _, answer)) = self.pending.pop_front_if(|(_, record, _)| *record <= upto) {
            self.asks.tell(ticket, answer);
        }
    }

    /// Those up to this one are not.
    pub fn failed(&mut self, upto: u64) {
        while let Some((ticket, ..)) = self.pending.pop_front_if(|(_, record, _)| *record <= upto) {
            self.asks.tell(ticket, Err(Refusal("it could not be saved: the disk refuses".to_owned())));
        }
    }
}
