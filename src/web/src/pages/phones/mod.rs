//! Desk phones: list, one, make, change, delete, invite, fetch anew, new secrets; their keys and their table.

mod acts;
mod form;
pub(crate) mod layouts;
pub(crate) mod table;

use std::net::SocketAddr;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use config::{Choice, Config, Edit, Phone, PhoneModel};
use serde::Deserialize;

use super::change::{change_config, remove, unprocessable};
use super::choices::Offered;
use super::forms::{Errors, Query, link};
use super::{Shell, page};
use crate::app::{App, Shared};
use crate::error::Trouble;
use crate::login::session::WebSession;
use crate::provisioning::{PhoneState, host};
use crate::words::{State as Word, Zone};
use form::PhoneForm;

pub(crate) use acts::{invite, renew, resync};
pub(crate) use form::maker;

/// Fields whose errors stand beside them.
const SHOWN: [&str; 7] = ["mac", "model", "lines", "keys", "location", "hot_desk", "extra"];
/// Unknown phones shown at most.
const UNKNOWN_SHOWN: usize = 100;

#[derive(Template)]
#[template(path = "pages/phones/list.html")]
struct ListPage {
    shell: Shell,
    enabled: bool,
    rows: Vec<Row>,
    unknown: Vec<UnknownRow>,
}

struct Row {
    mac: String,
    maker: &'static str,
    lines: String,
    agent: String,
    fetched: String,
    state: Word,
}

struct UnknownRow {
    mac: String,
    agent: String,
    from: String,
    at: String,
    adopt: String,
}

#[derive(Template)]
#[template(path = "pages/phones/edit.html")]
struct EditPage {
    shell: Shell,
    /// `None` for a new one.
    mac: Option<String>,
    form: PhoneForm,
    errors: Errors,
    above: Vec<String>,
    makers: Vec<Offered>,
    layouts: Vec<Offered>,
    enabled: bool,
    state: Word,
    agent: String,
    fetched: String,
    from: String,
    /// The open invitation's address, for administrators.
    invitation: Option<String>,
    until: String,
}

#[derive(Template)]
#[template(path = "pages/phones/delete.html")]
struct DeletePage {
    shell: Shell,
    mac: String,
    errors: Vec<String>,
}

/// What a link to a new phone, or a redirect, says.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Hints {
    #[serde(default)]
    mac: String,
    #[serde(default)]
    model: String,
    #[serde(default)]
    lines: String,
    #[serde(default)]
    done: Option<String>,
}

/// `GET /phones`
pub(crate) async fn list(
    State(app): State<Shared>,
    session: WebSession,
    Query(hints): Query<Hints>,
) -> Result<Response, Trouble> {
    let (_, config) = app.config();
    let (zone, now) = (Zone::of(&config), app.wall());
    let row = |phone: &Phone| {
        let state = PhoneState::of(&app, &phone.mac);
        Row {
            mac: phone.mac.clone(),
            maker: maker(phone.model),
            lines: phone.lines.join(", "),
            fetched: state.fetched_at.map_or_else(|| "never".to_owned(), |at| zone.near(at, now)),
            state: registered(&app, phone, &state),
            agent: state.agent,
        }
    };
    let unknown = app.provisioning.seen.list().into_iter().filter(|phone| !config.phones.contains_key(&phone.mac));
    let unknown = unknown.take(UNKNOWN_SHOWN).map(|phone| UnknownRow {
        adopt: link("/phones/new", &[("mac", &phone.mac), ("model", phone.guess().map_or("", PhoneModel::word))]),
        mac: phone.mac,
        from: phone.from.ip().to_canonical().to_string(),
        at: zone.near(phone.at, now),
        agent: phone.agent,
    });
    page(&ListPage {
        rows: config.phones.values().map(row).collect(),
        unknown: unknown.collect(),
        enabled: config.provisioning.enabled,
        shell: Shell::new(&app, &session, "phones", "Phones").said(hints.done.as_deref()),
    })
}

/// `GET /phones/new`, perhaps for a phone that has asked.
pub(crate) async fn new(
    State(app): State<Shared>,
    session: WebSession,
    headers: HeaderMap,
    Query(hints): Query<Hints>,
) -> Result<Response, Trouble> {
    let form = PhoneForm { mac: hints.mac, model: hints.model, lines: hints.lines, ..PhoneForm::default() };
    edit_page(&app, &session, &headers, None, form, Errors::default(), None)
}

/// `POST /phones`
pub(crate) async fn create(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Trouble> {
    let form = PhoneForm::read(&body);
    let done = match form.phone(None) {
        Ok(phone) => {
            let mac = phone.mac.clone();
            let reason = format!("new phone {mac}");
            change_config(&app, &session, from, Edit::AddPhone(phone), reason).await.map(|()| mac)
        }
        Err(errors) => Err(errors),
    };
    match done {
        Ok(mac) => {
            app.provisioning.seen.forget(&mac);
            // It may fetch its settings at once: that is what a phone is entered for.
            PhoneState::change(&app, &mac, &session.account, |state| {
                state.invite(app.wall());
                true
            })
            .await?;
            Ok(Redirect::to(&format!("/phones/{mac}?done=created")).into_response())
        }
        Err(errors) => unprocessable(edit_page(&app, &session, &headers, None, form, errors, None)?),
    }
}

/// `GET /phones/{mac}`
pub(crate) async fn show(
    State(app): State<Shared>,
    session: WebSession,
    headers: HeaderMap,
    Path(mac): Path<String>,
    Query(hints): Query<Hints>,
) -> Result<Response, Trouble> {
    let form = PhoneForm::of(get(&app.config().1, &mac)?);
    edit_page(&app, &session, &headers, Some(mac), form, Errors::default(), hints.done.as_deref())
}

/// `POST /phones/{mac}`
pub(crate) async fn change(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    headers: HeaderMap,
    Path(mac): Path<String>,
    body: Bytes,
) -> Result<Response, Trouble> {
    get(&app.config().1, &mac)?;
    let form = PhoneForm::read(&body);
    let done = match form.phone(Some(&mac)) {
        Ok(phone) => {
            change_config(&app, &session, from, Edit::ChangePhone(phone), format!("changed phone {mac}")).await
        }
        Err(errors) => Err(errors),
    };
    match done {
        Ok(()) => Ok(Redirect::to(&format!("/phones/{mac}?done=saved")).into_response()),
        Err(errors) => unprocessable(edit_page(&app, &session, &headers, Some(mac), form, errors, None)?),
    }
}

/// `GET /phones/{mac}/delete`
pub(crate) async fn ask_delete(
    State(app): State<Shared>,
    session: WebSession,
    Path(mac): Path<String>,
) -> Result<Response, Trouble> {
    delete_page(&app, &session, &mac, Vec::new())
}

/// `POST /phones/{mac}/delete`
pub(crate) async fn delete(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(mac): Path<String>,
) -> Result<Response, Trouble> {
    get(&app.config().1, &mac)?;
    let edit = Edit::RemovePhone(mac.clone());
    match remove(&app, &session, from, edit, format!("deleted phone {mac}"), "/phones").await {
        Ok(done) => {
            // What it knew is worth nothing, also should the same phone come back one day.
            PhoneState::retire(&app, &mac, &session.account).await?;
            Ok(done)
        }
        Err(errors) => unprocessable(delete_page(&app, &session, &mac, errors)?),
    }
}

fn get<'a>(config: &'a Config, mac: &str) -> Result<&'a Phone, Trouble> {
    config.phones.get(mac).ok_or(Trouble::NotFound)
}

/// Registered by one of its lines from where it was last.
fn registered(app: &App, phone: &Phone, state: &PhoneState) -> Word {
    let Some(last) = state.from.map(|from| from.ip().to_canonical().to_string()) else {
        return Word { tone: "off", word: "Not set up yet" };
    };
    let is_there = app.backend.live.read(|view| {
        let devices = phone.lines.iter().filter_map(|line| view.registrations.get(line)).flatten();
        devices.into_iter().any(|device| device.from.contains(&last))
    });
    if is_there { Word { tone: "ok", word: "Registered" } } else { Word { tone: "off", word: "Not registered" } }
}

fn edit_page(
    app: &Shared,
    session: &WebSession,
    headers: &HeaderMap,
    mac: Option<String>,
    form: PhoneForm,
    errors: Errors,
    done: Option<&str>,
) -> Result<Response, Trouble> {
    let (_, config) = app.config();
    let (zone, now) = (Zone::of(&config), app.wall());
    let known = mac.as_ref().and_then(|mac| config.phones.get(mac));
    let state = known.map(|phone| PhoneState::of(app, &phone.mac)).unwrap_or_default();
    let offered =
        |value: &str, label: String, chosen: &str| Offered { value: value.to_owned(), label, chosen: value == chosen };
    let makers = PhoneModel::ALL.iter().map(|model| offered(model.word(), maker(*model).to_owned(), &form.model));
    let none = offered("", "As the extension of its first line".to_owned(), &form.keys);
    let layouts = config.key_layouts.keys().map(|name| offered(name, name.clone(), &form.keys));
    let authority = host::asked_authority(headers, None);
    let open = state.open_until.filter(|until| state.used.is_none() && until.unix_ms() > now.unix_ms());
    let invitation = match (known, open) {
        (Some(phone), Some(_)) if session.role >= exchange::record::Role::Administrator => {
            let token =
                provision::invitation_token(&app.backend.phone_key, &phone.mac, state.generation, state.invitations);
            Some(host::url(app, &config, authority.as_deref(), &token))
        }
        _ => None,
    };
    let title = mac.as_ref().map_or_else(|| "New phone".to_owned(), |mac| format!("Phone {mac}"));
    page(&EditPage {
        shell: Shell::new(app, session, "phones", title).said(done),
        above: errors.others(&SHOWN),
        makers: makers.collect(),
        layouts: std::iter::once(none).chain(layouts).collect(),
        enabled: config.provisioning.enabled,
        state: known.map_or(Word { tone: "off", word: "New" }, |phone| registered(app, phone, &state)),
        fetched: state.fetched_at.map_or_else(|| "never".to_owned(), |at| zone.near(at, now)),
        from: state.from.map(|from| from.ip().to_canonical().to_string()).unwrap_or_default(),
        until: open.map(|until| zone.near(until, now)).unwrap_or_default(),
        agent: state.agent,
        invitation,
        mac,
        form,
        errors,
    })
}

fn delete_page(app: &Shared, session: &WebSession, mac: &str, errors: Vec<String>) -> Result<Response, Trouble> {
    get(&app.config().1, mac)?;
    let shell = Shell::new(app, session, "phones", format!("Delete phone {mac}?"));
    page(&DeletePage { shell, mac: mac.to_owned(), errors })
}
