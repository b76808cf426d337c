//! Settings: the sections that come once, each a form of its own.

use std::net::SocketAddr;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::change::{Confirmed, change_checked, unprocessable};
use super::forms::{Done, Errors, Query};
use super::{Shell, page};
use crate::app::Shared;
use crate::entries::{Fieldset, Given, Single, errors_at, fieldsets, list_of_destinations};
use crate::error::Trouble;
use crate::login::session::WebSession;

/// The pages, each by its word in the address.
const PAGES: [(&str, &str); 6] = [
    ("voicemail", "Voicemail"),
    ("parking", "Parking"),
    ("mail", "Mail"),
    ("provisioning", "Provisioning"),
    ("recording", "Recording"),
    ("media", "Audio"),
];

#[derive(Template)]
#[template(path = "pages/settings/settings.html")]
struct SettingsPage {
    shell: Shell,
    name: &'static str,
    /// Word, title, and whether it is this one.
    pages: Vec<(&'static str, &'static str, bool)>,
    sets: Vec<Fieldset>,
    destinations: Vec<(String, String)>,
    errors: Errors,
    above: Vec<String>,
    findings: Vec<String>,
    may_confirm: bool,
}

/// What was given, with what is wrong with it.
#[derive(Default)]
struct Wrong {
    errors: Errors,
    findings: Vec<String>,
    may_confirm: bool,
}

/// `GET /settings/voicemail`
pub(crate) async fn show<S: Single>(
    State(app): State<Shared>,
    session: WebSession,
    Query(done): Query<Done>,
) -> Result<Response, Trouble> {
    let given = Given::of(S::of(&app.config().1));
    settings_page::<S>(&app, &session, &given, Wrong::default(), done.done.as_deref())
}

/// `POST /settings/voicemail`
pub(crate) async fn change<S: Single>(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    body: Bytes,
) -> Result<Response, Trouble> {
    let (_, config) = app.config();
    let before = S::of(&config);
    let mut given = Given::from_form(S::SECTION, &body);
    given.keep_hidden_of(before);
    let read = S::read(&mut given, Some(before));
    let mut wrong = Wrong { errors: std::mem::take(&mut given.errors), ..Wrong::default() };
    if wrong.errors.is_empty() {
        let reason = format!("changed settings: {}", S::TITLE.to_lowercase());
        match change_checked(&app, &session, from, read.set(), reason, Confirmed::of(&body)).await? {
            Ok(()) => return Ok(Redirect::to(&format!("/settings/{}?done=saved", S::NAME)).into_response()),
            Err(refused) => {
                wrong.errors = refused.error.map(|error| errors_at(S::SECTION, None, error)).unwrap_or_default();
                (wrong.findings, wrong.may_confirm) = (refused.findings, refused.may_confirm);
            }
        }
    }
    unprocessable(settings_page::<S>(&app, &session, &given, wrong, None)?)
}

fn settings_page<S: Single>(
    app: &Shared,
    session: &WebSession,
    given: &Given,
    wrong: Wrong,
    done: Option<&str>,
) -> Result<Response, Trouble> {
    let (_, config) = app.config();
    let sets = fieldsets::<S>(given, &wrong.errors, &config);
    let shown: Vec<&str> = sets.iter().flat_map(|set| set.fields.iter().map(|field| field.key)).collect();
    page(&SettingsPage {
        shell: Shell::new(app, session, "settings", S::TITLE).said(done),
        name: S::NAME,
        pages: PAGES.iter().map(|(name, title)| (*name, *title, *name == S::NAME)).collect(),
        above: wrong.errors.others(&shown),
        sets,
        destinations: list_of_destinations(&config),
        errors: wrong.errors,
        findings: wrong.findings,
        may_confirm: wrong.may_confirm,
    })
}
