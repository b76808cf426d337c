//! The overview: what is going on, who is reachable, what happened last.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use exchange::live::LiveCall;
use store::CallFilter;

use super::calls::Row as CallRow;
use super::forms::{Done, Query};
use super::{Shell, page};
use crate::app::{App, Shared};
use crate::error::Trouble;
use crate::live::Counts;
use crate::login::session::WebSession;
use crate::words::{self, State as Word, Zone};

/// Finished calls shown.
const LAST_CALLS: usize = 6;
/// Comings and goings shown.
const RECENT: usize = 8;

#[derive(Template)]
#[template(path = "pages/home/home.html")]
struct HomePage {
    shell: Shell,
    counts: Counts,
    extensions: usize,
    uptime: String,
    health: Vec<Health>,
    calls: Vec<LiveRow>,
    recent: Vec<RecentRow>,
    last: Vec<CallRow>,
    echo: String,
}

/// A clause of the health line.
struct Health {
    state: Word,
    detail: String,
}

struct LiveRow {
    call: String,
    from: String,
    from_number: String,
    to: String,
    to_number: String,
    state: Word,
    length: String,
    since: String,
    recorded: bool,
}

struct RecentRow {
    at: String,
    extension: String,
    state: Word,
    device: String,
}

/// `GET /`
pub(crate) async fn show(
    State(app): State<Shared>,
    session: WebSession,
    Query(done): Query<Done>,
) -> Result<Response, Trouble> {
    let (_, config) = app.config();
    let (now, zone) = (app.wall(), Zone::of(&config));
    let last = app.ask(|store| store.calls(&CallFilter::default(), LAST_CALLS, None)).await;
    // The overview must show even when the store is in trouble: the health line says so.
    let last = last.map(|page| page.calls).unwrap_or_default();
    let live = &app.backend.live;
    let calls = live.read(|view| view.calls.values().map(|call| live_row(call, now)).collect());
    let recent = live.recent().into_iter().take(RECENT).map(|row| RecentRow {
        at: zone.near(row.at, now),
        extension: row.extension,
        state: if row.came { Word { tone: "ok", word: "Registered" } } else { Word { tone: "off", word: "Gone" } },
        device: [row.user_agent, row.from].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" · "),
    });
    page(&HomePage {
        shell: Shell::new(&app, &session, "home", "Home").said(done.done.as_deref()),
        counts: live.counts(),
        extensions: config.extensions.len(),
        uptime: words::roughly(now.saturating_since(app.backend.about.started_at)),
        health: health(&app),
        calls,
        recent: recent.collect(),
        last: last.iter().map(|call| CallRow::new(call, &zone, now)).collect(),
        echo: config.features.echo.clone(),
    })
}

fn health(app: &App) -> Vec<Health> {
    let store = match app.store_trouble() {
        None => Health { state: Word { tone: "ok", word: "Store" }, detail: "writes to the disk".to_owned() },
        Some(trouble) => Health { state: Word { tone: "bad", word: "Store" }, detail: trouble },
    };
    let (_, config) = app.config();
    let (calls, most) = (app.backend.live.counts().calls, config.sip.calls_max);
    let tone = if calls * 10 >= usize::try_from(most).unwrap_or(usize::MAX) * 9 { "warn" } else { "ok" };
    let load = Health { state: Word { tone, word: "Load" }, detail: format!("{calls} of at most {most} calls") };
    let about = &app.backend.about;
    let listen = match about.sip {
        Some(address) => {
            Health { state: Word { tone: "ok", word: "SIP" }, detail: format!("UDP and TCP on {address}") }
        }
        None => Health { state: Word { tone: "bad", word: "SIP" }, detail: "not listening".to_owned() },
    };
    vec![listen, store, load]
}

fn live_row(call: &LiveCall, now: base::WallTime) -> LiveRow {
    let named = |name: &str, number: &str| match (name.is_empty(), number.is_empty()) {
        (false, _) => (name.to_owned(), number.to_owned()),
        (true, false) => (number.to_owned(), String::new()),
        (true, true) => (String::new(), String::new()),
    };
    let (mut from, from_number) = named(&call.from.name, &call.from.number);
    let (mut to, to_number) = named(&call.to.name, &call.to.number);
    if from.is_empty() {
        from = "unknown".to_owned();
    }
    if to.is_empty() {
        to.clone_from(&call.dialled);
    }
    let since = call.answered_at.unwrap_or(call.started_at);
    LiveRow {
        call: call.call.to_string(),
        from,
        from_number,
        to,
        to_number,
        state: words::live_state(call.state),
        length: words::clock(now.saturating_since(since)),
        since: words::iso(since),
        recorded: call.recorded,
    }
}
