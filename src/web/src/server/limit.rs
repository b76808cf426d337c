//! Connections at once, in all and from one source: beyond the limit a connection is closed before the handshake.

use std::collections::HashMap;
use std::future::{Ready, ready};
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum_server::accept::Accept;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Connections at once.
const CONNECTIONS_MAX: usize = 512;
/// Connections at once from one address (a household or office behind one address shares it).
const CONNECTIONS_PER_SOURCE_MAX: usize = 64;

/// Counts connections.
#[derive(Clone, Debug, Default)]
pub(super) struct Limit(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// A connection that is counted until it is dropped.
#[derive(Debug)]
pub(super) struct Counted {
    stream: TcpStream,
    _place: Place,
}

#[derive(Debug)]
struct Place {
    limit: Limit,
    source: IpAddr,
}

impl Limit {
    fn take(&self, source: IpAddr) -> Option<Place> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = counts.values().sum();
        let mine = counts.entry(source).or_default();
        if all >= CONNECTIONS_MAX || *mine >= CONNECTIONS_PER_SOURCE_MAX {
            if *mine == 0 {
                counts.remove(&source);
            }
            return None;
        }
        *mine += 1;
        Some(Place { limit: self.clone(), source })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.limit.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mine) = counts.get_mut(&self.source) {
            *mine -= 1;
            if *mine == 0 {
                counts.remove(&self.source);
            }
        }
    }
}

impl<S> Accept<TcpStream, S> for Limit {
    type Stream = Counted;
    type Service = S;
    type Future = Ready<io::Result<(Counted, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        ready((|| {
            stream.set_nodelay(true)?;
            let source = stream.peer_addr()?.ip().to_canonical();
            let place = self.take(source).ok_or_else(|| io::Error::other("too many connections"))?;
            Ok((Counted { stream, _place: place }, service))
        })())
    }
}

impl AsyncRead for Counted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_source_cannot_take_all_and_all_have_an_end() {
        let limit = Limit::default();
        let one: IpAddr = "192.0.2.1".parse().unwrap();
        let mut places: Vec<_> = std::iter::from_fn(|| limit.take(one)).collect();
        assert_eq!(places.len(), CONNECTIONS_PER_SOURCE_MAX);
        for n in 2..=255 {
            places.extend(std::iter::from_fn(|| limit.take(IpAddr::from([192, 0, 2, n]))));
        }
        assert_eq!(places.len(), CONNECTIONS_MAX);
        drop(places);
        assert!(limit.0.lock().unwrap().is_empty());
    }
}
