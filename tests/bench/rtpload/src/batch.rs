//! sendmmsg and recvmmsg for packets of one size.

use std::mem;
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::os::fd::AsRawFd;
use std::ptr;

/// RTP header and 20 ms of G.711.
pub const PACKET: usize = 172;

/// Packets a system call.
const BATCH: usize = 64;

/// Room for what is received, RTCP included.
const ROOM: usize = 1500;

/// A batch under way, and room for one received.
pub struct Batch {
    to: Vec<SocketAddrV4>,
    packets: Vec<[u8; PACKET]>,
    room: Vec<[u8; ROOM]>,
}

impl Batch {
    pub fn new() -> Self {
        Batch { to: Vec::new(), packets: Vec::new(), room: vec![[0; ROOM]; BATCH] }
    }

    pub fn push(&mut self, to: SocketAddrV4, packet: [u8; PACKET]) {
        self.to.push(to);
        self.packets.push(packet);
    }

    pub fn is_full(&self) -> bool {
        self.packets.len() == BATCH
    }

    /// Sends what was pushed and says how many went.
    pub fn send(&mut self, socket: &UdpSocket) -> u64 {
        let mut names: Vec<libc::sockaddr_in> = self.to.iter().map(|to| name(*to)).collect();
        let mut vectors: Vec<libc::iovec> =
            self.packets.iter_mut().map(|p| libc::iovec { iov_base: p.as_mut_ptr().cast(), iov_len: PACKET }).collect();
        let mut headers: Vec<libc::mmsghdr> =
            names.iter_mut().zip(&mut vectors).map(|(name, vector)| header(name, vector)).collect();
        let mut sent = 0;
        while sent < headers.len() {
            let rest = &mut headers[sent..];
            // SAFETY: each header points at an address, a vector and a packet that outlive the call.
            let went = unsafe { libc::sendmmsg(socket.as_raw_fd(), rest.as_mut_ptr(), rest.len() as u32, 0) };
            match usize::try_from(went) {
                Ok(went) if went > 0 => sent += went,
                _ => break,
            }
        }
        self.to.clear();
        self.packets.clear();
        sent as u64
    }

    /// Gives each packet that waits to `each`.
    pub fn receive(&mut self, socket: &UdpSocket, mut each: impl FnMut(SocketAddrV4, &[u8])) {
        loop {
            let mut names = [name(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0)); BATCH];
            let mut vectors: Vec<libc::iovec> =
                self.room.iter_mut().map(|r| libc::iovec { iov_base: r.as_mut_ptr().cast(), iov_len: ROOM }).collect();
            let mut headers: Vec<libc::mmsghdr> =
                names.iter_mut().zip(&mut vectors).map(|(name, vector)| header(name, vector)).collect();
            // SAFETY: each header points at room of the length it names, which outlives the call.
            let got = unsafe {
                libc::recvmmsg(
                    socket.as_raw_fd(),
                    headers.as_mut_ptr(),
                    BATCH as u32,
                    libc::MSG_DONTWAIT as _,
                    ptr::null_mut(),
                )
            };
            let Ok(got) = usize::try_from(got) else { return };
            for at in 0..got {
                let from = SocketAddrV4::new(
                    Ipv4Addr::from(u32::from_be(names[at].sin_addr.s_addr)),
                    u16::from_be(names[at].sin_port),
                );
                each(from, &self.room[at][..(headers[at].msg_len as usize).min(ROOM)]);
            }
            if got < BATCH {
                return;
            }
        }
    }
}

/// Room for bursts on both sides of the socket.
pub fn grow_buffers(socket: &UdpSocket) {
    let octets: libc::c_int = 8 << 20;
    for option in [libc::SO_RCVBUF, libc::SO_SNDBUF, libc::SO_RCVBUFFORCE] {
        // SAFETY: the value is an int of the size named. Refusal only means a smaller buffer.
        unsafe {
            libc::setsockopt(
                socket.as_raw_fd(),
                libc::SOL_SOCKET,
                option,
                ptr::from_ref(&octets).cast(),
                size_of_val(&octets) as u32,
            );
        }
    }
}

fn name(addr: SocketAddrV4) -> libc::sockaddr_in {
    libc::sockaddr_in {
        sin_family: libc::AF_INET as libc::sa_family_t,
        sin_port: addr.port().to_be(),
        sin_addr: libc::in_addr { s_addr: u32::from(*addr.ip()).to_be() },
        sin_zero: [0; 8],
    }
}

fn header(name: &mut libc::sockaddr_in, vector: &mut libc::iovec) -> libc::mmsghdr {
    // SAFETY: all-zero is a valid value of this plain C struct.
    let mut header: libc::mmsghdr = unsafe { mem::zeroed() };
    header.msg_hdr.msg_name = ptr::from_mut(name).cast();
    header.msg_hdr.msg_namelen = size_of::<libc::sockaddr_in>() as u32;
    header.msg_hdr.msg_iov = vector;
    header.msg_hdr.msg_iovlen = 1;
    header
}
