//! A connection that hands out one line at a time while it is read in the clear.
//!
//! After STARTTLS a client must forget what it was told before (RFC 3207 §4.2). Lines that somebody on the way put
//! behind the relay's answer would be taken for answers given under TLS; here they stay behind, the handshake finds
//! them instead of its own octets, and fails.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Octets read ahead.
const AHEAD_MAX: usize = 4096;

/// See the module.
#[derive(Debug)]
pub(super) struct LineStream {
    inner: TcpStream,
    ahead: Box<[u8; AHEAD_MAX]>,
    /// What of `ahead` is still to be handed out.
    from: usize,
    to: usize,
}

impl LineStream {
    pub(super) fn new(inner: TcpStream) -> Self {
        LineStream { inner, ahead: Box::new([0; AHEAD_MAX]), from: 0, to: 0 }
    }
}

impl AsyncRead for LineStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.from == this.to {
            let mut buffer = ReadBuf::new(&mut this.ahead[..]);
            ready!(Pin::new(&mut this.inner).poll_read(cx, &mut buffer))?;
            (this.from, this.to) = (0, buffer.filled().len());
        }
        let waiting = &this.ahead[this.from..this.to];
        // Under TLS the octets have no lines; then this only makes the reads somewhat shorter.
        let line = waiting.iter().position(|&b| b == b'\n').map_or(waiting.len(), |at| at + 1);
        let len = line.min(out.remaining());
        out.put_slice(&waiting[..len]);
        this.from += len;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for LineStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(cx, octets)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}

impl AsyncTokioStream for LineStream {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.inner.peer_addr()
    }
}
