//! The bell: other threads ring it, the signalling thread sleeps on it with `poll`.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::sys::eventfd::{EfdFlags, EventFd};

/// An eventfd that many threads may ring. Rings before the next [`Wake::drain`] count as one, and only the first
/// of them costs a system call.
#[derive(Clone, Debug)]
pub struct Wake {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    event: EventFd,
    rung: AtomicBool,
}

impl Wake {
    /// A bell that has not rung; fails only when the process is out of file descriptors.
    pub fn new() -> io::Result<Self> {
        let event = EventFd::from_value_and_flags(0, EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC)?;
        Ok(Wake { inner: Arc::new(Inner { event, rung: AtomicBool::new(false) }) })
    }

    /// Wakes the thread that polls; put what it shall find into its queue *before*.
    pub fn wake(&self) {
        // AcqRel pairs with `drain`: who finds the flag up knows that the drain to come will see the queue as it
        // is now.
        if !self.inner.rung.swap(true, Ordering::AcqRel) {
            // The only failure of a non-blocking write is a full counter, and that wakes too.
            let _ = self.inner.event.write(1);
        }
    }

    /// Whether it has rung since it was last drained; costs no system call.
    pub fn has_rung(&self) -> bool {
        self.inner.rung.load(Ordering::Acquire)
    }

    /// Makes the descriptor unreadable again; look at the queues *after*.
    pub fn drain(&self) {
        let _ = self.inner.event.read();
        self.inner.rung.swap(false, Ordering::AcqRel);
    }
}

impl AsFd for Wake {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inner.event.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

    fn readable(wake: &Wake) -> bool {
        let mut fds = [PollFd::new(wake.as_fd(), PollFlags::POLLIN)];
        poll(&mut fds, PollTimeout::ZERO).unwrap() == 1
    }

    #[test]
    fn rings_until_drained() {
        let wake = Wake::new().unwrap();
        assert!(!readable(&wake));
        wake.wake();
        wake.clone().wake();
        assert!(readable(&wake));
        wake.drain();
        assert!(!readable(&wake));
        wake.drain();
        wake.wake();
        assert!(readable(&wake));
    }

    #[test]
    fn no_ring_is_lost_between_threads() {
        const ITEMS: u32 = 20_000;
        let wake = Wake::new().unwrap();
        let bell = wake.clone();
        let (sender, receiver) = std::sync::mpsc::channel();
        let ringer = std::thread::spawn(move || {
            for item in 0..ITEMS {
                sender.send(item).unwrap();
                bell.wake();
            }
        });
        let mut seen = 0;
        while seen < ITEMS {
            let mut fds = [PollFd::new(wake.as_fd(), PollFlags::POLLIN)];
            assert_eq!(poll(&mut fds, PollTimeout::from(5_000u16)).unwrap(), 1, "slept through a ring at {seen}");
            wake.drain();
            seen += receiver.try_iter().count() as u32;
        }
        ringer.join().unwrap();
    }
}
