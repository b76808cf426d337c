//! Returned contacts: whom somebody here tried to reach in vain, who sees to it, until when, and how it ended.

use std::net::SocketAddr;

use askama::Template;
use axum::extract::{ConnectInfo, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use base::CallRef;
use config::Config;
use dialplan::state::Contact;
use exchange::io::{Answer, Command};
use serde::Deserialize;

use super::change::unprocessable;
use super::entries::in_path;
use super::forms::{Done, Errors, Form, Query};
use super::{Shell, page};
use crate::app::Shared;
use crate::contacts::{self, Change};
use crate::entries::{FieldView, Fieldset};
use crate::error::Trouble;
use crate::login::session::WebSession;
use crate::words::{self, Zone};

/// Rows on a page.
const ROWS_MAX: usize = 500;
/// Extensions offered to call from.
const EXTENSIONS_MAX: usize = 400;

#[derive(Template)]
#[template(path = "pages/contacts/list.html")]
struct ListPage {
    shell: Shell,
    rows: Vec<Row>,
    open: usize,
    overdue: usize,
    more: usize,
}

struct Row {
    number: String,
    href: String,
    when: String,
    tries: String,
    by: String,
    result: String,
    owner: String,
    reason: String,
    case: String,
    due: String,
    overdue: bool,
    anonymous: bool,
    /// How it ended.
    closed: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/contacts/contact.html")]
struct ContactPage {
    shell: Shell,
    row: Row,
    attempts: Vec<AttemptRow>,
    sets: Vec<Fieldset>,
    errors: Errors,
    above: Vec<String>,
    outcome: String,
    extensions: Vec<(String, String)>,
    /// From which it is called unless another is chosen.
    extension: String,
}

struct AttemptRow {
    when: String,
    by: String,
    call: String,
    result: String,
    anonymous: bool,
}

/// `GET /contacts`
pub(crate) async fn list(
    State(app): State<Shared>,
    session: WebSession,
    Query(done): Query<Done>,
) -> Result<Response, Trouble> {
    let (_, config) = app.config();
    let all = contacts::all(&app).await?;
    let now = app.wall();
    page(&ListPage {
        shell: Shell::new(&app, &session, "contacts", "Contacts to return").said(done.done.as_deref()),
        open: all.iter().filter(|contact| contact.closed.is_none()).count(),
        overdue: all.iter().filter(|contact| contacts::is_overdue(contact, now)).count(),
        more: all.len().saturating_sub(ROWS_MAX),
        rows: all.iter().take(ROWS_MAX).map(|contact| row(&app, &config, contact)).collect(),
    })
}

fn row(app: &Shared, config: &Config, contact: &Contact) -> Row {
    let (zone, now) = (Zone::of(config), app.wall());
    let named = |number: &str| match config.extensions.get(number) {
        Some(extension) => format!("{number} {}", extension.name),
        None => number.to_owned(),
    };
    let last = contact.attempts.last();
    Row {
        number: contact.number.clone(),
        href: format!("/contacts/{}", in_path(&contact.number)),
        when: last.map(|attempt| zone.near(attempt.at, now)).unwrap_or_default(),
        tries: words::count(contact.attempts.len(), "attempt", "attempts"),
        by: last.map(|attempt| named(&attempt.by)).unwrap_or_default(),
        result: last.map(|attempt| attempt.result.clone()).unwrap_or_default(),
        owner: named(contacts::owner(contact)),
        reason: contact.reason.clone(),
        case: contact.case.clone(),
        due: contact.due.map(|due| zone.near(due, now)).unwrap_or_default(),
        overdue: contacts::is_overdue(contact, now),
        anonymous: contacts::is_anonymous(contact),
        closed: contact
            .closed
            .as_ref()
            .map(|closed| format!("{} · {} · {}", closed.outcome, named(&closed.by), zone.near(closed.at, now))),
    }
}

/// A contact's page as it is to be shown.
#[derive(Default)]
struct Draft {
    form: Option<EditForm>,
    outcome: String,
    errors: Errors,
    done: Option<String>,
}

/// `GET /contacts/{contact}`
pub(crate) async fn show(
    State(app): State<Shared>,
    session: WebSession,
    Path(number): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, Trouble> {
    let contact = contacts::find(&app, &number)?;
    contact_page(&app, &session, &contact, Draft { done: done.done, ..Draft::default() })
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct EditForm {
    #[serde(default)]
    owner: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    case: String,
    #[serde(default)]
    due: String,
}

impl EditForm {
    fn of(contact: &Contact, zone: &Zone) -> Self {
        EditForm {
            owner: contact.owner.clone(),
            reason: contact.reason.clone(),
            case: contact.case.clone(),
            due: contact.due.map(|due| zone.field(due)).unwrap_or_default(),
        }
    }

    fn change(&self, zone: &Zone) -> Result<Change, Errors> {
        let mut errors = Errors::default();
        let due = Some(self.due.trim()).filter(|due| !due.is_empty());
        let due = due.and_then(|due| {
            zone.moment(due).or_else(|| {
                errors.add("due", "Write a day and a time: 2026-12-24 18:00.");
                None
            })
        });
        let text = |text: &str| text.trim().to_owned();
        let change = Change { owner: text(&self.owner), reason: text(&self.reason), case: text(&self.case), due };
        if errors.is_empty() { Ok(change) } else { Err(errors) }
    }
}

/// `POST /contacts/{contact}`
pub(crate) async fn change(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(number): Path<String>,
    Form(form): Form<EditForm>,
) -> Result<Response, Trouble> {
    let contact = contacts::find(&app, &number)?;
    let zone = Zone::of(&app.config().1);
    let changed = form.change(&zone).and_then(|change| change.apply(&contact));
    let draft = Draft { form: Some(form), ..Draft::default() };
    put(&app, &session, from, &contact, changed, "changed", draft).await
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct CloseForm {
    #[serde(default)]
    outcome: String,
}

/// `POST /contacts/{contact}/close`
pub(crate) async fn close(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(number): Path<String>,
    Form(form): Form<CloseForm>,
) -> Result<Response, Trouble> {
    let contact = contacts::find(&app, &number)?;
    let closed = contacts::close(&contact, &form.outcome, &session.account, app.wall());
    put(&app, &session, from, &contact, closed, "closed", Draft { outcome: form.outcome, ..Draft::default() }).await
}

async fn put(
    app: &Shared,
    session: &WebSession,
    from: SocketAddr,
    contact: &Contact,
    changed: Result<Contact, Errors>,
    verb: &str,
    mut draft: Draft,
) -> Result<Response, Trouble> {
    match changed {
        Ok(changed) => match (app.backend.ask)(contacts::command(&changed, &session.account)?).await {
            Ok(_) => {
                app.audit_done(session, from, format!("{verb} contact {}", contact.number)).await;
                let to = format!("/contacts/{}?done=saved", in_path(&contact.number));
                return Ok(Redirect::to(&to).into_response());
            }
            Err(refusal) => draft.errors.add("", words::sentence(&refusal.0)),
        },
        Err(errors) => draft.errors = errors,
    }
    unprocessable(contact_page(app, session, contact, draft)?)
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct CallForm {
    #[serde(default)]
    extension: String,
}

/// `POST /contacts/{contact}/call`: rings an extension's phones, then calls the person.
pub(crate) async fn call(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(number): Path<String>,
    Form(form): Form<CallForm>,
) -> Result<Response, Trouble> {
    let contact = contacts::find(&app, &number)?;
    let mut draft = Draft::default();
    let extension = form.extension.split(' ').next().unwrap_or_default().to_owned();
    match (app.config().1.extensions.contains_key(&extension), extension) {
        (false, _) => draft.errors.add("extension", "Choose an extension to call from."),
        (true, extension) => {
            let (number, by) = (contact.number.clone(), session.account.clone());
            match (app.backend.ask)(Command::Dial { extension: extension.clone(), number, by }).await {
                Ok(answer) => {
                    app.audit_done(&session, from, format!("had {extension} call {}", contact.number)).await;
                    return Ok(Redirect::to(&to_call(&answer)).into_response());
                }
                Err(refusal) => draft.errors.add("extension", words::sentence(&refusal.0)),
            }
        }
    }
    unprocessable(contact_page(&app, &session, &contact, draft)?)
}

/// The page of a call that has begun, or where calls are shown.
pub(crate) fn to_call(answer: &Answer) -> String {
    match answer {
        Answer::Call(call) => format!("/calls/{call}"),
        Answer::Done => "/".to_owned(),
    }
}

/// Extensions to call from: number and name.
pub(crate) fn callers(config: &Config) -> Vec<(String, String)> {
    let enabled = config.extensions.values().filter(|extension| extension.enabled);
    enabled.take(EXTENSIONS_MAX).map(|extension| (extension.number.clone(), extension.name.clone())).collect()
}

fn contact_page(app: &Shared, session: &WebSession, contact: &Contact, draft: Draft) -> Result<Response, Trouble> {
    let (_, config) = app.config();
    let zone = Zone::of(&config);
    let form = draft.form.unwrap_or_else(|| EditForm::of(contact, &zone));
    let errors = draft.errors;
    let line =
        |key, label, hint, value: &str, input| FieldView::named(key, label, hint, &errors).with_line(value, input);
    let fields = vec![
        line("owner", "Who sees to it", "Empty: whoever tried last.", &form.owner, "text"),
        line("due", "To be done by", "", &form.due, "datetime-local"),
        line("reason", "Why", "", &form.reason, "text"),
        line("case", "Case", "", &form.case, "text"),
    ];
    let attempts = contact.attempts.iter().rev().map(|attempt| AttemptRow {
        when: zone.date_time(attempt.at),
        by: attempt.by.clone(),
        call: CallRef(attempt.call).to_string(),
        result: attempt.result.clone(),
        anonymous: attempt.anonymous,
    });
    let attempts = attempts.collect();
    page(&ContactPage {
        shell: Shell::new(app, session, "contacts", contact.number.clone()).said(draft.done.as_deref()),
        row: row(app, &config, contact),
        attempts,
        above: errors.others(&["owner", "due", "reason", "case", "outcome", "extension"]),
        sets: vec![Fieldset { title: "", folded: false, open: false, fields }],
        errors,
        outcome: draft.outcome,
        extensions: callers(&config),
        extension: contacts::owner(contact).to_owned(),
    })
}
