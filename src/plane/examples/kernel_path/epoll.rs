//! A socket for each stream: wait for those that have something, receive one, send one.

use std::net::{SocketAddr, UdpSocket};

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

use crate::{Failure, PEER, Way, sockets};

pub struct Sockets {
    epoll: Epoll,
    sockets: Vec<UdpSocket>,
    addresses: Vec<SocketAddr>,
    is_connected: bool,
    events: Vec<EpollEvent>,
}

impl Sockets {
    /// Connected sockets keep their route and receive from their peer alone.
    pub fn open(streams: usize, is_connected: bool) -> Result<Sockets, Failure> {
        let (sockets, addresses) = sockets(streams, is_connected)?;
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        for (n, socket) in (0..).zip(&sockets) {
            epoll.add(socket, EpollEvent::new(EpollFlags::EPOLLIN, n))?;
        }
        Ok(Sockets { epoll, sockets, addresses, is_connected, events: vec![EpollEvent::empty(); 256] })
    }
}

impl Way for Sockets {
    fn address(&self, stream: usize) -> SocketAddr {
        self.addresses[stream]
    }

    fn round(&mut self) -> Result<usize, Failure> {
        let mut buffer = [0; 2_048];
        let ready = self.epoll.wait(&mut self.events, EpollTimeout::from(100u8))?;
        for n in self.events.iter().take(ready).map(|e| e.data() as usize) {
            if self.is_connected {
                let len = self.sockets[n].recv(&mut buffer)?;
                self.sockets[n ^ 1].send(&buffer[..len])?;
            } else {
                let (len, _) = self.sockets[n].recv_from(&mut buffer)?;
                self.sockets[n ^ 1].send_to(&buffer[..len], PEER)?;
            }
        }
        Ok(ready)
    }
}
