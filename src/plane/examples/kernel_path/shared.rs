//! One socket for all streams, received from and sent to in batches.

use std::io::{IoSlice, IoSliceMut};
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::{AsFd, AsRawFd};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrIn, recvmmsg, sendmmsg};

use crate::{Failure, HERE, PEER, Way};

const BATCH: usize = 64;

/// Streams would be told apart by their sources; here they have one, and nothing is looked up.
pub struct Socket {
    socket: UdpSocket,
    address: SocketAddr,
    buffers: Box<[[u8; 2_048]; BATCH]>,
    headers: MultiHeaders<SockaddrIn>,
    headers_out: MultiHeaders<SockaddrIn>,
}

impl Socket {
    pub fn open() -> Result<Socket, Failure> {
        let socket = UdpSocket::bind(HERE)?;
        socket.set_nonblocking(true)?;
        let headers = || MultiHeaders::preallocate(BATCH, None);
        let buffers = Box::new([[0; 2_048]; BATCH]);
        Ok(Socket { address: socket.local_addr()?, socket, buffers, headers: headers(), headers_out: headers() })
    }
}

impl Way for Socket {
    fn address(&self, _stream: usize) -> SocketAddr {
        self.address
    }

    fn round(&mut self) -> Result<usize, Failure> {
        poll(&mut [PollFd::new(self.socket.as_fd(), PollFlags::POLLIN)], PollTimeout::from(100u8))?;
        let mut lens = [0; BATCH];
        let mut slices = self.buffers.each_mut().map(|b| [IoSliceMut::new(b)]);
        let fd = self.socket.as_raw_fd();
        let mut count = 0;
        let received = recvmmsg(fd, &mut self.headers, slices.iter_mut(), MsgFlags::empty(), None)?;
        for (message, len) in received.zip(&mut lens) {
            *len = message.bytes;
            count += 1;
        }
        let mut slices = [[IoSlice::new(&[])]; BATCH];
        for ((slice, buffer), len) in slices.iter_mut().zip(&*self.buffers).zip(&lens) {
            *slice = [IoSlice::new(&buffer[..*len])];
        }
        let SocketAddr::V4(peer) = PEER else { return Err("IPv4 only".into()) };
        let to = [Some(SockaddrIn::from(peer)); BATCH];
        let slices = slices.iter().take(count);
        sendmmsg(fd, &mut self.headers_out, slices, &to[..count], [], MsgFlags::empty())?;
        Ok(count)
    }
}
