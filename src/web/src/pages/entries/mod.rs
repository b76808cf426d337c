//! Pages that all sections with many entries have alike: list, one, make, change, delete.

pub(crate) mod show;

use std::net::SocketAddr;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use config::keys;

use super::change::{Confirmed, change_checked, unprocessable};
use super::forms::{Done, Errors, Query};
use super::{Shell, page};
use crate::app::Shared;
use crate::entries::{Entry, FieldView, Fieldset, Given, errors_at, fieldsets, list_of_destinations, sorted};
use crate::error::Trouble;
use crate::login::session::WebSession;
use show::{Row, Shown};

#[derive(Template)]
#[template(path = "pages/entries/list.html")]
struct ListPage {
    shell: Shell,
    path: &'static str,
    one: &'static str,
    icon: &'static str,
    lead: &'static str,
    empty: &'static str,
    columns: &'static [&'static str],
    rows: Vec<Row>,
    above: String,
    below: String,
}

#[derive(Template)]
#[template(path = "pages/entries/edit.html")]
struct EditPage {
    shell: Shell,
    path: &'static str,
    many: &'static str,
    action: String,
    /// `None` for a new one; else its name as it stands in an address.
    href: Option<String>,
    sets: Vec<Fieldset>,
    destinations: Vec<(String, String)>,
    errors: Errors,
    above: Vec<String>,
    findings: Vec<String>,
    confirm: bool,
    above_form: String,
    aside: String,
    preview: bool,
}

#[derive(Template)]
#[template(path = "pages/entries/delete.html")]
struct DeletePage {
    shell: Shell,
    path: &'static str,
    href: String,
    id: String,
    removal: &'static str,
    errors: Vec<String>,
    findings: Vec<String>,
    confirm: bool,
}

/// A name as a part of an address.
pub(crate) fn in_path(id: &str) -> String {
    form_urlencoded::byte_serialize(id.as_bytes()).collect::<String>().replace('+', "%20")
}

/// `GET /trunks`
pub(crate) async fn list<E: Shown>(
    State(app): State<Shared>,
    session: WebSession,
    Query(done): Query<Done>,
) -> Result<Response, Trouble> {
    let (_, config) = app.config();
    let look = show::Look::new(&app, &config);
    let row = |entry: &E| Row {
        id: entry.id().to_owned(),
        href: in_path(entry.id()),
        cells: entry.cells(&look),
        dim: !entry.in_use(),
    };
    page(&ListPage {
        path: E::PATH,
        one: E::ONE,
        icon: E::ICON,
        lead: E::LEAD,
        empty: E::EMPTY,
        columns: E::COLUMNS,
        rows: sorted::<E>(&config).into_iter().map(row).collect(),
        above: String::new(),
        below: E::below_list(&app, &session).await?,
        shell: Shell::new(&app, &session, E::NAME, E::MANY).said(done.done.as_deref()),
    })
}

/// A form as it is to be shown.
struct Draft {
    given: Given,
    errors: Errors,
    findings: Vec<String>,
    may_confirm: bool,
    done: Option<String>,
}

impl Draft {
    fn fresh(given: Given) -> Self {
        Draft { given, errors: Errors::default(), findings: Vec::new(), may_confirm: false, done: None }
    }
}

/// `GET /trunks/new`
pub(crate) async fn new<E: Shown>(
    State(app): State<Shared>,
    session: WebSession,
    RawQuery(query): RawQuery,
) -> Result<Response, Trouble> {
    let query = query.unwrap_or_default();
    edit_page::<E>(&app, &session, None, Draft::fresh(E::begin(&app, &query)), &query).await
}

/// `POST /trunks`
pub(crate) async fn create<E: Shown>(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    body: Bytes,
) -> Result<Response, Trouble> {
    let mut given = Given::from_form(E::SECTION, &body);
    let entry = E::read(&mut given, None);
    let id = entry.id().to_owned();
    let mut draft = Draft::fresh(given);
    if is_preview(&body) {
        return edit_page::<E>(&app, &session, None, draft, "").await;
    }
    draft.errors = std::mem::take(&mut draft.given.errors);
    if draft.errors.is_empty() {
        let reason = format!("new {} {id}", E::ONE);
        match change_checked(&app, &session, from, entry.add(), reason, Confirmed::of(&body)).await? {
            Ok(()) => return Ok(Redirect::to(&format!("{}?done=created", E::PATH)).into_response()),
            Err(refused) => {
                (draft.findings, draft.may_confirm) = (refused.findings, refused.may_confirm);
                draft.errors = refused.error.map(|e| errors_at(E::SECTION, Some(&id), e)).unwrap_or_default();
            }
        }
    }
    unprocessable(edit_page::<E>(&app, &session, None, draft, "").await?)
}

/// `GET /trunks/{id}`
pub(crate) async fn show<E: Shown>(
    State(app): State<Shared>,
    session: WebSession,
    Path(id): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, Trouble> {
    let (_, config) = app.config();
    let entry = E::all(&config).get(&id).ok_or(Trouble::NotFound)?;
    let draft = Draft { done: done.done, ..Draft::fresh(Given::of(entry)) };
    edit_page::<E>(&app, &session, Some(&id), draft, "").await
}

/// `POST /trunks/{id}`
pub(crate) async fn change<E: Shown>(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Trouble> {
    let (_, config) = app.config();
    let before = E::all(&config).get(&id).ok_or(Trouble::NotFound)?;
    let mut given = Given::from_form(E::SECTION, &body);
    if let Some(section) = keys::section(E::SECTION) {
        given.set(section.id_key(), &id);
    }
    given.keep_hidden_of(before);
    let entry = E::read(&mut given, Some(before));
    let mut draft = Draft::fresh(given);
    if is_preview(&body) {
        return edit_page::<E>(&app, &session, Some(&id), draft, "").await;
    }
    draft.errors = std::mem::take(&mut draft.given.errors);
    if draft.errors.is_empty() {
        let reason = format!("changed {} {id}", E::ONE);
        match change_checked(&app, &session, from, entry.change(), reason, Confirmed::of(&body)).await? {
            Ok(()) => {
                return Ok(Redirect::to(&format!("{}/{}?done=saved", E::PATH, in_path(&id))).into_response());
            }
            Err(refused) => {
                (draft.findings, draft.may_confirm) = (refused.findings, refused.may_confirm);
                draft.errors = refused.error.map(|e| errors_at(E::SECTION, Some(&id), e)).unwrap_or_default();
            }
        }
    }
    unprocessable(edit_page::<E>(&app, &session, Some(&id), draft, "").await?)
}

/// `GET /trunks/{id}/delete`
pub(crate) async fn ask_delete<E: Shown>(
    State(app): State<Shared>,
    session: WebSession,
    Path(id): Path<String>,
) -> Result<Response, Trouble> {
    delete_page::<E>(&app, &session, &id, Vec::new(), (Vec::new(), false))
}

/// `POST /trunks/{id}/delete`
pub(crate) async fn delete<E: Shown>(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Trouble> {
    E::all(&app.config().1).get(&id).ok_or(Trouble::NotFound)?;
    let reason = format!("deleted {} {id}", E::ONE);
    match change_checked(&app, &session, from, E::remove(id.clone()), reason, Confirmed::of(&body)).await? {
        Ok(()) => Ok(Redirect::to(&format!("{}?done=deleted", E::PATH)).into_response()),
        Err(refused) => {
            let errors = refused.error.map(|error| Errors::from(error).others(&[])).unwrap_or_default();
            unprocessable(delete_page::<E>(&app, &session, &id, errors, (refused.findings, refused.may_confirm))?)
        }
    }
}

fn is_preview(body: &[u8]) -> bool {
    form_urlencoded::parse(body).any(|(key, value)| key == "act" && value == "preview")
}

async fn edit_page<E: Shown>(
    app: &Shared,
    session: &WebSession,
    id: Option<&str>,
    draft: Draft,
    query: &str,
) -> Result<Response, Trouble> {
    let (_, config) = app.config();
    let Draft { given, errors, findings, may_confirm, done } = draft;
    let sets = fieldsets::<E>(&given, &errors, &config);
    let shown: Vec<&str> = sets.iter().flat_map(|set| set.fields.iter().map(|field: &FieldView| field.key)).collect();
    let title = id.map_or_else(|| format!("New {}", E::ONE), str::to_owned);
    page(&EditPage {
        shell: Shell::new(app, session, E::NAME, title).said(done.as_deref()),
        path: E::PATH,
        many: E::MANY,
        action: id.map_or_else(|| E::PATH.to_owned(), |id| format!("{}/{}", E::PATH, in_path(id))),
        href: id.map(in_path),
        sets,
        destinations: list_of_destinations(&config),
        above: errors.others(&shown),
        errors,
        confirm: may_confirm,
        findings,
        above_form: E::above_form(app, id, query)?,
        aside: E::aside(app, session, id, &given).await?,
        preview: E::PREVIEW,
    })
}

fn delete_page<E: Entry>(
    app: &Shared,
    session: &WebSession,
    id: &str,
    errors: Vec<String>,
    (findings, confirm): (Vec<String>, bool),
) -> Result<Response, Trouble> {
    E::all(&app.config().1).get(id).ok_or(Trouble::NotFound)?;
    page(&DeletePage {
        shell: Shell::new(app, session, E::NAME, format!("Delete {} {id}?", E::ONE)),
        path: E::PATH,
        href: in_path(id),
        id: id.to_owned(),
        removal: E::REMOVAL,
        errors,
        findings,
        confirm,
    })
}
