//! The configuration's versions, their differences, and the document as text.

use std::net::SocketAddr;

use askama::Template;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};
use base::ConfigVersion;
use config::Document;
use serde::Deserialize;
use store::{ConfigInfo, Store};

use super::change::{Confirmed, held_up, unprocessable};
use super::forms::{Done, Form, Query, filled};
use super::{Shell, page};
use crate::app::Shared;
use crate::backend::{ApplyError, Change, ChangeRequest};
use crate::error::Trouble;
use crate::findings::{self, Draft, Drafted, Finding, Level};
use crate::login::session::WebSession;
use crate::words::Zone;

/// Versions listed.
const VERSIONS: usize = 200;
/// Lines of a difference shown; a longer one can be read from the two texts.
const DIFF_LINES_MAX: usize = 2_000;

#[derive(Template)]
#[template(path = "pages/configuration/history.html")]
struct HistoryPage {
    shell: Shell,
    rows: Vec<VersionRow>,
}

struct VersionRow {
    number: u64,
    at: String,
    author: String,
    reason: String,
    current: bool,
}

#[derive(Template)]
#[template(path = "pages/configuration/version.html")]
struct VersionPage {
    shell: Shell,
    row: VersionRow,
    before: Option<u64>,
    /// What changed, as sentences; empty when a text of another format version cannot be read.
    summary: Vec<String>,
    diff: Vec<DiffLine>,
    cut: bool,
    error: Option<String>,
}

struct DiffLine {
    /// `plus`, `minus`, `gap` or nothing: a class of the style sheet.
    kind: &'static str,
    text: String,
}

#[derive(Template)]
#[template(path = "pages/configuration/edit.html")]
struct EditPage {
    shell: Shell,
    text: String,
    reason: String,
    based_on: u64,
    errors: Vec<TextErrorView>,
    problem: Option<&'static str>,
    checked: Option<Vec<String>>,
    /// What would be odd about it and was not before.
    findings: Vec<String>,
    /// They may be confirmed.
    confirm: bool,
}

struct TextErrorView {
    line: Option<usize>,
    path: String,
    message: String,
    hint: String,
}

/// `GET /configuration`
pub(crate) async fn history(
    State(app): State<Shared>,
    session: WebSession,
    Query(done): Query<Done>,
) -> Result<Response, Trouble> {
    let (current, config) = app.config();
    let (zone, now) = (Zone::of(&config), app.wall());
    let versions = app.ask(|store| store.config_history(VERSIONS)).await?;
    let row = |info: ConfigInfo| VersionRow { at: zone.near(info.at, now), ..version_row(info, current, &zone) };
    page(&HistoryPage {
        rows: versions.into_iter().map(row).collect(),
        shell: Shell::new(&app, &session, "configuration", "Configuration").said(done.done.as_deref()),
    })
}

/// `GET /configuration/{version}`
pub(crate) async fn show(
    State(app): State<Shared>,
    session: WebSession,
    Path(version): Path<String>,
) -> Result<Response, Trouble> {
    version_page(&app, &session, parse_version(&version)?, None).await
}

/// `GET /configuration/{version}/text`
pub(crate) async fn download(State(app): State<Shared>, Path(version): Path<String>) -> Result<Response, Trouble> {
    let version = parse_version(&version)?;
    let text = app.ask(move |store| store.config_text(version)).await?.ok_or(Trouble::NotFound)?;
    let name = format!("attachment; filename=\"strowger-{version}.toml\"");
    Ok(([(CONTENT_TYPE, "application/toml".to_owned()), (CONTENT_DISPOSITION, name)], text).into_response())
}

#[derive(Debug, Deserialize)]
pub(crate) struct RollBackForm {
    #[serde(default)]
    reason: String,
}

/// `POST /configuration/{version}/roll-back`
pub(crate) async fn roll_back(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(version): Path<String>,
    Form(form): Form<RollBackForm>,
) -> Result<Response, Trouble> {
    let version = parse_version(&version)?;
    let back = format!("back to version {}", version.0);
    let reason = filled(&form.reason).map_or_else(|| back.clone(), |reason| format!("{back}: {reason}"));
    let request =
        ChangeRequest { author: session.account.clone(), reason, based_on: None, change: Change::Rollback(version) };
    match (app.backend.apply)(request).await {
        Ok(fresh) => {
            app.audit_done(&session, from, format!("put configuration {version} into force as {fresh}")).await;
            Ok(Redirect::to("/configuration?done=rolled-back").into_response())
        }
        Err(ApplyError::NotFound) => Err(Trouble::NotFound),
        Err(error) => {
            let message = match error {
                ApplyError::Refused(faults) => faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
                other => other.to_string(),
            };
            unprocessable(version_page(&app, &session, version, Some(message)).await?)
        }
    }
}

/// `GET /configuration/edit`
pub(crate) async fn edit(State(app): State<Shared>, session: WebSession) -> Result<Response, Trouble> {
    let current = app.ask(Store::config_current).await?;
    let (based_on, text) = current.map_or((0, String::new()), |(info, text)| (info.version.0, text));
    page(&EditPage { based_on, text, ..empty_edit(&app, &session) })
}

#[derive(Debug, Deserialize)]
pub(crate) struct TextForm {
    #[serde(default)]
    text: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    based_on: u64,
    #[serde(default)]
    act: String,
    #[serde(default)]
    confirmed: String,
}

/// `POST /configuration/edit`: checks only, or applies.
pub(crate) async fn apply(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Form(form): Form<TextForm>,
) -> Result<Response, Trouble> {
    let TextForm { text, reason, based_on, act, confirmed } = form;
    let text = text.replace("\r\n", "\n"); // as browsers send a text field
    let view = EditPage { based_on, reason, text: text.clone(), ..empty_edit(&app, &session) };
    let (_, config) = app.config();
    let unread = text.clone();
    // Ten thousand extensions take a while to read: not on an async thread.
    let checked = tokio::task::spawn_blocking(move || {
        let fresh = Document::parse(&unread)?;
        fresh.check_change(&config)?;
        Ok((config::diff::summary(&config, fresh.config()), fresh))
    });
    let (summary, fresh) = match checked.await.map_err(|_| Trouble::Internal("the check failed"))? {
        Ok(checked) => checked,
        Err(faults) => return unprocessable(page(&EditPage { errors: worded(faults), ..view })?),
    };
    let found = match findings::draft(&app, Draft::Config(Box::new(fresh))).await? {
        Drafted::Fresh(found) => found,
        Drafted::Refused(_) => Vec::new(), // it has just been checked
    };
    if act != "apply" {
        let findings = found.iter().map(Finding::sentence).collect();
        let view = EditPage { checked: Some(summary), findings, ..view };
        return page(&EditPage { confirm: !found.iter().any(|finding| finding.level == Level::Error), ..view });
    }
    let confirmed = if confirmed == "on" { Confirmed::Yes } else { Confirmed::No };
    if let Some(held) = held_up(&found, confirmed) {
        return unprocessable(page(&EditPage { findings: held.findings, confirm: held.may_confirm, ..view })?);
    }
    let Some(reason) = filled(&view.reason) else {
        return unprocessable(page(&EditPage {
            problem: Some("Say in a few words why: the history keeps it."),
            ..view
        })?);
    };
    let request = ChangeRequest {
        author: session.account.clone(),
        reason,
        based_on: Some(ConfigVersion(based_on)),
        change: Change::Text(text),
    };
    match (app.backend.apply)(request).await {
        Ok(version) => {
            app.audit_done(&session, from, format!("changed the configuration as text ({version})")).await;
            Ok(Redirect::to("/configuration?done=saved").into_response())
        }
        Err(ApplyError::Refused(faults)) => unprocessable(page(&EditPage { errors: worded(faults), ..view })?),
        Err(ApplyError::Outdated) => unprocessable(page(&EditPage {
            problem: Some(
                "Somebody changed the configuration meanwhile. Keep your text, load the page again and compare.",
            ),
            ..view
        })?),
        Err(ApplyError::NotFound) => Err(Trouble::NotFound),
        Err(ApplyError::NotSaved(cause)) => Err(Trouble::Store(cause)),
    }
}

async fn version_page(
    app: &Shared,
    session: &WebSession,
    version: ConfigVersion,
    error: Option<String>,
) -> Result<Response, Trouble> {
    let (current, config) = app.config();
    let zone = Zone::of(&config);
    let found = app
        .ask(move |store| {
            let infos = store.config_history(usize::MAX)?;
            let Some(at) = infos.iter().position(|info| info.version == version) else { return Ok(None) };
            let before = infos.get(at + 1).map(|info| info.version);
            let text = store.config_text(version)?.unwrap_or_default();
            let old = before.map(|before| store.config_text(before)).transpose()?.flatten();
            Ok(Some((infos[at].clone(), before, old, text)))
        })
        .await?;
    let (info, before, old, text) = found.ok_or(Trouble::NotFound)?;
    let compared = tokio::task::spawn_blocking(move || compare(&old.unwrap_or_default(), &text));
    let (summary, mut diff) = compared.await.map_err(|_| Trouble::Internal("the comparison failed"))?;
    let cut = diff.len() > DIFF_LINES_MAX;
    diff.truncate(DIFF_LINES_MAX);
    page(&VersionPage {
        shell: Shell::new(app, session, "configuration", format!("Version {}", version.0)),
        row: version_row(info, current, &zone),
        before: before.map(|before| before.0),
        summary,
        diff,
        cut,
        error,
    })
}

/// The difference as sentences and as lines; digests of secrets are blanked by `config`.
fn compare(old: &str, new: &str) -> (Vec<String>, Vec<DiffLine>) {
    let parse = |text: &str| if text.is_empty() { Ok(Document::default()) } else { Document::parse(text) };
    let summary = match (parse(old), parse(new)) {
        (Ok(old), Ok(new)) => config::diff::summary(old.config(), new.config()),
        _ => Vec::new(),
    };
    let line = |line: &str| {
        let kind = match line.bytes().next() {
            Some(b'+') => "plus",
            Some(b'-') => "minus",
            Some(b'@') => "gap",
            _ => "",
        };
        let text = if kind == "gap" { line } else { line.get(1..).unwrap_or_default() };
        DiffLine { kind, text: text.to_owned() }
    };
    (summary, config::diff::unified(old, new).lines().map(line).collect())
}

fn version_row(info: ConfigInfo, current: ConfigVersion, zone: &Zone) -> VersionRow {
    VersionRow {
        number: info.version.0,
        at: zone.date_time(info.at),
        author: info.author,
        reason: info.reason,
        current: info.version == current,
    }
}

fn worded(faults: Vec<config::ConfigError>) -> Vec<TextErrorView> {
    let view = |fault: config::ConfigError| TextErrorView {
        line: fault.line,
        path: fault.path,
        message: fault.message,
        hint: fault.hint.unwrap_or_default(),
    };
    faults.into_iter().map(view).collect()
}

fn empty_edit(app: &Shared, session: &WebSession) -> EditPage {
    EditPage {
        shell: Shell::new(app, session, "configuration", "Configuration as text"),
        text: String::new(),
        reason: String::new(),
        based_on: 0,
        errors: Vec::new(),
        problem: None,
        checked: None,
        findings: Vec::new(),
        confirm: false,
    }
}

/// `17` or `v17`.
fn parse_version(text: &str) -> Result<ConfigVersion, Trouble> {
    let digits = text.strip_prefix('v').unwrap_or(text);
    let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten().map(ConfigVersion).ok_or(Trouble::NotFound)
}
