//! Callers who were blocked by phone: shown below the configured ones, and let through again.

use std::net::SocketAddr;

use askama::Template;
use axum::extract::{ConnectInfo, State};
use axum::response::{IntoResponse, Redirect, Response};
use dialplan::state::{Block, Fact};
use exchange::io::Command;
use exchange::record::Role;
use serde::Deserialize;

use super::forms::Form;
use super::trunks::render;
use super::{Shell, page};
use crate::app::Shared;
use crate::error::Trouble;
use crate::login::session::WebSession;
use crate::pages::change::unprocessable;
use crate::words::{self, Zone};

/// Rows shown at most.
const ROWS_MAX: usize = 500;

#[derive(Template)]
#[template(path = "pages/blocked/by_phone.html")]
struct ByPhone {
    rows: Vec<BlockRow>,
    more: usize,
    may_change: bool,
}

struct BlockRow {
    number: String,
    by: String,
    at: String,
    reason: String,
}

#[derive(Template)]
#[template(path = "pages/blocked/refused.html")]
struct RefusedPage {
    shell: Shell,
    wrong: String,
}

/// The card below the list.
pub(crate) async fn by_phone(app: &Shared, session: &WebSession) -> Result<String, Trouble> {
    let (_, config) = app.config();
    let (zone, now) = (Zone::of(&config), app.wall());
    let facts = app.ask(|store| Ok(store.facts("blocked/"))).await?;
    let rows = facts.into_iter().filter_map(|fact| {
        let block: Block = serde_json::from_str(&fact.value?).ok()?;
        let number = fact.key.split_once('/')?.1.to_owned();
        Some(BlockRow { number, by: block.by, at: zone.near(block.at, now), reason: block.reason })
    });
    let mut rows: Vec<BlockRow> = rows.collect();
    let more = rows.len().saturating_sub(ROWS_MAX);
    rows.truncate(ROWS_MAX);
    if rows.is_empty() {
        return Ok(String::new());
    }
    render(&ByPhone { rows, more, may_change: session.role >= Role::Administrator })
}

#[derive(Debug, Deserialize)]
pub(crate) struct UnblockForm {
    #[serde(default)]
    number: String,
}

/// `POST /blocked-by-phone/remove`
pub(crate) async fn unblock(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Form(form): Form<UnblockForm>,
) -> Result<Response, Trouble> {
    let key = format!("{}/{}", Block::KIND, form.number);
    let wanted = key.clone();
    app.ask(move |store| Ok(store.fact(&wanted).and_then(|fact| fact.value))).await?.ok_or(Trouble::NotFound)?;
    match (app.backend.ask)(Command::PutFact { key, value: None, by: session.account.clone() }).await {
        Ok(_) => {
            app.audit_done(&session, from, format!("let {} through again", form.number)).await;
            Ok(Redirect::to("/blocked?done=deleted").into_response())
        }
        Err(refusal) => {
            let shell = Shell::new(&app, &session, "blocked", "Blocked callers");
            unprocessable(page(&RefusedPage { shell, wrong: words::sentence(&refusal.0) })?)
        }
    }
}
