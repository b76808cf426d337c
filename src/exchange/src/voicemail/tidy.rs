//! What is thrown away: messages deleted by phone or page, and those that were read long ago.

use base::Duration;
use sip::event::Messages;

use super::fact::{Message, MessageState};
use super::{MessageCounts, message_id};
use crate::Exchange;
use crate::io::{Answer, Refusal};

/// How often old messages are looked for.
const EVERY: Duration = Duration::from_secs(3_600);
/// Letters of a note.
const NOTE_MAX: usize = 1_000;
const DAY_MS: i64 = 86_400_000;

impl Exchange {
    /// After a restart: who was cut off while deleting meant it; dictations and mails go on.
    pub(crate) fn restore_voicemail(&mut self) {
        let mut files: std::collections::BTreeMap<String, u32> = std::collections::BTreeMap::new();
        let mut deleted = std::collections::BTreeSet::new();
        let mut counts: std::collections::BTreeMap<String, MessageCounts> = std::collections::BTreeMap::new();
        for (id, message) in self.facts.all::<Message>("") {
            let Some((mailbox, _)) = id.split_once('/') else { continue };
            *files.entry(message.file.clone()).or_default() += 1;
            if message.deleted {
                deleted.insert(mailbox.to_owned());
                continue;
            }
            let counts = counts.entry(mailbox.to_owned()).or_default();
            counts.new += u32::from(message.is_new());
            counts.old += u32::from(message.is_old());
        }
        self.voicemail.counts = counts;
        self.voicemail.copies =
            files.into_iter().filter(|(file, n)| *n > 1 && !file.is_empty()).map(|(file, n)| (file, n - 1)).collect();
        for mailbox in deleted {
            self.purge(&mailbox);
        }
        for (mailbox, MessageCounts { new, old }) in self.all_message_counts() {
            self.set_messages(&mailbox, Messages { new, old, ..Messages::default() });
        }
        self.restore_mails();
        self.restore_dictations();
    }

    /// Messages marked as deleted go for good.
    pub(super) fn purge(&mut self, mailbox: &str) {
        let gone: Vec<u64> = self.messages(mailbox).filter(|(_, m)| m.deleted).map(|(id, _)| id).collect();
        for id in gone {
            self.erase_message(mailbox, id, mailbox);
        }
    }

    /// A message goes for good, its file when that is on disk.
    pub(super) fn erase_message(&mut self, mailbox: &str, id: u64, by: &str) -> bool {
        let Some(message) = self.message(mailbox, id) else { return false };
        let counted = !message.deleted;
        let record = self.put_fact::<Message>(&message_id(mailbox, id), None, by);
        self.remove_when_durable(message.file, record);
        if counted {
            self.mailbox_changed(mailbox);
        }
        true
    }

    /// Now and then: messages that were read and not kept are old enough.
    pub(crate) fn tidy_mailboxes(&mut self) {
        let now = self.wall();
        if self.voicemail.tidied.is_some_and(|at| now.saturating_since(at) < EVERY && now >= at) {
            return;
        }
        self.voicemail.tidied = Some(now);
        let days = i64::from(self.config.voicemail.keep_days);
        if days == 0 {
            return;
        }
        let before = now.unix_ms().saturating_sub(days * DAY_MS);
        let old: Vec<(String, u64)> = self
            .facts
            .all::<Message>("")
            .filter(|(_, m)| m.state == MessageState::Read && m.at.unix_ms() < before)
            .filter_map(|(id, _)| {
                let (mailbox, number) = id.split_once('/')?;
                Some((mailbox.to_owned(), number.parse().ok()?))
            })
            .collect();
        for (mailbox, id) in old {
            self.erase_message(&mailbox, id, "retention");
        }
    }

    /// A page changes a message.
    pub(crate) fn mark_message(
        &mut self,
        mailbox: &str,
        id: u64,
        state: MessageState,
        note: Option<String>,
        by: &str,
    ) -> Result<Answer, Refusal> {
        if note.as_ref().is_some_and(|n| n.chars().count() > NOTE_MAX) {
            return Err(Refusal(format!("a note has at most {NOTE_MAX} letters")));
        }
        let shared = self.config.mailboxes.contains_key(mailbox);
        let done = self.change_message(mailbox, id, by, |m| {
            m.state = state;
            if let Some(note) = note {
                m.note = note;
            }
            if state == MessageState::New {
                m.claimed_by = None;
            } else if shared && m.claimed_by.is_none() {
                m.claimed_by = Some(by.to_owned());
            }
        });
        done.map(|_| Answer::Done).ok_or_else(|| Refusal(format!("there is no such message in mailbox {mailbox}")))
    }

    /// A page deletes a message.
    pub(crate) fn delete_message(&mut self, mailbox: &str, id: u64, by: &str) -> Result<Answer, Refusal> {
        match self.erase_message(mailbox, id, by) {
            true => Ok(Answer::Done),
            false => Err(Refusal(format!("there is no such message in mailbox {mailbox}"))),
        }
    }
}
