//! The least that forwarding with a socket for each stream can cost: wait, receive, send.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

use crate::{FIRST, Failure, HERE, PEER};

/// Starts a thread that sends what it receives on one socket to the peer by its neighbour.
pub fn start(streams: u16, stop: Arc<AtomicBool>) -> Result<JoinHandle<()>, Failure> {
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    let mut sockets = Vec::new();
    for n in 0..streams {
        let socket = UdpSocket::bind(SocketAddr::new(HERE, FIRST + 2 * n))?;
        socket.set_nonblocking(true)?;
        epoll.add(&socket, EpollEvent::new(EpollFlags::EPOLLIN, u64::from(n)))?;
        sockets.push(socket);
    }
    Ok(std::thread::Builder::new().name("floor".into()).spawn(move || {
        let mut events = vec![EpollEvent::empty(); 1_024];
        let mut buffer = [0; 2_048];
        while !stop.load(Ordering::Relaxed) {
            let ready = epoll.wait(&mut events, EpollTimeout::from(100u8)).unwrap_or(0);
            for n in events.iter().take(ready).map(|e| e.data() as usize) {
                if let Ok((len, _)) = sockets[n].recv_from(&mut buffer) {
                    _ = sockets[n ^ 1].send_to(&buffer[..len], PEER);
                }
            }
        }
    })?)
}
