//! Voice messages as pages and the API see them: facts that the exchange keeps, by mailbox.

use base::RecordingId;
use config::Config;
use exchange::io::Command;
use exchange::record::FactRecord;
use exchange::voicemail::fact::{Message, MessageState};

use crate::app::App;
use crate::error::Trouble;
use crate::pages::recordings::Kept;

/// A message with its place.
pub(crate) struct Placed {
    pub mailbox: String,
    pub id: u64,
    pub message: Message,
}

/// All messages of a mailbox, or of all, newest first; deleted ones are left out.
pub(crate) async fn all(app: &App, mailbox: Option<&str>) -> Result<Vec<Placed>, Trouble> {
    let beginning = mailbox.map_or_else(|| "message/".to_owned(), |mailbox| format!("message/{mailbox}/"));
    let facts = app.ask(move |store| Ok(store.facts(&beginning))).await?;
    let mut messages: Vec<Placed> = facts.into_iter().filter_map(read).collect();
    messages.sort_by(|a, b| b.message.at.cmp(&a.message.at).then(b.id.cmp(&a.id)));
    Ok(messages)
}

/// One.
pub(crate) fn find(app: &App, mailbox: &str, id: &str) -> Result<Placed, Trouble> {
    let is_plain = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !is_plain(mailbox) || !is_plain(id) {
        return Err(Trouble::NotFound);
    }
    app.backend.store.fact(&format!("message/{mailbox}/{id}")).and_then(read).ok_or(Trouble::NotFound)
}

fn read(fact: FactRecord) -> Option<Placed> {
    let (mailbox, id) = fact.key.strip_prefix("message/")?.split_once('/')?;
    let message: Message = serde_json::from_str(fact.value.as_deref()?).ok()?;
    (!message.deleted).then_some(())?;
    Some(Placed { mailbox: mailbox.to_owned(), id: id.parse().ok()?, message })
}

impl Placed {
    /// Its sound; none if nothing is kept of it.
    pub fn kept(&self) -> Option<Kept> {
        if self.message.file.is_empty() {
            return None;
        }
        let ending = if crate::sound::kind_of(&self.message.file) == "audio/wav" { "wav" } else { "ogg" };
        Some(Kept {
            recording: RecordingId(self.id),
            file: self.message.file.clone(),
            about: format!("message in mailbox {} from {}", self.mailbox, self.message.from.number),
            name: format!("message_{}_{}.{ending}", self.mailbox, self.id),
        })
    }

    /// The command that says what became of it.
    pub fn mark(&self, state: MessageState, note: Option<String>, by: &str) -> Command {
        Command::MarkMessage { mailbox: self.mailbox.clone(), id: self.id, state, note, by: by.to_owned() }
    }

    /// The command that deletes it.
    pub fn delete(&self, by: &str) -> Command {
        Command::DeleteMessage { mailbox: self.mailbox.clone(), id: self.id, by: by.to_owned() }
    }
}

/// What became of a message, as forms and the API write it.
pub(crate) fn state_word(state: MessageState) -> &'static str {
    match state {
        MessageState::New => "new",
        MessageState::Read => "read",
        MessageState::Saved => "saved",
        MessageState::Done => "done",
    }
}

/// The state of that word.
pub(crate) fn state_of(word: &str) -> Option<MessageState> {
    let all = [MessageState::New, MessageState::Read, MessageState::Saved, MessageState::Done];
    all.into_iter().find(|state| state_word(*state) == word)
}

/// All mailboxes there are: number and name.
pub(crate) fn mailboxes(config: &Config) -> Vec<(String, String)> {
    let shared = config.mailboxes.values().map(|m| (m.number.clone(), m.name.clone()));
    let own = config.extensions.values().filter(|e| e.voicemail).map(|e| (e.number.clone(), e.name.clone()));
    shared.chain(own).collect()
}
