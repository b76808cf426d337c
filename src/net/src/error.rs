//! Why a socket could not be opened, told apart so that the binary can end with a clear sentence and its own status.

use std::io;
use std::net::SocketAddr;

/// A socket that could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// Another program (or another copy of this one) listens there.
    #[error("{protocol} {addr} is already in use by another program")]
    Busy {
        /// The address asked for.
        addr: SocketAddr,
        /// `UDP` or `TCP`.
        protocol: &'static str,
    },
    /// The operating system forbids it; ports below 1024 need CAP_NET_BIND_SERVICE.
    #[error("no permission to listen on {protocol} {addr}")]
    Denied {
        /// The address asked for.
        addr: SocketAddr,
        /// `UDP` or `TCP`.
        protocol: &'static str,
    },
    /// No interface of this machine has the address.
    #[error("this machine has no address {}", addr.ip())]
    NoSuchAddress {
        /// The address asked for.
        addr: SocketAddr,
    },
    /// Anything else.
    #[error("cannot listen on {protocol} {addr}")]
    Failed {
        /// The address asked for.
        addr: SocketAddr,
        /// `UDP` or `TCP`.
        protocol: &'static str,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
}

impl NetError {
    pub(crate) fn new(addr: SocketAddr, protocol: &'static str, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::AddrInUse => NetError::Busy { addr, protocol },
            io::ErrorKind::PermissionDenied => NetError::Denied { addr, protocol },
            io::ErrorKind::AddrNotAvailable => NetError::NoSuchAddress { addr },
            _ => NetError::Failed { addr, protocol, source },
        }
    }
}
