//! UDP sockets of the audio plane, read and written in batches.

use std::io::{self, IoSlice, IoSliceMut};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, MultiHeaders, SockFlag, SockProtocol, SockType, SockaddrIn, SockaddrIn6, SockaddrLike,
    SockaddrStorage, bind, recvfrom, recvmmsg, sendmmsg, sendto, setsockopt, socket, sockopt,
};

/// One bound, non-blocking UDP socket.
pub(crate) struct Port {
    fd: OwnedFd,
    v6: bool,
}

/// Room for the datagrams of one system call, and what became of them. One serves a whole thread.
pub(crate) struct Batch {
    buffers: Box<[[u8; PACKET_MAX]; BATCH]>,
    packets: [Received; BATCH],
    /// One set for each family, for the kernel cuts an address to the length that the last one had.
    headers: MultiHeaders<SockaddrIn>,
    headers6: MultiHeaders<SockaddrIn6>,
    /// Sending leaves pointers to its addresses in the headers, so those for receiving are never used for it.
    headers_out: MultiHeaders<SockaddrIn>,
    headers6_out: MultiHeaders<SockaddrIn6>,
    outgoing: Outgoing,
}

/// A datagram in the batch.
#[derive(Clone, Copy)]
struct Received {
    len: usize,
    source: SocketAddr,
}

/// The datagrams of a batch that go out by one socket.
struct Outgoing {
    packets: [(usize, SocketAddr); BATCH],
    len: usize,
}

/// Datagrams taken by one system call at most.
pub(crate) const BATCH: usize = 8;
/// Longer datagrams are no audio: an Ethernet frame carries 1,472 octets.
pub(crate) const PACKET_MAX: usize = 2_048;
/// RFC 4594 §4.1: telephony is marked Expedited Forwarding (46), the upper six bits of the field.
const EXPEDITED: i32 = 46 << 2;
/// Octets of the receive queue, which the kernel doubles: some 150 packets, 3 s of speech, are enough to bridge any
/// pause of ours and little enough that a flood fills no memory.
const RECEIVE_BUFFER: usize = 64 * 1024;
const NOWHERE: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0));

impl Port {
    /// Binds `local`. No `SO_REUSEADDR`: a port that another has must be refused.
    pub(crate) fn open(local: SocketAddr) -> io::Result<Port> {
        let v6 = local.is_ipv6();
        let family = if v6 { AddressFamily::Inet6 } else { AddressFamily::Inet };
        let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
        let fd = socket(family, SockType::Datagram, flags, SockProtocol::Udp)?;
        setsockopt(&fd, sockopt::RcvBuf, &RECEIVE_BUFFER)?;
        // A network that refuses the marking still carries the call.
        let marked = if v6 {
            setsockopt(&fd, sockopt::Ipv6V6Only, &true)?;
            setsockopt(&fd, sockopt::Ipv6TClass, &EXPEDITED)
        } else {
            setsockopt(&fd, sockopt::Ipv4Tos, &EXPEDITED)
        };
        if let Err(error) = marked {
            tracing::debug!(%error, "packets are not marked as telephony");
        }
        bind(fd.as_raw_fd(), &SockaddrStorage::from(local))?;
        Ok(Port { fd, v6 })
    }

    /// Sends one packet. A system that refuses it, for want of a route or of room, loses it: audio that cannot be sent
    /// now is not worth sending later.
    pub(crate) fn send(&self, packet: &[u8], to: SocketAddr) {
        let fd = self.fd.as_raw_fd();
        let _lost = match to {
            SocketAddr::V4(to) if !self.v6 => sendto(fd, packet, &SockaddrIn::from(to), MsgFlags::empty()),
            SocketAddr::V6(to) if self.v6 => sendto(fd, packet, &SockaddrIn6::from(to), MsgFlags::empty()),
            _ => Err(Errno::EAFNOSUPPORT),
        };
    }
}

impl Batch {
    pub(crate) fn new() -> Batch {
        Batch {
            buffers: Box::new([[0; PACKET_MAX]; BATCH]),
            packets: [Received { len: 0, source: NOWHERE }; BATCH],
            headers: MultiHeaders::preallocate(BATCH, None),
            headers6: MultiHeaders::preallocate(BATCH, None),
            headers_out: MultiHeaders::preallocate(BATCH, None),
            headers6_out: MultiHeaders::preallocate(BATCH, None),
            outgoing: Outgoing { packets: [(0, NOWHERE); BATCH], len: 0 },
        }
    }

    /// Takes one datagram from `port`, if there is one: how many there were. At 50 packets a second a socket has one
    /// at a time, and taking one costs half of what asking for a batch of one does.
    pub(crate) fn receive_one(&mut self, port: &Port) -> usize {
        self.outgoing.len = 0;
        let (fd, [buffer, ..]) = (port.fd.as_raw_fd(), &mut *self.buffers);
        let received = if port.v6 {
            recvfrom::<SockaddrIn6>(fd, buffer).map(|(len, from)| (len, from.map(|a| SocketAddrV6::from(a).into())))
        } else {
            recvfrom::<SockaddrIn>(fd, buffer).map(|(len, from)| (len, from.map(|a| SocketAddrV4::from(a).into())))
        };
        let (Ok((len, Some(source))), [place, ..]) = (received, &mut self.packets) else { return 0 };
        *place = Received { len, source };
        1
    }

    /// Takes what `port` has, up to [`BATCH`] datagrams: how many there were.
    pub(crate) fn receive(&mut self, port: &Port) -> usize {
        self.outgoing.len = 0;
        let received = if port.v6 {
            receive(port, &mut self.headers6, &mut self.buffers, &mut self.packets, |a| SocketAddrV6::from(a).into())
        } else {
            receive(port, &mut self.headers, &mut self.buffers, &mut self.packets, |a| SocketAddrV4::from(a).into())
        };
        // Without a datagram there is nothing to do whatever the reason; a socket of ours has no other errors.
        received.unwrap_or(0)
    }

    /// The `n`th datagram and its source. One that was too long for the buffer was cut and is given as empty.
    pub(crate) fn packet(&mut self, n: usize) -> Option<(&mut [u8], SocketAddr)> {
        let Received { len, source } = *self.packets.get(n)?;
        let len = if len < PACKET_MAX { len } else { 0 };
        Some((self.buffers.get_mut(n)?.get_mut(..len)?, source))
    }

    /// Lets `change` rewrite the `n`th datagram in its whole buffer; it gives the new length, or none to drop it.
    pub(crate) fn resize(&mut self, n: usize, change: impl FnOnce(&mut [u8]) -> Option<usize>) -> bool {
        let (Some(buffer), Some(packet)) = (self.buffers.get_mut(n), self.packets.get_mut(n)) else { return false };
        match change(buffer).filter(|len| *len < PACKET_MAX) {
            Some(len) => {
                packet.len = len;
                true
            }
            None => false,
        }
    }

    /// Notes that the `n`th datagram is to be sent.
    pub(crate) fn post(&mut self, n: usize, to: SocketAddr) {
        if let Some(place) = self.outgoing.packets.get_mut(self.outgoing.len) {
            *place = (n, to);
            self.outgoing.len += 1;
        }
    }

    /// Sends what was noted by `port`.
    pub(crate) fn flush(&mut self, port: &Port) {
        let posted = self.outgoing.packets.get(..self.outgoing.len).unwrap_or_default();
        let packet = |n: usize| {
            let len = self.packets.get(n).map_or(0, |p| p.len);
            self.buffers.get(n).and_then(|b| b.get(..len)).unwrap_or_default()
        };
        match posted {
            [] => {}
            [(n, to)] => port.send(packet(*n), *to),
            _ if port.v6 => {
                let address = |to: &SocketAddr| match to {
                    SocketAddr::V6(to) => Some(SockaddrIn6::from(*to)),
                    SocketAddr::V4(_) => None,
                };
                send_all(port, &mut self.headers6_out, posted, packet, address);
            }
            _ => {
                let address = |to: &SocketAddr| match to {
                    SocketAddr::V4(to) => Some(SockaddrIn::from(*to)),
                    SocketAddr::V6(_) => None,
                };
                send_all(port, &mut self.headers_out, posted, packet, address);
            }
        }
        self.outgoing.len = 0;
    }
}

fn receive<S: SockaddrLike + Copy>(
    port: &Port,
    headers: &mut MultiHeaders<S>,
    buffers: &mut [[u8; PACKET_MAX]; BATCH],
    packets: &mut [Received; BATCH],
    address: impl Fn(S) -> SocketAddr,
) -> nix::Result<usize> {
    let mut slices = buffers.each_mut().map(|b| [IoSliceMut::new(b)]);
    let received = recvmmsg(port.fd.as_raw_fd(), headers, slices.iter_mut(), MsgFlags::empty(), None)?;
    let mut count = 0;
    for (message, place) in received.zip(packets) {
        *place = Received { len: message.bytes, source: message.address.map_or(NOWHERE, &address) };
        count += 1;
    }
    Ok(count)
}

fn send_all<'a, S: SockaddrLike + Copy>(
    port: &Port,
    headers: &mut MultiHeaders<S>,
    posted: &[(usize, SocketAddr)],
    packet: impl Fn(usize) -> &'a [u8],
    address: impl Fn(&SocketAddr) -> Option<S>,
) {
    let mut slices = [[IoSlice::new(&[])]; BATCH];
    let mut addresses = [None; BATCH];
    for ((slice, place), (n, to)) in slices.iter_mut().zip(&mut addresses).zip(posted) {
        *slice = [IoSlice::new(packet(*n))];
        *place = address(to);
    }
    let count = posted.len().min(BATCH);
    // What the system refuses is lost, as with `Port::send`; a refusal ends the batch, which then was one burst.
    let _lost = sendmmsg(
        port.fd.as_raw_fd(),
        headers,
        slices.iter().take(count),
        addresses.get(..count).unwrap_or_default(),
        [],
        MsgFlags::empty(),
    );
}

impl AsFd for Port {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}
