//! What a section's pages show beside its form: the columns of its list, and cards of its own.

use base::WallTime;
use config::{Blocked, Calendar, Class, Config, Hours, InboundRoute, Mailbox, OutboundRoute, Paging, Trunk, TrunkKind};
use dialplan::state::{Fact, FeedText};
use futures_util::future::BoxFuture;

use crate::app::{App, Shared};
use crate::entries::{Entry, Given};
use crate::error::Trouble;
use crate::login::session::WebSession;
use crate::pages::{blocked, hours, trunks};
use crate::words::{self, Zone};

/// What rows may look at.
pub(crate) struct Look<'a> {
    pub app: &'a App,
    pub config: &'a Config,
    pub zone: Zone,
    pub now: WallTime,
}

impl<'a> Look<'a> {
    pub fn new(app: &'a App, config: &'a Config) -> Self {
        Look { app, config, zone: Zone::of(config), now: app.wall() }
    }
}

/// A row of a list.
pub(crate) struct Row {
    pub id: String,
    pub href: String,
    pub cells: Vec<Cell>,
    /// Out of use.
    pub dim: bool,
}

/// A cell of a list.
#[derive(Default)]
pub(crate) struct Cell {
    pub text: String,
    pub small: String,
    /// A dot of this colour stands before it.
    pub tone: Option<&'static str>,
    pub num: bool,
}

impl Cell {
    pub fn text(text: impl Into<String>) -> Self {
        Cell { text: text.into(), ..Cell::default() }
    }

    pub fn num(text: impl Into<String>) -> Self {
        Cell { text: text.into(), num: true, ..Cell::default() }
    }

    pub fn state(tone: &'static str, text: impl Into<String>) -> Self {
        Cell { text: text.into(), tone: Some(tone), ..Cell::default() }
    }

    pub fn small(mut self, small: impl Into<String>) -> Self {
        self.small = small.into();
        self
    }
}

/// The HTML of a card, from a template of its own.
pub(crate) type Card<'a> = BoxFuture<'a, Result<String, Trouble>>;

/// No card.
pub(crate) fn no_card<'a>() -> Card<'a> {
    Box::pin(std::future::ready(Ok(String::new())))
}

/// An entry with pages.
pub(crate) trait Shown: Entry {
    /// The heads of the columns; the first holds its name.
    const COLUMNS: &'static [&'static str];
    /// The form offers to be looked at before it is saved: a card beside it shows what it means.
    const PREVIEW: bool = false;

    /// Its row.
    fn cells(&self, look: &Look<'_>) -> Vec<Cell>;

    /// Is it in use?
    fn in_use(&self) -> bool {
        true
    }

    /// The form of a new one; `query` is what stands in the address.
    fn begin(_app: &App, _query: &str) -> Given {
        Given::nothing(Self::SECTION)
    }

    /// A card above the form.
    fn above_form(_app: &App, _id: Option<&str>, _query: &str) -> Result<String, Trouble> {
        Ok(String::new())
    }

    /// Cards beside the form; `given` is what the form holds.
    fn aside<'a>(_app: &'a Shared, _session: &'a WebSession, _id: Option<&'a str>, _given: &'a Given) -> Card<'a> {
        no_card()
    }

    /// Cards below the list.
    fn below_list<'a>(_app: &'a Shared, _session: &'a WebSession) -> Card<'a> {
        no_card()
    }
}

/// `a, b and 3 more`
pub(crate) fn some(list: &[String], none: &str) -> String {
    const SHOWN: usize = 3;
    match list.len() {
        0 => none.to_owned(),
        n if n <= SHOWN + 1 => list.join(", "),
        n => format!("{} and {} more", list[..SHOWN].join(", "), n - SHOWN),
    }
}

impl Shown for Trunk {
    const COLUMNS: &'static [&'static str] = &["Name", "State", "Provider", "Numbers", "Calls now"];

    fn cells(&self, look: &Look<'_>) -> Vec<Cell> {
        let (state, calls) = trunks::state_cells(self, look);
        let how = match self.kind {
            TrunkKind::Register => "by registration",
            TrunkKind::Address => "by address",
        };
        vec![
            Cell::text(&self.name),
            state,
            Cell::text(&self.host).small(how),
            Cell::num(some(&self.numbers, "–")),
            calls,
        ]
    }

    fn in_use(&self) -> bool {
        self.enabled
    }

    fn begin(_app: &App, query: &str) -> Given {
        trunks::begin(query)
    }

    fn above_form(_app: &App, id: Option<&str>, query: &str) -> Result<String, Trouble> {
        trunks::templates(id, query)
    }

    fn aside<'a>(app: &'a Shared, session: &'a WebSession, id: Option<&'a str>, _given: &'a Given) -> Card<'a> {
        Box::pin(std::future::ready(trunks::aside(app, session, id)))
    }
}

impl Shown for OutboundRoute {
    const COLUMNS: &'static [&'static str] = &["Name", "Order", "Numbers", "Trunks", "For"];

    fn cells(&self, _look: &Look<'_>) -> Vec<Cell> {
        let when = self.hours.as_ref().map(|hours| format!("within {hours}")).unwrap_or_default();
        vec![
            Cell::text(&self.name).small(if self.enabled { "" } else { "not in use" }),
            Cell::num(self.order.to_string()),
            Cell::num(some(&self.patterns, "–")),
            Cell::text(self.trunks.join(if self.balance { " ⇄ " } else { " → " })),
            Cell::text(some(&self.classes, "everybody")).small(when),
        ]
    }

    fn in_use(&self) -> bool {
        self.enabled
    }
}

impl Shown for InboundRoute {
    const COLUMNS: &'static [&'static str] = &["Name", "Order", "Numbers called", "Goes to", "Otherwise"];

    fn cells(&self, look: &Look<'_>) -> Vec<Cell> {
        let to = |to: &config::Destination| destination(to, look.config);
        let others = [("closed", &self.closed_to), ("break", &self.break_to), ("holiday", &self.holiday_to)];
        let others = others.iter().filter_map(|(when, there)| Some(format!("{when}: {}", to(there.as_ref()?))));
        let when = self.hours.as_ref().map(|hours| format!("within {hours}")).unwrap_or_default();
        let from = match (self.callers.is_empty(), self.trunks.is_empty()) {
            (true, true) => String::new(),
            (true, false) => format!("by {}", some(&self.trunks, "")),
            (false, _) => format!("from {}", some(&self.callers, "")),
        };
        vec![
            Cell::text(&self.name).small(if self.enabled { "" } else { "not in use" }),
            Cell::num(self.order.to_string()),
            Cell::num(some(&self.numbers, "all")).small(from),
            Cell::text(to(&self.to)).small(when),
            Cell::text(others.collect::<Vec<_>>().join(", ")),
        ]
    }

    fn in_use(&self) -> bool {
        self.enabled
    }
}

/// Where calls go, with the name of whoever is there.
pub(crate) fn destination(to: &config::Destination, config: &Config) -> String {
    use config::Destination as To;
    let named = |number: &str| {
        let name = (config.extensions.get(number).map(|e| &e.name))
            .or_else(|| config.ring_groups.get(number).map(|g| &g.name))
            .or_else(|| config.conferences.get(number).map(|c| &c.name))
            .or_else(|| config.mailboxes.get(number).map(|m| &m.name));
        name.map_or_else(|| number.to_owned(), |name| format!("{number} {name}"))
    };
    match to {
        To::Number(number) => named(number),
        To::Voicemail(number) => format!("mailbox {}", named(number)),
        To::Hours(name) => format!("the hours {name}"),
        To::Sound(name) => format!("the sound {name}"),
        To::Outside(number) => number.clone(),
        To::Busy => "busy tone".to_owned(),
        To::HangUp => "hang up".to_owned(),
    }
}

impl Shown for Class {
    const COLUMNS: &'static [&'static str] = &["Name", "May call", "Limits", "Extensions"];

    fn cells(&self, look: &Look<'_>) -> Vec<Cell> {
        let kinds: Vec<&str> = self.may_call.iter().map(String::as_str).filter(|kind| *kind != "internal").collect();
        let mut limits = Vec::new();
        if self.pin.is_some() {
            limits.push("asks a PIN".to_owned());
        }
        if self.calls_max > 0 {
            limits.push(words::count(self.calls_max.into(), "call", "calls"));
        }
        if self.minutes_max > 0 {
            limits.push(format!("{} min", self.minutes_max));
        }
        if let Some(hours) = &self.hours {
            limits.push(format!("within {hours}"));
        }
        let users = look.config.extensions.values().filter(|e| e.class.as_ref() == Some(&self.name)).count();
        vec![
            Cell::text(&self.name),
            Cell::text(kinds.join(", ")).small(some(&self.countries, "")),
            Cell::text(limits.join(", ")),
            Cell::num(users.to_string()),
        ]
    }
}

impl Shown for Blocked {
    const COLUMNS: &'static [&'static str] = &["Number", "What", "Why"];

    fn cells(&self, _look: &Look<'_>) -> Vec<Cell> {
        let what = if self.allow { Cell::state("ok", "Always let through") } else { Cell::state("bad", "Refused") };
        vec![Cell::num(&self.number), what, Cell::text(&self.reason)]
    }

    fn below_list<'a>(app: &'a Shared, session: &'a WebSession) -> Card<'a> {
        Box::pin(blocked::by_phone(app, session))
    }
}

impl Shown for Hours {
    const COLUMNS: &'static [&'static str] = &["Name", "Now", "Open", "Closed on"];
    const PREVIEW: bool = true;

    fn cells(&self, look: &Look<'_>) -> Vec<Cell> {
        let closed = words::count(self.closed.len(), "further day", "further days");
        let mut more = Vec::new();
        if !self.closed.is_empty() {
            more.push(closed);
        }
        if !self.calendars.is_empty() {
            more.push(words::count(self.calendars.len(), "calendar", "calendars"));
        }
        vec![
            Cell::text(&self.name),
            hours::now_cell(self, look),
            Cell::text(some(&self.open, "never")),
            Cell::text(some(&self.holidays, "")).small(more.join(", ")),
        ]
    }

    fn aside<'a>(app: &'a Shared, session: &'a WebSession, id: Option<&'a str>, given: &'a Given) -> Card<'a> {
        Box::pin(hours::aside(app, session, id, given))
    }
}

impl Shown for Mailbox {
    const COLUMNS: &'static [&'static str] = &["Number", "Name", "Messages", "Who may listen", "Mail to"];

    fn cells(&self, look: &Look<'_>) -> Vec<Cell> {
        let counts = look.app.backend.live.read(|view| view.mailboxes.get(&self.number).copied()).unwrap_or_default();
        let messages = match (counts.new, counts.old) {
            (0, 0) => Cell::text("none"),
            (0, old) => Cell::num(old.to_string()),
            (new, old) => Cell::state("busy", format!("{new} new")).small(format!("{old} heard")),
        };
        vec![
            Cell::num(&self.number),
            Cell::text(&self.name),
            messages,
            Cell::text(some(&self.members, "nobody by number")),
            Cell::text(some(&self.email, "")),
        ]
    }
}

impl Shown for Paging {
    const COLUMNS: &'static [&'static str] = &["Number", "Name", "Phones of", "Longest"];

    fn cells(&self, _look: &Look<'_>) -> Vec<Cell> {
        vec![
            Cell::num(&self.number),
            Cell::text(&self.name).small(if self.two_way { "both ways" } else { "" }),
            Cell::text(some(&self.members, "nobody")),
            Cell::num(format!("{} s", self.seconds_max)),
        ]
    }
}

impl Shown for Calendar {
    const COLUMNS: &'static [&'static str] = &["Name", "Last fetched", "Address", "Closes"];

    fn cells(&self, look: &Look<'_>) -> Vec<Cell> {
        let fact = look.app.backend.store.fact(&format!("{}/{}", FeedText::KIND, self.name));
        let feed = fact.and_then(|fact| serde_json::from_str::<FeedText>(&fact.value?).ok());
        let fetched = match feed {
            None => Cell::state("off", "Not yet"),
            Some(feed) if !feed.error.is_empty() => Cell::state("bad", "Failed").small(feed.error),
            Some(feed) => {
                let events = words::count(feed.text.matches("BEGIN:VEVENT").count(), "event", "events");
                Cell::state("ok", look.zone.near(feed.fetched, look.now)).small(events)
            }
        };
        let closes = look.config.hours.values().filter(|hours| hours.calendars.contains(&self.name));
        let closes: Vec<String> = closes.map(|hours| hours.name.clone()).collect();
        vec![
            Cell::text(&self.name),
            fetched,
            Cell::text(&self.url).small(format!("every {} h", self.refresh_h)),
            Cell::text(some(&closes, "nothing")),
        ]
    }
}
