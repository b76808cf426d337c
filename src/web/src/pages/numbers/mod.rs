//! Numbers and emergency calls: two forms on one page, and what is usual in a country to begin with.

use std::net::SocketAddr;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::response::{IntoResponse, Redirect, Response};
use config::{Emergency, Numbers};
use serde::Deserialize;

use super::change::{Confirmed, change_checked, unprocessable};
use super::forms::{Errors, Query};
use super::{Shell, page};
use crate::app::Shared;
use crate::entries::{
    COUNTRIES, Fieldset, Given, Sheet, Single, country_preset, errors_at, fieldsets, list_of_destinations,
};
use crate::error::Trouble;
use crate::login::session::WebSession;

#[derive(Template)]
#[template(path = "pages/numbers/numbers.html")]
struct NumbersPage {
    shell: Shell,
    countries: Vec<CountryRow>,
    /// Emergency numbers of the country that are somebody's here.
    taken: Vec<&'static str>,
    filled: Option<&'static str>,
    numbers: FormView,
    emergency: FormView,
    destinations: Vec<(String, String)>,
}

struct CountryRow {
    code: &'static str,
    name: &'static str,
    chosen: bool,
}

struct FormView {
    sets: Vec<Fieldset>,
    errors: Errors,
    above: Vec<String>,
    findings: Vec<String>,
    confirm: bool,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct NumbersQuery {
    #[serde(default)]
    country: Option<String>,
    #[serde(default)]
    done: Option<String>,
}

/// What was given for one of the forms, with what is wrong with it.
struct Draft {
    given: Given,
    errors: Errors,
    findings: Vec<String>,
    may_confirm: bool,
}

impl Draft {
    fn of<S: Single>(app: &Shared) -> Self {
        Draft::fresh(Given::of(S::of(&app.config().1)))
    }

    fn fresh(given: Given) -> Self {
        Draft { given, errors: Errors::default(), findings: Vec::new(), may_confirm: false }
    }
}

/// `GET /numbers`
pub(crate) async fn show(
    State(app): State<Shared>,
    session: WebSession,
    Query(query): Query<NumbersQuery>,
) -> Result<Response, Trouble> {
    let (numbers, emergency) = (Draft::of::<Numbers>(&app), Draft::of::<Emergency>(&app));
    numbers_page(&app, &session, query, numbers, emergency)
}

/// `POST /numbers`
pub(crate) async fn set_numbers(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    body: Bytes,
) -> Result<Response, Trouble> {
    match set::<Numbers>(&app, &session, from, &body).await? {
        None => Ok(Redirect::to("/numbers?done=saved").into_response()),
        Some(draft) => {
            let emergency = Draft::of::<Emergency>(&app);
            unprocessable(numbers_page(&app, &session, NumbersQuery::default(), draft, emergency)?)
        }
    }
}

/// `POST /emergency`
pub(crate) async fn set_emergency(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    body: Bytes,
) -> Result<Response, Trouble> {
    match set::<Emergency>(&app, &session, from, &body).await? {
        None => Ok(Redirect::to("/numbers?done=saved").into_response()),
        Some(draft) => {
            let numbers = Draft::of::<Numbers>(&app);
            unprocessable(numbers_page(&app, &session, NumbersQuery::default(), numbers, draft)?)
        }
    }
}

async fn set<S: Single>(
    app: &Shared,
    session: &WebSession,
    from: SocketAddr,
    body: &[u8],
) -> Result<Option<Draft>, Trouble> {
    let mut given = Given::from_form(S::SECTION, body);
    let read = S::read(&mut given, Some(S::of(&app.config().1)));
    let mut draft = Draft::fresh(given);
    draft.errors = std::mem::take(&mut draft.given.errors);
    if !draft.errors.is_empty() {
        return Ok(Some(draft));
    }
    let reason = format!("changed {}", S::TITLE.to_lowercase());
    match change_checked(app, session, from, read.set(), reason, Confirmed::of(body)).await? {
        Ok(()) => Ok(None),
        Err(refused) => {
            (draft.findings, draft.may_confirm) = (refused.findings, refused.may_confirm);
            draft.errors = refused.error.map(|error| errors_at(S::SECTION, None, error)).unwrap_or_default();
            Ok(Some(draft))
        }
    }
}

fn numbers_page(
    app: &Shared,
    session: &WebSession,
    query: NumbersQuery,
    mut numbers: Draft,
    emergency: Draft,
) -> Result<Response, Trouble> {
    let (_, config) = app.config();
    let chosen = query.country.as_deref().and_then(|code| COUNTRIES.iter().find(|country| country.code == code));
    let mut taken = Vec::new();
    if let Some((given, others)) = chosen.and_then(|country| country_preset(country.code, &config)) {
        numbers = Draft::fresh(given);
        taken = others;
    }
    let row = |country: &crate::entries::Country| CountryRow {
        code: country.code,
        name: country.name,
        chosen: chosen.is_some_and(|chosen| chosen.code == country.code),
    };
    page(&NumbersPage {
        shell: Shell::new(app, session, "numbers", "Numbers & emergency").said(query.done.as_deref()),
        countries: COUNTRIES.iter().map(row).collect(),
        taken,
        filled: chosen.map(|country| country.name),
        numbers: view::<Numbers>(numbers, &config),
        emergency: view::<Emergency>(emergency, &config),
        destinations: list_of_destinations(&config),
    })
}

fn view<S: Sheet>(draft: Draft, config: &config::Config) -> FormView {
    let mut sets = fieldsets::<S>(&draft.given, &draft.errors, config);
    // Two forms on one page: a field is found by its form and key.
    for field in sets.iter_mut().flat_map(|set| set.fields.iter_mut()) {
        field.id = format!("{}-{}", S::SECTION, field.key);
    }
    let shown: Vec<&str> = sets.iter().flat_map(|set| set.fields.iter().map(|field| field.key)).collect();
    let above = draft.errors.others(&shown);
    FormView { above, sets, errors: draft.errors, findings: draft.findings, confirm: draft.may_confirm }
}
