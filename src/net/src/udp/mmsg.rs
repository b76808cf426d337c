//! `recvmmsg` and `sendmmsg` with a destination and a source address for each datagram.
//!
//! nix's wrappers share one set of control messages among all datagrams of a batch, which cannot say "answer from
//! the address that was asked", and do not restore the control buffers' length between receives. So this is the
//! one file of the crate that speaks to libc itself.

use std::io;
use std::mem;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

use bytes::Bytes;
use sip::Flow;

/// Datagrams a system call at most.
pub(super) const BATCH: usize = 32;

/// Room for one datagram: UDP cannot carry more (RFC 768).
const DATAGRAM_MAX: usize = 65_535;

/// Octets for control messages: one packet info of either protocol, in whole words for its alignment.
const CONTROL_WORDS: usize = 8;

type Control = [u64; CONTROL_WORDS];

const _: () = {
    // SAFETY: CMSG_SPACE only computes.
    let (v4, v6) = unsafe {
        (
            libc::CMSG_SPACE(size_of::<libc::in_pktinfo>() as u32) as usize,
            libc::CMSG_SPACE(size_of::<libc::in6_pktinfo>() as u32) as usize,
        )
    };
    assert!(v4 <= size_of::<Control>() && v6 <= size_of::<Control>());
};

/// Reused room for one batch of received datagrams. Only pages that a datagram ever reached are really in memory.
#[derive(Debug)]
pub(super) struct Receiver {
    room: Vec<u8>,
}

impl Receiver {
    pub(super) fn new() -> Self {
        Receiver { room: vec![0; BATCH * DATAGRAM_MAX] }
    }

    /// Receives up to `max` (at most [`BATCH`]) datagrams without waiting and gives each to `each`: the peer, the
    /// address of ours that it wrote to (if the socket tells), the octets. Says how many came.
    pub(super) fn receive(
        &mut self,
        socket: BorrowedFd<'_>,
        max: usize,
        mut each: impl FnMut(SocketAddr, Option<IpAddr>, &[u8]),
    ) -> io::Result<usize> {
        let max = max.min(BATCH);
        // SAFETY: all three are plain C structs (or words) for which all-zero is a valid value.
        let mut names: [libc::sockaddr_storage; BATCH] = unsafe { mem::zeroed() };
        let mut vectors: [libc::iovec; BATCH] = unsafe { mem::zeroed() };
        let mut headers: [libc::mmsghdr; BATCH] = unsafe { mem::zeroed() };
        let mut controls: [Control; BATCH] = [[0; CONTROL_WORDS]; BATCH];
        for (i, slot) in self.room.chunks_exact_mut(DATAGRAM_MAX).take(max).enumerate() {
            vectors[i] = libc::iovec { iov_base: slot.as_mut_ptr().cast(), iov_len: slot.len() };
            let header = &mut headers[i].msg_hdr;
            header.msg_name = (&raw mut names[i]).cast();
            header.msg_namelen = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
            header.msg_iov = &raw mut vectors[i];
            header.msg_iovlen = 1;
            header.msg_control = (&raw mut controls[i]).cast();
            header.msg_controllen = size_of::<Control>() as _;
        }
        // SAFETY: each header points at room of the length it names; names, vectors, controls and the datagrams'
        // room outlive the call, and `max` headers are filled in.
        let got = unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                headers.as_mut_ptr(),
                max as libc::c_uint,
                libc::MSG_DONTWAIT as _,
                ptr::null_mut(),
            )
        };
        let got = usize::try_from(got).map_err(|_| io::Error::last_os_error())?;
        for (i, slot) in self.room.chunks_exact(DATAGRAM_MAX).take(got).enumerate() {
            let header = &headers[i];
            let octets = slot.get(..header.msg_len as usize).unwrap_or(slot);
            if let Some(peer) = read_name(&names[i]) {
                // SAFETY: the kernel has filled in this header, whose control pointer is still alive.
                each(peer, unsafe { read_packet_info(&header.msg_hdr) }, octets);
            }
        }
        Ok(got)
    }
}

/// Sends up to [`BATCH`] datagrams without waiting and says how many of the first went. `route` gives the
/// destination and the source address (if it must be named). An error belongs to the first datagram.
pub(super) fn send<'a>(
    socket: BorrowedFd<'_>,
    datagrams: impl Iterator<Item = &'a (Flow, Bytes)>,
    route: impl Fn(&Flow) -> (SocketAddr, Option<IpAddr>),
) -> io::Result<usize> {
    // SAFETY: all three are plain C structs for which all-zero is a valid value.
    let mut names: [libc::sockaddr_storage; BATCH] = unsafe { mem::zeroed() };
    let mut vectors: [libc::iovec; BATCH] = unsafe { mem::zeroed() };
    let mut headers: [libc::mmsghdr; BATCH] = unsafe { mem::zeroed() };
    let mut controls: [Control; BATCH] = [[0; CONTROL_WORDS]; BATCH];
    let mut count = 0;
    for (i, (flow, octets)) in datagrams.take(BATCH).enumerate() {
        let (to, from) = route(flow);
        vectors[i] = libc::iovec { iov_base: octets.as_ptr().cast_mut().cast(), iov_len: octets.len() };
        let header = &mut headers[i].msg_hdr;
        header.msg_name = (&raw mut names[i]).cast();
        header.msg_namelen = write_name(&mut names[i], to);
        header.msg_iov = &raw mut vectors[i];
        header.msg_iovlen = 1;
        if let Some(from) = from {
            header.msg_control = (&raw mut controls[i]).cast();
            header.msg_controllen = size_of::<Control>() as _;
            // SAFETY: the control pointer and length above name room for one packet info of either protocol.
            unsafe { write_packet_info(header, from) };
        }
        count = i + 1;
    }
    // SAFETY: `count` headers are filled in; everything they point at outlives the call, and sendmmsg only reads
    // the datagrams.
    let sent = unsafe {
        libc::sendmmsg(
            socket.as_raw_fd(),
            headers.as_mut_ptr(),
            count as libc::c_uint,
            (libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL) as _,
        )
    };
    usize::try_from(sent).map_err(|_| io::Error::last_os_error())
}

fn read_name(name: &libc::sockaddr_storage) -> Option<SocketAddr> {
    let at = ptr::from_ref(name);
    match i32::from(name.ss_family) {
        libc::AF_INET => {
            // SAFETY: the family says which struct lies in the storage, which is large and aligned enough for all.
            let v4 = unsafe { &*at.cast::<libc::sockaddr_in>() };
            let ip = Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr));
            Some(SocketAddrV4::new(ip, u16::from_be(v4.sin_port)).into())
        }
        libc::AF_INET6 => {
            // SAFETY: as above.
            let v6 = unsafe { &*at.cast::<libc::sockaddr_in6>() };
            let ip = Ipv6Addr::from(v6.sin6_addr.s6_addr);
            Some(SocketAddrV6::new(ip, u16::from_be(v6.sin6_port), 0, v6.sin6_scope_id).into())
        }
        _ => None,
    }
}

fn write_name(name: &mut libc::sockaddr_storage, addr: SocketAddr) -> libc::socklen_t {
    let at = ptr::from_mut(name);
    let octets = match addr {
        SocketAddr::V4(v4) => {
            // SAFETY: the storage is large and aligned enough for every socket address.
            let out = unsafe { &mut *at.cast::<libc::sockaddr_in>() };
            out.sin_family = libc::AF_INET as libc::sa_family_t;
            out.sin_port = v4.port().to_be();
            out.sin_addr = in_addr(*v4.ip());
            size_of::<libc::sockaddr_in>()
        }
        SocketAddr::V6(v6) => {
            // SAFETY: as above.
            let out = unsafe { &mut *at.cast::<libc::sockaddr_in6>() };
            out.sin6_family = libc::AF_INET6 as libc::sa_family_t;
            out.sin6_port = v6.port().to_be();
            out.sin6_addr = libc::in6_addr { s6_addr: v6.ip().octets() };
            out.sin6_scope_id = v6.scope_id();
            size_of::<libc::sockaddr_in6>()
        }
    };
    octets as libc::socklen_t
}

/// The address of ours that a received datagram was sent to.
///
/// # Safety
/// `header` must have been filled in by the kernel and its control pointer must still be alive.
unsafe fn read_packet_info(header: &libc::msghdr) -> Option<IpAddr> {
    // SAFETY: the CMSG functions walk the control room that the kernel wrote, whose length it set; the data are
    // read without assuming alignment.
    unsafe {
        let mut at = libc::CMSG_FIRSTHDR(header);
        while !at.is_null() {
            match ((*at).cmsg_level, (*at).cmsg_type) {
                (libc::IPPROTO_IP, libc::IP_PKTINFO) => {
                    let info: libc::in_pktinfo = ptr::read_unaligned(libc::CMSG_DATA(at).cast());
                    // Not `ipi_addr`, the header's destination: that may be a broadcast address, which nobody answers from.
                    return Some(Ipv4Addr::from(u32::from_be(info.ipi_spec_dst.s_addr)).into());
                }
                (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) => {
                    let info: libc::in6_pktinfo = ptr::read_unaligned(libc::CMSG_DATA(at).cast());
                    return Some(Ipv6Addr::from(info.ipi6_addr.s6_addr).into());
                }
                _ => at = libc::CMSG_NXTHDR(header, at),
            }
        }
    }
    None
}

/// Names the source address of a datagram to be sent.
///
/// # Safety
/// The header's control pointer and length must name [`Control`] room.
unsafe fn write_packet_info(header: &mut libc::msghdr, from: IpAddr) {
    // SAFETY: the room holds one packet info of either protocol (asserted above), so the first header exists.
    unsafe {
        let at = libc::CMSG_FIRSTHDR(header);
        let space = match from {
            IpAddr::V4(v4) => {
                let info = libc::in_pktinfo {
                    ipi_ifindex: 0,
                    ipi_spec_dst: in_addr(v4),
                    ipi_addr: in_addr(Ipv4Addr::UNSPECIFIED),
                };
                (*at).cmsg_level = libc::IPPROTO_IP;
                (*at).cmsg_type = libc::IP_PKTINFO;
                (*at).cmsg_len = libc::CMSG_LEN(size_of_val(&info) as u32) as _;
                ptr::write_unaligned(libc::CMSG_DATA(at).cast(), info);
                libc::CMSG_SPACE(size_of_val(&info) as u32)
            }
            IpAddr::V6(v6) => {
                let info = libc::in6_pktinfo { ipi6_addr: libc::in6_addr { s6_addr: v6.octets() }, ipi6_ifindex: 0 };
                (*at).cmsg_level = libc::IPPROTO_IPV6;
                (*at).cmsg_type = libc::IPV6_PKTINFO;
                (*at).cmsg_len = libc::CMSG_LEN(size_of_val(&info) as u32) as _;
                ptr::write_unaligned(libc::CMSG_DATA(at).cast(), info);
                libc::CMSG_SPACE(size_of_val(&info) as u32)
            }
        };
        header.msg_controllen = space as _;
    }
}

fn in_addr(ip: Ipv4Addr) -> libc::in_addr {
    libc::in_addr { s_addr: u32::from(ip).to_be() }
}
