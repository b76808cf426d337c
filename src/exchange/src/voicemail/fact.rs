//! What is kept of mailboxes: messages, greetings and PINs, and recordings that are not decided about yet.

use base::{CallRef, WallTime};
use dialplan::state::Fact;
use serde::{Deserialize, Serialize};

use crate::record::Party;

/// A message. Under `message/<mailbox>/<id>`; the id is the recording's, so it sorts by age and comes once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who left it.
    pub from: Party,
    /// When it began.
    pub at: WallTime,
    /// Milliseconds of sound.
    pub duration_ms: u32,
    /// Its file among the recordings.
    pub file: String,
    /// What became of it.
    pub state: MessageState,
    /// Who did that last: an extension or an account.
    #[serde(default)]
    pub by: String,
    /// In a shared mailbox: who sees to it, the first who listened.
    #[serde(default)]
    pub claimed_by: Option<String>,
    /// What was written about it on a page.
    #[serde(default)]
    pub note: String,
    /// Deleted by phone; gone for good when whoever did it leaves the mailbox.
    #[serde(default)]
    pub deleted: bool,
    /// The mail that goes with it.
    #[serde(default)]
    pub mailed: Mailed,
    /// The call in which it was left.
    #[serde(default)]
    pub call: Option<CallRef>,
}

impl Fact for Message {
    const KIND: &'static str = "message";
}

impl Message {
    /// Whether it counts as new: nobody has heard it.
    pub fn is_new(&self) -> bool {
        self.state == MessageState::New && !self.deleted
    }

    /// Whether it counts as kept.
    pub fn is_old(&self) -> bool {
        self.state != MessageState::New && !self.deleted
    }
}

/// What became of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    /// Nobody has heard it.
    #[default]
    New,
    /// Heard; deleted after `voicemail.keep_days`.
    Read,
    /// Kept on purpose.
    Saved,
    /// What it asked for is done (shared mailboxes).
    Done,
}

/// How far the mail about a message is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mailed {
    /// None is sent.
    #[default]
    No,
    /// Handed over, not yet taken by the mail server.
    Due,
    /// Taken.
    Sent,
    /// Given up, and why.
    Failed(String),
}

/// What a mailbox's owner has set by phone. Under `mailbox/<number>`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MailboxState {
    /// In place of the PIN in the document.
    pub pin: Option<PinDigest>,
    /// The PIN is asked on the owner's own phones too.
    pub pin_always: bool,
    /// Greetings by kind: files among the recordings.
    pub greetings: std::collections::BTreeMap<Greeting, String>,
}

impl Fact for MailboxState {
    const KIND: &'static str = "mailbox";
}

/// A PIN as it is kept. It keeps an idle eye away, no more: so few digits are soon tried out by whoever has the file.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinDigest {
    /// 16 random octets in hexadecimal.
    pub salt: String,
    /// SHA-256 of mailbox, salt and PIN, with colons between, in hexadecimal.
    pub digest: String,
}

impl std::fmt::Debug for PinDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PinDigest(…)")
    }
}

/// What a person can record about the own mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Greeting {
    /// Heard when nobody answers.
    Unavailable,
    /// Heard when the person is busy.
    Busy,
    /// The person's name, within what the box says.
    Name,
    /// Heard in place of all others, as long as it exists.
    Temporary,
}

/// A recording that is under way, or complete and not decided about. Under `dictation/<recording>`; a crash finds it
/// here and keeps a message, for who left it may believe it kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dictation {
    /// What it is to become.
    pub purpose: Purpose,
    /// The mailbox.
    pub mailbox: String,
    /// Who speaks.
    pub from: Party,
    /// Since when.
    pub at: WallTime,
    /// In which call.
    pub call: CallRef,
    /// The file and its milliseconds, once it is complete.
    #[serde(default)]
    pub complete: Option<(String, u32)>,
}

impl Fact for Dictation {
    const KIND: &'static str = "dictation";
}

/// What a dictation is to become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A message.
    Message,
    /// A greeting.
    Greeting(Greeting),
}
