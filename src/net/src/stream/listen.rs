//! Listeners: accept, look at the bounds, shake hands, serve.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use sip::Transport;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::Shared;
use super::connection::{self, Guard};
use crate::canonical;

/// Rest after an accept that failed for want of descriptors or memory; those need time to come back.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Starts the task that accepts on `listener`; with `tls` each connection shakes hands first.
pub(super) fn serve(
    shared: &Arc<Shared>,
    listener: std::net::TcpListener,
    tls: Option<Arc<ServerConfig>>,
) -> io::Result<SocketAddr> {
    listener.set_nonblocking(true)?;
    let addr = listener.local_addr()?;
    let _context = shared.handle.enter();
    let listener = TcpListener::from_std(listener)?;
    shared.handle.spawn(accept(shared.clone(), listener, tls.map(TlsAcceptor::from)));
    Ok(addr)
}

async fn accept(shared: Arc<Shared>, listener: TcpListener, tls: Option<TlsAcceptor>) {
    let mut stopping = shared.stopping.subscribe();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopping.wait_for(|&stop| stop) => return,
        };
        match accepted {
            Ok((stream, peer)) => take_in(&shared, stream, canonical(peer), tls.clone()),
            Err(error) => {
                // The peer may have gone already, which is nothing; a lack of descriptors is worth a line.
                if !matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) {
                    tracing::warn!(%error, "cannot accept connections");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

fn take_in(shared: &Arc<Shared>, stream: TcpStream, peer: SocketAddr, tls: Option<TlsAcceptor>) {
    let Ok(local) = stream.local_addr().map(canonical) else { return };
    connection::tune(&stream);
    let transport = if tls.is_some() { Transport::Tls } else { Transport::Tcp };
    let Some(admitted) = shared.table().admit(transport, local, peer) else { return };
    // Made before the task, so that the entry goes even if the task never runs.
    let guard = Guard::new(shared.clone(), &admitted);
    let handshake_timeout = shared.options.handshake_timeout;
    shared.handle.spawn(async move {
        match tls {
            None => connection::serve(guard, admitted, stream).await,
            Some(acceptor) => {
                let handshake = tokio::time::timeout(handshake_timeout, acceptor.accept(stream));
                let shaken = tokio::select! {
                    shaken = handshake => shaken,
                    () = admitted.outbox.when_cut() => return,
                };
                match shaken {
                    Ok(Ok(stream)) => connection::serve(guard, admitted, stream).await,
                    Ok(Err(error)) => tracing::debug!(%peer, %error, "TLS handshake failed"),
                    Err(_) => tracing::debug!(%peer, "TLS handshake took too long"),
                }
            }
        }
    });
}
