//! Where a message came from and where its answer goes.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// A SIP transport (RFC 3261 §18, RFC 7118).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// A TCP connection.
    Tcp,
    /// TLS over TCP.
    Tls,
    /// WebSocket.
    Ws,
    /// WebSocket over TLS.
    Wss,
}

impl Transport {
    /// Whether the transport itself retransmits (RFC 3261 §17: no timer A, E, G; D, I, J, K are 0).
    pub fn is_reliable(self) -> bool {
        self != Transport::Udp
    }

    /// The name in a Via header: `UDP`, `TCP`, `TLS`, `WS`, `WSS`.
    pub fn via_name(self) -> &'static str {
        match self {
            Transport::Udp => "UDP",
            Transport::Tcp => "TCP",
            Transport::Tls => "TLS",
            Transport::Ws => "WS",
            Transport::Wss => "WSS",
        }
    }

    /// The value of the `transport` URI parameter: `udp`, `tcp`, `tls`, `ws` (RFC 7118 §5.3: `ws` for WSS too).
    pub fn uri_name(self) -> &'static str {
        match self {
            Transport::Udp => "udp",
            Transport::Tcp => "tcp",
            Transport::Tls => "tls",
            Transport::Ws | Transport::Wss => "ws",
        }
    }
}

/// A path to a peer: transport, both addresses, and which connection (RFC 5626 §3 "flow").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Flow {
    /// The transport.
    pub transport: Transport,
    /// Our address as the peer sees it on our side: the one to name in Via, Contact and SDP. Never
    /// unspecified (`0.0.0.0`) in a message received; port 0 in one to be sent means "choose".
    pub local: SocketAddr,
    /// The peer's address.
    pub peer: SocketAddr,
    /// The connection's number for stream transports, never reused; 0 for UDP, and for a stream
    /// connection that is still to be opened.
    pub connection: u64,
}
