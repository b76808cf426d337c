//! The orders for one audio thread: bounded, and a file descriptor that wakes its epoll.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use base::{RoomId, StreamId};
use media::control::MediaCommand;
use nix::sys::eventfd::{EfdFlags, EventFd};

use crate::lock;
use crate::worker::{Slot, TapOrder};

/// What an audio thread is told.
pub(crate) enum Order {
    /// A command from the exchange.
    Media(MediaCommand),
    /// A recording of a stream begins or ends.
    Tap { stream: StreamId, tap: TapOrder },
    /// A recording of a room begins or ends.
    TapRoom { room: RoomId, tap: TapOrder },
    /// This stream will come from another thread; commands for it wait until it is here.
    Expect(StreamId),
    /// Give this stream away.
    Release { stream: StreamId, to: Arc<Queue> },
    /// The stream that was expected.
    Adopt(Box<Slot>),
    /// The stream that was expected does not exist.
    Absent(StreamId),
    /// Close everything and end.
    Stop,
}

/// A bounded queue with a wake-up.
pub(crate) struct Queue {
    orders: Mutex<VecDeque<Order>>,
    room: Condvar,
    wake: EventFd,
}

/// Some thousand commands are a second's worth of set-ups on the busiest box. Who comes then waits: an audio thread
/// never waits for the exchange, so it always gets on.
const BOUND: usize = 4_096;

impl Queue {
    pub(crate) fn new() -> io::Result<Queue> {
        let wake = EventFd::from_flags(EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC)?;
        Ok(Queue { orders: Mutex::default(), room: Condvar::new(), wake })
    }

    /// Adds orders; waits while the queue is full. Not for audio threads, which could wait for each other.
    pub(crate) fn push_all(&self, new: Vec<Order>) {
        if new.is_empty() {
            return;
        }
        let mut orders = lock(&self.orders);
        while orders.len() >= BOUND {
            orders = self.room.wait(orders).unwrap_or_else(PoisonError::into_inner);
        }
        self.add(orders, new);
    }

    /// Adds an order without regard to the bound. What one audio thread tells another is bounded by its streams.
    pub(crate) fn push_beyond_bound(&self, order: Order) {
        self.add(lock(&self.orders), [order]);
    }

    fn add(&self, mut orders: MutexGuard<'_, VecDeque<Order>>, new: impl IntoIterator<Item = Order>) {
        // Who finds orders waiting need not ring: the bell has been rung and they have not been taken since.
        let rings = orders.is_empty();
        orders.extend(new);
        drop(orders);
        if rings {
            // The counter can only overflow while the bell is ringing.
            let _ = self.wake.write(1);
        }
    }

    /// All that has come, in order.
    pub(crate) fn take(&self) -> VecDeque<Order> {
        // The bell first: an order that comes after this line rings again or is taken by the next.
        let _ = self.wake.read();
        let orders = std::mem::take(&mut *lock(&self.orders));
        self.room.notify_all();
        orders
    }

    /// The descriptor to wait on.
    pub(crate) fn wake(&self) -> &EventFd {
        &self.wake
    }
}
