//! Conference rooms: list, one, make, change, delete.

use std::net::SocketAddr;

use askama::Template;
use axum::extract::{ConnectInfo, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use base::Redacted;
use config::{Conference, Config, Edit};
use serde::Deserialize;

use super::change::{change_config, remove, unprocessable};
use super::choices::{self, Offered};
use super::extensions::{record_choice, ticked};
use super::forms::{Done, Errors, Query, Rest, Whole, filled, rest};
use super::{Shell, page};
use crate::app::Shared;
use crate::entries::{Fieldset, Given, Group, fieldsets_of};
use crate::error::Trouble;
use crate::login::session::WebSession;

/// Fields whose errors stand beside them.
const SHOWN: [&str; 7] = ["number", "name", "pin", "members_max", "record", "moderator_pin", "wait_for_moderator"];

/// The fields as they were typed.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct ConferenceForm {
    #[serde(default)]
    number: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    pin: String,
    #[serde(default)]
    members_max: String,
    #[serde(default)]
    record: String,
    /// A check box: absent when not ticked.
    #[serde(default)]
    entry_tones: Option<String>,
    /// The keys of [`MORE`]; none: they stay.
    #[serde(skip)]
    more: Option<Given>,
}

/// Keys laid out by the table of keys.
const MORE: &[Group] = &[Group {
    title: "Moderators",
    folded: false,
    keys: &[("moderator_pin", "Moderator's PIN"), ("wait_for_moderator", "Wait for a moderator")],
}];

impl Rest for ConferenceForm {
    fn take_rest(&mut self, body: &[u8]) {
        self.more = rest("conference", "moderator_pin", body);
    }
}

#[derive(Template)]
#[template(path = "pages/conferences/list.html")]
struct ListPage {
    shell: Shell,
    rows: Vec<Row>,
}

struct Row {
    number: String,
    name: String,
    access: &'static str,
    members_max: u16,
    record: String,
}

#[derive(Template)]
#[template(path = "pages/conferences/edit.html")]
struct EditPage {
    shell: Shell,
    /// `None` for a new one.
    number: Option<String>,
    form: ConferenceForm,
    errors: Errors,
    above: Vec<String>,
    members_default: u16,
    records: Vec<Offered>,
    more: Vec<Fieldset>,
}

#[derive(Template)]
#[template(path = "pages/conferences/delete.html")]
struct DeletePage {
    shell: Shell,
    number: String,
    name: String,
    errors: Vec<String>,
}

impl ConferenceForm {
    fn empty() -> Self {
        let fresh = Conference::new(String::new(), String::new());
        ConferenceForm { entry_tones: ticked(fresh.entry_tones), ..ConferenceForm::default() }
    }

    /// A viewer does not see the PIN; see [`show`].
    fn of(conference: &Conference) -> Self {
        ConferenceForm {
            number: conference.number.clone(),
            name: conference.name.clone(),
            pin: conference.pin.as_ref().map(|pin| pin.0.clone()).unwrap_or_default(),
            members_max: conference.members_max.to_string(),
            record: conference.record.word().to_owned(),
            entry_tones: ticked(conference.entry_tones),
            more: Some(Given::of(conference)),
        }
    }

    /// `before` is the conference as it is, if it exists: its number does not change.
    fn conference(&self, before: Option<&Conference>) -> Result<Conference, Errors> {
        let mut errors = Errors::default();
        let record = record_choice(&self.record, &mut errors);
        let plain = Conference::new(self.number.trim().to_owned(), String::new());
        let members_default = plain.members_max;
        let mut plain = before.cloned().unwrap_or(plain);
        if let Some(more) = &self.more {
            plain.moderator_pin = more.hidden_or_absent("moderator_pin", plain.moderator_pin.as_ref());
            plain.wait_for_moderator = more.flag("wait_for_moderator");
        }
        let members_max = filled(&self.members_max).map_or(Ok(members_default), |text| text.parse());
        let members_max = members_max.unwrap_or_else(|_| {
            errors.add("members_max", "Write a whole number, 2 to 2000.");
            0
        });
        if !errors.is_empty() {
            return Err(errors);
        }
        let pin = filled(&self.pin).map(Redacted);
        let name = self.name.trim().to_owned();
        Ok(Conference { name, pin, members_max, record, entry_tones: self.entry_tones.is_some(), ..plain })
    }
}

/// `GET /conferences`
pub(crate) async fn list(
    State(app): State<Shared>,
    session: WebSession,
    Query(done): Query<Done>,
) -> Result<Response, Trouble> {
    let (_, config) = app.config();
    let row = |conference: &Conference| Row {
        number: conference.number.clone(),
        name: conference.name.clone(),
        access: if conference.pin.is_some() { "PIN" } else { "open" },
        members_max: conference.members_max,
        record: choices::rule(conference.record.rule().unwrap_or(config.recording.default)).to_owned(),
    };
    page(&ListPage {
        rows: config.conferences.values().map(row).collect(),
        shell: Shell::new(&app, &session, "conferences", "Conferences").said(done.done.as_deref()),
    })
}

/// `GET /conferences/new`
pub(crate) async fn new(State(app): State<Shared>, session: WebSession) -> Result<Response, Trouble> {
    edit_page(&app, &session, None, ConferenceForm::empty(), Errors::default(), None)
}

/// `POST /conferences`
pub(crate) async fn create(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Whole(form): Whole<ConferenceForm>,
) -> Result<Response, Trouble> {
    let done = match form.conference(None) {
        Ok(conference) => {
            let reason = format!("new conference {}", conference.number);
            change_config(&app, &session, from, Edit::AddConference(conference), reason).await
        }
        Err(errors) => Err(errors),
    };
    match done {
        Ok(()) => Ok(Redirect::to("/conferences?done=created").into_response()),
        Err(errors) => unprocessable(edit_page(&app, &session, None, form, errors, None)?),
    }
}

/// `GET /conferences/{number}`
pub(crate) async fn show(
    State(app): State<Shared>,
    session: WebSession,
    Path(number): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, Trouble> {
    let form = ConferenceForm::of(get(&app.config().1, &number)?);
    edit_page(&app, &session, Some(number), form, Errors::default(), done.done.as_deref())
}

/// `POST /conferences/{number}`
pub(crate) async fn change(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(number): Path<String>,
    Whole(form): Whole<ConferenceForm>,
) -> Result<Response, Trouble> {
    let (_, config) = app.config();
    let done = match form.conference(Some(get(&config, &number)?)) {
        Ok(conference) => {
            let reason = format!("changed conference {number}");
            change_config(&app, &session, from, Edit::ChangeConference(conference), reason).await
        }
        Err(errors) => Err(errors),
    };
    match done {
        Ok(()) => Ok(Redirect::to(&format!("/conferences/{number}?done=saved")).into_response()),
        Err(errors) => unprocessable(edit_page(&app, &session, Some(number), form, errors, None)?),
    }
}

/// `GET /conferences/{number}/delete`
pub(crate) async fn ask_delete(
    State(app): State<Shared>,
    session: WebSession,
    Path(number): Path<String>,
) -> Result<Response, Trouble> {
    delete_page(&app, &session, &number, Vec::new())
}

/// `POST /conferences/{number}/delete`
pub(crate) async fn delete(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(number): Path<String>,
) -> Result<Response, Trouble> {
    get(&app.config().1, &number)?;
    let reason = format!("deleted conference {number}");
    match remove(&app, &session, from, Edit::RemoveConference(number.clone()), reason, "/conferences").await {
        Ok(done) => Ok(done),
        Err(errors) => unprocessable(delete_page(&app, &session, &number, errors)?),
    }
}

fn get<'a>(config: &'a Config, number: &str) -> Result<&'a Conference, Trouble> {
    config.conferences.get(number).ok_or(Trouble::NotFound)
}

fn edit_page(
    app: &Shared,
    session: &WebSession,
    number: Option<String>,
    mut form: ConferenceForm,
    errors: Errors,
    done: Option<&str>,
) -> Result<Response, Trouble> {
    let (_, config) = app.config();
    let existing = number.as_deref().and_then(|number| config.conferences.get(number));
    let more = form.more.clone().or_else(|| existing.map(Given::of));
    let mut more = more.unwrap_or_else(|| Given::nothing("conference"));
    if let Some(existing) = existing {
        more.keep_hidden_of(existing);
    }
    let title = match &number {
        Some(_) if !form.name.is_empty() => form.name.clone(),
        Some(number) => number.clone(),
        None => "New conference".to_owned(),
    };
    let shell = Shell::new(app, session, "conferences", title).said(done);
    if !shell.may_change && !form.pin.is_empty() {
        form.pin = "••••".to_owned();
    }
    page(&EditPage {
        shell,
        above: errors.others(&SHOWN),
        more: fieldsets_of("conference", MORE, &more, &errors, &config),
        members_default: Conference::new(String::new(), String::new()).members_max,
        records: choices::record(&form.record, &config),
        number,
        form,
        errors,
    })
}

fn delete_page(app: &Shared, session: &WebSession, number: &str, errors: Vec<String>) -> Result<Response, Trouble> {
    let (_, config) = app.config();
    let name = get(&config, number)?.name.clone();
    let shell = Shell::new(app, session, "conferences", format!("Delete conference {number}?"));
    page(&DeletePage { shell, number: number.to_owned(), name, errors })
}
