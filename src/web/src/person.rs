//! What an extension's person has set, as pages and the API take and show it: plain texts and numbers, read into the
//! fact that the dial plan decides by.

use std::collections::BTreeMap;

use base::WallTime;
use calendar::Period;
use dialplan::state::{Fact, FollowMe, Person};
use exchange::io::Command;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::error::Trouble;
use crate::pages::forms::{Errors, filled};
use crate::words::{self, Zone};

/// Callers let through, and periods, at most.
const LINES_MAX: usize = 50;
/// Numbers of follow-me at most: the dial plan looks at no more.
const FOLLOW_MAX: usize = 10;
/// Follow-me begins at most so much later, seconds: later than any phone rings.
const DELAY_MAX_S: u16 = 600;
/// Keys of a number at most: ITU-T E.164 §6.2 allows 15 digits, a prefix and an access code come before them.
const NUMBER_MAX: usize = 32;
/// Speed dials are 0 to 99.
const SPEED_DIAL_MAX: u8 = 99;
/// The word for one's own mailbox.
pub(crate) const VOICEMAIL: &str = "voicemail";

/// What an extension's person has set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PersonBody {
    /// Where all calls go: a number as the extension would dial it, or `voicemail`; absent: nowhere else.
    pub forward_all: Option<String>,
    /// Where calls go while it is busy.
    pub forward_busy: Option<String>,
    /// Where calls go that nobody took.
    pub forward_no_answer: Option<String>,
    /// Where calls go while no phone is registered.
    pub forward_unreachable: Option<String>,
    /// Do not disturb.
    pub dnd: bool,
    /// Until when, RFC 3339; absent: until it is switched off.
    pub dnd_until: Option<String>,
    /// Callers that ring all the same: numbers, or their beginnings with `*` behind. At most 50.
    #[schema(max_items = 50)]
    pub dnd_allow: Vec<String>,
    /// Periods in which it holds by itself: `daily 22:00-07:00`. At most 50.
    #[schema(max_items = 50)]
    pub dnd_periods: Vec<String>,
    /// A second call is refused as busy.
    pub no_call_waiting: bool,
    /// Its number is never shown outside.
    pub withhold: bool,
    /// Callers without a number are refused.
    pub reject_anonymous: bool,
    /// Its phones do not answer intercom calls by themselves.
    pub no_intercom: bool,
    /// Other numbers ring too.
    pub follow_me: bool,
    /// Which; none: the extension's mobile. At most 10.
    #[schema(max_items = 10)]
    pub follow_me_numbers: Vec<String>,
    /// They ring so many seconds later than the phones, at most 600.
    #[schema(maximum = 600)]
    pub follow_me_delay_s: u16,
    /// Whoever answers outside must press 1 to take the call.
    pub follow_me_confirm: bool,
    /// Numbers by key, 0 to 99.
    pub speed_dial: BTreeMap<String, String>,
}

impl PersonBody {
    /// What is set now.
    pub fn of(person: &Person) -> Self {
        let follow = &person.follow_me;
        PersonBody {
            forward_all: person.forward_all.clone(),
            forward_busy: person.forward_busy.clone(),
            forward_no_answer: person.forward_no_answer.clone(),
            forward_unreachable: person.forward_unreachable.clone(),
            dnd: person.dnd,
            dnd_until: person.dnd_until.map(words::iso),
            dnd_allow: person.dnd_allow.clone(),
            dnd_periods: person.dnd_periods.clone(),
            no_call_waiting: person.no_call_waiting,
            withhold: person.withhold,
            reject_anonymous: person.reject_anonymous,
            no_intercom: person.no_intercom,
            follow_me: follow.on,
            follow_me_numbers: follow.numbers.clone(),
            follow_me_delay_s: follow.delay_s,
            follow_me_confirm: follow.confirm,
            speed_dial: person.speed_dial.iter().map(|(key, number)| (key.to_string(), number.clone())).collect(),
        }
    }

    /// As a fact, or what is wrong with it, by field.
    pub fn read(&self, now: WallTime) -> Result<Person, Errors> {
        let mut errors = Errors::default();
        let mut forward = |field: &str, text: &Option<String>| {
            let text = text.as_deref().and_then(filled)?;
            if text == VOICEMAIL {
                return Some(text);
            }
            number(&text).map_err(|wrong| errors.add(field, wrong)).ok()
        };
        let person = Person {
            forward_all: forward("forward_all", &self.forward_all),
            forward_busy: forward("forward_busy", &self.forward_busy),
            forward_no_answer: forward("forward_no_answer", &self.forward_no_answer),
            forward_unreachable: forward("forward_unreachable", &self.forward_unreachable),
            dnd: self.dnd,
            dnd_until: self.until(now, &mut errors),
            dnd_allow: self.allowed(&mut errors),
            dnd_periods: self.periods(&mut errors),
            no_call_waiting: self.no_call_waiting,
            follow_me: self.followed(&mut errors),
            withhold: self.withhold,
            reject_anonymous: self.reject_anonymous,
            speed_dial: self.dials(&mut errors),
            no_intercom: self.no_intercom,
        };
        if errors.is_empty() { Ok(person) } else { Err(errors) }
    }

    fn until(&self, now: WallTime, errors: &mut Errors) -> Option<WallTime> {
        let text = self.dnd_until.as_deref().and_then(filled).filter(|_| self.dnd)?;
        match text.parse::<Timestamp>() {
            Ok(at) if at.as_millisecond() > now.unix_ms() => Some(WallTime::from_unix_ms(at.as_millisecond())),
            Ok(_) => {
                errors.add("dnd_until", "That moment has passed.");
                None
            }
            Err(_) => {
                errors.add("dnd_until", "Write a day and a time: 2026-12-24 18:00.");
                None
            }
        }
    }

    fn allowed(&self, errors: &mut Errors) -> Vec<String> {
        bounded("dnd_allow", &self.dnd_allow, LINES_MAX, errors);
        let read = |text: &String| {
            let (beginning, star) = text.strip_suffix('*').map_or((text.as_str(), ""), |text| (text, "*"));
            match number(beginning) {
                Ok(number) => Some(number + star),
                Err(wrong) => {
                    errors.add("dnd_allow", wrong);
                    None
                }
            }
        };
        self.dnd_allow.iter().take(LINES_MAX).filter_map(read).collect()
    }

    fn periods(&self, errors: &mut Errors) -> Vec<String> {
        bounded("dnd_periods", &self.dnd_periods, LINES_MAX, errors);
        let read = |text: &String| match text.trim().parse::<Period>() {
            Ok(period) => Some(period.to_string()),
            Err(wrong) => {
                errors.add("dnd_periods", words::sentence(&wrong.to_string()));
                None
            }
        };
        self.dnd_periods.iter().take(LINES_MAX).filter_map(read).collect()
    }

    fn followed(&self, errors: &mut Errors) -> FollowMe {
        bounded("follow_me_numbers", &self.follow_me_numbers, FOLLOW_MAX, errors);
        let read = |text: &String| number(text).map_err(|wrong| errors.add("follow_me_numbers", wrong)).ok();
        let numbers = self.follow_me_numbers.iter().take(FOLLOW_MAX).filter_map(read).collect();
        if self.follow_me_delay_s > DELAY_MAX_S {
            errors.add("follow_me_delay_s", format!("At most {DELAY_MAX_S} seconds."));
        }
        FollowMe {
            on: self.follow_me,
            numbers,
            delay_s: self.follow_me_delay_s.min(DELAY_MAX_S),
            confirm: self.follow_me_confirm,
        }
    }

    fn dials(&self, errors: &mut Errors) -> BTreeMap<u8, String> {
        let mut dials = BTreeMap::new();
        for (key, text) in &self.speed_dial {
            let read = key.parse::<u8>().ok().filter(|key| *key <= SPEED_DIAL_MAX);
            match (read, number(text)) {
                (Some(key), Ok(number)) => {
                    dials.insert(key, number);
                }
                (None, _) => errors.add("speed_dial", format!("“{}” is no key: 0 to 99.", shortened(key))),
                (_, Err(wrong)) => errors.add("speed_dial", wrong),
            }
        }
        dials
    }
}

fn bounded(field: &str, list: &[String], max: usize, errors: &mut Errors) {
    if list.len() > max {
        errors.add(field, format!("At most {max}."));
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(NUMBER_MAX).collect()
}

/// A number as somebody would dial it, without the blanks and dashes that people write.
pub(crate) fn number(text: &str) -> Result<String, String> {
    let is_kept = |c: &char| !matches!(c, ' ' | '\u{a0}' | '-' | '.' | '/' | '(' | ')');
    let number: String = text.chars().filter(is_kept).collect();
    let keys = number.strip_prefix('+').unwrap_or(&number);
    let is_plain = keys.bytes().all(|key| key.is_ascii_digit() || matches!(key, b'*' | b'#'));
    match !keys.is_empty() && is_plain && number.len() <= NUMBER_MAX {
        true => Ok(number),
        false => Err(format!("“{}” cannot be dialled.", shortened(text))),
    }
}

/// What the person has set; nothing if it cannot be read any more.
pub(crate) fn current(app: &App, extension: &str) -> Person {
    let value = app.backend.store.fact(&key(extension)).and_then(|fact| fact.value);
    let person: Person = value.and_then(|value| serde_json::from_str(&value).ok()).unwrap_or_default();
    match person.dnd && !is_quiet(&person, app.wall()) {
        true => Person { dnd: false, dnd_until: None, ..person }, // it has ended by itself
        false => person,
    }
}

/// What differs from a person who has set nothing, in clauses.
pub(crate) fn summary(person: &Person, zone: &Zone, now: WallTime) -> Vec<String> {
    let mut clauses = Vec::new();
    let forwards = [
        ("All calls", &person.forward_all),
        ("When busy", &person.forward_busy),
        ("When nobody answers", &person.forward_no_answer),
        ("When no phone is registered", &person.forward_unreachable),
    ];
    for (when, to) in forwards {
        clauses.extend(to.as_ref().map(|to| format!("{when}: to {to}")));
    }
    match person.dnd_until.filter(|until| *until > now) {
        Some(until) if person.dnd => clauses.push(format!("Do not disturb until {}", zone.near(until, now))),
        _ if is_quiet(person, now) => clauses.push("Do not disturb".to_owned()),
        _ => {}
    }
    if !person.dnd_periods.is_empty() {
        clauses.push(format!("Do not disturb: {}", person.dnd_periods.join(", ")));
    }
    if person.follow_me.on {
        let numbers =
            if person.follow_me.numbers.is_empty() { "the mobile".into() } else { person.follow_me.numbers.join(", ") };
        clauses.push(format!("Also rings {numbers}"));
    }
    let flags = [
        (person.no_call_waiting, "No second call"),
        (person.withhold, "Number withheld"),
        (person.reject_anonymous, "No callers without number"),
        (person.no_intercom, "No intercom"),
    ];
    clauses.extend(flags.into_iter().filter(|(on, _)| *on).map(|(_, clause)| clause.to_owned()));
    if !person.speed_dial.is_empty() {
        clauses.push(words::count(person.speed_dial.len(), "speed dial", "speed dials"));
    }
    clauses
}

/// Is do-not-disturb switched on by hand now?
pub(crate) fn is_quiet(person: &Person, now: WallTime) -> bool {
    person.dnd && person.dnd_until.is_none_or(|until| until > now)
}

/// The command that sets it.
pub(crate) fn command(extension: &str, person: &Person, by: &str) -> Result<Command, Trouble> {
    let value = match *person == Person::default() {
        true => None, // nothing set is no fact at all
        false => Some(serde_json::to_string(person).map_err(|_| Trouble::Internal("a person cannot be written"))?),
    };
    Ok(Command::PutFact { key: key(extension), value, by: by.to_owned() })
}

fn key(extension: &str) -> String {
    format!("{}/{extension}", Person::KIND)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: WallTime = WallTime::from_unix_ms(1_800_000_000_000);

    #[test]
    fn what_is_shown_is_read_back() {
        let person = Person {
            forward_all: Some(VOICEMAIL.into()),
            forward_busy: Some("102".into()),
            dnd: true,
            dnd_until: Some(WallTime::from_unix_ms(1_800_000_060_000)),
            dnd_allow: vec!["+3247*".into()],
            dnd_periods: vec!["daily 22:00-07:00".into()],
            follow_me: FollowMe { on: true, numbers: vec!["0470123456".into()], delay_s: 10, confirm: true },
            speed_dial: BTreeMap::from([(0, "101".into()), (99, "*97".into())]),
            ..Person::default()
        };
        assert_eq!(PersonBody::of(&person).read(NOW).unwrap(), person);
        assert_eq!(PersonBody::of(&Person::default()).read(NOW).unwrap(), Person::default());
    }

    #[test]
    fn what_cannot_be_is_told_at_its_field() {
        let body = PersonBody {
            forward_all: Some("sip:evil@example.com".into()),
            forward_busy: Some(" 0470 / 12.34.56 ".into()),
            dnd: true,
            dnd_until: Some("2001-01-01T00:00:00Z".into()),
            dnd_allow: vec!["*".into()],
            dnd_periods: vec!["sometimes".into()],
            follow_me_numbers: vec!["1".into(); 11],
            follow_me_delay_s: 601,
            speed_dial: BTreeMap::from([("100".into(), "101".into()), ("7".into(), "<b>".into())]),
            ..PersonBody::default()
        };
        let errors = body.read(NOW).unwrap_err();
        let mut fields: Vec<&str> = errors.all().map(|(field, _)| field).collect();
        fields.dedup();
        let all = [
            "forward_all",
            "dnd_until",
            "dnd_allow",
            "dnd_periods",
            "follow_me_numbers",
            "follow_me_delay_s",
            "speed_dial",
        ];
        assert_eq!(fields, all);
        assert_eq!(number(" 0470 / 12.34.56 ").as_deref(), Ok("0470123456"));
        assert!(number(&"1".repeat(33)).is_err() && number("+").is_err() && number("٣").is_err());
    }
}
