//! DHCP for phones: a socket on each private network, and the thread that serves them.
//!
//! Each socket is bound to its interface, so that what is answered goes out where it was asked. The decisions are
//! [`provision::dhcp`]'s.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::os::fd::{AsFd, AsRawFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use base::Instant;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockProtocol, SockType, SockaddrIn, bind, setsockopt, socket, sockopt,
};
use provision::Mac;
use provision::dhcp::{DATAGRAM_MAX, Kind, LeaseEvent, Link, Server, Told};

use crate::NetError;
use crate::link::{self, Interface};
use crate::wake::Wake;

/// RFC 2131 §4.1.
const SERVER_PORT: u16 = 67;
const CLIENT_PORT: u16 = 68;
/// How often interfaces are looked for.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// Datagrams of one network handled before another's turn.
const BATCH: usize = 32;

/// What the server needs of its surroundings. All are called on its own thread and may wait for the disk.
pub struct DhcpOptions {
    /// What phones are told on this network.
    pub told: Box<dyn Fn(&Interface) -> Told + Send>,
    /// The addresses to give; absent: another server gives them.
    pub range: Option<(Ipv4Addr, Ipv4Addr)>,
    /// Leases that were kept.
    pub kept: Box<dyn Fn() -> Vec<(Mac, Ipv4Addr)> + Send>,
    /// Keeps one, durably; false if it could not: then it is not given.
    pub keep: Box<dyn Fn(LeaseEvent) -> bool + Send>,
}

/// The server; it ends when this is dropped.
#[derive(Debug)]
pub struct DhcpPort {
    stop: Arc<AtomicBool>,
    wake: Wake,
    thread: Option<JoinHandle<()>>,
}

impl DhcpPort {
    /// Starts the thread. Sockets are opened there, and again when interfaces change; one that cannot be opened is
    /// named in the log.
    pub fn start(options: DhcpOptions) -> io::Result<Self> {
        let (stop, wake) = (Arc::new(AtomicBool::new(false)), Wake::new()?);
        let thread = {
            let (stop, wake) = (Arc::clone(&stop), wake.clone());
            std::thread::Builder::new().name("dhcp".into()).spawn(move || run(&options, &stop, &wake))?
        };
        Ok(DhcpPort { stop, wake, thread: Some(thread) })
    }
}

impl Drop for DhcpPort {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        self.wake.wake();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // a panic in it is in the log already
        }
    }
}

/// One network.
struct Served {
    interface: Interface,
    link: Link,
    socket: UdpSocket,
    server: Server,
}

fn run(options: &DhcpOptions, stop: &AtomicBool, wake: &Wake) {
    let started = std::time::Instant::now();
    let now = || Instant::ZERO + started.elapsed();
    // By name; `None` stands for one that could not be opened, which is said once.
    let mut served: BTreeMap<String, Option<Served>> = BTreeMap::new();
    let mut look_at = now();
    while !stop.load(Ordering::Acquire) {
        if now() >= look_at {
            look(options, &mut served, now());
            look_at = now() + LOOK_EVERY;
        }
        let wait = look_at.saturating_since(now());
        let open: Vec<&Served> = served.values().flatten().collect();
        let mut fds = vec![PollFd::new(wake.as_fd(), PollFlags::POLLIN)];
        fds.extend(open.iter().map(|one| PollFd::new(one.socket.as_fd(), PollFlags::POLLIN)));
        let timeout = PollTimeout::try_from(wait).unwrap_or(PollTimeout::MAX);
        if poll(&mut fds, timeout).is_err() {
            std::thread::sleep(Duration::from_millis(100)); // a signal, or no memory: not in a tight loop
        }
        wake.drain();
        for one in served.values_mut().flatten() {
            one.serve(options, now());
        }
    }
}

/// Opens what is new, closes what is gone or has become another network.
fn look(options: &DhcpOptions, served: &mut BTreeMap<String, Option<Served>>, now: Instant) {
    let found = match link::interfaces() {
        Ok(found) => found,
        Err(error) => return tracing::warn!(%error, "the interfaces cannot be listed"),
    };
    let found: Vec<(Interface, Link)> = found.into_iter().map(|one| (one.clone(), around(&one))).collect();
    served.retain(|name, one| {
        let stays = found.iter().any(|(interface, link)| match one {
            Some(one) => one.interface == *interface && one.link == *link,
            None => *name == interface.name,
        });
        if !stays && one.is_some() {
            tracing::info!(interface = name, "the network has changed: DHCP for phones ends there");
        }
        stays
    });
    for (interface, link) in found {
        let in_range = options.range.is_none_or(|(first, last)| interface.has(first) || interface.has(last));
        let name = interface.name.clone();
        if !in_range || served.get(&name).is_some_and(Option::is_some) {
            continue;
        }
        match open(&name) {
            Ok(socket) => drop(served.insert(name, Some(Served::new(options, interface, link, socket, now)))),
            Err(error) => {
                // Tried again at each look, said once.
                if served.insert(name.clone(), None).is_none() {
                    tracing::error!(interface = name, %error, "no DHCP for phones");
                }
            }
        }
    }
}

/// The network behind an interface, as the box itself uses it.
fn around(interface: &Interface) -> Link {
    Link {
        address: interface.address,
        prefix: interface.prefix,
        router: link::router(interface),
        dns: link::name_servers(),
        ntp: link::serves_time().then_some(interface.address),
    }
}

/// A socket that hears and speaks on this interface alone.
fn open(interface: &str) -> Result<UdpSocket, NetError> {
    let at = SocketAddr::from((Ipv4Addr::UNSPECIFIED, SERVER_PORT));
    let opened = || -> nix::Result<UdpSocket> {
        let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
        let socket = socket(AddressFamily::Inet, SockType::Datagram, flags, SockProtocol::Udp)?;
        setsockopt(&socket, sockopt::BindToDevice, &OsString::from(interface))?;
        setsockopt(&socket, sockopt::Broadcast, &true)?;
        bind(socket.as_raw_fd(), &SockaddrIn::new(0, 0, 0, 0, SERVER_PORT))?;
        Ok(UdpSocket::from(socket))
    };
    opened().map_err(|errno| NetError::new(at, "UDP", errno.into()))
}

impl Served {
    fn new(options: &DhcpOptions, interface: Interface, link: Link, socket: UdpSocket, now: Instant) -> Self {
        let mut server = Server::new(link.clone(), (options.told)(&interface), options.range);
        for (mac, address) in (options.kept)() {
            server.restore(now, mac, address);
        }
        tracing::info!(
            interface = interface.name,
            address = %interface.address,
            gives_addresses = server.gives_addresses(),
            "DHCP for phones"
        );
        Served { interface, link, socket, server }
    }

    fn serve(&mut self, options: &DhcpOptions, now: Instant) {
        let mut octets = [0; DATAGRAM_MAX + 1];
        for _ in 0..BATCH {
            // An error is the network's (nothing more waits, the interface went away): the next look finds out.
            let Ok((length, _)) = self.socket.recv_from(&mut octets) else { return };
            let reply = self.server.handle(now, &octets[..length]);
            // What was given is on disk before the phone hears of it.
            let is_kept = self.server.take_events().into_iter().all(&options.keep);
            let Some(reply) = reply else { continue };
            let (mac, address, kind) = (reply.mac, reply.address, reply.kind);
            if !is_kept {
                if kind == Kind::Ack {
                    self.server.undo(now, mac);
                }
                tracing::warn!(%mac, "a lease cannot be kept and is not given");
                continue;
            }
            match self.socket.send_to(&reply.octets, (reply.to, CLIENT_PORT)) {
                Ok(_) => tracing::debug!(%mac, ?address, ?kind, interface = self.interface.name, "DHCP"),
                Err(error) => tracing::debug!(%mac, %error, "a DHCP answer could not be sent"),
            }
        }
    }
}
