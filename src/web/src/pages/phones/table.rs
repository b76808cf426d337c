//! People and phones as a table: written for a spreadsheet, and read from one, all or nothing.
//!
//! A row is an extension, with one of its phones where it has any; an extension with two phones has two rows, a phone
//! with two lines stands in two. What is read adds and changes; it removes nobody, and a column that is left out
//! changes nothing.

mod read;

use std::net::SocketAddr;

use askama::Template;
use axum::extract::{ConnectInfo, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};
use config::{Choice, Config};
use serde::Deserialize;

use crate::app::Shared;
use crate::backend::{ApplyError, Change, ChangeRequest};
use crate::csv;
use crate::error::Trouble;
use crate::login::session::WebSession;
use crate::pages::change::unprocessable;
use crate::pages::forms::{Errors, Form};
use crate::pages::{Shell, page};
use crate::provisioning::PhoneState;

/// The columns, in the order in which they are written.
const COLUMNS: [&str; 14] = [
    "number",
    "name",
    "email",
    "enabled",
    "mobile",
    "class",
    "pickup_group",
    "voicemail",
    "language",
    "keys",
    "phone",
    "maker",
    "phone_keys",
    "location",
];

/// Faults shown at once.
const FAULTS_MAX: usize = 100;

/// What was pasted.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Pasted {
    #[serde(default)]
    table: String,
}

/// Something wrong in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// From 1; 0: of the table as a whole.
    pub line: usize,
    pub message: String,
}

#[derive(Template)]
#[template(path = "pages/phones/table.html")]
struct TablePage {
    shell: Shell,
    table: String,
    faults: Vec<Fault>,
    columns: String,
}

/// `GET /phones/table`
pub(crate) async fn show(State(app): State<Shared>, session: WebSession) -> Result<Response, Trouble> {
    table_page(&app, &session, String::new(), Vec::new())
}

/// `GET /phones.csv`
pub(crate) async fn export(State(app): State<Shared>) -> Response {
    let text = write(&app.config().1);
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"people-and-phones.csv\""),
    ];
    (headers, text).into_response()
}

/// `POST /phones/table`
pub(crate) async fn import(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Form(pasted): Form<Pasted>,
) -> Result<Response, Trouble> {
    let (_, config) = app.config();
    let wanted = read::read(&pasted.table, &config, || crate::pages::extensions::generate_secret(&app));
    let faults = match wanted {
        Ok(Ok(wanted)) => {
            let reason = format!("{} rows of people and phones from a table", wanted.rows);
            let request = ChangeRequest {
                author: session.account.clone(),
                reason: reason.clone(),
                based_on: None,
                change: Change::Edits(wanted.edits.clone()),
            };
            match (app.backend.apply)(request).await {
                Ok(version) => {
                    app.audit_done(&session, from, format!("{reason} ({version})")).await;
                    for mac in &wanted.new_phones {
                        app.provisioning.seen.forget(mac);
                        PhoneState::change(&app, mac, &session.account, |state| {
                            state.invite(app.wall());
                            true
                        })
                        .await?;
                    }
                    return Ok(Redirect::to("/phones?done=saved").into_response());
                }
                Err(error) => faults_of(error, &wanted),
            }
        }
        Ok(Err(faults)) => faults,
        Err(trouble) => return Err(trouble),
    };
    unprocessable(table_page(&app, &session, pasted.table, faults)?)
}

/// What the configuration says, by the line that it is about.
fn faults_of(error: ApplyError, wanted: &read::Wanted) -> Vec<Fault> {
    let place = |field: &str| {
        let mut parts = field.split('.').skip(1);
        parts.next().and_then(|id| wanted.lines.get(id)).copied().unwrap_or(0)
    };
    if let ApplyError::Refused(faults) = &error {
        let fault = |f: &config::ConfigError| Fault { line: place(&f.path), message: f.to_string() };
        let mut faults: Vec<Fault> = faults.iter().map(fault).collect();
        faults.sort_by_key(|fault| fault.line);
        return faults;
    }
    Errors::from(error).all().map(|(_, message)| Fault { line: 0, message: message.to_owned() }).collect()
}

fn write(config: &Config) -> String {
    let mut out = String::new();
    csv::row(&mut out, COLUMNS);
    for extension in config.extensions.values() {
        let yes = |on: bool| if on { "yes" } else { "no" };
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let own = [
            extension.number.clone(),
            extension.name.clone(),
            text(&extension.email),
            yes(extension.enabled).to_owned(),
            text(&extension.mobile),
            text(&extension.class),
            text(&extension.pickup_group),
            yes(extension.voicemail).to_owned(),
            extension.language.map(Choice::word).unwrap_or_default().to_owned(),
            text(&extension.keys),
        ];
        let mut phones = config.phones.values().filter(|phone| phone.lines.contains(&extension.number)).peekable();
        if phones.peek().is_none() {
            csv::row(&mut out, own.iter().map(String::as_str).chain(["", "", "", ""]));
        }
        for phone in phones {
            let of_phone = [phone.mac.clone(), phone.model.word().to_owned(), text(&phone.keys), text(&phone.location)];
            csv::row(&mut out, own.iter().chain(&of_phone).map(String::as_str));
        }
    }
    out
}

fn table_page(app: &Shared, session: &WebSession, table: String, mut faults: Vec<Fault>) -> Result<Response, Trouble> {
    let more = faults.len().saturating_sub(FAULTS_MAX);
    faults.truncate(FAULTS_MAX);
    if more > 0 {
        faults.push(Fault { line: 0, message: format!("And {more} more.") });
    }
    let shell = Shell::new(app, session, "phones", "People and phones as a table");
    page(&TablePage { shell, table, faults, columns: COLUMNS.join(", ") })
}
