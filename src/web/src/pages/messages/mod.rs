//! Voice messages: by mailbox, to be heard, marked and deleted.

use std::net::SocketAddr;

use askama::Template;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use base::Duration;
use exchange::record::Role;
use exchange::voicemail::fact::{Mailed, MessageState};
use serde::Deserialize;

use super::change::unprocessable;
use super::forms::{Form, Query, link};
use super::recordings::{Use, send};
use super::{Shell, page};
use crate::app::Shared;
use crate::error::Trouble;
use crate::login::session::WebSession;
use crate::messages::{self, Placed};
use crate::words::{self, State as Word, Zone};

/// Messages on a page; older ones are found by their mailbox.
const ROWS_MAX: usize = 200;
/// Mailboxes offered by name; others can be asked for in the address.
const MAILBOXES_MAX: usize = 200;

#[derive(Template)]
#[template(path = "pages/messages/list.html")]
struct ListPage {
    shell: Shell,
    mailboxes: Vec<BoxRow>,
    mailbox: String,
    rows: Vec<Row>,
    more: usize,
    wrong: Option<String>,
    /// Administrators hear and mark.
    may_hear: bool,
}

struct BoxRow {
    number: String,
    name: String,
    href: String,
    new: usize,
    total: usize,
    chosen: bool,
}

struct Row {
    mailbox: String,
    mailbox_name: String,
    id: u64,
    when: String,
    from: String,
    number: String,
    length: String,
    state: Word,
    by: String,
    claimed: String,
    note: String,
    mail: String,
    call: Option<String>,
    playable: bool,
    is_new: bool,
}

#[derive(Template)]
#[template(path = "pages/messages/delete.html")]
struct DeletePage {
    shell: Shell,
    row: Row,
    error: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct ListQuery {
    #[serde(default)]
    mailbox: String,
    #[serde(default)]
    done: Option<String>,
}

/// `GET /messages`
pub(crate) async fn list(
    State(app): State<Shared>,
    session: WebSession,
    Query(query): Query<ListQuery>,
) -> Result<Response, Trouble> {
    list_page(&app, &session, query, None).await
}

async fn list_page(
    app: &Shared,
    session: &WebSession,
    query: ListQuery,
    wrong: Option<String>,
) -> Result<Response, Trouble> {
    let (_, config) = app.config();
    let (zone, now) = (Zone::of(&config), app.wall());
    let named = messages::mailboxes(&config);
    let all = messages::all(app, None).await?;
    let mut mailboxes: Vec<BoxRow> = named
        .iter()
        .map(|(number, name)| BoxRow {
            href: link("/messages", &[("mailbox", number)]),
            new: all.iter().filter(|m| m.mailbox == *number && m.message.is_new()).count(),
            total: all.iter().filter(|m| m.mailbox == *number).count(),
            chosen: query.mailbox == *number,
            number: number.clone(),
            name: name.clone(),
        })
        .collect();
    mailboxes.truncate(MAILBOXES_MAX);
    let found: Vec<&Placed> = all.iter().filter(|m| query.mailbox.is_empty() || m.mailbox == query.mailbox).collect();
    let name_of = |mailbox: &str| named.iter().find(|(number, _)| number == mailbox).map_or("", |(_, name)| name);
    let row = |placed: &&Placed| row(placed, name_of(&placed.mailbox), zone.near(placed.message.at, now));
    page(&ListPage {
        shell: Shell::new(app, session, "messages", "Messages").said(query.done.as_deref()),
        rows: found.iter().take(ROWS_MAX).map(row).collect(),
        more: found.len().saturating_sub(ROWS_MAX),
        mailboxes,
        mailbox: query.mailbox,
        wrong,
        may_hear: session.role >= Role::Administrator,
    })
}

fn row(placed: &Placed, name: &str, when: String) -> Row {
    let message = &placed.message;
    let (from, number) = match message.from.name.is_empty() {
        true if message.from.number.is_empty() => ("unknown".to_owned(), String::new()),
        true => (message.from.number.clone(), String::new()),
        false => (message.from.name.clone(), message.from.number.clone()),
    };
    let (tone, word) = match message.state {
        MessageState::New => ("busy", "New"),
        MessageState::Read => ("off", "Heard"),
        MessageState::Saved => ("ok", "Saved"),
        MessageState::Done => ("ok", "Done"),
    };
    Row {
        mailbox: placed.mailbox.clone(),
        mailbox_name: name.to_owned(),
        id: placed.id,
        when,
        from,
        number,
        length: words::clock(Duration::from_millis(message.duration_ms.into())),
        state: Word { tone, word },
        by: message.by.clone(),
        claimed: message.claimed_by.clone().unwrap_or_default(),
        note: message.note.clone(),
        mail: match &message.mailed {
            Mailed::No => String::new(),
            Mailed::Due => "mail on its way".to_owned(),
            Mailed::Sent => "mailed".to_owned(),
            Mailed::Failed(why) => format!("mail failed: {why}"),
        },
        call: message.call.map(|call| call.to_string()),
        playable: placed.kept().is_some(),
        is_new: message.is_new(),
    }
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct AudioQuery {
    /// Present: kept as a file, not played.
    download: Option<String>,
}

/// `GET /messages/{mailbox}/{message}/audio`
pub(crate) async fn listen(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    headers: HeaderMap,
    Path((mailbox, message)): Path<(String, String)>,
    Query(query): Query<AudioQuery>,
) -> Result<Response, Trouble> {
    let kept = messages::find(&app, &mailbox, &message)?.kept().ok_or(Trouble::NotFound)?;
    let what = if query.download.is_some() { Use::Keep } else { Use::Play };
    send(&app, &session, from, &headers, kept, what).await
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct MarkForm {
    #[serde(default)]
    state: String,
    #[serde(default)]
    note: Option<String>,
}

/// `POST /messages/{mailbox}/{message}`: what became of it.
pub(crate) async fn mark(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path((mailbox, message)): Path<(String, String)>,
    Form(form): Form<MarkForm>,
) -> Result<Response, Trouble> {
    let placed = messages::find(&app, &mailbox, &message)?;
    let query = |done: Option<&str>| ListQuery { mailbox: mailbox.clone(), done: done.map(str::to_owned) };
    let Some(state) = messages::state_of(&form.state) else {
        return unprocessable(list_page(&app, &session, query(None), Some("Choose what became of it.".into())).await?);
    };
    let note = form.note.map(|note| note.trim().to_owned());
    match (app.backend.ask)(placed.mark(state, note, &session.account)).await {
        Ok(_) => {
            let word = messages::state_word(state);
            app.audit_done(&session, from, format!("marked message {message} in mailbox {mailbox} as {word}")).await;
            Ok(Redirect::to(&link("/messages", &[("mailbox", &mailbox), ("done", "saved")])).into_response())
        }
        Err(refusal) => unprocessable(list_page(&app, &session, query(None), Some(words::sentence(&refusal.0))).await?),
    }
}

/// `GET /messages/{mailbox}/{message}/delete`
pub(crate) async fn ask_delete(
    State(app): State<Shared>,
    session: WebSession,
    Path((mailbox, message)): Path<(String, String)>,
) -> Result<Response, Trouble> {
    delete_page(&app, &session, &messages::find(&app, &mailbox, &message)?, None)
}

/// `POST /messages/{mailbox}/{message}/delete`
pub(crate) async fn delete(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path((mailbox, message)): Path<(String, String)>,
) -> Result<Response, Trouble> {
    let placed = messages::find(&app, &mailbox, &message)?;
    match (app.backend.ask)(placed.delete(&session.account)).await {
        Ok(_) => {
            app.audit_done(&session, from, format!("deleted message {message} in mailbox {mailbox}")).await;
            Ok(Redirect::to(&link("/messages", &[("mailbox", &mailbox), ("done", "deleted")])).into_response())
        }
        Err(refusal) => unprocessable(delete_page(&app, &session, &placed, Some(words::sentence(&refusal.0)))?),
    }
}

fn delete_page(
    app: &Shared,
    session: &WebSession,
    placed: &Placed,
    error: Option<String>,
) -> Result<Response, Trouble> {
    let (_, config) = app.config();
    let zone = Zone::of(&config);
    page(&DeletePage {
        shell: Shell::new(app, session, "messages", "Delete this message?"),
        row: row(placed, "", zone.date_time(placed.message.at)),
        error,
    })
}
