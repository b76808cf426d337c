//! Outgoing mail: a message made safely, handed to the firm's relay by SMTP (RFC 5321), tried again until it goes.
//!
//! Owns the shape of a message, the conversation with the relay, and when to try again. Refuses to know why a message
//! is written and to keep it across a restart: who hands it in keeps the record and hands it in again.
//!
//! **Invariant:** no text from outside can become a header, a second addressee or a command; a password is never sent
//! without TLS, and TLS is never used without checking the name (how the relay is protected is a choice made in
//! [`Security`], not a guess).

mod address;
mod compose;
mod queue;
mod runner;
mod send;
#[cfg(test)]
mod tests;
mod wire;

use std::fmt;
use std::time::Duration;

use base::{Redacted, WallTime};
use bytes::Bytes;

pub use address::{AddressError, MailAddress};
pub use queue::{GIVE_UP_AFTER, MailEvent, MailId, MailQueue, Outcome, QueueFull};
pub use runner::MailRunner;
pub use send::Mailer;

/// Longest message, encoded, in bytes: what common relays accept.
pub const MESSAGE_MAX: usize = 20 << 20;

/// How the way to the relay is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (RFC 8314 §3.3), usually port 465.
    Tls,
    /// TLS asked for after the greeting (RFC 3207), usually port 587. A relay that does not offer it is not used.
    StartTls,
    /// None: for a relay on the same network. No password is sent on such a way.
    None,
}

/// The relay and how to speak to it.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// Name or address of the relay; its TLS certificate must bear it.
    pub host: String,
    /// 465, 587 or 25 as a rule.
    pub port: u16,
    /// Protection of the way.
    pub security: Security,
    /// User name at the relay.
    pub user: Option<String>,
    /// Its password.
    pub password: Option<Redacted<String>>,
    /// Who writes.
    pub from: MailAddress,
    /// The name this box greets with (RFC 5321 §4.1.1.1); without it the domain of `from`.
    pub hello: Option<String>,
    /// Certificates (DER) of a private authority, trusted beside the public ones.
    pub extra_roots: Vec<Bytes>,
    /// Longest time for one message, from the look-up of the name to the last answer.
    pub timeout: Duration,
}

impl MailSettings {
    /// Settings with five minutes for a message (RFC 5321 §4.5.3.2 speaks of several for a single step), no password
    /// and the public authorities.
    pub fn new(host: &str, port: u16, security: Security, from: MailAddress) -> Self {
        MailSettings {
            host: host.to_owned(),
            port,
            security,
            user: None,
            password: None,
            from,
            hello: None,
            extra_roots: Vec::new(),
            timeout: Duration::from_secs(300),
        }
    }
}

/// A message to one addressee. Several addressees are several messages: one wrong address must not stop the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The addressee.
    pub to: MailAddress,
    /// One line; control characters become spaces.
    pub subject: String,
    /// The body as plain text, lines ended by `\n`.
    pub text: String,
    /// The same as HTML, shown instead of `text` by readers that can.
    pub html: Option<String>,
    /// Files, in order.
    pub attachments: Vec<Attachment>,
    /// When it was written (the Date header).
    pub written_at: WallTime,
    /// Unlike for every other message of this box, and the same when this one is handed in again: the Message-ID is
    /// made from it, so that a message sent twice is shown once.
    pub message_id_seed: u64,
}

impl Message {
    /// Bytes of text and files before encoding.
    pub fn size(&self) -> usize {
        let files: usize = self.attachments.iter().map(|a| a.bytes.len()).sum();
        self.text.len() + self.html.as_ref().map_or(0, String::len) + files
    }
}

/// A file that goes with a message.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// File name, no path; what is not fit for one is replaced by `_`.
    pub name: String,
    /// Such as `audio/ogg` (RFC 2045 §5.1).
    pub content_type: String,
    /// The content.
    pub bytes: Bytes,
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A voice message is nobody's business in a log, and long.
        write!(f, "Attachment({:?}, {}, {} bytes)", self.name, self.content_type, self.bytes.len())
    }
}

/// What a failure concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concern {
    /// The relay or the way to it: every message would fail alike. Always temporary, also a refused password:
    /// somebody will correct it, and the messages shall still be there.
    Relay,
    /// This message or its addressee.
    Message,
}

/// A message that did not go.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct MailError {
    /// Whether the same message may go later.
    pub temporary: bool,
    /// What the failure concerns.
    pub concerns: Concern,
    /// One line, in words for the administrator; what the relay said is quoted in it.
    pub text: String,
}

impl MailError {
    pub(crate) fn relay(text: impl fmt::Display) -> Self {
        MailError { temporary: true, concerns: Concern::Relay, text: one_line(&text.to_string()) }
    }

    pub(crate) fn message(temporary: bool, text: impl fmt::Display) -> Self {
        MailError { temporary, concerns: Concern::Message, text: one_line(&text.to_string()) }
    }
}

/// Text from a relay, fit for a log and a page: one line of at most 300 characters.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect()
}
