//! A socket for each stream, by io_uring: receive requests that go on for ever into buffers given to the kernel
//! beforehand, and sends that go out with the next wait. One system call a round.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU16, Ordering};

use io_uring::types::{BufRingEntry, CancelBuilder, Fixed};
use io_uring::{IoUring, cqueue, opcode, squeue};
use nix::sys::socket::{SockaddrIn, SockaddrLike};

use crate::{Failure, PEER, Way, sockets};

pub struct Ring {
    ring: IoUring,
    buffers: Buffers,
    /// What every receive request is told: how much room there is for a source address.
    header: Box<libc::msghdr>,
    peer: Box<SockaddrIn>,
    addresses: Vec<SocketAddr>,
    is_connected: bool,
    _sockets: Vec<UdpSocket>,
}

/// A ring of buffers, shared with the kernel: it takes from the head, we give back at the tail.
struct Buffers {
    memory: NonNull<u8>,
    tail: u16,
    taken: Vec<u16>,
}

const BUFFERS: u16 = 512;
/// `io_uring_recvmsg_out` and an IPv4 address come before the payload where the source is told.
const HEAD: usize = 16 + size_of::<SockaddrIn>();
const BUFFER: usize = 2_048;
const GROUP: u16 = 0;
const SENDING: u64 = u64::MAX;

impl Ring {
    pub fn open(streams: usize, is_connected: bool) -> Result<Ring, Failure> {
        let (sockets, addresses) = sockets(streams, is_connected)?;
        let ring = IoUring::builder()
            .setup_single_issuer()
            .setup_defer_taskrun()
            .setup_submit_all()
            .setup_cqsize(2 * streams as u32)
            .build(u32::from(BUFFERS))?;
        let files: Vec<_> = sockets.iter().map(AsRawFd::as_raw_fd).collect();
        ring.submitter().register_files(&files)?;
        let mut buffers = Buffers::new();
        // SAFETY: the memory begins with the entries and is freed after the requests have been cancelled.
        unsafe { ring.submitter().register_buf_ring_with_flags(buffers.memory.as_ptr() as u64, BUFFERS, GROUP, 0)? };
        buffers.give_back();
        // SAFETY: all zeros is a valid msghdr: no pointers, no lengths.
        let mut header: Box<libc::msghdr> = Box::new(unsafe { std::mem::zeroed() });
        header.msg_namelen = size_of::<SockaddrIn>() as u32;
        let SocketAddr::V4(peer) = PEER else { return Err("IPv4 only".into()) };
        let peer = Box::new(SockaddrIn::from(peer));
        let mut ring = Ring { ring, buffers, header, peer, addresses, is_connected, _sockets: sockets };
        (0..streams).for_each(|n| ring.receive(n as u32));
        ring.ring.submit()?;
        Ok(ring)
    }

    fn receive(&mut self, n: u32) {
        let request = if self.is_connected {
            opcode::RecvMulti::new(Fixed(n), GROUP).build()
        } else {
            opcode::RecvMsgMulti::new(Fixed(n), &raw const *self.header, GROUP).build()
        };
        self.push(&request.user_data(n.into()));
    }

    fn send(&mut self, by: u32, buffer: u16, packet: std::ops::Range<usize>) {
        let start = self.buffers.start(buffer).as_ptr().wrapping_add(packet.start);
        // With MSG_DONTWAIT the send is over when the system call that submits it returns.
        let mut send = opcode::Send::new(Fixed(by), start, packet.len() as u32).flags(libc::MSG_DONTWAIT);
        if !self.is_connected {
            send = send.dest_addr(self.peer.as_ptr()).dest_addr_len(self.peer.len());
        }
        self.push(&send.build().flags(squeue::Flags::SKIP_SUCCESS).user_data(SENDING));
    }

    fn push(&mut self, entry: &squeue::Entry) {
        for _ in 0..2 {
            // SAFETY: the header and the peer's address live as long as the ring, a buffer is not given back before
            // the next system call is over.
            if unsafe { self.ring.submission().push(entry) }.is_ok() {
                return;
            }
            _ = self.ring.submit();
        }
    }
}

impl Way for Ring {
    fn address(&self, stream: usize) -> SocketAddr {
        self.addresses[stream]
    }

    fn round(&mut self) -> Result<usize, Failure> {
        self.ring.submit_and_wait(1)?;
        self.buffers.give_back();
        let head = if self.is_connected { 0 } else { HEAD };
        let mut count = 0;
        while let Some(done) = { self.ring.completion().next() } {
            if done.user_data() == SENDING {
                return Err(std::io::Error::from_raw_os_error(-done.result()).into());
            }
            let n = done.user_data() as u32;
            if let Some(buffer) = cqueue::buffer_select(done.flags()) {
                self.buffers.taken.push(buffer);
                self.send(n ^ 1, buffer, head..done.result() as usize);
                count += 1;
            }
            if !cqueue::more(done.flags()) {
                self.receive(n);
            }
        }
        Ok(count)
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        // The buffers are freed after this: no request may be left that writes into them.
        _ = self.ring.submitter().register_sync_cancel(None, CancelBuilder::any());
    }
}

impl Buffers {
    fn new() -> Buffers {
        // SAFETY: the layout is not empty.
        let memory = NonNull::new(unsafe { alloc_zeroed(layout()) }).expect("a megabyte");
        Buffers { memory, tail: 0, taken: (0..BUFFERS).collect() }
    }

    fn start(&self, buffer: u16) -> NonNull<u8> {
        let entries = usize::from(BUFFERS) * size_of::<BufRingEntry>();
        // SAFETY: the kernel names no buffer that it was not given, so this lies within the memory.
        unsafe { self.memory.add(entries + usize::from(buffer) * BUFFER) }
    }

    fn give_back(&mut self) {
        let entries = self.memory.as_ptr().cast::<BufRingEntry>();
        for buffer in std::mem::take(&mut self.taken) {
            let address = self.start(buffer).as_ptr() as u64;
            // SAFETY: the place is below `BUFFERS`, and the kernel does not read it before the tail has moved.
            let entry = unsafe { &mut *entries.add(usize::from(self.tail % BUFFERS)) };
            entry.set_addr(address);
            entry.set_len(BUFFER as u32);
            entry.set_bid(buffer);
            self.tail = self.tail.wrapping_add(1);
        }
        // SAFETY: the tail lies in the first entry, at an even address, and is accessed by atomics alone.
        let tail = unsafe { AtomicU16::from_ptr(BufRingEntry::tail(entries).cast_mut()) };
        tail.store(self.tail, Ordering::Release);
    }
}

impl Drop for Buffers {
    fn drop(&mut self) {
        // SAFETY: allocated with this layout.
        unsafe { dealloc(self.memory.as_ptr(), layout()) };
    }
}

fn layout() -> Layout {
    let len = usize::from(BUFFERS) * (size_of::<BufRingEntry>() + BUFFER);
    // The kernel wants the entries at the start of a page.
    Layout::from_size_align(len, 4_096).expect("a megabyte at a page")
}
