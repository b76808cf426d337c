//! SIP PnP: the socket of the multicast group, joined on every private network, and its thread.
//!
//! Bound to the group's own address, so that the box's SIP port stays as it is beside it. The decisions are
//! [`provision::pnp`]'s.

use std::collections::BTreeSet;
use std::io::{IoSlice, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use base::{Instant, Random};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, ControlMessage, ControlMessageOwned, IpMembershipRequest, MsgFlags, SockFlag, SockProtocol,
    SockType, SockaddrIn, bind, recvmsg, sendmsg, setsockopt, socket, sockopt,
};
use provision::pnp::{Asked, DATAGRAM_MAX, GROUP, Outcome, PORT, Pnp};

use crate::NetError;
use crate::link::{self, Interface};
use crate::wake::Wake;

/// How often interfaces are looked for.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// Datagrams handled before the thread looks around again.
const BATCH: usize = 64;

/// Where a phone that asked from there shall ask; nothing: it is not answered.
pub type Place = Box<dyn Fn(&Asked, &Interface, IpAddr) -> Option<String> + Send>;

/// The answering side; it ends when this is dropped.
#[derive(Debug)]
pub struct PnpPort {
    stop: Arc<AtomicBool>,
    wake: Wake,
    thread: Option<JoinHandle<()>>,
}

impl PnpPort {
    /// Opens the socket and starts the thread.
    pub fn start(mut random: Random, place: Place) -> Result<Self, NetError> {
        let at = SocketAddr::from((GROUP, PORT));
        let failed = |source| NetError::new(at, "UDP", source);
        let socket = open().map_err(|errno| failed(errno.into()))?;
        let (stop, wake) = (Arc::new(AtomicBool::new(false)), Wake::new().map_err(failed)?);
        let pnp = Pnp::new(&mut random);
        let port = Port { socket, pnp, joined: BTreeSet::new(), interfaces: Vec::new(), place };
        let thread = {
            let (stop, wake) = (Arc::clone(&stop), wake.clone());
            std::thread::Builder::new().name("pnp".into()).spawn(move || port.run(&stop, &wake)).map_err(failed)?
        };
        Ok(PnpPort { stop, wake, thread: Some(thread) })
    }
}

impl Drop for PnpPort {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        self.wake.wake();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // a panic in it is in the log already
        }
    }
}

fn open() -> nix::Result<OwnedFd> {
    let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
    let socket = socket(AddressFamily::Inet, SockType::Datagram, flags, SockProtocol::Udp)?;
    // The SIP port, which may be bound to all addresses, allows this one beside it; see `UdpPort::bind`.
    setsockopt(&socket, sockopt::ReuseAddr, &true)?;
    setsockopt(&socket, sockopt::Ipv4PacketInfo, &true)?;
    link::only_own_groups(&socket).map_err(|error| Errno::from_raw(error.raw_os_error().unwrap_or(libc::EINVAL)))?;
    bind(socket.as_raw_fd(), &SockaddrIn::from(std::net::SocketAddrV4::new(GROUP, PORT)))?;
    Ok(socket)
}

struct Port {
    socket: OwnedFd,
    pnp: Pnp,
    /// Interfaces by number and address.
    joined: BTreeSet<(u32, Ipv4Addr)>,
    interfaces: Vec<Interface>,
    place: Place,
}

impl Port {
    fn run(mut self, stop: &AtomicBool, wake: &Wake) {
        let started = std::time::Instant::now();
        let now = || Instant::ZERO + started.elapsed();
        let mut look_at = now();
        while !stop.load(Ordering::Acquire) {
            if now() >= look_at {
                self.join();
                look_at = now() + LOOK_EVERY;
            }
            let wait = look_at.saturating_since(now());
            let mut fds =
                [PollFd::new(wake.as_fd(), PollFlags::POLLIN), PollFd::new(self.socket.as_fd(), PollFlags::POLLIN)];
            if poll(&mut fds, PollTimeout::try_from(wait).unwrap_or(PollTimeout::MAX)).is_err() {
                std::thread::sleep(Duration::from_millis(100)); // a signal, or no memory: not in a tight loop
            }
            wake.drain();
            for _ in 0..BATCH {
                if self.receive(now()).is_err() {
                    break;
                }
            }
        }
    }

    /// Joins the group on interfaces that are new.
    fn join(&mut self) {
        match link::interfaces() {
            Ok(found) => self.interfaces = found,
            Err(error) => return tracing::warn!(%error, "the interfaces cannot be listed"),
        }
        let here: BTreeSet<_> = self.interfaces.iter().map(|one| (one.index, one.address)).collect();
        self.joined.retain(|one| here.contains(one));
        for one in &self.interfaces {
            if !self.joined.insert((one.index, one.address)) {
                continue;
            }
            let request = IpMembershipRequest::new(GROUP, Some(one.address));
            match setsockopt(&self.socket, sockopt::IpAddMembership, &request) {
                // Joined by another address of the same interface.
                Ok(()) | Err(Errno::EADDRINUSE) => tracing::info!(interface = one.name, "SIP PnP for phones"),
                Err(error) => tracing::warn!(interface = one.name, %error, "no SIP PnP for phones"),
            }
        }
    }

    /// One datagram; an error when none waits.
    fn receive(&mut self, now: Instant) -> nix::Result<()> {
        let mut octets = [0; DATAGRAM_MAX + 1];
        let mut control = nix::cmsg_space!(libc::in_pktinfo);
        let (length, source, index) = {
            let mut room = [IoSliceMut::new(&mut octets)];
            let flags = MsgFlags::MSG_DONTWAIT;
            let message = recvmsg::<SockaddrIn>(self.socket.as_raw_fd(), &mut room, Some(&mut control), flags)?;
            let info = message.cmsgs()?.find_map(|one| match one {
                ControlMessageOwned::Ipv4PacketInfo(info) => u32::try_from(info.ipi_ifindex).ok(),
                _ => None,
            });
            (message.bytes, message.address, info)
        };
        let (Some(source), Some(index)) = (source, index) else { return Ok(()) };
        let source = SocketAddr::from((source.ip(), source.port()));
        let IpAddr::V4(from) = source.ip() else { return Ok(()) };
        let of_link = self.interfaces.iter().filter(|one| one.index == index);
        let mut of_link = of_link.collect::<Vec<_>>();
        // Of several addresses of one interface the one in the phone's network.
        of_link.sort_by_key(|one| !one.has(from));
        let Some(interface) = of_link.first() else { return Ok(()) };
        let here = SocketAddr::from((interface.address, PORT));
        let place = |asked: &Asked| (self.place)(asked, interface, source.ip());
        match self.pnp.handle(now, &octets[..length], source, here, interface.has(from), place) {
            Outcome::Answer { asked, datagrams } => {
                let mac = asked.mac;
                tracing::info!(%mac, from = %source, vendor = asked.profile.vendor, model = asked.profile.model, "a phone asked by SIP PnP");
                for datagram in datagrams {
                    if let Err(error) = self.send(&datagram, from, source.port(), interface) {
                        tracing::debug!(%mac, %error, "a SIP PnP answer could not be sent");
                    }
                }
            }
            Outcome::NotAsked => {}
            other => tracing::debug!(from = %source, outcome = ?other, "a SIP PnP question is not answered"),
        }
        Ok(())
    }

    /// Sends from the box's own address on that interface.
    fn send(&self, datagram: &[u8], to: Ipv4Addr, port: u16, interface: &Interface) -> nix::Result<()> {
        let info = libc::in_pktinfo {
            ipi_ifindex: libc::c_int::try_from(interface.index).unwrap_or(0),
            ipi_spec_dst: libc::in_addr { s_addr: u32::from_ne_bytes(interface.address.octets()) },
            ipi_addr: libc::in_addr { s_addr: 0 },
        };
        let to = SockaddrIn::from(std::net::SocketAddrV4::new(to, port));
        let control = [ControlMessage::Ipv4PacketInfo(&info)];
        let flags = MsgFlags::MSG_DONTWAIT;
        sendmsg(self.socket.as_raw_fd(), &[IoSlice::new(datagram)], &control, flags, Some(&to)).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_group_has_a_socket_beside_the_sip_port() {
        // The SIP port is bound first, to all addresses; both go on without the other's datagrams.
        let sip = match crate::udp::UdpPort::bind(SocketAddr::from((Ipv4Addr::UNSPECIFIED, PORT))) {
            Ok(sip) => sip,
            Err(NetError::Busy { .. }) => return, // another program of this machine: nothing to be seen here
            Err(error) => panic!("{error}"),
        };
        assert_eq!(sip.local_addr().port(), PORT);
        let port = PnpPort::start(Random::from_number(1), Box::new(|_, _, _| None)).unwrap();
        let second = crate::udp::UdpPort::bind(SocketAddr::from((Ipv4Addr::UNSPECIFIED, PORT)));
        assert!(matches!(second, Err(NetError::Busy { .. })), "a second box must be told so");
        drop(port);
    }
}
