//! Trunks: how each stands, templates to begin with, and the test call.

use std::net::SocketAddr;

use askama::Template;
use axum::extract::{self, ConnectInfo, Path};
use axum::response::{IntoResponse, Redirect, Response};
use config::Trunk;
use exchange::io::{Answer, Command};
use exchange::live::{LiveTrunk, TrunkState};
use serde::Deserialize;

use super::change::unprocessable;
use super::entries::in_path;
use super::entries::show::{Cell, Look};
use super::forms::{Form, filled};
use super::{Shell, page};
use crate::app::{App, Shared};
use crate::entries::{Given, TRUNK_TEMPLATES, trunk_template};
use crate::error::Trouble;
use crate::login::session::WebSession;
use crate::words::{self, State as Word, Zone};

#[derive(Template)]
#[template(path = "pages/trunks/templates.html")]
struct Templates {
    rows: Vec<TemplateRow>,
}

struct TemplateRow {
    href: String,
    title: &'static str,
    hint: &'static str,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "pages/trunks/state.html")]
struct StateCard {
    name: String,
    href: String,
    state: Word,
    why: String,
    since: String,
    calls: u32,
    latency: String,
    may_change: bool,
    number: String,
    wrong: String,
}

#[derive(Template)]
#[template(path = "pages/trunks/test.html")]
struct TestPage {
    shell: Shell,
    href: String,
    card: String,
}

/// How a trunk stands, in a word and its colour.
pub(crate) fn word(trunk: &Trunk, live: Option<&LiveTrunk>) -> (Word, String) {
    match (trunk.enabled, live.map(|live| &live.state)) {
        (false, _) => (Word { tone: "off", word: "Not in use" }, String::new()),
        (true, None) => (Word { tone: "off", word: "Not known yet" }, String::new()),
        (true, Some(TrunkState::Up)) => (Word { tone: "ok", word: "Up" }, String::new()),
        (true, Some(TrunkState::Registering)) => (Word { tone: "warn", word: "Registering" }, String::new()),
        (true, Some(TrunkState::Down { why })) => (Word { tone: "bad", word: "Down" }, why.clone()),
    }
}

/// The cells that tell how it stands: state, and calls now.
pub(crate) fn state_cells(trunk: &Trunk, look: &Look<'_>) -> (Cell, Cell) {
    let live = look.app.backend.live.read(|view| view.trunks.get(&trunk.name).cloned());
    let (state, why) = word(trunk, live.as_ref());
    let latency = live.as_ref().and_then(|live| live.latency_ms).map(|ms| format!("{ms} ms")).unwrap_or_default();
    let calls = live.map_or(0, |live| live.calls);
    let small = if why.is_empty() { latency } else { why };
    let most = if trunk.calls_max > 0 { format!("of {}", trunk.calls_max) } else { String::new() };
    (Cell::state(state.tone, state.word).small(small), Cell::num(calls.to_string()).small(most))
}

fn chosen(query: &str) -> String {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find(|(key, _)| key == "template").map(|(_, name)| name.into_owned()).unwrap_or_default()
}

/// The form of a new one, filled by the template that the address names.
pub(crate) fn begin(query: &str) -> Given {
    trunk_template(&chosen(query)).unwrap_or_else(|| Given::nothing("trunk"))
}

/// The templates to begin with, above the form of a new one.
pub(crate) fn templates(id: Option<&str>, query: &str) -> Result<String, Trouble> {
    if id.is_some() {
        return Ok(String::new());
    }
    let chosen = chosen(query);
    let row = |template: &crate::entries::TrunkTemplate| TemplateRow {
        href: format!("/trunks/new?template={}", template.name),
        title: template.title,
        hint: template.hint,
        chosen: template.name == chosen,
    };
    render(&Templates { rows: TRUNK_TEMPLATES.iter().map(row).collect() })
}

/// How it stands, and the test call.
pub(crate) fn aside(app: &App, session: &WebSession, id: Option<&str>) -> Result<String, Trouble> {
    match id {
        None => Ok(String::new()),
        Some(id) => state_card(app, session, id, String::new(), String::new()),
    }
}

fn state_card(app: &App, session: &WebSession, id: &str, number: String, wrong: String) -> Result<String, Trouble> {
    let (_, config) = app.config();
    let trunk = config.trunks.get(id).ok_or(Trouble::NotFound)?;
    let live = app.backend.live.read(|view| view.trunks.get(id).cloned());
    let (state, why) = word(trunk, live.as_ref());
    let zone = Zone::of(&config);
    render(&StateCard {
        name: id.to_owned(),
        href: in_path(id),
        state,
        why,
        since: live.as_ref().map(|live| zone.near(live.since, app.wall())).unwrap_or_default(),
        calls: live.as_ref().map_or(0, |live| live.calls),
        latency: live.and_then(|live| live.latency_ms).map(|ms| format!("{ms} ms")).unwrap_or_default(),
        may_change: session.role >= exchange::record::Role::Administrator,
        number,
        wrong,
    })
}

/// A template's text.
pub(crate) fn render(view: &impl Template) -> Result<String, Trouble> {
    view.render().map_err(|error| {
        tracing::error!(%error, "template");
        Trouble::Internal("a template failed")
    })
}

#[derive(Debug, Deserialize)]
pub(crate) struct TestForm {
    #[serde(default)]
    number: String,
}

/// `POST /trunks/{id}/test`: a real call over this trunk; its page says what happened.
pub(crate) async fn test(
    extract::State(app): extract::State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(id): Path<String>,
    Form(form): Form<TestForm>,
) -> Result<Response, Trouble> {
    app.config().1.trunks.get(&id).ok_or(Trouble::NotFound)?;
    let wrong = match filled(&form.number) {
        None => "Say whom to call: your own mobile, for one.".to_owned(),
        Some(number) => {
            app.audit_done(&session, from, format!("test call over trunk {id} to {number}")).await;
            let command = Command::TestTrunk { trunk: id.clone(), number, by: session.account.clone() };
            match (app.backend.ask)(command).await {
                Ok(Answer::Call(call)) => return Ok(Redirect::to(&format!("/calls/{call}")).into_response()),
                Ok(Answer::Done) => {
                    return Ok(Redirect::to(&format!("/trunks/{}?done=tested", in_path(&id))).into_response());
                }
                Err(refusal) => words::sentence(&refusal.0),
            }
        }
    };
    let card = state_card(&app, &session, &id, form.number, wrong)?;
    let shell = Shell::new(&app, &session, "trunks", format!("Test call over {id}"));
    unprocessable(page(&TestPage { shell, href: in_path(&id), card })?)
}
