//! TCP and TLS for signalling (RFC 3261 §18, RFC 5626 §3.5.1): many connections, none of which can hurt the others.
//!
//! Runs on tokio; messages are framed and parsed there and handed to the signalling thread over a bounded queue.
//! When that is full, connections are read no further and TCP itself slows the senders.
//!
//! A connection is a *stranger* until we have opened it ourselves or answered a REGISTER or INVITE on it with a 2xx,
//! which nobody gets without credentials. Strangers are few, short-lived and the first to go; the connections of
//! registered phones are neither counted per source nor closed for being quiet.
//!
//! **Invariant:** every flow reported in [`Inbound::Message`] or [`Inbound::Opened`] is reported in
//! [`Inbound::Closed`] once, after all its messages.

mod connection;
mod listen;
mod outbox;
mod servers;
mod table;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use rustls::ServerConfig;
use sip::message::{Malformed, Message};
use sip::{Flow, Transport};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};

use crate::NetError;
use crate::wake::Wake;
use servers::Servers;
use table::{Lookup, Table};

pub use servers::{TlsClients, TlsServer};

/// The bounds of a [`StreamHub`]. The defaults suit a box with 10,000 phones.
#[derive(Clone, Debug)]
pub struct StreamOptions {
    /// Connections in all. At the bound a stranger is cut for a newcomer; without strangers the newcomer is refused.
    pub connections_max: usize,
    /// Strangers in all. At the bound the oldest is cut.
    pub strangers_max: usize,
    /// Strangers from one IPv4 address or one IPv6 /64. At the bound that source's oldest is cut.
    pub strangers_per_source_max: usize,
    /// Connections being opened at once; beyond it a flow is reported closed at once.
    pub dialling_max: usize,
    /// A stranger that sends nothing for so long is closed.
    pub stranger_idle: Duration,
    /// Anybody else who sends nothing for so long is closed; longer than the longest registration.
    pub known_idle: Duration,
    /// A message must be complete so long after its first octet.
    pub frame_timeout: Duration,
    /// A TLS handshake must be done in this time.
    pub handshake_timeout: Duration,
    /// A connection of ours must be up in this time.
    pub connect_timeout: Duration,
    /// The peer must take some octets in this time while there are octets to send.
    pub write_timeout: Duration,
    /// Octets waiting for one slow reader; at the bound it is cut.
    pub queued_max: usize,
    /// For TLS connections that we open; absent: they fail.
    pub tls_client: Option<TlsClients>,
}

impl Default for StreamOptions {
    fn default() -> Self {
        StreamOptions {
            connections_max: 20_000,
            strangers_max: 4_096,
            strangers_per_source_max: 256,
            dialling_max: 256,
            stranger_idle: Duration::from_secs(300),
            known_idle: Duration::from_secs(2 * 3_600),
            frame_timeout: Duration::from_secs(10),
            handshake_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(5),
            write_timeout: Duration::from_secs(20),
            queued_max: 1 << 20,
            tls_client: None,
        }
    }
}

/// What connections have to say.
#[derive(Debug)]
pub enum Inbound {
    /// A message arrived.
    Message {
        /// On which connection.
        flow: Flow,
        /// The message.
        message: Box<Message>,
        /// The octets it was parsed from.
        raw: Bytes,
    },
    /// Something arrived that is framed like a message but is none; it may deserve a 4xx.
    Malformed {
        /// On which connection.
        flow: Flow,
        /// What is wrong, and the answer.
        malformed: Box<Malformed>,
        /// The octets.
        raw: Bytes,
    },
    /// The connection for a flow with connection 0 is up, or was up already.
    Opened {
        /// As asked for.
        asked: Flow,
        /// As it is.
        flow: Flow,
    },
    /// The connection is gone, or could not be opened (then the flow is as asked for, with connection 0).
    Closed {
        /// Which.
        flow: Flow,
    },
}

/// Room in the queue from the connections to the signalling thread.
const INBOUND_MAX: usize = 1_024;

/// The bounded queue between the connections and the signalling thread, which empties it with `try_recv`.
pub fn inbound_queue() -> (mpsc::Sender<Inbound>, mpsc::Receiver<Inbound>) {
    mpsc::channel(INBOUND_MAX)
}

/// All stream connections and their listeners.
#[derive(Clone, Debug)]
pub struct StreamHub {
    shared: Arc<Shared>,
}

/// What the listeners' and connections' tasks share.
#[derive(Debug)]
struct Shared {
    handle: Handle,
    options: StreamOptions,
    inbound: mpsc::Sender<Inbound>,
    wake: Wake,
    table: Mutex<Table>,
    servers: Servers,
    stopping: watch::Sender<bool>,
}

/// How many connections there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamCounts {
    /// In all, those still shaking hands included.
    pub connections: usize,
    /// Of these, strangers.
    pub strangers: usize,
    /// Cut or refused because of a bound, since the start.
    pub refused: u64,
}

impl StreamHub {
    /// A hub without listeners, whose tasks run on `handle`. `wake` is rung after each thing put into `inbound`.
    pub fn start(handle: Handle, options: StreamOptions, inbound: mpsc::Sender<Inbound>, wake: Wake) -> Self {
        let table = Mutex::new(Table::new(&options));
        let (stopping, _) = watch::channel(false);
        StreamHub {
            shared: Arc::new(Shared { handle, options, inbound, wake, table, servers: Servers::default(), stopping }),
        }
    }

    /// Serves SIP over TCP on a listener made by [`bind`] or [`crate::bind_pair`]; says its address.
    pub fn serve_tcp(&self, listener: TcpListener) -> io::Result<SocketAddr> {
        listen::serve(&self.shared, listener, None)
    }

    /// Serves SIP over TLS (RFC 3261 §26.2.1) with the certificate in `config`; says the address.
    pub fn serve_tls(&self, listener: TcpListener, config: Arc<ServerConfig>) -> io::Result<SocketAddr> {
        listen::serve(&self.shared, listener, Some(config))
    }

    /// Says which server is at an address, for TLS connections of ours to it.
    pub fn server_is(&self, addr: SocketAddr, server: TlsServer) {
        self.shared.servers.put(addr, server);
    }

    /// Sends octets on a stream flow; never waits. Connection 0 means: over a connection to `flow.peer`, opened now
    /// if there is none. Failure is reported as [`Inbound::Closed`].
    pub fn send(&self, flow: &Flow, octets: Bytes) {
        let known = grants(&octets);
        let mut table = self.shared.table();
        match table.look_up(flow) {
            Lookup::Found { id, opened } => {
                if known {
                    table.mark_known(id);
                }
                table.push(id, octets);
                drop(table);
                if let Some(flow_as_is) = opened {
                    self.shared.report(Inbound::Opened { asked: *flow, flow: flow_as_is });
                }
            }
            Lookup::Absent if flow.connection == 0 && dialable(flow) => match table.dial(flow) {
                Some(entry) => {
                    drop(table);
                    // Its own queue is empty, so this message fits.
                    entry.outbox.push(octets);
                    self.shared.handle.spawn(connection::dial(self.shared.clone(), entry));
                }
                None => {
                    drop(table);
                    self.shared.report(Inbound::Closed { flow: *flow });
                }
            },
            Lookup::Absent => {
                drop(table);
                self.shared.report(Inbound::Closed { flow: *flow });
            }
        }
    }

    /// Closes a connection after what is queued for it has gone. Reported as [`Inbound::Closed`].
    pub fn close(&self, flow: &Flow) {
        self.shared.table().finish(flow.connection);
    }

    /// How many connections there are now.
    pub fn counts(&self) -> StreamCounts {
        self.shared.table().counts()
    }

    /// Stops listening, closes every connection after what is queued for it has gone, and waits for that at most
    /// `grace`. Must not be called on a tokio thread. Nothing is reported any more.
    pub fn shutdown(&self, grace: Duration) {
        self.shared.stopping.send_replace(true);
        self.shared.table().finish_all();
        // Each task holds a subscription; none left means that all have ended.
        let stopping = self.shared.stopping.clone();
        let ended = async move { tokio::time::timeout(grace, stopping.closed()).await.is_ok() };
        if !self.shared.handle.block_on(ended) {
            self.shared.table().cut_all();
        }
    }
}

impl Shared {
    fn table(&self) -> MutexGuard<'_, Table> {
        // The table is whole between any two statements of its methods' callers, so a panic elsewhere does no harm.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts news into the queue without waiting here; if it is full, a task waits instead, so nothing is lost.
    fn report(self: &Arc<Self>, news: Inbound) {
        match self.inbound.try_send(news) {
            Ok(()) => self.wake.wake(),
            Err(mpsc::error::TrySendError::Full(news)) => {
                let shared = self.clone();
                self.handle.spawn(async move {
                    shared.deliver(news).await;
                });
            }
            // The signalling thread has ended: there is nobody to tell.
            Err(mpsc::error::TrySendError::Closed(_)) => {}
        }
    }

    /// Waits for room in the queue; false: there is nobody to tell any more.
    async fn deliver(&self, news: Inbound) -> bool {
        let delivered = self.inbound.send(news).await.is_ok();
        self.wake.wake();
        delivered
    }
}

/// Opens a listening TCP socket, without serving it yet.
pub fn bind(addr: SocketAddr) -> Result<TcpListener, NetError> {
    let listener = TcpListener::bind(addr).map_err(|error| NetError::new(addr, "TCP", error))?;
    listener.set_nonblocking(true).map_err(|error| NetError::new(addr, "TCP", error))?;
    Ok(listener)
}

/// Whether an address may be connected to at all: never port 0, "any", or a group.
fn dialable(flow: &Flow) -> bool {
    let ip = flow.peer.ip();
    let broadcast = matches!(ip, std::net::IpAddr::V4(v4) if v4.is_broadcast());
    matches!(flow.transport, Transport::Tcp | Transport::Tls)
        && flow.peer.port() != 0
        && !ip.is_unspecified()
        && !ip.is_multicast()
        && !broadcast
}

/// Whether this is a 2xx to a REGISTER or an INVITE, as we print it: its receiver has shown credentials.
fn grants(octets: &[u8]) -> bool {
    octets.starts_with(b"SIP/2.0 2")
        && octets
            .split(|&octet| octet == b'\n')
            .map(<[u8]>::trim_ascii)
            .take_while(|line| !line.is_empty())
            .filter_map(|line| line.strip_prefix(b"CSeq:"))
            .any(|value| value.ends_with(b" REGISTER") || value.ends_with(b" INVITE"))
}

#[cfg(test)]
mod tests;
