//! Missed calls, each with a way to call back.

use std::net::SocketAddr;

use askama::Template;
use axum::extract::{ConnectInfo, Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use exchange::io::Command;
use serde::Deserialize;

use super::calls::parse_ref;
use super::change::unprocessable;
use super::contacts::{callers, to_call};
use super::forms::{Form, Query};
use super::{Shell, page};
use crate::app::Shared;
use crate::error::Trouble;
use crate::login::session::WebSession;
use crate::missed;
use crate::words::{self, Zone};

/// Rows on the page.
const ROWS_MAX: usize = 200;

#[derive(Template)]
#[template(path = "pages/missed/list.html")]
struct ListPage {
    shell: Shell,
    rows: Vec<Row>,
    extensions: Vec<(String, String)>,
    /// Those of this extension only.
    extension: String,
    wrong: Option<String>,
}

struct Row {
    call: String,
    when: String,
    from: String,
    name: String,
    to: String,
    why: &'static str,
    returned: bool,
    /// Whom the call was for: it is called back from there.
    back_from: String,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    extension: String,
}

/// `GET /missed-calls`
pub(crate) async fn list(
    State(app): State<Shared>,
    session: WebSession,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Trouble> {
    missed_page(&app, &session, wanted.extension, None).await
}

async fn missed_page(
    app: &Shared,
    session: &WebSession,
    extension: String,
    wrong: Option<String>,
) -> Result<Response, Trouble> {
    let (_, config) = app.config();
    let (zone, now) = (Zone::of(&config), app.wall());
    let only = Some(extension.as_str()).filter(|number| !number.is_empty());
    let found = missed::recent(app, only, ROWS_MAX).await?;
    let rows = found.into_iter().map(|missed| {
        let record = missed.record;
        let rang = record.legs.iter().map(|leg| leg.party.number.as_str()).find(|n| config.extensions.contains_key(*n));
        Row {
            call: record.call.to_string(),
            when: zone.near(record.started_at, now),
            back_from: only.or(rang.filter(|n| *n != record.from.number)).unwrap_or_default().to_owned(),
            from: record.from.number,
            name: record.from.name,
            to: format!("{} {}", record.to.number, record.to.name),
            why: record.cause.describe(),
            returned: missed.returned,
        }
    });
    page(&ListPage {
        shell: Shell::new(app, session, "missed-calls", "Missed calls"),
        rows: rows.collect(),
        extensions: callers(&config),
        extension,
        wrong,
    })
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct BackForm {
    #[serde(default)]
    extension: String,
}

/// `POST /missed-calls/{call}/call`: rings an extension's phones, then calls whoever had called.
pub(crate) async fn call_back(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(call): Path<String>,
    Form(form): Form<BackForm>,
) -> Result<Response, Trouble> {
    let call = parse_ref(&call).ok_or(Trouble::NotFound)?;
    let record = app.ask(move |store| store.call(call)).await?.and_then(|detail| detail.record);
    let number = record.ok_or(Trouble::NotFound)?.from.number;
    let extension = form.extension.split(' ').next().unwrap_or_default().to_owned();
    let wrong = if !app.config().1.extensions.contains_key(&extension) {
        "Choose an extension to call from.".to_owned()
    } else {
        let command =
            Command::Dial { extension: extension.clone(), number: number.clone(), by: session.account.clone() };
        match (app.backend.ask)(command).await {
            Ok(answer) => {
                app.audit_done(&session, from, format!("had {extension} call {number} back")).await;
                return Ok(Redirect::to(&to_call(&answer)).into_response());
            }
            Err(refusal) => words::sentence(&refusal.0),
        }
    };
    unprocessable(missed_page(&app, &session, String::new(), Some(wrong)).await?)
}
