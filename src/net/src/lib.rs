//! SIP transports (RFC 3261 §18): UDP, TCP and TLS sockets, and the bell that wakes the signalling thread. Beside
//! them what else the box asks of the network: where SIP servers are ([`dns`]), mail ([`mail`]), feeds ([`fetch`]). And
//! what phones ask of the box before they speak SIP: [`dhcp`], [`pnp`], [`ldap`].
//!
//! Owns sockets and their bounds. Refuses to know transactions, calls and configuration: it hands over parsed
//! messages with the [`sip::Flow`] they came on, and sends octets on flows.
//!
//! **Invariant:** nothing here blocks the signalling thread, and no peer can make a queue, a buffer or a table
//! of this crate grow beyond the bound written next to it.

pub mod dhcp;
pub mod dns;
mod error;
pub mod fetch;
pub mod ldap;
pub mod link;
pub mod mail;
pub mod pnp;
pub mod stream;
pub mod udp;
pub mod wake;

use std::net::{IpAddr, SocketAddr, TcpListener};

pub use error::NetError;

/// Tries at finding a port that is free for UDP and TCP alike when the operating system chooses it.
const PAIR_TRIES: usize = 32;

/// Binds UDP and TCP to the same address, for RFC 3261 §18.2.1 wants a server on both. With port 0 the operating
/// system picks one port that is free for both; the port chosen stands in [`udp::UdpPort::local_addr`].
pub fn bind_pair(addr: SocketAddr) -> Result<(udp::UdpPort, TcpListener), NetError> {
    let mut tries = 0;
    loop {
        let port = udp::UdpPort::bind(addr)?;
        let at = SocketAddr::new(addr.ip(), port.local_addr().port());
        match stream::bind(at) {
            Ok(listener) => return Ok((port, listener)),
            // Another program holds this number for TCP only: any other number will do.
            Err(NetError::Busy { .. }) if addr.port() == 0 && tries < PAIR_TRIES => tries += 1,
            Err(error) => return Err(error),
        }
    }
}

/// An IPv4 address seen through a dual-stack IPv6 socket is shown as what it is (RFC 4291 §2.5.5.2).
fn canonical(addr: SocketAddr) -> SocketAddr {
    match addr.ip().to_canonical() {
        IpAddr::V4(v4) => SocketAddr::new(v4.into(), addr.port()),
        // Kept whole: a link-local address is nothing without its scope.
        IpAddr::V6(_) => addr,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_shares_its_port() {
        let (udp, tcp) = bind_pair("127.0.0.1:0".parse().unwrap()).unwrap();
        assert_eq!(udp.local_addr(), tcp.local_addr().unwrap());
        assert_ne!(udp.local_addr().port(), 0);
        let error = bind_pair(udp.local_addr()).unwrap_err();
        assert!(matches!(error, NetError::Busy { .. }), "{error}");
    }
}
