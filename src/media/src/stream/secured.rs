//! The keys of one stream, and what a secured leg refuses.

use super::Stream;
use crate::control::Secure;
use crate::srtp::SrtpSession;

/// Both directions under keys.
#[derive(Debug)]
pub(super) struct Secured {
    keys: Secure,
    session: SrtpSession,
    forged: u64,
}

impl Secured {
    /// Opens an RTP packet in place: its length in the clear; none if it was not the peer's.
    pub(super) fn open(&mut self, packet: &mut [u8]) -> Option<usize> {
        let opened = self.session.unprotect_rtp(packet).ok();
        self.forged += u64::from(opened.is_none());
        opened
    }

    /// Packets in the clear, forged or replayed.
    pub(super) fn forged(&self) -> u64 {
        self.forged
    }
}

impl Stream {
    /// New keys, or none. The same keys again keep their counters: a key never meets a packet number twice.
    pub(super) fn secure(&mut self, keys: Option<&Secure>) {
        match (keys, &mut self.secured) {
            (None, secured) => *secured = None,
            (Some(keys), Some(secured)) if secured.keys == *keys => {}
            // RFC 4568 §7.1.4: who changes one key alone must not have the other's counters begin anew.
            (Some(keys), Some(secured)) => {
                secured.session.rekey(&secured.keys, keys);
                secured.keys = keys.clone();
            }
            (Some(keys), secured) => {
                let session = SrtpSession::new(keys);
                *secured = Some(Box::new(Secured { keys: keys.clone(), session, forged: 0 }));
            }
        }
    }

    /// Whether packets to the peer go through [`Stream::seal_rtp`].
    pub fn is_secure(&self) -> bool {
        self.secured.is_some()
    }

    /// Makes the RTP packet of `len` octets in `buffer` fit to leave: its length then; none if it must not.
    pub fn seal_rtp(&mut self, buffer: &mut [u8], len: usize) -> Option<usize> {
        match &mut self.secured {
            None => Some(len),
            Some(secured) => secured.session.protect_rtp(buffer, len).ok(),
        }
    }

    /// The same for RTCP.
    pub fn seal_rtcp(&mut self, buffer: &mut [u8], len: usize) -> Option<usize> {
        match &mut self.secured {
            None => Some(len),
            Some(secured) => secured.session.protect_rtcp(buffer, len).ok(),
        }
    }

    /// RTCP of the peer in the clear: its length; none if it is not proven to be the peer's.
    pub(super) fn open_rtcp(&mut self, datagram: &mut [u8]) -> Option<usize> {
        match &mut self.secured {
            None => Some(datagram.len()),
            Some(secured) => {
                let opened = secured.session.unprotect_rtcp(datagram).ok();
                secured.forged += u64::from(opened.is_none());
                opened
            }
        }
    }
}
