//! The operator's panel: every extension's state, the calls with what can be done to them, parked callers.

use std::net::SocketAddr;

use askama::Template;
use axum::extract::{ConnectInfo, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use base::WallTime;
use config::{Config, Extension};
use exchange::io::Command;
use exchange::live::{LiveCall, LiveState, LiveView};
use serde::Deserialize;

use super::calls::parse_ref;
use super::change::unprocessable;
use super::contacts::callers;
use super::forms::{Form, Query, link};
use super::{Shell, page};
use crate::app::Shared;
use crate::entries::list_of_destinations;
use crate::error::Trouble;
use crate::login::session::WebSession;
use crate::person;
use crate::words::{self, State as Word};

/// Extensions shown at most.
const DESKS_MAX: usize = 500;
/// Calls shown at most.
const CALLS_MAX: usize = 200;

#[derive(Template)]
#[template(path = "pages/panel/panel.html")]
struct PanelPage {
    shell: Shell,
    desks: Vec<Desk>,
    calls: Vec<CallRow>,
    extensions: Vec<(String, String)>,
    destinations: Vec<(String, String)>,
    /// The operator's own extension, as the address says.
    me: String,
    /// The number that parks; empty: parking is off.
    park: String,
    wrong: Option<String>,
}

struct Desk {
    number: String,
    name: String,
    state: Word,
    quiet: bool,
    enabled: bool,
}

struct CallRow {
    call: String,
    from: String,
    to: String,
    state: Word,
    slot: String,
    length: String,
    since: String,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct PanelQuery {
    #[serde(default)]
    me: String,
    #[serde(default)]
    done: Option<String>,
}

/// `GET /panel`
pub(crate) async fn show(
    State(app): State<Shared>,
    session: WebSession,
    Query(query): Query<PanelQuery>,
) -> Result<Response, Trouble> {
    panel_page(&app, &session, query, None)
}

fn panel_page(
    app: &Shared,
    session: &WebSession,
    query: PanelQuery,
    wrong: Option<String>,
) -> Result<Response, Trouble> {
    let (_, config) = app.config();
    let now = app.wall();
    let view = app.backend.live.read(LiveView::clone);
    let desk = |extension: &Extension| {
        let quiet = person::is_quiet(&person::current(app, &extension.number), now);
        Desk {
            number: extension.number.clone(),
            name: extension.name.clone(),
            state: state_of(extension, &view, quiet),
            quiet,
            enabled: extension.enabled,
        }
    };
    let parking = &config.parking;
    page(&PanelPage {
        shell: Shell::new(app, session, "panel", "Operator panel").said(query.done.as_deref()),
        desks: config.extensions.values().take(DESKS_MAX).map(desk).collect(),
        calls: view.calls.values().take(CALLS_MAX).map(|call| call_row(call, now)).collect(),
        extensions: callers(&config),
        destinations: list_of_destinations(&config)
            .into_iter()
            .filter(|(to, _)| to.bytes().all(|b| b.is_ascii_digit()))
            .collect(),
        me: if config.extensions.contains_key(&query.me) { query.me } else { String::new() },
        park: if parking.slots > 0 { parking.number.clone() } else { String::new() },
        wrong,
    })
}

/// What an extension does now: a call counts before do-not-disturb, for that is what the operator sees.
fn state_of(extension: &Extension, view: &LiveView, quiet: bool) -> Word {
    let number = &extension.number;
    let mut calls = view.calls.values().filter(|call| call.from.number == *number || call.to.number == *number);
    let call = calls.next();
    let registered = view.registrations.contains_key(number);
    let (tone, word) = match call {
        Some(call) if matches!(call.state, LiveState::Talking | LiveState::Held) => ("busy", "Talking"),
        Some(call) if call.to.number == *number && call.state == LiveState::Ringing => ("warn", "Ringing"),
        Some(call) if call.from.number == *number && !matches!(call.state, LiveState::Parked { .. }) => {
            ("warn", "Calling")
        }
        _ if !extension.enabled => ("warn", "Switched off"),
        _ if !registered => ("off", "Not registered"),
        _ if quiet => ("bad", "Do not disturb"),
        _ => ("ok", "Idle"),
    };
    Word { tone, word }
}

fn call_row(call: &LiveCall, now: WallTime) -> CallRow {
    let since = call.answered_at.unwrap_or(call.started_at);
    let to = if call.to.number.is_empty() && call.to.name.is_empty() {
        call.dialled.clone()
    } else {
        words::party(&call.to)
    };
    CallRow {
        call: call.call.to_string(),
        from: words::party(&call.from),
        to,
        state: words::live_state(call.state),
        slot: match call.state {
            LiveState::Parked { slot } => slot.to_string(),
            _ => String::new(),
        },
        length: words::clock(now.saturating_since(since)),
        since: words::iso(since),
    }
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct ActForm {
    #[serde(default)]
    me: String,
    #[serde(default)]
    to: String,
}

/// `POST /panel/{call}/transfer`: whoever of ours is in the call gives up the place, the called one first.
pub(crate) async fn transfer(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(call): Path<String>,
    Form(form): Form<ActForm>,
) -> Result<Response, Trouble> {
    let call = parse_ref(&call).ok_or(Trouble::NotFound)?;
    let row = app.backend.live.read(|view| view.calls.get(&call).cloned()).ok_or(Trouble::NotFound)?;
    let Some(extension) = ours(&row, &app.config().1) else {
        return refused(&app, &session, form, "Nobody of ours is in that call.".to_owned());
    };
    let to = match person::number(form.to.split(" · ").next().unwrap_or_default()) {
        Ok(to) => to,
        Err(_) => return refused(&app, &session, form, "Write the number that the call shall go to.".to_owned()),
    };
    let what = format!("transferred {call} from {extension} to {to}");
    act(&app, &session, from, form, Command::Transfer { call, extension, to }, what).await
}

/// The extension whose place in a call can be given up.
fn ours(call: &LiveCall, config: &Config) -> Option<String> {
    let parties = [&call.to, &call.from];
    parties.into_iter().map(|party| &party.number).find(|number| config.extensions.contains_key(*number)).cloned()
}

/// `POST /panel/{call}/pickup`: the operator's own phones ring for it.
pub(crate) async fn pickup(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(call): Path<String>,
    Form(form): Form<ActForm>,
) -> Result<Response, Trouble> {
    let call = parse_ref(&call).ok_or(Trouble::NotFound)?;
    if !app.config().1.extensions.contains_key(&form.me) {
        return refused(&app, &session, form, "Choose your own extension first.".to_owned());
    }
    let extension = form.me.clone();
    let what = format!("had {extension} pick up {call}");
    act(&app, &session, from, form, Command::Pickup { call, extension }, what).await
}

async fn act(
    app: &Shared,
    session: &WebSession,
    from: SocketAddr,
    form: ActForm,
    command: Command,
    what: String,
) -> Result<Response, Trouble> {
    match (app.backend.ask)(command).await {
        Ok(_) => {
            app.audit_done(session, from, what).await;
            Ok(Redirect::to(&link("/panel", &[("me", &form.me), ("done", "moved")])).into_response())
        }
        Err(refusal) => refused(app, session, form, words::sentence(&refusal.0)),
    }
}

fn refused(app: &Shared, session: &WebSession, form: ActForm, wrong: String) -> Result<Response, Trouble> {
    unprocessable(panel_page(app, session, PanelQuery { me: form.me, done: None }, Some(wrong))?)
}
