//! One connection's life: read, frame, parse, hand over; send what is in line; end for one of few reasons.

use std::io;
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Poll, ready};

use bytes::Bytes;
use nix::sys::socket::{setsockopt, sockopt};
use sip::stream::{Frame, Framer, FramingError};
use sip::{Flow, Transport};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;

use super::outbox::Outbox;
use super::table::Admitted;
use super::{Inbound, Shared};
use crate::canonical;

/// Octets taken from a socket at once. They lie on the stack of the poll, so a quiet connection costs no buffer.
const READ_MAX: usize = 16 * 1024;

/// The answer to a keep-alive (RFC 5626 §3.5.1: "pong").
const PONG: &[u8] = b"\r\n";

/// Quiet seconds until TCP probes a peer, between probes, and probes until it counts as dead.
const PROBE_AFTER_S: u32 = 60;
const PROBE_EVERY_S: u32 = 15;
const PROBES: u32 = 4;

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum End {
    #[error("the peer closed")]
    Peer,
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("unframeable octets")]
    Framing,
    #[error("a message took too long to arrive")]
    FrameTimeout,
    #[error("quiet for too long")]
    Idle,
    #[error("the peer reads too slowly")]
    WriteTimeout,
    #[error("closed by us")]
    Finished,
    #[error("cut")]
    Cut,
    #[error("nobody to hand messages to")]
    Orphaned,
}

/// Holds a connection's place in the table, and reports its end when dropped, by whichever way.
pub(super) struct Guard {
    shared: Arc<Shared>,
    id: u64,
    /// The end is worth a report: somebody was told of the flow, or waits for it.
    told: bool,
    /// Lets [`super::StreamHub::shutdown`] wait for this task.
    _stopping: watch::Receiver<bool>,
}

impl Guard {
    pub(super) fn new(shared: Arc<Shared>, admitted: &Admitted) -> Self {
        let _stopping = shared.stopping.subscribe();
        Guard { shared, id: admitted.flow.connection, told: false, _stopping }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let gone = self.shared.table().remove(self.id);
        if self.told {
            gone.into_iter().for_each(|flow| self.shared.report(Inbound::Closed { flow }));
        }
    }
}

/// Opens the connection that the table has an entry for, then serves it.
pub(super) async fn dial(shared: Arc<Shared>, mut admitted: Admitted) {
    let mut guard = Guard::new(shared.clone(), &admitted);
    guard.told = true;
    let peer = admitted.flow.peer;
    let opening = timeout(shared.options.connect_timeout, open(&shared, &admitted.flow));
    let opened = tokio::select! {
        opened = opening => opened,
        () = admitted.outbox.when_cut() => return,
    };
    let (stream, local) = match opened {
        Ok(Ok(opened)) => opened,
        // What the handshake found wrong, an untrusted certificate say, is for the owner to see: nobody else tells.
        Ok(Err(error)) if error.get_ref().is_some_and(|e| e.is::<rustls::Error>()) => {
            return tracing::warn!(%peer, %error, "no TLS connection");
        }
        Ok(Err(error)) => return tracing::debug!(%peer, %error, "cannot connect"),
        Err(_) => return tracing::debug!(%peer, "connecting took too long"),
    };
    let Some((flow, asked)) = shared.table().opened(guard.id, local) else { return };
    for asked in asked {
        if !shared.deliver(Inbound::Opened { asked, flow }).await {
            return;
        }
    }
    admitted.flow = flow;
    match stream {
        Opened::Tcp(stream) => serve(guard, admitted, stream).await,
        Opened::Tls(stream) => serve(guard, admitted, stream).await,
    }
}

enum Opened {
    Tcp(TcpStream),
    Tls(Box<tokio_rustls::client::TlsStream<TcpStream>>),
}

async fn open(shared: &Shared, flow: &Flow) -> io::Result<(Opened, SocketAddr)> {
    let socket = if flow.peer.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // From the address that the Via will name, if one is wanted and fits the protocol.
    if !flow.local.ip().is_unspecified() && flow.local.is_ipv4() == flow.peer.is_ipv4() {
        socket.bind(SocketAddr::new(flow.local.ip(), 0))?;
    }
    let stream = socket.connect(flow.peer).await?;
    tune(&stream);
    let local = canonical(stream.local_addr()?);
    if flow.transport == Transport::Tcp {
        return Ok((Opened::Tcp(stream), local));
    }
    let config = shared.options.tls_client.clone().ok_or_else(|| io::Error::other("no TLS client configured"))?;
    let (name, verify) = shared.servers.at(flow.peer);
    let config = if verify { config.careful } else { config.careless };
    let stream = TlsConnector::from(config).connect(name, stream).await?;
    Ok((Opened::Tls(Box::new(stream)), local))
}

/// No delay for small messages, and probes that find dead peers behind forgetful NATs. Best effort.
pub(super) fn tune(stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
    let _ = setsockopt(stream, sockopt::KeepAlive, &true);
    let _ = setsockopt(stream, sockopt::TcpKeepIdle, &PROBE_AFTER_S);
    let _ = setsockopt(stream, sockopt::TcpKeepInterval, &PROBE_EVERY_S);
    let _ = setsockopt(stream, sockopt::TcpKeepCount, &PROBES);
}

/// Serves a connection that is up, to its end.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(guard: Guard, admitted: Admitted, stream: S) {
    let Admitted { flow, outbox } = admitted;
    let mut guard = guard;
    let shared = guard.shared.clone();
    let (reader, writer) = tokio::io::split(stream);
    let end = tokio::select! {
        end = read(&shared, &mut guard.told, flow, &outbox, reader) => end,
        end = write(&shared, &outbox, writer) => end,
        () = outbox.when_cut() => End::Cut,
    };
    tracing::debug!(peer = %flow.peer, connection = flow.connection, %end, "connection ended");
}

/// Reads until the end. `told` becomes true before the first message is handed over.
async fn read<R: AsyncRead + Unpin>(
    shared: &Arc<Shared>,
    told: &mut bool,
    flow: Flow,
    outbox: &Outbox,
    mut reader: R,
) -> End {
    let options = &shared.options;
    let mut framer = Framer::new();
    // Octets of the message now arriving, line ends not counted: above zero means that one has begun.
    let mut held = 0;
    let mut heard = Instant::now();
    // When the first octet of the message now arriving came.
    let mut began: Option<Instant> = None;
    loop {
        let deadline = match began {
            Some(began) => began + options.frame_timeout,
            None if shared.table().is_known(flow.connection) => heard + options.known_idle,
            None => heard + options.stranger_idle,
        };
        match timeout_at(deadline, fill(&mut framer, &mut reader)).await {
            Ok(Ok(None)) => return End::Peer,
            Ok(Ok(Some(solid))) => held += solid,
            Ok(Err(error)) => return End::Io(error),
            Err(_) if began.is_some() => return End::FrameTimeout,
            // Authenticated while we waited as for a stranger: the longer patience counts.
            Err(_) if shared.table().is_known(flow.connection) && heard.elapsed() < options.known_idle => continue,
            Err(_) => return End::Idle,
        }
        let mut whole = false;
        loop {
            match framer.next() {
                Ok(Some(Frame::KeepAlive)) => {
                    whole = true;
                    outbox.push(Bytes::from_static(PONG));
                }
                Ok(Some(Frame::Message(raw))) => {
                    whole = true;
                    held = held.saturating_sub(solid(&raw));
                    let Some(news) = read_message(flow, raw) else { continue };
                    *told = true;
                    if !shared.deliver(news).await {
                        return End::Orphaned;
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    tracing::debug!(peer = %flow.peer, %error, "unframeable");
                    return refuse(flow, outbox, &error).await;
                }
            }
        }
        let now = Instant::now();
        if whole {
            heard = now;
        }
        began = match held {
            0 => None,
            // What is left after a whole message is the next one's beginning.
            _ if whole => Some(now),
            _ => began.or(Some(now)),
        };
    }
}

fn read_message(flow: Flow, raw: Bytes) -> Option<Inbound> {
    match sip::message::parse(raw.clone()) {
        Ok(Some(message)) => Some(Inbound::Message { flow, message: Box::new(message), raw }),
        Ok(None) => None,
        Err(malformed) => Some(Inbound::Malformed { flow, malformed: Box::new(malformed), raw }),
    }
}

/// Sends the answer to what could not be framed, if anybody can take it, and lets the writer end the connection.
async fn refuse(flow: Flow, outbox: &Outbox, error: &FramingError) -> End {
    let Some(mut response) = error.response() else { return End::Framing };
    // RFC 3261 §8.2.7: without state the tag is the same for every repetition.
    response.set_to_tag(&format!("c{}", flow.connection));
    outbox.push(response.to_bytes());
    outbox.finish();
    std::future::pending().await
}

/// How many octets are no line ends.
fn solid(octets: &[u8]) -> usize {
    octets.iter().filter(|octet| !matches!(octet, b'\r' | b'\n')).count()
}

/// Reads once into the framer and says how many octets came that are no line ends; `None` is the end.
async fn fill<R: AsyncRead + Unpin>(framer: &mut Framer, reader: &mut R) -> io::Result<Option<usize>> {
    std::future::poll_fn(|context| {
        let mut room = [const { MaybeUninit::uninit() }; READ_MAX];
        let mut buffer = ReadBuf::uninit(&mut room);
        ready!(Pin::new(&mut *reader).poll_read(context, &mut buffer))?;
        let read = buffer.filled();
        framer.push(read);
        Poll::Ready(Ok((!read.is_empty()).then(|| solid(read))))
    })
    .await
}

/// Sends what is put in line until the line is finished or the peer no longer takes anything.
async fn write<W: AsyncWrite + Unpin>(shared: &Shared, outbox: &Outbox, mut writer: W) -> End {
    let patience = shared.options.write_timeout;
    while let Some(mut message) = outbox.next().await {
        while !message.is_empty() {
            match timeout(patience, writer.write(&message)).await {
                Ok(Ok(0)) => return End::Peer,
                Ok(Ok(taken)) => drop(message.split_to(taken)),
                Ok(Err(error)) => return End::Io(error),
                Err(_) => return End::WriteTimeout,
            }
        }
        // TLS keeps records back until told.
        match timeout(patience, writer.flush()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return End::Io(error),
            Err(_) => return End::WriteTimeout,
        }
    }
    let _ = timeout(patience, writer.shutdown()).await;
    End::Finished
}
