//! What people and phones have set since the document was written: forwards, do-not-disturb, day and night, blocked
//! callers, contacts to be returned. A fold over facts; each fact is one key with a value that replaces the former.

use std::collections::{BTreeMap, BTreeSet};

use base::WallTime;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A durable fact: kept as JSON under `KIND/id`, so that a field can be added (with `#[serde(default)]`).
pub trait Fact: Serialize + DeserializeOwned {
    /// The first part of its key.
    const KIND: &'static str;
}

/// What an extension's person has set. Under `person/101`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Person {
    /// Where all calls go.
    pub forward_all: Option<String>,
    /// Where calls go while it is busy.
    pub forward_busy: Option<String>,
    /// Where calls go that nobody took.
    pub forward_no_answer: Option<String>,
    /// Where calls go while no phone is registered.
    pub forward_unreachable: Option<String>,
    /// Do not disturb.
    pub dnd: bool,
    /// Until when; none: until it is switched off.
    pub dnd_until: Option<WallTime>,
    /// Callers that ring all the same: numbers, their beginnings with `*` behind.
    pub dnd_allow: Vec<String>,
    /// Periods in which do-not-disturb holds by itself, as opening hours are written: `daily 22:00-07:00`.
    pub dnd_periods: Vec<String>,
    /// A second call is refused as busy.
    pub no_call_waiting: bool,
    /// Other numbers that ring too.
    pub follow_me: FollowMe,
    /// Its number is never shown outside.
    pub withhold: bool,
    /// Callers without a number are refused.
    pub reject_anonymous: bool,
    /// Speed dial: 0–99.
    pub speed_dial: BTreeMap<u8, String>,
    /// Its phones do not answer intercom calls by themselves.
    pub no_intercom: bool,
}

impl Fact for Person {
    const KIND: &'static str = "person";
}

/// Other numbers that ring with, or after, a person's phones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FollowMe {
    /// It is on.
    pub on: bool,
    /// The numbers.
    pub numbers: Vec<String>,
    /// They ring so many seconds later than the phones.
    pub delay_s: u16,
    /// Whoever answers outside must press 1 to take the call: a mobile's mailbox cannot.
    pub confirm: bool,
}

/// Opening hours, overridden by hand. Under `hours/office`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// What holds instead.
    pub mode: Mode,
    /// Until when; none: until it is switched back.
    pub until: Option<WallTime>,
    /// Who did it: an extension or an account.
    pub by: String,
    /// When.
    pub at: WallTime,
}

impl Fact for Override {
    const KIND: &'static str = "hours";
}

/// What overridden hours say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Open.
    Open,
    /// Closed, night.
    Closed,
    /// In a break.
    Break,
    /// As on a holiday.
    Holiday,
}

/// A caller blocked by phone or page. Under `blocked/+32…`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// Who did it.
    pub by: String,
    /// When.
    pub at: WallTime,
    /// Why.
    #[serde(default)]
    pub reason: String,
}

impl Fact for Block {
    const KIND: &'static str = "blocked";
}

/// Somebody outside whom somebody here tried to reach in vain (CAL-17). Under `contact/<number>`: all attempts at one
/// person are one contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// The person's number, E.164.
    pub number: String,
    /// The attempts, oldest first, at most 20 are kept.
    pub attempts: Vec<Attempt>,
    /// Who is to see to it; empty: whoever tried last.
    #[serde(default)]
    pub owner: String,
    /// The ring group behind the person who tried.
    #[serde(default)]
    pub team: Option<String>,
    /// Why: typed by whoever called.
    #[serde(default)]
    pub reason: String,
    /// The case it belongs to.
    #[serde(default)]
    pub case: String,
    /// To be done by.
    #[serde(default)]
    pub due: Option<WallTime>,
    /// How it ended.
    #[serde(default)]
    pub closed: Option<ClosedContact>,
}

impl Fact for Contact {
    const KIND: &'static str = "contact";
}

/// One attempt to reach a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When.
    pub at: WallTime,
    /// The extension.
    pub by: String,
    /// The call, to look it up.
    pub call: u64,
    /// What came of it: `no answer`, `busy`.
    pub result: String,
    /// Our number was not shown: the person cannot call back.
    #[serde(default)]
    pub anonymous: bool,
}

/// The end of a contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedContact {
    /// When.
    pub at: WallTime,
    /// Who reached the person, or closed it by hand.
    pub by: String,
    /// `reached`, `called back`, or what was typed.
    pub outcome: String,
}

/// Who sits at a phone of nobody. Under `seat/<extension of the phone>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// The extension that is called there.
    pub extension: String,
    /// Since when.
    pub since: WallTime,
}

impl Fact for Seat {
    const KIND: &'static str = "seat";
}

/// A calendar as it was fetched last. Under `calendar/<name>`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FeedText {
    /// The iCalendar text.
    pub text: String,
    /// When.
    pub fetched: WallTime,
    /// For the next question (ETag, Last-Modified).
    pub etag: String,
    /// Likewise.
    pub modified: String,
    /// Why the last attempt failed, if it did.
    pub error: String,
}

impl Fact for FeedText {
    const KIND: &'static str = "calendar";
}

/// What was spent and called today. Under `spent/<extension or trunk/NAME>`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Spent {
    /// Days since 1970-01-01 in the box's time zone.
    pub day: i32,
    /// Hundredths of the currency.
    pub hundredths: u32,
    /// Seconds.
    pub seconds: u32,
}

impl Fact for Spent {
    const KIND: &'static str = "spent";
}

/// All of it, as the dial plan reads it. Folded from facts by [`State::apply`]; what is not durable is set by the
/// exchange.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// By extension.
    pub people: BTreeMap<String, Person>,
    /// By the name of the hours.
    pub overrides: BTreeMap<String, Override>,
    /// By number.
    pub blocked: BTreeMap<String, Block>,
    /// By the person's number, E.164; closed ones too for a while.
    pub contacts: BTreeMap<String, Contact>,
    /// By the extension of the phone.
    pub seats: BTreeMap<String, Seat>,
    /// Texts by calendar.
    pub feeds: BTreeMap<String, FeedText>,
    /// By extension, or `trunk/NAME`.
    pub spent: BTreeMap<String, Spent>,
    /// Not durable: extensions in a call, with how many.
    pub busy: BTreeMap<String, u32>,
    /// Not durable: calls under way by trunk, and by extension over trunks (`extension/101`); calls sent so far by an
    /// outbound route whose trunks take turns (`route/NAME`).
    pub outside: BTreeMap<String, u32>,
    /// Not durable: trunks that do not answer or are not registered.
    pub down: BTreeSet<String>,
    /// Not durable: who called an extension last, and whom it dialled last.
    pub last: BTreeMap<String, Last>,
    /// Not durable: per ring group with rotating strategy, the member that answered last.
    pub rotation: BTreeMap<String, String>,
}

/// See [`State::last`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Last {
    /// The last caller's number, as it can be dialled.
    pub caller: Option<String>,
    /// What was dialled last.
    pub dialled: Option<String>,
}

impl State {
    /// Folds one fact in; false if its kind is not one of these, or it cannot be read.
    pub fn apply(&mut self, key: &str, value: Option<&str>) -> bool {
        let Some((kind, id)) = key.split_once('/') else { return false };
        match kind {
            Person::KIND => put(&mut self.people, id, value),
            Override::KIND => put(&mut self.overrides, id, value),
            Block::KIND => put(&mut self.blocked, id, value),
            Contact::KIND => put(&mut self.contacts, id, value),
            Seat::KIND => put(&mut self.seats, id, value),
            FeedText::KIND => put(&mut self.feeds, id, value),
            Spent::KIND => put(&mut self.spent, id, value),
            _ => false,
        }
    }

    /// Whose rights and name count at a phone: whoever has logged in there, else the phone's own extension.
    pub fn at_phone<'s>(&'s self, phone: &'s str) -> &'s str {
        self.seats.get(phone).map_or(phone, |seat| &seat.extension)
    }

    /// What an extension's person has set.
    pub fn person(&self, extension: &str) -> &Person {
        static NOTHING: std::sync::LazyLock<Person> = std::sync::LazyLock::new(Person::default);
        self.people.get(extension).unwrap_or(&NOTHING)
    }
}

fn put<T: Fact>(table: &mut BTreeMap<String, T>, id: &str, value: Option<&str>) -> bool {
    match value {
        None => {
            table.remove(id);
            true
        }
        Some(text) => match serde_json::from_str(text) {
            Ok(value) => {
                table.insert(id.to_owned(), value);
                true
            }
            Err(_) => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_fold_by_key_and_the_last_one_counts() {
        let mut state = State::default();
        assert!(state.apply("person/101", Some(r#"{"dnd":true}"#)));
        assert!(state.person("101").dnd);
        assert!(state.apply("person/101", Some(r#"{"forward_all":"102","a_later_version":1}"#)));
        assert_eq!(state.person("101").forward_all.as_deref(), Some("102"));
        assert!(!state.person("101").dnd);
        assert!(state.apply("person/101", None));
        assert!(state.people.is_empty());
        assert!(!state.apply("person/101", Some("{")));
        assert!(!state.apply("weather/101", Some("{}")));
    }
}
