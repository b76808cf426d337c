//! What waits to be sent on one connection: bounded in octets, filled without waiting, emptied by one task.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::Notify;

/// Counted for each message besides its octets, so that many tiny ones are bounded too.
const OVERHEAD: usize = 64;

#[derive(Debug)]
pub(super) struct Outbox {
    state: Mutex<State>,
    /// There is something to send, or the phase has changed.
    changed: Notify,
    /// The phase has become [`Phase::Cut`].
    cut: Notify,
    octets_max: usize,
}

#[derive(Debug)]
struct State {
    queue: VecDeque<Bytes>,
    octets: usize,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    /// What is queued goes, then the connection closes.
    Finishing,
    /// The connection closes at once.
    Cut,
}

impl Outbox {
    pub(super) fn new(octets_max: usize) -> Self {
        let state = State { queue: VecDeque::new(), octets: 0, phase: Phase::Open };
        Outbox { state: Mutex::new(state), changed: Notify::new(), cut: Notify::new(), octets_max }
    }

    /// Puts a message in line. A reader so slow that it does not fit is cut; then this is false.
    pub(super) fn push(&self, message: Bytes) -> bool {
        let mut state = self.state();
        let cost = message.len() + OVERHEAD;
        match state.phase {
            Phase::Open if state.octets + cost > self.octets_max => {
                drop(state);
                self.cut();
                false
            }
            Phase::Open => {
                state.octets += cost;
                state.queue.push_back(message);
                drop(state);
                self.changed.notify_one();
                true
            }
            Phase::Finishing | Phase::Cut => false,
        }
    }

    /// The next message to send, when there is one; `None` when there will be no more. For one task alone.
    pub(super) async fn next(&self) -> Option<Bytes> {
        loop {
            {
                let mut state = self.state();
                if state.phase != Phase::Cut
                    && let Some(message) = state.queue.pop_front()
                {
                    state.octets -= message.len() + OVERHEAD;
                    return Some(message);
                }
                if state.phase != Phase::Open {
                    return None;
                }
            }
            self.changed.notified().await;
        }
    }

    /// No more messages; the connection closes when those in line have gone.
    pub(super) fn finish(&self) {
        let mut state = self.state();
        if state.phase == Phase::Open {
            state.phase = Phase::Finishing;
        }
        drop(state);
        self.changed.notify_one();
    }

    /// The connection closes at once.
    pub(super) fn cut(&self) {
        let mut state = self.state();
        state.phase = Phase::Cut;
        state.queue.clear();
        state.octets = 0;
        drop(state);
        self.changed.notify_one();
        self.cut.notify_one();
    }

    /// Waits until the connection is to close at once. For one task alone.
    pub(super) async fn when_cut(&self) {
        self.cut.notified().await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().build().unwrap()
    }

    #[test]
    fn what_is_in_line_goes_before_the_end() {
        let outbox = Outbox::new(1_000);
        assert!(outbox.push(Bytes::from_static(b"1")));
        assert!(outbox.push(Bytes::from_static(b"2")));
        outbox.finish();
        assert!(!outbox.push(Bytes::from_static(b"3")));
        runtime().block_on(async {
            assert_eq!(outbox.next().await.unwrap(), "1");
            assert_eq!(outbox.next().await.unwrap(), "2");
            assert_eq!(outbox.next().await, None);
        });
    }

    #[test]
    fn a_full_line_is_cut() {
        let outbox = Outbox::new(1_000);
        assert!(outbox.push(Bytes::from(vec![0; 800])));
        assert!(!outbox.push(Bytes::from(vec![0; 800])));
        runtime().block_on(async {
            outbox.when_cut().await;
            assert_eq!(outbox.next().await, None);
        });
    }

    #[test]
    fn room_comes_back() {
        let outbox = Outbox::new(1_000);
        runtime().block_on(async {
            for _ in 0..100 {
                assert!(outbox.push(Bytes::from(vec![0; 900])));
                assert_eq!(outbox.next().await.unwrap().len(), 900);
            }
        });
    }
}
