//! The SIP messages of a call while it lasts: slices of what went over the wire, made text only at the end.

use base::{CallRef, Instant, LegId};
use bytes::Bytes;
use sip::Flow;

use crate::record::{Direction, LadderMessage, LadderRecord};

/// Messages kept per call; the rest is counted.
const MESSAGES_MAX: usize = 200;
/// Octets kept per message.
const TEXT_MAX: usize = 8 * 1024;

/// A ladder in the making.
#[derive(Debug, Default)]
pub(crate) struct Ladder {
    messages: Vec<Rung>,
    left_out: u32,
}

#[derive(Debug)]
struct Rung {
    at: Instant,
    leg: Option<LegId>,
    direction: Direction,
    flow: Flow,
    bytes: Bytes,
}

impl Ladder {
    /// Adds a message, or counts it when the ladder is full.
    pub(crate) fn push(&mut self, at: Instant, leg: Option<LegId>, direction: Direction, flow: Flow, bytes: Bytes) {
        if self.messages.len() == MESSAGES_MAX {
            self.left_out = self.left_out.saturating_add(1);
        } else {
            self.messages.push(Rung { at, leg, direction, flow, bytes });
        }
    }

    /// The record, times made wall times, credentials blanked.
    pub(crate) fn to_record(&self, call: CallRef, wall: impl Fn(Instant) -> base::WallTime) -> LadderRecord {
        let messages = self
            .messages
            .iter()
            .map(|m| LadderMessage {
                at: wall(m.at),
                leg: m.leg,
                direction: m.direction,
                peer: m.flow.peer,
                text: blank_credentials(&m.bytes),
            })
            .collect();
        LadderRecord { call, messages, left_out: self.left_out }
    }
}

/// The message as text, with the values of Authorization headers and the keys of descriptions replaced.
fn blank_credentials(bytes: &[u8]) -> String {
    let cut = &bytes[..bytes.len().min(TEXT_MAX)];
    let text = String::from_utf8_lossy(cut);
    let mut out = String::with_capacity(text.len());
    let mut blanking = false;
    for line in text.split_inclusive('\n') {
        let folded = line.starts_with([' ', '\t']);
        if folded && blanking {
            continue; // the rest of a folded credential
        }
        let name = line.split(':').next().unwrap_or("").trim();
        blanking = name.eq_ignore_ascii_case("Authorization") || name.eq_ignore_ascii_case("Proxy-Authorization");
        if blanking {
            out.push_str(name);
            out.push_str(": …\r\n");
        } else if is_key(line) {
            // What stands before a key (RFC 4568 §9.1: tag and suite) says how the audio was secured.
            let shown = line.to_ascii_lowercase().find("inline:").unwrap_or(2);
            out.push_str(&line[..shown]);
            out.push_str("…\r\n");
        } else {
            out.push_str(line);
        }
    }
    out
}

/// A line of a description that holds a key: SDES (RFC 4568), or the old `k=` (RFC 8866 §5.12).
fn is_key(line: &str) -> bool {
    let starts = |with: &str| line.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    starts("a=crypto:") || starts("k=")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_blanked() {
        let text = blank_credentials(
            b"INVITE sip:x SIP/2.0\r\n\r\nv=0\r\nk=clear:x\r\nm=audio 4000 RTP/SAVP 0\r\n\
              a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3|2^20\r\na=Crypto:2 odd\r\na=sendrecv\r\n",
        );
        assert_eq!(
            text,
            "INVITE sip:x SIP/2.0\r\n\r\nv=0\r\nk=…\r\nm=audio 4000 RTP/SAVP 0\r\n\
             a=crypto:1 AES_CM_128_HMAC_SHA1_80 …\r\na=…\r\na=sendrecv\r\n"
        );
    }

    #[test]
    fn credentials_are_blanked_also_when_folded() {
        let text = blank_credentials(
            b"REGISTER sip:x SIP/2.0\r\nauthorization : Digest a=b,\r\n\tresponse=\"c\"\r\nCSeq: 1 REGISTER\r\n\r\n",
        );
        assert_eq!(text, "REGISTER sip:x SIP/2.0\r\nauthorization: …\r\nCSeq: 1 REGISTER\r\n\r\n");
    }
}
