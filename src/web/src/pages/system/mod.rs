//! This box: version, addresses, store; and the audit log.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::forms::Query;
use super::{Shell, page};
use crate::app::Shared;
use crate::error::Trouble;
use crate::login::session::WebSession;
use crate::words::{self, Zone};

/// Audit rows on a page.
const ROWS: usize = 100;

#[derive(Template)]
#[template(path = "pages/system/system.html")]
struct SystemPage {
    shell: Shell,
    box_rows: Vec<(&'static str, String)>,
    listen_rows: Vec<(&'static str, String)>,
    store_rows: Vec<(&'static str, String)>,
    accounts: Vec<Account>,
    copy: String,
}

struct Account {
    name: String,
    role: &'static str,
    since: String,
    must_change: bool,
}

#[derive(Template)]
#[template(path = "pages/system/audit.html")]
struct AuditPage {
    shell: Shell,
    rows: Vec<AuditRow>,
    newest: bool,
    older: Option<String>,
}

struct AuditRow {
    at: String,
    who: String,
    from: String,
    what: String,
    failed: bool,
}

/// `GET /system`
pub(crate) async fn show(State(app): State<Shared>, session: WebSession) -> Result<Response, Trouble> {
    let (version, config) = app.config();
    let (about, zone, now) = (&app.backend.about, Zone::of(&config), app.wall());
    let or_off = |address: Option<std::net::SocketAddr>| address.map_or_else(|| "off".to_owned(), |a| a.to_string());
    let box_rows = vec![
        ("Program", format!("Strowger {}", about.version)),
        ("Started", zone.date_time(about.started_at)),
        ("Running for", words::roughly(now.saturating_since(about.started_at))),
        ("Clock", format!("{} ({})", zone.date_time(now), config.system.time_zone)),
        ("Configuration", format!("version {}", version.0)),
    ];
    let listen_rows = vec![
        ("SIP over UDP and TCP", or_off(about.sip)),
        ("SIP over TLS", or_off(about.sips)),
        ("RTP ports", format!("{}–{}", about.rtp.0, about.rtp.1)),
        ("Pages and API", format!("https://{}", app.web)),
    ];
    let recovered = app.backend.store.recovered();
    let store_rows = vec![
        ("State", app.store_trouble().unwrap_or_else(|| "writes to the disk".to_owned())),
        ("Folder", app.backend.store.dir().display().to_string()),
        ("Read at the start", words::count(usize::try_from(recovered.replayed).unwrap_or(0), "record", "records")),
        (
            "Cut off at the start",
            recovered
                .dropped
                .as_ref()
                .map_or_else(|| "nothing".to_owned(), |d| format!("{} octets that nobody was promised", d.octets)),
        ),
    ];
    let accounts = app.backend.store.accounts().into_iter().filter(|account| account.password.is_some());
    let copy = [("", &box_rows), ("", &listen_rows), ("Store: ", &store_rows)]
        .iter()
        .flat_map(|(prefix, rows)| rows.iter().map(move |(name, value)| format!("{prefix}{name}: {value}\n")))
        .collect();
    page(&SystemPage {
        shell: Shell::new(&app, &session, "system", "This box"),
        accounts: accounts
            .map(|account| Account {
                name: account.name,
                role: words::role(account.role),
                since: zone.date_time(account.at),
                must_change: account.must_change,
            })
            .collect(),
        box_rows,
        listen_rows,
        store_rows,
        copy,
    })
}

#[derive(Debug, Deserialize)]
pub(crate) struct AuditQuery {
    #[serde(default)]
    before: Option<u64>,
}

/// `GET /system/audit`
pub(crate) async fn audit(
    State(app): State<Shared>,
    session: WebSession,
    Query(query): Query<AuditQuery>,
) -> Result<Response, Trouble> {
    let zone = Zone::of(&app.config().1);
    let mut rows = app.ask(move |store| store.audit(ROWS + 1, query.before)).await?;
    let more = rows.len() > ROWS;
    rows.truncate(ROWS);
    let older = rows.last().filter(|_| more).map(|(number, _)| format!("/system/audit?before={number}"));
    page(&AuditPage {
        shell: Shell::new(&app, &session, "audit", "Audit log"),
        newest: query.before.is_some(),
        older,
        rows: rows
            .into_iter()
            .map(|(_, row)| AuditRow {
                at: zone.date_time(row.at),
                failed: row.what.contains("failed") || row.what.contains("refused"),
                who: row.who,
                from: row.from.map(|from| from.ip().to_string()).unwrap_or_default(),
                what: row.what,
            })
            .collect(),
    })
}
