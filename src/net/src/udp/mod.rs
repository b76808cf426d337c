//! UDP for signalling: one socket, many datagrams a system call, and answers leave from the address that was asked.
//!
//! **Invariant:** an error that the network can cause (ICMP, a full buffer, an unreachable peer) never ends the
//! port; it is counted, and the flow that could not be served is reported.

mod mmsg;

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use bytes::Bytes;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockProtocol, SockType, SockaddrStorage, bind, getsockname, setsockopt, socket, sockopt,
};
use sip::{Flow, Transport};

use crate::{NetError, canonical};
use mmsg::{BATCH, Receiver};

/// Datagrams that wait for room in the socket's buffer. Beyond it the oldest is dropped: SIP retransmits, and the
/// newest is the one still waited for.
const QUEUED_MAX: usize = 8_192;

/// Flows remembered as failed until the caller asks; further ones are only counted.
const FAILED_MAX: usize = 1_024;

/// Asked of the kernel for each direction, octets; it may grant less (`net.core.rmem_max`). A registration storm
/// of 4,000 datagrams of 500 octets fits while the signalling thread is away for a moment.
const SOCKET_BUFFER: usize = 4 << 20;

/// DSCP CS3, the class of signalling (RFC 4594 §4.2), in the upper six bits of the traffic class.
const TRAFFIC_CLASS: i32 = 24 << 2;

/// A bound UDP socket.
#[derive(Debug)]
pub struct UdpPort {
    socket: OwnedFd,
    family: Family,
    /// As bound; its address may be unspecified.
    local: SocketAddr,
    /// The address is unspecified, so each datagram says which of ours it was sent to.
    wildcard: bool,
    receiver: Receiver,
    queue: VecDeque<(Flow, Bytes)>,
    failed: Vec<Flow>,
    counters: UdpCounters,
}

/// What a port has done since it was bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UdpCounters {
    /// Datagrams received.
    pub received: u64,
    /// Datagrams given to the kernel.
    pub sent: u64,
    /// Datagrams dropped because [`UdpPort::queue`] was full.
    pub overflowed: u64,
    /// Datagrams that the kernel refused (unreachable, too long, forbidden).
    pub refused: u64,
}

/// Which protocol the socket speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    V4,
    /// IPv6 alone.
    V6,
    /// `[::]`: IPv6, and IPv4 as mapped addresses.
    Dual,
}

impl UdpPort {
    /// Binds `addr`; port 0 picks a free one. `0.0.0.0` means every IPv4 address, `[::]` every address of both
    /// protocols.
    pub fn bind(addr: SocketAddr) -> Result<Self, NetError> {
        Self::open(addr).map_err(|errno| NetError::new(addr, "UDP", errno.into()))
    }

    fn open(addr: SocketAddr) -> nix::Result<Self> {
        let (family, domain) = match addr {
            SocketAddr::V4(_) => (Family::V4, AddressFamily::Inet),
            SocketAddr::V6(v6) if v6.ip().is_unspecified() => (Family::Dual, AddressFamily::Inet6),
            SocketAddr::V6(_) => (Family::V6, AddressFamily::Inet6),
        };
        let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
        let socket = socket(domain, SockType::Datagram, flags, SockProtocol::Udp)?;
        let wildcard = addr.ip().is_unspecified();
        match family {
            Family::V4 => setsockopt(&socket, sockopt::Ipv4PacketInfo, &wildcard)?,
            Family::V6 | Family::Dual => {
                setsockopt(&socket, sockopt::Ipv6V6Only, &(family == Family::V6))?;
                setsockopt(&socket, sockopt::Ipv6RecvPacketInfo, &wildcard)?;
            }
        }
        // A smaller buffer or an unmarked packet still works: the port does not fail over these.
        let _ = setsockopt(&socket, sockopt::RcvBuf, &SOCKET_BUFFER);
        let _ = setsockopt(&socket, sockopt::SndBuf, &SOCKET_BUFFER);
        if family != Family::V6 {
            let _ = setsockopt(&socket, sockopt::Ipv4Tos, &TRAFFIC_CLASS);
        }
        if family != Family::V4 {
            let _ = setsockopt(&socket, sockopt::Ipv6TClass, &TRAFFIC_CLASS);
        }
        bind(std::os::fd::AsRawFd::as_raw_fd(&socket), &SockaddrStorage::from(addr))?;
        // The multicast group of [`crate::pnp`] has the same port, a socket of its own, and questions that are not for
        // this one. Set after the bind: so that it stays an error if another program has the port.
        let _ = setsockopt(&socket, sockopt::ReuseAddr, &true);
        let _ = crate::link::only_own_groups(&socket);
        let bound: SockaddrStorage = getsockname(std::os::fd::AsRawFd::as_raw_fd(&socket))?;
        let port = bound.as_sockaddr_in().map(|a| a.port()).or_else(|| bound.as_sockaddr_in6().map(|a| a.port()));
        Ok(UdpPort {
            socket,
            family,
            local: SocketAddr::new(addr.ip(), port.unwrap_or(addr.port())),
            wildcard,
            receiver: Receiver::new(),
            queue: VecDeque::new(),
            failed: Vec::new(),
            counters: UdpCounters::default(),
        })
    }

    /// The address bound, with the port chosen. Its IP address is unspecified if it was asked for so.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Appends up to `max` waiting datagrams to `out` and says how many; 0 means none is waiting. The flow's local
    /// address is the one that the peer wrote to. Empty datagrams (some phones' keep-alive) come too. An error means
    /// that the socket is unusable; nothing that the network does causes one.
    pub fn receive_batch(&mut self, out: &mut Vec<(Flow, Bytes)>, max: usize) -> io::Result<usize> {
        let mut total = 0;
        while total < max {
            let want = BATCH.min(max - total);
            let (local, socket) = (self.local, self.socket.as_fd());
            let got = match self.receiver.receive(socket, want, |peer, to, datagram| {
                let local = SocketAddr::new(to.unwrap_or(local.ip()), local.port());
                let flow =
                    Flow { transport: Transport::Udp, local: canonical(local), peer: canonical(peer), connection: 0 };
                out.push((flow, Bytes::copy_from_slice(datagram)));
            }) {
                Ok(got) => got,
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock => break,
                    // An ICMP answer to something sent earlier, or a signal: the next call goes on.
                    io::ErrorKind::Interrupted
                    | io::ErrorKind::ConnectionRefused
                    | io::ErrorKind::ConnectionReset
                    | io::ErrorKind::HostUnreachable
                    | io::ErrorKind::NetworkUnreachable => continue,
                    _ if is_fault_of_ours(&error) => return Err(error),
                    // No memory for now, and the like: what waits is fetched the next time.
                    _ => break,
                },
            };
            total += got;
            if got < want {
                break;
            }
        }
        self.counters.received += total as u64;
        Ok(total)
    }

    /// Puts a datagram in line for [`UdpPort::flush`]. It leaves from `flow.local` where that is known.
    pub fn queue(&mut self, flow: &Flow, datagram: Bytes) {
        if self.queue.len() >= QUEUED_MAX {
            self.queue.pop_front();
            self.counters.overflowed += 1;
        }
        self.queue.push_back((*flow, datagram));
    }

    /// Sends what is in line and says how much went. What the kernel has no room for stays in line (see
    /// [`UdpPort::pending`]); what it refuses is dropped and its flow reported by [`UdpPort::take_failed`].
    pub fn flush(&mut self) -> io::Result<usize> {
        let mut total = 0;
        while !self.queue.is_empty() {
            let sent = mmsg::send(self.socket.as_fd(), self.queue.iter().take(BATCH), |flow| self.addresses(flow));
            match sent {
                Ok(sent) => {
                    self.queue.drain(..sent);
                    total += sent;
                }
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock => break,
                    io::ErrorKind::Interrupted => {}
                    // The error belongs to the first datagram: sendmmsg(2) reports it only when none went before.
                    _ => self.refuse_first(&error),
                },
            }
        }
        self.counters.sent += total as u64;
        Ok(total)
    }

    fn refuse_first(&mut self, error: &io::Error) {
        let Some((flow, datagram)) = self.queue.pop_front() else { return };
        self.counters.refused += 1;
        tracing::debug!(peer = %flow.peer, octets = datagram.len(), %error, "datagram refused");
        // RFC 3261 §18.4: the transaction user is told of a transport error.
        if self.failed.len() < FAILED_MAX {
            self.failed.push(flow);
        }
    }

    /// Where a datagram goes, and from which of our addresses if the socket has several.
    fn addresses(&self, flow: &Flow) -> (SocketAddr, Option<IpAddr>) {
        let from = (self.wildcard && !flow.local.ip().is_unspecified()).then_some(flow.local.ip());
        match self.family {
            Family::Dual => (SocketAddr::new(mapped(flow.peer.ip()), flow.peer.port()), from.map(mapped)),
            Family::V4 | Family::V6 => (flow.peer, from),
        }
    }

    /// Whether datagrams still wait for room: then poll for POLLOUT too.
    pub fn pending(&self) -> bool {
        !self.queue.is_empty()
    }

    /// The flows that a datagram could not be sent on since the last time this was asked.
    pub fn take_failed(&mut self) -> Vec<Flow> {
        std::mem::take(&mut self.failed)
    }

    /// Totals since the port was bound.
    pub fn counters(&self) -> UdpCounters {
        self.counters
    }
}

impl AsFd for UdpPort {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Our address towards `peer`, for a flow that we start: what the routing table says. `None` if there is no route.
pub fn local_address_for(peer: SocketAddr) -> Option<IpAddr> {
    let any: IpAddr = match peer {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind(SocketAddr::new(any, 0)).ok()?;
    // Connecting a UDP socket sends nothing; it only asks the routing table.
    socket.connect(peer).ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_unspecified()).then_some(ip)
}

/// The socket itself is unusable, which no later call mends.
fn is_fault_of_ours(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EBADF | libc::ENOTSOCK | libc::EFAULT | libc::EINVAL))
}

fn mapped(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().into(),
        IpAddr::V6(_) => ip,
    }
}

#[cfg(test)]
mod tests;
