//! The pages: a folder each, with handler, view struct and templates.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use exchange::record::Role;

use crate::app::App;
use crate::error::Trouble;
use crate::login::session::WebSession;

pub(crate) mod blocked;
pub(crate) mod calls;
mod change;
pub(crate) mod choices;
pub(crate) mod conferences;
pub(crate) mod configuration;
pub(crate) mod contacts;
pub(crate) mod entries;
pub(crate) mod extensions;
pub(crate) mod forms;
pub(crate) mod groups;
pub(crate) mod home;
pub(crate) mod hours;
pub(crate) mod look_ahead;
pub(crate) mod messages;
pub(crate) mod missed;
pub(crate) mod music;
pub(crate) mod numbers;
pub(crate) mod palette;
pub(crate) mod panel;
pub(crate) mod person;
pub(crate) mod phones;
pub(crate) mod recordings;
pub(crate) mod routing;
pub(crate) mod settings;
pub(crate) mod sounds;
pub(crate) mod system;
pub(crate) mod trunks;

/// What the frame around every page shows.
pub(crate) struct Shell {
    pub title: String,
    pub firm: String,
    pub account: String,
    /// Whether the person may change things; pages leave out what they may not.
    pub may_change: bool,
    pub nav: Vec<NavGroup>,
    /// What has just been done, after a redirect.
    pub said: Option<&'static str>,
}

pub(crate) struct NavGroup {
    pub title: &'static str,
    pub entries: Vec<NavEntry>,
}

pub(crate) struct NavEntry {
    pub place: Place,
    pub current: bool,
}

/// The entries that only administrators may open; others do not see them.
const ADMINS_ENTRIES: [&str; 2] = ["audit", "recordings"];

/// Whether a person of this role sees this entry of the [`MAP`].
pub(crate) fn is_shown(key: &str, role: Role) -> bool {
    !ADMINS_ENTRIES.contains(&key) || role >= Role::Administrator
}

/// An entry of the navigation.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub key: &'static str,
    pub label: &'static str,
    pub href: &'static str,
    pub icon: &'static str,
}

const fn place(key: &'static str, label: &'static str, href: &'static str, icon: &'static str) -> Place {
    Place { key, label, href, icon }
}

/// The parts of the house, in the order of the navigation. Headings without entries yet are not shown.
pub(crate) const MAP: &[(&str, &[Place])] = &[
    ("", &[place("home", "Home", "/", "home"), place("panel", "Operator panel", "/panel", "dial")]),
    (
        "People & devices",
        &[place("extensions", "Extensions", "/extensions", "people"), place("phones", "Phones", "/phones", "phone")],
    ),
    (
        "Telephony",
        &[
            place("trunks", "Trunks", "/trunks", "trunk"),
            place("inbound-routes", "Inbound", "/inbound-routes", "inbound"),
            place("outbound-routes", "Outbound", "/outbound-routes", "outbound"),
            place("hours", "Opening hours", "/hours", "clock"),
            place("calendars", "Calendars", "/calendars", "calendar"),
            place("classes", "Classes", "/classes", "class"),
            place("numbers", "Numbers & emergency", "/numbers", "numbers"),
            place("blocked", "Blocked callers", "/blocked", "blocked"),
            place("routing", "Routing test", "/routing", "route"),
            place("look-ahead", "Days to come", "/calendar", "lookahead"),
        ],
    ),
    (
        "Call flows",
        &[
            place("ring-groups", "Ring groups", "/ring-groups", "group"),
            place("conferences", "Conferences", "/conferences", "conference"),
            place("mailboxes", "Shared mailboxes", "/mailboxes", "recording"),
            place("paging", "Paging groups", "/paging", "phone"),
            place("music", "Music", "/music", "music"),
            place("sounds", "Sounds", "/sounds", "sound"),
        ],
    ),
    ("Contact centre", &[]),
    (
        "Reports & quality",
        &[
            place("messages", "Messages", "/messages", "sound"),
            place("missed-calls", "Missed calls", "/missed-calls", "calls"),
            place("contacts", "Contacts to return", "/contacts", "outbound"),
            place("calls", "Calls", "/calls", "calls"),
            place("recordings", "Recordings", "/recordings", "recording"),
        ],
    ),
    (
        "System",
        &[
            place("settings", "Settings", "/settings/voicemail", "numbers"),
            place("configuration", "Configuration", "/configuration", "document"),
            place("audit", "Audit log", "/system/audit", "audit"),
            place("system", "This box", "/system", "system"),
        ],
    ),
];

impl Shell {
    /// The frame for the page under the navigation entry `key`.
    pub fn new(app: &App, session: &WebSession, key: &str, title: impl Into<String>) -> Self {
        let nav = MAP
            .iter()
            .filter(|(_, entries)| !entries.is_empty())
            .map(|(title, entries)| NavGroup {
                title,
                entries: entries
                    .iter()
                    .filter(|place| is_shown(place.key, session.role))
                    .map(|place| NavEntry { place: *place, current: place.key == key })
                    .collect(),
            })
            .collect();
        Shell {
            title: title.into(),
            firm: app.config().1.system.name.clone(),
            account: session.account.clone(),
            may_change: session.role >= Role::Administrator,
            nav,
            said: None,
        }
    }

    /// Says what has been done, from the key in the address (`?done=saved`): only known keys, so that nobody can put
    /// words into our mouth by a link.
    pub fn said(mut self, done: Option<&str>) -> Self {
        self.said = match done {
            Some("created") => Some("Created."),
            Some("uploaded") => Some("Uploaded. It can be played at once."),
            Some("switched") => Some("Switched. It holds from now on."),
            Some("moved") => Some("The call is on its way."),
            Some("tested") => Some("The test call is on its way."),
            Some("saved") => Some("Saved. It is in force now."),
            Some("deleted") => Some("Deleted."),
            Some("invited") => Some("Invited. The phone may fetch its settings once, within a day."),
            Some("resync") => Some("The phones of its lines are asked to fetch their settings."),
            Some("nobody-there") => Some("None of its lines has a phone that is registered now."),
            Some("renewed") => Some("What the phone knew is worth nothing now. It is invited to fetch anew."),
            Some("forgotten") => Some("The box forgets the devices; each comes back when it registers again."),
            Some("hung-up") => Some("The call is being ended."),
            Some("rolled-back") => Some("That version is in force again."),
            Some("password") => Some("Password changed. All other sessions of this account have ended."),
            _ => None,
        };
        self
    }
}

/// Renders a template.
pub(crate) fn page(view: &impl Template) -> Result<Response, Trouble> {
    match view.render() {
        Ok(html) => Ok(Html(html).into_response()),
        Err(error) => {
            tracing::error!(%error, "template");
            Err(Trouble::Internal("a template failed"))
        }
    }
}
