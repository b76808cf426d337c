//! Returned contacts as pages and the API see them: people outside whom somebody here tried to reach in vain.

use base::WallTime;
use dialplan::state::{ClosedContact, Contact, Fact};
use exchange::io::Command;
use exchange::record::FactRecord;

use crate::app::App;
use crate::error::Trouble;
use crate::pages::forms::Errors;

/// Letters in a reason, a case, an owner, an outcome at most.
const TEXT_MAX: usize = 200;

/// All of them: open ones first, the most pressing first; then closed ones, the newest first.
pub(crate) async fn all(app: &App) -> Result<Vec<Contact>, Trouble> {
    let facts = app.ask(|store| Ok(store.facts("contact/"))).await?;
    let mut contacts: Vec<Contact> = facts.into_iter().filter_map(read).collect();
    let last = |contact: &Contact| contact.attempts.last().map_or(0, |attempt| attempt.at.unix_ms());
    contacts.sort_by_key(|contact| match &contact.closed {
        None => (false, contact.due.map_or(i64::MAX, WallTime::unix_ms), -last(contact)),
        Some(closed) => (true, -closed.at.unix_ms(), 0),
    });
    Ok(contacts)
}

/// The contact with this number.
pub(crate) fn find(app: &App, number: &str) -> Result<Contact, Trouble> {
    app.backend.store.fact(&key(number)).and_then(read).ok_or(Trouble::NotFound)
}

fn read(fact: FactRecord) -> Option<Contact> {
    serde_json::from_str(fact.value.as_deref()?).ok()
}

fn key(number: &str) -> String {
    format!("{}/{number}", Contact::KIND)
}

/// The command that puts it in place of what was known.
pub(crate) fn command(contact: &Contact, by: &str) -> Result<Command, Trouble> {
    let value = serde_json::to_string(contact).map_err(|_| Trouble::Internal("a contact cannot be written"))?;
    Ok(Command::PutFact { key: key(&contact.number), value: Some(value), by: by.to_owned() })
}

/// What a person may change of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Change {
    pub owner: String,
    pub reason: String,
    pub case: String,
    pub due: Option<WallTime>,
}

impl Change {
    /// The contact with the change, or what is wrong with it.
    pub fn apply(self, contact: &Contact) -> Result<Contact, Errors> {
        let mut errors = Errors::default();
        for (field, text) in [("owner", &self.owner), ("reason", &self.reason), ("case", &self.case)] {
            bounded(field, text, &mut errors);
        }
        match errors.is_empty() {
            true => Ok(Contact {
                owner: self.owner,
                reason: self.reason,
                case: self.case,
                due: self.due,
                ..contact.clone()
            }),
            false => Err(errors),
        }
    }
}

/// The contact, closed with an outcome.
pub(crate) fn close(contact: &Contact, outcome: &str, by: &str, at: WallTime) -> Result<Contact, Errors> {
    let mut errors = Errors::default();
    let outcome = outcome.trim();
    bounded("outcome", outcome, &mut errors);
    if outcome.is_empty() {
        errors.add("outcome", "Write how it ended.");
    }
    if contact.closed.is_some() {
        errors.add("outcome", "It is closed already.");
    }
    match errors.is_empty() {
        true => Ok(Contact {
            closed: Some(ClosedContact { at, by: by.to_owned(), outcome: outcome.to_owned() }),
            ..contact.clone()
        }),
        false => Err(errors),
    }
}

fn bounded(field: &str, text: &str, errors: &mut Errors) {
    if text.chars().count() > TEXT_MAX {
        errors.add(field, format!("At most {TEXT_MAX} letters."));
    }
}

/// Should it have been done by now?
pub(crate) fn is_overdue(contact: &Contact, now: WallTime) -> bool {
    contact.closed.is_none() && contact.due.is_some_and(|due| due < now)
}

/// Did whoever tried last show no number, so that the person cannot call back?
pub(crate) fn is_anonymous(contact: &Contact) -> bool {
    contact.attempts.last().is_some_and(|attempt| attempt.anonymous)
}

/// Who is to see to it: the owner, else whoever tried last.
pub(crate) fn owner(contact: &Contact) -> &str {
    match contact.owner.is_empty() {
        true => contact.attempts.last().map_or("", |attempt| &attempt.by),
        false => &contact.owner,
    }
}
