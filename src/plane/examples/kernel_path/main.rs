//! What receiving and sending a voice packet costs by the ways that the kernel offers.
//!
//! `kernel_path [STREAMS [ROUNDS]]`, by default 1000 streams of each way and 2000 rounds. In a round each way in turn
//! finds a burst of packets in so many of its sockets, receives and sends them, and only that is timed: nothing is done
//! to the packets, and who sends them is not counted. Printed are the medians over the rounds for bursts of several
//! sizes, and the ratio to epoll. How many packets a wait finds depends on the load: one or two at 20,000 packets a
//! second, dozens at the limit of a core. Build with `--release`; ratios are safer than absolutes.

mod epoll;
mod ring;
mod shared;

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

type Failure = Box<dyn std::error::Error>;

/// Where the peer of all streams is.
const PEER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 32, 2)), 30_000);
/// Where streams are.
const HERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 32, 1)), 0);
const BURSTS: [usize; 4] = [1, 4, 16, 64];
const PACKET: [u8; 172] = [0xFF; 172];

/// A way to receive and send.
trait Way {
    /// Where a stream's packets are sent to.
    fn address(&self, stream: usize) -> SocketAddr;

    /// Waits once and forwards what there is: how many packets.
    fn round(&mut self) -> Result<usize, Failure>;
}

fn main() -> Result<(), Failure> {
    let mut args = std::env::args().skip(1);
    let mut number = |default: usize| args.next().map_or(Ok(default), |a| a.parse());
    let (streams, rounds) = (number(1_000)? & !1, number(2_000)?);
    raise_open_files()?;
    let mut ways: Vec<(&str, Box<dyn Way>)> = vec![
        ("epoll, recvfrom, sendto", Box::new(epoll::Sockets::open(streams, false)?)),
        ("the same, connected", Box::new(epoll::Sockets::open(streams, true)?)),
        ("one socket, mmsg", Box::new(shared::Socket::open()?)),
    ];
    for (name, is_connected) in [("io_uring", false), ("io_uring, connected", true)] {
        match ring::Ring::open(streams, is_connected) {
            Ok(ring) => ways.push((name, Box::new(ring))),
            Err(error) => println!("{name}: {error}"),
        }
    }
    let peer = UdpSocket::bind(PEER)?;
    peer.set_nonblocking(true)?;
    for burst in BURSTS {
        let costs = measure(&mut ways, &peer, streams, burst, rounds)?;
        let floor = costs.first().copied().unwrap_or(f64::NAN);
        for ((name, _), us) in ways.iter().zip(&costs) {
            println!("bursts of {burst:2}  {name:24} {us:5.2} µs a packet, ratio {:4.2}", us / floor);
        }
    }
    Ok(())
}

/// The median microseconds for a packet, of each way.
fn measure(
    ways: &mut [(&str, Box<dyn Way>)],
    peer: &UdpSocket,
    streams: usize,
    burst: usize,
    rounds: usize,
) -> Result<Vec<f64>, Failure> {
    let mut times = vec![Vec::with_capacity(rounds); ways.len()];
    let mut buffer = [0; 2_048];
    for round in 0..rounds {
        for ((_, way), times) in ways.iter_mut().zip(&mut times) {
            // A stride, so that a socket is as cold as it is among a thousand.
            for n in 0..burst {
                peer.send_to(&PACKET, way.address((round * burst + n) * 37 % streams))?;
            }
            let (begin, mut forwarded) = (Instant::now(), 0);
            while forwarded < burst {
                forwarded += way.round()?;
            }
            times.push(begin.elapsed());
            while peer.recv_from(&mut buffer).is_ok() {}
        }
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort_unstable();
        times.get(times.len() / 2).map_or(f64::NAN, |t| t.as_secs_f64() * 1e6 / burst as f64)
    };
    Ok(times.iter_mut().map(median).collect())
}

/// The sockets of all streams, and where they are.
fn sockets(streams: usize, is_connected: bool) -> std::io::Result<(Vec<UdpSocket>, Vec<SocketAddr>)> {
    let open = |_| {
        let socket = UdpSocket::bind(HERE)?;
        socket.set_nonblocking(true)?;
        if is_connected {
            socket.connect(PEER)?;
        }
        let address = socket.local_addr()?;
        Ok((socket, address))
    };
    (0..streams).map(open).collect()
}

fn raise_open_files() -> nix::Result<()> {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard)
}
