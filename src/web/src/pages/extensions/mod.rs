//! Extensions: list, one, make, change, delete, new secret, forget devices.

mod form;
mod secret;

use std::net::SocketAddr;
use std::sync::Arc;

use askama::Template;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use config::{Config, Edit, Extension};
use exchange::io::Command;
use serde::Deserialize;

use super::change::{change_config, remove, unprocessable};
use super::choices::{self, Offered};
use super::forms::{Done, Errors, Query, Whole, link};
use super::{Shell, page};
use crate::app::Shared;
use crate::entries::{Fieldset, Given, fieldsets_of};
use crate::error::Trouble;
use crate::login::session::WebSession;
use crate::person;
use crate::words::{State as Word, Zone};
use form::ExtensionForm;

pub(crate) use form::{record_choice, seconds, ticked};
pub(crate) use secret::generate as generate_secret;

/// Fields whose errors stand beside them.
const SHOWN: [&str; 7] = ["number", "name", "email", "ring_time_s", "record", "language", "gain_db"];
/// Rows on a page of the list.
const ROWS: usize = 50;
/// Numbers looked at for a free one.
const NUMBERS_TRIED: u64 = 20;

/// What the list is asked for.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct ListQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    sort: String,
    #[serde(default)]
    page: usize,
    #[serde(default)]
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/extensions/list.html")]
struct ListPage {
    shell: Shell,
    q: String,
    sort: Sort,
    rows: Vec<Row>,
    total: usize,
    found: usize,
    from: usize,
    to: usize,
    by_number: String,
    by_name: String,
    previous: Option<String>,
    next: Option<String>,
}

/// By what the list is sorted; anything else in the address counts as the number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Sort {
    #[default]
    Number,
    Name,
}

struct Row {
    number: String,
    name: String,
    email: String,
    state: Word,
    enabled: bool,
    devices: String,
}

#[derive(Template)]
#[template(path = "pages/extensions/edit.html")]
struct EditPage {
    shell: Shell,
    /// `None` for a new one.
    number: Option<String>,
    form: ExtensionForm,
    errors: Errors,
    above: Vec<String>,
    state: Word,
    devices: Vec<Device>,
    ring_time_default: u16,
    realm: String,
    sip: String,
    groups: Vec<(String, String)>,
    calls: String,
    listen: String,
    records: Vec<Offered>,
    languages: Vec<Offered>,
    more: Vec<Fieldset>,
    /// What its person has set, in clauses.
    habits: Vec<String>,
}

struct Device {
    user_agent: String,
    from: String,
    until: String,
    contact: String,
}

#[derive(Template)]
#[template(path = "pages/extensions/delete.html")]
struct DeletePage {
    shell: Shell,
    number: String,
    name: String,
    errors: Vec<String>,
    groups: Vec<(String, String)>,
}

/// The extensions whose number or name holds `q`, by number.
pub(crate) fn find<'a>(config: &'a Config, q: &'a str) -> impl Iterator<Item = &'a Extension> {
    let q = q.to_lowercase();
    config.extensions.values().filter(move |extension| {
        q.is_empty() || extension.number.contains(&q) || extension.name.to_lowercase().contains(&q)
    })
}

/// `GET /extensions`
pub(crate) async fn list(
    State(app): State<Shared>,
    session: WebSession,
    Query(query): Query<ListQuery>,
) -> Result<Response, Trouble> {
    let (_, config) = app.config();
    let sort = if query.sort == "name" { Sort::Name } else { Sort::Number };
    let q = query.q.trim();
    let mut all: Vec<&Extension> = find(&config, q).collect();
    if sort == Sort::Name {
        all.sort_by_cached_key(|extension| (extension.name.to_lowercase(), &extension.number));
    }
    let last_page = all.len().saturating_sub(1) / ROWS;
    let at = query.page.min(last_page);
    let rows: Vec<Row> = all.iter().skip(at * ROWS).take(ROWS).map(|extension| row(&app, extension)).collect();
    let key = if sort == Sort::Name { "name" } else { "" };
    let to_page = |page: usize| link("/extensions", &[("q", q), ("sort", key), ("page", &page.to_string())]);
    page(&ListPage {
        shell: Shell::new(&app, &session, "extensions", "Extensions").said(query.done.as_deref()),
        total: config.extensions.len(),
        found: all.len(),
        from: at * ROWS + 1,
        to: at * ROWS + rows.len(),
        by_number: link("/extensions", &[("q", q)]),
        by_name: link("/extensions", &[("q", q), ("sort", "name")]),
        previous: at.checked_sub(1).map(to_page),
        next: (at < last_page).then(|| to_page(at + 1)),
        q: q.to_owned(),
        sort,
        rows,
    })
}

/// `GET /extensions/new`
pub(crate) async fn new(State(app): State<Shared>, session: WebSession) -> Result<Response, Trouble> {
    let form = ExtensionForm { number: next_free(&app.config().1), ..ExtensionForm::empty() };
    edit_page(&app, &session, None, form, Errors::default(), None)
}

/// `POST /extensions`
pub(crate) async fn create(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    headers: HeaderMap,
    Whole(form): Whole<ExtensionForm>,
) -> Result<Response, Trouble> {
    let fresh = secret::generate(&app)?;
    let draft = match form.draft(None) {
        Ok(draft) => config::ExtensionDraft { secret: Some(fresh.clone()), ..draft },
        Err(errors) => return unprocessable(edit_page(&app, &session, None, form, errors, None)?),
    };
    let number = draft.number.clone();
    let reason = format!("new extension {number}");
    match change_config(&app, &session, from, Edit::AddExtension(draft), reason).await {
        Ok(()) => secret::show(&app, &session, &headers, &number, &fresh, secret::Occasion::Created),
        Err(mut errors) => {
            errors.add_missing(form.faults(&app.config().1));
            unprocessable(edit_page(&app, &session, None, form, errors, None)?)
        }
    }
}

/// `GET /extensions/{number}`
pub(crate) async fn show(
    State(app): State<Shared>,
    session: WebSession,
    Path(number): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, Trouble> {
    let extension = get(&app.config().1, &number)?;
    let form = ExtensionForm::of(&extension);
    edit_page(&app, &session, Some(number), form, Errors::default(), done.done.as_deref())
}

/// `POST /extensions/{number}`
pub(crate) async fn change(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(number): Path<String>,
    Whole(form): Whole<ExtensionForm>,
) -> Result<Response, Trouble> {
    let extension = get(&app.config().1, &number)?;
    let draft = match form.draft(Some(&*extension)) {
        Ok(draft) => draft,
        Err(errors) => return unprocessable(edit_page(&app, &session, Some(number), form, errors, None)?),
    };
    let reason = format!("changed extension {number}");
    match change_config(&app, &session, from, Edit::ChangeExtension(draft), reason).await {
        Ok(()) => Ok(Redirect::to(&format!("/extensions/{number}?done=saved")).into_response()),
        Err(errors) => unprocessable(edit_page(&app, &session, Some(number), form, errors, None)?),
    }
}

/// `POST /extensions/{number}/secret`
pub(crate) async fn new_secret(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    headers: HeaderMap,
    Path(number): Path<String>,
) -> Result<Response, Trouble> {
    let extension = get(&app.config().1, &number)?;
    let fresh = secret::generate(&app)?;
    let draft = config::ExtensionDraft { secret: Some(fresh.clone()), ..config::ExtensionDraft::from(&*extension) };
    let reason = format!("new secret for extension {number}");
    match change_config(&app, &session, from, Edit::ChangeExtension(draft), reason).await {
        Ok(()) => secret::show(&app, &session, &headers, &number, &fresh, secret::Occasion::Replaced),
        Err(errors) => {
            unprocessable(edit_page(&app, &session, Some(number), ExtensionForm::of(&extension), errors, None)?)
        }
    }
}

/// `POST /extensions/{number}/forget`
pub(crate) async fn forget(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(number): Path<String>,
) -> Result<Response, Trouble> {
    get(&app.config().1, &number)?;
    app.audit(&session.account, Some(from), format!("made extension {number} forget its devices")).await?;
    (app.backend.commands)(Command::Unregister(number.clone()));
    Ok(Redirect::to(&format!("/extensions/{number}?done=forgotten")).into_response())
}

/// `GET /extensions/{number}/delete`
pub(crate) async fn ask_delete(
    State(app): State<Shared>,
    session: WebSession,
    Path(number): Path<String>,
) -> Result<Response, Trouble> {
    delete_page(&app, &session, &number, Vec::new())
}

/// `POST /extensions/{number}/delete`
pub(crate) async fn delete(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(number): Path<String>,
) -> Result<Response, Trouble> {
    get(&app.config().1, &number)?;
    let reason = format!("deleted extension {number}");
    match remove(&app, &session, from, Edit::RemoveExtension(number.clone()), reason, "/extensions").await {
        Ok(done) => Ok(done),
        Err(errors) => unprocessable(delete_page(&app, &session, &number, errors)?),
    }
}

fn get(config: &Config, number: &str) -> Result<Arc<Extension>, Trouble> {
    config.extensions.get(number).cloned().map(Arc::new).ok_or(Trouble::NotFound)
}

fn row(app: &Shared, extension: &Extension) -> Row {
    let agents = app.backend.live.read(|view| {
        let devices = view.registrations.get(&extension.number)?;
        Some(devices.iter().map(|d| agent_or_address(&d.user_agent, &d.from)).collect::<Vec<_>>().join(", "))
    });
    Row {
        number: extension.number.clone(),
        name: extension.name.clone(),
        email: extension.email.clone().unwrap_or_default(),
        state: state(extension.enabled, agents.is_some()),
        enabled: extension.enabled,
        devices: agents.unwrap_or_default(),
    }
}

fn agent_or_address(user_agent: &str, from: &str) -> String {
    if user_agent.is_empty() { from.to_owned() } else { user_agent.to_owned() }
}

fn state(enabled: bool, registered: bool) -> Word {
    match (enabled, registered) {
        (false, _) => Word { tone: "warn", word: "Switched off" },
        (true, true) => Word { tone: "ok", word: "Registered" },
        (true, false) => Word { tone: "off", word: "Not registered" },
    }
}

/// The next number after the highest, to save typing: free, as long as the others, and nobody's emergency number.
/// Empty if there is none.
fn next_free(config: &Config) -> String {
    let Some(last) = config.extensions.keys().next_back() else { return "101".to_owned() };
    let after = last.parse::<u64>().unwrap_or(0);
    let may_be = |number: &String| {
        number.len() == last.len() && !config.ring_groups.contains_key(number) && !config::number::is_emergency(number)
    };
    let numbers = (1..=NUMBERS_TRIED).map(|n| format!("{:0width$}", after.saturating_add(n), width = last.len()));
    numbers.into_iter().find(may_be).unwrap_or_default()
}

fn edit_page(
    app: &Shared,
    session: &WebSession,
    number: Option<String>,
    form: ExtensionForm,
    errors: Errors,
    done: Option<&str>,
) -> Result<Response, Trouble> {
    let (_, config) = app.config();
    let (zone, now) = (Zone::of(&config), app.wall());
    let title = match &number {
        Some(_) if !form.name.is_empty() => form.name.clone(),
        Some(number) => number.clone(),
        None => "New extension".to_owned(),
    };
    let known = number.as_deref().unwrap_or_default();
    let devices: Vec<Device> = app.backend.live.read(|view| {
        let devices = view.registrations.get(known).map_or(&[][..], Vec::as_slice);
        let device = |d: &exchange::live::LiveDevice| Device {
            user_agent: agent_or_address(&d.user_agent, "Unnamed device"),
            from: d.from.clone(),
            until: zone.near(d.expires_at, now),
            contact: d.contact.clone(),
        };
        devices.iter().map(device).collect()
    });
    let existing = config.extensions.get(known);
    let given = form.more.clone().or_else(|| existing.map(Given::of));
    let mut given = given.unwrap_or_else(|| Given::nothing("extension"));
    if let Some(existing) = existing {
        given.keep_hidden_of(existing);
    }
    let more = fieldsets_of("extension", form::MORE, &given, &errors, &config);
    let mut shown = SHOWN.to_vec();
    shown.extend(more.iter().flat_map(|set| set.fields.iter().map(|field| field.key)));
    let enabled = config.extensions.get(known).is_none_or(|extension| extension.enabled);
    page(&EditPage {
        shell: Shell::new(app, session, "extensions", title).said(done),
        above: errors.others(&shown),
        more,
        state: state(enabled, !devices.is_empty()),
        devices,
        ring_time_default: config.sip.ring_time_s,
        realm: config.system.realm.clone(),
        sip: app.backend.about.sip.map(|address| address.to_string()).unwrap_or_default(),
        groups: groups_of(&config, known),
        calls: link("/calls", &[("q", known)]),
        listen: config.features.listen.clone(),
        records: choices::record(&form.record, &config),
        languages: choices::language(&form.language, &config),
        habits: person::summary(&person::current(app, known), &zone, now),
        number,
        form,
        errors,
    })
}

fn delete_page(app: &Shared, session: &WebSession, number: &str, errors: Vec<String>) -> Result<Response, Trouble> {
    let (_, config) = app.config();
    let extension = get(&config, number)?;
    page(&DeletePage {
        shell: Shell::new(app, session, "extensions", format!("Delete extension {number}?")),
        number: number.to_owned(),
        name: extension.name.clone(),
        groups: groups_of(&config, number),
        errors,
    })
}

fn groups_of(config: &Config, number: &str) -> Vec<(String, String)> {
    let groups = config.ring_groups.values().filter(|group| group.members.iter().any(|member| member == number));
    groups.map(|group| (group.number.clone(), group.name.clone())).collect()
}
