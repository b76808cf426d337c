//! `/metrics` for Prometheus (text format 0.0.4) and `/healthz`.

use std::fmt::Write;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use crate::app::Shared;

/// `GET /metrics`
pub(crate) async fn get(State(app): State<Shared>) -> Response {
    let (version, config) = app.config();
    let live = &app.backend.live;
    let counts = live.counts();
    let uptime = app.wall().saturating_since(app.backend.about.started_at);
    let size = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let figures: [(&str, &str, &str, u64); 9] = [
        ("strowger_calls", "gauge", "Calls under way.", size(counts.calls)),
        ("strowger_calls_max", "gauge", "Calls allowed at once.", u64::from(config.sip.calls_max)),
        ("strowger_extensions", "gauge", "Extensions configured.", size(config.extensions.len())),
        ("strowger_extensions_registered", "gauge", "Extensions with a device.", size(counts.extensions)),
        ("strowger_devices", "gauge", "Registered devices.", size(counts.devices)),
        ("strowger_uptime_seconds", "gauge", "Since the program started.", uptime.as_secs()),
        ("strowger_config_version", "gauge", "Version of the configuration in force.", version.0),
        (
            "strowger_journal_writable",
            "gauge",
            "1 if the journal took the last record of a page.",
            u64::from(app.store_trouble().is_none()),
        ),
        ("strowger_live_listeners", "gauge", "Listeners of live events.", size(live.listeners())),
    ];
    let mut out = String::new();
    for (name, kind, help, value) in figures {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}");
    }
    let recovered = app.backend.store.recovered().replayed;
    let name = "strowger_journal_replayed_records";
    let _ = writeln!(out, "# HELP {name} Records read at the start.\n# TYPE {name} gauge\n{name} {recovered}");
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], out).into_response()
}

/// `GET /healthz`: 200 while the box can do its work, else 503; says no more to strangers.
pub(crate) async fn healthz(State(app): State<Shared>) -> (StatusCode, &'static str) {
    match app.store_trouble() {
        None => (StatusCode::OK, "ok\n"),
        Some(_) => (StatusCode::SERVICE_UNAVAILABLE, "store\n"),
    }
}
