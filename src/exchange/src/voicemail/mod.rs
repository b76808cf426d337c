//! Voicemail: leaving and hearing messages.
//!
//! Owns what is kept of mailboxes ([`fact`]), recordings that become messages and greetings ([`dictation`]), callers
//! who leave a message ([`leave`]) and who hear theirs ([`hear`]), PINs ([`pin`]), mails ([`mail`]) and what is thrown
//! away ([`tidy`]). Refuses to know files, mail servers and lamps: it says what to play, to send, to remove, and who has
//! how many messages.
//!
//! **Invariants:** whoever heard "message saved" can lose it no more: it is said when the message's record is on disk.
//! A recording under way is known from the journal alone, so that a crash finds it. A file is removed only when
//! nothing on disk names it any more. A mailbox opens to its owner's phones and to its PIN, to nothing else.

mod access;
mod awaited;
mod dictation;
pub mod fact;
mod greeting;
mod hear;
mod leave;
mod mail;
mod pin;
mod tidy;
mod visit;

use std::collections::{BTreeMap, VecDeque};

use base::{RecordingId, WallTime};
use config::{Language, MailboxMail};
use serde::{Deserialize, Serialize};
use sip::event::Messages;

use crate::Exchange;
use crate::live::Event;
use crate::record::{AuditRecord, Record};
use awaited::Awaited;
use dictation::Course;
use fact::{MailboxState, Message};
use pin::Failures;

pub(crate) use visit::Guest;

/// What the exchange remembers of mailboxes besides the facts.
#[derive(Debug, Default)]
pub(crate) struct Voicemail {
    /// Dictations under way or not decided about.
    dictations: BTreeMap<RecordingId, Course>,
    /// What waits for the disk.
    awaited: VecDeque<Awaited>,
    /// Wrong PINs, by mailbox.
    failures: BTreeMap<String, Failures>,
    /// How many messages each mailbox has that has any, as was told last.
    counts: BTreeMap<String, MessageCounts>,
    /// Files that more than one message names: how many besides the first.
    copies: BTreeMap<String, u32>,
    /// When old messages were last looked for.
    tidied: Option<WallTime>,
}

/// How many messages a mailbox has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageCounts {
    /// Nobody has heard them.
    pub new: u32,
    /// Heard and kept.
    pub old: u32,
}

/// A mailbox as the document describes it.
pub(crate) struct MailboxInfo<'c> {
    pub(crate) name: &'c str,
    pub(crate) pin: Option<&'c base::Redacted<String>>,
    /// Those who share it; none: it is an extension's.
    pub(crate) members: Option<&'c [String]>,
    pub(crate) emails: Vec<&'c str>,
    pub(crate) mail: MailboxMail,
    pub(crate) language: Language,
}

impl Voicemail {
    /// Dictations under way or not decided about.
    pub(crate) fn len(&self) -> usize {
        self.dictations.len()
    }
}

impl Exchange {
    /// The mailbox of that number, if there is one.
    pub(crate) fn mailbox(&self, number: &str) -> Option<MailboxInfo<'_>> {
        let language = self.config.media.language;
        if let Some(e) = self.config.extensions.get(number).filter(|e| e.voicemail) {
            return Some(MailboxInfo {
                name: &e.name,
                pin: e.voicemail_pin.as_ref(),
                members: None,
                emails: e.email.iter().map(String::as_str).collect(),
                mail: e.voicemail_mail,
                language: e.language.unwrap_or(language),
            });
        }
        let shared = self.config.mailboxes.get(number)?;
        Some(MailboxInfo {
            name: &shared.name,
            pin: shared.pin.as_ref(),
            members: Some(&shared.members),
            emails: shared.email.iter().map(String::as_str).collect(),
            mail: shared.mail,
            language,
        })
    }

    /// How many messages a mailbox has: what lamps and pages show.
    pub(crate) fn message_counts(&self, mailbox: &str) -> MessageCounts {
        let mut counts = MessageCounts::default();
        for (_, message) in self.messages(mailbox) {
            counts.new += u32::from(message.is_new());
            counts.old += u32::from(message.is_old());
        }
        counts
    }

    /// The counts of every mailbox that has messages.
    pub(crate) fn all_message_counts(&self) -> BTreeMap<String, MessageCounts> {
        self.voicemail.counts.clone()
    }

    /// After a restart: what lamps stand for.
    pub(crate) fn restore_lamps(&mut self) {
        for (number, MessageCounts { new, old }) in self.all_message_counts() {
            self.set_messages(&number, Messages { new, old, ..Messages::default() });
        }
    }

    /// Whatever shows how many messages a mailbox has is told.
    pub(crate) fn mailbox_changed(&mut self, number: &str) {
        let counts @ MessageCounts { new, old } = self.message_counts(number);
        match counts == MessageCounts::default() {
            true => drop(self.voicemail.counts.remove(number)),
            false => drop(self.voicemail.counts.insert(number.to_owned(), counts)),
        }
        self.set_messages(number, Messages { new, old, ..Messages::default() });
        self.publish(Event::Mailbox { number: number.to_owned(), new, old });
        self.set_messages(number, Messages { new, old, ..Messages::default() });
    }

    /// The messages of a mailbox, the oldest first, those marked as deleted included.
    pub(crate) fn messages(&self, mailbox: &str) -> impl Iterator<Item = (u64, Message)> {
        let folder = mailbox.len() + 1;
        self.facts
            .all::<Message>(&format!("{mailbox}/"))
            .filter_map(move |(id, message)| Some((id.get(folder..)?.parse().ok()?, message)))
    }

    /// What a mailbox's owner has set.
    pub(crate) fn mailbox_state(&self, mailbox: &str) -> MailboxState {
        self.facts.get(mailbox).unwrap_or_default()
    }

    fn change_mailbox(&mut self, mailbox: &str, by: &str, change: impl FnOnce(&mut MailboxState)) -> u64 {
        let mut state = self.mailbox_state(mailbox);
        change(&mut state);
        let empty = state == MailboxState::default();
        self.put_fact(mailbox, (!empty).then_some(&state), by)
    }

    /// One message.
    fn message(&self, mailbox: &str, id: u64) -> Option<Message> {
        self.facts.get(&message_id(mailbox, id))
    }

    /// Writes a message; whoever shows the counts is told if they changed. The number of the record.
    fn put_message(&mut self, mailbox: &str, id: u64, message: &Message, by: &str) -> u64 {
        let before = self.message_counts(mailbox);
        let record = self.put_fact(&message_id(mailbox, id), Some(message), by);
        if self.message_counts(mailbox) != before {
            self.mailbox_changed(mailbox);
        }
        record
    }

    fn audit(&mut self, what: String) {
        let at = self.wall();
        self.record(Record::Audit(AuditRecord { at, who: String::new(), from: None, what }));
    }
}

fn message_id(mailbox: &str, id: u64) -> String {
    format!("{mailbox}/{id}")
}
